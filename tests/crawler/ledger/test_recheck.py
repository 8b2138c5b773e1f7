"""When a known page is due, and when known columns will do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawler.errors import InputError
from crawler.families.base import Link
from crawler.ledger.recheck import Recheck, read_months, read_steps
from crawler.ledger.records import Column, Memory, Page, Robots

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
URL = "http://a.gov.cn/nb/t1.html"


def checked(days_ago: float, dated: str) -> Page:
    when = (NOW - timedelta(days=days_ago)).isoformat(timespec="seconds")
    return Page(URL, "年报", "2026-01-20", report_id="r", fingerprint="f", dated=dated, checked_at=when)


ROW = Link(URL, "年报", "2026-01-20")


@pytest.mark.parametrize(
    ("dated", "soonest", "latest"),
    [("2026-06-01", 5.25, 8.75), ("2025-12-01", 22.5, 37.5), ("2019-01-01", 135, 225), ("", 22.5, 37.5)],
)
def test_the_younger_a_report_the_sooner_it_is_due(dated: str, soonest: float, latest: float) -> None:
    assert not Recheck().is_due(checked(soonest - 0.01, dated), ROW, NOW)
    assert Recheck().is_due(checked(latest, dated), ROW, NOW)


def test_not_all_pages_fall_due_in_one_night() -> None:
    spread = {Recheck().interval(Page(f"http://a.gov.cn/{n}", dated="2019-01-01"), NOW) for n in range(50)}
    assert max(spread) - min(spread) > 60


@pytest.mark.parametrize("link", [Link(URL, "年报（更正）", "2026-01-20"), Link(URL, "年报", "2026-02-20")])
def test_a_row_that_reads_otherwise_is_due_at_once(link: Link) -> None:
    assert Recheck().is_due(checked(0.1, "2019-01-01"), link, NOW)


def test_what_was_checked_in_the_future_is_due() -> None:
    assert Recheck().is_due(checked(-3, "2019-01-01"), ROW, NOW), "a clock was wrong"
    assert Recheck().is_due(Page(URL, "年报", "2026-01-20", checked_at="soon"), ROW, NOW)


def test_all_and_none() -> None:
    assert Recheck("all").is_due(checked(0, "2019-01-01"), ROW, NOW)
    assert not Recheck("none").is_due(checked(9999, "2019-01-01"), Link(URL, "x"), NOW)


def searched(days_ago: float, *years: int, now: datetime = NOW) -> Memory:
    memory = Memory("government", (now - timedelta(days=days_ago)).isoformat(), [Column("http://a.gov.cn/nb/")])
    for year in years:
        found = Page(f"http://a.gov.cn/{year}", report_id=f"r{year}", year=year)
        memory.pages[found.key] = found
    return memory


def test_known_columns_will_do_for_a_month() -> None:
    assert Recheck().is_settled(searched(29, 2024), "government", NOW)
    assert not Recheck().is_settled(searched(31, 2024), "government", NOW)
    assert not Recheck().is_settled(searched(-1, 2024), "government", NOW), "a clock was wrong"
    assert not Recheck().is_settled(searched(1, 2024), "all", NOW), "departments were not looked for"
    assert not Recheck().is_settled(Memory(), "government", NOW)


def test_in_season_the_new_report_is_searched_daily() -> None:
    march = datetime(2026, 3, 1, 3, tzinfo=UTC)
    assert not Recheck().is_settled(searched(1.1, 2024, now=march), "government", march)
    assert Recheck().is_settled(searched(1.1, 2025, now=march), "government", march)
    new_year = datetime(2026, 12, 31, 17, tzinfo=UTC)  # the first of January in China
    assert not Recheck().is_settled(searched(2, 2025, now=new_year), "government", new_year)


@pytest.mark.parametrize("text", ["", "7:90", "90:7 30:1 180", "90:7 180 9", "often"])
def test_steps_that_say_nothing(text: str) -> None:
    with pytest.raises(InputError, match="RECHECK_DAYS"):
        read_steps(text)


@pytest.mark.parametrize("text", ["0", "13", "4-1", "spring"])
def test_months_that_are_none(text: str) -> None:
    with pytest.raises(InputError, match="SEASON"):
        read_months(text)


@pytest.mark.parametrize(("hours_ago", "hours"), [(0, 24), (23, 1), (24, 0), (500, 0), (-1, 0)])
def test_robots_txt_holds_for_a_day(hours_ago: float, hours: float) -> None:
    fetched = (NOW - timedelta(hours=hours_ago)).isoformat()
    robots = Robots("http://a.gov.cn/robots.txt", 200, b"", fetched)
    assert Recheck().robots_hold(robots, NOW) == pytest.approx(hours * 3600)
    assert Recheck("all").robots_hold(robots, NOW) == 0
