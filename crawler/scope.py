"""What one run is to visit: the arguments of ``scrapy crawl annual_reports`` as a frozen ``Scope``.

``read_scope`` raises ``InputError`` for anything that can't be meant: an unknown province, years that are no
years, a registry row that can't be read, a scope without a portal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crawler.errors import InputError
from crawler.registry import Portal, load, read
from crawler.urls import canonical, city_domain, is_web
from parsers import regions

FIRST_YEAR = 2008  # the Regulations came into force on 1 May 2008
ARGUMENTS = ("province", "region", "url", "years", "scope")


@dataclass(frozen=True, slots=True)
class Scope:
    """Portals to visit, the report years wanted (empty: all there are), and whether agencies below are wanted."""

    portals: tuple[Portal, ...]
    years: frozenset[int] = frozenset()
    agencies: bool = False  # scope=all: departments, towns, subdistricts

    def wants(self, year: int | None) -> bool:
        """Whether a year is wanted; an unknown year may be."""
        return year is None or not self.years or year in self.years


def in_turn(portals: Iterable[Portal], last: Mapping[str, int]) -> list[Portal]:
    """The portals, whose turn it is first: never visited, then visited longest ago, then as given.

    ``last`` tells visited ones apart by when, so that a run that is cut short each time comes round to all of them.

    >>> portals = [Portal(name, None, name, f"http://{name}.{name[0]}.gov.cn/") for name in ("ax", "ay", "bx", "cx")]
    >>> [portal.portal_id for portal in in_turn(portals, {"ax": 7, "bx": 5, "ay": 6})]
    ['cx', 'bx', 'ay', 'ax']
    """
    return sorted(portals, key=lambda portal: last.get(portal.portal_id, -1))


def read_scope(portals_dir: Path, arguments: dict[str, str]) -> Scope:
    """The scope that the spider's arguments name."""
    if unknown := set(arguments) - set(ARGUMENTS):
        names, known = ", ".join(sorted(unknown)), ", ".join(ARGUMENTS)
        raise InputError(f"未知参数 -a {names},可用:{known}", f"unknown argument -a {names}; known: {known}")
    years, agencies = read_wishes(arguments)
    return Scope(_portals(portals_dir, arguments), years, agencies)


def read_wishes(arguments: Mapping[str, str]) -> tuple[frozenset[int], bool]:
    """What is wanted of whatever portals: the years, and whether agencies' reports are."""
    kind = arguments.get("scope") or "government"
    if kind not in ("government", "all"):
        raise InputError(f"scope 只能是 government 或 all,不是“{kind}”", f"scope is government or all, not {kind!r}")
    return read_years(arguments["years"]) if arguments.get("years") else frozenset(), kind == "all"


def read_years(text: str) -> frozenset[int]:
    """
    >>> sorted(read_years("2021-2023")), sorted(read_years("2019,2021,2023-2024"))
    ([2021, 2022, 2023], [2019, 2021, 2023, 2024])
    """
    years: set[int] = set()
    last = datetime.now(UTC).year
    for part in text.replace(",", ",").split(","):
        found = re.fullmatch(r"\s*(\d{4})\s*(?:[-–—~]\s*(\d{4})\s*)?", part)
        begin, end = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not FIRST_YEAR <= begin <= end <= last:
            raise InputError(
                f"年份“{text}”无效,例:2023、2021-2024、2021,2023({FIRST_YEAR} 至 {last})",
                f"years {text!r}: expected 2023, 2021-2024 or 2021,2023, from {FIRST_YEAR} to {last}",
            )
        years.update(range(begin, end + 1))
    return frozenset(years)


def _portals(portals_dir: Path, arguments: dict[str, str]) -> tuple[Portal, ...]:
    province, region, url = (arguments.get(name, "").strip() for name in ("province", "region", "url"))
    if url:
        if province:
            raise InputError("-a url 不能与 -a province 同用", "-a url and -a province exclude each other")
        return (_portal_by_hand(portals_dir, url, region),)
    if bool(province) == bool(region):
        raise InputError(
            "请给出 -a province=37、-a region=370323 或 -a url=http://… 之一",
            "give one of -a province=37, -a region=370323, -a url=http://...",
        )
    named = regions_named(province or region, province_only=bool(province))
    stems = tuple(regions.stem(found.code) for found in named)
    portals = load(portals_dir, frozenset(stem[:2] for stem in stems))
    chosen = tuple(portal for portal in portals if portal.region_code and portal.region_code.startswith(stems))
    if not chosen:
        names = "、".join(f"{found.name} ({found.code})" for found in named)
        raise InputError(
            f"{names} 在登记表 {portals_dir} 里没有门户,未采集任何内容",
            f"no portal of {names} in the registry {portals_dir}; nothing was crawled",
        )
    return chosen


def provinces_named(text: str) -> tuple[str, ...]:
    """The two digits of each province that an argument names.

    >>> provinces_named("山东,61"), provinces_named("")
    (('37', '61'), ())
    """
    return tuple(region.code[:2] for region in regions_named(text, province_only=True)) if text.strip() else ()


def regions_named(text: str, *, province_only: bool) -> list[regions.Region]:
    """The regions that a list of codes or names names; ``InputError`` for one that can't be meant."""
    return [_region(spec, province_only=province_only) for spec in re.split(r"[,,、]", text)]


def _region(spec: str, *, province_only: bool) -> regions.Region:
    try:
        found = regions.resolve(spec.strip())
    except regions.UnknownRegion as error:
        raise InputError(error.message_zh, error.message_en) from None
    if province_only and found.level != "province":
        raise InputError(
            f"“{spec}”是{found.name},不是省级,请用 -a region={found.code}",
            f"{spec!r} is {found.name}, not a province; use -a region={found.code}",
        )
    return found


def _portal_by_hand(portals_dir: Path, url: str, region: str) -> Portal:
    """A portal given by URL: the registry's row if it has that home page, so that the run's ids agree."""
    if not is_web(url):
        raise InputError(f"“{url}”不是 http(s) 地址", f"{url!r} is not an http(s) address")
    code = _region(region, province_only=False).code if region else None
    known = read(portals_dir)[0] if any(portals_dir.glob("*.csv")) else []  # a bad row elsewhere is no hindrance
    for portal in known:
        if canonical(portal.url) == canonical(url) and code in (None, portal.region_code):
            return portal
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", canonical(url).split("?")[0]).strip("-")[:64] or city_domain(url)
    return Portal(portal_id=name, region_code=code, name=url, url=url)
