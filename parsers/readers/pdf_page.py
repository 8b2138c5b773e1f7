"""One page of a PDF: the characters that can be seen on it, the places of its pictures, and the way it is turned.

Text counts only if a reader of the page sees it. Where anything could hide it the page is rendered twice, with its text and without: a character
whose box looks the same both times is invisible, whatever hides it (white on white, a cover, a clip, off the page).
Invisible render modes, full transparency and tiny sizes are dropped by themselves, for what is printed at the same
place would hide the difference. So an OCR layer under or over a scan is never read.

Coordinates: ``Frame.upright`` turns PDF user space into a page on which the text runs from left to right, in points
from the top left; ``Frame.displayed`` turns that into the page as a viewer shows it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import sub
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from parsers.normalise import unified
from parsers.readers import pdf_calls as calls
from parsers.readers.pdf_rules import IDENTITY, Matrix, Rules, combined

Box = tuple[float, float, float, float]

MAX_OBJECTS, MAX_CHARACTERS, MAX_DEPTH = 60_000, 30_000, 5
MAX_PIXELS = 4_000_000
MAX_COMPARED = 4 * MAX_PIXELS  # pixels in the boxes of a page's characters; these cover a page once, if it can be read
SCALE = 2.0  # of the renderings that are compared
INK = 24  # of 255: a lesser change of a pixel is not to be seen
PALE, PALE_SHARE = 200, 0.12  # pale text may show only where it crosses a rule: more of its box must change
TINY = 2.5  # points
_MODES_WITHOUT_INK = frozenset([raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP])
_HAN = 0x2E80  # radicals and ideographs begin here
_HYPHENS = (0x02, 0xAD)  # pdfium's sign for a hyphen at the end of a line
_UNREADABLE = "\ufffd"


class TooMuch(Exception):
    """A page with more objects or characters than any report has."""


class Char:
    """A character with its box, as wide as its advance; ``turned`` if it does not run as the page's text does."""

    __slots__ = ("height", "middle", "text", "turned", "x0", "x1", "y0", "y1")

    def __init__(self, text: str, x0: float, y0: float, x1: float, y1: float, turned: bool = False) -> None:
        self.text, self.turned = text, turned
        self.x0, self.y0, self.x1, self.y1 = x0, y0, x1, y1
        self.height, self.middle = y1 - y0, (y0 + y1) / 2


@dataclass(frozen=True, slots=True)
class Frame:
    """How a page is turned: ``quarters`` of a circle that its text runs to the left in user space, ``rotation`` the
    quarters by which a viewer turns the page to the right, ``box`` its edges in user space."""

    quarters: int
    rotation: int
    box: Box

    def upright(self, box: Box) -> Box:
        return _turn(box, self.box, self.quarters)

    def displayed(self, box: Box) -> Box:
        """The displayed place of an upright box."""
        if self.quarters == self.rotation:
            return box
        return _turn(_back(box, self.box, self.quarters), self.box, self.rotation)


def _turn(box: Box, page: Box, quarters: int) -> Box:
    left, bottom, right, top = box
    if quarters == 0:
        return left - page[0], page[3] - top, right - page[0], page[3] - bottom
    if quarters == 1:
        return bottom - page[1], left - page[0], top - page[1], right - page[0]
    if quarters == 2:
        return page[2] - right, bottom - page[1], page[2] - left, top - page[1]
    return page[3] - top, page[2] - right, page[3] - bottom, page[2] - left


def _back(box: Box, page: Box, quarters: int) -> Box:
    x0, y0, x1, y1 = box
    if quarters == 0:
        return x0 + page[0], page[3] - y1, x1 + page[0], page[3] - y0
    if quarters == 1:
        return y0 + page[0], x0 + page[1], y1 + page[0], x1 + page[1]
    if quarters == 2:
        return page[2] - x1, y0 + page[1], page[2] - x0, y1 + page[1]
    return page[2] - y1, page[3] - x1, page[2] - y0, page[3] - x0


@dataclass(slots=True)
class PageContent:
    """A page as seen. ``pictures`` are upright boxes of images with next to no text upon them, ``rules`` the
    rules in user space; ``number`` from 1."""

    number: int
    frame: Frame
    width: float
    height: float
    chars: list[Char] = field(default_factory=list)
    pictures: list[Box] = field(default_factory=list)
    rules: Rules = field(default_factory=Rules)

    def place(self, box: Box) -> dict[str, Any]:
        """The origin of something on this page: its number, and the box as displayed, in points from the top left."""
        return {"page": self.number, "box": [round(value, 1) for value in self.frame.displayed(box)]}


@dataclass(slots=True)
class _Style:
    """How a text object is printed: ``quarter`` turns of its text to the left in user space, None for a slant."""

    quarter: int | None
    inked: bool
    pale: bool


_Raw = tuple[int, Box, _Style]  # code point, box in user space


def content(page: pdfium.PdfPage, number: int) -> PageContent:
    """What is to be seen on a page. Raises ``TooMuch``."""
    bounds, rotation = _bounds(page), page.get_rotation() // 90
    objects = _objects(page)
    seen = [each for each in _characters(page) if each[2].inked]
    if seen and (objects.may_hide or any(style.pale for _, _, style in seen) or _beyond(seen, bounds)):
        seen = _visible(page, seen, objects.texts, bounds, rotation)
    quarters = _quarters(seen)
    frame = Frame(quarters, rotation, bounds)
    x0, y0, x1, y1 = frame.upright(bounds)
    answer = PageContent(number, frame, x1 - x0, y1 - y0, rules=objects.rules)
    answer.chars = list(_chars(seen, frame))
    _read_pictures(page, answer, objects.images)
    return answer


def _bounds(page: pdfium.PdfPage) -> Box:
    rect = raw.FS_RECTF()
    if not raw.FPDF_GetPageBoundingBox(page, rect):
        raise pdfium.PdfiumError("page without a box")
    return rect.left, rect.bottom, rect.right, rect.top


# ------------------------------------------------------------------------------------------------------ objects


@dataclass(slots=True)
class _Objects:
    """The text objects of a page, also those inside forms, the boxes of its images in user space, and whether there
    is anything that could hide text: an image, a shading, a filled area, a clip."""

    texts: list[int] = field(default_factory=list)
    images: list[Box] = field(default_factory=list)
    rules: Rules = field(default_factory=Rules)
    may_hide: bool = False
    left: int = MAX_OBJECTS


def _objects(page: pdfium.PdfPage) -> _Objects:
    found = _Objects()
    for each in _children(calls.handle(page.raw), calls.page_count, calls.page_object):
        _take(each, each, IDENTITY, 0, found)
    return found


def _take(each: int, top: int, matrix: Matrix, depth: int, found: _Objects) -> None:
    """Sort one object in; ``top`` is the object of the page that it is or belongs to."""
    found.left -= 1
    kind = calls.object_type(each)
    if kind == raw.FPDF_PAGEOBJ_TEXT:
        found.texts.append(each)
        found.may_hide = found.may_hide or calls.clip_count(calls.clip_path(each)) > 0
    elif kind == raw.FPDF_PAGEOBJ_PATH:
        segments = calls.segment_count(each)
        found.left -= max(segments, 0)
        found.may_hide |= found.rules.add(each, segments, matrix)
    else:
        found.may_hide = True
        if kind == raw.FPDF_PAGEOBJ_IMAGE:
            found.images.append(found.rules.buffers.bounds(top))
        elif kind == raw.FPDF_PAGEOBJ_FORM and depth < MAX_DEPTH:
            inner = combined(each, matrix)
            for child in _children(each, calls.form_count, calls.form_object):
                _take(child, top, inner, depth + 1, found)
    if found.left < 0:
        raise TooMuch


def _children(holder: int, count: Any, get: Any) -> Iterator[int]:
    for index in range(min(count(holder), MAX_OBJECTS)):
        if each := get(holder, index):
            yield each


# --------------------------------------------------------------------------------------------------- characters


def _characters(page: pdfium.PdfPage) -> list[_Raw]:
    """Every character of the text layer that the file itself holds, in user space."""
    textpage = page.get_textpage()
    try:
        text = calls.handle(textpage.raw)
        count = calls.char_count(text)
        if count > MAX_CHARACTERS:
            raise TooMuch
        found: list[_Raw] = []
        known: dict[int, _Style] = {}
        rect, buffers = raw.FS_RECTF(), calls.Buffers()
        place = calls.address(rect)
        for index in range(count):
            code = calls.char_code(text, index)
            if code in (10, 13) or (code <= 32 and calls.char_generated(text, index)):
                continue
            holder = calls.char_object(text, index)
            if not holder or not calls.char_box(text, index, place):
                continue
            box = rect.left, rect.bottom, rect.right, rect.top
            if code < _HAN and code not in _HYPHENS and calls.char_unmapped(text, index):
                code = 0xFFFD
            style = known.get(holder)
            if style is None:
                size = max(box[2] - box[0], box[3] - box[1])
                style = known[holder] = _style(holder, calls.char_angle(text, index), size, buffers)
            found.append((code, box, style))
        return found
    finally:
        textpage.close()


def _style(holder: int, angle: float, size: float, buffers: calls.Buffers) -> _Style:
    """How a text object is printed: whether it is drawn at all tell its mode, its transparency and its size."""
    quarter = angle / (math.pi / 2)  # pdfium counts angles to the right
    turn = -round(quarter) % 4 if abs(quarter - round(quarter)) < 0.06 else None
    if size < TINY or calls.render_mode(holder) in _MODES_WITHOUT_INK:
        return _Style(turn, False, False)
    darkest, alpha = buffers.color(calls.fill_color, holder) or (0, 255)
    return _Style(turn, alpha > INK, darkest > PALE)


def _quarters(seen: list[_Raw]) -> int:
    """The direction of most of the text."""
    turns = Counter(style.quarter for code, _, style in seen if code > 32 and style.quarter is not None)
    return turns.most_common(1)[0][0] if turns else 0


def _chars(seen: list[_Raw], frame: Frame) -> Iterator[Char]:
    """Slanted text is left out: watermarks are printed so, reports are not."""
    left, _, _, top = frame.box
    quarters = frame.quarters
    for code, box, style in seen:
        if style.quarter is None:
            continue
        plain = (32 <= code < _HAN and code != 0xAD) or 0x3000 <= code < 0xD800
        text = chr(code) if plain else _other(code)
        x0, y0, x1, y1 = box
        if quarters == 0:
            yield Char(text, x0 - left, top - y1, x1 - left, top - y0, style.quarter != 0)
        else:
            yield Char(text, *frame.upright(box), style.quarter != quarters)


def _other(code: int) -> str:
    """Radicals and compatibility ideographs as the characters they show, what has no character as unreadable."""
    if code in _HYPHENS:
        return "-"
    if code < 32:
        return " "
    surrogate = 0xD800 <= code < 0xE000
    return unified(chr(code)) if _HAN <= code < 0x110000 and not surrogate else _UNREADABLE


# --------------------------------------------------------------------------------------------------- visibility


def _beyond(seen: list[_Raw], bounds: Box) -> bool:
    """Whether some text stands over the edge of the page."""
    left, bottom, right, top = bounds
    return any(b[0] < left or b[1] < bottom or b[2] > right or b[3] > top for _, b, _ in seen)


def _visible(page: pdfium.PdfPage, seen: list[_Raw], texts: list[int], bounds: Box, rotation: int) -> list[_Raw]:
    """The characters that change something on the page."""
    width, height = page.get_size()
    scale = min(SCALE, math.sqrt(MAX_PIXELS / max(width * height, 1)))
    whole = _pixels(page, scale)
    for text in texts:
        calls.set_active(text, 0)
    bare = _pixels(page, scale)
    for text in texts:
        calls.set_active(text, 1)
    visible: list[_Raw] = []
    left = MAX_COMPARED
    for each in seen:
        if each[0] > 32 and not chr(each[0]).isspace():
            area = _inner(_turn(each[1], bounds, rotation), whole)
            left -= (area[2] - area[0]) * (area[3] - area[1])
            if left < 0:
                raise TooMuch
            if not _differs(whole, bare, area, PALE_SHARE if each[2].pale else 0.0):
                continue
        visible.append(each)
    return visible


def _inner(box: Box, pixels: Pixels) -> tuple[int, int, int, int]:
    """The pixels of a box, without its left and right edges."""
    margin, scale = (box[2] - box[0]) * 0.1, pixels.scale
    x0, x1 = max(int((box[0] + margin) * scale), 0), min(int((box[2] - margin) * scale) + 1, pixels.width)
    y0, y1 = max(int(box[1] * scale), 0), min(int(box[3] * scale) + 1, pixels.height)
    return x0, y0, max(x0, x1), max(y0, y1)  # nothing of a box beside the page


def _differs(whole: Pixels, bare: Pixels, area: tuple[int, int, int, int], share: float) -> bool:
    """Whether more than ``share`` of an area differs; the rows below its middle are the likeliest."""
    x0, y0, x1, y1 = area
    middle = (y0 + y1) // 2
    left = max(share * (x1 - x0) * (y1 - y0), 1.0)  # one pixel may be the edge of a cover
    for row in (*range(middle, y1), *range(y0, middle)):
        start = row * whole.stride
        a, b = whole.data[start + x0 : start + x1], bare.data[start + x0 : start + x1]
        if a != b:
            left -= sum(change > INK for change in map(abs, map(sub, a, b)))
            if left < 0:
                return True
    return False


@dataclass(frozen=True, slots=True)
class Pixels:
    """A rendering in shades of grey: ``data`` has ``stride`` bytes a row, 0 black to 255 white; ``scale`` pixels a point."""

    width: int
    height: int
    stride: int
    data: bytes
    scale: float


def _pixels(page: pdfium.PdfPage, scale: float) -> Pixels:
    bitmap = page.render(scale=scale, grayscale=True, draw_annots=False, may_draw_forms=False)
    try:
        return Pixels(bitmap.width, bitmap.height, bitmap.stride, bytes(bitmap.buffer), scale)
    finally:
        bitmap.close()


def rendered(page: pdfium.PdfPage, scale: float) -> Pixels:
    """A page as displayed, ``scale`` pixels a point, no more than ``MAX_PIXELS`` times four in all."""
    width, height = page.get_size()
    return _pixels(page, min(scale, math.sqrt(4 * MAX_PIXELS / max(width * height, 1))))


# ----------------------------------------------------------------------------------------------------- pictures

_LEAST_WIDTH, _LEAST_HEIGHT, _LEAST_SHARE = 100.0, 40.0, 0.02  # a smaller picture is a seal or an emblem
_TEXT_UPON = 12  # characters upon a picture that make it a background


def _read_pictures(page: pdfium.PdfPage, answer: PageContent, images: list[Box]) -> None:
    """The pictures of a page; a page of drawings or of unreadable glyphs alone is one picture."""
    text = "".join([char.text for char in answer.chars])
    if text.count(_UNREADABLE) * 3 > len(text) - text.count(" "):
        answer.chars, text = [], ""
    for box in images[:200]:
        x0, y0, x1, y1 = answer.frame.upright(box)
        x0, y0, x1, y1 = max(x0, 0.0), max(y0, 0.0), min(x1, answer.width), min(y1, answer.height)
        large = (x1 - x0) * (y1 - y0) > _LEAST_SHARE * answer.width * answer.height
        if large and x1 - x0 >= _LEAST_WIDTH and y1 - y0 >= _LEAST_HEIGHT:
            upon = sum(x0 < char.x0 < x1 and y0 < char.middle < y1 for char in answer.chars)
            if upon < _TEXT_UPON:
                answer.pictures.append((x0, y0, x1, y1))
    if (not text or text.isspace()) and not answer.pictures and _printed(page):
        answer.pictures.append((0.0, 0.0, answer.width, answer.height))


def _printed(page: pdfium.PdfPage) -> bool:
    pixels = _pixels(page, 0.5)
    rows = (pixels.data[row * pixels.stride :][: pixels.width] for row in range(pixels.height))
    return any(min(row) < 255 - INK for row in rows if row)
