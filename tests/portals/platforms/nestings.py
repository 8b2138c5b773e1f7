"""The ways in which an annual-report column is nested: levels, years, units' own sites, tabs, itself a report, links
to other hosts, reports of other regions, columns that send on. The markup is any system's.

A nesting is a tree of ``Branch``; ``NestedPortal`` serves each branch as a page with a menu of its children and the
rows it has. ``crumbs_only`` portals say nothing in their metas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import escape

from crawler.demo.chrome import DISCLOSURE, REPORTS_COLUMN
from crawler.demo.server import Request, Response, page
from crawler.demo.site import Entry, digest
from tests.portals.platforms.base import Case, ComposedPortal

YEAR_FOLDERS = ("{y}/", "{y}n/", "n{y}n/", "{y}xxgknb/", "zfxxgknb_{y}/", "{id}/", "{y}n_1/")
YEAR_NAMES = ("{y}年", "{y}年度", "{y}", "{y}年年报")
LEVELS = (("县政府", "bj/", "government"), ("县直部门", "xzbm/", "department"), ("乡镇（街道）", "xzjd/", "town"))


@dataclass(slots=True)
class Branch:
    """A column: its name, address and rows, and the columns below it."""

    name: str
    path: str
    entries: list[Entry] = field(default_factory=list)
    children: list[Branch] = field(default_factory=list)


class NestedPortal(ComposedPortal):
    """A tree of columns under ``column``; this one is the flat list of all, in pages with 下一页."""

    column = "/xxgk/nbzl/"
    crumbs_only = False
    per_page = 7

    def article_path(self, entry: Entry) -> str:
        return f"/show/{self.number_of(entry)}.html"

    def tree(self) -> Branch:
        return Branch(REPORTS_COLUMN, self.column, self.site.entries)

    def build(self) -> None:
        self.serve_branch(self.tree(), ())

    def of(self, *kinds: str) -> list[Entry]:
        return [entry for entry in self.site.entries if entry.kind in kinds]

    def serve_branch(self, branch: Branch, above: tuple[str, ...]) -> None:
        blocks = [branch.entries[n : n + self.per_page] for n in range(0, len(branch.entries), self.per_page)] or [[]]
        for number, entries in enumerate(blocks, start=1):
            following = f"{branch.path}list_{number + 1}.html" if number < len(blocks) else ""
            content = self.menu(branch.children) + self.rows(entries) + _next(following)
            path = branch.path if number == 1 else f"{branch.path}list_{number}.html"
            self.serve(path, self.column_page(branch.name, content, above))
        for child in branch.children:
            self.serve_branch(child, (*above, branch.name))

    def menu(self, children: Iterable[Branch]) -> str:
        items = "".join(f'<li><a href="{child.path}">{child.name}</a></li>' for child in children)
        return f'<div class="lmenu"><ul>{items}</ul></div>' if items else ""

    def rows(self, entries: list[Entry]) -> str:
        items = "".join(
            f'<li><a href="{escape(self.article_url(e))}">{escape(e.title)}</a><span>{e.date}</span></li>\n'
            for e in entries
        )
        return f'<ul class="news">\n{items}</ul>' if items else ""

    def column_page(self, name: str, content: str, above: tuple[str, ...] = ()) -> str:
        metas = {} if self.crumbs_only else {"ColumnName": name, "ColumnType": "" if above else "信息公开年报"}
        trail = " &gt; ".join(("首页", "政务公开", *above, name))
        body = f'<div class="weizhi">当前位置：{trail}</div><div class="main">{content}</div>'
        return self.chrome.page(name, body, metas=metas)

    def by_year(self, path: str, entries: list[Entry]) -> list[Branch]:
        """A column for each year, under names and addresses that change from year to year."""
        years = sorted({entry.year for entry in entries if entry.year}, reverse=True)
        found = []
        for number, year in enumerate(years):
            folder = YEAR_FOLDERS[number % len(YEAR_FOLDERS)].format(y=year, id=digest(f"{path} {year}", 32))
            mine = [entry for entry in entries if entry.year == year]
            found.append(Branch(YEAR_NAMES[number % len(YEAR_NAMES)].format(y=year), path + folder, mine))
        return found


class LevelsPortal(NestedPortal):
    """本级, departments and towns in columns of their own; look-alikes beside the government's."""

    def tree(self) -> Branch:
        return Branch(REPORTS_COLUMN, self.column, [], [self.level(*row) for row in LEVELS])

    def level(self, name: str, folder: str, kind: str) -> Branch:
        kinds = (kind, "lookalike") if kind == "government" else (kind,)
        return Branch(name, self.column + folder, self.of(*kinds))


class YearsPortal(NestedPortal):
    """A column a year; the column itself lists nothing."""

    def tree(self) -> Branch:
        return Branch(REPORTS_COLUMN, self.column, [], self.by_year(self.column, self.site.entries))


class BareYearsPortal(YearsPortal):
    """The same without metas, with the newest year's rows on the column itself."""

    crumbs_only = True

    def tree(self) -> Branch:
        years = self.by_year(self.column, self.site.entries)
        return Branch(REPORTS_COLUMN, self.column, years[0].entries, years)


class LevelYearsPortal(LevelsPortal):
    """Years within levels."""

    def level(self, name: str, folder: str, kind: str) -> Branch:
        flat = LevelsPortal.level(self, name, folder, kind)
        return Branch(name, flat.path, [], self.by_year(flat.path, flat.entries))


class YearLevelsPortal(NestedPortal):
    """Levels within years, without metas."""

    crumbs_only = True

    def tree(self) -> Branch:
        years = self.by_year(self.column, self.site.entries)
        for year in years:
            entries, year.entries = year.entries, []
            year.children = [
                Branch(name, year.path + folder, [e for e in entries if e.kind in (kind, _beside(kind))])
                for name, folder, kind in LEVELS
            ]
        return Branch(REPORTS_COLUMN, self.column, [], years)


class UnitSitesPortal(NestedPortal):
    """Each unit has a site of its own on the portal; the government's column lists the government's reports alone."""

    def build(self) -> None:
        self.serve_branch(Branch(REPORTS_COLUMN, self.column, self.of("government", "lookalike")), ())
        units: dict[str, list[Entry]] = {}
        for entry in self.of("department", "town"):
            units.setdefault(str(entry.unit), []).append(entry)
        links = "".join(f'<li><a href="{self.unit_path(unit)}">{unit}</a></li>' for unit in units)
        doors = "".join(f"<li>{self.chrome.anchor(name)}</li>" for name in (*DISCLOSURE, REPORTS_COLUMN))
        content = f'<ul class="lmenu">{doors}</ul><div class="danwei"><h3>各单位</h3><ul>{links}</ul></div>'
        self.serve(self.column_path("政府信息公开"), self.chrome.page("政府信息公开", content))
        for unit, entries in units.items():
            self.serve_unit(unit, entries)

    def unit_path(self, unit: str) -> str:
        return f"/site_{digest(unit, 8)}/"

    def serve_unit(self, unit: str, entries: list[Entry]) -> None:
        home = self.unit_path(unit)
        names = {"gk/": "机构概况", "zn/": "政府信息公开指南", "nb/": "政府信息公开年报", "dt/": "工作动态"}
        menu = "".join(f'<li><a href="{home}{path}">{name}</a></li>' for path, name in names.items())
        self.serve(home, self.chrome.page(unit, f"<h2>{unit}</h2><ul>{menu}</ul>", metas={"ColumnName": unit}))
        self.serve_branch(Branch("政府信息公开年报", home + "nb/", entries), (unit,))


class UnitListPortal(UnitSitesPortal):
    """The units are choices on the column itself, told apart by an id in the query."""

    column = "/xxgk/column.jsp"

    def build(self) -> None:
        units: dict[str, list[Entry]] = {"": self.of("government", "lookalike")}
        for entry in self.of("department", "town"):
            units.setdefault(str(entry.unit), []).append(entry)
        ids = {digest(unit, 7): unit for unit in units}
        links = "".join(f'<li><a href="?organId={key}&type=3">{unit}</a></li>' for key, unit in ids.items() if unit)

        def answer(request: Request) -> Response:
            unit = ids.get(request.query.get("organId", ""), "")
            return page(self.column_page(REPORTS_COLUMN, f'<ul class="tree">{links}</ul>{self.rows(units[unit])}'))

        self.serve(self.column, answer)


class TabsPortal(NestedPortal):
    """Tabs of one page, told apart by a query; the page says the same of itself on each tab."""

    column = "/zwgk/zfxxgkml/"
    parameter, value = "gk", "4"
    tabs = (
        ("1", "信息公开指南"),
        ("2", "信息公开制度"),
        ("3", "法定主动公开内容"),
        ("4", "信息公开年报"),
        ("5", "依申请公开"),
    )

    def reports_url(self) -> str:
        return self.bases.get("www", "") + self.column

    def build(self) -> None:
        links = "".join(f'<li><a href="?{self.parameter}={key}">{name}</a></li>' for key, name in self.tabs)

        def answer(request: Request) -> Response:
            chosen = request.query.get(self.parameter)
            inner = self.rows(self.site.entries) if chosen == self.value else self.chrome.plain_column("政策文件")
            content = f'<ul class="tab">{links}</ul>{inner}'
            return page(self.chrome.page("政府信息公开", content, metas={"ColumnName": "政府信息公开"}))

        self.serve(self.column, answer)


class StateTabsPortal(TabsPortal):
    """The same by ``?state=3``, and the tab is called 年报."""

    parameter, value = "state", "3"
    tabs = (("0", "指南"), ("1", "制度"), ("2", "法定主动公开内容"), ("3", "年报"), ("4", "依申请公开"))


class YearChoicePortal(NestedPortal):
    """A choice of years that a script puts behind ``?fbtime=``."""

    column = "/module/annual.jsp"

    def build(self) -> None:
        years = sorted({entry.year for entry in self.site.entries if entry.year}, reverse=True)
        options = "".join(f'<option value="{year}">{year}年</option>' for year in years)
        choice = f"<select onchange=\"location.href='{self.column}?fbtime='+this.value\">{options}</select>"

        def answer(request: Request) -> Response:
            year = request.query.get("fbtime", str(years[0]))
            entries = [entry for entry in self.site.entries if str(entry.year) == year]
            return page(self.column_page(REPORTS_COLUMN, choice + self.rows(entries)))

        self.serve(self.column, answer)


class ReportColumnPortal(NestedPortal):
    """The column is the newest report itself, with links to those of other years."""

    def article_path(self, entry: Entry) -> str:
        if entry.kind != "government":
            return super().article_path(entry)
        newest = max(e.year or 0 for e in self.site.reports)
        return self.column if entry.year == newest else f"{self.column}{entry.year}.html"

    def article(self, entry: Entry, body: str) -> str:
        if entry.kind != "government":
            return super().article(entry, body)
        links = "".join(f'<li><a href="{self.article_path(e)}">{e.year}年</a></li>' for e in self.site.reports)
        return self.column_page(REPORTS_COLUMN, f'<ul class="nian">{links}</ul><h1>{entry.title}</h1><div>{body}</div>')

    def build(self) -> None:
        """Nothing but the reports."""


class LinkPagePortal(NestedPortal):
    """A page of links to the reports of hundreds of bodies on hosts of their own, the portal's among them."""

    def build(self) -> None:
        foreign = "".join(
            f'<li><a href="http://www.unit{n}.gov.cn/{"nb/" if n % 3 else f"t2025012{n % 9}_{n}.html"}">'
            f"{name}2024年政府信息公开工作年度报告</a></li>"
            for n in range(300)
            for name in (f"第{n}测绘院" if n % 2 else f"外地{n}市",)
        )
        cities = "".join(f'<li><a href="http://www.city{n}.gov.cn/nb/">城市{n}</a></li>' for n in range(40))
        content = f"<ul>{foreign}</ul>{self.rows(self.of('government', 'lookalike'))}<ul>{cities}</ul>"
        self.serve(self.column, self.column_page(REPORTS_COLUMN, content))


class CityPortal(NestedPortal):
    """A prefecture that repeats the reports of its counties, in a column of their own and among its own."""

    def tree(self) -> Branch:
        mirrors = self.of("mirror")
        own = Branch("市政府", self.column + "szf/", [*self.of("government", "lookalike"), *mirrors[:2]])
        return Branch(REPORTS_COLUMN, self.column, [], [own, Branch("县市区", self.column + "xsq/", mirrors)])


class NeighboursPortal(NestedPortal):
    """A county whose list repeats what its prefecture and its neighbours published."""


class SentOnPortal(LevelsPortal):
    """The column has no page: a script sends its reader to the first column below it, where the others are named."""

    column = "/xxgk/nb/redirect_firstChannel.shtml"
    shell = "<html><head><script>window.location.href='{to}';</script></head><body></body></html>"

    def build(self) -> None:
        levels = [self.level(name, f"/xxgk/nb/{folder}", kind) for name, folder, kind in LEVELS]
        self.serve(self.column, self.shell.format(to=levels[0].path))
        for branch in levels:
            content = self.menu(levels) + self.rows(branch.entries)
            self.serve(branch.path, self.column_page(branch.name, content, (REPORTS_COLUMN,)))

    def level(self, name: str, folder: str, kind: str) -> Branch:
        return Branch(name, folder, self.of(kind, _beside(kind)))


class RefreshedPortal(SentOnPortal):
    """The same by a meta refresh behind a jump page."""

    column = "/xxgk/nb/jump.shtml"
    shell = '<html><head><meta http-equiv="refresh" content="0;url={to}"></head><body>正在跳转</body></html>'


class FramedPortal(NestedPortal):
    """The list is in a frame, and what it pages to as well."""

    def build(self) -> None:
        self.serve_branch(Branch(REPORTS_COLUMN, "/xxgk/frame/", self.site.entries), ())
        content = '<iframe src="/xxgk/frame/" width="100%"></iframe>'
        self.serve(self.column, self.column_page(REPORTS_COLUMN, content))


def _beside(kind: str) -> str:
    """Look-alikes stand beside the government's reports."""
    return "lookalike" if kind == "government" else kind


def _next(path: str) -> str:
    return f'<div class="page"><a href="{path}">下一页</a></div>' if path else ""


def _cases(name: str, platform: Callable[..., ComposedPortal], **more: str) -> tuple[Case, ...]:
    """A portal for each scope."""
    return tuple(
        Case(f"{name}{suffix}", platform, "generic", scope=scope, **more)  # type: ignore[arg-type]
        for suffix, scope in (("", "government"), ("_all", "all"))
    )


CASES = (
    *_cases("flat", NestedPortal),
    *_cases("levels", LevelsPortal),
    *_cases("years", YearsPortal),
    *_cases("years_bare", BareYearsPortal),
    *_cases("level_years", LevelYearsPortal),
    *_cases("year_levels", YearLevelsPortal),
    *_cases("unit_sites", UnitSitesPortal),
    *_cases("unit_list", UnitListPortal),
    *_cases("tabs_gk", TabsPortal),
    Case("tabs_state", StateTabsPortal, "generic"),
    *_cases("year_choice", YearChoicePortal),
    Case("column_is_report", ReportColumnPortal, "generic"),
    Case("link_page", LinkPagePortal, "generic"),
    Case("city", CityPortal, "generic", level="prefecture"),
    Case("neighbours", NeighboursPortal, "generic"),
    *_cases("sent_on", SentOnPortal),
    Case("refreshed", RefreshedPortal, "generic"),
    *_cases("framed", FramedPortal),
)
