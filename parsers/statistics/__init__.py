"""The statistics table of reports before 2019 (国办发〔2014〕32号 and its provincial forms): rows of label, unit, value.

Read from grids and from flattened text of all files of a report, wherever they stand: in section six, after the
signature, in an attachment. A row that no form has is kept without a key. A row printed twice with different numbers
has none. Reports from 2019 on have the table only if they print one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any

from parsers.cells import UNPARSEABLE, Cell
from parsers.document import Block, Document, Image, Paragraph, Table, lines_of
from parsers.forms.statistics import Indicator, StatisticsForm, statistics_form
from parsers.statistics.grid import GridHeader, grid_table
from parsers.statistics.rows import Doubt, PrintedTable, StatisticsRow
from parsers.statistics.text import text_tables

PRESENT, MISSING, UNREADABLE = "present", "missing", "unreadable"
FIRST_YEAR, LAST_YEAR = 2014, 2018
STAT2014, LEGACY = "stat2014", "legacy"
ENOUGH = 3  # rows of the form, or of its subject, that make a table one of statistics
ENOUGH_LATER = 5  # in a report whose year has other tables
TITLE = "统计表"


@dataclass(slots=True)
class Statistics:
    """The table; ``kind`` says why it is not present: ``image``, ``attachment`` or ``empty``."""

    status: str
    version: str | None
    rows: list[StatisticsRow] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)
    kind: str | None = None
    grids: set[tuple[int, int]] = field(default_factory=set)  # (document, table) read here, and so no other table

    def row(self, key: str) -> StatisticsRow | None:
        """The first row of a key."""
        return next((row for row in self.rows if row.key == key), None)

    def to_dict(self) -> dict[str, Any]:
        return {"status": self.status, "version": self.version, "rows": [row.to_dict() for row in self.rows]}


def read_statistics(documents: list[Document], year: int | None, ends: Sequence[int | None] = ()) -> Statistics | None:
    """The table of a report for ``year``; None where there is none and none is due. ``ends`` are the blocks of the
    documents at which another report begins."""
    form = statistics_form()
    parts = [document.blocks[:end] for document, end in zip_longest(documents, ends)]
    found = [(number, table) for number, table in _tables(documents, parts, form, year) if _is_one(table, form, year)]
    if not found:
        due = year is not None and FIRST_YEAR <= year <= LAST_YEAR
        return _absent(documents) if due else None
    result = Statistics(PRESENT, LEGACY if year is not None and year < FIRST_YEAR else STAT2014)
    for number, table in found:
        _assign_keys(table.rows, form)
        result.rows.extend(table.rows)
        result.doubts.extend(table.doubts)
        result.unknown_columns.extend(table.unknown_columns)
        if table.block is not None:
            result.grids.add((number, table.block))
    _settle(result)
    return result


def _tables(
    documents: list[Document], parts: list[list[Block]], form: StatisticsForm, year: int | None
) -> Iterable[tuple[int, PrintedTable]]:
    for document, blocks in zip(documents, parts, strict=True):
        header: GridHeader | None = None
        for block in blocks:
            if isinstance(block, Table) and _worth_reading(block, form, year, header):
                table, header = grid_table(block, document.number, form, year, header)
                yield document.number, table
        if year is None or year <= LAST_YEAR:
            lines = [block for block in blocks if isinstance(block, Paragraph)]
            yield from ((document.number, table) for table in text_tables(lines, document.number, form, year))


def _worth_reading(grid: Table, form: StatisticsForm, year: int | None, header: GridHeader | None) -> bool:
    """Old reports have few grids; in later ones a grid is read only if it carries labels of the form."""
    texts = (cell.text for row in grid.rows for cell in row if 3 < len(cell.text) < 90)
    known = sum(bool(form.find(text)) for text in texts)
    if year is not None and year > LAST_YEAR:
        return known >= ENOUGH_LATER
    return known > 0 or header is not None or (year is not None)


def _is_one(table: PrintedTable, form: StatisticsForm, year: int | None) -> bool:
    known = {row.label for row in table.rows if form.find(row.label)}
    if len(known) >= ENOUGH:
        return True
    if year is None or year > LAST_YEAR:
        return False
    return sum(form.on_topic(row.label) for row in table.rows) >= max(ENOUGH, len(table.rows) / 2)


def _assign_keys(rows: list[StatisticsRow], form: StatisticsForm) -> None:
    """Keys by label. A wording of two rows takes the one whose parent spans it, or stands before it with all its parts
    in the order of the form and nothing between them."""
    for at, row in enumerate(rows):
        options = form.find(row.label)
        if len(options) > 1:
            options = tuple(o for o in options if _under_parent(rows, at, o, form))
        row.key = options[0].key if len(options) == 1 else None


def _under_parent(rows: list[StatisticsRow], at: int, option: Indicator, form: StatisticsForm) -> bool:
    parent = form.indicators[option.parent] if option.parent else None
    if parent is None:
        return False
    if rows[at].group:
        return parent in form.find(rows[at].group or "")
    parts = [indicator for indicator in form.indicators.values() if indicator.parent == parent.key]
    first = at - parts.index(option)
    if first < 1 or parent not in form.find(rows[first - 1].label):
        return False
    run = rows[first : first + len(parts)]
    return len(run) == len(parts) and all(part in form.find(row.label) for part, row in zip(parts, run, strict=True))


def _settle(result: Statistics) -> None:
    """One row of each key: equal prints are one, a print without a number gives way, different numbers are none."""
    kept: dict[str, StatisticsRow] = {}
    rows: list[StatisticsRow] = []
    for row in result.rows:
        known = kept.get(row.key) if row.key else None
        if known is None:
            rows.append(row)
            if row.key:
                kept[row.key] = row
        elif known.value.value is None and known.value.raw is None:
            known.value, known.cumulative, known.unit = row.value, row.cumulative, row.unit
        elif row.value.raw is not None:
            known.value = _agreed(known.label, known.value, row.value, result)
            if known.cumulative is not None and row.cumulative is not None:
                known.cumulative = _agreed(known.label, known.cumulative, row.cumulative, result)
    result.rows = rows


def _agreed(name: str, one: Cell, other: Cell, result: Statistics) -> Cell:
    """What two prints of a cell say together."""
    if (one.value, one.unit) == (other.value, other.unit):
        return one
    raw = f"{one.raw} / {other.raw}"[:200]
    result.doubts.append(Doubt(name, "twice", raw))
    return replace(one, value=None, state=UNPARSEABLE, raw=raw)


def _absent(documents: list[Document]) -> Statistics:
    """What stands in the table's place: a picture or a file that its name is said of, or nothing."""
    kind = "empty"
    for document in documents:
        if any(TITLE in text for _, text in document.attachments):
            kind = "attachment"
        named = False
        for block in document.blocks:
            if isinstance(block, Image):
                kind = "image" if named or TITLE in block.alt else kind
            elif not named:
                named = any(TITLE in line for line in lines_of([block]) if len(line) < 60)
    return Statistics(MISSING if kind == "empty" else UNREADABLE, None, kind=kind)


__all__ = ["MISSING", "PRESENT", "UNREADABLE", "Statistics", "StatisticsRow", "read_statistics"]
