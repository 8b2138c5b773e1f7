"""Progress on stderr while a run goes on: a bar on a terminal, else a line per finished portal."""

from __future__ import annotations

from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.items import PortalOutcome
from crawler.outcomes import GOOD
from crawler.summary import years_in_short
from crawler.visits import Visit, portal_finished


class Progress:
    """Shows each portal as it finishes."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.bar: Bar | None = None
        self.done = 0
        self.total = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not hasattr(crawler.spider, "scope") or not crawler.settings.getbool("PROGRESS_ENABLED", True):
            raise NotConfigured("nothing to show")
        extension = cls(Console(stderr=True))
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        crawler.signals.connect(extension.portal_finished, portal_finished)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def spider_opened(self, spider: Spider) -> None:
        self.total = len(spider.scope.portals)  # type: ignore[attr-defined]
        self.done = len(spider.taken_up.outcomes)  # type: ignore[attr-defined]
        if spider.run.resumed:  # type: ignore[attr-defined]
            run_id = spider.run.run_id  # type: ignore[attr-defined]
            self._say(f"继续未完成的运行 {run_id} / continuing the unfinished run {run_id}: {self.done}/{self.total}")
        if self.console.is_terminal:
            columns = (TextColumn("门户 / portals"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self.bar = Bar(*columns, console=self.console)
            self.bar.add_task("portals", total=self.total, completed=self.done)
            self.bar.start()
        else:
            self._say(f"开始:{self.total} 个门户 / start: {self.total} portal(s)")

    def portal_finished(self, outcome: PortalOutcome, visit: Visit) -> None:
        self.done += 1
        mark = "✓" if outcome.outcome in GOOD else "!"
        years = years_in_short(outcome.years_found)
        unchanged = f" 未变/unchanged {outcome.unchanged}" if outcome.unchanged else ""
        self._say(
            f"{mark} [{self.done}/{self.total}] {outcome.portal_id} {visit.portal.name} {outcome.outcome}"
            f" 报告/reports {outcome.reports} ({years}){unchanged} {outcome.seconds:.1f}s"
        )
        if self.bar is not None:
            self.bar.advance(self.bar.task_ids[0])

    def spider_closed(self) -> None:
        if self.bar is not None:
            self.bar.stop()

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)
