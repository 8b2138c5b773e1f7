"""How a walk asks: for a page behind its shells, in a browser where needed, and for what lies beside it.

``Asking`` counts in the ``Visit`` what a portal costs, keeps to its budget, and leaves it alone after failures in a
row. It knows no engine: ``fetch`` gives the answer to one request.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from scrapy.http import Response, TextResponse

from crawler import again, attachments, contents, families, shells
from crawler.attachments import document_of
from crawler.families.base import PageRequest
from crawler.items import FetchedDocument
from crawler.outcomes import DISCOURAGING, Outcome, Signal
from crawler.trouble import is_empty, needs_browser, of_response
from crawler.urls import canonical, is_web
from crawler.visits import Visit

Fetch = Callable[[PageRequest], Awaitable[Response | Signal]]

MAX_SHELLS = 4  # meta refreshes and script redirects in a row
MAX_FAILURES = 4
UNANSWERED = {"timeout", "connection_refused", "connection_reset", "no_answer", "bad_http"}


class OutOfBudget(Exception):
    """The portal's time or pages are used up."""


class BackedOff(Exception):
    """The portal failed or refused several times in a row: it is left alone."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Budgets of one portal, and when the files beside an article are fetched."""

    seconds: float = 1800
    pages: int = 400
    megabytes: int = 512
    discovery_pages: int = 40
    attachments: str = attachments.MISSING
    browser_pages: int = 10


@dataclass(slots=True)
class Asking:
    """The requests of one visit; ``get`` and ``render`` raise ``OutOfBudget`` and ``BackedOff``."""

    visit: Visit
    fetch: Fetch
    limits: Limits = field(default_factory=Limits)
    seen: set[str] = field(default_factory=set)  # canonical addresses that were asked for
    rendered: int = 0
    failures: int = 0  # in a row

    async def get(self, wanted: PageRequest) -> Response | Signal:
        """A page, behind meta refreshes and script redirects, or what is wrong with it."""
        for _ in range(MAX_SHELLS):
            self._spend()
            if wanted.method == "GET":
                self.seen.add(canonical(wanted.url))
            page = await self.fetch(wanted)
            same = isinstance(page, Response) and again.not_modified(page, wanted)
            signal = page if isinstance(page, Signal) else None if same else of_response(page)
            if isinstance(page, Response):
                self.visit.pages += 1
                self.visit.bytes += len(page.body)
            self._back_off(signal)
            if isinstance(page, Signal) or signal is not None or same:
                return signal or page
            target = shells.shell_redirect(page) if isinstance(page, TextResponse) and not wanted.context else None
            if target is None or not is_web(target):
                if isinstance(page, TextResponse) and not wanted.context and needs_browser(page):
                    by_request = families.lists_by_request(page)
                    return page if by_request else await self.render(page.url, shells.shown(page)) or page
                return page
            wanted = PageRequest(target)
        return Signal("redirect_loop", wanted.url)

    async def render(self, url: str, before: shells.Shown) -> TextResponse | None:
        """A page with what its scripts make of it; None when it can't be had, or shows no more than ``before``."""
        if self.rendered >= self.limits.browser_pages:
            self.visit.unrendered += 1
            return None
        self.rendered += 1
        self._spend()
        answer = await self.fetch(PageRequest(url, render=True))
        if isinstance(answer, Response):
            self.visit.pages += 1
            self.visit.bytes += len(answer.body)
            answer = of_response(answer) or answer
        if isinstance(answer, Signal):
            self.visit.unrendered += 1
            self.visit.notes.append(f"浏览器未能打开 / not rendered: {answer}")
            return None
        return answer if isinstance(answer, TextResponse) and shells.shows_more(answer, before) else None

    async def files(self, page: Response) -> tuple[list[FetchedDocument], bool]:
        """The further pages of an article and the files beside it, as far as wanted, and whether all could be had."""
        if not isinstance(page, TextResponse):
            return [], True
        documents: dict[bytes, FetchedDocument] = {}
        had_all, parts = True, contents.further_pages(page, page.url)
        todo = deque([*parts, *attachments.wanted(page, self.limits.attachments)])
        while todo:
            url = todo.popleft()
            if not self.visit.portal.owns(url):
                self.visit.dropped["file_offsite"] += 1
                continue
            is_part = url in parts
            answer = await self.get(PageRequest(url, headers={"Referer": page.url}, attachment=not is_part))
            if isinstance(answer, Response):
                answer = self.elsewhere(answer) or is_empty(answer) or answer
            if isinstance(answer, Signal):
                had_all = had_all and answer.outcome is Outcome.NOT_FOUND
                if is_part:
                    self.visit.reports.append(answer)
                else:
                    self.visit.notes.append(f"附件取不到 / file not fetched: {answer}")
                continue
            documents.setdefault(answer.body, document_of(answer, url))
            if is_part and isinstance(answer, TextResponse):
                more = [each for each in contents.further_pages(answer, page.url) if each not in (*parts, page.url)]
                more = more[: contents.MOST_PARTS - len(parts)]
                parts += more
                todo.extendleft(reversed(more))
        return list(documents.values()), had_all

    def elsewhere(self, page: Response) -> Signal | None:
        """A page that was asked for here and answered on another site."""
        return None if self.visit.portal.owns(page.url) else Signal("moved_to", page.url)

    def _back_off(self, signal: Signal | None) -> None:
        """Counts refusals and failures in a row. The last one is noted where the caller would have noted it."""
        self.failures = self.failures + 1 if signal and signal.outcome in DISCOURAGING else 0
        if signal and self.failures >= MAX_FAILURES:
            (self.visit.reports if self.visit.columns else self.visit.entry).append(signal)
            raise BackedOff(
                f"连续 {self.failures} 次失败,停止访问 / left alone after {self.failures} failures in a row"
            )

    def _spend(self) -> None:
        spent = self.visit.spent
        if spent > self.limits.seconds:
            raise OutOfBudget(f"时间用尽 / time used up: {spent:.0f} s, PORTAL_SECONDS={self.limits.seconds:.0f}")
        if self.visit.bytes >= self.limits.megabytes * 1024 * 1024:
            raise OutOfBudget(f"流量用尽 / bytes used up: PORTAL_MB={self.limits.megabytes}")
        if self.visit.pages >= self.limits.pages:
            raise OutOfBudget(f"页数用尽 / pages used up: PORTAL_PAGES={self.limits.pages}")


def other_scheme(url: str, signal: Signal) -> str | None:
    """Some portals answer only on the other of http and https; worth one try when there was no answer at all."""
    scheme, _, rest = url.partition("://")
    unanswered = signal.kind in UNANSWERED or signal.kind.startswith("connection:")
    if not unanswered or urlsplit(url).port:
        return None
    return ("https" if scheme.lower() == "http" else "http") + "://" + rest
