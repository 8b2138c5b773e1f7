"""One report, all its addresses: mobile twins, mirrors and re-posts are joined, a corrected version is a revision.

A portal's reports are held until its walk is over. Those of one ``report_id`` with the same content become one item,
whose ``source["addresses"]`` lists every place where it was found. Those with other content are revisions of it. What
content is, ``parsers.brief.fingerprint`` says.

There is one numbering, that of the ledger: ``source["revision"]`` tells ``number`` (from 1, in the order in which runs
found the versions; those of one run by their dates), ``of`` how many, and ``latest``: of those still to be seen, the
last by date. A version that an earlier run has published is left out as ``unchanged``.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.items import AnnualReport, PortalOutcome
from crawler.ledger.records import Version
from crawler.pipelines.parse import LeftOut
from crawler.visits import Visit, portal_finished

MOST_HELD = 200  # reports of one portal that wait for its end; further ones are released at once

Versions = dict[str, list[AnnualReport]]
"""Of one report: fingerprint -> the items that have it."""


class JoinPipeline:
    """``AnnualReport`` in; the same out, once for each version of a report: as it was found first."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.held: dict[str, dict[str, Versions]] = {}  # portal -> report_id -> versions
        self.known: dict[str, list[Version]] = {}  # report_id -> versions of earlier runs, then of this one
        self.owners: dict[tuple[str, str], str] = {}  # (report_id, fingerprint) -> portal that has it

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
        known = await self._known(item, visit)
        if (owner := self._owner(item, known)) != item.portal_id:
            self._count("duplicates")
            visit.notes.append(f"{item.year}: 与 {owner} 的报告相同 / same as on {owner}: {item.source['final_url']}")
            raise LeftOut("on_another_portal", item)
        reports = self.held.setdefault(item.portal_id, {})
        versions = reports.setdefault(item.report_id, {})
        same = versions.setdefault(item.brief.fingerprint, [])
        same.append(item)
        visit.years[item.report_id] = item.year
        if sum(len(items) for held in reports.values() for items in held.values()) <= MOST_HELD:
            await visit.complete()
        same.sort(key=_order)
        if item is not same[0]:
            self._count("duplicates")
            raise LeftOut("duplicate", item)
        found = sorted((min(items, key=_order) for items in versions.values()), key=_order)
        number(found, known)
        version = version_of(item, known)
        assert version is not None
        if version.published:
            self._count("known")
            raise LeftOut("unchanged", item)
        item.source["addresses"] = [address(each.source) for each in same]
        shown = {each.brief.fingerprint for each in found} | visit.recall.shown(item.report_id)
        item.source["revision"] = revision(version, known, shown)
        if item.source["revision"]["number"] > 1 and item.source["revision"]["latest"]:
            self._count("revised")
        self._count("joined")
        return item

    async def _known(self, item: AnnualReport, visit: Visit) -> list[Version]:
        """What is known of a report: asked once in a run."""
        if item.report_id not in self.known:
            spider: Any = self.crawler.spider
            known = visit.recall.memory.versions.get(item.report_id)
            known = list(await spider.ask_versions(item.report_id) if known is None else known)
            before = {(version.revision, version.fingerprint) for version in known}
            done = spider.done_before.get(item.report_id, ())  # by the killed process of a resumed run
            known += [version for version in done if (version.revision, version.fingerprint) not in before]
            self.known.setdefault(item.report_id, known)
            for version in done:
                self.owners.setdefault((version.report_id, version.fingerprint), version.portal_id)
        return self.known[item.report_id]

    def _owner(self, item: AnnualReport, known: Iterable[Version]) -> str:
        """The portal whose report this version is: the first one that was seen with it, of those that still have it."""
        print_ = item.brief.fingerprint
        of_reparse: str | None = self.crawler.spider.owner_of(item)  # type: ignore[union-attr]
        having = (v.portal_id for v in known if v.fingerprint == print_ and v.published and not v.gone)
        owner = of_reparse or next(having, item.portal_id)
        return self.owners.setdefault((item.report_id, print_), owner)

    def _count(self, what: str) -> None:
        self.crawler.stats.inc_value(f"reports/{what}")


def address(source: dict[str, Any]) -> dict[str, Any]:
    """Where a report was found: its page, the list that named it, and how."""
    return {name: source.get(name) for name in ("url", "final_url", "list_url", "link_title", "list_date")}


def number(found: Sequence[AnnualReport], known: list[Version]) -> None:
    """Adds to the ``known`` versions of a report those that are new, in the order of their dates, then as found."""
    for item in sorted(found, key=dated):
        if version_of(item, known) is None:
            next_ = max((version.revision for version in known), default=0) + 1
            print_ = item.brief.fingerprint
            told = Version(item.report_id, next_, print_, item.portal_id, item.year, dated(item), published=False)
            known.append(told)


def version_of(item: AnnualReport, known: Iterable[Version]) -> Version | None:
    """The known version that an item is; not one that was replaced since: what returns is a version of its own."""
    same = (v for v in known if v.fingerprint == item.brief.fingerprint and not v.superseded)
    return max(same, key=lambda version: version.revision, default=None)


def revision(version: Version, known: Sequence[Version], shown: Container[str]) -> dict[str, Any]:
    """``number``, ``of``, ``latest``; ``shown`` are the fingerprints that the portal shows now."""
    beside = [
        other for other in known
        if other.fingerprint in shown
        or (other.portal_id != version.portal_id and not (other.gone or other.superseded))
    ]  # fmt: skip
    last = max([version, *beside], key=lambda other: (other.dated, other.revision))
    of = max(other.revision for other in known)
    return {"number": version.revision, "of": of, "latest": last.revision == version.revision}


def dated(item: AnnualReport) -> str:
    """The day of a version; one without a date counts as the earliest."""
    return item.brief.metadata.get("publication_date") or item.source.get("list_date") or ""


def _order(item: AnnualReport) -> int:
    return item.order
