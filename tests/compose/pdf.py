"""A report as a PDF file: ``compose(report, **options) -> bytes``, the options are the fields of ``Look``.

They say how it is printed: rules, page breaks inside a row, repeated headers, rotation, page furniture, radicals in
the text layer, text that nobody sees. Tables are laid out in one long column which the pages cut in slices, so that a
break may fall anywhere, as in a word processor.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

from tests.compose.report import Grid, Part, Report

FONT, SIZE, LEADING = "STSong-Light", 12.0, 21.0
CELL_SIZE, CELL_LEADING, PADDING = 8.0, 9.6, 3.5
MARGIN, TOP, PAGE = 62.0, 60.0, (595.0, 842.0)
RADICALS = {"一": "⼀", "二": "⼆", "行": "⾏", "民": "⺠", "人": "⼈", "自": "⾃", "文": "⽂", "比": "⽐", "见": "⻅"}


@dataclass(frozen=True)
class Look:
    """``rules``: ``all``, ``none``, ``open`` (no outer uprights) or ``horizontal``. ``cut``: pages end inside rows.
    ``rotate``: the page's /Rotate; ``turn``: degrees by which the content itself is turned. ``hidden`` puts text that
    nobody sees into every value cell: ``mode3``, ``white``, ``tiny``, ``off_page``, ``alpha``, ``covered``.
    ``ocr_layer`` makes all text invisible over a picture that fills the page. ``shift`` moves the numbers to the right,
    ``twin`` prints a second number that far beside each, ``raised`` a small digit above its end, ``struck`` a line
    through it."""

    rules: str = "all"
    cut: bool = False
    repeat_header: bool = False
    page_height: float = PAGE[1]
    rotate: int = 0
    turn: int = 0
    footer: str = "— {page} —"
    header: str = ""
    radicals: bool = False
    hidden: str = ""
    ocr_layer: bool = False
    shade: bool = False
    bold: bool = False
    start: float = 0.0
    align: str = "center"
    shift: float = 0.0
    twin: float | None = None
    raised: bool = False
    struck: bool = False


def draw(rng: random.Random) -> dict[str, Any]:
    """Options drawn for a generated document: every way of printing that leaves the truth as it is."""
    look: dict[str, Any] = {
        "rules": rng.choice(["all", "all", "all", "open", "horizontal", "none"]),
        "page_height": rng.choice([PAGE[1], rng.randrange(400, 1000)]),
        "rotate": rng.choice([0, 0, 0, 90, 180, 270]),
        "turn": rng.choice([0, 0, 0, 90, 180, 270]),
        "footer": rng.choice(["", "— {page} —", "第 {page} 页", "{page}"]),
        "header": rng.choice(["", "", "政府信息公开工作年度报告  {page}"]),
        "hidden": rng.choice(["", "", *HIDDEN]),
        "start": rng.choice([0.0, rng.uniform(0, 300)]),
    }
    flags = ("cut", "repeat_header", "radicals", "shade", "bold")
    return look | {name: rng.random() < 0.3 for name in flags}


@cache
def _font() -> str:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    return FONT


def compose(report: Report, **options: Any) -> bytes:
    """The report as a PDF file, printed as the options of ``Look`` say."""
    look = Look(**options)
    writer = _Writer(look)
    for part in report.body:
        writer.part(part)
    return writer.save()


def _width(text: str, size: float) -> float:
    return float(pdfmetrics.stringWidth(text, _font(), size))


@dataclass
class _Box:
    """A cell in the long column: its rectangle from the top of the table, and its lines of text with their places."""

    x0: float
    x1: float
    y0: float
    y1: float
    lines: list[str]
    value: bool
    rows: tuple[int, int] = (0, 0)

    def placed(self) -> Iterable[tuple[float, str]]:
        """(middle of the line, text) of every line, centred in the cell."""
        top = (self.y0 + self.y1) / 2 - len(self.lines) * CELL_LEADING / 2
        for number, line in enumerate(self.lines):
            yield top + (number + 0.5) * CELL_LEADING, line


@dataclass
class _Column:
    """A table laid out: its cells, the lower edges of its rows and how many of them are header."""

    boxes: list[_Box] = field(default_factory=list)
    edges: list[float] = field(default_factory=list)
    header: int = 0


def wrap(text: str, width: float, size: float) -> list[str]:
    """Lines that fit; words of ASCII are not kept together, as in narrow cells of real reports."""
    lines = [""]
    for character in text:
        if character == "\n":
            lines.append("")
        elif _width(lines[-1] + character, size) > width and lines[-1]:
            lines.append(character)
        else:
            lines[-1] += character
    return lines


def _widths(grid: Grid, total: float) -> list[float]:
    columns = max(sum(c.colspan for c in row) for row in grid)
    if columns == 10:
        return [34.0, 62.0, total - 96.0 - 7 * 32.0, *[32.0] * 7]
    if columns in (4, 5):
        return [total * 0.4, *[total * 0.6 / (columns - 1)] * (columns - 1)]
    return [total / columns] * columns


def lay_out(grid: Grid, total: float) -> _Column:
    """Cells with their spans resolved, rows as high as their text wants."""
    widths = _widths(grid, total)
    widths += [total / 20] * (_reach(grid) - len(widths))  # wrong spans push cells beyond the others
    lefts = [sum(widths[:number]) for number in range(len(widths) + 1)]
    taken: dict[tuple[int, int], bool] = {}
    placed: list[tuple[int, int, Any, list[str]]] = []
    heights = [CELL_LEADING + 2 * PADDING] * len(grid)
    for row, cells in enumerate(grid):
        column = 0
        for cell in cells:
            while taken.get((row, column)):
                column += 1
            for r in range(row, row + cell.rowspan):
                for c in range(column, column + cell.colspan):
                    taken[(r, c)] = True
            room = lefts[column + cell.colspan] - lefts[column] - 4
            lines = wrap(cell.text, room, CELL_SIZE)
            placed.append((row, column, cell, lines))
            if cell.rowspan == 1:
                heights[row] = max(heights[row], len(lines) * CELL_LEADING + 2 * PADDING)
            column += cell.colspan
    for row, _, cell, lines in placed:
        last = min(row + cell.rowspan, len(grid))
        short = len(lines) * CELL_LEADING + 2 * PADDING - sum(heights[row:last])
        if short > 0:
            heights[last - 1] += short
    tops = [sum(heights[:number]) for number in range(len(heights) + 1)]
    column_ = _Column(edges=tops[1:], header=_header_rows(grid))
    for row, column, cell, lines in placed:
        rows = (row, min(row + cell.rowspan, len(grid)))  # a span may point beyond the table
        box = _Box(
            lefts[column], lefts[column + cell.colspan], tops[row], tops[rows[1]], lines, cell.locator is not None, rows
        )
        column_.boxes.append(box)
    return column_


def _reach(grid: Grid) -> int:
    """The columns that a grid takes where its spans push cells to the right."""
    taken: set[tuple[int, int]] = set()
    for row, cells in enumerate(grid):
        column = 0
        for cell in cells:
            while (row, column) in taken:
                column += 1
            taken.update((row + r, column + c) for r in range(cell.rowspan) for c in range(cell.colspan))
    return max((column + 1 for _, column in taken), default=0)


def _header_rows(grid: Grid) -> int:
    return next((number for number, row in enumerate(grid) if any(c.locator for c in row)), 0)


class _Writer:
    def __init__(self, look: Look) -> None:
        self.look = look
        self.buffer = io.BytesIO()
        self.width, self.height = PAGE[0], look.page_height
        swapped = (look.turn + look.rotate) % 180 != 0  # reportlab swaps the sides of a page that it rotates
        self.canvas = canvas.Canvas(
            self.buffer, pagesize=(self.height, self.width) if swapped else (self.width, self.height)
        )
        self.page = 0
        self.y = 0.0
        self.bottom = self.height - 60
        self.begin_page()
        self.y += look.start

    def begin_page(self) -> None:
        if self.page:
            self.canvas.showPage()
        self.page += 1
        page = self.canvas
        if self.look.rotate:
            page.setPageRotation(self.look.rotate)
        if self.look.turn:
            shift = {90: (self.height, 0.0), 180: (self.width, self.height), 270: (0.0, self.width)}[self.look.turn]
            page.translate(*shift)
            page.rotate(self.look.turn)
        if self.look.ocr_layer:
            page.setFillGray(0.9)
            page.drawInlineImage(_grey(), 0, 0, self.width, self.height)
        page.setFillGray(0)
        self.y = TOP
        if self.look.header:
            self.text(MARGIN, 40, self.look.header.format(page=self.page), 9)
        if self.look.footer:
            text = self.look.footer.format(page=self.page)
            self.text(self.width / 2 - len(text) * 2.5, self.height - 30, text, 9)

    def save(self) -> bytes:
        self.canvas.showPage()
        self.canvas.save()
        return self.buffer.getvalue()

    def text(self, x: float, y: float, text: str, size: float, mode: int | None = None) -> None:
        """``y`` is the middle of the line, from the top."""
        if self.look.radicals:
            text = "".join(RADICALS.get(character, character) for character in text)
        piece = self.canvas.beginText(x, self.height - y - size * 0.36)
        piece.setFont(_font(), size)
        mode = 3 if self.look.ocr_layer else mode
        piece.setTextRenderMode(mode or 0)
        piece.textOut(text)
        piece.setTextRenderMode(0)
        self.canvas.drawText(piece)

    # ------------------------------------------------------------------------------------------------- text

    def part(self, part: Part) -> None:
        if part.kind == "table":
            self.table(part.grid)
        elif part.kind == "title":
            for line in wrap(part.text, self.width - 2 * MARGIN, 20):
                self.line(line, 20, (self.width - _width(line, 20)) / 2)
        elif part.kind == "signature":
            self.line(part.text, SIZE, self.width - MARGIN - _width(part.text, SIZE))
        elif part.kind == "meta":
            self.line(part.text, SIZE - 2)
        elif part.kind == "heading":
            self.line("\u3000\u3000" + part.text, SIZE)
        else:
            self.paragraph(part.text)

    def line(self, text: str, size: float, x: float = MARGIN) -> None:
        height = max(LEADING, size * 1.5)
        if self.y + height > self.bottom:
            self.begin_page()
        indent = len(text) - len(text.lstrip("\u3000"))
        self.text(x + indent * size, self.y + height / 2, text.lstrip("\u3000"), size)
        self.y += height

    def paragraph(self, text: str) -> None:
        for line in wrap("\u3000\u3000" + text, self.width - 2 * MARGIN, SIZE):
            self.line(line, SIZE)

    # ------------------------------------------------------------------------------------------------ tables

    def table(self, grid: Grid) -> None:
        column = lay_out(grid, self.width - 2 * MARGIN)
        header = column.edges[column.header - 1] if column.header else 0.0
        position, end = 0.0, column.edges[-1]
        while position < end - 0.01:
            repeated = header if position > header and self.look.repeat_header else 0.0
            room = self.bottom - self.y - repeated
            stop = end if position + room >= end else self.break_at(column, position, room)
            if stop <= position and self.y > TOP:
                self.begin_page()
                continue
            if stop <= position:  # a row that is higher than a page is cut, and has no room for the header's return
                repeated, stop = 0.0, min(end, position + self.bottom - self.y)
            if repeated:
                self.slice(column, 0.0, repeated)
            self.slice(column, position, stop)
            position = stop
            if position < end - 0.01:
                self.begin_page()
        self.y += 14

    def break_at(self, column: _Column, position: float, room: float) -> float:
        edges = [edge for edge in column.edges if position < edge <= position + room]
        if not self.look.cut:
            return edges[-1] if edges else position
        return position + room if room > 2 * CELL_LEADING else position

    def slice(self, column: _Column, start: float, stop: float) -> None:
        """The part of a table between two heights, at the writer's place on the page."""
        top = self.y - start
        for box in column.boxes:
            y0, y1 = max(box.y0, start), min(box.y1, stop)
            if y1 - y0 > 0.01:
                self.rule(box, top + y0, top + y1)
            for middle, line in box.placed():
                if start <= middle < stop and line:
                    self.cell_text(box, top + middle, line)
        self.y += stop - start

    def rule(self, box: _Box, y0: float, y1: float) -> None:
        left, width = MARGIN + box.x0, box.x1 - box.x0
        if self.look.shade and not box.value:
            self.canvas.setFillGray(0.85)
            self.canvas.rect(left, self.height - y1, width, y1 - y0, stroke=0, fill=1)
            self.canvas.setFillGray(0)
        self.canvas.setLineWidth(0.5)
        if self.look.rules == "all":
            self.canvas.rect(left, self.height - y1, width, y1 - y0)
        if self.look.rules in ("open", "horizontal"):
            for y in (y0, y1):
                self.canvas.line(left, self.height - y, left + width, self.height - y)
        if self.look.rules == "open" and box.x0 > 0:
            self.canvas.line(left, self.height - y0, left, self.height - y1)

    def cell_text(self, box: _Box, middle: float, line: str) -> None:
        width = _width(line, CELL_SIZE)
        x = MARGIN + box.x0 + 2
        if self.look.align == "center" or box.value:
            x = MARGIN + (box.x0 + box.x1 - width) / 2 + (self.look.shift if box.value else 0)
        self.text(x, middle, line, CELL_SIZE)
        if self.look.bold:
            self.text(x + 0.2, middle, line, CELL_SIZE)
        if not box.value:
            return
        if self.look.hidden:
            HIDDEN[self.look.hidden](self, x + width, middle)
        if self.look.twin is not None:
            self.text(x + width + self.look.twin, middle, "5", CELL_SIZE)
        if self.look.struck:
            self.canvas.setLineWidth(0.6)
            self.canvas.line(x - 1, self.height - middle, x + width + 1, self.height - middle)
        if self.look.raised:
            self.text(x + width, middle - 2.5, "3", CELL_SIZE * 0.6)


def _plant(**how: Any) -> Callable[[_Writer, float, float], None]:
    def plant(writer: _Writer, x: float, y: float) -> None:
        page = writer.canvas
        page.saveState()
        if "fill" in how:
            page.setFillGray(how["fill"])
        if "alpha" in how:
            page.setFillAlpha(how["alpha"])
        x, y = how.get("at", (x, y))
        writer.text(x, y, "7", how.get("size", CELL_SIZE), how.get("mode"))
        if how.get("cover"):
            page.setFillGray(1)
            page.rect(x - 0.2, writer.height - y - 4, 4.6, 8, stroke=0, fill=1)
        page.restoreState()

    return plant


HIDDEN: dict[str, Callable[[_Writer, float, float], None]] = {
    "mode3": _plant(mode=3),
    "white": _plant(fill=1.0),
    "alpha": _plant(alpha=0.0),
    "tiny": _plant(size=0.8),
    "off_page": _plant(at=(-40.0, 300.0)),
    "covered": _plant(cover=True),
}


def _grey() -> Any:
    from PIL import Image

    return Image.new("L", (60, 80), 235)
