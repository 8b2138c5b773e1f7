"""One visit's side of the ledger: what it knows of earlier ones, and what it will leave for later ones.

A row that earlier runs knew is ``known``; a page is ``read`` when it was asked for and ``kept`` when it was not, or had
not changed. What an annual-report column named before and names no more is ``gone``. Pure bookkeeping: nothing here
asks for a page, or asks the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from crawler.families.base import Link
from crawler.items import PortalOutcome
from crawler.ledger.recheck import Recheck
from crawler.ledger.records import Column, Memory, Page, PortalRecord, Version, page_key
from crawler.outcomes import Outcome
from crawler.run import now
from crawler.urls import canonical
from parsers import parser_version

FORGOTTEN = frozenset({"year"})  # reasons that hold for this run's arguments only
ALL, GOVERNMENT = "all", "government"


@dataclass(slots=True)
class Recall:
    """``scope`` is government or all, ``attachments`` the policy, ``years`` those wanted (empty: all).

    ``basis`` is what the visit decides by beside the pages (``crawler.ledger.basis``).
    """

    memory: Memory = field(default_factory=Memory)
    policy: Recheck = field(default_factory=Recheck)
    scope: str = GOVERNMENT
    attachments: str = ""
    years: frozenset[int] = frozenset()
    basis: str = ""
    read: dict[str, Page] = field(default_factory=dict)
    kept: dict[str, Page] = field(default_factory=dict)
    columns: dict[str, Column] = field(default_factory=dict)  # by key, of columns that were read
    lost: dict[str, str] = field(default_factory=dict)  # of known columns that are none any more
    discovered: bool = False
    troubled: bool = False  # a known column could not be had, or is none any more
    remembered: list[str] = field(default_factory=list)  # columns taken to be as they were
    thorough: bool = False  # no column is
    vanished: set[str] = field(default_factory=set)  # keys of known pages that are 404 now
    faulty: bool = False  # a page could not be had, or not whole: it is asked for again, whatever its list looks like
    emitted: list[Version] = field(default_factory=list)  # what reports.jsonl of this run has of the portal

    # --- before asking -------------------------------------------------------------------------------------

    def known(self, url: str) -> Page | None:
        """What came of a page in earlier runs, if that holds for this run's arguments too."""
        page = self.memory.page(url)
        if page is None or page.attachments != self.attachments:
            return None
        if page.report_id is None and page.grounds != self.grounds:
            return None
        of_narrower = self.scope == ALL and page.scope == GOVERNMENT and page.report_id is not None
        return page if page.scope == self.scope or of_narrower else None

    def is_due(self, page: Page, link: Link) -> bool:
        return self.policy.is_due(page, link)

    @property
    def settled(self) -> bool:
        """Whether the known columns will do, without a search from the home page."""
        return self.memory.basis == self.basis and self.policy.is_settled(self.memory, self.scope)

    @property
    def grounds(self) -> str:
        """What leaving out a row or a page rests on."""
        return f"{parser_version()}/{self.basis}"

    def listed_on(self, url: str) -> bool:
        """Whether earlier runs found a report in the list of a page."""
        key = canonical(url)
        return any(page.report_id and canonical(page.list_url) == key for page in self.memory.pages.values())

    def loose(self) -> list[Page]:
        """Known reports that no column names, and that were not met in this visit: they are looked after one by one."""
        met = {**self.read, **self.kept}
        return [
            page for key, page in self.memory.pages.items()
            if not page.in_column and page.report_id and key not in met and self.known(page.url) is page
            and self._wanted(page)
        ]  # fmt: skip

    # --- while reading -------------------------------------------------------------------------------------

    def keep(self, page: Page, link: Link | None = None, *, checked: bool = False) -> None:
        """A known page is still there; ``checked``: it was asked for, and has not changed."""
        if checked:
            title, date = (link.title, link.date) if link else (page.title, page.date)
            self.read[page.key] = replace(page, checked_at=now(), title=title, date=date)
        else:
            self.kept[page.key] = page

    def note(self, page: Page) -> None:
        """A page was read; what comes of it is told later."""
        page.scope, page.attachments, page.checked_at = self.scope, self.attachments, now()
        page.grounds = self.grounds
        self.read[page.key] = page

    def column(self, url: str, sign: str = "") -> None:
        """A page was found to be an annual-report column, not by way of another one; ``sign`` is of its first rows."""
        if sign or page_key(url) not in self.columns:
            self.columns[page_key(url)] = Column(url, self._grounded(sign), now() if sign else "")

    def as_remembered(self, url: str, sign: str) -> list[Page] | None:
        """What a column lists, if its first rows are as they were and that will do; else it is to be read."""
        known = self._grounded(sign)
        column = next((each for each in self.memory.columns if each.url == url and each.sign == known), None)
        if column is None or self.thorough or not self.settled or not self.policy.list_will_do(column):
            return None
        pages = [page for page in self.memory.pages.values() if page.column == column.key and page.in_column]
        if not pages or any(self.known(page.url) is None for page in pages):
            return None
        self.columns[column.key] = column
        self.remembered.append(url)
        return [page for page in pages if self._wanted(page) or page.report_id is None]

    def no_column(self, url: str, *, surely: bool) -> bool:
        """A page is not the column that it was: it could not be had, or ``surely`` is none. False if it never was."""
        if all(url != column.url for column in self.memory.columns):
            return False
        self.troubled = True
        if surely:
            self.lost[page_key(url)] = url
        return True

    def told(self, url: str, version: tuple[str, str] | None, year: int | None, dated: str, reason: str = "") -> None:
        """What came of a page that was read: a version of a report, or a reason for leaving it out."""
        page = self.read.get(page_key(url))
        if page is None:
            return
        if reason in FORGOTTEN:
            del self.read[page.key]
            return
        page.report_id, page.fingerprint = version or (None, None)
        page.year, page.dated, page.reason = year, dated, reason

    def failed(self, url: str, *, vanished: bool = False) -> None:
        """Nothing new is known of a page: it counts as it did, and will be asked for again, unless it has vanished."""
        key = page_key(url)
        if vanished:
            self.vanished.add(key)
            return
        self.faulty = True
        self.read.pop(key, None)
        if (known := self.memory.pages.get(key)) is not None and self.memory.page(url) is not None:
            self.kept[key] = known

    def shown(self, report_id: str) -> set[str]:
        """The versions of a report that pages not read anew show, by their fingerprints."""
        met = (*self.read.values(), *self.kept.values())
        return {page.fingerprint for page in met if page.report_id == report_id and page.fingerprint}

    # --- at the end ----------------------------------------------------------------------------------------

    def gone(self) -> list[Page]:
        """Known pages of columns that the lists, read to their ends, do not name any more."""
        met = {**self.read, **self.kept}
        return [
            page for key, page in self.memory.pages.items()
            if key not in met and (page.in_column or key in self.vanished)
            and self.scope in (page.scope, ALL) and self._wanted(page)
        ]  # fmt: skip

    def in_doubt(self) -> list[str]:
        """Columns to be read to their ends after all, since one of them may name what no other names any more."""
        missed = any(page.key not in self.vanished for page in self.gone())
        return self.remembered if missed and not self.thorough else []

    def reports_gone(self, found: Iterable[str]) -> dict[str, int | None]:
        """Reports of ``gone`` pages that were not found elsewhere: report_id -> year."""
        here = set(found)
        return {page.report_id: page.year for page in self.gone() if page.report_id and page.report_id not in here}

    def record(self, run_id: str, name: str, outcome: PortalOutcome, *, complete: bool) -> PortalRecord:
        """What the ledger is to keep of the visit."""
        will_do = complete and outcome.outcome == Outcome.OK and not (self.years or self.faulty)
        return PortalRecord(
            run_id=run_id,
            outcome=outcome,
            finished_at=now(),
            name=name,
            scope=self.scope,
            basis=self.basis,
            discovered=self.discovered,
            columns=[column if will_do else Column(column.url) for column in self.columns.values()],
            lost_columns=[url for key, url in self.lost.items() if key not in self.columns],
            pages=list(self.read.values()),
            kept=list(self.kept),
            gone=[page.key for page in self.gone()] if complete else [],
            versions=self.emitted,
        )

    def _grounded(self, sign: str) -> str:
        """The sign of a list together with what it was judged by; empty stays empty."""
        return hashlib.sha256(f"{sign} {self.grounds}".encode()).hexdigest() if sign else ""

    def _wanted(self, page: Page) -> bool:
        return not self.years or page.year in self.years
