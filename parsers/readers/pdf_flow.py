"""The flow of text over the pages: page numbers, headers and footers left out, lines joined into paragraphs.

A line goes on in the next one where it reaches the right edge of the text and the next begins at the left edge
without a number of its own; so headings stand alone. Large lines that follow each other are one title.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from statistics import median

from parsers.normalise import half_width, squeeze
from parsers.readers.pdf_lines import Line
from parsers.readers.pdf_page import PageContent
from parsers.readers.pdf_tables import PageTable

_BAND = 0.13  # of the height of a page, at its top and at its bottom, where its furniture stands
_PAGE_NUMBER = re.compile(
    r"[-—–―_·\s]*(?:第\s*)?\d{1,4}(?:\s*页)?(?:\s*[,/共]{1,2}\s*\d{1,4}\s*页?)?[-—–―_·\s]*|page\s*\d{1,4}(?:\s*of\s*\d{1,4})?",
    re.I,
)
_DIGITS = re.compile(r"\d+|[一二三四五六七八九十]+")
_NUMBERED = re.compile(
    r"\s*(?:[一二三四五六七八九十]{1,3}\s*、|[((][一二三四五六七八九十\d]{1,3}[))]|第[一二三四五六七八九十]{1,3}[部章条]|\d{1,2}\s*[.、.](?!\d))"
)
_ROW_OF_NUMBERS = 5  # a line with so many numbers is a row of a table, also at the edge of a page
_LARGE = 1.2  # of the usual height of a line


@dataclass(slots=True)
class PageLine:
    """A line on its page; ``text`` is kept, it is asked for often."""

    line: Line
    page: PageContent
    text: str
    x0: float
    x1: float
    middle: float
    height: float

    def chunks(self) -> list[Line]:
        """The parts that wide gaps cut the line into: wide gaps are blanks in its text."""
        return self.line.chunks() if " " in self.text else [self.line]


@dataclass(slots=True)
class Picture:
    page: PageContent
    box: tuple[float, float, float, float]


Item = PageLine | PageTable | Picture


@dataclass(slots=True)
class Text:
    """A paragraph put together: its lines, all from one column of text."""

    lines: list[PageLine]
    title: bool = False

    @property
    def text(self) -> str:
        out = ""
        for line in self.lines:
            words = out[-1:].isascii() and out[-1:].isalpha() and line.text[:1].isascii() and line.text[:1].isalpha()
            out += (" " if words else "") + line.text
        return out


@dataclass(slots=True)
class _Margins:
    left: float
    right: float
    height: float


def page_line(line: Line, page: PageContent) -> PageLine:
    x0, y0, x1, y1 = line.box
    return PageLine(line, page, line.text, x0, x1, (y0 + y1) / 2, line.height)


# ------------------------------------------------------------------------------------------------ page furniture


def without_furniture(pages: list[list[Item]]) -> list[list[Item]]:
    """The items of each page without page numbers and without what stands at the same place of most pages."""
    repeated = Counter(key for items in pages for key in {_key(line) for line in _outer(items)})
    least = max(2, (len(pages) + 1) // 2)
    kept: list[list[Item]] = []
    for items in pages:
        items = list(items)
        for end in (0, -1):
            while items and _is_furniture(items[end], repeated, least):
                items.pop(end)
        kept.append(items)
    return kept


def _outer(items: list[Item]) -> list[PageLine]:
    """The lines in the bands, as long as nothing else stands between them and the edge of the page."""
    found: dict[int, PageLine] = {}
    for order in (items, items[::-1]):
        for item in order:
            if not isinstance(item, PageLine) or not _in_band(item):
                break
            found[id(item)] = item
    return list(found.values())


def _in_band(line: PageLine) -> bool:
    return line.middle < _BAND * line.page.height or line.middle > (1 - _BAND) * line.page.height


def _key(line: PageLine) -> tuple[str, int]:
    return _DIGITS.sub("#", squeeze(line.text)), round(line.middle / 6)


def _is_furniture(item: Item, repeated: Counter[tuple[str, int]], least: int) -> bool:
    if not isinstance(item, PageLine) or not _in_band(item):
        return False
    if _PAGE_NUMBER.fullmatch(half_width(item.text.strip())):
        return True
    return repeated[_key(item)] >= least and len(re.findall(r"\d+", item.text)) < _ROW_OF_NUMBERS


# ---------------------------------------------------------------------------------------------------- paragraphs


def paragraphs(pages: list[list[Item]]) -> list[Text | PageTable | Picture]:
    """The items of all pages with their lines joined; a table or a picture ends a paragraph."""
    margins = _margins([item for items in pages for item in items if isinstance(item, PageLine)])
    flow: list[Text | PageTable | Picture] = []
    for items in pages:
        for item in items:
            if not isinstance(item, PageLine):
                flow.append(item)
                continue
            last = flow[-1] if flow else None
            title = item.height > _LARGE * margins[_size(item)].height
            if isinstance(last, Text) and _goes_on(last, item, margins[_size(item)], title):
                last.lines.append(item)
            else:
                flow.append(Text([item], title))
    return flow


def _size(line: PageLine) -> tuple[int, int]:
    return round(line.page.width), round(line.page.height)


def _margins(lines: list[PageLine]) -> dict[tuple[int, int], _Margins]:
    """Where text begins and ends, by the size of the page: long lines tell."""
    found: dict[tuple[int, int], _Margins] = {}
    for size in {_size(line) for line in lines}:
        here = [line for line in lines if _size(line) == size]
        widest = max(line.x1 - line.x0 for line in here)
        long = [line for line in here if line.x1 - line.x0 > 0.75 * widest]
        left = sorted(line.x0 for line in long)[len(long) // 20]
        found[size] = _Margins(left, max(line.x1 for line in long), median(line.height for line in long))
    return found


def _goes_on(text: Text, line: PageLine, margins: _Margins, title: bool) -> bool:
    last = text.lines[-1]
    same_page = last.page is line.page
    if abs(last.height - line.height) > 0.2 * last.height:
        return False
    if same_page and line.middle - last.middle > 3 * line.height:
        return False
    if _NUMBERED.match(line.text):
        return False
    if text.title or title:
        return text.title and title and same_page and len(text.lines) < 4
    full = last.x1 > margins.right - 2 * line.height
    at_left = line.x0 < margins.left + 0.6 * line.height
    return full and at_left
