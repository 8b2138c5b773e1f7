"""An XLSX file as blocks, read cell by cell from the sheets' XML: only filled cells cost anything.

The text of a cell is what is printed: numbers in their format, errors and values that a formula has not left behind as
doubtful cells. Hidden sheets, rows and columns are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from posixpath import join, normpath
from typing import Any, NamedTuple

from parsers.document import Document
from parsers.readers import sheets
from parsers.readers.html_look import is_pale
from parsers.readers.number_format import BUILT_IN, printed
from parsers.readers.sheets import Sheet
from parsers.readers.zipped import Package, broken, local
from parsers.source import ParseError

LEAST_SIZE = 3  # points of a font
MAX_SHEETS, MAX_FILLED, MAX_MERGED = 100, 200_000, 20_000
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})", re.ASCII)
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read(body: bytes) -> list[Document]:
    package = Package(body)
    main = next((t for kind, t in _relations(package, "").values() if kind == "officeDocument"), "xl/workbook.xml")
    targets = _relations(package, main)
    by_kind = dict(targets.values())
    strings = _strings(package, by_kind.get("sharedStrings", ""))
    formats = _formats(package, by_kind.get("styles", ""))
    found = []
    filled = 0
    for name, target in _visible(package, main, targets):
        sheet = Sheet(name)
        _fill(sheet, package.xml(target), strings, formats, MAX_FILLED - filled)
        filled += len(sheet.cells)
        found.append(sheet)
    return [sheets.document(found, "xlsx")]


def _relations(package: Package, part: str) -> dict[str, tuple[str, str]]:
    folder, _, name = part.rpartition("/")
    path = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
    if path not in package.members:
        return {}
    return {
        node.get("Id") or "": (
            (node.get("Type") or "").rpartition("/")[2],
            normpath(join("/", folder, node.get("Target") or "")).lstrip("/"),
        )
        for node in package.xml(path)
        if node.get("TargetMode") != "External"
    }


def _visible(package: Package, main: str, targets: dict[str, tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Name and member of each sheet that is shown."""
    count = 0
    for node in package.xml(main).iter():
        if local(node.tag) != "sheet" or node.get("state", "visible") != "visible":
            continue
        key = next((value for name, value in node.items() if local(name) == "id" and name != "id"), "")
        kind, target = targets.get(key, ("", ""))
        if kind == "worksheet" and target in package.members:
            count += 1
            if count > MAX_SHEETS:
                raise ParseError("too_large", f"工作表超过 {MAX_SHEETS} 个", f"more than {MAX_SHEETS} sheets")
            yield (node.get("name") or "")[:100], target


Text = tuple[str, str | None]  # with the doubt about it


def _strings(package: Package, part: str) -> list[Text]:
    if part not in package.members:
        return []
    return [_text(node) for node in package.xml(part) if local(node.tag) == "si"]


def _text(node: Any) -> tuple[str, str | None]:
    """Plain or rich text without its reading aids, and why it is in doubt; superscripts are set apart, so that they join no
    digits."""
    pieces = []
    doubt = None
    for child in node:
        tag = local(child.tag)
        if tag == "t":
            pieces.append(child.text or "")
        elif tag == "r":
            piece = "".join(part.text or "" for part in child if local(part.tag) == "t")
            marks = list(child.iter())
            raised = any(local(mark.tag) == "vertAlign" and mark.get("val") != "baseline" for mark in marks)
            pieces.append(f" {piece} " if raised else piece)
            if piece.strip():
                doubt = doubt or _font(marks)
    return "".join(pieces), doubt


def _font(marks: Iterable[Any]) -> str | None:
    """The doubt that a font casts on its text: struck through, white or too small to be seen."""
    for mark in marks:
        tag, value = local(mark.tag), mark.get("val")
        if tag == "strike" and value not in ("0", "false"):
            return "struck"
        white = is_pale((mark.get("rgb") or "")[-6:]) or mark.get("theme") == "0" or mark.get("indexed") in ("1", "9")
        if (tag == "color" and white and not mark.get("tint")) or (tag == "sz" and float(value or 9) < LEAST_SIZE):
            return "style"
    return None


def _is_filled(node: Any) -> bool:
    """Whether a fill has a colour of its own."""
    return any(local(part.tag) == "patternFill" and part.get("patternType", "none") != "none" for part in node)


class Style(NamedTuple):
    """What a cell style changes of what is read: the number format, and the doubt that its font casts on it."""

    code: str
    doubt: str | None


def _formats(package: Package, part: str) -> list[Style]:
    if part not in package.members:
        return []
    codes, styles, fonts, fills = dict(BUILT_IN), [], [], []
    for node in package.xml(part):
        tag = local(node.tag)
        if tag == "numFmts":
            codes |= {_integer(entry.get("numFmtId")): entry.get("formatCode") or "" for entry in node}
        elif tag == "fonts":
            fonts = [_font(entry) for entry in node]
        elif tag == "fills":
            fills = [_is_filled(entry) for entry in node]
        elif tag == "cellXfs":
            styles = [tuple(_integer(entry.get(name)) for name in ("numFmtId", "fontId", "fillId")) for entry in node]
    found = []
    for number, font, fill in styles:
        doubt = fonts[font] if font < len(fonts) else None
        shown = doubt == "style" and fill < len(fills) and fills[fill]
        found.append(Style(codes.get(number, "?"), None if shown else doubt))
    return found


def _integer(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 8 else 0


def _fill(sheet: Sheet, root: Any, strings: list[Text], formats: list[Style], most: int) -> None:
    shown = True  # rows that say nothing of it
    for part in root:
        tag = local(part.tag)
        if tag == "cols":
            _hide_columns(sheet, part)
        elif tag == "sheetFormatPr":
            shown = part.get("zeroHeight") not in ("1", "true")
        elif tag == "sheetData":
            _fill_rows(sheet, part, strings, formats, most, shown)
        elif tag == "mergeCells":
            for node in part[:MAX_MERGED]:
                first, _, last = (node.get("ref") or "").partition(":")
                start, end = _place(first), _place(last)
                if start and end:
                    sheets.merge(sheet, *start, end[0] - start[0] + 1, end[1] - start[1] + 1)


def _hide_columns(sheet: Sheet, part: Any) -> None:
    for node in part:
        if node.get("hidden") in ("1", "true") or node.get("width") == "0":
            first, last = _integer(node.get("min")), _integer(node.get("max"))
            sheet.hidden_columns.update(range(first - 1, min(last, 16384)))


def _fill_rows(sheet: Sheet, part: Any, strings: list[Text], formats: list[Style], most: int, shown: bool) -> None:
    row = -1
    for line in part:
        row = _integer(line.get("r")) - 1 if line.get("r") else row + 1
        if line.get("hidden") in ("1", "true") or line.get("ht", "" if shown else "0") in ("0", "0.0"):
            sheet.hidden_rows.add(row)
        column = -1
        for node in line:
            at = _place(node.get("r") or "")
            column = at[1] if at else column + 1
            text, doubt = _cell(node, strings, formats)
            if text and not doubt and (style := _integer(node.get("s"))) < len(formats):
                doubt = formats[style].doubt
            if text or doubt:
                sheet.cells[row, column] = sheets.clean(text)
            if doubt:
                sheet.doubts[row, column] = doubt
        if len(sheet.cells) > most:
            raise ParseError("too_large", f"单元格超过 {MAX_FILLED} 个", f"more than {MAX_FILLED} cells are filled")


def _cell(node: Any, strings: list[Text], formats: list[Style]) -> tuple[str, str | None]:
    """The printed text of a cell, and why it is in doubt."""
    kind, value, formula = node.get("t", "n"), "", False
    for child in node:
        tag = local(child.tag)
        if tag == "v":
            value = child.text or ""
        elif tag == "is":
            return _text(child)
        elif tag == "f":
            formula = True
    if not value:
        return ("=", "formula_without_value") if formula and kind != "str" else ("", None)
    if kind == "s":
        index = _integer(value)
        if index >= len(strings):
            raise broken("XLSX", f"no string {index}")
        return strings[index]
    if kind == "b":
        return ("TRUE" if value == "1" else "FALSE"), None
    if kind == "e":
        return value, "error_value"
    return _number(value, node.get("s"), formats) if kind == "n" else (value, None)


def _number(value: str, style: str | None, formats: list[Style]) -> tuple[str, str | None]:
    try:
        number = float(value)
    except ValueError:
        return value, "not_a_number"
    index = _integer(style)
    text, certain = printed(number, formats[index].code if index < len(formats) else "General")
    return text, None if certain else "number_format"


def _place(address: str) -> tuple[int, int] | None:
    """Row and column, from 0.

    >>> _place("B7"), _place("XFE0")
    ((6, 1), None)
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return None
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1
