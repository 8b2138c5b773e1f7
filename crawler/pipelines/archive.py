"""Keeps every response that goes into a report, as received, before it is parsed (see ``crawler.archive``).

What could not be parsed is kept as well, so that it can be parsed later.
"""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler

from crawler.archive import ArchivedSource, ArchiveWriter
from crawler.extensions.budgets import DISK_FULL, Budgets
from crawler.items import ReportSource
from crawler.pipelines.parse import LeftOut, Unread


class ArchivePipeline:
    """``ReportSource`` in, ``ArchivedSource`` out."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.writer: ArchiveWriter | None = None
        self.closed = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def open_spider(self) -> None:
        run = getattr(self.crawler.spider, "run", None)
        if run is not None:
            settings = self.crawler.settings
            size = settings.getint("ARCHIVE_SEGMENT_MB") * 1024 * 1024
            self.writer = ArchiveWriter(
                run.path, segment_bytes=size, software=settings["USER_AGENT"], prefix=settings["ARCHIVE_PREFIX"]
            )

    def close_spider(self) -> None:
        self.closed = True
        if self.writer is not None:
            self.writer.close()

    async def process_item(self, item: object) -> object:
        if not isinstance(item, ReportSource) or self.writer is None:
            return item
        if self.closed:  # the run was being stopped when the report came
            raise LeftOut("run_ended")
        try:
            places = self.writer.write(item)
        except OSError as error:
            budgets = self.crawler.get_extension(Budgets)
            if budgets is not None:
                budgets.stop(DISK_FULL, str(error))
            raise Unread(f"not_archived {error.strerror} {item.documents[0].final_url}") from None
        self.crawler.stats.inc_value("archive/records", len(places))
        return ArchivedSource(item, places)
