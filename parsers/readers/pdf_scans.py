"""Pictures and scanned pages of a PDF, read as pictures are (``image.py``); a text layer under them is never used.

``with_scans(document, body)`` puts what was read from each ``Image`` block of a PDF in its place, boxes in points as
everywhere in the file. The block itself stays where no table was read from it, and where the extra is not installed,
so that a table that is only a picture counts as unreadable, not as missing.
"""

from __future__ import annotations

from collections.abc import Callable

from parsers.document import Block, Document, Image, Table
from parsers.readers import image
from parsers.readers.pdf_page import Pixels

RESOLUTION = 200 / 72  # pixels a point: 200 dots an inch
MAX_SCANS = 20  # pictures of a file that are read


def with_scans(document: Document, render: Callable[[int, float], Pixels]) -> Document:
    """``render(page, scale)`` draws a page (``pdf.render_page``)."""
    if not image.installed():
        return document
    blocks: list[Block] = []
    left = MAX_SCANS
    for block in document.blocks:
        if isinstance(block, Image) and block.place and left:
            left -= 1
            found = _read(block.place["page"], block.place["box"], render)
            blocks.extend(found)
            if any(isinstance(each, Table) for each in found):
                continue
        blocks.append(block)
    document.blocks = blocks
    image.renumber(document.blocks)
    return document


def _read(number: int, box: list[float], render: Callable[[int, float], Pixels]) -> list[Block]:
    import numpy as np

    pixels = render(number, RESOLUTION)
    page = np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.stride)[:, : pixels.width]
    x0, y0, x1, y1 = (max(0, round(edge * pixels.scale)) for edge in box)
    cut = np.ascontiguousarray(page[y0:y1, x0:x1])
    return image.page_blocks(cut, number, 1 / pixels.scale, (box[0], box[1])) if cut.size else []
