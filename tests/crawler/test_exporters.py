"""The flat tables: they open in a spreadsheet and in pandas, keep codes as text, and start no formula."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pyarrow.parquet as pq
import pytest
from scrapy.crawler import Crawler
from scrapy.utils.test import get_crawler

import parsers
from crawler.exporters import CountingExporter, NestedJsonLines, TableCsv, TableParquet
from crawler.items import AnnualReport
from crawler.tables import TABLES
from tests.crawler.sites import report_page
from tests.parsers.statistics_forms import PROVINCIAL, PROVINCIAL_HEADER, html, page


@pytest.fixture
def crawler() -> Crawler:
    return get_crawler(settings_dict={"TWISTED_REACTOR_ENABLED": False})


def item(**source: Any) -> AnnualReport:
    report = parsers.parse_report(parsers.Source(report_page().encode(), "http://a/"), region_code="370323")
    return AnnualReport("0123456789abcdef", "p", {"url": "http://a/", **source}, report.to_dict())


def export(exporter: CountingExporter, *items: AnnualReport) -> None:
    exporter.start_exporting()
    for each in items:
        exporter.export_item(each)
    exporter.finish_exporting()


def test_csv_has_a_byte_order_mark_and_codes_as_text(crawler: Crawler) -> None:
    file = io.BytesIO()
    export(TableCsv(file, crawler=crawler, table="reports"), item(list_date="2025-01-22"))
    assert file.getvalue().startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig")))
    assert (row["region_code"], row["report_year"], row["list_date"]) == ("370323", "2024", "2025-01-22")


def test_no_cell_starts_a_formula(crawler: Crawler) -> None:
    file = io.BytesIO()
    title = '=HYPERLINK("http://evil/","年报")'
    export(TableCsv(file, crawler=crawler, table="reports"), item(link_title=title))
    (row,) = csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig")))
    assert row["link_title"] == "'" + title


def test_parquet_has_types(crawler: Crawler) -> None:
    file = io.BytesIO()
    export(TableParquet(file, crawler=crawler, table="reports"), item(list_date="2025-01-22"), item(list_date="n/a"))
    table = pq.read_table(io.BytesIO(file.getvalue()))
    rows = table.to_pylist()
    assert rows[0]["list_date"] == date(2025, 1, 22)
    assert rows[1]["list_date"] is None
    assert rows[0]["region_code"] == "370323"
    assert table.schema.names == list(TABLES["reports"].columns)


@pytest.mark.parametrize("table", TABLES)
def test_rows_have_exactly_the_columns_of_their_table(table: str) -> None:
    for row in TABLES[table].rows(item()):
        assert set(row) == set(TABLES[table].columns)


def test_empty_tables_still_have_their_columns(crawler: Crawler) -> None:
    for table in TABLES:
        text, columns = io.BytesIO(), io.BytesIO()
        export(TableCsv(text, crawler=crawler, table=table))
        export(TableParquet(columns, crawler=crawler, table=table))
        assert pq.read_table(io.BytesIO(columns.getvalue())).num_rows == 0
        assert len(text.getvalue().splitlines()) == 1


def test_a_failure_is_counted_and_harms_no_other_item(crawler: Crawler) -> None:
    file = io.BytesIO()
    broken = AnnualReport("x", "p", {"url": object()}, item().report)
    export(NestedJsonLines(file, crawler=crawler), item(), broken, item())
    assert len(file.getvalue().splitlines()) == 2
    assert crawler.stats.get_value("feeds/failed") == 1
    assert crawler.stats.get_value("feeds/NestedJsonLines") == 2


def test_facts_hold_the_year_and_the_cumulative_number_of_a_statistics_row() -> None:
    report = page(html([PROVINCIAL_HEADER, *PROVINCIAL])).to_dict()
    facts = list(TABLES["facts_long"].rows(AnnualReport("x", "p", {}, report)))
    rows = [fact for fact in facts if fact["table"] == "statistics2014"]
    assert len(rows) == 2 * len(PROVINCIAL)
    first = [(row["version"], row["field"], row["applicant"], row["value"], row["unit"]) for row in rows[:2]]
    assert first == [
        ("stat2014", "s14_proactive_total", "year", 3460.0, "条"),
        ("stat2014", "s14_proactive_total", "cumulative", 85376.0, "条"),
    ]
    assert {frozenset(row) for row in rows} == {frozenset(TABLES["facts_long"].columns)}
    (row,) = TABLES["reports"].rows(AnnualReport("x", "p", {}, report))
    assert row["statistics2014_status"] == "present"
