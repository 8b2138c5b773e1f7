"""Guangdong's disclosure platform (政府信息公开目录平台): rows of a category as JSON from ``/gkmlpt/api/all/<id>``.

Recognise it by ``window._CONFIG`` with a ``SID`` on a page under ``/gkmlpt/``, or by the address of the API. The
same CMS (NFCMS) writes ordinary columns with plain links (``index_2.html``, 1-based): those are no matter of this
module.
Paging: ``GET …/gkmlpt/api/all/<category>?page=1&sid=<SID>``, 100 rows a page, ``total`` for all; some servers have
no page 2 and answer 404. Dates are unix seconds in China time. Rows of type ``url`` lead elsewhere by ``url`` or
``jump_url``. The category of 年报 is the one after ``#`` in the page's address where that is known
(``/gkmlpt/annualreport#2629``), else the nodes of ``TREE`` whose names say so.
Departments have the platform under a path or host of their own (``/<dept>/gkmlpt/…``), with the API beside it. An
article may hold its text in ``_CONFIG.DETAIL.content`` alone: the reader of web pages knows that.
Example: ``/gkmlpt/annualreport#2629`` with ``/gkmlpt/content/3/3255/post_3255421.html``.
Assumed: that the tab 年报 is a link in the page, as is a list of departments.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from scrapy.http import TextResponse

from crawler.families.base import Listing
from crawler.families.endpoint import Endpoint
from crawler.families.jsonrows import value_at
from crawler.families.listing import static_listing
from crawler.families.page import base_url, scripts
from crawler.vocabulary import name_score

NAME = "gkmlpt"

_API = "/gkmlpt/api/all/"
WORDS = ("_config", _API)
_SID = re.compile(r"""\bSID['"]?\s{0,9}[:=]\s{0,9}['"]?(\d{1,12})""")
_TREE = re.compile(r"""\bTREE['"]?\s{0,9}[:=]\s{0,9}(?=[\[{])""")
_NAMED = 80  # score of a name that is the column's
_MAX_NODES = 5000
_MAX_CATEGORIES = 5


def evidence(response: TextResponse) -> list[str]:
    text = response.text
    signs = []
    if "_CONFIG" in text and _SID.search(text) and "/gkmlpt/" in urlsplit(response.url).path + text:
        signs.append("window._CONFIG with a SID under /gkmlpt/")
    if _API in text:
        signs.append("rows from /gkmlpt/api/all/")
    return signs


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    if "endpoint" in context:
        return Endpoint.from_context(context).reply(response)
    page = static_listing(response)
    script = scripts(response)
    sid = _SID.search(script)
    if sid:
        prefix = response.url.partition("/gkmlpt/")[0] if "/gkmlpt/" in response.url else _origin(response.url)
        for category in _categories(response.url, script):
            url = f"{prefix}{_API}{category}?page=1&sid={sid.group(1)}"
            page.more.append(Endpoint(url, base_url(response), headers={"Referer": response.url}).request())
    return page


def _categories(url: str, script: str) -> list[str]:
    """The categories of annual reports: the one that the address names, else those that are called so."""
    own = urlsplit(url).fragment
    if own.isascii() and own.isdigit():
        return [own]
    nodes = (node for match in islice(_TREE.finditer(script), 3) for node in _nodes(value_at(script, match.end())[0]))
    named = [node for node in islice(nodes, _MAX_NODES) if name_score(_name(node)) >= _NAMED]
    return list(dict.fromkeys(str(node["id"]) for node in named))[:_MAX_CATEGORIES]


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """The nodes of a tree that have a number, parents first."""
    queue = deque([value])
    while queue:
        node = queue.popleft()
        if isinstance(node, dict):
            if isinstance(node.get("id"), int):
                yield node
            node = node.get("children")
        if isinstance(node, list):
            queue += node


def _name(node: dict[str, Any]) -> str:
    name = node.get("name")
    return re.sub(r"\W+", "", name[:60]) if isinstance(name, str) else ""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
