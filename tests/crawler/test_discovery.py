"""From any page to the column: links scored, kinds of pages told apart, sites identified."""

from __future__ import annotations

from pathlib import Path

import pytest
from scrapy.http import HtmlResponse

from crawler import discovery, shells
from crawler.discovery import column_candidates
from crawler.report_pages import is_report_page
from crawler.vocabulary import VocabularyError, entries


def page(markup: str, url: str = "http://www.yunhe.gov.cn/zwgk/") -> HtmlResponse:
    return HtmlResponse(url, body=markup.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def urls(markup: str, url: str = "http://www.yunhe.gov.cn/zwgk/") -> list[str]:
    return [candidate.url.removeprefix("http://www.yunhe.gov.cn") for candidate in column_candidates(page(markup, url))]


def test_the_column_comes_before_the_ways_to_it() -> None:
    markup = """<a href="/">首页</a><a href="/zwgk/xxgk/">政务公开</a><a href="/zfxxgk/">政府信息公开</a>
    <a href="/zfxxgk/zfxxgknb/">政府信息公开年报</a><a href="/zfxxgk/ml/">法定主动公开内容</a><a href="/tq/">天气</a>"""
    assert urls(markup) == ["/zfxxgk/zfxxgknb/", "/zfxxgk/", "/zwgk/xxgk/", "/zfxxgk/ml/"]


@pytest.mark.parametrize(
    "name",
    [
        "政府信息公开年报", "政府信息公开年度报告", "信息公开年报", "信息公开年度报告", "政府信息公开工作年度报告",
        "信息工作年度报告", "公开年报", "年度报告", "县政府信息公开年报", "部门政府信息公开年报",
        "· 政府信息公开年报 >",
        "云河县审计局政府信息公开年报",
    ],
)  # fmt: skip
def test_names_of_the_column(name: str) -> None:
    assert column_candidates(page(f'<a href="/x/">{name}</a>'))[0].score >= 80


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/zfwznb/">政府网站工作年度报表</a>',
        '<a href="/zwgk/wzndbb/">年报</a>',
        '<a href="/x/">法治政府建设年度报告</a>',
        '<a href="/x/">云河年鉴</a>',
        '<a href="/x/">部门预算公开</a>',
        '<a href="/x/">政府公报</a>',
        '<a href="/202501/t20250122_1.html">云河县2024年政府信息公开工作年度报告</a>',
        '<a href="javascript:open(1)">政府信息公开年报</a>',
        '<a href="http://www.elsewhere.com/gk/">政务公开</a>',
        '<a href="/zwgk/">政府信息公开年报</a>',
    ],
)
def test_what_leads_nowhere_is_no_candidate(link: str) -> None:
    assert urls(link) == []


def test_the_same_name_on_another_site_comes_after_ones_own() -> None:
    markup = '<a href="http://www.gov.cn/nb/">政府信息公开年报</a><a href="/a/">政府信息公开年报</a>'
    assert [c.url for c in column_candidates(page(markup))] == ["http://www.yunhe.gov.cn/a/", "http://www.gov.cn/nb/"]


def test_a_host_of_the_same_city_is_ones_own() -> None:
    markup = '<a href="http://xxgk.yunhe.gov.cn/xzf/zfxxgknb/">政府信息公开年报</a>'
    assert column_candidates(page(markup))[0].score > 100


def test_an_address_token_is_enough_without_a_text() -> None:
    assert urls('<a href="/zwgk/zfxxgknb/"><img src="nb.png"></a><a href="/b/"><img src="b.png"></a>') == [
        "/zwgk/zfxxgknb/"
    ]


@pytest.mark.parametrize("scheme", ["http", "HTTP", "https", "HTTPS"])
def test_a_host_is_no_part_of_an_address_that_names_the_column(scheme: str) -> None:
    assert urls(f'<a href="{scheme}://zfxxgknb.yunhe.gov.cn/tq/">天气</a>') == []


def test_more_belongs_to_the_heading_of_its_box() -> None:
    markup = """<div><h3>政府信息公开年报</h3><a href="/nb/">更多&gt;&gt;</a></div>
    <div><h3>工作动态</h3><a href="/dt/">更多&gt;&gt;</a></div>"""
    assert urls(markup) == ["/nb/"]


def test_links_made_by_a_click_or_a_choice_count() -> None:
    markup = """<li onclick="window.open('/nb/')">政府信息公开年报</li>
    <select><option value="/nb2/">信息公开年度报告</option></select>"""
    assert sorted(urls(markup)) == ["/nb/", "/nb2/"]


@pytest.mark.parametrize(
    "written", [" ONCLICK", "\tonclick", "\nonclick", "/onclick", " class='a'onclick", ' id="b"onClick']
)
def test_a_click_counts_however_its_attribute_is_written(written: str) -> None:
    """... and not where a script only speaks of one."""
    script = "<script>a.onclick=function(){location='/tq/'}</script>"
    assert urls(f"""{script}<li{written}="location.href='/nb/'">政府信息公开年报</li>""") == ["/nb/"]


COLUMN = '<meta name="ColumnName" content="政府信息公开年报">'


def test_years_levels_and_units_of_the_column_come_first() -> None:
    units = "".join(
        f'<li><a href="/{n}/nb/">{name}</a></li>' for n, name in enumerate(("县教育局", "县财政局", "县民政局"))
    )
    markup = f"""{COLUMN}<div class="header"><a href="/bm/">部门</a></div><a href="/zfxxgk/">政府信息公开</a>
    <a href="n2024n/">2024年</a><a href="2023nb/">2023</a><a href="xzbm/">县直部门</a><a href="xz/">乡镇（街道）</a>
    <ul>{units}</ul>"""
    found = column_candidates(page(markup))
    paths = [candidate.url.removeprefix("http://www.yunhe.gov.cn") for candidate in found]
    assert paths[:4] == ["/zwgk/n2024n/", "/zwgk/2023nb/", "/zwgk/xzbm/", "/zwgk/xz/"]
    assert paths[4:7] == ["/0/nb/", "/1/nb/", "/2/nb/"]
    assert paths[7:] == ["/zfxxgk/"]


@pytest.mark.parametrize(
    "markup",
    [
        COLUMN,
        "<META content='信息公开年报' Name=ColumnType>",
        '<meta name="ColumnName" content=""><title>政府信息公开年报_云河县人民政府</title>',
        '<div class="position">首页 &gt; 政务公开 &gt; 政府信息公开年度报告</div><p>暂无信息</p>',
        "".join(f'<li><a href="/t{y}0101_1.html">云河县{y}年政府信息公开年报</a></li>' for y in (2024, 2023)),
    ],
)
def test_the_column_is_told_from_its_metas_crumbs_title_or_rows(markup: str) -> None:
    assert discovery.is_annual_report_column(page(markup))


@pytest.mark.parametrize(
    "markup",
    [
        COLUMN + '<meta name="ArticleTitle" content="云河县2024年政府信息公开年报">',
        '<meta name="ColumnName" content="政府网站工作年度报表"><title>年报</title>',
        "<title>云河县人民政府</title><a href='/nb/'>政府信息公开年报</a>",
    ],
)
def test_an_article_a_lookalike_and_a_home_page_are_no_column(markup: str) -> None:
    assert not discovery.is_annual_report_column(page(markup))


REPORT_PARTS = [
    "<p>一、总体情况</p><p>二、主动公开政府信息情况</p><p>五、存在的主要问题及改进情况</p>",
    "<h3>一、 概述</h3><h3>二、主动公开政府信息的情况</h3><h3>三、依申请公开政府信息办理情况</h3>",
    "<td>予以公开</td><td>部分公开</td><td>不予公开</td><td>无法提供</td><td>不予处理</td>",
]


@pytest.mark.parametrize("markup", REPORT_PARTS)
def test_a_report_is_told_from_its_headings_or_labels(markup: str) -> None:
    assert is_report_page(page(markup))


def test_a_news_page_is_no_report() -> None:
    markup = "<p>一、总体情况</p><p>我县召开会议，部署主动公开政府信息工作。</p>"
    assert not is_report_page(page(markup))


@pytest.mark.parametrize(
    ("markup", "target"),
    [
        ('<meta http-equiv="Refresh" content="0; url=./nb/index.html">', "/zwgk/nb/index.html"),
        ("<meta content=\"1;URL='/nb/'\" http-equiv=refresh>", "/nb/"),
        ("<script>window.location.href='/nb/';</script>", "/nb/"),
        ('<script>top.location = "/nb/"</script>', "/nb/"),
        ("<script>location.replace('/nb/')</script>", "/nb/"),
        ("<body onload=\"location.href='/nb/'\"></body>", "/nb/"),
        ("<script>if(navigator.userAgent.match(/iPhone/)){location.href='/mindex.html'}</script>", None),
        ("<script>document.cookie='__jsl_clearance_s=1';location.href='/nb/'</script>", None),
        ("<script>location.href='javascript:alert(1)'</script>", None),
        ("<script>location.href='/nb/'</script>" + "<p>云河县人民政府信息公开</p>" * 30, None),
        ('<meta http-equiv="refresh" content="600">', None),
        ('<meta http-equiv="refresh" content="5;url=http://www.yunhe.gov.cn/zwgk/">', None),
    ],
)
def test_where_a_shell_sends_its_reader(markup: str, target: str | None) -> None:
    found = shells.shell_redirect(page(markup))
    assert found == (target and "http://www.yunhe.gov.cn" + target)


def test_frames_of_the_same_site_are_pages_to_visit() -> None:
    markup = """<iframe src="tree.html"></iframe><iframe src="about:blank"></iframe><iframe src="javascript:0"></iframe>
    <iframe src="http://ads.elsewhere.com/"></iframe><iframe src="http://xxgk.yunhe.gov.cn/l/"></iframe>"""
    assert shells.iframe_targets(page(markup)) == [
        "http://www.yunhe.gov.cn/zwgk/tree.html",
        "http://xxgk.yunhe.gov.cn/l/",
    ]


def test_a_site_says_whose_it_is() -> None:
    markup = """<META content='9901010001' Name='siteidcode'><meta name=SiteName content=云河县人民政府>
    <p>主办单位：云河县人民政府办公室 承办：大数据中心</p><p>云ICP备 12345678号-1 网站标识码：9901019999</p>"""
    found = discovery.site_identity(page(markup))
    assert found == discovery.SiteIdentity(
        "9901010001", "云河县人民政府", "云ICP备12345678号-1", "云河县人民政府办公室"
    )


def test_a_site_without_metas_is_known_by_its_footer() -> None:
    found = discovery.site_identity(page("<div>政府网站标识码:9901010001</div>"))
    assert found == discovery.SiteIdentity("9901010001", None, None, None)


@pytest.mark.parametrize(
    ("markup", "empty"),
    [
        ("<ul><li>暂无信息</li></ul>", True),
        ("<p>没有相关数据！</p>", True),
        ("<div>该栏目下暂无内容。</div>", True),
        ("<span>共 0 条</span>", True),
        ("<script>$('#1').jpage({totalRecord:0,groupSize:3})</script>", True),
        ("<ul></ul>", False),
        ("<script>var empty='暂无信息';</script>", False),
        ("<p>本年度暂无信息公开行政诉讼案件，其他情况如下。</p>", False),
        ("<p>暂无信息</p><li><a href='/t20250101_1.html'>云河县2024年政府信息公开年报</a></li>", False),
    ],
)
def test_a_page_that_says_it_is_empty(markup: str, empty: bool) -> None:
    assert discovery.declares_empty(page(markup)) is empty


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("name,a", "expected 4 cells, found 2"),
        ("colour,a,1,x", "kind must be one of name, token, found 'colour'"),
        ("name,a,high,x", "score must be a whole number, found 'high'"),
        ("name,a(,1,x", "is no regular expression"),
        ("name,…,1,x", "fits the empty text"),
    ],
)
def test_a_bad_row_of_the_vocabulary_is_named_with_file_and_line(tmp_path: Path, row: str, says: str) -> None:
    table = tmp_path / "discovery.csv"
    table.write_text(f"kind,pattern,score,note\nname,政务公开,40,way\n{row}\n", encoding="utf-8")
    with pytest.raises(VocabularyError, match=rf"discovery\.csv:3: .*{says}"):
        entries(table)
