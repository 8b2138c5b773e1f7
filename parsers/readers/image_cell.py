"""The text of a cell in a page picture, and whether it is sure.

A number is sure only if two readings of it agree, each digit is likely, and the ink bears it out: as many separate
strokes as digits (or a width that fits where they touch), a digit over each of them, digits as tall as those of the
table, nothing cut by a line. Whatever fails is doubtful: null beats a wrong number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from parsers.readers.image_ink import Box, Grey, Page
from parsers.readers.image_text import ZEROS, Reading, Recogniser

SMALLEST = 7  # pixels of a digit; below, 3 and 8 are the same blot
UNREADABLE = "\ufffd"  # stands for ink that no character was read from
_FAIR = 0.5  # probability of a character in one reading at least
_SURE, _SURER = 0.995, 0.9995  # of a digit among the ten, in both readings; on a page where many fall short
_BLURRED = 0.08  # share of the numbers of a table that may fall short before all are held to the higher mark
_CLEAN = 1.5  # noise of a page that needs no smoothing
_LEAN = 0.12  # pixels to the left for one down
_WIDER = 1.6  # so that a digit repeated is not taken for one
_ENOUGH = 4  # numbers to tell from what digits look like
_ITEM = re.compile(r"[(（]?\d{1,2}\s*[.、．)）]\s*[^\d\s]")  # the number of a label
_COUNTED = frozenset("0123456789.,+-%" + ZEROS)
_ALIKE = str.maketrans(dict.fromkeys(ZEROS, "0"))  # no letter is printed where a number stands


@dataclass(slots=True)
class Line:
    """A line of text in a cell: its picture dark on light, its ink, the box of the ink in both."""

    picture: Grey
    ink: NDArray[np.bool_]
    box: Box
    first: Reading = field(default_factory=list)
    second: Reading = field(default_factory=list)

    @property
    def height(self) -> int:
        return self.box[3] - self.box[1]

    @property
    def text(self) -> str:
        return "".join(glyph.char for glyph in self.first).strip()


@dataclass(slots=True)
class Inked:
    """A cell's ink: its lines of text, and whether ink was cut by a drawn line."""

    lines: list[Line]
    cut: bool = False


def inked(grey: Grey, lines: Grey, page: Page) -> Inked:
    """The lines of text in the picture of a cell; none where there is no ink. ``lines`` masks the drawn lines."""
    near = cv2.dilate(lines, np.ones((3, 3), np.uint8)) > 0
    free = grey[~near]
    if free.size < 9:
        return Inked([])
    paper = float(np.median(free))
    smooth = (grey if page.noise < _CLEAN else cv2.GaussianBlur(grey, (3, 3), 0)).astype(np.float32)
    dark, light = paper - smooth[~near].min(), smooth[~near].max() - paper
    difference = (paper - smooth) if dark >= light else (smooth - paper)
    peak = max(dark, light)
    if peak < max(25.0, 0.2 * page.contrast, 6 * page.noise):
        return Inked([])
    ink = difference > max(0.35 * peak, 4 * page.noise, 12.0)
    ink, cut = _without_lines(ink, near, page.em)
    if not ink.any():
        return Inked([], cut)
    clean = np.clip(255 - difference * (255 / peak), 0, 255).astype(np.uint8)
    clean[near] = 255
    return Inked([Line(clean, ink, box) for box in _line_boxes(ink, page.em)], cut)


def _without_lines(ink: NDArray[np.bool_], near: NDArray[np.bool_], em: float) -> tuple[NDArray[np.bool_], bool]:
    """The ink without drawn lines, what is left of them at the edge and specks; and whether a letter was cut."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    kept = np.zeros_like(ink)
    cut = False
    height, width = ink.shape
    inside = np.bincount(labels[~near], minlength=count)
    for number in range(1, count):
        x, y, w, h, area = stats[number]
        free = inside[number]
        touches = free < area or x == 0 or y == 0 or x + w == width or y + h == height
        if max(w, h) < 0.12 * em and area < 0.02 * em * em:
            continue
        if touches:
            part = (labels == number) & ~near
            cut = cut or _reaches_in(part, em)
            continue
        kept |= labels == number
    return kept, cut


def _reaches_in(part: NDArray[np.bool_], em: float) -> bool:
    """Whether ink that hangs on a drawn line is more than the line's own rim."""
    if not part.any():
        return False
    _, _, stats, _ = cv2.connectedComponentsWithStats(part.astype(np.uint8), connectivity=8)
    thin = np.minimum(stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT])
    return bool((thin >= 0.25 * em).any())


def _line_boxes(ink: NDArray[np.bool_], em: float) -> list[Box]:
    """Boxes of the lines of text, top to bottom."""
    inked_rows = np.concatenate([[False], ink.any(axis=1), [False]])
    edges = np.flatnonzero(np.diff(inked_rows.astype(np.int8)))
    runs = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    joined: list[tuple[int, int]] = []
    for top, bottom in runs:
        if joined and (
            bottom - joined[-1][0] <= 1.15 * em
            or (top - joined[-1][1] < 0.25 * em and min(bottom - top, joined[-1][1] - joined[-1][0]) < 0.5 * em)
        ):
            joined[-1] = (joined[-1][0], bottom)
        else:
            joined.append((top, bottom))
    boxes = []
    for top, bottom in joined:
        columns = np.flatnonzero(ink[top:bottom].any(axis=0))
        width = int(columns[-1]) + 1 - int(columns[0])
        if max(width, bottom - top) < 0.22 * em:
            continue
        boxes.append((int(columns[0]), top, int(columns[-1]) + 1, bottom))
    return boxes


def crop(line: Line, above: float, beside: float) -> Grey:
    """The picture of a line with so much paper around it, in shares of its height."""
    x0, y0, x1, y1 = line.box
    pad_y, pad_x = max(1, round(above * (y1 - y0))), max(1, round(beside * (y1 - y0)))
    height, width = line.picture.shape
    part = line.picture[max(0, y0 - pad_y) : y1 + pad_y, max(0, x0 - pad_x) : x1 + pad_x]
    missing = (
        (max(0, pad_y - y0), max(0, y1 + pad_y - height)),
        (max(0, pad_x - x0), max(0, x1 + pad_x - width)),
    )
    return np.pad(part, missing, constant_values=255)


def read_lines(lines: list[Line], model: Recogniser) -> None:
    """Read every line, and those that begin with a number a second time: wider, with more paper around it."""
    for line, reading in zip(lines, model.read([crop(line, 0.2, 0.25) for line in lines]), strict=True):
        line.first = reading
    numbers = [line for line in lines if _numeric(line.text)]
    pictures = [crop(line, 0.45, 0.5) for line in numbers]
    wider = [cv2.resize(p, (round(p.shape[1] * _WIDER), p.shape[0]), interpolation=cv2.INTER_CUBIC) for p in pictures]
    for line, reading in zip(numbers, model.read([np.asarray(p, np.uint8) for p in wider]), strict=True):
        line.second = reading


def _numeric(text: str) -> bool:
    alike = text.translate(_ALIKE)
    return len(alike) <= 2 or (any(char.isdigit() for char in alike) and not _ITEM.match(alike))


def text_of(cell: Inked, digits: Digits | None) -> tuple[str, str | None]:
    """The text of a cell and the doubt about it, if any; ``digits`` is what those of its table look like."""
    if not cell.lines:
        return ("", None) if not cell.cut else (UNREADABLE, "ocr")
    texts, doubts = [], [cell.cut]
    for line in cell.lines:
        text, sure = _line_text(line, digits)
        texts.append(text or UNREADABLE)
        doubts.append(not sure)
    return "\n".join(texts), "ocr" if any(doubts) else None


def _line_text(line: Line, digits: Digits | None) -> tuple[str, bool]:
    text = line.text
    if digits is not None and digits.is_dash(line):
        return "—", True
    if not text:
        return "", False
    alike = text.translate(_ALIKE)
    if not _numeric(text) or not any(char.isdigit() for char in alike):
        return text, all(glyph.probability >= _FAIR for glyph in line.first if not glyph.char.isspace())
    mark = _SURER if digits is not None and digits.blurred else _SURE
    again = "".join(glyph.char for glyph in line.second).strip().translate(_ALIKE)
    if not all(char.isdigit() or char in ".,+-% " for char in alike):
        return text, _figures(again) == _figures(alike) and _likely(line, mark)
    return alike, again == alike and _likely(line, mark) and _borne_out(line, alike, digits)


def _figures(text: str) -> str:
    return "".join(char for char in text if char.isdigit() or char in ".,")


def _likely(line: Line, mark: float) -> bool:
    """Whether each sign of a number is likely: fairly in one reading, as this digit rather than another in both."""
    first, second = ([glyph for glyph in r if glyph.char in _COUNTED] for r in (line.first, line.second))
    if len(first) != len(second):
        return False
    return all(
        max(a.probability, b.probability) >= _FAIR and min(a.as_digit, b.as_digit) >= mark
        for a, b in zip(first, second, strict=True)
    )


def _borne_out(line: Line, text: str, digits: Digits | None) -> bool:
    """Whether the ink looks like so many digits."""
    runs = strokes(line)
    if " " in text or len(runs) > len(text) or line.height < SMALLEST:
        return False
    if any(b[0] - a[1] > 0.6 * line.height for a, b in pairwise(runs)):
        return False
    if digits is not None and not (digits.fit_height(line) and digits.fit_width(line, text)):
        return False
    if len(runs) == len(text):
        return _over_each(line, runs) and not any(
            char == "1" and _leans(line, run) for char, run in zip(text, runs, strict=True)
        )
    return digits is not None and digits.step > 0


@dataclass(slots=True)
class Digits:
    """What the digits of a table look like, in pixels: medians of their height, their width, that of the 1 and the
    step from one to the next; and whether many are ``blurred``. Digits of all usual fonts have one step, so the width of a number tells their count."""

    height: float
    width: float
    one: float
    step: float
    blurred: bool

    @classmethod
    def of(cls, cells: list[Inked]) -> Digits | None:
        """As seen in the cells that hold a plain number; None where there are too few."""
        lines = [(cell.lines[0], cell.lines[0].text.translate(_ALIKE)) for cell in cells if len(cell.lines) == 1]
        plain = [(line, text, line.box[2] - line.box[0]) for line, text in lines if text.isdigit()]
        if len(plain) < _ENOUGH:
            return None
        height = float(np.median([line.height for line, _, _ in plain]))
        single = [width for _, text, width in plain if len(text) == 1 and text != "1"]
        width = float(np.median(single)) if single else 0.6 * height
        steps = [
            (w - width) / (len(text) - 1) for _, text, w in plain if len(text) > 1 and "1" not in text[0] + text[-1]
        ]
        step = float(np.median(steps)) if len(steps) >= _ENOUGH else 0.0
        unsure = sum(not _likely(line, _SURE) for line, _, _ in plain)
        return cls(height, width, _width_of_one(plain) or 0.6 * width, step, unsure > _BLURRED * len(plain))

    def is_dash(self, line: Line) -> bool:
        """Whether the ink is a dash, for which the model has many words."""
        width = line.box[2] - line.box[0]
        return line.height <= 0.35 * self.height and width >= 2 * line.height

    def fit_height(self, line: Line) -> bool:
        return 0.75 * self.height <= line.height <= 1.3 * self.height

    def fit_width(self, line: Line, text: str) -> bool:
        """Whether a number is as wide as so many digits are."""
        width = line.box[2] - line.box[0]
        step = self.step or 0.75 * self.height
        signs = sum(not char.isdigit() for char in text)
        ends = sum(self.one if char == "1" else self.width for char in (text[0], text[-1])) / 2
        wanted = (len(text) - 1 - 0.5 * signs) * step + ends
        return abs(width - wanted) < 1 + (0.4 if self.step else 0.6) * step * (1 + signs)


def _width_of_one(plain: list[tuple[Line, str, int]]) -> float | None:
    widths = [
        end - start
        for line, text, _ in plain
        if "1" in text and len(runs := strokes(line)) == len(text)
        for char, (start, end) in zip(text, runs, strict=True)
        if char == "1"
    ]
    return float(np.median(widths)) if widths else None


def strokes(line: Line) -> list[tuple[int, int]]:
    """Runs of inked columns in a line."""
    x0, y0, x1, y1 = line.box
    columns = np.concatenate([[False], line.ink[y0:y1, x0:x1].any(axis=0), [False]])
    edges = np.flatnonzero(np.diff(columns.astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _leans(line: Line, run: tuple[int, int]) -> bool:
    """Whether a stroke leans like a slash, which the model may take for a 1; the flag of a 1 pulls the other way."""
    y, x = np.nonzero(line.ink[line.box[1] : line.box[3], line.box[0] + run[0] : line.box[0] + run[1]])
    if len(y) < 4 or np.ptp(y) == 0:
        return True
    return not -_LEAN <= float(np.polyfit(y, x, 1)[0]) <= 3 * _LEAN


def _over_each(line: Line, runs: list[tuple[int, int]]) -> bool:
    """Whether each digit of the first reading stands over its own stroke."""
    width = line.box[2] - line.box[0]
    pad = max(1, round(0.25 * line.height))
    glyphs = [glyph for glyph in line.first if not glyph.char.isspace()]
    slack = 0.45 * line.height
    for glyph, (start, end) in zip(glyphs, runs, strict=False):
        at = glyph.at * (width + 2 * pad) - pad
        if not start - slack <= at <= end + slack:
            return False
    return len(glyphs) == len(runs)
