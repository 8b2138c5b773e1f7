"""Any other system whose lists are links in the HTML.

Recognise it by nothing: it takes what no other family claims.
Rows are links with a date beside them, an article's address or a report's title, and rows as JSON in a script. It
pages by 下一页, by numbered links, by the link 尾页 alone, and by tabs of years (links or a ``<select>``); where no
link does, by the address that a pager's script counts on (``'iList.jsp?cat_id=7&cur_page='+n``), and by the
addresses that scripts read (``$.getJSON``).
Example: any ``<ul><li><a href="…">…</a><span>2025-01-22</span></li></ul>``.
Assumed: all of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from scrapy.http import TextResponse

from crawler.families.base import Listing
from crawler.families.endpoint import Endpoint
from crawler.families.jsonrows import json_links, script_data
from crawler.families.listing import static_listing
from crawler.families.page import base_url, scripts
from crawler.families.scripted import scripted_lists, scripted_pages

NAME = "generic"
WORDS = ()


def evidence(response: TextResponse) -> list[str]:
    return ["no sign of a known system"]


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    if "endpoint" in context:
        return Endpoint.from_context(context).reply(response)
    page, base = static_listing(response), base_url(response)
    known = {link.url for link in page.links}
    inline = [link for value in script_data(scripts(response)) for link in json_links(value, base)]
    page.links += [link for link in inline if link.url not in known]
    if not any(request.kind == "page" for request in page.more):
        page.more += scripted_pages(response) or scripted_lists(response, base)
    return page
