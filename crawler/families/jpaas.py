"""Hanweb jpaas (大汉版通): columns without rows, whose units are built by ``/api-gateway/jpaas-publish-server``.

Recognise it by ``<script src="…/unitbuild.js" parseType="bulidstatic" url="/api-gateway/jpaas-publish-server/front/
page/build/unit" queryData="{…}">`` (the misspelling is the system's). ``/col/colN/`` in the address proves nothing.
Paging: ``GET`` of that address with the unit's ``queryData`` and ``paramJson={"pageNo":2,"pageSize":15}`` gives JSON
with the rows as HTML; a bare ``pageNo`` is ignored. Past the end the rows are empty. Some tenants want a Referer.
Example: ``/col/col1229565788/index.html`` with ``/col/col1229565788/art/2025/art_<32 hex>.html``.
Assumed: a unit with 列表 in its ``tagId`` is the list; without one, all units of the column are asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from scrapy.http import TextResponse

from crawler.families.base import Listing
from crawler.families.endpoint import Endpoint, is_own
from crawler.families.jsonrows import loads
from crawler.families.listing import static_listing
from crawler.families.literals import literal
from crawler.families.page import absolute, base_url, elements, fragment
from crawler.families.rows import link_rows

NAME = "jpaas"

_BUILD = "jpaas-publish-server/front/page/build/unit"
WORDS = (_BUILD,)
_MAX_UNITS = 5
_PER_PAGE = 15


def evidence(response: TextResponse) -> list[str]:
    return [f"{len(units)} units built by {_BUILD}"] if (units := _units(response)) else []


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    if "endpoint" in context:
        return _reply(response, Endpoint.from_context(context))
    page = static_listing(response)
    page.more += [endpoint.request() for endpoint in _units(response)]
    return page


def _units(response: TextResponse) -> list[Endpoint]:
    """The list units of a column; all its units, if none is called a list."""
    if _BUILD not in response.text:
        return []
    base, value = base_url(response), json.dumps({"pageNo": 0, "pageSize": _PER_PAGE}).replace("0", "%d", 1)
    units: list[tuple[bool, Endpoint]] = []
    for script in elements(response, "script"):
        url = absolute(base, script.get("url"))
        query = literal((script.get("querydata") or "").strip())[0]
        if url and _BUILD in url and isinstance(query, dict) and is_own(url, response):
            address = url + ("&" if "?" in url else "?") + urlencode({key: str(query[key]) for key in query})
            headers = {"Referer": response.url}
            endpoint = Endpoint(address, base, "paramJson", value, headers=headers)
            units.append(("列表" in str(query.get("tagId")), endpoint))
    lists = [endpoint for is_list, endpoint in units if is_list]
    return (lists or [endpoint for _, endpoint in units])[:_MAX_UNITS]


def _reply(response: TextResponse, endpoint: Endpoint) -> Listing:
    """A unit as the server builds it: rows and pager as HTML in JSON."""
    root = fragment(_html(loads(response.text)))
    links = link_rows(root, endpoint.column)
    pager = next((t for t in root.iter("table") if "pagination" in (t.get("class") or "")), None)
    count = None if pager is None else re.fullmatch(r"\d{1,7}", pager.get("count") or "")
    return endpoint.listing(links, rows=int(count.group()) if count else None)


def _html(data: Any) -> str:
    inner = data.get("data") if isinstance(data, dict) else None
    html = inner.get("html") if isinstance(inner, dict) else inner
    return html if isinstance(html, str) else ""
