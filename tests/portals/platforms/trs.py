"""TRS WCM: static pages whose links only a script call knows, in each dialect of the call."""

from __future__ import annotations

from crawler.demo.platforms.base import cut
from crawler.demo.site import Entry
from tests.portals.platforms.base import Case, ComposedPortal


class TrsPortal(ComposedPortal):
    """Pages ``index_1.html`` or ``index_2.html`` …; ``script`` declares them. ``missing`` pages were never written."""

    script = '<script>createPageHTML({pages}, {number}, "index", "html");</script>'
    base = 0  # the number that stands for page 1
    name, extension = "index", "html"
    per_page = 6
    undeclared = 0  # pages that are declared and answer 404

    def article_path(self, entry: Entry) -> str:
        day = entry.date.replace("-", "")
        return f"{self.column}{day[:6]}/t{day}_{self.number_of(entry)}.{self.extension}"

    def build(self) -> None:
        blocks = self.blocks(self.per_page)
        for index, entries in enumerate(blocks):
            text = self.list_page(self.rows(entries) + self.pager(index + self.base, len(blocks), index))
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

    def pager(self, number: int, pages: int, index: int) -> str:
        """The call on page ``index`` (from 0), which the dialect counts as ``number``."""
        declared = pages + self.undeclared
        values = {"pages": declared, "number": number, "total": len(self.site.entries)}
        return self.script.format(**values)

    def container(self, body: str) -> str:
        return f'<div class="TRS_Editor" id="zoom">\n{body}\n</div>'


class FromOnePortal(TrsPortal):
    """The container's id first: page 1 is number 1."""

    script = (
        "<div id='paging'></div><script>createPageHTML('paging', {pages}, {number}, 'index', 'html', {total})</script>"
    )
    base = 1


class CappedPortal(TrsPortal):
    """Twenty pages declared, fewer written."""

    script = '<script>createPageHTML({pages}, {number}, "index", "html", "black2", 1456);</script>'
    undeclared = 4


CASES = (
    Case("trs", TrsPortal, "trs"),
    Case("trs-from-one", FromOnePortal, "trs"),
    Case("trs-capped", CappedPortal, "trs"),
)
