"""Lists that a page reads from an address of its own, a page of rows at a time, as JSON or as HTML.

An ``Endpoint`` is that address with its parameters, the number of the page asked for, and how many rows came
before; it travels in the ``context`` of its request. A family finds it in a page and calls ``request``; the reply
goes to ``Endpoint.from_context(context).reply(response)``, which reads the rows and asks for the page after.
A list is complete at its declared number of rows or pages, or with a reply without rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from urllib.parse import quote_plus, urlsplit, urlunsplit

from scrapy.http import TextResponse

from crawler.families.base import PAGE_CAP, Link, Listing, PageKind, PageRequest
from crawler.families.jsonrows import declared_rows, json_links, loads
from crawler.families.page import site, tree, visible_text
from crawler.families.paging import declared, pages_said
from crawler.families.rows import link_rows

PAGE_KEYS = (
    "page",
    "pageNo",
    "pageIndex",
    "pageNum",
    "pageNumber",
    "p",
    "currentPage",
    "currpage",
    "pageno",
    "pagenum",
    "cur_page",
    "PAGENUM",
)
"""Parameters that count the pages of a list, in the systems known."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``page_key`` is the parameter that counts the pages, in ``form`` if there is one, else in the query; empty
    for a list that is one reply.

    ``page_value`` is its value, the number in the place of ``%d``. ``column`` is what relative links of a reply
    are relative to.
    """

    url: str
    column: str
    page_key: str = "page"
    page_value: str = "%d"
    form: Mapping[str, str] | None = None
    as_json: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: PageKind = "page"
    page: int = 1
    rows: int = 0  # on the pages before

    @classmethod
    def from_context(cls, context: Mapping[str, str]) -> Endpoint:
        return cls(**json.loads(context["endpoint"]))

    def request(self) -> PageRequest:
        """The request for ``page``; its 404 only ends the list."""
        value = self.page_value.replace("%d", str(self.page))
        form = None if self.form is None else {**self.form, self.page_key: value}
        counted = form is None and self.page_key
        return PageRequest(
            url=with_parameter(self.url, self.page_key, value) if counted else self.url,
            method="GET" if form is None else "POST",
            form=form,
            as_json=self.as_json,
            headers=self.headers,
            context={"endpoint": json.dumps(asdict(self), ensure_ascii=False)},
            optional=True,
            kind=self.kind,
        )

    def reply(self, response: TextResponse) -> Listing:
        """The rows of a reply in JSON or HTML."""
        data = loads(response.text)
        if data is not None:
            return self.listing(json_links(data, self.column), rows=declared_rows(data))
        whole = "<body" in response.text[:4000].lower()  # a page of its own, with menus, rather than rows
        text = visible_text(response)
        links = link_rows(tree(response), self.column, every=not whole)
        return self.listing(links, rows=declared(text)[1], pages=pages_said(text))

    def listing(self, links: list[Link], *, rows: int | None = None, pages: int | None = None) -> Listing:
        """A reply with these rows, and the page after it; ``rows`` and ``pages`` as the reply declares them."""
        received = self.rows + len(links)
        found = Listing(links, declared_rows=rows, declared_pages=pages)
        complete = (rows is not None and received >= rows) or (pages is not None and self.page >= pages)
        if links and self.page_key and not complete and self.page < PAGE_CAP:
            found.more = [replace(self, page=self.page + 1, rows=received).request()]
        return found


def page_key(url: str) -> str | None:
    """The parameter of an address that counts pages.

    >>> page_key("/list.json?size=15&pageNo=1"), page_key("/list.json")
    ('pageNo', None)
    """
    keys = [part.partition("=")[0] for part in urlsplit(url).query.split("&")]
    return next((key for key in keys if key in PAGE_KEYS), None)


def page_number(url: str) -> int:
    """The page that an address asks for; 1 when it tells none."""
    match = re.search(rf"(?:^|&)(?:{'|'.join(PAGE_KEYS)})=(\d{{1,4}})(?:&|$)", urlsplit(url).query)
    return max(1, int(match.group(1))) if match else 1


def with_parameter(url: str, key: str, value: str) -> str:
    """The address with one parameter set and all else as it stands.

    >>> with_parameter("http://sim/list?a=%D4%C6&page=&b=1", "page", "2")
    'http://sim/list?a=%D4%C6&page=2&b=1'
    >>> with_parameter("http://sim/list", "page", "2")
    'http://sim/list?page=2'
    """
    parts = urlsplit(url)
    held = [part for part in parts.query.split("&") if part]
    pair = f"{key}={quote_plus(value)}"
    if any(part.partition("=")[0] == key for part in held):
        held = [pair if part.partition("=")[0] == key else part for part in held]
    else:
        held.append(pair)
    return urlunsplit(parts._replace(query="&".join(held)))


def is_own(url: str, response: TextResponse) -> bool:
    """Whether an address that a script names is of the page's own site; no other is asked."""
    return site(url) == site(response.url)
