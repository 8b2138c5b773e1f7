"""A fetched page as a tree: parsed once per response, and kept harmless.

No entity is expanded and nothing is loaded from the network; of all links only http and https survive, and
template placeholders (``{{pcUrl}}``) are no links.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from typing import cast
from urllib.parse import urljoin, urlsplit
from weakref import WeakKeyDictionary

from lxml import etree
from scrapy.http import TextResponse

from crawler.families.dates import normalise

Element = etree._Element

_MAX_HREF = 2000
_PLACEHOLDER = re.compile(r"\{\{|\{%|<%|\$\{|\}\}")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_PLAIN_PATH = re.compile(r"(?:\./)?(/?(?![/.?])[\w./~%+,=&?-]*)")
_PLAIN_URL = re.compile(r"https?://[a-z0-9.-]*[a-z0-9](?::\d{1,4})?(?:/[\w./~%+,=&-]*)?(?:\?[\w./~%+,=&-]+)?")
_VISIBLE = etree.XPath(
    "//text()[not(parent::script or parent::style or parent::template or parent::noscript or parent::title)]",
    smart_strings=False,
)
_NODE_ENDS = re.compile(r" ?(?:\0 ?)+")
_texts: WeakKeyDictionary[TextResponse, str] = WeakKeyDictionary()
_plain_texts: WeakKeyDictionary[TextResponse, str] = WeakKeyDictionary()
_trees: WeakKeyDictionary[TextResponse, Element] = WeakKeyDictionary()


def tree(response: TextResponse) -> Element:
    """The page as an lxml tree; an empty page is an empty ``html`` element."""
    root = _trees.get(response)
    if root is None:
        root = _trees[response] = fragment(response.text)
    return root


def fragment(markup: str) -> Element:
    """A piece of HTML as a tree.

    >>> text_of(fragment("<li><a href='/x'>云河县&#50;024年</a>"))
    '云河县2024年'
    """
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False, recover=True
    )
    root = None
    with suppress(etree.XMLSyntaxError):  # nothing in it that could be an element
        root = etree.fromstring(markup.replace("\x00", "").encode("utf-8", "replace"), parser)
    return etree.Element("html") if root is None else root


def base_url(response: TextResponse) -> str:
    """What relative links of the page are relative to: a usable ``<base href>``, else the page's own URL."""
    for element in tree(response).iter("base"):
        href = absolute(response.url, element.get("href"))
        if href:
            return href
    return response.url


def absolute(base: str, href: str | None) -> str | None:
    """The http(s) URL a link points to, without fragment; None for what is not a page.

    >>> absolute("http://sim/zwgk/nb/", "./202501/t20250122_1.html#top")
    'http://sim/zwgk/nb/202501/t20250122_1.html'
    >>> absolute("http://sim/", "javascript:void(0)") is None
    True
    >>> absolute("http://sim/", "{{pcUrl}}") is None
    True
    """
    if not href or len(href) > _MAX_HREF:
        return None
    plain = _PLAIN_PATH.fullmatch(href)
    if plain and "./" not in plain.group(1) and "//" not in plain.group(1):
        origin, folder = _folders(base)
        return (origin if plain.group(1).startswith("/") else folder) + plain.group(1) if origin else None
    return href if _PLAIN_URL.fullmatch(href) else _joined(base, href)


@lru_cache(maxsize=16384)
def _joined(base: str, href: str) -> str | None:
    href = re.sub(r"[\t\r\n]", "", href).strip().replace("\\", "/")
    if not href or href.startswith("#") or _PLACEHOLDER.search(href):
        return None
    scheme = _SCHEME.match(href)
    if scheme and scheme.group().lower() not in ("http:", "https:"):
        return None
    try:
        url = urljoin(base, href)
        parts = urlsplit(url)
        parts.port  # noqa: B018  (raises on a port that is none)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return url.partition("#")[0].replace(" ", "%20")


@lru_cache(maxsize=64)
def _folders(base: str) -> tuple[str, str]:
    """What plain hrefs of a page are put behind: its origin, and its origin and folder; empty for no web page.

    >>> _folders("http://sim/zwgk/nb/index.html?a=/b")
    ('http://sim', 'http://sim/zwgk/nb/')
    """
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "", ""
    origin = f"{parts.scheme}://{parts.netloc}"
    return origin, origin + (parts.path.rpartition("/")[0] or "") + "/"


def text_of(element: Element, separator: str = "") -> str:
    """The text of a small element, white space joined.

    >>> text_of(fragment("<p> 云河县 <b>2024</b>年 </p>"))
    '云河县 2024年'
    """
    return collapse(separator.join(t for t in element.itertext() if isinstance(t, str)))


def collapse(text: str) -> str:
    """Runs of white space as one blank, ends stripped."""
    return " ".join(text.split())


def visible_text(response: TextResponse) -> str:
    """The page's text, one line a text node, without scripts and styles."""
    text = _texts.get(response)
    if text is None:
        nodes = cast(list[str], _VISIBLE(tree(response)))
        words = " ".join("\0".join(nodes).split())  # no text of a tree holds a zero
        text = _texts[response] = _NODE_ENDS.sub("\n", words).strip("\n")
    return text


def plain_text(response: TextResponse) -> str:
    """The visible text in compatibility forms: full-width figures and signs as plain ones."""
    text = _plain_texts.get(response)
    if text is None:
        text = _plain_texts[response] = normalise(visible_text(response))
    return text


def scripts(response: TextResponse) -> str:
    """The text of all inline scripts."""
    return "\n".join(script.text or "" for script in tree(response).iter("script"))


def site(url: str) -> str:
    """The part of a host that one city's or county's sites share.

    >>> site("http://xxgk.yunhe.gov.cn/zwgk/"), site("https://www.yunhe.gov.cn"), site("http://127.0.0.1:8000/")
    ('yunhe.gov.cn', 'yunhe.gov.cn', '127.0.0.1')
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    labels = host.split(".")
    if not host or labels[-1].isdigit() or ":" in host:
        return host
    second_level = len(labels) > 2 and labels[-2] in ("gov", "com", "org", "net", "edu") and len(labels[-1]) == 2
    return ".".join(labels[-3:] if second_level else labels[-2:])
