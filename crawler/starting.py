"""How commands run a spider: what keeps it from beginning is told as any other wrong input."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from scrapy.crawler import Crawler, CrawlerProcessBase

from crawler.errors import InputError

logger = logging.getLogger(__name__)


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
