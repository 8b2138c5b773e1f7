"""What a portal is, before it is crawled: its family, its owner, its annual-report columns, what stands in the way.

``Probe`` walks like a crawl does, home page to columns to the ends of their lists, but fetches no article: what it
finds is what a crawl would find. ``registry_row`` makes of it a row for ``settings/portals``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from scrapy.http import Response, TextResponse

from crawler import discovery, families, identity, titles
from crawler.families.base import Family, Link
from crawler.frontier import Step
from crawler.identity import Evidence
from crawler.outcomes import Signal
from crawler.registry import COLUMNS, Portal
from crawler.urls import canonical, city_domain, host_of
from crawler.walk import Walk
from parsers import regions

MOST_CANDIDATES = 12


@dataclass(slots=True)
class Column:
    """An annual-report column as read: its family with the signs, its rows, and the reports among them by year."""

    url: str
    family: str
    signs: list[str]
    rows: int = 0
    reports: int = 0
    years: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Probe(Walk):
    """A walk that looks and takes nothing; ``run`` once, then read the fields below."""

    pages: dict[str, tuple[str, list[str]]] = field(default_factory=dict)  # URL -> family and its signs
    candidates: dict[str, discovery.Candidate] = field(default_factory=dict)
    found: list[Column] = field(default_factory=list)
    told: discovery.SiteIdentity = field(default_factory=lambda: discovery.SiteIdentity(None, None, None, None))
    address: str = ""  # of the first page, after redirects
    title: str = ""

    async def _open(self, step: Step) -> TextResponse | None:
        page = await Walk._open(self, step)
        if page is not None:
            family, signs = families.detect(page)
            self.pages[page.url] = (family.NAME, signs)
            self._hear(page)
            for candidate in discovery.column_candidates(page):
                known = self.candidates.get(candidate.url)
                if known is None or candidate.score > known.score:
                    self.candidates[candidate.url] = candidate
        return page

    def _hear(self, page: TextResponse) -> None:
        """What a page says of its owner; a later page fills what the first left open."""
        told = discovery.site_identity(page)
        kept = {name: getattr(self.told, name) or getattr(told, name) for name in SITE_FIELDS}
        self.told = replace(self.told, **kept)
        self.address = self.address or page.url
        self.title = self.title or "".join(page.xpath("//title/text()").getall()).strip()[:80]

    async def _read_column(self, page: TextResponse, family: Family, *, top: str = "") -> None:
        self.found.append(Column(page.url, *self.pages.get(page.url, (family.NAME, []))))
        await Walk._read_column(self, page, family, top=top)

    async def _articles(self, rows: list[tuple[Link, str]]) -> None:
        self.articles.update(canonical(link.url) for link, _ in rows)  # not to be looked at as columns
        if not self.found:
            return
        verdicts = [titles.classify(link.title) for link, _ in rows]
        reports = [verdict for verdict in verdicts if verdict.kind == "report"]
        column = self.found[-1]
        column.rows += len(rows)
        column.reports += len(reports)
        column.years = sorted({*column.years, *(verdict.year for verdict in reports if verdict.year)})

    async def _emit(self, page: Response, link: Link, list_url: str, asked_url: str) -> None:
        """A column that is itself the report."""
        if self.found and self.found[-1].url == page.url:
            self.found[-1].reports += 1
        else:
            self.found.append(Column(page.url, *self.pages.get(page.url, ("", [])), rows=1, reports=1))

    @property
    def family(self) -> tuple[str, list[str]]:
        """The family of the columns, else of the pages seen, by how often; generic only if nothing else was seen."""
        named = [(column.family, column.signs) for column in self.found] or list(self.pages.values())
        counted = Counter(name for name, _ in named if name != "generic")
        best = counted.most_common(1)[0][0] if counted else "generic"
        return best, sorted({sign for name, signs in named if name == best for sign in signs})

    @property
    def owner(self) -> list[Evidence]:
        return identity.evidence(self.told, self.visit.portal.region_code)

    @property
    def obstacles(self) -> list[Signal]:
        """What stood in the way: at the door, on lists."""
        return [*self.visit.entry, *self.visit.lists]

    def best_candidates(self) -> list[discovery.Candidate]:
        return sorted(self.candidates.values(), key=lambda candidate: -candidate.score)[:MOST_CANDIDATES]


SITE_FIELDS = ("site_id_code", "site_name", "icp", "sponsor")


def region_of(told: discovery.SiteIdentity) -> regions.Region | None:
    """The region that a site says it is of: by its code, else by the one region that its names name."""
    code = told.site_id_code or ""
    if code[:6].isdigit() and (region := regions.by_code(code[:6])) is not None:
        return regions.by_code(regions.current_code(region.code) or region.code)
    for name in (told.sponsor, told.site_name):
        named = [region for _, region in regions.find_in_text((name or "")[:60])]
        if named:
            return max(named, key=lambda region: ("province", "prefecture", "county").index(region.level))
    return None


def registry_row(probe: Probe) -> dict[str, str]:
    """A row of the registry, ready to paste: what could not be told is empty."""
    portal = probe.visit.portal
    region = regions.by_code(portal.region_code) if portal.region_code else region_of(probe.told)
    home = urlsplit(probe.address or portal.url)
    hosts = {host_of(column.url) for column in probe.found} - {home.hostname or ""}
    family, signs = probe.family
    row = dict.fromkeys(COLUMNS, "")
    row |= {
        "portal_id": region.code if region else portal.portal_id,
        "region_code": region.code if region else "",
        "name": probe.told.sponsor or probe.told.site_name or (f"{region.name}人民政府" if region else ""),
        "url": f"{home.scheme}://{home.netloc}/",
        "columns": " ".join(_distinct([column.url for column in probe.found if column.reports])),
        "hosts": " ".join(sorted(host for host in hosts if city_domain(host) != city_domain(home.netloc))),
        "families": family if signs and family != "generic" else "",
        "site_id_code": told if (told := probe.told.site_id_code or "").isdigit() else "",
    }
    return row


def _distinct(urls: list[str]) -> list[str]:
    return list({canonical(url): url for url in urls}.values())


def portal_by_hand(url: str, region_code: str | None = None) -> Portal:
    """A portal that no registry row names."""
    return Portal(portal_id=host_of(url), region_code=region_code, name=url, url=url)
