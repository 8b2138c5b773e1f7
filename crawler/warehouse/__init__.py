"""The warehouse: what runs found, as tables that people query, with every version of every report.

``scrapy warehouse load`` fills it from published runs, ``scrapy warehouse release`` makes files of it. The tables are
declared in ``crawler.warehouse.schema`` and described in docs/data.md. To read them:

>>> warehouse = in_memory([])
>>> warehouse.sql("SELECT count(*) FROM reports").fetchall()
[(0,)]

``open_warehouse(path)`` gives the same for a file. Both are DuckDB connections whose tables need no prefix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.errors import InputError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DEFAULT = Path("output") / "warehouse.duckdb"


class WarehouseMissing(InputError):
    """The libraries of the extra ``warehouse`` are not installed."""

    def __init__(self, library: str | None) -> None:
        super().__init__(
            f"缺少 {library}:请安装附加组件 warehouse(pip install -e '.[warehouse]')",
            f"{library} is not installed: install the extra warehouse (pip install -e '.[warehouse]')",
        )


def duckdb() -> Any:
    """The library DuckDB; raises ``WarehouseMissing``."""
    try:
        import duckdb as library
    except ImportError as error:
        raise WarehouseMissing(error.name) from None
    return library


def open_warehouse(path: Path = DEFAULT, *, read_only: bool = True) -> DuckDBPyConnection:
    """A DuckDB file that ``scrapy warehouse load`` made, with its schema as the default one.

    Raises ``InputError`` for a file that is missing, in use, or no warehouse, ``WarehouseMissing`` without DuckDB.
    """
    from crawler.warehouse.schema import DATASET

    library = duckdb()
    if not path.is_file():
        raise InputError(
            f"数据仓库 {path} 不存在,请先运行 scrapy warehouse load",
            f"there is no warehouse {path}; run scrapy warehouse load first",
        )
    try:
        connection = library.connect(str(path), read_only=read_only)
        connection.execute(f"USE {DATASET}")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SELECT 1 FROM runs LIMIT 1")
    except library.Error as error:
        told = str(error).splitlines()[0]
        raise InputError(f"无法打开数据仓库 {path}:{told}", f"can't open the warehouse {path}: {told}") from None
    return connection  # type: ignore[no-any-return]


def in_memory(
    records: Iterable[Mapping[str, Any]],
    outcomes: Iterable[Mapping[str, Any]] = (),
    *,
    run_id: str = "run",
    finished: str = "2025-06-01T00:00:00+00:00",
) -> DuckDBPyConnection:
    """A warehouse of the records of one run, as ``reports.jsonl`` and ``outcomes.jsonl`` have them. For tests.

    ``add_run`` adds further runs to it.
    """
    from crawler.warehouse import rows, schema, views
    from crawler.warehouse.types import DUCKDB

    connection = duckdb().connect()
    connection.execute(f"CREATE SCHEMA {schema.DATASET}")
    connection.execute(f"USE {schema.DATASET}")
    connection.execute("SET TimeZone = 'UTC'")
    for table in schema.TABLES.values():
        columns = ", ".join(f'"{column.name}" {DUCKDB[column.type]}' for column in table.stored)
        connection.execute(f"CREATE TABLE {views.stored_name(table)} ({columns})")
    _insert(connection, schema.REGIONS, rows.all_regions())
    _insert(connection, schema.FIELDS, rows.all_fields())
    for name, query in views.views(str, '"{}"'.format):
        connection.execute(f"CREATE VIEW {name} AS {query}")
    add_run(connection, records, outcomes, run_id=run_id, finished=finished)
    return connection  # type: ignore[no-any-return]


def add_run(
    warehouse: DuckDBPyConnection,
    records: Iterable[Mapping[str, Any]],
    outcomes: Iterable[Mapping[str, Any]] = (),
    *,
    run_id: str,
    finished: str,
    years: Iterable[int] = (),
) -> None:
    """Adds the records of one more run to a warehouse in memory; ``years`` are those it looked for, none for all."""
    from crawler.warehouse import rows, schema
    from crawler.warehouse.types import moment
    from crawler.warehouse.versions import KNOWN, known_versions, new_versions
    from crawler.warehouse.views import VERSIONS

    known = known_versions(warehouse.execute(KNOWN.format(VERSIONS)))
    at = moment(finished) or datetime.now(UTC)
    held: dict[str, list[tuple[Any, ...]]] = {}
    grouped = groupby(sorted(records, key=lambda record: record["report_id"]), lambda record: record["report_id"])
    for _, group in grouped:
        for version in new_versions(list(group), known, run_id, at):
            for name, added in version.items():
                held.setdefault(name, []).extend(added)
    for name, added in held.items():
        _insert(warehouse, schema.TABLES[name], added)
    visits = list(outcomes)
    _insert(warehouse, schema.OUTCOMES, [rows.outcome(visit, run_id, finished) for visit in visits])
    _insert(warehouse, schema.PORTALS, rows.portals(visits, {row[0] for row in warehouse.execute(
        "SELECT portal_id FROM portals").fetchall()}))  # fmt: skip
    _insert(
        warehouse,
        schema.RUNS,
        [rows.run({"run_id": run_id, "started": finished, "finished": finished, "years": list(years)})],
    )


def _insert(warehouse: DuckDBPyConnection, table: Any, added: list[tuple[Any, ...]]) -> None:
    from crawler.warehouse.types import batch
    from crawler.warehouse.views import stored_name

    if added:
        import pyarrow as pa

        rows = pa.Table.from_batches([batch(table, added)])
        warehouse.register("_added", rows)
        warehouse.execute(f"INSERT INTO {stored_name(table)} SELECT * FROM _added")
        warehouse.unregister("_added")
