"""The walk through one portal: home page, annual-report columns, list pages, articles.

A ``Walk`` asks for pages through ``fetch``, hands each report it finds to ``emit``, and writes what it saw into a
``Visit``. It knows no engine: tests give it a ``fetch`` that answers from a dictionary.

Order: the columns that the registry names; without a report there, the home page and from it the best links
first. A page that is an annual-report column is read to its end; elsewhere only links that are clearly titled as
annual reports are followed. Where earlier runs have found the columns, these will do, until they fail or it is time
to search again; of what they list only the new is asked for, and the known when it is due (``crawler.ledger``).

A column page that lists nothing may be filled by its scripts, or just lead to its parts: levels, years, a frame. It is
rendered when all else was looked at and none of its parts has listed a report of the portal's own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from scrapy.http import Response, TextResponse

from crawler import again, attachments, contents, discovery, families, identity, shells, titles
from crawler.again import Found
from crawler.asking import Asking, BackedOff, Fetch, Limits, OutOfBudget, other_scheme
from crawler.attachments import document_of
from crawler.families.base import Family, Link, PageRequest
from crawler.frontier import Frontier, Step
from crawler.items import FetchedDocument, ReportSource
from crawler.ledger.records import Page
from crawler.listing import ListWalk, RequestKey
from crawler.middlewares.encoding import SUSPECT
from crawler.outcomes import Outcome, Signal
from crawler.report_pages import is_report_page
from crawler.row_pages import explains, is_part, title_of
from crawler.scope import Scope
from crawler.subjects import is_agency, is_elsewhere, names
from crawler.trouble import Face, is_empty, needs_browser, not_html
from crawler.urls import canonical, is_web
from crawler.visits import Visit

Unfilled = tuple[str, shells.Shown, Step, str | None]
"""A column page without rows: its address, what it shows, what led there, its column."""
Emit = Callable[[ReportSource], Awaitable[None]]

MAX_UNSURE = 40  # links per portal that only their content can judge


@dataclass(slots=True)
class Walk:
    """One portal's walk; ``run`` once."""

    visit: Visit
    scope: Scope
    fetch: Fetch
    emit: Emit
    limits: Limits = field(default_factory=Limits)
    seen_links: set[str] = field(default_factory=set)
    articles: set[str] = field(default_factory=set)  # links settled as articles: they are no columns
    asked: set[RequestKey] = field(default_factory=set)  # list pages, shared by all columns
    unfilled: list[Unfilled] = field(default_factory=list)
    unsure: int = 0
    column: str | None = None  # whose rows are now read; None: those of some other page
    remembered: bool = False  # that column was found to be as it was
    asking: Asking = field(init=False)
    frontier: Frontier = field(init=False)
    step: Step = field(init=False)  # that led to the page that is now read
    _home: Face | None = None
    _identified: bool = False

    def __post_init__(self) -> None:
        self.asking = Asking(self.visit, self.fetch, self.limits)
        self.frontier = Frontier(self.visit, self.scope, self._is_known)

    async def run(self) -> None:
        """Walks until all is seen or the budget is used up; what was seen is in ``visit``."""
        if not self.visit.portal.url:
            self.visit.entry.append(Signal("no_address"))
            self.visit.notes.append("登记表中没有地址 / no address known: scrapy crawl portal_directory")
            return
        try:
            await self._search()
            await self._look_after_loose()
        except OutOfBudget as spent:
            self.visit.out_of_time = str(spent)
        except BackedOff as reason:
            self.visit.left_alone = True
            self.visit.notes.append(str(reason))

    async def _search(self) -> None:
        """The columns of the registry and of earlier runs, and the home page where they don't do."""
        recall, portal = self.visit.recall, self.visit.portal
        settled, known = recall.settled, [column.url for column in recall.memory.columns]
        if first := [*portal.columns, *(known if settled else ())]:
            await self._explore(first, follow=False)
        found = self.visit.years or self.visit.open_items
        again = recall.troubled if settled else self.scope.agencies
        searched = True
        if not self._is_closed() and (again or not found):
            searched = await self._explore([portal.url], follow=True, afresh=settled)
        if not settled and not self._is_refused():
            await self._explore(known, follow=False)
        if doubtful := recall.in_doubt():
            recall.thorough = True
            self.asking.seen -= {canonical(url) for url in doubtful}
            self.asked.clear()
            await self._explore(doubtful, follow=False)
        recall.discovered = searched and not self.scope.years and not self._is_refused() and (again or not settled)

    async def _look_after_loose(self) -> None:
        """Known reports that no column names: each is asked for by itself when it is due."""
        self.column, self.step = None, Step((0.0, 0), self.visit.portal.url, "entry")
        await self._look_after(self.visit.recall.loose())
        await self._go_on(follow=False)

    async def _look_after(self, pages: list[Page]) -> None:
        """Pages that are known and were not met yet."""
        for page in pages:
            if not self._is_refused() and not self._is_met(page.url):
                self.seen_links.add(canonical(page.url))
                await self._article(Link(page.url, page.title, page.date), page.list_url)

    def _is_closed(self) -> bool:
        """Whether no other page of the portal is asked for: it refuses as a whole, or has told that it is empty."""
        return self._is_refused() or self.visit.declared_empty

    def _is_refused(self) -> bool:
        final = {Outcome.BLOCKED, Outcome.DNS, Outcome.TLS, Outcome.WRONG_PORTAL, Outcome.ROBOTS_DENIED}
        return any(signal.outcome in final for signal in self.visit.entry)

    async def _explore(self, urls: list[str], *, follow: bool, afresh: bool = False) -> bool:
        """Best first from ``urls``; with ``follow``, along the links that may lead to a column. Whether any was had."""
        columns_before = self.visit.columns if afresh else 0
        self.frontier = Frontier(self.visit, self.scope, self._is_known, columns_before)
        self.frontier.start(urls)
        return await self._go_on(follow=follow)

    async def _go_on(self, *, follow: bool) -> bool:
        """Until the frontier has nothing left, and no page that lists nothing waits for being rendered."""
        any_had = False
        while (step := self.frontier.next(self.limits.discovery_pages)) or self.unfilled:
            if step is None:
                parts_first = max(self.unfilled, key=lambda each: each[2].depth)
                self.unfilled.remove(parts_first)
                await self._fill(*parts_first)
                continue
            page = await self._open(step)
            if page is not None and not (step.role == "entry" and self._is_refused()):
                any_had = True
                await self._look_at(page, step, follow=follow)
        return any_had

    async def _look_at(self, page: TextResponse, step: Step, *, follow: bool) -> None:
        """What a page gives, and where it leads."""
        columns_before = self.visit.columns
        await self._read(page, step)
        is_column = self.visit.columns > columns_before
        if not is_column:
            self.visit.recall.no_column(step.url, surely=True)
            if not follow and step.role == "entry":  # a column that leads elsewhere now: the search may come there
                self.asking.seen.discard(canonical(page.url))
        elif step.role != "part":
            self.visit.recall.column(step.url)
        if self.remembered:
            return
        if follow or is_column or step.role == "unit":  # a unit's page leads to its own column
            self.frontier.add(page, step, is_column=is_column)
        if step.role == "entry" and not is_column and not self.frontier.steps and (shell := needs_browser(page)):
            self.visit.entry.append(shell)

    def _is_met(self, url: str) -> bool:
        return (key := canonical(url)) in self.seen_links or key in self.asking.seen

    def _is_known(self, key: str) -> bool:
        return key in self.asking.seen or key in self.articles

    async def _open(self, step: Step) -> TextResponse | None:
        """A page for looking at, behind its shells; None when it can't be, with the reason noted."""
        page = await self.asking.get(PageRequest(step.url))
        if isinstance(page, Signal) and step.role == "entry" and (other := other_scheme(step.url, page)):
            again = await self.asking.get(PageRequest(other))
            page = page if isinstance(again, Signal) else again
        if isinstance(page, Response):
            page = self.asking.elsewhere(page) or not_html(page) or page
        if isinstance(page, TextResponse) and not self._identified:
            self._identified = True
            page = self._misidentified(page) or page
        if isinstance(page, TextResponse):
            page = self._home_again(page, step.url) or page
        if isinstance(page, Signal):
            gone = page.outcome in (Outcome.NOT_FOUND, Outcome.MOVED)
            was_column = self.visit.recall.no_column(step.url, surely=gone)
            if was_column and gone and step.url not in self.visit.portal.columns:
                self.visit.notes.append(f"原栏目失效 / known column failed: {page}")
            elif step.role == "entry" or page.outcome is Outcome.BLOCKED:
                self.visit.entry.append(page)
            else:
                self.visit.dropped[f"page_{page.outcome.value}"] += 1
            return None
        self.asking.seen.add(canonical(page.url))
        if isinstance(page, TextResponse) and SUSPECT in page.flags and step.role == "entry":
            self.visit.suspect_entry.append(Signal("encoding_suspect", page.url))
        return page if isinstance(page, TextResponse) else None

    def _home_again(self, page: TextResponse, asked: str) -> Signal | None:
        """A server that gives its home page for an address that it doesn't know."""
        if canonical(asked) == canonical(self.visit.portal.url):
            self._home = None if discovery.is_annual_report_column(page) else Face(page)
            return None
        return Signal("soft_404:home", page.url) if self._home and self._home.is_of(page) else None

    def _misidentified(self, page: TextResponse) -> Signal | None:
        """A portal that says it is somebody else's: by the registry's code, or by all that it says of itself."""
        told = discovery.site_identity(page)
        ours = self.visit.portal.site_id_code
        if ours and told.site_id_code and ours != told.site_id_code:
            return Signal(f"site_id_code:{told.site_id_code}", page.url)
        found = identity.evidence(told, self.visit.portal.region_code)
        if identity.owner_of(found) is False:
            return Signal("other_owner", page.url, " ".join(map(str, found)))
        return None

    async def _read(self, page: TextResponse, step: Step) -> None:
        """All that a page gives: itself, when it is the report; its list, when it is a column, or a part of one."""
        family, _ = families.detect(page)
        is_column = discovery.is_annual_report_column(page, inside=step.role == "part")
        self.column = step.column if is_column or is_report_page(page) else None
        self.step, self.remembered = step, False
        if is_report_page(page):
            self.visit.columns += 1
            self.visit.rows += 1
            self.visit.family = self.visit.family or family.NAME
            self.seen_links.add(canonical(page.url))
            await self._emit(page, Link(page.url, title_of(page)), page.url, page.url)
            if not is_column:
                return
        if is_column:
            await self._read_column(page, family, top="" if step.role == "part" else step.url)
        else:
            links = family.listing(page, {}).links
            await self._articles([(link, page.url) for link in links if titles.classify(link.title).kind == "report"])

    async def _read_column(self, page: TextResponse, family: Family, *, top: str = "") -> None:
        """A list and what it names; ``top`` is the address of a column that is no part of another."""
        self.visit.columns += 1
        self.visit.family = family.NAME
        most = max(10, self.limits.pages // 4)
        walk = ListWalk(family, self.visit, self.scope, self.asking.get, self.asked, most=most)
        if (sign := await walk.begin(page)) and top:
            sign = again.sha256_of(" ".join([sign, *discovery.parts(page)]).encode())
            if (pages := self.visit.recall.as_remembered(top, sign)) is not None:
                self.remembered = True
                self.visit.rows += len(pages)
                await self._look_after(pages)
                return
            self.visit.recall.column(top, sign)
        rows = await walk.finish()
        self.visit.rows += len(rows) + len(walk.reports)
        for report in walk.reports:
            self.seen_links.add(canonical(report.url))
            await self._emit(report, Link(report.url, title_of(report)), page.url, report.url)
        if not rows and discovery.declares_empty(page):
            self.visit.declared_empty = True
        elif not (rows or walk.reports):
            self._may_be_filled(page, self.step)
        for year in walk.years:  # they may have levels below them
            step = self.step.part(year.url)
            self.frontier.add(year, step, is_column=True)
            if not (rows or walk.reports or discovery.declares_empty(year)):
                self._may_be_filled(year, step)
        await self._articles(rows)

    def _may_be_filled(self, page: TextResponse, step: Step) -> None:
        if shells.has_scripts(page) and not families.lists_by_request(page):
            among_parts = step.above is None and discovery.is_its_own_part(page)
            step.has_list = among_parts or self.visit.recall.listed_on(page.url)
            self.unfilled.append((page.url, shells.shown(page), step, self.column))

    async def _fill(self, url: str, before: shells.Shown, step: Step, column: str | None) -> None:
        """A list that scripts fill, as a browser shows it, unless the page is but the way to its parts."""
        if self._is_refused():
            return
        if step.leads_on and not step.has_list:
            self.visit.dropped["not_rendered"] += 1
            return
        self.step, self.column = step, column
        if (rendered := await self.asking.render(url, before)) is None:
            return
        links = families.detect(rendered)[0].listing(rendered, {}).links
        self.visit.rows += len(links)
        await self._articles([(link, rendered.url) for link in links])

    async def _articles(self, rows: list[tuple[Link, str]]) -> None:
        for link, list_url in rows:
            if self._follows(link):
                await self._article(link, list_url)

    def _follows(self, link: Link) -> bool:
        """Whether a row leads to a report in scope, as far as its title tells. Each page is asked for once."""
        if not is_web(link.url) or self._is_met(link.url):
            return False
        verdict = titles.classify(link.title)
        reason = None
        if verdict.kind == "lookalike":
            reason = "lookalike"
        elif not self.scope.wants(verdict.year):
            reason = "year"
        elif not self.scope.agencies and is_agency(verdict.subject, self.visit.portal.name):
            reason = "agency"
        elif is_elsewhere(verdict.subject, self.visit.portal.region_code, agencies=self.scope.agencies):
            reason = "other_region"
        elif not self.visit.portal.owns(link.url):
            reason = "offsite"
        elif verdict.kind == "unsure":
            self.unsure += 1
            reason = "unsure" if self.unsure > MAX_UNSURE else None
        self.seen_links.add(canonical(link.url))
        if verdict.kind != "lookalike":
            self.articles.add(canonical(link.url))
        if reason:
            self.visit.dropped[reason] += 1
        if reason == "offsite" and verdict.kind == "report" and names(verdict.subject, self.visit.portal.region_code):
            self.visit.reports.append(Signal("on_another_host", link.url))  # ours, out of reach
        return reason is None

    async def _article(self, link: Link, list_url: str) -> None:
        known = self.visit.recall.known(link.url)
        if known is not None and not self.visit.recall.is_due(known, link):
            if known.report_id:
                self._listed(link)
            self.visit.keep(known)
            return
        page = await self._ask(link, list_url, known)
        if known is not None and isinstance(page, Response) and page.status == 304:
            if await self._is_same(known, link):
                return
            page = await self._ask(link, list_url, None)
        if isinstance(page, Signal):
            self._not_had(page, link)
            return
        if isinstance(page, TextResponse) and not is_report_page(page):
            if is_part(page, link):
                await self._read_part(page)
                return
            if explains(page):
                self._note(page, [document_of(page, link.url)], link, list_url)
                self.visit.recall.told(link.url, None, None, "", "lookalike")
                self.visit.dropped["lookalike"] += 1
                return
        await self._emit(page, link, list_url, link.url)

    async def _read_part(self, page: TextResponse) -> None:
        """A part of the list that is now read."""
        above, self.step = self.step, self.step.part(page.url)
        self.frontier.add(page, self.step, is_column=True)
        await self._read_column(page, families.detect(page)[0])
        self.step = above

    async def _ask(self, link: Link, list_url: str, known: Page | None) -> Response | Signal:
        """An article, or 304 for one whose report is ``known`` and has not changed."""
        conditions = known.validators.conditions if known is not None and known.version else {}
        headers = {"Referer": list_url, **conditions}
        page = await self.asking.get(PageRequest(link.url, headers=headers, attachment=attachments.is_file(link.url)))
        if isinstance(page, Response):
            page = self.asking.elsewhere(page) or (is_empty(page) if page.status != 304 else None) or page
        if isinstance(page, TextResponse) and page.status != 304:
            page = self._home_again(page, link.url) or page
        return page

    def _not_had(self, signal: Signal, link: Link) -> None:
        is_gone = signal.outcome is Outcome.NOT_FOUND
        self.visit.recall.failed(link.url, vanished=is_gone)
        if titles.classify(link.title).kind == "report":
            self.visit.reports.append(signal)
        else:
            self.visit.dropped[f"page_{signal.outcome.value}"] += 1

    async def _is_same(self, known: Page, link: Link) -> bool:
        """Whether a known page, itself unchanged, counts as it did, by the files beside it."""
        is_due = self.visit.recall.is_due(known, link)
        found = await again.files_of(known, self.asking.get) if is_due else Found.SAME
        if found is Found.CHANGED:
            return False
        self._listed(link)
        self.visit.keep(known, link, checked=is_due and found is Found.SAME)
        return True

    async def _emit(self, page: Response, link: Link, list_url: str, asked_url: str) -> None:
        known = self.visit.recall.known(asked_url)
        same_bytes = known is not None and known.version and known.sha256 == again.sha256_of(page.body)
        if known is not None and same_bytes and await self._is_same(known, link):
            return
        self._listed(link)
        files, had_all = await self.asking.files(page)
        if known is not None and known.files and not had_all:  # half a report is no later version of it
            self.visit.keep(known)
            return
        documents = [document_of(page, asked_url), *files]
        if had_all:
            self._note(page, documents, link, list_url)
        else:
            self.visit.recall.failed(asked_url)
        if SUSPECT in page.flags:
            self.visit.suspect.append(Signal("encoding_suspect", page.url))
        portal = self.visit.portal
        says = contents.contradiction(page) if isinstance(page, TextResponse) else None
        source = ReportSource(portal.portal_id, portal.region_code, documents, link.title, link.date, list_url, says)
        self.visit.item_out()
        await self.emit(source)

    def _listed(self, link: Link) -> None:
        """A report of the portal's own; one of a town or a department tells nothing of where the portal's own are."""
        verdict = titles.classify(link.title)
        if verdict.kind == "report" and not is_agency(verdict.subject, self.visit.portal.name):
            self.step.listed()

    def _note(self, page: Response, documents: list[FetchedDocument], link: Link, list_url: str) -> None:
        self.visit.recall.note(again.remembered(page, documents, link, list_url, self.column))
