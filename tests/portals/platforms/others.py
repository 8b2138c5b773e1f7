"""Systems of few portals: TrueCMS, Epoint, ncms, ASP.NET forms, and lists that no known system has."""

from __future__ import annotations

import json
from html import escape

from crawler.demo.server import Request, Response, page
from crawler.demo.site import Entry, digest
from tests.portals.platforms.base import Case, ComposedPortal

PROXY = "/truecms/messageController/getMessage.do"
EWB = "/EWB-FRONT/rest/lightfrontaction/getgovinfolist"


class PlainPortal(ComposedPortal):
    """Rows as ``li``, a page of ``per_page`` at a time."""

    per_page = 5

    def article_path(self, entry: Entry) -> str:
        return f"/zwgk/{entry.date.replace('-', '')}/{self.number_of(entry)}.html"

    def rows(self, entries: list[Entry]) -> str:
        return "".join(
            f'<li><a href="{self.article_path(e)}" title="{escape(e.title)}">{escape(e.title)}</a>'
            f"<span>{e.date}</span></li>\n"
            for e in entries
        )

    def block(self, number: int) -> list[Entry]:
        """The entries of a page; none behind the last."""
        return (self.blocks(self.per_page)[number - 1 : number] or [[]])[0]

    @property
    def pages(self) -> int:
        return len(self.blocks(self.per_page))

    def query_page(self, key: str, pager: str) -> None:
        """One address for all pages, ``key`` counts them; in ``pager`` stand ``{next}``, ``{pages}``, ``{number}``."""

        def answer(request: Request) -> Response:
            number = int(request.query.get(key) or 1)
            values = {"next": number + 1, "pages": self.pages, "number": number, "total": len(self.site.entries)}
            text = pager
            for name, value in values.items():
                text = text.replace(f"{{{name}}}", str(value))
            return page(self.list_page(f'<ul class="list">{self.rows(self.block(number))}</ul>{text}'))

        self.serve(self.column, answer)


class TrueCmsPortal(PlainPortal):
    """The first records in a string of the call; further ones as JSONP, for who comes from the page."""

    column = "/col/18073_668815/index.html"

    def article_path(self, entry: Entry) -> str:
        return f"/col/4039_446643/art/17356608/17{self.number_of(entry)}O7DUB.html"

    def records(self, start: int, end: int) -> str:
        entries = self.site.entries[start - 1 : end]
        return "".join(f"<record><![CDATA[{self.rows([e])}]]></record>" for e in entries)

    def build(self) -> None:
        store = f"<datastore><recordset>{self.records(1, 4)}</recordset></datastore>".replace("\n", "")
        total = len(self.site.entries)
        call = (
            f"$('#c').jpage({{dataStore:'{store}',totalRecord:{total},proxyUrl:'{PROXY}',perPage:2,groupSize:2,"
            "ajaxParam:{columnId:'1cfdefeb-e9aa-4eea-9737-d46421fc97ff'}});"
        )
        self.serve(self.column, self.list_page(f'<div id="c"></div><script>{call}</script>'))
        self.serve(PROXY, self.answer)

    def answer(self, request: Request) -> Response:
        asked = request.query
        if not request.headers.get("referer", "").endswith(self.column) or "columnId" not in asked:
            return page("", status=403)
        records = self.records(int(asked["startrecord"]), min(int(asked["endrecord"]), int(asked["startrecord"]) + 7))
        result = f"<totalrecord>{len(self.site.entries)}</totalrecord><recordset>{records}</recordset>"
        return page(f"cb({json.dumps({'result': result}, ensure_ascii=False)});", content_type="text/javascript")


class EpointPortal(PlainPortal):
    """The category in the page's address, the site in a script of its own, rows by JSON that is sent."""

    column = "/dynamic/zwgk/govInfoPub.html"
    guid = "7eb5f7f1-0000-4000-8000-8fcb82ea831a"

    def reports_url(self) -> str:
        return f"{super().reports_url()}?categorynum=003002"

    def article_path(self, entry: Entry) -> str:
        name = digest(entry.key, 32)
        return f"/006001003/{entry.date.replace('-', '')}/{name[:8]}-{name[8:12]}-4000-8000-{name[12:24]}.html"

    def build(self) -> None:
        self.serve(self.column, self.list_page('<ul id="list"></ul><script src="/js/webBuilderCommon.js"></script>'))
        script = f'var siteInfo = {{"projectName":"/EWB-FRONT","siteGuid":"{self.guid}"}};\nfunction ajax(){{}}'
        self.serve("/js/webBuilderCommon.js", lambda request: page(script, content_type="application/javascript"))
        self.serve(EWB, self.answer)

    def answer(self, request: Request) -> Response:
        asked = request.json if isinstance(request.json, dict) else {}
        known = (request.method, asked.get("categorynum"), asked.get("siteGuid")) == ("POST", "003002", self.guid)
        number = int(asked.get("pageIndex") or 0)
        entries = self.site.entries[number * 7 : number * 7 + 7] if known else []
        data = [{"infourl": self.article_path(e), "realtitle": e.title, "infodate": e.date} for e in entries]
        body = {"custom": {"data": data, "total": len(self.site.entries)}, "status": {"code": 200}}
        return page(json.dumps(body, ensure_ascii=False), content_type="application/json")


class NcmsPortal(PlainPortal):
    """One page for all lists; ``begin`` and ``pagenum`` say where. A page of notices stands before the reports."""

    column = "/gsszf/wzlb.shtml"
    size = 15

    def reports_url(self) -> str:
        return f"{super().reports_url()}?mkbh=a1b2c3"

    def build(self) -> None:
        notice = '<li><a href="/zwgk/notice{0}.html">关于召开第{0}次政府常务会议的通知</a><span>2026-06-01</span></li>'
        rows = [notice.format(n) for n in range(self.size)] + [self.rows([entry]) for entry in self.site.entries]

        def answer(request: Request) -> Response:
            begin = int(request.query.get("begin") or 0)
            known = request.query.get("mkbh") == "a1b2c3"
            shown = "".join(rows[begin : begin + self.size]) if known else ""
            script = f'<script>var dataTotal=parseInt("{len(rows)}");</script>'
            return page(self.list_page(f'<ul class="list">{shown}</ul><div id="pager"></div>{script}'))

        self.serve(self.column, answer)


class PostBackPortal(PlainPortal):
    """A pager that sends the form back with the state of the page before."""

    column = "/xxgk/List.aspx"

    def reports_url(self) -> str:
        return f"{super().reports_url()}?ClassID=602"

    def build(self) -> None:
        def answer(request: Request) -> Response:
            number = int(request.form.get("__EVENTARGUMENT") or 1)
            state = f"state of page {number - 1}"
            if request.method == "POST" and request.form.get("__VIEWSTATE") != state:
                return page("Validation of viewstate MAC failed", status=500)
            links = "".join(
                f"<span>{n}</span>" if n == number else f"<a href=\"javascript:__doPostBack('pager','{n}')\">{n}</a>"
                for n in range(1, self.pages + 1)
            )
            form = (
                f'<form method="post" action="List.aspx?ClassID=602" id="f"><input type="hidden" name="__VIEWSTATE" '
                f'value="state of page {number}"><ul>{self.rows(self.block(number))}</ul>'
                f'<div id="pager">第{number}页 共 {self.pages} 页 {links}</div></form>'
            )
            return page(self.list_page(form))

        self.serve(self.column, answer)


class AspxPortal(PlainPortal):
    """Plain links in the pager of an ASP.NET page."""

    column = "/NewsLsit.aspx"

    def reports_url(self) -> str:
        return f"{super().reports_url()}?ClassID=602"

    def build(self) -> None:
        link = '<a href="NewsLsit.aspx?ClassID=602&page={next}">下一页</a>'
        self.query_page("page", f'<div id="AspNetPager1">第{{number}}页 共 {{pages}} 页 {link}</div>')


class IListPortal(PlainPortal):
    """``iList.jsp``: only a script knows the address that counts pages."""

    column = "/info/iList.jsp"

    def reports_url(self) -> str:
        return f"{super().reports_url()}?node_id=GKyhx&cat_id=15971"

    def article_path(self, entry: Entry) -> str:
        return f"/info/{self.number_of(entry)}.jsp"

    def build(self) -> None:
        script = "function go(n){location.href='iList.jsp?node_id=GKyhx&cat_id=15971&cur_page='+n;}"
        self.query_page("cur_page", f'<div class="ewb-page">{{number}}/{{pages}}</div><script>{script}</script>')


class XxgkListPortal(PlainPortal):
    """``/xxgk-list-zfxxgknb.html`` with numbered links, articles ``/xxgk-show-86918.html``."""

    column = "/xxgk-list-zfxxgknb.html"

    def article_path(self, entry: Entry) -> str:
        return f"/xxgk-show-{self.number_of(entry)}.html"

    def build(self) -> None:
        for number in range(1, self.pages + 1):
            links = "".join(
                f'<em class="current">{n}</em>' if n == number else f'<a href="/xxgk-list-zfxxgknb-{n}.html">{n}</a>'
                for n in range(max(1, number - 1), min(self.pages, number + 1) + 1)
            )
            text = self.list_page(f'<ul>{self.rows(self.block(number))}</ul><div class="pages">{links}</div>')
            self.serve(self.column if number == 1 else f"/xxgk-list-zfxxgknb-{number}.html", text)


class FujianPortal(PlainPortal):
    """``/cms/html/<site>/<day>/<id>.html``, further pages by 下一页."""

    column = "/cms/html/yhxzf/zfxxgknb/index.html"

    def article_path(self, entry: Entry) -> str:
        return f"/cms/html/yhxzf/{entry.date}/{self.number_of(entry)}123.html"

    def build(self) -> None:
        for number in range(1, self.pages + 1):
            follow = f'<a href="index_{number}.html">下一页</a>' if number < self.pages else ""
            text = self.list_page(f'<ul>{self.rows(self.block(number))}</ul><div class="page">{follow}</div>')
            name = "index.html" if number == 1 else f"index_{number - 1}.html"
            self.serve(f"/cms/html/yhxzf/zfxxgknb/{name}", text)


class LastLinkPortal(PlainPortal):
    """``list/1.html`` whose pager links 尾页 alone."""

    column = "/ztzl/zfxxgknb/list/1.html"

    def build(self) -> None:
        for number in range(1, self.pages + 1):
            last = f'<a href="/ztzl/zfxxgknb/list/{self.pages}.html">尾页</a>' if number < self.pages else ""
            pager = f'<div class="page"><span class="current">{number}</span>{last}</div>'
            self.serve(
                f"/ztzl/zfxxgknb/list/{number}.html", self.list_page(f"<ul>{self.rows(self.block(number))}</ul>{pager}")
            )


class BackwardsPortal(PlainPortal):
    """``/n1403/…/index.html``; its static pages ``index_<id>_N.html`` are numbered backwards and linked as 下一页."""

    folder = "/n1403/n38391604/n59392514/"
    column = "/n1403/n38391604/n59392514/index.html"

    def article_path(self, entry: Entry) -> str:
        return f"{self.folder}c5{self.number_of(entry)}/content.html"

    def build(self) -> None:
        for number in range(1, self.pages + 1):
            behind = self.pages - number
            follow = f'<a href="index_59392514_{behind}.html">下一页</a>' if behind else ""
            name = "index.html" if number == 1 else f"index_59392514_{behind + 1}.html"
            text = self.list_page(f'<ul>{self.rows(self.block(number))}</ul><div class="page">{follow}</div>')
            self.serve(self.folder + name, text)


class TabsByQueryPortal(PlainPortal):
    """Guide, rules, directory and annual reports as tabs of one page: ``?gk=1`` to ``?gk=4``."""

    column = "/zwgk/zfxxgk/zfxxgkml/"

    def column_path(self, name: str) -> str:
        return self.column if name == "政府信息公开" else super().column_path(name)

    def reports_url(self) -> str:
        return f"{super().reports_url()}?gk=4"

    def build(self) -> None:
        tabs = {1: "政府信息公开指南", 2: "政府信息公开制度", 3: "法定主动公开内容", 4: "政府信息公开年报"}

        def answer(request: Request) -> Response:
            chosen = int(request.query.get("gk") or 3)
            links = "".join(f'<li><a href="?gk={n}">{name}</a></li>' for n, name in tabs.items())
            rows = self.rows(self.site.entries) if chosen == 4 else f"<p>{tabs[chosen]}</p>"
            content = f'<ul class="tabs">{links}</ul><ul class="list">{rows}</ul>'
            return page(self.chrome.page("政府信息公开", content, crumbs=("政务公开", "政府信息公开")))

        self.serve(self.column, answer)


class JsonPortal(PlainPortal):
    """A page of scripts: rows from an address that a script of the page reads."""

    column = "/zfgk"

    def reports_url(self) -> str:
        return f"{super().reports_url()}?columnId={digest(self.site.code, 32)}"

    def build(self) -> None:
        script = "fetch('/api/content/list?columnId=7&pageNum=1&pageSize=6').then(r=>r.json()).then(draw)"
        self.serve(self.column, self.list_page(f'<div id="app"></div><script>{script}</script>'))
        self.serve("/api/content/list", self.answer)

    def answer(self, request: Request) -> Response:
        number = int(request.query.get("pageNum") or 1)
        entries = (self.blocks(6)[number - 1 : number] or [[]])[0]
        rows = [{"title": e.title, "linkUrl": self.article_path(e), "publishTime": f"{e.date} 09:00"} for e in entries]
        return page(
            json.dumps({"code": 0, "rows": rows, "total": len(self.site.entries)}), content_type="application/json"
        )


class JspPortal(PlainPortal):
    """``/sites/<name>/zwinfo.jsp?id=15652``: an article a number, a list with numbered links of the same kind."""

    column = "/sites/yhxzf/zwlist.jsp"

    def reports_url(self) -> str:
        return f"{super().reports_url()}?lm=15"

    def article_path(self, entry: Entry) -> str:
        return f"/sites/yhxzf/zwinfo/{self.number_of(entry)}.jsp"

    def build(self) -> None:
        self.query_page("p", '<div class="page"><a href="?lm=15&p={next}">下一页</a> 第{number}页/共{pages}页</div>')


CASES = (
    Case("truecms", TrueCmsPortal, "truecms"),
    Case("epoint", EpointPortal, "epoint"),
    Case("ncms", NcmsPortal, "ncms"),
    Case("aspnet-post-back", PostBackPortal, "aspnet"),
    Case("aspx-links", AspxPortal, "generic"),
    Case("ilist", IListPortal, "generic"),
    Case("xxgk-list", XxgkListPortal, "generic"),
    Case("fujian-cms", FujianPortal, "generic"),
    Case("last-link", LastLinkPortal, "generic"),
    Case("backwards-links", BackwardsPortal, "generic"),
    Case("tabs-by-query", TabsByQueryPortal, "generic"),
    Case("json-list", JsonPortal, "generic"),
    Case("jsp", JspPortal, "generic"),
)
