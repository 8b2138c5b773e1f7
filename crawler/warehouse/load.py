"""Loads published runs with dlt, into DuckDB, PostgreSQL or any SQL destination that dlt knows.

Rows are only added (dlt's ``append``), and every version of a report is a new row under the plain key
``(report_id, revision_no)``: dlt's own ``scd2`` strategy compares all rows of a table at each load, which at twenty
million facts costs more than the load of a new run. What makes adding safe to repeat:

1. Before a run's rows are written, its name goes into ``_loading``. Whoever finds a name there removes what a killed
   load left: versions whose run is not in ``runs``, and rows of versions that are not there.
2. The rows are extracted to files, loaded by dlt, and counted in the destination.
3. In one transaction the run is entered into ``runs`` and leaves ``_loading``. The views show only versions whose run
   stands there, so that no reader sees half a run.

Small tables (``regions``, ``fields``, ``portals``) are merged by their keys, if anything in them is new. Memory is that
of ``BATCH`` facts and of what is known of stored versions, about 0.5 kB a report. dlt works in ``.dlt`` beside the
warehouse, and nothing of them is needed after a load.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from crawler.errors import InputError
from crawler.registry import Portal
from crawler.warehouse import WarehouseMissing, duckdb, rows, schema, views
from crawler.warehouse.runs import OUTCOMES, REPORTS, PublishedRun, RunRefused
from crawler.warehouse.types import batch
from crawler.warehouse.versions import KNOWN, Known, known_versions, new_versions

BATCH = 50_000  # facts that are kept until they are written
MARK, WORKED_OUT = "_loading", "_worked_out"
DUCKDB, POSTGRES = "duckdb", "postgres"
SETTINGS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",  # what fails is said once, by the command
    "LOAD__DELETE_COMPLETED_JOBS": "true",
    "LOAD__WORKERS": "1",
    "NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID": "false",
}
_APPENDED = schema.of_kind("version", "visit")
_MERGED = (schema.REGIONS, schema.FIELDS, schema.PORTALS)


@dataclass(slots=True)
class Loaded:
    """What became of a run: ``versions`` is None for one that was loaded before."""

    run_id: str
    reports: int = 0
    versions: int | None = None
    rows: dict[str, int] = field(default_factory=dict)


class Loader:
    """``with Loader(...) as loader: loader.load(run)``. One at a time per warehouse: a second one is refused."""

    def __init__(self, to: str = DUCKDB, credentials: str | None = None, *, directory: Path) -> None:
        """``directory`` is where the default DuckDB file and dlt's working files go."""
        self.to = to
        if to == DUCKDB:
            file = Path(credentials) if credentials else directory / "warehouse.duckdb"
            directory, credentials = file.absolute().parent, str(file.absolute())
        if to == POSTGRES and credentials:  # dlt asks for a password where libpq finds its own
            credentials = re.sub(r"^(\w+://[^:@/]+)@", r"\1:@", credentials)
        self.credentials = credentials
        self.where = credentials if to == DUCKDB else to
        name = re.sub(r"\W+", "_", Path(credentials).stem if to == DUCKDB and credentials else to)
        self.working = directory / ".dlt" / name
        self._connection: Any = None
        self._known: Known | None = None

    def __enter__(self) -> Loader:
        self.working.mkdir(parents=True, exist_ok=True)
        self._lock = (self.working.parent / f"{self.working.name}.lock").open("wb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise InputError("另一个载入正在进行", "another load is at work on this warehouse") from None
        try:
            shutil.rmtree(self.working)
            self.pipeline = self._pipeline()
            self.runs = self._prepare()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
        shutil.rmtree(self.working, ignore_errors=True)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._lock.close()

    def _pipeline(self) -> Any:
        for name, value in SETTINGS.items():
            os.environ.setdefault(name, value)
        os.environ["DLT_DATA_DIR"] = str(self.working)
        try:
            import dlt
            from dlt.common.destination import Destination

            credentials = _opened(Path(str(self.credentials))) if self.to == DUCKDB else self.credentials
            self._connection = credentials if self.to == DUCKDB else None
            target = Destination.from_reference(self.to, credentials=credentials or None)
        except ImportError as error:
            raise WarehouseMissing(error.name or "dlt") from None
        except InputError:
            raise
        except Exception as error:
            raise _failed(self.to, error) from None
        return dlt.pipeline("nianbao", destination=target, dataset_name=schema.DATASET, pipelines_dir=str(self.working))

    # ------------------------------------------------------------------------------------------- database

    @contextmanager
    def _client(self) -> Iterator[Any]:
        client = self.pipeline.sql_client()
        try:
            client.open_connection()
        except Exception as error:  # each database has errors of its own
            raise _failed(self.to, error) from error
        try:
            yield client
        finally:
            client.close_connection()

    def _name(self, client: Any, table: str) -> str:
        return str(client.make_qualified_table_name(table))

    def _prepare(self) -> dict[str, str | None]:
        """The runs that are loaded, each with the hash of its reports; what a killed load left is removed."""
        with _told(self.to), self._client() as client:
            if not client.has_dataset():
                client.create_dataset()
            mark = self._name(client, MARK)
            client.execute_sql(f"CREATE TABLE IF NOT EXISTS {mark} (run_id VARCHAR(200))")
            if not self._stored(client):
                return {}
            if client.execute_sql(f"SELECT run_id FROM {mark}"):
                self._remove_leftovers(client)
            runs = client.execute_sql(f"SELECT run_id, reports_sha256 FROM {self._name(client, schema.RUNS.name)}")
            return dict(runs)

    def _stored(self, client: Any) -> bool:
        """Whether every table is there; those that a load was killed in the middle of making are none yet."""
        names = [views.stored_name(table) for table in (*_APPENDED, *_MERGED, schema.RUNS)]
        with self.pipeline.destination_client() as destination:
            return all(columns for _, columns in destination.get_storage_tables(names))

    def _remove_leftovers(self, client: Any) -> None:
        complete = f"SELECT run_id FROM {self._name(client, schema.RUNS.name)}"
        versions = self._name(client, views.VERSIONS)
        for stored in (views.VERSIONS, schema.OUTCOMES.stored_as):
            client.execute_sql(f"DELETE FROM {self._name(client, stored)} WHERE run_id NOT IN ({complete})")
        for table in schema.of_kind("version"):
            if table is not schema.REPORTS:
                name = self._name(client, table.stored_as)
                same = f"v.report_id = {name}.report_id AND v.revision_no = {name}.revision_no"
                client.execute_sql(f"DELETE FROM {name} WHERE NOT EXISTS (SELECT 1 FROM {versions} v WHERE {same})")
        client.execute_sql(f"DELETE FROM {self._name(client, MARK)}")

    # ------------------------------------------------------------------------------------------------ load

    def load(self, run: PublishedRun, portals: Sequence[Portal] = ()) -> Loaded:
        """One run, whole or not at all. Raises ``RunRefused`` for one that is unfinished or damaged, or has the name
        of another that is loaded."""
        if run.run_id in self.runs:
            if self.runs[run.run_id] != run.sha256(REPORTS):
                raise RunRefused(
                    run.path, "仓库中已有同名的另一批次", "the warehouse has another run of this name already"
                )
            return Loaded(run.run_id)
        run.check()
        with _told(self.to):
            return self._load(run, portals)

    def _load(self, run: PublishedRun, portals: Sequence[Portal]) -> Loaded:
        with self._client() as client:
            stored = self._stored(client)
            known = self._known if self._known is not None else self._read_known(client) if stored else {}
            self._known = None  # until the run is in
            before = self._counts(client) if stored else {}
            client.execute_sql(f"INSERT INTO {self._name(client, MARK)} VALUES (%s)", run.run_id)
            merged = list(self._merged(client, run, portals, stored))
        loaded = Loaded(run.run_id)
        resources = [self._appended(run, known, loaded), *merged]
        formats = {DUCKDB: "parquet", POSTGRES: "csv"}
        self.pipeline.run(resources, loader_file_format=formats.get(self.to))
        with self._client() as client:
            after = self._counts(client)
            arrived = {name: after[name] - before.get(name, 0) for name in after}
            if wrong := {name: count for name, count in arrived.items() if count != loaded.rows.get(name, 0)}:
                raise InputError(
                    f"批次 {run.run_id}:写入的行数不符 {wrong}",
                    f"run {run.run_id}: rows are missing or double: {wrong}",
                )
            self._finish(client, run, loaded)
        self._known = known
        self.runs[run.run_id] = run.sha256(REPORTS)
        return loaded

    def work_out(self) -> None:
        """Renews what follows from the tables: views, and the checks across reports, unless all runs are in them.

        Only DuckDB has them.
        """
        if self._connection is None or not self.runs:
            return
        from crawler.warehouse import across, derived

        try:
            with self._connection.cursor() as cursor:
                cursor.execute(f"USE {schema.DATASET}")
                cursor.execute(f"CREATE TABLE IF NOT EXISTS {WORKED_OUT} (runs BIGINT)")
                if cursor.execute(f"SELECT max(runs) FROM {WORKED_OUT}").fetchone() != (len(self.runs),):
                    derived.install(cursor)
                    across.check(cursor)
                    cursor.execute(f"INSERT INTO {WORKED_OUT} VALUES (?)", [len(self.runs)])
        except duckdb().Error as error:
            raise _failed(self.to, error) from error

    def _read_known(self, client: Any) -> Known:
        with client.execute_query(KNOWN.format(self._name(client, views.VERSIONS))) as cursor:
            return known_versions(cursor)

    def _counts(self, client: Any) -> dict[str, int]:
        names = [views.stored_name(table) for table in _APPENDED]
        return {name: client.execute_sql(f"SELECT count(*) FROM {self._name(client, name)}")[0][0] for name in names}

    def _appended(self, run: PublishedRun, known: Known, loaded: Loaded) -> Any:
        import dlt

        def pieces() -> Iterator[Any]:
            for table in (*_APPENDED, schema.RUNS):  # a table without rows is made, too
                yield dlt.mark.with_table_name(batch(table, []), views.stored_name(table))
            for held in self._batches(run, known, loaded):
                for name, made in held.items():
                    stored = views.stored_name(schema.TABLES[name])
                    loaded.rows[stored] = loaded.rows.get(stored, 0) + len(made)
                    yield dlt.mark.with_table_name(batch(schema.TABLES[name], made), stored)

        return dlt.resource(pieces, name="run", write_disposition="append")

    def _batches(
        self, run: PublishedRun, known: Known, loaded: Loaded
    ) -> Iterator[Mapping[str, list[tuple[Any, ...]]]]:
        finished = run.manifest.get("finished")
        visits = [rows.outcome(visit, run.run_id, finished) for visit in run.outcomes()]
        yield {schema.OUTCOMES.name: visits}
        held: dict[str, rows.Rows] = {}
        loaded.versions = 0
        for group in run.reports():
            loaded.reports += len(group)
            try:
                versions = list(new_versions(group, known, run.run_id, run.started))
            except (KeyError, TypeError, AttributeError, ValueError) as error:  # a field is not there, or another thing
                which, why = group[0]["report_id"], f"{type(error).__name__}: {error}"
                raise RunRefused(
                    run.path, f"报告 {which} 的结构不对:{why}", f"report {which} has not the shape of one: {why}"
                ) from error
            loaded.versions += len(versions)
            for version in versions:
                for name, made in version.items():
                    held.setdefault(name, []).extend(made)
            if len(held.get(schema.FACTS.name, ())) >= BATCH:
                yield held
                held = {}
        yield held

    def _merged(self, client: Any, run: PublishedRun, portals: Sequence[Portal], stored: bool) -> Iterator[Any]:
        """The reference tables in which something is new."""
        import dlt

        registered = [rows.registered(portal) for portal in portals]
        told = {schema.REGIONS: rows.all_regions(), schema.FIELDS: rows.all_fields(), schema.PORTALS: registered}
        for table, made in told.items():
            columns = ", ".join(client.escape_column_name(column.name) for column in table.stored)
            query = f"SELECT {columns} FROM {self._name(client, table.name)}"
            there = set(map(tuple, client.execute_sql(query))) if stored else set()
            if table is schema.PORTALS:
                made += rows.portals(run.outcomes(), {row[0] for row in (*made, *there)})
            if new := [row for row in made if row not in there] if stored else made:
                data = [pa.Table.from_batches([batch(table, new)])]
                yield dlt.resource(data, name=table.name, primary_key=table.key, write_disposition="merge")
            elif not stored:
                yield dlt.resource([pa.Table.from_batches([batch(table, [])])], name=table.name)

    def _finish(self, client: Any, run: PublishedRun, loaded: Loaded) -> None:
        """Makes the run count: it is entered, and the views are there."""
        told = {
            **run.manifest,
            "kind": run.kind,
            "run_id": run.run_id,
            "years": run.years,
            "portals": (run.manifest.get("counts") or {}).get("portals"),
            "reports": loaded.reports,
            "versions": loaded.versions,
            "reports_sha256": run.sha256(REPORTS),
            "outcomes_sha256": run.sha256(OUTCOMES),
        }
        marks = ", ".join(["%s"] * len(schema.RUNS.stored))
        names = ", ".join(client.escape_column_name(column.name) for column in schema.RUNS.stored)
        self._make_views(client)  # before the run counts, so that a run that counts has them
        with client.begin_transaction():
            client.execute_sql(
                f"INSERT INTO {self._name(client, schema.RUNS.name)} ({names}) VALUES ({marks})", *rows.run(told)
            )
            client.execute_sql(f"DELETE FROM {self._name(client, MARK)}")

    def _make_views(self, client: Any) -> None:
        from dlt.destinations.exceptions import DatabaseException

        if self.to == POSTGRES:
            for table in _APPENDED:
                name, columns = views.stored_name(table), ", ".join(map(client.escape_column_name, table.key))
                client.execute_sql(f"CREATE INDEX IF NOT EXISTS {name}_key ON {self._name(client, name)} ({columns})")
        made = list(views.views(lambda table: self._name(client, table), client.escape_column_name))
        statements = [f"CREATE OR REPLACE VIEW {self._name(client, name)} AS {query}" for name, query in made]
        try:
            for statement in statements:
                client.execute_sql(statement)
        except DatabaseException:  # PostgreSQL replaces no view that has got a column in its midst
            for name, _ in reversed(made):
                client.execute_sql(f"DROP VIEW IF EXISTS {self._name(client, name)}")
            for statement in statements:
                client.execute_sql(statement)


def _opened(path: Path) -> Any:
    """One connection for all that dlt does: opening the file for every job costs more than a small load."""
    library = duckdb()
    try:
        connection = library.connect(str(path))
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET memory_limit = '1GB'")  # what does not fit goes to disk
        connection.execute("SET preserve_insertion_order = false")  # else an insert keeps all its rows in memory
    except library.Error as error:
        raise _failed(str(path), error) from None
    return connection


@contextmanager
def _told(to: str) -> Iterator[None]:
    """What a destination refuses, said without a traceback; the words of dlt say what to configure."""
    from dlt.common.exceptions import DltException
    from dlt.extract.exceptions import ResourceExtractionError

    try:
        yield
    except DltException as error:
        causes = list(_causes(error))
        if any(isinstance(cause, ResourceExtractionError) for cause in causes):
            # of the run or of this code, not of the destination
            raise next((cause for cause in causes if isinstance(cause, InputError)), causes[-1]) from None
        raise _failed(to, error) from error


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came from."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__


def _failed(to: str, error: BaseException) -> InputError:
    """The first cause, in its first line."""
    *_, first = _causes(error)
    said = next(iter(str(first).splitlines()), type(first).__name__)
    return InputError(f"载入 {to} 失败:{said}", f"loading into {to} failed: {said}")
