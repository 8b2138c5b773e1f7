"""Tables as .dta files of Stata 14 and later, with labels of variables and of values.

pandas writes a frame whole. So a table is cut into pieces of ``CELLS``, each written as a file in memory and with the
storage types that the whole table asks for, and their rows are put one after the other (``_join``). Texts of more than
``LONG`` bytes are kept once for all their cells (strL), which can't be joined so: a table with such texts, which has a
row per report, is written in one.

Only closed lists are numbers with labels, the same ones in every file. Labels that follow from what a file holds would
be taken for each other when files are appended, and Stata has no more than 32,000 bytes of them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from crawler.warehouse.declared import Column, Table
from crawler.warehouse.schema import FACTS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

VERSION = 118  # Unicode
LABEL = 80  # characters of a label
LONG = 244  # bytes
CELLS = 1_000_000  # of a piece
LARGEST_INT = 2**31 - 28  # those above are Stata's missing values
# What is text in the main, or has cells of many kinds, is no matrix: the CSV files have it.
LEFT_OUT = ("sections", "narrative_facts", "extra_rows", "validation_results", "cross_results", "fields")
_AROUND = ("raw", "note", "origin")  # of facts: left to the CSV file
_TEXT = ("code", "text", "json")


@dataclass(frozen=True, slots=True)
class Variable:
    """A column, the bytes of its longest text, and whether all its values are whole numbers of Stata's ``long``."""

    column: Column
    width: int
    whole: bool


def write(connection: DuckDBPyConnection, table: Table, directory: Path) -> None:
    """The file of a table, or its files ``facts_long_<year>.dta``."""
    if table is FACTS:
        columns = tuple(column for column in FACTS.columns if column.name not in _AROUND)
        years = connection.execute("SELECT DISTINCT report_year FROM reports ORDER BY 1").fetchall()
        names = ", ".join(f'f."{column.name}"' for column in columns)
        for (year,) in years:
            query = (
                f"SELECT {names} FROM facts_long f JOIN reports r USING (report_id, revision_no)"
                f" WHERE r.report_year IS NOT DISTINCT FROM {'NULL' if year is None else year}"
            )
            path = directory / f"facts_long_{'unknown' if year is None else year}.dta"
            _file(connection, query, columns, table, path)
    elif table.name not in LEFT_OUT:
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        key = ", ".join(f'"{name}"' for name in table.key)
        query = f"SELECT {names} FROM {table.name} ORDER BY {key}"
        _file(connection, query, table.columns, table, directory / f"{table.name}.dta")


def _file(connection: DuckDBPyConnection, query: str, columns: Sequence[Column], table: Table, path: Path) -> None:
    variables = _variables(connection, query, columns)
    batches = connection.sql(query).to_arrow_reader(max(CELLS // len(columns), 1))
    if any(variable.width > LONG for variable in variables):
        whole = pa.Table.from_batches(map(_encoded, batches)).unify_dictionaries().combine_chunks()
        path.write_bytes(_piece(whole, variables, table))
    else:
        widest = _widest(variables, batches.schema)
        padded = (pa.concat_batches([batch, widest]) for batch in chain(batches, [widest.slice(1)]))
        _join((_piece(_encoded(batch), variables, table) for batch in padded), path)


def _variables(connection: DuckDBPyConnection, query: str, columns: Sequence[Column]) -> list[Variable]:
    def asked(column: Column) -> str:
        if column.type in _TEXT:
            return f'max(strlen("{column.name}"))'
        if column.type == "int":
            return f'count("{column.name}") = count(*) AND max(abs("{column.name}")) <= {LARGEST_INT}'
        return "NULL"

    (told,) = connection.execute(f"SELECT {', '.join(map(asked, columns))} FROM ({query})").fetchall()
    return [
        Variable(column, width=(found or 0) if column.type in _TEXT else 0, whole=found is True)
        for column, found in zip(columns, told, strict=True)
    ]


def _widest(variables: Sequence[Variable], schema: pa.Schema) -> pa.RecordBatch:
    """A row that asks for the storage types of the whole table."""
    values = [
        "x" * variable.width if variable.width and not variable.column.values else 0 if variable.whole else None
        for variable in variables
    ]
    return pa.RecordBatch.from_arrays(
        [pa.array([value], field.type) for value, field in zip(values, schema, strict=True)], schema=schema
    )


def _encoded(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Text as numbers of distinct values, each of which is read once."""
    arrays = [array.dictionary_encode() if pa.types.is_string(array.type) else array for array in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _piece(rows: pa.RecordBatch | pa.Table, variables: Sequence[Variable], table: Table) -> bytes:
    """A file of some rows of a table."""
    import pandas as pd

    frame: dict[str, Any] = {}
    dates: dict[str, str] = {}
    for variable in variables:
        column, values = variable.column, rows.column(variable.column.name)
        values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        if column.type in _TEXT:
            words: list[str] = values.dictionary.to_pylist()
            codes = values.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            if column.values:
                frame[column.name] = _categories(words, codes, column.values)
            else:
                frame[column.name] = pd.array([*words, ""], dtype=object).take(codes % (len(words) + 1))
        elif column.type in ("date", "timestamp"):
            frame[column.name] = pd.to_datetime(values.to_pandas(), utc=True).dt.tz_localize(None)
            dates[column.name] = "%td" if column.type == "date" else "%tc"
        else:
            frame[column.name] = values.cast(pa.int32() if variable.whole else pa.float64()).to_pandas()
    file = BytesIO()
    pd.DataFrame(frame).to_stata(
        file,
        version=VERSION,
        byteorder="<",
        write_index=False,
        convert_dates=dates,
        convert_strl=[variable.column.name for variable in variables if variable.width > LONG],
        variable_labels={each.column.name: f"{each.column.zh} {each.column.en}"[:LABEL] for each in variables},
        data_label=table.en[:LABEL],
    )
    return file.getvalue()


def _categories(words: Sequence[str], codes: Any, known: Sequence[str]) -> Any:
    """Numbers with labels: those of a closed list in its order, then what is not in it."""
    import numpy as np
    import pandas as pd

    labels = [*known, *sorted({*words} - {*known})]
    places = np.array([*(labels.index(word) for word in words), -1])
    return pd.Categorical.from_codes(places[codes], categories=labels)


def _join(pieces: Iterable[bytes], path: Path) -> None:
    """One file of the rows of all pieces but the last row of each. The map of a .dta file tells where its parts begin:
    the tenth is the rows, what follows them has no rows in it."""
    end, total = b"", 0
    with path.open("w+b") as file:
        for piece in pieces:
            at_count, at_map = (piece.index(tag) + len(tag) for tag in (b"<N>", b"<map>"))
            (count,) = struct.unpack_from("<Q", piece, at_count)
            places = struct.unpack_from("<14Q", piece, at_map)
            first, after = places[9] + len(b"<data>"), places[10] - len(b"</data>")
            if not end:
                file.write(piece[:first])
                end = piece[after:]
            file.write(memoryview(piece)[first : after - (after - first) // count])
            total += count - 1
        longer = file.tell() - after  # than the last piece
        file.write(end)
        file.seek(at_count)
        file.write(struct.pack("<Q", total))
        file.seek(at_map)
        file.write(struct.pack("<14Q", *places[:10], *(place + longer for place in places[10:])))
