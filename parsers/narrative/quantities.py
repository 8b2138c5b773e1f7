"""Numbers with their units in running text: digits of both widths, 万 and 亿, thousands, Chinese numerals, percentages.

One pattern is run over a sentence. What is no count is not returned: years and dates, ordinals (第9次), codes, numbers
glued to letters or signs, numerals of two readings. Values are exact: ``1.32万余条`` is 13200, approximate.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from parsers.normalise import half_width

UNITS = (
    "件次|条次|场次|期次|篇次|人次|户次|班次|批次|件|条|篇|次|期|场|个|家|名|人|户|类|项|部|份|宗|起|则|批|处|台|张|"
    "元|轮|幅|集|册|封|例|班|届"
)
PERCENT = "%"
LONGEST = 12  # digits; what is longer is a code

_DIGIT = "0-9０-９"
_CN = "〇零一二两三四五六七八九十百千"
_ANY = _DIGIT + _CN
_PATTERN = re.compile(
    rf"(?P<number>[{_ANY}](?:[{_ANY},.．]*[{_ANY}])?)"
    rf"(?:\s{{0,2}}(?P<scale>万|亿)?(?P<more>余|多|来)?(?P<unit>[%％]|{UNITS})(?P<tail>以上|左右)?"
    rf"|(?=[,，;；、。)） ]|$))"
)
_NUMBER = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|0|[1-9][0-9]*)(?:\.[0-9]{1,6})?", re.ASCII)
_BARE_ZERO = re.compile(r"为(?P<digits>零|0|０)(?=[,，;；。、]|$)")
_ONES = {numeral: Decimal(value) for value, numeral in enumerate("零一二三四五六七八九十")} | {
    "两": Decimal(2),
    "〇": Decimal(0),
}
_SCALE = {"万": 10_000, "亿": 100_000_000}
_ABOUT = ("将近", "接近", "超过", "突破", "大约", "近", "约", "超", "逾")
_ABOUT_ENDS = frozenset(word[-1] for word in _ABOUT)
_YEAR = re.compile(r"(?:19|20)\d\d")
_NO_COUNT_AFTER = ("第", "无", "没有", "未有")  # 第9次 is an ordinal, 无1件 none
_MEASURED = frozenset("元%％")  # units of which there are parts
_GLUED = frozenset("第-－—–~～.．/〔[【+＋×万亿" + _CN)
_ENDS = frozenset(",，;；、。)） ")


class Quantity(NamedTuple):
    """A number and its unit at ``start`` to ``end``. ``unit`` is None where none is printed (a loss, perhaps)."""

    start: int
    end: int
    value: int | float
    unit: str | None
    approximate: bool = False
    qualifier: str | None = None


def quantities(text: str) -> list[Quantity]:
    """The counts and percentages in ``text``.

    >>> [(q.value, q.unit, q.qualifier) for q in quantities('公开信息1.32万余条,召开两次会议,占98.5%以上')]
    [(13200, '条', '余'), (2, '次', None), (98.5, '%', '以上')]
    >>> quantities('第9次会议,2023年8月20日,〔2021〕30号,H5,统一代码91370323X')
    []
    """
    found = [quantity for match in _PATTERN.finditer(text) if (quantity := _quantity(text, match))]
    if "为" in text:
        found.extend(Quantity(m.start("digits"), m.end(), 0, None) for m in _BARE_ZERO.finditer(text))
        found.sort(key=lambda quantity: quantity.start)
    return [quantity for at, quantity in enumerate(found) if at == 0 or quantity.start >= found[at - 1].end]


def _quantity(text: str, match: re.Match[str]) -> Quantity | None:
    number, scale, more, unit, tail = match.groups()
    numeral = number[0] in _CN
    if unit is None and (numeral or _YEAR.fullmatch(number)):
        return None
    start = match.start()
    before = text[start - 1] if start else ""
    if before and (before in _GLUED or (before.isascii() and before.isalnum())):
        return None
    leading = text[max(0, start - 3) : start].rstrip()
    if leading.endswith(_NO_COUNT_AFTER) or (numeral and (leading.endswith("数") or _between_two(number))):
        return None
    value = _chinese(number, text[match.end() : match.end() + 1]) if numeral else _decimal(number)
    if value is None or (value != int(value) and not scale and unit not in _MEASURED):
        return None
    if scale:
        value *= _SCALE[scale]
    qualifier = more or tail or _about(text, start)
    exact = int(value) if value == int(value) else float(value)
    return Quantity(start, match.end(), exact, half_width(unit) if unit else None, qualifier is not None, qualifier)


def _between_two(numeral: str) -> bool:
    """Whether a Chinese numeral says one or the other: 一二场, 七八次."""
    return len(numeral) == 2 and all(digit in _ONES and digit not in "十零〇" for digit in numeral)


def _decimal(digits: str) -> Decimal | int | None:
    if digits.isascii() and digits.isdigit() and len(digits) <= LONGEST and (digits[0] != "0" or digits == "0"):
        return int(digits)
    plain = half_width(digits)
    if len(plain) > LONGEST + 4 or not _NUMBER.fullmatch(plain):
        return None
    return Decimal(plain.replace(",", ""))


def _chinese(numeral: str, follows: str) -> Decimal | None:
    """A Chinese numeral; a lone 一 or 零 counts only where the clause ends, since 一次 and 一个 mostly count nothing."""
    if len(numeral) == 1:
        lone = numeral in "一零〇" and follows and follows not in _ENDS
        return None if lone else _ONES.get(numeral)
    import cn2an  # takes as long to load as the rest of the parser

    try:
        return Decimal(cn2an.cn2an(numeral, "smart")) if len(numeral) <= LONGEST else None
    except ValueError:
        return None


def _about(text: str, start: int) -> str | None:
    before = text[max(0, start - 2) : start]
    if before[-1:] not in _ABOUT_ENDS or before == "最近" or before == "附近":
        return None
    return next((word for word in _ABOUT if before.endswith(word)), None)


def sentences(text: str) -> list[str]:
    """The sentences of a section's text, without the space around them."""
    return [sentence for piece in _SENTENCE.findall(text) if (sentence := piece.strip())]


_SENTENCE = re.compile(r"[^。!?！？\n]+[。!?！？]?")
