"""TRS WCM: static pages, a list whose further pages only a script call knows, articles ``t<date>_<id>.shtml``.

Known from real pages: the disclosure site on a host of its own, relative links that need the column's trailing
slash (without it the server redirects), ``createPageHTML(N, i, "index", "html")`` with pages ``index_1.html`` …,
bodies in ``.TRS_Editor``, an address date that is not the date shown, an older article in GBK whose charset only
its own meta tag tells. Assumed: robots.txt with rules and a short Crawl-delay.
"""

from __future__ import annotations

from crawler.demo.chrome import REPORTS_COLUMN
from crawler.demo.platforms.base import COLUMN_METAS, Portal, cut
from crawler.demo.site import Entry, digest

COLUMN = "/xzf/zfxxgknb/"


class TrsPortal(Portal):
    """County, towns and departments in one list, newest first, over several static pages."""

    def column_path(self, name: str) -> str:
        known = {"政务公开": "/zwgk/", "政府信息公开": "/zwgk/zfxxgk/"}
        return known.get(name, f"/zwgk/c{digest(name, 6)}/")

    def link(self, name: str) -> str:
        """Menus give the annual reports without the slash, as editors write them."""
        return super().link(name).rstrip("/") if name == REPORTS_COLUMN else super().link(name)

    def article_host(self, entry: Entry) -> str:
        return "xxgk"

    def article_path(self, entry: Entry) -> str:
        day = entry.url_date or entry.date.replace("-", "")
        number = entry.id or 1900000 + int(entry.key[:5], 16) % 300000
        folder = COLUMN if entry.unit is None else f"/xzfgzbm/b{digest(entry.unit, 4)}/zfxxgknb/"
        return f"{folder}{day[:6]}/t{day}_{number}.shtml"

    def reports_url(self) -> str:
        return self.bases.get("xxgk", "") + COLUMN

    def build(self) -> None:
        entries, size = self.site.entries, self.site.data["per_page"]
        pages = -(-len(entries) // size)
        for number in range(pages):
            text = self._list(entries[number * size : (number + 1) * size], number, pages)
            if number == 0:
                self.serve(COLUMN, text, "xxgk")
            self.serve(COLUMN + ("index.html" if number == 0 else f"index_{number}.html"), text, "xxgk")

    def _href(self, entry: Entry) -> str:
        """Relative to the column, as the publisher writes it."""
        if entry.href:
            return entry.href
        path = self.article_path(entry)
        return "./" + path.removeprefix(COLUMN) if path.startswith(COLUMN) else "../.." + path

    def _list(self, entries: list[Entry], number: int, pages: int) -> str:
        rows = "".join(
            f'<li><a href="{self._href(entry)}" title="{entry.title}">{cut(entry.title, 20, "…")}</a>'
            f"<span>[{entry.date}]</span></li>\n"
            for entry in entries
        )
        content = f"""<div class="main"><ul class="list">
{rows}</ul>
<div class="page"><script>createPageHTML({pages}, {number}, "index", "html");</script></div></div>"""
        metas = {"ColumnName": REPORTS_COLUMN, **COLUMN_METAS}
        crumbs = ("政务公开", "政府信息公开", REPORTS_COLUMN)
        return self.chrome.page(REPORTS_COLUMN, content, metas=metas, crumbs=crumbs)

    def container(self, body: str) -> str:
        return f'<div class="TRS_Editor" id="zoom">\n{body}\n</div>'

    def article(self, entry: Entry, body: str) -> str:
        lines = (self.publisher(entry), _chinese(entry.date)) if entry.report else ()
        signed = "".join(f'<p align="right">{line}</p>' for line in lines)
        content = f"""<div class="article">{self.note(entry)}<h1>{entry.title}</h1>
<div class="info"><span>发布时间： {entry.date}</span> <span>来源：{self.publisher(entry)}</span></div>
{self.container(body + signed)}</div>"""
        crumbs = ("政务公开", "政府信息公开", REPORTS_COLUMN)
        return self.chrome.page(entry.title, content, metas=self.article_metas(entry), crumbs=crumbs)


def _chinese(day: str) -> str:
    """
    >>> _chinese("2025-02-05")
    '2025年2月5日'
    """
    year, month, number = (int(part) for part in day.split("-"))
    return f"{year}年{month}月{number}日"
