"""The three tables of a report as HTML, with the spans of the official form and the look of a portal.

A table is first a grid of ``Cell`` rows, the same for every portal; a ``Style`` then writes it the way an editor
left it: plain, pasted from Word, or with spaces and line breaks inside the labels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape

from crawler.demo import forms
from crawler.demo.figures import Figures


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell with its spans. A label may hold line breaks; numbers are printed as they are."""

    text: str
    colspan: int = 1
    rowspan: int = 1
    label: bool = True


Grid = list[list[Cell]]


@dataclass(frozen=True, slots=True)
class Wording:
    """How one report departs from the official labels: replacements of a label, labels that were lost."""

    labels: tuple[tuple[str, str], ...] = ()
    lost: tuple[str, ...] = ()

    def __call__(self, label: str) -> str:
        for old, new in self.labels:
            label = label.replace(old, new)
        return "" if label in self.lost else label


OFFICIAL = Wording()


def _numbers(values: list[int | float | str], colspan: int = 1) -> list[Cell]:
    return [Cell(str(value), colspan, label=False) for value in values]


def table2_2021(figures: Figures, say: Wording) -> Grid:
    t2 = figures.table2
    grid = [
        [Cell(say(forms.ITEM.format("一")), 4)],
        [Cell(say(label)) for label in ("信息内容", "本年制发件数", "本年废止件数", "现行有效件数")],
    ]
    for name, label in (("regulations", "规章"), ("normative_docs", "行政规范性文件")):
        values = [t2[f"{name}_{column}"] for column in ("issued", "repealed", "in_force")]
        grid.append([Cell(say(label)), *_numbers(values)])
    for item, rows in (("五", ("licensing",)), ("六", ("penalty", "coercion"))):
        grid += [[Cell(say(forms.ITEM.format(item)), 4)], [Cell(say("信息内容")), Cell(say("本年处理决定数量"), 3)]]
        for row in rows:
            grid.append([Cell(say(SERVICES[row])), *_numbers([t2[f"{row}_decisions"]], 3)])
    grid += [
        [Cell(say(forms.ITEM.format("八")), 4)],
        [Cell(say("信息内容")), Cell(say("本年收费金额（单位：万元）"), 3)],
        [Cell(say("行政事业性收费")), *_numbers([t2["admin_fee_amount"]], 3)],
    ]
    return grid


SERVICES = {
    "licensing": "行政许可",
    "other_services": "其他对外管理服务事项",
    "penalty": "行政处罚",
    "coercion": "行政强制",
}


def table2_2019(figures: Figures, say: Wording) -> Grid:
    """Five columns wide: the last two blocks have two numbers over the place of three or four."""
    t2 = figures.table2
    made, new, total = (say(label) for label in ("本年新制作数量", "本年新公开数量", "对外公开总数量"))
    grid = [
        [Cell(say(forms.ITEM.format("一")), 5)],
        [Cell(say("信息内容")), Cell(made), Cell(new, 2), Cell(total)],
    ]
    for name, label in (("regulations", "规章"), ("normative_docs", "规范性文件")):
        values = _numbers([t2[f"{name}_{column}"] for column in ("made", "newly_published", "published_total")])
        grid.append([Cell(say(label)), values[0], replace(values[1], colspan=2), values[2]])
    change = say("本年增/减")
    for item, rows in (("五", ("licensing", "other_services")), ("六", ("penalty", "coercion"))):
        grid.append([Cell(say(forms.ITEM.format(item)), 5)])
        grid.append([Cell(say("信息内容")), Cell(say("上一年项目数量")), Cell(change, 2), Cell(say("处理决定数量"))])
        for row in rows:
            values = _numbers([t2[f"{row}_{part}"] for part in ("items_prev_year", "items_change", "decisions")])
            grid.append([Cell(say(SERVICES[row])), values[0], replace(values[1], colspan=2), values[2]])
    fee = _numbers([t2["admin_fee_items_prev_year"], t2["admin_fee_items_change"]])
    bought = _numbers([t2["procurement_projects"], t2["procurement_amount"]], 2)
    grid += [
        [Cell(say(forms.ITEM.format("八")), 5)],
        [Cell(say("信息内容")), Cell(say("上一年项目数量")), Cell(change, 3)],
        [Cell(say("行政事业性收费")), fee[0], replace(fee[1], colspan=3)],
        [Cell(say(forms.ITEM.format("九")), 5)],
        [Cell(say("信息内容")), Cell(say("采购项目数量"), 2), Cell(say("采购总金额"), 2)],
        [Cell(say("政府集中采购")), *bought],
    ]
    return grid


def table3(figures: Figures, say: Wording) -> Grid:
    """Three columns of labels and seven of numbers, under three rows of headings."""
    grid: Grid = [
        [Cell(say(forms.CORNER), 3, 3), Cell(say("申请人情况"), 7)],
        [Cell(say("自然人"), 1, 2), Cell(say("法人或其他组织"), 5), Cell(say("总计"), 1, 2)],
        [Cell(say(label)) for label in forms.COLUMNS[1:6]],
    ]

    def row(name: str, *labels: Cell) -> list[Cell]:
        return [*labels, *_numbers(list(figures.table3[name]))]

    grid.append(row(forms.NEW, Cell(say("一、本年新收政府信息公开申请数量"), 3)))
    grid.append(row(forms.CARRIED_IN, Cell(say("二、上年结转政府信息公开申请数量"), 3)))
    groups = forms.result_groups(figures.form3)
    lead = [Cell(say("三、本年度办理结果"), 1, sum(len(rows) for _, rows in groups))]
    for label, rows in groups:
        group = [Cell(say(label), 1, len(rows))]
        for name, item in rows.items():
            if item:
                grid.append(row(name, *lead, *group, Cell(say(item))))
            else:
                grid.append(row(name, *lead, Cell(say(label), 2)))
            lead, group = [], []
    grid.append(row(forms.CARRIED_OUT, Cell(say("四、结转下年度继续办理"), 3)))
    return grid


def table4(figures: Figures, say: Wording) -> Grid:
    """Fifteen columns under three rows of headings; 行政复议 keeps its own results in the second row."""
    results = [say(result) for result in forms.T4_RESULTS]
    return [
        [Cell(say("行政复议"), 5), Cell(say("行政诉讼"), 10)],
        [*(Cell(result, 1, 2) for result in results), *(Cell(say(block), 5) for block in forms.T4_BLOCKS[1:])],
        [Cell(result) for result in results * 2],
        _numbers(list(figures.table4)),
    ]


# --------------------------------------------------------------------------------------------------- styles

Style = Callable[[Grid], str]


def _spans(cell: Cell) -> str:
    spans = f' rowspan="{cell.rowspan}"' if cell.rowspan > 1 else ""
    return spans + (f' colspan="{cell.colspan}"' if cell.colspan > 1 else "")


def _write(grid: Grid, table: str, cell: Callable[[Cell], str]) -> str:
    rows = "\n".join("<tr>" + "\n".join(cell(each) for each in row) + "</tr>" for row in grid)
    return f"{table}<tbody>\n{rows}\n</tbody></table>"


def plain(grid: Grid) -> str:
    """As a web editor writes it: one attribute for the border, one paragraph a cell."""
    return _write(
        grid,
        '<table border="1" cellspacing="0" cellpadding="0" width="640" align="center" class="layui-table">',
        lambda cell: (
            f'<td{_spans(cell)} valign="middle" align="center" style="word-break: break-all;">'
            f'<p style="text-align: center; line-height: 24px;">{escape(cell.text) or "&nbsp;"}</p></td>'
        ),
    )


def word(grid: Grid) -> str:
    """As pasted from Word: MSO classes and borders on every cell, runs of a language each, ``o:p`` in empty ones."""

    def cell(each: Cell) -> str:
        run = "font-size:10.5pt"
        if not each.text:
            text = f'<span lang="EN-US" style="{run}"><o:p>&nbsp;</o:p></span>'
        elif each.label:
            lines = "<br>".join(escape(line) for line in each.text.split("\n"))
            text = f'<span style="{run};font-family:宋体">{lines}</span><span lang="EN-US"><o:p></o:p></span>'
        else:
            text = f'<span lang="EN-US" style="{run};font-family:宋体">{escape(each.text)}<o:p></o:p></span>'
        return (
            f'<td width="{64 * each.colspan}"{_spans(each)} '
            'style="border:solid windowtext 1.0pt">'
            f'<p class="MsoNormal" style="text-align:center">{text}</p></td>'
        )

    return _write(
        grid,
        '<table class="MsoNormalTable" border="1" cellspacing="0" cellpadding="0" '
        'style="border-collapse:collapse;border:none;mso-border-alt:solid windowtext .5pt;mso-yfti-tbllook:1184">',
        cell,
    )


def editor(grid: Grid) -> str:
    """As an editor of a publishing system cleans it: ``div`` in cells, headings bold, widths in percent."""
    return _write(
        grid,
        '<table style="width: 100%; border-collapse: collapse;" border="1">',
        lambda cell: (
            f'<td style="border: 1px solid #000; padding: 4px; text-align: center;"{_spans(cell)}>'
            + (f"<div><strong>{escape(cell.text)}</strong></div>" if cell.label else f"<div>{escape(cell.text)}</div>")
            + "</td>"
        ),
    )


def spaced(grid: Grid) -> str:
    """As copied from a printed page: short labels broken over lines, spaces after numbering and inside labels."""

    def label(text: str) -> str:
        if text.startswith("（") and text[3:] in ("不予公开", "无法提供", "不予处理", "其他处理"):
            return f"{text[:3]}<br/>{text[3:5]}<br/>{text[5:]}"
        if text in ("1.本机关不掌握相关政府信息", "2.其他法律行政法规禁止公开"):
            return escape(text.replace(".", ". "))
        return f"{text[:2]}<br/>{text[2:]}" if text in forms.T4_RESULTS[:4] else escape(text)

    return _write(
        grid,
        '<table class="tbl-report" border="1" cellspacing="0" style="margin:0 auto">',
        lambda cell: (
            f"<td{_spans(cell)}><p><span>\n    {label(cell.text) if cell.label else escape(cell.text)}\n"
            "  </span></p></td>"
        ),
    )


STYLES: dict[str, Style] = {"plain": plain, "word": word, "editor": editor, "spaced": spaced}


def table2(figures: Figures, say: Wording) -> Grid:
    return table2_2021(figures, say) if figures.form2 == "2021" else table2_2019(figures, say)
