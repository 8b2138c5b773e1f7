"""Characters to lines of text: which stand side by side, where a blank is, which are printed twice.

Numbers are put together with more care than words: digits that stand apart, differ in size or lie upon each other
never become one number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import median

from parsers.readers.pdf_page import Box, Char

_middle, _left = attrgetter("middle"), attrgetter("x0")
_NUMERIC = frozenset("0123456789.,+-%")
SAME_LINE = 0.4  # of the height of a character: further apart are two lines
WORD_GAP, DIGIT_GAP, HAN_GAP = 0.2, 0.12, 0.6  # of the height: a wider gap is a blank
_LEAST_GAP = 0.5  # points: no lesser gap is a blank between words
CELL_GAP = 0.6  # of the height: a wider gap parts two columns
_TWICE = 0.25  # of the width: the same character so near is printed again to look bold
_UPON = 0.35  # of the width: another character so near lies upon the first


@dataclass(slots=True)
class Line:
    """Characters from left to right."""

    chars: list[Char]

    @property
    def box(self) -> Box:
        return box_of(self.chars)

    @property
    def height(self) -> float:
        return median([char.height for char in self.chars])

    @property
    def text(self) -> str:
        return joined(self.chars)

    def chunks(self) -> list[Line]:
        """The parts that wide gaps cut the line into."""
        printed = [char for char in self.chars if not char.text.isspace()]
        parts: list[Line] = []
        end = 0.0
        for char in printed:
            if not parts or char.x0 - end > CELL_GAP * char.height:
                parts.append(Line([]))
                end = char.x1
            parts[-1].chars.append(char)
            end = max(end, char.x1)
        return parts


def box_of(chars: Sequence[Char]) -> Box:
    return (
        min(char.x0 for char in chars),
        min(char.y0 for char in chars),
        max(char.x1 for char in chars),
        max(char.y1 for char in chars),
    )


def lines(chars: Iterable[Char]) -> list[Line]:
    """The lines of a part of a page, from top to bottom; lines of blanks are left out."""
    found: list[list[Char]] = []
    middle = 0.0
    for char in sorted(chars, key=_middle):
        if found and char.middle - middle <= SAME_LINE * min(char.height, found[-1][0].height):
            found[-1].append(char)
            middle += (char.middle - middle) / len(found[-1])
        else:
            found.append([char])
            middle = char.middle
    return [Line(sorted(line, key=_left)) for line in found if any(not char.text.isspace() for char in line)]


def joined(chars: Sequence[Char]) -> str:
    """The text of a line, with blanks where there are gaps."""
    pieces: list[str] = []
    last: Char | None = None
    blank = False
    for char in chars:
        if char.text.isspace():
            blank = True
            continue
        if last is not None:
            if char.text == last.text and _again(last, char):
                continue
            apart = char.x0 - last.x1 > _LEAST_GAP or char.text in _NUMERIC
            if blank or (apart and _gap(last, char)):
                pieces.append(" ")
        pieces.append(char.text)
        last, blank = char, False
    return "".join(pieces)


def _again(last: Char, char: Char) -> bool:
    return char.text == last.text and char.x0 - last.x0 < _TWICE * max(last.x1 - last.x0, 0.1)


def _gap(last: Char, char: Char) -> bool:
    gap = char.x0 - last.x1
    if last.text in _NUMERIC and char.text in _NUMERIC:
        height = min(last.height, char.height)
        return gap > DIGIT_GAP * height or max(last.height, char.height) > 1.25 * height or collides(last, char)
    wide = HAN_GAP if last.text > "\u2e7f" and char.text > "\u2e7f" else WORD_GAP
    return gap > wide * min(last.height, char.height)


def collides(last: Char, char: Char) -> bool:
    """Whether two characters of a line lie upon each other and are not one printed twice."""
    return last.x1 - char.x0 > _UPON * max(min(last.x1 - last.x0, char.x1 - char.x0), 0.1) and not _again(last, char)
