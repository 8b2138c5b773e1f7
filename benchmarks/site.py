"""Builds the catalogue of many generated reports: time, size, the largest page, and what a rebuild touches.

    python benchmarks/site.py [--reports 10000] [--to DIRECTORY]

The reports are copies of parsed ones, seven years of as many counties as it takes, those of the province with most of
them first, so that its page is as full as one can be. Then ten of them change, and the site is built again: written are
their pages and the pages that list them.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from pathlib import Path

from crawler.site.build import build
from crawler.site.data import Warehouse
from crawler.site.output import Counts
from crawler.warehouse import across, derived, in_memory
from crawler.warehouse.schema import of_kind
from crawler.warehouse.views import stored_name
from tests.site.small import DOCUMENTS, REGIONS, outcomes, record

LARGEST = 300 * 1024
YEARS = range(2019, 2026)
CHANGED = 10


def warehouse(reports: int) -> Warehouse:
    """Copies of parsed reports in a warehouse in memory, spread over the counties and years."""
    made = [record(n, names, year, REGIONS[0])[0] for n, (names, year) in enumerate(DOCUMENTS[:5])]
    connection = in_memory(made, outcomes())
    copies, counties = -(-reports // len(made)), -(-reports // len(YEARS))
    connection.execute(f"""
        CREATE TEMP TABLE spread AS
        WITH base AS (SELECT report_id, row_number() OVER (ORDER BY report_id) - 1 AS b FROM report_versions),
          places AS (SELECT code, name, parent_code, row_number() OVER (ORDER BY code NOT LIKE '51%', code) - 1 AS p
            FROM regions WHERE level = 'county' AND valid_to IS NULL),
          many AS (SELECT report_id AS old, b * {copies} + i AS n FROM base, range({copies}) AS r(i))
        SELECT old, printf('%016x', n) AS new, places.code, places.name,
          {YEARS[0]} + CAST(n // {counties} AS BIGINT) AS year
        FROM many JOIN places ON p = n % {counties} WHERE n < {reports}""")
    for table in of_kind("version"):
        name = stored_name(table)
        changed = "s.new AS report_id"
        if table.name == "reports":
            changed += (
                ", s.code AS region_code, s.code AS region_code_current, s.name AS county_name, s.year AS report_year,"
                " left(s.code, 2) || '0000' AS province_code, s.name || '人民政府' AS subject_name,"
                " s.name || '人民政府' || s.year || '年政府信息公开工作年度报告' AS title,"
                " make_date(s.year + 1, 1 + CAST(hash(s.new) % 5 AS INTEGER), 10) AS publication_date"
            )
        connection.execute(f"CREATE TEMP TABLE copied AS SELECT t.* REPLACE ({changed}) FROM {name} t"
                           " JOIN spread s ON s.old = t.report_id")  # fmt: skip
        connection.execute(f"DELETE FROM {name}")
        connection.execute(f"INSERT INTO {name} SELECT * FROM copied")
        connection.execute("DROP TABLE copied")
    derived.install(connection)
    across.check(connection)
    return Warehouse(connection)


def timed(what: str, source: Warehouse, directory: Path) -> tuple[Counts, float]:
    wall, processor = time.perf_counter(), time.process_time()
    counts = build(source, directory)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(
        f"{what}: {wall:.0f} s, {processor:.0f} s of processor; {counts.written:,} written, {counts.kept:,} unchanged"
    )
    return counts, processor


def change(source: Warehouse) -> None:
    """One more printed number in a few reports, as a crawl would bring it."""
    source.connection.execute(
        "UPDATE facts_long_history SET value = value + 1, raw = CAST(CAST(value + 1 AS BIGINT) AS VARCHAR)"
        " WHERE \"table\" = 't4' AND row_code = 'review' AND col_code = 'pending' AND value IS NOT NULL"
        f" AND report_id IN (SELECT report_id FROM report_versions ORDER BY hash(report_id) LIMIT {CHANGED})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--to", type=Path)
    options = parser.parse_args()
    directory = options.to or Path(tempfile.mkdtemp(prefix="site-"))
    try:
        source = warehouse(options.reports)
        found = source.rows("SELECT count(*) AS reports FROM reports")[0]["reports"]
        print(f"{found:,} reports")
        first, full = timed("first build", source, directory)
        each = first.bytes / max(found, 1) / 1e3
        print(f"{first.bytes / 1e6:,.0f} MB in {first.written:,} files, {each:.0f} kB a report")
        print(f"largest page: {first.largest / 1024:.0f} KiB ({first.largest_page})")
        same, again = timed("nothing changed", source, directory)
        change(source)
        some, little = timed(f"{CHANGED} reports changed", source, directory)
        print(f"processor time of a rebuild: {again / full:.1%} and {little / full:.1%} of the first build")
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"memory: {memory:,.0f} MiB at most, the warehouse in memory among it")
        assert first.largest < LARGEST, first.largest_page
        assert same.written == 0
        assert 2 * CHANGED <= some.written < first.written / 10
    finally:
        if options.to is None:
            shutil.rmtree(directory)


if __name__ == "__main__":
    main()
