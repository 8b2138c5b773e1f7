"""What travels through the crawl: a report as fetched, a report as parsed, and a portal's outcome.

A spider yields ``ReportSource`` items; the archive pipeline stores their bytes, the parse pipeline turns
each into one ``AnnualReport``. Its record stays the JSON that the parser's worker wrote: nothing in the crawl takes it
apart. Every portal in scope ends with exactly one ``PortalOutcome``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from parsers.brief import Brief


@dataclass(slots=True)
class FetchedDocument:
    """One response a report is built from, as received."""

    url: str
    final_url: str
    status: int
    content_type: str | None
    body: bytes
    fetched_at: str  # ISO 8601, UTC
    headers: list[tuple[str, str]] = field(default_factory=list)
    name: str | None = None  # what the server calls a file
    _sha256: str = field(default="", init=False, repr=False, compare=False)

    @property
    def sha256(self) -> str:
        """The hash of the body in hexadecimal digits, worked out once."""
        if not self._sha256:
            self._sha256 = hashlib.sha256(self.body).hexdigest()
        return self._sha256


@dataclass(slots=True)
class ReportSource:
    """A report as found: its page first, then its attachments, and what the list page said of it."""

    portal_id: str
    region_code: str | None
    documents: list[FetchedDocument]
    link_title: str | None = None
    list_date: str | None = None  # ISO date shown on the list page
    list_url: str | None = None
    says: str | None = None  # what the text of the page is instead of a report (see ``crawler.contents``)


@dataclass(slots=True)
class AnnualReport:
    """A parsed report: ``record`` is the JSON of ``parsers.Report.to_dict()``, ``brief`` what was told of it."""

    report_id: str
    portal_id: str
    source: dict[str, Any]
    brief: Brief
    record: bytes = field(repr=False)
    order: int = 0  # in which reports were found

    @property
    def year(self) -> int | None:
        year: int | None = self.brief.metadata.get("report_year")
        return year


@dataclass(slots=True)
class PortalOutcome:
    """How the visit to one portal ended; exactly one per portal in scope and run."""

    portal_id: str
    region_code: str | None
    url: str
    outcome: str
    detail: str = ""
    family: str | None = None
    years_found: list[int] = field(default_factory=list)
    years_missing: list[int] = field(default_factory=list)
    reports: int = 0
    pages: int = 0
    bytes: int = 0
    seconds: float = 0.0
    unchanged: int = 0  # of the reports: those that an earlier run has published, and that are as they were
    years_gone: list[int] = field(default_factory=list)  # found by earlier runs, and on no list any more
