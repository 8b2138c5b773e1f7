"""Small panels of reports for rules across reports: a line says who, when, and which numbers."""

from __future__ import annotations

import copy
from typing import Any

from parsers import regions
from parsers.forms.fields import fields
from tests.crawler.warehouse.records import Record, record

_PATHS = {field.short: field for field in fields()}
_TABLES = {"t2": "table2", "t3": "table3", "t4": "table4"}


def report(
    code: str, year: int, *, scope: str = "region_aggregate", seed: int = 0, text: str = "", **cells: Any
) -> Record:
    """A report of a region's government (or its office) in which the named cells, by their short names, are printed
    and all others are blank; ``text`` is section one."""
    told = copy.deepcopy(record(seed, report_id=f"{code}-{scope}-{year}"))
    region = regions.by_code(code)
    assert region is not None
    kind = "government_office" if scope == "government_office" else "people_government"
    told["metadata"] |= {
        "subject_name": region.name + "人民政府", "subject_type": kind, "report_scope": scope, "report_year": year,
        "region_code": code, "region_code_current": code, "admin_level": region.level, "county_name": region.name,
        "publication_date": f"{year + 1}-03-01",
    }  # fmt: skip
    for table in _TABLES.values():
        for cell in _leaves(told["tables"][table]["cells"]):
            cell |= {"value": None, "state": "empty", "raw": ""}
    for short, value in cells.items():
        field = _PATHS[short]
        held = told["tables"][_TABLES[field.table]]["cells"]
        for name in field.path[:-1]:
            held = held.setdefault(name, {})
        held[field.path[-1]] = {"value": value, "state": "value", "raw": str(value)}
    for section in told["sections"]:
        section["text"] = text if section["number"] == 1 else ""
    told["narrative"], told["findings"] = [], []
    return told


def _leaves(cells: Record) -> list[Record]:
    return [leaf for held in cells.values() for leaf in ([held] if "state" in held else held.values())]
