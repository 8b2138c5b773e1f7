"""Table four (reviews and suits): each block of outcomes adds up to its total."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from parsers.report import Report
from parsers.rules import ERROR, Result, cannot_tell, passed, rule
from parsers.rules.sums import Part, adds_up, compare
from parsers.rules.table3 import whole
from parsers.tables import PRESENT


def _absent() -> Result:
    return cannot_tell("tables.table4", "表四未能读出", "table four could not be read")


@rule("T401", ERROR, "每个单元格应为非负整数", "every cell is an integer of 0 or more")
def counts(report: Report, today: date) -> Iterator[Result]:
    table = report.tables["table4"]
    if table.status != PRESENT:
        yield _absent()
        return
    for path, cell in table.cells.items():
        if cell.value is not None:
            yield whole("table4", path, cell)


@rule(
    "T402", ERROR, "维持 + 纠正 + 其他 + 尚未审结 = 总计", "upheld + corrected + other + pending = total, in each block"
)
def blocks(report: Report, today: date) -> Iterator[Result]:
    table = report.tables["table4"]
    if table.status != PRESENT:
        yield _absent()
        return
    block = table.form.blocks[0]
    names = {group.key: group for group in block.header_groups}
    for group in dict.fromkeys(column.parent for column in block.columns):
        columns = [column for column in block.columns if column.parent == group]
        cells = [table.cells[(f"{group}_{column.key}",)] for column in columns]
        *values, total = [cell.value for cell in cells]
        if adds_up(values, total):
            yield passed()
            continue
        parts = [
            Part(f"{names[group].label} {column.label}", f"{names[group].english}: {column.english}", cell)
            for column, cell in zip(columns, cells, strict=True)
        ]
        yield compare(f"table4.{group}_total", parts[:-1], parts[-1:])
