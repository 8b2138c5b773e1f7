"""The ink of a page picture: how large its letters are, by how much it is turned, where its lines of text stand.

Pictures are grey arrays (rows, columns) of bytes; boxes are (x0, y0, x1, y1) in their pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Matrix = NDArray[np.float64]
Box = tuple[int, int, int, int]

_WINDOW, _DARKER = 31, 12  # ink is darker than the mean of its surroundings by so much
_COARSE = 700  # pixels of the longer side at which the turn is measured
MAX_TURN = 6.0  # degrees; a page turned further is not straightened


@dataclass(slots=True)
class Page:
    """A straightened picture. ``back`` takes its coordinates to those of the picture as it came; ``em`` is the size of
    its letters in pixels, ``contrast`` how much darker than the paper they are, ``noise`` the deviation of the paper
    once smoothed."""

    grey: Grey
    ink: Grey
    back: Matrix
    em: float
    contrast: float
    noise: float

    def original(self, box: Box) -> list[int]:
        return original_box(box, self.back)


def original_box(box: Box, back: Matrix) -> list[int]:
    """The upright box around ``box`` in the picture as it came."""
    x0, y0, x1, y1 = box
    corners = np.array([[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]], np.float64)
    points = cv2.perspectiveTransform(corners, back)[0]
    low, high = points.min(axis=0), points.max(axis=0)
    return [round(max(0.0, float(v))) for v in (*low, *high)]


def straighten(grey: Grey) -> Page | None:
    """The page turned upright, or None where there is no ink."""
    ink = ink_of(grey)
    if not ink.any():
        return None
    turn = _turn(ink)
    back = np.eye(3)
    if abs(turn) >= 0.05:
        height, width = grey.shape
        matrix = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0), [0, 0, 1]])
        corners = cv2.perspectiveTransform(
            np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float64), matrix
        )[0]
        low = corners.min(axis=0)
        size = np.ceil(corners.max(axis=0) - low).astype(int)
        matrix = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]]) @ matrix
        paper = float(np.median(grey[::7, ::7]))
        grey = _grey(
            cv2.warpAffine(
                grey,
                matrix[:2],
                (int(size[0]), int(size[1])),
                flags=cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_CONSTANT,
                borderValue=paper,
            )
        )
        ink = ink_of(grey)
        back = np.linalg.inv(matrix)
    em = _letter_size(ink)
    return Page(grey, ink, back, em, _contrast(grey, ink), _noise(grey))


def ink_of(grey: Grey) -> Grey:
    smooth = cv2.GaussianBlur(grey, (3, 3), 0)
    return _grey(
        cv2.adaptiveThreshold(smooth, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, _WINDOW, _DARKER)
    )


def _grey(array: object) -> Grey:
    return np.asarray(array, np.uint8)


def _turn(ink: Grey) -> float:
    """Degrees to turn by until rows of ink lie level: lines and text alike gather in few rows then."""
    scale = min(1.0, _COARSE / max(ink.shape))
    small = _grey(cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    best = 0.0
    for width, step in ((MAX_TURN, 0.5), (0.4, 0.1), (0.08, 0.02)):
        angles = best + np.arange(-width, width + step / 2, step)
        best = float(angles[int(np.argmax([_level(small, angle) for angle in angles]))])
    return best


def _level(ink: Grey, angle: float) -> float:
    height, width = ink.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    turned = cv2.warpAffine(ink, matrix, (width, height), flags=cv2.INTER_LINEAR)
    rows = turned.sum(axis=1, dtype=np.float64) / width
    columns = turned.sum(axis=0, dtype=np.float64) / height
    return float(np.square(np.diff(rows)).sum() + np.square(np.diff(columns)).sum())


def _letter_size(ink: Grey) -> float:
    """The height of the larger letters."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    width, height = stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]
    letters = height[(height >= 6) & (height <= 120) & (width <= 3 * height) & (height <= 6 * width)]
    return float(np.percentile(letters, 80)) if len(letters) else 16.0


def _contrast(grey: Grey, ink: Grey) -> float:
    dark = grey[ink > 0]
    return max(30.0, float(np.median(grey[::3, ::3])) - float(np.percentile(dark, 30))) if len(dark) else 128.0


def _noise(grey: Grey) -> float:
    smooth = cv2.GaussianBlur(grey, (3, 3), 0)
    return 0.7 * float(np.median(cv2.absdiff(grey, smooth)))


def text_boxes(page: Page, without: list[Box], lines: Grey) -> list[Box]:
    """The lines of text outside the boxes ``without``, top to bottom; ``lines`` marks drawn lines, which are no text."""
    ink = page.ink.copy()
    ink[lines > 0] = 0
    for x0, y0, x1, y1 in without:
        ink[max(0, y0) : y1, max(0, x0) : x1] = 0
    reach = max(3, round(page.em * 1.5))
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, reach), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(_grey(joined), connectivity=8)
    boxes: list[Box] = []
    for x, y, width, height, area in stats[1:]:
        if height < page.em * 0.3 or height > page.em * 4 or area < page.em * page.em * 0.2:
            continue
        boxes.append((int(x), int(y), int(x + width), int(y + height)))
    return _rows(boxes, page.em)


def _rows(boxes: list[Box], em: float) -> list[Box]:
    """Boxes that stand side by side and near as one; the parts of a letter apart (the dots of 三) join their line."""
    rows: list[Box] = []
    for box in sorted(boxes, key=lambda b: (b[1] + b[3]) / 2):
        for index, row in enumerate(rows):
            overlap = min(box[3], row[3]) - max(box[1], row[1])
            near = max(box[0], row[0]) - min(box[2], row[2]) < em * 3
            if near and overlap > 0.4 * min(box[3] - box[1], row[3] - row[1]):
                rows[index] = (min(box[0], row[0]), min(box[1], row[1]), max(box[2], row[2]), max(box[3], row[3]))
                break
        else:
            rows.append(box)
    return sorted((row for row in rows if row[3] - row[1] >= em * 0.6), key=lambda b: (b[1], b[0]))
