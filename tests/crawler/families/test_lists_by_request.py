"""Lists whose rows come by requests: all rows once, none that is no row, an end in every case."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from crawler.families.base import PageRequest
from tests.crawler.walks import Answer, query_of, read_list

YEARS = tuple(range(2024, 2011, -1))
TITLES = [f"云河县{year}年政府信息公开工作年度报告" for year in YEARS]
CHANNEL = "b16135ef84e445dea2bfd0343dd96c4c"
UCAP_META = f'<meta name="channelId" content="{CHANNEL}">'


def ucap_path(year: int) -> str:
    return f"/yunhe/c100123/{year + 1}01/{year:032x}.shtml"


def html_rows(years: tuple[int, ...], path: Callable[[int], str] = ucap_path) -> str:
    return "".join(
        f'<li><a href="{path(y)}">云河县{y}年政府信息公开工作年度报告</a><span>{y + 1}-01-22</span></li>' for y in years
    )


def block(request: PageRequest, size: int, key: str = "page") -> tuple[int, ...]:
    number = int(query_of(request).get(key) or 1)
    return YEARS[(number - 1) * size : number * size]


# --- UCAP classic --------------------------------------------------------------------------------------------


def ucap_json(request: PageRequest, *, size: int = 5) -> str:
    results = [
        {
            "title": TITLES[YEARS.index(y)],
            "url": f"//www.sim{ucap_path(y)}",
            "publishedTimeStr": f"{y + 1}-01-20 17:18:49",
        }
        for y in block(request, size)
    ]
    return json.dumps(
        {"code": 200, "data": {"channelId": CHANNEL, "total": len(YEARS), "rows": size, "results": results}}
    )


def test_a_channel_without_rows_is_asked_for_by_its_number() -> None:
    read = read_list(f"{UCAP_META}<ul id='body'></ul>", ucap_json)
    assert (read.family, read.titles) == ("ucap", TITLES)
    assert all(f"/common/search/{CHANNEL}?" in request.url for request in read.asked)
    assert len(read.asked) == 3


def test_static_files_are_read_first_and_the_address_is_not_asked_when_they_are_complete() -> None:
    call = f'<script>createPageHTML("page_div", 3, 1, "list", "shtml", {len(YEARS)});</script>'

    def answer(request: PageRequest) -> str:
        number = int(request.url.rpartition("_")[2].removesuffix(".shtml"))
        return html_rows(YEARS[(number - 1) * 5 : number * 5])

    read = read_list(UCAP_META + html_rows(YEARS[:5]) + call, answer, "http://www.sim/yunhe/c100123/list.shtml")
    assert (read.family, read.titles) == ("ucap", TITLES)
    assert [request.url.rpartition("/")[2] for request in read.asked] == ["list_2.shtml", "list_3.shtml"]


def test_the_address_gives_what_the_static_files_lack() -> None:
    call = f'<script>createPageHTML("page_div", 3, 1, "list", "shtml", {len(YEARS)});</script>'

    def answer(request: PageRequest) -> str | int:
        return ucap_json(request) if "/common/search/" in request.url else 404

    read = read_list(UCAP_META + html_rows(YEARS[:5]) + call, answer, "http://www.sim/yunhe/c100123/list.shtml")
    assert sorted(read.titles) == sorted(TITLES)
    assert read.visit.lists == []


@pytest.mark.parametrize("size", [3, 5, 20])
def test_rows_as_html_go_on_behind_those_of_the_page(size: int) -> None:
    address = f"/searchList/{CHANNEL}?_isJson=false&_pageSize=9&page="
    script = f"<script>$('#body').load('{address}'+n)</script>"
    read = read_list(UCAP_META + html_rows(YEARS[:5]) + script, lambda r: html_rows(block(r, size)))
    assert sorted(read.titles) == sorted(TITLES)


def test_a_date_of_month_and_day_is_no_number_of_pages() -> None:
    def answer(request: PageRequest) -> str:
        return html_rows(block(request, 5)).replace("-01-22", " 12/01")

    script = f"<script>$('#body').load('/search/{CHANNEL}?_isJson=false&page='+n)</script>"
    assert read_list(f"{UCAP_META}<ul></ul>{script}", answer).titles == TITLES


def test_an_address_that_gives_page_one_for_ever_is_left() -> None:
    script = f"<script>$('#body').load('/search/{CHANNEL}?_isJson=false&page='+n)</script>"
    read = read_list(UCAP_META + html_rows(YEARS[:5]) + script, lambda r: html_rows(YEARS[:5]))
    assert read.titles == TITLES[:5]
    assert len(read.asked) == 2


def test_another_channel_or_another_site_that_a_script_names_is_not_asked() -> None:
    script = (
        f"""<script>a('/common/search/{"0" * 32}?page=1');b('http://evil.example/common/search/{CHANNEL}')</script>"""
    )
    read = read_list(UCAP_META + html_rows(YEARS[:5]) + script, ucap_json)
    assert (read.titles, read.asked) == (TITLES[:5], [])


def test_no_page_of_a_list_is_asked_of_another_site() -> None:
    script = '<base href="http://elsewhere.example/"><script>createPageHTML(3, 0, "index", "html");</script>'
    read = read_list(script + html_rows(YEARS[:5]), lambda r: html_rows(YEARS[5:]))
    assert read.asked == []
    assert read.visit.dropped["offsite"] == 2


# --- queryList -----------------------------------------------------------------------------------------------


def query_row(year: int) -> dict[str, object]:
    path = f"/yunhe/xxgknb/pc/content/content_{year:019d}.html"
    return {
        "id": f"{year:019d}",
        "title": TITLES[YEARS.index(year)],
        "urls": json.dumps({"pc": path}),
        "pubDate": "2025-01-20",
    }


def query_page(shown: int, per_page: int, total: str = str(len(YEARS))) -> str:
    rows = json.dumps([query_row(year) for year in YEARS[:shown]], ensure_ascii=False)
    crumbs = '[{"urls":{"pc":"/yunhe/zwgk/pc/list.html"},"name":"政务公开2024年报"}]'
    return f"""<script>var codeName='xxgknb';var channelsTagSelf={{"articleCount":{total},"crumbs":{crumbs}}};
    var listData={{articleList:{rows}}};</script>
    <div><li><a href='{{{{pcUrl}}}}'>{{{{title}}}}2024年报告</a></li></div>
    <script>var params={{current:1,webSiteCode:['yunhe'],channelCode:['xxgknb'],perPage:'{per_page}'}};
    loadPageData(params,'380055');</script>"""


def query_reply(request: PageRequest) -> str:
    asked = query_of(request)
    assert (request.method, asked["webSiteCode[]"], asked["channelCode[]"]) == ("POST", "yunhe", "xxgknb")
    rows = block(request, int(asked["pageSize"]), "current")
    return json.dumps({"code": 200, "data": {"total": len(YEARS), "results": [{"source": query_row(y)} for y in rows]}})


@pytest.mark.parametrize(("shown", "per_page"), [(5, 5), (3, 5), (0, 5), (6, 5), (5, 20), (13, 5)])
def test_the_rows_of_querylist_follow_those_of_the_page(shown: int, per_page: int) -> None:
    read = read_list(query_page(shown, per_page), query_reply, "http://www.sim/yunhe/col/col42150/index.html")
    assert (read.family, read.titles) == ("querylist", TITLES)
    assert read.urls[0] == f"http://www.sim/yunhe/xxgknb/pc/content/content_{2024:019d}.html"
    assert all(request.url == "http://www.sim/queryList" for request in read.asked)


def test_a_complete_block_asks_for_nothing() -> None:
    assert read_list(query_page(13, 15), query_reply).asked == []


# --- jpaas ---------------------------------------------------------------------------------------------------

BUILD = "/api-gateway/jpaas-publish-server/front/page/build/unit"


def jpaas_page(*tags: str) -> str:
    return "".join(
        f"""<script src="/x/unitbuild.js" parseType="bulidstatic" url="{BUILD}"
        queryData="{{'parseType':'bulidstatic','webId':'3185','tplSetId':'o0','tagId':'{tag}','pageId':'12'}}"></script>"""
        for tag in tags
    )


def jpaas_reply(request: PageRequest) -> str:
    asked = query_of(request)
    assert request.headers["Referer"] == "http://www.sim/zwgk/zfxxgknb/"
    paging = json.loads(asked["paramJson"])
    assert (asked["webId"], paging["pageSize"]) == ("3185", 15)
    years = YEARS[(paging["pageNo"] - 1) * 5 : paging["pageNo"] * 5]
    path = "//old.sim/col/col12/art/{0}/art_{0:032x}.html".format
    html = f'<ul>{html_rows(years, path)}</ul><table class="pagination" rows="5" count="{len(YEARS)}"></table>'
    return json.dumps({"success": True, "data": {"html": html}})


def test_a_jpaas_list_is_asked_with_its_parameters_page_by_page() -> None:
    read = read_list(jpaas_page("当前位置", "信息列表"), jpaas_reply)
    assert (read.family, read.titles) == ("jpaas", TITLES)
    assert len(read.asked) == 3
    assert read.urls[0].startswith("http://old.sim/col/col12/art/")


def test_a_jpaas_reply_past_the_end_ends_the_list() -> None:
    empty = json.dumps({"success": True, "data": {"html": "<ul></ul>"}})
    read = read_list(
        jpaas_page("信息列表"), lambda r: empty if '"pageNo": 2' in query_of(r)["paramJson"] else jpaas_reply(r)
    )
    assert read.titles == TITLES[:5]
    assert len(read.asked) == 2


# --- Hanweb's directory --------------------------------------------------------------------------------------


def art(year: int) -> str:
    return f"/art/{year + 1}/1/22/art_284_{year}.html"


def directory_reply(request: PageRequest) -> str:
    asked = query_of(request)
    assert (request.method, asked["infotypeId"], asked["jdid"]) == ("POST", "B001A012", "1756")
    rows = html_rows(block(request, 5, "currpage"), art)
    return f'<div class="zfxxgk_zdgkc"><ul>{rows}</ul></div><p>共 3 页 <a href="javascript:go(2)">下一页</a></p>'


def tree_or_rows(request: PageRequest) -> str:
    if "tree.jsp" in request.url:
        node = "<li><a onclick=\"go('infotypeId={0}')\">{1}</a></li>".format
        return node("B001A001", "机构职能") + node("B001A012", "信息公开年报")
    return directory_reply(request)


DIRECTORIES: list[tuple[str, str, Answer]] = [
    ("", "$('#t').load('/module/xxgk/tree.jsp?divid=d1&jdid=1756&infotypeId=B001A012&area=')", directory_reply),
    ("?number=B001A012", "$('#t').load('/module/xxgk/tree.jsp?divid=d1&jdid=1756')", directory_reply),
    ("", "$.ajax({url:'/module/xxgk/search.jsp',data:{infotypeId:'B001A012',jdid:1756}})", directory_reply),
    ("", "$('#t').load('/module/xxgk/tree.jsp?divid=d1&jdid=1756')", tree_or_rows),
]


@pytest.mark.parametrize(("query", "script", "answer"), DIRECTORIES)
def test_the_directory_is_searched_for_the_category(query: str, script: str, answer: Answer) -> None:
    url = f"http://www.sim/col/col12/index.html{query}"
    read = read_list(f"<div></div><script>{script}</script>", answer, url)
    assert (read.family, read.titles) == ("hanweb_xxgk", TITLES)


def test_table_rows_of_the_old_directory_have_their_dates() -> None:
    def answer(request: PageRequest) -> str:
        rows = "".join(
            f'<tr class="tr_main_value_odd"><td>{y}-1</td><td><a href="{art(y)}" title="{TITLES[YEARS.index(y)]}">'
            f"云河县{y}年…</a></td><td>{y + 1}-01-22</td></tr>"
            for y in block(request, 5, "currpage")
        )
        return f"<table>{rows}</table>共3页"

    script = "<script>load('/module/xxgk/search.jsp?infotypeId=A0212&divid=d')</script>"
    read = read_list(script, answer)
    assert read.titles == TITLES


# --- whole in the page ---------------------------------------------------------------------------------------


def test_a_data_list_is_read_whole() -> None:
    def rows(years: tuple[int, ...]) -> str:
        return ",".join(f"{{title:'{TITLES[YEARS.index(y)]}',daytime:'{y + 1}-01-22',url:'{art(y)}'}}" for y in years)

    data = f"var dataList=[{{infolist:[{rows(YEARS[:9])}]}},{{infolist:[{rows(YEARS[9:])}]}}];"
    read = read_list(f"<script>{data}var pagesData={{curPageNo:1,pageTotal:2}};</script>", lambda r: 404)
    assert (read.family, read.titles, read.asked) == ("hanweb_inline", TITLES, [])


def test_paged_content_is_read_whole() -> None:
    rows = html_rows(YEARS, art).replace("<li>", '<li class="pagedContent">')
    script = "<script>var totalCount=13;var perSize=20;</script>"
    read = read_list(f'<ul>{rows}</ul><div class="page"><a href="?p=2">下一页</a></div>{script}', lambda r: 404)
    assert (read.family, read.titles, read.asked) == ("hanweb_inline", TITLES, [])


# --- TRS -----------------------------------------------------------------------------------------------------


def trs_path(year: int) -> str:
    return f"./{year + 1}01/t{year + 1}0122_{year}.html"


@pytest.mark.parametrize("body", ['{"count":"13","docs":', '{"recordCount":13,\r\n\r\n"docs":'])
def test_a_dynamic_address_gives_what_the_files_lack(body: str) -> None:
    address = "/was5/web/search?channelid=1&page="
    script = f"<script>PageIndex=PageIndex>9?9:PageIndex;u=`index_${{PageIndex}}.html`;v='{address}'+n</script>"

    def answer(request: PageRequest) -> str | int:
        if "was5" not in request.url:
            return 404
        docs = [
            {"title": TITLES[YEARS.index(y)], "url": f"http://www.sim/zwgk/zfxxgknb/{trs_path(y)[2:]}"}
            for y in block(request, 5)
        ]
        return body + json.dumps(docs) + "}"

    read = read_list(html_rows(YEARS[:5], trs_path) + script, answer)
    assert (read.family, sorted(read.titles)) == ("trs", sorted(TITLES))
    assert read.visit.lists == []


def test_declared_pages_that_are_missing_end_the_list_without_an_error() -> None:
    script = '<script>createPageHTML(20, 0, "index", "html", 1456);</script>'

    def answer(request: PageRequest) -> str | int:
        number = int(request.url.rpartition("_")[2].removesuffix(".html"))
        return html_rows(YEARS[number * 5 : number * 5 + 5], trs_path) if number < 3 else 404

    read = read_list(html_rows(YEARS[:5], trs_path) + script, answer)
    assert read.titles == TITLES
    assert read.visit.lists == []
    assert "1456" in read.visit.notes[0]
