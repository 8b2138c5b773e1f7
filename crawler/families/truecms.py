"""TrueCMS (Nantong, Huai'an and others in Jiangsu): jpage records from ``messageController/getMessage.do``.

Recognise it by that address in the page, mostly as ``proxyUrl`` of a ``jpage`` call.
Paging: ``GET …/messageController/getMessage.do?startrecord=51&endrecord=100&perpage=50&columnId=…`` with the page as
``Referer`` gives ``{"result":"<recordset>…"}``, in a call of ``cb(…)`` where ``callback=cb`` was asked for. The first
records stand in the page, as a ``<datastore>`` in a string of the call or as a list.
Example: ``/col/18073_668815/index.html`` with ``/col/4039_446643/art/17356608/1735…O7DUB.html``.
Assumed: that all records may be asked for from the first, so those of the page are read twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from scrapy.http import TextResponse

from crawler.families.base import PAGE_CAP, Listing, PageRequest
from crawler.families.endpoint import is_own
from crawler.families.jsonrows import loads
from crawler.families.listing import static_listing
from crawler.families.page import absolute, base_url
from crawler.families.records import record_bodies, record_links, total_records

NAME = "truecms"

_PROXY = "messageController/getMessage.do"
WORDS = (_PROXY.lower(),)
_ADDRESS = re.compile(r"""['"]([^'"\s<>]{0,200}/messageController/getMessage\.do)[^'"<>]{0,600}['"]""")
_COLUMN = re.compile(r"""\bcolumnId['"]?\s{0,9}[:=]\s{0,9}['"]?([\w-]{1,64})""")
_TOTAL = re.compile(r"""\btotalRecord['"]?\s{0,9}:\s{0,9}['"]?(\d{1,7})""")
PER_PAGE = 50


def evidence(response: TextResponse) -> list[str]:
    return [f"records from {_PROXY}"] if _PROXY in response.text else []


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    if "proxy" in context:
        return _reply(response, context)
    page = static_listing(response, [])
    base = base_url(response)
    known = {link.url for link in page.links}
    page.links += [link for link in record_links(response.text, base) if link.url not in known]
    total = _TOTAL.search(response.text)
    page.declared_rows = int(total.group(1)) if total else page.declared_rows
    address, column = _ADDRESS.search(response.text), _COLUMN.search(response.text)
    proxy = absolute(base, address.group(1)) if address else None
    complete = page.declared_rows is not None and len(page.links) >= page.declared_rows
    if proxy and column and is_own(proxy, response) and not complete:
        held = {"proxy": proxy, "column": column.group(1), "page": response.url, "base": base}
        page.more.append(_request(held, 1))
    return page


def _reply(response: TextResponse, context: Mapping[str, str]) -> Listing:
    data = loads(response.text)
    result = data.get("result") if isinstance(data, dict) else None
    markup = result if isinstance(result, str) else response.text
    total, received = total_records(markup), len(record_bodies(markup))
    found = Listing(record_links(markup, context["base"]), declared_rows=total)
    following = int(context["start"]) + received
    if received and following <= min(PAGE_CAP * PER_PAGE, total if total is not None else PAGE_CAP * PER_PAGE):
        found.more.append(_request(context, following))
    return found


def _request(held: Mapping[str, str], start: int) -> PageRequest:
    """The records from ``start`` on."""
    end = start + PER_PAGE - 1
    query = {"startrecord": start, "endrecord": end, "perpage": PER_PAGE, "columnId": held["column"]}
    return PageRequest(
        f"{held['proxy']}?{urlencode(query)}",
        headers={"Referer": held["page"]},
        context={**held, "start": str(start)},
        optional=True,
        kind="way" if start == 1 else "page",
    )
