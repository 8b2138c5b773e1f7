"""In a run that is continued, answers from its archive what had been fetched before it was killed.

First of all middlewares: what is in the archive costs no robots.txt, no delay and no request.
"""

from __future__ import annotations

import logging
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from crawler.archive import ArchiveDamaged, RunArchive

logger = logging.getLogger(__name__)


class ArchivedMiddleware:
    """Only there when the run is a resumed one."""

    def __init__(self, crawler: Crawler) -> None:
        run = getattr(crawler.spider, "run", None)
        if run is None or not run.resumed:
            raise NotConfigured
        self.archive = RunArchive(run.path)
        self.stats = crawler.stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> Response | None:
        if request.method != "GET" or request.meta.get("render"):
            return None
        try:
            found = self.archive.find(request.meta.get("asked_url") or request.url)
        except ArchiveDamaged as error:  # it can still be fetched
            logger.warning("存档中读不到,重新抓取 / not read from the archive, fetched again: %s", error)
            return None
        if found is None:
            return None
        self.stats.inc_value("archive/answered")
        headers = Headers()
        for name, value in found.headers:
            headers.appendlist(name, value)
        kind = responsetypes.from_args(headers=headers, url=found.final_url, body=found.body)
        request.meta["fetched_at"] = found.fetched_at
        return kind(found.final_url, status=found.status, headers=headers, body=found.body, request=request)
