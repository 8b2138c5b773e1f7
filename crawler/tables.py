"""The flat tables: their columns with types, and the rows that a line of ``reports.jsonl`` gives them.

| table | one row per |
|---|---|
| ``reports`` | report: metadata, template, counts of findings |
| ``facts_long`` | printed figure: report, table, field, applicant, value, state |
| ``validation_results`` | finding |

A row is a tuple of as many values as the table has columns, in their order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from parsers.jsontext import dumps

Record = Mapping[str, Any]
"""A line of ``reports.jsonl``."""
Row = tuple[Any, ...]

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
ONLY_VERSION = {"number": 1, "of": 1, "latest": True}
TEMPLATES = ("version", "table2", "table3", "table4")
STATUSES = ("table2", "table3", "table4", "statistics2014")


@dataclass(frozen=True, slots=True)
class Table:
    """Columns with their types (text, int, float, bool, date), and how a line becomes rows."""

    columns: Mapping[str, str]
    rows: Callable[[Record], Iterator[Row]]


def report_rows(record: Record) -> Iterator[Row]:
    metadata, source, tables = record["metadata"], record["source"], record["tables"]
    severities = [finding["severity"] for finding in record["findings"]]
    version = source.get("revision") or ONLY_VERSION
    yield (
        record["report_id"],
        record["portal_id"],
        *(typed(metadata.get(name), kind) for name, kind in METADATA.items()),
        *(record["template"].get(name) for name in TEMPLATES),
        *((tables.get(name) or {}).get("status") for name in STATUSES),
        sum(bool(section.get("present")) for section in record["sections"]),
        len(severities),
        severities.count("error"),
        version["number"],
        version["of"],
        version["latest"],
        len(source.get("addresses") or (1,)),
        *(typed(source.get(name), kind) for name, kind in SOURCE.items()),
        record["schema_version"],
    )


def fact_rows(record: Record) -> Iterator[Row]:
    """A row per cell of tables 2 to 4 and of the older statistics, and per figure named in the text.

    ``applicant`` is the column of table 3, and of the older statistics: ``year`` or ``cumulative``.
    """
    who = _who(record)
    for table in ("table2", "table3", "table4"):
        held = record["tables"].get(table) or {}
        named = (*who, table, held.get("version"))
        for field, cells in (held.get("cells") or {}).items():
            if "state" in cells:
                yield (*named, field, None, *_fact(cells))
            else:  # one for each kind of applicant
                for applicant, cell in cells.items():
                    yield (*named, field, applicant, *_fact(cell))
    held = record["tables"].get("statistics2014") or {}
    for old in held.get("rows") or ():
        named = (*who, "statistics2014", held.get("version"), old.get("key") or old["label"])
        yield (*named, "year", *_fact(old))
        if old.get("cumulative_state") is not None:
            total = {"value": old.get("cumulative"), "state": old["cumulative_state"], "raw": old["cumulative_raw"]}
            yield (*named, "cumulative", *_fact(old | total | {"note": None}))
    for told in record["narrative"]:
        state = "suspect" if told["value"] is None else "approximate" if told["approximate"] else "value"
        yield (*who, "narrative", None, told["key"], None, *_fact(told | {"state": state}))


def _who(record: Record) -> Row:
    """Which version of which report a row belongs to."""
    metadata = record["metadata"]
    version = record["source"].get("revision") or ONLY_VERSION
    region, year = metadata.get("region_code"), metadata.get("report_year")
    return record["report_id"], record["portal_id"], region, year, version["number"]


def _fact(cell: Mapping[str, Any]) -> Row:
    get: Callable[[str], Any] = cell.get
    value, origin = get("value"), get("origin")
    number = float(value) if type(value) in (int, float) else None
    return number, get("unit"), get("state"), get("raw"), get("note"), dumps(origin).decode() if origin else None


def finding_rows(record: Record) -> Iterator[Row]:
    who = _who(record)
    for finding in record["findings"]:
        told = (finding.get(name) for name in ("rule", "severity", "status", "locator"))
        sides = (_text(finding.get(name)) for name in ("expected", "actual"))
        yield (*who, *told, *sides, finding.get("message_zh"), finding.get("message_en"))


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
            **{f"{name}_status": "text" for name in STATUSES}, "sections_present": "int",
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
