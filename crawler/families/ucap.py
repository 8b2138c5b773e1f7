"""UCAP classic (开普): ``.shtml`` columns of channels that have 32 hexadecimal figures as their number.

Recognise it by ``<meta name="channelId" content="<32 hex>">``, by ``id="UCAP-CONTENT"`` or ``<ucaptitle>`` in
articles, or by ``/common/search/<32 hex>`` in a script. Its ``createPageHTML("page_div", …)`` call is TRS's too.
Paging: static ``list_2.shtml``, … as the call declares, counted from 1; and the channel's rows at
``/common/search/<channel>?_isAgg=true&_isJson=true&_pageSize=20&page=1`` (also ``/searchList/``, ``/search/``), as
JSON, or with ``_isJson=false`` as HTML rows; at most 20 rows a page whatever is asked. The static files are read
first; the address is asked when they end short, or when the page has no rows.
Example: ``/hlj/c108390/zfxxgk_list.shtml`` with ``/xjrst/c112746/202609/<32 hex>.shtml``.
Assumed: that the address exists where a page has the channel's number and names no address itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice

from scrapy.http import TextResponse

from crawler.families.base import Listing
from crawler.families.endpoint import Endpoint, is_own, page_number
from crawler.families.listing import static_listing
from crawler.families.page import absolute, base_url, elements
from crawler.families.pagecalls import file_requests, find_paging

NAME = "ucap"
WORDS = ("channelid", "ucap", "/search/", "/searchlist/")

_CHANNEL = re.compile(r"[0-9a-f]{32}")
_SEARCH = re.compile(
    r"""['"]((?:(?:https?:)?//[\w.:-]{1,100})?/(?:common/search|searchList|search)/([0-9a-f]{32})[^'"\s<>]{0,600})"""
)
_CONTENT = re.compile(r"""id\s{0,9}=\s{0,9}['"]UCAP-CONTENT['"]|<ucap(?:title|source|content)\b""")
_QUERY = "?sort=&_isAgg=true&_isJson=true&_pageSize=20&_template=index&_rangeTimeGte=&_channelName="


def evidence(response: TextResponse) -> list[str]:
    signs = []
    if _channel(response):
        signs.append("meta channelId of 32 hexadecimal figures")
    text = response.text
    content = _CONTENT.search(text) if "UCAP-CONTENT" in text or "<ucap" in text else None
    if content:
        signs.append(f"article body {content.group()}")
    named = _SEARCH.search(text) if "/search" in text or "/common/" in text else None
    if named:
        signs.append(f"rows at {named.group(1)[:60]}")
    return signs


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    if "endpoint" in context:
        return Endpoint.from_context(context).reply(response)
    paging = find_paging(response.text, response.url)
    page = static_listing(response, None if paging is None else file_requests(response, paging))
    if paging is not None:
        page.declared_pages = paging.count
        page.declared_rows = paging.total if paging.total is not None else page.declared_rows
    addresses = _named_addresses(response)
    channel = _channel(response)
    if not addresses and channel and (page.declared_rows or not page.links):
        addresses = [absolute(response.url, f"/common/search/{channel}{_QUERY}") or ""]
    page.more += [_endpoint(address, response).request() for address in addresses if address]
    return page


def _endpoint(address: str, response: TextResponse) -> Endpoint:
    url = address if "?" in address else address + _QUERY
    headers = {"Referer": response.url}
    return Endpoint(url, base_url(response), headers=headers, kind="rest", page=page_number(url))


def _named_addresses(response: TextResponse) -> list[str]:
    """The search addresses that the page's scripts name: those of its own channel, if it tells which that is."""
    own = _channel(response)
    base = base_url(response)
    found: dict[str, str] = {}
    for match in islice(_SEARCH.finditer(response.text), 10):
        url = absolute(base, match.group(1))
        if url and is_own(url, response) and match.group(2) == (own or match.group(2)):
            found.setdefault(match.group(2), url)
    return list(found.values())[:3]


def _channel(response: TextResponse) -> str | None:
    for meta in elements(response, "meta"):
        if (meta.get("name") or "").strip().lower() == "channelid":
            value = (meta.get("content") or "").strip()
            return value if _CHANNEL.fullmatch(value) else None
    return None
