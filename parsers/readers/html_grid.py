"""The table of a web page as a grid of cells: rows by their elements, columns by the spans, texts with the doubts about them.

Digits of two pieces of a cell become one number only if the page shows them as one: elements that are no plain part of
a line, or that styles move (``html_look``), are lines of their own. What is not seen is left out; where it can't be told
what is seen (pictures, formulas, form fields beside text, mirrored or clipped text) the cell is doubted.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from parsers.document import GridCell
from parsers.readers.html_look import APART, DOUBT, SPLIT, STRUCK, UNSEEN, Looks

MAX_DEPTH, MAX_ROWS, MAX_CELLS, MAX_SPAN = 220, 2000, 20000, 100
MAX_COLUMNS = 300
LAYOUT_TEXT = 400  # no label or note of a form is that long
BREAKS = frozenset(["br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4"])
STRUCK_TAGS, RAISED = frozenset(["del", "s", "strike"]), frozenset(["sub", "sup"])
_CELLS = frozenset(["td", "th"])
_ROOMS = frozenset(["table", "tbody", "thead", "tfoot", "tr", "td", "th", "colgroup", "col", "caption"])
# known elements that are no plain part of a line; any other, Word's st1:… too, is shown as one
_APART = BREAKS | STRUCK_TAGS | RAISED | frozenset(
    "address article aside big blockquote center dd details dl dt fieldset figcaption figure footer form h5 h6 header hr "
    "legend main marquee menu nav ol pre q rb rbc rtc section small summary tbody td th ul".split()
)  # fmt: skip
_PICTURES = frozenset("img svg math canvas object embed applet iframe video audio progress meter picture".split())
_FIELDS = frozenset(["input", "textarea", "select", "button"])
_NOT_SHOWN = frozenset(
    "script style noscript template head title datalist option rt rp rtc dialog param source track".split()
)
_SPECIAL = (_APART - {"p", "div"} | _PICTURES | _FIELDS | _NOT_SHOWN | {"bdo"}) - _ROOMS  # in no single line
_PARTING = _SPECIAL | {"p", "div"}


def grid(node: Any, looks: Looks) -> list[list[GridCell]]:
    """The cells of a table, by the row in which they begin, each with the column where its span puts it."""
    rows: list[list[GridCell]] = []
    taken: list[int] = []  # rows that the column is still covered for
    total = 0
    styled = looks if looks.any_in(node) else None
    for tr in node.iter("tr"):
        if len(rows) >= MAX_ROWS or total >= MAX_CELLS:
            break
        look = styled.of(tr) if styled else 0
        if look & UNSEEN:
            continue
        cells: list[GridCell] = []
        column, number, width = 0, len(rows), len(taken)
        for td in [child for child in tr if child.tag in _CELLS] or tr.iter("td", "th"):
            if styled and is_absent(td):
                continue
            while column < width and taken[column]:
                column += 1
            if column >= MAX_COLUMNS:
                break
            names = td.keys()
            colspan = _span(td.get("colspan")) if "colspan" in names else 1
            rowspan = _span(td.get("rowspan")) if "rowspan" in names else 1
            line = None if styled else _line(td)
            text, doubt = _Text(styled).read(td, look & DOUBT) if line is None else (line, None)
            cells.append(GridCell(text, number, column, rowspan, colspan, None, doubt))
            if width < column + colspan:
                taken.extend([0] * (column + colspan - width))
                width = len(taken)
            for covered in range(column, column + colspan):
                taken[covered] = rowspan
            column += colspan
        total += len(cells)
        taken = [left - 1 if left else 0 for left in taken]
        rows.append(cells)
    return rows


def is_absent(node: Any) -> bool:
    """Whether an element takes no room: it is not displayed."""
    style = node.get("style")
    return node.get("hidden") is not None or bool(style and _NO_DISPLAY.search(style))


_NO_DISPLAY = re.compile(r"display\s*:\s*none", re.I)


def _span(value: str) -> int:
    digits = value.strip()
    return min(max(int(digits), 1), MAX_SPAN) if digits.isascii() and digits.isdigit() and len(digits) < 5 else 1


def _line(node: Any) -> str | None:
    """The text of a cell that is a single line for sure, else None: paragraphs may part it, or an element is special."""
    while len(node) == 1 and (node.text or " ").isspace() and ((only := node[0]).tail or " ").isspace():
        if (node := only).tag in _SPECIAL:
            return None
    if not len(node):
        text = node.text or ""
    elif _PARTING.isdisjoint([part.tag for part in node.iterdescendants()]):
        text = etree.tostring(node, method="text", encoding="unicode", with_tail=False)
    else:
        return None
    return " ".join(text.split())


class _Text:
    """The text of one cell, a line for each of its pieces, and why it is not sure."""

    def __init__(self, looks: Looks | None) -> None:
        self.looks = looks
        self.pieces: list[str] = []
        self.struck = self.doubted = False
        self.pictures = False

    def read(self, cell: Any, doubted: int) -> tuple[str, str | None]:
        """Struck text stays and is doubted, a picture stands for what can't be read."""
        look = self.looks.of(cell) if self.looks else 0
        self.struck, self.doubted = bool(look & STRUCK), bool(look & (DOUBT | UNSEEN) or doubted)
        self.collect(cell, 0, bool(look & SPLIT))
        text = "\n".join(line for part in "".join(self.pieces).split("\x00") if (line := " ".join(part.split())))
        entered = _entered(cell)
        if not text:
            return (
                (entered, "form") if entered else ("[图片]" if self.pictures else "", "style" if self.doubted else None)
            )
        if self.struck:
            return text, "struck"
        return text, "picture" if self.pictures else "form" if entered else "style" if self.doubted else None

    def collect(self, node: Any, depth: int, split: bool) -> None:
        pieces = self.pieces
        if text := node.text:
            pieces.append(text)
        for child in node:
            look = self.looks.of(child) if self.looks else 0
            apart = split or look & (APART | STRUCK) or child.tag in _APART
            if apart:
                pieces.append("\x00")
            if look & UNSEEN and _shows_again(child):
                look = look & ~UNSEEN | DOUBT
            if not look & UNSEEN:
                self.child(child, look, depth)
            if apart:
                pieces.append("\x00")
            if text := child.tail:
                pieces.append(text)

    def child(self, node: Any, look: int, depth: int) -> None:
        tag, start = node.tag, len(self.pieces)
        if tag in _PICTURES:
            self.pictures = True
            if tag == "math":
                self.pieces.append("\x00".join(["", *node.itertext(), ""]))
        elif tag not in _NOT_SHOWN and tag not in _FIELDS:
            if depth < MAX_DEPTH:
                self.collect(node, depth + 1, bool(look & SPLIT))
            elif text := node.text:
                self.pieces.append(text)
        if (struck := bool(look & STRUCK) or tag in STRUCK_TAGS) or look & DOUBT:
            shown = any(piece.strip("\x00 \n\t") for piece in self.pieces[start:])
            self.struck |= struck and shown
            self.doubted |= bool(look & DOUBT)


def _shows_again(node: Any) -> bool:
    """Whether something in an element that is not seen may be seen: it has a size or a visibility of its own."""
    return any(_SHOWN.search(part.get("style") or "") for part in node.iterdescendants())


_SHOWN = re.compile(r"font-size\s*:\s*[.\d]*[1-9]|visibility\s*:\s*visible", re.I)


def _entered(node: Any) -> str:
    """What stands in the form fields of a cell: shown, but perhaps not what was published."""
    values = [field.get("value") or "" for field in node.iter("input") if field.get("type") != "hidden"]
    values += ["".join(field.itertext()) for field in node.iter("textarea", "select", "button")]
    return " ".join(" ".join(values).split())[:LAYOUT_TEXT]
