"""Lonsun (龙讯, Anhui and others): disclosure lists by ``/site/label/8888``, ordinary columns by ``pageIndex``.

Recognise it by a call ``Ls.pagination("#page_…", …)``, by ``labelName=publicInfoList``, or by the address
``/site/label/8888``.
Paging: an ordinary column (``/content/column/6791573``, often behind a directory alias ``/zxzx/…/index.html``) has
its address in the call, ``location.href='…?pageIndex='+p``, with ``pageCount``. A disclosure list
(``/public/column/<organ>?type=3``: 1 rules, 2 guide, **3 annual reports**, 4 directory, 5 requests) comes as a
fragment of HTML from ``/site/label/8888?labelName=publicInfoList&…&pageIndex=2``, which holds ``pageCount`` too; its
parameters stand in a script, as an address or as an object. ``li.lm_line`` only separate rows. Each unit has the
same address with another organ: their tree is a list of links in the page.
Example: ``/public/column/6598201?type=3`` with ``/public/6598201/37034572.html``.
Assumed: where a script names only ``siteId``, that organ and type of the page's own address complete the request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from urllib.parse import parse_qsl, urlencode, urlsplit

from scrapy.http import TextResponse

from crawler.families.base import Listing
from crawler.families.endpoint import Endpoint, is_own, page_number
from crawler.families.jsonrows import value_at
from crawler.families.listing import static_listing
from crawler.families.page import absolute, base_url, scripts, tree
from crawler.families.rows import link_rows
from crawler.families.scripted import page_count, scripted_pages

NAME = "lonsun"

_LABEL = "/site/label/8888"
WORDS = ("ls.pagination(", _LABEL, "publicinfolist")
_ADDRESS = re.compile(r"""['"]([^'"\s<>]{0,200}/site/label/8888\?[^'"\s<>]{0,1500})['"]""")
_OBJECT = re.compile(r"\{(?=[^{}]{0,1500}\blabelName\b)")
_SITE = re.compile(r"""\bsiteId['"]?\s{0,9}[:=]\s{0,9}['"]?(\d{1,12})""")
_ORGAN = re.compile(r"(.*)/public/column/(\d{1,12})/?")
_FIXED = {"IsAjax": "1", "dataType": "html", "labelName": "publicInfoList", "action": "list", "pageSize": "15"}


def evidence(response: TextResponse) -> list[str]:
    text = response.text
    signs = []
    if "Ls.pagination(" in text:
        signs.append("call Ls.pagination")
    if _LABEL in text:
        signs.append(f"list read through {_LABEL}")
    if "publicInfoList" in text and re.search(r"labelName['\"]?\s{0,9}[:=]\s{0,9}['\"]?publicInfoList", text):
        signs.append("label publicInfoList")
    return signs


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    if "endpoint" in context:
        endpoint = Endpoint.from_context(context)
        pages = page_count(scripts(response))
        return endpoint.listing(link_rows(tree(response), endpoint.column, every=True), pages=pages)
    address = _label_address(response)
    page = static_listing(response, [] if address else scripted_pages(response))
    page.declared_pages = page_count(scripts(response)) or page.declared_pages
    if address:
        headers = {"Referer": response.url, "X-Requested-With": "XMLHttpRequest"}
        number = page_number(address)
        page.more.append(Endpoint(address, base_url(response), "pageIndex", headers=headers, page=number).request())
    return page


def _label_address(response: TextResponse) -> str | None:
    """The address of the list's fragments: as a script has it, or put together from its parameters."""
    script, base = scripts(response), base_url(response)
    for match in islice(_ADDRESS.finditer(script), 10):
        url = absolute(base, match.group(1).replace("&amp;", "&"))
        if url and "publicInfoList" in url and is_own(url, response):
            return url
    parts = urlsplit(response.url)
    organ = _ORGAN.fullmatch(parts.path)
    prefix = organ.group(1) if organ else ""
    given: dict[str, str] = {}
    for match in islice(_OBJECT.finditer(script), 5) if "labelName" in script else ():
        value = value_at(script, match.start())[0]
        if isinstance(value, dict) and value.get("labelName") == "publicInfoList":
            given = {key: str(held) for key, held in value.items() if isinstance(held, (str, int))}
            break
    site = _SITE.search(script)
    if not given and not (organ and site and _LABEL in script + response.text):
        return None
    if site:
        given.setdefault("siteId", site.group(1))
    if organ:
        given.setdefault("organId", organ.group(2))
    asked = {key: held for key, held in parse_qsl(parts.query) if key in ("type", "catId")}
    return absolute(base, f"{prefix}{_LABEL}?{urlencode(_FIXED | asked | given)}")
