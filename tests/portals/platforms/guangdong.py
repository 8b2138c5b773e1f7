"""Guangdong: the disclosure platform with its JSON, articles in a script alone, and NFCMS's plain columns."""

from __future__ import annotations

import json
from datetime import datetime
from html import escape

from crawler.demo.body import report_body
from crawler.demo.chrome import REPORTS_COLUMN
from crawler.demo.server import Request, Response, page
from crawler.demo.site import Entry
from tests.portals.platforms.base import Case, ComposedPortal

CATEGORY, SID = 2629, "200001"


class GkmlptPortal(ComposedPortal):
    """No row in the page: ``/gkmlpt/api/all/2629?page=1&sid=200001`` has them, ``size`` a page."""

    column = "/gkmlpt/annualreport"
    prefix = ""
    size = 6
    surplus = 0  # rows that are declared beyond those there are

    def article_path(self, entry: Entry) -> str:
        number = self.number_of(entry)
        return f"{self.prefix}/gkmlpt/content/{number // 1_000_000}/{number // 1000}/post_{number}.html"

    def reports_url(self) -> str:
        return f"{super().reports_url()}#{CATEGORY}"

    def build(self) -> None:
        self.serve(self.column, self.list_page('<div id="app"></div>', head=self.config()))
        self.serve(f"{self.prefix}/gkmlpt/api/all/{CATEGORY}", self.answer)

    def config(self) -> str:
        nodes = [
            {"id": 2600, "name": "政府信息公开指南", "parent": 0, "children": []},
            {
                "id": 2610,
                "name": "法定主动公开内容",
                "parent": 0,
                "children": [{"id": CATEGORY, "name": REPORTS_COLUMN, "parent": 2610, "jump_url": "", "children": []}],
            },
        ]
        tree = json.dumps(nodes, ensure_ascii=False)
        return f"<script>window._CONFIG={{SID:'{SID}',SERVICE_AREA_ID:'755',TREE:{tree}}};</script>"

    def answer(self, request: Request) -> Response:
        number, blocks = int(request.query.get("page") or 1), self.blocks(self.size)
        if request.query.get("sid") != SID or number > len(blocks):
            return page('{"error":"not found"}', status=404)
        rows = [self.row(entry) for entry in blocks[number - 1]]
        found = {
            "classify": {"id": CATEGORY, "name": REPORTS_COLUMN, "post_count": len(self.site.entries)},
            "total": len(self.site.entries) + self.surplus,
            "offset": (number - 1) * self.size,
            "articles": rows,
        }
        return page(json.dumps(found, ensure_ascii=False), content_type="application/json")

    def row(self, entry: Entry) -> dict[str, object]:
        seconds = int(datetime.fromisoformat(f"{entry.date}T00:00:00+08:00").timestamp())
        elsewhere = entry.kind == "department"  # these jump to the article by jump_url
        url = self.article_url(entry)
        return {
            "id": self.number_of(entry),
            "title": entry.title,
            "date": seconds,
            "create_time": seconds + 33600,
            "publisher": self.publisher(entry),
            "identifier": f"11990101MB2C91453G/{entry.date[:4]}-00271",
            "type": "url" if elsewhere else "normal",
            "url": "" if elsewhere else url,
            "jump_url": url if elsewhere else "",
            "post_url": "",
            "attachment": [],
        }

    def container(self, body: str) -> str:
        return f'<div class="content"><div class="article-content">\n{body}\n</div></div>'


class ScriptedArticlePortal(GkmlptPortal):
    """A department's path in front; the text of an article stands in ``_CONFIG.DETAIL.content`` alone."""

    prefix = "/yhszfb"
    column = "/yhszfb/gkmlpt/annualreport"

    def article(self, entry: Entry, body: str) -> str:
        if entry.report is not None:
            body = report_body(entry.report, self.site.style, lambda number: self.image_path(entry, number))
        held = "".join(f"\\u{ord(c):04x}" if c in "<>&'" or not c.isascii() else c for c in json.dumps(body)[1:-1])
        script = f'<script>window._CONFIG={{SID:\'{SID}\',DETAIL:{{"id":1,"content":"{held}"}}}};</script>'
        content = f'<div class="article"><h1>{escape(entry.title)}</h1><div id="app"></div></div>'
        return self.chrome.page(entry.title, content, metas=self.article_metas(entry), head=script)


class CappedGkmlptPortal(GkmlptPortal):
    """It declares more rows than its one page has, and answers 404 for the second."""

    size, surplus = 88, 40


class DepartmentsPortal(GkmlptPortal):
    """Departments and towns have the platform under paths of their own, entered by their indexes."""

    @property
    def units(self) -> dict[str, str]:
        """The units by the first part of their addresses."""
        names = sorted({entry.unit for entry in self.site.entries if entry.unit})
        return {f"dw{number}": name for number, name in enumerate(names)}

    def build(self) -> None:
        items = "".join(f'<li><a href="/{path}/gkmlpt/index">{name}</a></li>' for path, name in self.units.items())
        text = f'<div id="app"></div><ul class="units">{items}</ul>'
        self.serve(self.column, self.list_page(text, head=self.config()))
        self.serve(f"/gkmlpt/api/all/{CATEGORY}", lambda request: self.rows_of(None))
        for path, name in self.units.items():
            tabs = (
                f'<ul class="tabs"><li><a href="/{path}/gkmlpt/annualreport#{CATEGORY}">{REPORTS_COLUMN}</a></li></ul>'
            )
            index = self.chrome.page(name, tabs, head=self.config(), crumbs=("政务公开", name))
            self.serve(f"/{path}/gkmlpt/index", index)
            self.serve(f"/{path}/gkmlpt/annualreport", self.list_page('<div id="app"></div>', head=self.config()))
            self.serve(f"/{path}/gkmlpt/api/all/{CATEGORY}", lambda request, unit=name: self.rows_of(unit))

    def rows_of(self, unit: str | None) -> Response:
        rows = [self.row(entry) for entry in self.site.entries if entry.unit == unit]
        return page(json.dumps({"total": len(rows), "articles": rows}), content_type="application/json")


class NfcmsPortal(ComposedPortal):
    """Plain links ``index_2.html``; each article has a twin for small screens, which a script sniffs for."""

    column = "/zwgk/xxgknb/"
    per_page = 5

    def article_path(self, entry: Entry) -> str:
        return f"/zwgk/xxgknb/content/post_{self.number_of(entry)}.html"

    def build(self) -> None:
        blocks = self.blocks(self.per_page)
        sniff = (
            "<script>if(/iPhone|Android/.test(navigator.userAgent)){location.href='/zwgk/xxgknb/mindex.html'}</script>"
        )
        for index, entries in enumerate(blocks):
            rows = "".join(
                f'<li><a href="{self.article_url(e)}">{escape(e.title)}</a><span>{e.date}</span>'
                f'<a class="m" href="{self.twin(self.article_url(e))}">手机版：{escape(e.title)}</a></li>\n'
                for e in entries
            )
            follow = f'<a class="next" href="index_{index + 2}.html">&gt;</a>' if index + 1 < len(blocks) else ""
            links = (
                f'<a class="current">{index + 1}</a>{follow}<a class="last" href="index_{len(blocks)}.html">尾页</a>'
            )
            pager = f'<div class="pagination">{links}</div>'
            name = "" if index == 0 else f"index_{index + 1}.html"
            self.serve(self.column + name, self.list_page(f"<ul>{rows}</ul>{pager}", head=sniff))

    def twin(self, address: str) -> str:
        return address.replace("/post_", "/mpost_")

    def _serve_article(self, entry: Entry) -> None:
        super()._serve_article(entry)
        path = self.article_path(entry)
        self.serve(self.twin(path), self._answers["www", path])


CASES = (
    Case("gkmlpt", GkmlptPortal, "gkmlpt"),
    Case("gkmlpt-department-path", ScriptedArticlePortal, "gkmlpt"),
    Case("gkmlpt-one-page", CappedGkmlptPortal, "gkmlpt"),
    Case("gkmlpt-departments", DepartmentsPortal, "gkmlpt"),
    Case("nfcms", NfcmsPortal, "generic"),
)
