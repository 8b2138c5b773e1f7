"""Sums over cells of which some may be blank: the three answers that a relation can get.

A blank or a placeholder counts as nothing printed, not as zero: a sum that needs it to be zero passes as
``pass_assuming_blank_zero``, one that a blank could still make right is not assessable. What could not be read makes a
relation not assessable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from parsers.cells import EMPTY, PLACEHOLDER, Cell
from parsers.rules import Result, blank_as_zero, cannot_tell, failed, passed

_BLANKS = (EMPTY, PLACEHOLDER)


class Part(NamedTuple):
    """A cell of a sum with its name in 中文 and English."""

    zh: str
    en: str
    cell: Cell


def total_of(parts: Sequence[Cell]) -> int | float:
    return _exact(sum(cell.value or 0 for cell in parts))


def adds_up(parts: Sequence[int | float | None], total: int | float | None) -> bool:
    """Whether every number is printed and they add up: most sums do, and need no words.

    >>> adds_up([1, 2], 3), adds_up([1, None], 1), adds_up([], None)
    (True, False, False)
    """
    return total is not None and None not in parts and _exact(sum(parts)) == total  # type: ignore[arg-type]


def compare(locator: str, left: Sequence[Part], right: Sequence[Part]) -> Result:
    """Whether the cells of ``left`` add up to those of ``right``; the finding names both sums with their parts."""
    lefts, rights = [part.cell.value for part in left], [part.cell.value for part in right]
    if None not in lefts and None not in rights and _exact(sum(lefts)) == _exact(sum(rights)):  # type: ignore[arg-type]
        return passed()
    cells = [part.cell for part in (*left, *right)]
    if any(cell.value is None and cell.state not in _BLANKS for cell in cells):
        return cannot_tell(locator, "有单元格未能读出", "a cell could not be read")
    blanks_left, blanks_right = None in lefts, None in rights
    if all(cell.value is None for cell in cells):
        return cannot_tell(locator, "各单元格均为空", "all cells are blank")
    one, other = total_of([part.cell for part in left]), total_of([part.cell for part in right])
    if one == other:
        return blank_as_zero() if blanks_left or blanks_right else passed()
    if (blanks_left and one < other) or (blanks_right and other < one):
        return cannot_tell(locator, "空白单元格可能影响合计", "a blank cell could account for the difference")
    zh = f"{_spell(left, 'zh')} = {one},而 {_spell(right, 'zh')} = {other}"
    en = f"{_spell(left, 'en')} = {one}, but {_spell(right, 'en')} = {other}"
    return failed(locator, zh, en, one, other)


def _spell(parts: Sequence[Part], language: Literal["zh", "en"]) -> str:
    if len(parts) == 1:
        return str(getattr(parts[0], language))
    names = [getattr(part, language) for part in parts]
    shown = [f"{name} {part.cell.value}" for name, part in zip(names, parts, strict=True) if part.cell.value]
    return "(" + " + ".join(shown or names) + ")"


def _exact(value: int | float) -> int | float:
    return round(value, 8) if isinstance(value, float) else value
