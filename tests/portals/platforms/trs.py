"""TRS WCM: static pages whose links only a script call knows, in each dialect of the call; WAS and trsapi behind."""

from __future__ import annotations

import json

from crawler.demo.platforms.base import cut
from crawler.demo.server import Request, Response, page
from crawler.demo.site import Entry
from tests.portals.platforms.base import Case, ComposedPortal

WAS = "/was5/web/search"


class TrsPortal(ComposedPortal):
    """Pages ``index_1.html`` or ``index_2.html`` …; ``script`` declares them, ``undeclared`` of them are missing."""

    script = '<script>createPageHTML({pages}, {number}, "index", "html");</script>'
    base = 0  # the number that stands for page 1
    name, extension = "index", "html"
    per_page = 6
    undeclared = 0  # pages that are declared and answer 404
    written = 99  # pages that are written as files

    def article_path(self, entry: Entry) -> str:
        day = entry.date.replace("-", "")
        return f"{self.column}{day[:6]}/t{day}_{self.number_of(entry)}.{self.extension}"

    def build(self) -> None:
        blocks = self.blocks(self.per_page)
        for index, entries in enumerate(blocks[: self.written]):
            text = self.list_page(self.rows(entries) + self.pager(index + self.base, len(blocks)))
            if index == 0:
                self.serve(self.column, text)
            file = self.name if index == 0 else f"{self.name}_{index + self.base}"
            self.serve(f"{self.column}{file}.{self.extension}", text)

    def rows(self, entries: list[Entry]) -> str:
        items = "".join(
            f'<li><a href="{self.article_path(e).replace(self.column, "./")}" title="{e.title}">{cut(e.title, 16, "…")}'
            f"</a><span>[{e.date}]</span></li>\n"
            for e in entries
        )
        return f'<ul class="list">\n{items}</ul>'

    def pager(self, number: int, pages: int) -> str:
        """The call on the page that the dialect counts as ``number``."""
        values = {"pages": pages + self.undeclared, "number": number, "total": len(self.site.entries)}
        text = self.script
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def container(self, body: str) -> str:
        return f'<div class="TRS_Editor" id="zoom">\n{body}\n</div>'


class ShtmlPortal(TrsPortal):
    """With a colour and the number of rows."""

    script = '<script>createPageHTML({pages}, {number}, "index", "shtml", "black2", {total});</script>'
    extension = "shtml"


class FromOnePortal(TrsPortal):
    """The container's id first: page 1 is number 1."""

    script = "<div id='paging'></div><script>createPageHTML('paging',{pages},{number},'index','html',{total})</script>"
    base = 1


class NamedFilesPortal(FromOnePortal):
    """Files called after the list, ``newxxgklist_2.html``."""

    script = "<script>createPageHTML('paging', {pages}, {number}, 'newxxgklist', 'html', {total});</script>"
    name = "newxxgklist"


class VariablesPortal(TrsPortal):
    """``var currentPage``, ``var countPage``."""

    script = (
        "<script>var currentPage={number};//从0开始\nvar prevPage=currentPage-1\nvar countPage={pages}//共</script>"
    )


class OptionsPortal(TrsPortal):
    """``pager_options`` with the stray brace."""

    script = (
        "<script>var pager_options={currentPage:parseInt('{number}')+1,countPage:parseInt('{pages}}'),"
        "PAGE_NAME:'index',PAGE_EXT:'html'};</script>"
    )


class SetPagePortal(TrsPortal):
    """``setPage``, from one; the last two pages that are declared were never written."""

    script = (
        '<div class="pagination"></div><script>var o={totalPage: {pages}};'
        '$(".pagination").pagination("setPage", {number}, {pages});</script>'
    )
    base = 1
    undeclared = 2


class PageDecPortal(TrsPortal):
    """The number of pages as an attribute; a script of another host would write the links."""

    script = (
        '<div id="pageDec" pagesize="6" pagecount="{pages}"></div><script src="http://file.example/page.js"></script>'
    )
    base = 1


class CappedPortal(TrsPortal):
    """More pages declared than written, and a number of rows that no page has."""

    script = '<script>createPageHTML({pages}, {number}, "index", "html", "black2", 1456);</script>'
    undeclared = 4


class WasPortal(TrsPortal):
    """Two pages written; the whole list at a WAS address that the script names."""

    written = 2
    search = f"{WAS}?channelid=229105&templet=docs.jsp&sortfield=-docreltime&classsql=chnlid%3D8786&prepage=6&page="
    key = "page"

    @property
    def script(self) -> str:  # type: ignore[override]
        return (
            "<script>PageIndex=PageIndex>{pages}?{pages}:PageIndex; var u=`index_${PageIndex}.html`;"
            f"if(PageIndex>2){{u='{self.search}'+PageIndex}}</script>"
        )

    base = 1

    def build(self) -> None:
        super().build()
        self.serve(WAS, self.answer)

    def answer(self, request: Request) -> Response:
        """WAS: JSON with a line break where none belongs."""
        number = int(request.query.get("page") or 1)
        entries = (self.blocks(6)[number - 1 : number] or [[]])[0]
        docs = [{"title": e.title, "url": self.article_url(e), "time": e.date} for e in entries]
        body = json.dumps({"count": str(len(self.site.entries)), "docs": docs}, ensure_ascii=False)
        return page(body.replace('"docs"', '\r\n\r\n"docs"'), content_type="text/html; charset=utf-8")


class IgsPortal(TrsPortal):
    """No file but the first, whose list is empty; rows at an IGS address that tells its pages."""

    search = "/igs/front/term/type.jhtml"

    def build(self) -> None:
        address = f"{self.search}?code=zfxxgknb&siteId=34&pageSize=6&pageNumber=1"
        script = f"<script>$.getJSON('{address}',function(d){{draw(d.page.content)}});</script>"
        self.serve(self.column, self.list_page(f'<ul class="list" id="list"></ul>{script}'))
        self.serve(self.search, self.answer)

    def answer(self, request: Request) -> Response:
        number, blocks = int(request.query.get("pageNumber") or 1), self.blocks(6)
        content = [
            {"title": e.title, "url": self.article_url(e), "docreltime": f"{e.date} 09:00:00"}
            for e in (blocks[number - 1 : number] or [[]])[0]
        ]
        paging = {"content": content, "number": number, "totalPages": len(blocks), "total": len(self.site.entries)}
        return page(json.dumps({"page": paging}, ensure_ascii=False), content_type="application/json")


class TrsApiPortal(TrsPortal):
    """The first block rendered, with the template row of Avalon; all rows at ``list2.trsapi``."""

    per_page = 8
    written = 1
    script = "<script>var api='list2.trsapi'; var pager={recordCount:'{total}',prepage:8,maxStaticIndex:1};</script>"

    def rows(self, entries: list[Entry]) -> str:
        template = '<li ms-repeat="docs"><a ms-attr-href="el.url" href="./{{el.url}}">{{el.title}}</a></li>'
        return f"<ul>{template}</ul>" + super().rows(entries)

    def build(self) -> None:
        super().build()
        self.serve(self.column + "list2.trsapi", self.answer)

    def answer(self, request: Request) -> Response:
        number = int(request.query.get("page") or 1)
        entries = (self.blocks(8)[number - 1 : number] or [[]])[0]
        docs = [{"doctitle": e.title, "docpuburl": self.article_path(e), "docDate": e.date} for e in entries]
        body = json.dumps({"recordCount": len(self.site.entries), "docs": docs}, ensure_ascii=False)
        return page(body, content_type="application/json")


CASES = (
    Case("trs", TrsPortal, "trs"),
    Case("trs-shtml", ShtmlPortal, "trs"),
    Case("trs-from-one", FromOnePortal, "trs"),
    Case("trs-named-files", NamedFilesPortal, "trs"),
    Case("trs-variables", VariablesPortal, "trs"),
    Case("trs-options", OptionsPortal, "trs"),
    Case("trs-set-page", SetPagePortal, "trs"),
    Case("trs-page-dec", PageDecPortal, "trs"),
    Case("trs-capped", CappedPortal, "trs"),
    Case("trs-was", WasPortal, "trs"),
    Case("trs-igs", IgsPortal, "trs"),
    Case("trs-trsapi", TrsApiPortal, "trs"),
)
