"""Release files: opened by others, every number is that of ``reports.jsonl``; nothing runs, nothing is lost."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
import warnings
from contextlib import closing
from pathlib import Path

import duckdb
import frictionless
import pandas as pd
import pytest

from crawler.demo.run import ROOT
from crawler.errors import InputError
from crawler.spreadsheet import harmless, harmless_sql
from crawler.warehouse import in_memory, open_warehouse, schema
from crawler.warehouse.derived import questions
from crawler.warehouse.load import Loader
from crawler.warehouse.release import available, files, release, stata
from crawler.warehouse.runs import read
from tests.crawler.warehouse.records import Record, record, write_run
from tests.crawler.warehouse.test_load import scrapy
from tests.crawler.warehouse.test_tables import cells, changed

LATER = "2025-07-01T00:00:00+00:00"
EVIL = '=HYPERLINK("http://evil/","年报")'
TIMESTAMP = re.compile(rb"<timestamp>.*?</timestamp>", re.DOTALL)
KEY = ["report_id", "table", "row_code", "col_code"]
Numbers = dict[tuple[str, ...], float | None]


@pytest.fixture(scope="module")
def records() -> list[Record]:
    evil = record(1)
    evil["metadata"] |= {"title": EVIL, "region_code": "610928", "report_year": None}
    evil["sections"][0]["text"] = "第一行,\n“第二行”\t=1+1\r\n"
    return [record(0), evil, record(2)]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory, records: list[Record]) -> Path:
    """Two releases: ``first`` of one run, ``second`` of that and a later one, compared with the first."""
    there = tmp_path_factory.mktemp("release")
    with Loader(directory=there) as loader:
        loader.load(read(write_run(there / "runs", records)))
        loader.work_out()
    release(there / "warehouse.duckdb", there / "first")
    later = [changed(records[0], 4321, LATER), record(3, at=LATER)]
    with Loader(directory=there) as loader:
        loader.load(read(write_run(there / "runs", later, run_id="later", finished=LATER)))
        loader.work_out()
    release(there / "warehouse.duckdb", there / "second", since=there / "first")
    return there


@pytest.fixture
def runs_warehouse(workshop: Path, tmp_path: Path) -> Path:
    """A copy of the warehouse to do harm to."""
    return Path(shutil.copy(workshop / "warehouse.duckdb", tmp_path / "copy.duckdb"))


@pytest.fixture(scope="module")
def printed(records: list[Record]) -> Numbers:
    """Every cell of ``reports.jsonl``."""
    return {(told["report_id"], *path): cell["value"] for told in records for path, cell in cells(told).items()}


def numbers(frame: pd.DataFrame) -> Numbers:
    keys = zip(*(frame[name].astype(str) for name in KEY), strict=True)
    return {key: None if pd.isna(value) else value for key, value in zip(keys, frame["value"], strict=True)}


# ------------------------------------------------------------------------------------------------ reopened


def test_csv_in_pandas(workshop: Path, printed: Numbers) -> None:
    assert numbers(pd.read_csv(workshop / "first" / "csv" / "facts_long.csv")) == printed


def test_counts_are_written_without_decimals(workshop: Path, printed: Numbers) -> None:
    with (workshop / "first" / "csv" / "facts_long.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {tuple(row[name] for name in KEY): row["value"] for row in rows} == {
        key: "" if value is None else str(value) for key, value in printed.items()
    }


def test_parquet_in_pandas_and_duckdb(workshop: Path, printed: Numbers) -> None:
    path = workshop / "first" / "parquet" / "facts_long"
    assert numbers(pd.read_parquet(path)) == printed
    query = "SELECT {}, value FROM read_parquet('{}/**/*.parquet')".format(", ".join(f'"{name}"' for name in KEY), path)
    assert {row[:4]: row[4] for row in duckdb.sql(query).fetchall()} == printed
    assert {folder.name for folder in path.iterdir()} == {"province=370000", "province=610000"}
    assert (path / "province=610000" / "year=0").is_dir()


def test_jsonl_line_by_line(workshop: Path, printed: Numbers) -> None:
    lines = (workshop / "first" / "jsonl" / "facts_long.jsonl").read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    assert {tuple(row[name] for name in KEY): row["value"] for row in told} == printed
    assert not [row for row in told if isinstance(row["value"], float) and row["value"].is_integer()]
    assert isinstance(next(row["origin"] for row in told if row["state"] == "value"), dict)


def test_stata_with_labels(workshop: Path, printed: Numbers) -> None:
    frames = [pd.read_stata(path) for path in (workshop / "first" / "stata").glob("facts_long_*.dta")]
    assert numbers(pd.concat([frame.astype(dict.fromkeys(KEY, str)) for frame in frames])) == printed
    with pd.io.stata.StataReader(workshop / "first" / "stata" / "reports_wide.dta") as reader:
        labels, values = reader.variable_labels(), reader.value_labels()
    assert max(map(len, labels.values())) <= 80
    assert labels["t3_dn_3s1s_nat"].startswith("(三)不予公开·3.危及“三安全一稳定”·自然人")
    assert list(values["t2_status"].values()) == list(schema.STATUSES)


def test_stata_files_of_one_piece_and_of_many_are_the_same(
    runs_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: dict[int, dict[str, bytes]] = {}
    with closing(open_warehouse(runs_warehouse)) as warehouse:
        for cells in (stata.CELLS, 700):
            monkeypatch.setattr(stata, "CELLS", cells)
            directory = tmp_path / str(cells)
            directory.mkdir()
            for table in available(warehouse):
                stata.write(warehouse, table, directory)
            held[cells] = {file.name: TIMESTAMP.sub(b"", file.read_bytes()) for file in directory.iterdir()}
    whole, pieces = held.values()
    assert whole == pieces
    assert {"reports_wide.dta", "facts_long_unknown.dta", "indicators.dta"} <= set(whole)


def test_stata_files_can_be_appended(workshop: Path) -> None:
    """A number has one label in all files, and what is no closed list is text."""
    labels = []
    for path in (workshop / "first" / "stata").glob("facts_long_*.dta"):
        with pd.io.stata.StataReader(path) as reader:
            labels.append(reader.value_labels())
    assert len(labels) > 1
    assert all(each == labels[0] for each in labels)
    assert {name: list(values.values()) for name, values in labels[0].items()} == {
        "table": ["t2", "t3", "t4", "s14"], "state": list(schema.STATES),
    }  # fmt: skip


def test_stata_holds_more_printed_labels_than_it_has_room_for_value_labels(tmp_path: Path) -> None:
    told = record(old=True)
    rows = told["tables"]["statistics2014"]["rows"]
    added = {f"各县自拟的统计指标名称第{at}项": at for at in range(1500)}
    rows += [rows[0] | {"key": None, "label": label, "value": value} for label, value in added.items()]
    with closing(in_memory([told])) as warehouse:
        stata.write(warehouse, schema.FACTS, tmp_path)
    (path,) = tmp_path.iterdir()
    frame = pd.read_stata(path)
    years = frame[frame["col_code"] == "year"].set_index("row_code")["value"]
    assert {label: years[label] for label in added} == added


def test_the_wide_table_in_every_format(workshop: Path, records: list[Record]) -> None:
    first = workshop / "first"
    with sqlite3.connect(first / "nianbao.sqlite") as database:
        in_sqlite = pd.read_sql_query("SELECT * FROM reports_wide", database)
    database.close()
    frames = [
        pd.read_csv(first / "csv" / "reports_wide.csv"),
        pd.read_parquet(first / "parquet" / "reports_wide"),
        pd.read_stata(first / "stata" / "reports_wide.dta"),
        in_sqlite,
    ]
    shorts = {(field.table, field.row, field.column): field.short for field in schema.WIDE_FIELDS}
    for told in records:
        expected = {shorts[path]: cell["value"] for path, cell in cells(told).items() if cell["value"] is not None}
        for frame in frames:
            row = frame[frame["report_id"] == told["report_id"]].iloc[0]
            assert {name: row[name] for name in shorts.values() if not pd.isna(row[name])} == expected


def test_sqlite_keeps_keys_and_references(workshop: Path, printed: Numbers) -> None:
    database = sqlite3.connect(workshop / "first" / "nianbao.sqlite")
    try:
        rows = database.execute('SELECT report_id, "table", row_code, col_code, value FROM facts_long').fetchall()
        assert {row[:4]: row[4] for row in rows} == printed
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("SELECT fetched_at FROM reports LIMIT 1").fetchone() == ("2025-03-01T00:00:00Z",)
    finally:
        database.close()


@pytest.mark.parametrize("which", ["first", "second"])
def test_the_package_is_valid_to_frictionless(workshop: Path, which: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = frictionless.validate(workshop / which / "datapackage.json")
    assert found.flatten(["title", "message"]) == []
    assert found.valid
    described = json.loads((workshop / which / "datapackage.json").read_text(encoding="utf-8"))
    assert len(found.tasks) == len(described["resources"]) == len(list((workshop / which / "csv").iterdir()))


def test_the_package_tells_of_damage(workshop: Path, tmp_path: Path) -> None:
    """The check above can fail: a row whose report is not there is an error."""
    shutil.copytree(workshop / "first" / "csv", tmp_path / "csv")
    described = json.loads((workshop / "first" / "datapackage.json").read_text(encoding="utf-8"))
    for resource in described["resources"]:
        resource.pop("hash")
        resource.pop("bytes")
    (tmp_path / "datapackage.json").write_text(json.dumps(described), encoding="utf-8")
    with (tmp_path / "csv" / "sections.csv").open("a", encoding="utf-8") as file:
        file.write('"nobody","1","1","true",,,,"0"\n')
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = frictionless.validate(tmp_path / "datapackage.json")
    assert {error[0] for error in found.flatten(["type"])} == {"foreign-key"}


def test_the_codebook_has_every_field_and_the_package_the_same(workshop: Path) -> None:
    with (workshop / "second" / "codebook.csv").open(encoding="utf-8-sig", newline="") as file:
        book = {(row["table"], row["field"]) for row in csv.DictReader(file)}
    described = json.loads((workshop / "second" / "datapackage.json").read_text(encoding="utf-8"))
    package = {(r["name"], field["name"]) for r in described["resources"] for field in r["schema"]["fields"]}
    headers = set()
    for path in (workshop / "second" / "csv").iterdir():
        with path.open(encoding="utf-8-sig", newline="") as file:
            headers |= {(path.stem, name) for name in next(csv.reader(file))}
    assert book == package == headers
    text = (workshop / "second" / "codebook.md").read_text(encoding="utf-8")
    assert "| `t3_dn_sec_tot` | int | (三)不予公开·1.属于国家秘密·总计 | denied: state secret: total | 件 |" in text


def test_the_example_of_the_documentation_runs(
    workshop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    example = text.partition("### Python\n\n```python\n")[2].partition("```")[0]
    assert len(example.splitlines()) == 10
    monkeypatch.chdir(workshop / "first")
    exec(compile(example, "data.md", "exec"), {})
    assert "denied_state_secret" in capsys.readouterr().out


def test_the_queries_of_the_documentation_run(workshop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    example = text.partition("### SQL\n\n```python\n")[2].partition("```")[0]
    asked = re.findall(r"^\| `(\w+)` \|.*\| `(SELECT [^`]+)` \|$", text, re.MULTILINE)
    assert sorted(name for name, _ in asked) == [question.name for question in questions()]
    (tmp_path / "output").mkdir()
    shutil.copy(workshop / "warehouse.duckdb", tmp_path / "output")
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "data.md", "exec"), {})
    with closing(open_warehouse()) as warehouse:
        for name, query in asked:
            assert f" {name}" in query
            warehouse.execute(query).fetchall()


def test_the_examples_for_r_and_stata_name_what_there_is(workshop: Path) -> None:
    """They can't be run here; their files and columns are those of a release, and what they compare is text."""
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    in_r, in_stata = (text.partition(f"```{name}\n")[2].partition("```")[0] for name in ("r", "stata"))
    for example, files_named in ((in_r, r'open_dataset\("([^"]+)"\)'), (in_stata, r"(?:use|using) (\S+\.dta)")):
        columns: set[str] = set()
        for name in re.findall(files_named, example):
            path = workshop / "first" / name
            frame = pd.read_parquet(path) if path.is_dir() else pd.read_stata(path)
            columns |= set(frame.columns)
            if "report_scope" in frame:
                assert set(frame["report_scope"]) >= {"region_aggregate"}
        used = set(re.findall(r"\b(?:report|region|revision|t\d)_\w+", re.sub(r'"[a-z_]+"', "", example)))
        assert used <= columns, used - columns
        assert len(used) >= 6


# --------------------------------------------------------------------------------------------------- safe


def test_no_cell_starts_a_formula(workshop: Path) -> None:
    for path in [*(workshop / "second" / "csv").iterdir(), workshop / "second" / "codebook.csv"]:
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file):
                for cell in row:
                    assert cell[:1] not in "=+@\t\r" or not cell, (path.name, cell)
                    assert cell[:1] != "-" or cell[1:].replace(".", "", 1).isdigit(), (path.name, cell)
    with (workshop / "first" / "csv" / "reports.csv").open(encoding="utf-8-sig", newline="") as file:
        assert "'" + EVIL in [row["title"] for row in csv.DictReader(file)]


def test_text_of_several_lines_comes_back_as_it_was(workshop: Path, records: list[Record]) -> None:
    text = records[1]["sections"][0]["text"]
    frame = pd.read_csv(workshop / "first" / "csv" / "sections.csv", lineterminator="\n")
    held = frame[(frame["report_id"] == records[1]["report_id"]) & (frame["number"] == 1)]
    assert held["text"].tolist() == [text]


@pytest.mark.parametrize("text", ["=1", "+1", "-", "@x", "\t1", "\r", " =1", "\u3000＝1", "\xa0-1", "\x85@", "\ufeff=1",
                                  "1-2", "a=1", "", "无", "－", "\x1c=1", "'", "\n=1"])  # fmt: skip
def test_python_and_duckdb_agree_on_formulas(text: str) -> None:
    found = duckdb.execute(f"SELECT {harmless_sql('x')} FROM (SELECT ? AS x)", [text]).fetchone()
    assert found == (harmless(text),)


# ------------------------------------------------------------------------------------------------- changes


def test_changes_between_releases_are_listed_cell_by_cell(workshop: Path, records: list[Record]) -> None:
    with (workshop / "second" / "csv" / "changes.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    before = records[0]["tables"]["table4"]["cells"]["review_upheld"]
    assert [(row["kind"], row["report_id"]) for row in rows] == [
        ("cell", records[0]["report_id"]), ("report_added", "report0000000003"),
    ]  # fmt: skip
    told = {name: rows[0][name] for name in ("row_code", "col_code", "old_value", "new_value", "old_revision_no",
                                             "new_revision_no", "new_raw", "change")}  # fmt: skip
    assert told == {"row_code": "review", "col_code": "upheld", "old_value": str(before["value"]), "new_value": "4321",
                    "old_revision_no": "1", "new_revision_no": "2", "new_raw": "4321",
                    "change": "republished"}  # fmt: skip
    log = (workshop / "second" / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "t4.review.upheld" in log
    assert log.count("# Changelog") == 1
    assert log.count("\n## ") == 2, "the earlier release's entry stays"


def test_a_release_needs_an_empty_directory_and_a_release_to_compare_with(workshop: Path, tmp_path: Path) -> None:
    warehouse = workshop / "warehouse.duckdb"
    with pytest.raises(InputError, match="not empty"):
        release(warehouse, workshop / "first")
    with pytest.raises(InputError, match="no release"):
        release(warehouse, tmp_path / "new", since=tmp_path)
    with pytest.raises(InputError, match="there is no warehouse"):
        release(tmp_path / "none.duckdb", tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_a_warehouse_of_an_older_version_is_refused(runs_warehouse: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(runs_warehouse)) as connection:
        connection.execute("ALTER TABLE nianbao.regions DROP COLUMN level")
    with pytest.raises(InputError, match="regions has no level"):
        release(runs_warehouse, tmp_path / "new")


def test_a_warehouse_without_reports_is_released_too(tmp_path: Path) -> None:
    with Loader(directory=tmp_path) as loader:
        loader.load(read(write_run(tmp_path / "runs", [])))
    made = release(tmp_path / "warehouse.duckdb", tmp_path / "new")
    assert (made["reports"], made["facts_long"], made["outcomes"]) == (0, 0, 1)
    assert len(pd.read_stata(tmp_path / "new" / "stata" / "reports.dta")) == 0
    assert len(pd.read_csv(tmp_path / "new" / "csv" / "facts_long.csv")) == 0


def test_a_release_that_can_not_be_written_leaves_nothing_and_says_why(
    workshop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_sqlite", full)
    with pytest.raises(InputError, match="No space left on device"):
        release(workshop / "warehouse.duckdb", tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_what_a_killed_release_left_is_made_anew(workshop: Path, tmp_path: Path) -> None:
    (tmp_path / "new.part" / "csv").mkdir(parents=True)
    (tmp_path / "new.part" / "csv" / "old.csv").write_text("x")
    done = scrapy("release", str(tmp_path / "new"), "--from", str(workshop / "warehouse.duckdb"))
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert not (tmp_path / "new" / "csv" / "old.csv").exists()
