"""The cells of all official forms, each with its codes, its short name and its labels: what tables of data are built of.

A cell has a ``row`` and a ``column`` code in one of the tables ``t2``, ``t3``, ``t4`` (of any form) or ``s14`` (the
statistics before 2019). ``short`` is a name of at most 32 characters, fit for Stata, and says the same of a cell in
every form that has it.

>>> by_path("table3", "denied_state_secret", "total").short, by_path("table4", "review_upheld").short
('t3_dn_sec_tot', 't4_rv_up')
>>> field = by_path("table2", "licensing_decisions")
>>> (field.row, field.column, field.versions, field.english)
('licensing', 'decisions', ('2019', '2021'), 'licences: decisions this year')
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from parsers.forms import TABLES, FormBlock, FormError, Name, all_forms
from parsers.forms.statistics import statistics_form
from parsers.statistics import STAT2014

STATISTICS, YEAR, CUMULATIVE = "s14", "year", "cumulative"
CODES = {name: f"t{name[-1]}" for name in TABLES}
LONGEST = 32  # characters of a name in Stata


@dataclass(frozen=True, slots=True)
class FormField:
    """``path`` is where a parsed report has the cell: ``(field,)`` or ``(row, column)`` of its table; for ``s14`` the
    key of the row. ``versions`` are the forms that have it, oldest first; ``unit`` is null where only the print tells.
    """

    table: str
    row: str
    column: str
    path: tuple[str, ...]
    short: str
    label: str
    english: str
    unit: str | None
    versions: tuple[str, ...]


@cache
def fields() -> tuple[FormField, ...]:
    """Every cell of every form once, in the order of the forms, newest form first."""
    found: dict[tuple[str, ...], FormField] = {}
    for form in all_forms().values():
        for table in TABLES:
            for block in form.tables[table].blocks:
                for cell in _of_block(CODES[table], block, form.version):
                    known = found.get((table, *cell.path))
                    versions = (form.version, *(known.versions if known else ()))
                    found[(table, *cell.path)] = replace(known or cell, versions=versions)
    for row in statistics_form().indicators.values():
        english = row.key.removeprefix("s14_").replace("_", " ")
        found[(STATISTICS, row.key)] = FormField(
            STATISTICS, row.key, YEAR, (row.key,), row.key, row.label, english, row.unit, (STAT2014,)
        )
    _check(tuple(found.values()))
    return tuple(found.values())


@cache
def _paths() -> dict[tuple[str, ...], FormField]:
    names = {code: name for name, code in CODES.items()}
    return {(names.get(field.table, field.table), *field.path): field for field in fields()}


def by_path(table: str, *path: str) -> FormField | None:
    """The cell at a path of a parsed report's ``table2``, ``table3`` or ``table4``."""
    return _paths().get((table, *path))


_NUMERALS = {"table2": "二", "table3": "三", "table4": "四"}


def in_words(locator: str) -> tuple[str, str]:
    """A cell, a row or a table, written as findings write it, in both languages; a path that no form has as it is.

    >>> in_words("table4.review_upheld"), in_words("tables.table2")
    (('表四 行政复议·结果维持', 'Table 4 administrative review: upheld'), ('表二', 'Table 2'))
    >>> in_words("table3.granted"), in_words("statistics2014")
    (('表三 三、本年度办理结果·(一)予以公开', 'Table 3 granted in full'), ('统计表', 'Statistics table'))
    """
    table, *path = locator.removeprefix("tables.").split(".")
    if table not in CODES:
        row = by_path(STATISTICS, path[0]) if path else None
        return (f"统计表 {row.label}", f"Statistics: {row.english}") if row else ("统计表", "Statistics table")
    zh, en = f"表{_NUMERALS[table]}", f"Table {table[-1]}"
    if not path:
        return zh, en
    if (field := by_path(table, *path)) is not None:
        return f"{zh} {field.label}", f"{en} {field.english}"
    if (field := by_path(table, *path, "total")) is not None:
        return f"{zh} {field.label.rpartition('·')[0]}", f"{en} {field.english.rpartition(':')[0]}"
    return f"{zh} {'.'.join(path)}", f"{en} {'.'.join(path)}"


def _of_block(code: str, block: FormBlock, version: str) -> Iterator[FormField]:
    rows = {row.key: row for row in block.rows}
    groups = {group.key: group for group in (*block.header_groups, *block.groups)}
    for key, paths in block.fields.items():
        for column, path in zip(block.columns, paths, strict=True):
            row = rows[key] if key else groups[column.parent]
            parents = _parents(row, groups) if key else _parents(groups[column.parent], groups)
            label = "·".join([*(name.label for name in parents), row.label, column.label])
            english = f"{row.english}: {column.english}"
            short = f"{code}_{row.short}_{column.short}"
            yield FormField(code, row.key, column.key, path, short, label, english, block.unit, (version,))


def _parents(name: Name, groups: dict[str, Name]) -> list[Name]:
    """The group that a label is read under, (三)不予公开 for 1.属于国家秘密."""
    return [groups[name.parent]] if name.parent in groups else []


def _check(fields: tuple[FormField, ...]) -> None:
    seen: dict[str, FormField] = {}
    for field in fields:
        if len(field.short) > LONGEST or not field.short.isidentifier() or "__" in field.short:
            raise FormError(f"{field.table}.{'.'.join(field.path)}: {field.short!r} is no short name")
        if field.short in seen:
            raise FormError(f"{field.short!r} is the short name of {seen[field.short].path} and {field.path}")
        seen[field.short] = field
