"""Reports composed as office files: DOCX, XLSX, XLS, ODS, RTF, and DOC and ODT by LibreOffice.

Each ``compose_*`` takes a ``PrintedReport`` (a title and the grids of its tables as ``tests.parsers.render`` makes
them) and gives the bytes of a file that a county office could have saved.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docx
import openpyxl
import xlwt
from docx.document import Document as DocxDocument
from docx.shared import Pt
from docx.table import _Cell
from odf import opendocument, table, text

from parsers.forms import TABLES
from tests.parsers import render
from tests.parsers.render import Figures, Grid

TITLE = "云河县人民政府2023年政府信息公开工作年度报告"
PREAMBLE = "本报告所列数据的统计期限自2023年1月1日起至2023年12月31日止。"


@dataclass
class PrintedReport:
    """A report as it will be printed; ``values`` are its printed numbers by table and cell: the truth."""

    grids: dict[str, Grid]
    values: dict[str, Figures] = field(default_factory=dict)
    title: str = TITLE


def printed_report(version: str = "2021", seed: int = 11, title: str = TITLE) -> PrintedReport:
    values = {name: render.figures(version, name, seed + number) for number, name in enumerate(TABLES)}
    return PrintedReport({name: render.grid(version, name, values[name]) for name in TABLES}, values, title)


def lines(report: PrintedReport) -> Iterator[str | Grid]:
    """The report in reading order: lines of text, and the grid of each table in its section."""
    one, five, six = render.PROSE
    yield report.title
    yield PREAMBLE
    bodies: list[str | Grid] = [one, *(report.grids.get(name, "") for name in TABLES), five, six]
    for heading, body in zip(render.HEADINGS, bodies, strict=True):
        yield heading
        if body:
            yield body


def placed(grid: Grid) -> Iterator[tuple[int, int, int, int, str]]:
    """(row, column, rowspan, colspan, text) of every cell of a grid, as its spans put it."""
    taken: set[tuple[int, int]] = set()
    for number, row in enumerate(grid):
        column = 0
        for cell in row:
            while (number, column) in taken:
                column += 1
            taken.update((number + r, column + c) for r in range(cell.rowspan) for c in range(cell.colspan))
            yield number, column, cell.rowspan, cell.colspan, cell.text.replace("&nbsp;", "\u00a0")
            column += cell.colspan


Edit = Callable[[DocxDocument], None]


def compose_docx(report: PrintedReport, *, edit: Edit | None = None, split_runs: bool = False) -> bytes:
    """``edit`` may change the document before it is saved; ``split_runs`` prints each character in a run of its own."""
    document = docx.Document()
    for number, entry in enumerate(lines(report)):
        if isinstance(entry, str):
            document.add_paragraph(entry, style="Title" if number == 0 else None)
        else:
            add_table(document, entry, split_runs)
    if edit is not None:
        edit(document)
    return saved(document)


def saved(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def add_table(parent: Any, grid: Grid, split_runs: bool = False) -> Any:
    """The grid as a table of ``parent``, a document or a cell."""
    cells = list(placed(grid))
    rows, columns = max(r + h for r, _, h, _, _ in cells), max(c + w for _, c, _, w, _ in cells)
    arguments = (rows, columns)
    made = parent.add_table(*arguments)
    for row, column, height, width, content in cells:
        cell: _Cell = made.cell(row, column)
        if height > 1 or width > 1:
            cell = cell.merge(made.cell(row + height - 1, column + width - 1))
        runs = content if split_runs else [content]
        for piece in runs:
            cell.paragraphs[0].add_run(piece).font.size = Pt(9)
    return made


def sheet_rows(report: PrintedReport) -> Iterator[tuple[int, int, int, int, str]]:
    """The whole report on one sheet: text in column A, tables between."""
    top = 0
    for entry in lines(report):
        cells = [(0, 0, 1, 1, entry)] if isinstance(entry, str) else list(placed(entry))
        for row, column, height, width, content in cells:
            yield top + row, column, height, width, content
        top += max(row + height for row, _, height, _, _ in cells)


def _sheets(report: PrintedReport, apart: bool) -> Mapping[str, list[tuple[int, int, int, int, str]]]:
    if not apart:
        return {"年报": list(sheet_rows(report))}
    return {name: list(placed(grid)) for name, grid in report.grids.items()}


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() else text


def compose_xlsx(report: PrintedReport, *, apart: bool = False, edit: Callable[[Any], None] | None = None) -> bytes:
    """``apart`` gives each table a sheet of its own; else the whole report stands on one."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, cells in _sheets(report, apart).items():
        sheet = book.create_sheet(name)
        for row, column, height, width, content in cells:
            sheet.cell(row + 1, column + 1, _number(content))
            if height > 1 or width > 1:
                sheet.merge_cells(None, row + 1, column + 1, row + height, column + width)
    if edit is not None:
        edit(book)
    return saved(book)


def compose_xls(report: PrintedReport, *, apart: bool = False, edit: Callable[[Any], None] | None = None) -> bytes:
    book = xlwt.Workbook()
    for name, cells in _sheets(report, apart).items():
        sheet = book.add_sheet(name, cell_overwrite_ok=True)
        for row, column, height, width, content in cells:
            if height > 1 or width > 1:
                sheet.write_merge(row, row + height - 1, column, column + width - 1, _number(content))
            else:
                sheet.write(row, column, _number(content))
    if edit is not None:
        edit(book)
    return saved(book)


def compose_ods(report: PrintedReport, *, apart: bool = False, edit: Callable[[Any], None] | None = None) -> bytes:
    book = opendocument.OpenDocumentSpreadsheet()
    for name, cells in _sheets(report, apart).items():
        sheet = table.Table(name=name)
        at = {(row, column): (height, width, content) for row, column, height, width, content in cells}
        rows, columns = max(r + at[r, c][0] for r, c in at), max(c + at[r, c][1] for r, c in at)
        covered = {
            (r + i, c + j) for (r, c), (height, width, _) in at.items() for i in range(height) for j in range(width)
        } - set(at)
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
    value = _number(content)
    kind: dict[str, Any] = {"valuetype": "string"} if isinstance(value, str) else {"valuetype": "float", "value": value}
    cell = table.TableCell(numberrowsspanned=height, numbercolumnsspanned=width, **kind)
    cell.addElement(text.P(text=content))
    return cell


def soffice() -> str | None:
    return shutil.which("soffice")


def convert(folder: Path, files: Mapping[str, bytes], to: str) -> dict[str, bytes]:
    """Several files turned into ``to`` (``doc``, ``odt``, ``rtf``) in one call of LibreOffice; name -> bytes."""
    program = soffice()
    assert program is not None, "LibreOffice is not installed"
    for name, body in files.items():
        (folder / name).write_bytes(body)
    command = [program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", to]
    command += ["--outdir", str(folder / to), *(str(folder / name) for name in files)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return {name: (folder / to / Path(name).with_suffix(f".{to}").name).read_bytes() for name in files}
