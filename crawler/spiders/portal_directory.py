"""``scrapy crawl portal_directory [-a province=37,61]``: finds the portals of cities and counties, from those above.

Starts from the registry's rows of the provinces (all of them without ``province``), follows their lists of city and
county sites, visits each address once, and writes what it could confirm to ``portals.csv`` of its run directory,
never into the registry: ``scrapy portals import`` does that. How: ``crawler.directory``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from rich.console import Console
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from crawler.asking import Limits
from crawler.directory import output
from crawler.directory.look import Looked, look
from crawler.directory.search import Search
from crawler.errors import InputError
from crawler.extensions import take_no_reports
from crawler.items import ReportSource
from crawler.probe import portal_by_hand
from crawler.registry import Portal, load
from crawler.run import RunDirectory, check_id, claim
from crawler.scope import provinces_named
from crawler.starting import check_settings
from crawler.verdict import FAILURE, Verdict
from crawler.visits import Visit
from crawler.windows import read_windows
from parsers import regions

PAGES = 20  # of one portal


class PortalDirectorySpider(Spider):
    """The registry's supply. Argument: ``province``."""

    name = "portal_directory"
    directory: RunDirectory
    arguments: dict[str, str]

    def __init__(self, provinces: tuple[str, ...], portals: list[Portal], settings: BaseSettings) -> None:
        super().__init__()
        self.verdict = Verdict(FAILURE, ("the run did not complete",))
        self.portals = portals
        self.limits = Limits(settings.getfloat("PORTAL_SECONDS"), PAGES, browser_pages=settings.getint("BROWSER_PAGES"))
        self.lists = settings.getint("DIRECTORY_LISTS")
        self.search = Search(provinces, self._look, settings.getint("CITIES_AT_ONCE"), read_windows(settings))
        self.search.begin(portals)
        self._console = Console(stderr=True) if settings.getbool("PROGRESS_ENABLED", True) else None
        self._searching: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **arguments: str) -> Self:
        settings = crawler.settings
        spider = cls(*cls.check_arguments(settings, arguments), settings)
        spider._set_crawler(crawler)
        spider.arguments = dict(arguments)
        spider.directory = claim(Path(settings["RUNS_DIR"]).absolute(), settings["RUN_ID"] or "")
        crawler.signals.connect(spider.spider_closed, signals.spider_closed)
        crawler.signals.connect(spider.engine_stopped, signals.engine_stopped)
        return spider

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        take_no_reports(settings)

    @staticmethod
    def check_arguments(settings: BaseSettings, arguments: dict[str, str]) -> tuple[tuple[str, ...], list[Portal]]:
        """Provinces (two digits each) and the registry's rows of them, or ``InputError``."""
        if unknown := set(arguments) - {"province"}:
            names = ", ".join(sorted(unknown))
            raise InputError(f"未知参数 -a {names},可用:province", f"unknown argument -a {names}; known: province")
        check_settings(settings)
        check_id(Path(settings["RUNS_DIR"]), settings["RUN_ID"] or "")
        provinces = provinces_named(arguments.get("province", ""))
        portals = load(Path(settings["PORTALS_DIR"]), frozenset(provinces) or None)
        held = {portal.region_code[:2] for portal in portals if portal.region_code and portal.url}
        if missing := [code for code in provinces if code not in held]:
            names = "、".join(region.name for code in missing if (region := regions.by_code(code + "0000")))
            raise InputError(
                f"登记表里没有 {names} 的任何地址,无从查起", f"the registry has no address of {names} to start from"
            )
        return provinces or tuple(sorted(held)), portals

    async def start(self) -> AsyncIterator[ReportSource]:
        self._searching = asyncio.ensure_future(self.search.run())
        try:
            await self._searching
        except Exception as error:
            self.search.bugs.append(f"{type(error).__name__}: {error}")
            self.logger.exception("程序错误 / bug while searching")
        nothing: tuple[ReportSource, ...] = ()
        for item in nothing:
            yield item

    async def _look(self, url: str, leads_on: bool) -> Looked:
        visit = Visit(portal_by_hand(url))
        fetch = self.search.cities.fetch_for(self.crawler, visit)
        looked = await look(visit, fetch, self.limits, lists=self.lists if leads_on else 0)
        self.crawler.stats.inc_value("directory/visited")
        if self._console is not None:
            what = looked.why or looked.title or looked.told.site_name or ""
            self._console.print(f"· {url} {what}", markup=False, highlight=False, soft_wrap=True)
        return looked

    async def spider_closed(self, reason: str) -> None:
        if self._searching is not None and not self._searching.done():
            self._searching.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._searching

    def engine_stopped(self) -> None:
        stats = self.crawler.stats.get_stats()
        self.verdict = output.publish(self.directory, self.search, self.portals, stats, self.arguments)
        if self.crawler.settings.getbool("SUMMARY_ENABLED", True):
            output.show(Console(), self.directory.path / "outcomes.jsonl", self.verdict, self.directory)
