"""The codebook: every field of every table, as a table (CSV) and to be read (Markdown)."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from crawler.spreadsheet import harmless
from crawler.warehouse.declared import Column, Table

COLUMNS = ("table", "field", "type", "zh", "en", "unit", "years", "formula", "nulls", "values")


def write(tables: Iterable[Table], directory: Path) -> None:
    held = list(tables)
    with (directory / "codebook.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for table in held:
            writer.writerows([harmless(cell) for cell in _row(table, column)] for column in table.columns)
    (directory / "codebook.md").write_text(markdown(held), encoding="utf-8")


def _row(table: Table, column: Column) -> tuple[str, ...]:
    nulls = "never" if column.name in table.key else column.nulls or ""
    told = (column.zh, column.en, column.unit or "", column.years or "", column.formula or "", nulls)
    return (table.name, column.name, column.type, *told, " ".join(column.values))


def markdown(tables: Iterable[Table]) -> str:
    """
    >>> from crawler.warehouse.schema import REGIONS
    >>> markdown([REGIONS]).splitlines()[10]
    '| `code` | code | 代码 | GB/T 2260 code |  |  |  | never |  |'
    """
    lines = ["# Codebook / 数据字典", "", "Types: code, text, json are text; number is a double; timestamp is UTC.", ""]
    for table in tables:
        key = ", ".join(f"`{name}`" for name in table.key)
        lines += [f"## {table.name} {table.zh}", "", f"{table.en[:1].upper()}{table.en[1:]}. Key: {key}.", ""]
        lines += ["| field | type | 中文 | English | unit | years | formula | null means | values |", "|" + "---|" * 9]
        for column in table.columns:
            _, field, *rest = _row(table, column)
            lines.append("| " + " | ".join([f"`{field}`", *(cell.replace("|", "\\|") for cell in rest)]) + " |")
        lines.append("")
    return "\n".join(lines)
