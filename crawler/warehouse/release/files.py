"""A table as Parquet, CSV, JSON lines, Stata and SQLite, streamed out of DuckDB."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import csv

from crawler.spreadsheet import harmless_sql
from crawler.warehouse.schema import FACTS, REPORTS, Column, Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROWS = 20_000  # taken out of DuckDB at a time
BOM = b"\xef\xbb\xbf"
STATA = 118
LABEL = 80  # characters of a label in Stata
# What is text in the main, or has cells of many kinds, is no matrix for Stata: the CSV files have it.
_NOT_FOR_STATA = ("sections", "narrative_facts", "extra_rows", "validation_results", "cross_results", "fields")
_SQLITE = {"int": "INTEGER", "number": "REAL", "bool": "INTEGER"}


def write(connection: DuckDBPyConnection, table: Table, directory: Path) -> int:
    """All files of one table but SQLite; the number of its rows."""
    for name in ("parquet", "csv", "jsonl", "stata"):
        (directory / name).mkdir(exist_ok=True)
    _parquet(connection, table, directory / "parquet" / table.name)
    rows = _csv(connection, table, directory / "csv" / f"{table.name}.csv")
    _jsonl(connection, table, directory / "jsonl" / f"{table.name}.jsonl")
    if table.name not in _NOT_FOR_STATA and table is not FACTS:
        query = f"SELECT {_names(table)} FROM {table.name} {_order(table)}"
        _stata(connection, query, table.columns, table, directory / "stata" / f"{table.name}.dta")
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
    return write_csv(connection, f"SELECT {columns} FROM {table.name} {_order(table)}", path)


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
    query = f"SELECT {columns} FROM {table.name} {_order(table)}"
    connection.execute(f"COPY ({query}) TO '{_quoted(path)}' (FORMAT json)")


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
            cursor = connection.execute(f"SELECT {_sqlite_values(table)} FROM {table.name} {_order(table)}")
            while rows := cursor.fetchmany(ROWS):
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


# --------------------------------------------------------------------------------------------------- Stata


def write_panels(connection: DuckDBPyConnection, directory: Path) -> None:
    """``facts_long_<year>.dta``: the cells of a year's reports, without what is printed around them."""
    columns = tuple(column for column in FACTS.columns if column.name not in ("raw", "note", "origin"))
    years = connection.execute("SELECT DISTINCT report_year FROM reports ORDER BY 1").fetchall()
    for (year,) in years:
        query = (
            f"SELECT {', '.join('f.' + _quote(column.name) for column in columns)} FROM facts_long f"
            f" JOIN reports r USING (report_id, revision_no) WHERE r.report_year IS NOT DISTINCT FROM {year or 'NULL'}"
        )
        _stata(connection, query, columns, FACTS, directory / f"facts_long_{year or 'unknown'}.dta")


def _stata(connection: DuckDBPyConnection, query: str, columns: tuple[Column, ...], table: Table, path: Path) -> None:
    """One .dta file. Closed lists and codes of facts are labelled numbers, long text is strL, null text is ""."""
    import pandas as pd

    held = connection.sql(query).to_arrow_table()
    frame: dict[str, Any] = {}
    long: list[str] = []
    for column in columns:
        values = held.column(column.name)
        if column.values or (table is FACTS and column.name in ("row_code", "col_code", "unit")):
            frame[column.name] = _categories(values, column)
        elif column.type in ("code", "text", "json"):
            frame[column.name] = values.to_pandas().astype(object).fillna("").astype(object)
            if column.type != "code":
                long.append(column.name)
        elif column.type in ("date", "timestamp"):
            frame[column.name] = pd.to_datetime(values.to_pandas(), utc=True).dt.tz_localize(None)
        else:
            whole = column.type == "int" and values.null_count == 0
            frame[column.name] = values.cast(pa.int64() if whole else pa.float64()).to_pandas()
    dates = {
        column.name: "%td" if column.type == "date" else "%tc"
        for column in columns
        if column.type in ("date", "timestamp")
    }
    pd.DataFrame(frame).to_stata(
        path,
        version=STATA,
        write_index=False,
        convert_dates=dates,
        convert_strl=[name for name in long if _is_long(held.column(name))],
        variable_labels={column.name: f"{column.zh} {column.en}"[:LABEL] for column in columns},
        data_label=table.en[:LABEL],
    )


def _categories(values: Any, column: Column) -> Any:
    import pandas as pd

    series = values.to_pandas()
    known = column.values or tuple(sorted(series.dropna().unique()))
    return pd.Series(pd.Categorical(series, categories=list(known)))


def _is_long(values: Any) -> bool:
    """Whether a text is too long for a fixed field of Stata, or so long that a field for all would be wasted."""
    import pyarrow.compute as pc

    longest = pc.max(pc.binary_length(values)).as_py() or 0
    return longest > 244
