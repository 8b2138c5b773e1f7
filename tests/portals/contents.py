"""What a simulated portal publishes, drawn from a seed: the county, its reports, its units', look-alikes.

The county is a real one of the region table, so that owners are checked as in a real crawl; every figure and every
sentence is composed.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from functools import cache
from typing import Any

from crawler.demo.site import Site
from parsers import regions
from tests.portals.platforms.base import Case

FIRST_YEAR = 2019  # of the forms that the generated tables follow
TITLES = (
    "{place}{{year}}年政府信息公开工作年度报告",
    "{place}人民政府{{year}}年政府信息公开工作年度报告",
    "{{year}}年度{place}人民政府政府信息公开工作年度报告",
    "{place}{{year}}年度政府信息公开年度报告",
    "{place}人民政府{{year}}年度政府信息公开年报",
    "关于{place}{{year}}年政府信息公开工作情况的年度报告",
)
DEPARTMENTS = ("教育局", "民政局", "司法局", "财政局", "水务局", "审计局", "统计局", "卫生健康局", "应急管理局")
TOWNS = ("青石镇", "云溪镇", "东岭乡", "柳林镇", "白沙镇", "大河乡", "石桥镇")
LOOKALIKES = (
    "{place}{year}年法治政府建设年度报告",
    "{place}人民政府网站工作年度报表（{year}年度）",
    "{place}人民政府{year}年政府工作报告",
    "{place}{year}年度部门决算公开",
    "{place}{year}年国民经济和社会发展统计公报",
    "图解：{place}{year}年政府信息公开工作年度报告",
    "关于做好{year}年政府信息公开工作年度报告编制工作的通知",
    "{place}政府信息公开指南（{year}年版）",
    "{place}{year}年政务公开工作要点",
)


@cache
def units_of(level: str) -> tuple[regions.Region, ...]:
    """Counties, or prefectures, whose name no other unit has, in order of their codes."""
    held = (regions.by_code(f"{number:06d}") for number in range(110000, 660000))
    found = (r for r in held if r and r.level == level and r.name.endswith(("县", "市")))
    return tuple(r for r in found if len(r.name) <= 4 and [each.code for each in regions.find(r.name)] == [r.code])


@cache
def _drawn(level: str, seed: str) -> list[regions.Region]:
    units = units_of(level)
    return random.Random(f"counties {seed}").sample(units, len(units))


def region_of(level: str, seed: str, number: int) -> regions.Region:
    """The region of the portal of that number; two portals of a seed have two, while there are units."""
    units = _drawn(level, seed)
    return units[number % len(units)]


def make_site(case: Case, seed: str, number: int, hosts: dict[str, str]) -> Site:
    """The portal of a case: the same for the same ``seed``, another for another."""
    name = case.name
    rng = random.Random(f"{seed} {name}")
    region = region_of(case.level, seed, number)
    place = region.name
    footer = {
        "organiser": f"{place}人民政府",
        "undertaker": f"{place}人民政府办公室",
        "icp": f"测ICP备{region.code}号",
        "police": f"公网安备{region.code}000001号",
    }
    return Site(
        code=region.code,
        name=f"{place}人民政府",
        place=place,
        province=region.code[:2],
        platform=name,
        style=rng.choice(("plain", "word", "editor", "spaced")),
        site_code=region.code + "0001",
        hosts=hosts,
        footer=footer,
        robots="missing",
        data=_data(rng, region) | {"scope": case.scope, "expected": {"outcome": case.outcome, "family": case.family}},
    )


def _data(rng: random.Random, region: regions.Region) -> dict[str, Any]:
    place = region.name
    last = rng.choice((2024, 2025))
    first = rng.randint(FIRST_YEAR, last - 3)
    years = range(first, last + 1)
    return {
        "title": rng.choice(TITLES).format(place=place),
        "subject": f"{place}人民政府",
        "agency": f"{place}人民政府",
        "size": rng.randint(0, 40),
        "report": [{"year": year, "date": _published(rng, year)} for year in years],
        "department": _units(rng, place, DEPARTMENTS, last),
        "town": _units(rng, "", TOWNS, last),
        "other": [
            {"title": title.format(place=place, year=year), "date": _published(rng, year), "year": year}
            for title in rng.sample(LOOKALIKES, rng.randint(3, 6))
            for year in (rng.choice(years),)
        ]
        + [_mirrored(rng, other, rng.choice(years)) for other in _near(rng, region)],
    }


def _near(rng: random.Random, region: regions.Region) -> list[regions.Region]:
    """Counties of the same prefecture, and the prefecture of a county: their reports may be repeated."""
    held = [r for r in units_of("county") if r.code[:4] == region.code[:4] and r.code != region.code]
    above = regions.by_code(region.code[:4] + "00")
    return rng.sample(held, min(3, len(held))) + ([above] if above and above.code != region.code else [])


def _mirrored(rng: random.Random, other: regions.Region, year: int) -> dict[str, Any]:
    title = rng.choice(TITLES[:3]).format(place=other.name).format(year=year)
    more = {"subject": f"{other.name}人民政府", "size": 10, "region_code": other.code}
    return {"kind": "mirror", "title": title, "date": _published(rng, year), "year": year, **more}


def _units(rng: random.Random, prefix: str, names: tuple[str, ...], last: int) -> dict[str, Any]:
    chosen = rng.sample(names, rng.randint(2, 4))
    suffix = "" if prefix else "人民政府"
    return {"years": [last - 1, last], "size": 3, "names": [f"{prefix}{name}{suffix}" for name in chosen]}


def _published(rng: random.Random, year: int) -> str:
    """A day of the spring after the year reported on."""
    return (date(year + 1, 1, 10) + timedelta(days=rng.randint(0, 70))).isoformat()
