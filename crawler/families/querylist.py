"""UCAP's later generation (开普, ``/pc/list.html``): rows as JSON in a script, further ones by ``POST /queryList``.

Recognise it by ``loadPageData(params, …)`` with ``webSiteCode`` in the parameters, or by
``var listData={articleList:[…]}``. Sites that moved to it keep Hanweb's addresses and even its scripts
(``/col/col42150/index.html``, ``jquery.jpage.js``): the address proves nothing.
Paging: ``listData`` is the first block; ``POST /queryList`` with ``current``, ``pageSize``, ``webSiteCode[]`` and
``channelCode[]`` (or ``channelId[]``) gives each page; ``urls`` of a row is JSON in a string of JSON. The rows of
the HTML are templates (``{{pcUrl}}``), and no links.
Example: ``/yunhe/xxgknb/pc/list.html`` with ``/yunhe/xxgknb/pc/content/content_1951206363677671424.html``.
Assumed: that each channel of a unit can be asked for by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from scrapy.http import TextResponse

from crawler.families.base import Link, Listing
from crawler.families.endpoint import Endpoint
from crawler.families.jsonrows import json_links, value_at
from crawler.families.listing import static_listing
from crawler.families.page import absolute, base_url, scripts

NAME = "querylist"
WORDS = ("loadpagedata(", "listdata")

_ARTICLES = re.compile(r"""articleList['"]?\s{0,9}:\s{0,9}(?=\[)""")
_PARAMS = re.compile(r"(?:params\w{0,40}|loadPageData)\s{0,9}[=(]\s{0,9}(?=\{)")
_OWN = re.compile(r"""\b(codeName|channelId)\s{0,9}=\s{0,9}['"]([\w-]{1,64})['"]""")
_COUNT = re.compile(r"""["']?articleCount["']?\s{0,9}:\s{0,9}["']?(\d{1,7})""")
_MAX_UNITS = 5


def evidence(response: TextResponse) -> list[str]:
    text = response.text
    signs = []
    if "loadPageData(" in text and "webSiteCode" in text:
        signs.append("loadPageData with webSiteCode, which asks /queryList")
    if "listData" in text and _ARTICLES.search(text):
        signs.append("rows in listData.articleList")
    return signs


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    if "endpoint" in context:
        return Endpoint.from_context(context).reply(response)
    script = scripts(response)
    base = base_url(response)
    links = _first_block(script, base)
    page = static_listing(response, [])
    known = {link.url for link in links}
    page.links = links + [link for link in page.links if link.url not in known]
    count = _COUNT.search(script)
    page.declared_rows = int(count.group(1)) if count else page.declared_rows
    if page.declared_rows is None or len(links) < page.declared_rows:
        page.more += [endpoint.request() for endpoint in _endpoints(response, script, len(links))]
    return page


def _first_block(script: str, base: str) -> list[Link]:
    found: dict[str, Link] = {}
    for match in islice(_ARTICLES.finditer(script), _MAX_UNITS):
        for link in json_links(value_at(script, match.end())[0], base):
            found.setdefault(link.url, link)
    return list(found.values())


def _endpoints(response: TextResponse, script: str, received: int) -> list[Endpoint]:
    """One for each channel of the page's own list; ``received`` rows stand in the page."""
    url = absolute(response.url, "/queryList") or response.url
    found: dict[tuple[str, str], Endpoint] = {}
    for params in _own_units(script):
        size = _first(params.get("perPage")) or "15"
        per_page = int(size) if re.fullmatch(r"[1-9]\d{0,2}", size) else 15
        key = next((key for key in ("channelCode", "channelId") if params.get(key)), None)
        site = _first(params.get("webSiteCode"))
        for code in _all(params.get(key)) if key else ():
            form = {"pageSize": str(per_page), f"{key}[]": code, "sort": "sortNum", "order": "desc"}
            if site:
                form["webSiteCode[]"] = site
            start = received // per_page
            endpoint = Endpoint(
                url, base_url(response), "current", form=form, headers={"Referer": response.url},
                page=start + 1, rows=start * per_page,
            )  # fmt: skip
            found.setdefault((site, code), endpoint)
    return list(found.values())[:_MAX_UNITS]


def _own_units(script: str) -> list[dict[str, Any]]:
    """The parameters of the list units; those of the page's own channel, where the page tells which that is."""
    units = list(_units(script))
    own = {match.group(2) for match in islice(_OWN.finditer(script), 10)}
    mine = [unit for unit in units if own & {*_all(unit.get("channelCode")), *_all(unit.get("channelId"))}]
    return mine or units


def _units(script: str) -> Iterator[dict[str, Any]]:
    for match in islice(_PARAMS.finditer(script), 20):
        value = value_at(script, match.end())[0]
        if isinstance(value, dict) and (value.get("channelCode") or value.get("channelId")):
            yield value


def _all(value: Any) -> list[str]:
    """A parameter as its values: one, or a list of them."""
    held = value if isinstance(value, list) else [value]
    return [str(each) for each in held if isinstance(each, (str, int)) and str(each)]


def _first(value: Any) -> str:
    return next(iter(_all(value)), "")
