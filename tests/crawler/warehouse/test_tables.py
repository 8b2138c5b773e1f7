"""The tables of a warehouse: every number of a report is in them, every version of it is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crawler.warehouse import add_run, in_memory, schema, views
from crawler.warehouse.derived import install
from crawler.warehouse.types import DUCKDB
from parsers.forms.fields import CODES, by_path
from tests.crawler.warehouse.records import Record, outcome, record

LATER, LATEST = "2025-07-01T00:00:00+00:00", "2025-08-01T00:00:00+00:00"


def cells(told: Record) -> dict[tuple[str, ...], dict[str, Any]]:
    """The cells that the forms of a record's tables have, by their names in the warehouse."""
    found = {}
    for name, code in CODES.items():
        for field, held in told["tables"][name]["cells"].items():
            for inner, cell in [("", held)] if "state" in held else held.items():
                known = by_path(name, *filter(None, (field, inner)))
                assert known is not None
                if cell["state"] != "not_in_template":
                    found[(code, known.row, known.column)] = cell
    return found


@pytest.mark.parametrize("seed", range(4))
def test_every_cell_is_a_fact_with_the_same_number_and_state(seed: int) -> None:
    told = record(seed)
    warehouse = in_memory([told])
    stored = warehouse.execute('SELECT "table", row_code, col_code, value, state, raw FROM facts_long').fetchall()
    expected = {path: (cell["value"], cell["state"], cell["raw"] or None) for path, cell in cells(told).items()}
    assert {tuple(row[:3]): tuple(row[3:]) for row in stored} == expected
    assert len(stored) == len(expected) > 150


@pytest.mark.parametrize("seed", range(4))
def test_the_wide_table_holds_the_numbers_under_their_short_names(seed: int) -> None:
    told = record(seed)
    cursor = in_memory([told]).execute("SELECT * FROM reports_wide")
    (row,) = (dict(zip([d[0] for d in cursor.description], held, strict=True)) for held in cursor.fetchall())
    shorts = {(f.table, f.row, f.column): f.short for f in schema.WIDE_FIELDS}
    printed = {shorts[path]: cell["value"] for path, cell in cells(told).items() if cell["value"] is not None}
    filled = {name: value for name, value in row.items() if value is not None and name[:3] in ("t2_", "t3_", "t4_")}
    statuses = {f"{code}_status": told["tables"][name]["status"] for name, code in CODES.items()}
    assert filled == printed | statuses


def test_a_count_with_decimals_is_kept_where_there_is_room_for_it() -> None:
    told = record()
    told["tables"]["table4"]["cells"]["review_upheld"] |= {"value": 1.5, "raw": "1.5"}
    warehouse = in_memory([told])
    assert warehouse.execute("SELECT t4_rv_up FROM reports_wide").fetchone() == (None,)
    query = "SELECT value FROM facts_long WHERE row_code = 'review' AND col_code = 'upheld'"
    assert warehouse.execute(query).fetchone() == (1.5,)


def test_the_older_statistics_keep_year_and_cumulative_number() -> None:
    warehouse = in_memory([record(old=True)])
    query = "SELECT col_code, value, unit FROM facts_long WHERE row_code = 's14_proactive_total' ORDER BY 1 DESC"
    assert warehouse.execute(query).fetchall() == [("year", 3460, "条"), ("cumulative", 85376, "条")]
    assert warehouse.execute("SELECT s14_proactive_total, s14_status FROM reports_wide").fetchall() == [
        (3460, "present")
    ]


def test_two_printed_rows_of_one_name_are_two_facts() -> None:
    told = record(old=True)
    rows = told["tables"]["statistics2014"]["rows"]
    rows.append(rows[0] | {"value": 7})
    rows.append(rows[0] | {"key": None, "label": "s14_proactive_total#2", "value": 8})  # printed so
    query = "SELECT row_code, value FROM facts_long WHERE row_code LIKE 's14_proactive_total%' AND col_code = 'year'"
    assert sorted(in_memory([told]).execute(query).fetchall()) == [
        ("s14_proactive_total", 3460), ("s14_proactive_total#2", 7), ("s14_proactive_total#2#2", 8),
    ]  # fmt: skip


def test_a_former_version_in_between_is_not_what_the_portal_changed() -> None:
    """What stood beside the new version, and was never current, is no side of the change."""
    told = record()
    warehouse = in_memory([told])
    former = changed(told, 77, LATER, digest="a" * 64)
    former["source"]["revision"] = {"number": 1, "of": 2, "latest": False}
    add_run(warehouse, [former, changed(told, 4321, LATER)], run_id="r2", finished=LATER)
    assert [row[:2] for row in versions(warehouse)] == [(1, "first"), (2, "former"), (3, "republished")]
    install(warehouse)
    before = told["tables"]["table4"]["cells"]["review_upheld"]["value"]
    changes = warehouse.execute("SELECT revision_no, value_before, value_after FROM changes_after_publication")
    assert changes.fetchall() == [(3, before, 4321)]


def test_findings_are_listed_and_passes_counted() -> None:
    told = record(1)
    stored = in_memory([told]).execute("SELECT rule_id, status, sum(times) FROM validation_results GROUP BY ALL")
    found = {(rule, status): times for rule, status, times in stored.fetchall()}
    passed = {
        (rule, status): n for rule, held in told["checks"].items() for status, n in held.items() if "pass" in status
    }
    assert {key: times for key, times in found.items() if "pass" in key[1]} == passed
    assert sum(times for key, times in found.items() if "pass" not in key[1]) == len(told["findings"])


def test_codes_of_the_units_above_come_from_the_region() -> None:
    told = record()
    told["metadata"]["region_code"] = "110101"
    query = "SELECT region_code, province_code, prefecture_code, county_code FROM reports"
    assert in_memory([told]).execute(query).fetchall() == [("110101", "110000", None, "110101")]


def test_every_named_column_is_there_with_its_type() -> None:
    warehouse = in_memory([record()])
    for table in schema.TABLES.values():
        for name in {table.name, views.stored_name(table)}:
            described = {row[0]: row[1] for row in warehouse.execute(f"DESCRIBE {name}").fetchall()}
            columns = table.stored if name == views.VERSIONS else table.columns
            assert described == {column.name: DUCKDB[column.type] for column in columns}, name


def test_keys_are_unique_and_never_null() -> None:
    twice = [record(0), record(1), record(old=True, report_id="old")]
    warehouse = in_memory(twice, [outcome()])
    for table in schema.TABLES.values():
        key = ", ".join(f'"{name}"' for name in table.key)
        repeated = warehouse.execute(f"SELECT {key}, count(*) FROM {table.stored_as} GROUP BY ALL HAVING count(*) > 1")
        assert repeated.fetchall() == [], table.name
        nulls = " OR ".join(f'"{name}" IS NULL' for name in table.key)
        assert warehouse.execute(f"SELECT count(*) FROM {table.stored_as} WHERE {nulls}").fetchone() == (0,)


# ------------------------------------------------------------------------------------------------- versions


def versions(warehouse: Any) -> list[tuple[Any, ...]]:
    query = "SELECT revision_no, change, is_latest, valid_to IS NULL FROM reports_history ORDER BY revision_no"
    return list(warehouse.execute(query).fetchall())


def changed(told: Record, value: int, at: str, digest: str = "f" * 64) -> Record:
    copied: Record = json.loads(json.dumps(told))
    copied["tables"]["table4"]["cells"]["review_upheld"] |= {"value": value, "raw": str(value), "state": "value"}
    copied["source"] |= {"fetched_at": at, "content_sha256": digest}
    return copied


def test_the_same_report_again_is_nothing_new() -> None:
    warehouse = in_memory([record()])
    add_run(warehouse, [record(at=LATER, url="http://elsewhere/")], run_id="r2", finished=LATER)
    assert versions(warehouse) == [(1, "first", True, True)]
    assert warehouse.execute("SELECT count(*) FROM runs").fetchone() == (2,)


def test_a_changed_report_adds_one_revision_and_the_older_stays() -> None:
    told = record()
    warehouse = in_memory([told])
    add_run(warehouse, [changed(told, 4321, LATER)], run_id="r2", finished=LATER)
    assert versions(warehouse) == [(1, "first", False, False), (2, "republished", True, True)]
    query = "SELECT value FROM facts_long{} WHERE row_code = 'review' AND col_code = 'upheld' ORDER BY revision_no"
    before = told["tables"]["table4"]["cells"]["review_upheld"]["value"]
    assert warehouse.execute(query.format("")).fetchall() == [(4321,)]
    assert warehouse.execute(query.format("_history")).fetchall() == [(before,), (4321,)]


def test_a_report_that_goes_back_to_what_it_was_is_a_third_version() -> None:
    told = record()
    warehouse = in_memory([told])
    add_run(warehouse, [changed(told, 4321, LATER)], run_id="r2", finished=LATER)
    add_run(warehouse, [record(at=LATEST)], run_id="r3", finished=LATEST)
    assert [row[:3] for row in versions(warehouse)] == [
        (1, "first", False), (2, "republished", False), (3, "republished", True),
    ]  # fmt: skip


def test_the_same_bytes_read_otherwise_are_no_republication() -> None:
    told = record()
    warehouse = in_memory([told])
    again = changed(told, 4321, LATER, digest=told["source"]["content_sha256"])
    add_run(warehouse, [again], run_id="r2", finished=LATER)
    assert versions(warehouse)[-1] == (2, "reread", True, True)


def test_versions_shown_beside_each_other_are_told_apart() -> None:
    old = record() | {}
    new = changed(old, 4321, "2025-02-01T00:00:00+00:00")  # was fetched first
    old["source"]["revision"] = {"number": 1, "of": 2, "latest": False}
    new["source"]["revision"] = {"number": 2, "of": 2, "latest": True}
    warehouse = in_memory([old, new])
    assert versions(warehouse) == [(1, "former", False, False), (2, "republished", True, True)]
    add_run(warehouse, [old, new], run_id="r2", finished=LATER)
    assert len(versions(warehouse)) == 2


def test_an_older_version_found_later_does_not_become_the_current_one() -> None:
    told = record()
    new = changed(told, 4321, LATER)
    warehouse = in_memory([new])
    told["source"]["revision"] = {"number": 1, "of": 2, "latest": False}
    add_run(warehouse, [told | {"source": told["source"] | {"fetched_at": LATEST}}, new], run_id="r2", finished=LATEST)
    assert versions(warehouse) == [(1, "first", True, True), (2, "former", False, False)]


def test_runs_loaded_in_another_order_end_with_the_same_current_version() -> None:
    """And with the same reasons: what was loaded first is a republication all the same."""
    told = record()
    warehouse = in_memory([changed(told, 4321, LATER)])
    add_run(warehouse, [told], run_id="r0", finished="2025-03-01T00:00:00+00:00")
    assert versions(warehouse) == [(1, "republished", True, True), (2, "first", False, False)]
    install(warehouse)
    before = told["tables"]["table4"]["cells"]["review_upheld"]["value"]
    changes = warehouse.execute("SELECT revision_no, cell, value_before, value_after FROM changes_after_publication")
    assert changes.fetchall() == [(1, "t4.review.upheld", before, 4321)]


def test_a_report_tells_in_which_archived_file_each_document_lies() -> None:
    place = {"file": "archive/00001.warc.gz", "record_id": "<urn:uuid:1>", "offset": 12, "content_sha256": "ab"}
    held = [{"url": "http://portal/0.html", "name": None, "content_type": "text/html", **place}]
    warehouse = in_memory([record(documents=held)])
    ((documents,),) = warehouse.sql("SELECT documents FROM reports").fetchall()
    assert json.loads(documents) == [{"numbers": [0], **held[0]}]
