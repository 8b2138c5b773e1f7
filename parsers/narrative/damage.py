"""Visible loss of characters in running text: 国务院令第711), 820日, 县直单1702条. The patterns are rows of ``damages.csv``."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from parsers.narrative.vocabulary import VocabularyError

TABLE = Path(__file__).with_name("damages.csv")
_COLUMNS = ["pattern", "message_zh", "message_en"]
AROUND = 8


@dataclass(frozen=True, slots=True)
class Damage:
    """``raw`` as printed with some text around it, and what is missing; ``place`` is ``preamble`` or ``sections[N]``."""

    place: str
    raw: str
    zh: str
    en: str


@cache
def _patterns(path: Path = TABLE) -> tuple[tuple[re.Pattern[str], str, str], ...]:
    found = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header: list[str] | None = None
        for cells in reader:
            if not any(cells) or cells[0].startswith("#"):
                continue
            where = f"{path}:{reader.line_num}"
            if len(cells) != 3 or (header is None and cells != _COLUMNS):
                raise VocabularyError(f"{where}: expected the columns {','.join(_COLUMNS)}, found {','.join(cells)}")
            if header is None:
                header = cells
                continue
            try:
                found.append((re.compile(cells[0], re.ASCII), cells[1], cells[2]))
            except re.error as error:
                raise VocabularyError(f"{where}: {cells[0]!r} is no pattern: {error}") from error
    return tuple(found)


def damages(text: str, place: str) -> Iterator[Damage]:
    """
    >>> [damage.raw for damage in damages('根据条例(国务院令第711)编制', 'preamble')]
    ['根据条例(国务院令第711)编制']
    """
    for pattern, zh, en in _patterns():
        for match in pattern.finditer(text):
            raw = text[max(0, match.start() - AROUND) : match.end() + AROUND]
            yield Damage(place, " ".join(raw.split()), zh, en)
