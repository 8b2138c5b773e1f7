"""What changed between an earlier release and this one: reports that came and went, and cells that differ."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.errors import InputError
from crawler.warehouse.declared import Column, Table
from crawler.warehouse.release.files import as_text, write_csv
from crawler.warehouse.schema import CHANGES, STATES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SHOWN = 50  # cells that CHANGELOG.md lists; changes.csv has them all
ADDED, REMOVED, CELL = "report_added", "report_removed", "cell"

TABLE = Table(
    "changes", "derived", "与上一发布的差异", "one row per report that came or went, and per cell that differs",
    (
        Column("number", "int", "序号", "counts them"),
        Column("kind", "code", "类型", "a report that came or went, or a cell", values=(ADDED, REMOVED, CELL)),
        Column("report_id", "code", "报告标识", "report"),
        Column("region_code", "code", "行政区划代码", "GB/T 2260 code valid in the report year", nulls="not known"),
        Column("report_year", "int", "报告年度", "year reported on", nulls="not known"),
        Column("subject_name", "text", "报告主体", "whose report it is", nulls="not known"),
        Column("change", "code", "版本成因", "why there is the new version", values=CHANGES, nulls="it went"),
        Column("old_revision_no", "int", "原版本号", "version in the earlier release", nulls="a report that came"),
        Column("new_revision_no", "int", "新版本号", "version in this release", nulls="a report that went"),
        Column("table", "code", "表", "table of the cell", nulls="no cell"),
        Column("row_code", "text", "行代码", "row of the cell", nulls="no cell"),
        Column("col_code", "code", "列代码", "column of the cell", nulls="no cell"),
        Column("old_value", "number", "原数值", "number before", nulls="none: see old_state"),
        Column("new_value", "number", "新数值", "number now", nulls="none: see new_state"),
        Column("old_state", "code", "原状态", "state before", values=STATES, nulls="no such cell"),
        Column("new_state", "code", "新状态", "state now", values=STATES, nulls="no such cell"),
        Column("old_raw", "text", "原文(前)", "printed before", nulls="nothing"),
        Column("new_raw", "text", "原文(后)", "printed now", nulls="nothing"),
    ),
    ("number",),
)  # fmt: skip

_WHO = ", ".join(f"coalesce(n.{name}, o.{name}) AS {name}" for name in ("region_code", "report_year", "subject_name"))
_CELL = [column.name for column in TABLE.columns[9:]]
_NO_CELL = ", ".join(f'NULL AS "{name}"' for name in _CELL)
_FACTS = 'SELECT f.report_id, f."table", f.row_code, f.col_code, f.value, f.state, f.raw FROM {} f ' \
         "SEMI JOIN differing d ON f.report_id = d.report_id"  # fmt: skip
_QUERY = f"""
CREATE TEMP TABLE changes AS
WITH both_sides AS (
  SELECT coalesce(n.report_id, o.report_id) AS report_id, {_WHO}, n.change, o.revision_no AS old_revision_no,
    n.revision_no AS new_revision_no, o.reading_sha256 AS old_reading, n.reading_sha256 AS new_reading
  FROM reports n FULL JOIN old_reports o ON n.report_id = o.report_id
),
differing AS (
  SELECT * FROM both_sides WHERE old_revision_no IS NOT NULL AND new_revision_no IS NOT NULL
    AND old_reading <> new_reading
),
cells AS (
  SELECT coalesce(n.report_id, o.report_id) AS report_id, coalesce(n."table", o."table") AS "table",
    coalesce(n.row_code, o.row_code) AS row_code, coalesce(n.col_code, o.col_code) AS col_code,
    o.value AS old_value, n.value AS new_value, o.state AS old_state, n.state AS new_state, o.raw AS old_raw,
    n.raw AS new_raw
  FROM ({_FACTS.format("facts_long")}) n FULL JOIN ({_FACTS.format("old_facts")}) o
    ON n.report_id = o.report_id AND n."table" = o."table" AND n.row_code = o.row_code AND n.col_code = o.col_code
  WHERE n.value IS DISTINCT FROM o.value OR n.state IS DISTINCT FROM o.state OR n.raw IS DISTINCT FROM o.raw
),
listed AS (
  SELECT CASE WHEN old_revision_no IS NULL THEN '{ADDED}' ELSE '{REMOVED}' END AS kind, report_id, region_code,
    report_year, subject_name, change, old_revision_no, new_revision_no, {_NO_CELL}
  FROM both_sides WHERE old_revision_no IS NULL OR new_revision_no IS NULL
  UNION ALL BY NAME
  SELECT '{CELL}' AS kind, d.region_code, d.report_year, d.subject_name, d.change, d.old_revision_no,
    d.new_revision_no, c.* FROM cells c JOIN differing d USING (report_id)
)
SELECT row_number() OVER (ORDER BY kind, report_id, "table", row_code, col_code) AS number, * FROM listed"""


def check(since: Path | None) -> None:
    """Raises ``InputError`` unless ``since`` is a release."""
    if since is not None:
        for name in ("reports", "facts_long"):
            if not (since / "parquet" / name).is_dir():
                raise InputError(
                    f"{since} 不是发布目录:缺少 parquet/{name}", f"{since} is no release: no parquet/{name}"
                )


def write(connection: DuckDBPyConnection, since: Path | None, directory: Path) -> int | None:
    """``changes.csv`` and ``CHANGELOG.md``; the number of changes, None where nothing is compared."""
    day = datetime.now(UTC).date().isoformat()
    if since is None:
        text = f"# Changelog / 变更记录\n\n## {day}\n\nNot compared with an earlier release. 未与先前发布比较。\n"
        (directory / "CHANGELOG.md").write_text(text, encoding="utf-8")
        return None
    for name, table in (("old_reports", "reports"), ("old_facts", "facts_long")):
        _attach(connection, name, since / "parquet" / table)
    connection.execute(_QUERY)
    columns = ", ".join(f'{as_text(column)} AS "{column.name}"' for column in TABLE.columns)
    count = write_csv(connection, f"SELECT {columns} FROM changes ORDER BY number", directory / "csv" / "changes.csv")
    earlier = since / "CHANGELOG.md"
    before = earlier.read_text(encoding="utf-8").partition("\n\n")[2] if earlier.is_file() else ""
    (directory / "CHANGELOG.md").write_text(_markdown(connection, day, since.name) + "\n" + before, encoding="utf-8")
    return count


def _attach(connection: DuckDBPyConnection, name: str, path: Path) -> None:
    """A table of an earlier release as a view; one without rows has no file."""
    files = sorted(str(file) for file in path.rglob("*.parquet"))
    now = {"old_reports": "reports", "old_facts": "facts_long"}[name]
    if not files:
        connection.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM {now} WHERE false")
        return
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    connection.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM read_parquet([{listed}], union_by_name = true)")


def _markdown(connection: DuckDBPyConnection, day: str, since: str) -> str:
    def ask(query: str) -> list[tuple[object, ...]]:
        return list(connection.execute(query).fetchall())

    kinds = {str(kind): count for kind, count in ask("SELECT kind, count(*) FROM changes GROUP BY ALL")}
    (changed,) = ask(f"SELECT count(DISTINCT report_id) FROM changes WHERE kind = '{CELL}'")[0]
    lines = [
        "# Changelog / 变更记录",
        "",
        f"## {day}",
        "",
        f"Against / 对比: {since}. "
        f"Reports added / 新增报告: {kinds.get(ADDED, 0)}. Reports removed / 移除报告: {kinds.get(REMOVED, 0)}. "
        f"Reports with changed cells / 数值有变的报告: {changed}. Cells changed / 变更单元格: {kinds.get(CELL, 0)}. "
        "All of them / 全部: csv/changes.csv",
    ]
    cells = ask(
        "SELECT report_id, subject_name, report_year, change, \"table\" || '.' || row_code || '.' || col_code, "
        f"old_raw, old_state, new_raw, new_state FROM changes WHERE kind = '{CELL}' ORDER BY number LIMIT {SHOWN}"
    )
    if cells:
        lines += ["", "| report | subject | year | why | cell | before | now |", "|---|---|---|---|---|---|---|"]
    for report, subject, year, why, cell, old_raw, old_state, new_raw, new_state in cells:
        told = (
            report,
            _cell(subject),
            year,
            why,
            _cell(cell),
            _printed(old_raw, old_state),
            _printed(new_raw, new_state),
        )
        lines.append("| " + " | ".join(map(str, told)) + " |")
    return "\n".join(lines) + "\n"


def _printed(raw: object, state: object) -> str:
    return f"({state or 'none'})" if raw is None else _cell(raw)


def _cell(text: object) -> str:
    """Text of a page inside a table of Markdown: no line, column or tag of its own."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")
