"""Ankang's Node/Content system (Shaanxi): columns ``/Node-1466.html``, articles ``/Content-2224198.html``.

Recognise it by ``.article-list`` rows, or an ``.article-main`` body, along with ``Node-N`` / ``Content-N`` links.
Rows have the full title in ``title=`` and the date in ``.time`` as ``2021.01.29``. Ids run over all sites of the
cluster.
Paging, assumed: plain links 下一页 or numbers (``/Node-1466-2.html`` or ``?page=2``).
Example: ``/Node-62998.html`` with ``/Content-2224198.html``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from scrapy.http import TextResponse

from crawler.families.base import Listing
from crawler.families.listing import static_listing

NAME = "ankang"
WORDS = tuple(f"{kind}-{digit}" for kind in ("node", "content") for digit in range(10))

_LINK = re.compile(r"""href\s*=\s*['"][^'"]*/?((?:Node|Content)-\d+)(?:-\d+)?\.html""")
_PART = re.compile(r"""class\s*=\s*['"][^'"]*\b(article-list|article-main)\b""")


def evidence(response: TextResponse) -> list[str]:
    text = response.text
    if not ("Node-" in text or "Content-" in text or "Node-" in response.url or "Content-" in response.url):
        return []
    links = set(_LINK.findall(text))
    part = _PART.search(text)
    if part and (links or re.search(r"/(?:Node|Content)-\d+", response.url)):
        return [f"{len(links)} links Node-N / Content-N and a part of class {part.group(1)}"]
    kinds = {link.partition("-")[0] for link in links}
    if len(links) >= 5 and kinds:
        return [f"{len(links)} links Node-N.html / Content-N.html"]
    return []


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    return static_listing(response)
