"""What a warehouse in DuckDB works out of its tables: ``indicators``, ``coverage``, ``cross_results`` and the queries
people ask, each a view (``crawler/warehouse/views/*.sql``).

``install`` makes them and may be called again at any time; ``crawler.warehouse.across.check`` fills ``cross_results``.
Their columns are declared here as those of the loaded tables are in ``crawler.warehouse.schema``.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from crawler.warehouse import coverage, indicators
from crawler.warehouse.declared import Column, Table
from crawler.warehouse.schema import REPORTS, VALIDATION, VERSION
from crawler.warehouse.types import DUCKDB

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_METADATA = {column.name: column for column in REPORTS.columns}


def _of_reports(*names: str) -> tuple[Column, ...]:
    return tuple(_METADATA[name] for name in names)


_OTHER = Column("other_report_id", "code", "另一报告", "the report that it disagrees with", nulls="none, or passed")
_WHAT = VALIDATION.columns.index(VALIDATION.column("locator"))

CROSS = Table(
    "cross_results", "derived", "跨报告核对结果",
    "one row per finding of a rule across reports; and one per report and rule passed, with how often",
    (*VALIDATION.columns[:_WHAT], _OTHER, *VALIDATION.columns[_WHAT:]),
    VALIDATION.key,
    VALIDATION.refers,
)  # fmt: skip

_FORMULAS = "; ".join(f"{rate.name} = ({rate.numerator}) / ({rate.denominator})" for rate in indicators.RATES)

INDICATORS = Table(
    "indicators", "derived", "指标", "one row per report and rate whose numbers are all there",
    (
        *VERSION,
        *_of_reports("region_code", "region_code_current", "report_year", "report_scope"),
        Column("indicator", "code", "指标", "rate", formula=_FORMULAS, values=tuple(r.name for r in indicators.RATES)),
        Column("numerator", "int", "分子", "numerator, of printed totals", nulls="a number of it is null"),
        Column("denominator", "int", "分母", "denominator, of printed totals", nulls="a number of it is null"),
        Column("rate", "number", "比率", "rate, of printed totals", nulls="the denominator is 0, or a number is null"),
        Column("numerator_of_sums", "int", "分子(按行求和)", "numerator, of the sums of the rows",
               nulls="a cell is null, or the rate is of no rows"),
        Column("denominator_of_sums", "int", "分母(按行求和)", "denominator, of the sums of the rows",
               nulls="a cell is null, or the rate is of no rows"),
        Column("rate_of_sums", "number", "比率(按行求和)", "rate, of the sums of the rows",
               nulls="the denominator is 0, or a number is null"),
        Column("differs", "bool", "两者不同", "whether printed totals and sums of rows disagree"),
        Column("small", "bool", "小样本", f"whether the denominator is under {indicators.SMALL}"),
    ),
    ("report_id", "revision_no", "indicator"),
    VALIDATION.refers,
)  # fmt: skip

COVERAGE = Table(
    "coverage", "derived", "覆盖情况", "one row per region with a portal or a report, and year",
    (
        Column("region_code", "code", "行政区划代码", "GB/T 2260 code of today"),
        Column("region_name", "text", "名称", "name", nulls="not a code of GB/T 2260"),
        Column("admin_level", "code", "行政层级", "level", nulls="not a code of GB/T 2260"),
        Column("province_code", "code", "省代码", "code of the province"),
        Column("province_name", "text", "省", "province", nulls="not a code of GB/T 2260"),
        Column("report_year", "int", "报告年度", "year reported on"),
        Column("status", "code", "状态", "what became of the report",
               values=("found", "unreadable", "missing", "blocked", "not_visited")),
        Column("report_id", "code", "报告标识", "the report that counts", nulls="none found"),
        Column("scope", "code", "统计范围", "region_aggregate or government_office", nulls="none found"),
        Column("published_on", "date", "公布日期", "date of publication", nulls="none found, or without a date"),
        Column("deadline", "date", "期限", "date by which it is due", nulls="none found"),
        Column("days_late", "int", "迟到天数", "days after the deadline, 0 for in time", unit="天",
               nulls="none found, or without a date"),
        Column("tables_read", "int", "读出表数", "tables read", unit="个", nulls="none found"),
        Column("tables_due", "int", "应有表数", "tables that the format of that year asks for", unit="个",
               nulls="none found"),
        Column("checks_passed", "int", "通过核对数", "checks passed", unit="个", nulls="none found"),
        Column("checks_failed", "int", "错误数", "checks of severity error failed", unit="个", nulls="none found"),
        Column("portal_id", "code", "门户标识", "portal visited last", nulls="not visited"),
        Column("outcome", "code", "采集结果", "outcome of that visit", nulls="not visited"),
    ),
    ("region_code", "report_year"),
)  # fmt: skip

DERIVED: dict[str, Table] = {table.name: table for table in (CROSS, INDICATORS, COVERAGE)}


@dataclass(frozen=True, slots=True)
class Question:
    """A query that people ask, as a view: what it tells, and an example of its use."""

    name: str
    zh: str
    en: str
    example: str
    sql: str


def questions() -> list[Question]:
    """The documented views, by name."""
    files = (file for file in resources.files("crawler.warehouse").joinpath("views").iterdir())
    return [_question(file.name, file.read_text("utf-8")) for file in sorted(files, key=lambda file: file.name)
            if file.name.endswith(".sql")]  # fmt: skip


def _question(file: str, text: str) -> Question:
    head = [line.removeprefix("--").strip() for line in text.splitlines() if line.startswith("--")]
    zh, _, en = head[0].partition(" / ")
    example = " ".join(head[1:]).removeprefix("Example: ")
    return Question(file.removesuffix(".sql"), zh, en, example, text)


def install(connection: DuckDBPyConnection) -> None:
    """Makes or renews the views, and the table that ``check`` fills."""
    columns = ", ".join(f'"{column.name}" {DUCKDB[column.type]}' for column in CROSS.columns)
    connection.execute(f"CREATE TABLE IF NOT EXISTS {CROSS.name} ({columns})")
    for name, query in (
        (INDICATORS.name, indicators.view_sql()),
        (COVERAGE.name, coverage.VIEW),
        *((question.name, question.sql) for question in questions()),
    ):
        connection.execute(f"CREATE OR REPLACE VIEW {name} AS {query}")
