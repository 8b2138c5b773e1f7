"""Systems of few portals whose lists take requests of their own: each is read to its end, and no other site asked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from scrapy.http import HtmlResponse

from crawler.families import easysite, epoint, truecms
from crawler.families.base import PageRequest
from tests.crawler.walks import query_of, read_list

Page = Callable[..., HtmlResponse]

YEARS = tuple(range(2024, 2011, -1))
TITLES = [f"云河县{year}年政府信息公开工作年度报告" for year in YEARS]


def rows(years: tuple[int, ...]) -> str:
    return "".join(
        f'<li><a href="/zwgk/{year}0122/{year}.html">{TITLES[YEARS.index(year)]}</a><span>{year + 1}-01-22</span></li>'
        for year in years
    )


# --- TrueCMS -------------------------------------------------------------------------------------------------

PROXY = "/truecms/messageController/getMessage.do"


def records(years: tuple[int, ...]) -> str:
    return "".join(f"<record><![CDATA[{rows((year,))}]]></record>" for year in years)


def truecms_page(shown: int, total: str = "totalRecord:13,") -> str:
    store = f"<datastore><recordset>{records(YEARS[:shown])}</recordset></datastore>"
    call = f"$('#c').jpage({{dataStore:'{store}',{total}proxyUrl:'{PROXY}',ajaxParam:{{columnId:'7-a'}}}});"
    return f'<div id="c"></div><script>{call}</script>'


@pytest.mark.parametrize(("total", "asked"), [("totalRecord:13,", 3), ("", 4)])
def test_records_are_asked_for_in_ranges_with_the_page_as_referer(total: str, asked: int) -> None:
    def answer(request: PageRequest) -> str:
        query = query_of(request)
        assert (query["columnId"], request.headers["Referer"]) == ("7-a", "http://www.sim/zwgk/zfxxgknb/")
        start = int(query["startrecord"]) - 1
        return f"cb({json.dumps({'result': f'<recordset>{records(YEARS[start : start + 5])}</recordset>'})})"

    read = read_list(truecms_page(4, total), answer)
    assert (read.family, read.titles) == ("truecms", TITLES)
    assert len(read.asked) <= asked + 1


def test_a_complete_datastore_asks_for_nothing() -> None:
    assert read_list(truecms_page(13), lambda r: 404).asked == []


# --- Epoint --------------------------------------------------------------------------------------------------

SITE = 'var siteInfo = {"projectName":"/EWB-FRONT","siteGuid":"7eb5f7f1-9041"};'


def epoint_answer(request: PageRequest) -> str | int:
    if request.url.endswith("/js/webBuilderCommon.js"):
        return SITE
    asked = request.form or {}
    assert (request.url, request.method, request.as_json) == (
        "http://www.sim/EWB-FRONT/rest/lightfrontaction/getgovinfolist", "POST", True,
    )  # fmt: skip
    assert (asked["categorynum"], asked["siteGuid"]) == ("003002", "7eb5f7f1-9041")
    start = int(asked["pageIndex"]) * 5
    data = [
        {"infourl": f"/003002/20250122/{y}.html", "realtitle": TITLES[YEARS.index(y)], "infodate": "2025-01-22"}
        for y in YEARS[start : start + 5]
    ]
    return json.dumps({"custom": {"data": data, "total": 13}})


@pytest.mark.parametrize(
    ("markup", "url"),
    [
        ('<script src="/js/webBuilderCommon.js"></script>', "http://www.sim/zwgk/govInfoPub.html?categorynum=003002"),
        (f"<script>{SITE}</script>", "http://www.sim/003002/index.html"),
        (f"<script>{SITE}load({{categorynum:'003002'}})</script>", "http://www.sim/zwgk/nb.html"),
    ],
)
def test_a_category_of_epoint_is_asked_for_as_json_from_page_zero(markup: str, url: str) -> None:
    read = read_list(markup, epoint_answer, url)
    assert (read.family, read.titles) == ("epoint", TITLES)
    assert [(r.form or {}).get("pageIndex") for r in read.asked if r.form] == ["0", "1", "2"]


def test_a_project_name_that_is_an_address_is_not_asked(page: Page) -> None:
    script = '<script>var siteInfo={"projectName":"http://other.example/x","siteGuid":"1"};</script>'
    found = epoint.listing(page(script, url="http://www.sim/nb.html?categorynum=003002"), {})
    assert [request.url for request in found.more] == ["http://www.sim/js/webBuilderCommon.js"]


# --- ncms ----------------------------------------------------------------------------------------------------


def test_ncms_counts_rows_and_pages() -> None:
    def answer(request: PageRequest) -> str:
        asked = query_of(request)
        assert (asked["mkbh"], asked["begin"], asked["pagenum"]) == ("a1b2c3", "15", "2")
        return rows(YEARS[7:])

    script = '<script>var dataTotal=parseInt("28");</script>'
    read = read_list(rows(YEARS[:7]) + script, answer, "http://www.sim/wzlb.shtml?mkbh=a1b2c3")
    assert (read.family, read.titles, len(read.asked)) == ("ncms", TITLES, 1)


# --- ASP.NET -------------------------------------------------------------------------------------------------


def form_page(number: int, argument: str = "%d") -> str:
    links = "".join(
        f"<a href=\"javascript:__doPostBack('ctl00$pager','{argument % n}')\">{n}</a>" for n in (1, 2, 3) if n != number
    )
    state = f'<input type="hidden" name="__VIEWSTATE" value="s{number}"><input name="q" value="x">'
    listed = rows(YEARS[number * 5 - 5 : number * 5])
    return f'<form method="post" action="List.aspx?ID=6">{state}{listed}<div class="page">{links}</div></form>'


@pytest.mark.parametrize("argument", ["%d", "Page$%d"])
def test_a_form_is_sent_back_with_the_state_of_the_page_before(argument: str) -> None:
    def answer(request: PageRequest) -> str:
        form = request.form or {}
        number = int(re.sub(r"\D", "", form["__EVENTARGUMENT"]))
        assert (request.method, request.url, "q" in form) == ("POST", "http://www.sim/List.aspx?ID=6", False)
        assert (form["__VIEWSTATE"], form["__EVENTTARGET"]) == (f"s{number - 1}", "ctl00$pager")
        return form_page(number, argument)

    read = read_list(form_page(1, argument), answer, "http://www.sim/List.aspx?ID=6")
    assert (read.family, read.titles, len(read.asked)) == ("aspnet", TITLES, 2)


# --- EasySite's search ---------------------------------------------------------------------------------------


def test_the_search_of_easysite_is_read_as_json(page: Page) -> None:
    script = (
        "<script>var eportalCurrentColumnId='c1';$.post('/search/col.json?pageNo=1',show);$.get('/hits?id=1')</script>"
    )
    (request,) = easysite.listing(page(script), {}).more
    found = [{"title": TITLES[0], "url": "/columns/c1/202501/23/a.html", "publishTime": "2025-01-23"}]
    body = json.dumps({"data": {"searchResult": {"total": 1, "result": found}}})
    listing = easysite.listing(page(body, url=request.url), request.context)
    assert [(link.title, link.date) for link in listing.links] == [(TITLES[0], "2025-01-23")]
    assert listing.more == []


def test_records_of_another_site_are_not_asked_for(page: Page) -> None:
    markup = truecms_page(4).replace(PROXY, f"http://other.example{PROXY}")
    assert truecms.listing(page(markup), {}).more == []
