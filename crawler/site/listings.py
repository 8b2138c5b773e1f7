"""Lists that grow with the data, cut into pages: findings of a rule, rankings, portals by outcome; and the codebook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NamedTuple, TypeVar

import parsers.rules
from crawler.outcomes import ADVICE, Outcome
from crawler.site import locators
from crawler.site.data import Row
from crawler.site.findings import finding_id, told
from crawler.site.text import file_name
from crawler.warehouse import across_rules
from crawler.warehouse.indicators import RATES, printed

PAGE = 400  # rows of a page, some 200 KiB at most
FINDINGS = 150  # rows of a page of findings, whose messages are long
Item = TypeVar("Item")
Pages = list[tuple[str, int, bool]]


def pages_of(rows: Sequence[Item], stem: str, most: int = PAGE) -> Iterator[tuple[str, Sequence[Item], Pages]]:
    """The pages of a list: file name, rows, and the links to all its pages.

    >>> [(name, len(rows)) for name, rows, _ in pages_of(range(900), "T302")]
    [('T302.html', 400), ('T302-2.html', 400), ('T302-3.html', 100)]
    """
    count = max(-(-len(rows) // most), 1)
    names = [f"{stem}.html" if n == 1 else f"{stem}-{n}.html" for n in range(1, count + 1)]
    for at, name in enumerate(names):
        links = [(other, n, other == name) for n, other in enumerate(names, start=1)]
        yield name, rows[at * most : (at + 1) * most], links


def report_page(row: Row) -> str:
    """The name of a report's page; a version that is no longer current has its number in it."""
    name = file_name(row["report_id"])
    return f"{name}.html" if row["is_latest"] else f"{name}-{int(row['revision_no'])}.html"


@cache
def rule_texts() -> dict[str, tuple[str, str]]:
    """What each rule asks, in both languages."""
    for module in iter_modules(parsers.rules.__path__):
        import_module(f"parsers.rules.{module.name}")
    across = {rule.id: (rule.zh, rule.en) for rule in across_rules.RULES}
    return across | {rule.id: (rule.zh, rule.en) for rule in parsers.rules.RULES.values()}


def shown_rules(rows: Sequence[Row]) -> list[Row]:
    return [row | {"text": rule_texts().get(row["rule_id"], ("", ""))} for row in rows]


def shown_findings(rows: Sequence[Row]) -> list[Row]:
    """Findings with their place in words and the way to them."""
    return [
        row
        | {
            "page": report_page(row),
            "id": finding_id(row),
            "place": locators.name(locators.spot(row["locator"] or "")),
            "expected_told": told(row["expected"]),
            "actual_told": told(row["actual"]),
        }
        for row in rows
    ]


def by_outcome(rows: Sequence[Row]) -> list[Row]:
    """Outcomes with their portals and what to do, in the order of the taxonomy."""
    held: dict[str, list[Row]] = {}
    for row in rows:
        years = {name: _years(row[f"years_{name}"]) for name in ("found", "missing")}
        held.setdefault(row["outcome"], []).append(row | years)
    order = [outcome.value for outcome in Outcome]
    known = {outcome.value: advice for outcome, advice in ADVICE.items()}
    return [
        {"outcome": name, "count": len(held[name]), "portals": held[name], "advice": known.get(name, ("", ""))}
        for name in sorted(held, key=lambda name: (order.index(name) if name in order else len(order), name))
    ]


def _years(value: str | None) -> str:
    """Years as spans.

    >>> _years("[2019, 2020, 2021, 2024]"), _years(None)
    ('2019–2021, 2024', '')
    """
    spans: list[list[int]] = []
    for year in sorted(year for year in json.loads(value or "[]") if isinstance(year, int)):
        if spans and year == spans[-1][1] + 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans)


class Rate(NamedTuple):
    """``formula`` in both languages; ``codes`` is the same by the names of columns."""

    name: tuple[str, str]
    formula: tuple[str, str]
    codes: str


@cache
def rates() -> dict[str, Rate]:
    """The indicators by name, with the formula that the warehouse works them out by."""
    found = {}
    for rate in RATES:
        parts = [printed(rate.numerator), printed(rate.denominator)]
        zh, en = (
            " ÷ ".join(f"({_said(part, at)})" if " " in part else _said(part, at) for part in parts) for at in (0, 1)
        )
        found[rate.name] = Rate((rate.zh, rate.en), (zh, en), f"({parts[0]}) / ({parts[1]})")
    return found


def _said(formula: str, language: int) -> str:
    """A formula in words.

    >>> _said("t4_ld_tot + t3_full_tot", 0), _said("coalesce(t3_ot_all_tot, t3_ot_misc_tot)", 1)
    ('行政诉讼·未经复议直接起诉·总计 + (一)予以公开', 'handled otherwise or, in other forms, otherwise: other')
    """
    formula = re.sub(
        r"coalesce\((\w+), (.+)\)", r"\1 或另一表式的 \2" if language == 0 else r"\1 or, in other forms, \2", formula
    )
    return re.sub(r"t\d_\w+", lambda code: _term(code[0], language), formula)


def _term(code: str, language: int) -> str:
    field = locators.shorts().get(code)
    if field is None:
        return code
    zh, en = field.label, field.english
    if field.table == "t3":
        zh, en = zh.removesuffix("·总计").rpartition("三、本年度办理结果·")[2], en.removesuffix(": total")
    return (zh, en)[language]


def ranked(rows: Sequence[Row]) -> list[Row]:
    """A ranking with its places; rates of few cases have none, equal rates share one."""
    out: list[Row] = []
    place, last = 0, None
    for n, row in enumerate(rows, start=1):
        rank: Any = None
        if row["rate"] is not None and not row["small"]:
            place = place if row["rate"] == last else n
            rank, last = place, row["rate"]
        out.append(row | {"rank": rank, "page": report_page(row)})
    return out
