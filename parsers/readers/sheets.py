"""Cells of a spreadsheet to blocks, for all spreadsheet formats.

A ``Sheet`` is what a reader fills: the printed text of its cells, spans, doubts and what is hidden. ``document`` gives
the blocks: a table per block of rows, cut at blank rows; titles, headings of sections and running text that stand alone
in a row become paragraphs. Hidden sheets, rows and columns are not printed and not read. A cell's place is its sheet
and its address (``B7``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from parsers.document import Document, GridCell, Paragraph, Table
from parsers.readers.html_grid import MAX_CELLS, MAX_ROWS, MAX_SPAN
from parsers.sections import heading_number
from parsers.subjects import TITLE

LONGEST_LABEL = 60  # a single cell with more than that is running text
Place = tuple[int, int]  # row and column, from 0


@dataclass(slots=True)
class Sheet:
    """``cells`` holds printed texts, ``spans`` the rows and columns of merged cells by their first cell."""

    name: str
    cells: dict[Place, str] = field(default_factory=dict)
    spans: dict[Place, tuple[int, int]] = field(default_factory=dict)
    doubts: dict[Place, str] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)


def document(sheets: list[Sheet], kind: str) -> Document:
    """The blocks of all sheets in order."""
    made = Document([], kind=kind)
    tables = 0
    for sheet in sheets:
        if heading_number(sheet.name) is not None:
            made.blocks.append(Paragraph(sheet.name, len(made.blocks)))
        for rows in _groups(sheet):
            text = _single(rows)
            if text is not None:
                for line in text.splitlines():
                    made.blocks.append(Paragraph(line, len(made.blocks), place={"sheet": sheet.name}))
            else:
                made.blocks.append(Table(_grid(sheet, rows), tables))
                tables += 1
    return made


Row = tuple[int, dict[int, str]]


def _groups(sheet: Sheet) -> Iterator[list[Row]]:
    """Rows that stand together; a row that is a paragraph comes alone."""
    rows: dict[int, dict[int, str]] = {}
    for (row, column), text in sorted(sheet.cells.items()):
        if text.strip() and row not in sheet.hidden_rows and column not in sheet.hidden_columns:
            rows.setdefault(row, {})[column] = text
    group: list[Row] = []
    end = -1  # the last row that a merged cell of the group reaches
    for row, texts in rows.items():
        alone = _single([(row, texts)]) is not None
        if group and (alone or row > max(end, group[-1][0]) + 1 + _hidden_between(sheet, group[-1][0], row)):
            yield group
            group, end = [], -1
        if alone:
            yield [(row, texts)]
            continue
        group.append((row, texts))
        end = max([end, *(row + sheet.spans.get((row, column), (1, 1))[0] - 1 for column in texts)])
    if group:
        yield group


def _hidden_between(sheet: Sheet, first: int, last: int) -> int:
    return sum(first < row < last for row in sheet.hidden_rows) if sheet.hidden_rows else 0


def _single(rows: list[Row]) -> str | None:
    """The text of a row that is a title, a heading or running text, and no row of a table."""
    if len(rows) != 1 or len(rows[0][1]) != 1:
        return None
    (text,) = rows[0][1].values()
    bare = "".join(text.split())
    plain = heading_number(text) is not None or len(bare) > LONGEST_LABEL or TITLE.fullmatch(bare)
    return text if plain else None


def _grid(sheet: Sheet, rows: list[Row]) -> list[list[GridCell]]:
    """The cells of a block of rows, blank ones too, with hidden columns left out of the count."""
    covered = _covered(sheet, {number for number, _ in rows})
    columns = sorted({column for _, texts in rows for column in texts})
    shown = [c for c in range(columns[0], columns[-1] + 1) if c not in sheet.hidden_columns] if columns else []
    if len(shown) > MAX_CELLS:
        shown = columns
    grid: list[list[GridCell]] = []
    total = 0
    for number, texts in rows:
        if len(grid) >= MAX_ROWS or total >= MAX_CELLS:
            break
        cells = []
        for position, column in enumerate(shown):
            if (number, column) in covered:
                continue
            height, width = sheet.spans.get((number, column), (1, 1))
            width -= sum(column < hidden < column + width for hidden in sheet.hidden_columns)
            place = {"sheet": sheet.name, "cell": address(number, column)}
            doubt = sheet.doubts.get((number, column))
            text = texts.get(column, "")
            cells.append(GridCell(text, len(grid), position, min(height, MAX_SPAN), min(width, MAX_SPAN), place, doubt))
        total += len(cells)
        grid.append(cells)
    return grid


def _covered(sheet: Sheet, rows: set[int]) -> set[Place]:
    """The places that merged cells cover beside their first one."""
    covered: set[Place] = set()
    for (row, column), (height, width) in sheet.spans.items():
        for below in range(row, row + min(height, MAX_ROWS)):
            if below in rows:
                covered.update((below, right) for right in range(column, column + min(width, MAX_SPAN)))
        covered.discard((row, column))
    return covered


def address(row: int, column: int) -> str:
    """
    >>> address(6, 1), address(0, 27)
    ('B7', 'AB1')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def merge(sheet: Sheet, row: int, column: int, height: int, width: int) -> None:
    """Note a merged cell; what stands under its other places is not printed."""
    if height > 1 or width > 1:
        sheet.spans[row, column] = (height, width)


def clean(text: str) -> str:
    """The text of a cell, its lines kept apart."""
    return "\n".join(line for part in text.splitlines() if (line := " ".join(part.split())))
