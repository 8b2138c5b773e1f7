"""Anhui: Lonsun's disclosure list by label, its ordinary column, and the annual-report pages of another system."""

from __future__ import annotations

from html import escape

from crawler.demo.server import Request, Response, page
from crawler.demo.site import Entry
from tests.portals.platforms.base import Case, ComposedPortal

ORGAN, SITE = 6598201, 6793339
LABEL = "/site/label/8888"


class LabelPortal(ComposedPortal):
    """``/public/column/6598201?type=3``: rows by ``/site/label/8888``, whose address a script puts together."""

    column = f"/public/column/{ORGAN}"
    per_page = 5

    def reports_url(self) -> str:
        return f"{super().reports_url()}?type=3&action=list&nav=3"

    def article_path(self, entry: Entry) -> str:
        return f"/public/{ORGAN}/{self.number_of(entry)}.html"

    def build(self) -> None:
        self.serve(self.column, self.list_page(f'<div class="xxgk_navli_box"></div>{self.script()}'))
        self.serve(LABEL, self.answer)

    def script(self) -> str:
        address = (
            f"{LABEL}?IsAjax=1&dataType=html&_=0.51&labelName=publicInfoList&siteId={SITE}&pageSize={self.per_page}"
            f"&pageIndex=1&action=list&organId={ORGAN}&type=3&catIds=&isDate=true&dateFormat=yyyy-MM-dd&length=80"
            "&file=/xxgk/publicInfoList_newest2020"
        )
        return f"<script>$.get('{address}',function(h){{$('.xxgk_navli_box').html(h)}});</script>"

    def answer(self, request: Request) -> Response:
        asked = request.query
        known = asked.get("organId") == str(ORGAN) and asked.get("type") == "3" and asked.get("siteId") == str(SITE)
        known = known and asked.get("labelName") == "publicInfoList"
        blocks = self.blocks(self.per_page) if known else [[]]
        number = int(asked.get("pageIndex") or 1)
        entries = (blocks[number - 1 : number] or [[]])[0]
        rows = "".join(
            f'<div class="xxgk_navli"><ul><li class="index">{n}</li><li class="title">'
            f'<a href="{self.article_url(e)}" title="{escape(e.title)}">{escape(e.title[:20])}…</a></li>'
            f'<li class="date">{e.date}</li></ul></div><li class="lm_line"></li>\n'
            for n, e in enumerate(entries, 1)
        )
        call = f"Ls.pagination('#page',function(p){{load(p)}},{{currPage:({number}),pageCount:{len(blocks)}}});"
        return page(f"{rows}<a paged='{number + 1}' href='javascript:;'>下一页</a><script>{call}</script>")

    def container(self, body: str) -> str:
        return f'<div class="wzcon j-fontContent">\n{body}\n</div>'


class LabelObjectPortal(LabelPortal):
    """The parameters in an object; a directory in front of all addresses."""

    prefix = "/yunhezwgk/zwgk"
    column = f"/yunhezwgk/zwgk/public/column/{ORGAN}"

    def build(self) -> None:
        super().build()
        self.serve(self.prefix + LABEL, self.answer)

    def script(self) -> str:
        return (
            f"<script>var siteId = '{SITE}';Ls.label({{labelName:'publicInfoList',pageSize:15,organId:{ORGAN},"
            "isDate:true,file:'/xxgk/publicInfoList_newest2020'},'.xxgk_navli_box');</script>"
        )


class LsColumnPortal(LabelPortal):
    """An ordinary column behind a directory alias; the pager's call has the address that counts."""

    column = "/zwgk/zfxxgknb/index.html"
    counted = "/content/column/6791573"

    def reports_url(self) -> str:
        return self.bases.get("www", "") + self.column

    def build(self) -> None:
        self.serve(self.column, self.answer)
        self.serve(self.counted, self.answer)

    def answer(self, request: Request) -> Response:
        number, blocks = int(request.query.get("pageIndex") or 1), self.blocks(self.per_page)
        entries = (blocks[number - 1 : number] or [[]])[0]
        rows = "".join(
            f'<li><a href="{self.article_url(e)}" title="{escape(e.title)}">{escape(e.title)}</a>'
            f'<span class="date">{e.date}</span></li>\n'
            for e in entries
        )
        call = (
            f"Ls.pagination(\"#page_6791573\",function(p){{location.href='{self.bases['www']}{self.counted}?pageIndex='+p;}},"
            f"{{currPage:({number - 1}+1),pageCount:{len(blocks)}}});"
        )
        markup = f'<ul class="doc_list list-6791573">{rows}<li class="lm_line"></li></ul>'
        return page(self.list_page(f'{markup}<div id="page_6791573"></div><script>{call}</script>'))


class ShowListPortal(LabelPortal):
    """``/XxgkAnnualReport/showList/…/page_1.html`` with numbered links, articles ``show/5712.html``."""

    column = "/XxgkAnnualReport/showList/12/page_1.html"

    def reports_url(self) -> str:
        return self.bases.get("www", "") + self.column

    def article_path(self, entry: Entry) -> str:
        return f"/XxgkAnnualReport/show/{self.number_of(entry)}.html"

    def build(self) -> None:
        blocks = self.blocks(self.per_page)
        for index, entries in enumerate(blocks, 1):
            rows = "".join(f'<li><a href="{self.article_path(e)}">{escape(e.title)}</a>{e.date}</li>' for e in entries)
            links = "".join(
                f"<b>{n}</b>" if n == index else f'<a href="page_{n}.html">{n}</a>' for n in range(1, len(blocks) + 1)
            )
            text = self.list_page(f'<ul class="list">{rows}</ul><div class="fenye">{links}</div>')
            self.serve(f"/XxgkAnnualReport/showList/12/page_{index}.html", text)


class UnitTreePortal(LabelPortal):
    """Each unit has the list under an organ of its own; the tree of organs is beside every list."""

    @property
    def organs(self) -> dict[str | None, int]:
        """The organs by their units; None is the government."""
        units = sorted({entry.unit for entry in self.site.entries if entry.unit})
        return {None: ORGAN, **{unit: ORGAN + n for n, unit in enumerate(units, 1)}}

    def article_path(self, entry: Entry) -> str:
        return f"/public/{self.organs[entry.unit]}/{self.number_of(entry)}.html"

    def build(self) -> None:
        for organ in self.organs.values():
            items = "".join(
                f'<li><a href="/public/column/{number}?type=3&action=list">{escape(unit or self.site.name)}</a></li>'
                for unit, number in self.organs.items()
            )
            listed = f"<script>var siteId={SITE};load('{LABEL}')</script>"
            text = self.list_page(f'<ul class="organ_tree">{items}</ul><div id="list"></div>{listed}')
            self.serve(f"/public/column/{organ}", text)
        self.serve(LABEL, self.answer)

    def answer(self, request: Request) -> Response:
        asked = request.query
        unit = next((u for u, organ in self.organs.items() if str(organ) == asked.get("organId")), "")
        entries = [e for e in self.site.entries if e.unit == unit] if asked.get("type") == "3" else []
        start = (int(asked.get("pageIndex") or 1) - 1) * 3
        rows = "".join(
            f'<li><a href="{self.article_path(e)}">{escape(e.title)}</a><span class="date">{e.date}</span></li>'
            for e in entries[start : start + 3]
        )
        return page(f"<ul class='xxgk_nav_list'>{rows}</ul><script>x({{pageCount:{-(-len(entries) // 3)}}})</script>")


CASES = (
    Case("lonsun-label", LabelPortal, "lonsun"),
    Case("lonsun-label-object", LabelObjectPortal, "lonsun"),
    Case("lonsun-column", LsColumnPortal, "lonsun"),
    Case("lonsun-units", UnitTreePortal, "lonsun"),
    Case("anhui-show-list", ShowListPortal, "generic"),
)
