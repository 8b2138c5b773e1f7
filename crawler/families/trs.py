"""TRS WCM (拓尔思): static files, and a script call that writes the page links at run time.

Recognise it by a ``createPageHTML(3, 0, "index", "html")`` call (or one of its dialects, see ``pagecalls``), by TRS
editor classes, or by articles at ``./202501/t20250122_300123.html``.
Paging: page 2 is ``index_1.html`` where the call counts from 0, ``index_2.html`` where it counts from 1; the
dialect tells which. Publishers often write fewer files than the call declares, so each page is ``optional``. Beside
the files there may be a dynamic address, named by a script: TRS WAS ``/was5/web/search?channelid=…&page=1``,
``list2.trsapi``, IGS ``/igs/front/…``. It is asked when the files end short of what is declared (kind ``rest``).
Example: ``http://xxgk.example.gov.cn/xzf/zfxxgknb/`` with ``./202502/t20250207_2096169.shtml``.
Assumed: the file names behind ``#pageDec`` (a script on another host writes them) are ``index_2.html``, …; a dynamic
address without a page parameter takes ``page``; IGS and trsapi answer rows as other JSON lists do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import cast

from lxml import etree
from scrapy.http import TextResponse

from crawler.families import pagecalls
from crawler.families.base import Listing
from crawler.families.endpoint import Endpoint, is_own, page_key, page_number
from crawler.families.listing import static_listing
from crawler.families.page import absolute, base_url, tree
from crawler.families.pagecalls import file_requests, find_paging

NAME = "trs"

_RECORDS = re.compile(r"\brecordCount\s{0,9}[:=]\s{0,9}['\"]?(\d{1,7})")
_DYNAMIC = re.compile(
    r"""['"]([^'"\s<>]{0,200}(?:/was5/web/search|\.trsapi|/igs/front/|/?trssearch/)[^'"\s<>]{0,600})['"]"""
)
_DYNAMIC_SIGNS = ("/was5/web/search", ".trsapi", "/igs/front/", "trssearch/")
WORDS = (*pagecalls.WORDS, "trs_", *_DYNAMIC_SIGNS, "/t19", "/t20")
_ARTICLE = re.compile(r"/(?:19|20)\d{4}/t(?:19|20)\d{6}_\d+\.s?html?", re.I)
_EDITOR = re.compile(r"TRS_Editor|trs_editor_view|TRS_UEDITOR|trs_web", re.I)
_CALLED = etree.XPath("descendant::*/@class | descendant::*/@id", smart_strings=False)


def evidence(response: TextResponse) -> list[str]:
    text = response.text
    signs = []
    paging = find_paging(text, response.url)
    if paging:
        signs.append(f"page links written by a script call: {paging.count} pages, page 1 is number {paging.base}")
    names = cast(list[str], _CALLED(tree(response))) if "TRS_" in text or "trs_" in text else ()
    if editor := next(filter(None, map(_EDITOR.search, names)), None):
        signs.append(f"article body of class {editor.group()}")
    articles = len(set(_ARTICLE.findall(text)))
    if articles >= 2 or (articles and signs):
        signs.append(f"{articles} articles at YYYYMM/tYYYYMMDD_ID")
    signs += [f"list read through {endpoint.url}" for endpoint in _dynamic(response)]
    return signs


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    if "endpoint" in context:
        return Endpoint.from_context(context).reply(response)
    dynamic = _dynamic(response)
    paging = find_paging(response.text, response.url)
    page = static_listing(response, None if paging is None else file_requests(response, paging))
    page.more += [endpoint.request() for endpoint in dynamic]
    if paging is not None:
        page.declared_pages = paging.count
        page.declared_rows = paging.total if paging.total is not None else page.declared_rows
    records = _RECORDS.search(response.text) if dynamic else None
    if records:
        page.declared_rows = int(records.group(1))
    return page


def _dynamic(response: TextResponse) -> list[Endpoint]:
    """The addresses behind the static files that the page's scripts name, asked when the files end short."""
    if not any(sign in response.text for sign in _DYNAMIC_SIGNS):
        return []
    found: dict[str, Endpoint] = {}
    base = base_url(response)
    for match in islice(_DYNAMIC.finditer(response.text), 4):
        url = absolute(base, match.group(1))
        if url and is_own(url, response):
            key = page_key(url) or "page"
            headers = {"Referer": response.url}
            found.setdefault(url, Endpoint(url, base, key, headers=headers, kind="rest", page=page_number(url)))
    return list(found.values())
