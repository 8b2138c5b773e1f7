"""The three tables as the official form prints them: header and row labels with their spans, from ``parsers.forms``.

``layouts(version)[table]`` is a ``Layout``: ``parts``, one for each block, each with header rows and body rows, made
of labels and of the places of cells. Nothing here knows a form: what is not in the form's file is the corner of table
three and the word over its columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from parsers.forms import FormBlock, FormTable, Name, all_forms

CORNER = (
    "(本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和)",
    "(in each column, item one plus item two equals item three plus item four)",
)
OVER_COLUMNS = ("申请人情况", "applicants")
ITEM = ("信息内容", "kind of information")
_ARTICLE = re.compile(r"第二十条第[(（]([一二三四五六七八九十])[)）]项")
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """A header cell, in the words of the form and in English."""

    zh: str
    en: str
    colspan: int = 1
    rowspan: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell stands: ``path`` in a parsed report, ``row`` and ``column`` in the tables of data."""

    path: Path
    row: str
    column: str
    span: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    labels: tuple[Label, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A block of the form; ``title`` stands in a line of its own."""

    title: Label | None
    header: tuple[tuple[Label, ...], ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    name: str
    version: str
    columns: int
    parts: tuple[Part, ...]

    @property
    def places(self) -> list[Place]:
        return [place for part in self.parts for row in part.rows for place in row.places]


@cache
def layouts(version: str) -> dict[str, Layout]:
    """The layouts of one version of the form, by table."""
    return {name: _layout(table) for name, table in all_forms()[version].tables.items()}


def version_of(table_version: str | None, report_year: int | None) -> str:
    """The version to lay a table out by: its own, else that of the year, else the newest.

    >>> version_of("2019", 2024), version_of(None, 2020), version_of("unknown", None)
    ('2019', '2019', '2021')
    """
    forms = all_forms()
    if table_version in forms:
        return str(table_version)
    for form in forms.values():
        if report_year is not None and form.first_year <= report_year <= form.last_year:
            return form.version
    return next(iter(forms))


def _layout(table: FormTable) -> Layout:
    depth = max(_depth(block) for block in table.blocks)
    width = max(len(block.columns) for block in table.blocks)
    parts = tuple(_part(table, block, depth, width) for block in table.blocks)
    return Layout(table.name, table.version, width + depth, parts)


def _depth(block: FormBlock) -> int:
    """How many label columns stand before the cells: none, one, or the item under its group under the results."""
    if not block.rows:
        return 0
    return 3 if block.groups else 1


def _part(table: FormTable, block: FormBlock, depth: int, width: int) -> Part:
    title = None if block.title is None else Label(block.title.label, _article(block.title.label), width + depth)
    spans = _shares(len(block.columns), width)
    if not block.header_groups:
        cells = [_label(column, span) for column, span in zip(block.columns, spans, strict=True)]
        header: tuple[tuple[Label, ...], ...] = ((Label(*ITEM, depth), *cells),)
    else:
        header = _header(block, depth)
    return Part(title, header, tuple(_rows(block, depth, spans)))


def _article(title: str) -> str:
    """The title of a block in English.

    >>> _article("第二十条第(五)项")
    'Article 20, item 5'
    """
    match = _ARTICLE.fullmatch(title)
    return f"Article 20, item {'一二三四五六七八九十'.index(match[1]) + 1}" if match else title


def _shares(columns: int, width: int) -> list[int]:
    """Spans by which fewer columns fill the width of the widest block, the last one taking what is left.

    >>> _shares(3, 3), _shares(2, 3), _shares(1, 3)
    ([1, 1, 1], [1, 2], [3])
    """
    share = width // columns
    return [share] * (columns - 1) + [width - share * (columns - 1)]


def _header(block: FormBlock, depth: int) -> tuple[tuple[Label, ...], ...]:
    """Header rows of columns under groups under groups; a column without a group reaches down to the cells."""
    groups = {group.key: group for group in block.header_groups}
    chains = [_chain(column, groups) for column in block.columns]
    height = max(map(len, chains)) + (1 if depth else 0)
    lead = [(Label(*OVER_COLUMNS, len(chains)),)] if depth else []
    corner = (Label(*CORNER, depth, height),) if depth else ()
    levels: list[tuple[Label, ...]] = []
    top = height - len(lead)
    for level in range(top):
        labels = []
        for _, run in groupby(enumerate(chains), key=lambda pair: _held(pair[1], pair[0], level)):
            members = [chain for _, chain in run]
            chain = members[0]
            if level < len(chain):
                last = level == len(chain) - 1
                labels.append(_label(chain[level], len(members), top - level if last else 1))
        levels.append(tuple(labels))
    rows = [*lead, *levels]
    rows[0] = (*corner, *rows[0])
    return tuple(rows)


def _chain(column: Name, groups: dict[str, Name]) -> list[Name]:
    """A column below its groups, outermost first."""
    chain, parent = [column], column.parent
    while parent:
        chain.insert(0, groups[parent])
        parent = groups[parent].parent
    return chain


def _held(chain: list[Name], index: int, level: int) -> object:
    """What a column shares with its neighbours at a level: its group, or nothing."""
    return chain[level].key if level < len(chain) - 1 else index


def _rows(block: FormBlock, depth: int, spans: list[int]) -> list[Row]:
    if not block.rows:
        return [Row((), _places(block, "", spans))]
    if depth < 3:
        return [Row((_label(row, depth),), _places(block, row.key, spans)) for row in block.rows]
    groups = {group.key: group for group in block.groups}
    outer = block.groups[0]
    rows: list[Row] = []
    for grouped, run in groupby(block.rows, key=lambda row: bool(row.parent)):
        members = list(run)
        lead = [_label(outer, 1, len(members))] if grouped else []
        for key, inner in groupby(members, key=lambda row: row.parent):
            items = list(inner)
            nested = key not in ("", outer.key)
            if nested:
                lead.append(_label(groups[key], 1, len(items)))
            for row in items:
                span = 3 if not grouped else 1 if nested else 2
                rows.append(Row((*lead, _label(row, span)), _places(block, row.key, spans)))
                lead = []
    return rows


def _places(block: FormBlock, row: str, spans: list[int]) -> tuple[Place, ...]:
    paths = zip(block.fields[row], block.columns, spans, strict=True)
    return tuple(Place(path, row or column.parent, column.key, span) for path, column, span in paths)


def _label(name: Name, colspan: int = 1, rowspan: int = 1) -> Label:
    return Label(name.label, name.english or name.label, colspan, rowspan)
