"""Systems of single provinces: VSB, Guangdong's platform, Lonsun. All rows once, in as few requests as it takes."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from scrapy.http import HtmlResponse

from crawler import families
from crawler.families import gkmlpt, lonsun, vsb
from crawler.families.base import PageRequest
from tests.crawler.walks import query_of, read_list

Page = Callable[..., HtmlResponse]

YEARS = tuple(range(2024, 2011, -1))


def title(year: int) -> str:
    return f"云河县{year}年政府信息公开工作年度报告"


def rows(years: tuple[int, ...], path: str) -> str:
    """Rows with their articles at ``path``, a year in the place of ``%d``."""
    return "".join(
        f'<li><a href="{path % y}">云河县{y}年政府信息公开工作年度报告</a><span>{y + 1}-01-22</span></li>'
        for y in years
    )


TITLES = [title(year) for year in YEARS]


def block(number: int, size: int = 5) -> tuple[int, ...]:
    return YEARS[(number - 1) * size : number * size]


# --- VSB -----------------------------------------------------------------------------------------------------

VSB_URL = "http://www.sim/zfxxgk/zfxxgknb.htm"
VSB_PAGER = (
    '<div class="pb_sys_common"><span class="p_t">共13条</span><span class="p_no_d">1</span>'
    '<span class="p_no"><a href="{0}2.htm">2</a></span><span class="p_last"><a href="{0}1.htm">尾页</a></span></div>'
)


def vsb_answer(request: PageRequest) -> str | int:
    name = request.url.rpartition("/")[2]
    return {"2.htm": rows(block(2), "../../info/1677/%d.htm"), "1.htm": rows(block(3), "../../info/1677/%d.htm")}.get(
        name, 404
    )


def test_vsb_files_are_asked_for_from_the_highest_to_one() -> None:
    read = read_list(rows(block(1), "../info/1677/%d.htm") + VSB_PAGER.format("zfxxgknb/"), vsb_answer, VSB_URL)
    assert (read.family, read.titles) == ("vsb", TITLES)
    assert [request.url.rpartition("/")[2] for request in read.asked] == ["2.htm", "1.htm"]
    assert set(read.urls) == {f"http://www.sim/info/1677/{year}.htm" for year in YEARS}
    assert read.visit.lists == []


def test_a_vsb_file_that_is_gone_does_not_end_the_list() -> None:
    def answer(request: PageRequest) -> str | int:
        return 404 if request.url.endswith("/2.htm") else vsb_answer(request)

    read = read_list(rows(block(1), "../info/1677/%d.htm") + VSB_PAGER.format("zfxxgknb/"), answer, VSB_URL)
    assert sorted(read.titles) == sorted(TITLES[:5] + TITLES[10:])


def test_a_dynamic_vsb_list_is_read_by_the_pages_its_pager_tells() -> None:
    tree = "urltype=tree.TreeTempUrl&wbtreeid=1014"
    pager = f'<a href="lm_list.jsp?totalpage=3&PAGENUM=2&{tree}">2</a>'

    def answer(request: PageRequest) -> str | int:
        asked = query_of(request)
        return rows(block(int(asked["PAGENUM"])), "/info/1677/%d.htm") if asked["wbtreeid"] == "1014" else 404

    read = read_list(rows(block(1), "/info/1677/%d.htm") + pager, answer, f"http://www.sim/list.jsp?{tree}")
    assert (read.family, read.titles, len(read.asked)) == ("vsb", TITLES, 2)


def test_an_article_of_vsb_is_known_by_its_body(page: Page) -> None:
    family, signs = families.detect(page('<div id="vsb_content_2"><p>正文</p></div>', url="http://sim/info/1/2.htm"))
    assert (family, signs) == (vsb, ["article body #vsb_content"])


# --- Guangdong's platform ------------------------------------------------------------------------------------

TREE = [{"id": 7, "name": "目录", "children": [{"id": 2629, "name": "政府信息公开年报", "children": []}]}]
CONFIG = f"<script>window._CONFIG={{SID:'200001',TREE:{json.dumps(TREE)}}};</script>"


def gkmlpt_answer(request: PageRequest) -> str | int:
    asked = query_of(request)
    assert asked["sid"] == "200001"
    assert request.url.partition("?")[0] == "http://www.sim/yhs/gkmlpt/api/all/2629"
    years = block(int(asked["page"]))
    articles = [
        {
            "title": title(y),
            "date": 1737504000 - (2024 - y) * 31_536_000,
            "url": f"http://www.sim/gkmlpt/content/3/3255/post_{y}.html" if y % 2 else "",
            "jump_url": "" if y % 2 else f"http://www.sim/n/post_{y}.html",
            "type": "normal" if y % 2 else "url",
        }
        for y in years
    ]
    return json.dumps({"classify": {"name": "年报", "post_count": 13}, "total": 13, "articles": articles})


@pytest.mark.parametrize("url", ["http://www.sim/yhs/gkmlpt/annualreport", "http://www.sim/yhs/gkmlpt/index#2629"])
def test_the_category_of_annual_reports_is_asked_for(url: str) -> None:
    read = read_list(CONFIG, gkmlpt_answer, url)
    assert (read.family, read.titles, len(read.asked)) == ("gkmlpt", TITLES, 3)


def test_a_shell_of_the_platform_needs_no_browser(page: Page) -> None:
    assert families.lists_by_request(page(CONFIG, url="http://sim/gkmlpt/annualreport"))
    assert not families.lists_by_request(page("<script>fetch('/api/list?page=1')</script>"))


def test_unix_seconds_are_days_in_china(page: Page) -> None:
    request = gkmlpt.listing(page(CONFIG, url="http://sim/yhs/gkmlpt/annualreport"), {}).more[0]
    body = json.dumps({"total": 1, "articles": [{"title": "年报", "date": 1737504000, "url": "/post_1.html"}]})
    assert gkmlpt.listing(page(body), request.context).links[0].date == "2025-01-22"


def test_a_platform_without_a_second_page_ends_with_a_note() -> None:
    def answer(request: PageRequest) -> str | int:
        return gkmlpt_answer(request) if query_of(request)["page"] == "1" else 404

    read = read_list(CONFIG, answer, "http://www.sim/yhs/gkmlpt/annualreport")
    assert (read.titles, read.visit.lists) == (TITLES[:5], [])
    assert "13" in read.visit.notes[0]


# --- Lonsun --------------------------------------------------------------------------------------------------

LABEL = "/site/label/8888"
LONSUN_URL = "http://www.sim/public/column/6598201?type=3"


def lonsun_answer(request: PageRequest) -> str:
    asked = query_of(request)
    assert (asked["labelName"], asked["organId"], asked["type"], asked["siteId"]) == (
        "publicInfoList", "6598201", "3", "679",
    )  # fmt: skip
    found = rows(block(int(asked["pageIndex"])), "/public/6598201/%d.html")
    return f'{found}<li class="lm_line"></li><script>x({{currPage:1,pageCount:3}})</script>'


@pytest.mark.parametrize(
    "script",
    [
        f"$.get('{LABEL}?IsAjax=1&labelName=publicInfoList&siteId=679&pageIndex=1&organId=6598201&type=3')",
        "var siteId='679';Ls.label({labelName:'publicInfoList',organId:6598201,pageSize:15})",
        f"var siteId = 679; load('{LABEL}')",
    ],
)
def test_a_disclosure_list_of_lonsun_is_asked_for_by_label(script: str) -> None:
    read = read_list(f"<div></div><script>{script}</script>", lonsun_answer, LONSUN_URL)
    assert (read.family, read.titles, len(read.asked)) == ("lonsun", TITLES, 3)


def test_an_ordinary_column_of_lonsun_is_read_by_the_address_of_its_pager() -> None:
    call = (
        "Ls.pagination('#page_1',function(p){location.href='http://www.sim/content/column/1?pageIndex='+p;},"
        "{currPage:(0+1),pageCount:3});"
    )
    read = read_list(
        f"{rows(block(1), '/public/6598201/%d.html')}<script>{call}</script>",
        lambda r: rows(block(int(query_of(r)["pageIndex"])), "/public/6598201/%d.html"),
        "http://www.sim/zwgk/nb/index.html",
    )
    assert (read.family, read.titles) == ("lonsun", TITLES)
    assert [request.url for request in read.asked] == [
        "http://www.sim/content/column/1?pageIndex=2",
        "http://www.sim/content/column/1?pageIndex=3",
    ]


def test_another_site_is_not_asked_for_a_label(page: Page) -> None:
    script = f"<script>a('http://other.example{LABEL}?labelName=publicInfoList&pageIndex=1')</script>"
    assert lonsun.listing(page(script), {}).more == []


# --- no system known -----------------------------------------------------------------------------------------


def test_the_address_of_a_pagers_script_is_counted_on_until_no_row_is_new() -> None:
    script = "<p>7/24小时</p><script>function go(n){location.href='iList.jsp?node_id=GK&cat_id=7&cur_page='+n}</script>"

    def answer(request: PageRequest) -> str:
        return rows(block(min(int(query_of(request)["cur_page"]), 3)), "/info/%d0000.jsp") + script

    read = read_list(rows(block(1), "/info/%d0000.jsp") + script, answer, "http://www.sim/info/iList.jsp?cat_id=7")
    assert (read.family, read.titles, len(read.asked)) == ("generic", TITLES, 3)


def test_the_pages_up_to_the_last_are_asked_for_where_no_other_link_is() -> None:
    pager = '<div class="page"><span class="current">1</span><a href="/kldt/list/3.html">尾页</a></div>'

    def answer(request: PageRequest) -> str:
        return rows(block(int(request.url.rpartition("/")[2].removesuffix(".html"))), "/info/%d0000.html")

    read = read_list(rows(block(1), "/info/%d0000.html") + pager, answer, "http://www.sim/kldt/list/1.html")
    assert (read.titles, len(read.asked)) == (TITLES, 2)


def test_rows_that_a_script_reads_from_an_address_are_found() -> None:
    def answer(request: PageRequest) -> str:
        years = block(int(query_of(request)["pageNo"]))
        data = [{"title": title(y), "url": f"/zwgk/{y}.html", "publishDate": "2025-01-22"} for y in years]
        return json.dumps({"data": {"total": 13, "list": data}})

    read = read_list("<script>$.getJSON('/api/list?col=7&pageNo=1',show)</script>", answer)
    assert (read.family, read.titles, len(read.asked)) == ("generic", TITLES, 3)
