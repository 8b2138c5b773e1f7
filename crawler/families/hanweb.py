"""Hanweb jcms/jpage (大汉版通): rows as XML records inside the HTML, further groups through ``dataproxy.jsp``.

Recognise it by ``$('#U').jpage({… proxyUrl:'/module/web/jpage/dataproxy.jsp'})`` or a ``<datastore>`` of records.
The address ``/col/colN/`` and a copy of ``jquery.jpage.js`` prove nothing: sites keep both after a migration.
Paging: a group of ``groupSize`` x ``perPage`` records at a time, ``POST dataproxy.jsp?startrecord=31&endrecord=60
&perpage=10`` with the unit's parameters as form. The reply is XML whatever its content type; declaration and
``totalrecord`` may lack. A server that ignores ``startrecord`` sends the first group again: it is then asked for
``page=N`` (kind ``fallback``). ``?uid=…&pageNum=`` in the page's own address is UI state and changes nothing.
Example: ``/col/col15863/index.html`` with ``/art/2021/2/25/art_16760_1559436.html``.
Assumed: that ``page=N`` counts groups from 1; the ``nextgroup`` link is followed as it stands, if no call is found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from html import unescape
from itertools import islice
from urllib.parse import urlencode

from scrapy.http import TextResponse

from crawler.families.base import PAGE_CAP, Listing, PageKind, PageRequest
from crawler.families.listing import static_listing
from crawler.families.page import absolute, base_url
from crawler.families.records import RECORD, record_bodies, record_links, total_records

NAME = "hanweb"
WORDS = ("jpage", "<datastore>")

_NEXT_GROUP = re.compile(r"<nextgroup>.{0,200}?href\s*=\s*['\"]([^'\"]{1,2000})['\"]", re.S | re.I)
_CALL = re.compile(r"""\(\s{0,20}['"]#(\w{1,80})['"]\s{0,20}\)\s{0,20}\.jpage\s{0,20}\(\s{0,20}\{""")
_CALL_CAP = 20
_CALL_LENGTH = 4000
_INLINE_FORM = re.compile(r"ajaxParam\s*:\s*\{([^{}]{0,2000})\}")
_PARAMETERS = re.compile(r"var\s+(\w+)\s*=\s*\{([^{}]*)\}")
_PAIR = re.compile(r"""['"]?(\w+)['"]?\s*:\s*(?:'([^']*)'|"([^"]*)"|([\w./-]+))""")
_ROW_CAP = PAGE_CAP * 45  # rows asked for at most


def evidence(response: TextResponse) -> list[str]:
    text = response.text
    signs = []
    if any("dataproxy.jsp" in options for _, options in _calls(text)):
        signs.append("jpage call with proxyUrl dataproxy.jsp")
    elif "/jpage/dataproxy.jsp" in text:
        signs.append("link to jpage/dataproxy.jsp")
    if re.search(r"<datastore>", text, re.I):
        signs.append("records in a <datastore>")
    return signs


@dataclass(frozen=True, slots=True)
class Unit:
    """A list unit of the page: where its groups come from, and which group was asked for last."""

    name: str
    proxy: str
    form: Mapping[str, str]
    total: int | None
    per_page: int
    group: int
    first: str = ""  # first link of the first group: its return tells that the server counts otherwise
    start: int = 1
    mode: str = "records"

    def as_context(self) -> dict[str, str]:
        return {"unit": json.dumps({**asdict(self), "form": dict(self.form)}, ensure_ascii=False)}

    @classmethod
    def from_context(cls, context: Mapping[str, str]) -> Unit:
        return cls(**json.loads(context["unit"]))

    def request_after(self, received: int) -> list[PageRequest]:
        """The group that follows ``received`` records; none when the list is complete."""
        if received >= (_ROW_CAP if self.total is None else min(self.total, _ROW_CAP)):
            return []
        start, end = received + 1, received + self.group
        query = {"startrecord": start, "endrecord": min(end, self.total or end), "perpage": self.per_page}
        unit = replace(self, start=start)
        url = self.proxy + ("&" if "?" in self.proxy else "?") + urlencode(query)
        return [PageRequest(url, "POST", form=self.form, context=unit.as_context())]

    def request_page(self, number: int, kind: PageKind) -> list[PageRequest]:
        """The group of that number, for servers that know only ``page``."""
        if self.total is not None and (number - 1) * self.group >= min(self.total, _ROW_CAP):
            return []
        unit = replace(self, start=(number - 1) * self.group + 1, mode="page")
        url = self.proxy + ("&" if "?" in self.proxy else "?") + urlencode({"page": number})
        return [PageRequest(url, "POST", form=self.form, context=unit.as_context(), kind=kind)]


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    if "unit" in context:
        return _reply(response, Unit.from_context(context))
    text = response.text
    if "nextgroup" in context:
        return Listing(record_links(text, base_url(response)), _next_group(response), declared_rows=total_records(text))
    units = _units(response)
    if not units and not RECORD.search(text):
        return static_listing(response)
    page = Listing(links=record_links(text, base_url(response)), declared_rows=total_records(text))
    known = {link.url for link in page.links}
    static = static_listing(response)
    page.links += [link for link in static.links if link.url not in known]
    page.more = [request for request in static.more if request.kind == "year"]
    for unit in units:
        markup = _datastore_of(unit.name, text) or text
        rows = record_links(markup, base_url(response))
        received = len(record_bodies(markup))
        page.more += replace(unit, first=rows[0].url if rows else "").request_after(received)
    totals = [unit.total for unit in units if unit.total is not None]
    if totals:
        page.declared_rows = sum(totals)
        page.declared_pages = sum(-(-(unit.total or 0) // unit.per_page) for unit in units)
    if not units:
        page.more += _next_group(response)
    return page


def _reply(response: TextResponse, unit: Unit) -> Listing:
    """A group as dataproxy.jsp sends it."""
    text = response.text
    total = total_records(text)
    unit = replace(unit, total=unit.total if total is None else total)
    page = Listing(links=record_links(text, base_url(response)), declared_rows=unit.total)
    received = len(record_bodies(text))
    if not received:
        return page
    number = (unit.start - 1) // unit.group + 1
    repeated = unit.start > 1 and bool(page.links) and page.links[0].url == unit.first
    if unit.mode == "page":
        page.more = [] if repeated else unit.request_page(number + 1, "page")
    elif repeated:
        page.more = unit.request_page(number, "fallback")
    else:
        page.more = unit.request_after(unit.start - 1 + received)
    return page


def _units(response: TextResponse) -> list[Unit]:
    """The jpage calls of a page. A second call for the same column is the twin for mobile screens."""
    text = response.text
    found: dict[tuple[str, int | None], Unit] = {}
    variables = {match.group(1): match.group(2) for match in _PARAMETERS.finditer(text)}
    for name, literal in _calls(text):
        inline = _INLINE_FORM.search(literal)
        options = _pairs(_INLINE_FORM.sub("", literal))
        proxy = absolute(base_url(response), options.get("proxyUrl"))
        if not proxy or "dataproxy" not in proxy:
            continue
        form = _pairs(inline.group(1) if inline else variables.get(options.get("ajaxParam", ""), ""))
        total = options.get("totalRecord", "")
        per_page = max(int(_number(options.get("perPage"), 15)), 1)
        unit = Unit(
            name=name,
            proxy=proxy,
            form=form,
            total=int(total) if total.isdigit() else None,
            per_page=per_page,
            group=max(_number(options.get("groupSize"), 3), 1) * per_page,
        )
        found.setdefault((form.get("columnid") or unit.name, unit.total), unit)
    return list(found.values())


def _calls(text: str) -> list[tuple[str, str]]:
    """The jpage calls of a page: the unit's name, and what stands in the braces.

    >>> _calls("$('#7').jpage({perPage:10,ajaxParam:{a:1}})")
    [('7', 'perPage:10,ajaxParam:{a:1}')]
    """
    calls = []
    for match in islice(_CALL.finditer(text), _CALL_CAP):
        depth, literal = 1, text[match.end() : match.end() + _CALL_LENGTH]
        for end, sign in enumerate(literal):
            depth += (sign == "{") - (sign == "}")
            if depth == 0:
                calls.append((match.group(1), literal[:end]))
                break
    return calls


def _next_group(response: TextResponse) -> list[PageRequest]:
    match = _NEXT_GROUP.search(response.text)
    url = absolute(base_url(response), unescape(match.group(1))) if match else None
    return [PageRequest(url, context={"nextgroup": "1"})] if url and RECORD.search(response.text) else []


def _datastore_of(unit: str, text: str) -> str:
    """The part of the page that holds one unit's records; a twin of the unit holds them again."""
    begin = re.search(rf"""id\s{{0,9}}=\s{{0,9}}['"]{re.escape(unit)}['"]""", text)
    end = text.find("</datastore>", begin.end()) if begin else -1
    return text[begin.end() : end] if begin and end >= 0 else ""


def _pairs(literal: str) -> dict[str, str]:
    """The plain values of a JavaScript object literal.

    >>> _pairs("col:1,appid:'1',path:'/',webname:'云河县人民政府'")
    {'col': '1', 'appid': '1', 'path': '/', 'webname': '云河县人民政府'}
    """
    return {name: one or two or bare for name, one, two, bare in _PAIR.findall(literal)}


def _number(value: str | None, default: int) -> int:
    return int(value) if value and value.isdigit() else default
