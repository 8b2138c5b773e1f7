"""Walks through portals that are a dictionary of pages: what is asked for, and what is taken for a report."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping

import pytest
from scrapy.http import Response

from crawler.asking import Limits
from crawler.demo.server import request_of
from crawler.families.base import PageRequest
from crawler.items import ReportSource
from crawler.ledger.recall import GOVERNMENT, Recall
from crawler.ledger.records import Memory, Version
from crawler.outcomes import Outcome, Signal
from crawler.registry import Portal
from crawler.run import now
from crawler.scope import Scope
from crawler.trouble import of_response
from crawler.visits import Visit, conclude
from crawler.walk import Walk
from tests.crawler.sites import column_page, home_page, report_page
from tests.crawler.walks import response_of
from tests.portals.cases import CASES, make_portal

HOME = "http://www.sim.gov.cn"
Site = Callable[[str], str | None]


def walked(
    site: Site,
    *,
    agencies: bool = False,
    columns: tuple[str, ...] = (),
    sent_on: Mapping[str, str] | None = None,
    unanswered: Collection[str] = (),
    memory: Memory | None = None,
    rendered: Mapping[str, str] | None = None,
    region: str | None = None,
    name: str = "云河县人民政府",
) -> tuple[list[str], list[str], Visit]:
    """Addresses taken for reports, addresses asked for, and the visit. ``sent_on``: redirects; ``rendered``: pages as a
    browser shows them, where it shows more: asked for as ``browser /path``."""
    portal = Portal("p", region, name, f"{HOME}/", columns=tuple(HOME + column for column in columns))
    visit = Visit(portal, recall=Recall(memory or Memory(), attachments=Limits().attachments))
    asked: list[str] = []
    taken: list[str] = []

    async def fetch(wanted: PageRequest) -> Response | Signal:
        path = wanted.url.removeprefix(HOME)
        asked.append(f"browser {path}" if wanted.render else path)
        if asked[-1] in unanswered:
            return Signal("timeout", wanted.url)
        path = (sent_on or {}).get(path, path)
        text = (rendered or {}).get(path) if wanted.render else None
        text = text or site(path)
        response = response_of(text or "<p>404</p>", HOME + path, status=200 if text else 404)
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


REPORT = "/nb/t20250101_1.html"
ROW = {REPORT: "云河县2024年政府信息公开工作年度报告"}


@pytest.mark.parametrize("target", ["/", "/zwgk/"])
def test_a_registered_column_that_leads_elsewhere_hides_neither_that_page_nor_what_it_leads_to(target: str) -> None:
    pages = {
        "/": home_page({"/zwgk/": "政务公开"}),
        "/zwgk/": home_page({"/nb/": "政府信息公开年报"}),
        "/nb/": column_page(ROW),
        REPORT: report_page("云河县人民政府"),
    }
    taken, asked, _ = walked(pages.get, columns=("/old/",), sent_on={"/old/": target})
    assert taken == [REPORT]
    assert asked == ["/old/", "/", "/zwgk/", "/nb/", REPORT]


@pytest.mark.parametrize(
    "bad", ["http://www.sim.gov.cn:８０/", "http://www.sim.gov.cn:99999/x", "//www.sim.gov.cn:-1/"]
)
def test_an_address_that_is_none_costs_nobody_a_report(bad: str) -> None:
    frame = f'<frameset><frame src="{bad}"></frameset><iframe src="{bad}"></iframe>'
    pages = {
        "/": home_page({bad: "政府信息公开年报", "/nb/": "信息公开年报"}),
        "/nb/": column_page({bad: "云河县2023年政府信息公开工作年度报告"} | ROW, text=frame),
        REPORT: report_page("云河县人民政府"),
    }
    taken, asked, _ = walked(pages.get)
    assert taken == [REPORT]
    assert asked == ["/", "/nb/", REPORT]


@pytest.mark.parametrize("is_there", [True, False])
def test_a_list_will_do_only_when_all_beside_its_reports_was_had(is_there: bool) -> None:
    report = report_page("云河县人民政府").replace("见附表。", '见<a href="/nb/P1.xls">附表.xls</a>。')
    pages = {"/": home_page({"/nb/": "政府信息公开年报"}), "/nb/": column_page(ROW), REPORT: report}

    pages["/nb/P1.xls"] = "table"
    taken, asked, visit = walked(pages.get, unanswered=() if is_there else {"/nb/P1.xls"})
    visit.years["r"] = 2024
    (column,) = visit.recall.record("run", "", conclude(visit), complete=True).columns
    assert (taken, asked[-1]) == ([REPORT], "/nb/P1.xls")
    assert bool(column.sign) is is_there, "else the report would not be asked for again until the list changes"


def test_a_report_that_one_list_drops_and_an_unread_one_still_names_is_not_gone() -> None:
    titles = {f"/nb/t2025010{n}_{n}.html": f"云河县202{n}年政府信息公开工作年度报告" for n in (1, 2, 3, 4)}
    first = dict(list(titles.items())[:3])
    pages = {
        "/": home_page({"/nb/": "政府信息公开年报", "/all/": "信息公开年报"}),
        "/nb/": column_page(first),
        "/all/": column_page(titles),
    } | {url: report_page("云河县人民政府", 2020 + n) for n, url in enumerate(titles, 1)}
    _, asked, visit = walked(pages.get)
    assert {"/nb/", "/all/"} <= set(asked)
    for url in titles:
        visit.recall.told(HOME + url, (url, "f"), 2024, "")
        visit.years[url] = 2024
    record = visit.recall.record("run", "", conclude(visit), complete=True)
    memory = Memory(GOVERNMENT, now(), record.columns, {page.key: page for page in record.pages})
    memory.versions = {url: [Version(url, 1, "f", "p")] for url in titles}

    _, asked, visit = walked(pages.get, memory=memory)
    assert asked == ["/nb/", "/all/"], "both are as they were"
    dropped = next(iter(titles))
    pages["/nb/"] = column_page({url: title for url, title in first.items() if url != dropped})
    _, asked, visit = walked(pages.get, memory=memory)
    assert visit.recall.reports_gone(visit.years) == {}
    assert set(visit.years) == set(titles)
    pages["/all/"] = column_page({url: title for url, title in titles.items() if url != dropped})
    _, asked, visit = walked(pages.get, memory=memory)
    assert visit.recall.reports_gone(visit.years) == {dropped: 2024}


TOWN = "/nb/xz/t20250101_1.html"
LEVELS = {"/nb/bj/": "县政府", "/nb/xz/": "乡镇"}
TOWNS = {
    "/nb/xz/": column_page({TOWN: "云河县青石镇2024年政府信息公开工作年度报告"}),
    REPORT: report_page("云河县人民政府"),
    TOWN: report_page("云河县青石镇人民政府"),
}
SCRIPTED = f"<body><p>{'<a href=/x/>要闻</a>' * 4}</p><script>fill()</script>"  # and no shell


def parts_page(parts: Mapping[str, str], rows: Mapping[str, str] | None = None) -> str:
    """A column page with a menu of its parts, and scripts; ``rows`` are those that they fill in."""
    menu = "".join(f'<li><a href="{url}">{name}</a></li>' for url, name in parts.items())
    return column_page(rows or {}).replace("<body>", f'{SCRIPTED}<ul class="lmenu">{menu}</ul>')


def memory_of(visit: Visit) -> Memory:
    """What a later run knows when ``REPORT`` was the one report that was found."""
    visit.recall.told(HOME + REPORT, ("r", "f"), 2024, "")
    visit.years["r"] = 2024
    record = visit.recall.record("run", "", conclude(visit), complete=True)
    memory = Memory(GOVERNMENT, now(), record.columns, {page.key: page for page in record.pages})
    memory.versions = {"r": [Version("r", 1, "f", "p")]}
    return memory


def renders(asked: list[str]) -> list[str]:
    return [path for path in asked if path.startswith("browser ")]


@pytest.mark.parametrize("name", ["levels", "years", "level_years", "year_levels", "framed"])
def test_a_column_that_leads_to_its_parts_is_not_rendered_for_its_scripts(name: str) -> None:
    case = next(case for case in CASES if case.name == name)
    portal = make_portal(case, "leads on")
    portal.bases["www"] = HOME

    def site(path: str) -> str | None:
        answer = portal.respond(request_of("GET", path, {}, b"", "www"))
        return answer.body.decode().replace("<body>", SCRIPTED) if answer.status == 200 else None

    for columns in ((), (portal.column,)):
        taken, asked, visit = walked(site, columns=columns, region=portal.site.code, name=portal.site.name)
        reports = {portal.article_url(entry).removeprefix(HOME) for entry in portal.site.reports}
        assert set(taken) == reports
        assert renders(asked) == []
        assert (visit.dropped["not_rendered"] > 0) is (name != "years")  # whose column lists the years' reports


@pytest.mark.parametrize("columns", [(), ("/nb/",)])
def test_a_column_whose_parts_bring_no_report_is_rendered_after_them(columns: tuple[str, ...]) -> None:
    parts = {"/nb/bj/": "县政府", "/nb/sz/": "市直"}
    pages = {
        "/": home_page({"/nb/": "政府信息公开年报"}),
        "/nb/": parts_page(parts),
        "/nb/bj/": column_page({"/nb/bj/1.html": "云河县2024年政府工作报告"}),
        "/nb/sz/": column_page({"/nb/sz/1.html": "2024年政府信息公开工作年度报告解读"}),
        REPORT: report_page("云河县人民政府"),
    }
    taken, asked, _ = walked(pages.get, columns=columns, rendered={"/nb/": parts_page(parts, ROW)})
    assert taken == [REPORT]
    assert {"/nb/bj/", "/nb/sz/"} <= set(asked[: asked.index("browser /nb/")])


def test_a_list_that_scripts_fill_beside_the_reports_of_towns_is_rendered() -> None:
    towns = {"/nb/xz/": "乡镇"}
    pages = {
        "/": home_page({"/nb/": "政府信息公开年报"}),
        "/nb/": parts_page(towns),
        **TOWNS,
    }
    taken, _, _ = walked(pages.get, agencies=True, rendered={"/nb/": parts_page(towns, ROW)})
    assert taken == [TOWN, REPORT]


def test_of_the_parts_of_a_column_those_are_rendered_that_list_nothing() -> None:
    pages = {
        "/": home_page({"/nb/": "政府信息公开年报"}),
        "/nb/": parts_page(LEVELS),
        "/nb/bj/": parts_page(LEVELS),
        **TOWNS,
    }
    taken, asked, _ = walked(pages.get, agencies=True, rendered={"/nb/bj/": parts_page(LEVELS, ROW)})
    assert taken == [TOWN, REPORT]
    assert renders(asked) == ["browser /nb/bj/"]


def test_a_column_that_stands_in_the_menu_of_its_parts_has_a_list_of_its_own() -> None:
    pages = {
        "/": home_page({"/nb/bj/": "政府信息公开年报"}),
        "/nb/bj/": parts_page(LEVELS),
        **TOWNS,
    }
    taken, _, _ = walked(pages.get, agencies=True, rendered={"/nb/bj/": parts_page(LEVELS, ROW)})
    assert taken == [TOWN, REPORT]


def test_years_that_scripts_fill_are_rendered() -> None:
    years, older = {f"/nb/{year}/": f"{year}年" for year in (2024, 2023)}, "/nb/t20240101_1.html"
    pages = {
        "/": home_page({"/nb/": "政府信息公开年报"}),
        **{url: parts_page(years) for url in ("/nb/", *years)},
        REPORT: report_page("云河县人民政府"),
        older: report_page("云河县人民政府", 2023),
    }
    filled = {
        "/nb/2024/": parts_page(years, ROW),
        "/nb/2023/": parts_page(years, {older: "云河县2023年政府信息公开工作年度报告"}),
    }
    taken, _, _ = walked(pages.get, rendered=filled)
    assert taken == [REPORT, older]


def test_another_column_that_a_column_names_is_none_of_its_parts() -> None:
    ways, older = {"/lnnb/": "历年政府信息公开年报"}, "/lnnb/t20240101_1.html"
    pages = {
        "/": home_page({"/nb/": "政府信息公开年报"}),
        "/nb/": parts_page(ways),
        "/lnnb/": column_page({older: "云河县2023年政府信息公开工作年度报告"}),
        REPORT: report_page("云河县人民政府"),
        older: report_page("云河县人民政府", 2023),
    }
    taken, _, _ = walked(pages.get, rendered={"/nb/": parts_page(ways, ROW)})
    assert taken == [older, REPORT]


def test_a_row_that_is_a_part_without_rows_is_rendered_beside_the_reports_of_its_list() -> None:
    year, levels = "/nb/2024/", {"/nb/2024/bj/": "县政府"}
    older = "/nb/t20240101_1.html"
    pages = {
        "/": home_page({"/nb/": "政府信息公开年报"}),
        "/nb/": column_page({older: "云河县2023年政府信息公开工作年度报告", year: "2024年年报"}),
        year: parts_page(levels),
        "/nb/2024/bj/": column_page({}),
        REPORT: report_page("云河县人民政府"),
        older: report_page("云河县人民政府", 2023),
    }
    taken, asked, _ = walked(pages.get, rendered={year: parts_page(levels, ROW)})
    assert taken == [older, REPORT]
    assert renders(asked) == [f"browser {year}"]


def test_parts_that_are_known_lead_on_when_they_are_not_asked_for_again() -> None:
    pages = {
        "/": home_page({"/nb/": "政府信息公开年报"}),
        "/nb/": parts_page({"/nb/bj/": "县政府"}),
        "/nb/bj/": column_page(ROW),
        REPORT: report_page("云河县人民政府"),
    }
    _, _, visit = walked(pages.get)
    memory = memory_of(visit)
    taken, asked, visit = walked(pages.get, memory=memory)
    assert (taken, list(visit.years)) == ([], ["r"])
    assert REPORT not in asked
    assert renders(asked) == []


def test_a_column_whose_scripts_have_listed_a_report_is_rendered_whatever_its_parts_list() -> None:
    parts, filled = {"/nb/bj/": "县政府"}, {"/nb/": parts_page({"/nb/bj/": "县政府"}, ROW)}
    pages = {
        "/": home_page({"/nb/": "政府信息公开年报"}),
        "/nb/": parts_page(parts),
        "/nb/bj/": column_page({}),
        REPORT: report_page("云河县人民政府"),
    }
    _, _, visit = walked(pages.get, rendered=filled)
    older = "/nb/bj/t20240101_1.html"
    pages["/nb/bj/"] = column_page({older: "云河县2023年政府信息公开工作年度报告"})
    pages[older] = report_page("云河县人民政府", 2023)
    taken, _, visit = walked(pages.get, rendered=filled, memory=memory_of(visit))
    assert (taken, list(visit.years)) == ([older], ["r"])


def test_no_report_is_gone_from_a_list_that_could_not_be_rendered() -> None:
    older = "/nb/t20240101_1.html"
    pages = {
        "/": home_page({"/nb/": "政府信息公开年报", "/xx/": "信息公开年报"}),
        "/nb/": column_page({older: "云河县2023年政府信息公开工作年度报告"}),
        "/xx/": parts_page({}),
        REPORT: report_page("云河县人民政府"),
        older: report_page("云河县人民政府", 2023),
    }
    _, _, visit = walked(pages.get, rendered={"/xx/": parts_page({}, ROW)})
    memory = memory_of(visit)
    for failing, gone in (({"browser /xx/"}, []), (set[str](), [2024])):
        _, _, visit = walked(pages.get, memory=memory, unanswered=failing)
        visit.walk_over()
        visit.years["other"] = 2023
        assert conclude(visit).years_gone == gone
