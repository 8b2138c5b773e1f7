"""The ledger itself: what a portal was like is recalled before a visit and written after it.

All calls block and are meant for a thread (``crawler.extensions.remember``). Whatever the database can't do is
raised as ``LedgerLost``. ``write`` is one transaction for one portal and run; written twice it leaves the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from importlib import import_module
from typing import Any, Self

from sqlalchemy import BindParameter, Insert, RowMapping, Table, bindparam, func, select, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from crawler.items import PortalOutcome
from crawler.ledger.engine import open_engine
from crawler.ledger.records import Column as ListColumn
from crawler.ledger.records import Memory, Page, PortalRecord, Robots, Validators, Version, files_from, page_key
from crawler.ledger.schema import FAMILIES, OUTCOMES, PAGES, PORTALS, REPORTS, ROBOTS, RUNS
from crawler.run import now

Row = dict[str, Any]
OUTCOME_FIELDS = tuple(PortalOutcome.__dataclass_fields__)
CHUNK = 500  # values named in one statement


class LedgerLost(Exception):
    """The database could not be read or written."""


class Ledger:
    """One database; see the module."""

    def __init__(self, engine: Engine, clock: Callable[[], str] = now) -> None:
        self.engine = engine
        self.reading, self.writing = (engine.execution_options(write=write) for write in (False, True))
        self.clock = clock
        self.renumbered = 0  # versions whose number another run had taken meanwhile

    @classmethod
    def open(cls, url: str, **options: Any) -> Self:
        """The ledger at a URL, made where there is none; ``InputError`` where it can't be used."""
        return cls(open_engine(url, **options))

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _transaction(self, *, write: bool = False) -> Iterator[Connection]:
        try:
            with (self.writing if write else self.reading).begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise LedgerLost(" ".join(str(getattr(error, "orig", None) or error).split())[:300]) from error

    # --- runs ----------------------------------------------------------------------------------------------

    def begin_run(self, run_id: str, arguments: Mapping[str, Any], path: str, started_at: str) -> None:
        """Notes a run; one of the same id that was noted before is the same one continued, or done again."""
        row = {"run_id": run_id, "arguments": dict(arguments), "path": path, "started_at": started_at}
        with self._transaction(write=True) as connection:
            _upsert(connection, RUNS, [row | {"published_at": None, "verdict": None}], ["run_id"])

    def publish_run(self, run_id: str, verdict: int | None) -> None:
        """The run's files are complete: what it wrote need not be written again."""
        with self._transaction(write=True) as connection:
            values = {"published_at": self.clock(), "verdict": verdict}
            connection.execute(update(RUNS).where(RUNS.c.run_id == run_id).values(values))

    def unpublished_runs(self) -> list[tuple[str, str]]:
        """Runs that are not known to be complete: id and directory."""
        query = select(RUNS.c.run_id, RUNS.c.path).where(RUNS.c.published_at.is_(None)).order_by(RUNS.c.seq)
        with self._transaction() as connection:
            return [(row.run_id, row.path) for row in connection.execute(query)]

    # --- before a visit ------------------------------------------------------------------------------------

    def recall(self, portal_id: str) -> Memory:
        """What is known of a portal."""
        with self._transaction() as connection:
            portal = connection.execute(select(PORTALS).where(PORTALS.c.portal_id == portal_id)).mappings().first()
            if portal is None:
                return Memory()
            memory = Memory(portal["scope"], portal["discovered_at"], basis=portal["basis"] or "")
            live = select(PAGES).where(PAGES.c.portal_id == portal_id, PAGES.c.gone_since.is_(None))
            for row in connection.execute(live.order_by(PAGES.c.first_seen, PAGES.c.page_key)).mappings():
                if row["kind"] == "column":
                    memory.columns.append(ListColumn(row["url"], row["content_sha256"], row["checked_at"]))
                else:
                    memory.pages[row["page_key"]] = _page(row)
            for version in _versions(connection, [p.report_id for p in memory.pages.values() if p.report_id]):
                memory.versions.setdefault(version.report_id, []).append(version)
            return memory

    def versions(self, report_id: str) -> list[Version]:
        """All versions of a report, wherever they were found."""
        with self._transaction() as connection:
            return list(_versions(connection, [report_id]))

    def robots(self, url: str) -> Robots | None:
        """robots.txt as an earlier visit had it."""
        with self._transaction() as connection:
            row = connection.execute(select(ROBOTS).where(ROBOTS.c.url == url)).mappings().first()
            return Robots(**row) if row is not None else None

    # --- after a visit -------------------------------------------------------------------------------------

    def write(self, record: PortalRecord) -> None:
        """All that a visit found, in one transaction."""
        with self._transaction(write=True) as connection:
            self._write(connection, record)

    def write_robots(self, robots: Robots) -> None:
        """robots.txt as it was had now."""
        with self._transaction(write=True) as connection:
            _upsert(connection, ROBOTS, [asdict(robots)], ["url"])

    def replay(self, record: PortalRecord) -> bool:
        """Writes what an earlier run could not: nothing if it is there; no state, if the portal was visited since."""
        outcome = record.outcome
        mine = (OUTCOMES.c.run_id == record.run_id) & (OUTCOMES.c.portal_id == outcome.portal_id)
        with self._transaction(write=True) as connection:
            if connection.execute(select(OUTCOMES.c.seq).where(mine)).first() is not None:
                return False
            later = (PORTALS.c.portal_id == outcome.portal_id) & (PORTALS.c.last_seen > record.finished_at)
            if connection.execute(select(PORTALS.c.portal_id).where(later)).first() is None:
                self._write(connection, record)
            else:
                self._write_outcome(connection, record)
                self._write_versions(connection, record)
            return True

    def _write(self, connection: Connection, record: PortalRecord) -> None:
        self._write_outcome(connection, record)
        self._write_portal(connection, record)
        replaced = self._write_pages(connection, record)
        self._write_versions(connection, record)
        self._settle_versions(connection, record, replaced)

    def _write_outcome(self, connection: Connection, record: PortalRecord) -> None:
        row = asdict(record.outcome) | {"run_id": record.run_id, "finished_at": record.finished_at}
        _upsert(connection, OUTCOMES, [row], ["run_id", "portal_id"])

    def _write_portal(self, connection: Connection, record: PortalRecord) -> None:
        outcome, when = record.outcome, record.finished_at
        row: Row = {
            "portal_id": outcome.portal_id, "region_code": outcome.region_code, "name": record.name,
            "url": outcome.url, "first_seen": when, "last_seen": when, "last_run": record.run_id,
        }  # fmt: skip
        if record.discovered:
            row |= {"scope": record.scope, "basis": record.basis, "discovered_at": when}
        if outcome.family:
            row["family"] = outcome.family
            seen = {"portal_id": outcome.portal_id, "family": outcome.family, "first_seen": when, "last_seen": when}
            _upsert(connection, FAMILIES, [seen], ["portal_id", "family"], keep=["first_seen"])
        _upsert(connection, PORTALS, [row], ["portal_id"], keep=["first_seen"])

    def _write_pages(self, connection: Connection, record: PortalRecord) -> set[tuple[str, str]]:
        """The rows of columns and articles; gives the versions whose pages show something else now."""
        portal_id, when = record.outcome.portal_id, record.finished_at
        seen = {"portal_id": portal_id, "first_seen": when, "last_seen": when, "gone_since": None}
        key = PAGES.c.page_key
        mine = (PAGES.c.portal_id == portal_id) & (PAGES.c.kind == "article")
        before: dict[str, tuple[str, str]] = {}
        for keys in _chunks([page.key for page in record.pages]):
            old = connection.execute(_ARTICLES, {"portal": portal_id, "pages": keys})
            before |= {row.page_key: (row.report_id, row.fingerprint) for row in old}
        rows = {page.key: _page_row(page) | seen for page in record.pages}
        _upsert(connection, PAGES, list(rows.values()), ["portal_id", "page_key", "kind"], keep=["first_seen"])
        columns: dict[str, Row] = {}
        for column in record.columns:
            columns[column.key] = {
                "page_key": column.key, "kind": "column", "url": column.url, "scope": record.scope,
                "content_sha256": column.sign, "checked_at": column.read_at,
            }  # fmt: skip
        rows = {name: row | seen for name, row in columns.items()}
        _upsert(connection, PAGES, list(rows.values()), ["portal_id", "page_key", "kind"], keep=["first_seen"])
        for kept in _chunks(record.kept):
            connection.execute(update(PAGES).where(mine & key.in_(kept)).values(last_seen=when, gone_since=None))
        for gone in _chunks(record.gone):
            connection.execute(update(PAGES).where(mine & key.in_(gone)).values(gone_since=when))
        for lost in _chunks([page_key(url) for url in record.lost_columns]):
            columns_of = (PAGES.c.portal_id == portal_id) & (PAGES.c.kind == "column") & key.in_(lost)
            connection.execute(update(PAGES).where(columns_of).values(gone_since=when))
        now_shown = {page.key: page.version for page in record.pages}
        return {old for name, old in before.items() if old[0] and old != now_shown[name]}

    def _write_versions(self, connection: Connection, record: PortalRecord) -> None:
        when = record.finished_at
        known: dict[str, dict[int, str | None]] = {}  # report_id -> revision -> fingerprint, None of one replaced
        for some in _chunks(sorted({version.report_id for version in record.versions})):
            for row in connection.execute(_OF_REPORTS, {"reports": some}):
                numbers = known.setdefault(row.report_id, {})
                numbers[row.revision] = row.fingerprint if row.superseded_at is None else None
        rows: dict[tuple[str, int], Row] = {}
        for version in record.versions:
            numbers = known.setdefault(version.report_id, {})
            same = [number for number, fingerprint in numbers.items() if fingerprint == version.fingerprint]
            number = max(same) if same else version.revision
            if not same and number in numbers:
                number = max(numbers) + 1
                self.renumbered += 1
            numbers[number] = version.fingerprint
            rows[version.report_id, number] = {
                "report_id": version.report_id, "revision": number, "fingerprint": version.fingerprint,
                "portal_id": record.outcome.portal_id, "year": version.year, "dated": version.dated,
                "run_id": record.run_id, "first_seen": when, "last_seen": when, "gone_since": None,
            }  # fmt: skip
        _upsert(connection, REPORTS, list(rows.values()), ["report_id", "revision"], keep=["first_seen"])

    def _settle_versions(self, connection: Connection, record: PortalRecord, replaced: set[tuple[str, str]]) -> None:
        """Which versions of this portal's reports are still to be seen: a page somewhere shows them."""
        when = record.finished_at
        told = {"portal": record.outcome.portal_id, "reports": [report_id for report_id, _ in replaced]}
        live = {(row.report_id, row.fingerprint) for row in connection.execute(_SHOWN, told)}
        found = connection.execute(_TOUCHED, told).mappings().all()
        newest: dict[tuple[str, str], int] = {}
        for row in found:
            key = (row["report_id"], row["fingerprint"])
            newest[key] = max(row["revision"], newest.get(key, 0))
        shown_now, superseded, gone = [], [], []
        for row in found:
            key = (row["report_id"], row["fingerprint"])
            if key in live and newest[key] == row["revision"]:
                shown_now.append(row)
            elif key in replaced and row["superseded_at"] is None:
                superseded.append(row)
            elif key not in live and row["superseded_at"] is None and row["gone_since"] is None:
                gone.append(row)
        _update_reports(connection, shown_now, last_seen=when, gone_since=None, superseded_at=None)
        _update_reports(connection, superseded, superseded_at=when)
        _update_reports(connection, gone, gone_since=when)

    # --- for other parts of the project --------------------------------------------------------------------

    def outcomes(self, portal_id: str, last: int = 20) -> list[tuple[str, PortalOutcome]]:
        """The latest outcomes of a portal, newest first, each with its run."""
        query = select(OUTCOMES).where(OUTCOMES.c.portal_id == portal_id).order_by(OUTCOMES.c.seq.desc()).limit(last)
        with self._transaction() as connection:
            return [(row["run_id"], _outcome(row)) for row in connection.execute(query).mappings()]

    def history(self, last: int = 20) -> dict[str, list[tuple[str, PortalOutcome]]]:
        """``outcomes`` of every portal, in one query."""
        place = func.row_number().over(partition_by=OUTCOMES.c.portal_id, order_by=OUTCOMES.c.seq.desc())
        numbered = select(OUTCOMES, place.label("place")).subquery()
        query = select(numbered).where(numbered.c.place <= last).order_by(numbered.c.portal_id, numbered.c.place)
        found: dict[str, list[tuple[str, PortalOutcome]]] = {}
        with self._transaction() as connection:
            for row in connection.execute(query).mappings():
                found.setdefault(row["portal_id"], []).append((row["run_id"], _outcome(row)))
        return found

    def last_visits(self) -> dict[str, int]:
        """The number of each portal's last outcome: a later visit has a greater one, whatever the clock said."""
        query = select(OUTCOMES.c.portal_id, func.max(OUTCOMES.c.seq).label("last")).group_by(OUTCOMES.c.portal_id)
        with self._transaction() as connection:
            return {row.portal_id: row.last for row in connection.execute(query)}

    def written(self, run_id: str) -> set[str]:
        """The portals whose visit in a run has been written."""
        with self._transaction() as connection:
            rows = connection.execute(select(OUTCOMES.c.portal_id).where(OUTCOMES.c.run_id == run_id))
            return {row.portal_id for row in rows}


def _outcome(row: RowMapping) -> PortalOutcome:
    return PortalOutcome(**{name: row[name] for name in OUTCOME_FIELDS})


_NAMED: BindParameter[Any] = bindparam("reports", expanding=True)
_OF_REPORTS = select(REPORTS).where(REPORTS.c.report_id.in_(_NAMED))
_MINE = select(PAGES.c.report_id).where(PAGES.c.portal_id == bindparam("portal"))
_TOUCHED = select(REPORTS).where(REPORTS.c.report_id.in_(_MINE) | REPORTS.c.report_id.in_(_NAMED))
_SHOWN = select(PAGES.c.report_id, PAGES.c.fingerprint).where(
    (PAGES.c.report_id.in_(_MINE) | PAGES.c.report_id.in_(_NAMED)) & PAGES.c.gone_since.is_(None)
)
_ARTICLES = select(PAGES.c.page_key, PAGES.c.report_id, PAGES.c.fingerprint).where(
    (PAGES.c.portal_id == bindparam("portal")) & (PAGES.c.kind == "article"),
    PAGES.c.page_key.in_(bindparam("pages", expanding=True)),
)
_VERSIONS = (
    select(REPORTS, RUNS.c.published_at.is_not(None).label("published"))
    .select_from(REPORTS.outerjoin(RUNS, RUNS.c.run_id == REPORTS.c.run_id))
    .where(REPORTS.c.report_id.in_(_NAMED))
    .order_by(REPORTS.c.report_id, REPORTS.c.revision)
)


def _versions(connection: Connection, report_ids: Iterable[str]) -> Iterator[Version]:
    for some in _chunks(sorted(set(report_ids))):
        for row in connection.execute(_VERSIONS, {"reports": some}).mappings():
            yield Version(
                row["report_id"], row["revision"], row["fingerprint"], row["portal_id"], row["year"], row["dated"],
                published=bool(row["published"]), gone=row["gone_since"] is not None,
                superseded=row["superseded_at"] is not None,
            )  # fmt: skip


_SAME = (
    "url", "title", "date", "list_url", "in_column", "scope", "attachments", "reason", "report_id",
    "fingerprint", "year", "dated", "checked_at",
)  # fmt: skip


def _page(row: RowMapping) -> Page:
    held = {name: row[name] for name in _SAME}
    validators = Validators(row["etag"], row["last_modified"])
    return Page(
        **held,
        grounds=row["parser"],
        column=row["column_key"],
        sha256=row["content_sha256"],
        validators=validators,
        files=files_from(row["files"] or ()),
    )


def _page_row(page: Page) -> Row:
    return {name: getattr(page, name) for name in _SAME} | {
        "page_key": page.key,
        "kind": "article",
        "parser": page.grounds,
        "column_key": page.column,
        "content_sha256": page.sha256,
        "etag": page.validators.etag,
        "last_modified": page.validators.last_modified,
        "files": [asdict(file) for file in page.files],
    }


def _upsert(connection: Connection, table: Table, rows: list[Row], keys: list[str], keep: Iterable[str] = ()) -> None:
    """Inserts rows, or updates those that are there, save what is to be kept of them."""
    if rows:
        changed = [name for name in rows[0] if name not in (*keys, *keep)]
        statement = _upsert_of(connection.dialect.name, table, tuple(keys), tuple(changed))
        connection.execute(statement, [{name: _clean(value) for name, value in row.items()} for row in rows])


@lru_cache(maxsize=64)
def _upsert_of(dialect: str, table: Table, keys: tuple[str, ...], changed: tuple[str, ...]) -> Insert:
    """To put together takes longer than to carry out."""
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert  # the other one takes a while to load
    statement = insert(table)
    values = {name: statement.excluded[name] for name in changed}
    upsert: Insert = statement.on_conflict_do_update(index_elements=keys, set_=values)
    return upsert


def _update_reports(connection: Connection, rows: Iterable[RowMapping], **values: Any) -> None:
    at = [{"report": row["report_id"], "number": row["revision"]} for row in rows]
    if at:
        one = (REPORTS.c.report_id == bindparam("report")) & (REPORTS.c.revision == bindparam("number"))
        connection.execute(update(REPORTS).where(one).values(values), at)


def _clean(value: Any) -> Any:
    """Text that any database takes: no NUL, no lone surrogate."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {key: _clean(each) for key, each in value.items()}
    return value


def _chunks(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
