"""Pages of a PDF and pictures with a box on each cell: an SVG over the picture, so that no style of its own is needed.

A page is drawn by pypdfium2 in sixteen greys at 110 dots an inch, legible and some 60 KB. A picture is taken as it is.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

from crawler.site.copies import MOST_PAGES, Copy, Wanted, anchor

SCALE = 110 / 72
MOST_PIXELS = 4_000_000
_SIXTEEN = bytes(value // 16 * 17 for value in range(256))


def boxes_on(body: bytes, wanted: list[Wanted], name: str, first: int) -> Copy | None:
    """The copy of a PDF or of a picture; None for what is neither, or can't be drawn."""
    if body.startswith(b"%PDF-"):
        return _pages(body, wanted, name, first)
    found = size_of(body)
    if found is None:
        return None
    suffix, width, height = found
    file = f"{name}.{suffix}"
    return Copy("picture", _sheet(file, "1", width, height, wanted, first), {file: body})


def _pages(body: bytes, wanted: list[Wanted], name: str, first: int) -> Copy | None:
    import pypdfium2

    numbers = sorted({cell.origin["page"] for cell in wanted if isinstance(cell.origin["page"], int)})[:MOST_PAGES]
    sheets, files = [], {}
    try:
        with pypdfium2.PdfDocument(body) as document:
            for number in numbers:
                if not 0 < number <= len(document):
                    continue
                page = document[number - 1]
                width, height = page.get_size()
                scale = min(SCALE, (MOST_PIXELS / max(width * height, 1)) ** 0.5)
                bitmap = page.render(scale=scale, grayscale=True)
                file = f"{name}-{number}.png"
                files[file] = png(bitmap.width, bitmap.height, bytes(bitmap.buffer), bitmap.stride)
                mine = [cell for cell in wanted if cell.origin["page"] == number]
                sheets.append(_sheet(file, str(number), width, height, mine, first))
    except pypdfium2.PdfiumError:
        return None
    return Copy("pages", "".join(sheets), files) if sheets else None


def _sheet(file: str, label: str, width: float, height: float, wanted: list[Wanted], first: int) -> str:
    boxes = "".join(
        _box(cell.origin["box"], anchor(cell.origin, first), f"p{label}n{n}") for n, cell in enumerate(wanted)
    )
    return (
        f'<figure class="sheet"><figcaption>第 {label} 页 / page {label}</figcaption>'
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="第 {label} 页 / page {label}">'
        f'<image href="{file}" width="{width:.0f}" height="{height:.0f}"/>{boxes}</svg></figure>'
    )


def _box(box: Any, name: str | None, otherwise: str) -> str:
    try:
        x0, y0, x1, y1 = (round(float(each), 1) for each in box)
    except (TypeError, ValueError):
        return ""
    width, height = max(x1 - x0, 1) + 4, max(y1 - y0, 1) + 4
    return f'<rect id="{name or otherwise}" x="{x0 - 2}" y="{y0 - 2}" width="{width:.1f}" height="{height:.1f}"/>'


def png(width: int, height: int, grey: bytes, stride: int) -> bytes:
    """A PNG of a bitmap of one byte a pixel."""
    lines = b"".join(b"\0" + grey[row * stride : row * stride + width].translate(_SIXTEEN) for row in range(height))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def size_of(body: bytes) -> tuple[str, int, int] | None:
    """Suffix, width and height of a PNG, GIF or JPEG."""
    try:
        if body.startswith(b"\x89PNG\r\n\x1a\n"):
            return ("png", *struct.unpack(">II", body[16:24]))
        if body.startswith(b"GIF8"):
            return ("gif", *struct.unpack("<HH", body[6:10]))
        if body.startswith(b"\xff\xd8\xff"):
            return _jpeg(body)
    except struct.error:
        pass
    return None


def _jpeg(body: bytes) -> tuple[str, int, int] | None:
    at = 2
    while at + 9 < len(body) and body[at] == 0xFF:
        kind, length = body[at + 1], struct.unpack(">H", body[at + 2 : at + 4])[0]
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", body[at + 5 : at + 9])
            return ("jpg", width, height)
        at += 2 + length
    return None
