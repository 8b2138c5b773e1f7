"""XLSX, XLS and ODS: every cell of a composed report is read as it is printed."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
import xlwt
from odf import opendocument, style, table, text
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font, PatternFill

import parsers
from parsers.document import Document, Table
from parsers.readers import ods, xls, xlsx
from tests.compose import office, truth
from tests.compose.documents import Plan, write
from tests.compose.report import generate

COMPOSERS: dict[str, Callable[..., bytes]] = {
    "xlsx": office.compose_xlsx,
    "xls": office.compose_xls,
    "ods": office.compose_ods,
}


def parsed(body: bytes) -> dict[str, Any]:
    return parsers.parse_report(parsers.Source(body)).to_dict()


@pytest.mark.parametrize("kind", COMPOSERS)
@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_a_composed_report_is_read_whole(kind: str, apart: bool, seed: int) -> None:
    report = generate(seed, states=0.05)
    record = parsed(COMPOSERS[kind](report, apart=apart))
    result = truth.check(record, report)
    assert (result.silent, result.nulls) == ([], [])
    assert record["documents"][0]["kind"] == kind
    if not apart:
        assert [section["present"] for section in record["sections"]] == [True] * 6
        assert record["metadata"]["title"] == report.title


@pytest.mark.parametrize("kind", COMPOSERS)
def test_the_origin_of_a_cell_is_its_sheet_and_address(kind: str) -> None:
    record = parsed(COMPOSERS[kind](generate(1, form3="2021"), apart=True))
    origin = record["tables"]["table3"]["cells"]["new_requests"]["total"]["origin"]
    assert origin["sheet"].startswith("table3")
    assert origin["cell"] == "J4"


def grid(document: Document) -> list[list[str]]:
    return [[cell.text for cell in row] for block in document.blocks if isinstance(block, Table) for row in block.rows]


def xlsx_of(edit: Callable[[Any], None]) -> Document:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["信息内容", "甲", "乙"])
    sheet.append(["规章", 1, 2])
    sheet.append(["文件", 3, 4])
    edit(book)
    return xlsx.read(office.saved(book))[0]


@pytest.mark.parametrize(
    ("value", "code", "text", "doubt"),
    [
        (12.0, "General", "12", None),
        (40.664, "General", "40.664", None),
        (0.1 + 0.2, "General", "0.3", None),
        (12.4, "0", "12", None),
        (1234, "#,##0", "1,234", None),
        (0, "0;-0;", "", None),
        (0.05, "0%", "5%", None),
        (3, '0"件"', "3件", None),
        (123456, '0!.0,"万"', "123456", "number_format"),
        (12, ";;;", "", None),
        (12, '[<100]"少";0', "12", "number_format"),
        (12, "[White]0", "12", "number_format"),
        (12, "[DBNum1]0", "12", "number_format"),
        (12, "[Red]0", "12", None),
        (12, "[$-804]0", "12", None),
        (12, "0.0,", "12", "number_format"),
        (datetime.date(2023, 1, 2), "yyyy/m/d", "2023-01-02", None),
        (True, "General", "TRUE", None),
        ("#DIV/0!", "General", "#DIV/0!", "error_value"),
        ("=B3+1", "General", "=", "formula_without_value"),
        ("12\n34", "@", "12\n34", None),
        (CellRichText("12", TextBlock(InlineFont(vertAlign="superscript"), "3")), "@", "12 3", None),
        (CellRichText("12", TextBlock(InlineFont(strike=True), "3")), "@", "123", "struck"),
        (CellRichText("12", TextBlock(InlineFont(color="FFFFFFFF"), "3")), "@", "123", "style"),
        (CellRichText("12", TextBlock(InlineFont(sz=1), "3")), "@", "123", "style"),
    ],
)  # fmt: skip
def test_xlsx_cells_are_read_as_printed(value: Any, code: str, text: str, doubt: str | None) -> None:
    def edit(book: Any) -> None:
        book.active["B2"], book.active["B2"].number_format = value, code

    document = xlsx_of(edit)
    cell = next(block for block in document.blocks if isinstance(block, Table)).rows[1][1]
    assert (cell.text, cell.doubt) == (text, doubt)


def test_hidden_parts_of_an_xlsx_are_not_read() -> None:
    def edit(book: Any) -> None:
        book.active.row_dimensions[2].hidden = True
        book.active.column_dimensions["B"].hidden = True
        book.create_sheet("旧").append(["规章", 99])
        book["旧"].sheet_state = "hidden"

    assert grid(xlsx_of(edit)) == [["信息内容", "乙"], ["文件", "4"]]


@pytest.mark.parametrize(("fill", "doubt"), [(None, "style"), ("FF002060", None)])
def test_white_numbers_of_an_xlsx_are_doubted_unless_upon_a_colour(fill: str | None, doubt: str | None) -> None:
    def edit(book: Any) -> None:
        book.active["B2"].font = Font(color="FFFFFFFF")
        if fill:
            book.active["B2"].fill = PatternFill("solid", fgColor=fill)

    cell = next(block for block in xlsx_of(edit).blocks if isinstance(block, Table)).rows[1][1]
    assert (cell.text, cell.doubt) == ("1", doubt)


@pytest.mark.parametrize(
    ("head", "row", "left"),
    [
        ("<cols><col min='2' max='2' width='0' customWidth='1'/></cols>", "", [["规章", "2"], ["文件", "4"]]),
        ("", "ht='0'", [["规章", "1", "2"]]),
        ("<sheetFormatPr zeroHeight='1'/>", "ht='15'", [["文件", "3", "4"]]),
    ],
)
def test_rows_and_columns_without_a_size_are_not_read(head: str, row: str, left: list[list[str]]) -> None:
    cells = "<c t='inlineStr'><is><t>{}</t></is></c><c><v>{}</v></c><c><v>{}</v></c></row>"
    rows = "<row r='1'>" + cells.format("规章", 1, 2) + f"<row r='2' {row}>" + cells.format("文件", 3, 4)
    sheet = f"<worksheet>{head}<sheetData>{rows}</sheetData></worksheet>".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(office.compose_xlsx(generate(1)))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, sheet if name == "xl/worksheets/sheet1.xml" else old.read(name))
    assert grid(xlsx.read(out.getvalue())[0])[: len(left)] == left


def test_what_lies_under_a_merged_cell_is_not_read() -> None:
    def edit(book: Any) -> None:
        book.active.merged_cells.add("B2:C2")

    assert grid(xlsx_of(edit)) == [["信息内容", "甲", "乙"], ["规章", "1"], ["文件", "3", "4"]]


@pytest.mark.parametrize(
    ("style", "value", "doubt"),
    [
        ("font: struck_out on", 12, "struck"),
        ("font: color white", 12, "style"),
        ("font: color white; pattern: pattern solid, fore_color blue", 12, None),
        ("font: escapement superscript", "123", "style"),
    ],
)
def test_fonts_of_an_xls_cast_a_doubt(style: str, value: Any, doubt: str | None) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    sheet.write(0, 0, "规章")
    sheet.write(0, 1, value, xlwt.easyxf(style))
    assert xls.read(office.saved(book))[0].blocks[0].rows[0][1].doubt == doubt


@pytest.mark.parametrize(
    ("look", "printed", "doubt"),
    [
        ({"textposition": "super 58%"}, "12 3", None),
        ({"textlinethroughstyle": "solid"}, "123", "struck"),
        ({"color": "#ffffff"}, "123", "style"),
        ({"display": "none"}, "123", "style"),
        ({"color": "#000000"}, "123", None),
    ],
)
def test_parts_of_an_ods_cell_that_look_otherwise(look: dict[str, str], printed: str, doubt: str | None) -> None:
    def edit(book: Any) -> None:
        odd = style.Style(name="odd", family="text")
        odd.addElement(style.TextProperties(**look))
        book.automaticstyles.addElement(odd)
        sheet, line, cell = table.Table(name="表"), table.TableRow(), table.TableCell(valuetype="string")
        paragraph = text.P(text="12")
        paragraph.addElement(text.Span(stylename=odd, text="3"))
        cell.addElement(paragraph)
        for each in (table.TableCell(valuetype="string"), cell):
            line.addElement(each)
        line.childNodes[0].addElement(text.P(text="规章"))
        sheet.addElement(line)
        book.spreadsheet.addElement(sheet)

    book = opendocument.OpenDocumentSpreadsheet()
    edit(book)
    book.write(out := io.BytesIO())
    cell = ods.read(out.getvalue())[0].blocks[0].rows[0][1]
    assert (cell.text, cell.doubt) == (printed, doubt)


def test_hidden_parts_of_an_xls_are_not_read() -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    for row, values in enumerate((["信息内容", "甲", "乙"], ["规章", 1, 2], ["文件", 3, 4])):
        for column, value in enumerate(values):
            sheet.write(row, column, value)
    sheet.row(1).hidden = True
    sheet.col(1).hidden = True
    old = book.add_sheet("旧")
    old.write(0, 0, "规章")
    old.write(0, 1, 99)
    old.visibility = 1
    assert grid(xls.read(office.saved(book))[0]) == [["信息内容", "乙"], ["文件", "4"]]


def test_hidden_parts_of_an_ods_are_not_read() -> None:
    def edit(book: Any) -> None:
        sheet = table.Table(name="表")
        sheet.addElement(table.TableColumn())
        sheet.addElement(table.TableColumn(visibility="collapse"))
        sheet.addElement(table.TableColumn())
        for number, values in enumerate((["信息内容", "甲", "乙"], ["规章", "1", "2"], ["文件", "3", "4"])):
            line = table.TableRow(**({"visibility": "collapse"} if number == 1 else {}))
            for value in values:
                cell = table.TableCell(valuetype="string")
                cell.addElement(text.P(text=value))
                line.addElement(cell)
            sheet.addElement(line)
        book.spreadsheet.addElement(sheet)

    book = opendocument.OpenDocumentSpreadsheet()
    edit(book)
    out = io.BytesIO()
    book.write(out)
    assert grid(ods.read(out.getvalue())[0]) == [["信息内容", "乙"], ["文件", "4"]]


@pytest.mark.parametrize(
    ("value", "code", "text", "doubt"),
    [
        (12.0, "General", "12", None),
        (12.4, "0", "12", None),
        (0.05, "0%", "5%", None),
        (3, '0"件"', "3件", None),
        (0, '0;-0;"-"', "-", None),
    ],
)
def test_xls_cells_are_read_as_printed(value: Any, code: str, text: str, doubt: str | None) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    sheet.write(0, 0, "规章")
    sheet.write(0, 1, value, xlwt.easyxf(num_format_str=code))
    (document,) = xls.read(office.saved(book))
    cell = document.blocks[0].rows[0][1]
    assert (cell.text, cell.doubt) == (text, doubt)


def test_the_error_of_a_cell_is_no_blank() -> None:
    report = generate(7, form3="2021")
    for kind, error in (("xlsx", "#REF!"), ("ods", "#REF!")):
        cell = next(c for c in report.cells("table3") if c.locator == ("table3", "granted", "total"))
        report.reprint(cell, error, None)
        record = parsed(COMPOSERS[kind](report))
        assert record["tables"]["table3"]["cells"]["granted"]["total"]["state"] == "unparseable"


def far(rows: int, columns: int) -> bytes:
    book = xlwt.Workbook()
    for number in range(4):
        sheet = book.add_sheet(str(number))
        sheet.write(0, 0, "a")
        sheet.write(rows, columns, "b")
    return office.saved(book)


def test_far_cells_of_an_xls_are_refused() -> None:
    with pytest.raises(parsers.ParseError, match="too_large"):
        xls.read(far(65535, 255))


def test_a_far_cell_of_an_xlsx_costs_nothing() -> None:
    def edit(book: Any) -> None:
        book.active["XFD1048576"] = 1
        book.active.merged_cells.add("A2000:XFD1048576")

    assert grid(xlsx_of(edit))[:3] == [["信息内容", "甲", "乙"], ["规章", "1", "2"], ["文件", "3", "4"]]


def test_repeated_cells_of_an_ods_are_bounded() -> None:
    def edit(book: Any) -> None:
        sheet = table.Table(name="重复")
        for row, column in ((900_000, 1000), (1_000_000, 16384)):
            line = table.TableRow(numberrowsrepeated=row)
            cell = table.TableCell(numbercolumnsrepeated=column, valuetype="string")
            cell.addElement(text.P(text="8"))
            line.addElement(cell)
            sheet.addElement(line)
        book.spreadsheet.addElement(sheet)

    with pytest.raises(parsers.ParseError, match="too_large"):
        ods.read(office.compose_ods(generate(1), edit=edit))


@pytest.mark.parametrize("kind", COMPOSERS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_cut_file_is_broken(kind: str, share: float) -> None:
    body = COMPOSERS[kind](generate(1))
    with pytest.raises(parsers.ParseError, match="broken_document"):
        parsers.parse_report(parsers.Source(body[: int(len(body) * share)]))


def with_shared_strings(head: bytes) -> bytes:
    """A workbook whose one sheet has its texts in the part for shared strings, as Excel writes them."""
    out = io.BytesIO()
    texts = "<si><t>信息内容</t></si><si><t>数量</t></si><si><r><t>规</t></r><r><t>章</t></r><rPh><t>x</t></rPh></si>"
    strings = head + f"<sst>{texts}</sst>".encode()
    rows = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row><row r="2"><c r="A2" t="s">'
    rows += '<v>2</v></c><c r="B2"><v>12</v></c></row>'
    with zipfile.ZipFile(io.BytesIO(office.compose_xlsx(generate(1)))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                data = f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode()
            elif name == "xl/_rels/workbook.xml.rels":
                one = b'<Relationship Id="s" Type="http://x/sharedStrings" Target="sharedStrings.xml"/>'
                data = data.replace(b"</Rel", one + b"</Rel")
            new.writestr(name, data)
        new.writestr("xl/sharedStrings.xml", strings)
    return out.getvalue()


def test_shared_strings_are_read_without_their_reading_aids() -> None:
    assert grid(xlsx.read(with_shared_strings(b""))[0]) == [["信息内容", "数量"], ["规章", "12"]]


def test_entities_in_a_sheet_are_refused() -> None:
    with pytest.raises(parsers.ParseError, match="broken_document"):
        xlsx.read(with_shared_strings(b'<!DOCTYPE s [<!ENTITY a "12">]>'))


def test_a_struck_number_of_a_workbook_is_doubted() -> None:
    report = generate("struck", year=2023)

    def strike(workbook: Any) -> None:
        for sheet in workbook:
            for row in sheet.iter_rows():
                for cell in row:
                    if isinstance(cell.value, int):
                        cell.font = Font(strike=True)

    parsed = parsers.parse_report(parsers.Source(office.compose_xlsx(report, edit=strike))).to_dict()
    cell = parsed["tables"]["table3"]["cells"]["new_requests"]["total"]
    assert (cell["value"], cell["state"], cell["note"]) == (None, "unparseable", "struck")


@pytest.mark.parametrize(("value", "raw"), [("=1+1", "="), ("#REF!", "#REF!")])
def test_a_formula_without_a_number_leaves_the_rest_of_its_row(value: str, raw: str) -> None:
    report = generate("formula", year=2023)
    (cell,) = [c for c in report.cells("table3") if c.locator == ("table3", "granted", "research_institution")]
    report.reprint(cell, "777", None)

    def edit(book: Any) -> None:
        (found,) = [c for sheet in book for row in sheet.iter_rows() for c in row if str(c.value) == "777"]
        found.value = value

    record = parsed(office.compose_xlsx(report, edit=edit))
    result = truth.check(record, report)
    assert (result.silent, result.nulls) == ([], [])
    assert record["tables"]["table3"]["cells"]["granted"]["research_institution"]["raw"] == raw


@pytest.mark.parametrize("kind", COMPOSERS)
def test_a_number_over_two_columns_beside_a_blank_is_not_read_by_order(kind: str) -> None:
    damages = (("merged_cells", 0), ("repeated_header", 16727))
    written = write(Plan(seed=0, form=kind, damages=damages))
    assert truth.check(parsed(written.body), written.report).silent == []
