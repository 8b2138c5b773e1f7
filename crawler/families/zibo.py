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
from urllib.parse import urlsplit, urlunsplit

from scrapy.http import TextResponse

from crawler.families.base import Link, Listing, PageRequest
from crawler.families.endpoint import Endpoint, page_key, page_number
from crawler.families.jsonrows import json_links, script_data
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
    if "endpoint" in context:
        return Endpoint.from_context(context).reply(response)
    page = static_listing(response)
    script = scripts(response)
    inline: list[Link] = []
    for value in script_data(script):
        inline += json_links(value, _folder(base_url(response)))
    known = {link.url: link for link in page.links}
    page.links = list({**known, **{link.url: link for link in inline}}.values())
    page.more += _endpoints(response, script)
    return page


def _endpoints(response: TextResponse, script: str) -> list[PageRequest]:
    """The JSON addresses of the page's own host that its scripts read."""
    base = base_url(response)
    found: dict[str, PageRequest] = {}
    names = [one or two for one, two in _ENDPOINT.findall(script)] + _DATA_URL.findall(response.text)
    for name in names[:5]:
        url = absolute(_folder(base), name)
        if url and urlsplit(url).netloc == urlsplit(response.url).netloc:
            endpoint = Endpoint(url, _folder(base), page_key(url) or "", page=page_number(url))
            found.setdefault(url, endpoint.request())
    return list(found.values())


def _folder(url: str) -> str:
    """A channel's address as the folder it is, though written without its last stroke.

    >>> _folder("http://sim/gongkai/channel_c1534"), _folder("http://sim/gongkai/index.html")
    ('http://sim/gongkai/channel_c1534/', 'http://sim/gongkai/index.html')
    """
    parts = urlsplit(url)
    last = parts.path.rpartition("/")[2]
    return urlunsplit(parts._replace(path=parts.path + "/")) if last.startswith("channel_") else url
