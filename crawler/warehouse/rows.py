"""A record of ``reports.jsonl`` as rows of the warehouse's tables.

Every function gives tuples in the order of the table's stored columns, since millions of them are made. The cells of a
table become facts whether a number is printed in them or not; ``not_in_template`` alone is left out: a cell that the
report's form does not have says nothing of the report.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import cache
from itertools import count
from typing import Any

from crawler.registry import Portal
from crawler.warehouse import schema
from crawler.warehouse.types import as_json, convert, integer, number, text
from parsers import regions
from parsers.brief import fingerprint
from parsers.cells import NOT_IN_TEMPLATE
from parsers.forms.fields import CODES, CUMULATIVE, STATISTICS, YEAR, FormField, by_path

Record = Mapping[str, Any]
Rows = list[tuple[Any, ...]]

_UNREAD = frozenset(["source", "documents", "report_id", "portal_id"])  # where it was found, not what it says
_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_SEVERITIES = {"error": "errors", "warning": "warnings", "info": "notices"}
_PASSED = ("pass", "pass_assuming_blank_zero")
_TABLES = (*CODES.items(), ("statistics2014", STATISTICS))


def reading_sha256(record: Record) -> str:
    """A hash of all that was read of a report, findings included, wherever its files were found."""
    read = {name: value for name, value in record.items() if name not in _UNREAD}
    return hashlib.sha256(_canonical(read).encode("utf-8", "surrogatepass")).hexdigest()


def content_fingerprint(record: Record) -> str:
    """The fingerprint by which a crawl tells versions of a report apart."""
    return fingerprint(dict(record))


def report(record: Record, version: Mapping[str, Any]) -> tuple[Any, ...]:
    """``version`` holds the columns that only the warehouse knows: revision_no, change, valid_from, hashes, run_id."""
    metadata, source = record["metadata"], record["source"]
    told = {
        **{column.name: metadata.get(column.name) for column in schema.METADATA},
        **{column.name: source.get(column.name) for column in schema.SOURCE},
        **_counts(record),
        "archive_file": source.get("archive"),
        "documents": _files(record),
        "report_id": record["report_id"],
        "portal_id": record["portal_id"],
        "schema_version": record["schema_version"],
        **_codes(metadata.get("region_code")),
        "template_version": record["template"].get("version"),
        **version,
    }
    for name, short in _TABLES:
        held = record["tables"].get(name) or {}
        told |= {f"{short}_status": held.get("status"), f"{short}_version": held.get("version")}
    return tuple(convert(column, told.get(column.name)) for column in schema.REPORTS.stored)


def _files(record: Record) -> list[dict[str, Any]]:
    """The archived files, each with the numbers by which ``origin`` names the documents in it."""
    names = ("url", "name", "content_type", "file", "record_id", "offset", "content_sha256")
    read = record.get("documents") or ()
    return [
        {"numbers": [each["number"] for each in read if each["file"] == at], **{name: held.get(name) for name in names}}
        for at, held in enumerate(record["source"].get("documents") or ())
    ]


@cache
def _codes(code: str | None) -> dict[str, str]:
    """The units that a region lies in, as far as GB/T 2260 has them: a development zone has no county.

    >>> _codes("370323"), _codes("110101")
    ({'province_code': '370000', 'prefecture_code': '370300', 'county_code': '370323'}, \
{'province_code': '110000', 'county_code': '110101'})
    """
    if not code:
        return {}
    units = {"province_code": code[:2] + "0000", "prefecture_code": code[:4] + "00", "county_code": code}
    return {name: unit for name, unit in units.items() if _levels().get(unit) == name}


@cache
def _levels() -> dict[str, str]:
    """Every code of GB/T 2260 with the column that it belongs in."""
    return {row[0]: f"{row[2]}_code" for row in regions.table()}


def _counts(record: Record) -> dict[str, int]:
    counts = dict.fromkeys((*_SEVERITIES.values(), "not_assessable"), 0)
    for finding in record["findings"]:
        counts[_SEVERITIES[finding["severity"]] if finding["status"] == "fail" else "not_assessable"] += 1
    passed = sum(tally.get(kind, 0) for tally in record.get("checks", {}).values() for kind in _PASSED)
    present = [section for section in record["sections"] if section.get("present")]
    characters = sum(section.get("char_count") or 0 for section in present)
    return counts | {"checks_passed": passed, "sections_present": len(present), "characters": characters}


def sections(record: Record, key: tuple[str, int]) -> Iterator[tuple[Any, ...]]:
    for section in record["sections"]:
        told = (convert(column, section.get(column.name)) for column in schema.SECTIONS.stored[2:])
        yield (*key, *told)


def facts(record: Record, key: tuple[str, int]) -> Rows:
    """Every cell that the report's form has."""
    out: Rows = []
    for name, code in CODES.items():
        for path, cell in _cells((record["tables"].get(name) or {}).get("cells") or {}):
            state = cell["state"]
            if state == NOT_IN_TEMPLATE:
                continue
            field = by_path(name, *path)
            row, column = (field.row, field.column) if field else (".".join(path), "")
            out.append((*key, code, row, column, *_fact(cell, field)))
    out.extend((*key, *fact) for fact in _statistics(record))
    return out


def _fact(cell: Record, field: FormField | None = None) -> tuple[Any, ...]:
    unit = cell.get("unit") or (field and field.unit)
    origin = cell.get("origin")
    return (
        number(cell.get("value")),
        text(unit),
        cell.get("state"),
        text(cell.get("raw")),
        text(cell.get("note")),
        _origin(origin) if origin else None,
    )


_origins: dict[tuple[Any, ...], str | None] = {}  # cells of many reports stand in the same places


def _origin(origin: Record) -> str | None:
    place = tuple(origin.items())
    try:
        return _origins[place]
    except TypeError:  # a box, which is a list, and seldom the same twice
        return as_json(origin)
    except KeyError:
        if len(_origins) > 100_000:
            _origins.clear()
        return _origins.setdefault(place, as_json(origin))


def _cells(cells: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Record]]:
    """Cells stand alone, or under the kind of applicant in table 3."""
    for name, held in cells.items():
        if "state" in held:
            yield (name,), held
        else:
            yield from (((name, inner), cell) for inner, cell in held.items())


def _statistics(record: Record) -> Iterator[tuple[Any, ...]]:
    """The older statistics: a printed row is known by its key, else by its label; one printed twice gets a number."""
    seen: set[str] = set()
    for row in (record["tables"].get("statistics2014") or {}).get("rows") or ():
        name = row.get("key") or text(row["label"]) or "-"
        code = next(code for at in count(1) if (code := name if at == 1 else f"{name}#{at}") not in seen)
        seen.add(code)
        yield (STATISTICS, code, YEAR, *_fact(row))
        if row.get("cumulative_state") is not None:
            total = {"value": row["cumulative"], "state": row["cumulative_state"], "raw": row["cumulative_raw"]}
            yield (STATISTICS, code, CUMULATIVE, *_fact({**row, **total, "note": None}))


def wide(record: Record, key: tuple[str, int]) -> tuple[Any, ...]:
    values: dict[tuple[str, ...], Any] = {
        (name, *path): cell.get("value")
        for name in CODES
        for path, cell in _cells((record["tables"].get(name) or {}).get("cells") or {})
    }
    for row in (record["tables"].get("statistics2014") or {}).get("rows") or ():
        if row.get("key"):
            values.setdefault((STATISTICS, row["key"]), row.get("value"))
    statuses = [(record["tables"].get(name) or {}).get("status") for name, _ in _TABLES]
    names = {code: name for name, code in CODES.items()}
    cells = (
        integer(value) if column.type == "int" else number(value)
        for field, column in zip(schema.WIDE_FIELDS, schema.WIDE.stored[2 + len(_TABLES) :], strict=True)
        for value in (values.get((names.get(field.table, field.table), *field.path)),)
    )
    return (*key, *statuses, *cells)


def extra(record: Record, key: tuple[str, int]) -> Iterator[tuple[Any, ...]]:
    for at, row in enumerate(record.get("extra_rows") or (), start=1):
        yield (*key, at, CODES[row["table"]], text(row["label"]), text(row.get("group")), as_json(row.get("cells")))


def narrative(record: Record, key: tuple[str, int]) -> Iterator[tuple[Any, ...]]:
    for at, fact in enumerate(record["narrative"], start=1):
        yield (*key, at, *(convert(column, fact.get(column.name)) for column in schema.NARRATIVE.stored[3:]))


def validation(record: Record, key: tuple[str, int]) -> Iterator[tuple[Any, ...]]:
    """Findings in their order, then the passes: a row per rule and kind of pass."""
    at = 0
    for at, finding in enumerate(record["findings"], start=1):
        sides = (_side(finding.get("expected")), _side(finding.get("actual")))
        messages = (text(finding.get("message_zh")), text(finding.get("message_en")))
        where = text(finding.get("locator"))
        yield (*key, at, finding["rule"], finding["severity"], finding["status"], 1, where, *sides, *messages)
    for rule, tally in record.get("checks", {}).items():
        for status in _PASSED:
            if times := tally.get(status):
                at += 1
                yield (*key, at, rule, None, status, times, None, None, None, None, None)


def _side(value: Any) -> str | None:
    return text(value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False))


OF_VERSION = {
    schema.SECTIONS.name: sections,
    schema.FACTS.name: facts,
    schema.WIDE.name: lambda record, key: [wide(record, key)],
    schema.EXTRA.name: extra,
    schema.NARRATIVE.name: narrative,
    schema.VALIDATION.name: validation,
}


def outcome(record: Record, run_id: str, finished: str | None) -> tuple[Any, ...]:
    told = {**record, "run_id": run_id, "finished": finished}
    for name in ("years_found", "years_missing"):
        told[name] = json.dumps(record.get(name) or [])
    return tuple(
        text(told.get(column.name)) if column.type == "json" else convert(column, told.get(column.name))
        for column in schema.OUTCOMES.stored
    )


def run(told: Record) -> tuple[Any, ...]:
    return tuple(convert(column, told.get(column.name)) for column in schema.RUNS.stored)


def registered(portal: Portal) -> tuple[Any, ...]:
    """A row of the registry, as it is written there."""
    families = " ".join(
        f"{each.name}@{each.since or ''}-{each.until or ''}" if each.since or each.until else each.name
        for each in portal.families
    )
    lists = (" ".join(portal.columns), " ".join(portal.hosts), families)
    told = (portal.portal_id, portal.region_code, portal.name, portal.url, *lists, portal.site_id_code)
    return tuple(map(text, told))


def portals(outcomes: Iterable[Record], known: Container[str] = ()) -> Rows:
    """The portals of a run that no registry has."""
    return [
        tuple(text(outcome.get(column.name)) for column in schema.PORTALS.stored)
        for outcome in outcomes
        if outcome["portal_id"] not in known
    ]


def all_regions() -> Rows:
    return [tuple(convert(column, value) for column, value in zip(schema.REGIONS.stored, row, strict=True))
            for row in regions.table()]  # fmt: skip


def all_fields() -> Rows:
    return [
        (field.table, field.row, field.column, field.short, ".".join(field.path), field.label, field.english,
         field.unit, " ".join(field.versions), schema.years(field), at)
        for at, field in enumerate(schema.WIDE_FIELDS, start=1)
    ]  # fmt: skip
