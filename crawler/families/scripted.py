"""Addresses of lists that a page's scripts name: the pager's own (``'list.jsp?id=3&cur_page='+n``), and what is read
by ``$.getJSON``, ``$.get``, ``fetch`` or ``url:``.

What a script names may be something else, a search or a counter: such an address costs one request and brings no
row, which ends it.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import cast

from lxml import etree
from scrapy.http import TextResponse

from crawler.families.base import PAGE_CAP, PageRequest
from crawler.families.endpoint import PAGE_KEYS, Endpoint, is_own, page_key, page_number, with_parameter
from crawler.families.page import absolute, base_url, lowered, plain_text, scripts, tree
from crawler.families.paging import pages_said
from crawler.families.words import Words

_COUNTED = re.compile(rf"""['"]([^'"\s<>]{{0,400}}[?&](?:{"|".join(PAGE_KEYS)})=)['"]\s{{0,9}}\+""")
_COUNT = re.compile(r"""\b(?:pageCount|totalPages?|pageTotal|countPage)['"]?\s{0,9}[:=]\s{0,9}['"]?(\d{1,5})\b""")
_READ = re.compile(
    r"""(?:getJSON|\$\.get|\$\.post|fetch|ajax)\s{0,9}\(\s{0,9}['"]([^'"]{1,600})['"]"""
    r"""|\burl\s{0,9}:\s{0,9}['"](?=[^'"]{0,600}(?:json|list|api|query|page))([^'"]{1,600})['"]""",
    re.I,
)
_READ_WORDS = ("getjson", "$.get", "$.post", "fetch", "ajax", "url")  # one of which it begins with
_DATA = ("data-url", "data-src", "data-api", "data-list")
_DATA_WORDS = Words(_DATA)
_DATA_URLS = etree.XPath(" | ".join(f"descendant::*/@{name}" for name in _DATA), smart_strings=False)
_MAX_LISTS = 5


def scripted_pages(response: TextResponse) -> list[PageRequest]:
    """The pages after the present one, at the address that a pager's script counts on."""
    script, base = scripts(response), base_url(response)
    for match in islice(_COUNTED.finditer(script), 10):
        url = absolute(base, match.group(1))
        key = page_key(url) if url and is_own(url, response) else None
        if url and key:
            number = page_number(response.url)
            count = page_count(script) or pages_said(plain_text(response)) or number + 1  # 7/24 is no page of 24
            last = min(count, number + PAGE_CAP)
            addresses = [with_parameter(url, key, str(n)) for n in range(number + 1, last + 1)]
            return [PageRequest(address, optional=True) for address in addresses]
    return []


def page_count(script: str) -> int | None:
    """The number of pages that a script tells its pager.

    >>> page_count("{currPage:(0+1),pageCount:66}"), page_count("{}")
    (66, None)
    """
    match = _COUNT.search(script)
    return int(match.group(1)) if match else None


def scripted_lists(response: TextResponse, base: str) -> list[PageRequest]:
    """The addresses of the page's own host that its scripts read rows from."""
    script = scripts(response)
    lower = script.lower()
    reads = _READ.finditer(script) if any(word in lower for word in _READ_WORDS) else ()
    names = [one or two for one, two in (m.groups() for m in islice(reads, _MAX_LISTS))]
    data = cast(list[str], _DATA_URLS(tree(response))) if _DATA_WORDS.any_in(lowered(response)) else []
    names += [name for name in data[:_MAX_LISTS] if len(name) <= 600]
    found: dict[str, PageRequest] = {}
    for name in names[:_MAX_LISTS]:
        url = absolute(base, name)
        if url and is_own(url, response):
            endpoint = Endpoint(url, base, page_key(url) or "", page=page_number(url))
            found.setdefault(url, endpoint.request())
    return list(found.values())
