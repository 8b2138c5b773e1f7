"""A region with its years side by side, and the grid of a province: which report is there, and what became of the rest.

Numbers are those of the cells of ``numbers``: a year without one says why (its state), and a sum is only made of
numbers that are all there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from crawler.site.data import OWN, Row
from crawler.site.words import number
from parsers.forms.fields import FormField, fields

Cells = Mapping[tuple[str, str, str], Row]
STATES = ("on_time", "late", "undated", "unreadable", "missing", "blocked", "not_visited")
SIGNS = {"on_time": "●", "late": "◐", "undated": "◌", "unreadable": "▨", "missing": "✕", "blocked": "⊘",
         "not_visited": "·"}  # fmt: skip
SHOWN = {"t2": None, "t3": "total", "t4": None}  # table -> its column that is shown, all of them where None
WIDTH, HEIGHT, BASE, TOP = 320, 130, 106, 16


@dataclass(slots=True)
class Line:
    """A row of the comparison: the cell of the form, and for each year (text, state, is a number)."""

    field: FormField
    values: list[tuple[str, str]]


@dataclass(slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(slots=True)
class Trend:
    """Bars of one quantity over the years, ready to be drawn; ``told`` says the same in words."""

    name: tuple[str, str]
    legend: list[tuple[str, str, str]]
    bars: list[Bar] = field(default_factory=list)
    gaps: list[Bar] = field(default_factory=list)
    labels: list[tuple[float, float, str, str]] = field(default_factory=list)  # x, y, text, class
    told: list[tuple[int, str]] = field(default_factory=list)
    disagrees: bool = False  # in a year the parts don't add up to the printed total


@dataclass(slots=True)
class Series:
    """The reports of one scope, a column for each year; ``reports[i]`` is None where there is none."""

    scope: str
    years: list[int]
    reports: list[Row | None]
    parts: list[tuple[str, list[Line]]]
    trends: list[Trend]


def series_of(reports: Iterable[Row], numbers: Mapping[str, Cells], years: Sequence[int]) -> list[Series]:
    """A series for each scope that the region has reports of."""
    by_scope: dict[str, dict[int, Row]] = defaultdict(dict)
    for row in reports:
        if row["report_year"] is not None and row["report_scope"] in OWN:
            by_scope[row["report_scope"]][row["report_year"]] = row  # of two the later one
    made = []
    for scope in OWN:
        if found := by_scope.get(scope):
            span = sorted({*found, *years}) if scope == next(s for s in OWN if s in by_scope) else sorted(found)
            rows = [found.get(year) for year in span]
            cells = [numbers.get(row["report_id"], {}) if row else {} for row in rows]
            made.append(Series(scope, span, rows, list(_parts(cells, rows)), list(_trends(span, cells))))
    return made


def _parts(years: Sequence[Cells], reports: Sequence[Row | None]) -> Iterable[tuple[str, list[Line]]]:
    for table, column in SHOWN.items():
        lines = []
        for each in fields():
            if each.table == table and column in (None, each.column):
                found = [cells.get((table, each.row, each.column)) for cells in years]
                if any(cell is not None and cell["state"] != "missing_table" for cell in found):
                    lines.append(Line(each, [_shown(*pair) for pair in zip(found, reports, strict=True)]))
        if lines:
            yield f"table{table[1]}", lines


def _shown(cell: Row | None, report: Row | None) -> tuple[str, str]:
    """Text and state; a report without the cell is one of another form."""
    if cell is None:
        return "", "not_in_template" if report else ""
    return (number(cell["value"]) if cell["value"] is not None else ""), cell["state"]


# ------------------------------------------------------------------------------------------------ trends

_DENIED = tuple(f.row for f in fields() if f.table == "t3" and f.column == "total" and f.row.startswith("denied_"))
_UNABLE = tuple(f.row for f in fields() if f.table == "t3" and f.column == "total" and f.row.startswith("unable_"))
_REJECTED = tuple(f.row for f in fields() if f.table == "t3" and f.column == "total" and f.row.startswith("rejected_"))
_OTHER = ("other_no_correction_overdue", "other_fee_unpaid_overdue", "other_misc")  # one row before 2021
_RESULTS = (
    ("予以公开", "granted", ("granted",)),
    ("部分公开", "in part", ("partially_granted",)),
    ("不予公开", "denied", _DENIED),
    ("无法提供", "unable", _UNABLE),
    ("不予处理", "not dealt with", _REJECTED),
    ("其他处理", "otherwise", _OTHER),
)
_ENDS = (
    ("结果维持", "upheld", "upheld"),
    ("结果纠正", "corrected", "corrected"),
    ("其他结果", "other", "other"),
    ("尚未审结", "pending", "pending"),
)


def _trends(years: Sequence[int], cells: Sequence[Cells]) -> Iterable[Trend]:
    requests = [[_sum(held, [("t3", "new_requests", "total")])] for held in cells]
    yield _trend(("新收申请", "Requests received"), [("新收", "received")], years, requests)
    results = [[_result(held, rows) for _, _, rows in _RESULTS] for held in cells]
    totals = [_sum(held, [("t3", "results_total", "total")]) for held in cells]
    yield _trend(("办理结果", "Results"), [(zh, en) for zh, en, _ in _RESULTS], years, results, totals)
    for name, blocks in (
        (("行政复议", "Reviews"), ("review",)),
        (("行政诉讼", "Suits"), ("litigation_direct", "litigation_after_review")),
    ):
        ends = [[_sum(held, [("t4", block, end) for block in blocks]) for _, _, end in _ENDS] for held in cells]
        totals = [_sum(held, [("t4", block, "total") for block in blocks]) for held in cells]
        yield _trend(name, [(zh, en) for zh, en, _ in _ENDS], years, ends, totals)


def _result(cells: Cells, rows: tuple[str, ...]) -> float | None:
    if rows is _OTHER and ("t3", "other_handling", "total") in cells:
        rows = ("other_handling",)
    return _sum(cells, [("t3", row, "total") for row in rows])


def _sum(cells: Cells, keys: Iterable[tuple[str, str, str]]) -> float | None:
    """The sum of cells that all hold a number."""
    values = [cells[key]["value"] if key in cells else None for key in keys]
    return None if None in values else sum(values)  # type: ignore[arg-type]


def _trend(
    name: tuple[str, str],
    legend: Sequence[tuple[str, str]],
    years: Sequence[int],
    values: Sequence[Sequence[Any]],
    totals: Sequence[float | None] = (),
) -> Trend:
    """Stacked bars; a year of which a part has no number is a dashed gap, not a low bar. Where the total that is
    printed is not what the parts add up to, both are told: ``48≠70``."""
    made = Trend(name, [(zh, en, f"b{n}") for n, (zh, en) in enumerate(legend, start=1)])
    most = max((sum(parts) for parts in values if None not in parts), default=0) or 1
    step = WIDTH / max(len(years), 1)
    width = min(step * 0.62, 34)
    for n, (year, parts, total) in enumerate(zip_longest(years, values, totals[: len(years)])):
        x = n * step + (step - width) / 2
        made.labels.append((x + width / 2, BASE + 13, str(year), "year"))
        if None in parts:
            made.gaps.append(Bar(x, BASE - 24, width, 24, "gap"))
            continue
        y = float(BASE)
        for index, part in enumerate(parts, start=1):
            height = (BASE - TOP) * float(part) / most
            y -= height
            if part:
                made.bars.append(Bar(x, y, width, height, f"b{index}"))
        agrees = total is None or total == sum(parts)
        told = number(sum(parts)) if agrees else f"{number(sum(parts))}≠{number(total)}"
        made.labels.append((x + width / 2, y - 4, told, "value" if agrees else "value error"))
        made.told.append((year, told))
        made.disagrees = made.disagrees or not agrees
    return made


# ------------------------------------------------------------------------------------------------ provinces


@dataclass(slots=True)
class GridRow:
    region: Row
    cells: list[Row | None]


def grid(regions: Iterable[Row], coverage: Iterable[Row], years: Sequence[int]) -> list[GridRow]:
    """The regions of a province by year: the row of ``coverage``, or None."""
    held = {(row["region_code"], row["report_year"]): row for row in coverage}
    return [GridRow(region, [held.get((region["code"], year)) for year in years]) for region in regions]
