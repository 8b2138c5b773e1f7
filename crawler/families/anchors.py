"""The links of a page, looked at once for all that ask for them.

A portal's menus stand on all of its pages, and most of a page's links are its menus. What follows from the words of a
link alone is worked out once per words and kept (``said``); what depends on where a link stands is left to those few
that its words make interesting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from scrapy.http import TextResponse

from crawler.families.dates import find_date, is_date, strip_date
from crawler.families.page import Element, absolute, base_url, collapse, folders, once, tree

_CUT = re.compile(r"(?:…+|\.{2,}|。{2,})$")
_TAG = re.compile(r"<[^>]+>")
_TITLE_LABEL = re.compile(r"^(?:文章)?标题\s*[:\uff1a]\s*")


@dataclass(frozen=True, slots=True)
class Said:
    """What the words of a link say: its text, the title that it stands for, and a date printed inside it; ``attribute``
    is its attribute ``title`` as it stands, ``is_bare`` when there is no text but a date."""

    text: str
    title: str
    date: str | None
    attribute: str
    is_bare: bool


class Anchor(NamedTuple):
    """A link to a page; ``url`` is absolute."""

    element: Element
    url: str
    said: Said


@once
def page_anchors(response: TextResponse) -> list[Anchor]:
    """The links of a whole page, worked out once."""
    return anchors_of(tree(response), base_url(response))


def anchors_of(root: Element, base: str) -> list[Anchor]:
    """The links below ``root`` that lead to a page, in their order."""
    origin, folder = folders(base)
    found: list[Anchor] = []
    for element in root.iter("a"):
        if href := element.get("href"):
            words = tuple(element.itertext()) if len(element) else element.text or ""
            holds = origin if href[0] == "/" else base if href[0] in "?#" else folder  # that all such links are behind
            url, said = _link(holds or base, href, words, element.get("title") or "")
            if url:
                found.append(Anchor(element, url, _with_image(element, said) if said.is_bare else said))
    return found


def said_by(anchor: Element) -> Said:
    """What an anchor says.

    >>> from crawler.families.page import fragment
    >>> said_by(fragment('<a title="云河县2024年年报全文">云河县2024…<i>[2025-01-22]</i></a>').find(".//a"))
    Said(text='云河县2024…[2025-01-22]', title='云河县2024年年报全文', date='2025-01-22', \
attribute='云河县2024年年报全文', is_bare=False)
    """
    words = tuple(anchor.itertext()) if len(anchor) else anchor.text or ""
    said = _said(words, anchor.get("title") or "")
    return _with_image(anchor, said) if said.is_bare else said


def _with_image(anchor: Element, said: Said) -> Said:
    """What an anchor without words says by its picture."""
    image = anchor.find(".//img")
    return said if image is None else _said(tuple(anchor.itertext()), said.attribute, image.get("alt") or "")


@lru_cache(maxsize=32768)
def _link(base: str, href: str, words: str | tuple[str, ...], attribute: str) -> tuple[str | None, Said]:
    """Where a link leads and what it says: the same wherever it stands."""
    return absolute(base, href), _said(words, attribute)


@lru_cache(maxsize=8192)
def _said(words: str | tuple[str, ...], attribute: str, alt: str = "") -> Said:
    """``words``: the text of a link, or its text nodes, of which some may be dates."""
    if isinstance(words, str):
        whole = collapse(words)
        text, date = strip_date(whole)
    else:
        whole = collapse("".join(words))
        text, inner = strip_date(collapse("".join(piece for piece in words if not is_date(piece))))
        date = inner or find_date(" ".join(filter(is_date, words)))
    full, shown = full_title(attribute), text or collapse(alt)
    return Said(whole, full if _is_fuller(full, shown) else shown, date, attribute, not text)


def full_title(attribute: str) -> str:
    """A ``title`` attribute as one line: markup, label and date taken off.

    >>> full_title("标题:云河县2024年年报\\n发布日期:2025-01-22")
    '云河县2024年年报'
    """
    if "<" in attribute:
        attribute = _TAG.sub("", attribute)
    if "\n" not in attribute and "题" not in attribute[:4]:
        return strip_date(collapse(attribute))[0]
    lines = [collapse(line) for line in attribute.splitlines() if line.strip()]
    if not lines:
        return ""
    whole = lines[0] if re.search("[:\uff1a]", lines[-1]) and len(lines) > 1 else collapse(" ".join(lines))
    return strip_date(_TITLE_LABEL.sub("", whole))[0]


def _is_fuller(attribute: str, text: str) -> bool:
    if not attribute or attribute == text:
        return False
    stem = "".join(_CUT.sub("", text).strip(" ·•-[]【】").split())
    squeezed = "".join(attribute.split())
    return not stem or (len(squeezed) >= len(stem) and stem[:12] in squeezed)
