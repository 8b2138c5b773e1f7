"""Where a list goes on, when plain links say so: 下一页, numbered links, tabs of years; and what it declares."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crawler.families.base import PAGE_CAP, PageRequest
from crawler.families.dates import normalise
from crawler.families.page import Element, absolute, text_of
from crawler.families.rows import ARTICLE_URL

_NEXT = frozenset({"下一页", "下页", "下一頁", "后页", "后一页", "next", "nextpage", "下一页next"})
_PAGER = re.compile(r"pag(?:e|ing|in)|fenye|_p_no|p_no|page_num", re.I)
_LAST = frozenset({"尾页", "末页", "最后一页", "last"})
_LAST_NUMBER = re.compile(r"(\d{1,4})(?=(?:\.\w{1,5})?/?$)")
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


def next_pages(root: Element, base: str, url: str) -> list[PageRequest]:
    """The link 下一页 if there is one, else the numbered links beyond the present page, else all up to 尾页."""
    numbered: dict[str, int] = {}
    for anchor in root.iter("a"):
        text = text_of(anchor)
        number = int(text) if text.isdecimal() and len(text) < 4 else 0
        if not (number and _in_pager(anchor)) and (len(text) > 12 or not _is_next(anchor, text)):
            continue
        target = absolute(base, anchor.get("href"))
        if not target or same_page(target, url):
            continue
        if not number:
            return [PageRequest(target)]
        numbered.setdefault(target, number)
    current = _current_number(root)
    if not numbered:
        return _up_to_last(root, base, current)
    return [PageRequest(target) for target, number in numbered.items() if number > current][:PAGE_CAP]


def _up_to_last(root: Element, base: str, current: int) -> list[PageRequest]:
    """The pages that the one link 尾页 stands for: its address with each smaller number, from the second page on."""
    for anchor in root.iter("a"):
        target = absolute(base, anchor.get("href")) if _NOT_WORD.sub("", text_of(anchor)).lower() in _LAST else None
        match = _LAST_NUMBER.search(target) if target else None
        if target and match and _in_pager(anchor):
            first, last = max(current, 1) + 1, int(match.group(1))
            addresses = (target[: match.start()] + str(number) + target[match.end() :] for number in range(first, last))
            pages = [PageRequest(address, optional=True) for address in addresses][: PAGE_CAP - 1]
            return [*pages, PageRequest(target)] if current < last else []
    return []


def year_tabs(root: Element, base: str, url: str) -> list[PageRequest]:
    """Tabs and choices of one year each, which hold rows of the same list."""
    tabs: dict[str, str] = {}
    for anchor in root.iter("a"):
        text = text_of(anchor)
        match = _YEAR_TAB.fullmatch(normalise(text).replace(" ", "")) if 4 <= len(text) < 24 else None
        target = absolute(base, anchor.get("href")) if match else None
        if match and target and not ARTICLE_URL.search(target):
            tabs.setdefault(target, match.group(1))
    for select in root.iter("select"):
        prefix = _ONCHANGE.search(select.get("onchange") or "")
        for option in select.iter("option"):
            match = _YEAR_TAB.fullmatch(normalise(text_of(option)).replace(" ", ""))
            value = (option.get("value") or "").strip()
            if match and (prefix or "/" in value or value.startswith("?")):
                target = absolute(base, (prefix.group(2) if prefix else "") + value)
                if target:
                    tabs.setdefault(target, match.group(1))
    return [
        PageRequest(target, context={"year": year}, kind="year")
        for target, year in tabs.items()
        if not same_page(target, url)
    ]


def declared(text: str) -> tuple[int | None, int | None]:
    """Pages and rows that a list claims to have.

    >>> declared("共 52 条 首页 下页 尾页 1/11"), declared("第1页 共 3 页"), declared("2025/01/22")
    ((11, 52), (3, None), (None, None))
    """
    plain = normalise(text)
    rows = _ROWS.search(plain)
    pages = next((m for m in (p.search(plain) for p in _PAGES) if m), None)
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


def _is_next(anchor: Element, text: str) -> bool:
    for label in (text, anchor.get("title") or ""):
        if _NOT_WORD.sub("", label).lower() in _NEXT:
            return True
    if text in (">", "›", "»", ">>", ""):
        own = " ".join((anchor.get("class") or "", anchor.get("rel") or "")).lower().split()
        return "next" in own or (text in (">", "›") and _in_pager(anchor))
    return False


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
