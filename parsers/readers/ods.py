"""An ODS file as blocks: the text that each cell prints, as the file itself has it.

Raised text is set apart, so that it joins no digits; cells with struck, hidden, white or tiny text are doubted.
Repeated rows and cells are kept once where they are blank, and counted where they are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parsers.document import Document
from parsers.readers import sheets
from parsers.readers.html_look import APART, DOUBT, PALE, STRUCK, UNSEEN, effect, is_pale
from parsers.readers.sheets import Sheet
from parsers.readers.zipped import Package, attribute, broken, local
from parsers.source import ParseError

MAX_SHEETS, MAX_FILLED = 100, 200_000
_LEFT_OUT = frozenset(["annotation", "tracked-changes", "note", "shapes"])
_ROW_GROUPS = frozenset(["table-row-group", "table-header-rows", "table-rows"])
_COLUMN_GROUPS = frozenset(["table-column-group", "table-header-columns", "table-columns"])


def read(body: bytes) -> list[Document]:
    package = Package(body)
    if "META-INF/manifest.xml" in package.members and b"encryption-data" in package.read("META-INF/manifest.xml"):
        raise ParseError("encrypted", "文件已加密,需要密码", "the file is encrypted")
    root = package.xml("content.xml")
    found: list[Sheet] = []
    styles = [style for style in root.iter() if local(style.tag) == "style"]
    hidden = {attribute(style, "name") for style in styles if _hides(style)}
    looks = {attribute(style, "name"): look for style in styles if (look := _look(style))}
    for node in _tables(root):
        if attribute(node, "style-name") in hidden:
            continue
        if len(found) >= MAX_SHEETS:
            raise ParseError("too_large", f"工作表超过 {MAX_SHEETS} 个", f"more than {MAX_SHEETS} sheets")
        found.append(_sheet(node, MAX_FILLED - sum(len(sheet.cells) for sheet in found), looks))
    return [sheets.document(found, "ods")]


def _tables(root: Any) -> Iterator[Any]:
    body = next((node for node in root if local(node.tag) == "body"), None)
    book = None if body is None else next((node for node in body if local(node.tag) == "spreadsheet"), None)
    if book is None:
        raise broken("ODS", "no spreadsheet")
    yield from (node for node in book if local(node.tag) == "table")


def _hides(style: Any) -> bool:
    """Whether a table style hides its sheet."""
    return any(
        local(name) == "display" and value == "false"
        for child in style
        if local(child.tag) == "table-properties"
        for name, value in child.items()
    )


Looks = dict[str | None, int]


def _look(style: Any) -> int:
    """The effects of a style's text properties, as ``html_look`` names them."""
    found, ground = 0, ""
    for part in style:
        given = {local(name): value for name, value in part.items()}
        if local(part.tag) == "table-cell-properties":
            ground = given.get("background-color", "")
        elif local(part.tag) == "text-properties":
            css = ";".join(f"{name}:{given[name]}" for name in ("color", "font-size", "display") if name in given)
            found |= effect(css)
            if given.get("text-position", "0%").split()[0] not in ("0%", "0"):
                found |= APART
            if any(given.get(f"text-line-through-{name}", "none") != "none" for name in ("style", "type")):
                found |= STRUCK
    return found & ~PALE if ground not in ("", "transparent") and not is_pale(ground) else found


def _sheet(node: Any, most: int, looks: Looks) -> Sheet:
    sheet = Sheet((attribute(node, "name") or "")[:100])
    column = 0
    for part in _inside(node, "table-column", _COLUMN_GROUPS):
        count = _count(part, "number-columns-repeated")
        if attribute(part, "visibility") in ("collapse", "filter"):
            sheet.hidden_columns.update(range(column, min(column + count, 16384)))
        column += count
    row = 0
    for line in _inside(node, "table-row", _ROW_GROUPS):
        count = _count(line, "number-rows-repeated")
        cells = list(_cells(line, looks))
        if attribute(line, "visibility") not in ("collapse", "filter"):
            if len(sheet.cells) + len(cells) * count > most:
                raise ParseError("too_large", f"单元格超过 {MAX_FILLED} 个", f"more than {MAX_FILLED} cells are filled")
            for below in range(count if cells else 0):
                _fill(sheet, row + below, cells)
        elif count < 100_000:
            sheet.hidden_rows.update(range(row, row + count))
        row += count
    return sheet


def _inside(node: Any, name: str, groups: frozenset[str]) -> Iterator[Any]:
    for child in node:
        tag = local(child.tag)
        if tag == name:
            yield child
        elif tag in groups:
            yield from _inside(child, name, groups)


def _count(node: Any, name: str) -> int:
    digits = attribute(node, name) or ""
    return max(int(digits), 1) if digits.isascii() and digits.isdigit() and len(digits) < 8 else 1


Filled = tuple[int, int, int, str, str | None]


def _cells(line: Any, looks: Looks) -> Iterator[Filled]:
    """(column, rows, columns, text, doubt) of the cells with text or a span; cells under a merged one are not printed."""
    column = 0
    for node in line:
        tag = local(node.tag)
        if tag not in ("table-cell", "covered-table-cell"):
            continue
        count = _count(node, "number-columns-repeated")
        found = {looks.get(attribute(node, "style-name"), 0) & ~APART} if looks else set()
        text = sheets.clean("\n".join(_text(child, looks, found) for child in node if local(child.tag) == "p"))
        height, width = _count(node, "number-rows-spanned"), _count(node, "number-columns-spanned")
        if tag == "table-cell" and (text or height > 1 or width > 1):
            if count > MAX_FILLED:
                raise ParseError("too_large", f"单元格超过 {MAX_FILLED} 个", f"more than {MAX_FILLED} cells are filled")
            for right in range(count):
                yield column + right, height, width, text, _doubt(found)
        column += count


def _doubt(looks: set[int]) -> str | None:
    if any(look & STRUCK for look in looks):
        return "struck"
    return "style" if any(look & (UNSEEN | DOUBT | PALE) for look in looks) else None


def _fill(sheet: Sheet, row: int, cells: list[Filled]) -> None:
    for column, height, width, text, doubt in cells:
        sheet.cells[row, column] = text
        if doubt and text:
            sheet.doubts[row, column] = doubt
        sheets.merge(sheet, row, column, height, width)


def _text(node: Any, looks: Looks, found: set[int]) -> str:
    """The text of a paragraph or a part of it; the looks of its parts go to ``found``."""
    look = looks.get(attribute(node, "style-name"), 0) if looks else 0
    found.add(look)
    pieces = [" " if look & APART else "", node.text or ""]
    for child in node:
        tag = local(child.tag)
        if tag in ("s", "tab"):
            pieces.append(" ")
        elif tag == "line-break":
            pieces.append("\n")
        elif tag not in _LEFT_OUT:
            pieces.append(_text(child, looks, found))
        pieces.append(child.tail or "")
    return "".join(pieces) + (" " if look & APART else "")
