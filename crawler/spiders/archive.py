"""The spider behind ``scrapy reparse``: yields what earlier runs have archived, portal by portal, without the network.

What it yields goes through the same pipelines as in a crawl, from the parser on. ``withdrawn.jsonl`` tells of reports
that the parser used to give and gives no longer.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from crawler.archive import ArchivedSource
from crawler.asking import Limits
from crawler.errors import InputError
from crawler.items import PortalOutcome
from crawler.registry import Portal
from crawler.reparse import Stock, earlier, read_manifest
from crawler.run import claim
from crawler.scope import Scope
from crawler.spiders.annual_reports import PIPELINE_SECONDS, AnnualReportsSpider
from crawler.verdict import Verdict, judge_reparse
from crawler.visits import Visit

WITHDRAWN = "withdrawn.jsonl"


class ArchiveSpider(AnnualReportsSpider):
    """Visits archives as the other visits portals; started by the command, which names the runs."""

    name = "archive"
    kind = "reparse"

    def __init__(self, runs: list[Path], portals_at_once: int) -> None:
        self.stock, self.earlier = Stock(), earlier(runs)
        for run in runs:
            self.stock.add(run)
        agencies = any(read_manifest(run).get("arguments", {}).get("scope") == "all" for run in runs)
        portals = (Portal(name, self.stock.regions[name], name, "") for name in sorted(self.stock.portals))
        super().__init__(Scope(tuple(portals), agencies=agencies), Limits(), portals_at_once)
        self.owners = self.earlier.owners
        self.arguments = {"runs": ",".join(run.name for run in runs)}
        self.given: set[tuple[str, str]] = set()  # (portal, report_id) that the parser gives now
        self.withdrawn: Counter[str] = Counter()  # report_id of those that it gives no longer

    @staticmethod
    def check_arguments(settings: BaseSettings, arguments: dict[str, str]) -> Scope:
        raise InputError("请用 scrapy reparse", "use scrapy reparse")

    @classmethod
    def from_crawler(  # type: ignore[override]
        cls, crawler: Crawler, *args: Any, runs: list[Path], **kwargs: Any
    ) -> Self:
        settings = crawler.settings
        spider = cls(runs, settings.getint("PARSE_WORKERS") * 2)
        spider._set_crawler(crawler)
        spider.run = claim(Path(settings["RUNS_DIR"]).absolute(), settings["RUN_ID"] or "")
        spider.run_path = str(spider.run.path)
        spider._connect()
        return spider

    async def _visit_all(self) -> None:
        for damage in self.stock.damaged:
            self.logger.error("存档损坏 / archive damaged: %s", damage)
            self.crawler.stats.inc_value("archive/damaged")
        await super()._visit_all()

    def city_of(self, portal: Portal) -> str:
        """Nobody is asked: each portal by itself."""
        return portal.portal_id

    async def _visit(self, portal: Portal) -> None:
        kept = self.stock.portals[portal.portal_id]
        visit = self.visits[portal.portal_id] = Visit(portal, columns=1, rows=len(kept))
        try:
            for each in kept.values():
                visit.item_out()
                await self._queue.put(each.read())
        except Exception as error:
            visit.bug = f"{type(error).__name__}: {error}"
            self.crawler.stats.inc_value("portals/bugs")
            self.logger.exception("%s: 存档无法读取 / archive not read", portal.portal_id)
            visit.item_back()
        finally:
            visit.walk_over()
        await visit.settled(PIPELINE_SECONDS)
        self._finish(visit)

    async def spider_closed(self, reason: str) -> None:
        finished = {name for name, outcome in self.outcomes.items() if outcome.outcome != "crawler_bug"}
        await super().spider_closed(reason)
        with self.run.part(WITHDRAWN).open("w", encoding="utf-8") as out:
            for (portal, stuff), told in self.earlier.by_material.items():
                stocked = portal in finished and self.stock.has(portal, stuff)
                if stocked and (portal, told.report_id) not in self.given:
                    self.withdrawn[told.report_id] += 1
                    line = {
                        "report_id": told.report_id,
                        "portal_id": portal,
                        "run_id": told.run_id,
                        "record_id": told.record_id,
                    }
                    out.write(json.dumps(line, ensure_ascii=False) + "\n")

    def judge(
        self, outcomes: list[PortalOutcome], stats: Mapping[str, Any], written: Mapping[str, int | None]
    ) -> Verdict:
        return judge_reparse(len(self.withdrawn), stats, written)

    def item_dropped(self, item: object, exception: DropItem) -> None:
        super().item_dropped(item.source if isinstance(item, ArchivedSource) else item, exception)

    def item_error(self, item: object, failure: Failure) -> None:
        super().item_error(item.source if isinstance(item, ArchivedSource) else item, failure)
