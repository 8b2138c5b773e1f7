"""Normal forms for matching. What is stored stays as printed; only comparisons use these.

Labels are compared in NFKC, without white space, quotes and punctuation. Numbers are never put through NFKC:
it would turn a superscript or a circled digit into one more digit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

_DROP = re.compile(
    r"[\s\u200b\u200c\u200d\ufeff\u00ad“”\"'‘’「」『』《》〈〉<>、,，。.．:：;；()（）\[\]【】〔〕{}|·•*…_/\\—–\-]+"
)
INVISIBLE = "\u200b\u200c\u200d\ufeff\u00ad"
_NUMBERING = re.compile(r"^[一二三四五六七八九十\d]{1,2}(?=\D)(?![类大级])")

_SAME = tuple(range(0x10000))


def table(*changes: Mapping[int, int | str | None]) -> list[int | str | None]:
    """A table for ``str.translate`` with an entry for each character up to U+FFFF: of one that a mapping lacks, as it
    does nearly all of a Chinese text, ``translate`` is told by an exception."""
    codes: list[int | str | None] = list(_SAME)
    for mapping in changes:
        for code, other in mapping.items():
            codes[code] = other
    return codes


HALF_WIDTH = str.maketrans("０１２３４５６７８９，．＋－−﹣％（）：；", "0123456789,.+---%():;")
_HALF_WIDTHS = table(HALF_WIDTH)
_RADICALS = dict(  # of the block CJK Radicals Supplement, those that stand for a whole character; NFKC leaves them
    zip(
        map(
            ord,
            "⺁⺇⺌⺍⺎⺓⺕⺙⺟⺠⺦⺩⺫⺬⺰⺱⺲⺴⺶⺹⺻⺽⻁⻃⻄⻅⻆⻇⻉⻊⻋⻌⻑⻒⻓⻔⻖⻗⻘⻙⻚⻛⻜⻝⻟⻠⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
        ),
        "厂几小小兀幺彐攵母民丬王罒示纟网网网羊耂聿臼虎覀西见角角贝足车辶長镸长门阝雨青韦页风飞食飠饣马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟",
        strict=True,
    )
)


@lru_cache(maxsize=8192)
def unified(text: str) -> str:
    """Radicals and compatibility ideographs as the characters whose glyph they share: a PDF's text layer names glyphs,
    and often names 民 a radical. Nothing else changes, least of all digits.

    >>> unified('⼈⺠政府²①')
    '人民政府²①'
    """
    if text.isascii():
        return text
    return "".join(
        unicodedata.normalize("NFKC", char) if "⺀" <= char <= "⿕" or "豈" <= char <= "﫿" else char
        for char in text.translate(_RADICALS)
    )


def label(text: str) -> str:
    """A label without space, quotes, punctuation.

    >>> label('3.危及“三安全一稳定”'), label('(三) 不予\\n公开')
    ('3危及三安全一稳定', '三不予公开')
    """
    return _DROP.sub("", text if text.isascii() else unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=8192)
def label_name(text: str) -> str:
    """The normal form of a label without its number; cached, since every report prints the same labels."""
    return unnumbered(label(text))


def unnumbered(name: str) -> str:
    """A normal label without its leading number.

    >>> unnumbered('一本年新收政府信息公开申请数量'), unnumbered('3其他'), unnumbered('三安全')
    ('本年新收政府信息公开申请数量', '其他', '安全')
    """
    return _NUMBERING.sub("", name)


def squeeze(text: str) -> str:
    """Text without white space and the flattening character, as lengths are counted."""
    text = "".join(text.split())
    for character in f"{INVISIBLE}|":
        text = text.replace(character, "")
    return text


def half_width(text: str) -> str:
    """Full-width digits, signs and brackets as ASCII; nothing else changes, so ``1²`` stays ``1²``."""
    return text.translate(_HALF_WIDTHS)
