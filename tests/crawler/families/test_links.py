"""Lists that several pages have are looked at once, and still lead where each page says."""

from __future__ import annotations

import pytest
from scrapy.http import HtmlResponse

from crawler import discovery
from crawler.families import anchors, paging, rows
from crawler.families.anchors import Links, every_link, page_links
from crawler.families.page import visible_text
from crawler.families.rows import page_rows

MENU = """<ul><li><a href="{0}"><span>政务</span>公开</a><ul><li><a href="{0}?p=2">下一页</a></li></ul></li>
<li><a href="javascript:void(0)">展开</a></li><li><a href="/zwgk/">政府信息公开年报</a></li>
<li><a href="t20250122_1.html" title="云河县2024年政府信息公开工作年度报告">云河县2024年…</a>{1}</li>
<li><a href="/n2023/">2023年</a></li><li><a name="here">锚</a></li>
<li><a href="/img/"><img alt="县直部门"></a></li></ul>"""


def page(body: str, url: str = "http://sim/zwgk/nb/") -> HtmlResponse:
    return HtmlResponse(url, body=f"<html><head><title>年报</title></head><body>{body}</body></html>", encoding="utf-8")


@pytest.mark.parametrize(
    ("href", "here", "there", "leads"),
    [
        ("/a/", "http://one/x/", "http://two/x/", ("http://one/a/", "http://two/a/")),
        ("//cdn/a/", "http://one/x/", "https://one/x/", ("http://cdn/a/", "https://cdn/a/")),
        ("a.html", "http://one/x/", "http://one/y/", ("http://one/x/a.html", "http://one/y/a.html")),
        ("../a.html", "http://one/x/", "http://one/y/z/", ("http://one/a.html", "http://one/y/a.html")),
        ("?p=2", "http://one/x/l.jsp", "http://one/x/m.jsp", ("http://one/x/l.jsp?p=2", "http://one/x/m.jsp?p=2")),
        (" ?p=2", "http://one/x/l.jsp", "http://one/x/m.jsp", ("http://one/x/l.jsp?p=2", "http://one/x/m.jsp?p=2")),
        ("?p=2", "http://one/x/", "http://one/x/m.jsp", ("http://one/x/?p=2", "http://one/x/m.jsp?p=2")),
        ("?p=2", "http://one", "http://one/x/", ("http://one?p=2", "http://one/x/?p=2")),
        ("http:a.html", "http://one/x/", "http://one/y/", ("http://one/x/a.html", "http://one/y/a.html")),
        ("http://three/", "http://one/x/", "http://two/y/", ("http://three/", "http://three/")),
    ],
)
def test_a_list_leads_where_its_page_says(href: str, here: str, there: str, leads: tuple[str, str]) -> None:
    body = f'<ul><li><a href="/m/">菜单</a></li><li><a href="{href}">年报</a></li></ul>'
    found = [list(page_links(page(body, url)).urls())[-1] for url in (here, there, here)]
    assert found == [*leads, leads[0]]


def test_what_is_wanted_of_a_list_is_what_is_wanted_of_its_links() -> None:
    body = MENU.format("/gk/", "") + '<p><a href="/gk/2/">2</a> <a href="/next/">&gt;</a></p>'
    for url in ("http://sim/zwgk/nb/", "http://sim/other/", "http://sim/zwgk/nb/"):
        links = page_links(page(body, url))
        every = list(links)
        assert [anchor.url for anchor in every] == list(links.urls())
        assert [anchor.element.get("href") for anchor in every] == [
            "/gk/", "/gk/?p=2", "/zwgk/", "t20250122_1.html", "/n2023/", "/img/", "/gk/2/", "/next/",
        ]  # fmt: skip
        for wanted in (rows._is_row, discovery._is_lead, paging._is_of_pager, paging._is_year_tab, every_link):
            assert list(links.that(wanted)) == [anchor for anchor in every if wanted(anchor.url, anchor.said)]
    assert every[0].said.title == "政务公开"
    assert every[5].said.title == "县直部门"


def test_a_list_that_differs_by_one_date_is_another() -> None:
    dates = [page_rows(page(MENU.format("/gk/", date)))[0].date for date in ("", "<i>2025-01-22</i>", "2025-03-31", "")]
    assert dates == [None, "2025-01-22", "2025-03-31", None]


def test_a_row_is_told_by_the_year_beside_it() -> None:
    told = "<ul><li><a href='/x/'>情况总结</a></li><li><a href='/y/'>关于我们</a><b>2025-01-22</b></li></ul>"
    for _ in range(2):
        assert [link.url for link in page_rows(page(told))] == ["http://sim/y/"]
    long = "县" * 3000
    loose = f"<div><a href='/x/'>情况总结</a></div><div><p>{long}<a href='/y/'>关于</a> 2025-01-22</p></div>"
    assert [link.url for link in page_rows(page(loose))] == ["http://sim/y/"]


def test_a_row_of_many_links_is_not_looked_through_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    row_date = rows._row_date
    monkeypatch.setattr(rows, "_row_date", lambda row, anchor: looks.append(row.tag) or row_date(row, anchor))
    links = "<b><a href='/x/'>情况总结</a></b>" * 300
    assert [link.date for link in page_rows(page(f"<div>{links}<i>2025-01-22</i></div>"))] == ["2025-01-22"]
    assert len(looks) <= 20


def test_what_is_kept_of_lists_is_bounded() -> None:
    anchors._lists.clear()
    for number in range(120):
        items = "".join(f"<li><a href='/{number}/{n}/'>{'栏目' * 20}{n}</a></li>" for n in range(500))
        assert len(list(page_links(page(f"<ul>{items}</ul>")))) == 500
    assert anchors._KEPT * 0.9 < anchors._lists.currsize <= anchors._KEPT
    assert 0 < len(anchors._lists) < 120
    held = anchors._lists.currsize
    huge = "".join(f"<li><a href='/{n}/'>{'栏目' * 200}</a></li>" for n in range(3000))
    assert len(list(page_links(page(f"<ul>{huge}</ul>")))) == 3000
    assert anchors._lists.currsize == held


def test_a_picture_is_called_by_its_title_before_the_alt_of_its_link() -> None:
    link = "<a href='/1/' alt='封面' {}><img src='1.png'></a>"
    report = "云河县2024年政府信息公开工作年度报告"
    titles = [anchor.said.title for anchor in page_links(page(link.format(f"title='{report}'") + link.format("")))]
    assert titles == [report, "封面"]


def test_a_list_below_a_list_is_part_of_it() -> None:
    response = page(
        "<ol><li><a href='/a/'>一</a><table><tr><td><ul><li><a href='/b/'>二</a></li></ul></td></tr></table>"
    )
    assert list(page_links(response).urls()) == ["http://sim/a/", "http://sim/b/"]
    root = next(anchor.element for anchor in page_links(response)).getroottree().getroot()
    assert [anchor.url for anchor in Links(root.find(".//ul"), "http://sim/")] == ["http://sim/b/"]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<h1>年报</h1><script>var a='年报'</script><p>正文 <b>一</b></p>", "年报\n正文\n一"),
        ("<style>p{}</style><noscript>请开启<p>内容</p>脚本</noscript>尾", "内容\n尾"),
        ("<noscript>甲<script>乙</script>丙</noscript><p>乙</p>", "乙"),
        ("<svg><title>图</title></svg><p>年报</p><script></script>", "年报"),
        ("<p>年报</p><script>年报</script>", "年报"),
    ],
)
def test_hidden_texts_are_not_shown(body: str, shown: str) -> None:
    assert visible_text(page(body)) == shown


def test_a_menu_is_known_again_whatever_item_it_marks() -> None:
    anchors._lists.clear()
    menu = '<ul><li class="{}"><a href="/a/" title="甲">甲…</a></li><li{}><a href="/b/">乙</a></li></ul>'
    first = list(page_links(page(menu.format("on", ""))))
    held = set(map(id, anchors._lists.values()))
    again = list(page_links(page(menu.format("nav-item", ' class="on"'))))
    assert set(map(id, anchors._lists.values())) == held
    assert [anchor[1:] for anchor in again] == [anchor[1:] for anchor in first]
    assert again[1].element.getparent().get("class") == "on"  # of its own page


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('<a href="/a/">x class="2023" y</a>', '<a href="/a/">x class="2024" y</a>'),
        ('<a href="/a/">x class="2023"></a>', '<a href="/a/">x class="2024"></a>'),
        ('<a href="/a/" title=\'x class="2023"\'>甲</a>', '<a href="/a/" title=\'x class="2024"\'>甲</a>'),
        ("<a href='/a?x class=\"1\"'>甲</a>", "<a href='/a?x class=\"2\"'>甲</a>"),
        ('<a href="/a/" data-class="1">甲</a>', '<a href="/b/" data-class="2">甲</a>'),
    ],
)
def test_what_only_looks_like_a_class_tells_lists_apart(one: str, other: str) -> None:
    found = []
    for anchor in (one, other, one):
        anchors._lists.clear()
        fresh = [each[1:] for each in page_links(page(f"<ul><li>{anchor}</li></ul>"))]
        found.append(fresh)
    anchors._lists.clear()
    for anchor, fresh in zip((one, other, one), found, strict=True):
        assert [each[1:] for each in page_links(page(f"<ul><li>{anchor}</li></ul>"))] == fresh


@pytest.mark.parametrize(
    "inner",
    [
        "<b>一</b>",
        " 一 <b>二</b> 三",
        "<b> </b>二",
        "<b>一<i>二</i></b>",
        "<b>一</b><i>二</i>",
        "<img src='1.png'>",
        "<b/>三",
    ],
)
def test_the_words_of_a_link_are_all_its_texts_in_their_order(inner: str) -> None:
    anchor = next(iter(page_links(page(f"<a href='/x/'>{inner}</a>")))).element
    assert "".join(anchors._words(anchor)) == "".join(map(str, anchor.itertext()))
    assert list(anchors._words(anchor)) == list(map(str, anchor.itertext()))
