"""Tables without rules: columns are where numbers stand under each other, rows where they stand side by side.

A zone is a run of lines with numbers apart from each other, up to the next heading or running text, also over pages.
Its pieces (parts of lines that wide gaps keep apart) fall into bands, the rows of numbers and of column labels. A
label belongs to the one band that it stands beside; what stands beside two, or twice beside one, is doubtful.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from parsers.cells import looks_like_value
from parsers.readers.pdf_flow import Item, PageLine
from parsers.readers.pdf_lines import Line
from parsers.readers.pdf_page import Box, PageContent
from parsers.readers.pdf_tables import PageTable, Slot
from parsers.sections import heading_number

UNRULED = "unruled"  # no rule tells which row or column a number belongs to
_PAGE = 100_000.0  # added to the height for each page, so that nothing of two pages stands side by side
_WIDE = 0.6  # of the width of a page: a line in one piece as wide as that is running text
_BETWEEN, _ABOVE = 6, 12  # lines without numbers inside a table and above its first number
_STACKED = 0.35  # of the height: lines nearer than that belong to one cell
_BESIDE = 0.3  # of the lower height: pieces that share less stand in different rows


@dataclass(slots=True)
class _Piece:
    """Part of a line, or several stacked in one cell; ``y0`` and ``y1`` count on over the pages."""

    x0: float
    y0: float
    x1: float
    y1: float
    height: float
    text: str
    page: PageContent
    value: bool = False

    @property
    def box(self) -> Box:
        shift = self.page.number * _PAGE
        return self.x0, self.y0 - shift, self.x1, self.y1 - shift

    def beside(self, other: _Piece | _Band) -> bool:
        shared = min(self.y1, other.y1) - max(self.y0, other.y0)
        return shared > _BESIDE * min(self.y1 - self.y0, other.y1 - other.y0)

    def over(self, other: _Piece) -> bool:
        shared = min(self.x1, other.x1) - max(self.x0, other.x0)
        return shared > 0.5 * min(self.x1 - self.x0, other.x1 - other.x0)

    def stacked(self, other: _Piece) -> bool:
        return self.over(other) and max(self.y0, other.y0) - min(self.y1, other.y1) < _STACKED * self.height


@dataclass(slots=True)
class _Band:
    """A row of numbers, or the column labels above some; ``labels`` are the cells left of it."""

    cells: list[_Piece]
    labels: list[_Piece] = field(default_factory=list)
    doubtful: bool = False

    @property
    def y0(self) -> float:
        return min(cell.y0 for cell in self.cells)

    @property
    def y1(self) -> float:
        return max(cell.y1 for cell in self.cells)

    @property
    def numeric(self) -> bool:
        return any(cell.value for cell in self.cells)


# ------------------------------------------------------------------------------------------------------- zones


def with_unruled_tables(pages: list[list[Item]]) -> list[list[Item]]:
    """The items of all pages, lines of unruled tables replaced by the table, on the page where it begins."""
    flow = [(number, item) for number, items in enumerate(pages) for item in items]
    answer: list[list[Item]] = [[] for _ in pages]
    at = 0
    for start, end in _zones([item for _, item in flow]):
        for number, item in flow[at:start]:
            answer[number].append(item)
        answer[flow[start][0]].append(_table([item for _, item in flow[start:end] if isinstance(item, PageLine)]))
        at = end
    for number, item in flow[at:]:
        answer[number].append(item)
    return answer


def _zones(flow: list[Item]) -> Iterable[tuple[int, int]]:
    numeric = [index for index, item in enumerate(flow) if isinstance(item, PageLine) and numbers_apart(item)]
    used = 0
    at = 0
    while at < len(numeric):
        run = [numeric[at]]
        while at + 1 < len(numeric) and _unbroken(flow[run[-1] + 1 : numeric[at + 1]], _BETWEEN):
            at += 1
            run.append(numeric[at])
        at += 1
        if len(run) < 2 and _values(flow[run[0]]) < 4:
            continue
        start, end = run[0], run[-1] + 1
        while start > used and run[0] - start < _ABOVE and _inside(flow[start - 1], flow[start]):
            start -= 1
        while end < len(flow) and end - run[-1] <= 2 and _inside(flow[end], flow[end - 1]):
            end += 1
        used = end
        yield start, end


def numbers_apart(line: PageLine) -> bool:
    """Whether a line holds several pieces, one behind the first being a number or what stands for one."""
    return any(looks_like_value(chunk.text) for chunk in line.chunks()[1:])


def _values(item: Item) -> int:
    return sum(looks_like_value(chunk.text) for chunk in item.chunks()) if isinstance(item, PageLine) else 0


def _unbroken(items: list[Item], most: int) -> bool:
    return len(items) <= most and not any(_is_prose(item) for item in items)


def _inside(item: Item, beside: Item) -> bool:
    """Whether a line next to a table's is one of its own: a label, a column's label."""
    if _is_prose(item) or not isinstance(item, PageLine) or not isinstance(beside, PageLine):
        return False
    near = item.page is beside.page and abs(item.middle - beside.middle) < 3 * beside.height
    return near and item.height < 1.4 * beside.height


def _is_prose(item: Item) -> bool:
    if not isinstance(item, PageLine):
        return True
    if len(item.chunks()) > 1:
        return False
    wide = item.x1 - item.x0 > _WIDE * item.page.width
    return wide or item.text.endswith(("。", ";", "；", ":", "：")) or heading_number(item.text) is not None


# ----------------------------------------------------------------------------------------------------- one zone


def _table(lines: list[PageLine]) -> PageTable:
    pieces = [_piece(chunk, line.page) for line in lines for chunk in line.chunks()]
    columns = _columns(pieces)
    left = columns[0][0]
    right = [piece for piece in pieces if (piece.x0 + piece.x1) / 2 >= left - 0.3 * piece.height]
    chosen = {id(piece) for piece in right}
    labels = _stacks([piece for piece in pieces if id(piece) not in chosen], _Piece.stacked)
    bands = [_Band(_stacks(group, _Piece.stacked)) for group in _groups(right, _in_one_band)]
    loose = _attach(labels, bands)
    return _slots(bands, loose, columns, lines[0].page, lines[-1].page)


def _piece(chunk: Line, page: PageContent) -> _Piece:
    x0, y0, x1, y1 = chunk.box
    shift = page.number * _PAGE
    text = chunk.text
    return _Piece(x0, y0 + shift, x1, y1 + shift, chunk.height, text, page, looks_like_value(text))


def _columns(pieces: list[_Piece]) -> list[tuple[float, float]]:
    """Where numbers stand: the intervals that their places overlap to."""
    found: list[tuple[float, float]] = []
    for x0, x1 in sorted((piece.x0, piece.x1) for piece in pieces if piece.value):
        if found and x0 < found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], x1)
        else:
            found.append((x0, x1))
    return found


def _in_one_band(one: _Piece, other: _Piece) -> bool:
    return one.beside(other) or one.stacked(other)


def _groups(pieces: list[_Piece], together: Callable[[_Piece, _Piece], bool]) -> list[list[_Piece]]:
    """Pieces in groups, each linked to one before it from top to bottom."""
    groups: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.y0):
        own = [group for group in groups[-40:] if any(together(piece, other) for other in group)]
        merged = [other for group in own for other in group] + [piece]
        groups = [group for group in groups if not any(group is other for other in own)] + [merged]
    return groups


def _stacks(pieces: list[_Piece], together: Callable[[_Piece, _Piece], bool]) -> list[_Piece]:
    """Lines of one cell as one piece, a line of text each."""
    cells = []
    for group in _groups(pieces, together):
        text = "\n".join(piece.text for piece in sorted(group, key=lambda piece: (piece.y0, piece.x0)))
        first = group[0]
        x0, y0 = min(p.x0 for p in group), min(p.y0 for p in group)
        x1, y1 = max(p.x1 for p in group), max(p.y1 for p in group)
        cells.append(_Piece(x0, y0, x1, y1, first.height, text, first.page, any(p.value for p in group)))
    return cells


def _attach(labels: list[_Piece], bands: list[_Band]) -> list[_Piece]:
    """Give each label to the band beside it; the answer is what stands beside none, or beside several."""
    loose = []
    for label in labels:
        beside = [band for band in bands if label.beside(band)]
        if len(beside) != 1:
            loose.append(label)
            continue
        beside[0].doubtful |= any(label.over(other) for other in beside[0].labels)
        beside[0].labels.append(label)
    return loose


# ------------------------------------------------------------------------------------------------------ the grid


def _slots(
    bands: list[_Band], loose: list[_Piece], columns: list[tuple[float, float]], page: PageContent, end: PageContent
) -> PageTable:
    """Rows from top to bottom: bands of numbers as one row, column labels a row for each height, other labels alone."""
    rows: list[tuple[float, list[tuple[_Piece, int, int, str | None]]]] = []
    before = max([len(band.labels) for band in bands] + [1])
    for band in bands:
        labels = _labels(band.labels, before)
        if band.numeric:
            rows.append(((band.y0 + band.y1) / 2, labels + _numbers(band, columns, before)))
        else:
            rows += _header(band, columns, before, labels)
    rows += [((piece.y0 + piece.y1) / 2, [(piece, 0, before, None)]) for piece in loose]
    slots = [
        Slot(row, row + 1, first, last, piece.box, piece.page, piece.text, doubt)
        for row, (_, cells) in enumerate(sorted(rows, key=lambda row: row[0]))
        for piece, first, last, doubt in cells
    ]
    xs = [piece for slot in slots for piece in (slot.box[0], slot.box[2])]
    ys = [slot.box[1] for slot in slots if slot.page is page]
    return PageTable([], slots, len(rows), (min(xs), min(ys), max(xs), page.height), page, end.number)


_Cells = list[tuple[_Piece, int, int, str | None]]


def _labels(labels: list[_Piece], before: int) -> _Cells:
    ordered = sorted(labels, key=lambda label: label.x0)
    last = len(ordered) - 1
    return [(label, at, before if at == last else at + 1, None) for at, label in enumerate(ordered)]


def _numbers(band: _Band, columns: list[tuple[float, float]], before: int) -> _Cells:
    """A cell for every column, blank where nothing stands. Two pieces in a column make the row doubtful."""
    doubt = UNRULED if band.doubtful else None
    taken: dict[int, _Piece] = {}
    for piece in band.cells:
        over = _over(piece, columns)
        if len(over) > 1 or over[0] in taken:
            doubt = UNRULED
        for at in over:
            taken.setdefault(at, piece)
    first = band.cells[0]
    cells: _Cells = []
    for at, (x0, x1) in enumerate(columns):
        blank = _Piece(x0, band.y0, x1, band.y1, first.height, "", first.page)
        cells.append((taken.get(at, blank), before + at, before + at + 1, doubt))
    if doubt:  # what is in no cell of its own must not look blank
        text = " ".join(piece.text for piece in band.cells)
        cells = [(_with_text(piece, text), first, last, doubt) for piece, first, last, _ in cells]
    return cells


def _with_text(piece: _Piece, text: str) -> _Piece:
    return _Piece(piece.x0, piece.y0, piece.x1, piece.y1, piece.height, text, piece.page)


def _over(piece: _Piece, columns: list[tuple[float, float]]) -> list[int]:
    """The columns that a piece stands over, the nearest one if it stands over none."""
    over = [at for at, (x0, x1) in enumerate(columns) if min(piece.x1, x1) - max(piece.x0, x0) > 0]
    if over:
        return over
    middle = (piece.x0 + piece.x1) / 2
    return [min(range(len(columns)), key=lambda at: abs((columns[at][0] + columns[at][1]) / 2 - middle))]


def _header(band: _Band, columns: list[tuple[float, float]], before: int, labels: _Cells) -> list[tuple[float, _Cells]]:
    """Column labels, a row for each height at which some stand."""
    rows: list[tuple[float, _Cells]] = []
    for piece in sorted(band.cells, key=lambda piece: piece.y0 + piece.y1):
        middle = (piece.y0 + piece.y1) / 2
        over = _over(piece, columns)
        cell = (piece, before + over[0], before + over[-1] + 1, None)
        if rows and middle - rows[-1][0] < 0.4 * piece.height:
            rows[-1][1].append(cell)
        else:
            rows.append((middle, [cell]))
    for row in rows:
        row[1].sort(key=lambda cell: cell[1])
    rows[0][1][:0] = labels
    return rows
