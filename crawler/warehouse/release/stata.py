"""Tables as .dta files of Stata 14 and later, with labels of variables and of values.

Memory is that of one file: cells of tables have one for each report year. Text is read once for each distinct value.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from crawler.warehouse.schema import FACTS, Column, Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

VERSION = 118  # Unicode
LABEL = 80  # characters of a label
LONG = 244  # bytes; longer text is kept once for all its cells (strL) rather than in a field of that width for each
ROWS = 20_000
# What is text in the main, or has cells of many kinds, is no matrix: the CSV files have it.
LEFT_OUT = ("sections", "narrative_facts", "extra_rows", "validation_results", "cross_results", "fields")
_LABELLED = ("row_code", "col_code", "unit")  # of facts: numbers with labels rather than text
_AROUND = ("raw", "note", "origin")  # of facts: left to the CSV file


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
    import pandas as pd

    held = _read(connection, query)
    frame: dict[str, Any] = {}
    dates: dict[str, str] = {}
    long: list[str] = []
    for column in columns:
        values = held.column(column.name).combine_chunks()
        if column.type in ("code", "text", "json"):
            words: list[str] = values.dictionary.to_pylist()
            codes = values.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            if held.num_rows and (column.values or (table is FACTS and column.name in _LABELLED)):
                frame[column.name] = _categories(words, codes, column.values)
            else:
                frame[column.name] = pd.array([*words, ""], dtype=object).take(codes % (len(words) + 1))
                if max((len(word.encode()) for word in words), default=0) > LONG:
                    long.append(column.name)
        elif column.type in ("date", "timestamp"):
            frame[column.name] = pd.to_datetime(values.to_pandas(), utc=True).dt.tz_localize(None)
            dates[column.name] = "%td" if column.type == "date" else "%tc"
        else:
            whole = column.type == "int" and values.null_count == 0
            frame[column.name] = values.cast(pa.int64() if whole else pa.float64()).to_pandas()
    pd.DataFrame(frame).to_stata(
        path,
        version=VERSION,
        write_index=False,
        convert_dates=dates,
        convert_strl=long,
        variable_labels={column.name: f"{column.zh} {column.en}"[:LABEL] for column in columns},
        data_label=table.en[:LABEL],
    )


def _read(connection: DuckDBPyConnection, query: str) -> Any:
    """The result as an Arrow table, its text as numbers of distinct values."""
    batches, schema = [], None
    for batch in connection.sql(query).to_arrow_reader(ROWS):
        arrays = [array.dictionary_encode() if pa.types.is_string(array.type) else array for array in batch.columns]
        batches.append(pa.RecordBatch.from_arrays(arrays, names=batch.schema.names))
        schema = batches[0].schema
    if schema is None:
        empty = connection.sql(query).to_arrow_table()
        arrays = [each.dictionary_encode() if pa.types.is_string(each.type) else each for each in empty.columns]
        return pa.table(arrays, names=empty.schema.names)
    return pa.Table.from_batches(batches, schema).unify_dictionaries()


def _categories(words: list[str], codes: Any, known: Sequence[str]) -> Any:
    """Numbers with labels: those of a closed list in its order, else by the alphabet."""
    import numpy as np
    import pandas as pd

    labels = list(known or sorted(words))
    places = np.array([*(labels.index(word) for word in words), -1])
    return pd.Categorical.from_codes(places[codes], categories=labels)
