"""ASP.NET pages whose pager sends a form back (AspNetPager and its like): ``__doPostBack('AspNetPager1','2')``.

Recognise it by a hidden field ``__VIEWSTATE`` along with links that call ``__doPostBack``. Pagers with plain links
(``NewsLsit.aspx?ClassID=602&page=2``) need none of this, and are read as any other list.
Paging: ``POST`` to the page itself with all its hidden fields, ``__EVENTTARGET`` the pager and ``__EVENTARGUMENT`` the
number of the page. Each reply has fields of its own, so the pages are asked for one after another.
Example: ``/xxgk/List.aspx?ClassID=602``.
Assumed: that the argument is the number of the page, or ``Page$2`` as in a GridView.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from scrapy.http import TextResponse

from crawler.families.base import PAGE_CAP, Listing, PageRequest
from crawler.families.listing import static_listing
from crawler.families.page import absolute, base_url, text_of, tree
from crawler.families.paging import next_pages

NAME = "aspnet"
WORDS = ("__viewstate",)

_CALL = re.compile(r"""__doPostBack\(\s{0,9}['"]([\w$:]{1,120})['"]\s{0,9},\s{0,9}['"]((?:Page\$)?\d{1,4})['"]""")
_MAX_FIELDS = 400_000  # characters of hidden fields that are sent back


def evidence(response: TextResponse) -> list[str]:
    if "__VIEWSTATE" in response.text and _CALL.search(response.text):
        return ["__VIEWSTATE and a pager that calls __doPostBack"]
    return []


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    further = next_pages(response)
    if not further:
        further = _post_back(response, int(context.get("page", "1")) + 1)
    return static_listing(response, further)


def _post_back(response: TextResponse, number: int) -> list[PageRequest]:
    """The request that a click on the number of the next page would make."""
    if number > PAGE_CAP:
        return []
    for target, argument in _calls(response):
        if argument.removeprefix("Page$") == str(number):
            fields = _hidden(response) | {"__EVENTTARGET": target, "__EVENTARGUMENT": argument}
            if sum(map(len, fields.values())) <= _MAX_FIELDS:
                url = _action(response)
                return [PageRequest(url, "POST", form=fields, context={"page": str(number)})]
    return []


def _calls(response: TextResponse) -> Iterator[tuple[str, str]]:
    for anchor in tree(response).iter("a"):
        match = _CALL.search((anchor.get("href") or "")[:600]) if len(text_of(anchor)) < 12 else None
        if match:
            yield match.group(1), match.group(2)


def _hidden(response: TextResponse) -> dict[str, str]:
    fields = tree(response).iter("input")
    return {name: f.get("value") or "" for f in fields if f.get("type") == "hidden" and (name := f.get("name"))}


def _action(response: TextResponse) -> str:
    form = next((f for f in tree(response).iter("form") if (f.get("method") or "").lower() == "post"), None)
    return (absolute(base_url(response), form.get("action")) if form is not None else None) or response.url
