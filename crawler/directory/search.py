"""The search for the portals of provinces: whom to visit next, and what became of each region.

It begins at the rows of the registry, takes from each portal of a province or city the links that name a region
below, visits every address once, and judges it for each region that was named by a link or by the page itself. Of
several addresses that are a region's own, one becomes its row. ``conclude`` gives every region in scope one outcome.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from crawler.cities import ALWAYS, Cities
from crawler.directory.links import SiteLink, is_official
from crawler.directory.look import Looked, failed
from crawler.directory.names import regions_named, zone_named
from crawler.directory.records import Finding, RegionOutcome, Rejected, finding_of, in_short
from crawler.fetching import RunStopped
from crawler.outcomes import Outcome
from crawler.ownership import Ownership, ownership, region_told, zone_told
from crawler.registry import Portal
from crawler.urls import canonical, city_domain, host_of
from crawler.windows import Windows
from parsers import regions

Look = Callable[[str, bool], Awaitable[Looked]]
"""Visits an address; the flag says whether its links are wanted."""

MAX_SPELLINGS = 2
MAX_CANDIDATES = 6  # addresses visited for one region
MAX_ZONES = 12  # for the development zones of one city
REGISTRY = "registry"
_ORDER = list(Finding)
_UNANSWERED = {Outcome.DNS, Outcome.TLS, Outcome.TIMEOUT, Outcome.HTTP_ERROR}


@dataclass(slots=True)
class Candidate:
    """An address that may be a portal, and who says so: the text of the link and the page that it is on."""

    url: str
    spellings: list[str] = field(default_factory=list)  # the same address with http and https, with and without www
    named: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # region -> (text, page)
    zones: dict[str, tuple[str, str]] = field(default_factory=dict)  # city -> (text, page)
    looked: Looked | None = None

    @property
    def pages(self) -> set[str]:
        named = [page for told in self.named.values() for _, page in told]
        return {page for page in (*named, *(page for _, page in self.zones.values())) if page}


@dataclass(slots=True)
class Judged:
    """A candidate as seen from one region."""

    candidate: Candidate
    looked: Looked
    owner: Ownership
    finding: Finding
    outcome: Outcome
    detail: str


@dataclass(slots=True)
class Search:
    """One search; ``run`` once, then ``conclude``."""

    provinces: tuple[str, ...]  # two digits each
    look: Look
    cities_at_once: int = 16
    hours: Windows = ALWAYS
    candidates: dict[str, Candidate] = field(default_factory=dict)
    judged: dict[str, list[Judged]] = field(default_factory=dict)  # region -> its candidates
    rejected: list[Rejected] = field(default_factory=list)
    bugs: list[str] = field(default_factory=list)
    unfinished: bool = True  # until ``run`` has come to its end
    scope: tuple[str, ...] = ()  # codes of the regions that the search is for
    cities: Cities[Candidate] = field(init=False)
    _offered: Counter[str] = field(default_factory=Counter)
    _stopped: bool = False
    _read: set[tuple[str, str]] = field(default_factory=set)  # (region, address) whose links were taken

    def __post_init__(self) -> None:
        self.cities = Cities(self._visit, self.cities_at_once, self.hours)
        self.scope = tuple(code for code in regions.current_codes() if code.startswith(self.provinces))

    def begin(self, portals: Iterable[Portal]) -> None:
        """The addresses that the registry has for regions in scope."""
        for portal in portals:
            code = regions.current_code(portal.region_code or "")
            if portal.url and code and code.startswith(self.provinces):
                self._offer(portal.url, (code,), portal.name, REGISTRY)

    async def run(self) -> None:
        """Visits what is known, then what that led to, until nothing is left."""
        await self.cities.run()
        self.unfinished = self._stopped

    async def _visit(self, candidate: Candidate) -> None:
        """A bug costs this address its judgement and the run its verdict, and no other address anything."""
        try:
            candidate.looked = await self._look(candidate)
        except RunStopped:
            self._stopped = True
            return
        except Exception as error:
            candidate.looked = failed(candidate.url, Outcome.CRAWLER_BUG, self._bug(candidate, error))
        try:
            self._judge_all(candidate)
        except Exception as error:
            self._bug(candidate, error)

    def _bug(self, candidate: Candidate, error: Exception) -> str:
        self.bugs.append(f"{candidate.url}: {type(error).__name__}: {error}")
        return self.bugs[-1]

    def _judge_all(self, candidate: Candidate) -> None:
        """A candidate for each region that a link or the page itself names."""
        assert candidate.looked is not None
        told = region_told(candidate.looked.told, candidate.looked.title)
        if told in self.scope:
            page = next(iter(candidate.pages), "")
            candidate.named.setdefault(str(told), [("", page)])  # it may say that it is another region in scope
        for code in list(candidate.named):
            self._judge(code, candidate)
        for city in candidate.zones:
            self._judge_zone(city, candidate)

    async def _look(self, candidate: Candidate) -> Looked:
        """What the address gives; when it gives nothing, what its other spellings give."""
        leads_on = any(code.endswith("00") for code in candidate.named)
        first = looked = await self.look(candidate.url, leads_on)
        for url in candidate.spellings:
            if looked.failure not in _UNANSWERED:
                break
            looked = await self.look(url, leads_on)
        return first if looked.failure else looked

    def _judge(self, code: str, candidate: Candidate) -> None:
        looked = candidate.looked
        assert looked is not None
        owner = ownership(looked.told, code, title=looked.title, text=looked.text)
        self.judged.setdefault(code, []).append(Judged(candidate, looked, owner, *finding_of(looked, owner)))
        if owner.verdict == "other" or looked.failure is not None:
            return
        domain = looked.told.site_domain
        if domain and host_of(f"http://{domain}/").removeprefix("www.") != host_of(looked.url).removeprefix("www."):
            self._offer(f"http://{domain.strip('/')}/", (code,), "SiteDomain", looked.url)
        if code.endswith("00") and (code, canonical(looked.url)) not in self._read:
            self._read.add((code, canonical(looked.url)))
            for link in looked.links:
                self._follow(link, code, looked.url)

    def _follow(self, link: SiteLink, above: str, page: str) -> None:
        codes = regions_named(link.text, above)
        if codes:
            self._offer(link.url, codes, link.text, page)
        elif zone_named(link.text, above) and not above.endswith("0000"):
            self._offer(link.url, (), link.text, page, zone_of=above)

    def _offer(self, url: str, codes: tuple[str, ...], text: str, page: str, zone_of: str | None = None) -> None:
        """A candidate, new or known, that a link names as the portal of these regions."""
        if page != REGISTRY and not is_official(url):
            for code in codes or (zone_of or "",):
                self.rejected.append(Rejected(code, text, url, "not_gov_cn", page))
            return
        candidate = self.candidates.get(canonical(url))
        if candidate is None:
            if zone_of and not self._has_room(f"{zone_of} zones", MAX_ZONES):
                zone_of = None
            room = tuple(code for code in codes if self._has_room(code, MAX_CANDIDATES))
            for code in set(codes) - set(room):
                self.rejected.append(Rejected(code, text, url, "too_many_candidates", page))
            codes = room
            if not codes and not zone_of:
                return
            candidate = self.candidates[canonical(url)] = Candidate(url)
            self.cities.add(city_domain(url), candidate)
        elif len(candidate.spellings) < MAX_SPELLINGS and url not in (candidate.url, *candidate.spellings):
            candidate.spellings.append(url)
        if zone_of and zone_of not in candidate.zones:
            candidate.zones[zone_of] = (text, page)
            if candidate.looked is not None:
                self._judge_zone(zone_of, candidate)
        for code in codes:
            known = code in candidate.named
            candidate.named.setdefault(code, []).append((text, page))
            if candidate.looked is not None and not known:
                self._judge(code, candidate)

    def _has_room(self, whom: str, most: int) -> bool:
        """Whether another address is to be visited for a region; a page may hold any number of links."""
        self._offered[whom] += 1
        return self._offered[whom] <= most

    def _judge_zone(self, city: str, candidate: Candidate) -> None:
        """A development zone becomes a row only by a code that its own site bears."""
        looked = candidate.looked
        assert looked is not None
        text, page = candidate.zones[city]
        code = zone_told(looked.told, looked.title, city)
        if code is None:
            reason = looked.why or "zone_without_code"
            self.rejected.append(Rejected(city, text, candidate.url, reason, page))
            return
        owner = Ownership("confirmed", "zone_code_and_name", (), code)
        candidate.named.setdefault(code, [(text, page)])
        self.judged.setdefault(code, []).append(Judged(candidate, looked, owner, *finding_of(looked, owner)))

    # --- what became of it ---------------------------------------------------------------------------------

    def conclude(self) -> list[tuple[RegionOutcome, Judged | None]]:
        """One outcome for each region in scope, with the candidate that it is about; fills ``rejected``."""
        self._part_shared_addresses()
        zones = sorted(set(self.judged) - set(self.scope))
        return [self._conclude(code) for code in (*self.scope, *zones)]

    def _part_shared_addresses(self) -> None:
        """One address can't be the portal of two regions."""
        owners: dict[str, list[Judged]] = {}
        for judged in self.judged.values():
            for each in judged:
                if each.finding is Finding.VERIFIED:
                    owners.setdefault(canonical(each.candidate.url), []).append(each)
        for shared in owners.values():
            for each in shared if len(shared) > 1 else ():
                each.owner = Ownership("unsure", "two_regions", each.owner.found)
                each.finding, each.outcome, each.detail = finding_of(each.looked, each.owner)

    def _conclude(self, code: str) -> tuple[RegionOutcome, Judged | None]:
        region = regions.by_code(code)
        name = region.full_name if region else ""
        judged = sorted(self.judged.get(code, ()), key=self._rank)
        if not judged:
            outcome, why = (Outcome.TIMEOUT, "ended_early") if self.unfinished else (Outcome.NOT_FOUND, "")
            finding = Finding.UNVERIFIED if self.unfinished else Finding.NOT_FOUND
            return RegionOutcome(code, code, name, "", finding, outcome, why or self._why_not_found(code)), None
        best = judged[0]
        for other in judged[1:]:
            reason = other.detail or f"duplicate_of {best.looked.url}"
            if canonical(other.looked.url) != canonical(best.looked.url):
                self._reject(code, other, f"{other.finding}: {reason}")
        if best.finding is not Finding.VERIFIED:
            self._reject(code, best, f"{best.finding}: {best.detail}")
        detail = best.detail
        if best.finding is Finding.VERIFIED and canonical(best.candidate.url) != canonical(best.looked.url):
            detail = f"moved_from {best.candidate.url}"
        return RegionOutcome(
            code, code, name, best.looked.url, best.finding, best.outcome, detail, self.evidence(best, code),
            best.looked.family, len(judged), sum(j.looked.pages for j in judged), sum(j.looked.bytes for j in judged),
        ), best  # fmt: skip

    def _rank(self, judged: Judged) -> tuple[int, bool, int, int]:
        """The better candidate of a region first: what is confirmed, on its own domain, linked to by most pages."""
        domain = judged.looked.told.site_domain
        host = host_of(judged.looked.url).removeprefix("www.")
        astray = bool(domain) and host_of(f"http://{domain}/").removeprefix("www.") != host
        return _ORDER.index(judged.finding), astray, -len(judged.candidate.pages), len(judged.looked.url)

    def _reject(self, code: str, judged: Judged, reason: str) -> None:
        text, page = judged.candidate.named[code][0]
        self.rejected.append(Rejected(code, text, judged.candidate.url, reason, page))

    def evidence(self, judged: Judged, code: str) -> str:
        """What confirmed a portal, with a page that links to it: a cell of the registry."""
        page = next((page for _, page in judged.candidate.named[code] if page), "")
        title = [f"title={judged.looked.title}"] if judged.looked.title and judged.looked.failure is None else []
        return "; ".join([*in_short(judged.owner), *title, *([f"linked_from={page}"] if page else [])])

    def _why_not_found(self, code: str) -> str:
        """No link: because nobody links to it, or because the portals above could not be read."""
        above = {code[:2] + "0000", code[:4] + "00"} - {code}
        unread = [
            f"{upper}: {best.finding} {best.detail}".strip()
            for upper in sorted(above)
            for best in sorted(self.judged.get(upper, ()), key=self._rank)[:1]
            if best.finding is not Finding.VERIFIED
        ]
        missing = [
            f"{upper}: not_found" for upper in sorted(above) if regions.by_code(upper) and not self.judged.get(upper)
        ]
        told = "; ".join([*unread, *missing])
        return (
            "上级门户未读到 / portals above not read: " + told
            if told
            else "上级门户没有链接 / no portal above links to it"
        )
