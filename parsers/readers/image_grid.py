"""Tables with drawn lines in a page picture: lines to cells with spans.

Long straight runs of ink are lines; lines that meet are one table. Where its sides are not parallel (a page
photographed) the table is made rectangular first. The lines' rows and columns make a lattice; two fields of it are one
cell where no line parts them. What can't be decided is kept as ``doubtful``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from parsers.readers.image_ink import Box, Grey, Matrix, Page

MAX_FIELDS = 6000  # of the lattice; no table of a report comes near
_REACH = 2  # pixels that may part a line from the one it ends at
_ROUNDS = 3  # of looking for lines between lines
_FAINT = 14  # grey levels that a line is darker than what lies around it
_WALL, _OPEN = 0.75, 0.3  # share of a side that is inked where a line stands, where none does
_LEAN = 1.5  # pixels that a corner may be off before the table is made rectangular


@dataclass(slots=True)
class Slot:
    """A cell of a drawn table; ``box`` lies on the middle of its lines, in the pixels of ``Lattice.grey``."""

    row: int
    column: int
    rowspan: int
    colspan: int
    box: Box
    doubtful: bool = False


@dataclass(slots=True)
class Lattice:
    """A table: its picture made rectangular, the mask of its drawn lines, its cells in reading order. ``back`` takes
    its coordinates to those of the picture as it came; ``box`` is its place on the straightened page."""

    grey: Grey
    lines: Grey
    back: Matrix
    box: Box
    rows: int
    slots: list[Slot] = field(default_factory=list)


@dataclass(slots=True)
class Lines:
    """Drawn lines: masks of the level and the upright ones."""

    level: Grey
    upright: Grey

    @property
    def both(self) -> Grey:
        return self.level | self.upright


def drawn_lines(grey: Grey, em: float, noise: float) -> Lines:
    """Thin dark runs longer than any stroke of a letter that end where others begin, gaps of dashes closed."""
    length = max(15, round(em * 1.8))
    thick = max(7, round(em * 0.45)) | 1
    faint = max(_FAINT, 6 * noise)
    smooth = cv2.GaussianBlur(grey, (3, 3), 0)
    dark = cv2.max(_thin(smooth, thick, False), _thin(smooth, thick, True))
    letters = cv2.dilate(_letters((dark >= faint).astype(np.uint8), em), np.ones((3, 3), np.uint8))
    masks = []
    for upright in (False, True):
        along, across = ((length, 1), (1, 3)) if upright else ((1, length), (3, 1))
        ink = _thin(cv2.blur(grey, (1, 5) if upright else (5, 1)), thick, upright) >= faint
        ink &= letters == 0
        wide = cv2.dilate(ink.astype(np.uint8), np.ones(across, np.uint8))
        masks.append(np.asarray(cv2.morphologyEx(wide, cv2.MORPH_OPEN, np.ones(along, np.uint8)), np.uint8))
    return _meeting(masks[0], masks[1], em)


def _thin(grey: object, thick: int, upright: bool) -> Grey:
    """By how many levels a pixel is darker than what lies on both sides of it, less than ``thick`` pixels apart."""
    kernel = np.ones((1, thick) if upright else (thick, 1), np.uint8)
    return np.asarray(cv2.morphologyEx(np.asarray(grey, np.uint8), cv2.MORPH_BLACKHAT, kernel), np.uint8)


def _letters(ink: Grey, em: float) -> Grey:
    """The pieces of ink that are no part of a line: neither long nor thin."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    small = (height < 2.5 * em) & (width < 12 * height) & (height > 0.3 * em) & (width > 0.12 * em)
    small[0] = False
    return np.asarray(small[labels], np.uint8)


def _meeting(level: Grey, upright: Grey, em: float) -> Lines:
    """The lines that are long, and those between two lines: rows of strokes in a text end in the void."""
    pieces = _Pieces.of(level, 0), _Pieces.of(upright, 1)
    kept = [pieces[0].straight(round(8 * em), 0), pieces[1].straight(round(4 * em), 1)]
    for _ in range(_ROUNDS):
        for axis in (0, 1):
            kept[axis] |= pieces[axis].between(pieces[1 - axis].mask(kept[1 - axis]))
    return Lines(pieces[0].mask(kept[0]), pieces[1].mask(kept[1]))


@dataclass(slots=True)
class _Pieces:
    """The connected runs of one direction: pixels with the number of their run, and which lie at its ends."""

    labels: NDArray[np.int32]
    y: NDArray[np.int64]
    x: NDArray[np.int64]
    at_start: NDArray[np.bool_]
    at_end: NDArray[np.bool_]
    count: int

    @classmethod
    def of(cls, mask: Grey, axis: int) -> _Pieces:
        count, found = cv2.connectedComponents(mask, connectivity=8)
        labels = np.asarray(found, np.int32)
        y, x = np.nonzero(labels)
        number, along = labels[y, x], (x if axis == 0 else y)
        first, last = np.full(count, 1 << 30), np.full(count, -1)
        np.minimum.at(first, number, along)
        np.maximum.at(last, number, along)
        start, end = along - first[number] <= _REACH, last[number] - along <= _REACH
        return cls(labels, y, x, start, end, count)

    def mask(self, kept: NDArray[np.bool_]) -> Grey:
        chosen = kept.copy()
        chosen[0] = False
        return chosen[self.labels].astype(np.uint8)

    def straight(self, length: int, axis: int) -> NDArray[np.bool_]:
        """Which runs go straight for so many pixels; those of a text hop from stroke to stroke."""
        along, across = ((1, length), (3, 1)) if axis == 0 else ((length, 1), (1, 3))
        runs = cv2.dilate((self.labels > 0).astype(np.uint8), np.ones(across, np.uint8))
        runs = cv2.morphologyEx(runs, cv2.MORPH_OPEN, np.ones(along, np.uint8))
        found = np.zeros(self.count, bool)
        found[self.labels[runs > 0]] = True
        return found

    def between(self, others: Grey) -> NDArray[np.bool_]:
        """Which runs begin and end at one of ``others``."""
        size = 2 * _REACH + 1
        near = cv2.dilate(others, np.ones((size, size), np.uint8))[self.y, self.x] > 0
        meets = []
        for at in (self.at_start, self.at_end):
            met = np.zeros(self.count, bool)
            met[self.labels[self.y, self.x][at & near]] = True
            meets.append(met)
        return np.asarray(meets[0] & meets[1], np.bool_)


def lattices(page: Page, lines: Lines) -> list[Lattice]:
    """The tables of a page, top to bottom."""
    mask = cv2.dilate(lines.both, np.ones((5, 5), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    found = []
    for number in range(1, len(stats)):
        x, y, width, height, _ = (int(v) for v in stats[number])
        if width < page.em * 4 or height < page.em * 2:
            continue
        box = (x, y, x + width, y + height)
        lattice = _lattice(page, lines, labels == number, box)
        if lattice is not None and len(lattice.slots) > 1:
            found.append(lattice)
    outer = [entry for entry in found if not any(_inside(entry.box, other.box) for other in found)]
    return sorted(outer, key=lambda entry: (entry.box[1], entry.box[0]))


def _inside(box: Box, other: Box) -> bool:
    return box != other and box[0] >= other[0] and box[1] >= other[1] and box[2] <= other[2] and box[3] <= other[3]


def _lattice(page: Page, lines: Lines, own: NDArray[np.bool_], box: Box) -> Lattice | None:
    x0, y0, x1, y1 = box
    cut = (slice(y0, y1), slice(x0, x1))
    level = np.where(own[cut], lines.level[cut], 0).astype(np.uint8)
    upright = np.where(own[cut], lines.upright[cut], 0).astype(np.uint8)
    grey = page.grey[cut]
    shift = np.array([[1, 0, x0], [0, 1, y0], [0, 0, 1]], np.float64)
    lean = _leaning(level, upright, page.em)
    if lean is not None:
        paper = float(np.median(grey[::5, ::5]))
        grey = np.asarray(
            cv2.warpPerspective(
                grey,
                lean,
                (grey.shape[1], grey.shape[0]),
                flags=cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_CONSTANT,
                borderValue=paper,
            ),
            np.uint8,
        )
        again = drawn_lines(grey, page.em, page.noise)
        level, upright = again.level, again.upright
        shift = shift @ np.linalg.inv(lean)
    rows, columns = _coordinates(level, page.em, 0), _coordinates(upright, page.em, 1)
    _open_sides(level, rows, columns, page.em)
    fields = (len(rows) - 1) * (len(columns) - 1)
    if len(rows) < 2 or len(columns) < 2 or not 1 < fields <= MAX_FIELDS:
        return None
    lattice = Lattice(grey, level | upright, page.back @ shift, box, len(rows) - 1)
    lattice.slots = _slots(Lines(level, upright), rows, columns, page.em)
    return lattice


def _leaning(level: Grey, upright: Grey, em: float) -> Matrix | None:
    """The transform that makes the table rectangular, or None where it is so already."""
    tops, sides = _long(level, 0), _long(upright, 1)
    if len(tops) < 2 or len(sides) < 2:
        return None
    top, bottom = _fit(level, tops[0], 0), _fit(level, tops[-1], 0)
    left, right = _fit(upright, sides[0], 1), _fit(upright, sides[-1], 1)
    corners = np.array([_meet(a, b) for a, b in ((top, left), (top, right), (bottom, right), (bottom, left))])
    xs, ys = corners[:, 0], corners[:, 1]
    x0, x1 = (xs[0] + xs[3]) / 2, (xs[1] + xs[2]) / 2
    y0, y1 = (ys[0] + ys[1]) / 2, (ys[2] + ys[3]) / 2
    if x1 - x0 < em or y1 - y0 < em:
        return None
    wanted = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    off = float(np.abs(corners - wanted).max())
    if off < _LEAN or off > 0.1 * max(level.shape):
        return None
    return np.asarray(cv2.getPerspectiveTransform(corners.astype(np.float32), wanted.astype(np.float32)), np.float64)


def _long(mask: Grey, axis: int) -> list[Grey]:
    """The long lines of a mask, each as the mask of its own pixels' coordinates, in order."""
    _, labels, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    extent = stats[1:, cv2.CC_STAT_WIDTH if axis == 0 else cv2.CC_STAT_HEIGHT]
    if not len(extent):
        return []
    longest = [index + 1 for index in np.flatnonzero(extent >= 0.6 * extent.max())]
    longest.sort(key=lambda index: centres[index][1 - axis])
    ends = longest[:1] + longest[-1:]
    return [np.asarray(labels == index, np.uint8) for index in (ends if len(longest) > 1 else longest)]


def _fit(mask: Grey, own: Grey, axis: int) -> tuple[float, float, int]:
    """(slope, offset, axis) of a line: y = slope x + offset for a level one, x = slope y + offset for an upright one."""
    y, x = np.nonzero(own)
    along, across = (x, y) if axis == 0 else (y, x)
    slope, offset = np.polyfit(along, across, 1)
    return float(slope), float(offset), axis


def _meet(level: tuple[float, float, int], upright: tuple[float, float, int]) -> tuple[float, float]:
    a, b, _ = level
    c, d, _ = upright
    y = (a * d + b) / (1 - a * c)
    return c * y + d, y


def _coordinates(mask: Grey, em: float, axis: int) -> list[int]:
    """Where the lines of one direction stand: centres of all pieces, those that lie close as one."""
    _, _, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    long_enough = stats[1:, cv2.CC_STAT_WIDTH if axis == 0 else cv2.CC_STAT_HEIGHT] >= em * 1.3
    weights = stats[1:, cv2.CC_STAT_AREA][long_enough]
    places = centres[1:, 1 - axis][long_enough]
    order = np.argsort(places)
    places, weights = places[order], weights[order]
    starts = np.flatnonzero(np.diff(places) > max(4.0, em * 0.5)) + 1
    groups = zip(np.split(places, starts), np.split(weights, starts), strict=True)
    return [round(float(np.average(group, weights=weight))) for group, weight in groups if len(group)]


def _open_sides(level: Grey, rows: list[int], columns: list[int], em: float) -> None:
    """Tables may have no line left and right: their level lines end there."""
    inked = np.flatnonzero(level.any(axis=0))
    if not len(inked) or not columns:
        return
    if columns[0] - inked[0] > em * 1.2:
        columns.insert(0, int(inked[0]))
    if inked[-1] - columns[-1] > em * 1.2:
        columns.append(int(inked[-1]))


def _slots(lines: Lines, rows: list[int], columns: list[int], em: float) -> list[Slot]:
    """The cells: fields of the lattice joined where no line parts them."""
    down, across = len(rows) - 1, len(columns) - 1
    parent = list(range(down * across))
    unsure: set[int] = set()

    def root(entry: int) -> int:
        while parent[entry] != entry:
            parent[entry] = parent[parent[entry]]
            entry = parent[entry]
        return entry

    level, upright = lines.level > 0, lines.upright > 0
    reach = max(3, round(em * 0.25))
    for row in range(down):
        for column in range(across):
            here = row * across + column
            for there, share in (
                (here + 1, _share(upright.T, columns[column + 1], rows[row], rows[row + 1], reach))
                if column + 1 < across
                else (here, 1.0),
                (here + across, _share(level, rows[row + 1], columns[column], columns[column + 1], reach))
                if row + 1 < down
                else (here, 1.0),
            ):
                if share < _OPEN:
                    parent[root(there)] = root(here)
                elif share < _WALL:
                    unsure.update((here, there))
    groups: dict[int, list[int]] = {}
    for entry in range(down * across):
        groups.setdefault(root(entry), []).append(entry)
    return [_slot(members, rows, columns, across, unsure) for members in groups.values()]


def _share(ink: NDArray[np.bool_], place: int, start: int, end: int, reach: int) -> float:
    """How much of the side from ``start`` to ``end`` is inked, in the best row near ``place``."""
    inset = max(2, (end - start) // 8)
    band = ink[max(0, place - reach) : place + reach + 1, start + inset : end - inset]
    return float(band.mean(axis=1).max()) if band.size else 1.0


def _slot(members: list[int], rows: list[int], columns: list[int], across: int, unsure: set[int]) -> Slot:
    rows_of, columns_of = [m // across for m in members], [m % across for m in members]
    top, left, bottom, right = min(rows_of), min(columns_of), max(rows_of) + 1, max(columns_of) + 1
    whole = len(members) == (bottom - top) * (right - left)
    box = (columns[left], rows[top], columns[right], rows[bottom])
    return Slot(top, left, bottom - top, right - left, box, not whole or not unsure.isdisjoint(members))
