"""Completes a run: outcomes, statistics, verdict, renaming of the parts, manifest, ``latest``, summary.

``outcomes.jsonl`` grows as portals finish. All the rest happens after the feeds are closed (``engine_stopped``), so
that a run that is killed leaves nothing but parts.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, Self

from rich.console import Console
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.extensions.feedexport import FeedExporter

from crawler.exporters import put_in_order, write_tables
from crawler.extensions.budgets import DISK_FULL, Budgets
from crawler.items import PortalOutcome
from crawler.ledger.session import JOURNAL, LedgerSession
from crawler.resume import OUTCOMES, REPORTS
from crawler.run import PART, RunDirectory, now
from crawler.summary import show
from crawler.verdict import FAILURE, Verdict
from crawler.visits import Visit, portal_finished
from parsers import parser_version

logger = logging.getLogger(__name__)

SCHEMA_VERSION = "1.0"
CRAWL = "crawl"
run_judged = object()
"""Scrapy signal, before a run is published. Handlers get ``manifest``, ``outcomes``, ``stats`` and ``directory``."""
run_published = object()
"""Scrapy signal: the run's directory is complete."""
run_failed = object()
"""Scrapy signal: the run could not be published. Handlers get ``manifest``, as far as it is known, and ``why``."""


class Publish:
    """``verdict`` is what the process should exit with; a run that never got here has failed."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.verdict = Verdict(FAILURE, ("the run did not complete",))
        self.outcomes: list[PortalOutcome] = []
        self.findings: dict[str, int] = {}
        self.file: IO[str] | None = None
        self.unwritten: OSError | None = None  # why an outcome is not in the files

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not hasattr(crawler.spider, "run"):
            raise NotConfigured("only for spiders with a run directory")
        extension = cls(crawler)
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        crawler.signals.connect(extension.portal_finished, portal_finished)
        crawler.signals.connect(extension.engine_stopped, signals.engine_stopped)
        return extension

    @property
    def run(self) -> RunDirectory:
        run: RunDirectory = self.crawler.spider.run  # type: ignore[union-attr]
        return run

    def spider_opened(self, spider: Spider) -> None:
        self.spider = spider  # the engine lets go of it before it stops
        self.directory = self.run
        self.file = self.directory.part(OUTCOMES).open("a", encoding="utf-8")
        self.journal = self.directory.part(JOURNAL).open("a", encoding="utf-8")
        taken = self.taken_up = spider.taken_up  # type: ignore[attr-defined]
        self.crawler.stats.inc_value("reports/joined", taken.reports)
        self.outcomes, self.findings = list(taken.outcomes), dict(taken.findings)
        for record in taken.records:  # the process may have been killed before they were in the ledger
            spider.ledger.write(record, again=True)  # type: ignore[attr-defined]

    def portal_finished(self, outcome: PortalOutcome, visit: Visit, ended_early: bool) -> None:
        """The portal's reports are written; now the journal, then the outcome, then the ledger."""
        if self.spider.kind != CRAWL:  # type: ignore[attr-defined]
            return  # no portal was visited
        self.outcomes.append(outcome)
        self.findings[outcome.portal_id] = visit.findings
        if self.unwritten is not None:
            return  # nothing behind a line that may be half
        try:
            self._keep(outcome, visit, ended_early)
        except OSError as error:
            self.unwritten = error
            if (budgets := self.crawler.get_extension(Budgets)) is not None:
                budgets.stop(DISK_FULL, str(error))

    def _keep(self, outcome: PortalOutcome, visit: Visit, ended_early: bool) -> None:
        assert self.file is not None
        record = None
        if not ended_early:  # else it was not visited, or not to the end: a run that is continued does it again
            name = visit.portal.name
            record = visit.recall.record(self.directory.run_id, name, outcome, complete=visit.read_to_the_end)
            _append(self.journal, record.to_dict())
        _append(self.file, asdict(outcome))
        os.fsync(self.file.fileno())
        if record is not None:
            self.spider.ledger.write(record)  # type: ignore[attr-defined]

    def engine_stopped(self) -> None:
        try:
            self._complete()
        except Exception as error:
            self.verdict = Verdict(FAILURE, ("the run could not be published",))
            logger.exception("发布失败 / publishing failed")
            told = {"manifest": self._manifest({}), "why": f"{type(error).__name__}: {error}"}
            self.crawler.signals.send_catch_log(signal=run_failed, **told)
            raise

    def _complete(self) -> None:
        assert self.file is not None
        if self.unwritten is not None:  # no manifest: the same command goes on with what is written
            raise self.unwritten
        self.file.close()
        self.journal.close()
        ledger: LedgerSession = self.spider.ledger  # type: ignore[attr-defined]
        in_ledger = ledger.settle(self.directory.part(JOURNAL))
        stats = self.crawler.stats.get_stats()
        written = self._written() | self._tables()
        self.verdict = self.spider.judge(self.outcomes, stats, written)  # type: ignore[attr-defined]
        if not in_ledger:
            self.verdict = self.verdict.because(f"ledger not written: {ledger.lost}")
        with self.directory.part("stats.json").open("w", encoding="utf-8") as out:
            json.dump(stats, out, ensure_ascii=False, indent=1, sort_keys=True, default=_plain)
        manifest = self._manifest(stats)
        told = {"manifest": manifest, "outcomes": self.outcomes, "stats": stats, "directory": self.directory}
        self.crawler.signals.send_catch_log(signal=run_judged, **told)
        self.directory.publish(manifest, drop=[JOURNAL] if in_ledger else [])
        ledger.close(self.verdict.code)
        if self.verdict.moves_latest:
            self.directory.point_latest_here()
        if self.crawler.settings.getbool("SUMMARY_ENABLED", True):
            show(Console(), self.outcomes, self.findings, self.directory, self.verdict)
        self.crawler.signals.send_catch_log(signal=run_published)

    def _manifest(self, stats: dict[str, Any]) -> dict[str, Any]:
        spider: Any = self.spider
        return {
            "run_id": self.directory.run_id,
            "kind": spider.kind,
            "arguments": spider.arguments,
            "schema_version": SCHEMA_VERSION,
            "code_version": code_version(),
            "parser_version": parser_version(),
            "started": self.directory.started,
            "finished": now(),
            "verdict": self.verdict.code,
            "reasons": list(self.verdict.reasons),
            "complete": self.verdict.code != FAILURE and stats.get("finish_reason") == "finished",
            "counts": {
                "portals": len(spider.scope.portals),
                "outcomes": len(self.outcomes),
                "reports": stats.get("reports/joined", 0) - stats.get("reparse/unchanged", 0),
                "unchanged": sum(outcome.unchanged for outcome in self.outcomes),
            },
        }

    def _written(self) -> dict[str, int | None]:
        """Records per feed of the run directory, as their exporters counted them."""
        exporter = self.crawler.get_extension(FeedExporter)
        if exporter is None:
            return {"feeds": None}
        written: dict[str, int | None] = {}
        for slot in exporter.slots:
            if not slot.uri.startswith(str(self.directory.path)):
                continue
            name = Path(slot.uri).relative_to(self.directory.path).as_posix()
            there = Path(slot.uri).exists()
            before = self.taken_up.reports if name == REPORTS + PART else 0
            written[name] = before + getattr(slot.exporter, "written", 0) if there else None
        return written or {"feeds": None}

    def _tables(self) -> dict[str, int | None]:
        """The flat tables, made of the reports of the run; of a part of a run, when that is put together."""
        reports = self.directory.part(REPORTS)
        if self.spider.kind != CRAWL and reports.exists():  # type: ignore[attr-defined]
            put_in_order(reports)
        if self.crawler.settings["MERGED_INTO"] or not reports.exists():
            return {}
        return write_tables(reports, self.directory.part)


def _append(file: IO[str], record: dict[str, Any]) -> None:
    file.write(json.dumps(record, ensure_ascii=False) + "\n")
    file.flush()


def code_version() -> str | None:
    """The commit of the code, if it runs from a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
