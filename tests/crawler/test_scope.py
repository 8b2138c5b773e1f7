"""Which portals and years an operator means, and what is said when none can be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.errors import InputError
from crawler.scope import read_scope, read_years
from tests.crawler.sites import row, write_rows

SHIPPED = Path(__file__).parents[2] / "settings" / "portals"


def ids(directory: Path, **arguments: str) -> set[str]:
    return {portal.portal_id for portal in read_scope(directory, arguments).portals}


@pytest.mark.parametrize("spec", ["37", "370000", "山东", "山东省", "shandong"])
def test_a_province_by_any_of_its_names(spec: str) -> None:
    found = ids(SHIPPED, province=spec)
    assert {"370000", "370300", "370323"} <= found
    assert {code[:2] for code in found} == {"37"}


def test_several_provinces() -> None:
    found = ids(SHIPPED, province="37,陕西")
    assert {"370000", "370323", "610000", "610981"} <= found
    assert {code[:2] for code in found} == {"37", "61"}


@pytest.mark.parametrize(
    ("spec", "expected"), [("370323", {"370323"}), ("沂源县", {"370323"}), ("3703", {"370300", "370323"})]
)
def test_a_region_with_all_below_it(spec: str, expected: set[str]) -> None:
    assert ids(SHIPPED, region=spec) == expected


def test_a_registry_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist") as caught:
        ids(tmp_path / "nowhere", province="37")
    assert "PORTALS_DIR" in caught.value.message_zh


def test_a_url_of_a_known_portal_is_that_portal() -> None:
    assert ids(SHIPPED, url="https://yiyuan.gov.cn/index.html") == {"370323"}


def test_any_other_url_is_a_portal_of_its_own() -> None:
    (portal,) = read_scope(SHIPPED, {"url": "http://10.1.2.3:8000/x/", "region": "沂源县"}).portals
    assert (portal.portal_id, portal.region_code) == ("10-1-2-3-8000-x", "370323")


def test_a_broken_row_of_another_province_is_no_hindrance(tmp_path: Path) -> None:
    write_rows(tmp_path, [row("370323", "http://www.yiyuan.gov.cn/")])
    write_rows(tmp_path, [row("bad", "http://x/", "999999")], "61")
    assert ids(tmp_path, province="37") == {"370323"}
    assert ids(tmp_path, url="http://www.yiyuan.gov.cn/") == {"370323"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"province": "99"}, "99"),
        ({"province": "370323"}, "-a region=370323"),
        ({"province": "71"}, "没有门户"),
        ({"region": "和平"}, "和平"),
        ({}, "-a province"),
        ({"province": "37", "region": "37"}, "-a province"),
        ({"province": "37", "url": "http://a/"}, "-a url"),
        ({"url": "ftp://a/"}, "ftp://a/"),
        ({"province": "37", "scope": "town"}, "town"),
        ({"province": "37", "year": "2023"}, "year"),
        ({"province": "37", "years": "2024-2021"}, "2024-2021"),
        ({"province": "37", "years": "1999"}, "1999"),
        ({"province": "37", "years": "2021-"}, "2021-"),
    ],
)
def test_what_cannot_be_meant_is_said_in_both_languages(arguments: dict[str, str], words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_scope(SHIPPED, arguments)
    assert words in str(caught.value)
    assert caught.value.message_zh
    assert caught.value.message_en


def test_an_unknown_year_may_be_wanted() -> None:
    scope = read_scope(SHIPPED, {"province": "37", "years": "2021-2022"})
    assert [scope.wants(year) for year in (2020, 2021, None)] == [False, True, True]
    assert read_years("2021,2023-2024") == {2021, 2023, 2024}
