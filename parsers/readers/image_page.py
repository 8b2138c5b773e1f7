"""A page picture to blocks: drawn tables cell by cell, the lines of text around them as paragraphs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parsers.document import Block, GridCell, Paragraph, Table
from parsers.readers.image_cell import UNREADABLE, Digits, inked, read_lines, text_of
from parsers.readers.image_grid import Lattice, drawn_lines, lattices
from parsers.readers.image_ink import Box, Grey, Page, original_box, straighten, text_boxes
from parsers.readers.image_text import Reading, Recogniser, recogniser
from parsers.source import ParseError

MAX_CELLS = 2000  # of one page
MAX_TEXT = 4000  # letters outside tables, as wide as high; a page of small print has half as many
_SURE = 0.9


def read_page(grey: Grey, number: int, scale: float = 1.0, corner: tuple[float, float] = (0.0, 0.0)) -> list[Block]:
    """The blocks of a page, top to bottom; ``number`` is its page number, boxes are in its pixels times ``scale``, with
    ``corner`` added."""
    page = straighten(grey)
    if page is None:
        return []
    page.back = np.array([[scale, 0, corner[0]], [0, scale, corner[1]], [0, 0, 1]]) @ page.back
    model = recogniser()
    lines = drawn_lines(page.grey, page.em, page.noise)
    tables = lattices(page, lines)
    if sum(len(table.slots) for table in tables) > MAX_CELLS:
        raise ParseError("too_large", f"一页超过 {MAX_CELLS} 个单元格", f"a page has more than {MAX_CELLS} cells")
    placed: list[tuple[int, Block]] = []
    for lattice in tables:
        table = _table(lattice, page, number, model)
        if any(cell.text for row in table.rows for cell in row):
            placed.append((lattice.box[1], table))
    boxes = text_boxes(page, [table.box for table in tables], lines.both)
    placed.extend(_paragraphs(page, boxes, number, model))
    return [block for _, block in sorted(placed, key=lambda entry: entry[0])]


def _table(lattice: Lattice, page: Page, number: int, model: Recogniser) -> Table:
    cells = []
    for slot in lattice.slots:
        x0, y0, x1, y1 = slot.box
        cut = (slice(y0, y1 + 1), slice(x0, x1 + 1))
        cells.append(inked(lattice.grey[cut], lattice.lines[cut], page))
    read_lines([line for cell in cells for line in cell.lines], model)
    digits = Digits.of(cells)
    table = Table([[] for _ in range(lattice.rows)], 0)
    for slot, cell in zip(lattice.slots, cells, strict=True):
        text, doubt = text_of(cell, digits)
        if slot.doubtful and text:
            doubt = "ocr"
        place = {"page": number, "box": original_box(slot.box, lattice.back)}
        entry = GridCell(text, slot.row, slot.column, slot.rowspan, slot.colspan, place, doubt)
        table.rows[slot.row].append(entry)
    return table


def _paragraphs(page: Page, boxes: list[Box], number: int, model: Recogniser) -> Iterator[tuple[int, Block]]:
    if sum((x1 - x0) / (y1 - y0) for x0, y0, x1, y1 in boxes) > MAX_TEXT:
        raise ParseError("too_large", f"一页超过 {MAX_TEXT} 字", f"a page has more than {MAX_TEXT} letters")
    pictures = [_line_picture(page, box) for box in boxes]
    for box, reading in zip(boxes, model.read(pictures), strict=True):
        if text := prose(reading):
            yield box[1], Paragraph(text, 0, place={"page": number, "box": page.original(box)})


def _line_picture(page: Page, box: Box) -> Grey:
    x0, y0, x1, y1 = box
    pad = max(2, round((y1 - y0) * 0.15))
    return np.ascontiguousarray(page.grey[max(0, y0 - pad) : y1 + pad, max(0, x0 - pad) : x1 + pad])


def prose(reading: Reading) -> str:
    """The text of a line. A number with a doubtful digit gives no number: all its characters are struck out."""
    text = [glyph.char for glyph in reading]
    start = 0
    while start < len(text):
        end = start
        while end < len(text) and (text[end].isdigit() or (end > start and text[end] in ".,")):
            end += 1
        if any(glyph.probability < _SURE for glyph in reading[start:end]):
            text[start:end] = [UNREADABLE] * (end - start)
        start = max(end, start + 1)
    return "".join(text).strip()
