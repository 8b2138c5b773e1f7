"""Hanweb lists (大汉版通) that stand whole in their page, in pages that a script shows one by one.

Recognise them by ``var dataList=[{infolist:[…]}]`` with ``pagesData`` (Huzhou), or by rows ``li.pagedContent`` with
``totalCount`` and ``perSize`` (Shandong).
Paging: none to follow; page links are script calls.
Example: ``/col/col1229512345/index.html`` with ``/20260108/i1234.html``; ``/col/col5678/index.html``.
Assumed: that ``dataList`` holds the rows of all pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from scrapy.http import TextResponse

from crawler.families.base import Listing
from crawler.families.jsonrows import json_links, value_at
from crawler.families.listing import static_listing
from crawler.families.page import base_url, scripts

NAME = "hanweb_inline"
WORDS = ("infolist", "pagedcontent")

_DATA = re.compile(r"\bdataList\s{0,9}=\s{0,9}(?=\[)")
_PAGES = re.compile(r"\bpageTotal['\"]?\s{0,9}:\s{0,9}['\"]?(\d{1,5})")
_TOTAL = re.compile(r"\btotalCount\s{0,9}=\s{0,9}['\"]?(\d{1,7})")


def evidence(response: TextResponse) -> list[str]:
    text = response.text
    signs = []
    if "infolist" in text and "pagesData" in text and _DATA.search(text):
        signs.append("rows in dataList[].infolist with pagesData")
    if "pagedContent" in text and "perSize" in text and _TOTAL.search(text):
        signs.append("rows of class pagedContent with totalCount and perSize")
    return signs


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    page = static_listing(response, [])
    script = scripts(response)
    data = _DATA.search(script)
    rows = json_links(value_at(script, data.end())[0], base_url(response)) if data else []
    known = {link.url for link in rows}
    page.links = rows + [link for link in page.links if link.url not in known]
    pages, total = _PAGES.search(script) if data else None, _TOTAL.search(script)
    page.declared_pages = int(pages.group(1)) if pages else page.declared_pages
    page.declared_rows = int(total.group(1)) if total else page.declared_rows
    return page
