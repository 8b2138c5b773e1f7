"""A report as an office file: DOCX, XLSX, XLS, ODS, MHTML; DOC, RTF and ODT from the DOCX by LibreOffice.

``edit`` of each composer may change the library's document before it is saved.
"""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

import docx
import openpyxl
import xlwt
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from odf import opendocument, table, text

from tests.compose import html
from tests.compose.report import Grid, Report

WIDTH = 800  # of a column, in twentieths of a point
Edit = Callable[[Any], None]
Placed = tuple[int, int, int, int, str]  # row, column, rows, columns, text


def placed(grid: Grid) -> Iterator[Placed]:
    """Every cell of a grid where its spans put it."""
    taken: set[tuple[int, int]] = set()
    for number, row in enumerate(grid):
        column = 0
        for cell in row:
            while (number, column) in taken:
                column += 1
            taken.update((number + r, column + c) for r in range(cell.rowspan) for c in range(cell.colspan))
            yield number, column, cell.rowspan, cell.colspan, cell.text
            column += cell.colspan


def size(cells: list[Placed]) -> tuple[int, int]:
    return max(row + height for row, _, height, _, _ in cells), max(column + width for _, column, _, width, _ in cells)


def compose_docx(
    report: Report, *, split_runs: bool = False, layout: bool = False, numbered: bool = True, edit: Edit | None = None
) -> bytes:
    """``split_runs`` prints each character in a run of its own, ``layout`` puts the body into the cell of a table that
    only lays the page out, without ``numbered`` Word counts the headings by itself, so that no 一、 is in the file."""
    document = docx.Document()
    parent: Any = document.add_table(1, 1).cell(0, 0) if layout else document
    for part in report.body:
        if part.kind == "table":
            add_table(parent, part.grid, split_runs)
        elif part.kind == "heading" and not numbered:
            parent.add_paragraph(part.text.partition("、")[2], style="List Number")
        else:
            parent.add_paragraph(part.text, style="Title" if part.kind == "title" else None)
    if edit is not None:
        edit(document)
    return saved(document)


def add_table(parent: Any, grid: Grid, split_runs: bool = False) -> None:
    """A grid as a table of a document or a cell, with the spans as Word writes them: written out, since python-docx
    takes a second to merge the cells of table three."""
    cells = list(placed(grid))
    rows, columns = size(cells)
    at = {(row, column): (height, width, content) for row, column, height, width, content in cells}
    lines = "".join(f"<w:tr>{''.join(_docx_row(at, row, columns, split_runs))}</w:tr>" for row in range(rows))
    made = parent.add_table(1, 1)._tbl
    widths = f'<w:gridCol w:w="{WIDTH}"/>' * columns
    made.getparent().replace(
        made, parse_xml(f"<w:tbl {nsdecls('w')}><w:tblPr/><w:tblGrid>{widths}</w:tblGrid>{lines}</w:tbl>")
    )


def _docx_row(at: dict[tuple[int, int], tuple[int, int, str]], row: int, columns: int, split: bool) -> Iterator[str]:
    column = 0
    while column < columns:
        top = next((r for r in range(row, -1, -1) if (r, column) in at), row)
        height, width, content = at.get((top, column), (1, 1, ""))
        merge = "" if height == 1 else "<w:vMerge/>" if top < row else '<w:vMerge w:val="restart"/>'
        runs = "".join(
            f'<w:r><w:rPr><w:sz w:val="18"/></w:rPr><w:t xml:space="preserve">{escape(piece)}</w:t></w:r>'
            for piece in ("" if top < row else content if split else [content])
        )
        span = f'<w:gridSpan w:val="{width}"/>' if width > 1 else ""
        size = f'<w:tcW w:w="{WIDTH * width}" w:type="dxa"/>'
        yield f"<w:tc><w:tcPr>{size}{span}{merge}</w:tcPr><w:p>{runs}</w:p></w:tc>"
        column += width


def saved(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def sheets(report: Report, apart: bool) -> dict[str, list[Placed]]:
    """The cells of each sheet: each table of the report on its own, or the whole report on one, text in column A."""
    if apart:
        return {f"{part.table}-{n}": list(placed(part.grid)) for n, part in enumerate(report.body) if part.table}
    top, cells = 0, []
    for part in report.body:
        own: list[Placed] = list(placed(part.grid)) if part.kind == "table" else [(0, 0, 1, 1, part.text)]
        cells += [(top + row, column, height, width, content) for row, column, height, width, content in own]
        top += size(own)[0]
    return {"年报": cells}


def as_number(content: str) -> int | float | str:
    """What a clerk's typing turns into: plain numerals become numbers, the rest stays text.

    >>> as_number("12"), as_number("40.5"), as_number("+21"), as_number("1(撤回)")
    (12, 40.5, '+21', '1(撤回)')
    """
    if content.isascii() and content.replace(".", "", 1).isdigit():
        return float(content) if "." in content else int(content)
    return content


def compose_xlsx(report: Report, *, apart: bool = False, edit: Edit | None = None) -> bytes:
    """``apart`` gives each table a sheet of its own and leaves out the text."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, cells in sheets(report, apart).items():
        sheet = book.create_sheet(name)
        for row, column, height, width, content in cells:
            sheet.cell(row + 1, column + 1, as_number(content))
            if height > 1 or width > 1:
                sheet.merge_cells(None, row + 1, column + 1, row + height, column + width)
    if edit is not None:
        edit(book)
    return saved(book)


def compose_xls(report: Report, *, apart: bool = False, edit: Edit | None = None) -> bytes:
    book = xlwt.Workbook()
    for name, cells in sheets(report, apart).items():
        sheet = book.add_sheet(name, cell_overwrite_ok=True)
        for row, column, height, width, content in cells:
            sheet.write_merge(row, row + height - 1, column, column + width - 1, as_number(content))
    if edit is not None:
        edit(book)
    return saved(book)


def compose_ods(report: Report, *, apart: bool = False, edit: Edit | None = None) -> bytes:
    book = opendocument.OpenDocumentSpreadsheet()
    for name, cells in sheets(report, apart).items():
        sheet = table.Table(name=name)
        at = {(row, column): (height, width, content) for row, column, height, width, content in cells}
        rows, columns = size(cells)
        covered = {
            (r + i, c + j) for (r, c), (height, width, _) in at.items() for i in range(height) for j in range(width)
        }
        for row in range(rows):
            line = table.TableRow()
            for column in range(columns):
                line.addElement(_ods_cell(at.get((row, column)), (row, column) in covered))
            sheet.addElement(line)
        book.spreadsheet.addElement(sheet)
    if edit is not None:
        edit(book)
    out = io.BytesIO()
    book.write(out)
    return out.getvalue()


def _ods_cell(entry: tuple[int, int, str] | None, covered: bool) -> Any:
    if entry is None:
        return table.CoveredTableCell() if covered else table.TableCell()
    height, width, content = entry
    value = as_number(content)
    kind: dict[str, Any] = {"valuetype": "string"} if isinstance(value, str) else {"valuetype": "float", "value": value}
    cell = table.TableCell(numberrowsspanned=height, numbercolumnsspanned=width, **kind)
    cell.addElement(text.P(text=content))
    return cell


def compose_mhtml(report: Report, *, style: str = "word") -> bytes:
    page = base64.encodebytes(html.compose(report, style=style, charset="gb18030", declared="gb2312", chrome=False))
    head = b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="----=_Part"\r\n\r\nsaved page\r\n'
    part = b'------=_Part\r\nContent-Type: text/html; charset="gb2312"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    image = b"\r\n------=_Part\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0K\r\n"
    return head + part + page + image + b"------=_Part--\r\n"


class _GbkInfo(zipfile.ZipInfo):
    """A member whose name is written as Chinese Windows does: GBK, without the flag for UTF-8."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 (the name is zipfile's)
        return self.filename.encode("gbk"), self.flag_bits


def packed(files: Mapping[str, bytes], *, gbk: bool = False) -> bytes:
    """Files in a ZIP; ``gbk`` writes their names as Chinese Windows does."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            info = (_GbkInfo if gbk else zipfile.ZipInfo)(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, body)
    return out.getvalue()


def convert(folder: Path, files: Mapping[str, bytes], to: str) -> dict[str, bytes]:
    """Several files turned into ``to`` (``doc``, ``odt``, ``rtf``) in one call of LibreOffice; name -> bytes."""
    program = shutil.which("soffice")
    assert program is not None, "LibreOffice is not installed"
    for name, body in files.items():
        (folder / name).write_bytes(body)
    command = [program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", to]
    command += ["--outdir", str(folder / to), *(str(folder / name) for name in files)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return {name: (folder / to / Path(name).with_suffix(f".{to}").name).read_bytes() for name in files}
