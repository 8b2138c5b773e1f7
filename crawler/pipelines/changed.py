"""Of reports that were parsed again, lets through what is new: the others are in an earlier run."""

from __future__ import annotations

from dataclasses import asdict
from typing import Self

from scrapy.crawler import Crawler

from crawler.items import AnnualReport
from crawler.pipelines.parse import LeftOut
from crawler.reparse import Earlier, material, said
from parsers.jsontext import loads


class ChangedPipeline:
    """``AnnualReport`` in; the same out, if the parser says something else than the last time.

    ``source["revision"]`` then has ``reason`` ``parser`` and ``before``: the record that it replaces, or None.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: object) -> object:
        if not isinstance(item, AnnualReport):
            return item
        spider = self.crawler.spider
        earlier: Earlier = spider.earlier  # type: ignore[union-attr]
        spider.given.add((item.portal_id, item.report_id))  # type: ignore[union-attr]
        before = earlier.by_material.get((item.portal_id, material(item.source["documents"])))
        now = said(loads(item.record))
        same = {before.said} if before else earlier.reports.get((item.portal_id, item.report_id), set())
        if now in same:
            self.crawler.stats.inc_value("reparse/unchanged")
            raise LeftOut("unchanged", item)
        told = asdict(before) if before else None
        item.source["revision"] |= {"reason": "parser", "before": told}
        self.crawler.stats.inc_value("reparse/changed" if before else "reparse/new")
        return item
