"""The names and address tokens of ``discovery.csv``: what the column of annual reports is called."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

TABLE = Path(__file__).with_name("discovery.csv")

_COLUMNS = ["kind", "pattern", "score", "note"]
_KINDS = ("name", "token")
_BETWEEN = re.compile(r"[/.\-?&=#]+")


class VocabularyError(ValueError):
    """A row of ``discovery.csv`` that can't be used; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table."""

    kind: str
    pattern: re.Pattern[str]
    score: int


@lru_cache(maxsize=8192)
def name_score(name: str) -> int:
    """What a link's or a column's name says, without blanks and signs; 0 when it says nothing.

    >>> name_score("政府信息公开年报"), name_score("政府网站工作年度报表") < 0, name_score("天气")
    (100, True, 0)
    """
    return _score("name", name)


@lru_cache(maxsize=8192)
def token_score(path: str) -> tuple[int, str]:
    """What the parts of an address say: the lowest score if one is negative, else the highest.

    >>> token_score("/zwgk/zfxxgknb/")
    (70, 'zfxxgknb')
    >>> token_score("/zwgk/wzndbb/")[0] < 0
    True
    """
    scored = [(_token(part), part) for part in _BETWEEN.split(path.lower()) if part]
    scored = [pair for pair in scored if pair[0]]
    if not scored:
        return 0, ""
    return min(scored) if min(scored)[0] < 0 else max(scored)


@lru_cache(maxsize=8192)
def _token(part: str) -> int:
    return _score("token", part)


def _score(kind: str, text: str) -> int:
    """The score of the first pattern of a kind that fits a text; 0 for none, as for most."""
    if not _any_of(kind).fullmatch(text):
        return 0
    return next(entry.score for entry in entries() if entry.kind == kind and entry.pattern.fullmatch(text))


@cache
def _any_of(kind: str) -> re.Pattern[str]:
    """What fits whatever one of the patterns of a kind fits."""
    return re.compile("|".join(f"(?:{entry.pattern.pattern})" for entry in entries() if entry.kind == kind))


@cache
def entries(path: Path = TABLE) -> tuple[Entry, ...]:
    """The rows of ``discovery.csv``, checked."""
    found: list[Entry] = []
    header: list[str] | None = None
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        for cells in reader:
            if not cells or not any(cells) or cells[0].startswith("#"):
                continue
            where = f"{path}:{reader.line_num}"
            if header is None:
                header = cells
                if header != _COLUMNS:
                    raise VocabularyError(f"{where}: expected columns {','.join(_COLUMNS)}, found {','.join(cells)}")
                continue
            found.append(_entry(cells, where))
    if not found:
        raise VocabularyError(f"{path}: no pattern in it")
    return tuple(found)


def _entry(cells: list[str], where: str) -> Entry:
    if len(cells) != len(_COLUMNS):
        raise VocabularyError(f"{where}: expected {len(_COLUMNS)} cells, found {len(cells)}; quote a cell with a comma")
    kind, pattern, score, _ = (cell.strip() for cell in cells)
    if kind not in _KINDS:
        raise VocabularyError(f"{where}: kind must be one of {', '.join(_KINDS)}, found {kind!r}")
    if not re.fullmatch(r"-?\d{1,3}", score):
        raise VocabularyError(f"{where}: score must be a whole number, found {score!r}")
    try:
        compiled = re.compile(pattern.replace("…", ".{0,12}"))
    except re.error as error:
        raise VocabularyError(f"{where}: {pattern!r} is no regular expression: {error}") from None
    if not pattern or compiled.fullmatch(""):
        raise VocabularyError(f"{where}: {pattern!r} fits the empty text, so it would fit links without any")
    return Entry(kind, compiled, int(score))
