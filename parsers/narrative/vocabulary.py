"""The words of narrative figures, read from ``keys.csv`` and ``words.csv`` and checked when they are loaded.

A row of ``keys.csv`` says which noun, counted in which units, makes which key; ``words.csv`` holds the words around it:
verbs, channels, fillers, and those that rule a figure out (last year's, planned, per week). One pattern finds them all,
the longest first. A row that can't be used raises ``VocabularyError``, which names file and line.

Flags of a key: ``bare`` a general noun: what stands before it must be known too; ``act`` an action whose object may
stand between it and the number; ``right`` only after the unit; ``loose`` anything may follow the noun there;
``relative`` a clause with 的 may stand between unit and noun; ``once`` one figure a report, of the whole subject;
``zero`` may be told by a negation; ``head`` in a negation it takes the nouns before it as its attributes; ``last`` the
context word that stands last decides; ``yoy`` a change against last year, of the keys in ``part_of``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

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
_YEAR = r"20\d\d年度?"


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


@dataclass(slots=True, eq=False)
class Term:
    """What a word is: the noun of some rows, a channel, and the roles it has in a sentence."""

    text: str
    rows: tuple[Row, ...] = ()
    channel: str | None = None
    roles: set[str] = field(default_factory=set)
    light: bool = False  # may stand between a noun and its number


@dataclass(frozen=True, slots=True)
class Token:
    start: int
    end: int
    term: Term


@dataclass(frozen=True, slots=True)
class Vocabulary:
    rows: tuple[Row, ...]
    terms: dict[str, Term]
    pattern: re.Pattern[str]
    changes: tuple[Row, ...]

    def tokens(self, text: str) -> list[Token]:
        """The words of the vocabulary in ``text``, from left to right, the longest first.

        >>> [token.term.text for token in load().tokens('共受理政府信息公开申请3件')]
        ['共', '受理', '政府信息公开申请']
        """
        terms = self.terms
        return [
            Token(found.start(), found.end(), terms.get(found[0]) or _YEAR_TERM)
            for found in self.pattern.finditer(text)
        ]


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
    return Vocabulary(rows, terms, re.compile(f"{_alternation(terms)}|{_YEAR}"), changes)


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


def _alternation(terms: dict[str, Term]) -> str:
    """One pattern for all terms with common beginnings taken out, so that a character is looked at once."""
    trie: dict[str, dict] = {}  # type: ignore[type-arg]
    for term in terms:
        node = trie
        for character in term:
            node = node.setdefault(character, {})
        node[""] = {}
    return _branches(trie)


def _branches(node: dict[str, dict]) -> str:  # type: ignore[type-arg]
    ends = "" in node
    parts = [re.escape(character) + _branches(below) for character, below in node.items() if character]
    if not parts:
        return ""
    joined = parts[0] if len(parts) == 1 and not ends else f"(?:{'|'.join(parts)})"
    return f"{joined}?" if ends else joined
