"""EasySite (中科汇联): columns named by UUID, lists in blocks that come as HTML fragments.

Recognise it by ``eportalCurrentColumnId`` in a script, or ``eportal-block`` elements.
Paging: ``GET /columns/<column>/templates/<template>/blocks/<block>?page=2&fix=0`` gives rows as a fragment of
HTML; a page beyond the end has none. The block in the page may be empty until the script has run, so its page 1
is asked for too. Each year has a column of its own, linked as a tab (kind ``year``).
Example: ``/columns/c0674d37-…/index.html`` with ``/columns/c0674d37-…/202501/23/a01b86e0-….html``.
Assumed: the attribute names that carry the ids of block and template (any ``data-*`` attribute, an element's id or
an address in a script will do); that the search variant (JSON, ``data.searchResult.result``) is at an address with
"search" in it that a script reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from scrapy.http import TextResponse

from crawler.families.base import Listing
from crawler.families.endpoint import Endpoint
from crawler.families.listing import static_listing
from crawler.families.page import Element, base_url, tree
from crawler.families.rows import link_rows
from crawler.families.scripted import scripted_lists

NAME = "easysite"
WORDS = ("eportal", "/blocks/", "/columns/")

_ID = r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-z]{16,40}"
_COLUMN = re.compile(r"eportalCurrentColumnId\s*=\s*['\"]([^'\"]+)['\"]")
_COLUMN_URL = re.compile(r"/columns/([0-9a-f]{8}-[0-9a-f-]{27})/", re.I)
_BLOCK_URL = re.compile(rf"/columns/({_ID})/templates/({_ID})/blocks/({_ID})", re.I)
_BLOCK_CAP = 6


def evidence(response: TextResponse) -> list[str]:
    text = response.text
    signs = []
    if "eportalCurrentColumnId" in text and _COLUMN.search(text):
        signs.append("script variable eportalCurrentColumnId")
    if "eportal-block" in text:
        signs.append("blocks of class eportal-block")
    if "/blocks/" in text and _BLOCK_URL.search(text):
        signs.append("block addresses /columns/…/templates/…/blocks/…")
    columns = {match.lower() for match in _COLUMN_URL.findall(text)} if "/columns/" in text else set()
    if len(columns) >= 3 and "/resource/cms/" in text:
        signs.append(f"links to {len(columns)} columns named by UUID, files under /resource/cms/")
    return signs


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    if "endpoint" in context:
        return Endpoint.from_context(context).reply(response)
    page = static_listing(response)
    base = base_url(response)
    for block, address in _blocks(response).items():
        filled = block is not None and bool(link_rows(block, base))
        page.more.append(Endpoint(f"{address}?page=&fix=0", base, page=2 if filled else 1).request())
    page.more += [request for request in scripted_lists(response, base) if "search" in request.url.lower()]
    return page


def _blocks(response: TextResponse) -> dict[Element | None, str]:
    """The addresses of the list blocks of a page, each with its element if one is marked."""
    column = _COLUMN.search(response.text) or _COLUMN_URL.search(urlsplit(response.url).path)
    found: dict[Element | None, str] = {}
    if column:
        for element in tree(response).iter():
            ids = _block_ids(element)
            if ids and _may_list(element):
                path = f"/columns/{column.group(1)}/templates/{ids[1]}/blocks/{ids[0]}"
                found[element] = urljoin(response.url, path)
                if len(found) == _BLOCK_CAP:
                    break
    if not found:
        address = _BLOCK_URL.search(response.text) if "/blocks/" in response.text else None
        if address:
            found[None] = urljoin(response.url, address.group())
    return found


def _block_ids(element: Element) -> tuple[str, str] | None:
    """Block and template of an element, from whatever ``data-*`` attributes hold them."""
    if "block" not in (element.get("class") or "") and element.get("data-block") is None:
        return None
    block = template = None
    for name, value in element.attrib.items():
        if not re.fullmatch(_ID, str(value), re.I):
            continue
        if "template" in str(name):
            template = str(value)
        elif "block" in str(name) or (name == "id" and block is None):
            block = str(value)
    return (block, template) if block and template else None


def _may_list(element: Element) -> bool:
    """Whether a block is a list: it holds one, empty or filled, and is no menu."""
    role = f"{element.get('class') or ''} {element.get('id') or ''}".lower()
    if re.search(r"nav|menu|foot|head|crumb|banner|link", role):
        return False
    return any(True for _ in element.iter("ul", "ol", "table", "dl")) or len(element) == 0
