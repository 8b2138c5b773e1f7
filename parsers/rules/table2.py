"""Table two (proactive disclosure): counts, stocks against flows, rule-making power, the size of fees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from parsers.report import Report
from parsers.rules import ERROR, INFO, WARNING, Result, cannot_tell, failed, passed, rule
from parsers.rules.table3 import whole
from parsers.tables import PRESENT

LARGE_FEE = 200_000  # 万元; more than a county can collect in a year
_MONEY = ("admin_fee_amount", "procurement_amount")


def _absent() -> Result:
    return cannot_tell("tables.table2", "表二未能读出", "table two could not be read")


def _values(report: Report) -> dict[str, int | float] | None:
    """The numbers of table two by field, or None where the table is not there."""
    table = report.tables["table2"]
    if table.status != PRESENT:
        return None
    return {path[0]: cell.value for path, cell in table.cells.items() if cell.value is not None}


@rule("T201", ERROR, "件数为非负整数,金额为非负数,增/减为整数", "counts are integers of 0 or more, money is 0 or more")
def counts(report: Report, today: date) -> Iterator[Result]:
    if _values(report) is None:
        yield _absent()
        return
    for path, cell in report.tables["table2"].cells.items():
        field = path[0]
        if cell.value is None:
            continue
        if field not in _MONEY:
            yield whole("table2", path, cell, signed=field.endswith("_change"))
        elif cell.value < 0:
            yield failed(f"table2.{field}", f"金额为负:{cell.raw}", f"negative amount: {cell.raw}", ">= 0", cell.value)
        else:
            yield passed()


@rule("T202", ERROR, "现行有效件数不少于制发件数减废止件数", "in force is at least issued less repealed")
def stock(report: Report, today: date) -> Iterator[Result]:
    values = _values(report)
    if values is None:
        yield _absent()
        return
    for kind in ("regulations", "normative_docs"):
        names = [f"{kind}_issued", f"{kind}_repealed", f"{kind}_in_force"]
        if any(name not in values for name in names):
            continue
        issued, repealed, in_force = (values[name] for name in names)
        if in_force >= issued - repealed:
            yield passed()
        else:
            yield failed(f"table2.{kind}_in_force", f"现行有效 {in_force} 小于制发 {issued} 减废止 {repealed}",
                         f"in force {in_force} is less than issued {issued} less repealed {repealed}",
                         f">= {issued - repealed}", in_force)  # fmt: skip


@rule("T203", WARNING, "无规章制定权的机关不应有规章", "a body without rule-making power reports no regulations")
def rule_making(report: Report, today: date) -> Iterator[Result]:
    values = _values(report)
    if values is None:
        yield _absent()
        return
    meta = report.metadata
    if meta.admin_level in ("province", "prefecture") and meta.subject_type in ("people_government", "unknown"):
        return
    for field, value in values.items():
        if field.startswith("regulations_"):
            if value > 0:
                yield failed(f"table2.{field}", f"该机关无规章制定权,印为 {value}",
                             f"this body can't make regulations, {value} is printed", 0, value)  # fmt: skip
            else:
                yield passed()


@rule("T204", WARNING, "收费金额不应大得反常", "the fee amount is not implausibly large")
def fee_size(report: Report, today: date) -> Iterator[Result]:
    values = _values(report)
    if values is None:
        yield _absent()
        return
    value = values.get("admin_fee_amount")
    cell = report.tables["table2"].cells[("admin_fee_amount",)]
    if value is None or report.metadata.admin_level not in ("county", "township"):
        return
    amount = value / 10_000 if cell.unit == "元" else value
    if amount > LARGE_FEE:
        yield failed("table2.admin_fee_amount", f"收费 {cell.raw} 万元,疑以元为单位填报",
                     f"fees of {cell.raw} 万元: perhaps given in yuan", f"<= {LARGE_FEE}", value)  # fmt: skip
    else:
        yield passed()


@rule(
    "T205",
    WARNING,
    "2019 年式:总数不少于新公开数;上年数加增减不为负",
    "2019 form: totals at least the year's; items not negative",
)
def flows_2019(report: Report, today: date) -> Iterator[Result]:
    values = _values(report)
    if values is None:
        yield _absent()
        return
    for kind in ("regulations", "normative_docs"):
        new, total = values.get(f"{kind}_newly_published"), values.get(f"{kind}_published_total")
        if new is not None and total is not None:
            yield passed() if total >= new else failed(
                f"table2.{kind}_published_total", f"对外公开总数量 {total} 小于本年新公开数量 {new}",
                f"published in total {total} is less than newly published {new}", f">= {new}", total)  # fmt: skip
    for kind in ("licensing", "other_services", "penalty", "coercion", "admin_fee"):
        before, change = values.get(f"{kind}_items_prev_year"), values.get(f"{kind}_items_change")
        if before is not None and change is not None:
            yield passed() if before + change >= 0 else failed(
                f"table2.{kind}_items_change", f"上一年 {before} 项,增/减 {change},结果为负",
                f"{before} items last year and a change of {change} leave less than none", ">= 0", before + change,
            )  # fmt: skip


@rule("T206", INFO, "2019 年式:采购总金额应注明单位", "2019 form: the amount of procurement states its unit")
def procurement_unit(report: Report, today: date) -> Iterator[Result]:
    values = _values(report)
    cell = report.tables["table2"].cells.get(("procurement_amount",))
    if values is None:
        yield _absent()
    elif cell is not None and cell.value:
        if cell.unit is None:
            yield failed("table2.procurement_amount", f"采购总金额 {cell.raw} 未注明单位",
                         f"the amount {cell.raw} states no unit", "万元 / 元", cell.raw)  # fmt: skip
        else:
            yield passed()
