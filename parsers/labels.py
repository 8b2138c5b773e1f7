"""Labels and values of a page's head: ``索引号: … 文号: …`` on one line, in cells of a row, or on two lines.

The labels are rows of ``data/metadata_labels.csv``: a field and the words that portals print for it. ``ignored``
labels (字号, 浏览次数) carry nothing that is kept, but end the value before them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from parsers.dates import widths

TABLE = Path(__file__).with_name("data") / "metadata_labels.csv"
LONGEST_LINE = 400  # a line of prose is no row of metadata
LONGEST_VALUE = 120

# Fields whose label is so plain a word that it needs a colon after it.
NEEDS_COLON = {"title", "author", "source", "editor", "publication_date", "ignored"}
PLAIN_WITHOUT_COLON = {"发布日期", "发布时间", "公开日期", "公开时间"}


@cache
def _labels() -> dict[str, str]:
    """label -> field"""
    table: dict[str, str] = {}
    with TABLE.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            for label in row["labels"].split():
                if label in table:
                    raise ValueError(f"{TABLE.name}:{number}: label {label!r} stands twice")
                table[label] = row["field"]
    return table


def _stands_alone(label: str, field: str) -> bool:
    """Whether a label is known without a colon, as in a cell of its own."""
    return field not in NEEDS_COLON or label in PLAIN_WITHOUT_COLON or (field == "ignored" and len(label) == 4)


def _spaced(label: str) -> str:
    """A pattern that accepts blanks between the characters: 索 引 号."""
    return r"[ \t]{0,4}".join(map(re.escape, label)) if len(label) <= 4 else re.escape(label)


@cache
def _pattern() -> re.Pattern[str]:
    labels = sorted(_labels(), key=len, reverse=True)
    words = "|".join(_spaced(label) for label in labels)
    bare = [word for word in labels if _stands_alone(word, _labels()[word])]
    alone = "|".join(_spaced(label) for label in bare)
    first = "".join(map(re.escape, {label[0] for label in labels}))  # tells most places that are none at once
    return re.compile(
        rf"(?:(?<=[\s|\[【(>·•、])|^)(?=[{first}])(?:(?P<label>{words})[ \t]{{0,4}}[\]】)]?[ \t]{{0,4}}:"
        rf"|(?P<bare>{alone})(?:[\]】]|(?=\s)|$))"
    )


def read(lines: Iterable[str]) -> dict[str, list[str]]:
    """field -> values in order of appearance, empty ones too; an empty value takes the next line if that is none.

    >>> read(["索引号: 1137/2024-5 文号: 〔〕号", "发布机构:", "沂源县人民政府"])
    {'index_number': ['1137/2024-5'], 'document_number': ['〔〕号'], 'publishing_agency': ['沂源县人民政府']}
    >>> read(["作者:佚名 发布时间:2021-01-29 10:44 来源:旬阳县人民政府办公室", "字体:A+"])["publication_date"]
    ['2021-01-29 10:44']
    """
    values: dict[str, list[str]] = {}
    waiting: str | None = None
    for raw in lines:
        line = widths(raw)
        if len(line) > LONGEST_LINE:
            waiting = None
            continue
        found = list(_pattern().finditer(line))
        if not found and waiting is not None and line.strip():
            values[waiting][-1] = raw.strip()[:LONGEST_VALUE]
        waiting = None if line.strip() else waiting
        for at, match in enumerate(found):
            following = found[at + 1] if at + 1 < len(found) else None
            field = _labels()["".join((match["label"] or match["bare"]).split())]
            end = following.start() if following else len(line)
            value = raw[match.end() : end].strip(" \t\u3000\u00a0|[【·•")
            values.setdefault(field, []).append(value[:LONGEST_VALUE])
            waiting = field if not value and not following else None
    values.pop("ignored", None)
    return values


def first(values: dict[str, list[str]], field: str) -> str | None:
    """The first value of a field that is not empty."""
    return next((value for value in values.get(field, ()) if value), None)
