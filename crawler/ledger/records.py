"""What the ledger keeps of a portal, as plain records; each can be written as a line of JSON and read back.

``Memory`` is what a visit gets to know of earlier runs, ``PortalRecord`` what it leaves for later ones. Times are
ISO 8601 in UTC, dates ISO dates, both as text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from crawler.items import PortalOutcome
from crawler.urls import canonical

NOT_FOUND_AGAIN = "page_not_found"  # a row whose page is gone: asked again no sooner than any other


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to tell later whether a document has changed."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def conditions(self) -> dict[str, str]:
        """
        >>> Validators('"a"').conditions
        {'If-None-Match': '"a"'}
        """
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file beside an article, as last fetched."""

    url: str
    sha256: str
    validators: Validators = Validators()


@dataclass(slots=True)
class Page:
    """A row of a list and what came of its page: a report's version, or a ``reason`` for leaving it out."""

    url: str  # as the list has it
    title: str = ""
    date: str | None = None  # as the list shows it
    list_url: str = ""
    in_column: bool = True  # named by an annual-report column, not only by some other page
    column: str = ""  # key of that column
    sha256: str = ""
    validators: Validators = Validators()
    files: list[KnownFile] = field(default_factory=list)
    scope: str = ""  # government or all: what is left out depends on it
    attachments: str = ""  # the policy under which the files were fetched
    grounds: str = ""  # what it was judged by: on others a report may be found in what was left out
    reason: str = ""
    report_id: str | None = None
    fingerprint: str | None = None
    year: int | None = None
    dated: str = ""  # of the report: publication date, else the list's
    checked_at: str = ""

    @property
    def key(self) -> str:
        return page_key(self.url)

    @property
    def version(self) -> tuple[str, str] | None:
        return (self.report_id, self.fingerprint) if self.report_id and self.fingerprint else None


@dataclass(frozen=True, slots=True)
class Column:
    """An annual-report column. ``sign`` stands for its first rows, when it was last read to its end without a fault."""

    url: str
    sign: str = ""
    read_at: str = ""

    @property
    def key(self) -> str:
        return page_key(self.url)


@dataclass(frozen=True, slots=True)
class Robots:
    """robots.txt of a host as it was last had: ``rules`` are its bytes, none where it has no rules."""

    url: str
    status: int
    rules: bytes
    fetched_at: str


def page_key(url: str) -> str:
    """The identity of a page within its portal, of a length that any index takes."""
    return hashlib.sha256(canonical(url).encode("utf-8", "replace")).hexdigest()[:32]


@dataclass(slots=True)
class Version:
    """One version of a report. ``published``: it stands in a run that is complete, and need not be written again."""

    report_id: str
    revision: int
    fingerprint: str
    portal_id: str
    year: int | None = None
    dated: str = ""
    published: bool = True
    gone: bool = False  # no list names it any longer
    superseded: bool = False  # its page shows another version


@dataclass(slots=True)
class Memory:
    """What is known of a portal before it is visited; empty for one that was never visited, or without a ledger."""

    scope: str = ""  # of the last search for columns
    discovered_at: str = ""  # when the columns were last searched from the home page
    columns: list[Column] = field(default_factory=list)
    pages: dict[str, Page] = field(default_factory=dict)  # live ones, by their keys
    versions: dict[str, list[Version]] = field(default_factory=dict)  # report_id -> in order of revision
    basis: str = ""  # what the search for columns decided by beside the pages

    def page(self, url: str) -> Page | None:
        """What came of an address; None if that is not known, or was left in a run that never was published."""
        page = self.pages.get(page_key(url))
        return page if page is not None and self.is_published(page) else None

    def is_published(self, page: Page) -> bool:
        if page.report_id is None:
            return True
        return any(v.published and v.fingerprint == page.fingerprint for v in self.versions.get(page.report_id, ()))

    @property
    def years(self) -> set[int]:
        return {page.year for page in self.pages.values() if page.report_id and page.year is not None}

    @property
    def reports(self) -> set[str]:
        return {page.report_id for page in self.pages.values() if page.report_id}


@dataclass(slots=True)
class PortalRecord:
    """What one visit leaves behind: a line of the run's journal, one transaction of the ledger."""

    run_id: str
    outcome: PortalOutcome
    finished_at: str
    name: str = ""
    scope: str = ""
    discovered: bool = False  # the columns were searched from the home page, to the end
    columns: list[Column] = field(default_factory=list)
    lost_columns: list[str] = field(default_factory=list)  # known ones that were asked for and are none any more
    pages: list[Page] = field(default_factory=list)  # read in this visit
    kept: list[str] = field(default_factory=list)  # keys of pages still listed, and not read
    gone: list[str] = field(default_factory=list)  # keys of pages that no list names any longer
    versions: list[Version] = field(default_factory=list)  # of reports.jsonl
    basis: str = ""  # what the visit decided by beside the pages

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of ``to_dict``; what a later version has added is left out."""
        held = _known(cls, data)
        held["outcome"] = PortalOutcome(**_known(PortalOutcome, data["outcome"]))
        held["columns"] = [Column(**_known(Column, column)) for column in data.get("columns", ())]
        held["pages"] = [page_from(page) for page in data.get("pages", ())]
        held["versions"] = [Version(**_known(Version, version)) for version in data.get("versions", ())]
        return cls(**held)


def page_from(data: Mapping[str, Any]) -> Page:
    """A ``Page`` from its dictionary."""
    held = _known(Page, data)
    held["validators"] = Validators(**data.get("validators") or {})
    held["files"] = files_from(data.get("files") or ())
    return Page(**held)


def files_from(data: Iterable[Mapping[str, Any]]) -> list[KnownFile]:
    return [KnownFile(file["url"], file["sha256"], Validators(**file.get("validators") or {})) for file in data]


def _known(cls: type[Any], data: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(cls)}
    return {name: value for name, value in data.items() if name in names}
