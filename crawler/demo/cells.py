"""What a parser must read from a simulated report: every printed number, by the field names of the contract.

``compare`` sets a parsed report beside the figures that its page was made from. Cells of tables that the page
shows as pictures are not expected, and a number read from nowhere counts as wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from crawler.demo.figures import Printed
from crawler.demo.site import Report

COLUMNS = (
    "natural_person",
    "commercial_enterprise",
    "research_institution",
    "public_interest_org",
    "legal_service_org",
    "other_org",
    "total",
)
BLOCKS = ("review", "litigation_direct", "litigation_after_review")
RESULTS = ("upheld", "corrected", "other", "pending", "total")
DERIVED = "other_handling"  # a sum in the form of 2021, printed in that of 2019

Key = tuple[str, ...]


@dataclass(slots=True)
class Comparison:
    """Cells read right, read wrong (with both numbers) and not read."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)


def number(printed: Printed) -> Decimal:
    """The number that is printed, without sign of change, unit or note.

    >>> number("+21"), number("40.664万元"), number("1（撤回）"), number(-8)
    (Decimal('21'), Decimal('40.664'), Decimal('1'), Decimal('-8'))
    """
    found = re.match(r"[+-]?\d+(?:\.\d+)?", str(printed))
    if found is None:
        raise ValueError(f"no number: {printed!r}")
    return Decimal(found.group())


def expected(report: Report) -> dict[Key, Decimal]:
    """The numbers that a report's page prints in its tables."""
    figures = report.figures
    cells: dict[Key, Decimal] = {}
    if "table2" not in report.images:
        cells |= {("table2", name): number(value) for name, value in figures.table2.items()}
    if "table3" not in report.images:
        for row, values in figures.table3.items():
            cells |= {("table3", row, column): number(value) for column, value in zip(COLUMNS, values, strict=True)}
    if "table4" not in report.images:
        names = [f"{block}_{result}" for block in BLOCKS for result in RESULTS]
        cells |= {("table4", name): number(value) for name, value in zip(names, figures.table4, strict=False)}
    return cells


def parsed(record: dict[str, Any]) -> Iterator[tuple[Key, Decimal]]:
    """The numbers of a parsed report, a record of ``reports.jsonl``."""
    for table in ("table2", "table3", "table4"):
        cells = (record.get("tables", {}).get(table) or {}).get("cells") or {}
        for name, cell in cells.items():
            if cell is None:
                continue
            inner = {(table, name): cell} if "state" in cell else {(table, name, key): c for key, c in cell.items()}
            for key, each in inner.items():
                if each and each.get("value") is not None:
                    yield key, Decimal(str(each["value"]))


def compare(report: Report, record: dict[str, Any]) -> Comparison:
    """Set a parsed report beside what its page printed."""
    want, have = expected(report), dict(parsed(record))
    result = Comparison()
    for key, value in want.items():
        if key not in have:
            result.missed.append(".".join(key))
        elif have[key] == value:
            result.right += 1
        else:
            result.wrong.append(f"{'.'.join(key)}: {value} printed, {have[key]} read")
    extra = [key for key in have if key not in want and key[1] != DERIVED]
    result.wrong += [f"{'.'.join(key)}: nothing printed, {have[key]} read" for key in extra]
    return result
