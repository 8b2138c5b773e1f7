"""Lets a crawl that is being stopped end when its last report is parsed.

A closing scraper of Scrapy 2.19 waits until it is idle, but looks only after responses: an item that came from
``start()`` and is in an asynchronous pipeline when the stop comes would leave it waiting for ever.
"""

from __future__ import annotations

import asyncio
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler

PAUSE = 0.05  # seconds between two looks


class CloseWhenIdle:
    """After each item: if the scraper is closing, tell it once it is idle."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.looking = False
        for signal in (signals.item_scraped, signals.item_dropped, signals.item_error):
            crawler.signals.connect(self.item_done, signal)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def item_done(self) -> None:
        if not self.looking:
            self.looking = True
            asyncio.get_running_loop().call_later(PAUSE, self._look)

    def _look(self) -> None:
        self.looking = False
        slot = self.crawler.engine.scraper.slot if self.crawler.engine else None
        spider = self.crawler.spider
        if spider is None or slot is None or slot.closing is None or slot.closing.called:
            return
        if slot.is_idle():
            slot.closing.callback(spider)
        else:
            self.item_done()
