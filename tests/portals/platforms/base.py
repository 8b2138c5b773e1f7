"""What the simulated portals share: the frame around a list, articles with the national tags, blocks of entries."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from crawler.demo.chrome import REPORTS_COLUMN
from crawler.demo.platforms.base import COLUMN_METAS, Portal
from crawler.demo.site import Entry, digest


@dataclass(frozen=True, slots=True)
class Case:
    """A portal to crawl: its name, its class, what must be recognised, how its visit must end.

    ``hosts`` are the roles of its hosts, ``www`` first; ``scope`` is what the crawl asks for, ``level`` whose portal
    it is: a county's or a prefecture's.
    """

    name: str
    platform: type[ComposedPortal]
    family: str
    outcome: str = "ok"
    hosts: tuple[str, ...] = ("www",)
    scope: str = "government"
    level: str = "county"


class ComposedPortal(Portal):
    """A portal with one annual-report column on ``www``; a platform says how its rows are reached."""

    column = "/zwgk/zfxxgk/zfxxgknb/"

    def column_path(self, name: str) -> str:
        return f"/zwgk/c{digest(f'{self.site.code} {name}', 6)}/"

    def reports_url(self) -> str:
        return self.bases.get("www", "") + self.column

    def blocks(self, size: int) -> list[list[Entry]]:
        """The entries of the column, newest first, in pages of ``size``."""
        entries = self.site.entries
        return [entries[start : start + size] for start in range(0, len(entries), size)]

    def number_of(self, entry: Entry) -> int:
        """A stable number for an entry, of seven figures."""
        return 2_000_000 + int(entry.key[:6], 16) % 7_000_000

    def list_page(self, content: str, *, head: str = "") -> str:
        """A page of the column around ``content``."""
        metas = {"ColumnName": REPORTS_COLUMN, **COLUMN_METAS}
        crumbs = ("政务公开", "政府信息公开", REPORTS_COLUMN)
        return self.chrome.page(
            REPORTS_COLUMN, f'<div class="main">{content}</div>', metas=metas, head=head, crumbs=crumbs
        )

    def serve_page(self, url: str, text: str) -> None:
        """A page under a full address of this portal, or a path of ``www``."""
        host = next((role for role, base in self.bases.items() if url.startswith(base + "/")), "www")
        self.serve(urlsplit(url).path, text, host)

    def container(self, body: str) -> str:
        return f'<div id="zoom">\n{body}\n</div>'

    def article(self, entry: Entry, body: str) -> str:
        content = f"""<div class="article"><h1>{escape(entry.title)}</h1>
<div class="info"><span>发布时间：{entry.date}</span> <span>来源：{self.publisher(entry)}</span></div>
{self.container(body)}</div>"""
        crumbs = ("政务公开", "政府信息公开", REPORTS_COLUMN)
        return self.chrome.page(entry.title, content, metas=self.article_metas(entry), crumbs=crumbs)
