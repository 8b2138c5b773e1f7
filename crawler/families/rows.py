"""The rows of a list as links: the full title, the date of the row, and no link that is no row.

A row is a link with a date beside it, or one whose address is an article's or a file's, or whose title names a
year and a report. Menus, page numbers and tabs are none.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import cast

from lxml import etree
from scrapy.http import TextResponse

from crawler.families.anchors import Links, Said, page_links
from crawler.families.base import Link
from crawler.families.dates import join_date
from crawler.families.page import Element, absolute, base_url, collapse, once, text_of

_ARTICLE_URL = re.compile(
    r"/t\d{8}_\d+|/art_\w|/(?:19|20)\d\d/\d{1,2}/\d{1,2}/|/(?:19|20)\d{4}/(?:\d{2}/)?[^/]+|content[-_/]\d+|post_\d+"
    r"|/info/\d+/\d+|doc_[0-9a-f]{24}|[/_][0-9a-f]{32}\.|show-\d+|/\d{4}-\d\d-\d\d/|/\d{6,}\.(?:s?html?|jsp|aspx)"
    r"|\.(?:pdf|docx?|xlsx?|wps|et|ofd|rar|zip)(?:$|\?)|downfile|download\.jsp"
)  # of an address in small letters: without re.I it is five times as fast

_REPORTISH = re.compile(r"(?:19|20)\d\d.*(?:报告|年报|公开)|(?:报告|年报|公开).*(?:19|20)\d\d|二[〇○零０O]..年")
_PAGER_WORD = re.compile(
    r"[<>«»‹›]*\s*(?:首页|上一?页|前一?页|下一?页|后一?页|尾页|末页|第?\d+页?|更多|GO|跳转|返回)\W*"
)
_WIDEST = 5  # elements around a link
_STOP = frozenset({"body", "html", "ul", "ol", "table", "tbody", "form"})
_YEAR = re.compile(r"(?:[1１][9９]|[2２][0０])\s*\d\s*\d")
_TEXT = etree.XPath("string()", smart_strings=False)
_LONG = 2_000  # characters
_MOST_TIMES = 20  # links of one address in one row; a title, a picture and a date are three
_TEMPLATE_ATTRIBUTES = ("ms-repeat", "ms-for", "ng-repeat", "v-for", ":for")


@lru_cache(maxsize=8192)
def is_article(url: str) -> bool:
    """Whether an address is an article's or a file's in the systems known; a column has another."""
    return _ARTICLE_URL.search(url.lower()) is not None


def page_rows(response: TextResponse) -> list[Link]:
    """The rows of a whole page, worked out once."""
    return list(_page_rows(response))


@once
def _page_rows(response: TextResponse) -> list[Link]:
    return _rows_among(page_links(response), base_url(response))


def link_rows(root: Element, base: str, every: bool = False) -> list[Link]:
    """All rows below ``root``, in their order on the page, one per address; ``every`` link is one in an API reply."""
    return _rows_among(Links(root, base), base, every)


def _rows_among(links: Links, base: str, every: bool = False) -> list[Link]:
    years, alone = _Years(), _Alone(base)
    found: dict[str, Link] = {}
    times: Counter[Element] = Counter()  # that a row was looked through: thousands of links may share a long one
    for anchor in links if every else links.that(_is_row, lists=_has_year):
        title, shown = anchor.said.title, anchor.said.date
        named = _is_named(title, anchor.url)
        if named is None:
            continue
        named = named or every or bool(shown)
        if not named and not _is_near(anchor.element, years):
            continue
        row = _row_of(anchor.element, alone)
        if any(row.get(name) is not None for name in _TEMPLATE_ATTRIBUTES):
            continue
        times[row] += 1
        shown = shown or (_row_date(row, anchor.element) if times[row] <= _MOST_TIMES else None)
        if not (named or shown):
            continue
        known = found.get(anchor.url)
        if known is not None:
            title = max(known.title, title, key=len)
            shown = known.date or shown
        found[anchor.url] = Link(anchor.url, title, shown)
    return list(found.values())


def _is_row(url: str, said: Said) -> bool:
    """Whether a link is a row by what it says, wherever it stands."""
    named = _is_named(said.title, url)
    return named is not None and (named or said.date is not None)


@lru_cache(maxsize=8192)
def _is_named(title: str, url: str) -> bool | None:
    """Whether the words or the address of a link make it a row; None where they say that it is none."""
    if len(title) < 2 or "{{" in title or _PAGER_WORD.fullmatch(title):
        return None
    return is_article(url) or bool(_REPORTISH.search(title))


def _has_year(element: Element) -> bool:
    """Whether an element holds a year: no date is elsewhere."""
    return _YEAR.search(cast(str, _TEXT(element))) is not None


class _Years(dict[Element, bool]):
    """Whether an element may hold a year; one that holds much may."""

    def __missing__(self, element: Element) -> bool:
        text = cast(str, _TEXT(element))
        self[element] = may = len(text) > _LONG or _YEAR.search(text) is not None
        return may


def _is_near(anchor: Element, years: _Years) -> bool:
    """Whether the row of an anchor, whatever it is, or what follows it may hold a year."""
    parent = anchor.getparent()
    for _ in range(_WIDEST + 1):
        if parent is None or years[parent]:
            return parent is not None
        if parent.tag in _STOP:
            return False
        parent = parent.getparent()
    return False


class _Alone(dict[Element, bool]):
    """Whether an element holds links to one address only."""

    def __init__(self, base: str) -> None:
        self.base = base

    def __missing__(self, element: Element) -> bool:
        urls = (url for a in element.iter("a") if (url := absolute(self.base, a.get("href"))))
        first = next(urls, None)
        self[element] = alone = all(url == first for url in urls)
        return alone


def _row_of(anchor: Element, alone: _Alone) -> Element:
    """The widest element near the link that holds no other link."""
    row = anchor
    for _ in range(_WIDEST):
        parent = row.getparent()
        if parent is None or parent.tag in _STOP or not alone[parent]:
            break
        row = parent
    return row


def _row_date(row: Element, anchor: Element) -> str | None:
    inside = set(anchor.itertext())
    pieces = [piece for t in row.itertext() if t not in inside and (piece := collapse(str(t)))]
    if pieces:
        return join_date(pieces)
    # The date may stand after the row: <dt><a></dt><dd>date</dd>, or <a></a><span>date</span> in a paragraph.
    pieces = [collapse(row.tail or "")]
    sibling = row.getnext()
    for _ in range(2):
        if sibling is None or sibling.tag == "a" or sibling.find(".//a") is not None:
            break
        pieces += [text_of(sibling), collapse(sibling.tail or "")]
        sibling = sibling.getnext()
    return join_date([piece for piece in pieces if piece and len(piece) <= 24])
