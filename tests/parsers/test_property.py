"""Whatever happens to a report on its way, each number is read as printed or left out with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import parsers
from tests.compose import damage, html, text, truth
from tests.compose.documents import Plan, Written, write
from tests.compose.report import generate
from tests.compose.truth import Check

LIGHT = (
    "typo",
    "wrapped_label",
    "padded_number",
    "stray_row",
    "swapped_rows",
    "split_table",
    "repeated_header",
    "decoy",
)


def plans(forms: Sequence[str]) -> st.SearchStrategy[Plan]:
    seeds = st.integers(0, 10**6)
    damages = st.lists(st.tuples(st.sampled_from(list(damage.DAMAGES)), seeds), max_size=3)
    return st.builds(
        Plan,
        seed=seeds,
        form=st.sampled_from(forms),
        look=seeds,
        mixed_forms=st.booleans(),
        states=st.sampled_from([0.0, 0.0, 0.1]),
        damages=damages.map(tuple),
        cut=st.one_of(st.just(1.0), st.floats(0.02, 1.0)),
    )


def read(written: Written) -> Check:
    """A file that is refused as a whole leaves every number out with the reason that its error gives."""
    source = parsers.Source(written.body, content_type=written.content_type)
    try:
        return truth.check(parsers.parse_report(source).to_dict(), written.report)
    except parsers.ParseError:
        return Check(nulls=list(written.report.truth))


@settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(plans(("html", "html", "html", "html", "text", "text", "text", "pdf", "docx", "xlsx")))
def test_a_damaged_report_gives_no_silent_wrong_cell(plan: Plan) -> None:
    assert read(write(plan)).silent == []


def whole(report: Any, body: bytes) -> None:
    result = read(Written(report, body, None))
    assert (result.silent, result.nulls) == ([], [])


@pytest.mark.parametrize("style", html.STYLES)
@pytest.mark.parametrize("seed", range(4))
def test_an_undamaged_page_is_read_whole(style: str, seed: int) -> None:
    report = generate(seed)
    whole(report, html.compose(report, style=style))


@pytest.mark.parametrize("flattening", text.FLATTENINGS)
@pytest.mark.parametrize("seed", range(4))
def test_undamaged_text_is_read_whole(flattening: str, seed: int) -> None:
    report = generate(seed)
    whole(report, text.compose(report, flattening=flattening))


@pytest.mark.parametrize("name", LIGHT)
def test_a_lightly_damaged_report_is_mostly_read(name: str) -> None:
    """Leaving everything out is no way to be right."""
    checks = [
        read(write(Plan(seed, form, seed, damages=((name, seed),)))) for seed in range(8) for form in ("html", "text")
    ]
    assert sum(check.share for check in checks) / len(checks) > 0.85


UNKNOWN = {"本年制发件数": "收文数量", "本年废止件数": "发文数量", "现行有效件数": "归档数量"}


@pytest.mark.parametrize("form", ["html", "A", "D"])
def test_numbers_under_a_header_of_which_nothing_is_known_are_left_out(form: str) -> None:
    """A form that is not known yet may have as many columns."""
    report = generate(7, form2="2021")
    for cell in (cell for grid in report.grids("table2") for row in grid for cell in row):
        cell.text = UNKNOWN.get(cell.text, cell.text)
    report.unsure(locator for locator in report.truth if locator[-1].startswith(("regulations", "normative")))
    body = html.compose(report) if form == "html" else text.compose(report, flattening=form)
    result = read(Written(report, body, None))
    assert (result.silent, result.nulls) == ([], [])


HELD = {
    "the numbers of a continued table stand apart from their labels": Plan(
        0, "text", 0, mixed_forms=False, states=0.0, damages=(("parted_columns", 0), ("split_table", 4287)), cut=1.0
    ),
    "a header ends in a blank, and the row below it holds one": Plan(
        24, "text", 1888, mixed_forms=False, states=0.1, damages=(("dropped_header", 24),), cut=1.0
    ),
    "another agency's table in an older form stands first": Plan(
        604, "text", 357, mixed_forms=False, states=0.0, damages=(("decoy_in_place", 48474),), cut=1.0
    ),
    "columns of a grid change places, and labels that would tell are damaged": Plan(
        0, "html", 0, mixed_forms=False, states=0.0, damages=(("typo", 147), ("swapped_columns", 961)), cut=1.0
    ),
    "columns of a text change places, and labels that would tell are damaged": Plan(
        0, "text", 0, mixed_forms=False, states=0.0, damages=(("typo", 147), ("swapped_columns", 961)), cut=1.0
    ),
    "a table whose columns changed places goes on without a header": Plan(
        0, "html", 0, mixed_forms=False, states=0.0, damages=(("swapped_columns", 0), ("split_table", 0)), cut=1.0
    ),
    "a row is printed a column beside its header, and begins with a blank": Plan(
        0, "pdf", 0, mixed_forms=False, states=0.1, damages=(("split_table", 2301),), cut=1.0
    ),
    "two columns changed places, and the label of one of them is lost": Plan(
        0,
        "pdf",
        0,
        mixed_forms=False,
        states=0.0,
        damages=(("dropped_header", 564), ("swapped_columns", 1495)),
        cut=1.0,
    ),
    "two labels share a cell": Plan(
        49, "docx", 49, mixed_forms=False, states=0.0, damages=(("merged_labels", 344),), cut=1.0
    ),
}
"""Documents of which numbers were read wrongly once."""


@pytest.mark.parametrize("plan", HELD.values(), ids=HELD)
def test_what_was_once_read_wrongly_is_read_right_or_left_out(plan: Plan) -> None:
    assert read(write(plan)).silent == []
