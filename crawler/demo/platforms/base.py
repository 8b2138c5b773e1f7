"""A simulated portal: addresses, and what is served under each.

A platform module subclasses ``Portal``: it names the address of an article and of a column, registers its list
pages in ``build``, and writes articles and lists in its own markup. Everything else is here: the home page, the
way from it to the annual reports (首页 - 政务公开 - 政府信息公开 - 政府信息公开年报), columns of other matters,
articles of look-alikes, pictures, robots.txt.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from crawler.demo.body import note, other_body, report_body, ruled_image, seed_body
from crawler.demo.chrome import DISCLOSURE, MENU, REPORTS_COLUMN, Chrome
from crawler.demo.server import Request, Response, page, redirect
from crawler.demo.site import Entry, Site, digest

Answer = Callable[[Request], Response]

ROBOTS = {
    "rules": "User-agent: *\nDisallow: /search\nDisallow: /manage/\nCrawl-delay: 0.05\n",
    "html": "<!DOCTYPE html><html><head><title>页面不存在</title></head><body>您访问的页面不存在</body></html>",
}
NOT_FOUND = (
    "<!DOCTYPE html><html><head><title>404</title></head>"
    "<body><h1>404 Not Found</h1><p>您访问的页面不存在</p></body></html>"
)
COLUMN_METAS = {"ColumnDescription": "政府信息公开工作年度报告", "ColumnKeywords": "年报", "ColumnType": "信息公开年报"}


class Portal:
    """One portal, on one or more hosts. ``bases`` has the address of each host once its server is bound."""

    def __init__(self, site: Site, seeds: dict[str, str] | None = None) -> None:
        self.site = site
        self.seeds = seeds or {}
        self.bases: dict[str, str] = {}
        self.chrome = Chrome(site, self.link)
        self._answers: dict[tuple[str, str], Answer] = {}
        self._built = False

    # ------------------------------------------------------------------------------------- for the server

    def respond(self, request: Request) -> Response:
        if not self._built:
            self._build()
        answer = self._answers.get((request.host, request.path))
        if answer is None and (request.host, request.path + "/") in self._answers:
            return redirect(self.bases[request.host] + request.path + "/")
        return answer(request) if answer else page(NOT_FOUND, status=404)

    @property
    def home_url(self) -> str:
        return self.bases["www"] + "/"

    def article_url(self, entry: Entry) -> str:
        """The full address of an entry's page."""
        return entry.href or self.bases[self.article_host(entry)] + self.article_path(entry)

    # ------------------------------------------------------------------------------------ for a platform

    def article_path(self, entry: Entry) -> str:
        raise NotImplementedError

    def column_path(self, name: str) -> str:
        """The address of a column that is not about annual reports."""
        raise NotImplementedError

    def reports_url(self) -> str:
        """The address of the annual-report column."""
        raise NotImplementedError

    def build(self) -> None:
        """Register the annual-report column and its further pages."""
        raise NotImplementedError

    def article(self, entry: Entry, body: str) -> str:
        """The page of an article."""
        raise NotImplementedError

    def seed_page(self, body: str) -> str:
        """A real report's text in the body container of the platform, without anything around it."""
        head = '<!DOCTYPE html>\n<html>\n<head><meta charset="utf-8"></head>\n'
        return f"{head}<body>\n{self.container(body)}\n</body>\n</html>\n"

    def container(self, body: str) -> str:
        """The element that holds an article's text."""
        raise NotImplementedError

    def article_host(self, entry: Entry) -> str:
        return "www"

    def serve(self, path: str, answer: Answer | str, host: str = "www") -> None:
        if isinstance(answer, str):
            text = answer
            self._answers[(host, path)] = lambda request: page(text)
        else:
            self._answers[(host, path)] = answer

    def slug(self, name: str) -> int:
        """A stable number for a column."""
        return 60000 + int(digest(f"{self.site.code} {name}", 4), 16) % 9000

    def link(self, name: str) -> str:
        """The address of a column by its name, for menus and crumbs."""
        if name == "首页":
            return self.bases.get("www", "") + "/"
        if name == REPORTS_COLUMN:
            return self.reports_url()
        return self.bases.get("www", "") + self.column_path(name)

    def image_path(self, entry: Entry, number: int) -> str:
        return self.article_path(entry).rpartition("/")[0] + f"/W0{digest(entry.key, 12)}{number}.png"

    def note(self, entry: Entry) -> str:
        return f'<div class="demo-note">{note(entry.report)}</div>' if entry.report else ""

    # --------------------------------------------------------------------------------------------- build

    def _build(self) -> None:
        chrome = self.chrome
        for host in self.site.hosts:
            self.serve("/", chrome.page("首页", chrome.home()), host)
            self.serve("/robots.txt", self._robots, host)
        for menu, children in MENU.items():
            for name in (menu.format(place=self.site.place), *children):
                self._plain_column(name)
        for name in (*DISCLOSURE, "网站地图", "关于我们", "站内搜索"):
            self._plain_column(name)
        self._door("政务公开", ("政府信息公开", *MENU["政务公开"]))
        self._door("政府信息公开", (*DISCLOSURE[:3], REPORTS_COLUMN, *DISCLOSURE[3:]))
        for entry in self.site.entries:
            if entry.href is None:
                self._serve_article(entry)
        self.build()
        self._built = True

    def _robots(self, request: Request) -> Response:
        kind = self.site.robots
        if kind == "missing":
            return page(NOT_FOUND, status=404)
        return page(ROBOTS[kind], content_type="text/html" if kind == "html" else "text/plain")

    def _plain_column(self, name: str) -> None:
        """A column of other matters, written when it is asked for: few of them are."""
        metas = {"ColumnName": name, "ColumnType": "工作动态"}
        self.serve(
            self.column_path(name),
            lambda request: page(self.chrome.page(name, self.chrome.plain_column(name), metas=metas, crumbs=(name,))),
        )

    def _door(self, name: str, children: tuple[str, ...]) -> None:
        """A page that leads on: a side menu, and a few rows of the first column."""
        items = "".join(f'<li class="left-item">{self.chrome.anchor(child)}</li>\n' for child in children)
        content = f'<div class="side"><h3>{name}</h3><ul class="left-menu">{items}</ul></div>'
        content += self.chrome.plain_column("政策文件")
        self.serve(self.column_path(name), self.chrome.page(name, content, metas={"ColumnName": name}, crumbs=(name,)))

    def _serve_article(self, entry: Entry) -> None:
        host, report = self.article_host(entry), entry.report

        def answer(request: Request) -> Response:
            if report is not None and report.seed in self.seeds:
                return page(self.seed_page(seed_body(self.seeds[report.seed])))
            if report is None:
                body = other_body(entry, self.site.style)
            else:
                body = report_body(report, self.site.style, lambda number: self.image_path(entry, number))
            text = self.article(entry, body)
            if entry.encoding != "utf-8":
                text = text.replace('charset="utf-8"', f'charset="{entry.encoding}"')
                return page(text, encoding=entry.encoding, content_type="text/html")
            return page(text)

        self.serve(urlsplit(self.article_path(entry)).path, answer, host)
        if report is not None:
            for table in sorted(report.images):
                png = self.image_path(entry, int(table[-1]))
                self.serve(png, lambda request: Response(ruled_image(), 200, "image/png"), host)

    def article_metas(self, entry: Entry) -> dict[str, str]:
        """The national content tags."""
        return {
            "ColumnName": REPORTS_COLUMN,
            "ColumnType": "信息公开年报",
            "ArticleTitle": entry.title,
            "PubDate": f"{entry.date} 09:{int(entry.key[:4], 16) % 60:02d}",
            "ContentSource": self.publisher(entry),
        }

    def publisher(self, entry: Entry) -> str:
        if entry.unit:
            return entry.unit
        if entry.report is not None:
            return entry.report.subject
        return str(self.site.data["agency"])


def cut(title: str, length: int = 18, mark: str = "...") -> str:
    """A title as a narrow list shows it.

    >>> cut("云河县2024年政府信息公开工作年度报告", 10)
    '云河县2024年政府...'
    """
    return title if len(title) <= length else title[:length] + mark
