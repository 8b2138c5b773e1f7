"""What a page in the browser asks for, fetched by the crawler itself: the browser has no network of its own.

Each request of a page becomes one of Scrapy's and goes through all that any request goes through: robots.txt, the
egress check at the connection, the limits of size and time, the back-off. It runs in the slot beside its city's
(``crawler.politeness``), one at a time, ``BROWSER_DELAY`` apart and at most ``BROWSER_REQUESTS`` of them. Requests to
other cities wait for those cities' slots. Cookies are neither sent nor kept.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.outcomes import Signal
from crawler.trouble import of_exception
from crawler.urls import city_domain, is_web

NOT_LOADED = frozenset({"image", "media", "font", "stylesheet", "manifest", "texttrack", "eventsource", "ping"})
NOT_SENT = frozenset({"host", "connection", "cookie", "accept-encoding", "user-agent", "content-length"})
GIVEN = ("content-type", "access-control-")  # headers of an answer that a page gets to see
METHODS = frozenset({"GET", "POST", "HEAD"})
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Routes:
    """The requests of one page; ``attach`` to it, ``close`` when it is read."""

    def __init__(self, crawler: Crawler, request: Request) -> None:
        self.crawler = crawler
        self.portal_id = request.meta.get("portal_id")
        self.city = city_domain(request.url)
        self.seconds = crawler.settings.getfloat("BROWSER_SECONDS")
        self.left = crawler.settings.getint("BROWSER_REQUESTS")
        self._open = True
        self._turn = asyncio.Lock()

    async def attach(self, page: Any, _: Request) -> None:
        await page.route("**/*", self._serve)

    async def close(self) -> None:
        """No further request; returns when the one on its way has ended, since its city's slot is free then."""
        self._open = False
        with suppress(TimeoutError):
            await asyncio.wait_for(self._turn.acquire(), self.seconds)

    async def _serve(self, route: Any) -> None:
        wanted = route.request
        loads = wanted.resource_type not in NOT_LOADED and wanted.method in METHODS and is_web(wanted.url)
        answer = await self._fetch(wanted) if loads else None
        with suppress(Exception):  # the page may be gone by now
            if answer is None:
                await route.abort()
            else:
                await route.fulfill(**_answer(answer, is_page=wanted.resource_type == "document"))

    async def _fetch(self, wanted: Any) -> Response | None:
        async with self._turn:
            if not self._open or self.left <= 0:
                self.crawler.stats.inc_value("browser/not_loaded")
                return None
            self.left -= 1
            self.crawler.stats.inc_value("browser/requests")
            try:
                return await self.crawler.engine.download_async(self._request(wanted))
            except Exception as error:
                self._note(of_exception(error, wanted.url))
                return None

    def _request(self, wanted: Any) -> Request:
        headers = {name: value for name, value in wanted.headers.items() if name.lower() not in NOT_SENT}
        meta = {
            "portal_id": self.portal_id,
            "within": self.city,
            "dont_retry": True,
            "dont_redirect": wanted.resource_type == "document",  # the browser has to know where its page is from
            "download_timeout": max(1.0, self.seconds / 2),
        }
        body = wanted.post_data_buffer or b""
        return Request(wanted.url, method=wanted.method, headers=headers, body=body, meta=meta, dont_filter=True)

    def _note(self, signal: Signal) -> None:
        self.crawler.stats.inc_value("browser/failed")
        if signal.kind.startswith("address_refused"):
            self.crawler.stats.inc_value("egress/refused_browser")


def _answer(response: Response, *, is_page: bool) -> dict[str, Any]:
    """A response as the browser gets it; a page that is redirected asks for its target by itself, and is checked again.

    >>> _answer(Response("http://sim/a", 302, headers={"Location": "/b"}), is_page=True)["body"]
    '<script>location.replace("http://sim/b")</script>'
    """
    location = response.headers.get("Location")
    if is_page and response.status in REDIRECTS and location:
        target = json.dumps(response.urljoin(location.decode("latin-1"))).replace("<", "\\u003c")
        return {"status": 200, "content_type": "text/html", "body": f"<script>location.replace({target})</script>"}
    headers = {
        name.decode("latin-1"): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
        if name.decode("latin-1").lower().startswith(GIVEN)
    }
    return {"status": response.status, "headers": headers, "body": response.body}
