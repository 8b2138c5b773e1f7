"""Ankang Node/Content: columns ``/Node-N.html``, articles ``/Content-N.html``, ids shared by a cluster of sites.

Known from real pages: rows in ``.article-list`` with the full title in ``title=`` and ``.time`` as ``2021.01.29``,
bodies in ``.article-main``, the line 作者：佚名 来源：… 发布时间：…, office, towns and departments mixed in one list.
Assumed: further pages are ``/Node-N-2.html`` and linked as 下一页; robots.txt is answered with a web page; no
national meta tags. The real portal speaks https with an incomplete chain; here it is http.
"""

from __future__ import annotations

from crawler.demo.chrome import REPORTS_COLUMN
from crawler.demo.platforms.base import Portal, cut
from crawler.demo.site import Entry

REPORTS = 74638
DISCLOSURE = 62998
PER_PAGE = 20


class AnkangPortal(Portal):
    """One list of all reports, over several pages."""

    def column_path(self, name: str) -> str:
        return f"/Node-{DISCLOSURE if name == '政府信息公开' else self.slug(name)}.html"

    def article_path(self, entry: Entry) -> str:
        return f"/Content-{entry.id or 2000000 + int(entry.key[:5], 16) % 900000}.html"

    def reports_url(self) -> str:
        return self.bases.get("www", "") + f"/Node-{REPORTS}.html"

    def build(self) -> None:
        entries = self.site.entries
        pages = -(-len(entries) // PER_PAGE)
        for number in range(1, pages + 1):
            rows = entries[(number - 1) * PER_PAGE : number * PER_PAGE]
            self.serve(self._page_path(number), self._list(rows, number, pages))

    def _page_path(self, number: int) -> str:
        return f"/Node-{REPORTS}.html" if number == 1 else f"/Node-{REPORTS}-{number}.html"

    def _list(self, entries: list[Entry], number: int, pages: int) -> str:
        rows = "".join(
            f'<li><a href="{self.article_path(entry)}" title="{entry.title}" target="_blank">'
            f"{cut(entry.title, 22, '…')}</a>"
            f'<span class="time">{entry.date.replace("-", ".")}</span></li>\n'
            for entry in entries
        )
        links = [f'<span class="count">共{len(self.site.entries)}条 {number}/{pages}页</span>']
        if number > 1:
            links.append(f'<a href="{self._page_path(number - 1)}">上一页</a>')
        if number < pages:
            links.append(f'<a href="{self._page_path(number + 1)}">下一页</a>')
        content = f"""<div class="main"><h3>{REPORTS_COLUMN}</h3><ul class="article-list">
{rows}</ul><div class="page-nav">{" ".join(links)}</div></div>"""
        return self.chrome.page(REPORTS_COLUMN, content, crumbs=("政务公开", "政府信息公开", REPORTS_COLUMN))

    def container(self, body: str) -> str:
        return f'<div class="article-main">\n{body}\n</div>'

    def article(self, entry: Entry, body: str) -> str:
        minute = int(entry.key[:4], 16) % 60
        info = f"作者：佚名 来源：{self.publisher(entry)} 发布时间：{entry.date} 10:{minute:02d}"
        content = f"""<div class="article">{self.note(entry)}
<div class="tools">用户中心 | 手机版 | 繁体 本站支持IPV6</div>
<h1 class="article-title">{entry.title}</h1>
<div class="info">{info}</div><div class="tools">字体调节： A+ A- 操作：</div>
{self.container(body)}</div>"""
        return self.chrome.page(entry.title, content, crumbs=("政务公开", "政府信息公开", REPORTS_COLUMN))
