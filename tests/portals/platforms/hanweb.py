"""Hanweb: jpage records, the disclosure directory in both styles and by year, jpaas units, lists that stand whole."""

from __future__ import annotations

import json
from html import escape

from crawler.demo.body import report_body
from crawler.demo.platforms.base import cut
from crawler.demo.server import Request, Response, page
from crawler.demo.site import Entry
from tests.portals.platforms.base import Case, ComposedPortal

PROXY = "/module/web/jpage/dataproxy.jsp"
BUILD = "/api-gateway/jpaas-publish-server/front/page/build/unit"


class HanwebPage(ComposedPortal):
    """Addresses and rows as all Hanweb systems have them."""

    column = "/col/col284/index.html"

    def article_path(self, entry: Entry) -> str:
        year, month, day = (int(part) for part in entry.date.split("-"))
        return f"/art/{year}/{month}/{day}/art_284_{self.number_of(entry)}.html"

    def row(self, entry: Entry) -> str:
        return (
            f"<li class='clearfix'><a title='{escape(entry.title)}' target='_blank' href='{self.article_path(entry)}'>"
            f"{escape(cut(entry.title, 16))}</a><span>{entry.date}</span></li>"
        )

    def container(self, body: str) -> str:
        return f'<div id="zoom" class="bt-content">\n{body}\n</div>'


class JpagePortal(HanwebPage):
    """Groups of records; ``by_page`` servers ignore ``startrecord``. A twin for mobile screens holds them again."""

    per_page, groups = 2, 3
    by_page = False

    @property
    def group(self) -> int:
        return self.per_page * self.groups

    def store(self, start: int) -> str:
        entries = self.site.entries[start : start + self.group]
        records = "".join(f"<record><![CDATA[{self.row(e)}]]></record>\n" for e in entries)
        return f"<datastore><recordset>{records}</recordset></datastore>"

    def unit(self, name: str) -> str:
        form = f"{{col:1,appid:'1',webid:3,path:'/',columnid:284,unitid:'{name}',webname:'{self.site.name}'}}"
        options = (
            f"showMode:'full',totalRecord:{len(self.site.entries)},groupSize:{self.groups},perPage:{self.per_page},"
            f"proxyUrl:'{PROXY}',ajaxParam:param_{name},dataBefore:'<ul>',dataAfter:'</ul>'"
        )
        script = f"var param_{name}={form};$('#{name}').jpage({{{options}}});"
        return f'<div id="{name}"><script type="text/xml">{self.store(0)}</script></div><script>{script}</script>'

    def build(self) -> None:
        self.serve(self.column, self.list_page(self.unit("423656") + self.unit("423657")))
        self.serve(PROXY, self.answer)

    def answer(self, request: Request) -> Response:
        given = {**request.query, **request.form}
        if given.get("columnid") != "284" or given.get("webid") != "3":
            return page("<datastore><recordset></recordset></datastore>")
        if self.by_page or "startrecord" not in given:
            start = (int(given.get("page") or 1) - 1) * self.group
        else:
            start = int(given["startrecord"]) - 1
        return page(self.store(start), content_type="text/xml; charset=utf-8")


class JpageByPagePortal(JpagePortal):
    by_page = True


class DirectoryPortal(HanwebPage):
    """The disclosure directory of the new style: the page names tree.jsp, search.jsp gives a list a page."""

    column = "/col/col1229106886/index.html"
    per_page = 5
    old_style = False

    def build(self) -> None:
        self.serve(self.column, self.list_page(self.loader()))
        self.serve("/module/xxgk/tree.jsp", self.tree)
        self.serve("/module/xxgk/search.jsp", self.search)

    def loader(self) -> str:
        return (
            '<div id="div1229106886"></div><script>$("#tree").load("/module/xxgk/tree.jsp?divid=div1229106886'
            '&area=&rootName=&standardXxgk=1&infotypeId=B001A012&jdid=1756");</script>'
        )

    def tree(self, request: Request) -> Response:
        nodes = {"B001A001": "机构职能", "B001A012": "政府信息公开年报", "B001A013": "财政预决算"}
        items = "".join(
            f'<li><a href="javascript:void(0)" onclick="search(\'infotypeId={code}&jdid=1756\')">{name}</a></li>'
            for code, name in nodes.items()
        )
        return page(f"<ul>{items}</ul>")

    def search(self, request: Request) -> Response:
        form = request.form
        known = request.method == "POST" and form.get("infotypeId") == "B001A012"
        blocks = self.blocks(self.per_page) if known else [[]]
        number = int(form.get("currpage") or 1)
        entries = (blocks[number - 1 : number] or [[]])[0]
        pager = f'<div class="pages">共 {len(blocks)} 页 <a href="javascript:goPage({number + 1})">下一页</a></div>'
        return page((self.old_rows(entries) if self.old_style else self.new_rows(entries)) + pager)

    def new_rows(self, entries: list[Entry]) -> str:
        items = "".join(
            f'<li><a href="{self.article_path(e)}" title="{escape(e.title)}">{cut(e.title)}</a><b>{e.date}</b></li>'
            for e in entries
        )
        return f'<div class="zfxxgk_zdgkc"><ul>{items}</ul></div>'

    def old_rows(self, entries: list[Entry]) -> str:
        rows = "".join(
            f'<tr class="tr_main_value_{"odd" if n % 2 else "even"}"><td>{n}</td>'
            f'<td><a href="{self.article_path(e)}" title="{escape(e.title)}">{cut(e.title)}</a></td>'
            f"<td>{e.date}</td></tr>"
            for n, e in enumerate(entries, 1)
        )
        return f"<table>{rows}</table>"


class OldDirectoryPortal(DirectoryPortal):
    """Table rows; the category is known to the tree alone."""

    old_style = True

    def loader(self) -> str:
        return '<iframe data-src="/module/xxgk/tree.jsp?divid=div11565&area=002276772&jdid=2"></iframe>'


class NumberedDirectoryPortal(DirectoryPortal):
    """The parameters in an object of a script."""

    def loader(self) -> str:
        return """<script>$.ajax({type:'post',url:'/module/xxgk/search.jsp',data:{divid:'div1229106886',
infotypeId:'B001A012',jdid:'1756',area:'',sortfield:'compaltedate:0',standardXxgk:'1',currpage:1}});</script>"""


class YearlyPortal(HanwebPage):
    """``xxgkAnnualReport.jsp``: a year a page, chosen by a list of years."""

    column = "/module/xxgk/xxgkAnnualReport.jsp"

    def build(self) -> None:
        self.serve(self.column, self.answer)

    def answer(self, request: Request) -> Response:
        years = sorted({int(e.date[:4]) - 1 for e in self.site.entries}, reverse=True)
        year = int(request.query.get("fbtime") or years[0])
        rows = "".join(self.row(e) for e in self.site.entries if int(e.date[:4]) - 1 == year)
        options = "".join(f'<option value="{y}">{y}年</option>' for y in years)
        go = "location.href='?area=113325000026455663&fbtime='+this.value"
        return page(self.list_page(f'<select onchange="{go}">{options}</select><ul>{rows}</ul>'))


class YearPagesPortal(YearlyPortal):
    """Each year's page is the government's report itself; the column shows the newest."""

    def article_path(self, entry: Entry) -> str:
        if entry.kind == "government" and entry.year == max(each.year or 0 for each in self.site.reports):
            return self.column
        if entry.kind == "government":
            return f"{self.column}?area=113325000026455663&fbtime={entry.year}"
        return super().article_path(entry)

    def answer(self, request: Request) -> Response:
        entries = {str(entry.year): entry for entry in self.site.reports}
        newest = max(entries)
        entry = entries.get(request.query.get("fbtime") or newest, entries[newest])
        assert entry.report is not None
        options = "".join(f'<option value="{year}">{year}年</option>' for year in entries)
        go = "location.href='?area=113325000026455663&fbtime='+this.value"
        body = report_body(entry.report, self.site.style)
        content = f'<select onchange="{go}">{options}</select><h1>{entry.title}</h1>{self.container(body)}'
        return page(self.list_page(content))


class JpaasPortal(HanwebPage):
    """No row in the page; a unit's rows by JSON, asked with a Referer and with ``paramJson``. Old rows elsewhere."""

    column = "/col/col1229565788/index.html"
    per_page = 15
    list_tag = "信息列表"

    def article_host(self, entry: Entry) -> str:
        return "zwgk" if entry.date < "2023" else "www"

    def article_path(self, entry: Entry) -> str:
        return f"/col/col1229565788/art/{entry.date[:4]}/art_{entry.key[:32]}.html"

    def query(self, tag: str, unit: str) -> str:
        return (
            f"{{'parseType':'bulidstatic','webId':'3185','tplSetId':'{unit}','pageType':'column','tagId':'{tag}',"
            "'editType':'null','pageId':'1229565788'}"
        )

    def build(self) -> None:
        source = "/cms_files/default/script/AuthorizedRead/unitbuild.js"
        scripts = "".join(
            f'<script src="{source}" webId="3185" parseType="bulidstatic" url="{BUILD}" '
            f'queryData="{self.query(tag, unit)}"></script>'
            for tag, unit in (("当前位置", "n0Ya"), (self.list_tag, "o0YcAb"))
        )
        self.serve(self.column, self.list_page(f"<div>{scripts}</div>"))
        self.serve(BUILD, self.answer)

    def answer(self, request: Request) -> Response:
        if not request.headers.get("referer", "").endswith(self.column):
            return page("forbidden", status=403)
        if request.query.get("tplSetId") != "o0YcAb":
            return self.built('<a href="/">首页</a> &gt; <a href="/zwgk/">政务公开</a>')
        asked = json.loads(request.query.get("paramJson") or "{}")
        number = int(asked.get("pageNo") or 1)
        size = min(int(asked.get("pageSize") or 10), self.per_page)
        entries = self.site.entries[(number - 1) * size : number * size]
        total = len(self.site.entries)
        pager = f'<table class="pagination" rows="{size}" count="{total}" pageNo="{number}"></table>'
        return self.built(f"<ul>{''.join(map(self.unit_row, entries))}</ul>{pager}")

    def unit_row(self, entry: Entry) -> str:
        on_www = self.article_host(entry) == "www"
        href = self.article_path(entry) if on_www else self.article_url(entry).removeprefix("http:")
        return (
            f'<li class="clearfix"><a href="{href}" title="{escape(entry.title)}">{cut(entry.title)}</a>'
            f'<span class="bt-right">{entry.date}</span></li>'
        )

    def built(self, html: str) -> Response:
        body = {"success": True, "code": "200", "message": "生成成功", "data": {"html": html}}
        return page(json.dumps(body, ensure_ascii=False), content_type="application/json")


class SmallJpaasPortal(JpaasPortal):
    """Five rows a page whatever is asked; the unit has another name."""

    per_page = 5
    list_tag = "年报"


class DataListPortal(HanwebPage):
    """All rows in ``dataList``, an object a page."""

    def article_path(self, entry: Entry) -> str:
        return f"/{entry.date.replace('-', '')}/i{self.number_of(entry)}.html"

    def build(self) -> None:
        pages = [
            "{infolist:["
            + ",".join(f"{{title:'{e.title}',daytime:'{e.date}',url:'{self.article_path(e)}'}}" for e in block)
            + "]}"
            for block in self.blocks(6)
        ]
        data = f"var dataList=[{','.join(pages)}];var pagesData={{curPageNo:1,pageTotal:{len(pages)}}};"
        self.serve(self.column, self.list_page(f'<ul id="list"></ul><script>{data}</script>'))


class PagedContentPortal(HanwebPage):
    """All rows in the HTML, most of them hidden."""

    def build(self) -> None:
        rows = "".join(
            f'<li class="pagedContent" style="display:none"><a href="{self.article_path(e)}">{e.title}</a>'
            f"<span>{e.date}</span></li>\n"
            for e in self.site.entries
        )
        total = len(self.site.entries)
        script = f"var totalCount={total};var perSize=20;var startPage=1;var logicTotalPage={-(-total // 20)};"
        pager = '<div class="page"><a href="javascript:goNext()">下一页</a></div>'
        self.serve(self.column, self.list_page(f"<ul>{rows}</ul>{pager}<script>{script}</script>"))


CASES = (
    Case("hanweb-jpage", JpagePortal, "hanweb"),
    Case("hanweb-jpage-by-page", JpageByPagePortal, "hanweb"),
    Case("hanweb-directory", DirectoryPortal, "hanweb_xxgk"),
    Case("hanweb-directory-old", OldDirectoryPortal, "hanweb_xxgk"),
    Case("hanweb-directory-script", NumberedDirectoryPortal, "hanweb_xxgk"),
    Case("hanweb-yearly", YearlyPortal, "hanweb_xxgk"),
    Case("hanweb-year-pages", YearPagesPortal, "hanweb_xxgk"),
    Case("jpaas", JpaasPortal, "jpaas", hosts=("www", "zwgk")),
    Case("jpaas-small-pages", SmallJpaasPortal, "jpaas", hosts=("www", "zwgk")),
    Case("hanweb-data-list", DataListPortal, "hanweb_inline"),
    Case("hanweb-paged-content", PagedContentPortal, "hanweb_inline"),
)
