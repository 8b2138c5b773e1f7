"""The content decides: look-alikes under a report's title, reports under an odd one, articles shown in parts."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.contents import contradiction, further_pages
from crawler.demo.run import Crawled, Workspace, run_crawl
from crawler.families.page import plain_text
from tests.crawler.sites import SECTIONS, Answer, column_page, home_page, report_page, row, served, write_rows
from tests.crawler.walks import response_of

ORGAN = "沂源县人民政府"
TITLE = ORGAN + "{}年政府信息公开工作年度报告"
TEXTS = {
    "notice": "<p>各镇人民政府,各街道办事处,县政府各部门:</p><p>现将年度报告编制工作有关要求通知如下:</p>"
    "<p>请各单位于1月20日前报送。</p><p>特此通知。</p>",
    "guide": "<p>为便于公民获取信息,编制本指南。</p><p>公开形式</p><p>公开时限</p><p>申请的受理机构为办公室。</p>",
    "interpretation": "<p>编制背景</p><p>为便于公众了解年度报告。</p><p>主要内容</p><p>解读机关:县政府办公室</p>",
    "regulation": "".join(f"<p>第{n}条 行政机关应当公开政府信息。</p>" for n in "一二三四五六七"),
}
ODD = {
    "/nb/odd1.html": ("沂源县人民政府2018年度工作报告", 2018),
    "/nb/odd2.html": ("沂源县政府信息公开工作情况总结", 2019),
    "/nb/odd3.html": ("二〇二〇年度政府信息公开年报", 2020),
    "/nb/odd4.html": ("政府信息公开工作年度报告", 2021),
}


def titled(title: str, body: str) -> str:
    menu = "".join(
        f'<li><a href="/{n}/">{name}</a></li>' for n, name in enumerate(("公开指南", "政策解读", "受理机构"))
    )
    return f"<html><head><title>{title}</title></head><body><ul>{menu}</ul><h1>{title}</h1>{body}</body></html>"


def in_parts(year: int, link: str) -> dict[str, str]:
    """A report whose article goes on under ``t<year>_1.html``."""
    whole = report_page(year=year)
    head, _, rest = whole.partition(f"<p>{SECTIONS[3][0]}")
    second = titled(TITLE.format(year), f"<p>{SECTIONS[3][0]}{rest.partition('</div>')[0]}")
    first = head + f"</div><p>第1页 共2页</p>{link}</body></html>"
    return {f"/nb/t{year}.html": first, f"/nb/t{year}_1.html": second}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """A county's portal with all of it, and a second portal of the county that repeats one of its reports."""
    rows = {f"/nb/{kind}.html": TITLE.format(2010 + n) for n, kind in enumerate(TEXTS)}
    rows |= {"/nb/elsewhere.html": TITLE.format(2015)} | {url: title for url, (title, _) in ODD.items()}
    rows |= {f"/nb/t{year}.html": TITLE.format(year) for year in (2022, 2023, 2024)}
    site: dict[str, Answer] = {
        "/": home_page({"/nb/": "政府信息公开年报"}),
        "/nb/": column_page(rows),
        **{f"/nb/{kind}.html": titled(TITLE.format(2010 + n), text) for n, (kind, text) in enumerate(TEXTS.items())},
        "/nb/elsewhere.html": report_page("临朐县人民政府", 2015),
        **{url: report_page(year=year) for url, (_, year) in ODD.items()},
        **in_parts(2022, '<a href="t2022_1.html">下一页</a>'),
        **in_parts(2023, '<script>createPageHTML(2, 0, "t2023", "html");</script>'),
        "/nb/t2024.html": report_page(),
    }
    again: dict[str, Answer] = {
        "/": home_page({"/nb/": "政府信息公开年报"}),
        "/nb/": column_page({"/nb/copy.html": TITLE.format(2024)}),
        "/nb/copy.html": report_page(),
    }
    workspace = Workspace(tmp_path_factory.mktemp("contents"))
    with served(site, "127.0.8.1") as one, served(again, "127.0.8.2", latency=0.4) as two:
        write_rows(workspace.portals, [row("main", one.base_url + "/"), row("second", two.base_url + "/")])
        return run_crawl(workspace, {"province": "37"})


def test_look_alikes_are_left_out_and_counted_and_spoil_nothing(crawled: Crawled) -> None:
    outcome = crawled.outcomes["main"]
    assert (crawled.code, outcome["outcome"]) == (0, "ok"), (outcome, crawled.output)
    for reason in (*(f"lookalike_{kind} 1" for kind in TEXTS), "other_region 1"):
        assert reason in outcome["detail"]


def test_reports_under_odd_titles_are_found(crawled: Crawled) -> None:
    assert crawled.outcomes["main"]["years_found"] == sorted([*(year for _, year in ODD.values()), 2022, 2023, 2024])


@pytest.mark.parametrize("year", [2022, 2023])
def test_an_article_in_parts_is_one_report(crawled: Crawled, year: int) -> None:
    report: dict[str, Any] = crawled.report("main", year)
    assert [section["number"] for section in report["sections"] if section["present"]] == [1, 2, 3, 4, 5, 6]
    assert [part["url"].rpartition("/")[2] for part in report["source"]["documents"]] == [
        f"t{year}.html",
        f"t{year}_1.html",
    ]


def test_the_address_on_another_portal_is_told(crawled: Crawled) -> None:
    outcomes = crawled.outcomes
    assert outcomes["second"]["outcome"] == "ok"
    assert "main" in outcomes["second"]["detail"]
    assert "/nb/copy.html" in outcomes["second"]["detail"]
    assert [r["portal_id"] for r in crawled.reports if r["metadata"]["report_year"] == 2024] == ["main"]


@pytest.mark.parametrize("kind", TEXTS)
def test_the_menus_of_a_portal_say_nothing_of_an_article(kind: str) -> None:
    page = response_of(titled("年报", "<p><img src='1.png'></p>"), "http://sim/nb/t1.html")
    assert contradiction(page) is None
    assert contradiction(response_of(titled("年报", TEXTS[kind]), "http://sim/nb/t1.html")) == kind
    assert "公开指南" in plain_text(page)


def test_a_report_that_speaks_of_notices_stays_one() -> None:
    text = report_page().replace("见附表。", TEXTS["notice"])
    assert contradiction(response_of(text, "http://sim/nb/t1.html")) is None


def test_other_articles_are_no_further_pages() -> None:
    files = ("t12.html", "t2_1.html", "t1_1.html", "t1-2.html", "t1_x.html")
    links = "".join(f'<a href="{name}">x</a>' for name in files)
    page = response_of(titled(TITLE.format(2024), links), "http://sim/nb/t1.html")
    assert further_pages(page, page.url) == ["http://sim/nb/t1_1.html", "http://sim/nb/t1-2.html"]
