"""What most families share: rows by their look, plain links to further pages, and the page's own figures."""

from __future__ import annotations

from scrapy.http import TextResponse

from crawler.families.base import Listing, PageRequest
from crawler.families.page import plain_text
from crawler.families.paging import declared, next_pages, year_tabs
from crawler.families.rows import page_rows


def static_listing(response: TextResponse, more: list[PageRequest] | None = None) -> Listing:
    """The listing of a page whose rows are links in its HTML; ``more`` stands in for the links 下一页."""
    pages, rows = declared(plain_text(response))
    further = next_pages(response) if more is None else more
    return Listing(
        links=page_rows(response),
        more=further + year_tabs(response),
        declared_pages=pages,
        declared_rows=rows,
    )
