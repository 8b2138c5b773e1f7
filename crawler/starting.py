"""How commands run a spider: settings are checked before, and what keeps it from beginning is told as wrong input."""

from __future__ import annotations

import asyncio
import logging
import math
import re
from importlib import import_module
from typing import Any

from scrapy.crawler import Crawler, CrawlerProcessBase
from scrapy.settings import BaseSettings

from crawler.errors import InputError
from crawler.middlewares.egress import allowed_networks
from crawler.windows import read_windows

logger = logging.getLogger(__name__)

_OF_TIME = re.compile("SECONDS|DAYS|DELAY|TIMEOUT|PAUSE")  # settings that may be fractions, whatever their defaults


def check_settings(settings: BaseSettings) -> None:
    """Raises ``InputError`` for settings with which no portal may be visited, or which can't be meant."""
    allowed_networks(settings)
    read_windows(settings)
    for name, default in vars(import_module("settings.default")).items():
        if name.isupper() and type(default) in (int, float) and settings[name] is not None:
            _check_number(name, settings[name], float if _OF_TIME.search(name) else type(default))
    if settings.getfloat("DOWNLOAD_DELAY") <= 0:
        raise InputError(
            "DOWNLOAD_DELAY 必须大于 0,否则无法保证同一城市一次只发一个请求",
            "DOWNLOAD_DELAY must be above 0, or one request at a time can't be kept",
        )


def _check_number(name: str, given: Any, kind: type[float]) -> None:
    try:
        good = math.isfinite(number := kind(given)) and number >= 0
    except (TypeError, ValueError):
        good = False
    if not good:
        zh, en = ("非负整数", "a whole number") if kind is int else ("非负数", "a number")
        raise InputError(f"{name} 应为{zh},不是“{given}”", f"{name} is {en}, 0 or more, not {given!r}")


def run_spider(process: CrawlerProcessBase, crawler: Crawler, **arguments: Any) -> None:
    """Runs a spider to its end.

    Raises the ``InputError`` of a spider that could not begin although its arguments were right: another process holds
    its run, the ledger has gone since. Scrapy would only log it, with a traceback.
    """
    crawling = process.crawl(crawler, **arguments)
    process.start()
    if not isinstance(crawling, asyncio.Future) or not crawling.done() or crawling.cancelled():
        return
    error = crawling.exception()
    if isinstance(error, InputError):
        raise error
    if error is not None:
        logger.error("爬虫未能启动 / the spider did not begin: %s", error, exc_info=error)
