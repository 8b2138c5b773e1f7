"""Which of the three tables a grid holds: one, or several below each other, as sheets and layout tables have them.

A grid holds a table if it carries enough of its labels. Of a grid with enough labels that only one table has, for two or
three of them, each table gets the rows from its first such label on; where the labels of two are mixed they can't be
told apart.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from parsers.cells import looks_like_value
from parsers.document import Table
from parsers.forms import TABLES, all_forms
from parsers.normalise import label_name

LONGEST = 80  # characters of a label


def parts(grid: Table, enough: int) -> dict[str, Table | None]:
    """The tables in a grid by name; None for one whose rows can't be told from another's."""
    rows = [
        {label_name(cell.text) for cell in row if cell.text and len(cell.text) < LONGEST and not cell.text.isdigit()}
        for row in grid.rows
    ]
    texts = set().union(*rows)
    owners = _owners()
    own = Counter([owners[text] for text in texts if text in owners])
    found = [name for name in TABLES if own[name] >= enough]
    if found:
        return {found[0]: grid} if len(found) == 1 else _cut(grid, rows, found)
    scores = {name: max(len(texts & known) for known in _labels(name)) for name in TABLES}
    best = max(scores, key=lambda name: scores[name])
    return {best: grid} if scores[best] >= enough else {}


@lru_cache(maxsize=8)
def _labels(name: str) -> list[frozenset[str]]:
    """The labels of a table in each form."""
    return [frozenset(form.tables[name].lexicon) for form in all_forms().values()]


@lru_cache(maxsize=1)
def _owners() -> dict[str, str]:
    """The labels that one table alone has, in whatever form."""
    names: dict[str, set[str]] = {}
    for name in TABLES:
        for known in _labels(name):
            for text in known:
                names.setdefault(text, set()).add(name)
    return {text: next(iter(tables)) for text, tables in names.items() if len(tables) == 1}


def _cut(grid: Table, rows: list[set[str]], names: list[str]) -> dict[str, Table | None]:
    owners = _owners()
    begins: dict[str, int] = {}
    last = ""
    for number, texts in enumerate(rows):
        here = {owners[text] for text in texts if text in owners} & set(names)
        if len(here) > 1 or (here and here != {last} and here & begins.keys()):
            return dict.fromkeys(names)
        if here and here != {last}:
            (last,) = here
            begins[last] = _first_of_header(grid, number) if begins else 0
    ends = [*sorted(begins.values())[1:], len(grid.rows)]
    cut = zip(sorted(begins, key=lambda name: begins[name]), ends, strict=True)
    return {name: _rows(grid, begins[name], end) for name, end in cut}


def _first_of_header(grid: Table, number: int) -> int:
    """The first of the rows of nothing but text that lead to a row."""
    while number > 1 and (texts := [cell.text for cell in grid.rows[number - 1] if cell.text]):
        if any(looks_like_value(text) for text in texts):
            break
        number -= 1
    return number


def _rows(grid: Table, start: int, end: int) -> Table:
    """Some rows of a grid, under their numbers."""
    return Table(
        [row if start <= number < end else [] for number, row in enumerate(grid.rows)], grid.index, "", grid.node
    )
