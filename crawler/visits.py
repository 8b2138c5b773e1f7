"""The record of one portal's visit, and the outcome that follows from it.

``conclude`` is a pure function: what was seen goes in, one ``PortalOutcome`` comes out. ``ok`` needs a report that
was parsed; a visit that found nothing always has a reason.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

from crawler.families.base import Link
from crawler.items import PortalOutcome
from crawler.ledger.recall import Recall
from crawler.ledger.records import Page
from crawler.outcomes import DISCOURAGING, GOOD, RETRY, Outcome, Signal
from crawler.registry import Portal

portal_finished = object()
"""Scrapy signal: a portal has its outcome. Handlers get ``outcome: PortalOutcome`` and ``visit: Visit``."""


@dataclass(slots=True)
class Visit:
    """What happened at one portal so far."""

    portal: Portal
    wanted: frozenset[int] = frozenset()
    recall: Recall = field(default_factory=Recall)
    started: float = field(default_factory=monotonic)
    waited: float = 0.0  # seconds outside of its crawl window, and for a place in the browser
    family: str | None = None
    pages: int = 0
    bytes: int = 0
    columns: int = 0  # annual-report columns read
    rows: int = 0  # links on their lists
    declared_empty: bool = False
    entry: list[Signal] = field(default_factory=list)  # home page and columns
    lists: list[Signal] = field(default_factory=list)  # further pages of a list
    unrendered: int = 0  # pages whose scripts could not be run: they may be lists
    reports: list[Signal] = field(default_factory=list)  # articles
    suspect: list[Signal] = field(default_factory=list)  # reports that no encoding reads without loss
    suspect_entry: list[Signal] = field(default_factory=list)  # the same of home page and columns
    unread: list[str] = field(default_factory=list)  # reports that were fetched and could not be parsed
    years: dict[str, int | None] = field(default_factory=dict)  # report_id -> year, of parsed reports
    findings: int = 0
    dropped: Counter[str] = field(default_factory=Counter)  # links and pages left out, by reason
    notes: list[str] = field(default_factory=list)
    bug: str | None = None
    out_of_time: str | None = None
    left_alone: bool = False  # after failures in a row
    open_items: int = 0
    walked: bool = False  # no further report will come
    held: int = 0  # parsed reports that wait for the rest of the portal's
    _complete: asyncio.Event = field(default_factory=asyncio.Event)
    _settled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def spent(self) -> float:
        """Seconds of the visit, without those of ``waiting``."""
        return monotonic() - self.started - self.waited

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """What is waited for here costs the visit no time."""
        began = monotonic()
        try:
            yield
        finally:
            self.waited += monotonic() - began

    def keep(self, page: Page, link: Link | None = None, *, checked: bool = False) -> None:
        """A page that earlier runs knew is still there, and counts as it did then."""
        self.recall.keep(page, link, checked=checked)
        if page.report_id is not None:
            self.years.setdefault(page.report_id, page.year)
        if page.reason:
            self.dropped[page.reason] += 1

    @property
    def unchanged(self) -> int:
        """Reports found of which this run has written nothing, since nothing of them is new."""
        return len(self.years.keys() - {version.report_id for version in self.recall.emitted})

    @property
    def read_to_the_end(self) -> bool:
        """Whether all lists were read to their ends: what they do not name is not there."""
        cut = self.bug or self.out_of_time or self.left_alone or self.lists or self.unrendered
        refused = any(signal.outcome in DISCOURAGING for signal in self.entry)
        return bool(self.walked and self.columns and self.years and not cut and not refused)

    def item_out(self) -> None:
        """A report went into the pipelines."""
        self.open_items += 1
        self._settled.clear()

    def item_back(self) -> None:
        """A report came out of the pipelines, in whatever way."""
        self.open_items -= 1
        if self.open_items <= 0:
            self._settled.set()
        self._tell_if_complete()

    def walk_over(self) -> None:
        """No further report will go into the pipelines."""
        self.walked = True
        self._tell_if_complete()

    async def complete(self) -> None:
        """Waits until every report of the portal is parsed: all that are still out wait here."""
        self.held += 1
        self._tell_if_complete()
        await self._complete.wait()

    def release(self) -> None:
        """Nobody waits any longer: the run is being stopped."""
        self._complete.set()

    def _tell_if_complete(self) -> None:
        if self.walked and self.held >= self.open_items:
            self._complete.set()

    async def settled(self, seconds: float) -> None:
        """Waits until the pipelines are done with this portal's reports."""
        if self.open_items > 0:
            await asyncio.wait_for(self._settled.wait(), seconds)


def conclude(visit: Visit) -> PortalOutcome:
    """The one outcome of a visit."""
    outcome, reasons = _judge(visit)
    found = sorted({year for year in visit.years.values() if year is not None})
    gone = visit.recall.reports_gone(visit.years) if visit.read_to_the_end else {}
    return PortalOutcome(
        portal_id=visit.portal.portal_id,
        region_code=visit.portal.region_code,
        url=visit.portal.url,
        outcome=outcome.value,
        detail="; ".join(
            [*reasons, *visit.notes, *_gone(gone), *_doors(visit), *_left_out(visit), *_retry(visit, outcome)]
        ),
        family=visit.family,
        years_found=found,
        years_missing=years_missing(found, visit.wanted),
        reports=len(visit.years),
        pages=visit.pages,
        bytes=visit.bytes,
        seconds=round(visit.spent, 2),
        unchanged=visit.unchanged,
        years_gone=sorted({year for year in gone.values() if year is not None} - set(found)),
    )


def years_missing(found: list[int], wanted: frozenset[int]) -> list[int]:
    """Wanted years that were not found; if none were named, the gaps between the first and the last found.

    >>> years_missing([2019, 2022], frozenset()), years_missing([2021], frozenset({2020, 2021}))
    ([2020, 2021], [2020])
    """
    expected = wanted or (range(found[0], found[-1] + 1) if found else ())
    return sorted(set(expected) - set(found))


def _judge(visit: Visit) -> tuple[Outcome, list[str]]:
    if visit.bug:
        return Outcome.CRAWLER_BUG, [visit.bug]
    problems = _problems(visit)
    if visit.years:
        if not problems:
            return Outcome.OK, []
        if not visit.reports and not visit.unread and all(kind == "list" for kind, _ in problems):
            return Outcome.PAGINATION_INCOMPLETE, [text for _, text in problems]
        if all(kind == "encoding" for kind, _ in problems):
            return Outcome.ENCODING_SUSPECT, [text for _, text in problems]
        return Outcome.PARTIAL, [text for _, text in problems]
    return _judge_nothing(visit)


def _problems(visit: Visit) -> list[tuple[str, str]]:
    """What keeps a visit that found reports from being ok."""
    found = {year for year in visit.years.values() if year is not None}
    problems: list[tuple[str, str]] = []
    if missing := sorted(visit.wanted - found):
        problems.append(("year", f"缺少年份 / missing years: {', '.join(map(str, missing))}"))
    if visit.out_of_time:
        problems.append(("time", visit.out_of_time))
    if not visit.columns:
        problems.append(("column", "未找到年报栏目 / found outside of any annual-report column"))
    problems += [("report", f"报告取不到 / report not fetched: {signal}") for signal in visit.reports[:5]]
    problems += [("report", f"报告读不出 / report not read: {text}") for text in visit.unread[:5]]
    problems += [("encoding", f"编码可疑 / encoding in doubt: {signal}") for signal in visit.suspect[:5]]
    problems += [("list", f"列表不完整 / list incomplete: {signal}") for signal in visit.lists[:5]]
    return problems


def _judge_nothing(visit: Visit) -> tuple[Outcome, list[str]]:
    """No report: the first thing that explains it; where earlier runs found reports, that nothing is there does not."""
    outcome, reasons = _explain_nothing(visit)
    before = visit.recall.memory.years
    if before and outcome in (Outcome.EMPTY_DECLARED, Outcome.COLUMN_NOT_FOUND, Outcome.EMPTY_UNEXPECTED):
        number, years = len(visit.recall.memory.reports), ", ".join(map(str, sorted(before)))
        reasons += [f"此前有 {number} 份报告 / earlier runs found {number} reports: {years}"]
        outcome = Outcome.EMPTY_UNEXPECTED
    return outcome, reasons


def _explain_nothing(visit: Visit) -> tuple[Outcome, list[str]]:
    """From the door inwards."""
    if visit.out_of_time:
        return Outcome.TIMEOUT, [visit.out_of_time]
    if not visit.columns and visit.entry:
        return visit.entry[0].outcome, [str(signal) for signal in visit.entry[:3]]
    if not visit.columns and visit.suspect_entry:
        return Outcome.ENCODING_SUSPECT, [str(signal) for signal in visit.suspect_entry[:3]]
    if not visit.columns:
        return Outcome.COLUMN_NOT_FOUND, ["首页起未找到年报栏目 / no annual-report column from the home page"]
    if visit.reports:
        return visit.reports[0].outcome, [str(signal) for signal in visit.reports[:3]]
    if visit.unread:
        return Outcome.PARTIAL, [f"报告读不出 / report not read: {text}" for text in visit.unread[:5]]
    if visit.dropped["year"]:
        wanted = ", ".join(map(str, sorted(visit.wanted)))
        return Outcome.PARTIAL, [f"所要年份没有报告 / no report of the wanted years: {wanted}"]
    if visit.lists:
        return visit.lists[0].outcome, [str(signal) for signal in visit.lists[:3]]
    if visit.rows == 0 and visit.declared_empty:
        return Outcome.EMPTY_DECLARED, ["栏目自称为空 / the column says that it is empty"]
    if visit.rows == 0:
        return Outcome.EMPTY_UNEXPECTED, ["栏目没有列出任何条目 / the column lists nothing"]
    return Outcome.EMPTY_UNEXPECTED, [f"{visit.rows} 条均非本级年报 / none of {visit.rows} rows is a report in scope"]


def _gone(reports: dict[str, int | None]) -> list[str]:
    if not reports:
        return []
    years = ", ".join(sorted(str(year or "?") for year in reports.values()))
    return [f"列表不再列出 {len(reports)} 份报告 / {len(reports)} reports gone from the lists: {years}"]


def _doors(visit: Visit) -> list[str]:
    """Known addresses that failed although others led in."""
    return [f"入口失效 / entry failed: {signal}" for signal in visit.entry[:3]] if visit.columns else []


def _retry(visit: Visit, outcome: Outcome) -> list[str]:
    """When to come again: as the signal says that led to the outcome, else as the outcome does."""
    if outcome in GOOD:
        return []
    seen = [*visit.entry, *visit.reports, *visit.lists]
    advice = next((signal.retry for signal in seen if signal.outcome is outcome), RETRY[outcome])
    return [f"重试 / retry: {advice.value}"]


def _left_out(visit: Visit) -> list[str]:
    if not visit.dropped:
        return []
    return ["未采用 / left out: " + ", ".join(f"{reason} {count}" for reason, count in sorted(visit.dropped.items()))]
