"""Counts what the rules found, which the parser's worker has checked already."""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler

from crawler.items import AnnualReport


class ValidatePipeline:
    """``AnnualReport`` in and out; the run's statistics grow."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: object) -> object:
        if isinstance(item, AnnualReport):
            stats, findings = self.crawler.stats, item.brief.findings
            stats.inc_value("reports/parsed")
            stats.inc_value("reports/findings", sum(findings.values()))
            for rule, number in findings.items():
                stats.inc_value(f"findings/{rule}", number)
        return item
