"""The statistics table of reports before 2019: each row right, or without a number and told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from parsers.forms.statistics import statistics_form
from parsers.report import Report
from tests.parsers.statistics_forms import (
    FLATTENINGS,
    NATIONAL,
    NATIONAL_HEADER,
    PROVINCIAL,
    PROVINCIAL_HEADER,
    SHORT,
    SHORT_HEADER,
    flat,
    html,
    page,
    table_of,
    text,
)

FORMS = {
    "provincial": (PROVINCIAL_HEADER, PROVINCIAL),
    "national": (NATIONAL_HEADER, NATIONAL),
    "short": (SHORT_HEADER, SHORT),
}


def number(printed: str) -> float:
    return float(printed)


def same_as_printed(report: Report, rows: Sequence[Sequence[str]]) -> None:
    printed = [row for row in rows if row[2]]
    read = table_of(report).rows
    assert [row.label for row in read] == [row[0] for row in printed]
    for row, (label, unit, value, *total) in zip(read, printed, strict=True):
        assert (row.value.value, row.value.state, row.value.raw) == (number(value), "value", value), label
        assert row.unit == unit
        assert (row.cumulative.value if row.cumulative else None) == (number(total[0]) if total else None), label
        assert row.key is not None, label


@pytest.mark.parametrize("form", FORMS)
def test_a_grid_after_the_signature_is_read_row_by_row(form: str) -> None:
    header, rows = FORMS[form]
    report = page(html([header, *rows]))
    same_as_printed(report, rows)
    assert (report.version, report.recognised) == ("stat2014", True)
    assert len({row.key for row in table_of(report).rows}) == len(table_of(report).rows)


@pytest.mark.parametrize("kind", FLATTENINGS)
@pytest.mark.parametrize("form", FORMS)
def test_flattened_text_is_read_row_by_row(form: str, kind: str) -> None:
    header, rows = FORMS[form]
    same_as_printed(text(flat([header, *rows], kind)), rows)


@pytest.mark.parametrize("form", FORMS)
def test_a_whole_table_breaks_no_relation(form: str) -> None:
    header, rows = FORMS[form]
    report = page(html([header, *rows]))
    assert not [f for f in report.findings if f.rule.startswith("S14")]
    assert report.checks["S1401"] == {"pass": 2 if form == "provincial" else 1}


def test_a_report_before_2019_is_not_held_to_the_format_of_2019() -> None:
    report = page(html([PROVINCIAL_HEADER, *PROVINCIAL]))
    told = {finding.rule for finding in report.findings}
    assert not told & {"ST02", "ST03", "ST04", "ST05", "T201", "T302", "T402"}


def test_every_key_of_a_relation_is_a_row() -> None:
    form = statistics_form()
    assert all({relation.whole, *relation.parts} <= form.indicators.keys() for relation in form.relations)
