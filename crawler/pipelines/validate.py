"""Counts what the rules found, which the parser's worker has checked already, and gives the report its final form."""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler

from crawler.items import AnnualReport
from crawler.pipelines.parse import ParsedReport


class ValidatePipeline:
    """``ParsedReport`` in, ``AnnualReport`` out."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: object) -> object:
        if not isinstance(item, ParsedReport):
            return item
        report = item.report
        stats = self.crawler.stats
        stats.inc_value("reports/parsed")
        stats.inc_value("reports/findings", len(report["findings"]))
        for finding in report["findings"]:
            stats.inc_value(f"findings/{finding['rule']}")
        return AnnualReport(item.report_id, item.portal_id, item.source, report)
