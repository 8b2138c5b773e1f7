"""The words of narrative figures, read from ``keys.csv`` and ``words.csv`` and checked when they are loaded.

A row of ``keys.csv`` says which noun, counted in which units, makes which key; ``words.csv`` holds the words around it:
verbs, channels, fillers, and those that rule a figure out (last year's, planned, per week). A sentence is walked over once,
the longest word first. A row that can't be used raises ``VocabularyError``, which names file and line.

Flags of a key: ``bare`` a general noun: what stands before it must be known too; ``act`` an action whose object may
stand between it and the number; ``right`` only after the unit; ``loose`` anything may follow the noun there;
``relative`` a clause with 的 may stand between unit and noun; ``once`` one figure a report, of the whole subject;
``zero`` may be told by a negation; ``head`` in a negation the nouns around it are its attributes; ``last`` the
context word that stands last decides; ``yoy`` a change against last year, of the keys in ``part_of``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

KEYS, WORDS = Path(__file__).with_name("keys.csv"), Path(__file__).with_name("words.csv")
FLAGS = frozenset(("bare", "act", "right", "loose", "relative", "once", "zero", "head", "last", "yoy"))
ROLES = frozenset(
    (
        "verb",
        "modifier",
        "filler",
        "past",
        "ever",
        "plan",
        "aim",
        "asof",
        "each",
        "yoy",
        "up",
        "down",
        "part",
        "other",
        "subunit",
        "locative",
        "stock",
        "respectively",
    )
)
CHANNELS = frozenset(("website", "new_media", "wechat", "weibo", "douyin", "gazette", "other"))
NO_ONE_CHANNEL = "-"
_KEY_COLUMNS = [
    "key",
    "name_zh",
    "nouns",
    "verbs",
    "units",
    "channel",
    "near",
    "without",
    "context",
    "flags",
    "part_of",
    "typical",
]
_YEAR = re.compile(r"20\d\d年度?", re.ASCII)


class VocabularyError(ValueError):
    """A row of ``keys.csv`` or ``words.csv`` that can't be used; the message names file and line."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A row of ``keys.csv``. ``context`` holds alternatives, each a tuple of words that must all be there."""

    key: str
    name_zh: str
    nouns: tuple[str, ...]
    verbs: frozenset[str]
    units: tuple[str, ...]
    channel: str
    near: tuple[str, ...]
    without: tuple[str, ...]
    context: tuple[tuple[str, ...], ...]
    flags: frozenset[str]
    part_of: str
    typical: float | None

    def counts(self, unit: str | None) -> bool:
        if unit is None:
            return bool(self.units) and "%" not in self.units
        return unit in self.units or (len(unit) == 2 and unit[1] == "次" and unit != "人次" and unit[0] in self.units)


@dataclass(slots=True, eq=False)
class Term:
    """What a word is: the noun of some rows, a channel, and the roles it has in a sentence."""

    text: str
    rows: tuple[Row, ...] = ()
    channel: str | None = None
    roles: set[str] = field(default_factory=set)
    light: bool = False  # may stand between a noun and its number
    by_unit: dict[str | None, tuple[Row, ...]] = field(default_factory=dict)

    def counted_in(self, unit: str | None) -> tuple[Row, ...]:
        """The rows that the word can be the noun of if it is counted in ``unit``; 件次 counts as 件."""
        if (found := self.by_unit.get(unit)) is None:
            found = self.by_unit[unit] = tuple(row for row in self.rows if row.counts(unit))
        return found


class Token(NamedTuple):
    start: int
    end: int
    term: Term


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """``lengths`` holds, for the first two characters of the terms (or the one there is), how long they are."""

    rows: tuple[Row, ...]
    terms: dict[str, Term]
    lengths: dict[str, tuple[int, ...]]
    changes: tuple[Row, ...]

    def tokens(self, text: str) -> list[Token]:
        """The words of the vocabulary and the years in ``text``, from left to right, the longest first.

        >>> [token.term.text for token in load().tokens('2023年共受理政府信息公开申请3件')]
        ['年', '共', '受理', '政府信息公开申请']
        """
        terms, lengths = self.terms, self.lengths
        found = []
        at, end = 0, len(text)
        while at < end:
            for length in lengths.get(text[at : at + 2]) or lengths.get(text[at]) or ():
                if (term := terms.get(text[at : at + length])) is not None:
                    found.append(Token(at, at + length, term))
                    at += length
                    break
            else:
                if text[at] == "2" and (year := _YEAR.match(text, at)):
                    found.append(Token(at, year.end(), _YEAR_TERM))
                    at = year.end()
                else:
                    at += 1
        return found


_YEAR_TERM = Term("年", roles={"year"}, light=True)


@cache
def load(keys: Path = KEYS, words: Path = WORDS) -> Vocabulary:
    """The two tables, checked."""
    terms: dict[str, Term] = {}
    for where, role, text in _words(words):
        term = terms.setdefault(text, Term(text))
        if role.startswith("channel:"):
            if term.channel:
                raise VocabularyError(f"{where}: {text} is a channel twice")
            term.channel = role.removeprefix("channel:")
        else:
            term.roles.add(role)
    rows = tuple(_rows(keys, {text for text, term in terms.items() if "verb" in term.roles}))
    for row in rows:
        for noun in row.nouns:
            term = terms.setdefault(noun, Term(noun))
            term.rows += (row,)
    for term in terms.values():
        term.light = bool(term.roles & {"verb", "filler", "modifier", "part", "locative", "stock"})
    changes = tuple(row for row in rows if "yoy" in row.flags)
    return Vocabulary(rows, terms, _lengths(terms), changes)


def _table(path: Path, columns: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header: list[str] | None = None
        for cells in reader:
            if not any(cells) or cells[0].startswith("#"):
                continue
            where = f"{path}:{reader.line_num}"
            if len(cells) != len(columns) or (header is None and cells != columns):
                raise VocabularyError(f"{where}: expected the columns {','.join(columns)}, found {','.join(cells)}")
            if header is not None:
                yield where, dict(zip(columns, (cell.strip() for cell in cells), strict=True))
            header = cells


def _rows(path: Path, verbs: set[str]) -> Iterator[Row]:
    for where, cells in _table(path, _KEY_COLUMNS):
        flags = frozenset(cells["flags"].split())
        channel = cells["channel"]
        _require(bool(re.fullmatch(r"[a-z][a-z_]+", cells["key"])), where, f"not a key: {cells['key']!r}")
        _require(
            flags <= FLAGS, where, f"unknown flags {' '.join(sorted(flags - FLAGS))}; known: {' '.join(sorted(FLAGS))}"
        )
        _require(channel in CHANNELS | {"", NO_ONE_CHANNEL}, where, f"unknown channel {channel!r}")
        unknown = " ".join(verb for verb in cells["verbs"].split() if verb not in verbs)
        _require(not unknown, where, f"not among the verbs of {WORDS.name}: {unknown}")
        _require(bool(cells["nouns"]) or "yoy" in flags, where, "a row needs nouns")
        _require(bool(cells["units"]) or "zero" in flags, where, "a row needs units, or the flag zero")
        yield Row(
            key=cells["key"],
            name_zh=cells["name_zh"],
            nouns=tuple(cells["nouns"].split()),
            verbs=frozenset(cells["verbs"].split()),
            units=tuple(cells["units"].split()),
            channel=channel,
            near=tuple(cells["near"].split()),
            without=tuple(cells["without"].split()),
            context=tuple(tuple(words.split("&")) for words in cells["context"].split()),
            flags=flags,
            part_of=cells["part_of"],
            typical=_typical(cells["typical"], where),
        )


def _typical(text: str, where: str) -> float | None:
    _require(bool(re.fullmatch(r"[1-9]\d{0,9}|", text)), where, f"typical is no positive integer: {text!r}")
    return float(text) if text else None


def _words(path: Path) -> Iterator[tuple[str, str, str]]:
    for where, cells in _table(path, ["role", "words"]):
        role = cells["role"]
        known = role in ROLES or (role.startswith("channel:") and role.removeprefix("channel:") in CHANNELS)
        _require(known, where, f"unknown role {role!r}; known: {' '.join(sorted(ROLES))} and channel:NAME")
        for word in cells["words"].split():
            yield where, role, word


def _require(condition: bool, where: str, message: str) -> None:
    if not condition:
        raise VocabularyError(f"{where}: {message}")


def _lengths(terms: dict[str, Term]) -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for term in terms:
        found.setdefault(term[:2], set()).add(len(term))
    for term in terms:
        if len(term) == 1:
            for head, lengths in found.items():
                if head[0] == term:
                    lengths.add(1)
    return {head: tuple(sorted(lengths, reverse=True)) for head, lengths in found.items()}
