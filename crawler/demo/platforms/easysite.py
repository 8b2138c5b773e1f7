"""EasySite: columns named by UUID, rows only as HTML fragments of a block, a column of its own for every year.

Known from real pages: the addresses of columns, articles and blocks, ``eportalCurrentColumnId``, fragments of
``li`` that end when a page has none, migrated articles whose address has the date of the migration. Assumed: the
attributes that name block and template, tabs that link the years, robots.txt with rules and a short Crawl-delay;
the site's identification code keeps the division code that was valid before 2014.
"""

from __future__ import annotations

from functools import cached_property

from crawler.demo.chrome import REPORTS_COLUMN
from crawler.demo.platforms.base import COLUMN_METAS, Portal
from crawler.demo.server import Request, Response, page
from crawler.demo.site import Entry, digest


def uuid(text: str) -> str:
    """A stable identifier of that form.

    >>> len(uuid("云河区"))
    36
    """
    name = digest(text, 32)
    return f"{name[:8]}-{name[8:12]}-4{name[13:16]}-9{name[17:20]}-{name[20:]}"


class EasySitePortal(Portal):
    """Government, towns and departments of one year in one column; the newest year is the column's own page."""

    def column_path(self, name: str) -> str:
        known = {"政府信息公开": "4ae36c81-984b-49f6-b98e-5728d12138e2"}
        return f"/columns/{known.get(name, uuid(name))}/index.html"

    @cached_property
    def years(self) -> dict[int, list[Entry]]:
        years: dict[int, list[Entry]] = {}
        for entry in self.site.entries:
            years.setdefault(entry.year or int(entry.date[:4]) - 1, []).append(entry)
        return dict(sorted(years.items(), reverse=True))

    def year_id(self, year: int) -> str:
        return str(self.site.data["columns"].get(str(year)) or uuid(f"年报 {year}"))

    def article_path(self, entry: Entry) -> str:
        column = self.year_id(entry.year or int(entry.date[:4]) - 1)
        day = entry.url_date or entry.date.replace("-", "")
        return f"/columns/{column}/{day[:6]}/{day[6:]}/{uuid(entry.key)}.html"

    def reports_url(self) -> str:
        return self.bases.get("www", "") + f"/columns/{uuid(REPORTS_COLUMN)}/index.html"

    def build(self) -> None:
        newest = next(iter(self.years))
        own = uuid(REPORTS_COLUMN)
        for year, entries in self.years.items():
            self._column(self.year_id(year), year, entries)
        self._column(own, newest, self.years[newest])

    def _column(self, column: str, year: int, entries: list[Entry]) -> None:
        block, template = uuid(f"block {column}"), uuid("template 年报列表")
        tabs = "".join(
            f'<li class="year-tab"><a href="/columns/{self.year_id(each)}/index.html">{each}年</a></li>\n'
            for each in self.years
        )
        content = f"""<script>var eportalCurrentColumnId='{column}';</script>
<div class="main"><ul class="years">{tabs}</ul>
<div class="eportal-block" data-block="{block}" data-template="{template}"><ul class="xxgk-list"></ul></div>
<div class="pagination" data-total="{len(entries)}"></div></div>"""
        metas = {"ColumnName": f"{year}年政府信息公开年报", **COLUMN_METAS}
        crumbs = ("政务公开", "政府信息公开", REPORTS_COLUMN)
        text = self.chrome.page(REPORTS_COLUMN, content, metas=metas, crumbs=crumbs)
        self.serve(f"/columns/{column}/index.html", text)
        self.serve(f"/columns/{column}/", text)
        path = f"/columns/{column}/templates/{template}/blocks/{block}"
        self.serve(path, lambda request: self._fragment(request, entries))

    def _fragment(self, request: Request, entries: list[Entry]) -> Response:
        size = self.site.data["per_page"]
        number = max(1, int(request.query.get("page", "1")))
        rows = "".join(
            f'<li class="xxgk_gfxwjk-list-li"><a href="{self.article_path(entry)}" target="_blank">{entry.title}</a>'
            f"<span>{entry.date}</span></li>\n"
            for entry in entries[(number - 1) * size : number * size]
        )
        return page(rows)

    def container(self, body: str) -> str:
        return f'<div class="content" id="zoom">\n{body}\n</div>'

    def article(self, entry: Entry, body: str) -> str:
        content = f"""<div class="article">{self.note(entry)}<h1 class="title">{entry.title}</h1>
<div class="source">发布时间：{entry.date}　来源：{self.publisher(entry)}</div>
{self.container(body)}</div>"""
        crumbs = ("政务公开", "政府信息公开", REPORTS_COLUMN)
        return self.chrome.page(entry.title, content, metas=self.article_metas(entry), crumbs=crumbs)
