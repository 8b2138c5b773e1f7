"""EasySite, Zibo, Ankang and the generic family on pages made for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from time import process_time

import pytest
from scrapy.http import HtmlResponse

from crawler import discovery, families, shells
from crawler.families import ankang, easysite, generic, zibo
from crawler.families.page import absolute

Page = Callable[..., HtmlResponse]

COLUMN = "c0674d37-0000-4000-8000-000000000001"
OLDER = "81ed1aea-0000-4000-8000-000000000002"
EASYSITE_URL = f"http://sim/columns/{COLUMN}/index.html"
EASYSITE = f"""<script>var eportalCurrentColumnId='{COLUMN}';</script>
<div class="tabs"><a href="/columns/{COLUMN}/index.html">2024年</a>
<a href="/columns/{OLDER}/index.html">2023年</a></div>
<div class="eportal-block" data-block="aa11bb22cc33dd44ee55" data-template="ff11bb22cc33dd44ee66">%s</div>"""
FRAGMENT = '<li class="xxgk_gfxwjk-list-li"><a href="/columns/%s/202501/23/%s.html">%s</a><span>2025-01-23</span></li>'


def test_an_empty_easysite_block_is_asked_for_from_its_first_page(page: Page) -> None:
    response = page(EASYSITE % '<ul class="xxgk-list"></ul>', url=EASYSITE_URL)
    assert families.detect(response)[0] is easysite
    found = easysite.listing(response, {})
    assert [(request.kind, request.url) for request in found.more] == [
        ("year", f"http://sim/columns/{OLDER}/index.html"),
        (
            "page",
            f"http://sim/columns/{COLUMN}/templates/ff11bb22cc33dd44ee66/blocks/aa11bb22cc33dd44ee55?page=1&fix=0",
        ),
    ]
    assert found.more[0].context == {"year": "2023"}


def test_a_filled_easysite_block_goes_on_with_page_two_and_ends_with_an_empty_one(page: Page) -> None:
    title = "云河区2024年政府信息公开工作年度报告"
    row = FRAGMENT % (COLUMN, "a01b86e0-0000-4000-8000-000000000003", title)
    first = easysite.listing(page(EASYSITE % f"<ul>{row}</ul>", url=EASYSITE_URL), {})
    request = next(more for more in first.more if more.kind == "page")
    assert request.url.endswith("?page=2&fix=0")
    second = easysite.listing(page(row, url=request.url), request.context)
    assert [(link.title, link.date) for link in second.links] == [(title, "2025-01-23")]
    assert second.more[0].url.endswith("?page=3&fix=0")
    assert easysite.listing(page("", url=request.url), request.context).more == []


ZIBO_URL = "http://sim/gongkai/channel_c_5f9f696d489871774b4da7ea_n_1605850162.1332/"
DOC = "doc_65d31c1b0adcabfa3655daae.html"
REPORT = "云河县2023年政府信息公开工作年度报告"


@pytest.mark.parametrize(
    "markup",
    [
        f'<ul><li><a href="{DOC}">{REPORT}</a><i>2024-02-19</i></li></ul>',
        f'<script>var docList=[{{"title":"{REPORT}","url":"{DOC}","pubDate":"2024-02-19"}}];</script>',
        f'<script>var d={{rows:[{{title:"{REPORT}",url:"{DOC}",time:1708300000}}]}}</script>',
    ],
)
def test_zibo_rows_are_read_from_links_or_inline_json(page: Page, markup: str) -> None:
    response = page(markup, url=ZIBO_URL)
    assert families.detect(response)[0] is zibo
    (link,) = zibo.listing(response, {}).links
    assert (link.url, link.date) == (ZIBO_URL + DOC, "2024-02-19")


def test_zibo_rows_are_read_from_the_json_a_script_names(page: Page) -> None:
    script = "<script>$.getJSON('list.json?page=1&size=2',function(d){draw(d);});</script><p>索引号</p>"
    (request,) = zibo.listing(page(script, url=ZIBO_URL), {}).more
    assert request.url == ZIBO_URL + "list.json?page=1&size=2"
    rows = [{"title": f"云河县{year}年政府信息公开年报", "url": f"doc_{year:024x}.html"} for year in (2023, 2022)]
    body = json.dumps({"total": 3, "rows": rows})
    found = zibo.listing(page(body, url=request.url), request.context)
    assert len(found.links) == 2
    assert found.declared_rows == 3
    assert found.more[0].url == ZIBO_URL + "list.json?page=2&size=2"
    last = json.dumps({"total": 3, "rows": [{"title": "云河县2021年政府信息公开年报", "url": "doc_x.html"}]})
    assert zibo.listing(page(last, url=found.more[0].url), found.more[0].context).more == []


def test_zibo_asks_no_other_host_that_a_script_names(page: Page) -> None:
    script = "<script>$.getJSON('http://count.elsewhere/api?page=1')</script>"
    assert zibo.listing(page(script, url=ZIBO_URL), {}).more == []


ANKANG = """<ul class="article-list"><li><a href="/Content-2224198.html"
title="云河县政府办公室2020年政府信息公开工作年度报告">云河县政府办公室2020年…</a>
<span class="time">2021.01.29</span></li></ul>
<div class="pages"><span>共51条 1/3页</span>
<a href="/Node-1466-2.html">下一页</a> <a href="/Node-1466-3.html">尾页</a></div>"""


def test_ankang_rows_and_the_next_page(page: Page) -> None:
    response = page(ANKANG, url="http://sim/Node-1466.html")
    assert families.detect(response)[0] is ankang
    found = ankang.listing(response, {})
    assert [(link.title, link.date) for link in found.links] == [
        ("云河县政府办公室2020年政府信息公开工作年度报告", "2021-01-29")
    ]
    assert [request.url for request in found.more] == ["http://sim/Node-1466-2.html"]
    assert (found.declared_pages, found.declared_rows) == (3, 51)


def test_any_other_page_is_generic(page: Page) -> None:
    family, evidence = families.detect(page("<p>云河县</p>"))
    assert family is generic
    assert evidence


def test_numbered_links_beyond_the_present_page(page: Page) -> None:
    markup = '<div class="pagination"><a href="1.htm">1</a><span class="current">2</span><a href="3.htm">3</a></div>'
    assert [r.url for r in generic.listing(page(markup, url="http://sim/nb/2.htm"), {}).more] == ["http://sim/nb/3.htm"]


def test_years_of_a_select_are_tabs(page: Page) -> None:
    markup = """<select onchange="location.href='?year='+this.value"><option value="2023">2023年</option>
    <option value="2022">2022</option><option value="">全部</option></select>"""
    found = generic.listing(page(markup, url="http://sim/nb.jsp"), {}).more
    assert [(r.url, r.context, r.kind) for r in found] == [
        ("http://sim/nb.jsp?year=2023", {"year": "2023"}, "year"),
        ("http://sim/nb.jsp?year=2022", {"year": "2022"}, "year"),
    ]


@pytest.mark.parametrize(
    ("row", "date"),
    [
        ("<li><a href='t20250101_1.html'>A报告</a><span>2025/01/22</span></li>", "2025-01-22"),
        ("<li><span>2025年1月22日</span><a href='t20250101_1.html'>A报告</a></li>", "2025-01-22"),
        ("<li><a href='t20250101_1.html'>A报告<em>2025.01.22</em></a></li>", "2025-01-22"),
        ("<li><a href='t20250101_1.html'>A报告 [2025-01-22]</a></li>", "2025-01-22"),
        ("<li><a href='t20250101_1.html'>A报告</a><b>01-22</b><i>2025</i></li>", "2025-01-22"),
        ("<li><a href='t20250101_1.html'>A报告</a><b>22</b><i>2025-01</i></li>", "2025-01-22"),
        ("<li><a href='t20250101_1.html'>A报告</a><b>01-22</b></li>", None),
        ("<tr><td>1</td><td><a href='t20250101_1.html'>A报告</a></td><td>2025-01-22 09:30:00</td></tr>", "2025-01-22"),
        ("<dl><dt><a href='t20250101_1.html'>A报告</a></dt><dd>2025-01-22</dd></dl>", "2025-01-22"),
        (
            "<p><a href='t20250101_1.html'>A报告</a>(2025-01-22)<br><a href='t20250101_2.html'>B报告</a></p>",
            "2025-01-22",
        ),
    ],
)
def test_the_date_of_a_row(page: Page, row: str, date: str | None) -> None:
    link = generic.listing(page(f"<div>{row}</div>", url="http://sim/202501/"), {}).links[0]
    assert (link.title, link.date) == ("A报告", date)


@pytest.mark.parametrize(
    "href",
    ["javascript:go(1)", "mailto:a@b.cn", "data:text/html,x", "ftp://sim/x", "#", "", "{{pcUrl}}", "http://[bad/"],
)
def test_what_is_no_page_is_no_link(href: str) -> None:
    assert absolute("http://sim/", href) is None


def test_a_page_of_nothing_is_an_empty_list(page: Page) -> None:
    for markup in ("", "   ", "\x00\x00", "<", "<html>", "{}", "<a href='x'>" * 3000):
        for family in families.FAMILIES:
            found = family.listing(page(markup), {})
            assert (found.links, found.more) == ([], [])


def test_an_unknown_family_is_named_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"known: .*hanweb"):
        families.by_name("wordpress")


@pytest.mark.parametrize(
    "markup",
    [
        "<record>" * 100_000,
        "<datastore><record><![CDATA[" * 40_000,
        "<nextgroup>" * 100_000,
        "<script>" * 100_000,
        "$('#1').jpage({" * 60_000,
        "<script>" + "={" * 400_000 + "</script>",
        "<script>" + "=[{a:" * 150_000 + "</script>",
        "/gongkai/" * 100_000,
        "createPageHTML(" * 60_000,
        "<div>" * 100_000 + "<a href='x'>1</a>" * 1000,
        "<a href='/x'></a>" * 20_000,
        "<li>" + "1" * 1_000_000 + "</li>",
        "<a href='/t20250101_1.html'>" + "政府信息公开" * 50_000 + "年报</a>",
        "2025-" * 200_000,
        "&lt;" * 250_000,
        "pageDec" + "<" * 900_000,
        "countPage" + "var currentPage=" * 60_000,
        "'/was5/web/search" * 60_000,
        "'/module/xxgk/tree.jsp" * 45_000,
        '"/common/search/' + "a" * 32 + '"' + '"/search/' * 100_000,
        "<script>listData" + "articleList:[{" * 70_000 + "</script>",
        "<script>loadPageData(webSiteCode params={a:'" * 20_000,
        "<script>infolist pagesData dataList=[" + "{'a':[" * 150_000 + "</script>",
        "<script url='/jpaas-publish-server/front/page/build/unit' querydata=\"{'a':{\"></script>" * 11_000,
        "<script>" + "data:{a:" * 120_000 + "</script>",
        "<script>" + "={a:'\\" * 150_000 + "</script>",
        "createPageHTML(" + "9" * 900_000 + ",1)",
        "<script>url:'" + "list" * 250_000 + "</script>",
        "<script>" + "'a?page='" * 120_000 + "</script>",
        "<a href='/list.jsp?urltype=tree.x" + "wbtreeid" * 110_000 + "'>2</a>",
        "<div class=pb_sys_common>" + "<a href='zfxxgknb/1.htm'>1</a>" * 5_000,
        "<script>/gkmlpt/ _CONFIG SID:'1' TREE:" + "[{'id':1,'children':" * 45_000 + "</script>",
        "<script>/gkmlpt/ _CONFIG SID:'1'" + "TREE:[" * 160_000 + "</script>",
        "<script>Ls.pagination( labelName publicInfoList siteId:1" + "{" * 900_000 + "</script>",
        "<script>'/site/label/8888?" * 45_000,
        "<div class=page>" + "<a href='9.html'>尾页</a>" * 5_000,
        "columnId:1" + "'/messageController/getMessage.do" * 30_000,
        "<script>siteInfo={'projectName':" + "siteInfo={" * 90_000 + "</script>",
        "<script>mkbh=" + "dataTotal=" * 90_000 + "</script>",
        "<input type=hidden name=__VIEWSTATE>" + "<a href=\"javascript:__doPostBack('p','9')\">9</a>" * 5_000,
    ],
    ids=lambda markup: str(markup)[:16],
)
def test_a_megabyte_of_malice_is_read_in_seconds(page: Page, markup: str) -> None:
    response = page(markup)
    began = process_time()
    families.detect(response)
    for family in families.FAMILIES:
        family.listing(response, {})
    discovery.column_candidates(response)
    discovery.declares_empty(response)
    discovery.site_identity(response)
    shells.shell_redirect(response)
    assert process_time() - began < 10
