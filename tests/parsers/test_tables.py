"""Tables are read right from every way of printing, and never wrong from a damaged one."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

import parsers
from parsers.forms import TABLES
from tests.parsers import render
from tests.parsers.render import C, Figures, Grid

VERSIONS = ("2021", "2019")


def printed(version: str, seed: int) -> tuple[dict[str, Figures], dict[str, Grid]]:
    values = {name: render.figures(version, name, seed + number) for number, name in enumerate(TABLES)}
    return values, {name: render.grid(version, name, values[name]) for name in TABLES}


def read(content: str) -> parsers.Report:
    return parsers.parse_report(parsers.Source(content.encode()))


def differences(report: parsers.Report, values: dict[str, Figures]) -> tuple[list[str], list[str]]:
    """(cells with a number that is not the printed one, cells without their number)"""
    wrong, missed = [], []
    for name, figures in values.items():
        for path, cell in report.tables[name].cells.items():
            truth = figures.get(path)
            if cell.value is not None and (truth is None or cell.value != float(truth)):
                wrong.append(f"{name}.{'.'.join(path)}: {cell.value} for {truth}")
            if truth is not None and cell.value is None:
                missed.append(f"{name}.{'.'.join(path)}")
    return wrong, missed


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "style", ["<td{span}>{text}</td>", render.WORD, "<td{span}><br>{text}&nbsp;</td>", "<th{span}> {text}\n</th>"]
)
def test_html_grids_are_read_whole(version: str, style: str) -> None:
    values, grids = printed(version, 11)
    report = read(render.report_html([render.html_table(grids[name], style) for name in TABLES]))
    assert differences(report, values) == ([], [])
    assert {name: report.tables[name].version for name in ("table2", "table3")} == {
        "table2": version,
        "table3": version,
    }
    assert not [f for f in report.findings if f.rule in ("ST05", "ST06", "ST11", "T302", "T303", "T304", "T402")]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", render.FLATTENINGS)
def test_flattened_text_is_read_whole(version: str, kind: str) -> None:
    values, grids = printed(version, 23)
    report = read(render.report_text([render.flat(grids[name], kind) for name in TABLES]))
    assert differences(report, values) == ([], [])


@pytest.mark.parametrize("kind", render.FLATTENINGS)
def test_origins_of_flattened_text_point_at_the_printed_number(kind: str) -> None:
    _, grids = printed("2021", 5)
    text = render.report_text([render.flat(grids[name], kind) for name in TABLES])
    for table in read(text).tables.values():
        for cell in table.cells.values():
            if cell.origin is not None:
                assert text[cell.origin["start"] : cell.origin["end"]] == cell.raw


def test_origins_of_html_name_table_row_and_column() -> None:
    _, grids = printed("2021", 5)
    report = read(render.report_html([render.html_table(grids[name]) for name in TABLES]))
    cell = report.tables["table3"].cells[("granted", "natural_person")]
    assert cell.origin == {"document": 0, "table": 1, "row": 5, "column": 3}


def blanks_for_zero(grids: dict[str, Grid], blank: str) -> dict[str, Grid]:
    return {
        name: [[replace(c, text=blank) if c.value and c.text == "0" else c for c in row] for row in grid]
        for name, grid in grids.items()
    }


@pytest.mark.parametrize(
    ("blank", "state"), [("", "empty"), ("&nbsp;", "empty"), ("/", "placeholder"), ("—", "placeholder")]
)
def test_blank_cells_of_a_grid_are_no_zeros(blank: str, state: str) -> None:
    values, grids = printed("2021", 31)
    report = read(render.report_html([render.html_table(g) for g in blanks_for_zero(grids, blank).values()]))
    wrong, missed = differences(report, values)
    assert wrong == []
    assert all(report.tables[m.split(".")[0]].cells[tuple(m.split(".")[1:])].state == state for m in missed)
    assert not [f for f in report.findings if f.rule in ("T302", "T303", "T304") and f.status == "fail"]


@pytest.mark.parametrize("kind", "ABEF")
def test_blank_cells_lost_in_a_flattening_are_not_guessed(kind: str) -> None:
    values, grids = printed("2021", 31)
    text = render.report_text([render.flat(g, kind) for g in blanks_for_zero(grids, "").values()])
    assert differences(read(text), values)[0] == []


def test_blank_cells_between_bars_of_one_line_keep_their_place() -> None:
    values, grids = printed("2021", 31)
    text = render.report_text([render.flat(g, "D") for g in blanks_for_zero(grids, "").values()])
    report = read(text)
    assert differences(report, values)[0] == []
    assert report.tables["table3"].cells[("new_requests", "total")].value is not None


def test_an_unfilled_form_is_no_row_of_zeros() -> None:
    _, grids = printed("2021", 1)
    empty = {n: [[replace(c, text="") if c.value else c for c in row] for row in g] for n, g in grids.items()}
    report = read(render.report_html([render.html_table(empty[name]) for name in TABLES]))
    assert {cell.state for cell in report.tables["table3"].cells.values()} == {"empty", "not_in_template"}
    assert {f.locator for f in report.findings if f.rule == "ST07"} == {
        "tables.table2",
        "tables.table3",
        "tables.table4",
    }


def test_columns_in_another_order_are_read_by_their_labels() -> None:
    values, grids = printed("2021", 41)
    rows = [[C("项目"), *(C(c.text) for c in (grids["table3"][1][2], grids["table3"][1][0], *grids["table3"][2]))]]
    for row in grids["table3"][3:]:
        labels, numbers = [c for c in row if not c.value], [c for c in row if c.value]
        rows.append([C(labels[-1].text), numbers[6], numbers[0], *numbers[1:6]])
    report = read(render.report_html([render.html_table(grids["table2"]), render.html_table(rows), ""]))
    wrong, missed = differences(report, {"table3": values["table3"]})
    assert (wrong, missed) == ([], [])


def test_a_flattened_header_in_an_unknown_order_gives_no_numbers() -> None:
    _, grids = printed("2021", 41)
    rows = [[*grids["table3"][2], grids["table3"][1][0], grids["table3"][1][2]], *grids["table3"][3:]]
    report = read(render.report_text(["", render.flat(rows, "A"), ""]))
    assert all(cell.value is None for cell in report.tables["table3"].cells.values())


def test_a_table_split_over_several_grids_is_one_table() -> None:
    values, grids = printed("2021", 51)
    g2, g3 = grids["table2"], grids["table3"]
    parts2 = "".join(render.html_table(part) for part in (g2[:4], g2[4:7], g2[7:11], g2[11:]))
    parts3 = "".join(render.html_table(part) for part in (g3[:5], g3[5:15], g3[15:]))
    report = read(render.report_html([parts2, parts3, render.html_table(grids["table4"])]))
    wrong, missed = differences(report, values)
    assert wrong == []
    assert len(missed) == 0, missed[:5]


def test_the_same_cell_printed_twice_with_two_numbers_is_null_and_told() -> None:
    values, grids = printed("2021", 61)
    other = render.grid("2021", "table4", render.figures("2021", "table4", 999))
    both = render.html_table(grids["table4"]) + render.html_table(other)
    report = read(render.report_html(["", "", both]))
    assert differences(report, {"table4": values["table4"]})[0] == []
    assert any(f.rule == "ST08" and "两个不同的值" in f.message_zh for f in report.findings)


def test_an_unknown_row_is_kept_and_told() -> None:
    values, grids = printed("2021", 71)
    rows = grids["table3"]
    rows.insert(14, [C("9.属于工作秘密"), *(C(str(n), value=True) for n in range(7))])
    for row in rows[:14]:
        for cell in row:
            if cell.rowspan in (8, 22):
                cell.rowspan += 1
    report = read(render.report_html(["", render.html_table(rows), ""]))
    assert differences(report, {"table3": values["table3"]}) == ([], [])
    assert [row["label"] for row in report.extra_rows] == ["9.属于工作秘密"]
    assert any(f.rule == "ST11" for f in report.findings)


def test_a_printed_subtotal_column_moves_no_number() -> None:
    values, grids = printed("2021", 81)
    rows = [list(row) for row in grids["table3"]]
    rows[1][1] = C("法人或其他组织", 1, 6)
    rows[2] = [*rows[2], C("小计")]
    for row in rows[3:]:
        row.insert(len(row) - 1, C("77", value=True))
    report = read(render.report_html(["", render.html_table(rows), ""]))
    assert differences(report, {"table3": values["table3"]}) == ([], [])


@pytest.mark.parametrize("damage", ["rowspan", "label", "number", "glue", "swap"])
@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_table_gives_no_wrong_number(damage: str, seed: int) -> None:
    """Whatever is lost or shifted, a number stands in its own cell or in none."""
    rng = random.Random(f"{damage}{seed}")
    values, grids = printed(rng.choice(VERSIONS), seed)
    name = rng.choice(TABLES)
    truth = {n: dict(v) for n, v in values.items()}
    rows = grids[name]
    # labels that change places in a header change the columns; elsewhere a label that wanders must move no number
    row = rng.choice([row for row in rows if damage != "swap" or any(cell.value for cell in row)])
    if damage == "rowspan":
        for cell in row:
            cell.rowspan = max(1, cell.rowspan + rng.choice([-1, 1, 2]))
    elif damage == "label":
        row[0].text = (
            rng.choice(["", "其他情形", row[0].text[: len(row[0].text) // 2]]) if not row[0].value else row[0].text
        )
    elif damage == "number":
        row.pop(rng.randrange(len(row)))
    elif damage == "glue":
        at = rng.randrange(len(row))
        row[at].text += "12" if not row[at].value else " 12"
    elif damage == "swap" and len(row) > 1:
        row[0], row[1] = row[1], row[0]
    kind = rng.choice(["html", *render.FLATTENINGS])
    printers = render.report_html if kind == "html" else render.report_text
    tables = [render.html_table(g) if kind == "html" else render.flat(g, kind) for g in grids.values()]
    wrong, _ = differences(read(printers(tables)), truth)
    if damage == "swap" and all(cell.value for cell in row[:2]):
        return  # two printed numbers changed places: what is printed is what is read
    assert wrong == []
