"""A DOCX file as blocks: one walk over the main part, grids built from the cells' spans.

Read is what a reader of the final version sees: deleted and moved-away text, hidden text, comments, headers, footers
and notes are left out, inserted text and text boxes are read. Numbers that Word counts by itself (一、, 1.) are not in
the file and stay out. What can't be told from the text makes a cell doubtful instead of a number: text that is struck
through, white, tiny or squeezed, a number that a tracked change would make another one, a picture beside digits
(``GridCell.doubt``), raised text and symbols (set apart, so that they join no digits). A table that holds other tables,
or long running text, only lays the page out. No part outside the container is ever opened.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import join, normpath
from typing import Any

from parsers.document import Document, GridCell, Image, Paragraph, Table
from parsers.readers.docx_look import (
    Given,
    Styles,
    child_of,
    flat_row,
    given_by,
    is_bare,
    is_on,
    look_of,
    shade_of,
    styles_of,
    value_of,
)
from parsers.readers.html_grid import LAYOUT_TEXT, MAX_CELLS, MAX_ROWS, MAX_SPAN
from parsers.readers.html_look import APART, DOUBT, PALE, STRUCK, UNSEEN
from parsers.readers.zipped import Package, attribute, broken, local

_MAIN = "word/document.xml"
_LEFT_OUT = frozenset(["del", "moveFrom", "pPr", "rPr", "sdtPr", "sdtEndPr", "tblPr", "tblGrid", "sectPr", "instrText"])
_PLAIN = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "sym": "\ufffd"}
_DIGIT = re.compile(r"\d")
_COMPOSING = ("EQ", "=", "ADVANCE")  # fields that print what is not in the text


def read(body: bytes) -> list[Document]:
    package = Package(body)
    main = _main_part(package)
    root = package.xml(main)
    start = next((child for child in root if local(child.tag) == "body"), None)
    if start is None:
        raise broken("DOCX", "no body")
    document = Document([], kind="docx")
    part = next((target for kind, target in _relations(package, main).values() if kind == "styles"), "")
    styles = styles_of(package.xml(part)) if part in package.members else Styles()
    _Walk(document, styles, _images(package, main)).blocks(start)
    return [document]


def _main_part(package: Package) -> str:
    for kind, target in _relations(package, "").values():
        if kind == "officeDocument" and target in package.members:
            return target
    return _MAIN


def _relations(package: Package, part: str) -> dict[str, tuple[str, str]]:
    """id -> (kind, member) of what a part refers to inside the container."""
    folder, _, name = part.rpartition("/")
    path = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
    if path not in package.members:
        return {}
    found = {}
    for node in package.xml(path):
        target, kind = node.get("Target") or "", node.get("Type") or ""
        if node.get("TargetMode") != "External":
            inside = normpath(join("/", folder, target)).lstrip("/")
            found[node.get("Id") or ""] = (kind.rpartition("/")[2], inside)
    return found


def _images(package: Package, main: str) -> dict[str, str]:
    return {key: target for key, (kind, target) in _relations(package, main).items() if kind == "image"}


def _number(properties: Any, name: str, default: int, most: int = MAX_SPAN) -> int:
    digits = value_of(properties, name) or ""
    return min(int(digits), most) if digits.isascii() and digits.isdigit() and len(digits) < 6 else default


def _choice(node: Any) -> Any:
    """The one version of ``mc:AlternateContent`` that is shown: the choice, else the fallback."""
    choice = child_of(node, "Choice")
    return choice if choice is not None else child_of(node, "Fallback")


class _Inline:
    """The text of one paragraph, with the text boxes and images that hang on it. In ``running`` text the digits of what
    is struck or hardly to be seen are made unreadable, in a cell ``look`` tells of them."""

    def __init__(self, styles: Styles, base: Given, running: bool) -> None:
        self.styles, self.base, self.running = styles, base, running
        self.pieces: list[str] = []
        self.boxes: list[Any] = []
        self.images: list[str] = []
        self.look = 0
        self.changes: set[str] = set()  # kinds of digits: kept, new or gone by a tracked change
        self.inserted = 0
        self.fields: list[bool] = []  # of each open field, whether its instruction is under way
        self.instruction = ""

    @property
    def lines(self) -> list[str]:
        return [text for line in "".join(self.pieces).split("\n") if (text := " ".join(line.split()))]

    def read(self, node: Any) -> None:
        for child in node:
            tag = local(child.tag)
            if tag == "r":
                self.run(child)
            elif tag in ("ins", "moveTo"):
                self.inserted += 1
                self.read(child)
                self.inserted -= 1
            elif tag in ("del", "moveFrom"):
                if any(_DIGIT.search(text.text or "") for text in child.iter() if local(text.tag) in ("delText", "t")):
                    self.changes.add("gone")
            elif tag == "bdo":
                self.read(child)
                self.look |= DOUBT
            elif tag == "AlternateContent":
                if (shown := _choice(child)) is not None:
                    self.read(shown)
            elif tag in ("oMath", "oMathPara"):  # exponents and fractions must join no digits
                self.pieces.append(" " + " ".join(t.text or "" for t in child.iter() if local(t.tag) == "t") + " ")
            elif tag not in _LEFT_OUT:
                self.read(child)

    def run(self, node: Any) -> None:
        properties = child_of(node, "rPr")
        given = self.base
        if properties is not None:
            style = self.styles.given.get(value_of(properties, "rStyle") or "")
            given = {**given, **(style or {}), **given_by(properties)}
        look = look_of(given)
        if look & UNSEEN:
            return
        mark = len(self.pieces)
        if look & APART:
            self.pieces.append(" ")
        self.content(node)
        if look & APART:
            self.pieces.append(" ")
        if _DIGIT.search("".join(self.pieces[mark:])):
            self.changes.add("new" if self.inserted else "kept")
        if look & ~APART and any(piece.strip() for piece in self.pieces[mark:]):
            self.look |= look
            if self.running:
                self.pieces[mark:] = [_DIGIT.sub("\ufffd", piece) for piece in self.pieces[mark:]]

    def content(self, node: Any) -> None:
        for child in node:
            tag = local(child.tag)
            if tag == "fldChar":
                self.field(attribute(child, "fldCharType"))
            elif tag == "instrText":
                self.instruction += child.text or ""
            elif any(self.fields):
                continue
            elif tag == "t":
                self.pieces.append((child.text or "").replace("\n", " ").replace("\u00ad", ""))
            elif tag in _PLAIN:
                self.pieces.append(_PLAIN[tag])
            elif tag == "ruby":
                if (base := child_of(child, "rubyBase")) is not None:
                    self.read(base)
            elif tag == "AlternateContent":
                if (shown := _choice(child)) is not None:
                    self.content(shown)
            elif tag in ("drawing", "pict", "object"):
                self.shapes(child)

    def field(self, kind: str | None) -> None:
        if kind == "begin":
            self.fields.append(True)
            self.instruction = ""
        elif self.fields and kind == "separate":
            self.fields[-1] = False
        elif self.fields and kind == "end":
            unanswered = self.fields.pop()
            if unanswered and self.instruction.strip().upper().startswith(_COMPOSING):
                self.pieces.append("\ufffd")

    def shapes(self, node: Any) -> None:
        for child in node:
            tag = local(child.tag)
            if tag == "txbxContent":
                self.boxes.append(child)
            elif tag == "AlternateContent":
                if (shown := _choice(child)) is not None:
                    self.shapes(shown)
            else:
                if tag in ("blip", "imagedata"):
                    self.images.extend(value for name, value in child.items() if local(name) in ("embed", "id"))
                self.shapes(child)


class _Walk:
    """One pass over the body."""

    def __init__(self, document: Document, styles: Styles, images: dict[str, str]) -> None:
        self.document, self.styles, self.targets = document, styles, images
        self.tables = 0

    def blocks(self, parent: Any) -> None:
        for child in parent:
            tag = local(child.tag)
            if tag == "p":
                self.paragraph(child)
            elif tag == "tbl":
                self.table(child)
            elif tag == "AlternateContent":
                if (shown := _choice(child)) is not None:
                    self.blocks(shown)
            elif tag not in _LEFT_OUT:
                self.blocks(child)

    def paragraph(self, node: Any) -> None:
        inline = self.inline(node, running=True)
        lines = inline.lines
        for line in lines:
            self.document.blocks.append(Paragraph(line, len(self.document.blocks)))
        if lines and value_of(child_of(node, "pPr"), "pStyle") in self.styles.titles:
            self.document.headings.append(" ".join(lines))
        self.image_blocks(inline)
        for box in inline.boxes:
            self.blocks(box)

    def inline(self, node: Any, running: bool) -> _Inline:
        style = value_of(child_of(node, "pPr"), "pStyle")
        inline = _Inline(self.styles, self.styles.given.get(style or "", {}), running)
        inline.read(node)
        return inline

    def image_blocks(self, inline: _Inline) -> None:
        for key in inline.images:
            if key in self.targets:
                self.document.blocks.append(Image(self.targets[key]))

    def table(self, node: Any) -> None:
        nested = any(local(child.tag) == "tbl" for child in node.iterdescendants())
        grid = _Grid()
        if not nested:
            for row in _rows(node):
                if len(grid.rows) >= MAX_ROWS or grid.total >= MAX_CELLS:
                    break
                self.row(row, grid)
        cells = [cell for row in grid.rows for cell in row]
        if nested or len(cells) < 2 or any(len(cell.text) > LAYOUT_TEXT for cell in cells):
            for row in _rows(node):
                for cell in _cells(row):
                    self.blocks(cell)
            return
        self.document.blocks.append(Table(grid.rows, self.tables))
        self.tables += 1
        for inline in grid.inlines:
            self.image_blocks(inline)

    def row(self, node: Any, grid: _Grid) -> None:
        properties = child_of(node, "trPr")
        flat = flat_row(properties)
        column = _number(properties, "gridBefore", 0)
        cells: list[GridCell] = []
        for cell in _cells(node):
            kind = child_of(cell, "tcPr")
            span = max(1, _number(kind, "gridSpan", 1))
            if _merge(kind, "hMerge") == "continue" and cells:
                cells[-1].colspan += span
            elif not grid.continues(kind, column, span):
                text, doubt = self.cell(cell, grid)
                start = GridCell(text, len(grid.rows), column, 1, span, None, doubt or flat)
                cells.append(start)
                grid.open[column] = start
            column += span
        grid.rows.append(cells)
        grid.total += len(cells)

    def cell(self, node: Any, grid: _Grid) -> tuple[str, str | None]:
        """The text of a cell, a line for each paragraph and break: digits of two lines never become one number."""
        lines: list[str] = []
        changes: set[str] = set()
        look = images = 0
        waiting = deque(_paragraphs(node))
        while waiting:
            inline = self.inline(waiting.popleft(), running=False)
            lines.extend(inline.lines)
            look |= inline.look
            changes |= inline.changes
            waiting.extend(paragraph for box in inline.boxes for paragraph in _paragraphs(box))
            if inline.images:
                images += 1
                grid.inlines.append(inline)
        if look & PALE and not is_bare(shade_of(node)):
            look &= ~PALE
        if not lines:
            return "[图片]" if images else "", None
        if look & STRUCK:
            return "\n".join(lines), "struck"
        doubt = "style" if look & (DOUBT | PALE) else "tracked" if len(changes) > 1 else "picture" if images else None
        return "\n".join(lines), doubt


@dataclass(slots=True)
class _Grid:
    rows: list[list[GridCell]] = field(default_factory=list)
    open: dict[int, GridCell] = field(default_factory=dict)  # by column, the last cell that began there
    inlines: list[_Inline] = field(default_factory=list)
    total: int = 0

    def continues(self, properties: Any, column: int, span: int) -> bool:
        """Whether a cell goes on with the one above it, which then grows by a row."""
        if _merge(properties, "vMerge") != "continue":
            return False
        above = self.open.get(column)
        if above is None or above.colspan != span or above.row + above.rowspan != len(self.rows):
            return False
        above.rowspan += 1
        return True


def _merge(properties: Any, name: str) -> str | None:
    """``restart``, ``continue``, or None for a cell that is not merged; an empty element means ``continue``."""
    node = None if properties is None else child_of(properties, name)
    if node is None and properties is not None:
        node = child_of(properties, name.lower())
    return None if node is None else attribute(node, "val") or "continue"


def _rows(table: Any) -> Iterator[Any]:
    """The rows that the final version has; rows may be wrapped in content controls and marks of insertion."""
    for child in table:
        tag = local(child.tag)
        if tag == "tr":
            properties = child_of(child, "trPr")
            if properties is None or (child_of(properties, "del") is None and not is_on(properties, "hidden")):
                yield child
        elif tag not in _LEFT_OUT and tag != "tbl":
            yield from _rows(child)


def _cells(row: Any) -> Iterator[Any]:
    for child in row:
        tag = local(child.tag)
        if tag == "tc":
            yield child
        elif tag not in _LEFT_OUT and tag not in ("trPr", "tblPrEx"):
            yield from _cells(child)


def _paragraphs(node: Any) -> Iterator[Any]:
    for child in node:
        tag = local(child.tag)
        if tag == "p":
            yield child
        elif tag == "AlternateContent":
            if (shown := _choice(child)) is not None:
                yield from _paragraphs(shown)
        elif tag not in _LEFT_OUT and tag != "tcPr":
            yield from _paragraphs(child)
