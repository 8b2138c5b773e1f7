"""When a page that is known is asked for again, and when columns are searched from the home page again.

Published reports are corrected soon or hardly ever. So the younger a report, the sooner its page is due: RECHECK_DAYS
is ``90:7 400:30 180``, up to 90 days after publication every 7 days, up to 400 days every 30, later every 180. The
interval of a page is up to a quarter shorter or longer, by its address, so that not all fall due in one night. A row
whose title or date has changed is due at once; so is a page that was checked in the future, since a clock was wrong.

A list whose first rows are as they were is taken to be as it was, for LIST_DAYS after it was last read to its end.
Columns are searched again every DISCOVERY_DAYS, and daily in the months of SEASON while last year's report is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from scrapy.settings import BaseSettings

from crawler.errors import InputError
from crawler.families.base import Link
from crawler.ledger.records import Column, Memory, Page, Robots

ALL, DUE, NONE = "all", "due", "none"
MODES = (DUE, ALL, NONE)
ROBOTS_DAYS = 1
CHINA = timezone(timedelta(hours=8))
Steps = tuple[tuple[int | None, float], ...]


@dataclass(frozen=True, slots=True)
class Recheck:
    """The policy of one run."""

    mode: str = DUE
    steps: Steps = ((90, 7), (400, 30), (None, 180))
    list_days: float = 7
    discovery_days: float = 30
    season: frozenset[int] = frozenset({1, 2, 3, 4})

    def is_due(self, page: Page, link: Link, now: datetime | None = None) -> bool:
        """Whether a known page, named by a row, is to be asked for again."""
        if self.mode != DUE:
            return self.mode == ALL
        if (link.title, link.date) != (page.title, page.date):
            return True
        now = now or datetime.now(UTC)
        age = _days_since(page.checked_at, now)
        return age is None or age < 0 or age >= self.interval(page, now)

    def interval(self, page: Page, now: datetime) -> float:
        """Days between two looks at a page."""
        published = _days_since(page.dated or page.date or _guess(page.year), now)
        days = self.steps[-1][1]
        for until, step in self.steps:
            if published is not None and (until is None or published <= until):
                days = step
                break
        return _spread(days, page.key)

    def list_will_do(self, column: Column, now: datetime | None = None) -> bool:
        """Whether a list whose first rows are as they were need not be read to its end."""
        age = _days_since(column.read_at, now or datetime.now(UTC))
        return self.mode != ALL and age is not None and 0 <= age < _spread(self.list_days, column.key)

    def robots_hold(self, robots: Robots, now: datetime | None = None) -> float:
        """Seconds for which robots.txt need not be asked for: RFC 9309 lets a crawler keep it for a day."""
        age = _days_since(robots.fetched_at, now or datetime.now(UTC))
        is_young = self.mode != ALL and age is not None and 0 <= age < ROBOTS_DAYS
        return (ROBOTS_DAYS - age) * 86400 if is_young and age is not None else 0.0

    def is_settled(self, memory: Memory, scope: str, now: datetime | None = None) -> bool:
        """Whether the columns that are known will do, without a search from the home page."""
        now = now or datetime.now(UTC)
        age = _days_since(memory.discovered_at, now)
        if not memory.columns or memory.scope != scope or age is None or not 0 <= age < self.discovery_days:
            return False
        here = now.astimezone(CHINA)
        return here.month not in self.season or here.year - 1 in memory.years or age < 1


def read_policy(settings: BaseSettings) -> Recheck:
    """The policy that RECHECK, RECHECK_DAYS, DISCOVERY_DAYS and SEASON name; ``InputError`` if they name none."""
    mode = settings["RECHECK"]
    if mode not in MODES:
        raise InputError(f"RECHECK 只能是 {', '.join(MODES)}", f"RECHECK is one of {', '.join(MODES)}, not {mode!r}")
    return Recheck(
        mode,
        read_steps(settings["RECHECK_DAYS"]),
        settings.getfloat("LIST_DAYS"),
        settings.getfloat("DISCOVERY_DAYS"),
        read_months(settings["SEASON"]),
    )


def read_steps(text: str) -> Steps:
    """
    >>> read_steps("90:7 400:30 180")
    ((90, 7.0), (400, 30.0), (None, 180.0))
    """
    found = [re.fullmatch(r"(?:(\d{1,5}):)?(\d{1,5}(?:\.\d+)?)", word) for word in str(text).split()]
    steps = [(int(step[1]) if step[1] else None, float(step[2])) for step in found if step]
    ages = [age for age, _ in steps]
    numbers = [age for age in ages[:-1] if age is not None]
    if not steps or None in found or ages[-1] is not None or len(numbers) < len(ages) - 1 or numbers != sorted(numbers):
        raise InputError(
            f"RECHECK_DAYS“{text}”无效,例:90:7 400:30 180",
            f"RECHECK_DAYS {text!r}: expected AGE:DAYS ... DAYS, for example 90:7 400:30 180",
        )
    return tuple(steps)


def read_months(text: str) -> frozenset[int]:
    """
    >>> sorted(read_months("1-4")), sorted(read_months("12,1-3")), read_months("")
    ([1, 2, 3, 4], [1, 2, 3, 12], frozenset())
    """
    months: set[int] = set()
    for part in str(text or "").replace(" ", "").split(",") if text else ():
        found = re.fullmatch(r"(\d{1,2})(?:-(\d{1,2}))?", part)
        begin, end = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= begin <= end <= 12:
            raise InputError(f"SEASON“{text}”无效,例:1-4", f"SEASON {text!r}: expected months such as 1-4 or 12,1-3")
        months.update(range(begin, end + 1))
    return frozenset(months)


def _spread(days: float, key: str) -> float:
    return days * (0.75 + int(key[:4], 16) / 0xFFFF / 2)


def _guess(year: int | None) -> str:
    """Reports are due by the end of March of the next year."""
    return f"{year + 1}-03-31" if year and year < 9000 else ""


def _days_since(text: str, now: datetime) -> float | None:
    """
    >>> _days_since("2026-03-01", datetime(2026, 3, 31, tzinfo=UTC)), _days_since("soon", datetime.now(UTC))
    (30.0, None)
    """
    try:
        then = datetime.fromisoformat(text) if len(text) > 10 else datetime.combine(
            date.fromisoformat(text), datetime.min.time()
        )  # fmt: skip
    except ValueError:
        return None
    return (now - (then if then.tzinfo else then.replace(tzinfo=UTC))).total_seconds() / 86400
