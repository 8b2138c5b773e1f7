"""A table as Parquet, CSV, JSON lines and SQLite, streamed out of DuckDB; Stata files have a module of their own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import csv

from crawler.spreadsheet import harmless_sql
from crawler.warehouse.declared import Column, Table
from crawler.warehouse.release import stata
from crawler.warehouse.schema import REPORTS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROWS = 20_000  # taken out of DuckDB at a time
BOM = b"\xef\xbb\xbf"
_SQLITE = {"int": "INTEGER", "number": "REAL", "bool": "INTEGER"}


def write(connection: DuckDBPyConnection, table: Table, directory: Path) -> int:
    """All files of one table but the one for SQLite; the number of its rows."""
    for name in ("parquet", "csv", "jsonl", "stata"):
        (directory / name).mkdir(exist_ok=True)
    _parquet(connection, table, directory / "parquet" / table.name)
    rows = _csv(connection, table, directory / "csv" / f"{table.name}.csv")
    _jsonl(connection, table, directory / "jsonl" / f"{table.name}.jsonl")
    stata.write(connection, table, directory / "stata")
    return rows


def _names(table: Table, prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{column.name}"' for column in table.columns)


def _order(table: Table) -> str:
    """Large tables stay in the order in which they were loaded."""
    large = table.kind == "version" and len(table.key) > 2
    return "" if large else "ORDER BY " + ", ".join(f'"{name}"' for name in table.key)


# ------------------------------------------------------------------------------------------------- Parquet


def _parquet(connection: DuckDBPyConnection, table: Table, path: Path) -> None:
    """Tables of reports lie in folders by province and year, the others in one file.

    A report of no known province or year lies in ``000000`` or ``0``: readers of Arrow can't take folders of null.
    """
    options = "FORMAT parquet, COMPRESSION zstd"
    if table.kind != "version":
        path.mkdir()
        query = f"SELECT {_names(table)} FROM {table.name} {_order(table)}"
        connection.execute(f"COPY ({query}) TO '{_quoted(path / 'data_0.parquet')}' ({options})")
        return
    place = "coalesce(r.province_code, '000000') AS province, coalesce(r.report_year, 0) AS year"
    joined = "" if table is REPORTS else " JOIN reports r USING (report_id, revision_no)"
    alias = "r" if table is REPORTS else "t"
    query = f"SELECT {_names(table, alias + '.')}, {place} FROM {table.name} {alias}{joined}"
    connection.execute(f"COPY ({query}) TO '{_quoted(path)}' ({options}, PARTITION_BY (province, year))")
    path.mkdir(exist_ok=True)  # no rows, no file


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


# ----------------------------------------------------------------------------------------------------- CSV


def as_text(column: Column) -> str:
    """A column as the text of a CSV cell: counts without decimals, dates of ISO 8601, no formula."""
    name = f'"{column.name}"'
    if column.type == "text":
        return harmless_sql(name)
    if column.type == "number":
        return (
            f"CASE WHEN {_is_whole(name)} THEN CAST(CAST({name} AS BIGINT) AS VARCHAR) ELSE CAST({name} AS VARCHAR) END"
        )
    if column.type == "timestamp":
        return _iso(name)
    return name if column.type in ("code", "json") else f"CAST({name} AS VARCHAR)"


def _is_whole(name: str) -> str:
    return f"{name} = trunc({name}) AND abs({name}) < 1e15"


def _iso(name: str) -> str:
    return f"strftime({name}, '%Y-%m-%dT%H:%M:%SZ')"


def _csv(connection: DuckDBPyConnection, table: Table, path: Path) -> int:
    columns = ", ".join(f'{as_text(column)} AS "{column.name}"' for column in table.columns)
    ordered = f"SELECT {_names(table)} FROM {table.name} {_order(table)}"  # before it is text, which takes more to sort
    return write_csv(connection, f"SELECT {columns} FROM ({ordered})", path)


def write_csv(connection: DuckDBPyConnection, query: str, path: Path) -> int:
    """The result of a query whose columns are text; the number of its rows."""
    reader = connection.sql(query).to_arrow_reader(ROWS)
    schema = pa.schema([pa.field(field.name, pa.string()) for field in reader.schema])
    rows = 0
    with path.open("wb") as file:
        file.write(BOM)
        with csv.CSVWriter(file, schema) as writer:
            for batch in reader:
                rows += batch.num_rows
                writer.write_batch(batch.cast(schema))
    return rows


# -------------------------------------------------------------------------------------------------- JSONL


def _jsonl(connection: DuckDBPyConnection, table: Table, path: Path) -> None:
    columns = ", ".join(f'{_as_json(column)} AS "{column.name}"' for column in table.columns)
    query = f"SELECT CAST(to_json(t) AS VARCHAR) FROM (SELECT {columns} FROM {table.name} {_order(table)}) t"
    with path.open("w", encoding="utf-8", newline="\n") as file:  # COPY keeps wide rows in memory to keep their order
        for batch in connection.sql(query).to_arrow_reader(ROWS):
            file.writelines(f"{line}\n" for line in batch.column(0).to_pylist())


def _as_json(column: Column) -> str:
    name = f'"{column.name}"'
    if column.type == "number":
        return f"CASE WHEN {_is_whole(name)} THEN to_json(CAST({name} AS BIGINT)) ELSE to_json({name}) END"
    if column.type == "timestamp":
        return _iso(name)
    return f"CAST({name} AS JSON)" if column.type == "json" else name


# -------------------------------------------------------------------------------------------------- SQLite


def write_sqlite(connection: DuckDBPyConnection, tables: Iterable[Table], path: Path) -> None:
    """One file with all tables, keys and references between keys; dates are ISO text."""
    held = list(tables)
    database = sqlite3.connect(path)
    try:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        for table in held:
            database.execute(f'CREATE TABLE "{table.name}" ({_sqlite_columns(table, held)})')
            marks = ", ".join("?" * len(table.columns))
            query = f"SELECT {_sqlite_values(table)} FROM {table.name} {_order(table)}"
            for batch in connection.sql(query).to_arrow_reader(ROWS):  # execute() would hold the whole result in memory
                rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
                database.executemany(f'INSERT INTO "{table.name}" VALUES ({marks})', rows)
        database.commit()
        database.execute("PRAGMA optimize")
    finally:
        database.close()


def _sqlite_columns(table: Table, tables: list[Table]) -> str:
    lines = [f'"{column.name}" {_SQLITE.get(column.type, "TEXT")}' for column in table.columns]
    lines.append(f"PRIMARY KEY ({', '.join(map(_quote, table.key))})")
    keys = {each.name: each.key for each in tables}
    for columns, other, theirs in table.refers:
        if keys.get(other) == theirs:
            names, others = ", ".join(map(_quote, columns)), ", ".join(map(_quote, theirs))
            lines.append(f"FOREIGN KEY ({names}) REFERENCES {_quote(other)} ({others})")
    return ", ".join(lines)


def _quote(name: str) -> str:
    return f'"{name}"'


def _sqlite_values(table: Table) -> str:
    def value(column: Column) -> str:
        name = _quote(column.name)
        if column.type == "timestamp":
            return _iso(name)
        kinds = {"bool": "INTEGER", "date": "VARCHAR"}
        return f"CAST({name} AS {kinds[column.type]})" if column.type in kinds else name

    return ", ".join(map(value, table.columns))
