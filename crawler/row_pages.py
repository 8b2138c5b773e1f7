"""What the page is to which a row of a list led, and what it calls itself. Pure functions over a response."""

from __future__ import annotations

from typing import cast

from lxml import etree
from scrapy.http import TextResponse

from crawler import discovery, families, titles
from crawler.families.base import Link
from crawler.families.page import tree
from crawler.families.rows import is_article
from crawler.trouble import is_markup

_TITLES = tuple(
    etree.XPath(path, smart_strings=False)
    for path in (
        "//meta[translate(@name,'ARTICLET','articlet')='articletitle']/@content",
        "//h1//text()",
        "//title/text()",
    )
)


def is_part(page: TextResponse, row: Link) -> bool:
    """Whether a row led to a column of one year or level, which may be titled like a report: 2021年年报."""
    if discovery.is_annual_report_column(page) and _reports_listed(page) > 1:
        return True
    bare = discovery.names_part(row.title) and not is_article(page.url)
    if not bare or not discovery.is_annual_report_column(page, inside=True):
        return False
    return _reports_listed(page) > 0 or discovery.has_levels(page)


def _reports_listed(page: TextResponse) -> int:
    links = families.detect(page)[0].listing(page, {}).links
    return sum(titles.classify(link.title).kind == "report" for link in links)


def explains(page: TextResponse) -> bool:
    """Whether a page under a report's title, which holds no report, calls itself something else (图解, 解读)."""
    title = title_of(page)
    return "公开" in title and titles.classify(title).kind == "lookalike"


def title_of(page: TextResponse) -> str:
    """What a page calls itself: ArticleTitle, a heading, the window's title."""
    if not is_markup(page):
        return ""
    for query in _TITLES:
        if text := "".join(cast(list[str], query(tree(page)))).strip():
            return text
    return ""
