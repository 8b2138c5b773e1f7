"""Cities side by side: the one way in which spiders visit many sites.

``CITIES_AT_ONCE`` cities are visited at the same time, the sites of one city one after the other, in the order in which
they were added. Two things are waited for off the time of a visit: the crawl window of the city that a request goes to
(``CRAWL_WINDOW``), while another city has the place, and for a page to be rendered a place in the browser.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, nullcontext
from typing import Generic, TypeVar

from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler import fetching, windows
from crawler.asking import Fetch
from crawler.browser.handler import browser_of
from crawler.families.base import PageRequest
from crawler.outcomes import Signal
from crawler.urls import city_domain
from crawler.visits import Visit
from crawler.windows import CHINA, Windows

logger = logging.getLogger(__name__)

LOOK = 30.0  # seconds between two looks at the clock
ALWAYS = Windows()
Site = TypeVar("Site")


class Cities(Generic[Site]):
    """``add`` what is to be visited, before ``run`` or during a visit; ``run`` ends when all of it has been."""

    def __init__(self, visit: Callable[[Site], Awaitable[None]], at_once: int = 16, hours: Windows = ALWAYS) -> None:
        self.hours = hours
        self._visit = visit
        self._places = asyncio.Semaphore(max(1, at_once))
        self._queues: dict[str, deque[Site]] = {}
        self._going: dict[str, asyncio.Task[None]] = {}
        self._running = self._told = False

    def add(self, city: str, site: Site) -> None:
        """Takes a site of a city to be visited in its turn."""
        self._queues.setdefault(city, deque()).append(site)
        if self._running:
            self._begin(city)

    async def run(self) -> None:
        """Visits all that was added; an error of a visit ends it, and so does being cancelled."""
        self._running = True
        for city in list(self._queues):
            self._begin(city)
        try:
            while self._going:
                await asyncio.gather(*self._going.values())
        finally:
            for task in list(self._going.values()):
                task.cancel()

    def _begin(self, city: str) -> None:
        if city not in self._going:
            self._going[city] = asyncio.ensure_future(self._visit_city(city))

    async def _visit_city(self, city: str) -> None:
        queue = self._queues[city]
        try:
            async with self._places:
                while queue:
                    await self._visit(queue.popleft())
        finally:
            del self._going[city]

    def fetch_for(self, crawler: Crawler, visit: Visit) -> Fetch:
        """How a visit asks for pages: each when its city may be asked, and the browser is free for it."""

        async def fetch(wanted: PageRequest) -> Response | Signal:
            city = city_domain(wanted.url)
            place = browser_of(crawler).places if wanted.render else nullcontext()
            while True:
                async with AsyncExitStack() as held:
                    with visit.waiting():
                        if self.hours.wait(city, windows.now()):
                            crawler.stats.inc_value("politeness/window_waits")
                            await self._until_open(city)
                        await held.enter_async_context(place)
                    if not self.hours.wait(city, windows.now()):  # else the window closed while a place was waited for
                        return await fetching.fetch(crawler, wanted, visit.portal.portal_id)

        return fetch

    async def _until_open(self, city: str) -> None:
        """Waits until a city may be visited, without its place."""
        self._places.release()
        self._tell(city)
        while seconds := self.hours.wait(city, windows.now()):  # noqa: ASYNC110 - a clock tells nobody
            await asyncio.sleep(min(seconds, LOOK))
        await self._places.acquire()

    def _tell(self, city: str) -> None:
        """Says once why nothing seems to happen."""
        if not self._told:
            self._told = True
            opens = self.hours.opens(city, windows.now()).astimezone(CHINA)
            when = f"{opens:%m-%d %H:%M}"
            logger.warning("不在 CRAWL_WINDOW 时段内,等待 / outside of CRAWL_WINDOW, waiting: %s %s", city, when)
