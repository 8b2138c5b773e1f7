"""Labels to form cells: the one matcher of all tables and all ways in which they are printed.

It takes the rows of ``parsers.tokens`` and a form's table, and gives the cells with what did not fit. A row label
names the row; the columns come from the header above, by where its cells stand in a grid, or by its order in
flattened text, which must be an order that the form's header flattens to. Where position and order disagree, or the
numbers are not as many as the columns, the cells stay null: numbers alone never decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from parsers.cells import MISSING_CELL, UNPARSEABLE, Cell, read
from parsers.columns import Header, columns_of_row, extra_columns
from parsers.forms import BLOCK, COLUMN, GROUP, HEADER_GROUP, ROW, FormBlock, FormTable, Name
from parsers.tokens import Found, TableRow, cell_of

Path = tuple[str, ...]


@dataclass(slots=True)
class Doubt:
    """A row that was not taken: ``kind`` is ``count`` (numbers and columns differ in number), ``order`` (the header's
    order is not the form's), ``conflict`` (position and order disagree) ``unconfirmed`` (another order than the
    form's, which the total of the row does not confirm), ``stacked`` (behind the labels of two rows), ``lost`` (the next
    label is lost, so that the numbers may be its own) or ``copies`` (only one of two printed tables has it)."""

    label: str
    kind: str
    paths: tuple[Path, ...]
    cell: Cell


@dataclass(slots=True)
class Reading:
    """What was read of one table. ``seen`` holds the labels found as (kind, key), the rest what rules report on."""

    form: FormTable
    cells: dict[Path, Cell] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    inexact: list[tuple[str, str]] = field(default_factory=list)
    extra_rows: list[dict[str, Any]] = field(default_factory=list)
    doubtful: list[Doubt] = field(default_factory=list)
    conflicts: list[Path] = field(default_factory=list)
    extra_columns: list[str] = field(default_factory=list)
    distrusted: set[Path] = field(default_factory=set)
    repeated: set[Path] = field(default_factory=set)  # printed twice, with the same number
    versions: set[tuple[Any, Any]] = field(default_factory=set)  # grids that disagree: (document, table)
    times: dict[Path, int] = field(default_factory=dict)  # how often a cell was printed
    rows: Counter[str] = field(default_factory=Counter)  # how often the label of a row was, before numbers

    @property
    def readable(self) -> bool:
        return any(cell.state not in (MISSING_CELL, UNPARSEABLE) for cell in self.cells.values())

    @property
    def labels_missing(self) -> list[Name]:
        """Labels that the form prints and this table nowhere does."""
        missing: dict[tuple[str, str], Name] = {}
        for block in self.form.blocks:
            titles = (block.title,) if block.title else ()
            for entry in (*titles, *block.header_groups, *block.groups, *block.columns, *block.rows):
                if (entry.kind, entry.key) not in self.seen:
                    missing.setdefault((entry.kind, entry.key), entry)
        return list(missing.values())


def match(rows: Iterable[TableRow], form: FormTable) -> Reading:
    """Read the cells of ``form`` from ``rows``; every cell of the form is in the answer, missing ones as such."""
    reading = Reading(form)
    header = Header()
    for row in rows:
        if header.grid != row.grid and header.closed:
            header = Header(grid=row.grid, before=header if header.found else header.before)
        header.grid = row.grid
        target = _labels(row, header, reading)
        printed = any(token.text for token in row.values)
        unfilled = bool(row.values) and (
            isinstance(target, tuple) or (not form.blocks[0].rows and len(row.values) > 11)
        )
        if printed or unfilled:
            header.closed = True
            _values(row, target, header, reading)
    _doubt_versions(reading)
    if header.grid is None:
        _doubt_before_lost_labels(reading)
    for path in reading.distrusted:
        reading.cells.pop(path, None)
    _doubt_half_copies(reading)
    for doubt in reading.doubtful:  # also where another row of the same label could be read: which one holds is open
        for path in doubt.paths:
            reading.cells[path] = doubt.cell
    for path in form.locators:
        if path not in reading.cells:
            reading.cells[path] = Cell(None, MISSING_CELL)
    return reading


def _doubt_half_copies(reading: Reading) -> None:
    """Where a table is printed twice, a cell that only one of the two has may be of a table that is not the report's."""
    copies = max([*reading.times.values(), *reading.rows.values()], default=1)
    if copies == 1:
        return
    rows = sum(len(block.rows) for block in reading.form.blocks)
    cells_again, rows_again = (sum(n > 1 for n in times.values()) for times in (reading.times, reading.rows))
    if cells_again * 4 <= len(reading.form.locators) and rows_again * 4 <= rows:
        return
    for path, times in reading.times.items():
        if times < copies and (cell := reading.cells.get(path)) is not None:
            unsure = Cell(None, UNPARSEABLE, cell.raw, None, cell.unit, cell.origin)
            reading.doubtful.append(Doubt(".".join(path), "copies", (path,), unsure))


def _labels(row: TableRow, header: Header, reading: Reading) -> tuple[int, Name] | str | None:
    """Sort the labels of a row into header and row labels; the answer is the row's own label, known or not."""
    form = reading.form
    names = [entry for entry in row.labels if isinstance(entry, Found)]
    header_run = any(found.name in form.header_names for found in names)
    target: tuple[int, Name] | str | None = None
    for position, entry in enumerate(row.labels):
        if isinstance(entry, str):
            if row.grid is None and not header.closed and position < len(row.labels) - 1:
                header.strangers += bool(header.found) and entry not in form.ignored
                header.foreign |= _is_foreign(entry, form)
            if entry in form.ignored:
                target = None
            elif not (len(entry) <= 2 and target is not None and position == len(row.labels) - 1):
                target = entry
            continue
        last = position == len(row.labels) - 1 and bool(row.values)
        block, name = _resolve(form, entry, header, header_run and not last)
        reading.seen.add((name.kind, name.key))
        if not entry.exact:
            reading.inexact.append((entry.printed, name.label))
        if name.kind in (COLUMN, HEADER_GROUP, BLOCK):
            if header.closed or name.kind == BLOCK:
                header.clear()
            if name.kind != BLOCK:
                header.add(entry)
            target = None
        else:
            target = (block, name)
            header.closed = header.closed or name.kind == ROW
    if not row.values and not isinstance(target, tuple):
        if isinstance(target, str) and len(row.tokens) > 1:  # one alone is a title
            header.foreign |= any(isinstance(entry, str) and _is_foreign(entry, form) for entry in row.labels)
        header.unknown.extend(token for token in row.tokens if token.column is not None)
        header.layouts.clear()
    return target


def _is_foreign(text: str, form: FormTable) -> bool:
    """Whether a text of a header is neither ignored nor the beginning or end of a label, left by a page break."""
    return text not in form.ignored and not any(name.startswith(text) or name.endswith(text) for name in form.lexicon)


def _resolve(form: FormTable, found: Found, header: Header, in_header: bool) -> tuple[int, Name]:
    """What a label stands for here: some wordings are a column's and a row's name alike (其他, 总计)."""
    candidates = form.lexicon[found.name]
    if len(candidates) == 1:
        return candidates[0]
    rows = [entry for entry in candidates if entry[1].kind in (ROW, GROUP)]
    others = [entry for entry in candidates if entry[1].kind not in (ROW, GROUP)]
    if rows and others:
        return others[0] if in_header or not header.closed else rows[0]
    return candidates[0]


def _values(row: TableRow, target: tuple[int, Name] | str | None, header: Header, reading: Reading) -> None:
    form = reading.form
    if isinstance(target, tuple) and target[1].kind == ROW:
        block, key = form.blocks[target[0]], target[1].key
        reading.rows[key] += 1
    elif not form.blocks[0].rows:
        block, key = form.blocks[0], ""
    else:
        most = max(len(block.columns) for block in form.blocks)
        if row.grid is None and header.found and (target is None or len(row.values) > most):
            _distrust(row, header, reading)
        _extra_row(row, target, header, reading)
        return
    columns = "stacked" if _stacked(row, block) else columns_of_row(row, block, header)
    for text in extra_columns(row, block, header):
        if text not in reading.extra_columns:
            reading.extra_columns.append(text)
    if isinstance(columns, str):
        raw = " ".join(token.text for token in row.values)[:200]
        cell = Cell(None, UNPARSEABLE, raw, None, block.unit, row.values[0].origin)
        reading.doubtful.append(Doubt(row.printed_label, columns, block.fields[key], cell))
        return
    for index, token in columns.items():
        _store(reading, block.fields[key][index], cell_of(token, _unit(block, index, header)))


def _stacked(row: TableRow, block: FormBlock) -> bool:
    """Whether the numbers stand behind the labels of two rows, and whose they are can't be told: in flattened text with
    one number a row, where one of them is blank, and in one cell of a grid, where the line between them was lost."""
    found = [entry for entry in row.labels if isinstance(entry, Found)]
    if row.grid is None:
        names = {entry.name for entry in found}
        return len(block.columns) == 1 and sum(not names.isdisjoint(name.names) for name in block.rows) > 1
    one_cell = {entry.name for entry in found if entry.token is row.tokens[-1]}
    if len(one_cell) < 2:
        return False
    own = [one_cell.intersection(name.names) for name in block.rows]
    return set().union(*own) not in own


def _doubt_before_lost_labels(reading: Reading) -> None:
    """In flattened text blank cells vanish: where the label of a row is lost, the numbers behind the label before it
    may be those of the lost row."""
    for block in reading.form.blocks:
        for name, following in pairwise(block.rows):
            paths = block.fields[name.key]
            if (ROW, following.key) in reading.seen or not all(path in reading.cells for path in paths):
                continue
            raw = " ".join(reading.cells[path].raw or "" for path in paths)
            cell = Cell(None, UNPARSEABLE, raw, None, block.unit, reading.cells[paths[0]].origin)
            reading.doubtful.append(Doubt(name.label, "lost", paths, cell))
            reading.distrusted.update(paths)


def _distrust(row: TableRow, header: Header, reading: Reading) -> None:
    """Numbers behind a header, before any row label, or more behind a text than a row has: labels and numbers have
    parted, the block can't be trusted."""
    found = header.found[-1].name
    for number in {number for number, entry in reading.form.lexicon[found] if entry.kind == COLUMN}:
        block = reading.form.blocks[number]
        raw = " ".join(token.text for token in row.values)[:200]
        cell = Cell(None, UNPARSEABLE, raw, None, block.unit, row.values[0].origin)
        paths = tuple(path for fields in block.fields.values() for path in fields)
        reading.doubtful.append(Doubt(row.printed_label, "order", paths, cell))
        reading.distrusted.update(paths)


def _unit(block: FormBlock, index: int, header: Header) -> str | None:
    """The unit of a cell: the form's, unless the column's label prints another one (元 for 万元)."""
    if block.columns[index].key != "amount":
        return block.unit
    for found in header.found:
        if found.name in block.columns[index].names:
            for unit in ("万元", "亿元", "元"):
                if found.name.endswith(unit):
                    return unit
    return block.unit


def _store(reading: Reading, path: Path, cell: Cell) -> None:
    reading.times[path] = reading.times.get(path, 0) + 1
    known = reading.cells.get(path)
    if known is None or known.state == MISSING_CELL:
        reading.cells[path] = cell
    elif (known.value, known.state) != (cell.value, cell.state):
        raw = f"{known.raw} / {cell.raw}"[:200]
        reading.cells[path] = Cell(None, UNPARSEABLE, raw, None, cell.unit, cell.origin)
        reading.conflicts.append(path)
        if _grid_of(known) != _grid_of(cell):
            reading.versions.update((_grid_of(known), _grid_of(cell)))
    else:
        reading.repeated.add(path)


def _doubt_versions(reading: Reading) -> None:
    """Where two grids disagree they are versions of one table: a number that stands in only one of them may be of the
    wrong version, and is doubted too."""
    if not reading.versions:
        return
    for path, cell in reading.cells.items():
        if cell.value is not None and path not in reading.repeated and _grid_of(cell) in reading.versions:
            reading.cells[path] = replace(cell, value=None, state=UNPARSEABLE, note="versions")


def _grid_of(cell: Cell) -> tuple[Any, Any]:
    origin = cell.origin or {}
    return origin.get("document"), origin.get("table")


def _extra_row(row: TableRow, target: tuple[int, Name] | str | None, header: Header, reading: Reading) -> None:
    """Keep a row that the form does not have: a printed subtotal of a group, a label nobody knows, or none at all. In
    flattened text only an unknown label with as many numbers as there are columns makes a row."""
    block = max(reading.form.blocks, key=lambda block: len(block.columns))
    if row.grid is None and (target is None or (isinstance(target, str) and len(row.values) != len(block.columns))):
        return
    if target is None and row.labels:
        return
    columns = columns_of_row(row, block, header)
    tokens = columns if isinstance(columns, dict) else dict(enumerate(row.values))
    names = [column.key for column in block.columns]
    cells = {
        names[index] if isinstance(columns, dict) else str(index + 1): read(token.text, None, token.origin).to_dict()
        for index, token in sorted(tokens.items())
    }
    group = target[1].key if isinstance(target, tuple) else None
    if any(cell["value"] is not None for cell in cells.values()):
        label = target[1].label if isinstance(target, tuple) else row.printed_label
        reading.extra_rows.append({"table": reading.form.name, "label": label, "group": group, "cells": cells})
