"""An XLS or ET file (BIFF in OLE2) as blocks: values by calamine, and from the records what calamine does not tell.

The records say which sheets, rows and columns are hidden, how far each sheet reaches (calamine lays out whole
rectangles, so a far cell would cost its rectangle), which numbers are printed how, which fonts cast a doubt, and which
cells hold errors. Parts of a text in fonts of their own are not told apart: in a file with raised or struck fonts every
text with digits is doubted.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import python_calamine as calamine

from parsers.document import Document
from parsers.readers import sheets
from parsers.readers.number_format import BUILT_IN, printed
from parsers.readers.ole import Compound
from parsers.readers.sheets import Place, Sheet
from parsers.readers.zipped import broken
from parsers.source import ParseError

MAX_AREA = 2_000_000  # cells of all sheets' rectangles together
_BOF, _EOF, _BOUNDSHEET, _FILEPASS, _FORMAT, _XF = 0x809, 0x0A, 0x85, 0x2F, 0x41E, 0xE0
_FONT, _STRUCK, _WHITES = 0x31, 0x08, frozenset([1, 9])
_ROW, _COLINFO, _MULRK, _FORMULA, _BOOLERR = 0x208, 0x7D, 0xBD, 0x06, 0x205
_CELLS = frozenset([0x203, 0x27E, _FORMULA, _BOOLERR, 0xFD, 0x204, 0xD6])
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


@dataclass(slots=True)
class _Facts:
    """Of one sheet: last row and column, cell formats, error cells and what is hidden."""

    rows: int = 0
    columns: int = 0
    styles: dict[Place, int] = field(default_factory=dict)
    errors: dict[Place, str] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Styles:
    """Of each cell style the number format and the doubt that its font casts; ``mixed`` if texts may hold fonts that raise
    or strike a part of them."""

    cells: list[tuple[str, str | None]]
    mixed: bool


def read(body: bytes) -> list[Document]:
    compound = Compound(body)
    try:
        styles, facts = _scan(compound.stream("Workbook") or compound.stream("Book"))
    except (struct.error, IndexError) as error:
        raise broken("XLS", error) from None
    if sum(fact.rows * fact.columns for fact in facts) > MAX_AREA:
        raise ParseError("too_large", "工作表范围过大", "the sheets reach too far")
    try:
        book = calamine.CalamineWorkbook.from_object(io.BytesIO(body))
        found = [
            _sheet(book.get_sheet_by_index(number), facts[number], styles)
            for number, entry in enumerate(book.sheets_metadata)
            if entry.visible == calamine.SheetVisibleEnum.Visible
            and entry.typ == calamine.SheetTypeEnum.WorkSheet
            and number < len(facts)
        ]
    except calamine.PasswordError:
        raise ParseError("encrypted", "文件已加密,需要密码", "the file is encrypted") from None
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise broken("XLS", error) from None
    except BaseException as error:  # a panic of the library's Rust code is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise broken("XLS", error) from None
    return [sheets.document(found, "xls")]


def _sheet(source: calamine.CalamineSheet, facts: _Facts, styles: _Styles) -> Sheet:
    sheet = Sheet(source.name[:100], hidden_rows=facts.hidden_rows, hidden_columns=facts.hidden_columns)
    for row, values in enumerate(source.to_python(skip_empty_area=False)):
        for column, value in enumerate(values):
            if value == "":
                continue
            style = facts.styles.get((row, column), 0)
            code, doubt = styles.cells[style] if style < len(styles.cells) else ("General", None)
            text, certain = _text(value, code)
            sheet.cells[row, column] = sheets.clean(text)
            if styles.mixed and isinstance(value, str) and any(map(str.isdigit, value)):
                doubt = doubt or "style"
            if doubt := doubt if certain else "number_format":
                sheet.doubts[row, column] = doubt
    for place, text in facts.errors.items():
        sheet.cells[place], sheet.doubts[place] = text, "error_value"
    for (row, column), (last_row, last_column) in source.merged_cell_ranges or []:
        sheets.merge(sheet, row, column, last_row - row + 1, last_column - column + 1)
    return sheet


def _text(value: int | float | str | bool | time | date | datetime | timedelta, code: str) -> tuple[str, bool]:
    if isinstance(value, bool):
        return str(value).upper(), True
    if isinstance(value, int | float):
        return printed(value, code)
    return str(value), True


def _scan(stream: bytes) -> tuple[_Styles, list[_Facts]]:
    """The cell styles, and the facts of each sheet, in the order of the workbook."""
    codes, starts = dict(BUILT_IN), []
    fonts: list[str | None] = []
    cells: list[tuple[int, int, bool]] = []
    mixed = False
    wide = len(stream) > 6 and struct.unpack_from("<H", stream, 4)[0] == 0x600
    for kind, data in _records(stream, 0):
        if kind == _FILEPASS:
            raise ParseError("encrypted", "文件已加密,需要密码", "the file is encrypted")
        if kind == _BOUNDSHEET:
            starts.append(struct.unpack_from("<I", data)[0])
        elif kind == _FORMAT:
            codes[struct.unpack_from("<H", data)[0]] = _code(data, wide)
        elif kind == _FONT:
            flags, color, _, raised = struct.unpack_from("<4H", data, 2)
            mixed |= bool(raised or flags & _STRUCK)
            fonts.append("struck" if flags & _STRUCK else "style" if color in _WHITES else None)
        elif kind == _XF:
            font, number = struct.unpack_from("<2H", data)
            filled = bool(struct.unpack_from("<I", data, 14)[0] >> 26) if wide else True
            cells.append((font - (font > 4), number, filled))  # there is no fifth font
    doubts = [fonts[font] if font < len(fonts) else None for font, _, _ in cells]
    told = [
        (codes.get(number, "?"), None if doubt == "style" and filled else doubt)
        for (_, number, filled), doubt in zip(cells, doubts, strict=True)
    ]
    return _Styles(told, mixed), [_facts(stream, start) for start in starts[:100]]


def _code(data: bytes, wide: bool) -> str:
    if not wide:
        return data[3:].decode("gb18030", "replace")
    return data[5:].decode("utf-16-le" if data[4] & 1 else "latin-1", "replace")


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records of one substream, without those of the charts inside it."""
    depth = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<2H", stream, at)
        data = stream[at + 4 : at + 4 + size]
        at += 4 + size
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        elif depth <= 1:
            yield kind, data


def _facts(stream: bytes, start: int) -> _Facts:
    facts = _Facts()
    for kind, data in _records(stream, start):
        if kind in _CELLS:
            row, column, style = struct.unpack_from("<3H", data)
            _note(facts, row, column, style)
            if (text := _error(kind, data)) is not None:
                facts.errors[row, column] = text
        elif kind == _MULRK:
            row, column = struct.unpack_from("<2H", data)
            for number in range((len(data) - 6) // 6):
                _note(facts, row, column + number, struct.unpack_from("<H", data, 4 + 6 * number)[0])
        elif kind == _ROW and struct.unpack_from("<I", data, 12)[0] & 0x20:
            facts.hidden_rows.add(struct.unpack_from("<H", data)[0])
        elif kind == _COLINFO and struct.unpack_from("<H", data, 8)[0] & 1:
            first, last = struct.unpack_from("<2H", data)
            facts.hidden_columns.update(range(first, min(last, 255) + 1))
    return facts


def _note(facts: _Facts, row: int, column: int, style: int) -> None:
    facts.rows, facts.columns = max(facts.rows, row + 1), max(facts.columns, column + 1)
    facts.styles[row, column] = style


def _error(kind: int, data: bytes) -> str | None:
    if kind == _BOOLERR and len(data) > 7 and data[7]:
        return _ERRORS.get(data[6], "#ERR")
    if kind == _FORMULA and data[12:14] == b"\xff\xff" and data[6] == 2:
        return _ERRORS.get(data[8], "#ERR")
    return None
