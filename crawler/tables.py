"""The flat tables: their columns with types, and the rows that a nested report gives them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from crawler.items import AnnualReport

Row = dict[str, Any]

METADATA = {
    "title": "text", "subject_name": "text", "subject_type": "text", "report_scope": "text", "report_year": "int",
    "region_code": "text", "region_code_current": "text", "province_name": "text", "prefecture_name": "text",
    "county_name": "text", "admin_level": "text", "publishing_agency": "text", "publication_date": "date",
    "index_number": "text", "unified_social_credit_code": "text", "document_number": "text",
    "period_start": "date", "period_end": "date", "cited_document": "text",
}  # fmt: skip
SOURCE = {
    "url": "text", "final_url": "text", "list_url": "text", "link_title": "text", "list_date": "date",
    "fetched_at": "text", "content_sha256": "text",
}  # fmt: skip
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
ONLY_VERSION = {"number": 1, "of": 1, "latest": True}
TEMPLATES = ("version", "table2", "table3", "table4")


@dataclass(frozen=True, slots=True)
class Table:
    """Columns with their types (text, int, float, bool, date), and how a report becomes rows."""

    columns: Mapping[str, str]
    rows: Callable[[AnnualReport], Iterator[Row]]


def report_rows(item: AnnualReport) -> Iterator[Row]:
    report = item.report
    severities = [finding["severity"] for finding in report["findings"]]
    row: Row = {"report_id": item.report_id, "portal_id": item.portal_id, "schema_version": report["schema_version"]}
    row |= {name: typed(report["metadata"].get(name), kind) for name, kind in METADATA.items()}
    row |= {f"template_{name}": report["template"].get(name) for name in TEMPLATES}
    row |= {
        f"{name}_status": (report["tables"].get(name) or {}).get("status")
        for name in ("table2", "table3", "table4", "statistics2014")
    }
    row["sections_present"] = sum(bool(section.get("present")) for section in report["sections"])
    row["findings"] = len(severities)
    row["errors"] = severities.count("error")
    version = item.source.get("revision") or ONLY_VERSION
    row |= {"revision": version["number"], "revisions": version["of"], "is_latest": version["latest"]}
    row["addresses"] = len(item.source.get("addresses") or (1,))
    yield row | {name: typed(item.source.get(name), kind) for name, kind in SOURCE.items()}


def fact_rows(item: AnnualReport) -> Iterator[Row]:
    """A row per cell of tables 2 to 4 and of the older statistics, and per figure named in the text.

    ``applicant`` is the column of table 3, and of the older statistics: ``year`` or ``cumulative``.
    """
    base = _who(item)
    for table in ("table2", "table3", "table4"):
        held = item.report["tables"].get(table) or {}
        for field, applicant, cell in _cells(held.get("cells") or {}):
            yield (
                base
                | {"table": table, "version": held.get("version"), "field": field, "applicant": applicant}
                | _fact(cell)
            )
    held = item.report["tables"].get("statistics2014") or {}
    for old in held.get("rows") or ():
        names = {
            "table": "statistics2014",
            "version": held.get("version"),
            "field": old.get("key") or old["label"],
        }
        yield base | names | {"applicant": "year"} | _fact(old)
        if old.get("cumulative_state") is not None:
            total = {"value": old.get("cumulative"), "state": old["cumulative_state"], "raw": old["cumulative_raw"]}
            yield base | names | {"applicant": "cumulative"} | _fact(old | total | {"note": None})
    for told in item.report["narrative"]:
        names = {"table": "narrative", "version": None, "field": told["key"], "applicant": None}
        state = "suspect" if told["value"] is None else "approximate" if told["approximate"] else "value"
        yield base | names | _fact(told | {"state": state})


def _who(item: AnnualReport) -> Row:
    """Which version of which report a row belongs to."""
    metadata = item.report["metadata"]
    return {
        "report_id": item.report_id,
        "portal_id": item.portal_id,
        "region_code": metadata.get("region_code"),
        "report_year": metadata.get("report_year"),
        "revision": (item.source.get("revision") or ONLY_VERSION)["number"],
    }


def _cells(cells: Mapping[str, Any]) -> Iterator[tuple[str, str | None, Mapping[str, Any]]]:
    """Cells stand alone, or under the kind of applicant in table 3."""
    for field, held in cells.items():
        if "state" in held:
            yield field, None, held
        else:
            yield from ((field, applicant, cell) for applicant, cell in held.items())


def _fact(cell: Mapping[str, Any]) -> Row:
    value = cell.get("value")
    origin = cell.get("origin")
    return {
        "value": float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None,
        "unit": cell.get("unit"),
        "state": cell.get("state"),
        "raw": cell.get("raw"),
        "note": cell.get("note"),
        "origin": _compact(origin) if origin else None,
    }


def finding_rows(item: AnnualReport) -> Iterator[Row]:
    for finding in item.report["findings"]:
        yield {
            **_who(item),
            **{
                name: finding.get(name)
                for name in ("rule", "severity", "status", "locator", "message_zh", "message_en")
            },
            "expected": _text(finding.get("expected")),
            "actual": _text(finding.get("actual")),
        }


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def typed(value: Any, kind: str) -> Any:
    """A value as its column has it; a date that is none becomes null, the nested report keeps the text.

    >>> typed("2024-01-31", "date"), typed("2024年", "date"), typed(130111, "text")
    (datetime.date(2024, 1, 31), None, '130111')
    """
    if value is None:
        return None
    if kind == "date":
        try:
            return date.fromisoformat(str(value)[:10])
        except ValueError:
            return None
    return str(value) if kind == "text" else value


_WHO = {"report_id": "text", "portal_id": "text", "region_code": "text", "report_year": "int", "revision": "int"}

TABLES: dict[str, Table] = {
    "reports": Table(
        {
            "report_id": "text", "portal_id": "text", **METADATA, **{f"template_{name}": "text" for name in TEMPLATES},
            "table2_status": "text", "table3_status": "text", "table4_status": "text",
            "statistics2014_status": "text", "sections_present": "int",
            "findings": "int", "errors": "int", "revision": "int", "revisions": "int", "is_latest": "bool",
            "addresses": "int", **SOURCE, "schema_version": "text",
        },
        report_rows,
    ),
    "facts_long": Table(
        {
            **_WHO, "table": "text", "version": "text", "field": "text", "applicant": "text", "value": "float",
            "unit": "text", "state": "text", "raw": "text", "note": "text", "origin": "text",
        },
        fact_rows,
    ),
    "validation_results": Table(
        {
            **_WHO, "rule": "text", "severity": "text", "status": "text", "locator": "text", "expected": "text",
            "actual": "text", "message_zh": "text", "message_en": "text",
        },
        finding_rows,
    ),
}  # fmt: skip
