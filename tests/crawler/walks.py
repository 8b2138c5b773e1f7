"""A list read to its end by ``ListWalk``, its further pages answered by a function of the test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from scrapy.http import Headers, Response, TextResponse
from scrapy.responsetypes import responsetypes

from crawler import families
from crawler.families.base import PageRequest
from crawler.listing import ListWalk
from crawler.outcomes import Signal
from crawler.registry import Portal
from crawler.scope import Scope
from crawler.trouble import of_response
from crawler.visits import Visit

Answer = Callable[[PageRequest], str | int]
"""What a server says: the text of a page, or a status."""


@dataclass(slots=True)
class ReadList:
    """A list as it was read: titles in order, the requests it took, what was noted."""

    family: str
    titles: list[str]
    urls: list[str]
    visit: Visit
    asked: list[PageRequest] = field(default_factory=list)


def query_of(request: PageRequest) -> dict[str, str]:
    """The parameters of a request, wherever they stand."""
    return {**dict(parse_qsl(urlsplit(request.url).query)), **(request.form or {})}


def response_of(text: str, url: str, content_type: str = "text/html", status: int = 200) -> TextResponse:
    """A response of the type that Scrapy makes of it."""
    headers = {"Content-Type": f"{content_type}; charset=utf-8"}
    kind = responsetypes.from_args(headers=Headers(headers), url=url, body=text.encode())
    assert issubclass(kind, TextResponse)
    return kind(url, status=status, body=text.encode(), headers=headers)


def read_list(markup: str, answer: Answer, url: str = "http://www.sim/zwgk/zfxxgknb/") -> ReadList:
    """The list that begins with ``markup``, read to its end."""
    portal = Portal("p", None, "云河县人民政府", "http://www.sim/")
    page = response_of(f"<html><body>{markup}</body></html>", url)
    family, _ = families.detect(page)
    read = ReadList(family.NAME, [], [], Visit(portal))

    async def get(wanted: PageRequest) -> Response | Signal:
        read.asked.append(wanted)
        said = answer(wanted)
        text, status = (said, 200) if isinstance(said, str) else ("<p>—</p>", said)
        response = response_of(text, wanted.url, "application/json" if text.startswith("{") else "text/html", status)
        return of_response(response) or response

    walk = ListWalk(family, read.visit, Scope((portal,)), get, set())
    rows = asyncio.run(walk.read(page))
    read.titles, read.urls = [link.title for link, _ in rows], [link.url for link, _ in rows]
    return read
