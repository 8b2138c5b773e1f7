"""VSB: lists numbered backwards, the older dynamic addresses, years in columns that are the one report each."""

from __future__ import annotations

from html import escape

from crawler.demo.body import report_body
from crawler.demo.platforms.base import cut
from crawler.demo.server import Request, Response, page
from crawler.demo.site import Entry
from tests.portals.platforms.base import Case, ComposedPortal


class VsbPortal(ComposedPortal):
    """``zfxxgknb.htm``, then ``zfxxgknb/<N-1>.htm`` down to ``zfxxgknb/1.htm``."""

    column = "/zfxxgk/zfxxgknb.htm"
    per_page = 4
    links_next = True  # whether the pager has 下页

    def article_path(self, entry: Entry) -> str:
        return f"/info/1677/{self.number_of(entry) % 90000}.htm"

    def build(self) -> None:
        blocks = self.blocks(self.per_page)
        for index, entries in enumerate(blocks):
            depth = ".." if index == 0 else "../.."
            text = self.rows(entries, depth) + self.pager(index, len(blocks))
            number = len(blocks) - index
            self.serve(self.column if index == 0 else f"/zfxxgk/zfxxgknb/{number}.htm", self.list_page(text))

    def rows(self, entries: list[Entry], depth: str) -> str:
        items = "".join(
            f'<li id="line_{n}"><a href="{depth}{self.article_path(e)}" title="{escape(e.title)}">{cut(e.title)}</a>'
            f"<span>{e.date.replace('-', '/')}</span></li>\n"
            for n, e in enumerate(entries)
        )
        return f'<div class="main_conRCb"><ul>{items}</ul></div><script>_showDynClickBatch([],[],"wbnews",1)</script>'

    def pager(self, index: int, pages: int) -> str:
        """What the system writes under a list; the numbers run backwards in the addresses alone."""
        folder = "zfxxgknb/" if index == 0 else ""
        numbers = "".join(
            f'<span class="p_no_d">{n + 1}</span>'
            if n == index
            else f'<span class="p_no"><a href="{folder}{pages - n}.htm">{n + 1}</a></span>'
            for n in range(1 if index else 0, pages)
        )
        follow = f'<span class="p_next p_fun"><a href="{folder}{pages - index - 1}.htm">下页</a></span>'
        last = f'<span class="p_last p_fun"><a href="{folder}1.htm">尾页</a></span>'
        after = (follow if self.links_next else "") + last if index < pages - 1 else ""
        total, place = f"共{len(self.site.entries)}条", f"{index + 1}/{pages}"
        return (
            f'<div class="pb_sys_common pb_sys_normal pb_sys_style1"><span class="p_t">{total}</span>'
            f'<span class="p_pages">{numbers}{after}</span><span class="p_t">{place}</span></div>'
        )

    def container(self, body: str) -> str:
        return f'<div id="vsb_content"><div class="v_news_content">\n{body}\n</div></div>'


class GoneFilePortal(VsbPortal):
    """A file in the middle is gone; a chain of 下页 would end there."""

    per_page = 3

    def build(self) -> None:
        super().build()
        entries, blocks = self.site.entries, self.blocks(self.per_page)
        empty = next((n for n, b in enumerate(blocks) if n and not any(e.kind == "government" for e in b)), None)
        if empty is not None and entries:
            self._answers.pop(("www", f"/zfxxgk/zfxxgknb/{len(blocks) - empty}.htm"))


class DynamicVsbPortal(VsbPortal):
    """``list.jsp?urltype=tree.TreeTempUrl``; the pager tells the number of pages in its addresses."""

    column = "/list.jsp"
    query = "urltype=tree.TreeTempUrl&wbtreeid=1014"

    def reports_url(self) -> str:
        return f"{super().reports_url()}?{self.query}"

    def article_path(self, entry: Entry) -> str:
        return f"/content/{self.number_of(entry)}.htm"

    def build(self) -> None:
        self.serve(self.column, self.answer)
        self.serve("/lm_list.jsp", self.answer)

    def answer(self, request: Request) -> Response:
        blocks = self.blocks(self.per_page)
        number = int(request.query.get("PAGENUM") or 1)
        known = request.query.get("wbtreeid") == "1014"
        entries = (blocks[number - 1 : number] or [[]])[0] if known else []
        address = f"lm_list.jsp?totalpage={len(blocks)}&PAGENUM={number + 1}&{self.query}"
        pager = f'<div class="pb_sys_common"><a href="{escape(address)}">2</a><a href="javascript:go()">下页</a></div>'
        return page(self.list_page(self.rows(entries, "") + pager))


class YearColumnsPortal(VsbPortal):
    """A column for each year, which is that year's report itself; the units' reports in a list of their own."""

    def year_path(self, entry: Entry) -> str:
        return f"/zfxxgk/zfxxgknb/n{entry.year}n.htm"

    def article_path(self, entry: Entry) -> str:
        return self.year_path(entry) if entry.kind == "government" else super().article_path(entry)

    def build(self) -> None:
        tabs = "".join(f'<li><a href="zfxxgknb/n{e.year}n.htm">{e.year}年</a></li>' for e in self.site.reports)
        others = [e for e in self.site.entries if e.kind != "government"]
        self.serve(self.column, self.list_page(f'<ul class="years">{tabs}</ul>{self.rows(others[:3], "..")}'))
        for entry in self.site.reports:
            report = entry.report
            assert report is not None
            body = report_body(report, self.site.style, lambda number: "")
            content = f"<h1>{escape(entry.title)}</h1>{self.container(body)}"
            self.serve(self.year_path(entry), self.list_page(content))


CASES = (
    Case("vsb", VsbPortal, "vsb"),
    Case("vsb-gone-file", GoneFilePortal, "vsb"),
    Case("vsb-dynamic", DynamicVsbPortal, "vsb"),
    Case("vsb-year-columns", YearColumnsPortal, "vsb"),
)
