"""EasySite, Zibo's channels and Ankang's nodes: the demo has their usual form, here are the other ones."""

from __future__ import annotations

import json
from html import escape

from crawler.demo.platforms.base import cut
from crawler.demo.platforms.easysite import uuid
from crawler.demo.server import Request, Response, page
from crawler.demo.site import Entry, digest
from tests.portals.platforms.base import Case, ComposedPortal


class BlockPortal(ComposedPortal):
    """EasySite: the first rows in the page, further ones as fragments of the block."""

    uuid = uuid("年报")
    column = f"/columns/{uuid}/index.html"
    per_page = 5

    def article_path(self, entry: Entry) -> str:
        day = entry.date.replace("-", "")
        return f"/columns/{self.uuid}/{day[:6]}/{day[6:]}/{uuid(entry.key)}.html"

    def build(self) -> None:
        block, template = uuid("block"), uuid("template")
        attributes = f'class="eportal-block" data-block="{block}" data-template="{template}"'
        script = f"<script>var eportalCurrentColumnId='{self.uuid}';</script>"
        self.serve(self.column, self.list_page(f"{script}<div {attributes}><ul>{self.rows(1)}</ul></div>"))
        path = f"/columns/{self.uuid}/templates/{template}/blocks/{block}"
        self.serve(path, lambda request: page(self.rows(int(request.query.get("page") or 1))))

    def rows(self, number: int) -> str:
        entries = (self.blocks(self.per_page)[number - 1 : number] or [[]])[0]
        return "".join(
            f'<li class="xxgk_gfxwjk-list-li"><a href="{self.article_path(e)}">{escape(e.title)}</a>'
            f"<span>{e.date}</span></li>\n"
            for e in entries
        )

    def container(self, body: str) -> str:
        return f'<div class="content">\n{body}\n</div>'


class SearchFormPortal(BlockPortal):
    """EasySite: no block; the form of the column searches, and its reply is JSON."""

    def build(self) -> None:
        script = (
            f"<script>var eportalCurrentColumnId='{self.uuid}';"
            f"$.post('/search/column.json?columnId={self.uuid}&pageNo=1&pageSize=6',function(d){{draw(d)}});</script>"
        )
        self.serve(self.column, self.list_page(f'<form id="search"></form><ul class="list"></ul>{script}'))
        self.serve("/search/column.json", self.answer)

    def answer(self, request: Request) -> Response:
        number = int(request.query.get("pageNo") or 1)
        entries = (self.blocks(6)[number - 1 : number] or [[]])[0]
        rows = [{"title": e.title, "url": self.article_path(e), "publishTime": e.date} for e in entries]
        found = {"data": {"searchResult": {"total": len(self.site.entries), "result": rows}}}
        return page(json.dumps(found, ensure_ascii=False), content_type="application/json")


class ChannelPortal(ComposedPortal):
    """Liaocheng's form of the channels; rows as data in a script of the page."""

    column = "/site_yhxrmzf/channel_x_5669_13598/"

    def article_path(self, entry: Entry) -> str:
        return f"{self.column}doc_{digest(entry.key, 24)}.html"

    def build(self) -> None:
        rows = [
            {"title": e.title, "url": self.article_path(e).rpartition("/")[2], "pubDate": e.date}
            for e in self.site.entries
        ]
        script = f"<script>var docList={json.dumps(rows, ensure_ascii=False)};</script>"
        self.serve(self.column, self.list_page(f'<ul id="docs"></ul><p>索引号</p>{script}'))


class NodePortal(ComposedPortal):
    """Ankang's nodes with numbered links alone."""

    column = "/Node-74638.html"
    per_page = 5

    def article_path(self, entry: Entry) -> str:
        return f"/Content-{self.number_of(entry)}.html"

    def build(self) -> None:
        blocks = self.blocks(self.per_page)
        for number, entries in enumerate(blocks, 1):
            rows = "".join(
                f'<li><a href="{self.article_path(e)}" title="{escape(e.title)}">{cut(e.title, 20, "…")}</a>'
                f'<span class="time">{e.date.replace("-", ".")}</span></li>\n'
                for e in entries
            )
            links = "".join(
                f"<b>{n}</b>" if n == number else f'<a href="/Node-74638-{n}.html">{n}</a>'
                for n in range(1, len(blocks) + 1)
            )
            text = self.list_page(f'<ul class="article-list">{rows}</ul><div class="paging">{links}</div>')
            self.serve(self.column if number == 1 else f"/Node-74638-{number}.html", text)

    def container(self, body: str) -> str:
        return f'<div class="article-main">\n{body}\n</div>'


CASES = (
    Case("easysite-blocks", BlockPortal, "easysite"),
    Case("easysite-search", SearchFormPortal, "easysite"),
    Case("zibo-liaocheng", ChannelPortal, "zibo"),
    Case("ankang-numbers", NodePortal, "ankang"),
)
