"""Cities side by side: turns, places, and windows, by a clock that the test sets."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from itertools import count

import pytest
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from crawler import cities, fetching, visits, windows
from crawler.browser.handler import PAGES_AT_ONCE
from crawler.cities import Cities
from crawler.families.base import PageRequest
from crawler.registry import Portal
from crawler.visits import Visit
from crawler.windows import CHINA, read

Site = tuple[str, int]  # city, and which of its sites


class Clock:
    """Time that goes on only when somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, hour: int) -> None:
        self.time = datetime(2026, 3, 1, hour, tzinfo=CHINA)
        self.real = asyncio.sleep
        monkeypatch.setattr(windows, "now", lambda: self.time)
        monkeypatch.setattr(cities.asyncio, "sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        await self.real(0)


def visited(sites: list[Site], at_once: int, *, more: dict[Site, list[Site]] | None = None) -> tuple[list[Site], int]:
    """The order in which visits began, and the most that were under way together; ``more`` come up in a visit."""
    order: list[Site] = []
    under_way: list[str] = []
    most = 0

    async def visit(site: Site) -> None:
        nonlocal most
        order.append(site)
        assert site[0] not in under_way, "one site of a city at a time"
        under_way.append(site[0])
        most = max(most, len(under_way))
        for each in (more or {}).get(site, []):
            walk.add(each[0], each)
        await asyncio.sleep(0)
        under_way.remove(site[0])

    async def run() -> None:
        await walk.run()

    walk: Cities[Site] = Cities(visit, at_once)
    for site in sites:
        walk.add(site[0], site)
    asyncio.run(run())
    return order, most


def test_the_sites_of_a_city_follow_each_other_and_no_more_cities_go_on_than_may() -> None:
    sites = [(city, n) for n in range(3) for city in "abcd"]
    order, most = visited(sites, 2)
    assert sorted(order) == sorted(sites)
    assert most == 2
    for city in "abcd":
        assert [n for name, n in order if name == city] == [0, 1, 2]


def test_what_a_visit_leads_to_is_visited_in_the_turn_of_its_city() -> None:
    more = {("a", 0): [("b", 1), ("a", 1)], ("b", 1): [("c", 0)], ("c", 0): [("a", 2)]}
    order, _ = visited([("a", 0), ("b", 0)], 8, more=more)
    assert sorted(order) == [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1), ("c", 0)]


def test_a_city_outside_of_its_window_gives_its_place_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, order = Clock(monkeypatch, 12), list[tuple[str, int]]()

    async def visit(city: str) -> None:
        if walk.hours.wait(city, clock.time):
            await walk._until_open(city)
        order.append((city, clock.time.hour))

    walk = Cities(visit, 1, read("night=20:00-21:00, evening=18:00-19:00"))
    for city in ("night", "evening", "day"):
        walk.add(city, city)
    asyncio.run(walk.run())
    assert order == [("day", 12), ("evening", 18), ("night", 20)]


def test_an_error_of_a_visit_ends_all(monkeypatch: pytest.MonkeyPatch) -> None:
    async def visit(city: str) -> None:
        if city == "bad":
            raise RuntimeError("broken")
        await asyncio.sleep(3600)

    async def run() -> int:
        with pytest.raises(RuntimeError, match="broken"):
            await walk.run()
        await asyncio.sleep(0)
        return len(asyncio.all_tasks()) - 1

    walk = Cities(visit, 4)
    for city in ("good", "bad"):
        walk.add(city, city)
    assert asyncio.run(run()) == 0, "nothing goes on unseen"


def test_a_page_waits_for_a_place_in_the_browser_off_the_time_of_its_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    crawler = get_crawler()
    times = count()
    monkeypatch.setattr(visits, "monotonic", lambda: next(times))
    under_way, most, shown = 0, 0, list[str]()

    async def fetch(_: object, wanted: PageRequest, portal_id: str) -> Response:
        nonlocal under_way, most
        under_way, most = under_way + 1, max(most, under_way + 1)
        await asyncio.sleep(0)
        under_way -= 1
        shown.append(portal_id)
        if portal_id == "0":
            raise RuntimeError("its place is given back all the same")
        return Response(wanted.url)

    monkeypatch.setattr(fetching, "fetch", fetch)

    async def run() -> list[Visit]:
        seen = [Visit(Portal(str(n), None, "", f"http://{n}.gov.cn/"), started=0) for n in range(5)]
        asked = [walk.fetch_for(crawler, each)(PageRequest(each.portal.url, render=True)) for each in seen]
        await asyncio.gather(*asked, return_exceptions=True)
        return seen

    walk: Cities[str] = Cities(lambda _: asyncio.sleep(0))
    seen = asyncio.run(run())
    assert sorted(shown) == ["0", "1", "2", "3", "4"]
    assert most == PAGES_AT_ONCE
    assert seen[4].waited > seen[0].waited
