"""Ends a run that has used up its time or the disk: cleanly, with an outcome for every portal, and published if it can.

Time is counted by a clock that nobody can set. Free space is looked at before a run and every BUDGET_CHECK_SECONDS
during it; a write to the archive that fails counts as a full disk, whatever the numbers say. Memory is looked after by
Scrapy's own extension (MEMUSAGE_LIMIT_MB), by the limits of the parser's workers and by those of a portal's pages.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from pathlib import Path
from time import monotonic
from typing import Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings

from crawler.errors import InputError

logger = logging.getLogger(__name__)

RUN_SECONDS, DISK_FULL = "run_seconds", "disk_full"  # reasons for which a run ends early
MIB = 1024 * 1024


def check_disk(settings: BaseSettings) -> None:
    """Raises ``InputError`` when there is too little room to begin."""
    place = Path(settings["RUNS_DIR"]).absolute()
    free, least = free_mib(place), settings.getint("DISK_FREE_MB")
    if free < least:
        raise InputError(
            f"{place} 所在磁盘只剩 {free} MiB,少于 DISK_FREE_MB={least}",
            f"the disk of {place} has {free} MiB left, less than DISK_FREE_MB={least}",
        )


def free_mib(place: Path) -> int:
    """Free space where a directory is, or will be."""
    there = next(path for path in (place, *place.parents) if path.exists())
    return shutil.disk_usage(there).free // MIB


class Budgets:
    """``stop`` ends the run, once; the first reason counts."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self.crawler = crawler
        self.seconds = settings.getfloat("RUN_SECONDS")
        self.least = settings.getint("DISK_FREE_MB")
        self.pause = settings.getfloat("BUDGET_CHECK_SECONDS")
        self.stopped = ""
        self.looking: asyncio.TimerHandle | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not hasattr(crawler.spider, "run"):
            raise NotConfigured  # only for spiders with a run directory
        extension = cls(crawler)
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def spider_opened(self, spider: Spider) -> None:
        self.started = monotonic()
        self.place: Path = spider.run.path  # type: ignore[attr-defined]
        self._look()

    def spider_closed(self) -> None:
        if self.looking is not None:
            self.looking.cancel()

    def _look(self) -> None:
        spent = monotonic() - self.started
        if self.seconds and spent >= self.seconds:
            self.stop(RUN_SECONDS, f"RUN_SECONDS={self.seconds:g}")
        elif (free := free_mib(self.place)) < self.least:
            self.stop(DISK_FULL, f"{free} MiB < DISK_FREE_MB={self.least}")
        else:
            pause = min(self.pause, self.seconds - spent) if self.seconds else self.pause
            self.looking = asyncio.get_running_loop().call_later(max(pause, 0.01), self._look)

    def stop(self, reason: str, why: str) -> None:
        """Closes the spider; its portals get their outcomes then."""
        if self.stopped:
            return
        self.stopped = reason
        logger.error("运行提前结束 / the run ends early: %s (%s)", reason, why)
        assert self.crawler.engine is not None
        self._closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=reason))
