"""All that the catalogue reads from a warehouse: SQL over the tables of ``crawler.warehouse.schema``, and nothing else.

Rows are dictionaries by column. Reports come in batches with all that belongs to them, so that memory is that of one
batch whatever the size of the warehouse; what the other pages show comes a province, an indicator or a rule at a time.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from crawler.site.copies import anchor

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Row = dict[str, Any]
Key = tuple[str, int]
BATCH = 200
NEIGHBOURS = 20  # versions before and after one that its page lists
OWN = ("region_aggregate", "government_office")  # scopes of a region's own reports

# A region's name of today, or its last one.
_PLACES = "(SELECT DISTINCT ON (code) * FROM regions ORDER BY code, valid_to DESC NULLS FIRST)"
# What became of a report in one word: the states of the view coverage, found ones by their date.
_STATE = """CASE WHEN status <> 'found' THEN status WHEN published_on IS NULL THEN 'undated'
  WHEN days_late > 0 THEN 'late' ELSE 'on_time' END"""


@dataclass(frozen=True, slots=True)
class CopyOf:
    """The archived copy of one file: ``documents`` are the numbers of the documents read from it."""

    name: str
    label: str
    documents: tuple[int, ...]
    file: str
    record_id: str
    offset: int | None
    sha256: str


@dataclass(slots=True)
class ReportData:
    """A version of a report with everything that was read of it. ``copies`` are set by who makes them."""

    row: Row
    sections: list[Row] = field(default_factory=list)
    facts: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    extra: list[Row] = field(default_factory=list)
    narrative: list[Row] = field(default_factory=list)
    results: list[Row] = field(default_factory=list)
    versions: list[Row] = field(default_factory=list)  # this one and its neighbours
    are_all: bool = True  # there are no other versions
    has_latest: bool = False  # one of all versions is the current one
    copies: list[CopyOf] = field(default_factory=list)

    @property
    def key(self) -> Key:
        return self.row["report_id"], self.row["revision_no"]

    def href_of(self, origin: str | None) -> str:
        """Where a cell stands in an archived copy, as seen from a page of a report; "" if there is none."""
        if not origin or not self.copies:
            return ""
        told = json.loads(origin)
        for copy in self.copies:
            if told.get("document") in copy.documents and (name := anchor(told, copy.documents[0])):
                return f"../../archived/{copy.name}.html#{name}"
        return ""


class Warehouse:
    """A DuckDB warehouse, as ``crawler.warehouse.open_warehouse`` opens it."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self.connection = connection

    def prepare(self) -> None:
        """Work out once what is a view and is asked for again and again; to be called before a build."""
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE _coverage AS SELECT *, {_STATE} AS state FROM coverage")

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        done = self.connection.execute(sql, parameters or None)
        names = [column[0] for column in done.description or ()]
        return [dict(zip(names, values, strict=True)) for values in done.fetchall()]

    # -------------------------------------------------------------------------------------------- reports

    def reports(self, size: int = BATCH) -> Iterator[list[ReportData]]:
        """All versions of all reports, those of one report together, those of one region in order of years."""
        keys = self.rows(
            "SELECT report_id, min(region_code_current) AS region, min(report_year) AS year FROM reports_history"
            " GROUP BY report_id ORDER BY region, year, report_id"
        )
        for start in range(0, len(keys), size):
            yield self._batch([key["report_id"] for key in keys[start : start + size]])

    def _batch(self, ids: list[str]) -> list[ReportData]:
        held = {(row["report_id"], row["revision_no"]): ReportData(row) for row in self._of("reports", ids)}
        versions = defaultdict(list)
        for data in held.values():
            versions[data.row["report_id"]].append(data.row)
        for name, part in (
            ("sections", "sections"), ("extra_rows", "extra"), ("narrative_facts", "narrative"),
        ):  # fmt: skip
            for row in self._of(name, ids, "number"):
                if (owner := held.get((row["report_id"], row["revision_no"]))) is not None:
                    getattr(owner, part).append(row)
        for row in self._of("facts_long", ids, '"table", row_code, col_code'):
            if (owner := held.get((row["report_id"], row["revision_no"]))) is not None:
                owner.facts[row["table"], row["row_code"], row["col_code"]] = row
        for row in self._results_of(ids):
            if (owner := held.get((row["report_id"], row["revision_no"]))) is not None:
                owner.results.append(row)
        for data in held.values():
            every = versions[data.row["report_id"]]
            at = every.index(data.row)
            data.versions = every[max(at - NEIGHBOURS, 0) : at + NEIGHBOURS + 1]
            data.are_all, data.has_latest = len(data.versions) == len(every), any(row["is_latest"] for row in every)
        return list(held.values())

    def _results_of(self, ids: list[str]) -> list[Row]:
        """What the rules say of all versions; those across reports look at current ones only."""
        chosen = f"FROM {self._results('validation_results_history')} WHERE report_id IN (SELECT unnest(?))"
        return self.rows(f"SELECT * {chosen} ORDER BY report_id, revision_no, across, number", [ids])

    def _of(self, table: str, ids: list[str], order: str = "report_id") -> list[Row]:
        """Rows of all versions of some reports, in an order that is the same each time."""
        chosen = f"SELECT * FROM {table}_history WHERE report_id IN (SELECT unnest(?))"
        return self.rows(f"{chosen} ORDER BY report_id, revision_no, {order}", [ids])

    # -------------------------------------------------------------------------------------------- regions

    def regions(self) -> list[Row]:
        """Every region that has a portal or a report, in the order of codes."""
        return self.rows(f"""
            WITH known AS (
              SELECT region_code AS code FROM portals UNION SELECT region_code_current FROM reports)
            SELECT k.code, coalesce(p.name, k.code) AS name, p.level, left(k.code, 2) || '0000' AS province_code,
              coalesce(v.name, '') AS province_name, coalesce(f.name, '') AS prefecture_name
            FROM known k LEFT JOIN {_PLACES} p ON p.code = k.code
            LEFT JOIN {_PLACES} v ON v.code = left(k.code, 2) || '0000'
            LEFT JOIN {_PLACES} f ON f.code = left(k.code, 4) || '00' AND f.code <> k.code AND f.level = 'prefecture'
            WHERE k.code IS NOT NULL ORDER BY k.code""")

    def former_names(self) -> dict[str, list[Row]]:
        """Region -> the names and codes that it, or what it came from, no longer has."""
        held: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows("SELECT * FROM regions WHERE valid_to IS NOT NULL ORDER BY valid_to DESC, code, name"):
            for code in {row["code"], row["successor_code"]} - {None}:
                held[code].append(row)
        return held

    def coverage(self, province: str) -> list[Row]:
        """For each region of a province and year what became of its report (view ``coverage``)."""
        return self.rows(
            "SELECT * FROM _coverage WHERE province_code = ? ORDER BY region_code, report_year", [province]
        )

    def coverage_by_province(self) -> list[Row]:
        """How many regions of a province and year are in which state."""
        return self.rows("""
            SELECT province_code, any_value(province_name) AS province_name, report_year, state, count(*) AS regions
            FROM _coverage GROUP BY ALL ORDER BY province_code, report_year, state""")

    def own_reports(self, province: str) -> list[Row]:
        """The current reports of governments and their offices in a province."""
        return self.rows(
            "SELECT report_id, region_code_current, report_scope, report_year, title, subject_name"
            " FROM reports WHERE province_code = ?"
            " ORDER BY region_code_current, report_scope DESC, report_year, report_id", [province],
        )  # fmt: skip

    def numbers(self, province: str) -> dict[str, dict[tuple[str, str, str], Row]]:
        """Report -> cell -> number and state, of tables two and four and the totals of table three."""
        held: dict[str, dict[tuple[str, str, str], Row]] = defaultdict(dict)
        for row in self.rows(
            'SELECT f.report_id, f."table", f.row_code, f.col_code, f.value, f.state FROM facts_long f'
            " JOIN reports r USING (report_id, revision_no) WHERE r.province_code = ? AND r.report_scope IN (?, ?)"
            " AND (f.\"table\" IN ('t2', 't4') OR (f.\"table\" = 't3' AND f.col_code = 'total'))",
            [province, *OWN],
        ):
            held[row["report_id"]][row["table"], row["row_code"], row["col_code"]] = row
        return held

    # -------------------------------------------------------------------------------------------- across

    def totals(self) -> Row:
        return self.rows("""
            SELECT count(*) AS reports, count(DISTINCT region_code_current) AS regions, min(report_year) AS first_year,
              max(report_year) AS last_year, sum(errors) AS errors, sum(warnings) AS warnings, sum(notices) AS notices,
              sum(checks_passed) AS passed, (SELECT count(*) FROM reports_history) AS versions,
              (SELECT count(*) FROM portals) AS portals, (SELECT max(finished) FROM runs) AS finished FROM reports""")[
            0
        ]

    def _results(self, own: str = "validation_results") -> str:
        """The results of the rules of one report, and of those across reports."""
        columns = (
            "report_id, revision_no, number, rule_id, severity, status, times, locator, expected, actual, message_zh,"
            " message_en"
        )
        first = f"SELECT {columns}, CAST(NULL AS VARCHAR) AS other_report_id, FALSE AS across FROM {own}"
        return f"({first} UNION ALL SELECT {columns}, other_report_id, TRUE FROM cross_results)"

    def rules(self) -> list[Row]:
        """How often each rule was broken, held, or could not be checked, in current reports."""
        return self.rows(f"""
            SELECT rule_id, max(severity) FILTER (status = 'fail') AS severity,
              coalesce(sum(times) FILTER (status = 'fail'), 0) AS fail,
              coalesce(sum(times) FILTER (status IN ('pass', 'pass_assuming_blank_zero')), 0) AS pass,
              coalesce(sum(times) FILTER (status = 'not_assessable'), 0) AS not_assessable,
              count(DISTINCT report_id) FILTER (status = 'fail') AS reports
            FROM {self._results()} GROUP BY rule_id ORDER BY rule_id""")

    def findings_of(self, rule: str) -> list[Row]:
        return self.rows(
            "SELECT v.*, r.subject_name, r.report_year, r.region_code_current, r.province_name, r.is_latest"
            f" FROM {self._results()} v JOIN reports r USING (report_id, revision_no)"
            " WHERE v.rule_id = ? AND v.status = 'fail'"
            " ORDER BY r.region_code_current, r.report_year DESC, r.report_id, v.number", [rule],
        )  # fmt: skip

    def rankings(self) -> Iterator[tuple[tuple[str, int, str], list[Row]]]:
        """(indicator, year, level) and its rates, the highest first, those of few cases apart at the end."""
        done = self.connection.execute(f"""
            SELECT i.*, r.admin_level, r.subject_name, r.is_latest, r.province_name,
              coalesce(p.name, r.subject_name) AS region_name
            FROM indicators i JOIN reports r USING (report_id, revision_no)
            LEFT JOIN {_PLACES} p ON p.code = r.region_code_current
            WHERE i.report_scope = '{OWN[0]}' AND i.report_year IS NOT NULL AND r.admin_level IS NOT NULL
            ORDER BY i.indicator, i.report_year DESC, r.admin_level, coalesce(i.rate, i.rate_of_sums) IS NULL, i.small,
              i.rate DESC NULLS LAST, i.denominator DESC, r.region_code_current, i.report_id""")
        names = [column[0] for column in done.description or ()]
        rows = (dict(zip(names, values, strict=True)) for values in iter(done.fetchone, None))
        for key, group in groupby(rows, key=lambda row: (row["indicator"], row["report_year"], row["admin_level"])):
            yield key, list(group)

    def outcomes(self) -> list[Row]:
        """The newest visit of each portal."""
        return self.rows(f"""
            SELECT o.*, p.name, coalesce(g.name, '') AS region_name, coalesce(v.name, '') AS province_name
            FROM outcomes o LEFT JOIN portals p USING (portal_id)
            LEFT JOIN {_PLACES} g ON g.code = o.region_code
            LEFT JOIN {_PLACES} v ON v.code = left(o.region_code, 2) || '0000'
            ORDER BY o.outcome, o.region_code, o.portal_id""")
