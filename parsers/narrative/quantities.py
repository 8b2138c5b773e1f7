"""Numbers with their units in running text: digits of both widths, 万 and 亿, thousands, Chinese numerals, percentages.

One pattern is run over a sentence. What is no count is not returned: years and dates, ordinals (第9次), codes, numbers
glued to letters or signs, numerals of two readings. Values are exact: ``1.32万余条`` is 13200, approximate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import cn2an

from parsers.normalise import half_width

UNITS = (
    "件次|条次|场次|期次|篇次|人次|户次|班次|批次|件|条|篇|次|期|场|个|家|名|人|户|类|项|部|份|宗|起|则|批|处|台|张|"
    "元|轮|幅|集|册|封|例|班|届"
)
PERCENT = "%"
LONGEST = 12  # digits; what is longer is a code

_DIGIT = "0-9０-９"
_CN = "〇零一二两三四五六七八九十百千万"
_PATTERN = re.compile(
    rf"(?:(?P<digits>[{_DIGIT}](?:[{_DIGIT},.．]*[{_DIGIT}])?)|(?P<numeral>[{_CN}]{{1,12}}))"
    rf"\s{{0,2}}(?P<scale>万|亿)?(?P<more>余|多|来)?(?P<unit>[%％]|{UNITS})?(?P<tail>以上|左右)?"
)
_NUMBER = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|0|[1-9][0-9]*)(?:\.[0-9]{1,6})?", re.ASCII)
_BARE_ZERO = re.compile(r"为(?P<digits>零|0|０)(?=[,，;；。、]|$)")
_SCALE = {"万": 10_000, "亿": 100_000_000}
_ABOUT = ("将近", "接近", "超过", "突破", "大约", "近", "约", "超", "逾")
_GLUED = frozenset("第-－—–~～.．/〔[【+＋×")
_ENDS = frozenset(",，;；、。)） ")


@dataclass(frozen=True, slots=True)
class Quantity:
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
    unit, numeral = match["unit"], match["numeral"]
    if unit is None and (numeral or not _ends(text, match)):
        return None
    start = match.start()
    before = text[start - 1] if start else ""
    if before and (before in _GLUED or before in _CN or (before.isascii() and before.isalnum())):
        return None
    if text[max(0, start - 3) : start].rstrip().endswith("第"):
        return None
    value = _chinese(text, match) if numeral else _decimal(match["digits"])
    if value is None:
        return None
    if match["scale"]:
        value *= _SCALE[match["scale"]]
    qualifier = match["more"] or match["tail"] or _about(text, start)
    exact = int(value) if value == int(value) else float(value)
    return Quantity(start, match.end(), exact, half_width(unit) if unit else None, qualifier is not None, qualifier)


def _ends(text: str, match: re.Match[str]) -> bool:
    """Whether a number without a unit ends its clause; years are none."""
    end = match.end()
    return (
        (end == len(text) or text[end] in _ENDS) and not match["scale"] and not re.fullmatch(r"(?:19|20)\d\d", match[0])
    )


def _decimal(digits: str) -> Decimal | None:
    plain = half_width(digits)
    if len(plain) > LONGEST + 4 or not _NUMBER.fullmatch(plain):
        return None
    return Decimal(plain.replace(",", ""))


def _chinese(text: str, match: re.Match[str]) -> Decimal | None:
    """A Chinese numeral; a lone 一 or 零 counts only where the clause ends, since 一次 and 一个 mostly count nothing."""
    numeral = match["numeral"]
    if numeral in ("一", "零", "〇") and not (match.end() == len(text) or text[match.end()] in _ENDS):
        return None
    try:
        return Decimal(cn2an.cn2an(numeral, "smart"))
    except ValueError:
        return None


def _about(text: str, start: int) -> str | None:
    before = text[max(0, start - 2) : start]
    found = next((word for word in _ABOUT if before.endswith(word)), None)
    return None if before.endswith(("最近", "附近", "大约束")) else found


def sentences(text: str) -> Iterator[str]:
    """The sentences of a section's text, without the space around them."""
    for piece in _SENTENCE_ENDS.split(text):
        if sentence := piece.strip():
            yield sentence


_SENTENCE_ENDS = re.compile(r"(?<=[。!?！？])|\n")
