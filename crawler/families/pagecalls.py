"""Paging that a script call declares: how many static files a list has, and what they are called.

Publishers write ``index_1.html`` or ``index_2.html`` beside a list and leave the links to a script, in a dozen
dialects. The dialect tells which number stands for page 1; ``find_paging`` reads them all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from scrapy.http import TextResponse

from crawler.families.base import PAGE_CAP, PageRequest
from crawler.families.page import absolute, base_url

WORDS = ("createpage", "countpage", "setpage", "pageindex", "pagedec")
"""One of which each dialect has, in small letters."""

_NUMBER = re.compile(r"\d{1,6}")
_CALL = re.compile(r"createPage(?:HTML)?\s*\(([^()]*)\)")
_NO_CALL = re.compile(r"(?:[\w$]|\bfunction\s{1,9}|//)\Z")  # what stands before
_CURRENT = re.compile(r"var\s{1,9}currentPage\s{0,9}=\s{0,9}(\d{1,6})")
_COUNT = re.compile(r"var\s{1,9}countPage\s{0,9}=\s{0,9}(\d{1,6})")
_OPTIONS = re.compile(
    r"currentPage\s{0,9}:\s{0,9}parseInt\(\s{0,9}'(\d{1,6})\D{0,3}'\s{0,9}\)\s{0,9}\+\s{0,9}1"
    r".{0,200}?countPage\s{0,9}:\s{0,9}parseInt\(\s{0,9}'(\d{1,6})\D{0,3}'",
    re.S,
)
_SET_PAGE = re.compile(
    r"""pagination\(\s{0,9}['"]setPage['"]\s{0,9},\s{0,9}(\d{1,6})\s{0,9},\s{0,9}(\d{1,6})\s{0,9}\)"""
)
_TEMPLATE = re.compile(r"PageIndex\s{0,9}>\s{0,9}(\d{1,6})\s{0,9}\?\s{0,9}\1\s{0,9}:\s{0,9}PageIndex")
_TEMPLATE_NAME = re.compile(r"""['"`/]([\w-]+)_\$\{\s*PageIndex\s*\}\.(s?html?)""")
_PAGE_DEC = re.compile(r"""<[^<>]{0,500}\bid\s{0,9}=\s{0,9}['"]pageDec['"][^<>]{0,500}>""", re.I)
_PAGE_DEC_COUNT = re.compile(r"""pagecount\s{0,9}=\s{0,9}['"](\d{1,6})""", re.I)
_OPTION_NAME = re.compile(r"PAGE_NAME\s*:\s*'([\w-]+)'")
_OPTION_EXT = re.compile(r"PAGE_EXT\s*:\s*'(\w+)'")


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
        last = min(self.base + self.count - 1, self.current + PAGE_CAP)
        return [f"{self.name}_{number}.{self.extension}" for number in range(self.current + 1, last + 1)]


def file_requests(response: TextResponse, paging: Paging) -> list[PageRequest]:
    """The files after the present page; publishers write fewer than they declare, so each is ``optional``."""
    base = base_url(response)
    return [PageRequest(url, optional=True) for name in paging.files() if (url := absolute(base, name))]


def find_paging(text: str, url: str) -> Paging | None:
    """The paging a page's scripts declare, in any of the dialects; None when they declare none.

    >>> find_paging('createPageHTML(3, 0, "index", "html");', "").files()
    ['index_1.html', 'index_2.html']
    >>> find_paging('createPageHTML("page_div", 3, 1, "list", "shtml", 71);', "").files()
    ['list_2.shtml', 'list_3.shtml']
    """
    for match in _CALL.finditer(text) if "createPage" in text else ():
        if _NO_CALL.search(text[max(0, match.start() - 20) : match.start()]):
            continue
        paging = _from_call(match.group(1))
        if paging:
            return paging
    return _from_options(text, url)


def _from_call(arguments: str) -> Paging | None:
    values = [value.strip().strip("'\"") for value in arguments.split(",")]
    base = 0
    if values and not _NUMBER.fullmatch(values[0]):
        # The dialect with the container's id first counts from 1.
        base, values = 1, values[1:]
    if len(values) < 2 or not (_NUMBER.fullmatch(values[0]) and _NUMBER.fullmatch(values[1])):
        return None
    name = values[2] if len(values) > 2 and re.fullmatch(r"[\w./-]+", values[2]) else "index"
    extension = values[3] if len(values) > 3 and re.fullmatch(r"\w+", values[3]) else "html"
    total = next((int(v) for v in reversed(values[4:]) if _NUMBER.fullmatch(v)), None)
    return Paging(int(values[0]), int(values[1]), base, name, extension, total)


def _from_options(text: str, url: str) -> Paging | None:
    name, extension = _file_of(url)
    match = _OPTIONS.search(text) if "countPage" in text else None
    if match:
        names, extensions = _OPTION_NAME.search(text), _OPTION_EXT.search(text)
        name = names.group(1) if names else name
        extension = extensions.group(1) if extensions else extension
        return Paging(int(match.group(2)), int(match.group(1)), 0, name, extension)
    current, count = (_CURRENT.search(text), _COUNT.search(text)) if "countPage" in text else (None, None)
    if current and count:
        return Paging(int(count.group(1)), int(current.group(1)), 0, name, extension)
    match = _SET_PAGE.search(text) if "setPage" in text else None
    if match:
        return Paging(int(match.group(2)), int(match.group(1)), 1, name, extension)
    match = _TEMPLATE.search(text) if "PageIndex" in text else None
    if match:
        named = _TEMPLATE_NAME.search(text)
        name, extension = named.groups() if named else (name, extension)
        return Paging(int(match.group(1)), _number_of(url), 1, name, extension)
    element = _PAGE_DEC.search(text) if "pageDec" in text else None
    declared = _PAGE_DEC_COUNT.search(element.group()) if element else None
    if declared:
        return Paging(int(declared.group(1)), _number_of(url), 1, name, extension)
    return None


def _file_of(url: str) -> tuple[str, str]:
    """Name and extension of a list's files, as the present one shows them.

    >>> _file_of("http://sim/nb/"), _file_of("http://sim/nb/list_3.shtml")
    (('index', 'html'), ('list', 'shtml'))
    """
    name, _, extension = urlsplit(url).path.rpartition("/")[2].rpartition(".")
    return re.sub(r"_\d+$", "", name) or "index", extension if re.fullmatch(r"s?html?", extension) else "html"


def _number_of(url: str) -> int:
    match = re.search(r"_(\d{1,6})\.\w{1,9}$", urlsplit(url).path)
    return int(match.group(1)) if match else 1
