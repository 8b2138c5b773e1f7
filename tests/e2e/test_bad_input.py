"""Portals, registries and arguments that are wrong: each has its own outcome or message, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from crawler.demo.fleet import PortalFleet, write_registry
from crawler.demo.run import Workspace, run_crawl
from crawler.demo.server import PortalServer, Response

MakePortal = Callable[[Mapping[str, Response | str]], PortalServer]
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\n" + bytes(range(256)) * 40
ZIP = b"PK\x03\x04\x14\x00\x08\x08" + bytes(range(256)) * 40
FOOTER = "<p>主办单位：云河县人民政府办公室 地址：云河县中心大街1号</p>" * 20
ROW = '<li><a href="/nb/t20250122_1.html">区人民政府2024年政府信息公开工作年度报告</a><span>2025-01-22</span></li>'


def home(link: str = '<a href="/nb/">政府信息公开年报</a>') -> str:
    return f"<html><head><title>云河县人民政府</title></head><body><h1>云河县</h1><p>{link}</p>{FOOTER}</body></html>"


def column(rows: str) -> str:
    head = "<html><head><title>政府信息公开年报</title></head><body><h1>政府信息公开年报</h1>"
    return f'{head}<ul class="list">{rows}</ul>{FOOTER}</body></html>'


ARTICLE = "/nb/t20250122_1.html"
PORTALS: dict[str, tuple[dict[str, Response | str], str]] = {
    "gone": ({}, "not_found"),
    "home-is-a-pdf": ({"/": Response(PDF, 200, "application/pdf")}, "http_error"),
    "home-is-a-zip": ({"/": Response(ZIP, 200, "application/zip")}, "http_error"),
    "home-fails": ({"/": Response(b"oops", 500)}, "http_error"),
    "home-hangs-up": ({"/": Response(drop=True)}, "http_error"),
    "home-is-a-challenge": ({"/": Response(b"<script>document.cookie='__jsl_clearance_s=1'</script>", 521)}, "blocked"),
    "no-column": ({"/": home("")}, "column_not_found"),
    "column-is-empty": ({"/": home(), "/nb/": column("")}, "empty_unexpected"),
    "column-says-empty": ({"/": home(), "/nb/": column("<li>暂无内容</li>")}, "empty_declared"),
    "report-is-gone": ({"/": home(), "/nb/": column(ROW)}, "not_found"),
    "report-is-a-zip": ({"/": home(), "/nb/": column(ROW), ARTICLE: Response(ZIP, 200, "text/html")}, "partial"),
}
REGIONS = ("370102", "370103", "370104", "370105", "370112", "370113", "370114", "370115", "370116", "370117", "370124")


@pytest.fixture
def bad_registry(workspace: Workspace, tiny_portal: MakePortal) -> Workspace:
    rows = [
        {"portal_id": name, "region_code": region, "name": name, "url": tiny_portal(answers).base_url + "/"}
        for region, (name, (answers, _)) in zip(REGIONS, PORTALS.items(), strict=True)
    ]
    rows.append({"portal_id": "down", "region_code": "370126", "name": "down", "url": "http://127.0.2.99:9/"})
    write_registry(workspace.portals, rows)
    return workspace


def test_each_bad_portal_has_its_outcome(bad_registry: Workspace) -> None:
    crawled = run_crawl(bad_registry, {"province": "37"})
    found = {name: record["outcome"] for name, record in crawled.outcomes.items()}
    assert found == {name: outcome for name, (_, outcome) in PORTALS.items()} | {"down": "http_error"}
    assert crawled.code == 1
    assert crawled.manifest["verdict"] == 1
    assert crawled.reports == []
    assert not crawled.workspace.latest.exists(), "a run that found nothing is not worth pointing at"
    assert "Traceback" not in crawled.output
    details = {name: record["detail"] for name, record in crawled.outcomes.items()}
    assert "connection_refused" in details["down"]
    assert "not_html:application/pdf" in details["home-is-a-pdf"]
    assert ARTICLE in details["report-is-a-zip"]


def test_a_bad_portal_costs_its_neighbours_nothing(workspace: Workspace, tiny_portal: MakePortal) -> None:
    with PortalFleet(only=("370323",)) as fleet:
        bad = {"portal_id": "gone", "region_code": "370302", "name": "gone", "url": tiny_portal({}).base_url + "/"}
        write_registry(workspace.portals, [bad, *fleet.registry_rows()])
        crawled = run_crawl(workspace, {"province": "37", "years": "2022-2024"})
        expected = {entry.title for entry in fleet.portal("370323").site.reports if entry.year in (2022, 2023, 2024)}
    assert crawled.code == 1
    assert {name: record["outcome"] for name, record in crawled.outcomes.items()} == {
        "gone": "not_found",
        "370323": "ok",
    }
    assert {record["metadata"]["title"] for record in crawled.reports} == expected


def test_years_that_a_portal_lacks_are_named(workspace: Workspace) -> None:
    with PortalFleet(only=("370323",)) as fleet:
        fleet.write_registry(workspace.portals)
        crawled = run_crawl(workspace, {"region": "370323", "years": "2018-2020"})
    outcome = crawled.outcomes["370323"]
    assert (outcome["outcome"], outcome["years_found"], outcome["years_missing"]) == ("partial", [2019, 2020], [2018])
    assert crawled.code == 1


@pytest.mark.parametrize(
    ("arguments", "zh", "en"),
    [
        ({"province": "火星"}, "火星", "火星"),
        ({"province": "99"}, "99", "99"),
        ({"province": "37", "years": "1999"}, "年份", "years"),
        ({"province": "37", "scope": "everything"}, "scope", "scope"),
        ({"province": "37", "colour": "red"}, "未知参数", "unknown argument"),
        ({}, "请给出", "give one of"),
        ({"region": "370302"}, "没有门户", "no portal"),
    ],
)
def test_wrong_arguments_are_explained(workspace: Workspace, arguments: dict[str, str], zh: str, en: str) -> None:
    row = {"portal_id": "370323", "region_code": "370323", "name": "沂源县人民政府", "url": "http://127.0.2.99:9/"}
    write_registry(workspace.portals, [row])
    crawled = run_crawl(workspace, arguments)
    assert crawled.code == 2
    assert zh in crawled.output
    assert en in crawled.output
    assert "Traceback" not in crawled.output
    assert not crawled.run.exists()


def test_a_bad_row_of_the_registry_is_named_by_file_and_line(workspace: Workspace) -> None:
    good = {"portal_id": "370323", "region_code": "370323", "name": "沂源县人民政府", "url": "http://127.0.2.99:9/"}
    bad = {"portal_id": "379999", "region_code": "379999", "name": "云河县人民政府", "url": "http://127.0.2.99:9/"}
    write_registry(workspace.portals, [good, bad])
    crawled = run_crawl(workspace, {"province": "37"})
    assert crawled.code == 2
    assert "37.csv:3" in crawled.output
    assert "379999" in crawled.output
    assert not crawled.run.exists()


def test_loopback_is_refused_without_leave(workspace: Workspace, tiny_portal: MakePortal) -> None:
    server = tiny_portal({"/": home()})
    crawled = run_crawl(workspace, {"url": server.base_url + "/"}, {"EGRESS_ALLOW": ""})
    assert crawled.code == 1
    (outcome,) = crawled.outcomes.values()
    assert "127.0.2.1" in outcome["detail"]
    assert list(server.log) == [], "no request has reached the address"


def test_a_portal_can_be_given_by_its_column(workspace: Workspace) -> None:
    with PortalFleet(only=("621100",)) as fleet:
        workspace.portals.mkdir()
        url = fleet.portal("621100").reports_url()
        crawled = run_crawl(workspace, {"url": url, "region": "621100", "years": "2022-2024"})
    assert crawled.code == 0, crawled.output[-2000:]
    assert sorted(record["metadata"]["report_year"] for record in crawled.reports) == [2022, 2023, 2024]


def test_all_agencies_are_read_when_asked_for(workspace: Workspace) -> None:
    with PortalFleet(only=("140525",)) as fleet:
        fleet.write_registry(workspace.portals)
        crawled = run_crawl(workspace, {"region": "140525", "scope": "all", "years": "2023"})
        entries = [entry for entry in fleet.portal("140525").site.entries if entry.report and entry.year == 2023]
    assert crawled.code == 0, crawled.output[-2000:]
    assert {record["metadata"]["title"] for record in crawled.reports} == {entry.title for entry in entries}
    assert len(entries) == 14
