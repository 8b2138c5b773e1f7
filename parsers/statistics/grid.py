"""The statistics table as a grid: the header says what each grid column holds, a cell belongs to the column it stands in.

A row is taken only if each of its columns has exactly one cell of its own and the cell of units holds no number: a
cell that was lost, added or merged could have shifted the rest. Two tables side by side are two panels of one header.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from parsers.document import Table
from parsers.forms.statistics import CODE, LABEL, UNIT, VALUE, StatisticsForm
from parsers.statistics.rows import Doubt, PrintedTable, distrust, is_number, is_unit, make_row, refused
from parsers.tokens import Token

UNKNOWN = "unknown"
MOST_COLUMNS = 40  # no form has more


@dataclass(frozen=True, slots=True)
class Column:
    """A header cell over grid columns ``start`` to ``end``."""

    kind: str
    start: int
    end: int
    text: str = ""


@dataclass(slots=True)
class GridHeader:
    """The columns of a grid from left to right, cut into panels that begin with labels each."""

    leaves: dict[int, Column] = field(default_factory=dict)

    def add(self, column: Column) -> None:
        """The corner of a table may be blank: what stands left of all named columns are labels."""
        if column.start == 0 and not column.text:
            column = Column(LABEL, 0, column.end)
        for position in range(column.start, column.end):
            self.leaves[position] = column

    @property
    def columns(self) -> list[Column]:
        """Columns in order; a header cell of which a lower row covers a part counts with what is left of it."""
        found: list[Column] = []
        for position in sorted(self.leaves):
            leaf = self.leaves[position]
            last = found[-1] if found else None
            if last and last.end == position and (last.kind, last.text) == (leaf.kind, leaf.text):
                found[-1] = Column(last.kind, last.start, position + 1, last.text)
            else:
                found.append(Column(leaf.kind, position, position + 1, leaf.text))
        return found

    @property
    def panels(self) -> list[list[Column]]:
        panels: list[list[Column]] = []
        for column in self.columns:
            labels = column.kind in (LABEL, CODE)
            if not panels or (labels and any(known.kind not in (LABEL, CODE) for known in panels[-1])):
                panels.append([])
            panels[-1].append(column)
        return panels

    @property
    def named(self) -> bool:
        kinds = {column.kind for column in self.leaves.values()}
        return LABEL in kinds and VALUE in kinds


def grid_table(
    grid: Table, number: int, form: StatisticsForm, year: int | None, above: GridHeader | None
) -> tuple[PrintedTable, GridHeader | None]:
    """The rows of a grid, and its header for a grid that goes on from it (``above``) without one of its own."""
    table = PrintedTable(block=grid.index)
    header: GridHeader | None = None
    open_header = True
    covered: dict[int, Token] = {}
    until: dict[int, int] = {}
    body: list[list[tuple[Token, bool]]] = []
    for row_number, cells in enumerate(grid.rows):
        tokens = [Token(c.text.strip(), (number, grid.index), c.column, c.colspan, row_number, c) for c in cells]
        row = _with_spans(tokens, row_number, covered, until)
        if _is_header(tokens, form, year, open_header and header is not None):
            if header is None or not open_header:
                _read_rows(body, header, form, table)
                header, body = GridHeader(), []
            for token in tokens:
                kind = form.column_kind(token.text, year) or UNKNOWN
                header.add(Column(kind, token.column or 0, token.end, token.text))
            open_header = True
        elif any(token.text for token in tokens):
            open_header = header is None
            body.append(row)
    if header is None and above is not None and _fits(body, above):
        header = above
    _read_rows(body, header, form, table)
    return table, header


def _with_spans(
    tokens: list[Token], row: int, covered: dict[int, Token], until: dict[int, int]
) -> list[tuple[Token, bool]]:
    """All cells over a row from left to right, True for those that begin in it alone."""
    found = {token.column or 0: (token, False) for column, token in covered.items() if until[column] > row}
    for token in tokens:
        assert token.cell is not None
        tall = token.cell.rowspan > 1
        found[token.column or 0] = (token, not tall)
        if tall:
            covered[token.column or 0], until[token.column or 0] = token, row + token.cell.rowspan
    return [found[column] for column in sorted(found)]


def _is_header(tokens: list[Token], form: StatisticsForm, year: int | None, goes_on: bool) -> bool:
    texts = [token.text for token in tokens if token.text]
    if any(form.find(text) for text in texts) or any(is_number(text) and len(text) != 4 for text in texts):
        return False
    kinds = [kind for text in texts if (kind := form.column_kind(text, year))]
    return len(kinds) >= (1 if goes_on else 2)


def _fits(body: list[list[tuple[Token, bool]]], header: GridHeader) -> bool:
    width = max((token.end for row in body for token, _ in row), default=0)
    return bool(header.leaves) and width == max(header.leaves) + 1


def _read_rows(
    body: list[list[tuple[Token, bool]]], header: GridHeader | None, form: StatisticsForm, table: PrintedTable
) -> None:
    if header is None:
        for row in body:
            _without_header(row, form, table)
        return
    panels, first = header.panels, len(table.rows)
    if len(header.leaves) > MOST_COLUMNS:
        return
    for row in body:
        for panel in panels:
            _panel_row(row, panel, form, table, last=panel is panels[-1])
    distrust(table, first)


def _without_header(row: list[tuple[Token, bool]], form: StatisticsForm, table: PrintedTable) -> None:
    labels = [token.text for token, _ in row if token.text and form.find(token.text)]
    if labels:
        numbers = [token for token, _ in row if is_number(token.text)]
        table.rows.append(refused(labels[-1], numbers, form))
        if numbers:
            table.doubts.append(Doubt(labels[-1], "columns", table.rows[-1].value.raw or ""))


def _panel_row(
    row: list[tuple[Token, bool]], panel: list[Column], form: StatisticsForm, table: PrintedTable, last: bool
) -> None:
    start, end = panel[0].start, panel[-1].end
    cells = [(t, own) for t, own in row if ((t.column or 0) < end and t.end > start) or (last and t.end > end)]
    labels_end = max((column.end for column in panel if column.kind == LABEL), default=start)
    labels = [(t, own) for t, own in cells if (t.column or 0) < labels_end and not _is_code(t, panel)]
    label, group = _label_of(labels)
    rest = [t for t, _ in cells if (t.column or 0) >= labels_end and not is_unit(t.text, form) and t.text]
    numbers = [t for t in rest if is_number(t.text)]
    if not label or is_unit(label, form) or is_number(label):
        if numbers:
            table.doubts.append(Doubt(label, "label", " ".join(t.text for t in numbers)[:200]))
        return
    known = bool(form.find(label))
    if not known and (form.is_signature(label) or not (numbers or any(is_unit(t.text, form) for t, _ in cells))):
        return  # a heading, a note
    doubt = _doubt(cells, panel, form)
    if doubt is None:
        tokens = list(_by_column(cells, panel))
        table.rows.append(make_row(label, [(column.kind, token) for column, token in tokens], form, group))
        for column, token in tokens:
            if column.kind == UNKNOWN and token.text and column.text not in table.unknown_columns:
                table.unknown_columns.append(column.text)
        return
    table.rows.append(refused(label, rest, form, group=group))
    if rest:
        table.doubts.append(Doubt(label, doubt, table.rows[-1].value.raw or ""))


def _is_code(token: Token, panel: list[Column]) -> bool:
    return any(column.kind == CODE and column.start == token.column for column in panel)


def _label_of(labels: list[tuple[Token, bool]]) -> tuple[str, str | None]:
    """The label of a row, and the one of the cell that spans it and others: the innermost cell is the row's own."""
    texts = [(token.text, own) for token, own in labels if token.text]
    if not texts:
        return "", None
    label, own = texts[-1]
    spanning = [text for text, alone in texts[:-1] if not alone]
    return (label if own else ""), (spanning[-1] if spanning else None)


def _doubt(cells: list[tuple[Token, bool]], panel: list[Column], form: StatisticsForm) -> str | None:
    """Why the cells of a row can't be told by their places, or None."""
    kinds = [column.kind for column in panel]
    if any(token.cell.doubt for token, own in cells if own and token.cell and form.find(token.text)):
        return "label"
    if kinds.count(VALUE) != 1 or kinds.count(LABEL) == 0:
        return "columns"
    if any(token.text and token.end > panel[-1].end for token, _ in cells):
        return "more"
    for column in panel:
        if column.kind == LABEL:
            continue
        over = [(t, own) for t, own in cells if (t.column or 0) < column.end and t.end > column.start]
        if len(over) != 1:
            return "count"
        token, own = over[0]
        if not (column.start <= (token.column or 0) and token.end <= column.end):
            return "merged"
        if column.kind == UNIT:
            if token.text and not is_unit(token.text, form) and is_number(token.text) and token.text[:1].isdigit():
                return "count"
        elif not own and column.kind != CODE:
            return "merged"
    return None


def _by_column(cells: list[tuple[Token, bool]], panel: list[Column]) -> Iterator[tuple[Column, Token]]:
    for column in panel:
        for token, _ in cells:
            if column.kind != LABEL and column.start <= (token.column or 0) < column.end:
                yield column, token
