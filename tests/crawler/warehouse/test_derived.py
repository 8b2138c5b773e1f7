"""Indicators, coverage and the questions people ask, over small panels."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.warehouse import add_run, in_memory
from crawler.warehouse.across import check
from crawler.warehouse.derived import DERIVED, install, questions
from crawler.warehouse.indicators import RATES
from crawler.warehouse.types import DUCKDB
from tests.crawler.warehouse.panel import report
from tests.crawler.warehouse.records import Record, outcome

EMPTY_ROW = dict.fromkeys(("biz", "res", "npo", "law", "oth"), 0)


def row(name: str, number: int, total: int | None = None) -> dict[str, Any]:
    """A row of table three, all by natural persons; ``total`` as printed, where it is wrong."""
    kinds = {"nat": number, **EMPTY_ROW, "tot": number if total is None else total}
    return {f"t3_{name}_{kind}": value for kind, value in kinds.items()}


def warehouse_of(*records: Record, outcomes: Any = ()) -> Any:
    warehouse = in_memory(records, outcomes)
    install(warehouse)
    check(warehouse)
    return warehouse


def rates(warehouse: Any, name: str) -> tuple[Any, ...]:
    found = warehouse.execute(
        "SELECT numerator, denominator, rate, numerator_of_sums, denominator_of_sums, rate_of_sums, differs, small"
        " FROM indicators WHERE indicator = ?",
        [name],
    ).fetchall()
    assert len(found) == 1, found
    return tuple(found[0])


def test_a_rate_is_told_as_printed_and_from_the_sums_of_the_rows() -> None:
    cells = row("un_held", 18, total=0) | row("un_make", 0) | row("un_uncl", 2, total=0) | row("total", 70)
    numbers = rates(warehouse_of(report("370323", 2024, **cells)), "unable_rate")
    assert numbers == (0, 70, 0.0, 20, 70, 20 / 70, True, False)


def test_a_rate_without_cases_is_null_and_a_small_one_is_flagged() -> None:
    none = warehouse_of(report("370323", 2024, **row("full", 0), **row("total", 0)))
    assert rates(none, "granted_rate") == (0, 0, None, 0, 0, None, False, True)
    few = warehouse_of(report("370323", 2024, **row("full", 3), **row("total", 29)))
    assert rates(few, "granted_rate")[-1] is True
    enough = warehouse_of(report("370323", 2024, **row("full", 3), **row("total", 30)))
    assert rates(enough, "granted_rate")[-1] is False


def test_a_blank_is_no_zero_in_a_rate() -> None:
    warehouse = warehouse_of(report("370323", 2024, **row("total", 40), t3_un_held_tot=3, t3_un_make_tot=1))
    found = warehouse.execute("SELECT count(*) FROM indicators WHERE indicator = 'unable_rate'").fetchone()
    assert found == (0,)


def test_other_handling_is_one_row_or_the_sum_of_three() -> None:
    old = warehouse_of(report("370323", 2020, **row("ot_all", 4), **row("total", 40)))
    new = warehouse_of(
        report("370323", 2024, **row("ot_corr", 1), **row("ot_fee", 0), **row("ot_misc", 3), **row("total", 40))
    )
    assert rates(old, "other_rate") == rates(new, "other_rate") == (4, 40, 0.1, 4, 40, 0.1, False, False)


def test_pending_cases_are_not_decided_ones() -> None:
    cells = {"t4_rv_tot": 47, "t4_rv_cor": 5, "t4_rv_pnd": 7}
    warehouse = warehouse_of(report("370323", 2024, **cells))
    assert rates(warehouse, "review_corrected_rate")[:3] == (5, 40, 0.125)
    assert rates(warehouse, "review_corrected_rate_all")[:3] == (5, 47, 5 / 47)


def test_coverage_tells_found_unreadable_missing_blocked_and_not_visited() -> None:
    late = report("370323", 2024, t3_new_tot=1)
    late["metadata"]["publication_date"] = "2025-04-02"
    picture = report("370321", 2024)
    for name in ("table2", "table3", "table4"):
        picture["tables"][name] |= {"status": "unreadable", "cells": {}}
    office = report("370300", 2024, scope="government_office", t3_new_tot=1)
    office["metadata"]["publication_date"] = "2025-02-02"
    outcomes = [
        outcome("p1"),
        outcome("p2", region_code="370321"),
        outcome("p3", region_code="370322", outcome="blocked"),
        outcome("p4", region_code="370305", outcome="empty_unexpected"),
    ]
    warehouse = warehouse_of(late, report("370323", 2023, t3_new_tot=1), picture, office, outcomes=outcomes)
    found = warehouse.execute(
        "SELECT region_code, report_year, status, days_late, tables_read, tables_due FROM coverage ORDER BY ALL"
    ).fetchall()
    assert found == [
        ("370300", 2023, "not_visited", None, None, None),
        ("370300", 2024, "found", 2, 3, 3),  # an office is due on 31 January
        ("370305", 2023, "missing", None, None, None),
        ("370305", 2024, "missing", None, None, None),
        ("370321", 2023, "missing", None, None, None),
        ("370321", 2024, "unreadable", 0, 0, 3),
        ("370322", 2023, "blocked", None, None, None),
        ("370322", 2024, "blocked", None, None, None),
        ("370323", 2023, "found", 0, 3, 3),
        ("370323", 2024, "found", 2, 3, 3),
    ]
    late_or_missing = warehouse.execute(
        "SELECT regions, published, late, missing, unreadable, blocked, not_visited FROM late_or_missing_by_province"
        " WHERE report_year = 2024"
    ).fetchall()
    assert late_or_missing == [(5, 3, 2, 1, 1, 1, 0)]


def test_a_year_that_no_run_looked_for_is_not_missing() -> None:
    """The newest run that looked for a year tells, whatever later ones for other years found."""
    warehouse = in_memory([report("370323", 2022, t3_new_tot=1), report("370323", 2024, t3_new_tot=1)])
    only = [outcome("p2", region_code="370321")]
    add_run(warehouse, [], only, run_id="r2", finished="2025-07-01T00:00:00+00:00", years=[2023, 2024])
    blocked = [outcome("p2", region_code="370321", outcome="blocked")]
    add_run(warehouse, [], blocked, run_id="r3", finished="2025-08-01T00:00:00+00:00", years=[2024])
    install(warehouse)
    found = warehouse.execute(
        "SELECT report_year, status FROM coverage WHERE region_code = '370321' ORDER BY 1"
    ).fetchall()
    assert found == [(2022, "not_visited"), (2023, "missing"), (2024, "blocked")]


def test_a_county_that_became_a_city_is_missing_before_that_too() -> None:
    visits = [outcome("p1", region_code="610981")]
    warehouse = warehouse_of(report("370323", 2019), report("370323", 2022), outcomes=visits)
    found = warehouse.execute(
        "SELECT report_year, region_name, status FROM coverage WHERE region_code = '610981' ORDER BY 1"
    ).fetchall()
    assert found == [(year, "旬阳市", "missing") for year in range(2019, 2023)]


def test_an_aggregate_counts_before_an_office() -> None:
    warehouse = warehouse_of(report("370323", 2024), report("370323", 2024, scope="government_office"))
    assert warehouse.execute("SELECT scope, report_id FROM coverage").fetchall() == [
        ("region_aggregate", "370323-region_aggregate-2024")
    ]


def test_why_requests_were_refused() -> None:
    cells = {"t3_dn_sec_tot": 2, "t3_un_held_tot": 5, "t3_rj_dup_tot": 0}
    warehouse = warehouse_of(report("370323", 2024, **cells), report("370321", 2024, **cells))
    found = warehouse.execute(
        "SELECT province_code, report_year, reason, requests, reports FROM refusal_reasons_by_year ORDER BY reason"
    ).fetchall()
    assert found == [
        ("370000", 2024, "denied_state_secret", 4, 2),
        ("370000", 2024, "rejected_duplicate", 0, 2),
        ("370000", 2024, "unable_not_held", 10, 2),
    ]


def test_review_and_suits_in_one_row() -> None:
    cells = {"t4_rv_tot": 10, "t4_rv_cor": 1, "t4_rv_pnd": 0, "t4_ld_tot": 4, "t4_ld_cor": 1, "t4_ld_pnd": 0,
             "t4_la_tot": 2, "t4_la_cor": 0, "t4_la_pnd": 1}  # fmt: skip
    warehouse = warehouse_of(report("370323", 2024, **cells))
    assert warehouse.execute(
        "SELECT reviews_corrected, reviews_decided, review_small, suits_lost, suits_decided, litigation_lost_rate"
        " FROM remedy_rates"
    ).fetchall() == [(1, 10, True, 1, 5, 0.2)]


def test_reports_whose_numbers_do_not_add_up() -> None:
    wrong = report("370323", 2024)
    wrong["findings"] = [
        {"rule": rule, "severity": "error", "status": "fail", "locator": "x", "expected": 1, "actual": 2,
         "message_zh": "", "message_en": ""} for rule in ("T302", "T302", "T303", "ST01")
    ]  # fmt: skip
    warehouse = warehouse_of(wrong, report("370321", 2024))
    assert warehouse.execute("SELECT region_name, breaks, rules FROM reports_not_adding_up").fetchall() == [
        ("沂源县", 3, "T302 T303")
    ]


def test_section_five_by_region() -> None:
    told = report("370323", 2024)
    next(section for section in told["sections"] if section["number"] == 5)["text"] = "队伍力量不足"
    found = warehouse_of(told).execute("SELECT county_name, text FROM section_five_by_region").fetchall()
    assert found == [("沂源县", "队伍力量不足")]


@pytest.fixture(scope="module")
def panel() -> Any:
    return warehouse_of(report("370323", 2023), report("370323", 2024), outcomes=[outcome()])


def test_derived_tables_have_the_columns_that_are_declared(panel: Any) -> None:
    for table in DERIVED.values():
        described = panel.execute(f"DESCRIBE {table.name}").fetchall()
        assert [(name, kind) for name, kind, *_ in described] == [
            (column.name, DUCKDB[column.type]) for column in table.columns
        ], table.name


def test_every_question_has_an_example_that_runs(panel: Any) -> None:
    assert len(questions()) == 6
    for question in questions():
        assert question.zh, question.name
        assert question.en, question.name
        assert question.name in question.example
        panel.execute(question.example.rstrip(";"))


def test_indicators_are_named_once() -> None:
    assert len({rate.name for rate in RATES}) == len(RATES)
