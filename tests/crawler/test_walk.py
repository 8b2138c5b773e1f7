"""Walks through portals that are a dictionary of pages: what is asked for, and what is taken for a report."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from scrapy.http import Response

from crawler.families.base import PageRequest
from crawler.items import ReportSource
from crawler.outcomes import Outcome, Signal
from crawler.registry import Portal
from crawler.scope import Scope
from crawler.trouble import of_response
from crawler.visits import Visit, conclude
from crawler.walk import Limits, Walk
from tests.crawler.sites import column_page, home_page, report_page
from tests.crawler.walks import response_of

HOME = "http://www.sim.gov.cn"
Site = Callable[[str], str | None]


def walked(site: Site, *, agencies: bool = False) -> tuple[list[str], list[str], Visit]:
    """Addresses taken for reports, addresses asked for, and the visit."""
    portal = Portal("p", None, "云河县人民政府", f"{HOME}/")
    visit = Visit(portal)
    asked: list[str] = []
    taken: list[str] = []

    async def fetch(wanted: PageRequest) -> Response | Signal:
        path = wanted.url.removeprefix(HOME)
        asked.append(path)
        text = site(path)
        response = response_of(text or "<p>404</p>", wanted.url, status=200 if text else 404)
        return of_response(response) or response

    async def emit(source: ReportSource) -> None:
        taken.append(source.documents[0].url.removeprefix(HOME))

    asyncio.run(Walk(visit, Scope((portal,), agencies=agencies), fetch, emit, Limits(pages=60)).run())
    return taken, asked, visit


def test_a_column_is_not_read_twice_through_two_addresses() -> None:
    report = "/nb/t20250101_1.html"
    pages = {
        "/": home_page(
            {"/nb/": "政府信息公开年报", "/nb/index.html?v=2": "信息公开年报", "/nb/index_0.html": "年度报告"}
        ),
        "/nb/": column_page({report: "云河县2024年政府信息公开工作年度报告", report + "?topSearch=1": "2024年年报"}),
        report: report_page("云河县人民政府"),
    }
    taken, asked, _ = walked(pages.get)
    assert taken == [report]
    assert sorted(asked) == ["/", "/nb/", report]


def test_a_portal_whose_address_nobody_knows_is_asked_for_nothing_and_told() -> None:
    portal = Portal("p", "370323", "沂源县人民政府", "", status="unknown")
    visit = Visit(portal)

    async def refuse(wanted: PageRequest) -> Response | Signal:
        raise AssertionError(wanted)

    async def emit(source: ReportSource) -> None:
        raise AssertionError(source)

    asyncio.run(Walk(visit, Scope((portal,)), refuse, emit).run())
    outcome = conclude(visit)
    assert (outcome.outcome, outcome.pages) == ("not_found", 0)
    assert "no address known" in outcome.detail


def test_links_that_grow_without_end_are_left_by_the_budget() -> None:
    def site(path: str) -> str:
        return home_page({f"{path}{'&' if '?' in path else '?'}d={len(path)}": "政务公开"})

    taken, asked, visit = walked(site)
    assert taken == []
    assert len(asked) <= 60
    assert visit.columns == 0


def test_a_list_without_an_end_is_left_by_the_budget_and_said_to_be_incomplete() -> None:
    def site(path: str) -> str:
        if path == "/":
            return home_page({"/nb/?p=0": "政府信息公开年报"})
        number = int(path.rpartition("=")[2])
        rows = {f"/n/t20250101_{number}{n}.html": f"云河县第{number}{n}次会议召开" for n in range(3)}
        return column_page(rows, text=f'<a href="/nb/?p={number + 1}">下一页</a>')

    taken, asked, visit = walked(site)
    assert taken == []
    assert len(asked) <= 61
    assert [signal.outcome for signal in visit.lists] == [Outcome.PAGINATION_INCOMPLETE]
    assert len(asked) < 60, "the list leaves pages for the reports"


def test_an_odd_title_is_opened_and_a_lookalike_is_not_asked_for() -> None:
    odd, explained = "/nb/t20250101_1.html", "/nb/t20250101_2.html"
    pages = {
        "/": home_page({"/nb/": "政府信息公开年报"}),
        "/nb/": column_page({odd: "云河县2024年度工作报告", explained: "一图读懂云河县2024年政府信息公开工作年度报告"}),
        odd: report_page("云河县人民政府"),
    }
    taken, asked, _ = walked(pages.get)
    assert taken == [odd]
    assert explained not in asked


def test_a_page_under_a_reports_title_that_explains_it_is_no_report() -> None:
    row = "/nb/t20250101_1.html"
    pages = {
        "/": home_page({"/nb/": "政府信息公开年报"}),
        "/nb/": column_page({row: "云河县2024年政府信息公开工作年度报告"}),
        row: "<html><body><h1>云河县2024年政府信息公开工作年度报告解读</h1><p>读。</p></body></html>",
    }
    taken, _, visit = walked(pages.get)
    assert taken == []
    assert visit.dropped["lookalike"] == 1
