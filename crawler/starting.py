"""How commands run a spider: settings are checked before, and what keeps it from beginning is told as wrong input."""

from __future__ import annotations

import asyncio
import gc
import logging
from pathlib import Path
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler, CrawlerProcessBase
from scrapy.settings import BaseSettings

from crawler.attachments import POLICIES
from crawler.errors import InputError
from crawler.ledger import Ledger
from crawler.ledger.recheck import read_policy
from crawler.middlewares.egress import allowed_networks
from crawler.run import check_id
from crawler.scope import Scope, read_scope
from crawler.values import check_values
from crawler.windows import read_windows

logger = logging.getLogger(__name__)


def check_settings(settings: BaseSettings) -> None:
    """Raises ``InputError`` for settings with which no portal may be visited, or which can't be meant."""
    allowed_networks(settings)
    read_windows(settings)
    check_values(settings)
    if settings.getfloat("DOWNLOAD_DELAY") <= 0:
        raise InputError(
            "DOWNLOAD_DELAY 必须大于 0,否则无法保证同一城市一次只发一个请求",
            "DOWNLOAD_DELAY must be above 0, or one request at a time can't be kept",
        )


def check_crawl(settings: BaseSettings, arguments: dict[str, str]) -> Scope:
    """What a crawl of these arguments is to visit, or ``InputError`` for what it can't begin with."""
    check_settings(settings)
    if settings["ATTACHMENTS"] not in POLICIES:
        known = ", ".join(POLICIES)
        raise InputError(f"ATTACHMENTS 只能是 {known}", f"ATTACHMENTS is one of {known}")
    check_id(Path(settings["RUNS_DIR"]), settings["RUN_ID"] or "")
    scope = read_scope(Path(settings["PORTALS_DIR"]), arguments)
    read_policy(settings)
    if settings["LEDGER_URL"]:
        Ledger.open(settings["LEDGER_URL"]).close()
    return scope


def run_spider(process: CrawlerProcessBase, crawler: Crawler, **arguments: Any) -> None:
    """Runs a spider to its end.

    Raises the ``InputError`` of a spider that could not begin although its arguments were right: another process holds
    its run, the ledger has gone since. Scrapy would only log it, with a traceback.
    """
    logging.getLogger().setLevel(crawler.settings["LOG_LEVEL"])  # else a record of every page is made for nobody
    crawler.signals.connect(_all_loaded, signals.engine_started)
    crawling = process.crawl(crawler, **arguments)
    process.start()
    if not isinstance(crawling, asyncio.Future) or not crawling.done() or crawling.cancelled():
        return
    error = crawling.exception()
    if isinstance(error, InputError):
        raise error
    if error is not None:
        logger.error("爬虫未能启动 / the spider did not begin: %s", error, exc_info=error)


def _all_loaded() -> None:
    """What is there by now stays: the collector would go through it again with every few pages, and find nothing."""
    gc.freeze()
