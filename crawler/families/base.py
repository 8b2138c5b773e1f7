"""What a CMS family answers: is this page yours, which links does it list, where does the list go on.

A family is one module of pure functions over a Scrapy ``TextResponse``; it makes no request and keeps no
state. A list mechanism that needs another request (an API, the next group of rows) names it as a
``PageRequest``; its reply comes back to ``listing`` of the same family with ``context`` as given.

Ends and loops are the caller's to see, since a family keeps no state: a page that brings no link that was not
there before ends its list (servers exist that ignore the page parameter and send page 1 for ever), and nothing
it names is followed, save ``PageRequest`` of the kinds ``year`` and ``fallback``, and what a ``way`` leads to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from scrapy.http import TextResponse

PAGE_CAP = 50
"""Further pages named at most for one list; ``Listing.declared_pages`` still tells what the page claims."""

PageKind = Literal["page", "year", "fallback", "way", "rest"]


@dataclass(frozen=True, slots=True)
class Link:
    """A row of a list page: absolute URL, the full title (``title=`` wins over a cut text), ISO date."""

    url: str
    title: str
    date: str | None = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A further page of the same list. ``context`` is handed back to ``listing`` with the reply.

    ``kind`` is ``page`` for the next rows, ``year`` for the tab of one year (``context["year"]``), ``fallback``
    for the same rows asked for in another way, after a server ignored the first, ``way`` for a page without rows
    that leads to them, and ``rest`` for another way to the whole list, taken last and only when the list is not
    known to be complete.
    """

    url: str
    method: str = "GET"
    form: Mapping[str, str] | None = None
    as_json: bool = False  # the form goes as an object of JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False  # a declared page whose 404 only ends the list
    kind: PageKind = "page"
    attachment: bool = False  # a file: it may be larger than a page
    render: bool = False  # by a browser, with its scripts


@dataclass(slots=True)
class Listing:
    """One page of a list. ``declared_pages`` / ``declared_rows`` are what the page itself claims, if it does."""

    links: list[Link] = field(default_factory=list)
    more: list[PageRequest] = field(default_factory=list)
    declared_pages: int | None = None
    declared_rows: int | None = None


class Family(Protocol):
    """The interface of a family module."""

    NAME: str

    @property
    def WORDS(self) -> tuple[str, ...]:  # noqa: N802 (a constant of a module)
        """In ASCII and small letters: a page without any of them in its text or address is not this family's. Empty:
        any may be."""

    def evidence(self, response: TextResponse) -> list[str]:
        """Decisive signals found on the page, in words; empty when it is not this family's."""

    def listing(self, response: TextResponse, context: Mapping[str, str]) -> Listing:
        """The rows of a list page (or of an API reply) and the further pages it leads to."""
