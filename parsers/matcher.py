"""Labels to form cells: the one matcher of all tables and all ways in which they are printed.

It takes the rows of ``parsers.tokens`` and a form's table, and gives the cells with what did not fit. A row label
names the row; the columns come from the header above, by where its cells stand in a grid, or by its order in
flattened text, which must be an order that the form's header flattens to. Where position and order disagree, or the
numbers are not as many as the columns, the cells stay null: numbers alone never decide.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from parsers.cells import MISSING_CELL, UNPARSEABLE, Cell, read
from parsers.forms import BLOCK, COLUMN, GROUP, HEADER_GROUP, ROW, FormBlock, FormTable, Name
from parsers.tokens import Found, TableRow, Token

Path = tuple[str, ...]


@dataclass(slots=True)
class Doubt:
    """A row that was not taken: ``kind`` is ``count`` (numbers and columns differ in number), ``order`` (the header's
    order is not the form's) or ``conflict`` (position and order disagree)."""

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


@dataclass(slots=True)
class _Header:
    """The labels above the rows: every printed piece, and which of them are the form's."""

    found: list[Found] = field(default_factory=list)
    unknown: list[Token] = field(default_factory=list)
    closed: bool = False
    grid: int | None = None


def match(rows: Iterable[TableRow], form: FormTable) -> Reading:
    """Read the cells of ``form`` from ``rows``; every cell of the form is in the answer, missing ones as such."""
    reading = Reading(form)
    header = _Header()
    for row in rows:
        if header.grid != row.grid and header.closed:
            header = _Header(grid=row.grid)
        header.grid = row.grid
        target = _labels(row, header, reading)
        printed = any(token.text for token in row.values)
        unfilled = bool(row.values) and (
            isinstance(target, tuple) or (not form.blocks[0].rows and len(row.values) > 11)
        )
        if printed or unfilled:
            header.closed = True
            _values(row, target, header, reading)
    for path in reading.distrusted:
        reading.cells.pop(path, None)
    for doubt in reading.doubtful:
        for path in doubt.paths:
            reading.cells.setdefault(path, doubt.cell)
    for path in form.locators:
        reading.cells.setdefault(path, Cell(None, MISSING_CELL))
    return reading


def _labels(row: TableRow, header: _Header, reading: Reading) -> tuple[int, Name] | str | None:
    """Sort the labels of a row into header and row labels; the answer is the row's own label, known or not."""
    form = reading.form
    names = [entry for entry in row.labels if isinstance(entry, Found)]
    header_run = any(_only_column(form, found.name) for found in names)
    target: tuple[int, Name] | str | None = None
    for position, entry in enumerate(row.labels):
        if isinstance(entry, str):
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
                header.found, header.unknown, header.closed = [], [], False
            if name.kind != BLOCK:
                header.found.append(entry)
            target = None
        else:
            target = (block, name)
            header.closed = header.closed or name.kind == ROW
    if not row.values and not isinstance(target, tuple):
        header.unknown.extend(token for token in row.tokens if token.column is not None)
    return target


def _only_column(form: FormTable, name: str) -> bool:
    return all(entry.kind in (COLUMN, HEADER_GROUP) for _, entry in form.lexicon[name])


def _resolve(form: FormTable, found: Found, header: _Header, in_header: bool) -> tuple[int, Name]:
    """What a label stands for here: some wordings are a column's and a row's name alike (其他, 总计)."""
    candidates = form.lexicon[found.name]
    rows = [entry for entry in candidates if entry[1].kind in (ROW, GROUP)]
    others = [entry for entry in candidates if entry[1].kind not in (ROW, GROUP)]
    if rows and others:
        return others[0] if in_header or not header.closed else rows[0]
    return candidates[0]


def _values(row: TableRow, target: tuple[int, Name] | str | None, header: _Header, reading: Reading) -> None:
    form = reading.form
    if isinstance(target, tuple) and target[1].kind == ROW:
        block, key = form.blocks[target[0]], target[1].key
    elif not form.blocks[0].rows:
        block, key = form.blocks[0], ""
    else:
        if row.grid is None and target is None and header.found:
            _distrust(row, header, reading)
        _extra_row(row, target, header, reading)
        return
    columns = _columns(row, block, header)
    for text in _extra_columns(row, block, header):
        if text not in reading.extra_columns:
            reading.extra_columns.append(text)
    if isinstance(columns, str):
        raw = " ".join(token.text for token in row.values)[:200]
        cell = Cell(None, UNPARSEABLE, raw, None, block.unit, row.values[0].origin)
        reading.doubtful.append(Doubt(row.printed_label, columns, block.fields[key], cell))
        return
    for index, token in columns.items():
        _store(reading, block.fields[key][index], read(token.text, _unit(block, index, header), token.origin))


def _distrust(row: TableRow, header: _Header, reading: Reading) -> None:
    """Numbers behind a header, before any row label: labels and numbers have parted, the block can't be trusted."""
    found = header.found[-1].name
    for number in {number for number, entry in reading.form.lexicon[found] if entry.kind == COLUMN}:
        block = reading.form.blocks[number]
        raw = " ".join(token.text for token in row.values)[:200]
        cell = Cell(None, UNPARSEABLE, raw, None, block.unit, row.values[0].origin)
        paths = tuple(path for fields in block.fields.values() for path in fields)
        reading.doubtful.append(Doubt(row.printed_label, "order", paths, cell))
        reading.distrusted.update(paths)


def _unit(block: FormBlock, index: int, header: _Header) -> str | None:
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
    known = reading.cells.get(path)
    if known is None or known.state == MISSING_CELL:
        reading.cells[path] = cell
    elif (known.value, known.state) != (cell.value, cell.state):
        if cell.raw is not None and not cell.raw.strip():
            return
        if known.raw is not None and not known.raw.strip():
            reading.cells[path] = cell
            return
        raw = f"{known.raw} / {cell.raw}"[:200]
        reading.cells[path] = Cell(None, UNPARSEABLE, raw, None, cell.unit, cell.origin)
        reading.conflicts.append(path)


def _extra_row(row: TableRow, target: tuple[int, Name] | str | None, header: _Header, reading: Reading) -> None:
    """Keep a row that the form does not have: a printed subtotal of a group, or a label nobody knows."""
    block = max(reading.form.blocks, key=lambda block: len(block.columns))
    if target is None or (isinstance(target, str) and len(row.values) != len(block.columns)):
        return
    columns = _columns(row, block, header)
    tokens = columns if isinstance(columns, dict) else dict(enumerate(row.values))
    names = [column.key for column in block.columns]
    cells = {
        names[index] if isinstance(columns, dict) else str(index + 1): read(token.text, None, token.origin).to_dict()
        for index, token in sorted(tokens.items())
    }
    group = target[1].key if isinstance(target, tuple) else None
    if group is None or any(cell["value"] is not None for cell in cells.values()):
        label = target[1].label if isinstance(target, tuple) else row.printed_label
        reading.extra_rows.append({"table": reading.form.name, "label": label, "group": group, "cells": cells})


def _columns(row: TableRow, block: FormBlock, header: _Header) -> dict[int, Token] | str:
    """Which value belongs to which column of the block, or the kind of doubt that forbids to say."""
    names = [found for found in header.found if _columns_of(found, block)]
    if row.grid is None:
        return _by_order(row.values, _sequence(names, block), block)
    places = _places(names, header, block)
    others = _unknown_leaves(header, places)
    leaves = len(places) + len(others)
    order = [index for _, _, index in sorted(places)]
    by_place: dict[int, Token] | str = "order"
    if _whole_header(order, header, block):
        by_place = _by_place(row.values, places, {token.column for token in others})
    by_order: dict[int, Token] | str = "count"
    if len(row.values) == len(block.columns) and leaves <= len(block.columns):
        by_order = _by_order(row.values, order, block) if order == sorted(order) else "order"
    if isinstance(by_place, dict) and isinstance(by_order, dict):
        same = all(by_order.get(index) is token for index, token in by_place.items())
        return by_order if same else "conflict"
    return by_place if isinstance(by_place, dict) else by_order


def _columns_of(found: Found, block: FormBlock) -> list[int]:
    return [i for i, column in enumerate(block.columns) if found.name in column.names]


def _sequence(names: list[Found], block: FormBlock) -> list[int]:
    """The columns named in flattened text, in printed order; a name that repeats stands for its next column."""
    used: dict[str, int] = {}
    sequence = []
    for found in names:
        options = _columns_of(found, block)
        key = block.columns[options[0]].key
        turn = used.get(key, 0)
        used[key] = turn + 1
        if turn < len(options):
            sequence.append(options[turn])
    return sequence


def _by_order(values: list[Token], sequence: list[int], block: FormBlock) -> dict[int, Token] | str:
    """Values in the form's own order, where the header's order is one that the form flattens to."""
    count = len(block.columns)
    if "" in block.fields:  # repeated columns: which of the equal names is lost can't be told
        keys = [block.columns[index].key for index in sequence]
        if not _subsequence(keys, [column.key for column in block.columns]):
            return "order"
    elif not any(_subsequence(sequence, order) for order in _flattenings(block)):
        return "order"
    if len(values) == count:
        return dict(enumerate(values))
    without_totals = _totals_left_out(block)
    if "" in block.fields and sequence == without_totals and len(values) == len(without_totals):
        return dict(zip(without_totals, values, strict=True))
    return "count"


def _flattenings(block: FormBlock) -> list[list[int]]:
    """Orders in which a header can come out of a flattening: column by column, and row by row of a stepped header."""
    plain = list(range(len(block.columns)))
    return [plain, sorted(plain, key=lambda index: bool(block.columns[index].parent))]


def _subsequence(part: list[Any], whole: list[Any]) -> bool:
    rest = iter(whole)
    return all(entry in rest for entry in part)


def _totals_left_out(block: FormBlock) -> list[int]:
    return [index for index, column in enumerate(block.columns) if column.key != "total"]


def _whole_header(order: list[int], header: _Header, block: FormBlock) -> bool:
    """Whether cells may be read by what stands above them: every column has its label (table four may print none of
    its totals), and where the order is not the form's, no label of a group is lost that could have shifted the rest."""
    if "" in block.fields and order == _totals_left_out(block):
        return True
    if sorted(order) != list(range(len(block.columns))):
        return False
    names = {found.name for found in header.found}
    return order == sorted(order) or all(names.intersection(group.names) for group in _used_groups(header, block))


def _used_groups(header: _Header, block: FormBlock) -> list[Name]:
    """The group labels that a header of several rows needs; a header of one row needs none."""
    rows = {found.token.row for found in header.found if _columns_of(found, block)}
    return list(block.header_groups) if len(rows) > 1 else []


def _extra_columns(row: TableRow, block: FormBlock, header: _Header) -> list[str]:
    """Header labels of columns that the form does not have, over values of this row."""
    if row.grid is None or not header.unknown:
        return []
    places = _places([found for found in header.found if _columns_of(found, block)], header, block)
    filled = {token.column for token in row.values if token.text.strip()}
    return [token.text for token in _unknown_leaves(header, places) if token.column in filled]


def _places(names: list[Found], header: _Header, block: FormBlock) -> list[tuple[int, int, int]]:
    """(first grid column, end, column of the block) of the lowest header cells that name a column."""
    leaves: dict[int, tuple[int, int, int, int]] = {}
    for found in names:
        token = found.token
        index = _leaf_index(found, header, block)
        if token.column is None or index is None:
            continue
        known = leaves.get(token.column)
        if known is None or known[3] <= token.row:
            leaves[token.column] = (token.column, token.end, index, token.row)
    return [(start, end, index) for start, end, index, _ in leaves.values()]


def _leaf_index(found: Found, header: _Header, block: FormBlock) -> int | None:
    options = _columns_of(found, block)
    if len(options) == 1:
        return options[0]
    parents = _parents(found.token, header, block)
    fitting = [i for i in options if block.columns[i].parent in parents]
    return fitting[0] if len(fitting) == 1 else None


def _parents(token: Token, header: _Header, block: FormBlock) -> set[str]:
    """The header groups whose cells stand above ``token``."""
    above: set[str] = set()
    for found in header.found:
        other = found.token
        if other.column is None or token.column is None or other.row >= token.row:
            continue
        if other.column <= token.column < other.end:
            above.update(group.key for group in block.header_groups if found.name in group.names)
    return above


def _unknown_leaves(header: _Header, places: list[tuple[int, int, int]]) -> list[Token]:
    """Header cells over the value columns that no name explains (a printed 小计, a column of one's own)."""
    if not places:
        return []
    first = min(start for start, _, _ in places)
    known = {start for start, _, _ in places}
    return [
        token
        for token in header.unknown
        if token.column is not None and token.column >= first and token.column not in known and token.colspan == 1
    ]


def _by_place(
    values: list[Token], places: list[tuple[int, int, int]], others: set[int | None]
) -> dict[int, Token] | str:
    """Values under the header cell that stands above them; a doubt where one fits none or two. A value under a header
    that the form does not have (``others``) is passed over."""
    taken: dict[int, Token] = {}
    if len({index for _, _, index in places}) != len(places) or not places:
        return "order"
    for token in values:
        under = [
            index
            for start, end, index in places
            if token.column is not None and token.column < end and token.end > start
        ]
        if len(under) > 1 and token.text.strip():
            return "conflict"
        if not under and token.text.strip() and token.column not in others:
            return "count"
        for index in under:
            if index in taken and taken[index].text.strip() and token.text.strip():
                return "conflict"
            if index not in taken or token.text.strip():
                taken[index] = token
    return taken if len(taken) == len(places) else "count"
