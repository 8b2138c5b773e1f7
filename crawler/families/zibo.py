"""Zibo's "channel/doc" (Shandong): columns ``channel_…``, documents ``doc_<24 hex>.html`` inside them.

Recognise it by ``doc_<24 hex>.html`` documents in ``/gongkai/…channel_…/`` and the table 索引号 / 发文日期.
Each unit has a sub-site ``/gongkai/site_<pinyin>/`` (at Liaocheng ``/site_<pinyin>/channel_x_<n>_<n>/``). A column
with one document shows the document itself.
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

from crawler.families.base import Listing
from crawler.families.endpoint import Endpoint
from crawler.families.jsonrows import json_links, script_data
from crawler.families.listing import static_listing
from crawler.families.page import base_url, scripts
from crawler.families.scripted import scripted_lists

NAME = "zibo"
WORDS = ("channel_",)

_DOC = re.compile(r"doc_[0-9a-f]{24}\.html")
_CHANNEL = re.compile(r"(?:/gongkai/|/site_\w{1,80}/)[\w/.-]{0,80}channel_[\w.]{1,80}/")


def evidence(response: TextResponse) -> list[str]:
    text = response.text
    path = urlsplit(response.url).path
    docs = len(set(_DOC.findall(text + response.url))) if "doc_" in text or "doc_" in path else 0
    channels = len(set(_CHANNEL.findall(f"{text} {path}"))) if "channel_" in text or "channel_" in path else 0
    signs = []
    if docs and channels:
        signs.append(f"{docs} documents doc_<24 hex>.html under channel_…")
    elif channels >= 2 and "/gongkai/" in text:
        signs.append(f"links to {channels} columns /gongkai/…channel_…")
    elif channels and _CHANNEL.search(path) and re.search(r"索引号|getJSON|docList", text):
        signs.append("column /gongkai/channel_… with a list read by script or a table 索引号")
    return signs


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    if "endpoint" in context:
        return Endpoint.from_context(context).reply(response)
    page = static_listing(response)
    folder = _folder(base_url(response))
    inline = [link for value in script_data(scripts(response)) for link in json_links(value, folder)]
    known = {link.url: link for link in page.links}
    page.links = list({**known, **{link.url: link for link in inline}}.values())
    page.more += scripted_lists(response, folder)
    return page


def _folder(url: str) -> str:
    """A channel's address as the folder it is, though written without its last stroke.

    >>> _folder("http://sim/gongkai/channel_c1534"), _folder("http://sim/gongkai/index.html")
    ('http://sim/gongkai/channel_c1534/', 'http://sim/gongkai/index.html')
    """
    parts = urlsplit(url)
    last = parts.path.rpartition("/")[2]
    return urlunsplit(parts._replace(path=parts.path + "/")) if last.startswith("channel_") else url
