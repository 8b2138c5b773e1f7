"""TRS static lists: each dialect of the page call, and what is no page call."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from scrapy.http import HtmlResponse

from crawler import families
from crawler.families import trs
from crawler.families.pagecalls import find_paging

Page = Callable[..., HtmlResponse]

ROWS = """<ul class="list">
<li><a href="./202501/t20250122_300123.html" title="云河县2024年政府信息公开工作年度报告">
云河县2024年政府信息公开工…</a><span>[2025-01-23]</span></li>
<li><a href="../../xzjd/qsz/zfxxgknb/202501/t20250120_300101.html">青石镇2024年政府信息公开年度报告</a></li></ul>"""

DIALECTS = [
    ('createPageHTML(3, 0, "index", "html");', ["index_1.html", "index_2.html"], 3, None),
    ('createPageHTML(3, 0, "index", "shtml", "black2", 52);', ["index_1.shtml", "index_2.shtml"], 3, 52),
    ('createPageHTML(3,0,"index","html",41)', ["index_1.html", "index_2.html"], 3, 41),
    ('createPage(2, 0, "index", "html")', ["index_1.html"], 2, None),
    ('// 分页\ncreatePage(2, 0, "index", "html")', ["index_1.html"], 2, None),
    ('var at = 0\ncreatePage(2, 0, "index", "html")', ["index_1.html"], 2, None),
    ('//\ncreatePage(2, 0, "index", "html")', ["index_1.html"], 2, None),
    ("createPageHTML('paging', 3, 1, 'index', 'html', 25)", ["index_2.html", "index_3.html"], 3, 25),
    ('createPageHTML("page_div", 3, 1, "list", "shtml", 71);', ["list_2.shtml", "list_3.shtml"], 3, 71),
    ('createPageHTML("page_div", 2, 1, "list3_1", "shtml", 31);', ["list3_1_2.shtml"], 2, 31),
    ("var currentPage=0; var countPage=3;", ["index_1.html", "index_2.html"], 3, None),
    (
        "pager_options={currentPage:parseInt('0')+1,countPage:parseInt('3}'),PAGE_NAME:'index',PAGE_EXT:'html'}",
        ["index_1.html", "index_2.html"],
        3,
        None,
    ),
    ('$(".pagination").pagination("setPage", 1, 3); var o={totalPage: 3}', ["index_2.html", "index_3.html"], 3, None),
    (
        "PageIndex=PageIndex>3?3:PageIndex; var u='index_${PageIndex}.shtml'",
        ["index_2.shtml", "index_3.shtml"],
        3,
        None,
    ),
]


@pytest.mark.parametrize(("script", "files", "pages", "rows"), DIALECTS)
def test_a_dialect_names_the_further_pages(
    page: Page, script: str, files: list[str], pages: int, rows: int | None
) -> None:
    response = page(f"{ROWS}<script>{script}</script>")
    found = trs.listing(response, {})
    assert [request.url for request in found.more] == [f"http://sim/zwgk/zfxxgknb/{name}" for name in files]
    assert all(request.optional for request in found.more)
    assert (found.declared_pages, found.declared_rows) == (pages, rows)
    assert families.detect(response)[0] is trs


def test_the_page_declared_on_an_element_counts_from_one(page: Page) -> None:
    found = trs.listing(page(f'{ROWS}<div id="pageDec" pagesize="24" pagecount="3"></div>'), {})
    assert [request.url[-12:] for request in found.more] == ["index_2.html", "index_3.html"]


def test_a_later_page_names_only_the_pages_after_it(page: Page) -> None:
    script = '<script>createPageHTML(4, 2, "index", "html");</script>'
    found = trs.listing(page(ROWS + script, url="http://sim/nb/index_2.html"), {})
    assert [request.url for request in found.more] == ["http://sim/nb/index_3.html"]


def test_the_last_page_names_none(page: Page) -> None:
    found = trs.listing(page(f"{ROWS}<script>createPageHTML('p', 4, 4, 'index', 'html', 40)</script>"), {})
    assert found.more == []


def test_a_thousand_declared_pages_are_capped_but_told(page: Page) -> None:
    found = trs.listing(page(f'{ROWS}<script>createPageHTML(1000, 0, "index", "html");</script>'), {})
    assert len(found.more) == 50
    assert found.declared_pages == 1000


@pytest.mark.parametrize(
    "script",
    [
        "function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt){ return; }",
        '//createPageHTML(3, 0, "index", "html");',
        'createPageHTML(total, current, "index", "html");',
    ],
)
def test_a_definition_or_a_comment_is_no_call(script: str) -> None:
    assert find_paging(script, "http://sim/") is None


def test_rows_have_full_titles_absolute_addresses_and_shown_dates(page: Page) -> None:
    links = trs.listing(page(ROWS), {}).links
    assert [(link.url, link.title, link.date) for link in links] == [
        (
            "http://sim/zwgk/zfxxgknb/202501/t20250122_300123.html",
            "云河县2024年政府信息公开工作年度报告",
            "2025-01-23",
        ),
        ("http://sim/xzjd/qsz/zfxxgknb/202501/t20250120_300101.html", "青石镇2024年政府信息公开年度报告", None),
    ]


def test_the_template_row_of_a_trsapi_list_is_no_row(page: Page) -> None:
    markup = """<ul><li ms-repeat="docs"><a ms-attr-href="el.url" href="./{{el.url}}">{{el.title}}</a></li>
    <li><a href="./202501/t20250122_1.html">云河县2024年政府信息公开年报</a></li></ul>
    <script>var api='list2.trsapi'; var o={recordCount:'24'}</script>"""
    found = trs.listing(page(markup), {})
    assert [link.title for link in found.links] == ["云河县2024年政府信息公开年报"]
    assert found.declared_rows == 24
