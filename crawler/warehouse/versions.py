"""Which reports of a run are versions that the warehouse does not have yet, and the rows that they become.

A report that was seen before with the same reading is nothing new. One that reads otherwise is a version of its own,
with the next ``revision_no``. A run can bring several versions of one report, as a portal shows them beside each
other, or as two portals publish it: the one that was published last is the current one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from crawler.warehouse import rows, schema
from crawler.warehouse.rows import Record
from crawler.warehouse.schema import FORMER
from crawler.warehouse.types import moment

FETCHED = 10_000  # rows taken from a database at a time


Rows = dict[str, list[tuple[Any, ...]]]  # of one version, by table


class Version(NamedTuple):
    """What must be known of a stored version to judge a new one. ``change`` tells former ones; the others' follows from
    their order (``crawler.warehouse.views``)."""

    revision_no: int
    valid_from: datetime
    change: str | None
    reading_sha256: str


KNOWN = f"SELECT report_id, {', '.join(Version._fields)} FROM {{}} ORDER BY valid_from, revision_no"
Known = dict[str, list[Version]]  # report_id -> its versions, in the order in which they were seen


def known_versions(cursor: Any) -> Known:
    """What is stored of the reports, from a cursor over ``KNOWN``."""
    known: Known = {}
    while rows := cursor.fetchmany(FETCHED):
        for report_id, *told in rows:
            known.setdefault(report_id, []).append(Version(*told))
    return known


def new_versions(group: Sequence[Record], known: Known, run_id: str, started: datetime) -> Iterator[Rows]:
    """The rows of what is new among all records of one report in a run; ``known`` learns of them."""
    held = known.setdefault(group[0]["report_id"], [])
    ordered = sorted(group, key=_published)
    current = ordered.pop() if _is_latest(ordered[-1]) else None
    reading = rows.reading_sha256(current) if current else ""
    seen = {version.reading_sha256 for version in held} | {reading}
    for record in ordered:
        if (other := rows.reading_sha256(record)) not in seen:
            seen.add(other)
            yield _add(record, other, held, run_id, _seen_at(record, started), former=True)
    if current and reading not in _neighbours(held, at := _seen_at(current, started)):
        yield _add(current, reading, held, run_id, at)


def _neighbours(held: list[Version], at: datetime) -> set[str]:
    """The readings that were current last before and first after a moment."""
    current = [version for version in held if version.change != FORMER]
    before = [version.reading_sha256 for version in current if version.valid_from <= at]
    after = [version.reading_sha256 for version in current if version.valid_from > at]
    return {*before[-1:], *after[:1]}


def _is_latest(record: Record) -> bool:
    """Whether the run says that no later version of the report stood beside it."""
    return bool((record["source"].get("revision") or {}).get("latest", True))


def _published(record: Record) -> tuple[Any, ...]:
    """The order in which versions of one run follow each other."""
    source = record["source"]
    dated = record["metadata"].get("publication_date") or source.get("list_date") or ""
    number = (source.get("revision") or {}).get("number") or 1
    return _is_latest(record), dated, number, source.get("fetched_at") or ""


def _seen_at(record: Record, started: datetime) -> datetime:
    return moment(record["source"].get("fetched_at")) or started


def _add(record: Record, reading: str, held: list[Version], run_id: str, at: datetime, *, former: bool = False) -> Rows:
    number = max((version.revision_no for version in held), default=0) + 1
    version = Version(number, at, FORMER if former else None, reading)
    told = {
        "revision_no": number,
        "change": version.change,
        "valid_from": at.astimezone(UTC).isoformat(),
        "fingerprint": rows.content_fingerprint(record),
        "reading_sha256": reading,
        "run_id": run_id,
    }
    held.append(version)
    held.sort(key=lambda each: (each.valid_from, each.revision_no))
    key = (record["report_id"], number)
    made = {table: list(make(record, key)) for table, make in rows.OF_VERSION.items()}
    return {schema.REPORTS.name: [rows.report(record, told)], **made}
