"""Rules across reports: each tells what it should, and stays silent where a number is missing."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.warehouse import add_run, in_memory
from crawler.warehouse.across import check
from crawler.warehouse.across_rules import RULES
from crawler.warehouse.derived import install
from tests.crawler.warehouse.panel import report
from tests.crawler.warehouse.records import Record

LONG = "。".join(f"本年度通过{word}渠道主动公开政府信息并及时回应社会关切" for word in "甲乙丙丁戊己庚辛壬癸子丑寅卯")


Found = dict[str, list[tuple[Any, ...]]]


def results(*records: Record) -> Found:
    """The findings by rule: report, other report, locator, expected, actual."""
    warehouse = in_memory(records)
    install(warehouse)
    check(warehouse)
    found: Found = {}
    for rule, *told in warehouse.execute(
        "SELECT rule_id, report_id, other_report_id, locator, expected, actual FROM cross_results"
        " WHERE status = 'fail' ORDER BY ALL"
    ).fetchall():
        found.setdefault(rule, []).append(tuple(told))
    return found


def one(found: Found, rule: str) -> tuple[Any, ...]:
    assert set(found) == {rule}, found
    assert len(found[rule]) == 1, found
    return found[rule][0][2:]


def pair(before: dict[str, Any], after: dict[str, Any], year: int = 2023, **more: Any) -> Found:
    return results(report("370323", year, **more, **before), report("370323", year + 1, **more, **after))


def test_what_is_carried_over_is_what_last_year_carried_forward() -> None:
    assert one(pair({"t3_carout_tot": 3}, {"t3_carin_tot": 4}), "YY01") == (
        "table3.carried_over_from_prev_year.tot", "3", "4",
    )  # fmt: skip
    assert pair({"t3_carout_tot": 4}, {"t3_carin_tot": 4}) == {}


def test_a_blank_is_not_compared() -> None:
    assert pair({}, {"t3_carin_tot": 4}) == {}
    assert pair({"t3_carout_tot": 4}, {}) == {}


def test_years_apart_are_not_compared_but_the_gap_is_told() -> None:
    found = results(report("370323", 2021, t3_carout_tot=3), report("370323", 2023, t3_carin_tot=4))
    assert one(found, "YY06") == ("report_year", "2022", "2023")


def test_documents_in_force_follow_from_last_year() -> None:
    assert one(pair({"t2_nd_inf": 10}, {"t2_nd_inf": 11, "t2_nd_iss": 2, "t2_nd_rep": 0}), "YY02") == (
        "table2.nd_inf", "12", "11",
    )  # fmt: skip
    assert pair({"t2_nd_inf": 10}, {"t2_nd_inf": 12, "t2_nd_iss": 2, "t2_nd_rep": 0}) == {}


def test_documents_published_in_all_are_not_those_in_force() -> None:
    """The form of 2019 counts otherwise, so nothing follows from it for 2021."""
    assert (
        pair({"t2_nd_pubtot": 10, "t2_nd_made": 3}, {"t2_nd_inf": 4, "t2_nd_iss": 2, "t2_nd_rep": 0}, year=2020) == {}
    )


def test_items_of_the_form_of_2019_follow_from_last_year() -> None:
    assert one(pair({"t2_lic_prev": 10, "t2_lic_chg": -2}, {"t2_lic_prev": 9}, year=2019), "YY03")[1:] == ("8", "9")


@pytest.mark.parametrize(
    ("before", "after", "told"), [(30, 151, True), (30, 150, False), (30, 5, True), (29, 999, False)]
)
def test_a_jump_is_told_above_a_base(before: int, after: int, told: bool) -> None:
    found = pair({"t3_new_tot": before}, {"t3_new_tot": after})
    assert ("YY04" in found) is told


def test_fees_in_another_unit() -> None:
    assert one(pair({"t2_fee_amt": 12.5}, {"t2_fee_amt": 125000}), "T204")[1:] == ("12.5", "125000.0")
    assert "T204" not in pair({"t2_fee_amt": 12.5}, {"t2_fee_amt": 1250})
    assert "T204" not in pair({"t2_fee_amt": 0}, {"t2_fee_amt": 125000})


def test_the_same_numbers_as_last_year() -> None:
    same = {"t3_new_nat": 3, "t3_new_tot": 3, "t3_full_nat": 3, "t3_full_tot": 3, "t3_total_tot": 3}
    assert one(pair(same, same), "YY05") == ("tables", None, "5")
    assert pair(same, same | {"t3_full_nat": 2}) == {}
    assert pair({"t3_new_tot": 3}, {"t3_new_tot": 3}) == {}  # too few to say anything


def test_the_same_text_as_last_year_whatever_its_digits() -> None:
    found = results(report("370323", 2023, text=LONG + "共 12 条"), report("370323", 2024, text=LONG + "共 34 条"))
    assert one(found, "YY05") == ("sections.1", "<= 0.9", "1.0")
    other = LONG.replace("渠道", "网站")
    assert results(report("370323", 2023, text=LONG), report("370323", 2024, text=other)) == {}


def test_text_of_another_region() -> None:
    found = results(report("370323", 2024, text=LONG), report("140525", 2024, text=LONG))
    assert {row[1:] for row in found.pop("MD12")} == {
        ("140525-region_aggregate-2024", "sections", "<= 0.6", "1.0"),
        ("370323-region_aggregate-2024", "sections", "<= 0.6", "1.0"),
    }
    assert found == {}


def test_a_sentence_that_everybody_writes_is_no_copy() -> None:
    codes = ("370323", "140525", "130111", "610981", "370321", "370322", "140521", "140522", "140524")
    assert results(*(report(code, 2024, text=LONG) for code in codes)) == {}


def test_a_changed_code_is_told() -> None:
    before, after = report("610981", 2020), report("610981", 2021)
    before["metadata"]["region_code"] = "610928"
    assert one(results(before, after), "YY06") == ("region_code", "610928", "610981")


def test_an_aggregate_is_no_less_than_a_unit_below() -> None:
    city, county = report("370300", 2024, t3_new_tot=5), report("370323", 2024, t3_new_tot=6)
    assert one(results(city, county), "HR01") == ("t3_new_tot", ">= 6", "5")
    city["tables"]["table3"]["cells"]["new_requests"]["total"]["value"] = 6
    assert results(city, county) == {}


def test_a_report_that_covers_all_is_no_less_than_their_sum() -> None:
    counties = [report("370323", 2024, t3_new_tot=4), report("370321", 2024, t3_new_tot=4)]
    assert one(results(report("370300", 2024, t3_new_tot=7, text="全市共收到申请"), *counties), "HR01") == (
        "sum.t3_new_tot", ">= 8", "7",
    )  # fmt: skip
    assert results(report("370300", 2024, t3_new_tot=7), *counties) == {}


def test_an_office_has_no_more_than_its_government() -> None:
    government = report("370323", 2024, t3_new_tot=5)
    office = report("370323", 2024, scope="government_office", t3_new_tot=6)
    assert one(results(government, office), "HR02") == ("t3_new_tot", "<= 5", "6")
    assert results(government, report("370323", 2024, scope="government_office", t3_new_tot=5)) == {}


def test_no_request_in_two_years() -> None:
    assert one(pair({"t3_new_tot": 0}, {"t3_new_tot": 0}), "PL02") == ("table3.new_requests.total", "> 0", "0")
    assert pair({"t3_new_tot": 0}, {}) == {}
    assert pair({"t3_new_tot": 0}, {"t3_new_tot": 1}) == {}
    assert pair({"t3_new_tot": 0}, {"t3_new_tot": 0}, scope="government_office") == {}
    city = [report("370300", year, t3_new_tot=0) for year in (2023, 2024)]
    assert results(*city) == {}  # of counties only


def test_what_is_compared_is_one_subject_of_one_region() -> None:
    """Last year's report of the office, or of the county next door, says nothing of the government's."""
    after = report("370323", 2024, t3_carin_tot=4)
    assert results(report("370323", 2023, scope="government_office", t3_carout_tot=3), after) == {}
    assert results(report("370321", 2023, t3_carout_tot=3), after) == {}


def test_money_is_compared_as_it_is_rounded() -> None:
    county = report("370323", 2024, t2_fee_amt=18651.064104)
    assert results(report("370300", 2024, t2_fee_amt=18651.06), county) == {}
    assert one(results(report("370300", 2024, t2_fee_amt=18651.04), county), "HR01")[0] == "t2_fee_amt"


def test_the_same_report_at_two_addresses_is_no_second_one() -> None:
    told = report("370323", 2024, t3_new_tot=5)
    assert results(told, told | {"report_id": "another"}) == {}


def test_a_report_changed_after_publication_and_a_second_one_of_the_year() -> None:
    told = report("370323", 2024, t3_new_tot=5)
    other = report("370323", 2024, t3_new_tot=6)
    other["source"] |= {"content_sha256": "e" * 64, "fetched_at": "2025-04-01T00:00:00+00:00"}
    warehouse = in_memory([told])
    add_run(warehouse, [other], run_id="later", finished="2025-04-02T00:00:00+00:00")
    install(warehouse)
    assert check(warehouse) == 1
    assert warehouse.execute("SELECT rule_id, locator, revision_no FROM cross_results").fetchall() == [
        ("MD11", "revision", 2)
    ]
    changes = warehouse.execute("SELECT cell, value_before, value_after FROM changes_after_publication").fetchall()
    assert changes == [("t3.new_requests.total", 5, 6)]
    other["report_id"] = "another"
    assert one(results(told, other), "MD11")[0] == "report_id"


def test_a_stated_change_against_last_year() -> None:
    after = report("370323", 2024, t3_new_tot=106)
    rate = {"key": "requests_yoy_pct", "value": -1.85, "unit": "%", "approximate": False, "raw": "-1.85%",
            "sentence": "同比下降1.85%", "section": 1}  # fmt: skip
    after["narrative"] = [rate]
    assert results(report("370323", 2023, t3_new_tot=108), after) == {}
    assert one(results(report("370323", 2023, t3_new_tot=100), after), "NR07")[1:] == ("6.0", "-1.85")


def test_a_figure_a_hundred_times_its_kind() -> None:
    records = []
    for at, code in enumerate(["370323"] * 30 + ["140525"]):
        told = report(code, 1990 + at)
        value = 90_000 if code == "140525" else 800
        told["narrative"] = [{"key": "wechat_posts", "value": value, "unit": "条", "approximate": False,
                              "raw": f"{value}条", "sentence": "", "section": 1}]  # fmt: skip
        records.append(told)
    assert one(results(*records), "NR09") == ("narrative.wechat_posts", "<= 100 × 800.0", "90000.0")


def test_cumulative_numbers_follow_from_last_year() -> None:
    rows = []
    for year, cumulative in ((2016, 100), (2017, 111)):
        told = report("370323", year)
        told["tables"]["statistics2014"] = {"status": "present", "version": "stat2014", "rows": [
            {"label": "主动公开文件数", "key": "s14_docs", "unit": "条", "value": 10, "state": "value", "raw": "10",
             "note": None, "cumulative": cumulative, "cumulative_state": "value", "cumulative_raw": str(cumulative)}
        ]}  # fmt: skip
        rows.append(told)
    assert one(results(*rows), "S1405")[1:] == ("110.0", "111.0")


def test_passes_are_counted_and_a_second_check_changes_nothing() -> None:
    warehouse = in_memory([report("370323", 2023, t3_carout_tot=4, t3_carout_nat=4),
                           report("370323", 2024, t3_carin_tot=4, t3_carin_nat=4)])  # fmt: skip
    install(warehouse)
    install(warehouse)
    assert check(warehouse) == 0
    first = warehouse.execute("SELECT * FROM cross_results ORDER BY ALL").fetchall()
    assert [(row[3], row[5], row[6]) for row in first] == [("YY01", "pass", 2), ("YY06", "pass", 2)]
    check(warehouse)
    assert warehouse.execute("SELECT * FROM cross_results ORDER BY ALL").fetchall() == first


def test_every_rule_has_both_languages_and_an_id_of_its_own() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.zh and rule.en for rule in RULES)
