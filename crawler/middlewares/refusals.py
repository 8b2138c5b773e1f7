"""Cities that refuse are asked more slowly, then not at all.

A refusal is a block of any kind, a 429 or a 503. After each one the city is left in peace: as long as ``Retry-After``
says, else ``REFUSAL_PAUSE`` seconds, twice as long each time. An answer with ``Retry-After`` is asked for once more
after it. ``CITY_REFUSALS`` refusals in a row, or a ``Retry-After`` beyond ``RETRY_AFTER_MAX``, and the city is left
alone for the rest of the run: further requests are refused here with the signal ``left_alone``.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.outcomes import Outcome, Refused, Signal
from crawler.politeness import CityDownloader
from crawler.trouble import of_refusal
from crawler.urls import city_domain

MOST_DOUBLINGS = 5


def retry_after(response: Response, now: datetime) -> float | None:
    """The seconds that a server asks to be left in peace; None where it doesn't say, or not in a way that counts.

    >>> retry_after(Response("http://sim/", headers={"Retry-After": "7"}), datetime.now(UTC))
    7.0
    >>> at = datetime(2026, 1, 1, tzinfo=UTC)
    >>> retry_after(Response("http://sim/", headers={"Retry-After": "Thu, 01 Jan 2026 00:01:00 GMT"}), at)
    60.0
    >>> retry_after(Response("http://sim/", headers={"Retry-After": "soon"}), at) is None
    True
    """
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds())


class RefusalsMiddleware:
    """Counts refusals per city domain, in a row."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self.crawler = crawler
        self.most = settings.getint("CITY_REFUSALS")
        self.pause = settings.getfloat("REFUSAL_PAUSE")
        self.longest = settings.getfloat("RETRY_AFTER_MAX")
        self.in_a_row: Counter[str] = Counter()
        self.left: dict[str, str] = {}  # city -> why

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        why = self.left.get(city_domain(request.url))
        if why is not None:
            self.crawler.stats.inc_value("politeness/left_alone")
            raise Refused(Signal("left_alone", request.url, why))

    def process_response(self, request: Request, response: Response) -> Request | Response:
        signal = of_refusal(response)
        city = city_domain(response.url)
        if signal is None:
            self.in_a_row.pop(city, None)
            return response
        self.in_a_row[city] += 1
        asked = retry_after(response, datetime.now(UTC)) if response.status in (429, 503) else None
        self._slow_down(city, signal, asked)
        if asked is None or city in self.left or request.meta.get("asked_again"):
            return response
        return request.replace(meta={**request.meta, "asked_again": True}, dont_filter=True)

    def _slow_down(self, city: str, signal: Signal, asked: float | None) -> None:
        times = self.in_a_row[city]
        self.crawler.stats.inc_value("politeness/refusals")
        if times >= self.most:
            self.left[city] = f"{city} 连续 {times} 次拒绝 / refused {times} times in a row: {signal}"
        elif asked is not None and asked > self.longest:
            limit = f"Retry-After {asked:.0f} > RETRY_AFTER_MAX={self.longest:.0f}"
            self.left[city] = f"{city} 要求稍后再来 / asked to come later: {limit}: {signal}"
        seconds = self.pause * 2 ** min(times - 1, MOST_DOUBLINGS) if asked is None else asked
        downloader = self.crawler.engine.downloader if self.crawler.engine else None
        if isinstance(downloader, CityDownloader) and city not in self.left:
            downloader.pause(city, min(seconds, self.longest))
            if signal.outcome is Outcome.BLOCKED:
                self.crawler.stats.inc_value("politeness/paused")
