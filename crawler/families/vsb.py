"""VSB siteBuilder (博达, Yunnan and many others): static ``.htm`` pages, further pages of a list numbered backwards.

Recognise it by a pager of class ``pb_sys_common``, an article body ``#vsb_content``, addresses with ``wbtreeid``,
or the script call ``_showDynClickBatch``.
Paging: page 1 is ``zfxxgknb.htm``; of N pages the second is ``zfxxgknb/<N-1>.htm`` and the last ``zfxxgknb/1.htm``,
so an address changes its rows when a page is added. All files from the highest that the pager names down to 1 are
asked for. Older, dynamic lists have ``lm_list.jsp?totalpage=11&PAGENUM=2&urltype=tree.TreeTempUrl&wbtreeid=1014``.
Links are relative to the file: ``../info/1677/56001.htm`` on page 1, ``../../info/…`` behind it. A column can itself
be the one report. Files come from ``/system/_content/download.jsp?urltype=news.DownloadAttachUrl…``, no extension.
Example: ``/zfxxgk/zfxxgknb.htm`` with ``/info/1677/56001.htm``.
Assumed: that a dynamic list has all its pages at the address of its pager's first link, with another ``PAGENUM``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit, urlunsplit

from scrapy.http import TextResponse

from crawler.families.anchors import page_links
from crawler.families.base import PAGE_CAP, Listing, PageRequest
from crawler.families.endpoint import is_own, with_parameter
from crawler.families.listing import static_listing
from crawler.families.paging import next_pages

NAME = "vsb"
WORDS = ("pb_sys_common", "vsb_content", "wbtreeid", "_showdynclickbatch")

_BODY = re.compile(r"""\bid\s{0,9}=\s{0,9}['"]vsb_content""", re.I)
_TREE = re.compile(r"\burltype=(?:tree|news)\.\w{1,40}[^\s'\"<>]{0,200}\bwbtreeid=\d", re.I)
_FILE = re.compile(r"(\d{1,5})\.html?")
_TOTAL = re.compile(r"[?&]totalpage=(\d{1,5})(?:&|$)", re.I)


def evidence(response: TextResponse) -> list[str]:
    text = response.text
    signs = []
    if "pb_sys_common" in text:
        signs.append("pager of class pb_sys_common")
    if "vsb_content" in text and _BODY.search(text):
        signs.append("article body #vsb_content")
    if "wbtreeid" in text + response.url and _TREE.search(f"{text} {response.url}"):
        signs.append("addresses with urltype and wbtreeid")
    if "_showDynClickBatch" in text:
        signs.append("script call _showDynClickBatch")
    return signs


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    targets = list(page_links(response).urls())
    dynamic = (url for url in targets if "PAGENUM=" in url and is_own(url, response))
    further = _files(response.url, targets) or _dynamic(dynamic) or next_pages(response)
    return static_listing(response, further)


def _files(url: str, targets: list[str]) -> list[PageRequest]:
    """The numbered files of the list, from the highest that the page names down to the last page, which is 1."""
    folder = _folder(url)
    numbers = [
        int(match.group(1))
        for target in targets
        if target.startswith(folder) and (match := _FILE.fullmatch(target.removeprefix(folder)))
    ]
    if not numbers:
        return []
    highest = max(numbers)
    files = (f"{folder}{number}.htm" for number in range(highest, max(0, highest - PAGE_CAP), -1))
    return [PageRequest(file, optional=True) for file in files if file != url]


def _dynamic(targets: Iterable[str]) -> list[PageRequest]:
    for target in targets:
        if total := _TOTAL.search(target):
            last = min(int(total.group(1)), PAGE_CAP)
            return [PageRequest(with_parameter(target, "PAGENUM", str(number))) for number in range(2, last + 1)]
    return []


def _folder(url: str) -> str:
    """Where the further pages of a list are, seen from its first or any other.

    >>> _folder("http://sim/zfxxgk/zfxxgknb.htm"), _folder("http://sim/zfxxgk/zfxxgknb/10.htm")
    ('http://sim/zfxxgk/zfxxgknb/', 'http://sim/zfxxgk/zfxxgknb/')
    """
    parts = urlsplit(url)
    above, _, name = parts.path.rpartition("/")
    stem = name.rpartition(".")[0] or "index"
    path = f"{above}/" if _FILE.fullmatch(name) else f"{above}/{stem}/"
    return urlunsplit(parts._replace(path=path, query="", fragment=""))
