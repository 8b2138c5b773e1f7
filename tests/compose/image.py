"""Reports as pictures, as scanners and screenshots make them: ``compose(report, style, damage) -> bytes``.

``Style`` says how the parts of the report are drawn, one below the other: font, size, lines, colours; ``Damage`` what
then happens to the picture: rotation, perspective, noise, blur, compression. ``random_style`` and ``random_damage``
draw both.
"""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tests.compose.report import Cell, Grid, Part, Report

FONTS = Path("/usr/share/fonts")
CHINESE = (  # path, index in the collection
    ("opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("opentype/noto/NotoSansCJK-Bold.ttc", 2),
    ("opentype/noto/NotoSerifCJK-Regular.ttc", 2),
    ("truetype/wqy/wqy-zenhei.ttc", 0),
    ("truetype/arphic/uming.ttc", 0),
    ("truetype/arphic-gbsn00lp/gbsn00lp.ttf", 0),
)
FIGURES = (  # fonts for numbers alone, as word processors set them beside a Chinese font
    "truetype/liberation/LiberationSerif-Regular.ttf",
    "truetype/liberation/LiberationSans-Regular.ttf",
    "truetype/dejavu/DejaVuSans.ttf",
    "truetype/dejavu/DejaVuSansMono.ttf",
    "truetype/dejavu/DejaVuSerif.ttf",
)


@dataclass
class Style:
    font: tuple[str, int] = CHINESE[0]
    figures: str | None = None  # font of the numbers, where it is another one
    size: int = 16
    padding: int = 6
    line_colour: int = 0
    line_width: int = 1
    dash: int = 0  # length of dashes and gaps; 0 draws whole lines
    header_fill: tuple[int, int, int] | None = None
    header_text: tuple[int, int, int] = (0, 0, 0)
    text: tuple[int, int, int] = (0, 0, 0)
    watermark: str = ""
    open_sides: bool = False  # no line left and right of a table
    lost_lines: float = 0.0  # share of cell borders that are not drawn
    margin: int = 24
    label_width: int = 11  # characters of a label before it wraps


@dataclass
class Damage:
    rotate: float = 0.0  # degrees
    perspective: float = 0.0  # shift of a corner, share of the width
    noise: float = 0.0  # standard deviation, grey levels
    blur: float = 0.0  # radius, pixels
    quality: int | None = None  # of JPEG; None writes PNG
    background: int = 255


def available() -> list[tuple[str, int]]:
    return [entry for entry in CHINESE if (FONTS / entry[0]).exists()]


def random_style(rng: random.Random) -> Style:
    style = Style(font=rng.choice(available()), size=rng.randint(12, 28), padding=rng.randint(3, 10))
    figures = [path for path in FIGURES if (FONTS / path).exists()]
    if rng.random() < 0.5 and figures:
        style.figures = rng.choice(figures)
    style.line_colour = rng.choice([0, 0, 0, 60, 120, 170])
    style.line_width = rng.choice([1, 1, 1, 2, 3])
    style.dash = rng.choice([0] * 8 + [3])
    if rng.random() < 0.3:
        style.header_fill, style.header_text = rng.choice(
            [((220, 230, 241), (0, 0, 0)), ((79, 129, 189), (255, 255, 255)), ((217, 217, 217), (0, 0, 0))]
        )
    style.text = rng.choice([(0, 0, 0)] * 4 + [(51, 51, 51), (20, 20, 120)])
    style.watermark = rng.choice([""] * 5 + ["云河县人民政府"])
    style.open_sides = rng.random() < 0.1
    style.lost_lines = rng.choice([0.0] * 8 + [0.02])
    style.label_width = rng.randint(7, 14)
    return style


def random_damage(rng: random.Random) -> Damage:
    if rng.random() < 0.35:
        return Damage(quality=rng.choice([None, rng.randint(30, 95)]))
    return Damage(
        rotate=rng.uniform(-3, 3) if rng.random() < 0.6 else 0.0,
        perspective=rng.uniform(0, 0.015) if rng.random() < 0.4 else 0.0,
        noise=rng.choice([0.0, rng.uniform(2, 18)]),
        blur=rng.choice([0.0, 0.0, rng.uniform(0.3, 1.1)]),
        quality=rng.choice([None, rng.randint(30, 95)]),
        background=rng.choice([255, 255, 245, 225]),
    )


@cache
def _font(path: str, index: int, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / path), size, index=index)


class _Pen:
    def __init__(self, style: Style) -> None:
        self.style = style
        self.cjk = _font(style.font[0], style.font[1], style.size)
        self.digits = _font(style.figures, 0, style.size) if style.figures else self.cjk

    def of(self, text: str) -> ImageFont.FreeTypeFont:
        return self.digits if text.isascii() else self.cjk

    def width(self, text: str) -> int:
        return int(self.of(text).getlength(text)) + 1

    def wrap(self, text: str, width: int) -> list[str]:
        lines = [""]
        for char in text:
            if char == "\n":
                lines.append("")
            elif lines[-1] and self.width(lines[-1] + char) > width:
                lines.append(char)
            else:
                lines[-1] += char
        return lines

    @property
    def leading(self) -> int:
        return int(self.style.size * 1.35)


def compose(report: Report, style: Style | None = None, damage: Damage | None = None, only: str | None = None) -> bytes:
    """The picture as PNG or JPEG; ``only`` names the one table that is drawn, with its heading."""
    parts = report.body if only is None else [part for part in report.body if part.table == only]
    return spoiled(draw(parts, style or Style(), report.seed), damage or Damage(), report.seed)


def spoiled(image: Image.Image, damage: Damage, seed: str = "") -> bytes:
    out = io.BytesIO()
    image = spoil(image, damage, seed)
    if damage.quality is None:
        image.save(out, "PNG")
    else:
        image.save(out, "JPEG", quality=damage.quality)
    return out.getvalue()


def draw(parts: Sequence[Part], style: Style, seed: str = "") -> Image.Image:
    pen, rng = _Pen(style), random.Random(f"lines {seed}")
    grids = [_Laid(part.grid, pen) for part in parts if part.grid]
    width = max([grid.width for grid in grids] or [style.size * 36]) + 2 * style.margin
    laid = iter(grids)
    plan: list[tuple[int, list[str] | _Laid]] = []
    y = style.margin
    for part in parts:
        if part.grid:
            grid = next(laid)
            plan.append((y, grid))
            y += grid.height + style.size
        else:
            lines = pen.wrap(part.text, width - 2 * style.margin)
            plan.append((y, lines))
            y += len(lines) * pen.leading + style.size // 2
    image = Image.new("RGB", (width, y + style.margin), "white")
    canvas = ImageDraw.Draw(image)
    if style.watermark:
        _watermark(image, style)
    for top, entry in plan:
        if isinstance(entry, _Laid):
            entry.draw(canvas, pen, style.margin, top, rng)
        else:
            for number, line in enumerate(entry):
                canvas.text((style.margin, top + number * pen.leading), line, font=pen.cjk, fill=style.text)
    return image


def _watermark(image: Image.Image, style: Style) -> None:
    layer = Image.new("L", image.size, 0)
    font = _font(style.font[0], style.font[1], 40)
    for y in range(40, image.height, 220):
        for x in range(10, image.width, 380):
            ImageDraw.Draw(layer).text((x, y), style.watermark, font=font, fill=28)
    layer = layer.rotate(20)
    image.paste(Image.new("RGB", image.size, "black"), (0, 0), layer)


class _Laid:
    """A grid with the widths and heights of its columns and rows."""

    def __init__(self, rows: Grid, pen: _Pen) -> None:
        self.cells = list(_placed(rows))
        style = pen.style
        self.columns = max(column + cell.colspan for _, column, cell in self.cells)
        pad = 2 * style.padding
        widths = [style.size + pad] * self.columns
        for _, column, cell in sorted(self.cells, key=lambda entry: entry[2].colspan):
            wanted = pen.width(cell.text) if cell.locator else min(pen.width(cell.text), style.label_width * style.size)
            if cell.locator is None and cell.colspan == 1 and cell.rowspan > 2:
                wanted = min(wanted, 3 * style.size)
            spare = wanted + pad - sum(widths[column : column + cell.colspan])
            for offset in range(cell.colspan if spare > 0 else 0):
                widths[column + offset] += -(-spare // cell.colspan)
        heights = [style.size + pad] * len(rows)
        self.lines: dict[int, list[str]] = {}
        for row, column, cell in sorted(self.cells, key=lambda entry: entry[2].rowspan):
            room = sum(widths[column : column + cell.colspan]) - pad
            lines = pen.wrap(cell.text, room)
            self.lines[id(cell)] = lines
            spare = len(lines) * pen.leading + pad - sum(heights[row : row + cell.rowspan])
            for offset in range(cell.rowspan if spare > 0 else 0):
                heights[row + offset] += -(-spare // cell.rowspan)
        self.x = [sum(widths[:i]) for i in range(len(widths) + 1)]
        self.y = [sum(heights[:i]) for i in range(len(heights) + 1)]
        self.width, self.height = self.x[-1] + 1, self.y[-1] + 1

    def draw(self, canvas: ImageDraw.ImageDraw, pen: _Pen, left: int, top: int, rng: random.Random) -> None:
        style = pen.style
        for row, column, cell in self.cells:
            box = (
                left + self.x[column],
                top + self.y[row],
                left + self.x[column + cell.colspan],
                top + self.y[row + cell.rowspan],
            )
            filled = style.header_fill is not None and cell.locator is None
            if filled:
                canvas.rectangle(box, fill=style.header_fill)
            self._text(canvas, pen, cell, box, style.header_text if filled else style.text)
        for row, column, cell in self.cells:
            x0, x1 = left + self.x[column], left + self.x[column + cell.colspan]
            y0, y1 = top + self.y[row], top + self.y[row + cell.rowspan]
            sides = [(x0, y0, x1, y0), (x0, y1, x1, y1)]
            if not (style.open_sides and column == 0):
                sides.append((x0, y0, x0, y1))
            if not (style.open_sides and column + cell.colspan == self.columns):
                sides.append((x1, y0, x1, y1))
            for side in sides:
                if rng.random() >= style.lost_lines:
                    _line(canvas, side, style)

    def _text(
        self, canvas: ImageDraw.ImageDraw, pen: _Pen, cell: Cell, box: tuple[int, int, int, int], fill: tuple[int, ...]
    ) -> None:
        lines = self.lines[id(cell)]
        y = (box[1] + box[3] - len(lines) * pen.leading) / 2
        for line in lines:
            x = (box[0] + box[2] - pen.width(line)) / 2
            canvas.text((x, y), line, font=pen.of(line), fill=fill)
            y += pen.leading


def _placed(rows: Grid) -> list[tuple[int, int, Cell]]:
    taken: set[tuple[int, int]] = set()
    out = []
    for row, cells in enumerate(rows):
        column = 0
        for cell in cells:
            while (row, column) in taken:
                column += 1
            out.append((row, column, cell))
            taken.update((row + i, column + j) for i in range(cell.rowspan) for j in range(cell.colspan))
            column += cell.colspan
    return out


def _line(canvas: ImageDraw.ImageDraw, side: tuple[int, int, int, int], style: Style) -> None:
    x0, y0, x1, y1 = side
    colour = (style.line_colour,) * 3
    if not style.dash:
        canvas.line(side, fill=colour, width=style.line_width)
        return
    step = 2 * style.dash
    for offset in range(0, max(x1 - x0, y1 - y0), step):
        if x1 > x0:
            canvas.line((x0 + offset, y0, min(x0 + offset + style.dash, x1), y0), fill=colour, width=style.line_width)
        else:
            canvas.line((x0, y0 + offset, x0, min(y0 + offset + style.dash, y1)), fill=colour, width=style.line_width)


def spoil(image: Image.Image, damage: Damage, seed: str = "") -> Image.Image:
    """What scanner and compression do to a picture."""
    rng = np.random.default_rng([*seed.encode()])
    if damage.background != 255:
        shade = Image.new("RGB", image.size, (damage.background,) * 3)
        image = Image.composite(shade, image, image.convert("L").point([255 if v > 250 else 0 for v in range(256)]))
    fill = (damage.background,) * 3
    if damage.perspective:
        w, h = image.size
        shift = damage.perspective * w
        quad = [(float(x + rng.uniform(-shift, 0)), float(y + rng.uniform(-shift, 0))) for x, y in ((0, 0), (w, 0))]
        quad += [(float(x + rng.uniform(0, shift)), float(y + rng.uniform(0, shift))) for x, y in ((w, h), (0, h))]
        image = image.transform(
            (w, h), Image.Transform.PERSPECTIVE, _coefficients(quad, w, h), Image.Resampling.BICUBIC, fillcolor=fill
        )
    if damage.rotate:
        image = image.rotate(damage.rotate, Image.Resampling.BICUBIC, expand=True, fillcolor=fill)
    if damage.blur:
        image = image.filter(ImageFilter.GaussianBlur(damage.blur))
    if damage.noise:
        pixels = np.asarray(image.convert("L"), dtype=np.float32)
        image = Image.fromarray(np.clip(pixels + rng.normal(0, damage.noise, pixels.shape), 0, 255).astype(np.uint8))
    return image


def _coefficients(quad: Sequence[tuple[float, float]], width: int, height: int) -> list[float]:
    """Of the transform that takes the corners of the picture to ``quad``."""
    rows = []
    corners = ((0, 0), (width, 0), (width, height), (0, height))
    for (x, y), (u, v) in zip(corners, quad, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    return [float(c) for c in np.linalg.solve(np.array(rows, float), np.array(quad, float).reshape(8))]
