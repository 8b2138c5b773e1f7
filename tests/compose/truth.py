"""What was read against what was printed: every cell right, or null with a reason; anything else is silently wrong.

``check(parsed, report)`` takes the parser's record (``Report.to_dict()`` or a line of ``python -m parsers``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.compose.report import Locator, Number, Report


@dataclass(slots=True)
class Check:
    """``right``: printed numbers read, ``nulls``: printed numbers left out with a reason, ``wrong``: numbers that are
    not the printed ones, ``unexplained``: numbers left out in silence."""

    right: int = 0
    nulls: list[Locator] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)

    @property
    def silent(self) -> list[str]:
        return self.wrong + self.unexplained

    @property
    def share(self) -> float:
        """The share of the printed numbers that were read."""
        printed = self.right + len(self.nulls) + len(self.unexplained)
        return self.right / printed if printed else 1.0


def cells(parsed: dict[str, Any]) -> Iterator[tuple[Locator, dict[str, Any]]]:
    """Every cell of a parsed record with its locator."""
    for table in ("table2", "table3", "table4"):
        for name, cell in parsed["tables"][table]["cells"].items():
            if "state" in cell:
                yield (table, name), cell
            else:
                yield from (((table, name, column), each) for column, each in cell.items())


def check(parsed: dict[str, Any], report: Report) -> Check:
    """Set a parsed record beside the truth of the report that it was read from."""
    result = Check()
    explained = {table for table in ("table2", "table3", "table4") if _reasons(parsed, table)}
    read = dict(cells(parsed))
    absent = {"value": None, "state": "missing_table"}
    for locator, truth in report.truth.items():
        cell = read.pop(locator, None if parsed["tables"][locator[0]]["status"] == "present" else absent)
        _judge(result, locator, truth, cell, locator[0] in explained)
    for locator, cell in read.items():
        if cell["value"] is not None:
            result.wrong.append(f"{'.'.join(locator)}: {cell['value']} read, nothing printed")
    return result


def _judge(result: Check, locator: Locator, truth: Number | None, cell: dict[str, Any] | None, explained: bool) -> None:
    name = ".".join(locator)
    value = cell["value"] if cell else None
    if value is not None and value != truth:
        result.wrong.append(f"{name}: {value} read, {'no certain number' if truth is None else truth} printed")
    elif truth is not None and value is None:
        if explained and cell is not None and cell["state"] not in ("value", "annotated", "empty"):
            result.nulls.append(locator)
        else:
            result.unexplained.append(f"{name}: {truth} printed, {cell and cell['state']} without a finding")
    elif truth is not None:
        result.right += 1


def _reasons(parsed: dict[str, Any], table: str) -> bool:
    """Whether a finding says that something of a table is missing, odd or not read."""
    return any(
        finding["rule"].startswith("ST") and finding["status"] == "fail" and table in finding["locator"]
        for finding in parsed["findings"]
    )
