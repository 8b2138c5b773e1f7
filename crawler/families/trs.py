"""TRS WCM (拓尔思): static files, and a script call that writes the page links at run time.

Recognise it by a ``createPageHTML(3, 0, "index", "html")`` call (or one of its dialects), by TRS editor classes,
or by articles at ``./202501/t20250122_300123.html``.
Paging: page 2 is ``index_1.html`` where the call counts from 0, ``index_2.html`` where it counts from 1; the
dialect tells which. Publishers often write fewer files than the call declares, so each page is ``optional``.
Example: ``http://xxgk.example.gov.cn/xzf/zfxxgknb/`` with ``./202502/t20250207_2096169.shtml``.
Assumed: the file names behind ``#pageDec`` (a script on another host writes them) are ``index_2.html``, ….
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from scrapy.http import TextResponse

from crawler.families.base import PAGE_CAP, Listing, PageRequest
from crawler.families.listing import static_listing
from crawler.families.page import absolute, base_url

NAME = "trs"

_CALL = re.compile(r"(?<![\w$])(function\s+)?createPage(?:HTML)?\s*\(([^()]*)\)")
_VARIABLES = re.compile(r"var\s+currentPage\s*=\s*(\d+).{0,400}?var\s+countPage\s*=\s*(\d+)", re.S)
_OPTIONS = re.compile(
    r"currentPage\s*:\s*parseInt\(\s*'(\d+)\D{0,3}'\s*\)\s*\+\s*1"
    r".{0,200}?countPage\s*:\s*parseInt\(\s*'(\d+)\D{0,3}'",
    re.S,
)
_SET_PAGE = re.compile(r"""pagination\(\s*['"]setPage['"]\s*,\s*(\d+)\s*,\s*(\d+)\s*\)""")
_TEMPLATE = re.compile(r"PageIndex\s*>\s*(\d+)\s*\?\s*\1\s*:\s*PageIndex")
_TEMPLATE_NAME = re.compile(r"""['"`/]([\w-]+)_\$\{\s*PageIndex\s*\}\.(s?html?)""")
_PAGE_DEC = re.compile(r"""<[^>]*\bid\s*=\s*['"]pageDec['"][^>]*>""", re.I)
_PAGE_DEC_COUNT = re.compile(r"""pagecount\s*=\s*['"](\d+)""", re.I)
_OPTION_NAME = re.compile(r"PAGE_NAME\s*:\s*'([\w-]+)'")
_OPTION_EXT = re.compile(r"PAGE_EXT\s*:\s*'(\w+)'")
_TRSAPI = re.compile(r"\.trsapi\b.{0,600}?recordCount\s*:\s*['\"]?(\d+)", re.S)
_ARTICLE = re.compile(r"/(?:19|20)\d{4}/t(?:19|20)\d{6}_\d+\.s?html?", re.I)
_EDITOR = re.compile(r"""(?:class|id)\s*=\s*['"][^'"]*(TRS_Editor|trs_editor_view|TRS_UEDITOR|trs_web)""", re.I)


@dataclass(frozen=True, slots=True)
class Paging:
    """What a page says of its list: ``count`` pages, the present one ``current`` in the numbers of its files.

    ``base`` is the number that stands for page 1 (0 or 1); its file carries no number.
    """

    count: int
    current: int
    base: int
    name: str = "index"
    extension: str = "html"
    total: int | None = None

    def files(self) -> list[str]:
        """The files of the pages after the present one."""
        last = self.base + self.count - 1
        return [f"{self.name}_{number}.{self.extension}" for number in range(self.current + 1, last + 1)][:PAGE_CAP]


def evidence(response: TextResponse) -> list[str]:
    text = response.text
    signs = []
    paging = find_paging(text, response.url)
    if paging:
        signs.append(f"page links written by a script call: {paging.count} pages, page 1 is number {paging.base}")
    editor = _EDITOR.search(text) if "TRS_" in text or "trs_" in text else None
    if editor:
        signs.append(f"article body of class {editor.group(1)}")
    articles = len(set(_ARTICLE.findall(text)))
    if articles >= 2 or (articles and signs):
        signs.append(f"{articles} articles at YYYYMM/tYYYYMMDD_ID")
    if _TRSAPI.search(text):
        signs.append("list read through .trsapi")
    return signs


def listing(response: TextResponse, context: Mapping[str, str]) -> Listing:
    text = response.text
    paging = find_paging(text, response.url)
    if paging is None:
        page = static_listing(response)
        records = _TRSAPI.search(text)
        if records:
            page.declared_rows = int(records.group(1))
        return page
    base = base_url(response)
    targets = [url for name in paging.files() if (url := absolute(base, name))]
    page = static_listing(response, [PageRequest(url, optional=True) for url in targets])
    page.declared_pages = paging.count
    page.declared_rows = paging.total if paging.total is not None else page.declared_rows
    return page


def find_paging(text: str, url: str) -> Paging | None:
    """The paging a page's scripts declare, in any of the dialects; None when they declare none.

    >>> find_paging('createPageHTML(3, 0, "index", "html");', "").files()
    ['index_1.html', 'index_2.html']
    >>> find_paging('createPageHTML("page_div", 3, 1, "list", "shtml", 71);', "").files()
    ['list_2.shtml', 'list_3.shtml']
    """
    for match in _CALL.finditer(text) if "createPage" in text else ():
        if match.group(1) or text[max(0, match.start() - 2) : match.start()] == "//":
            continue
        paging = _from_call(match.group(2))
        if paging:
            return paging
    return _from_options(text, url)


def _from_call(arguments: str) -> Paging | None:
    values = [value.strip().strip("'\"") for value in arguments.split(",")]
    base = 0
    if values and not values[0].isdigit():
        # The dialect with the container's id first counts from 1.
        base, values = 1, values[1:]
    if len(values) < 2 or not (values[0].isdigit() and values[1].isdigit()):
        return None
    name = values[2] if len(values) > 2 and re.fullmatch(r"[\w./-]+", values[2]) else "index"
    extension = values[3] if len(values) > 3 and re.fullmatch(r"\w+", values[3]) else "html"
    total = next((int(v) for v in reversed(values[4:]) if v.isdigit()), None)
    return Paging(int(values[0]), int(values[1]), base, name, extension, total)


def _from_options(text: str, url: str) -> Paging | None:
    name, extension = _file_of(url)
    match = _OPTIONS.search(text) if "countPage" in text else None
    if match:
        names, extensions = _OPTION_NAME.search(text), _OPTION_EXT.search(text)
        name = names.group(1) if names else name
        extension = extensions.group(1) if extensions else extension
        return Paging(int(match.group(2)), int(match.group(1)), 0, name, extension)
    match = _VARIABLES.search(text) if "countPage" in text else None
    if match:
        return Paging(int(match.group(2)), int(match.group(1)), 0, name, extension)
    match = _SET_PAGE.search(text)
    if match:
        return Paging(int(match.group(2)), int(match.group(1)), 1, name, extension)
    match = _TEMPLATE.search(text)
    if match:
        named = _TEMPLATE_NAME.search(text)
        name, extension = named.groups() if named else (name, extension)
        return Paging(int(match.group(1)), _number_of(url), 1, name, extension)
    element = _PAGE_DEC.search(text) if "pageDec" in text else None
    count = _PAGE_DEC_COUNT.search(element.group()) if element else None
    if count:
        return Paging(int(count.group(1)), _number_of(url), 1, name, extension)
    return None


def _file_of(url: str) -> tuple[str, str]:
    """Name and extension of a list's files, as the present one shows them.

    >>> _file_of("http://sim/nb/"), _file_of("http://sim/nb/list_3.shtml")
    (('index', 'html'), ('list', 'shtml'))
    """
    name, _, extension = urlsplit(url).path.rpartition("/")[2].rpartition(".")
    return re.sub(r"_\d+$", "", name) or "index", extension if re.fullmatch(r"s?html?", extension) else "html"


def _number_of(url: str) -> int:
    match = re.search(r"_(\d+)\.\w+$", urlsplit(url).path)
    return int(match.group(1)) if match else 1
