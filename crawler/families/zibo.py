"""Zibo's "channel/doc" (Shandong): columns ``channel_…``, documents ``doc_<24 hex>.html`` inside them.

Recognise it by ``doc_<24 hex>.html`` documents in ``/gongkai/…channel_…/`` and the table 索引号 / 发文日期.
Each unit has a sub-site ``/gongkai/site_<pinyin>/``. A column with one document shows the document itself.
Example: ``/gongkai/channel_c_5f9f696d489871774b4da7ea_n_1605850162.1332/`` with ``doc_65d31c1b0adcabfa3655daae.html``.
Assumed, since no list of this system was at hand: the list mechanism. Read are plain links, rows as JSON in a
script, and a JSON endpoint that a script names (``$.getJSON``, ``$.get``, ``fetch``, ``url:``); further pages by
that endpoint's ``page`` parameter, or by 下一页.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from scrapy.http import TextResponse

from crawler.families.base import PAGE_CAP, Link, Listing, PageRequest
from crawler.families.jsonrows import declared_rows, json_links, loads, script_data
from crawler.families.listing import static_listing
from crawler.families.page import absolute, base_url, scripts

NAME = "zibo"

_DOC = re.compile(r"doc_[0-9a-f]{24}\.html")
_CHANNEL = re.compile(r"(?:/gongkai/|/site_\w+/)[\w/.-]{0,80}channel_[\w.]{1,80}/")
_ENDPOINT = re.compile(
    r"""(?:getJSON|\$\.get|\$\.post|fetch|ajax)\s*\(\s*['"]([^'"]+)['"]"""
    r"""|\burl\s*:\s*['"]([^'"]+(?:json|list|api|query|page)[^'"]*)['"]""",
    re.I,
)
_DATA_URL = re.compile(r"""\bdata-(?:url|src|api|list)\s*=\s*['"]([^'"]+)['"]""", re.I)
_PAGE_KEYS = ("page", "pageNo", "pageIndex", "pageNum", "p", "currentPage")


def evidence(response: TextResponse) -> list[str]:
    text = response.text
    docs = len(set(_DOC.findall(text + response.url)))
    channels = len(set(_CHANNEL.findall(text + " " + urlsplit(response.url).path)))
    signs = []
    if docs and channels:
        signs.append(f"{docs} documents doc_<24 hex>.html under channel_…")
    elif channels >= 2 and "/gongkai/" in text:
        signs.append(f"links to {channels} columns /gongkai/…channel_…")
    elif channels and _CHANNEL.search(urlsplit(response.url).path) and re.search(r"索引号|getJSON|docList", text):
        signs.append("column /gongkai/channel_… with a list read by script or a table 索引号")
    return signs


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    data = loads(response.text)
    if data is not None:
        return _reply(response, data, context)
    page = static_listing(response)
    script = scripts(response)
    inline: list[Link] = []
    for value in script_data(script):
        inline += json_links(value, _folder(base_url(response)))
    known = {link.url: link for link in page.links}
    page.links = list({**known, **{link.url: link for link in inline}}.values())
    page.more += _endpoints(response, script)
    return page


def _reply(response: TextResponse, data: object, context: Mapping[str, str]) -> Listing:
    links = json_links(data, context.get("column") or response.url)
    page = Listing(links=links, declared_rows=declared_rows(data))
    rows_before = int(context.get("rows", "0")) + len(links)
    complete = page.declared_rows is not None and rows_before >= page.declared_rows
    number = int(context.get("page", "1"))
    if links and not complete and number < PAGE_CAP:
        following = _with_page(response.url, number + 1)
        if following:
            more = {**context, "page": str(number + 1), "rows": str(rows_before)}
            page.more = [PageRequest(following, context=more, optional=True)]
    return page


def _endpoints(response: TextResponse, script: str) -> list[PageRequest]:
    """The JSON addresses of the page's own host that its scripts read."""
    base = base_url(response)
    found: dict[str, PageRequest] = {}
    names = [one or two for one, two in _ENDPOINT.findall(script)] + _DATA_URL.findall(response.text)
    for name in names[:5]:
        url = absolute(_folder(base), name)
        if url and urlsplit(url).netloc == urlsplit(response.url).netloc:
            number = next((v for k, v in parse_qsl(urlsplit(url).query) if k in _PAGE_KEYS and v.isdigit()), "1")
            found.setdefault(url, PageRequest(url, context={"column": _folder(base), "page": number}))
    return list(found.values())


def _folder(url: str) -> str:
    """A channel's address as the folder it is, though written without its last stroke.

    >>> _folder("http://sim/gongkai/channel_c1534"), _folder("http://sim/gongkai/index.html")
    ('http://sim/gongkai/channel_c1534/', 'http://sim/gongkai/index.html')
    """
    parts = urlsplit(url)
    last = parts.path.rpartition("/")[2]
    return urlunsplit(parts._replace(path=parts.path + "/")) if last.startswith("channel_") else url


def _with_page(url: str, number: int) -> str | None:
    """The same address for another page; None if it has no parameter for that."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    if not any(key in _PAGE_KEYS for key, _ in query):
        return None
    query = [(key, str(number) if key in _PAGE_KEYS else value) for key, value in query]
    return urlunsplit(parts._replace(query=urlencode(query)))
