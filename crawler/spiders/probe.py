"""The spider behind ``scrapy probe``: one portal, looked at politely, nothing taken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Self

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import BaseSettings

from crawler import fetching
from crawler.asking import Limits
from crawler.extensions import take_no_reports
from crawler.families.base import PageRequest
from crawler.items import ReportSource
from crawler.outcomes import Signal
from crawler.probe import Probe
from crawler.registry import Portal
from crawler.scope import Scope
from crawler.visits import Visit

PAGES, DISCOVERY_PAGES, SECONDS = 60, 20, 600


class ProbeSpider(Spider):
    """Fills ``probe``; started by the command, which shows it."""

    name = "probe"

    def __init__(self, portal: Portal) -> None:
        super().__init__()

        async def fetch(wanted: PageRequest) -> Response | Signal:
            return await fetching.fetch(self.crawler, wanted, portal.portal_id)

        async def nothing(source: ReportSource) -> None:
            """A probe takes no report."""

        limits = Limits(seconds=SECONDS, pages=PAGES, discovery_pages=DISCOVERY_PAGES)
        self.probe = Probe(Visit(portal), Scope((portal,)), fetch, nothing, limits)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, portal: Portal, **kwargs: Any) -> Self:
        spider = cls(portal)
        spider._set_crawler(crawler)
        return spider

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        take_no_reports(settings)

    async def start(self) -> AsyncIterator[ReportSource]:
        await self.probe.run()
        nothing: tuple[ReportSource, ...] = ()
        for item in nothing:
            yield item
