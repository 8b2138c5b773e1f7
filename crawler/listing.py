"""A list from its first page to its last: rows collected, loops seen, what is missing noted.

A family names further pages; whether they bring anything new is decided here. A page without a new row ends its
branch: servers exist that ignore the page parameter and send page 1 for ever.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from scrapy.http import Response, TextResponse

from crawler.families.base import Family, Link, Listing, PageKind, PageRequest
from crawler.outcomes import Outcome, Signal
from crawler.report_pages import is_report_page
from crawler.scope import Scope
from crawler.urls import canonical
from crawler.visits import Visit

RequestKey = tuple[str, str, tuple[tuple[str, str], ...]]
Get = Callable[[PageRequest], Awaitable[Response | Signal]]


@dataclass(slots=True)
class ListWalk:
    """One list of one column; ``read`` once."""

    family: Family
    visit: Visit
    scope: Scope
    get: Get
    asked: set[RequestKey]
    rows: dict[str, tuple[Link, str]] = field(default_factory=dict)  # canonical URL -> row and the page it is on
    todo: deque[PageRequest] = field(default_factory=deque)
    rest: deque[PageRequest] = field(default_factory=deque)  # for when the list is not known to be complete
    other_way: set[frozenset[str]] = field(default_factory=set)  # the rows of each page of the rest
    reports: list[TextResponse] = field(default_factory=list)  # pages of a year that are its report themselves
    years: list[TextResponse] = field(default_factory=list)  # other pages of a year
    most: int = 100  # pages of one list: the portal's budget is for its reports too
    heads: list[Listing] = field(default_factory=list)  # of the pages up to the first rows
    pages: int = 1
    declared: int = 0
    cut_by_404: bool = False

    async def read(self, page: TextResponse) -> list[tuple[Link, str]]:
        """All rows, those of the first page first."""
        await self.begin(page)
        return await self.finish()

    async def begin(self, page: TextResponse) -> str:
        """Reads up to the first rows; gives what stands for them, and for how the list goes on. Empty without rows."""
        self._take(page, self.family.listing(page, {}), "year")
        while not self.rows and await self._step():
            pass
        return signature(self.heads) if self.rows else ""

    async def finish(self) -> list[tuple[Link, str]]:
        """The rest of the list; all of its rows."""
        while await self._step():
            pass
        self._compare()
        return list(self.rows.values())

    async def _step(self) -> bool:
        """One page more; whether there was one."""
        wanted = self._next()
        if wanted is None:
            return False
        self.pages += 1
        if self.pages > self.most:
            text = f"列表超过 {self.most} 页,未读完 / more than {self.most} pages of a list, the rest not read"
            self.visit.lists.append(Signal("list_too_long", wanted.url, text))
            self.todo.clear()
            self.rest.clear()
            return False
        answer = await self.get(wanted)
        if isinstance(answer, TextResponse) and wanted.kind == "year" and is_report_page(answer):
            self.reports.append(answer)
        elif isinstance(answer, TextResponse):
            if wanted.kind == "year":
                self.years.append(answer)
            self._take(answer, self.family.listing(answer, wanted.context), wanted.kind)
        else:
            self._missed(wanted, answer)
        return True

    def _next(self) -> PageRequest | None:
        if self.todo:
            return self.todo.popleft()
        complete = self.declared and len(self.rows) >= self.declared
        return self.rest.popleft() if self.rest and not complete else None

    def _take(self, page: TextResponse, listing: Listing, kind: PageKind) -> None:
        """A page that was asked for as ``kind``; the first page of a list is one of a year."""
        new = 0
        if not self.rows:
            self.heads.append(listing)
        for link in listing.links:
            if (key := canonical(link.url)) not in self.rows:
                self.rows[key] = (link, page.url)
                new += 1
        self.declared = max(self.declared, listing.declared_rows or 0)
        first = kind in ("year", "way") or (kind == "rest" and self._is_other(listing))
        for wanted in listing.more:
            if self._worth(wanted, new, first):
                self._ask(wanted)

    def _is_other(self, listing: Listing) -> bool:
        """Whether a page of the rest is another than those before: it may begin with rows that are known."""
        rows = frozenset(canonical(link.url) for link in listing.links)
        known = rows in self.other_way
        self.other_way.add(rows)
        return not known

    def _worth(self, wanted: PageRequest, new: int, first: bool) -> bool:
        """Whether a page that brought ``new`` rows may lead on to ``wanted``."""
        if not self.visit.portal.owns(wanted.url):
            self.visit.dropped["offsite"] += 1  # a base element, or a script, may name any host
            return False
        if canonical(wanted.url) in self.rows:
            return False  # 2024年政府信息公开年报 looks like the tab of a year, and is a row
        if wanted.kind == "year":
            year = wanted.context.get("year", "")
            return not year.isdigit() or self.scope.wants(int(year))
        if wanted.kind == "fallback":
            return new == 0
        return new > 0 or first

    def _ask(self, wanted: PageRequest) -> None:
        form = tuple(sorted((wanted.form or {}).items()))
        key = (wanted.method, wanted.url, form)
        if key not in self.asked:
            self.asked.add(key)
            (self.rest if wanted.kind == "rest" else self.todo).append(wanted)

    def _missed(self, wanted: PageRequest, answer: Response | Signal) -> None:
        signal = answer if isinstance(answer, Signal) else Signal("not_html:data", answer.url)
        if wanted.optional and signal.outcome is Outcome.NOT_FOUND:
            self.cut_by_404 = True
        else:
            self.visit.lists.append(signal)

    def _compare(self) -> None:
        """Declared against reached: a note when a 404 ended the list (publishers cap it), else a missing part."""
        reached = len(self.rows)
        if not self.declared or reached >= self.declared * 0.8:  # separators and repeated rows are counted by some
            return
        text = f"列表声明 {self.declared} 条,取到 {reached} 条 / list declares {self.declared} rows, {reached} reached"
        if self.cut_by_404 or self.visit.lists:
            self.visit.notes.append(text)
        else:
            self.visit.lists.append(Signal("list_short", said=text))


def signature(listings: list[Listing]) -> str:
    """A hash of rows, of the pages that follow, and of how many a list says it has."""
    told = [
        [
            [[link.url, link.title, link.date] for link in listing.links],
            [[wanted.method, wanted.url, sorted((wanted.form or {}).items())] for wanted in listing.more],
            [listing.declared_pages, listing.declared_rows],
        ]
        for listing in listings
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
