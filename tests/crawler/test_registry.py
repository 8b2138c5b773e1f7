"""The portal registry: every bad row named by file and line, the good ones read."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from crawler import registry
from crawler.errors import InputError
from crawler.urls import canonical
from parsers import regions
from tests.crawler.sites import row, write_rows

SHIPPED = Path(__file__).parents[2] / "settings" / "portals"
URL = "http://www.yiyuan.gov.cn/"


def test_the_shipped_registry_has_no_problem() -> None:
    portals, problems = registry.read(SHIPPED)
    assert problems == []
    assert {"370323", "610981", "140525", "621100", "130111"} <= {portal.portal_id for portal in portals}


def test_every_provincial_and_prefecture_level_government_has_a_row() -> None:
    mainland = {code for code in regions.current_codes() if code[:2] not in ("71", "81", "82")}
    provinces = {code for code in mainland if code.endswith("0000")}
    prefectures = {code for code in mainland if code.endswith("00")} - provinces
    assert (len(provinces), len(prefectures)) == (31, 333)
    registered = [portal.region_code for portal in registry.load(SHIPPED)]
    assert provinces | prefectures <= set(registered)
    assert len(registered) == len(set(registered)), "two rows of one region"


def test_the_documentation_counts_rows_as_they_are() -> None:
    text = (SHIPPED.parents[1] / "docs" / "registry.md").read_text(encoding="utf-8")
    told = {status: int(rows) for status, rows in re.findall(r"^\| `(\w+)` \| (\d+) \|$", text, re.M)}
    counted = Counter(portal.status for portal in registry.load(SHIPPED))
    assert told == {status: counted[status] for status in registry.STATUSES}


def test_no_two_rows_of_the_shipped_registry_have_one_address() -> None:
    held: dict[str, str] = {}
    for portal in registry.load(SHIPPED):
        if portal.url:
            first = held.setdefault(canonical(portal.url), portal.portal_id)
            assert first == portal.portal_id


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (row("x", URL, "379999"), "379999"),
        (row("x", URL, "3703"), "3703"),
        (row("x", URL, "610981"), "37"),
        (row("x", "www.yiyuan.gov.cn"), "www.yiyuan.gov.cn"),
        (row("", URL), "portal_id"),
        (row("a b", URL), "portal_id"),
        (row("x", URL, columns="/zfxxgknb/"), "columns"),
        (row("x", URL, hosts="http://a/"), "hosts"),
        (row("x", URL, families="nosuch"), "nosuch"),
        (row("x", URL, families="trs@2022"), "families"),
        (row("x", URL, site_id_code="123"), "site_id_code"),
        (row("x", "http://a.gov.cn:99999/"), "url"),
        (row("x", ""), "url is empty"),
        (row("x", "", status="unverified"), "url is empty"),
        (row("x", URL, status="unknown"), "unverified expected"),
        (row("x", "", status="unknown", columns=URL), "columns without a url"),
        (row("x", URL, status="certain"), "certain"),
        (row("x", URL, status="verified"), "verified_at"),
        (row("x", URL, status="verified", evidence="site_name", verified_at="2026-02-30"), "2026-02-30"),
        (row("good", URL), "37.csv:2"),
        (row("x", URL, site_id_code="３７０３２３０００１"), "site_id_code"),
        (row("x", URL, families="trs@2022-13-"), "families"),
        (row("x", URL, note="a\x00b"), "note: has control characters"),
        (row("x", "http://a b.gov.cn/"), "url: 'http://a b.gov.cn/' has blanks"),
        (row("x", "http://me:secret@a.gov.cn/"), "user name"),
        (row("x", "http://a.gov.cn\u200b/"), "no valid host name"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, bad: dict[str, str], words: str) -> None:
    file = write_rows(tmp_path, [row("good", URL), bad])
    with pytest.raises(registry.RegistryError) as caught:
        registry.load(tmp_path)
    assert f"{file}:3: " in str(caught.value)
    assert words in str(caught.value)
    assert [portal.portal_id for portal in registry.read(tmp_path)[0]] == ["good"]


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    write_rows(tmp_path, [row("a", "x", "379999"), row("b", "y")])
    with pytest.raises(registry.RegistryError) as caught:
        registry.load(tmp_path)
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"portal_id,region_code,name\n", 1),
        (b"portal_id,region_code,name,url,url\n", 1),
        (b"portal_id,region_code,name,url,colour\n", 1),
        (b"portal_id,region_code,name,url\na,370323,n\n", 2),
        ("portal_id,region_code,name,url\na,370323,沂源,http://a/\n".encode("gbk"), 2),
        (b"portal_id,region_code,name,url\na,370323," + b"n" * 200_000 + b",http://a/\n", 2),
    ],
)
def test_a_file_that_is_no_registry(tmp_path: Path, text: bytes, line: int) -> None:
    file = tmp_path / "37.csv"
    file.write_bytes(text)
    (problem,) = registry.read(tmp_path)[1]
    assert (problem.file, problem.line) == (str(file), line)


def test_a_file_that_can_not_be_read_is_a_problem_of_the_registry(tmp_path: Path) -> None:
    (tmp_path / "37.csv").mkdir()
    (tmp_path / "61.csv").symlink_to("61.csv")
    problems = registry.read(tmp_path)[1]
    assert [Path(problem.file).name for problem in problems] == ["37.csv", "61.csv"]
    assert all("can't be read" in problem.message_en for problem in problems)


@pytest.mark.parametrize(("name", "words"), [(".", "no portal registry"), ("x", "does not exist"), ("f", "not a dir")])
def test_a_directory_without_a_registry(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "f").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=words):
        registry.load(tmp_path / name)


def test_a_row_has_a_status(tmp_path: Path) -> None:
    write_rows(tmp_path, [row("a", URL), row("b", "", status="unknown")])
    assert [(portal.status, portal.url) for portal in registry.load(tmp_path)] == [("unverified", URL), ("unknown", "")]


def test_a_byte_order_mark_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    file = write_rows(tmp_path, [row("a", URL)])
    file.write_text("\ufeff" + file.read_text(encoding="utf-8") + ",,,,,,,,\n", encoding="utf-8")
    assert [portal.portal_id for portal in registry.load(tmp_path)] == ["a"]


def test_a_portal_owns_its_city_and_its_named_hosts() -> None:
    portal = registry.Portal("p", "370323", "n", "http://www.dingxi.gov.cn/", hosts=("zw.example.cn",))
    assert portal.owns("http://zwgk.dingxi.gov.cn/a")
    assert portal.owns("http://zw.example.cn/")
    assert not portal.owns("http://www.lanzhou.gov.cn/")
