"""Rows of a list out of JSON: a reply, or data in a script of the page.

Systems name their fields in many ways; a row is any object with a title and an address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from crawler.families.anchors import full_title
from crawler.families.base import Link
from crawler.families.dates import find_date, from_unix
from crawler.families.literals import literal
from crawler.families.page import absolute

_TITLES = ("title", "realtitle", "showTitle", "articleTitle", "docTitle", "doctitle", "name", "subject")
_URLS = ("url", "docUrl", "docpuburl", "href", "link", "linkUrl", "infourl", "post_url", "jump_url", "pcUrl", "path")
_DATES = (
    "publishedTimeStr", "pubDate", "publishDate", "publish_time", "pubTime", "display_publish_time", "daytime",
    "infodate", "docDate", "date", "time", "publishTime", "create_time", "createTime",
    "docreltime", "docRelTime",
)  # fmt: skip
_TOTALS = ("total", "totalCount", "totalRecord", "recordCount", "count", "rowCount")
_BARE_START = re.compile(r"\[?\s*\{\s*(?:[A-Za-z_]\w*|'\w*')\s*:")
_DATA_START = re.compile(r"""=\s{0,20}(?=(?:\[\s{0,20})?\{\s{0,20}["'\w])|:\s{0,20}(?=\[\s{0,20}\{\s{0,20}["'\w])""")
_MAX_BARE_FAILURES = 5  # each a look at the whole script
_MAX_TRIES = 300  # a failed decode costs a look at the whole script
_MAX_NODES = 20_000
_decoder = json.JSONDecoder(strict=False)  # line breaks stand in strings of some


def loads(text: str) -> Any:
    """The JSON of a reply, whatever its content type, JSONP unwrapped; None when it is none.

    >>> loads('cb({"a": 1});')
    {'a': 1}
    >>> loads("<html>") is None
    True
    """
    text = text.strip().lstrip("\ufeff")
    if not text.startswith(("{", "[")):
        wrapped = re.match(r"[\w$.]+\(\s*([{\[].*[}\]])\s*\)\s*;?$", text, re.S)
        if not wrapped:
            return None
        text = wrapped.group(1)
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def script_data(script: str) -> Iterator[Any]:
    """The arrays and objects of a script that read as JSON, keys quoted or not.

    >>> list(script_data("var list=[{title:'', \\"url\\":\\"/a\\"}]; var rows=[{title:\\"A\\",url:\\"/a\\"}];"))
    [[{'title': '', 'url': '/a'}], [{'title': 'A', 'url': '/a'}]]
    """
    position, attempts = 0, _MAX_BARE_FAILURES
    for match in islice(_DATA_START.finditer(script), _MAX_TRIES):
        if match.end() < position:
            continue
        value, end = _decode(script, match.end())
        if end is None and attempts and _BARE_START.match(script, match.end()):
            value, end = literal(script, match.end())
            attempts -= end is None
        if value:
            yield value
        position = end or position


def value_at(script: str, start: int) -> tuple[Any, int | None]:
    """The array or object that begins at a place, as JSON or as a literal of JavaScript, and where it ends.

    >>> value_at("var a={'b':1};", 6)
    ({'b': 1}, 13)
    """
    value, end = _decode(script, start)
    return (value, end) if end is not None else literal(script, start)


def _decode(text: str, start: int) -> tuple[Any, int | None]:
    """The JSON value at a place and where it ends; no end if there is none."""
    try:
        return _decoder.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, None


def json_links(data: Any, base: str) -> list[Link]:
    """The rows of any JSON, in order, one per address."""
    links: dict[str, Link] = {}
    for node in _objects(data):
        title, url = _title(node), absolute(base, _address(node))
        if title and url:
            links.setdefault(url, Link(url, title, _date(node)))
    return list(links.values())


def declared_rows(data: Any) -> int | None:
    """The number of rows a reply says its list has: the largest it names, for some count those of the page too.

    >>> declared_rows({"count": 10, "data": {"total": "71", "rows": [{"title": "A", "url": "/a", "count": 900}]}})
    71
    """
    totals = [
        int(value)
        for node in _objects(data)
        if not (_title(node) and _address(node))
        for key in _TOTALS
        if (value := node.get(key)) is not None and _is_count(value)
    ]
    return max(totals, default=None)


def _is_count(value: Any) -> bool:
    if isinstance(value, str):
        return bool(re.fullmatch(r"[0-9]{1,7}", value))
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10_000_000


def _title(node: dict[str, Any]) -> str:
    return next((t for key in _TITLES if isinstance(node.get(key), str) and (t := full_title(node[key]))), "")


def _address(node: dict[str, Any]) -> str | None:
    """The address of a row; ``urls`` holds one a device, in JSON of its own: ``{"pc": "/a/content_1.html"}``."""
    address = next((node[key] for key in _URLS if isinstance(node.get(key), str) and node[key]), None)
    if address is None and isinstance(node.get("urls"), str):
        devices = loads(node["urls"])
        address = devices.get("pc") if isinstance(devices, dict) else None
    return address if isinstance(address, str) else None


def _objects(data: Any) -> Iterator[dict[str, Any]]:
    queue, index = [data], 0
    while index < len(queue) and index < _MAX_NODES:
        node = queue[index]
        index += 1
        if isinstance(node, dict):
            yield node
            queue += [value for value in node.values() if isinstance(value, (dict, list))]
        elif isinstance(node, list):
            queue += [value for value in node if isinstance(value, (dict, list))]


def _date(node: dict[str, Any]) -> str | None:
    for key in _DATES:
        value = node.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            found = from_unix(value)
        else:
            found = find_date(value) if isinstance(value, str) else None
        if found:
            return found
    return None
