"""UCAP: static ``list_2.shtml``, the channel's search address in JSON and in HTML, and the later queryList."""

from __future__ import annotations

import json
from html import escape

from crawler.demo.server import Request, Response, page
from crawler.demo.site import Entry, digest
from tests.portals.platforms.base import Case, ComposedPortal

CAP = 20  # rows a page at most, whatever is asked


class UcapPortal(ComposedPortal):
    """Static pages counted from one; the last of them are declared and missing."""

    folder = "/yunhe/c100123"
    column = "/yunhe/c100123/zfxxgk_list.shtml"
    per_page = 5
    written = 99

    @property
    def channel(self) -> str:
        return digest(self.site.code, 32)

    @property
    def api(self) -> str:
        return f"/common/search/{self.channel}"

    def article_path(self, entry: Entry) -> str:
        return f"{self.folder}/{entry.date[:7].replace('-', '')}/{entry.key[:32]}.shtml"

    def build(self) -> None:
        blocks = self.blocks(self.per_page)
        for index, entries in enumerate(blocks[: self.written]):
            text = self.list_page(self.rows(entries) + self.pager(index + 1, len(blocks)), head=self.metas())
            self.serve(self.column if index == 0 else f"{self.folder}/zfxxgk_list_{index + 1}.shtml", text)
        self.serve(self.api, self.answer)

    def metas(self) -> str:
        return f'<meta name="channelId" content="{self.channel}">'

    def rows(self, entries: list[Entry]) -> str:
        items = "".join(
            f'<li><div class="title"><a href="{self.href(e)}">{escape(e.title)}</a></div>'
            f'<div class="date">{e.date}</div></li>\n'
            for e in entries
        )
        return f'<ul id="body">\n{items}</ul>'

    def href(self, entry: Entry) -> str:
        return self.article_path(entry)

    def pager(self, number: int, pages: int) -> str:
        total = len(self.site.entries)
        call = f'createPageHTML("page_div", {pages}, {number}, "zfxxgk_list", "shtml", {total});'
        return f'<div id="page_div"></div><script>{call}</script>'

    def answer(self, request: Request) -> Response:
        size = min(int(request.query.get("_pageSize") or 10), CAP)
        number = int(request.query.get("page") or 1)
        entries = self.site.entries[(number - 1) * size : number * size]
        if request.query.get("_isJson") == "false":
            return page(self.rows(entries))
        results = [
            {
                "title": e.title,
                "url": self.href(e),
                "publishedTimeStr": f"{e.date} 17:18:49",
                "channelCodeName": "c100123",
                "channelName": "信息公开年报",
            }
            for e in entries
        ]
        data = {"channelId": self.channel, "total": len(self.site.entries), "rows": size, "page": number}
        body = {"code": 200, "data": data | {"results": results}}
        return page(json.dumps(body, ensure_ascii=False), content_type="application/json;charset=UTF-8")

    def container(self, body: str) -> str:
        return f'<div id="UCAP-CONTENT">\n{body}\n</div>'


class CappedUcapPortal(UcapPortal):
    """Two of the static pages written; the meta channelId leads to the rest, whose links are protocol-relative."""

    written = 2

    def href(self, entry: Entry) -> str:
        return self.article_url(entry).removeprefix("http:")


class JsonUcapPortal(UcapPortal):
    """No row in the page; a script names the address, which gives JSON; articles on another host."""

    def article_host(self, entry: Entry) -> str:
        return "zwgk" if entry.year and entry.year % 2 else "www"

    def href(self, entry: Entry) -> str:
        return self.article_url(entry)

    @property
    def api(self) -> str:
        return f"/searchList/{self.channel}"

    def build(self) -> None:
        address = f"{self.api}?sort=&_isAgg=true&_isJson=true&_pageSize=100&_template=index&page="
        script = f'<ul id="body"></ul><script>var page=1;$.get("{address}"+page,function(d){{draw(d)}});</script>'
        self.serve(self.column, self.list_page(script, head=self.metas()))
        self.serve(self.api, self.answer)


class HtmlUcapPortal(UcapPortal):
    """The first block in the page, the further ones as HTML rows; a page past the end has none."""

    per_page = 7

    def pager(self, number: int, pages: int) -> str:
        address = f"{self.api}?sort=&_isAgg=true&_isJson=false&_pageSize=7&_template=index&page="
        return f"<script>function more(n){{$('#body').load('{address}'+n)}}</script>"

    def build(self) -> None:
        self.serve(self.column, self.list_page(self.rows(self.blocks(7)[0]) + self.pager(1, 9), head=self.metas()))
        self.serve(self.api, self.answer)


TEMPLATE = "{{#each data}}{{#with this}}<li><a href='{{pcUrl}}'>{{title}}</a></li>{{/with}}{{/each}}"


class QueryListPortal(ComposedPortal):
    """Rows in a script and behind ``POST /queryList``; no link in the HTML, whose address looks like Hanweb's."""

    column = "/yunhe/col/col42150/index.html"
    shown, per_page = 5, 5  # rows in the page, rows a reply

    def article_path(self, entry: Entry) -> str:
        return f"/yunhe/xxgknb/pc/content/content_195120{self.number_of(entry):013d}.html"

    def build(self) -> None:
        self.serve(self.column, self.list_page(self.script(), head='<base href="/yunhe/">'))
        self.serve("/queryList", self.answer)

    def row(self, entry: Entry) -> dict[str, object]:
        return {
            "id": f"195120{self.number_of(entry):013d}",
            "title": entry.title,
            "showTitle": f"<p>{entry.title}</p>",
            "pubDate": f"{entry.date} 16:59",
            "urls": json.dumps({"pc": self.article_path(entry)}),
            "images": "[]",
            "metadata": '{"author":""}',
            "articleFiles": [{"fileName": "年报.pdf", "filePath": "/yunhe/xxgknb/1/Ab3dE9.pdf", "delFlag": 0}],
        }

    def script(self) -> str:
        def text(value: object) -> str:
            return json.dumps(value, ensure_ascii=False)

        total = len(self.site.entries)
        crumbs = [{"urls": {"pc": "/yunhe/zwgk/pc/list.html"}, "name": "政务公开"}]
        channel = {"code": "xxgknb", "showName": "<p>政府信息公开年报</p>", "articleCount": total, "crumbs": crumbs}
        block = [self.row(entry) for entry in self.site.entries[: self.shown]]
        parameters = (
            f"{{current:1,unitid:'380055',webSiteCode:['yunhe'],channelCode:['xxgknb'],perPage:'{self.per_page}',"
            "templateContainerId:'div380055'}"
        )
        news = "{current:1,unitid:'380066',webSiteCode:['yunhe'],channelCode:['ywdt'],perPage:'5'}"
        return f"""<script>var websiteId='1753255916894359552',websiteCode='yunhe',codeName='xxgknb';
var channelsTagSelf={text(channel)};
var listData={{articleList:{text(block)}}};</script>
<div id="380055"></div><script id="div380055" type="text/x-handlebars-template">{TEMPLATE}</script>
<script src="commonfiles/jquery.jpage.js"></script>
<script>var params={news};loadPageData(params,'380066');</script>
<script>var params={parameters};loadPageData(params,'380055');</script>"""

    def answer(self, request: Request) -> Response:
        form = request.form
        known = form.get("webSiteCode[]") == "yunhe" and form.get("channelCode[]") == "xxgknb"
        size, number = int(form.get("pageSize") or 10), int(form.get("current") or 1)
        entries = self.site.entries[(number - 1) * size : number * size] if request.method == "POST" and known else []
        results = [{"source": self.row(entry) | {"content": {"content": "<p>…</p>"}}} for entry in entries]
        body = {"code": 200, "data": {"total": len(self.site.entries) if known else 0, "results": results}}
        return page(json.dumps(body, ensure_ascii=False), content_type="application/json;charset=UTF-8")

    def container(self, body: str) -> str:
        return f'<div id="UCAP-CONTENT">\n{body}\n</div>'


class ShortBlockPortal(QueryListPortal):
    """Fewer rows in the page than a reply has."""

    shown, per_page = 3, 4


CASES = (
    Case("ucap-static", UcapPortal, "ucap"),
    Case("ucap-capped", CappedUcapPortal, "ucap"),
    Case("ucap-json", JsonUcapPortal, "ucap", hosts=("www", "zwgk")),
    Case("ucap-html", HtmlUcapPortal, "ucap"),
    Case("querylist", QueryListPortal, "querylist"),
    Case("querylist-short-block", ShortBlockPortal, "querylist"),
)
