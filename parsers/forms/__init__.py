"""The official forms as data: one TOML file a version, loaded once and checked with messages that name the place.

A ``FormTable`` is a list of blocks; a block has columns, rows and one field for each pair. Table four has no row
labels: its columns repeat under three header groups. A new official form is a new file beside ``2021.toml``.
Source: 国办公开办函〔2019〕60号 and 〔2021〕30号.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from parsers.normalise import label, unnumbered

TABLES = ("table2", "table3", "table4")
COLUMN, ROW, GROUP, HEADER_GROUP, BLOCK, IGNORED = "column", "row", "group", "header_group", "block", "ignored"


class FormError(ValueError):
    """A form file that can't be used; the message names file, table and key."""


@dataclass(frozen=True, slots=True)
class Name:
    """A label as a form prints it, with the wordings that stand for the same thing (normal form).

    ``short`` and ``english`` name it in tables of data (see ``parsers.forms.fields``).
    """

    kind: str
    key: str
    label: str
    names: tuple[str, ...]
    parent: str = ""
    signed: bool = False
    short: str = ""
    english: str = ""


@dataclass(frozen=True, slots=True)
class FormBlock:
    """``fields[row key][i]`` is the field of column ``i``; without rows, row ``""`` is the only one."""

    title: Name | None
    unit: str | None
    columns: tuple[Name, ...]
    rows: tuple[Name, ...]
    groups: tuple[Name, ...]
    header_groups: tuple[Name, ...]
    fields: dict[str, tuple[tuple[str, ...], ...]]
    named: dict[str, list[int]] = field(repr=False)  # wording -> columns that it may name
    flattenings: list[list[int]] = field(repr=False)  # orders of the columns in which a header can be flattened

    def column_path(self, index: int) -> tuple[str, ...]:
        return (self.columns[index].parent, self.columns[index].key)


@dataclass(frozen=True, slots=True)
class FormTable:
    """A table of a form; ``lexicon`` maps a normal label to what it may stand for, official wordings first. A locator is
    ``(field,)`` or ``(row, column)``."""

    name: str
    version: str
    section: int
    blocks: tuple[FormBlock, ...]
    ignored: frozenset[str]
    lexicon: dict[str, list[tuple[int, Name]]] = field(repr=False)
    official: frozenset[str] = field(repr=False)
    scanner: re.Pattern[str] = field(repr=False)
    header_names: frozenset[str] = field(repr=False)  # labels that stand for columns or their groups and nothing else
    locators: list[tuple[str, ...]] = field(repr=False)  # every cell, in the order of the form

    def unit(self, path: tuple[str, ...]) -> str | None:
        for block in self.blocks:
            if any(path in fields for fields in block.fields.values()):
                return block.unit
        return None


@dataclass(frozen=True, slots=True)
class Form:
    version: str
    document: str
    document_year: int
    document_number: int
    first_year: int
    last_year: int
    tables: dict[str, FormTable]


@cache
def all_forms() -> dict[str, Form]:
    """The known forms by version, newest first."""
    found = [_load(file.name, file.read_text("utf-8")) for file in Path(__file__).parent.glob("*.toml")]
    return {form.version: form for form in sorted(found, key=lambda form: -form.first_year)}


def form_for(year: int | None) -> Form:
    """The form that was in force for a report year; the newest where the year is not known."""
    forms = all_forms()
    for form in forms.values():
        if year is not None and form.first_year <= year <= form.last_year:
            return form
    return next(iter(forms.values()))


def _load(file: str, text: str) -> Form:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormError(f"{file}: {error}") from error
    try:
        tables = {name: _table(name, data["version"], data[name]) for name in TABLES}
        return Form(
            version=data["version"],
            document=data["document"],
            document_year=data["document_year"],
            document_number=data["document_number"],
            first_year=data["first_year"],
            last_year=data.get("last_year", 9999),
            tables=tables,
        )
    except KeyError as error:
        raise FormError(f"{file}: key {error} is missing") from error
    except (FormError, TypeError) as error:
        raise FormError(f"{file}: {error}") from error


def _name(kind: str, entry: dict[str, Any]) -> Name:
    wordings = [entry["label"], *entry.get("variants", [])]
    names = tuple(dict.fromkeys(unnumbered(label(wording)) for wording in wordings))
    return Name(
        kind,
        entry["key"],
        entry["label"],
        names,
        entry.get("parent", entry.get("group", "")),
        entry.get("signed", False),
        entry.get("short", ""),
        entry.get("en", ""),
    )


def _table(name: str, version: str, data: dict[str, Any]) -> FormTable:
    blocks = tuple(_block(name, data, entry) for entry in data["blocks"])
    lexicon: dict[str, list[tuple[int, Name]]] = {}
    official = set()
    for number, block in enumerate(blocks):
        titles = [block.title] if block.title else []
        for entry in (*titles, *block.header_groups, *block.groups, *block.columns, *block.rows):
            for wording in entry.names:
                found = lexicon.setdefault(wording, [])
                if (number, entry) not in found:
                    found.append((number, entry))
            official.add(entry.names[0])
    ignored = frozenset(label(text) for text in data.get("ignored", []))
    scanner = re.compile("|".join(re.escape(text) for text in sorted({*lexicon, *ignored}, key=len, reverse=True)))
    header = frozenset(
        text for text, found in lexicon.items() if all(entry.kind in (COLUMN, HEADER_GROUP) for _, entry in found)
    )
    locators = [path for block in blocks for fields in block.fields.values() for path in fields]
    return FormTable(
        name, version, data["section"], blocks, ignored, lexicon, frozenset(official), scanner, header, locators
    )


def _block(name: str, table: dict[str, Any], data: dict[str, Any]) -> FormBlock:
    header = data.get("header_groups", table.get("header_groups", []))
    columns = [_name(COLUMN, entry) for entry in data["columns"]]
    if repeat := data.get("repeat_for"):
        columns = [replace(column, parent=parent) for parent in repeat for column in columns]
    rows = [_name(ROW, entry) for entry in data.get("rows", [])]
    fields: dict[str, tuple[tuple[str, ...], ...]] = {}
    if not rows:
        fields[""] = tuple((f"{column.parent}_{column.key}",) for column in columns)
    for entry in data.get("rows", []):
        named = entry.get("fields")
        if named is not None and len(named) != len(columns):
            raise FormError(f"{name}: row {entry['key']!r} names {len(named)} fields for {len(columns)} columns")
        paths = [(text,) for text in named] if named else [(entry["key"], column.key) for column in columns]
        fields[entry["key"]] = tuple(paths)
    plain = list(range(len(columns)))
    return FormBlock(
        title=_name(BLOCK, {"key": data["label"], "label": data["label"]}) if "label" in data else None,
        unit=data.get("unit", table.get("unit") if not rows or "fields" not in data["rows"][0] else None),
        columns=tuple(columns),
        rows=tuple(rows),
        groups=tuple(_name(GROUP, entry) for entry in data.get("groups", [])),
        header_groups=tuple(_name(HEADER_GROUP, entry) for entry in header),
        fields=fields,
        named={
            name: [i for i, column in enumerate(columns) if name in column.names]
            for column in columns
            for name in column.names
        },
        flattenings=[plain, sorted(plain, key=lambda at: bool(columns[at].parent))],  # column by column, row by row
    )
