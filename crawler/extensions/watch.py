"""When a run is published: its report, JSON and HTML, in the run's directory; then metrics and alerts.

None of it can spoil the run: what goes wrong is logged, and counted under ``watch/failed`` while that is still written.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Request, Response

from crawler.errors import InputError
from crawler.extensions.publish import run_failed, run_judged, run_published
from crawler.items import PortalOutcome
from crawler.ledger import Ledger, LedgerLost
from crawler.middlewares.encoding import OVERRIDDEN
from crawler.run import RunDirectory
from crawler.urls import host_of
from crawler.watch import alerts, page
from crawler.watch.attention import History
from crawler.watch.hosts import Hosts
from crawler.watch.report import Run, compose

logger = logging.getLogger(__name__)

JSON, HTML = "report.json", "report.html"
HISTORY_RUNS = 20


class Watch:
    """Counts answers by host while the run goes on, and tells of it at the end."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.channels = alerts.Channels.of(crawler.settings)
        self.hosts = Hosts()
        self.report: dict[str, Any] = {}
        self.html = ""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not hasattr(crawler.spider, "run"):
            raise NotConfigured  # only for spiders with a run directory
        extension = cls(crawler)
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        crawler.signals.connect(extension.response_received, signals.response_received)
        crawler.signals.connect(extension.run_judged, run_judged)
        crawler.signals.connect(extension.run_published, run_published)
        crawler.signals.connect(extension.run_failed, run_failed)
        return extension

    def spider_opened(self, spider: Spider) -> None:
        self.names = {portal.portal_id: portal.name for portal in spider.scope.portals}  # type: ignore[attr-defined]

    def response_received(self, response: Response, request: Request) -> None:
        seconds = request.meta.get("download_latency") or 0.0
        self.hosts.count(host_of(response.url), seconds, overridden=OVERRIDDEN in response.flags)

    def run_judged(
        self, manifest: dict[str, Any], outcomes: list[PortalOutcome], stats: dict[str, Any], directory: RunDirectory
    ) -> None:
        """Before the directory is published: its last two files; of a part of a run what the whole's report needs."""
        try:
            if self.crawler.settings["MERGED_INTO"]:
                directory.part(JSON).write_bytes(_json(self.hosts.told()))
                return
            past = history(self.crawler.settings["LEDGER_URL"]) if outcomes else {}
            run = Run(manifest, stats, outcomes, self.names, self.hosts)
            runs = self.crawler.settings.getint("ATTENTION_RUNS")
            self.report = compose(run, past, attention_runs=runs)
            self.html = page.render(self.report)
            directory.part(JSON).write_bytes(_json(self.report))
            directory.part(HTML).write_bytes(self.html.encode("utf-8", "replace"))
        except Exception:
            self.report = {}
            for name in (JSON, HTML):
                directory.part(name).unlink(missing_ok=True)
            logger.exception("运行报告未写成 / run report not written")

    def run_published(self) -> None:
        if self.report:
            tell(self.report, self.html, self.channels, self.crawler.settings["METRICS_FILE"])

    def run_failed(self, manifest: dict[str, Any], why: str) -> None:
        """Nothing was published: people are told so, and metrics stay as old as they are."""
        manifest = {**manifest, "reasons": [*manifest["reasons"], why]}
        self.report = compose(Run(manifest, {}), {})
        self.html = page.render(self.report)
        tell(self.report, self.html, self.channels)


def _json(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def tell(report: dict[str, Any], html: str, channels: alerts.Channels, metrics_file: str | None = None) -> None:
    """Metrics and alerts of a run that is over; what goes wrong is logged."""
    if metrics_file:
        from crawler.watch import metrics  # with the client of Prometheus, which most runs do without

        try:
            metrics.write(report, Path(metrics_file))
        except (OSError, ValueError) as error:
            logger.error("指标未写成 / metrics not written: %s", error)
    try:
        alerts.send(report, html, channels)
    except Exception:
        logger.exception("告警出错 / alerting failed")


def history(url: str | None) -> History:
    """What the ledger knows of earlier runs; nothing, and a word in the log, if it can't be read."""
    if not url:
        return {}
    try:
        ledger = Ledger.open(url)
        try:
            return ledger.history(HISTORY_RUNS)
        finally:
            ledger.close()
    except (InputError, LedgerLost) as error:
        logger.warning("运行报告没有台账可比 / run report without history: %s", error)
        return {}
