"""Loading: whole runs or nothing, once, on DuckDB and PostgreSQL alike, killed at any moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from crawler.demo.run import ROOT, Crawled
from crawler.errors import InputError
from crawler.run import sha256_of
from crawler.warehouse import add_run, in_memory, open_warehouse, schema, views
from crawler.warehouse.declared import Column
from crawler.warehouse.load import Loader
from crawler.warehouse.runs import RunRefused, chosen
from crawler.warehouse.types import DUCKDB
from tests.crawler.warehouse.records import Record, outcome, record, write_run
from tests.crawler.warehouse.test_tables import changed
from tests.postgres import PostgresServer

LATER = "2025-07-01T00:00:00+00:00"
STORED = [views.stored_name(table) for table in schema.TABLES.values()]


def load(runs: Path, *names: str, to: str = "duckdb", credentials: str | None = None) -> list[int | None]:
    """The new versions of each run, as the command loads them."""
    with Loader(to, credentials, directory=runs.parent) as loader:
        return [loader.load(run).versions for run in chosen(runs, names)]


def content(connection: Any, name: str) -> list[tuple[Any, ...]]:
    """All rows of a table, in an order of their own."""
    columns = ", ".join(f'"{column.name}"' for column in stored_columns(name))
    with closing(connection.cursor()) as cursor:
        return sorted(cursor.execute(f"SELECT {columns} FROM nianbao.{name}").fetchall(), key=repr)


def stored_columns(name: str) -> tuple[Column, ...]:
    return next(table.stored for table in schema.TABLES.values() if views.stored_name(table) == name)


@pytest.fixture
def records() -> list[Record]:
    return [record(0), record(1), record(old=True, report_id="old")]


@pytest.fixture
def runs(tmp_path: Path, records: list[Record]) -> Path:
    write_run(tmp_path / "runs", records)
    return tmp_path / "runs"


@pytest.fixture(params=["duckdb", "postgres"])
def destination(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str, Any]]:
    """Name, credentials, and a function that connects."""
    if request.param == "duckdb":
        path = tmp_path / "there.duckdb"
        yield "duckdb", str(path), lambda: open_warehouse(path)
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.database()
        yield "postgres", url, lambda: psycopg.connect(url, options="-c timezone=UTC")


def test_every_row_is_that_of_the_records(destination: tuple[str, str, Any], runs: Path, records: list[Record]) -> None:
    to, credentials, connect = destination
    assert load(runs, to=to, credentials=credentials) == [3]
    expected = in_memory(records, [outcome()], run_id="20250601T000000Z")
    with closing(connect()) as connection:
        for name in sorted({*STORED} - {"runs"}):
            assert content(connection, name) == content(expected, name), name
        rows = connection.cursor().execute("SELECT run_id, reports, versions FROM nianbao.runs").fetchall()
    assert rows == [("20250601T000000Z", 3, 3)]


def test_a_run_tells_which_years_it_looked_for(tmp_path: Path, runs: Path) -> None:
    manifest = json.loads((runs / "20250601T000000Z" / "manifest.json").read_text())
    manifest["arguments"] = {"province": "37", "years": "2021-2022,2024"}
    (runs / "20250601T000000Z" / "manifest.json").write_text(json.dumps(manifest))
    load(runs)
    with open_warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        assert warehouse.execute("SELECT years FROM runs").fetchall() == [("[2021,2022,2024]",)]


def test_loading_twice_changes_nothing(destination: tuple[str, str, Any], runs: Path) -> None:
    to, credentials, connect = destination
    load(runs, to=to, credentials=credentials)
    with closing(connect()) as connection:
        before = {name: content(connection, name) for name in STORED}
    assert load(runs, to=to, credentials=credentials) == [None]
    assert load(runs, "20250601T000000Z", to=to, credentials=credentials) == [None]
    with closing(connect()) as connection:
        assert {name: content(connection, name) for name in STORED} == before


def test_a_changed_report_adds_one_revision(
    destination: tuple[str, str, Any], runs: Path, records: list[Record]
) -> None:
    to, credentials, connect = destination
    load(runs, to=to, credentials=credentials)
    write_run(runs, [changed(records[0], 4321, LATER), *records[1:]], run_id="second", finished=LATER)
    assert load(runs, to=to, credentials=credentials) == [None, 1]
    with closing(connect()) as connection:
        query = "SELECT revision_no, is_latest FROM nianbao.reports_history WHERE report_id = '{}' ORDER BY 1"
        cursor = connection.cursor()
        assert cursor.execute(query.format(records[0]["report_id"])).fetchall() == [(1, False), (2, True)]
        assert cursor.execute(query.format("old")).fetchall() == [(1, True)]
        assert cursor.execute(
            "SELECT value FROM nianbao.facts_long WHERE row_code = 'review' AND col_code = 'upheld'"
            f" AND report_id = '{records[0]['report_id']}'"
        ).fetchall() == [(4321,)]
        assert cursor.execute("SELECT count(*) FROM nianbao.outcomes").fetchone() == (1,)
        assert cursor.execute("SELECT count(*) FROM nianbao.outcomes_history").fetchone() == (2,)


def test_a_warehouse_of_an_older_version_gets_what_is_new(
    destination: tuple[str, str, Any], runs: Path, records: list[Record]
) -> None:
    """A column in the midst of a table that is not there yet, with the views over it."""
    to, credentials, connect = destination
    load(runs, to=to, credentials=credentials)
    owner = duckdb.connect(credentials) if to == "duckdb" else psycopg.connect(credentials, autocommit=True)
    with closing(owner):
        for name, _ in reversed(list(views.views(str, str))):
            owner.execute(f"DROP VIEW nianbao.{name}")
        owner.execute("ALTER TABLE nianbao.sections_history DROP COLUMN heading")
        columns = "report_id, revision_no, number, present, location"
        owner.execute(f"CREATE VIEW nianbao.sections AS SELECT {columns} FROM nianbao.sections_history")
        owner.execute("DELETE FROM nianbao._dlt_version")  # what dlt knew of a table that had no such column
    write_run(runs, [record(2)], run_id="second", finished=LATER)
    assert load(runs, to=to, credentials=credentials) == [None, 1]
    with closing(connect()) as connection:
        cursor = connection.cursor()
        found = cursor.execute("SELECT count(heading), count(*) FROM nianbao.sections").fetchone()
        assert found == (6, 6 * (len(records) + 1))


def test_the_tables_made_by_dlt_have_the_columns_of_the_declaration(runs: Path, tmp_path: Path) -> None:
    load(runs)
    with open_warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        for name in STORED:
            described = {row[0]: row[1] for row in warehouse.execute(f"DESCRIBE {name}").fetchall()}
            assert described == {column.name: DUCKDB[column.type] for column in stored_columns(name)}, name


# ---------------------------------------------------------------------------------------------------- killed

KILLED = """
import os, signal, sys
from pathlib import Path
from crawler.warehouse import load
from crawler.warehouse.runs import chosen
{where}
with load.Loader(sys.argv[2], sys.argv[3], directory=Path(sys.argv[1]).parent) as loader:
    for run in chosen(Path(sys.argv[1]), []):
        loader.load(run)
"""
AFTER_ROWS = "load.Loader._finish = lambda *_: os.kill(os.getpid(), signal.SIGKILL)"
BETWEEN_TABLES = """
from dlt.load.load import Load
done = []
complete = Load.complete_jobs
def killed(self, *args, **more):
    done.append(1)
    if len(done) > 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return complete(self, *args, **more)
Load.complete_jobs = killed
"""
IN_EXTRACT = """
from crawler.warehouse import versions
load.new_versions = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
"""
BEFORE_VIEWS = "load.Loader._make_views = lambda *_: os.kill(os.getpid(), signal.SIGKILL)"


@pytest.mark.parametrize(
    ("where", "first"),
    [(BETWEEN_TABLES, True), (BEFORE_VIEWS, True), (IN_EXTRACT, False), (BETWEEN_TABLES, False), (AFTER_ROWS, False)],
)
def test_a_load_that_is_killed_ends_the_same_when_repeated(
    tmp_path: Path, runs: Path, records: list[Record], where: str, first: bool
) -> None:
    expected = in_memory(records, [outcome()], run_id="20250601T000000Z")
    if not first:
        load(runs)
        more = [changed(records[0], 4321, LATER), record(2)]
        write_run(runs, more, run_id="second", finished=LATER)
        add_run(expected, more, [outcome()], run_id="second", finished=LATER)
    process = subprocess.run(
        [sys.executable, "-c", KILLED.format(where=where), str(runs), "duckdb", str(tmp_path / "warehouse.duckdb")],
        cwd=ROOT, capture_output=True, timeout=120,
    )  # fmt: skip
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    load(runs)
    with open_warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        for name in sorted({*STORED} - {"runs"}):
            assert content(warehouse, name) == content(expected, name), name
        assert warehouse.execute("SELECT count(*) FROM reports").fetchone() == (3 if first else 4,)


def test_a_reader_sees_nothing_of_a_run_that_is_not_complete(tmp_path: Path, runs: Path, records: list[Record]) -> None:
    load(runs)
    write_run(runs, [changed(records[0], 4321, LATER)], run_id="second", finished=LATER)
    command = [
        sys.executable,
        "-c",
        KILLED.format(where=AFTER_ROWS),
        str(runs),
        "duckdb",
        str(tmp_path / "warehouse.duckdb"),
    ]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120)
    with open_warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        assert warehouse.execute("SELECT count(*) FROM report_versions").fetchone() == (4,)
        assert warehouse.execute("SELECT max(revision_no), count(*) FROM reports_history").fetchone() == (1, 3)
        assert warehouse.execute("SELECT count(*) FROM reports_wide").fetchone() == (3,)
        assert warehouse.execute("SELECT count(*) FROM outcomes").fetchone() == (1,)


# --------------------------------------------------------------------------------------------------- refused


BROKEN = {  # a file's lines with their right hash
    "line": ("reports.jsonl", '{"report_id": "x", \n'),
    "blank": ("reports.jsonl", "\n"),
    "shape": ("reports.jsonl", '{"report_id": "x"}\n'),
    "twice": ("outcomes.jsonl", '{"portal_id": "p"}\n' * 2),
}
MANIFESTS = {"list": [], "no files": {"files": []}, "no hash": {"files": {"reports.jsonl": 5}},
             "counts": {"files": {}, "counts": 5}}  # fmt: skip


@pytest.mark.parametrize("damage", ["reports.jsonl", "outcomes.jsonl", "manifest.json", "gone", *BROKEN, *MANIFESTS])
def test_a_run_that_is_damaged_or_unfinished_is_refused_by_name(runs: Path, damage: str) -> None:
    run = runs / "20250601T000000Z"
    manifest = json.loads((run / "manifest.json").read_text())
    if damage == "gone":
        (run / "reports.jsonl").unlink()
    elif damage == "manifest.json":
        (run / damage).unlink()
    elif damage in BROKEN:
        name, lines = BROKEN[damage]
        (run / name).write_text(lines)
        manifest["files"][name]["sha256"] = sha256_of(run / name)
        (run / "manifest.json").write_text(json.dumps(manifest))
    elif damage in MANIFESTS:
        (run / "manifest.json").write_text(json.dumps(MANIFESTS[damage]))
    else:
        with (run / damage).open("a") as file:
            file.write("\n")
    with pytest.raises(RunRefused, match=run.name):
        load(runs, run.name)
    with duckdb.connect(str(runs.parent / "warehouse.duckdb")) as warehouse:
        views_made = warehouse.execute("SELECT count(*) FROM information_schema.tables WHERE table_type = 'VIEW'")
        assert views_made.fetchone() == (0,)


def test_a_published_run_that_ended_early_is_loaded(tmp_path: Path, runs: Path) -> None:
    """What it has is known to the ledger, so no later run writes it again."""
    write_run(runs, [record(3)], run_id="early")
    manifest = json.loads((runs / "early" / "manifest.json").read_text())
    (runs / "early" / "manifest.json").write_text(json.dumps(manifest | {"complete": False, "verdict": 2}))
    load(runs)
    with open_warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        found = warehouse.execute("SELECT count(*) FROM reports_history WHERE run_id = 'early'").fetchone()
        assert found == (1,)


def test_damaged_runs_do_not_keep_the_others_out(tmp_path: Path, runs: Path) -> None:
    """Refused by name, and the exit code tells."""
    for name in ("damaged", "unreadable"):
        write_run(runs, [record(3)], run_id=name)
    (runs / "unreadable" / "manifest.json").write_text("{")
    with (runs / "damaged" / "reports.jsonl").open("a") as file:
        file.write("\n")
    (runs / "unfinished").mkdir()
    done = scrapy("load", "-s", f"RUNS_DIR={runs}")
    assert done.returncode == 1
    assert "run damaged" in done.stderr
    assert "run unreadable" in done.stderr
    with open_warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        assert warehouse.execute("SELECT run_id FROM runs").fetchall() == [("20250601T000000Z",)]


def test_another_run_of_the_same_name_is_refused(tmp_path: Path, runs: Path) -> None:
    load(runs)
    write_run(tmp_path / "others", [record(3)])
    with pytest.raises(RunRefused, match="20250601T000000Z"):
        load(tmp_path / "others", credentials=str(tmp_path / "warehouse.duckdb"))


def test_archives_parsed_again_bring_no_visits(tmp_path: Path, runs: Path, records: list[Record]) -> None:
    load(runs)
    again = changed(records[0], 4321, records[0]["source"]["fetched_at"], digest=records[0]["source"]["content_sha256"])
    run = write_run(runs, [again], run_id="again", finished=LATER)
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps(manifest | {"kind": "reparse"}))
    assert load(runs) == [None, 1]
    with open_warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        found = warehouse.execute("SELECT change, run_id FROM reports WHERE revision_no = 2").fetchall()
        assert found == [("reread", "again")]
        assert warehouse.execute("SELECT run_id FROM outcomes_history").fetchall() == [("20250601T000000Z",)]


def test_what_follows_from_the_tables_is_worked_out_when_it_is_due(tmp_path: Path, runs: Path) -> None:
    """Also for runs that were loaded by a process that was killed before it came to that."""
    load(runs)
    for run, times in ((None, 1), (None, 1), ("second", 2)):
        if run:
            write_run(runs, [record(2)], run_id=run, finished=LATER)
            load(runs)
        with Loader(directory=tmp_path) as loader:
            loader.work_out()
        with open_warehouse(tmp_path / "warehouse.duckdb") as warehouse:
            assert warehouse.execute("SELECT count(*) FROM _worked_out").fetchone() == (times,)
            assert warehouse.execute("SELECT count(*) > 0 FROM indicators").fetchone() == (True,)


def test_one_load_at_a_time(runs: Path) -> None:
    with Loader(directory=runs.parent), pytest.raises(InputError, match="another load"):
        load(runs)


# --------------------------------------------------------------------------------------------------- command


def scrapy(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scrapy", "warehouse", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, env={**os.environ, **environment}
    )


def test_the_demo_run_in_one_command(demo_crawl: Crawled, tmp_path: Path) -> None:
    """Every number of ``reports.jsonl``, from the file that the command makes; nothing else is left behind."""
    path = tmp_path / "w.duckdb"
    done = scrapy("load", "--credentials", str(path), "-s", f"RUNS_DIR={demo_crawl.workspace.runs}",
                  "-s", f"PORTALS_DIR={demo_crawl.workspace.portals}")  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    with open_warehouse(path) as warehouse:
        (found,) = warehouse.execute("SELECT sum(value) FROM facts_long WHERE row_code = 'new_requests'").fetchone()
        portals = warehouse.execute("SELECT count(*) FROM portals WHERE name IS NOT NULL").fetchone()
    printed = [
        cell["value"] or 0
        for told in demo_crawl.reports
        for cell in told["tables"]["table3"]["cells"].get("new_requests", {}).values()
    ]
    assert found == sum(printed) > 0
    assert portals == (5,)
    assert {entry.name for entry in tmp_path.iterdir()} == {"w.duckdb", ".dlt"}
    assert [entry.name for entry in (tmp_path / ".dlt").iterdir()] == ["w.lock"]


def test_what_can_not_be_loaded_is_said_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    none = scrapy("load", "-s", f"RUNS_DIR={tmp_path / 'runs'}")
    assert (none.returncode, "Traceback" in none.stderr) == (2, False)
    write_run(tmp_path / "runs", [record()])
    for arguments in (["--to", "nosuch"], ["--to", "postgres", "--credentials", "postgresql://a:b@127.0.0.1:9/x"]):
        done = scrapy("load", *arguments, "-s", f"RUNS_DIR={tmp_path / 'runs'}")
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert f"loading into {arguments[1]} failed" in done.stderr


def test_a_missing_extra_is_named(tmp_path: Path) -> None:
    write_run(tmp_path / "runs", [record()])
    (tmp_path / "path" / "dlt").mkdir(parents=True)
    (tmp_path / "path" / "dlt" / "__init__.py").write_text("raise ImportError('no dlt', name='dlt')")
    done = scrapy("load", "-s", f"RUNS_DIR={tmp_path / 'runs'}", PYTHONPATH=str(tmp_path / "path"))
    assert done.returncode == 2
    assert "dlt is not installed: install the extra warehouse" in done.stderr
