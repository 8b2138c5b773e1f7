"""Completes a run: outcomes, statistics, verdict, renaming of the parts, manifest, ``latest``, summary.

``outcomes.jsonl`` grows as portals finish. All the rest happens after the feeds are closed (``engine_stopped``), so
that a run that is killed leaves nothing but parts.
"""

from __future__ import annotations

import json
import logging
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

from crawler.exporters import write_tables
from crawler.items import PortalOutcome
from crawler.run import RunDirectory, now
from crawler.summary import show
from crawler.verdict import FAILURE, Verdict
from crawler.visits import Visit, portal_finished
from parsers import parser_version

logger = logging.getLogger(__name__)

SCHEMA_VERSION = "1.0"
OUTCOMES = "outcomes.jsonl"
CRAWL = "crawl"
REPORTS = "reports.jsonl"
run_judged = object()
"""Scrapy signal, before a run is published. Handlers get ``manifest``, ``outcomes``, ``stats`` and ``directory``."""
run_published = object()
"""Scrapy signal: the run's directory is complete."""


class Publish:
    """``verdict`` is what the process should exit with; a run that never got here has failed."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.verdict = Verdict(FAILURE, ("the run did not complete",))
        self.outcomes: list[PortalOutcome] = []
        self.findings: dict[str, int] = {}
        self.file: IO[str] | None = None

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
        self.file = self.directory.part(OUTCOMES).open("w", encoding="utf-8")

    def portal_finished(self, outcome: PortalOutcome, visit: Visit) -> None:
        assert self.file is not None
        if self.spider.kind != CRAWL:  # type: ignore[attr-defined]
            return  # no portal was visited
        self.outcomes.append(outcome)
        self.findings[outcome.portal_id] = visit.findings
        self.file.write(json.dumps(asdict(outcome), ensure_ascii=False) + "\n")
        self.file.flush()

    def engine_stopped(self) -> None:
        try:
            self._complete()
        except Exception:
            self.verdict = Verdict(FAILURE, ("the run could not be published",))
            logger.exception("发布失败 / publishing failed")
            raise

    def _complete(self) -> None:
        assert self.file is not None
        self.file.close()
        stats = self.crawler.stats.get_stats()
        written = self._written() | self._tables()
        self.verdict = self.spider.judge(self.outcomes, stats, written)  # type: ignore[attr-defined]
        with self.directory.part("stats.json").open("w", encoding="utf-8") as out:
            json.dump(stats, out, ensure_ascii=False, indent=1, sort_keys=True, default=_plain)
        manifest = self._manifest(stats)
        told = {"manifest": manifest, "outcomes": self.outcomes, "stats": stats, "directory": self.directory}
        self.crawler.signals.send_catch_log(signal=run_judged, **told)
        self.directory.publish(manifest)
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
            "complete": self.verdict.code != FAILURE,
            "counts": {
                "portals": len(spider.scope.portals),
                "outcomes": len(self.outcomes),
                "reports": stats.get("reports/joined", 0) - stats.get("reparse/unchanged", 0),
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
            written[name] = getattr(slot.exporter, "written", 0) if there else None
        return written or {"feeds": None}

    def _tables(self) -> dict[str, int | None]:
        """The flat tables, made of the reports of the run."""
        reports = self.directory.part(REPORTS)
        return write_tables(reports, self.directory.part) if reports.exists() else {}


def code_version() -> str | None:
    """The commit of the code, if it runs from a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
