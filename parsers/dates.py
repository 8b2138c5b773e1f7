"""Years and dates as reports and portals print them: a text in, ISO dates and years out.

Every function takes text with half-width digits (``widths``), as all matching of metadata does.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from parsers.normalise import table

_WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000\u00a0"
_NARROW = "".join(chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)) + "  "
_WIDTHS = table(str.maketrans(_WIDE, _NARROW))
_CHINESE = {**dict.fromkeys("〇○零OoО", "0"), **dict(zip("一二三四五六七八九", "123456789", strict=True))}
_CHINESE_YEAR = re.compile(r"二(?<![一二三四五六七八九〇○零]二)[〇○零OoО][〇○零OoО一二三四五六七八九]{2}(?=\s{0,2}年)")
_CHINESE_DAY = re.compile(r"([年月])\s{0,2}([一二三四五六七八九十]{1,3})(?=\s{0,2}[月日])")
_YEAR = re.compile(
    r"(?<![\d〔\[【])(20[0-3]\d)\s{0,3}[”’\"']?\s{0,2}年(?!来|以来|起|以?前|之前|后|以后|之后|上半年|下半年)"
)

DATE = re.compile(r"(?<!\d)(20[0-3]\d)\s{0,2}[-/.年]\s{0,2}(\d{1,2})\s{0,2}[-/.月]\s{0,2}(\d{1,2})(?!\d)")
DATE_ALONE = re.compile(
    r"[\[(]?\s*(20[0-3]\d\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?)\s*(\d{1,2}:\d{2}(:\d{2})?(\.0)?)?\s*[\])]?"
)
_URL_DATES = (
    re.compile(r"/t(20[0-3]\d)(\d{2})(\d{2})_"),
    re.compile(r"/(20[0-3]\d)[-/](\d{1,2})[-/](\d{1,2})/"),
    re.compile(r"/(20[0-3]\d)(\d{2})/(\d{2})/"),
    re.compile(r"/(20[0-3]\d)(\d{2})(\d{2})/"),
)


@lru_cache(maxsize=512)  # the same few texts are asked for by title, period, contact and citations
def widths(text: str) -> str:
    """Full-width ASCII as ASCII, character by character, so that positions stay.

    >>> widths("电话：（0533）３２２８３６９")
    '电话:(0533)3228369'
    """
    return text.translate(_WIDTHS)


@lru_cache(maxsize=512)
def arabic_years(text: str) -> str:
    """
    >>> arabic_years("二〇二四年度"), arabic_years("二○二三年"), arabic_years("十二年")
    ('2024年度', '2023年', '十二年')
    """
    if "二" not in text:
        return text
    return _CHINESE_YEAR.sub(lambda found: "".join(_CHINESE.get(c, c) for c in found[0]), text)


def arabic_dates(text: str) -> str:
    """
    >>> arabic_dates("二〇二四年十二月三十一日"), arabic_dates("2024年一月一日起"), arabic_dates("二〇二四年五月二十日")
    ('2024年12月31日', '2024年1月1日起', '2024年5月20日')
    """
    return _CHINESE_DAY.sub(lambda found: found[1] + _small_number(found[2]), arabic_years(text))


def _small_number(words: str) -> str:
    """A numeral under a hundred: 十二, 三十, 三十一; what is none stays.

    >>> _small_number("三十一"), _small_number("十"), _small_number("一二三")
    ('31', '10', '一二三')
    """
    tens, ten, ones = words.partition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in ones:
        return words
    digits = _CHINESE.get(tens, "1" if ten else ""), _CHINESE.get(ones, "0" if ten else "")
    return "".join(digits) or words


def years(text: str) -> list[int]:
    """The years that a text speaks of, in order; document numbers and full dates are none.

    >>> years("国办公开办函〔2021〕30号"), years("二〇二四年度"), years("“2024 ”年")
    ([], [2024], [2024])
    >>> years("沂源县2023年度(2024年2月10日)"), years("2022年以来")
    ([2023], [])
    """
    plain = arabic_years(text)
    return [int(found[1]) for found in _YEAR.finditer(plain) if not DATE.match(plain, found.start())]


def iso(year: str, month: str, day: str) -> str | None:
    """
    >>> iso("2024", "2", "9"), iso("2024", "2", "31")
    ('2024-02-09', None)
    """
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def first_date(text: str) -> str | None:
    """
    >>> first_date("2021-01-29 10:44"), first_date("[2024/1/5]"), first_date("2025年2月5日"), first_date("2024-1")
    ('2021-01-29', '2024-01-05', '2025-02-05', None)
    """
    for found in DATE.finditer(arabic_dates(widths(text))):
        if day := iso(*found.groups()):
            return day
    return None


def date_alone(text: str) -> str | None:
    """The date of a line that holds nothing else.

    >>> date_alone("[2024-02-19]"), date_alone("2024年2月19日 10:20"), date_alone("截至2024-02-19")
    ('2024-02-19', '2024-02-19', None)
    >>> date_alone("二〇二四年二月十九日")
    '2024-02-19'
    """
    found = DATE_ALONE.fullmatch(arabic_dates(widths(text)).strip())
    return first_date(found[1]) if found else None


def url_date(url: str | None) -> str | None:
    """
    >>> url_date("http://x.gov.cn/zfxxgknb/202502/t20250207_2096169.shtml"), url_date("http://x/art/2021/2/25/art_1_2.html")
    ('2025-02-07', '2021-02-25')
    """
    for pattern in _URL_DATES:
        if (found := pattern.search(url or "")) and (day := iso(*found.groups())):
            return day
    return None
