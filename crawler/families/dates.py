"""Dates as list pages show them. A date that lacks its year is no date."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone

_CHINA = timezone(timedelta(hours=8))
_FULL = re.compile(r"(?<!\d)((?:19|20)\d\d)\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)\s*日?")
_YEAR_MONTH = re.compile(r"((?:19|20)\d\d)\s*[-/.年]\s*(\d{1,2})\s*月?")
_YEAR = re.compile(r"((?:19|20)\d\d)\s*年?")
_MONTH_DAY = re.compile(r"(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_DAY = re.compile(r"(\d{1,2})\s*日?")
_TIME = r"(?:\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_NUMERIC = r"(?:(?:19|20)\d\d\s*[-/.]\s*\d{1,2}\s*[-/.]\s*\d{1,2}" + _TIME + r"|(?<!\d)\d{1,2}-\d{1,2}(?!\d))"
_CHINESE = r"(?:19|20)\d\d年\d{1,2}月\d{1,2}日"
_AT_END = re.compile(rf"\s*(?:[\[(【]\s*(?P<b>{_NUMERIC}|{_CHINESE})\s*[\])】]|(?<![\d年至~—-])(?P<n>{_NUMERIC}))\s*$")
_EDGE = re.compile(r"^\s*[\d\[(【（［]|[\d\])】）］]\s*$")
_AT_START = re.compile(rf"^\s*(?:[\[(【]\s*(?P<b>{_NUMERIC}|{_CHINESE})\s*[\])】]|(?P<n>{_NUMERIC})(?![\d~—-]))\s*")


def normalise(text: str) -> str:
    """Full-width figures and signs as plain ones.

    >>> normalise("２０２５－０１－２２")
    '2025-01-22'
    """
    plain = text.isascii() or unicodedata.is_normalized("NFKC", text)
    return text if plain else unicodedata.normalize("NFKC", text)


def iso(year: str | int, month: str | int, day: str | int) -> str | None:
    """An ISO date, if there is such a day.

    >>> iso(2025, "1", "22"), iso(2025, 2, 30)
    ('2025-01-22', None)
    """
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def find_date(text: str) -> str | None:
    """The first full date of a text.

    >>> find_date("[2025-01-22]"), find_date("2025年1月2日"), find_date("2025.01.22 17:18:49"), find_date("2025/01/22")
    ('2025-01-22', '2025-01-02', '2025-01-22', '2025-01-22')
    >>> find_date("01-22") is None, find_date("2025-13-01") is None
    (True, True)
    """
    for match in _FULL.finditer(normalise(text)):
        found = iso(*match.groups())
        if found:
            return found
    return None


def join_date(pieces: Iterable[str]) -> str | None:
    """A date from the text nodes of one row, if they hold one year and the rest of the date only once.

    >>> join_date(["云河县年报", "2025", "01-22"]), join_date(["22", "2025-01"]), join_date(["01-22"])
    ('2025-01-22', '2025-01-22', None)
    >>> join_date(["2025-", "01", "-22"])
    '2025-01-22'
    """
    plain = [p for p in (normalise(piece).strip(" \t\r\n\xa0[]()【】|/") for piece in pieces) if p]
    found = find_date(" ".join(plain)) or find_date("".join(p for p in plain if len(p) <= 11))
    if found:
        return found
    years: set[str] = {m.group(1) for m in map(_YEAR.fullmatch, plain) if m}
    month_days = {(m.group(1), m.group(2)) for m in map(_MONTH_DAY.fullmatch, plain) if m}
    year_months = {(m.group(1), m.group(2)) for m in map(_YEAR_MONTH.fullmatch, plain) if m}
    days = {m.group(1) for m in map(_DAY.fullmatch, plain) if m}
    if len(years) == 1 and len(month_days) == 1:
        return iso(years.pop(), *month_days.pop())
    if len(year_months) == 1 and len(days) == 1:
        year, month = year_months.pop()
        return iso(year, month, days.pop())
    return None


def is_date(text: str) -> bool:
    """Whether a text is nothing but a date, with or without its year.

    >>> is_date("[2025-01-22]"), is_date("01-22"), is_date("2024年度报告")
    (True, True, False)
    """
    if not 4 <= len(text) < 60:
        return False
    plain = normalise(text).strip(" \t\r\n\xa0[]()【】")
    return bool(re.fullmatch(rf"{_NUMERIC}|{_CHINESE}", plain))


def strip_date(title: str) -> tuple[str, str | None]:
    """A title without the date set before or after it, and that date.

    >>> strip_date("云河县2024年政府信息公开年报 [2025-01-22]")
    ('云河县2024年政府信息公开年报', '2025-01-22')
    >>> strip_date("01-22 云河县2024年年报"), strip_date("云河县政府信息公开年报(2024年)")
    (('云河县2024年年报', None), ('云河县政府信息公开年报(2024年)', None))
    """
    if not _EDGE.search(title):
        return title, None
    for pattern in (_AT_END, _AT_START):
        plain = normalise(title)
        match = pattern.search(plain)
        # NFKC may change lengths: cut only where the plain text stands for the printed one.
        if match and len(plain) == len(title):
            rest = (title[: match.start()] + title[match.end() :]).strip(" \t-|·")
            if rest:
                return rest, find_date(match.group("b") or match.group("n"))
    return title, None


def from_unix(value: float) -> str | None:
    """A date from unix seconds or milliseconds, in China time.

    >>> from_unix(1737504000), from_unix(1737504000000), from_unix(12)
    ('2025-01-22', '2025-01-22', None)
    """
    seconds = value / 1000 if value > 1e11 else value
    if not 946_684_800 <= seconds < 4_102_444_800:
        return None
    return datetime.fromtimestamp(seconds, _CHINA).date().isoformat()
