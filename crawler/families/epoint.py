"""Epoint EWB (新点): disclosure lists as JSON from ``…/rest/lightfrontaction/getgovinfolist``.

Recognise it by the script ``/js/webBuilderCommon.js``, by ``siteInfo={…projectName…}``, or by the address of the
list.
Paging: ``POST <projectName>/rest/lightfrontaction/getgovinfolist`` with an object of JSON, ``categorynum``,
``siteGuid``, ``deptcode``, ``pageSize`` and ``pageIndex`` from 0, gives ``custom.data`` with ``infourl``, ``realtitle``
and ``infodate``. The category is in the page's address (``?categorynum=003002`` or ``/00600300N/``) or in a script;
``siteInfo`` is in the page or in ``/js/webBuilderCommon.js``, which is then asked for (kind ``way``).
Example: ``/dynamic/zwgk/govInfoPub.html?categorynum=003002`` with ``/006003001/20250122/<uuid>.html``.
Assumed: that ``custom.total``, where it is there, counts all rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from scrapy.http import TextResponse

from crawler.families.base import Listing, PageRequest
from crawler.families.endpoint import Endpoint
from crawler.families.jsonrows import value_at
from crawler.families.listing import static_listing
from crawler.families.page import absolute, scripts

NAME = "epoint"

_LIST = "/rest/lightfrontaction/getgovinfolist"
_COMMON = "/js/webBuilderCommon.js"
WORDS = (_COMMON.lower(), "siteinfo", _LIST)
_SITE = re.compile(r"\bsiteInfo\s{0,9}=\s{0,9}(?=\{)")
_CATEGORY = re.compile(r"""\bcategorynum['"]?\s{0,9}[:=]\s{0,9}['"](\d{3,30})['"]""", re.I)
_CATEGORY_PATH = re.compile(r"/(\d{6,30})/(?:[\w.]{0,40})$")
_PROJECT = re.compile(r"/?[\w/-]{0,80}")
_SIZE = "50"


def evidence(response: TextResponse) -> list[str]:
    text = response.text
    signs = []
    if _COMMON in text:
        signs.append(f"script {_COMMON}")
    if "siteInfo" in text and "projectName" in text and _SITE.search(text):
        signs.append("siteInfo with projectName")
    if _LIST in text:
        signs.append(f"list read through {_LIST}")
    return signs


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    if "endpoint" in context:
        return Endpoint.from_context(context).reply(response)
    if "category" in context:
        return Listing(more=_first(response.text, context["category"], context["page"]))
    page = static_listing(response)
    category = _category(response)
    if category:
        common = absolute(response.url, _COMMON) or response.url
        held = {"category": category, "page": response.url}
        page.more += _first(scripts(response), category, response.url) or [
            PageRequest(common, context=held, optional=True, kind="way")
        ]
    return page


def _first(script: str, category: str, page: str) -> list[PageRequest]:
    """The request for the first rows, if the script tells of the site."""
    site = _SITE.search(script)
    info = value_at(script, site.end())[0] if site else None
    if not isinstance(info, dict):
        return []
    project = info.get("projectName")
    if not isinstance(project, str) or not _PROJECT.fullmatch(project):
        return []
    url = absolute(page, f"/{project.strip('/')}{_LIST}" if project.strip("/") else _LIST)
    form = {"deptcode": "", "categorynum": category, "siteGuid": str(info.get("siteGuid") or ""), "pageSize": _SIZE}
    headers = {"Referer": page}
    return [Endpoint(url, page, "pageIndex", form=form, as_json=True, headers=headers, page=0).request()] if url else []


def _category(response: TextResponse) -> str | None:
    """The category of the page's list: by its address, else by a script."""
    parts = urlsplit(response.url)
    asked = parse_qs(parts.query).get("categorynum", [""])[0]
    if asked.isascii() and asked.isdigit():
        return asked
    match = _CATEGORY.search(scripts(response)) or _CATEGORY_PATH.search(parts.path)
    return match.group(1) if match else None
