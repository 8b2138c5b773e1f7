"""Tables below each other in one grid are each read, or told as mixed; pictures are no missing tables."""

from __future__ import annotations

import io
from itertools import permutations

import openpyxl
import pytest
from PIL import Image

import parsers
from tests.compose import office
from tests.parsers import render
from tests.parsers.render import C, Figures, Grid

NAMES = ("table2", "table3", "table4")
FIGURES: dict[str, Figures] = {name: render.figures("2021", name, seed) for seed, name in enumerate(NAMES)}
ORDERS = [order for size in (2, 3) for order in permutations(NAMES, size)]


def stacked(order: tuple[str, ...]) -> Grid:
    return [row for name in order for row in render.grid("2021", name, FIGURES[name])]


def sheet(grid: Grid) -> bytes:
    """The rows of a grid as a sheet, without a blank row between them."""
    book = openpyxl.Workbook()
    taken: set[tuple[int, int]] = set()
    for row, cells in enumerate(grid, start=1):
        column = 1
        for cell in cells:
            while (row, column) in taken:
                column += 1
            book.active.cell(row, column).value = int(cell.text) if cell.text.isdigit() else cell.text
            ends = {"end_row": row + cell.rowspan - 1, "end_column": column + cell.colspan - 1}
            if cell.rowspan > 1 or cell.colspan > 1:
                book.active.merge_cells(start_row=row, start_column=column, **ends)
            taken.update((row + down, column + right) for down in range(cell.rowspan) for right in range(cell.colspan))
            column += cell.colspan
    return office.saved(book)


def check(report: parsers.Report, order: tuple[str, ...]) -> None:
    for name in NAMES:
        table = report.tables[name]
        printed = {path: str(cell.value) for path, cell in table.cells.items() if cell.value is not None}
        assert printed == (FIGURES[name] if name in order else {})
        assert table.status == ("present" if name in order else "missing")


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_tables_of_one_grid_are_told_apart(order: tuple[str, ...]) -> None:
    check(parsers.parse_report(parsers.Source(sheet(stacked(order)))), order)
    page = render.report_html(["", render.html_table(stacked(order)), ""])
    check(parsers.parse_report(parsers.Source(page.encode())), order)


def test_the_place_of_a_cell_is_that_in_the_whole_grid() -> None:
    page = render.report_html(["", render.html_table(stacked(("table2", "table4"))), ""])
    cells = parsers.parse_report(parsers.Source(page.encode())).tables["table4"].cells
    above = len(render.grid("2021", "table2", FIGURES["table2"]))
    assert cells[("review_upheld",)].origin == {"document": 0, "table": 0, "row": above + 3, "column": 0}


def test_tables_whose_rows_are_mixed_are_unreadable_and_no_cell_is_taken() -> None:
    two, four = stacked(("table2",)), stacked(("table4",))
    mixed = [[*two[at], *four[at]] if at < len(four) else two[at] for at in range(len(two))]
    page = render.report_html(["", render.html_table(mixed), ""])
    report = parsers.parse_report(parsers.Source(page.encode()))
    assert {report.tables[name].status for name in ("table2", "table4")} == {"unreadable"}
    assert [f.actual for f in report.findings if f.rule == "ST04"].count("mixed") == 2


def test_an_unfilled_table_above_another_is_not_completed_from_it() -> None:
    blank = render.grid("2021", "table4", FIGURES["table4"])
    blank[-1] = [C("", value=True) for _ in blank[-1]]
    page = render.report_html(["", render.html_table([*blank, *stacked(("table3",))]), ""])
    cells = parsers.parse_report(parsers.Source(page.encode())).tables["table4"].cells
    assert {cell.state for cell in cells.values()} == {"empty"}


def test_a_picture_without_a_readable_table_is_unreadable() -> None:
    pytest.importorskip("rapidocr", reason="the extra ocr is not installed: make extras")
    Image.new("L", (600, 400), 255).save(out := io.BytesIO(), "PNG")
    report = parsers.parse_report(parsers.Source(out.getvalue()))
    assert {(table.status, table.kind) for table in report.tables.values()} == {("unreadable", "image")}
