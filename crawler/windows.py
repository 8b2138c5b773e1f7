"""When a city may be visited: crawl windows in China time, for portals that are to be left in peace by day.

``CRAWL_WINDOW`` is a list of windows: ``20:00-07:00`` is for every city, ``sjz.gov.cn=22:00-06:00`` for one city
domain instead, ``sjz.gov.cn=always`` frees one. Several windows of one city add up. Empty: always.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from scrapy.settings import BaseSettings

from crawler.errors import InputError
from crawler.urls import city_domain

CHINA = timezone(timedelta(hours=8))  # no summer time since 1991
DAY = 24 * 60 * 60
_WINDOW = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)")
Span = tuple[int, int]  # seconds of the day; the end may be before the start: over midnight


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of all cities (under ``""``) and of single ones."""

    spans: dict[str, tuple[Span, ...]] = field(default_factory=dict)

    def wait(self, city: str, at: datetime) -> float:
        """Seconds from ``at`` until the city may be visited; 0 when it may be now.

        >>> night = read("20:00-07:00")
        >>> night.wait("yunhe.gov.cn", datetime(2026, 1, 5, 19, 59, 30, tzinfo=CHINA))
        30.0
        >>> night.wait("yunhe.gov.cn", datetime(2026, 1, 5, 22, 59, tzinfo=UTC))  # 06:59 in China
        0.0
        """
        spans = self.spans.get(city, self.spans.get("", ()))
        local = at.astimezone(CHINA)
        second = local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6
        if not spans or any(_within(second, span) for span in spans):
            return 0.0
        return min((start - second) % DAY for start, _ in spans)

    def opens(self, city: str, at: datetime) -> datetime:
        """When, from ``at`` on, the city may be visited."""
        return at + timedelta(seconds=self.wait(city, at))


def read(text: str) -> Windows:
    """``CRAWL_WINDOW`` as windows; raises ``InputError``."""
    spans: dict[str, tuple[Span, ...]] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        city, _, window = item.rpartition("=")
        city, window = city.strip().lower(), window.strip()
        if (domain := city_domain(city)) != city:  # it would never be the city of any request
            raise InputError(
                f"CRAWL_WINDOW:“{city}”不是城域名,应写 {domain}",
                f"CRAWL_WINDOW: {city!r} is no city domain; write {domain}",
            )
        if window == "always" and city:
            spans[city] = ()
            continue
        found = _WINDOW.fullmatch(window)
        start, end = _seconds(found, 1), _seconds(found, 3)
        if found is None or max(start, end) > DAY or start % DAY == end % DAY:
            raise InputError(
                f"CRAWL_WINDOW:“{item}”应为 20:00-07:00 或 城域名=22:00-06:00",
                f"CRAWL_WINDOW: {item!r} is not like 20:00-07:00 or city.gov.cn=22:00-06:00",
            )
        spans[city] = (*spans.get(city, ()), (start % DAY, end))
    return Windows(spans)


def read_windows(settings: BaseSettings) -> Windows:
    return read(",".join(settings.getlist("CRAWL_WINDOW")))


def check_hours(url: str, hours: Windows) -> None:
    """Raises an ``InputError`` that says when the city of a URL may be visited, if that is not now."""
    city, at = city_domain(url), now()
    if hours.wait(city, at):
        opens = f"{hours.opens(city, at).astimezone(CHINA):%m-%d %H:%M}"
        raise InputError(
            f"{city} 现在不在 CRAWL_WINDOW 时段内,北京时间 {opens} 起可以访问;加 --now 则立即访问",
            f"{city} is outside of its CRAWL_WINDOW now, which opens at {opens} China time; --now goes on all the same",
        )


def _seconds(found: re.Match[str] | None, group: int) -> int:
    return int(found[group]) * 3600 + int(found[group + 1]) * 60 if found else 0


def _within(second: float, span: Span) -> bool:
    start, end = span
    return start <= second < end if start < end else second >= start or second < end
