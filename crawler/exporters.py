"""The forms of the result: nested JSON lines, and three flat tables as CSV and as Parquet.

| table | one row per |
|---|---|
| ``reports`` | report: metadata, template, counts of findings |
| ``facts_long`` | printed figure: report, table, field, applicant, value, state |
| ``validation_results`` | finding |

An exception inside one Scrapy feed empties the other feeds of that item and is only logged. So no exporter here
raises: a failure is counted in ``feeds/failed``, and the run's verdict is 2.
"""

from __future__ import annotations

import csv
import json
import logging
import re
from io import TextIOWrapper
from typing import IO, Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
from scrapy.crawler import Crawler
from scrapy.exporters import BaseItemExporter

from crawler.items import AnnualReport
from crawler.tables import TABLES, Row

logger = logging.getLogger(__name__)

FAILED = "feeds/failed"
ROW_GROUP = 5_000
_ARROW = {"text": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "date": pa.date32()}


class CountingExporter(BaseItemExporter):
    """Counts what went out and what failed; never raises."""

    def __init__(self, file: IO[bytes], *, crawler: Crawler, **options: Any) -> None:
        options.pop("table", None)
        super().__init__(dont_fail=True, **options)
        self.file = file
        self.crawler = crawler
        self.name = type(self).__name__

    @classmethod
    def from_crawler(cls, crawler: Crawler, file: IO[bytes], **options: Any) -> Self:
        return cls(file, crawler=crawler, **options)

    def start_exporting(self) -> None:
        self._guard(self.begin)

    def export_item(self, item: Any) -> None:
        self._guard(self.write, item)

    def finish_exporting(self) -> None:
        self._guard(self.end)

    def _guard(self, step: Any, *args: Any) -> None:
        try:
            step(*args)
        except Exception:
            self.crawler.stats.inc_value(FAILED)
            logger.exception("导出失败 / export failed: %s", self.name)
        else:
            if args:
                self.crawler.stats.inc_value(f"feeds/{self.name}")

    def begin(self) -> None: ...

    def write(self, item: AnnualReport) -> None: ...

    def end(self) -> None: ...


class NestedJsonLines(CountingExporter):
    """``reports.jsonl``: the report as the contract has it, with ``report_id``, ``portal_id`` and ``source``."""

    def write(self, item: AnnualReport) -> None:
        record = {"report_id": item.report_id, "portal_id": item.portal_id, "source": item.source, **item.report}
        self.file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        self.file.flush()


class TableExporter(CountingExporter):
    """A flat table, by its name in ``crawler.tables.TABLES``."""

    def __init__(self, file: IO[bytes], *, crawler: Crawler, table: str, **options: Any) -> None:
        super().__init__(file, crawler=crawler, **options)
        self.table = TABLES[table]
        self.name = f"{type(self).__name__}/{table}"

    def rows(self, item: AnnualReport) -> list[Row]:
        """The rows of an item, worked out once for all formats of the table."""
        key = id(self.table)
        if key not in item.rows:
            item.rows[key] = list(self.table.rows(item))
        return item.rows[key]


class TableCsv(TableExporter):
    """CSV that a spreadsheet opens as it is: UTF-8 with a byte order mark, no cell that starts a formula."""

    def begin(self) -> None:
        self.stream = TextIOWrapper(self.file, encoding="utf-8-sig", newline="", write_through=True)
        self.writer = csv.writer(self.stream, lineterminator="\r\n")
        self.writer.writerow(self.table.columns)

    def write(self, item: AnnualReport) -> None:
        columns = list(self.table.columns)
        self.writer.writerows([[_cell(row[name]) for name in columns] for row in self.rows(item)])

    def end(self) -> None:
        self.stream.flush()
        self.stream.detach()  # Scrapy closes the file


_FORMULA = re.compile("\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r]")  # what a spreadsheet would run


def _cell(value: Any) -> Any:
    """
    >>> _cell("=1+1"), _cell("-"), _cell("130111"), _cell(-3), _cell("  @x"), _cell(None), _cell(True)
    ("'=1+1", "'-", '130111', -3, "'  @x", '', 'true')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        if "\x00" in value:
            value = value.replace("\x00", "")
        return "'" + value if _FORMULA.match(value) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else value


class TableParquet(TableExporter):
    """Parquet with typed columns: codes are text, dates are dates. Written in groups of rows, not all at the end."""

    def begin(self) -> None:
        fields = [pa.field(name, _ARROW[kind]) for name, kind in self.table.columns.items()]
        self.schema = pa.schema(fields)
        self.writer = pq.ParquetWriter(self.file, self.schema, compression="zstd")
        self.pending: list[Row] = []

    def write(self, item: AnnualReport) -> None:
        self.pending += list(self.rows(item))
        if len(self.pending) >= ROW_GROUP:
            self._write_group()

    def _write_group(self) -> None:
        if self.pending:
            self.writer.write_table(pa.Table.from_pylist(self.pending, schema=self.schema))
            self.pending = []

    def end(self) -> None:
        self._write_group()
        self.writer.close()
