"""What is due at a time, given the runs that there were. Pure, but for ``ran``, which reads manifests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawler.run import MANIFEST
from crawler.schedule.plan import Crawl, Schedule

AHEAD = timedelta(hours=1)  # a run that began later than now: the clock was wrong, then or now; it counts for nothing
SLACK = timedelta(hours=2)  # a nightly timer that fires a little earlier than last time does not skip a night


@dataclass(frozen=True, slots=True)
class Ran:
    """A published run: what it was asked for, when it began, whether it did all of it."""

    arguments: dict[str, str]
    started: datetime
    complete: bool = True  # False: it failed, or was out of time before it had visited all


@dataclass(frozen=True, slots=True)
class Due:
    """A crawl with the time from which on it may run; ``last`` is None if it never ran."""

    crawl: Crawl
    since: datetime
    last: Ran | None


def due(schedule: Schedule, runs: Iterable[Ran], now: datetime) -> list[Due]:
    """The crawls that are due, longest overdue first; none outside of the schedule's hours."""
    if not schedule.open_at(now.astimezone(schedule.timezone).time()):
        return []
    return sorted(
        (each for each in plan(schedule, runs, now) if each.since <= now),
        key=lambda each: (each.since, each.crawl.name),
    )


def plan(schedule: Schedule, runs: Iterable[Ran], now: datetime) -> list[Due]:
    """Every crawl with the time from which on it is due, whatever the hour."""
    known = [run for run in runs if run.started <= now + AHEAD]
    found = []
    for crawl in schedule.crawls:
        mine = sorted((run for run in known if run.arguments == crawl.arguments), key=lambda run: run.started)
        last = mine[-1] if mine else None
        found.append(Due(crawl, _since(schedule, crawl, mine, now), last))
    return found


def _since(schedule: Schedule, crawl: Crawl, mine: list[Ran], now: datetime) -> datetime:
    never = datetime.fromtimestamp(0, UTC)
    worked = [run.started for run in mine if run.complete]
    days = crawl.days(now.astimezone(schedule.timezone).month)
    since = worked[-1] + timedelta(days=days) - SLACK if worked else never
    if mine and not mine[-1].complete:
        return max(since, mine[-1].started + timedelta(hours=schedule.retry_hours))
    return since


def ran(runs_dir: Path) -> Iterator[Ran]:
    """The published crawls in a directory of runs; what is no manifest of one is left aside."""
    for path in sorted(runs_dir.glob(f"*/{MANIFEST}")):
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            if told.get("kind", "crawl") == "crawl":
                yield Ran(
                    dict(told["arguments"]), datetime.fromisoformat(told["started"]), told.get("complete") is True
                )
        except (OSError, ValueError, KeyError, TypeError):
            continue
