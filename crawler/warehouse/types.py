"""What the types of ``crawler.warehouse.schema`` are in Arrow, in DuckDB and as Python values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from crawler.warehouse.declared import Column, Table

ARROW: dict[str, pa.DataType] = {
    "code": pa.string(),
    "text": pa.string(),
    "json": pa.string(),
    "int": pa.int64(),
    "number": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
}
DUCKDB = {
    "code": "VARCHAR",
    "text": "VARCHAR",
    "json": "VARCHAR",
    "int": "BIGINT",
    "number": "DOUBLE",
    "bool": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
}
_LARGEST_INT = 2**63 - 1
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def arrow_schema(table: Table) -> pa.Schema:
    """The stored columns of a table."""
    return pa.schema([pa.field(column.name, ARROW[column.type]) for column in table.stored])


def batch(table: Table, rows: Sequence[tuple[Any, ...]]) -> pa.RecordBatch:
    """Rows whose values stand in the order of the stored columns."""
    schema = arrow_schema(table)
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    arrays = [pa.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def text(value: Any) -> str | None:
    """Text as stored: none for nothing; no character that a database refuses.

    >>> text(""), text("a\\x00b"), text(12), text("\\ud800")
    (None, 'ab', '12', '?')
    """
    if value is None or value == "":
        return None
    found = value if isinstance(value, str) else str(value)
    if "\x00" in found:
        found = found.replace("\x00", "")
    return (found if found.isascii() else found.encode("utf-8", "replace").decode()) or None


def as_json(value: Any) -> str | None:
    """A JSON text; none for nothing."""
    return None if not value and value != 0 else text(_compact(value))


def integer(value: Any) -> int | None:
    """
    >>> integer(3), integer(3.0), integer(3.5), integer(True), integer(None)
    (3, 3, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or value % 1:
        return None
    return int(value) if abs(value) <= _LARGEST_INT else None


def number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def day(value: Any) -> date | None:
    """A date; none for a text that is no ISO date."""
    try:
        return date.fromisoformat(str(value)[:10]) if value else None
    except ValueError:
        return None


def moment(value: Any) -> datetime | None:
    """A time in UTC; one without a zone is in UTC.

    >>> moment("2024-01-31T08:00:00+08:00")
    datetime.datetime(2024, 1, 31, 0, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        found = datetime.fromisoformat(value) if value else None
    except (TypeError, ValueError):
        return None
    if found is None:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def truth(value: Any) -> bool | None:
    return None if value is None else bool(value)


CONVERT = {
    "code": text,
    "text": text,
    "json": as_json,
    "int": integer,
    "number": number,
    "bool": truth,
    "date": day,
    "timestamp": moment,
}


def convert(column: Column, value: Any) -> Any:
    """A value as its column stores it."""
    return CONVERT[column.type](value)
