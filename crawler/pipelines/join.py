"""One report, all its addresses: mobile twins, mirrors and re-posts are joined, a corrected version is a revision.

A portal's reports are held until its walk is over. Those of one ``report_id`` with the same content become one item,
whose ``source["addresses"]`` lists every place where it was found. Those with other content are revisions of it, in
the order of their dates: ``source["revision"]`` tells ``number`` (from 1), ``of`` and ``latest``. Chrome, mark-up and
punctuation are no content: compared are the cells of the tables and the characters of the sections.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.items import AnnualReport, PortalOutcome
from crawler.pipelines.parse import LeftOut
from crawler.visits import portal_finished

MOST_HELD = 200  # reports of one portal that wait for its end; further ones are released at once
_NOT_WORD = re.compile(r"[\W_]+")


class JoinPipeline:
    """``AnnualReport`` in; the same out, once for each version of a report."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.held: dict[str, dict[str, dict[str, AnnualReport]]] = {}  # portal -> report_id -> fingerprint -> version
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
        year = item.report["metadata"].get("report_year")
        print_ = fingerprint(item.report)
        owner = self.crawler.spider.owners.get(item.report_id, item.portal_id)  # type: ignore[union-attr]
        if self.elsewhere.setdefault((item.report_id, print_), owner) != item.portal_id:
            self._count("duplicates")
            raise LeftOut("on_another_portal", item.report_id, year)
        reports = self.held.setdefault(item.portal_id, {})
        versions = reports.setdefault(item.report_id, {})
        item.source["addresses"] = [address(item.source)]
        if print_ in versions:
            versions[print_].source["addresses"] += item.source["addresses"]
            self._count("duplicates")
            raise LeftOut("duplicate", item.report_id, year)
        versions[print_] = item
        visit.years[item.report_id] = year
        if sum(map(len, reports.values())) <= MOST_HELD:
            await visit.complete()
        found = list(versions.values())
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
    return item.report["metadata"].get("publication_date") or item.source.get("list_date") or ""


def fingerprint(report: dict[str, Any]) -> str:
    """A hash of what a report says: the numbers and states of its tables, the characters of its sections.

    >>> one = {"tables": {}, "sections": [{"number": 1, "text": "共公开 12 条。"}]}
    >>> fingerprint(one) == fingerprint({"tables": {}, "sections": [{"number": 1, "text": "共公开12条"}]})
    True
    """
    said = [
        [section["number"], _NOT_WORD.sub("", section["text"])] for section in report["sections"] if section.get("text")
    ]
    cells = {name: _values(table) for name, table in sorted(report["tables"].items()) if table}
    text = json.dumps([said, cells], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _values(table: dict[str, Any]) -> Any:
    """The printed values of a table, whatever its shape."""
    if "state" in table:
        return [table.get("value"), table["state"], table.get("cumulative")]
    parts = {name: _values(part) for name, part in (table.get("cells") or table).items() if isinstance(part, dict)}
    rows = [[row.get("label"), row.get("value"), row.get("cumulative")] for row in table.get("rows") or ()]
    return [parts, rows] if rows else parts
