"""The pages to look at while looking for columns, best first, and which of them are worth a request.

``Frontier`` takes the links of each page read (``add``) and gives the next page to look at (``next``) until nothing
worth it is left, or too many pages in a row brought no column. A page is reached as one of four ``Role``s:

* ``entry``: the home page, or a column that the registry names;
* ``part``: a year or a level of a column that was read; what it lists is of that column, whatever it says;
* ``unit``: one of a list of organs, which may have a column of its own (departments and towns: ``scope=all`` only);
* ``way``: anything else that is named like the column or like a way to it.

Before the first column every link that scores is worth a look; after it only what is named as another column, the
parts, and the ways within a unit's pages.

A part knows the page that it is a part of. Where it lists a report of the portal's own, that page leads on
(``listed``): what such a page lacks is on its parts.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count

from scrapy.http import TextResponse

from crawler import discovery, shells, titles
from crawler.discovery import Candidate, Role
from crawler.scope import Scope
from crawler.subjects import is_agency, is_agency_column
from crawler.urls import canonical, is_web
from crawler.visits import Visit

MAX_DEPTH = 7  # links from the home page
SURE_SCORE = 80.0  # of a link named as an annual-report column
WAY_SCORE = 40.0  # of a link named as a way to one: 政务公开 and better
FRAME_SCORE = 45.0  # of a page in a frame: a column may be nothing else


@dataclass(order=True, slots=True)
class Step:
    """A page to look at; the best score comes first, then what was seen first."""

    rank: tuple[float, int]
    url: str = field(compare=False)
    role: Role = field(compare=False)
    depth: int = field(compare=False, default=0)
    above: Step | None = field(compare=False, default=None)  # the page that this is a part of
    of_unit: bool = field(compare=False, default=False)  # within the pages of a unit whose column is not found yet
    leads_on: bool = field(compare=False, default=False)  # to parts that list a report
    has_list: bool = field(compare=False, default=False)  # beside those of its parts

    @property
    def score(self) -> float:
        return -self.rank[0]

    @property
    def column(self) -> str:
        """The address of the column that this is a part of, or may be."""
        return self.above.column if self.above else self.url

    def part(self, url: str) -> Step:
        """A page that was met as a part of this one."""
        return Step(self.rank, url, "part", self.depth, self)

    def listed(self) -> None:
        """A report is listed here."""
        above = self.above
        while above is not None and not above.leads_on:
            above.leads_on = True
            above = above.above


@dataclass(slots=True)
class Frontier:
    """One search; ``known`` says of a canonical address whether it was read or is an article."""

    visit: Visit
    scope: Scope
    known: Callable[[str], bool]
    columns_before: int = 0  # of another search, that don't count for this one
    steps: list[Step] = field(default_factory=list)
    fruitless: int = 0  # pages in a row that brought no column
    _order: count[int] = field(default_factory=count)

    def start(self, urls: Iterable[str]) -> None:
        for url in urls:
            self._put(url, float("inf"), "entry", 0)

    def next(self, patience: int) -> Step | None:
        """The best page that is worth a look; None after ``patience`` pages in a row without a column."""
        while self.steps and self.fruitless < patience:
            step = heapq.heappop(self.steps)
            if not self.known(canonical(step.url)) and self._worth(step):
                self.fruitless += 1
                return step
        return None

    def add(self, page: TextResponse, step: Step, *, is_column: bool) -> None:
        """The links of a page that was reached by ``step``."""
        if is_column:
            self.fruitless = 0
        if step.depth >= MAX_DEPTH:
            return
        within = not is_column and (step.of_unit or step.role == "unit")
        for url in filter(is_web, shells.iframe_targets(page)):
            if is_column:
                self._put(url, SURE_SCORE, "part", step.depth + 1, above=step)
            else:
                self._put(url, FRAME_SCORE, "way", step.depth + 1, of_unit=within)
        for candidate in discovery.column_candidates(page, is_column=is_column):
            if is_web(candidate.url) and not self.known(canonical(candidate.url)) and self._is_ours(candidate):
                above = step if is_column and candidate.role == "part" else None
                score = float(candidate.score)
                self._put(candidate.url, score, candidate.role, step.depth + 1, above=above, of_unit=within)

    def _put(
        self, url: str, score: float, role: Role, depth: int, *, above: Step | None = None, of_unit: bool = False
    ) -> None:
        heapq.heappush(self.steps, Step((-score, next(self._order)), url, role, depth, above, of_unit))

    def _is_ours(self, candidate: Candidate) -> bool:
        if not self.visit.portal.owns(candidate.url):
            self.visit.dropped["offsite"] += 1
            return False
        return self.scope.agencies or not self._is_of_agencies(candidate.text)

    def _is_of_agencies(self, column: str) -> bool:
        organ = titles.classify(column).subject
        return is_agency_column(column) or any(is_agency(name, self.visit.portal.name) for name in (column, organ))

    def _worth(self, step: Step) -> bool:
        if step.role == "entry" or self.visit.columns <= self.columns_before:
            return True
        if not self.scope.agencies and self.scope.years and self.scope.years <= set(self.visit.years.values()):
            return False
        return step.role != "way" or step.score >= (WAY_SCORE if step.of_unit else SURE_SCORE)
