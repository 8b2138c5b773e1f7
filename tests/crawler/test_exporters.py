"""The flat tables: they open in a spreadsheet and in pandas, keep codes as text, and start no formula."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from scrapy.utils.test import get_crawler

import parsers
from crawler.exporters import NestedJsonLines, write_tables
from crawler.items import AnnualReport
from crawler.tables import TABLES
from parsers.brief import Brief
from tests.crawler.sites import report_page
from tests.parsers.statistics_forms import PROVINCIAL, PROVINCIAL_HEADER, html, page


def report() -> dict[str, Any]:
    parsed = parsers.parse_report(parsers.Source(report_page().encode(), "http://a/"), region_code="370323")
    return parsed.to_dict()


def line(told: dict[str, Any] | None = None, **source: Any) -> dict[str, Any]:
    where = {"report_id": "0123456789abcdef", "portal_id": "p", "source": {"url": "http://a/", **source}}
    return where | (told or report())


def tables_of(directory: Path, *lines: dict[str, Any]) -> dict[str, int | None]:
    """The tables of these lines, in ``directory``."""
    (directory / "tables").mkdir()
    reports = directory / "reports.jsonl"
    reports.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
    return write_tables(reports, lambda name: directory / name)


def test_csv_has_a_byte_order_mark_and_codes_as_text(tmp_path: Path) -> None:
    tables_of(tmp_path, line(list_date="2025-01-22"))
    written = (tmp_path / "tables/reports.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(written.decode("utf-8-sig")))
    assert (row["region_code"], row["report_year"], row["list_date"]) == ("370323", "2024", "2025-01-22")
    assert (row["is_latest"], row["cited_document"]) == ("true", "")


def test_no_cell_starts_a_formula(tmp_path: Path) -> None:
    title = '=HYPERLINK("http://evil/","年报")'
    tables_of(tmp_path, line(link_title=title))
    (row,) = csv.DictReader(io.StringIO((tmp_path / "tables/reports.csv").read_text(encoding="utf-8-sig")))
    assert row["link_title"] == "'" + title


def test_half_a_character_in_a_title_costs_no_table(tmp_path: Path) -> None:
    written = tables_of(tmp_path, line(link_title="2024\ud800年报"), line(link_title="年报"), line(link_title=None))
    assert set(written.values()) == {3}
    rows = csv.DictReader(io.StringIO((tmp_path / "tables/reports.csv").read_text(encoding="utf-8-sig")))
    assert [row["link_title"] for row in rows] == ["2024?年报", "年报", ""]
    titles = pq.read_table(tmp_path / "tables/reports.parquet").column("link_title").to_pylist()
    assert titles == ["2024?年报", "年报", None]


def test_any_text_comes_out_of_csv_as_it_went_in(tmp_path: Path) -> None:
    titles = ['一、"名为",其他', '"', ",", "a\r\nb", "a\rb", "\n", "", " a ", "\u2028年\x85"]
    tables_of(tmp_path, *(line(link_title=title) for title in titles))
    text = (tmp_path / "tables/reports.csv").read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["link_title"] for row in rows] == titles
    same = io.StringIO(newline="")
    csv.writer(same, lineterminator="\r\n").writerows([rows[0], *(row.values() for row in rows)])
    assert text == same.getvalue()


def test_counts_are_shown_without_decimals(tmp_path: Path) -> None:
    told = line(page(html([PROVINCIAL_HEADER, *PROVINCIAL])).to_dict())
    told["narrative"] = [{"key": "share", "value": 98.5, "unit": "%", "raw": "98.5%", "approximate": False}]
    tables_of(tmp_path, told)
    rows = csv.DictReader(io.StringIO((tmp_path / "tables/facts_long.csv").read_text(encoding="utf-8-sig")))
    shown = {(row["field"], row["applicant"]): row["value"] for row in rows}
    assert shown["s14_proactive_total", "year"] == "3460"
    assert shown["share", ""] == "98.5"


def test_parquet_has_types(tmp_path: Path) -> None:
    tables_of(tmp_path, line(list_date="2025-01-22"), line(list_date="n/a"))
    table = pq.read_table(tmp_path / "tables/reports.parquet")
    rows = table.to_pylist()
    assert rows[0]["list_date"] == date(2025, 1, 22)
    assert rows[1]["list_date"] is None
    assert rows[0]["region_code"] == "370323"
    assert table.schema.names == list(TABLES["reports"].columns)


def test_csv_and_parquet_hold_the_same_values(tmp_path: Path) -> None:
    assert set(tables_of(tmp_path, line(), line(list_date="2025-01-22")).values()) == {2}
    for name in TABLES:
        rows = pq.read_table(tmp_path / f"tables/{name}.parquet").to_pylist()
        shown = csv.DictReader(
            io.StringIO((tmp_path / f"tables/{name}.csv").read_text(encoding="utf-8-sig"), newline="")
        )
        for row, told in zip(rows, shown, strict=True):
            assert {key: str(value) for key, value in row.items() if isinstance(value, int) and key != "is_latest"} == {
                key: told[key] for key, value in row.items() if isinstance(value, int) and key != "is_latest"
            }
            assert [key for key, value in row.items() if value is None] == [k for k, v in told.items() if v == ""]


@pytest.mark.parametrize("table", TABLES)
def test_rows_have_as_many_values_as_their_table_has_columns(table: str) -> None:
    assert {len(row) for row in TABLES[table].rows(line())} <= {len(TABLES[table].columns)}


def test_empty_tables_still_have_their_columns(tmp_path: Path) -> None:
    assert set(tables_of(tmp_path).values()) == {0}
    for table in TABLES:
        assert pq.read_table(tmp_path / f"tables/{table}.parquet").num_rows == 0
        assert len((tmp_path / f"tables/{table}.csv").read_bytes().splitlines()) == 1


def test_a_report_that_makes_no_row_fails_its_table_and_no_other(tmp_path: Path) -> None:
    broken = line() | {"narrative": [{"key": "x"}]}
    written = tables_of(tmp_path, line(), broken, line())
    assert {name: number for name, number in written.items() if number is None} == {
        "tables/facts_long.csv": None,
        "tables/facts_long.parquet": None,
    }
    assert pq.read_table(tmp_path / "tables/reports.parquet").num_rows == 3


def test_a_failure_is_counted_and_harms_no_other_item() -> None:
    crawler = get_crawler(settings_dict={"TWISTED_REACTOR_ENABLED": False})
    file = io.BytesIO()
    exporter = NestedJsonLines(file, crawler=crawler)
    brief = Brief({}, True, True, "f", {})
    for url in ("http://a/", object(), "http://b/"):
        exporter.export_item(AnnualReport("x", "p", {"url": url}, brief, b'{"metadata":{}}'))
    assert [json.loads(each)["source"]["url"] for each in file.getvalue().splitlines()] == ["http://a/", "http://b/"]
    assert (crawler.stats.get_value("feeds/failed"), exporter.written) == (1, 2)


def test_facts_hold_the_year_and_the_cumulative_number_of_a_statistics_row() -> None:
    told = line(page(html([PROVINCIAL_HEADER, *PROVINCIAL])).to_dict())
    facts = [dict(zip(TABLES["facts_long"].columns, row, strict=True)) for row in TABLES["facts_long"].rows(told)]
    rows = [fact for fact in facts if fact["table"] == "statistics2014"]
    assert len(rows) == 2 * len(PROVINCIAL)
    first = [(row["version"], row["field"], row["applicant"], row["value"], row["unit"]) for row in rows[:2]]
    assert first == [
        ("stat2014", "s14_proactive_total", "year", 3460.0, "条"),
        ("stat2014", "s14_proactive_total", "cumulative", 85376.0, "条"),
    ]
    (row,) = TABLES["reports"].rows(told)
    assert dict(zip(TABLES["reports"].columns, row, strict=True))["statistics2014_status"] == "present"
