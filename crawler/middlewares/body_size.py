"""A page has a smaller limit than an attachment: lists and articles are small, and a wrong link can be a video."""

from __future__ import annotations

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler


class BodySizeMiddleware:
    """Sets ``download_maxsize`` of each request that has none; ``meta["attachment"]`` asks for the larger limit."""

    def __init__(self, page_limit: int) -> None:
        self.page_limit = page_limit

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.settings.getint("PAGE_MAXSIZE"))

    def process_request(self, request: Request) -> None:
        if not request.meta.get("attachment"):
            request.meta.setdefault("download_maxsize", self.page_limit)
