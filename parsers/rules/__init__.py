"""What does not add up: one function per rule id, each a generator of results over a parsed report.

A rule yields ``passed()``, ``blank_as_zero()`` (a sum that holds if blanks count as nothing), ``failed(...)`` with both
sides of what disagrees, or ``cannot_tell(...)``. Nothing is repaired and nothing is blocked. Severity: ``error`` for
what is arithmetically impossible, ``warning`` for what is likely wrong, ``info`` for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from parsers.report import Finding, Report
from parsers.tables import PRESENT

ERROR, WARNING, INFO = "error", "warning", "info"
PASS, BLANK_AS_ZERO, FAIL, NOT_ASSESSABLE = "pass", "pass_assuming_blank_zero", "fail", "not_assessable"


@dataclass(frozen=True, slots=True)
class Result:
    status: str
    locator: str = ""
    zh: str = ""
    en: str = ""
    expected: Any = None
    actual: Any = None
    severity: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    severity: str
    zh: str
    en: str
    check: Callable[[Report, date], Iterator[Result]]


FIRST_FORMAT = 2019  # the report year from which sections and tables are prescribed
OF_THE_FORMAT = frozenset(["ST02", "ST03", "ST09", "ST10"])
_PASSED, _BLANK = Result(PASS), Result(BLANK_AS_ZERO)
RULES: dict[str, Rule] = {}


def rule(id: str, severity: str, zh: str, en: str) -> Callable[[Any], Any]:
    """Register a generator function as the rule ``id``; ``zh`` and ``en`` say in a line what it asks."""

    def register(check: Callable[[Report, date], Iterator[Result]]) -> Callable[[Report, date], Iterator[Result]]:
        if id in RULES:
            raise ValueError(f"rule {id} is registered twice")
        RULES[id] = Rule(id, severity, zh, en, check)
        return check

    return register


def passed() -> Result:
    return _PASSED


def blank_as_zero() -> Result:
    return _BLANK


def failed(
    locator: str, zh: str, en: str, expected: Any = None, actual: Any = None, severity: str | None = None
) -> Result:
    return Result(FAIL, locator, zh, en, expected, actual, severity)


def cannot_tell(locator: str, zh: str, en: str) -> Result:
    return Result(NOT_ASSESSABLE, locator, zh, en)


@cache
def all_rules() -> dict[str, Rule]:
    """Every rule by its id, in the order of the ids."""
    from parsers.rules import (  # noqa: F401  (they register their rules)
        files,
        metadata,
        narrative,
        plausibility,
        statistics,
        structure,
        table2,
        table3,
        table4,
    )

    return dict(sorted(RULES.items()))


def check(report: Report, today: date | None = None) -> tuple[list[Finding], dict[str, dict[str, int]]]:
    """The findings of all rules, in the order of their ids, and how often each ended how.

    A rule that can't be assessed for several reasons of one kind says so once.
    """
    today = today or date.today()
    findings: list[Finding] = []
    counts: dict[str, dict[str, int]] = {}
    for entry in all_rules().values():
        if not _applies(entry.id, report):
            continue
        tally = counts.setdefault(entry.id, {})
        untold: set[str] = set()
        passes = 0
        for result in entry.check(report, today):
            if result is _PASSED:
                passes += 1
                continue
            tally[result.status] = tally.get(result.status, 0) + 1
            if result.status in (PASS, BLANK_AS_ZERO) or (result.status == NOT_ASSESSABLE and result.zh in untold):
                continue
            untold.add(result.zh)
            findings.append(_finding(entry, result))
        if passes:
            tally[PASS] = tally.get(PASS, 0) + passes
        if not tally:
            del counts[entry.id]
    return findings, counts


def _applies(rule_id: str, report: Report) -> bool:
    """Whether a report has what a rule is about: one before 2019 has no fixed sections, and no tables two to four
    unless it prints them."""
    year = report.metadata.report_year
    if year is None or year >= FIRST_FORMAT:
        return True
    table = f"table{rule_id[1]}" if rule_id[0] == "T" else None
    return rule_id not in OF_THE_FORMAT and (table is None or report.tables[table].status == PRESENT)


def _finding(entry: Rule, result: Result) -> Finding:
    severity = result.severity or entry.severity
    return Finding(
        entry.id, severity, result.status, result.locator, result.zh, result.en, result.expected, result.actual
    )
