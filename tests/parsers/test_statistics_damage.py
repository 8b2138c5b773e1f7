"""Statistics tables printed in random order, flattening and damage: a number stands behind its own label or nowhere."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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

Grid = list[list[str]]
PLAIN = {
    "provincial": (PROVINCIAL_HEADER, PROVINCIAL),
    "national": (NATIONAL_HEADER, NATIONAL),
    "short": (SHORT_HEADER, SHORT),
}
AMBIGUOUS = ("被依法纠错数", "其他情形数")  # under two parents: told apart by their place alone
LOST = ("", "其他", "办理情况")


def grid(form: str, rng: random.Random) -> Grid:
    """A form with figures of its own, all different, so that a number that wandered is seen."""
    header, rows = PLAIN[form]
    figures = rng.sample(range(10, 99999), 2 * len(rows))
    filled = [
        [row[0], row[1], *(str(figures[2 * at + column]) for column in range(len(row) - 2))] if row[2] else list(row)
        for at, row in enumerate(rows)
    ]
    return [list(header), *filled]


def shuffle(rows: Grid, rng: random.Random) -> None:
    body = [row for row in rows[1:] if not row[0].endswith(AMBIGUOUS)]
    rng.shuffle(body)
    rows[1:] = body


def lose_cell(rows: Grid, rng: random.Random) -> None:
    row = rng.choice(rows[1:])
    row.pop(rng.randrange(len(row)))


def lose_number(rows: Grid, rng: random.Random) -> None:
    row = rng.choice(rows[1:])
    row[rng.randrange(2, len(row))] = rng.choice(["", "/", "—"])


def lose_label(rows: Grid, rng: random.Random) -> None:
    rng.choice(rows[1:])[0] = rng.choice(LOST)


def lose_unit_column(rows: Grid, rng: random.Random) -> None:
    for row in rows:
        row.pop(1)


def lose_header(rows: Grid, rng: random.Random) -> None:
    rows.pop(0)


def lose_header_cell(rows: Grid, rng: random.Random) -> None:
    rows[0].pop(rng.randrange(len(rows[0])))


def odd_header_cell(rows: Grid, rng: random.Random) -> None:
    rows[0][rng.randrange(len(rows[0]))] = rng.choice(["", "情况", "2015年度", "累计", "指标"])


def glue_numbers(rows: Grid, rng: random.Random) -> None:
    for row in rows[1:]:
        row[2:] = ["".join(row[2:])]


def glue_row(rows: Grid, rng: random.Random) -> None:
    row = rng.choice(rows[1:])
    row[:] = ["".join(row)]


def swap_columns(rows: Grid, rng: random.Random) -> None:
    """The columns change places with their header cells: nothing is lost."""
    order = [0, *rng.sample(range(1, len(rows[0])), len(rows[0]) - 1)]
    rows[:] = [[row[at] for at in order] for row in rows]


def another_year(rows: Grid, rng: random.Random) -> None:
    """A column of last year beside the one of the report's."""
    at = rng.choice([2, 3])
    for row in rows:
        row.insert(at, "" if not row[2] else str(rng.randrange(100000, 999999)))
    rows[0][at] = "2015年度"


def unknown_row(rows: Grid, rng: random.Random) -> None:
    extra = [rng.choice(["9.电话咨询公开事项数", "接待来访人数"]), "人次", *("7" for _ in rows[0][2:])]
    rows.insert(rng.randrange(1, len(rows)), extra)


def with_code(rows: Grid, rng: random.Random) -> None:
    at = rng.choice([0, 1])
    for number, row in enumerate(rows):
        row.insert(at, f"{number:02d}" if number else "代码")


DAMAGES: list[Callable[[Grid, random.Random], None]] = [
    shuffle, lose_cell, lose_number, lose_label, lose_unit_column, lose_header, lose_header_cell, odd_header_cell,
    glue_numbers, glue_row, swap_columns, another_year, unknown_row, with_code,
]  # fmt: skip


def wrong_cells(report: Report, whole: Grid) -> list[str]:
    """The rows whose number is not the one that the undamaged table prints behind the label, or under the key."""
    if report.statistics is None:
        return []
    form = statistics_form()
    printed: dict[str, list[list[str]]] = {}
    for row in whole[1:]:
        printed.setdefault(bare(row[0]), []).append(row)
    keys = {}
    parent = ""
    for row in whole[1:]:
        options = form.find(row[0])
        if len(options) == 1:
            keys[options[0].key] = row
            parent = options[0].key if options[0].key in ("s14_reviews", "s14_suits") else parent
        for option in options:
            if len(options) > 1 and option.parent == parent:
                keys[option.key] = row
    wrong = []
    for row in table_of(report).rows:
        for at, cell in ((2, row.value), (3, row.cumulative)):
            if cell is None or cell.value is None:
                continue
            own = [keys[row.key]] if row.key in keys else printed.get(bare(row.label), [])
            if not any(len(line) > at and line[at] in (str(cell.value), cell.raw) for line in own):
                wrong.append(f"{row.label} {row.key} {at}: {cell.value}")
    return wrong


def bare(label: str) -> str:
    return "".join(label.split())


def damaged(damage: Callable[[Grid, random.Random], None], kind: str, form: str, seed: int) -> list[str]:
    """The wrong cells that one damaged document gives."""
    rng = random.Random(seed)
    rows = grid(form, rng)
    whole = [list(row) for row in rows]
    damage(rows, rng)
    if damage in (unknown_row, lose_label):  # what is printed then is a row of its own
        whole.extend(row for row in rows if row[0] not in {known[0] for known in whole})
    report = page(html(rows)) if kind == "html" else text(flat(rows, kind))
    return wrong_cells(report, whole)


@pytest.mark.parametrize("kind", ["html", *FLATTENINGS])
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(form=st.sampled_from(sorted(PLAIN)), seed=st.integers(0, 2**32))
def test_a_damaged_table_gives_no_wrong_number(
    damage: Callable[[Grid, random.Random], None], kind: str, form: str, seed: int
) -> None:
    assert damaged(damage, kind, form, seed) == []
