"""Where a list goes on, when plain links say so: 下一页, numbered links, tabs of years; and what it declares."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import cast
from urllib.parse import urlsplit

from scrapy.http import TextResponse

from crawler.families.anchors import Anchor, Said, page_links
from crawler.families.base import PAGE_CAP, PageRequest
from crawler.families.dates import normalise
from crawler.families.page import Element, absolute, base_url, elements, text_of, tree
from crawler.families.rows import is_article

_NEXT = frozenset({"下一页", "下页", "下一頁", "后页", "后一页", "next", "nextpage", "下一页next"})
_PAGER = re.compile(r"pag(?:e|ing|in)|fenye|_p_no|p_no|page_num", re.I)
_LAST = frozenset({"尾页", "末页", "最后一页", "last"})
_LAST_NUMBER = re.compile(r"(\d{1,4})(?=(?:\.\w{1,5})?/?$)")
_SIGNS = frozenset((">", "›", "»", ">>", ""))
_NOT_WORD = re.compile(r"[^\w]+")
_YEAR_TAB = re.compile(r"(20[0-3]\d)(?:年度?)?(?:政府)?(?:信息公开)?(?:工作)?(?:年报|年度报告)?")
_ONCHANGE = re.compile(r"""location(?:\.href)?\s*=\s*(['"])(.*?)\1\s*\+\s*this\.value""")
_PAGES_SAID = re.compile(r"共\s*(\d{1,5})\s*页")
_PAGES = (
    _PAGES_SAID,
    re.compile(r"(?:总页数|页数)\s*[::]\s*(\d{1,5})"),
    re.compile(r"(?<![\d/-])\d{1,4}\s*/\s*(\d{1,4})\s*页?(?![\d/-])"),
)
_ROWS = re.compile(r"(?:共|总记录数?|总数)\s*[::]?\s*(?:有\s*)?(\d{1,6})\s*[条篇]")


def next_pages(response: TextResponse) -> list[PageRequest]:
    """The link 下一页 if there is one, else the numbered links beyond the present page, else all up to 尾页."""
    numbered: dict[str, int] = {}
    last: list[Anchor] = []
    for anchor in page_links(response).that(_is_of_pager):
        role = _role(anchor.said.text, anchor.said.attribute)
        if role == "last":
            last.append(anchor)
        number = int(anchor.said.text) if role == "number" and _in_pager(anchor.element) else 0
        if not (number or role == "next" or (role == "sign" and _is_next(anchor))):
            continue
        if same_page(anchor.url, response.url):
            continue
        if not number:
            return [PageRequest(anchor.url)]
        numbered.setdefault(anchor.url, number)
    if not numbered:
        return _up_to_last(last, tree(response))
    current = _current_number(tree(response))
    return [PageRequest(target) for target, number in numbered.items() if number > current][:PAGE_CAP]


def _up_to_last(last: list[Anchor], root: Element) -> list[PageRequest]:
    """The pages that the one link 尾页 stands for: its address with each smaller number, from the second page on."""
    for anchor in last:
        match = _LAST_NUMBER.search(anchor.url)
        if match and _in_pager(anchor.element):
            current = _current_number(root)
            start, end = max(current, 1) + 1, int(match.group(1))
            before, after = anchor.url[: match.start()], anchor.url[match.end() :]
            addresses = (f"{before}{number}{after}" for number in range(start, end))
            pages = [PageRequest(address, optional=True) for address in addresses][: PAGE_CAP - 1]
            return [*pages, PageRequest(anchor.url)] if current < end else []
    return []


def year_tabs(response: TextResponse) -> list[PageRequest]:
    """Tabs and choices of one year each, which hold rows of the same list."""
    base, tabs = base_url(response), dict[str, str]()
    for anchor in page_links(response).that(_is_year_tab):
        tabs.setdefault(anchor.url, cast(str, _year_of(anchor.said.text)))
    for select in elements(response, "select"):
        prefix = _ONCHANGE.search(select.get("onchange") or "")
        for option in select.iter("option"):
            value = (option.get("value") or "").strip()
            leads = prefix or "/" in value or value.startswith("?")
            if leads and (year := _year_of(text_of(option))):
                target = absolute(base, (prefix.group(2) if prefix else "") + value)
                if target:
                    tabs.setdefault(target, year)
    return [
        PageRequest(target, context={"year": year}, kind="year")
        for target, year in tabs.items()
        if not same_page(target, response.url)
    ]


def _is_year_tab(url: str, said: Said) -> bool:
    return _year_of(said.text) is not None and not is_article(url)


@lru_cache(maxsize=8192)
def _year_of(text: str) -> str | None:
    """The year that a tab stands for."""
    match = _YEAR_TAB.fullmatch(normalise(text).replace(" ", "")) if 4 <= len(text) < 24 else None
    return match.group(1) if match else None


def declared(text: str) -> tuple[int | None, int | None]:
    """Pages and rows that a list claims to have.

    >>> declared("共 52 条 首页 下页 尾页 1/11"), declared("第1页 共 3 页"), declared("2025/01/22")
    ((11, 52), (3, None), (None, None))
    """
    plain = normalise(text)
    rows = _ROWS.search(plain)
    patterns = _PAGES if "/" in plain else _PAGES[:-1]
    pages = next((m for m in (p.search(plain) for p in patterns) if m), None)
    return (int(pages.group(1)) if pages else None), (int(rows.group(1)) if rows else None)


def pages_said(text: str) -> int | None:
    """Pages that a list says in words to have: sure enough to end it, as 12/01 is not.

    >>> pages_said("第1页 共 3 页"), pages_said("12/01")
    (3, None)
    """
    match = _PAGES_SAID.search(normalise(text))
    return int(match.group(1)) if match else None


def same_page(one: str, other: str) -> bool:
    """Whether two addresses are one page, but for scheme, ``index.html`` and fragment.

    >>> same_page("http://sim/nb/index.html", "https://sim/nb/"), same_page("http://sim/nb/", "http://sim/nb/?p=2")
    (True, False)
    """
    return _identity(one) == _identity(other)


def _identity(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    path = re.sub(r"/(?:index\.\w+)?$", "/", parts.path or "/")
    return parts.netloc.lower(), path, parts.query


def _is_of_pager(url: str, said: Said) -> bool:
    return _role(said.text, said.attribute) is not None


@lru_cache(maxsize=8192)
def _role(text: str, attribute: str) -> str | None:
    """What a link is to a pager, by its words.

    >>> _role("下一页>", ""), _role("[尾页]", ""), _role("7", ""), _role("»", ""), _role("政务公开", "")
    ('next', 'last', 'number', 'sign', None)
    """
    if len(text) > 12:
        return None
    words = [_NOT_WORD.sub("", label).lower() for label in (text, attribute)]
    if _NEXT.intersection(words):
        return "next"
    if words[0] in _LAST:
        return "last"
    return "number" if text.isdecimal() and len(text) < 4 else "sign" if text in _SIGNS else None


def _is_next(anchor: Anchor) -> bool:
    """Whether a sign, or a link without a word, leads to the next page."""
    own = " ".join((anchor.element.get("class") or "", anchor.element.get("rel") or "")).lower().split()
    return "next" in own or (anchor.said.text in (">", "›") and _in_pager(anchor.element))


def _in_pager(anchor: Element) -> bool:
    element: Element | None = anchor
    for _ in range(4):
        if element is None:
            return False
        if _PAGER.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
            return True
        element = element.getparent()
    return False


def _current_number(root: Element) -> int:
    """The number of the present page: the marked or unlinked number among the page links; 0 if none is."""
    for element in root.iter("span", "em", "b", "strong", "li", "a", "font"):
        text = (element.text or "").strip()
        if text.isdigit() and len(text) < 4 and len(element) == 0:
            marked = re.search(r"\b(?:current|cur|active|on|thispage|p_no_d)\b", element.get("class") or "")
            plain = element.tag != "a" and element.find(".//a") is None and (element.getparent() is not None)
            inside_link = any(ancestor.tag == "a" for ancestor in element.iterancestors())
            if not inside_link and (marked or plain) and _in_pager(element):
                return int(text)
    return 0
