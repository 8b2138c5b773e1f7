"""The spider behind ``scrapy portals verify``: each home page of a list of portals, looked at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, Self

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from crawler.asking import Limits
from crawler.cities import Cities
from crawler.directory.look import failed, look
from crawler.directory.visits import Visited, judge
from crawler.extensions import take_no_reports
from crawler.fetching import RunStopped
from crawler.items import ReportSource
from crawler.outcomes import Outcome
from crawler.registry import Portal
from crawler.visits import Visit
from crawler.windows import Windows, read_windows

PAGES = 8  # of one portal: shells, and the other of http and https


class RegistryVisitSpider(Spider):
    """Fills ``visited``; started by the command, which shows it."""

    name = "registry_visit"

    def __init__(self, tell: Callable[[Visited], None], limits: Limits, at_once: int, hours: Windows) -> None:
        super().__init__()
        self.tell, self.limits = tell, limits
        self.cities: Cities[Portal] = Cities(self._visit, at_once, hours)
        self.visited: dict[str, Visited] = {}

    @classmethod
    def from_crawler(
        cls, crawler: Crawler, *args: Any, portals: list[Portal], tell: Callable[[Visited], None], **kwargs: Any
    ) -> Self:
        settings = crawler.settings
        limits = Limits(settings.getfloat("PORTAL_SECONDS"), PAGES, browser_pages=settings.getint("BROWSER_PAGES"))
        spider = cls(tell, limits, settings.getint("CITIES_AT_ONCE"), read_windows(settings))
        spider._set_crawler(crawler)
        for portal in portals:
            spider.cities.add(portal.city, portal)
        return spider

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        take_no_reports(settings)

    async def start(self) -> AsyncIterator[ReportSource]:
        await self.cities.run()
        nothing: tuple[ReportSource, ...] = ()
        for item in nothing:
            yield item

    async def _visit(self, portal: Portal) -> None:
        visit = Visit(portal)
        try:
            visited = judge(portal, await look(visit, self.cities.fetch_for(self.crawler, visit), self.limits))
        except RunStopped:
            return
        except Exception as error:
            self.logger.exception("%s: 程序错误 / bug while visiting", portal.portal_id)
            bug = failed(portal.url, Outcome.CRAWLER_BUG, f"{type(error).__name__}: {error}")
            visited = judge(portal, bug)
        self.visited[portal.portal_id] = visited
        self.tell(visited)
