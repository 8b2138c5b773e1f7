"""Any other system whose lists are links in the HTML.

Recognise it by nothing: it takes what no other family claims.
Rows are links with a date beside them, an article's address or a report's title; it pages by 下一页, by numbered
links, and by tabs of years (links or a ``<select>``).
Example: any ``<ul><li><a href="…">…</a><span>2025-01-22</span></li></ul>``.
Assumed: all of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from scrapy.http import TextResponse

from crawler.families.base import Listing
from crawler.families.listing import static_listing

NAME = "generic"


def evidence(response: TextResponse) -> list[str]:
    return ["no sign of a known system"]


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    return static_listing(response)
