"""The rules that are drawn on a page, and the cells between them.

Strokes count, and filled bars no thicker than a rule, as word processors and browsers draw them. A filled area is no
rule: cell shading and covers would cut cells in two. White and transparent ones are not to be seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pypdfium2.raw as raw
import tablers
from tablers import Edge

from parsers.readers import pdf_calls as calls

Box = tuple[float, float, float, float]
Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]

_THICK = 3.0  # points: a thicker bar is an area
_LONG = 3.0  # a shorter stroke is no rule
_WHITE, _CLEAR = 245, 25
_MOVE, _LINE = raw.FPDF_SEGMENT_MOVETO, raw.FPDF_SEGMENT_LINETO
_RECTANGLE = 5  # segments: to a corner, three sides, and the last one back
IDENTITY = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
MAX_EDGES, MAX_SEGMENTS = 20_000, 400


@dataclass(slots=True)
class Rules:
    """Upright and level rules, in PDF user space."""

    upright: list[Box] = field(default_factory=list)
    level: list[Box] = field(default_factory=list)
    buffers: calls.Buffers = field(default_factory=calls.Buffers, repr=False)

    def add(self, path: int, segments: int, matrix: Matrix) -> bool:
        """Take the rules from a path object; ``matrix`` leads from where it stands to the page. True for a filled
        area, which may hide text."""
        fill, stroke = self.buffers.pair(calls.draw_mode, path)
        if stroke and self._visible(path, calls.stroke_color):
            for one, other in self._points(path, segments, combined(path, matrix)):
                self._line(*one, *other)
        if not fill:
            return False
        x0, y0, x1, y1 = moved(self.buffers.bounds(path), matrix)
        least = min(x1 - x0, y1 - y0)
        if not stroke and least <= _THICK and self._visible(path, calls.fill_color):
            thin, flat = (x0 + x1) / 2, (y0 + y1) / 2
            self._line(*((thin, y0, thin, y1) if x1 - x0 < y1 - y0 else (x0, flat, x1, flat)))
        return least > _THICK / 2

    def _visible(self, path: int, function: Any) -> bool:
        color = self.buffers.color(function, path)
        return color is None or (color[0] < _WHITE and color[1] > _CLEAR)

    def _line(self, xa: float, ya: float, xb: float, yb: float) -> None:
        wide, tall = abs(xb - xa), abs(yb - ya)
        if wide < 1 and tall > _LONG:
            self.upright.append((xa, ya, xa, yb) if ya < yb else (xa, yb, xa, ya))
        elif tall < 1 and wide > _LONG:
            self.level.append((xa, ya, xb, ya) if xa < xb else (xb, ya, xa, ya))

    def _points(self, path: int, count: int, matrix: Matrix) -> list[tuple[Point, Point]]:
        """The straight pieces of a path, from point to point on the page."""
        if not 0 < count <= MAX_SEGMENTS:
            return []
        a, b, c, d, e, f = matrix
        if count == _RECTANGLE and (sides := self._rectangle(path, matrix)):
            return sides
        pieces = []
        start = last = (0.0, 0.0)
        for index in range(count):
            segment = calls.segment(path, index)
            x, y = self.buffers.point(segment)
            point = (a * x + c * y + e, b * x + d * y + f)
            kind = calls.segment_type(segment)
            if kind == _MOVE:
                start = point
            elif kind == _LINE:
                pieces.append((last, point))
            last = point
            if calls.segment_closes(segment):
                pieces.append((point, start))
        return pieces

    def _rectangle(self, path: int, matrix: Matrix) -> list[tuple[Point, Point]]:
        """The sides of a path of four corners, as most rules are drawn; nothing if its sides are not level."""
        if calls.segment_type(calls.segment(path, 2)) != _LINE:
            return []
        a, b, c, d, e, f = matrix
        corners = [self.buffers.point(calls.segment(path, index)) for index in range(4)]
        ring = [(a * x + c * y + e, b * x + d * y + f) for x, y in (*corners, corners[0])]
        sides = list(pairwise(ring))
        return sides if all(one[0] == other[0] or one[1] == other[1] for one, other in sides) else []


def moved(box: Box, matrix: Matrix) -> Box:
    """A box as ``matrix`` moves and turns it."""
    if matrix == IDENTITY:
        return box
    a, b, c, d, e, f = matrix
    xs = [a * x + c * y + e for x in (box[0], box[2]) for y in (box[1], box[3])]
    ys = [b * x + d * y + f for x in (box[0], box[2]) for y in (box[1], box[3])]
    return min(xs), min(ys), max(xs), max(ys)


def combined(each: int, outer: Matrix) -> Matrix:
    """The matrix from an object's own space to the page, ``outer`` being that of what holds it."""
    own = raw.FS_MATRIX()
    calls.object_matrix(each, calls.address(own))
    if outer == IDENTITY:
        return own.a, own.b, own.c, own.d, own.e, own.f
    a, b, c, d, e, f = outer
    return (
        own.a * a + own.b * c,
        own.a * b + own.b * d,
        own.c * a + own.d * c,
        own.c * b + own.d * d,
        own.e * a + own.f * c + e,
        own.e * b + own.f * d + f,
    )


def tables(upright: list[Box], level: list[Box]) -> list[list[Box]]:
    """The cells of each table between rules that run down and across; ``y`` counts downwards."""
    if not upright or not level or len(upright) + len(level) > MAX_EDGES:
        return []
    found = tablers.find_tables(
        extract_text=False,
        vertical_strategy="explicit",
        horizontal_strategy="explicit",
        explicit_v_edges=[Edge("v", *box) for box in upright],
        explicit_h_edges=[Edge("h", *box) for box in level],
    )
    return [[cell.bbox for cell in table.cells] for table in found]
