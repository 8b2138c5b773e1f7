"""The spider behind ``scrapy portals verify``: each home page of a list of portals, looked at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Self

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import BaseSettings

from crawler import fetching
from crawler.asking import Limits
from crawler.directory.look import failed, look
from crawler.directory.visits import Visited, judge
from crawler.extensions import take_no_reports
from crawler.families.base import PageRequest
from crawler.fetching import RunStopped
from crawler.items import ReportSource
from crawler.outcomes import Outcome, Signal
from crawler.registry import Portal

PAGES = 8  # of one portal: shells, and the other of http and https


class RegistryVisitSpider(Spider):
    """Fills ``visited``; started by the command, which shows it. City domains side by side, one request each."""

    name = "registry_visit"

    def __init__(self, portals: list[Portal], tell: Callable[[Visited], None], limits: Limits, cities: int) -> None:
        super().__init__()
        self.portals, self.tell, self.limits, self.cities_at_once = portals, tell, limits, cities
        self.visited: dict[str, Visited] = {}

    @classmethod
    def from_crawler(
        cls, crawler: Crawler, *args: Any, portals: list[Portal], tell: Callable[[Visited], None], **kwargs: Any
    ) -> Self:
        settings = crawler.settings
        limits = Limits(settings.getfloat("PORTAL_SECONDS"), PAGES, browser_pages=settings.getint("BROWSER_PAGES"))
        spider = cls(portals, tell, limits, settings.getint("CITIES_AT_ONCE"))
        spider._set_crawler(crawler)
        return spider

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        take_no_reports(settings)

    async def start(self) -> AsyncIterator[ReportSource]:
        cities: dict[str, list[Portal]] = {}
        for portal in self.portals:
            cities.setdefault(portal.city, []).append(portal)
        places = asyncio.Semaphore(max(1, self.cities_at_once))

        async def visit_city(portals: list[Portal]) -> None:
            async with places:
                for portal in portals:
                    await self._visit(portal)

        await asyncio.gather(*(visit_city(portals) for portals in cities.values()))
        nothing: tuple[ReportSource, ...] = ()
        for item in nothing:
            yield item

    async def _visit(self, portal: Portal) -> None:
        async def fetch(wanted: PageRequest) -> Response | Signal:
            return await fetching.fetch(self.crawler, wanted, portal.portal_id)

        try:
            visited = judge(portal, await look(portal.url, fetch, self.limits))
        except RunStopped:
            return
        except Exception as error:
            self.logger.exception("%s: 程序错误 / bug while visiting", portal.portal_id)
            bug = failed(portal.url, Outcome.CRAWLER_BUG, f"{type(error).__name__}: {error}")
            visited = judge(portal, bug)
        self.visited[portal.portal_id] = visited
        self.tell(visited)
