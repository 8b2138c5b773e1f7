"""A fetched page as a tree: parsed once per response, and kept harmless.

No entity is expanded and nothing is loaded from the network; of all links only http and https survive, and
template placeholders (``{{pcUrl}}``) are no links.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, wraps
from itertools import islice
from typing import Any, Literal, TypeVar, cast, get_args
from urllib.parse import urljoin, urlsplit
from weakref import WeakKeyDictionary

from lxml import etree
from scrapy.http import TextResponse
from w3lib.encoding import read_bom

from crawler.families.dates import normalise
from crawler.families.endless import has_endless_tag

Element = etree._Element

_MAX_HREF = 2000
_PLACEHOLDER = re.compile(r"\{\{|\{%|<%|\$\{|\}\}")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_WHOLE = re.compile(r"(?!https?:(?!//))[a-zA-Z][a-zA-Z0-9+.-]*:", re.I)  # not http:x, which is relative
_NO_PAGE = re.compile(r"\s*(?:#|javascript:|mailto:|tel:|$)", re.I)
_PLAIN_PATH = re.compile(r"(?:\./)?(/?(?![/.?])[\w./~%+,=&?-]*)")
_PLAIN_URL = re.compile(r"https?://[a-z0-9.-]*[a-z0-9](?::\d{1,4})?(?:/[\w./~%+,=&-]*)?(?:\?[\w./~%+,=&-]+)?")
Hidden = Literal["script", "style", "template", "noscript", "title"]
Rare = Literal["base", "meta", "h1", "h2", "select", "option", "area", "iframe", "frame", "embed", "object"]
"""Kinds of elements of which a page has few, or many readers."""
MOST_ELEMENTS = 20_000  # of these kinds
_HIDDEN, _RARE = get_args(Hidden), (*get_args(Hidden), *get_args(Rare))
_TEXTS = etree.XPath("descendant::text()", smart_strings=False)
_OWN_TEXTS = etree.XPath("text()", smart_strings=False)
_SHOWN = etree.XPath(
    f"descendant::text()[not({' or '.join(f'parent::{name}' for name in _HIDDEN)})]", smart_strings=False
)
_known: WeakKeyDictionary[TextResponse, dict[str, Any]] = WeakKeyDictionary()
T = TypeVar("T")


def once(work: Callable[[TextResponse], T]) -> Callable[[TextResponse], T]:
    """Works something out once for a response, and keeps it as long as the response lives."""
    name = f"{work.__module__}.{work.__qualname__}"

    @wraps(work)
    def kept(response: TextResponse) -> T:
        known = _known.get(response)
        if known is None:
            known = _known[response] = {}
        if name not in known:
            known[name] = work(response)
        return cast(T, known[name])

    return kept


@once
def tree(response: TextResponse) -> Element:
    """The page as an lxml tree; an empty page, and one that is endless, is an empty ``html`` element."""
    return _empty() if is_endless(response) else _parsed(utf8(response))


@once
def is_endless(response: TextResponse) -> bool:
    """Whether a page has an element without end; see ``has_endless_tag``."""
    return has_endless_tag(utf8(response))


@once
def utf8(response: TextResponse) -> bytes:
    """The page's text in UTF-8, without NUL: mostly the body as it came."""
    body, text = response.body, response.text
    is_so = response.encoding == "utf-8" and read_bom(body)[0] is None and "\ufffd" not in text and b"\0" not in body
    return body if is_so else _encoded(text)


@once
def lowered(response: TextResponse) -> bytes:
    """The same in small letters: to tell whether a word is in the page at all."""
    return utf8(response).lower()


def _encoded(text: str) -> bytes:
    return text.replace("\x00", "").encode("utf-8", "replace")


def fragment(markup: str) -> Element:
    """A piece of HTML as a tree.

    >>> text_of(fragment("<li><a href='/x'>云河县&#50;024年</a>"))
    '云河县2024年'
    """
    coded = _encoded(markup)
    return _empty() if has_endless_tag(coded) else _parsed(coded)


def _empty() -> Element:
    return etree.Element("html")


def _parsed(markup: bytes) -> Element:
    parser = etree.HTMLParser(
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        no_network=True,
        huge_tree=False,
        recover=True,
        collect_ids=False,  # nobody asks for them, and they are an eighth of the time
    )
    root = None
    with suppress(etree.XMLSyntaxError):  # nothing in it that could be an element
        root = etree.fromstring(markup, parser)
    return _empty() if root is None else root


@once
def _rare(response: TextResponse) -> list[tuple[str, Element]]:
    return [(element.tag, element) for element in islice(tree(response).iter(*_RARE), MOST_ELEMENTS)]


def elements(response: TextResponse, *kinds: Hidden | Rare) -> list[Element]:
    """The page's elements of some kinds, in their order: one look through the page does for all who ask for any. A page
    made to keep its reader busy has more than ``MOST_ELEMENTS``: the rest is left."""
    return [element for kind, element in _rare(response) if kind in kinds]


@once
def base_url(response: TextResponse) -> str:
    """What relative links of the page are relative to: a usable ``<base href>``, else the page's own URL."""
    for element in elements(response, "base"):
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
        origin, folder = folders(base)
        return (origin if plain.group(1).startswith("/") else folder) + plain.group(1) if origin else None
    if _PLAIN_URL.fullmatch(href):
        return href
    return None if _NO_PAGE.match(href) else _joined(base if href.lstrip()[:1] == "?" else _beside(base), href)


@lru_cache(maxsize=64)
def _beside(base: str) -> str:
    """A page's folder, which all but a query is relative to, so that what follows holds for all pages in it.

    >>> _beside("http://sim/zwgk/nb/index.html?a=/b")
    'http://sim/zwgk/nb/'
    """
    origin, folder = folders(base)
    return folder if origin else base


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
def folders(base: str) -> tuple[str, str]:
    """What plain hrefs of a page are put behind: its origin, and its origin and folder; empty for no web page.

    >>> folders("http://sim/zwgk/nb/index.html?a=/b")
    ('http://sim', 'http://sim/zwgk/nb/')
    """
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "", ""
    origin = f"{parts.scheme}://{parts.netloc}"
    return origin, origin + (parts.path.rpartition("/")[0] or "") + "/"


def relative_to(base: str, href: str) -> int:
    """How much of a page's address decides where a link leads: 0 its origin, 1 its folder, 2 all of it.

    >>> [relative_to("http://sim/zwgk/nb/", href) for href in ("/x", "https://sim/x", "../x", "http:x", "?b=2")]
    [0, 0, 1, 1, 2]
    """
    href = href.lstrip()
    if not folders(base)[0] or href[:1] == "?":
        return 2
    return 0 if href[:1] in "/#" or _WHOLE.match(href) else 1


def text_of(element: Element, separator: str = "") -> str:
    """The text of a small element, white space joined.

    >>> text_of(fragment("<p> 云河县 <b>2024</b>年 </p>"))
    '云河县 2024年'
    """
    if not len(element):
        return collapse(element.text or "")
    return collapse(separator.join(t for t in element.itertext() if isinstance(t, str)))


def texts_of(element: Element) -> list[str]:
    """The text nodes of an element in their order, many times as fast as ``itertext``."""
    return cast(list[str], _TEXTS(element))


def collapse(text: str) -> str:
    """Runs of white space as one blank, ends stripped."""
    return " ".join(text.split())


@once
def visible_text(response: TextResponse) -> str:
    """The page's text, one line a text node, without scripts and styles."""
    return "\n".join(filter(None, map(collapse, _shown(response))))


@once
def _shown(response: TextResponse) -> list[str]:
    """The text nodes that are not hidden. Of texts in both forms the first is taken for hidden: mostly a title's."""
    texts, start = texts_of(tree(response)), 0
    shown: list[str] = []
    for element in elements(response, *_HIDDEN):
        for text in cast(list[str], _OWN_TEXTS(element)):
            try:
                place = texts.index(text, start)
            except ValueError:  # hidden in hidden is in another order, and rare
                return cast(list[str], _SHOWN(tree(response)))
            shown += texts[start:place]
            start = place + 1
    return shown + texts[start:]


@once
def plain_text(response: TextResponse) -> str:
    """The visible text in compatibility forms: full-width figures and signs as plain ones."""
    texts = _shown(response)
    return "\n".join(filter(None, [_plain_again(text) if len(text) < _SHORT else _plain(text) for text in texts]))


def _plain(text: str) -> str:
    return normalise(collapse(text))


_SHORT = 80  # characters of a text that other pages may have, too: those of menus are on all
_plain_again = lru_cache(maxsize=8192)(_plain)


@once
def scripts(response: TextResponse) -> str:
    """The text of all inline scripts."""
    return "\n".join(script.text or "" for script in elements(response, "script"))


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
