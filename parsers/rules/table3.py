"""Table three (requests): the relations that the form itself prints (勾稽关系), along every row and every column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from parsers.cells import Cell
from parsers.forms import FormBlock, Name
from parsers.forms.fields import in_words
from parsers.report import Report
from parsers.rules import ERROR, INFO, WARNING, Result, cannot_tell, failed, passed, rule
from parsers.rules.sums import Part, adds_up, compare
from parsers.tables import PRESENT

Cells = dict[tuple[str, ...], Cell]


def block_of(report: Report) -> FormBlock | None:
    table = report.tables["table3"]
    return table.form.blocks[0] if table.status == PRESENT else None


def _absent() -> Result:
    return cannot_tell("tables.table3", "表三未能读出", "table three could not be read")


def _short(label: str) -> str:
    return label.split("(区分")[0]


@rule("T301", ERROR, "每个单元格应为非负整数", "every cell is an integer of 0 or more")
def counts(report: Report, today: date) -> Iterator[Result]:
    if block_of(report) is None:
        yield _absent()
        return
    for path, cell in report.tables["table3"].cells.items():
        if cell.value is not None:
            yield whole("table3", path, cell)


def whole(table: str, path: tuple[str, ...], cell: Cell, signed: bool = False) -> Result:
    value = cell.value
    if value is None or (value == int(value) and (signed or value >= 0)):
        return passed()
    locator = ".".join((table, *path))
    return failed(locator, f"应为非负整数,印为 {cell.raw}", f"an integer of 0 or more was expected, {cell.raw} is printed",
                  "integer >= 0", value)  # fmt: skip


@rule("T302", ERROR, "每行六类申请人之和等于总计", "in every row the six kinds of applicant add up to the total")
def rows(report: Report, today: date) -> Iterator[Result]:
    block = block_of(report)
    if block is None:
        yield _absent()
        return
    cells = report.tables["table3"].cells
    for row in block.rows:
        *parts, total = [cells[row.key, column.key].value for column in block.columns]
        if adds_up(parts, total):
            yield passed()
        else:
            yield compare(f"table3.{row.key}", *_row(block, cells, row))


def _row(block: FormBlock, cells: Cells, row: Name) -> tuple[list[Part], list[Part]]:
    parts = [Part(column.label, column.english, cells[(row.key, column.key)]) for column in block.columns]
    return parts[:-1], [Part(f"{_short(row.label)} 总计", f"{row.english} (total)", parts[-1].cell)]


@rule("T303", ERROR, "每列办理结果各项之和等于(七)总计", "in every column the outcomes add up to their total")
def outcomes(report: Report, today: date) -> Iterator[Result]:
    block = block_of(report)
    if block is None:
        yield _absent()
        return
    cells = report.tables["table3"].cells
    outcome_rows = [row.key for row in block.rows if _is_outcome(row.key)]
    for column in block.columns:
        parts = [cells[key, column.key].value for key in outcome_rows]
        if adds_up(parts, cells["results_total", column.key].value):
            yield passed()
        else:
            yield compare(f"table3.results_total.{column.key}", *_outcomes(block, cells, column))


def _outcomes(block: FormBlock, cells: Cells, column: Name) -> tuple[list[Part], list[Part]]:
    parts = [
        Part(_short(row.label), row.english, cells[(row.key, column.key)]) for row in block.rows if _is_outcome(row.key)
    ]
    total = Part(f"{column.label} (七)总计", f"results in all ({column.english})", cells[("results_total", column.key)])
    return parts, [total]


def _is_outcome(key: str) -> bool:
    return key not in ("new_requests", "carried_over_from_prev_year", "results_total", "carried_forward_to_next_year")


@rule("T304", ERROR, "每列:一 + 二 = (七)总计 + 四", "in every column: new + carried over = results + carried forward")
def balance(report: Report, today: date) -> Iterator[Result]:
    block = block_of(report)
    if block is None:
        yield _absent()
        return
    cells = report.tables["table3"].cells
    for column in block.columns:
        yield compare(f"table3.new_requests.{column.key}", *_balance(cells, column))


def _balance(cells: Cells, column: Name) -> tuple[list[Part], list[Part]]:
    def part(zh: str, en: str, key: str) -> Part:
        return Part(f"{column.label} {zh}", f"{en} ({column.english})", cells[(key, column.key)])

    return [
        part("一、本年新收", "new requests", "new_requests"),
        part("二、上年结转", "carried over", "carried_over_from_prev_year"),
    ], [
        part("(七)总计", "results in all", "results_total"),
        part("四、结转下年度", "carried forward", "carried_forward_to_next_year"),
    ]


@rule("T305", WARNING, "印出的小计等于其各项之和", "printed subtotals equal the sum of their parts")
def subtotals(report: Report, today: date) -> Iterator[Result]:
    block = block_of(report)
    if block is None:
        return
    cells = report.tables["table3"].cells
    for extra in report.extra_rows:
        group = extra["group"]
        if extra["table"] != "table3" or not group or group == "results":
            continue
        for column in block.columns:
            if (printed := extra["cells"].get(column.key)) and printed["value"] is not None:
                parts = [Part(r.label, r.english, cells[(r.key, column.key)]) for r in block.rows if r.parent == group]
                total = Cell(printed["value"], printed["state"])
                name = Part(f"{extra['label']} 小计", f"subtotal of {extra['label']} ({column.english})", total)
                yield compare(f"table3.{group}.{column.key}", parts, [name])


@rule(
    "T306",
    INFO,
    "改动一组单元格即可同时满足各勾稽关系",
    "one set of changed cells would satisfy all relations together",
)
def repair_hint(report: Report, today: date) -> Iterator[Result]:
    """A hint only: printed values stay. Tried are the totals of the failing rows, then any single cell."""
    block = block_of(report)
    if block is None:
        return
    cells = report.tables["table3"].cells
    if _balances(block, cells) or _violations(block, cells) == 0:
        return
    changes = _row_totals(block, cells) or _single_cell(block, cells)
    if changes:
        shown = {f"table3.{row}.{column}": value for (row, column), value in changes.items()}
        printed = {f"table3.{'.'.join(path)}": cells[path].value for path in changes}
        zh, en = (
            "; ".join(f"{in_words(name)[at]} {printed[name]} → {value}" for name, value in shown.items())
            for at in (0, 1)
        )
        yield failed("table3", f"若改为 {zh},各行各列均平衡(仅为提示,未改动原值)",
                     f"with {en} every row and column would balance (a hint: nothing was changed)",
                     shown, printed)  # fmt: skip


def _relations(block: FormBlock, cells: Cells) -> Iterator[tuple[list[Part], list[Part]]]:
    for row in block.rows:
        yield _row(block, cells, row)
    for column in block.columns:
        yield _outcomes(block, cells, column)
        yield _balance(cells, column)


def _balances(block: FormBlock, cells: Cells) -> bool:
    """Whether every number is printed and all of them agree: most tables, told without naming any part."""
    outcomes = [row.key for row in block.rows if _is_outcome(row.key)]
    columns = {}
    for column in block.columns:
        values = {row.key: cells[(row.key, column.key)].value for row in block.rows}
        if None in values.values():
            return False
        columns[column.key] = values
    total = columns[block.columns[-1].key]
    parts = [columns[column.key] for column in block.columns[:-1]]
    return all(sum(part[row.key] for part in parts) == total[row.key] for row in block.rows) and all(  # type: ignore[misc]
        sum(values[key] for key in outcomes) == values["results_total"]  # type: ignore[misc]
        and values["new_requests"] + values["carried_over_from_prev_year"]  # type: ignore[operator]
        == values["results_total"] + values["carried_forward_to_next_year"]  # type: ignore[operator]
        for values in columns.values()
    )


def _violations(block: FormBlock, cells: Cells) -> int:
    """How many relations fail; 999 where one can't be assessed, so that no hint rests on unread cells."""
    failures = 0
    for left, right in _relations(block, cells):
        status = compare("", left, right).status
        if status == "not_assessable":
            return 999
        failures += status == "fail"
    return failures


def _row_totals(block: FormBlock, cells: Cells) -> dict[tuple[str, ...], int | float]:
    changes: dict[tuple[str, ...], int | float] = {}
    for row in block.rows:
        result = compare("", *_row(block, cells, row))
        if result.status == "fail":
            changes[(row.key, "total")] = result.expected
    return changes if changes and _violations(block, _with(cells, changes)) == 0 else {}


def _single_cell(block: FormBlock, cells: Cells) -> dict[tuple[str, ...], int | float]:
    """The one cell whose change makes everything balance, if there is exactly one such cell."""
    deltas = set()
    for left, right in _relations(block, cells):
        result = compare("", left, right)
        if result.status == "fail":
            deltas.update({result.expected - result.actual, result.actual - result.expected})
    if not 0 < len(deltas) <= 2:
        return {}
    found = []
    for path, cell in cells.items():
        if cell.value is None:
            continue
        for delta in deltas:
            change: dict[tuple[str, ...], int | float] = {path: cell.value + delta}
            if change[path] >= 0 and _violations(block, _with(cells, change)) == 0:
                found.append(change)
    return found[0] if len(found) == 1 else {}


def _with(cells: Cells, changes: dict[tuple[str, ...], int | float]) -> Cells:
    return {**cells, **{path: replace(cells[path], value=value) for path, value in changes.items()}}
