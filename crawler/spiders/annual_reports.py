"""``scrapy crawl annual_reports``: visits each portal in scope, yields its reports, and gives it one outcome.

City domains are visited side by side (``crawler.cities``), each portal as one coroutine (``crawler.walk``). Whatever
happens inside, the portal ends with exactly one outcome, in ``outcomes`` and on the signal ``portal_finished``.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from crawler.asking import Limits
from crawler.cities import ALWAYS, Cities
from crawler.fetching import RunStopped
from crawler.items import AnnualReport, PortalOutcome, ReportSource
from crawler.ledger import LedgerLost, Version
from crawler.ledger.basis import basis
from crawler.ledger.recall import ALL, GOVERNMENT, Recall
from crawler.ledger.recheck import Recheck, read_policy
from crawler.ledger.session import LedgerSession
from crawler.pipelines.join import dated
from crawler.pipelines.parse import LeftOut, Unread
from crawler.registry import Portal
from crawler.resume import TakenUp, plan_of, take_up
from crawler.run import RunDirectory, claim
from crawler.scope import Scope, in_turn
from crawler.starting import check_crawl
from crawler.verdict import Verdict, judge
from crawler.visits import Visit, conclude, portal_finished
from crawler.walk import Walk
from crawler.windows import Windows, read_windows

PIPELINE_SECONDS = 600  # a report that is not parsed by then is a bug


class AnnualReportsSpider(Spider):
    """The main job. Arguments: ``province``, ``region``, ``url``, ``years``, ``scope``."""

    name = "annual_reports"
    kind = "crawl"
    run: RunDirectory
    run_path: str
    arguments: dict[str, str]

    def __init__(self, scope: Scope, limits: Limits, cities_at_once: int, hours: Windows = ALWAYS) -> None:
        super().__init__()
        self.scope = scope
        self.limits = limits
        self.cities: Cities[Portal] = Cities(self._visit, cities_at_once, hours)
        self.visits: dict[str, Visit] = {}
        self.policy = Recheck()
        self.ledger = LedgerSession(None)
        self.taken_up = TakenUp()
        self.done_before: dict[str, list[Version]] = {}  # report_id -> versions that a killed process has written
        self.outcomes: dict[str, PortalOutcome] = {}
        self.stopping = False
        self._ending: asyncio.Future[None] | None = None
        self._walking: asyncio.Task[None] | None = None
        self._queue: asyncio.Queue[Any] = asyncio.Queue()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **arguments: str) -> Self:
        settings = crawler.settings
        limits = Limits(
            seconds=settings.getfloat("PORTAL_SECONDS"),
            pages=settings.getint("PORTAL_PAGES"),
            megabytes=settings.getint("PORTAL_MB"),
            discovery_pages=settings.getint("DISCOVERY_PAGES"),
            attachments=settings["ATTACHMENTS"],
            browser_pages=settings.getint("BROWSER_PAGES"),
        )
        at_once, hours = settings.getint("CITIES_AT_ONCE"), read_windows(settings)
        spider = cls(cls.check_arguments(settings, arguments), limits, at_once, hours)
        spider.arguments = arguments
        spider.policy = read_policy(settings)
        spider._set_crawler(crawler)
        plan, resume = plan_of(settings, arguments), settings.getbool("RESUME")
        spider.run = claim(Path(settings["RUNS_DIR"]).absolute(), settings["RUN_ID"] or "", plan, resume=resume)
        spider.run_path = str(spider.run.path)  # FEEDS are named by it
        spider._take_up()
        spider.ledger = LedgerSession.begin(settings["LEDGER_URL"], spider.run, arguments, settings["MERGED_INTO"])
        spider._connect()
        return spider

    def _take_up(self) -> None:
        """What the killed process of a resumed run has done."""
        self.taken_up = take_up(self.run)
        self.outcomes = {outcome.portal_id: outcome for outcome in self.taken_up.outcomes}
        for record in self.taken_up.records:
            for version in record.versions:
                self.done_before.setdefault(version.report_id, []).append(version)

    def _connect(self) -> None:
        for handler, signal in (
            (self.item_scraped, signals.item_scraped),
            (self.item_dropped, signals.item_dropped),
            (self.item_error, signals.item_error),
            (self.spider_closed, signals.spider_closed),
        ):
            self.crawler.signals.connect(handler, signal)

    def judge(
        self, outcomes: list[PortalOutcome], stats: Mapping[str, Any], written: Mapping[str, int | None]
    ) -> Verdict:
        return judge([portal.portal_id for portal in self.scope.portals], outcomes, stats, written)

    @staticmethod
    def check_arguments(settings: BaseSettings, arguments: dict[str, str]) -> Scope:
        """The scope, or ``InputError``; the ``crawl`` command asks before anything is started."""
        return check_crawl(settings, arguments)

    # --- walking -------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Any]:
        self._walking = asyncio.ensure_future(self._visit_all())
        try:
            while (item := await self._queue.get()) is not None:
                yield item
        finally:
            await self._stop_walking()
            for visit in self.visits.values():
                visit.release()

    async def _visit_all(self) -> None:
        try:
            for portal in in_turn(self.scope.portals, await self.ledger.last_visits()):
                if portal.portal_id not in self.outcomes:  # else done before the run was killed
                    self.cities.add(self.city_of(portal), portal)
            await self.cities.run()
        except LedgerLost as error:
            self._stop_without_ledger(error)
        finally:
            self._queue.put_nowait(None)

    def city_of(self, portal: Portal) -> str:
        """Portals of one city are visited one after the other."""
        return portal.city

    async def _visit(self, portal: Portal) -> None:
        if self.stopping:
            return
        try:
            memory = await self.ledger.recall(portal.portal_id)
        except LedgerLost as error:
            self._stop_without_ledger(error)
            return
        kind = ALL if self.scope.agencies else GOVERNMENT
        policies = (self.policy, kind, self.limits.attachments, self.scope.years)
        recall = Recall(memory, *policies, basis(portal))
        visit = self.visits[portal.portal_id] = Visit(portal, self.scope.years, recall)
        fetch = self.cities.fetch_for(self.crawler, visit)
        try:
            try:
                await Walk(visit, self.scope, fetch, self._queue.put, self.limits).run()
            finally:
                visit.walk_over()
            await visit.settled(PIPELINE_SECONDS)
        except RunStopped:  # no word on the portal: it gets its outcome when the spider is closed
            return
        except Exception as error:
            visit.bug = visit.bug or f"{type(error).__name__}: {error} ({_where(error)})"
            self.crawler.stats.inc_value("portals/bugs")
            self.logger.exception("%s: 程序错误 / bug while walking", portal.portal_id)
        self._finish(visit)

    async def ask_versions(self, report_id: str) -> list[Version]:
        """What the ledger knows of a report; without an answer its number can't be told, and the run is ended."""
        try:
            return await self.ledger.versions(report_id)
        except LedgerLost as error:
            self._stop_without_ledger(error)
            raise

    def owner_of(self, item: AnnualReport) -> str | None:
        """The portal whose report an item is, where that is known beforehand."""
        return None

    def _stop_without_ledger(self, error: LedgerLost) -> None:
        if not self.stopping:
            self.stopping = True
            self.logger.error("台账失联,运行提前结束 / the ledger is lost, the run ends early: %s", error)
            self._ending = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="ledger_lost"))

    def _finish(self, visit: Visit, *, ended_early: bool = False) -> None:
        if visit.portal.portal_id in self.outcomes:
            return
        outcome = self.outcomes[visit.portal.portal_id] = conclude(visit)
        stats = self.crawler.stats
        stats.inc_value(f"portals/{outcome.outcome}")
        for reason, number in visit.dropped.items():
            stats.inc_value(f"left_out/{reason}", number)
        told = {"outcome": outcome, "visit": visit, "ended_early": ended_early}
        self.crawler.signals.send_catch_log(signal=portal_finished, **told, spider=self)

    async def _stop_walking(self) -> None:
        if self._walking is not None and not self._walking.done():
            self._walking.cancel()
        if self._walking is not None:
            with suppress(asyncio.CancelledError, Exception):
                await self._walking

    async def spider_closed(self, reason: str) -> None:
        """Portals without an outcome get one: the run ended before they were done."""
        await self._stop_walking()
        for portal in self.scope.portals:
            visit = self.visits.get(portal.portal_id) or Visit(portal, self.scope.years)
            if portal.portal_id not in self.outcomes:
                visit.out_of_time = f"运行提前结束 / the run ended early: {reason}"
                self._finish(visit, ended_early=True)
        await self.ledger.written()

    # --- what became of the reports ------------------------------------------------------------------------

    def item_scraped(self, item: object) -> None:
        if isinstance(item, AnnualReport):
            visit = self.visits[item.portal_id]
            visit.years[item.report_id] = item.year
            visit.findings += sum(item.brief.findings.values())
            number = item.source["revision"]["number"]
            version = Version(item.report_id, number, item.brief.fingerprint, item.portal_id, item.year, dated(item))
            visit.recall.emitted.append(version)
            self._told(visit, item.source["url"], item)
            visit.item_back()
        elif isinstance(item, ReportSource):
            self._lost(item, "no pipeline has parsed it")

    def item_dropped(self, item: object, exception: DropItem) -> None:
        if not isinstance(item, ReportSource):
            return
        visit = self.visits[item.portal_id]
        if isinstance(exception, LeftOut):
            visit.dropped[exception.reason] += 1
            if exception.known is not None:
                visit.years.setdefault(exception.known.report_id, exception.known.year)
            self._told(visit, item.documents[0].url, exception.known, exception.reason)
        else:
            visit.unread.append(exception.text if isinstance(exception, Unread) else str(exception))
            visit.recall.failed(item.documents[0].url)
        visit.item_back()

    def _told(self, visit: Visit, url: str, item: AnnualReport | None, reason: str = "") -> None:
        """What came of a page, for later runs to know."""
        if item is None:
            visit.recall.told(url, None, None, "", reason)
        else:
            reason = "" if reason == "unchanged" else reason
            visit.recall.told(url, (item.report_id, item.brief.fingerprint), item.year, dated(item), reason)

    def item_error(self, item: object, failure: Failure) -> None:
        if isinstance(item, ReportSource):
            error = failure.value
            self._lost(item, f"{type(error).__name__}: {error} ({_where(error)}) {item.documents[0].final_url}")

    def _lost(self, item: ReportSource, why: str) -> None:
        visit = self.visits[item.portal_id]
        visit.bug = visit.bug or why
        visit.recall.failed(item.documents[0].url)
        self.crawler.stats.inc_value("portals/bugs")
        visit.item_back()


def _where(error: BaseException | None) -> str:
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
