"""The state of one printed cell: what number it holds, if that can be said with certainty.

A blank is not zero, ``/`` is not zero, and what is neither a number nor a known placeholder is
``unparseable``: null, with the raw text kept. A printed number is never changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from parsers.normalise import HALF_WIDTH, INVISIBLE, table

VALUE, ANNOTATED, EMPTY, PLACEHOLDER = "value", "annotated", "empty", "placeholder"
UNPARSEABLE, MISSING_CELL, MISSING_TABLE, NOT_IN_TEMPLATE = (
    "unparseable",
    "missing_cell",
    "missing_table",
    "not_in_template",
)

Number = int | float
_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,8})?"
_PLAIN = re.compile(_NUMBER, re.ASCII)
_NOTED = re.compile(
    rf"({_NUMBER})\s*(万元|亿元|元|件次|人次|[件条项个次宗份起部篇])?\s*"
    r"(?:\(([^()]{1,200})\)|[\[【〔]([^\[\]【】〔〕]{1,200})[\]】〕]|([*※\u2460-\u2473]{1,3}))?",
    re.ASCII,
)
_DIGITS = re.compile(r"[\d.,]{2,}", re.ASCII)
_PLACEHOLDERS = frozenset(
    ["/", "\\", "-", "--", "---", "—", "——", "–", "―", "无", "无。", "不适用", "N/A", "n/a", "空", "//"]
)
_AS_SEEN = table(HALF_WIDTH, dict.fromkeys(map(ord, INVISIBLE)), {0xA0: " ", 0x3000: " "})


@dataclass(slots=True)
class Cell:
    """A cell of a form. ``value`` is null unless a number is printed; ``origin`` tells where it stands."""

    value: Number | None
    state: str
    raw: str | None = None
    note: str | None = None
    unit: str | None = None
    origin: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = {"value": self.value, "state": self.state, "raw": self.raw}
        if self.raw is not None or self.note is not None:
            out["note"] = self.note
        if self.unit is not None:
            out["unit"] = self.unit
        if self.origin is not None:
            out["origin"] = self.origin
        return out


def number(digits: str) -> Number | None:
    """The number of a plain numeral, or None where a reading would be a guess.

    >>> number('1,234'), number('-8'), number('40.664'), number('007'), number('0.50')
    (1234, -8, 40.664, None, 0.5)
    """
    bare = digits.replace(",", "").lstrip("+-")
    whole, _, fraction = bare.partition(".")
    if (len(whole) > 1 and whole[0] == "0") or len(whole + fraction) > 15:
        return None
    negative = digits.startswith("-")
    if fraction:
        return -float(bare) if negative else float(bare)
    return -int(bare) if negative else int(bare)


def read(raw: str, unit: str | None = None, origin: dict[str, Any] | None = None) -> Cell:
    """The cell that a printed text stands for.

    >>> read('0').state, read(' ').state, read('/').state, read('12 3').state, read('1²').state
    ('value', 'empty', 'placeholder', 'unparseable', 'unparseable')
    >>> read('1(申请人主动撤销)').note, read('40.664万元').unit
    ('申请人主动撤销', '万元')
    """
    if raw.isascii() and raw.isdigit() and len(raw) < 15 and (raw[0] != "0" or raw == "0"):
        return Cell(int(raw), VALUE, raw, None, unit, origin)
    text = _visible(raw)
    if _PLAIN.fullmatch(text):
        value = number(text)
        return Cell(value, UNPARSEABLE if value is None else VALUE, raw, None, unit, origin)
    if not text:
        return Cell(None, EMPTY, raw, None, unit, origin)
    if text in _PLACEHOLDERS:
        return Cell(None, PLACEHOLDER, raw, None, unit, origin)
    if found := _NOTED.fullmatch(text):
        value, note = number(found[1]), found[3] or found[4] or found[5]
        if value is not None and not (note and _DIGITS.fullmatch(note)):  # 26(269): which of the two is meant?
            return Cell(value, ANNOTATED, raw, note, found[2] or unit, origin)
    return Cell(None, UNPARSEABLE, raw, None, unit, origin)


def looks_like_value(text: str) -> bool:
    """Whether a piece of text stands in the place of a number rather than of a label: a number, with or without a
    note, a placeholder, or nothing that can be seen.

    >>> looks_like_value("12(撤回1件)"), looks_like_value("－"), looks_like_value("\\u200b"), looks_like_value("规章")
    (True, True, True, False)
    """
    if text.isascii() and text.isdigit():
        return len(text) <= 15
    if "\u4e00" <= text[:1] <= "\u9fff":  # a label; no number begins with a Chinese character
        return len(text) < 8 and _visible(text) in _PLACEHOLDERS
    text = _visible(text)
    return not text or text in _PLACEHOLDERS or bool(_NOTED.fullmatch(text))


def _visible(text: str) -> str:
    """Digits and signs in half width, without the characters of no width that editors put anywhere."""
    return text.translate(_AS_SEEN).strip()
