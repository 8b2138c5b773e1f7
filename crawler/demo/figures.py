"""The numbers of a report: as published for five reports, generated and consistent for all others.

``series`` builds the reports of one subject year by year from a seed, so that every run serves the same numbers.
Generated numbers satisfy the form: every row and column adds up, what one year carries forward the next carries
over, documents in force follow from those issued and repealed. Published numbers stay as they were printed,
with their mistakes; the years around them are generated to fit.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from crawler.demo.forms import CARRIED_IN, CARRIED_OUT, NEW, RESULTS_TOTAL, result_rows

FIGURES = Path(__file__).parent / "data" / "figures"

Printed = int | float | str
Row = list[int]

# How often each result comes up, in parts of a hundred; the rest of the rows are rare.
LIKELY = {
    "granted": 46,
    "partially_granted": 8,
    "unable_not_held": 20,
    "unable_needs_creation": 4,
    "unable_unclear_after_correction": 2,
    "denied_internal_affairs": 3,
    "denied_process_info": 3,
    "denied_enforcement_case_file": 2,
    "denied_admin_inquiry": 2,
    "rejected_petition_complaint": 3,
    "rejected_duplicate": 2,
    "other_misc": 5,
    "other_handling": 5,
}


@dataclass(slots=True)
class Figures:
    """What the tables of one report print. ``table2`` by field name, ``table3`` by row, ``table4`` fifteen cells."""

    year: int
    form2: str
    form3: str
    table2: dict[str, Printed] = field(default_factory=dict)
    table3: dict[str, Row] = field(default_factory=dict)
    table4: list[Printed] = field(default_factory=list)
    published: bool = False

    def number(self, name: str) -> int:
        """A printed count of table 2, or the 总计 of a row of table 3.

        A report whose table is an image on its portal has no figures here: zero.
        """
        if name in self.table3:
            return self.table3[name][-1]
        value = self.table2.get(name, 0)
        return value if isinstance(value, int) else 0

    def remedies(self) -> tuple[int, int]:
        """Reviews and suits, as their totals are printed."""
        totals = [int(value) for value in self.table4[4::5]] or [0, 0, 0]
        return totals[0], totals[1] + totals[2]


def form_of(year: int) -> str:
    """The form in force for a report year.

    >>> form_of(2020), form_of(2021)
    ('2019', '2021')
    """
    return "2021" if year >= 2021 else "2019"


def published(name: str) -> Figures:
    """The figures of a report as its government printed them, from ``data/figures``."""
    record = json.loads((FIGURES / f"{name}.json").read_text(encoding="utf-8"))
    year = record["year"]
    return Figures(
        year=year,
        form2=record.get("form2", form_of(year)),
        form3=record.get("form3", form_of(year)),
        table2=record.get("table2", {}),
        table3=record.get("table3", {}),
        table4=record.get("table4", []),
        published=True,
    )


def series(
    subject: str,
    years: Iterable[int],
    *,
    size: int,
    fixed: dict[int, Figures] | None = None,
    requests: dict[int, int] | None = None,
    regulations: int = 0,
) -> dict[int, Figures]:
    """The figures of a subject's reports. ``size`` is about how many requests a year brings.

    >>> reports = series("云河县人民政府", range(2019, 2023), size=40)
    >>> reports[2022].table3["carried_over_from_prev_year"] == reports[2021].table3["carried_forward_to_next_year"]
    True
    """
    fixed, requests = fixed or {}, requests or {}
    ordered = sorted(years)
    reports: dict[int, Figures] = {}
    carried = [0] * 6
    for year in ordered:
        if year in fixed:
            reports[year] = fixed[year]
            carried = fixed[year].table3.get(CARRIED_OUT, [0] * 7)[:6]
            continue
        rng = random.Random(f"{subject} {year}")
        figures = Figures(year, form_of(year), form_of(year))
        wanted = requests.get(year, max(0, round(size * rng.uniform(0.7, 1.35))))
        last = fixed.get(year + 1)
        out = last.table3.get(CARRIED_IN, [0] * 7)[:6] if last else None
        figures.table3 = _table3(rng, figures.form3, wanted, carried, out)
        carried = figures.table3[CARRIED_OUT][:6]
        figures.table4 = list(_table4(rng, wanted))
        reports[year] = figures
    for year in ordered:
        if year not in fixed:
            rng = random.Random(f"{subject} {year} documents")
            make = _table2_2021 if reports[year].form2 == "2021" else _table2_2019
            reports[year].table2 = make(rng, size)
    _chain_documents(reports, subject, regulations)
    return reports


def _spread(rng: random.Random, total: int) -> Row:
    """A number of requests over the six kinds of applicant, most of them natural persons."""
    row = [0] * 6
    for _ in range(total):
        row[rng.choices(range(6), weights=(86, 7, 0.3, 0.7, 4, 2))[0]] += 1
    return row


def _table3(rng: random.Random, form: str, wanted: int, carried: Row, out: Row | None) -> dict[str, Row]:
    new = _spread(rng, wanted)
    rows = {row: [0] * 6 for row in result_rows(form)}
    weights = [LIKELY.get(row, 0.4) for row in rows]
    forward = [0] * 6
    for column in range(6):
        due = new[column] + carried[column]
        forward[column] = min(due, out[column] if out is not None else rng.randint(0, due // 12))
        for row in rng.choices(list(rows), weights=weights, k=due - forward[column]):
            rows[row][column] += 1
    total = [sum(row[column] for row in rows.values()) for column in range(6)]
    table = {NEW: new, CARRIED_IN: list(carried), **rows, RESULTS_TOTAL: total, CARRIED_OUT: forward}
    return {name: [*row, sum(row)] for name, row in table.items()}


def _table4(rng: random.Random, wanted: int) -> Row:
    cells: Row = []
    for share in (0.16, 0.07, 0.04):
        count = sum(rng.random() < share for _ in range(wanted))
        block = [0] * 4
        for _ in range(count):
            block[rng.choices(range(4), weights=(60, 12, 16, 12))[0]] += 1
        cells += [*block, count]
    return cells


def _table2_2021(rng: random.Random, size: int) -> dict[str, Printed]:
    issued, repealed = rng.randint(0, 6), rng.randint(0, 3)
    return {
        "regulations_issued": 0,
        "regulations_repealed": 0,
        "regulations_in_force": 0,
        "normative_docs_issued": issued,
        "normative_docs_repealed": repealed,
        "normative_docs_in_force": 0,
        "licensing_decisions": size * rng.randint(60, 240) + rng.randint(0, 99),
        "penalty_decisions": size * rng.randint(5, 15) + rng.randint(0, 9),
        "coercion_decisions": rng.randint(0, 10 + size // 2),
        "admin_fee_amount": round(size * rng.uniform(20, 70), rng.choice((2, 2, 4))),
    }


def _table2_2019(rng: random.Random, size: int) -> dict[str, Printed]:
    made = rng.randint(1, 6)
    table: dict[str, Printed] = {
        "regulations_made": 0,
        "regulations_newly_published": 0,
        "regulations_published_total": 0,
        "normative_docs_made": made,
        "normative_docs_newly_published": made,
        "normative_docs_published_total": made + rng.randint(5, 40),
    }
    for name in ("licensing", "other_services", "penalty", "coercion"):
        table[f"{name}_items_prev_year"] = rng.randint(0, 60) + (size if name == "licensing" else 0)
        table[f"{name}_items_change"] = _signed(rng.randint(-3, 21))
        table[f"{name}_decisions"] = rng.randint(0, size * 40)
    table["admin_fee_items_prev_year"] = rng.randint(3, 20)
    table["admin_fee_items_change"] = _signed(rng.randint(-3, 2))
    table["procurement_projects"] = rng.randint(1, 60)
    table["procurement_amount"] = f"{round(rng.uniform(30, 9000), 2)}万元"
    return table


def _signed(change: int) -> Printed:
    """A change as the form prints it: ``+21``, ``-8``, ``0``."""
    return f"+{change}" if change > 0 else change


def _chain_documents(reports: dict[int, Figures], subject: str, regulations: int) -> None:
    """Make the stocks of each year follow from the year before, outward from a published year if there is one."""
    if {2019, 2020} <= reports.keys() and not (reports[2019].published or reports[2020].published):
        _chain_items(reports[2019].table2, reports[2020].table2)
    years = [year for year in sorted(reports) if reports[year].form2 == "2021" and reports[year].table2]
    if not years:
        return
    anchor = next((year for year in years if reports[year].published), years[0])
    if not reports[anchor].published:
        reports[anchor].table2["normative_docs_in_force"] = random.Random(subject).randint(12, 60)
    for year in years:
        if not reports[year].published:
            reports[year].table2["regulations_in_force"] = regulations
    before = reports[anchor].number("normative_docs_in_force")
    for year in [y for y in years if y > anchor]:
        table = reports[year].table2
        issued = reports[year].number("normative_docs_issued")
        repealed = min(reports[year].number("normative_docs_repealed"), before + issued)
        before = before + issued - repealed
        table["normative_docs_repealed"], table["normative_docs_in_force"] = repealed, before
    after = reports[anchor]
    for year in [y for y in reversed(years) if y < anchor]:
        issued, repealed = after.number("normative_docs_issued"), after.number("normative_docs_repealed")
        stock = max(0, after.number("normative_docs_in_force") - issued + repealed)
        table = reports[year].table2
        table["normative_docs_issued"] = min(reports[year].number("normative_docs_issued"), stock)
        table["normative_docs_in_force"] = stock
        after = reports[year]


def _chain_items(before: dict[str, Printed], after: dict[str, Printed]) -> None:
    for name in ("licensing", "other_services", "penalty", "coercion", "admin_fee"):
        stock = max(0, int(before[f"{name}_items_prev_year"]) + int(before[f"{name}_items_change"]))
        before[f"{name}_items_change"] = _signed(stock - int(before[f"{name}_items_prev_year"]))
        after[f"{name}_items_prev_year"] = stock
        after[f"{name}_items_change"] = _signed(max(int(after[f"{name}_items_change"]), -stock))
