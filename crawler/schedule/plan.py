"""``schedule.toml`` as frozen records. What can't be meant is an ``InputError`` that names file and place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scrapy.settings import BaseSettings

from crawler.errors import InputError
from crawler.scope import read_wishes
from crawler.values import check_names, check_values
from parsers import regions

_KEYS = {"timezone", "hours", "retry_hours", "job"}
_JOB_KEYS = {"name", "provinces", "every_days", "season_months", "season_every_days", "arguments", "settings"}
BESIDE_PROVINCE = {"years", "scope"}  # the spider's arguments that a job may have
OF_ALL_RUNS = {"RUN_ID", "RUNS_DIR", "SCHEDULE", "PORTALS_DIR"}  # settings that can't be a job's own


@dataclass(frozen=True, slots=True)
class Crawl:
    """One run that comes again: what it is asked for, and after how many days."""

    name: str
    arguments: dict[str, str]
    every_days: float
    season_months: frozenset[int] = frozenset()
    season_every_days: float = 0.0
    settings: dict[str, str] = field(default_factory=dict)

    def days(self, month: int) -> float:
        return self.season_every_days if month in self.season_months else self.every_days


@dataclass(frozen=True, slots=True)
class Schedule:
    timezone: ZoneInfo
    crawls: tuple[Crawl, ...]
    hours: tuple[time, time] | None = None
    retry_hours: float = 6.0

    def open_at(self, now: time) -> bool:
        """Whether runs may begin at a time of day.

        >>> night = Schedule(ZoneInfo("UTC"), (), (time(20), time(6)))
        >>> [night.open_at(time(hour)) for hour in (19, 20, 23, 0, 5, 6)]
        [False, True, True, True, True, False]
        """
        if self.hours is None:
            return True
        begin, end = self.hours
        return begin <= now < end if begin <= end else now >= begin or now < end


def read(path: Path, registered: Iterable[str], settings: BaseSettings | None = None) -> Schedule:
    """The schedule in a file; ``registered`` are the province codes that the registry has.

    With ``settings``, those of the project, what a job sets is held against them.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"无法读取 {path}:{error.strerror}", f"can't read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} 不是有效的 TOML:{error}", f"{path} is no TOML: {error}") from None
    return _Reader(path, sorted(registered), settings).schedule(table)


@dataclass(frozen=True, slots=True)
class _Reader:
    path: Path
    registered: list[str]
    settings: BaseSettings | None = None

    def wrong(self, where: str, zh: str, en: str) -> InputError:
        return InputError(f"{self.path}: {where}: {zh}", f"{self.path}: {where}: {en}")

    def schedule(self, table: dict[str, Any]) -> Schedule:
        self._known(table, _KEYS, "")
        try:
            zone = ZoneInfo(table.get("timezone", "Asia/Shanghai"))
        except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):  # the name of a directory of zones is the last
            raise self.wrong("timezone", "未知时区", "unknown time zone") from None
        jobs = table.get("job")
        if not isinstance(jobs, list) or not jobs:
            raise self.wrong("job", "至少要有一个 [[job]]", "at least one [[job]] is needed")
        crawls = [crawl for number, job in enumerate(jobs, 1) for crawl in self._crawls(job, f"job {number}")]
        if len({crawl.name for crawl in crawls}) < len(crawls):
            raise self.wrong("job", "名称重复", "names are not unique")
        asked: dict[str, str] = {}
        for crawl in crawls:  # a run tells what it was asked for, not by which job
            same = asked.setdefault(str(sorted(crawl.arguments.items())), crawl.name)
            if same != crawl.name:
                raise self.wrong(f"job {crawl.name}", f"与 {same} 采集的相同", f"asks for the same as {same}")
        retry = self._days(table.get("retry_hours", 6), "retry_hours")
        return Schedule(zone, tuple(crawls), self._hours(table.get("hours")), retry)

    def _crawls(self, job: dict[str, Any], where: str) -> Iterable[Crawl]:
        self._known(job, _JOB_KEYS, where)
        name = job.get("name")
        if not isinstance(name, str) or not re.fullmatch(r"[\w.-]+", name):
            raise self.wrong(
                f"{where}: name", "需要名称(字母、数字、. _ -)", "a name is needed (letters, digits, . _ -)"
            )
        where = f"job {name}"
        arguments = self._texts(job, "arguments", where)
        if unknown := set(arguments) - BESIDE_PROVINCE:
            raise self.wrong(f"{where}: arguments", f"未知参数 {sorted(unknown)}", f"unknown {sorted(unknown)}")
        settings = self._texts(job, "settings", where)
        with self._within(f"{where}: arguments"):
            read_wishes(arguments)
        with self._within(f"{where}: settings"):
            self._check(settings)
        months = job.get("season_months", [])
        if not isinstance(months, list) or not all(type(m) is int and 1 <= m <= 12 for m in months):
            raise self.wrong(f"{where}: season_months", "应为 1 至 12 的列表", "a list of 1 to 12 is expected")
        if bool(months) != ("season_every_days" in job):
            raise self.wrong(
                where,
                "season_months 与 season_every_days 应同时给出",
                "season_months and season_every_days go together",
            )
        every = self._days(job.get("every_days"), f"{where}: every_days")
        season = self._days(job.get("season_every_days", every), f"{where}: season_every_days")
        for code in self._provinces(job.get("provinces"), f"{where}: provinces"):
            asked = {"province": code, **arguments}
            yield Crawl(f"{name}/{code}", asked, every, frozenset(months), season, settings)

    @contextmanager
    def _within(self, where: str) -> Iterator[None]:
        try:
            yield
        except InputError as error:
            raise self.wrong(where, error.message_zh, error.message_en) from None

    def _check(self, given: dict[str, str]) -> None:
        if fixed := sorted(OF_ALL_RUNS & given.keys()):
            names = ", ".join(fixed)
            raise InputError(f"{names} 不能由任务设定", f"a job can't set {names}")
        if self.settings is not None:
            check_names(self.settings, given)
            settings = self.settings.copy()
            settings.setdict(given, priority="cmdline")
            check_values(settings)

    def _provinces(self, given: Any, where: str) -> list[str]:
        if given == "all":
            return self.registered
        if not isinstance(given, list) or not given:
            raise self.wrong(where, '应为 "all" 或省份列表', '"all" or a list of provinces is expected')
        try:
            found = [regions.resolve(str(each)) for each in given]
        except regions.UnknownRegion as error:
            raise self.wrong(where, error.message_zh, error.message_en) from None
        if low := [each.name for each in found if each.level != "province"]:
            raise self.wrong(where, f"{low[0]} 不是省级", f"{low[0]} is no province")
        if missing := [each.name for each in found if each.code[:2] not in self.registered]:
            raise self.wrong(where, f"登记表里没有{missing[0]}的门户", f"the registry has no portal of {missing[0]}")
        return [each.code[:2] for each in found]

    def _hours(self, given: Any) -> tuple[time, time] | None:
        if given is None:
            return None
        try:
            begin, end = (datetime.strptime(part.strip(), "%H:%M").time() for part in given.split("-"))
        except (AttributeError, ValueError):
            begin = end = time()
        if begin == end:
            raise self.wrong("hours", "应如 20:00-06:00", "20:00-06:00 is expected") from None
        return begin, end

    def _days(self, given: Any, where: str) -> float:
        if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given < 10_000:
            raise self.wrong(where, "应为正数", "a positive number is expected")
        return float(given)

    def _texts(self, job: dict[str, Any], key: str, where: str) -> dict[str, str]:
        given = job.get(key, {})
        if not isinstance(given, dict) or not all(isinstance(value, str | int | float) for value in given.values()):
            raise self.wrong(f"{where}: {key}", "应为一组 名称 = 值", "name = value pairs are expected")
        return {name: str(value) for name, value in given.items()}

    def _known(self, table: Any, keys: set[str], where: str) -> None:
        if not isinstance(table, dict) or (unknown := set(table) - keys):
            names = ", ".join(sorted(unknown)) if isinstance(table, dict) else "?"
            raise self.wrong(where or "top", f"未知项 {names}", f"unknown {names}")
