"""Reports composed for tests: one set of figures, printed in every way that portals print them.

``figures(form, seed)`` gives numbers that satisfy the form's relations; ``html_table`` and ``flat`` print a table as an
HTML grid or as one of the text flattenings A to F; ``report_html`` and ``report_text`` put a whole report around them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from parsers.forms import FormTable, all_forms

Path = tuple[str, ...]
Figures = dict[Path, str]


@dataclass
class C:
    """A cell of a printed grid."""

    text: str
    rowspan: int = 1
    colspan: int = 1
    value: bool = False


Grid = list[list[C]]


def figures(version: str, table: str, seed: int) -> Figures:
    """Printed numbers by path; table three balances along every row and column."""
    rng = random.Random(seed)
    form = all_forms()[version].tables[table]
    if table == "table3":
        return _balanced(form, rng)
    values = {path: str(rng.choice([0, 0, rng.randrange(9999)])) for path in form.locators}
    if table == "table4":
        for group in ("review", "litigation_direct", "litigation_after_review"):
            parts = [int(values[(f"{group}_{key}",)]) for key in ("upheld", "corrected", "other", "pending")]
            values[(f"{group}_total",)] = str(sum(parts))
    return values


def _balanced(form: FormTable, rng: random.Random) -> Figures:
    block = form.blocks[0]
    columns = [column.key for column in block.columns]
    outcomes = [row.key for row in block.rows][2:-2]
    values: dict[Path, int] = {}
    for column in columns[:-1]:
        total = 0
        for row in outcomes:
            values[(row, column)] = rng.choice([0, 0, 0, rng.randrange(200)])
            total += values[(row, column)]
        carried_out = rng.randrange(4)
        carried_in = rng.randrange(min(4, total + carried_out + 1))
        values[("results_total", column)] = total
        values[("carried_forward_to_next_year", column)] = carried_out
        values[("carried_over_from_prev_year", column)] = carried_in
        values[("new_requests", column)] = total + carried_out - carried_in
    for row in block.rows:
        values[(row.key, "total")] = sum(values[(row.key, column)] for column in columns[:-1])
    return {path: str(value) for path, value in values.items()}


def grid(version: str, table: str, values: Figures) -> Grid:
    """The table as the official form lays it out."""
    form = all_forms()[version].tables[table]
    return {"table2": _grid2, "table3": _grid3, "table4": _grid4}[table](form, values)


def _grid2(form: FormTable, values: Figures) -> Grid:
    width = 3
    rows: Grid = []
    for block in form.blocks:
        assert block.title is not None
        span = width // len(block.columns) if width % len(block.columns) == 0 else 1
        rows.append([C(block.title.label, colspan=width + 1)])
        last = width - span * (len(block.columns) - 1)
        spans = [span] * (len(block.columns) - 1) + [last]
        rows.append([C("信息内容"), *(C(c.label, colspan=s) for c, s in zip(block.columns, spans, strict=True))])
        for row in block.rows:
            fields = block.fields[row.key]
            rows.append(
                [C(row.label), *(C(values[f], colspan=s, value=True) for f, s in zip(fields, spans, strict=True))]
            )
    return rows


def _grid3(form: FormTable, values: Figures) -> Grid:
    block = form.blocks[0]
    labels = [column.label for column in block.columns]
    rows: Grid = [
        [C("(本列数据的勾稽关系为:第一项加第二项之和,等于第三项加第四项之和)", 3, 3), C("申请人情况", 1, 7)],
        [C(labels[0], 2), C("法人或其他组织", 1, 5), C(labels[-1], 2)],
        [C(label) for label in labels[1:-1]],
    ]
    sizes = {group.key: sum(row.parent == group.key for row in block.rows) for group in block.groups}
    names = {group.key: group.label for group in block.groups}
    inside = len(block.rows) - 3
    seen: set[str] = set()
    for row in block.rows:
        cells: list[C] = []
        if row.parent and "results" not in seen:
            seen.add("results")
            cells.append(C(names["results"], inside))
        if row.parent in ("", "results"):
            cells.append(C(row.label, colspan=3 if not row.parent else 2))
        else:
            if row.parent not in seen:
                seen.add(row.parent)
                cells.append(C(names[row.parent], sizes[row.parent]))
            cells.append(C(row.label))
        cells.extend(C(values[path], value=True) for path in block.fields[row.key])
        rows.append(cells)
    return rows


def _grid4(form: FormTable, values: Figures) -> Grid:
    block = form.blocks[0]
    leaves = [column.label for column in block.columns]
    return [
        [C("行政复议", 1, 5), C("行政诉讼", 1, 10)],
        [*(C(leaf, 2) for leaf in leaves[:5]), C("未经复议直接起诉", 1, 5), C("复议后起诉", 1, 5)],
        [C(leaf) for leaf in leaves[5:]],
        [C(values[path], value=True) for path in block.fields[""]],
    ]


def html_table(rows: Grid, cell: str = "<td{span}>{text}</td>") -> str:
    out = ["<table border=1>"]
    for row in rows:
        cells = []
        for c in row:
            span = (f' rowspan="{c.rowspan}"' if c.rowspan > 1 else "") + (
                f' colspan="{c.colspan}"' if c.colspan > 1 else ""
            )
            cells.append(cell.format(span=span, text=c.text))
        out.append("<tr>" + "".join(cells) + "</tr>")
    return "\n".join([*out, "</table>"])


WORD = (
    "<td{span} style='border:1pt'><p class=MsoNormal align=center>"
    "<span lang=EN-US style='font-size:9pt'>{text}</span></p></td>"
)
FLATTENINGS = "ABDEF"


def flat(rows: Grid, kind: str) -> str:
    """The text of a grid as flattening ``kind`` of the observed ones."""
    if kind == "A":
        return "\n\n".join(c.text for row in rows for c in row)
    if kind == "B":
        return "\n".join("\n".join(f"{c.text} |" for c in row) + ("\n||" if len(row) < 4 else "") for row in rows)
    if kind == "D":
        return "\n".join(" | ".join(c.text for c in row) + " |" for row in rows)
    if kind == "E":
        return "\n|\n".join(c.text for row in rows for c in row)
    return "\n".join(f"| \n {c.text}  |" for row in rows for c in row)


HEADINGS = (
    "一、总体情况",
    "二、主动公开政府信息情况",
    "三、收到和处理政府信息公开申请情况",
    "四、政府信息公开行政复议、行政诉讼情况",
    "五、存在的主要问题及改进情况",
    "六、其他需要报告的事项",
)
PROSE = (
    "本县围绕群众关切推进信息公开,制度逐步健全,渠道更加畅通。",
    "人手偏少,解读形式不够丰富。下一年度将加强培训,改进服务。",
    "本年度没有收取信息处理费。",
)


def report_html(
    tables: Sequence[str], title: str = "云河县人民政府2023年政府信息公开工作年度报告", head: str = ""
) -> str:
    one, five, six = PROSE
    bodies = [one, *tables, five, six]
    parts = [f"<p>{heading}</p>\n<div>{body}</div>" for heading, body in zip(HEADINGS, bodies, strict=True)]
    preamble = "<p>本报告所列数据的统计期限自2023年1月1日起至2023年12月31日止。</p>"
    return (
        f"<!DOCTYPE html><html><head><meta charset=utf-8><title>{title}</title>{head}</head><body>"
        f"<div class=nav><a href=/>首页</a></div><div id=zoom><h1>{title}</h1>{preamble}{''.join(parts)}</div>"
        "<div class=footer>主办单位:云河县人民政府办公室</div></body></html>"
    )


def report_text(tables: Sequence[str], title: str = "云河县人民政府2023年政府信息公开工作年度报告") -> str:
    one, five, six = PROSE
    bodies = [one, *tables, five, six]
    return f"{title}\n\n" + "\n\n".join(f"{h}\n\n{b}" for h, b in zip(HEADINGS, bodies, strict=True)) + "\n"
