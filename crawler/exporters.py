"""The forms of the result: ``reports.jsonl``, which grows with the run, and the flat tables of ``crawler.tables`` as
CSV and as Parquet, which are made from it when the run is published.

No exporter raises: Scrapy would only log it, and what was written for one item would be missing elsewhere. A failure is
counted, and the run's verdict is 2.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, ClassVar, Protocol, Self

from scrapy.crawler import Crawler
from scrapy.exporters import BaseItemExporter

from crawler.items import AnnualReport
from crawler.spreadsheet import harmless
from crawler.tables import TABLES, Record, Row, Table
from parsers.jsontext import dumps, loads

logger = logging.getLogger(__name__)

FAILED = "feeds/failed"
ROW_GROUP = 5_000
_ARROW = {"text": "string", "int": "int64", "float": "float64", "bool": "bool", "date": "date32"}

Columns = Sequence[Sequence[Any]]


class NestedJsonLines(BaseItemExporter):
    """The report as the contract has it, with ``report_id``, ``portal_id`` and ``source``; whole lines only."""

    def __init__(self, file: IO[bytes], *, crawler: Crawler, **options: Any) -> None:
        super().__init__(dont_fail=True, **options)
        self.file = file
        self.stats = crawler.stats
        self.written = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler, file: IO[bytes], **options: Any) -> Self:
        return cls(file, crawler=crawler, **options)

    def export_item(self, item: Any) -> None:
        raw = getattr(self.file, "raw", self.file)  # a buffer would keep what the disk has refused
        begin = raw.tell()
        try:
            line = memoryview(line_of(item))
            while line:
                line = line[raw.write(line) :]
        except Exception:
            raw.seek(begin)
            raw.truncate()  # no half line before the next one
            self.stats.inc_value(FAILED)
            logger.exception("导出失败 / export failed")
        else:
            self.written += 1


def line_of(item: AnnualReport) -> bytes:
    """A line of ``reports.jsonl``; the record is not taken apart."""
    where = dumps({"report_id": item.report_id, "portal_id": item.portal_id, "source": item.source})
    return where[:-1] + b"," + item.record[1:] + b"\n"


def ids_of(line: bytes) -> tuple[str, str]:
    """``report_id`` and ``portal_id`` of a line as ``line_of`` gives it; the rest of it is not read.

    >>> ids_of(b'{"report_id":"r","portal_id":"p","source":{"url":null},"metadata":{}}')
    ('r', 'p')
    """
    told = loads(line.partition(b',"source":')[0] + b"}")
    return told["report_id"], told["portal_id"]


def put_in_order(reports: Path) -> None:
    """Sorts a file of lines by portal, report and version, in one step; so the same reports are the same file."""
    places: list[tuple[str, str, int, str, int]] = []
    step = reports.with_name(reports.name + ".step")
    with reports.open("rb") as file, step.open("wb") as out:
        offset = 0
        for line in file:
            told = loads(line)
            number = told["source"]["revision"]["number"]
            places.append((told["portal_id"], told["report_id"], number, told["source"]["record_id"], offset))
            offset += len(line)
        for *_, offset in sorted(places):
            file.seek(offset)
            out.write(file.readline())
    step.replace(reports)


def load_writers() -> None:
    """Loads what ``write_tables`` needs; the first of its calls does so anyway, and takes as much longer."""
    import pyarrow.parquet

    pyarrow.array([])  # looks for pandas


def write_tables(reports: Path, part: Callable[[str], Path]) -> dict[str, int | None]:
    """Makes ``tables/<name>.csv`` and ``.parquet`` of a file of lines, each where ``part`` says.

    Gives the number of reports in each file, or None for a file that failed.
    """
    tables = Tables(part)
    tables.add(reports, 0, reports.stat().st_size)
    return tables.close()


class Tables:
    """All tables in all their forms; ``part`` says where each file is written."""

    def __init__(self, part: Callable[[str], Path]) -> None:
        self.forms = [_Forms(name, table, part) for name, table in TABLES.items()]
        self.reports = 0

    def add(self, reports: Path, start: int, stop: int) -> None:
        """The reports of the lines between two places of a file, each the begin of a line or the file's end."""
        with reports.open("rb") as file:
            file.seek(start)
            while start < stop:
                start += len(line := file.readline())
                record = loads(line)
                for forms in self.forms:
                    forms.add(record)
                self.reports += 1

    def append(self, other: Mapping[str, int | None], where: Callable[[str], Path]) -> None:
        """What ``close`` of other tables has told of; ``where`` says where they are."""
        for forms in self.forms:
            forms.append(other, where)
        self.reports += max(filter(None, other.values()), default=0)

    def close(self) -> dict[str, int | None]:
        """The number of reports in each file, or None for one that failed."""
        whole = {file: whole for forms in self.forms for file, whole in forms.close().items()}
        return {file: self.reports if whole[file] else None for file in whole}


class _Forms:
    """One table in all its forms. A form that fails is given up, the others go on."""

    def __init__(self, name: str, table: Table, part: Callable[[str], Path]) -> None:
        self.table = table
        self.rows: list[Row] = []
        self.writers: dict[str, TableWriter] = {}
        self.whole: dict[str, bool] = {}
        for kind in (TableCsv, TableParquet):
            file = f"tables/{name}{kind.ending}"
            with self._guard(file):
                self.writers[file] = kind(part(file), table)

    def add(self, record: Record) -> None:
        with self._guard(*self.writers):
            self.rows += self.table.rows(record)
        if len(self.rows) >= ROW_GROUP:
            self._flush()

    def append(self, other: Mapping[str, int | None], where: Callable[[str], Path]) -> None:
        self._flush()
        for file, writer in list(self.writers.items()):
            with self._guard(file):
                if other[file] is None:
                    raise ValueError(f"{where(file)} is not whole")
                writer.append(where(file))

    def close(self) -> dict[str, bool]:
        """Whether each file is whole."""
        self._flush()
        for file, writer in list(self.writers.items()):
            with self._guard(file):
                writer.close()
        return self.whole

    def _flush(self) -> None:
        columns = list(zip(*self.rows, strict=True))
        self.rows = []
        for file, writer in list(self.writers.items()) if columns else ():
            with self._guard(file):
                writer.write(columns)

    @contextmanager
    def _guard(self, *files: str) -> Iterator[None]:
        self.whole |= {file: self.whole.get(file, True) for file in files}
        try:
            yield
        except Exception:
            logger.exception("导出失败 / export failed: %s", ", ".join(files))
            for file in files:
                self.whole[file] = False
                if writer := self.writers.pop(file, None):
                    with suppress(Exception):
                        writer.close()


class TableWriter(Protocol):
    """A file of one table; ``write`` takes some of its rows, column by column."""

    ending: ClassVar[str]

    def __init__(self, path: Path, table: Table) -> None: ...

    def write(self, columns: Columns) -> None: ...

    def append(self, path: Path) -> None:
        """All rows of another such file."""

    def close(self) -> None: ...


class TableCsv(TableWriter):
    """CSV that a spreadsheet opens as it is: UTF-8 with a byte order mark, no cell that starts a formula."""

    ending = ".csv"

    def __init__(self, path: Path, table: Table) -> None:
        self.kinds = list(table.columns.values())
        self.file = path.open("wb")
        self.file.write(b"\xef\xbb\xbf" + _lines([map(str.encode, table.columns)]))

    def write(self, columns: Columns) -> None:
        shown = [_shown(column, kind) for kind, column in zip(self.kinds, columns, strict=True)]
        self.file.write(_lines(zip(*shown, strict=True)))

    def append(self, path: Path) -> None:
        with path.open("rb") as file:
            file.readline()  # its own head
            shutil.copyfileobj(file, self.file, 1 << 20)

    def close(self) -> None:
        self.file.close()


_SHOWN: dict[str, Callable[[Any], str]] = {
    "text": lambda value: harmless(value.replace("\x00", "")),
    "bool": lambda value: str(value).lower(),
    "float": lambda value: str(int(value) if value.is_integer() else value),  # a count without decimals
}
_SPECIAL = re.compile('[",\r\n]')


def _lines(rows: Iterable[Iterable[bytes]]) -> bytes:
    """Rows of fields, as CSV ends them."""
    return b"\r\n".join([*map(b",".join, rows), b""])


def _shown(column: Sequence[Any], kind: str) -> Iterator[bytes]:
    """The values of a column as their fields of CSV; most occur many times, and are looked at once."""
    show = _SHOWN.get(kind, str)
    shown = {value: b"" if value is None else _field(show(value)).encode("utf-8", "replace") for value in set(column)}
    return map(shown.__getitem__, column)


def _field(text: str) -> str:
    """A text as a field of CSV (RFC 4180), as ``csv.writer`` has it.

    >>> _field("自然人"), _field('名为“"”,其他')
    ('自然人', '"名为“""”,其他"')
    """
    return '"' + text.replace('"', '""') + '"' if _SPECIAL.search(text) else text


class TableParquet(TableWriter):
    """Parquet with typed columns: codes are text, dates are dates."""

    ending = ".parquet"

    def __init__(self, path: Path, table: Table) -> None:
        import pyarrow as pa  # it takes a while to load, and a crawl needs it at its end only
        import pyarrow.parquet as pq

        self.arrow, self.parquet = pa, pq
        self.schema = pa.schema([(name, pa.type_for_alias(_ARROW[kind])) for name, kind in table.columns.items()])
        self.writer = pq.ParquetWriter(path, self.schema, compression="zstd")

    def write(self, columns: Columns) -> None:
        arrays = [self._array(column, each.type) for column, each in zip(columns, self.schema, strict=True)]
        self.writer.write_table(self.arrow.Table.from_arrays(arrays, schema=self.schema))

    def append(self, path: Path) -> None:
        with self.parquet.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                self.writer.write_table(file.read_row_group(number))

    def _array(self, column: Sequence[Any], kind: Any) -> Any:
        try:
            return self.arrow.array(column, type=kind)
        except UnicodeEncodeError:  # half a character of UTF-16, which lists in JSON may hold
            whole = [value and value.encode("utf-8", "replace").decode() for value in column]
            return self.arrow.array(whole, type=kind)

    def close(self) -> None:
        self.writer.close()
