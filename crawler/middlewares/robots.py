"""robots.txt as the portals have it: often missing, often a web page, sometimes behind the same wall as the rest.

4xx means that there are no rules; 401 and 403 mean that permission can't be established, so nothing is fetched; a
server error, a challenge or no answer is what it is on any page, and no page is asked for behind it. HTML is never
read as rules, and of a file of rules no more than ``MOST_BYTES``. Rules, and that there are none, hold for a day: so
long the ledger tells them to later runs, and after it a long run asks again. Requests for robots.txt carry the
``portal_id`` of the request that caused them.
"""

from __future__ import annotations

import asyncio
from math import inf
from time import monotonic
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response, TextResponse
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.defer import Deferred

from crawler.ledger.records import Robots
from crawler.ledger.session import LedgerSession
from crawler.outcomes import Outcome, Refused, Signal
from crawler.run import now
from crawler.trouble import of_exception, of_response

MOST_BYTES = 512 * 1024
DAY = 86400.0  # seconds
MOST_ADDRESS = 300
MOST_KEPT = 64 * 1024  # bytes of rules in the ledger
HTML = (b"<!doctype html", b"<html", b"<head", b"<script", b"<?xml")


class RobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's middleware, with the answer to robots.txt judged before it is read."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._denied: dict[str, Signal] = {}  # netloc -> why no permission can be had
        self._until: dict[str, float] = {}  # netloc -> when its rules are asked for again
        self._unanswered: dict[tuple[str, str], Signal] = {}  # (scheme, netloc): the other scheme may answer

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        denied = self._denied.get(urlparse_cached(request).netloc)
        if denied is not None:
            raise Refused(denied)
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest:
            raise Refused(Signal("robots_disallow", request.url)) from None

    async def robot_parser(self, request: Request) -> RobotParser | None:
        url = urlparse_cached(request)
        while isinstance(self._parsers.get(url.netloc), Deferred):  # noqa: ASYNC110 - only one can wait for it
            await asyncio.sleep(0.05)
        if (unanswered := self._unanswered.get((url.scheme, url.netloc))) is not None:
            raise Refused(unanswered)
        if monotonic() >= self._until.get(url.netloc, inf):
            for held in (self._parsers, self._denied, self._until):
                held.pop(url.netloc, None)
        if url.netloc not in self._parsers and (portal_id := request.meta.get("portal_id")):
            await self._fetch_robots(f"{url.scheme}://{url.netloc}/robots.txt", url.netloc, request, portal_id)
        return await super().robot_parser(request)

    async def _fetch_robots(self, robots_url: str, netloc: str, request: Request, portal_id: str) -> None:
        """As Scrapy does it, with the portal's id."""
        meta = {"dont_obey_robotstxt": True, "portal_id": portal_id, "within": request.meta.get("within")}
        robots = Request(robots_url, priority=self.DOWNLOAD_PRIORITY, meta=meta, callback=NO_CALLBACK)
        self._parsers[netloc] = Deferred()
        self._until[netloc] = monotonic() + DAY
        try:
            if (known := await self._recall(robots_url, netloc)) is not None:
                await self._parse_robots(known, netloc, request)
                return
            self._stats.inc_value("robotstxt/request_count")
            await self._parse_robots(await self.crawler.engine.download_async(robots), netloc, request, robots_url)
        except Exception as error:
            signal = of_exception(error, robots_url)
            self._robots_error(error, netloc)
            if signal.kind != "redirect_loop":  # which says no more than a 404
                self._unanswered[robots_url.partition(":")[0], netloc] = signal
                del self._parsers[netloc]
                raise Refused(signal) from error

    async def _recall(self, robots_url: str, netloc: str) -> Response | None:
        """robots.txt as an earlier run had it within a day."""
        spider: Any = self.crawler.spider
        ledger: LedgerSession | None = getattr(spider, "ledger", None)
        held = await ledger.robots(robots_url) if ledger is not None else None
        seconds = spider.policy.robots_hold(held) if held is not None else 0
        if held is None or not seconds:
            return None
        self._until[netloc] = monotonic() + seconds
        self._stats.inc_value("robotstxt/remembered")
        return TextResponse(robots_url, status=held.status, body=held.rules, encoding="utf-8")

    def _keep(self, robots_url: str, rules: Response) -> None:
        ledger: LedgerSession | None = getattr(self.crawler.spider, "ledger", None)
        if ledger is not None and len(rules.body) <= MOST_KEPT and len(robots_url) <= MOST_ADDRESS:
            ledger.write_robots(Robots(robots_url, rules.status, rules.body, now()))

    async def _parse_robots(
        self, response: Response, netloc: str, request: Request, asked_url: str | None = None
    ) -> None:
        """Takes an answer for the rules of a host; the one to ``asked_url`` is new, and kept if it settles them."""
        signal = of_response(response)
        body = response.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
        rules = response
        if signal is not None and signal.kind in ("blocked:401", "blocked:403"):
            self._denied[netloc] = Signal(f"robots_http:{response.status}", response.url)
        elif signal is not None and (signal.outcome is Outcome.BLOCKED or response.status >= 500):
            self._denied[netloc] = signal
        if response.status != 200 or body.startswith(HTML):
            rules = response.replace(body=b"")
            self._stats.inc_value("robotstxt/no_rules")
        elif len(response.body) > MOST_BYTES:
            rules = response.replace(body=response.body[:MOST_BYTES].rpartition(b"\n")[0])
        if asked_url is not None and netloc not in self._denied and rules.status in (200, 404, 410):
            self._keep(asked_url, rules)
        await super()._parse_robots(rules, netloc, request)
