"""The named tables as views of what is stored: the current rows of each, and the history of ``reports``.

Only what complete loads brought is seen: a version counts when its run stands in ``runs``, which is written last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from crawler.warehouse.declared import HISTORY, Table
from crawler.warehouse.schema import FIRST, FORMER, OUTCOMES, REPORTS, REPUBLISHED, REREAD, of_kind

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
    """What follows from a report's versions, in whatever order the runs were loaded: the one seen last is the current
    one, and each follows the one seen before it; the first, a former one that its run showed beside it. Former ones
    never were current.

    Bytes alone never tell that a portal published anew, since a page counts its readers: a version is republished when
    bytes and content are both others than those of the version before.
    """
    former = f"(v.{quote('change')} IS NOT NULL AND v.{quote('change')} = '{FORMER}')"
    report, at, number = (f"v.{quote(name)}" for name in ("report_id", "valid_from", "revision_no"))
    seen = f"(PARTITION BY {report}, {former} ORDER BY {at}, {number})"
    run = f"(PARTITION BY {report}, v.{quote('run_id')} ORDER BY CASE WHEN {former} THEN 0 ELSE 1 END, {at}, {number})"

    def before(name: str) -> str:
        told = f"lag(v.{quote(name)}) OVER"
        return f"CASE WHEN lag({number}) OVER {seen} IS NULL THEN {told} {run} ELSE {told} {seen} END"

    same = " OR ".join(f"v.{quote(name)} = {before(name)}" for name in ("fingerprint", "content_sha256"))
    derived = {
        "change": f"CASE WHEN {former} THEN '{FORMER}' WHEN {before('revision_no')} IS NULL THEN '{FIRST}'"
        f" WHEN {same} THEN '{REREAD}' ELSE '{REPUBLISHED}' END",
        "revision_before": f"CASE WHEN NOT {former} THEN {before('revision_no')} END",
        "is_latest": f"NOT {former} AND lead({number}) OVER {seen} IS NULL",
        "valid_to": f"CASE WHEN {former} THEN {at} ELSE lead({at}) OVER {seen} END",
    }
    columns = ", ".join(
        f"{derived[column.name]} AS {quote(column.name)}" if column.name in derived else f"v.{quote(column.name)}"
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
