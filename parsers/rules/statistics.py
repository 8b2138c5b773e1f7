"""The statistics table of reports before 2019: parts against their whole, the year against all years.

What adds up is data of the form (国办发〔2014〕32号). Provinces print fewer rows: a whole is compared with that set of
parts of which the table prints every row, and with none where a part is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from parsers.cells import Cell
from parsers.forms.fields import by_path
from parsers.forms.statistics import Relation, statistics_form
from parsers.report import Report
from parsers.rules import ERROR, WARNING, Result, cannot_tell, failed, passed, rule
from parsers.rules.sums import Part, compare
from parsers.statistics import PRESENT, Statistics


def table_of(report: Report) -> Statistics | None:
    table = report.statistics
    return table if table is not None and table.status == PRESENT else None


@rule("S1401", ERROR, "各渠道申请数之和等于收到(受理)申请总数", "the channels add up to the requests received")
def channels(report: Report, today: date) -> Iterator[Result]:
    yield from _sums(report, "S1401")


@rule(
    "S1402", ERROR, "各类答复、理由、结果之和等于其总数", "kinds of answer, reasons and outcomes add up to their wholes"
)
def answers(report: Report, today: date) -> Iterator[Result]:
    yield from _sums(report, "S1402")


def _sums(report: Report, rule_id: str) -> Iterator[Result]:
    table = table_of(report)
    if table is None:
        return
    for whole in dict.fromkeys(relation.whole for relation in statistics_form().relations if relation.rule == rule_id):
        options = [r for r in statistics_form().relations if r.rule == rule_id and r.whole == whole]
        yield from _sum(table, whole, options)


def _sum(table: Statistics, whole: str, options: list[Relation]) -> Iterator[Result]:
    row = table.row(whole)
    printed = {part for option in options for part in option.parts if table.row(part)}
    if row is None or not printed:
        return
    locator = f"statistics2014.{whole}"
    fitting = [option for option in options if printed == set(option.parts)]
    if not fitting:
        yield cannot_tell(locator, "各分项不是一套完整的分项", "the parts printed are no complete set")
        return
    parts = [found for key in fitting[0].parts if (found := table.row(key))]
    total = [Part(f"“{row.label}”", _english(whole), row.value)]
    yield compare(locator, [Part(f"“{part.label}”", _english(part.key), part.value) for part in parts], total)
    if row.cumulative is not None and all(part.cumulative is not None for part in parts):
        total = [Part(f"“{row.label}”累计", f"{_english(whole)}, cumulative", row.cumulative)]
        both = [Part(f"“{p.label}”累计", f"{_english(p.key)}, cumulative", p.cumulative) for p in parts if p.cumulative]
        yield compare(f"{locator}.cumulative", both, total)


def _english(key: str | None) -> str:
    field = by_path("s14", key or "")
    return field.english if field else key or ""


@rule(
    "S1403", WARNING, "主动公开总数不少于任一渠道的公开数", "as much is published in all as through the largest channel"
)
def largest_channel(report: Report, today: date) -> Iterator[Result]:
    """Only at least the largest: one item may be published through several channels."""
    table = table_of(report)
    if table is None:
        return
    for relation in (r for r in statistics_form().relations if r.rule == "S1403"):
        whole = table.row(relation.whole)
        parts = [row for key in relation.parts if (row := table.row(key)) and row.value.value is not None]
        if whole is None or not parts:
            continue
        locator = f"statistics2014.{relation.whole}"
        most = max(parts, key=lambda row: row.value.value or 0)
        total, largest = whole.value.value, most.value.value
        if total is None or largest is None:
            yield cannot_tell(locator, "主动公开总数未能读出", "what is published in all could not be read")
        elif total >= largest:
            yield passed()
        else:
            yield failed(locator, f"“{whole.label}” {total} 少于“{most.label}” {largest}",
                         f"{_english(relation.whole)} {total} is less than {_english(most.key)} {largest}", f">= {largest}", total)  # fmt: skip


@rule("S1404", ERROR, "当年数不大于历年累计数", "the year's number is at most the cumulative one")
def cumulative(report: Report, today: date) -> Iterator[Result]:
    table = table_of(report)
    for row in table.rows if table else ():
        if row.cumulative is not None:
            yield _at_most(f"statistics2014.{row.key or row.label}", row.label, row.value, row.cumulative)


def _at_most(locator: str, name: str, year: Cell, total: Cell) -> Result:
    if year.value is None and total.value is None:
        return _unread(locator)
    if year.value is None or total.value is None:
        return _unread(locator)
    if year.value <= total.value:
        return passed()
    return failed(locator, f"“{name}”当年 {year.value},大于历年累计 {total.value}",
                  f"{name}: {year.value} this year, {total.value} in all years", f"<= {total.value}", year.value)  # fmt: skip


def _unread(locator: str) -> Result:
    return cannot_tell(
        locator, "当年数或累计数未能读出", "the number of the year or the cumulative one could not be read"
    )
