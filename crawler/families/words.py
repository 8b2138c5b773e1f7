"""Which of many words a page has, in one pass over its bytes where asking for each would take as many.

The words and the bytes are in small letters, the words in ASCII.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ahocorasick_rs import BytesAhoCorasick, MatchKind

_AT_ONCE = 64  # words that the fast search takes: with one more it takes eight times as long
_PIECE = 2**18  # bytes looked through at once: a page made of the words has a million of them


class Words:
    """A set of words; most pages have none of them, which ``any_in`` tells in an eighth of the time."""

    def __init__(self, words: Collection[str]) -> None:
        self.words = sorted(words)
        self._longest = max(map(len, words))
        coded = [word.encode("ascii") for word in self.words]
        shortest = [word for word in coded if not any(other != word and other in word for other in coded)]
        self._any = [
            BytesAhoCorasick(shortest[n : n + _AT_ONCE], matchkind=MatchKind.LeftmostFirst)
            for n in range(0, len(shortest), _AT_ONCE)
        ]
        self._each = BytesAhoCorasick(coded)

    def any_in(self, text: bytes) -> bool:
        """Whether a text has one of the words."""
        return any(map(self._has_any, self._pieces(text)))

    def found_in(self, text: bytes) -> frozenset[str]:
        """All words that a text has."""
        found: set[int] = set()
        for piece in filter(self._has_any, self._pieces(text)):
            found.update(number for number, _, _ in self._each.find_matches_as_indexes(piece, overlapping=True))
        return frozenset(self.words[number] for number in found)

    def _has_any(self, piece: bytes) -> bool:
        return any(search.find_matches_as_indexes(piece) for search in self._any)

    def _pieces(self, text: bytes) -> Iterator[bytes]:
        return (text[start : start + _PIECE + self._longest] for start in range(0, len(text), _PIECE))
