"""The spider behind ``scrapy reparse``: yields what earlier runs have archived, portal by portal, without the network.

What it yields goes through the same pipelines as in a crawl, from the parser on. ``withdrawn.jsonl`` tells of reports
that the parser used to give and gives no longer.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from crawler.archive import ArchiveDamaged, ArchivedSource
from crawler.asking import Limits
from crawler.errors import InputError
from crawler.items import AnnualReport, PortalOutcome
from crawler.registry import Portal
from crawler.reparse import REPARSE, WITHDRAWN, Job, Kept
from crawler.run import claim
from crawler.scope import Scope
from crawler.spiders.annual_reports import PIPELINE_SECONDS, AnnualReportsSpider
from crawler.verdict import Verdict, judge_reparse
from crawler.visits import Visit

PAUSE = 0.02  # seconds between two looks at what the parser has left to do


class ArchiveSpider(AnnualReportsSpider):
    """Visits archives as the other visits portals; started by the command, which names the runs."""

    name = "archive"
    kind = REPARSE
    most: int  # sources of a portal that are read ahead of the parser
    seconds: float  # after which a portal whose reports are not parsed is a bug: as if each took the longest

    def __init__(self, job: Job, portals_at_once: int) -> None:
        self.stock, self.earlier = job.stock, job.earlier
        portals = (Portal(name, self.stock.regions[name], name, "") for name in sorted(self.stock.portals))
        super().__init__(Scope(tuple(portals), agencies=job.agencies), Limits(), portals_at_once)
        self.arguments = job.arguments
        self.groups = {portal: group[0] for group in job.groups() for portal in group}
        self.unread: set[tuple[str, str]] = set()  # (portal, its documents) that could not be had from the archive
        self.given: set[tuple[str, str]] = set()  # (portal, report_id) that the parser gives now
        self.withdrawn: Counter[str] = Counter()  # report_id of those that it gives no longer

    @staticmethod
    def check_arguments(settings: BaseSettings, arguments: dict[str, str]) -> Scope:
        raise InputError("请用 scrapy reparse", "use scrapy reparse")

    @classmethod
    def from_crawler(  # type: ignore[override]
        cls, crawler: Crawler, *args: Any, job: Job, **kwargs: Any
    ) -> Self:
        settings = crawler.settings
        spider = cls(job, settings.getint("PARSE_WORKERS") * 2)
        spider.most = settings.getint("PARSE_WORKERS") * 8
        sources = sum(map(len, spider.stock.portals.values()))
        spider.seconds = PIPELINE_SECONDS + settings.getfloat("PARSE_SECONDS") * sources
        spider._set_crawler(crawler)
        spider.run = claim(Path(settings["RUNS_DIR"]).absolute(), settings["RUN_ID"] or "")
        spider.run_path = str(spider.run.path)
        spider._connect()
        return spider

    async def _visit_all(self) -> None:
        for damage in self.stock.damaged:
            self._damaged(damage)
        await super()._visit_all()

    def city_of(self, portal: Portal) -> str:
        """Nobody is asked: only portals that have had a report in common follow each other."""
        return self.groups[portal.portal_id]

    def _damaged(self, what: object) -> None:
        self.logger.error("存档损坏 / archive damaged: %s", what)
        self.crawler.stats.inc_value("archive/damaged")

    async def _visit(self, portal: Portal) -> None:
        kept = self.stock.portals[portal.portal_id]
        visit = self.visits[portal.portal_id] = Visit(portal, columns=1, rows=len(kept))
        try:
            try:
                for (_, stuff), each in kept.items():
                    await self._give(visit, stuff, each)
            finally:
                visit.walk_over()
            await visit.settled(self.seconds)
        except Exception as error:
            visit.bug = f"{type(error).__name__}: {error}"
            self.crawler.stats.inc_value("portals/bugs")
            self.logger.exception("%s: 存档无法读取 / archive not read", portal.portal_id)
        self._finish(visit)

    async def _give(self, visit: Visit, stuff: str, kept: Kept) -> None:
        try:
            source = kept.read()
        except ArchiveDamaged as error:  # the others can be read
            self.unread.add((visit.portal.portal_id, stuff))
            self._damaged(error)
            return
        visit.item_out()
        await self._queue.put(source)
        while visit.open_items - visit.held >= self.most:  # noqa: ASYNC110 - two counters, changed in many places
            await asyncio.sleep(PAUSE)

    async def spider_closed(self, reason: str) -> None:
        finished = {name for name, outcome in self.outcomes.items() if outcome.outcome != "crawler_bug"}
        await super().spider_closed(reason)
        stocked = {(name, stuff) for name in finished for _, stuff in self.stock.portals[name]} - self.unread
        lines = []
        for (portal, stuff), told in self.earlier.by_material.items():
            if (portal, stuff) in stocked and (portal, told.report_id) not in self.given:
                self.withdrawn[told.report_id] += 1
                line = {
                    "report_id": told.report_id, "portal_id": portal, "run_id": told.run_id,
                    "record_id": told.record_id,
                }  # fmt: skip
                lines.append(json.dumps(line, ensure_ascii=False) + "\n")
        self.run.part(WITHDRAWN).write_text("".join(sorted(lines)), encoding="utf-8")

    def judge(
        self, outcomes: list[PortalOutcome], stats: Mapping[str, Any], written: Mapping[str, int | None]
    ) -> Verdict:
        return judge_reparse(len(self.withdrawn), stats, written)

    def owner_of(self, item: AnnualReport) -> str | None:
        return self.earlier.owner(item.portal_id, item.report_id, item.source["documents"])

    def item_dropped(self, item: object, exception: DropItem) -> None:
        super().item_dropped(item.source if isinstance(item, ArchivedSource) else item, exception)

    def item_error(self, item: object, failure: Failure) -> None:
        super().item_error(item.source if isinstance(item, ArchivedSource) else item, failure)
