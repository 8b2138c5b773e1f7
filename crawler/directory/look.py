"""One visit to one address: what answers there, and what it says of itself.

The walk of a crawl is used for it, with its shells, back-off and budgets; nothing but the home page is asked for,
and, where the links are wanted, the pages that list other sites.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from scrapy.http import Response, TextResponse

from crawler import discovery, families
from crawler.asking import Asking, BackedOff, Fetch, Limits, OutOfBudget, other_scheme
from crawler.directory.links import SiteLink, home_of, list_pages, site_links
from crawler.discovery import SiteIdentity
from crawler.families.base import PageRequest
from crawler.families.page import plain_text
from crawler.outcomes import Outcome, Signal
from crawler.trouble import needs_browser, not_html
from crawler.visits import Visit

NOBODY = SiteIdentity(None, None, None, None)
_HEAD, _FOOT = 300, 800  # characters of a page in which it may say where it is


@dataclass(frozen=True, slots=True)
class Looked:
    """What an address gave. ``url`` is the address to register; ``failure`` and ``why`` tell why nothing is known."""

    asked: str
    url: str
    failure: Outcome | None = None
    why: str = ""
    told: SiteIdentity = NOBODY
    title: str = ""
    text: str = ""  # the page's head and foot
    family: str | None = None
    links: tuple[SiteLink, ...] = ()
    is_shell: bool = False
    pages: int = 0
    bytes: int = 0


def failed(url: str, outcome: Outcome, why: str) -> Looked:
    """An address that gave nothing."""
    return Looked(url, url, outcome, why)


async def look(visit: Visit, fetch: Fetch, limits: Limits, *, lists: int = 0) -> Looked:
    """Looks at a portal's home page, and for its links to other sites at up to ``lists`` further pages of it."""
    asking, url = Asking(visit, fetch, limits), visit.portal.url
    try:
        page = await _door(asking, url)
        links = await _links(asking, page, lists) if lists and isinstance(page, TextResponse) else []
    except OutOfBudget as spent:
        return failed(url, Outcome.TIMEOUT, str(spent))
    except BackedOff as reason:
        told = asking.visit.entry[-1:]
        return failed(url, told[0].outcome if told else Outcome.HTTP_ERROR, str(told[0] if told else reason))
    if isinstance(page, Signal):
        return replace(failed(url, page.outcome, str(page)), pages=asking.visit.pages, bytes=asking.visit.bytes)
    family, signs = families.detect(page)
    text = plain_text(page)
    return Looked(
        asked=url,
        url=home_of(url, page.url),
        told=discovery.site_identity(page),
        title=" ".join("".join(page.xpath("//title/text()").getall()).split())[:80],
        text=text[:_HEAD] + "\n" + text[-_FOOT:],
        family=family.NAME if signs and family.NAME != "generic" else None,
        links=tuple(links),
        is_shell=needs_browser(page) is not None,
        pages=asking.visit.pages,
        bytes=asking.visit.bytes,
    )


async def _door(asking: Asking, url: str) -> TextResponse | Signal:
    page = await asking.get(PageRequest(url))
    if isinstance(page, Signal) and (other := other_scheme(url, page)):
        again = await asking.get(PageRequest(other))
        page = page if isinstance(again, Signal) else again
    if isinstance(page, Response):
        page = not_html(page) or page
    return page if isinstance(page, Signal | TextResponse) else Signal("not_html:", url)


async def _links(asking: Asking, home: TextResponse, most: int) -> list[SiteLink]:
    """Links of the home page and of the pages that list sites; a list that can't be had is no failure of the portal."""
    found = dict.fromkeys(site_links(home))
    for url in list_pages(home)[:most]:
        page = await asking.get(PageRequest(url))
        if isinstance(page, TextResponse) and not_html(page) is None:
            found |= dict.fromkeys(site_links(page))
    return list(found)
