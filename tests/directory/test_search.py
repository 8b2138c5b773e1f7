"""The search over pages that are made up: what it visits, and what it never does."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from crawler.directory import search as search_module
from crawler.directory.links import SiteLink
from crawler.directory.look import Looked, failed
from crawler.directory.records import RegionOutcome
from crawler.directory.search import MAX_CANDIDATES, MAX_ZONES, Search
from crawler.discovery import SiteIdentity
from crawler.outcomes import Outcome
from crawler.ownership import Ownership
from crawler.registry import Portal

PROVINCE = "http://www.shandong.gov.cn/"
CITY = "http://www.zibo.gov.cn/"


def site(url: str, code: str, name: str, *links: tuple[str, str], domain: str | None = None) -> Looked:
    told = SiteIdentity(f"{code}0001", name, None, None, domain)
    return Looked(url, url, told=told, links=tuple(SiteLink(address, text) for text, address in links))


def searched(sites: Mapping[str, Looked], *known: Portal) -> tuple[dict[str, RegionOutcome], list[str], Search]:
    """Outcomes by region, the addresses visited in order, the search."""
    visited: list[str] = []

    async def look(url: str, leads_on: bool) -> Looked:
        visited.append(url)
        return sites.get(url) or failed(url, Outcome.DNS, "dns")

    search = Search(("37",), look)
    search.begin([Portal("370000", "370000", "山东省人民政府", PROVINCE), *known])
    asyncio.run(search.run())
    return {outcome.region_code: outcome for outcome, _ in search.conclude()}, visited, search


def test_from_the_province_to_the_county() -> None:
    county = "http://www.yiyuan.gov.cn/"
    outcomes, visited, _ = searched(
        {
            PROVINCE: site(PROVINCE, "370000", "山东省人民政府", ("淄博", CITY)),
            CITY: site(
                CITY, "370300", "淄博市人民政府", ("沂源", county), ("市文化和旅游局", "http://wlj.zibo.gov.cn/")
            ),
            county: site(county, "370323", "沂源县人民政府", ("济南", "http://www.jinan.gov.cn/")),
        }
    )
    assert visited == [PROVINCE, CITY, county], "a county's links lead nowhere"
    assert [outcomes[code].finding for code in ("370000", "370300", "370323")] == ["verified"] * 3
    assert outcomes["370100"].finding == "not_found"


def test_links_without_end_cost_a_few_visits() -> None:
    many = [("沂源县", f"http://a{n}.gov.cn/") for n in range(500)] + [
        ("高新区", f"http://z{n}.gov.cn/") for n in range(500)
    ]
    pages = {
        PROVINCE: site(PROVINCE, "370000", "山东省人民政府", ("淄博市", CITY)),
        CITY: site(CITY, "370300", "淄博市人民政府", *many),
    }
    outcomes, visited, search = searched(pages)
    assert len(visited) == 2 + MAX_CANDIDATES + MAX_ZONES
    assert outcomes["370323"].finding == "dead"
    assert sum(each.reason == "too_many_candidates" for each in search.rejected) == 500 - MAX_CANDIDATES


def test_an_address_of_the_registry_is_visited_wherever_it_is_and_others_only_below_gov_cn() -> None:
    known = Portal("370323", "370323", "沂源县人民政府", "http://www.yiyuan.cn/")
    copy = ("博山区", "http://www.boshan-gov.com/")
    _, visited, search = searched({PROVINCE: site(PROVINCE, "370000", "山东省人民政府", copy)}, known)
    assert visited == [PROVINCE, "http://www.yiyuan.cn/"]
    assert [(each.region_code, each.reason) for each in search.rejected if each.url == copy[1]] == [
        ("370304", "not_gov_cn")
    ]


def test_a_site_that_says_it_is_another_region_of_the_scope_becomes_its_portal() -> None:
    astray = "http://www.boshan.gov.cn/"
    outcomes, visited, _ = searched(
        {
            PROVINCE: site(PROVINCE, "370000", "山东省人民政府", ("沂源县", astray)),
            astray: site(astray, "370304", "博山区人民政府"),
        }
    )
    assert len(visited) == 2
    assert (outcomes["370304"].finding, outcomes["370304"].url) == ("verified", astray)
    assert outcomes["370323"].finding == "wrong_owner"
    assert "370304" in outcomes["370323"].detail


def test_the_domain_that_a_site_names_as_its_own_is_looked_at_and_preferred() -> None:
    copy, own = "http://copy.gov.cn/", "http://www.yiyuan.gov.cn/"
    outcomes, _, _ = searched(
        {
            PROVINCE: site(PROVINCE, "370000", "山东省人民政府", ("沂源县", copy)),
            copy: site(copy, "370323", "沂源县人民政府", domain="www.yiyuan.gov.cn"),
            own: site(own, "370323", "沂源县人民政府", domain="www.yiyuan.gov.cn"),
        }
    )
    assert outcomes["370323"].url == own


def test_a_bug_is_told_and_fails_the_run_only() -> None:
    async def look(url: str, leads_on: bool) -> Looked:
        raise RuntimeError("broken")

    search = Search(("37",), look)
    search.begin([Portal("370000", "370000", "山东省人民政府", PROVINCE)])
    asyncio.run(search.run())
    outcomes = {outcome.region_code: outcome for outcome, _ in search.conclude()}
    assert outcomes["370000"].outcome == "crawler_bug"
    assert len(search.bugs) == 1
    assert "370000: dead" in outcomes["370300"].detail


def test_a_page_that_is_judged_by_a_bug_costs_no_other_its_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    right = search_module.ownership

    def broken(told: SiteIdentity, code: str, **page: str) -> Ownership:
        if code == "370300":
            raise RuntimeError("broken")
        return right(told, code, **page)

    monkeypatch.setattr(search_module, "ownership", broken)
    other = "http://www.jinan.gov.cn/"
    pages = {
        PROVINCE: site(PROVINCE, "370000", "山东省人民政府", ("淄博", CITY), ("济南", other)),
        CITY: site(CITY, "370300", "淄博市人民政府"),
        other: site(other, "370100", "济南市人民政府"),
    }
    outcomes, visited, search = searched(pages)
    assert sorted(visited) == sorted(pages)
    assert [outcomes[code].finding for code in ("370000", "370100")] == ["verified", "verified"]
    assert search.bugs == [f"{CITY}: RuntimeError: broken"]
    assert not search.unfinished
