"""The named tables as views of what is stored: the current rows of each, and the history of ``reports``.

Only what complete loads brought is seen: a version counts when its run stands in ``runs``, which is written last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from crawler.warehouse.schema import FORMER, HISTORY, OUTCOMES, REPORTS, Table, of_kind

Qualify = Callable[[str], str]
Quote = Callable[[str], str]

VERSIONS = "report_versions"  # what is stored of reports; reports_history adds the columns that follow from it


def stored_name(table: Table) -> str:
    return VERSIONS if table is REPORTS else table.stored_as


def views(qualify: Qualify, quote: Quote) -> Iterator[tuple[str, str]]:
    """Name and query of every view, in the order in which they must be made.

    ``qualify`` gives the full name of a table, ``quote`` that of a column, as the database wants them.
    """
    yield REPORTS.stored_as, _history_of_reports(qualify, quote)
    yield REPORTS.name, f"SELECT * FROM {qualify(REPORTS.stored_as)} WHERE {quote('is_latest')}"
    for table in of_kind("version"):
        if table is not REPORTS:
            yield table.name, _current(table, qualify, quote)
    yield OUTCOMES.name, _newest_visits(qualify, quote)


def _history_of_reports(qualify: Qualify, quote: Quote) -> str:
    """The version seen last is the current one, in whatever order the runs were loaded. A former one never was."""
    former = f"v.{quote('change')} = '{FORMER}'"
    seen = f"PARTITION BY v.{quote('report_id')}, {former} ORDER BY v.{quote('valid_from')}, v.{quote('revision_no')}"
    derived = {
        "is_latest": f"NOT {former} AND lead(v.{quote('revision_no')}) OVER ({seen}) IS NULL",
        "valid_to": f"CASE WHEN {former} THEN v.{quote('valid_from')}"
        f" ELSE lead(v.{quote('valid_from')}) OVER ({seen}) END",
    }
    columns = ", ".join(
        f"{derived[column.name]} AS {quote(column.name)}" if column.derived else f"v.{quote(column.name)}"
        for column in REPORTS.columns
    )
    complete = f"SELECT {quote('run_id')} FROM {qualify('runs')}"
    return f"SELECT {columns} FROM {qualify(VERSIONS)} v WHERE v.{quote('run_id')} IN ({complete})"


def _current(table: Table, qualify: Qualify, quote: Quote) -> str:
    columns = ", ".join(f"h.{quote(column.name)}" for column in table.columns)
    same = " AND ".join(f"h.{quote(name)} = r.{quote(name)}" for name in ("report_id", "revision_no"))
    return f"SELECT {columns} FROM {qualify(table.name + HISTORY)} h JOIN {qualify('reports')} r ON {same}"


def _newest_visits(qualify: Qualify, quote: Quote) -> str:
    columns = ", ".join(f"o.{quote(column.name)}" for column in OUTCOMES.columns)
    newest = f"PARTITION BY o.{quote('portal_id')} ORDER BY o.{quote('finished')} DESC, o.{quote('run_id')} DESC"
    ranked = (
        f"SELECT {columns}, row_number() OVER ({newest}) AS place FROM {qualify(OUTCOMES.stored_as)} o"
        f" WHERE o.{quote('run_id')} IN (SELECT {quote('run_id')} FROM {qualify('runs')})"
    )
    return f"SELECT {columns} FROM ({ranked}) o WHERE o.place = 1"
