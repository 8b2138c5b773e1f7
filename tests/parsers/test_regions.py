"""Codes, names and years of regions."""

from __future__ import annotations

import time

import pytest

from parsers import regions
from parsers.regions import UnknownRegion, by_code, current_code, find, find_in_text, resolve


@pytest.mark.parametrize(
    ("code", "year", "name", "prefecture", "province"),
    [
        ("370323", 2023, "沂源县", "淄博市", "山东省"),
        ("610928", 2020, "旬阳县", "安康市", "陕西省"),
        ("610981", 2023, "旬阳市", "安康市", "陕西省"),
        ("140525", 2024, "泽州县", "晋城市", "山西省"),
        ("621100", 2023, "定西市", "定西市", "甘肃省"),
        ("130111", 2023, "栾城区", "石家庄市", "河北省"),
        ("130124", 2010, "栾城县", "石家庄市", "河北省"),
        ("420600", 2009, "襄樊市", "襄樊市", "湖北省"),
        ("420600", 2020, "襄阳市", "襄阳市", "湖北省"),
        ("429004", 2020, "仙桃市", None, "湖北省"),
        ("110101", 2020, "东城区", None, "北京市"),
    ],
)
def test_a_code_has_the_names_of_its_year(
    code: str, year: int, name: str, prefecture: str | None, province: str
) -> None:
    region = by_code(code, year)
    assert region is not None
    assert (region.name, region.prefecture, region.province) == (name, prefecture, province)


@pytest.mark.parametrize(("code", "year"), [("610981", 2020), ("610928", 2022), ("130111", 2012), ("999999", None)])
def test_a_code_outside_its_years_is_not_valid(code: str, year: int | None) -> None:
    assert by_code(code, year) is None


def test_in_the_year_of_a_change_both_codes_are_valid() -> None:
    assert by_code("610928", 2021) is not None
    assert by_code("610981", 2021) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("610928", "610981"),
        ("130124", "130111"),
        ("371200", "370116"),
        ("532331", "532302"),
        ("130103", None),
        ("000000", None),
    ],
)
def test_current_code_follows_successors(old: str, new: str | None) -> None:
    assert current_code(old) == new


def test_every_successor_and_parent_is_in_the_table_and_no_chain_is_endless() -> None:
    rows = regions._rows()
    for held in rows.values():
        for row in held:
            assert not row.parent or row.parent in rows
            assert not row.successor or row.successor in rows
            current_code(row.code)


def test_the_table_holds_every_current_unit() -> None:
    current = [row for held in regions._rows().values() for row in held if row.valid_to == 9999]
    levels = [sum(row.level == level for row in current) for level in ("province", "prefecture", "county")]
    assert levels == [34, 333, 2847]


def test_names_with_and_without_their_last_character() -> None:
    assert [r.code for r in find("沂源县")] == [r.code for r in find("沂源")] == ["370323"]
    assert [r.code for r in find("凉山州")] == ["513400"]
    assert [r.code for r in find("吉林")] == ["220000", "220200"]
    assert [r.code for r in find("旬阳县", 2020)] == ["610928"]
    assert find("旬阳县", 2023) == []
    assert [r.code for r in find("鼓楼区", within="350000")] == ["350102"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("石家庄市栾城区2023年政府信息公开工作年度报告", ["130100", "130111"]),
        ("山东省淄博市沂源县", ["370000", "370300", "370323"]),
        ("济宁市任城区与徐州市鼓楼区", ["370800", "370811", "320300", "320302"]),
        ("组织全省和县级各部门公开,加强城区建设,本县区政府", []),
        ("和县人民政府2023年", ["340523"]),
        ("晋城市城区人民政府", ["140500", "140502"]),
        ("凉山州人民政府", ["513400"]),
        ("", []),
        ("县", []),
    ],
)
def test_regions_named_in_a_text(text: str, codes: list[str]) -> None:
    assert [region.code for _, region in find_in_text(text, 2023)] == codes


def test_a_homonym_without_context_stands_for_each_unit() -> None:
    assert {region.code for _, region in find_in_text("鼓楼区人民政府", 2023)} == {
        "320106",
        "320302",
        "350102",
        "410204",
    }
    assert {region.code for _, region in find_in_text("鼓楼区人民政府", 2023, within="320100")} == {"320106"}


def test_a_text_of_two_kilobytes_takes_less_than_a_millisecond() -> None:
    text = ("2023年,沂源县深入贯彻落实国家、省、市政务公开工作部署,强化决策公开。" * 60)[:2048]
    find_in_text(text, 2023)
    best = min(_seconds(lambda: find_in_text(text, 2023)) for _ in range(5))
    assert best < 0.005  # about 0.4 ms; room for a busy machine


def _seconds(call: object) -> float:
    begun = time.perf_counter()
    call()  # type: ignore[operator]
    return time.perf_counter() - begun


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("37", "370000"),
        ("山东", "370000"),
        ("山东省", "370000"),
        ("shandong", "370000"),
        ("Shaanxi", "610000"),
        ("shanxi", "140000"),
        ("吉林", "220000"),
        ("370323", "370323"),
        ("沂源县", "370323"),
        ("610928", "610981"),
        ("旬阳县", "610981"),
        ("淄博", "370300"),
        ("河北省石家庄市栾城区", "130111"),
        ("130171", "130171"),
    ],
)
def test_what_an_operator_means(spec: str, code: str) -> None:
    assert resolve(spec).code == code


def test_an_unknown_region_names_near_misses_in_two_languages() -> None:
    with pytest.raises(UnknownRegion, match="沂源县") as caught:
        resolve("沂原县")
    assert "未知地区" in caught.value.message_zh
    assert "unknown region" in caught.value.message_en
    with pytest.raises(ValueError, match="370323 沂源县"):
        resolve("370399")


def test_an_ambiguous_name_lists_its_candidates() -> None:
    with pytest.raises(UnknownRegion, match=r"320106 江苏省南京市鼓楼区.*410204") as caught:
        resolve("鼓楼区")
    assert len(caught.value.candidates) == 4
