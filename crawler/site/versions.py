"""What differs between two versions of a report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from crawler.site import locators
from crawler.site.data import ReportData, Row
from crawler.site.locators import Spot
from crawler.site.report import LONGEST_RAW, CellView
from crawler.site.words import number
from parsers.forms.fields import fields


@dataclass(frozen=True, slots=True)
class Change:
    """A cell, or a section's text, that is another one than in the version before."""

    place: tuple[str, str]
    before: CellView | None
    after: CellView | None


def changes(before: ReportData, after: ReportData) -> list[Change]:
    """What differs between two versions of a report: cells by number and state, sections by their text."""
    out = []
    order = _order()
    for table, row, column in sorted(
        {*before.facts, *after.facts}, key=lambda cell: (order.get(cell, len(order)), cell)
    ):
        old, new = (data.facts.get((table, row, column)) for data in (before, after))
        if old is None or new is None or (old["value"], old["state"]) != (new["value"], new["state"]):
            named = locators.by_codes(table, row, column)
            out.append(Change(named, _plain_cell(old), _plain_cell(new)))
    texts = [{row["number"]: row["text"] for row in data.sections} for data in (before, after)]
    for section in sorted(texts[0].keys() | texts[1].keys()):
        if texts[0].get(section) != texts[1].get(section):
            out.append(Change(locators.name(Spot("section", str(section))), None, None))
    return out


@cache
def _order() -> dict[tuple[str, str, str], int]:
    """Cells by where they stand in the forms."""
    return {(field.table, field.row, field.column): at for at, field in enumerate(fields())}


def _plain_cell(fact: Row | None) -> CellView | None:
    if fact is None:
        return None
    value = fact["value"]
    return CellView(fact["state"], number(value) if value is not None else (fact["raw"] or "")[:LONGEST_RAW])
