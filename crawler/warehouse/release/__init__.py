"""``scrapy warehouse release DIR``: the current rows of every table as files that others open, cite and check.

| file | for |
|---|---|
| ``parquet/<table>/`` | analysis; tables of reports in ``province=…/year=…`` |
| ``csv/<table>.csv`` | spreadsheets and all else: UTF-8 with a byte order mark, no cell that starts a formula |
| ``jsonl/<table>.jsonl`` | pipelines |
| ``stata/<table>.dta`` | Stata 14 and later, with labels |
| ``nianbao.sqlite`` | Datasette, or any SQL |
| ``codebook.md``, ``codebook.csv`` | what each field means |
| ``datapackage.json`` | the CSV files as a Frictionless data package |
| ``CHANGELOG.md``, ``changes.csv`` | what changed since an earlier release, cell by cell |
| ``README.md``, ``CITATION.cff``, ``LICENSE.md`` | how to read, cite and use them |

Everything is streamed out of DuckDB. The directory is written as ``DIR.part`` and renamed when it is complete.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.errors import InputError
from crawler.warehouse import WarehouseMissing, duckdb, open_warehouse
from crawler.warehouse.declared import Table
from crawler.warehouse.derived import DERIVED
from crawler.warehouse.schema import TABLES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "768MB"  # of DuckDB; what does not fit is sorted and joined on disk


def release(
    warehouse: Path, directory: Path, *, since: Path | None = None, now: datetime | None = None
) -> dict[str, int]:
    """Writes a release and returns the rows of each table. Raises ``InputError`` for a directory that is not empty."""
    from crawler.warehouse.release import changes, codebook, files, package

    if find_spec("pandas") is None:
        raise WarehouseMissing("pandas")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise InputError(f"{directory} 不是空目录", f"{directory} is not empty")
    changes.check(since)
    part = directory.absolute().with_name(directory.absolute().name + ".part")
    connection = open_warehouse(warehouse)
    try:
        shutil.rmtree(part, ignore_errors=True)  # of one that was killed
        part.mkdir(parents=True)
        _limit(connection, part)
        tables = available(connection)
        rows = {table.name: files.write(connection, table, part) for table in tables}
        files.write_sqlite(connection, tables, part / "nianbao.sqlite")
        if (changed := changes.write(connection, since, part)) is not None:
            tables.append(changes.TABLE)
            rows[changes.TABLE.name] = changed
        codebook.write(tables, part)
        package.write(tables, rows, part, now or datetime.now(UTC))
        shutil.rmtree(part / ".tmp", ignore_errors=True)
        if directory.exists():
            directory.rmdir()
        part.replace(directory)
    except (OSError, duckdb().Error, sqlite3.Error) as error:  # a full disk, in the main
        told = str(error).partition("\n")[0]
        raise InputError(
            f"无法写出发布文件 {directory}:{told}", f"can't write the release {directory}: {told}"
        ) from error
    finally:
        connection.close()
        shutil.rmtree(part, ignore_errors=True)
    return rows


def available(connection: DuckDBPyConnection) -> list[Table]:
    """The declared tables that a warehouse has: one that was only loaded has nothing worked out of it yet.

    Raises ``InputError`` if one lacks a column, as in a warehouse of an older version of this project.
    """
    query = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
    there: dict[str, set[str]] = {}
    for table_name, column_name in connection.execute(query).fetchall():
        there.setdefault(table_name, set()).add(column_name)
    known: Iterable[Table] = (*TABLES.values(), *DERIVED.values())
    found = [table for table in known if table.name in there]
    for table in found:
        if missing := {column.name for column in table.columns} - there[table.name]:
            names = ", ".join(sorted(missing))
            raise InputError(
                f"数据仓库由较旧的版本建立:{table.name} 缺少 {names},请重新载入到新文件",
                f"the warehouse is of an older version: {table.name} has no {names}; load the runs into a new one",
            )
    return found


def _limit(connection: DuckDBPyConnection, part: Path) -> None:
    connection.execute(f"SET memory_limit = '{MEMORY}'")
    connection.execute("SET temp_directory = ?", [str(part / ".tmp")])
    connection.execute("SET threads = 2")
