"""Hanweb's disclosure directory (大汉版通 xxgk module): a tree of categories, rows by ``search.jsp``.

Recognise it by ``/module/xxgk/search.jsp`` or ``/module/xxgk/tree.jsp`` in the page (an older one has them under
``/zfxxgk/``), or by ``xxgkAnnualReport.jsp``. ``?number=…`` or ``?vc_xxgkarea=…`` in the address is a hint only.
Paging: ``POST search.jsp`` with ``infotypeId``, ``jdid``, ``divid``, ``area`` and ``currpage``; the reply is a piece
of HTML that says 共 N 页, its rows ``ul li a`` with a ``b`` date or table rows ``tr_main_value_odd``.
``xxgkAnnualReport.jsp?fbtime=2017&area=<18 figures>`` lists one year; the years are tabs.
Example: ``/col/col1229106886/index.html?number=E001``.
Assumed: the parameters stand in the page as the query of tree.jsp or search.jsp or as an object of a script;
``number`` and ``vc_xxgkarea`` of the address stand in for them. Without a category, tree.jsp is asked for one that is
named 年报; without that, all entries of the directory are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import islice
from urllib.parse import parse_qsl, urlsplit

from scrapy.http import TextResponse

from crawler.families.base import Listing, PageRequest
from crawler.families.endpoint import Endpoint, is_own
from crawler.families.jsonrows import value_at
from crawler.families.listing import static_listing
from crawler.families.page import absolute, base_url, scripts, text_of, tree

NAME = "hanweb_xxgk"

_ADDRESS = re.compile(r"""['"]([^'"\s<>]{0,200}/(?:module/xxgk|zfxxgk)/(search|tree)\.jsp[^'"\s<>]{0,600})['"]""")
_ANNUAL = "xxgkAnnualReport.jsp"
WORDS = ("search.jsp", "tree.jsp", _ANNUAL.lower())
_DATA = re.compile(r"\b(?:data|param\w{0,20})\s{0,9}[:=]\s{0,9}(?=\{)")
_CATEGORY = re.compile(r"infotypeId['\"]?\s{0,9}[=:,]\s{0,9}['\"]?([A-Z]{0,2}\w{2,40})")
_NAMED = re.compile(r"年报|年度报告")
_PARAMETERS = ("infotypeId", "jdid", "divid", "area", "unit", "sortfield", "standardXxgk", "isAllList")


def evidence(response: TextResponse) -> list[str]:
    text = response.text
    signs = [f"{name} of the disclosure directory" for name in ("search.jsp", "tree.jsp") if f"/xxgk/{name}" in text]
    if not signs and ("search.jsp" in text or "tree.jsp" in text) and (match := _ADDRESS.search(text)):
        signs.append(f"{match.group(2)}.jsp of the disclosure directory")
    if f"/xxgk/{_ANNUAL}" in text or urlsplit(response.url).path.endswith("/" + _ANNUAL):
        signs.append(f"annual reports by year at {_ANNUAL}")
    return signs


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    if "endpoint" in context:
        return Endpoint.from_context(context).reply(response)
    if "tree" in context:
        return Listing(more=[_search(Endpoint(**json.loads(context["tree"])), _category(response)).request()])
    page = static_listing(response)
    addresses = _addresses(response)
    search = _endpoint(response, addresses)
    if search is None:
        return page
    form = search.form or {}
    if form.get("infotypeId") or "tree" not in addresses:
        page.more.append(search.request())
    else:
        held = {"url": search.url, "column": search.column, "form": dict(form), "headers": dict(search.headers)}
        page.more.append(PageRequest(addresses["tree"], context={"tree": json.dumps(held)}, optional=True, kind="way"))
    return page


def _addresses(response: TextResponse) -> dict[str, str]:
    """The addresses of ``search`` and ``tree`` that the page names."""
    base = base_url(response)
    found: dict[str, str] = {}
    for match in islice(_ADDRESS.finditer(response.text), 10):
        url = absolute(base, match.group(1).replace("&amp;", "&"))
        if url and is_own(url, response):
            found.setdefault(match.group(2), url)
    return found


def _endpoint(response: TextResponse, addresses: Mapping[str, str]) -> Endpoint | None:
    """The directory's search, with what the page says of its parameters."""
    named = addresses.get("search") or addresses.get("tree")
    if named is None:
        return None
    url = re.sub(r"/tree\.jsp.*", "/search.jsp", named).partition("?")[0]
    asked = dict(parse_qsl(urlsplit(response.url).query))
    given = {"infotypeId": asked.get("number", ""), "area": asked.get("vc_xxgkarea", "")}
    script = scripts(response)
    for match in islice(_DATA.finditer(script), 10):
        value = value_at(script, match.end())[0]
        if isinstance(value, dict):
            given |= {key: str(value[key]) for key in _PARAMETERS if value.get(key)}
    for address in addresses.values():
        query = dict(parse_qsl(urlsplit(address).query))
        given |= {key: query[key] for key in _PARAMETERS if query.get(key)}
    form = given | {"requestUrl": response.url}
    return Endpoint(url, base_url(response), "currpage", form=form, headers={"Referer": response.url})


def _category(response: TextResponse) -> str | None:
    """The category that a tree names 年报."""
    for element in tree(response).iter("a", "li", "span"):
        if len(element) == 0 and _NAMED.search(text_of(element)):
            told = " ".join(str(value) for value in element.attrib.values())
            match = _CATEGORY.search(told)
            if match:
                return match.group(1)
    return None


def _search(endpoint: Endpoint, category: str | None) -> Endpoint:
    form = {**(endpoint.form or {}), "infotypeId": category or ""}
    return Endpoint(endpoint.url, endpoint.column, "currpage", form=form, headers=endpoint.headers)
