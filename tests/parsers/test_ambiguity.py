"""What can't be read with certainty is null, with its state, raw text and a finding (see docs/parsing.md)."""

from __future__ import annotations

import re

import pytest

import parsers
from parsers.cells import Cell
from parsers.forms import all_forms
from parsers.tokens import nearest
from tests.parsers import render
from tests.parsers.render import C, Figures, Grid

PATH = ("granted", "natural_person")


def printed(seed: int = 7) -> tuple[Figures, Grid]:
    values = render.figures("2021", "table3", seed)
    return values, render.grid("2021", "table3", values)


def read(*tables: str, before: str = "") -> parsers.Report:
    page = render.report_html([before, "".join(tables), ""])
    return parsers.parse_report(parsers.Source(page.encode()))


def row_of(grid: Grid, label: str) -> list[C]:
    return next(row for row in grid if any(cell.text.startswith(label) for cell in row))


def cell_printed(html: str) -> Cell:
    """The cell (一)予以公开 / 自然人 of a table that prints ``html`` there; its neighbours must stay as printed."""
    values, grid = printed()
    next(cell for cell in row_of(grid, "(一)") if cell.value).text = html
    cells = read(render.html_table(grid)).tables["table3"].cells
    others = {path: cell.value for path, cell in cells.items() if path in values and path != PATH}
    assert others == {path: int(values[path]) for path in others}
    return cells[PATH]


@pytest.mark.parametrize(
    "html",
    [
        "12<sup>1</sup>", "12<sub>1</sub>", "12¹", "<del>12</del>13", "<s>12</s>13", "<strike>12</strike>",
        '<span style="text-decoration: line-through">12</span>13', "1<br>2", "<p>1</p><p>2</p>", "1 234", "1&nbsp;234",
        "12,34", "12%", "2023-12-31", "2023年", "三", "零", "〇", "O", "l2", "—5", "3-5", "3~5", "约12", "12余", "012",
        "12/13", "×", "⑫", "１e3", "(含2件)12", '<img src="12.png" alt="12">',
    ],
)  # fmt: skip
def test_a_text_that_is_no_single_number_is_null_in_its_own_cell_alone(html: str) -> None:
    cell = cell_printed(html)
    assert (cell.value, cell.state) == (None, "unparseable")
    assert cell.raw


@pytest.mark.parametrize(
    ("html", "value", "note"),
    [
        ("１２", 12, None), ("　12&nbsp;", 12, None), ("1,234", 1234, None), ("1，234", 1234, None),
        ("&#8203;12", 12, None), ("1<!-- 9 -->2", 12, None), ("<span>1</span><span>2</span>", 12, None),
        ("<br>12<br>", 12, None),
        ('<span style="display:none">99</span>12', 12, None), ('12<i style="visibility:hidden">9</i>', 12, None),
        ("12件", 12, None), ("12（撤回1件）", 12, "撤回1件"), ("<p>12</p><p>（撤回1件）</p>", 12, "撤回1件"),
        ("12<sup>[1]</sup>", 12, "1"), ("12<sup>①</sup>", 12, "①"), ("12*", 12, "*"),
        ("-5", -5, None), ("－5", -5, None),
    ],
)  # fmt: skip
def test_a_number_is_read_whatever_surrounds_it(html: str, value: int, note: str | None) -> None:
    cell = cell_printed(html)
    assert (cell.value, cell.note) == (value, note)


@pytest.mark.parametrize("text", ["", "&nbsp;", "&#8203;", "　", "/", "—", "－", "无"])
def test_a_blank_or_a_placeholder_is_no_zero(text: str) -> None:
    cell = cell_printed(text)
    assert cell.value is None
    assert cell.state in ("empty", "placeholder")


def test_the_numbers_of_a_row_without_a_label_are_kept_apart_and_told() -> None:
    values, grid = printed()
    for cell in row_of(grid, "6.属于四类"):
        cell.text = cell.text if cell.value else ""
    report = read(render.html_table(grid))
    row = [values[("denied_process_info", column.key)] for column in report.tables["table3"].form.blocks[0].columns]
    assert {c.state for p, c in report.tables["table3"].cells.items() if p[0] == "denied_process_info"} == {
        "missing_cell"
    }
    assert [[cell["raw"] for cell in extra["cells"].values()] for extra in report.extra_rows] == [row]
    assert any(f.rule == "ST11" and "没有行标题" in f.message_zh for f in report.findings)


def test_a_header_in_another_order_is_believed_where_the_totals_agree() -> None:
    values, grid = printed()
    head = [C("项目"), grid[1][2], grid[1][0], *grid[2]]
    rows = [[C(c.text) for c in head]]
    for row in grid[3:]:
        labels, numbers = [c for c in row if not c.value], [c for c in row if c.value]
        rows.append([C(labels[-1].text), numbers[6], *numbers[:6]])
    cells = read(render.html_table(rows)).tables["table3"].cells
    assert all(cells[path].value == int(value) for path, value in values.items())


@pytest.mark.parametrize("damage", ["总计 and 自然人 change places", "a column more under 法人"])
def test_a_header_that_the_totals_contradict_gives_no_number(damage: str) -> None:
    values, grid = printed()
    if damage.startswith("总计"):
        grid[1][0], grid[1][2] = grid[1][2], grid[1][0]
    else:
        grid[1][1].colspan = 4
    report = read(render.html_table(grid))
    cells = report.tables["table3"].cells
    assert all(cells[path].value in (None, int(value)) for path, value in values.items())


def test_two_versions_of_a_table_leave_only_what_both_print() -> None:
    values, grid = printed(1)
    others, other = printed(2)
    del other[other.index(row_of(other, "(一)"))]  # what only one version prints is doubted too
    report = read(render.html_table(grid), render.html_table(other))
    for path, value in values.items():
        cell = report.tables["table3"].cells[path]
        agreed = others[path] == value and path[0] != "granted"
        assert (cell.value, cell.state) == ((int(value), "value") if agreed else (None, "unparseable"))
    assert any(f.rule == "ST08" and "两个不同的值" in f.message_zh for f in report.findings)


def test_of_two_reports_on_a_page_the_first_is_read_and_none_is_completed_from_the_other() -> None:
    values, grid = printed(1)
    _, other = printed(2)
    first = render.report_html(["", render.html_table(grid), ""])
    table4 = render.html_table(render.grid("2021", "table4", render.figures("2021", "table4", 3)))
    second = render.report_html(
        ["", render.html_table(other), table4], title="临溪县人民政府2023年政府信息公开工作年度报告"
    )
    page = first.replace("</body></html>", re.sub(r"^.*?<body>", "", second, flags=re.S))
    report = parsers.parse_report(parsers.Source(page.encode()))
    assert {p: c.value for p, c in report.tables["table3"].cells.items() if p in values} == {
        path: int(value) for path, value in values.items()
    }
    assert report.tables["table4"].status == "missing"
    assert {f.locator for f in report.findings if f.rule == "ST02" and "重复" in f.message_zh} >= {"sections[1]"}


@pytest.mark.parametrize("style", ["display:none", "visibility: collapse"])
def test_a_hidden_row_has_no_say(style: str) -> None:
    values, grid = printed()
    hidden = f'<tr style="{style}"><td>(一)予以公开</td>' + "<td>99</td>" * 7 + "</tr></table>"
    cells = read(render.html_table(grid).replace("</table>", hidden)).tables["table3"].cells
    assert all(cells[path].value == int(value) for path, value in values.items())


def test_a_hidden_table_has_no_say() -> None:
    values, grid = printed(1)
    _, other = printed(2)
    hidden = render.html_table(other).replace("<table", '<table style="display: none"')
    cells = read(hidden, render.html_table(grid)).tables["table3"].cells
    assert all(cells[path].value == int(value) for path, value in values.items())


def test_raised_and_struck_digits_join_no_number_of_the_prose() -> None:
    text = "<p>收到申请12<sup>1</sup>件，办结<del>21</del>13件，面积5km<sup>2</sup>。</p>"
    page = render.report_html(["", "", ""]).replace("<div>", f"<div>{text}", 1)
    section = parsers.parse_report(parsers.Source(page.encode())).sections[1]
    assert section.text.startswith("收到申请12[1]件，办结\ufffd\ufffd13件，面积5km2。")


def test_a_menu_of_the_sections_is_no_report_before_the_report() -> None:
    values, grid = printed()
    page = render.report_html(["", render.html_table(grid), ""])
    menu = "".join(f"<li>{heading}</li><li>|</li><li>返回</li>" for heading in render.HEADINGS)
    page = page.replace("<div id=zoom>", f"<ul>{menu}</ul><div id=zoom>")
    report = parsers.parse_report(parsers.Source(page.encode()))
    assert report.tables["table3"].cells[PATH].value == int(values[PATH])
    assert not [finding for finding in report.findings if finding.rule == "ST02"]


def text_read(table2: str, table3: str) -> parsers.Report:
    return parsers.parse_report(parsers.Source(render.report_text([table2, table3, ""]).encode()))


def test_one_number_behind_two_labels_of_flattened_text_is_of_neither() -> None:
    values = render.figures("2021", "table2", 5)
    lines = render.flat(render.grid("2021", "table2", values), "A").split("\n\n")
    at = lines.index("行政强制")
    del lines[at - 1]  # the number of 行政处罚
    cells = text_read("\n\n".join(lines), "").tables["table2"].cells
    assert {cells[(name,)].value for name in ("penalty_decisions", "coercion_decisions")} == {None}
    assert cells[("licensing_decisions",)].value == int(values[("licensing_decisions",)])


def test_numbers_before_a_lost_label_of_flattened_text_may_be_its_own() -> None:
    values, grid = printed()
    blank, lost = row_of(grid, "1.本机关不掌握"), row_of(grid, "2.没有现成信息")
    blank[:] = [cell for cell in blank if not cell.value]
    del lost[0]
    report = text_read("", render.flat(grid, "A"))
    rows = {path[0] for path, cell in report.tables["table3"].cells.items() if path in values and cell.value is None}
    assert rows == {"unable_not_held", "unable_needs_creation"}
    assert any("下一行的标题丢失" in finding.message_zh for finding in report.findings)


def test_of_two_reports_the_one_that_titles_the_page_is_read() -> None:
    values, grid = printed(2)
    _, other = printed(1)
    title = "云河县人民政府办公室2023年政府信息公开工作年度报告"
    inner = [render.report_html(["", render.html_table(g), ""]) for g in (other, grid)]
    first, second = (re.sub(r"^.*?</h1>|<div class=footer.*$", "", page, flags=re.S) for page in inner)
    county = "<p>云河县人民政府2023年政府信息公开工作年度报告</p>"
    page = f"<html><body><h1>{title}</h1><div>{county}{first}<p>{title}</p>{second}</body></html>"
    report = parsers.parse_report(parsers.Source(page.encode()))
    assert report.metadata.subject_name == "云河县人民政府办公室"
    assert {p: c.value for p, c in report.tables["table3"].cells.items() if p in values} == {
        path: int(value) for path, value in values.items()
    }
    assert any(finding.rule == "ST02" and "重复" in finding.message_zh for finding in report.findings)


def test_a_label_near_to_two_labels_is_none_of_them() -> None:
    form = all_forms()["2021"].tables["table4"]
    assert (nearest("结果维待", form), nearest("结果纠持", form)) == ("结果维持", None)
