"""Gansu's "ncms": one page for all lists, ``wzlb.shtml?mkbh=…&begin=15&pagenum=2``, whose rows a server fills in.

Recognise it by ``mkbh`` in addresses along with ``var dataTotal=parseInt("41")``.
Paging: 15 rows a page; ``begin`` is the number of rows before, ``pagenum`` the page; ``dataTotal`` counts all rows.
Example: ``/xxx/wzlb.shtml?mkbh=a1b2c3``.
Assumed: 15 rows a page everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from scrapy.http import TextResponse

from crawler.families.base import PAGE_CAP, Listing, PageRequest
from crawler.families.endpoint import with_parameter
from crawler.families.listing import static_listing
from crawler.families.page import scripts

NAME = "ncms"
WORDS = ("datatotal",)

_TOTAL = re.compile(r"""\bdataTotal\s{0,9}=\s{0,9}(?:parseInt\(\s{0,9})?['"]?(\d{1,6})""")
PER_PAGE = 15


def evidence(response: TextResponse) -> list[str]:
    if "dataTotal" in response.text and "mkbh=" in response.text + response.url and _TOTAL.search(response.text):
        return ["dataTotal of a list at …?mkbh="]
    return []


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    total = _TOTAL.search(scripts(response))
    rows = int(total.group(1)) if total else 0
    own = "mkbh=" in response.url
    pages = range(2, min(-(-rows // PER_PAGE), PAGE_CAP) + 1) if own else ()
    page = static_listing(response, [_request(response.url, number) for number in pages])
    page.declared_rows = rows or page.declared_rows
    return page


def _request(url: str, number: int) -> PageRequest:
    begun = with_parameter(url, "begin", str((number - 1) * PER_PAGE))
    return PageRequest(with_parameter(begun, "pagenum", str(number)), optional=True)
