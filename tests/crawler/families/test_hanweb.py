"""Hanweb jpage: groups of XML records, whole chains of replies, and servers with ways of their own."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from scrapy.http import HtmlResponse

from crawler import families
from crawler.families import hanweb
from crawler.families.base import Link, PageRequest

Page = Callable[..., HtmlResponse]
URL = "http://www.sim/col/col284/index.html"


def record(number: int, host: str = "") -> str:
    title = f"云河县第{number}办公室2023年政府信息公开工作年度报告"
    return (
        f"<record><![CDATA[<li class='clearfix'><a title='{title}' target=\"_blank\" href=\"{host}/art/2024/1/22/"
        f'art_284_{number}.html">{title[:14]}...</a><span>2024-01-\n22</span></li>]]></record>'
    )


def column(records: int, total: int | str, *, twin: bool = False) -> str:
    store = "".join(record(n) for n in range(1, records + 1))
    markup = f"""<div id="423656"><script type="text/xml"><datastore><nextgroup><![CDATA[<a
    href="/module/web/jpage/dataproxy.jsp?page=1&appid=1&columnid=284&unitid=423656"></a>]]></nextgroup>
    <recordset>{store}</recordset></datastore></script></div>
    <script>var param_423656={{col:1,appid:'1',webid:3,path:'/',columnid:284,unitid:'423656',webname:'云河县'}};
    $('#423656').jpage({{themeName:'default',totalRecord:{total},groupSize:3,perPage:10,
    proxyUrl:'/module/web/jpage/dataproxy.jsp',ajaxParam:param_423656,dataBefore:'<ul>'}});</script>"""
    return markup + (markup.replace("423656", "777").replace("datastore", "div") if twin else "")


def reply(first: int, last: int, *, total: int | None = None, declaration: bool = True) -> str:
    store = "".join(record(n) for n in range(first, last + 1))
    head = "<?xml version='1.0' encoding='UTF-8'?>" if declaration else ""
    count = "" if total is None else f"<totalrecord>{total}</totalrecord>"
    return f"{head}<datastore>{count}<recordset>{store}</recordset></datastore>"


def walk(page: Page, answer: Callable[[PageRequest], str], start: str, limit: int = 20) -> tuple[list[Link], int]:
    """All rows as a careful spider gets them, and the requests it took."""
    found = hanweb.listing(page(start, url=URL), {})
    rows = {link.url: link for link in found.links}
    todo, requests = list(found.more), 0
    while todo and requests < limit:
        request = todo.pop(0)
        requests += 1
        found = hanweb.listing(page(answer(request), url=request.url), request.context)
        new = [link for link in found.links if link.url not in rows]
        rows.update({link.url: link for link in new})
        todo += [more for more in found.more if new or more.kind == "fallback"]
    return list(rows.values()), requests


def test_a_column_is_told_by_its_call_and_records(page: Page) -> None:
    family, evidence = families.detect(page(column(30, 138), url=URL))
    assert family is hanweb
    assert len(evidence) == 2


def test_a_migrated_site_keeps_the_address_and_the_script_file_but_is_another(page: Page) -> None:
    markup = """<script src="/commonfiles/jquery.jpage.js"></script><div unitid="1" showMode="full"></div>
    <script>var listData={articleList:[]};loadPageData({current:1},'1')</script>"""
    assert families.detect(page(markup, url=URL))[0] is not hanweb


def test_the_next_group_is_asked_for_with_the_units_parameters(page: Page) -> None:
    found = hanweb.listing(page(column(30, 138), url=URL), {})
    assert len(found.links) == 30
    assert (found.declared_rows, found.declared_pages) == (138, 14)
    (request,) = found.more
    assert request.method == "POST"
    assert request.url == "http://www.sim/module/web/jpage/dataproxy.jsp?startrecord=31&endrecord=60&perpage=10"
    assert request.form == {
        "col": "1", "appid": "1", "webid": "3", "path": "/", "columnid": "284", "unitid": "423656", "webname": "云河县",
    }  # fmt: skip


def test_parameters_may_stand_in_the_call(page: Page) -> None:
    markup = column(30, 138).replace("ajaxParam:param_423656", "ajaxParam:{columnid:284,unitid:'423656'}")
    (request,) = hanweb.listing(page(markup, url=URL), {}).more
    assert request.form == {"columnid": "284", "unitid": "423656"}


def test_all_groups_are_read(page: Page) -> None:
    def answer(request: PageRequest) -> str:
        query = parse_qs(urlsplit(request.url).query)
        return reply(int(query["startrecord"][0]), int(query["endrecord"][0]), total=138)

    rows, requests = walk(page, answer, column(30, 138))
    assert (len(rows), requests) == (138, 4)


def test_a_reply_without_declaration_and_total_will_do(page: Page) -> None:
    def answer(request: PageRequest) -> str:
        start = int(parse_qs(urlsplit(request.url).query)["startrecord"][0])
        return reply(start, min(start + 29, 70), declaration=False)

    rows, _ = walk(page, answer, column(30, 70))
    assert len(rows) == 70


def test_a_server_that_ignores_startrecord_is_asked_by_page(page: Page) -> None:
    def answer(request: PageRequest) -> str:
        number = int(parse_qs(urlsplit(request.url).query).get("page", ["1"])[0])
        return reply((number - 1) * 30 + 1, min(number * 30, 75), total=75)

    rows, requests = walk(page, answer, column(30, 75))
    assert (len(rows), requests) == (75, 3)


def test_a_server_that_always_sends_the_first_group_ends_the_list(page: Page) -> None:
    rows, requests = walk(page, lambda request: reply(1, 30, total=138), column(30, 138))
    assert (len(rows), requests) == (30, 2)


def test_a_short_group_leaves_no_gap(page: Page) -> None:
    def answer(request: PageRequest) -> str:
        start = int(parse_qs(urlsplit(request.url).query)["startrecord"][0])
        return reply(start, min(start + 9, 60), total=60)  # 10 where 30 were asked for

    rows, _ = walk(page, answer, column(30, 60))
    assert len(rows) == 60


def test_an_empty_reply_ends_the_list(page: Page) -> None:
    rows, requests = walk(page, lambda request: "<datastore></datastore>", column(30, 138))
    assert (len(rows), requests) == (30, 1)


def test_the_unit_for_mobile_screens_is_not_asked_again(page: Page) -> None:
    found = hanweb.listing(page(column(30, 138, twin=True), url=URL), {})
    assert len(found.more) == 1


def test_rows_keep_other_hosts_full_titles_and_broken_dates(page: Page) -> None:
    markup = reply(1, 1).replace("/art/", "http://zwgk.sim/art/")
    context = hanweb.listing(page(column(0, 2), url=URL), {}).more[0].context
    (link,) = hanweb.listing(page(markup, url=URL, content_type="text/html"), context).links
    assert link.url == "http://zwgk.sim/art/2024/1/22/art_284_1.html"
    assert link.title == "云河县第1办公室2023年政府信息公开工作年度报告"
    assert link.date == "2024-01-22"


def test_a_list_without_a_call_follows_its_next_group_link(page: Page) -> None:
    markup = column(3, 9).split("<script>var param")[0]
    (request,) = hanweb.listing(page(markup, url=URL), {}).more
    assert request.url.endswith("page=1&appid=1&columnid=284&unitid=423656")
    assert hanweb.listing(page("<datastore></datastore>", url=URL), request.context).more == []


def test_an_entity_bomb_in_a_record_stays_text(page: Page) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "&b;&b;"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    context = hanweb.listing(page(column(0, 2), url=URL), {}).more[0].context
    found = hanweb.listing(page(bomb + reply(1, 2).replace("办公室", "&a;"), url=URL), context)
    assert all("root" not in link.title for link in found.links)
