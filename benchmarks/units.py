"""What follows from the costs of a portal and a report: the unit table and the plans of docs/scale.md, as Markdown.

``benchmarks/soak.py`` measures the units and prints these tables below its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crawler.ledger.recheck import read_steps
from settings import default

PACE = default.DOWNLOAD_DELAY  # seconds from one request of a city to the next
KIB = 1024.0
AGES = read_steps(default.RECHECK_DAYS)  # a page is asked for again so often, up to an age in days


@dataclass(frozen=True, slots=True)
class Units:
    """Measured: of a portal, and of a report in the first night. Bytes, seconds of processor."""

    requests: float
    requests_later: float
    seconds: float
    seconds_later: float
    processor_later: float
    ledger: float
    ledger_later: float
    report_requests: float
    report_seconds: float
    report_processor: float
    report_received: float
    report_archive: float
    report_lines: float
    report_tables: float
    report_ledger: float

    @property
    def report_kept(self) -> float:
        return self.report_archive + self.report_lines + self.report_tables


@dataclass(frozen=True, slots=True)
class Plan:
    """What is assumed of a job; ``largest`` is the part of all portals that the largest city has."""

    title: str
    portals: int
    reports: int  # a portal
    per_report: float  # requests: files beside pages, further pages of lists
    to_find: float  # requests to find a portal's columns
    largest: float
    cities_at_once: int  # of all machines


PLANS = (
    Plan("3,200 portals (provinces, cities, counties), 12 reports each", 3200, 12, 1.3, 6, 25 / 3200, 16),
    Plan("200,000 agencies × 15 years: 3,000,000 reports", 200_000, 15, 1.3, 10, 0.02, 4 * 48),
)


def units_table(units: Units) -> str:
    kept = f"{units.report_archive / KIB:.0f} archive (compressed), {units.report_lines / KIB:.0f} `reports.jsonl`, "
    kept += f"{units.report_tables / KIB:.0f} tables"
    return table(
        ("", "a portal", "a report"),
        [
            ("requests, first night", f"{units.requests:.1f}", f"{units.report_requests:.2f}"),
            ("requests, a later night", f"{units.requests_later:.2f}", ""),
            ("seconds of the run, first night", f"{units.seconds:.2f}", f"{units.report_seconds:.2f}"),
            ("seconds of the run, a later night", f"{units.seconds_later:.2f}", ""),
            (
                "processor",
                f"{1000 * units.processor_later:.0f} ms a later night",
                f"{1000 * units.report_processor:.0f} ms",
            ),
            ("received", "", f"{units.report_received / KIB:.0f} KiB"),
            ("kept in the run's directory", "", f"{units.report_kept / KIB:.0f} KiB: {kept}"),
            (
                "ledger",
                f"{units.ledger / KIB:.1f} KiB, then {units.ledger_later:.0f} bytes a night",
                f"{units.report_ledger / KIB:.2f} KiB",
            ),
        ],
    )


def plan_table(plan: Plan, units: Units) -> str:
    reports = plan.portals * plan.reports
    first = reports * plan.per_report + plan.portals * plan.to_find
    due = plan.portals * due_a_night(plan.reports)
    later = plan.portals * units.requests_later + due
    return f"{plan.title}\n\n" + table(
        ("", "first run", "a night later"),
        [
            ("requests", f"{first:,.0f}", f"{later:,.0f}, of them {due:,.0f} known pages that are due"),
            (
                "time at the pace",
                span(first * PACE / plan.cities_at_once),
                span(later * PACE / plan.cities_at_once),
            ),
            ("least time: the largest city", span(first * plan.largest * PACE), span(later * plan.largest * PACE)),
            (
                "processor time of all cores",
                span(reports * units.report_processor),
                span(plan.portals * units.processor_later),
            ),
            ("disk: runs", f"{reports * units.report_kept / 1e9:,.0f} GB", "with what is new"),
            (
                "disk: ledger",
                f"{reports * units.report_ledger / 1e9:,.2f} GB",
                f"{plan.portals * units.ledger_later / 1e6:,.0f} MB",
            ),
        ],
    )


def due_a_night(reports: int) -> float:
    """Known pages of a portal that are due in a night, the mean of a year; it publishes one report a year."""
    found = 0.0
    for year in range(reports):
        for day in range(365):
            age = 365 * year + day
            found += next(1 / days for most, days in AGES if most is None or age < most) / 365
    return found


def span(seconds: float) -> str:
    """
    >>> [span(each) for each in (90, 5400, 200_000)]
    ['2 min', '1.5 h', '2.3 days']
    """
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 86_400 else f"{seconds / 86_400:.1f} days"


def table(heading: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """
    >>> print(table(("a", "b"), [("1", "2")]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [f"| {' | '.join(row)} |" for row in (heading, *rows)]
    return "\n".join([lines[0], "|" + "---|" * (lines[0].count(" | ") + 1), *lines[1:]])
