"""A row of the statistics table as printed, and how its cells become a value and a cumulative one.

Grids and flattened text both end here: a label, and one token for each column that the header names. The header alone
says which number is the year's: where it names two, or none, or the tokens don't fit it, the row keeps its label and
its text, and no number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from parsers.cells import MISSING_CELL, UNPARSEABLE, Cell, looks_like_value
from parsers.forms.statistics import CUMULATIVE, UNIT, VALUE, StatisticsForm
from parsers.normalise import half_width, label
from parsers.tokens import Token, cell_of

_UNIT_IN_LABEL = re.compile(r"[(](?:单位:?)?\s*([^()]{1,3})[)]\s*$")
LONGEST_LABEL, LONGEST_RAW = 120, 200


@dataclass(slots=True)
class Doubt:
    """What kept a number from being taken: ``count`` (tokens and columns differ), ``more`` (more tokens than columns), ``columns`` (which column is the
    year's can't be told), ``label`` (numbers without a label), ``merged`` (one cell over several rows), ``twice``
    (a row printed twice with different numbers)."""

    label: str
    kind: str
    raw: str


@dataclass(slots=True)
class StatisticsRow:
    """One row: ``group`` is the label of a cell that spans it and others, ``key`` null for what no form has."""

    label: str
    unit: str | None
    value: Cell
    cumulative: Cell | None = None
    group: str | None = None
    key: str | None = None

    def to_dict(self) -> dict[str, object]:
        out: dict[str, object] = {"label": self.label, "key": self.key, "group": self.group, "unit": self.unit}
        total = self.cumulative
        out |= {"value": self.value.value, "cumulative": None if total is None else total.value}
        out |= {"state": self.value.state, "raw": self.value.raw, "note": self.value.note}
        out |= {"cumulative_state": total and total.state, "cumulative_raw": total and total.raw}
        return out | {"origin": self.value.origin or {}}


@dataclass(slots=True)
class PrintedTable:
    """The rows of one grid or one stretch of text. ``block`` tells grids apart, None for text."""

    rows: list[StatisticsRow] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)
    block: int | None = None


def distrust(table: PrintedTable, first: int = 0) -> None:
    """Take back the numbers of the rows from ``first`` on if most rows hold more than the header names: a word of the
    header is lost, and a row that seems to fit lacks a number."""
    rows = table.rows[first:]
    printed = sum(row.value.raw is not None for row in rows)
    if 2 * sum(doubt.kind == "more" for doubt in table.doubts) <= printed:
        return
    for row in rows:
        if row.value.value is not None:
            table.doubts.append(Doubt(row.label, "columns", row.value.raw or ""))
            row.value = replace(row.value, value=None, state=UNPARSEABLE)
            row.cumulative = row.cumulative and replace(row.cumulative, value=None, state=UNPARSEABLE)


def is_unit(text: str, form: StatisticsForm) -> bool:
    return len(text) <= 6 and label(text) in form.units


def is_number(text: str) -> bool:
    """Whether a text stands where a number is due: a number or a placeholder."""
    return bool(text) and looks_like_value(text)


def make_row(
    printed: str, tokens: Sequence[tuple[str, Token]], form: StatisticsForm, group: str | None = None
) -> StatisticsRow:
    """The row of a label and its tokens, each with the kind of its column: value and cumulative, once each."""
    by_kind = dict(tokens)
    unit = by_kind[UNIT].text.strip() if UNIT in by_kind else None
    unit = (unit if unit and is_unit(unit, form) else None) or unit_of_label(printed, form)
    value, total = by_kind.get(VALUE), by_kind.get(CUMULATIVE)
    cell = Cell(None, MISSING_CELL, unit=unit) if value is None else cell_of(value, unit)
    cumulative = None if total is None else cell_of(total, unit)
    return StatisticsRow(clean(printed), cell.unit, cell, cumulative, clean(group) if group else None)


def refused(
    printed: str, tokens: Sequence[Token], form: StatisticsForm, unit: str | None = None, group: str | None = None
) -> StatisticsRow:
    """A row whose numbers can't be told apart: their text is kept, none is taken."""
    texts = [token.text for token in tokens if token.text.strip()]
    unit = unit or unit_of_label(printed, form)
    origin = next((token.origin for token in tokens if token.text.strip()), None)
    raw = " ".join(texts)[:LONGEST_RAW]
    state = UNPARSEABLE if texts else MISSING_CELL
    return StatisticsRow(clean(printed), unit, Cell(None, state, raw or None, unit=unit, origin=origin), None, group)


def unit_of_label(printed: str, form: StatisticsForm) -> str | None:
    """The unit that a label carries in brackets, else the one of the form where there is but one; none for money.

    The bracket of ``收费金额(万元)`` decides over any form.
    """
    if (found := _UNIT_IN_LABEL.search(half_width(printed))) and found[1].strip() in form.units:
        return found[1].strip()
    units = {indicator.unit for indicator in form.find(printed)}
    return units.pop() if len(units) == 1 else None


def clean(text: str) -> str:
    """A label as printed, without line breaks."""
    return " ".join(text.split())[:LONGEST_LABEL]
