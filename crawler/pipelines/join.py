"""One report, all its addresses: mobile twins, mirrors and re-posts are joined, a corrected version is a revision.

A portal's reports are held until its walk is over. Those of one ``report_id`` with the same content become one item,
whose ``source["addresses"]`` lists every place where it was found. Those with other content are revisions of it, in
the order of their dates: ``source["revision"]`` tells ``number`` (from 1), ``of`` and ``latest``. What content is,
``parsers.brief.fingerprint`` says.
"""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.items import AnnualReport, PortalOutcome
from crawler.pipelines.parse import LeftOut
from crawler.visits import portal_finished
from parsers.brief import fingerprint as fingerprint

MOST_HELD = 200  # reports of one portal that wait for its end; further ones are released at once

Versions = dict[str, list[AnnualReport]]
"""Of one report: fingerprint -> the items that have it."""


class JoinPipeline:
    """``AnnualReport`` in; the same out, once for each version of a report: as it was found first."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.held: dict[str, dict[str, Versions]] = {}  # portal -> report_id -> versions
        self.elsewhere: dict[tuple[str, str], str] = {}  # (report_id, fingerprint) -> portal that has it

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        pipeline = cls(crawler)
        crawler.signals.connect(pipeline.portal_finished, portal_finished)
        return pipeline

    def portal_finished(self, outcome: PortalOutcome) -> None:
        """Nothing more comes of this portal: its reports need not be kept."""
        self.held.pop(outcome.portal_id, None)

    async def process_item(self, item: object) -> object:
        if not isinstance(item, AnnualReport):
            return item
        visit = self.crawler.spider.visits[item.portal_id]  # type: ignore[union-attr]
        print_ = item.brief.fingerprint
        owner = self.crawler.spider.owners.get(item.report_id, item.portal_id)  # type: ignore[union-attr]
        if self.elsewhere.setdefault((item.report_id, print_), owner) != item.portal_id:
            self._count("duplicates")
            raise LeftOut("on_another_portal", item.report_id, item.year)
        reports = self.held.setdefault(item.portal_id, {})
        versions = reports.setdefault(item.report_id, {})
        same = versions.setdefault(print_, [])
        same.append(item)
        visit.years[item.report_id] = item.year
        if sum(len(items) for held in reports.values() for items in held.values()) <= MOST_HELD:
            await visit.complete()
        same.sort(key=_order)
        if item is not same[0]:
            self._count("duplicates")
            raise LeftOut("duplicate", item.report_id, item.year)
        item.source["addresses"] = [address(each.source) for each in same]
        found = sorted((min(items, key=_order) for items in versions.values()), key=_order)
        item.source["revision"] = revision(item, found)
        if len(found) > 1 and item is found[-1]:
            self._count("revised")
        self._count("joined")
        return item

    def _count(self, what: str) -> None:
        self.crawler.stats.inc_value(f"reports/{what}")


def address(source: dict[str, Any]) -> dict[str, Any]:
    """Where a report was found: its page, the list that named it, and how."""
    return {name: source.get(name) for name in ("url", "final_url", "list_url", "link_title", "list_date")}


def revision(item: AnnualReport, versions: list[AnnualReport]) -> dict[str, Any]:
    """Which of the versions of a report an item is; without a date a version counts as the earliest, as found."""
    ordered = sorted(versions, key=lambda version: _dated(version))
    number = next(n for n, version in enumerate(ordered, start=1) if version is item)
    return {"number": number, "of": len(ordered), "latest": number == len(ordered)}


def _dated(item: AnnualReport) -> str:
    return item.brief.metadata.get("publication_date") or item.source.get("list_date") or ""


def _order(item: AnnualReport) -> int:
    return item.order
