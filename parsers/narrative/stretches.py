"""The stretches of a sentence: the words that stand with each of its quantities.

Clauses end at commas, semicolons, colons and brackets; the stretch of a quantity begins at its clause or at the quantity
before it, and the words after it reach to the end of the clause or the next quantity.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from parsers.narrative.quantities import Quantity
from parsers.narrative.vocabulary import Term, Token, Vocabulary

QUOTED = re.compile(r"[“\"]([^“”\"]{2,12})[”\"]")

_BOUND = re.compile(r"[,，;；:：()（）]")
LIGHT = frozenset(" \t\u3000“”\"'‘’「」、《》()（）")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a sentence is read in: the report's year and subject, the accounts' names, the sentence before it."""

    year: int | None = None
    subject: str = ""
    accounts: dict[str, Term] = field(default_factory=dict)
    before: str = ""


@dataclass(slots=True)
class Stretch:
    """The stretch of one quantity: the tokens to its left and right, within the same clause."""

    quantity: Quantity
    before: int  # where the quantity before it ends
    start: int
    after: int  # where the words after the quantity begin: 8类341项事项 share theirs
    end: int
    left: list[Token]
    right: list[Token]
    new_clause: bool
    semicolon: bool
    roles: set[str]

    def has(self, role: str) -> bool:
        return role in self.roles


class Clauses:
    """A sentence with its tokens and quantities, both from left to right."""

    def __init__(self, text: str, quantities: list[Quantity], words: Vocabulary, around: Surroundings) -> None:
        self.text = text
        self.quantities = quantities
        self.tokens = _outside(_with_accounts(text, words.tokens(text), around), quantities)
        self.starts = [token.start for token in self.tokens]
        self.bounds = [at for at in (m.start() for m in _BOUND.finditer(text)) if not self._transparent(at)]

    def _transparent(self, at: int) -> bool:
        """Whether a bound is none: inside a number, or a short bracket without digits."""
        if self.text[at] == ",":
            inside = bisect_right(self.quantities, at, key=lambda quantity: quantity.end)
            return inside < len(self.quantities) and self.quantities[inside].start < at
        if self.text[at] in "(（":
            close = re.search(r"[)）]", self.text[at : at + 8])
            return bool(close) and not re.search(r"\d", self.text[at : at + 8][: close.start() if close else 0])
        if self.text[at] in ")）":
            opened = max(self.text.rfind(mark, max(0, at - 8), at) for mark in "(（")
            return opened >= 0 and not re.search(r"\d", self.text[opened:at])
        return False

    def stretch(self, number: int) -> Stretch:
        quantity = self.quantities[number]
        at = bisect_left(self.bounds, quantity.start)
        clause = self.bounds[at - 1] + 1 if at else 0
        before = self.quantities[number - 1].end if number else 0
        start = max(clause, before)
        after, end = self._right(number)
        since = self.text[before:start] if number else ""
        left = self.between(start, quantity.start)
        return Stretch(
            quantity, before, start, after, end, left, self.between(after, end),
            clause > before or number == 0, ";" in since or "；" in since,
            set().union(*(token.term.roles for token in left)),
        )  # fmt: skip

    def _right(self, number: int) -> tuple[int, int]:
        """Where the words after a quantity begin, and where its clause or the next quantity ends them."""
        after = self.quantities[number].end
        following = self.quantities[number + 1 : number + 3]
        if following and following[0].start == after:
            after = following.pop(0).end
        at = bisect_left(self.bounds, after)
        ends = [len(self.text), *self.bounds[at : at + 1], *[quantity.start for quantity in following[:1]]]
        return after, min(ends)

    def between(self, start: int, end: int) -> list[Token]:
        low, high = bisect_left(self.starts, start), bisect_left(self.starts, end)
        return [token for token in self.tokens[low:high] if token.end <= end]

    def covered(self, start: int, end: int) -> bool:
        """Whether only known light words stand between two places."""
        at = start
        for token in self.between(start, end):
            if any(character not in LIGHT for character in self.text[at : token.start]):
                return False
            if not (token.term.light or token.term.channel or "year" in token.term.roles):
                return False
            at = token.end
        return all(character in LIGHT for character in self.text[at:end])


def _outside(tokens: list[Token], quantities: list[Quantity]) -> list[Token]:
    """The tokens that are no part of a quantity; both lists go from left to right."""
    kept = []
    at, count = 0, len(quantities)
    for token in tokens:
        while at < count and quantities[at].end <= token.start:
            at += 1
        if at == count or token.end <= quantities[at].start:
            kept.append(token)
    return kept


def _with_accounts(text: str, tokens: list[Token], around: Surroundings) -> list[Token]:
    """The tokens, with the quoted names of accounts as their channels."""
    if not around.accounts or ("“" not in text and '"' not in text):
        return tokens
    named = [
        Token(found.start(), found.end(), around.accounts[found[1]])
        for found in QUOTED.finditer(text)
        if found[1] in around.accounts
    ]
    kept = [token for token in tokens if not any(n.start < token.end and token.start < n.end for n in named)]
    return sorted(kept + named, key=lambda token: token.start)
