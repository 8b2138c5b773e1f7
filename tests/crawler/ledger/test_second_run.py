"""Runs that follow each other over the same portals: what is asked for again, what is told, what is a new revision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crawler.demo.run import Crawled, Workspace, run_crawl
from crawler.demo.server import LogEntry, PortalServer, Request, Response, page
from tests.crawler.sites import Answer, column_page, healthy, home_page, report_page, row, served, write_rows

YEARS = tuple(range(2008, 2025))
QUIET = {"SEASON": "", "PROGRESS_ENABLED": "False", "DOWNLOAD_DELAY": "0.01"}
COUNTIES = {"370323": "沂源县", "370321": "桓台县", "370322": "高青县"}
CORRECTED, SHORTENED, EMPTIED = COUNTIES
ORGAN = "沂源县人民政府"
TITLES = {f"/zfxxgknb/t{year}.html": f"桓台县人民政府{year}年政府信息公开工作年度报告" for year in YEARS}


def tagged(text: Callable[[], str]) -> Callable[[Request], Response]:
    """A page of a server that knows conditional requests."""

    def answer(request: Request) -> Response:
        tag = f'"{hash(text())}"'
        if request.headers.get("if-none-match") == tag:
            return Response(b"", 304, None, {"ETag": tag})
        return Response(page(text()).body, headers={"ETag": tag})

    return answer


class Country:
    """Three portals of one county that can be changed between runs, and the runs so far."""

    def __init__(self, directory: Path, servers: list[PortalServer], sites: list[dict[str, Answer]]) -> None:
        self.workspace, self.servers, self.sites = Workspace(directory), servers, sites
        self.crawled: dict[str, Crawled] = {}
        self.asked: dict[str, list[LogEntry]] = {}
        rows = [row(code, server.base_url + "/", code) for code, server in zip(COUNTIES, servers, strict=True)]
        write_rows(self.workspace.portals, rows)

    def run(self, name: str, **settings: str) -> Crawled:
        before = [len(server.log) for server in self.servers]
        crawled = run_crawl(self.workspace, {"province": "37"}, QUIET | settings, run_id=name, remember=True)
        logs = zip(self.servers, before, strict=True)
        self.asked[name] = [entry for server, begin in logs for entry in list(server.log)[begin:]]
        self.crawled[name] = crawled
        assert set(crawled.outcomes) == set(COUNTIES), crawled.output
        return crawled


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    """First run; second run with nothing changed; then a report corrected, one taken off a list, a list emptied."""
    sites = [healthy(f"{name}人民政府", YEARS) for name in COUNTIES.values()]
    texts = {year: report_page(ORGAN, year) for year in YEARS}
    sites[0] |= {f"/zfxxgknb/t{year}.html": tagged(lambda year=year: texts[year]) for year in YEARS}
    with served(sites[0], "127.0.8.1") as a, served(sites[1], "127.0.8.2") as b, served(sites[2], "127.0.8.3") as c:
        held = Country(tmp_path_factory.mktemp("country"), [a, b, c], sites)
        held.run("first")
        held.run("second")
        texts[2024] = texts[2024].replace("12件", "13件")
        sites[1]["/zfxxgknb/"] = column_page({url: title for url, title in TITLES.items() if "2010" not in url})
        sites[2]["/zfxxgknb/"] = column_page({})
        sites[2]["/"] = home_page({"/zfxxgknb/": "政府信息公开年报"})
        held.run("third", RECHECK="all")
        held.run("fourth")
        yield held


def test_a_second_run_costs_the_lists_only(country: Country, record_property: Callable[[str, object], None]) -> None:
    first, second = (country.asked[name] for name in ("first", "second"))
    share = len(second) / len(first)
    record_property("measured", f"second run, nothing changed: {len(second)} of {len(first)} requests, {share:.1%}")
    assert [entry.target for entry in second] == ["/zfxxgknb/"] * len(COUNTIES), "robots.txt is known for a day"
    assert share < 0.15


def test_a_second_run_says_what_it_knows_and_writes_nothing_again(country: Country) -> None:
    first, second = country.crawled["first"], country.crawled["second"]
    assert (first.code, second.code) == (0, 0), second.output
    assert len(first.reports) == 3 * len(YEARS)
    assert second.reports == []
    assert second.manifest["counts"] == {"portals": 3, "outcomes": 3, "reports": 0, "unchanged": 3 * len(YEARS)}
    for outcome in second.outcomes.values():
        assert (outcome["outcome"], outcome["reports"], outcome["unchanged"]) == ("ok", len(YEARS), len(YEARS))
        assert outcome["years_found"] == list(YEARS)
    assert "as earlier runs published them" in second.output


def test_asked_for_everything_a_run_asks_for_robots_txt_too(country: Country) -> None:
    assert sum(entry.target == "/robots.txt" for entry in country.asked["third"]) == len(COUNTIES)


def test_a_changed_report_is_one_new_revision(country: Country) -> None:
    (changed,) = country.crawled["third"].reports
    assert (changed["portal_id"], changed["metadata"]["report_year"]) == (CORRECTED, 2024)
    assert changed["source"]["revision"] == {"number": 2, "of": 2, "latest": True}
    (before,) = (r for r in country.crawled["first"].reports if r["report_id"] == changed["report_id"])
    assert before["source"]["revision"] == {"number": 1, "of": 1, "latest": True}


def test_pages_that_have_not_changed_are_answered_without_a_body(country: Country) -> None:
    statuses = [entry.status for entry in country.asked["third"] if entry.target.startswith("/zfxxgknb/t")]
    assert statuses.count(304) == len(YEARS) - 1


def test_a_report_that_left_the_list_is_told_once(country: Country) -> None:
    third, fourth = (country.crawled[name].outcomes[SHORTENED] for name in ("third", "fourth"))
    assert (third["outcome"], third["years_gone"], third["reports"]) == ("ok", [2010], len(YEARS) - 1)
    assert "1 reports gone from the lists: 2010" in third["detail"]
    assert (fourth["outcome"], fourth["years_gone"], fourth["reports"]) == ("ok", [], len(YEARS) - 1)


def test_a_portal_that_lists_nothing_any_more_is_empty_unexpected(country: Country) -> None:
    for run in ("third", "fourth"):
        told = country.crawled[run].outcomes[EMPTIED]
        assert (told["outcome"], told["reports"], told["years_gone"]) == ("empty_unexpected", 0, [])
        assert f"earlier runs found {len(YEARS)} reports" in told["detail"]
    assert country.crawled["third"].code == 1
