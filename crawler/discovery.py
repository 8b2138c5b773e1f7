"""From any page of a portal to the column of annual reports, and what kind of page one has come to.

``column_candidates`` scores the links of a page; the other functions say whether the page is the column or declared
empty, and whose site it is; ``crawler.report_pages`` tells a report. Names and address tokens are in ``discovery.csv``
beside this file. Pure functions over a response; nothing is requested.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Literal, cast
from urllib.parse import urlsplit

from lxml import etree
from scrapy.http import TextResponse

from crawler.families.anchors import Said, Wanted, every_link, page_links, said_by
from crawler.families.dates import normalise
from crawler.families.page import (
    Element,
    absolute,
    base_url,
    collapse,
    elements,
    lowered,
    once,
    plain_text,
    text_of,
    tree,
)
from crawler.families.rows import is_article, page_rows
from crawler.families.words import Words
from crawler.report_pages import is_report_page
from crawler.titles import classify, is_organ
from crawler.urls import city_domain, host_of
from crawler.vocabulary import name_score, token_score

Role = Literal["entry", "part", "unit", "way"]
"""What a page is to the search for columns; see ``crawler.frontier``."""

YEAR_SCORE = 55
UNIT_SCORE = 12
"""Of the pages of a unit: they come after every way to the government's own column."""
PART_SCORE = 120
"""Of links in the column itself to its years, levels and units: they come before any other way."""

_SIGNS = re.compile(r"[^\w]+")
_YEAR_NAME = re.compile(r"(20[0-3]\d)(?:年度?)?(?:政府)?(?:信息公开)?(?:工作)?(?:年报|年度报告)?(?:专栏)?")
_LEVEL_NAME = re.compile(
    r"(?=..)(?:全|各|市|县|区|旗|州|省|本|直|级|属|和|及|与|人民|政府|机关|部门|单位|委办局|机构|垂管|乡|镇|街道|办事处|苏木"
    r"|开发区|园区|其他)+(?:年报|年度报告)?"
)
_MORE = frozenset({"更多", "more", "查看更多", "更多信息", "查看全部", "全部"})
_YEAR_PATH = re.compile(r"/(?:n|nd)?20[0-3]\d(?:n|nd|nb)?(?:_\d)?(?:/|\.s?html?$|$)")
_BEFORE_PATH = re.compile(r"^[a-zA-Z]+://[^/?]*")
_ON_CLICK = etree.XPath("descendant::*[@onclick]")
_CALL = Words([mark + "onclick" for mark in " \t\r\n\f/\"'"])  # as an attribute may stand in a page
_CALLS = etree.XPath("descendant::*/@onclick", smart_strings=False)  # ten times as fast as _ON_CLICK
_CLICKABLE = frozenset({"li", "div", "span", "td", "button"})
_FRAME = re.compile(r"(?:^|[\s_-])(?:head|header|top|nav|mainnav|topnav|navbar|foot|footer)(?:$|[\s_-])", re.I)
_CRUMBS = re.compile(r"crumb|position|location|\bdqwz|weizhi|path|bread", re.I)
_BESIDE = re.compile(r"left|side|sub|inner|tab", re.I)  # a menu beside the list: side-nav, left_nav
_MIN_ROWS = 2
_MIN_UNITS = 3
_COLUMN_TOKEN = 60
_ONCLICK_GO = re.compile(
    r"""(?:location(?:\.href)?\s*=|window\.open\s*\(|location\.(?:replace|assign)\s*\()\s*['"]([^'"]+)"""
)
_EMPTY = re.compile(
    r"(?:该|此|本|当前)?(?:栏目|列表|页面)?(?:下)?(?:暂无|暂时没有|没有|尚无|无|未找到|没有找到|未查询到)(?:任何|查询到|符合条件的|相关的?|此类)?"
    r"(?:信息|数据|内容|记录|文章|文件|结果|资料|年报)(?:发布|公开|内容)?|(?:栏目|内容)?(?:正在)?建设中"
)
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_ZERO = re.compile(r"共\s*0\s*[条篇页]|总记录数?\s*[::]\s*0(?!\d)")
_ZERO_SCRIPT = re.compile(r"""\b(?:totalRecord|recordCount|articleCount)["']?\s*:\s*["']?0["']?\s*[,}]""")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A link that is, or may lead to, the annual-report column; ``reason`` says what the score is made of."""

    url: str
    text: str
    score: int
    reason: str
    role: Role = "way"


@dataclass(frozen=True, slots=True)
class SiteIdentity:
    """Whose site it says it is; each part None where the page does not say."""

    site_id_code: str | None
    site_name: str | None
    icp: str | None
    sponsor: str | None
    site_domain: str | None = None  # the host that the site says is its own


def parts(page: TextResponse) -> list[str]:
    """The addresses of a column's years, levels and units, sorted."""
    return sorted(candidate.url for candidate in column_candidates(page, is_column=True) if candidate.role == "part")


def is_its_own_part(page: TextResponse) -> bool:
    """Whether a column stands in a menu of parts itself: what it lists is not on those beside it."""
    here = _stem(page.url)
    return any(_stem(url) == here for url in _parts(links_of(page), _site(page.url), is_column=True))


def column_candidates(response: TextResponse, *, is_column: bool | None = None) -> list[Candidate]:
    """The links of a page that are or lead to the column, best first; look-alikes are left out.

    ``is_column`` says that the page is the column or a part of it, where the caller knows better than the page.
    """
    home = _site(response.url)
    links = links_of(response, _is_lead)
    best = _parts(links, home, is_annual_report_column(response) if is_column is None else is_column)
    for url, text, element in links:
        score, reason, is_more = _scored(url, text)
        if is_more:
            score, reason = _by_heading(element) or (score, reason)
        if score > 0 and _site(url) != home:
            score, reason = score - 40, f"{reason}, another site"
        if score <= 0:
            continue
        known = best.get(url)
        if known is None or score > known.score:
            best[url] = Candidate(url, text, score, reason)
    here = _stem(response.url)
    found = [candidate for candidate in best.values() if _stem(candidate.url) != here]
    return sorted(found, key=lambda candidate: -candidate.score)


def is_annual_report_column(response: TextResponse, *, inside: bool = False) -> bool:
    """Whether a page is the column: it says so itself, or lists several reports.

    ``inside``: it was reached as a part of the column, so that it needs no sign of its own.
    """
    metas = _metas(response)
    if any(metas.get(name) for name in ("articletitle", "pubdate")):
        return False  # an article carries its column's name too
    names = [metas.get(name, "") for name in ("columnname", "columntype")]
    scores = [name_score(_plain(name)) for name in names if name]
    if any(score < 0 for score in scores):
        return False
    if any(score >= 80 for score in scores) or (inside and not is_report_page(response)):
        return True
    rows = page_rows(response)
    kinds = [classify(link.title) for link in rows]
    reports = {verdict.year for verdict in kinds if verdict.kind == "report"}
    count = sum(verdict.kind == "report" for verdict in kinds)
    if len(reports) >= _MIN_ROWS or count > _MIN_ROWS:
        return count * 4 >= len(rows)
    if not count and (is_article(response.url) or is_report_page(response)):
        return False  # an article's bread crumbs end with its column too
    named = any(name_score(_plain(place)) >= 80 for place in _places(response))
    return named or _is_addressed_as_column(response.url)


def _is_addressed_as_column(url: str) -> bool:
    """Whether the last part of an address is a name of the column: all that some shells of scripts tell.

    >>> _is_addressed_as_column("http://sim/gkmlpt/annualreport"), _is_addressed_as_column("http://sim/zfxxgknb/7.html")
    (True, False)
    """
    parts = [part for part in urlsplit(url).path.split("/") if part]
    if parts and re.fullmatch(r"(?:index|list)\.\w{2,5}", parts[-1]):
        parts.pop()
    return bool(parts) and token_score(parts[-1].partition(".")[0])[0] >= _COLUMN_TOKEN


def names_part(text: str) -> bool:
    """Whether a link is named as one year or level of a column and nothing else.

    >>> names_part("2021年年报"), names_part("县直部门"), names_part("云河县2021年政府信息公开年报")
    (True, True, False)
    """
    plain = _plain(text)
    return bool(_YEAR_NAME.fullmatch(plain) or _LEVEL_NAME.fullmatch(plain))


def has_levels(response: TextResponse) -> bool:
    """Whether a part of a column has levels below it."""
    found = column_candidates(response, is_column=True)
    return any(each.role == "part" and _LEVEL_NAME.fullmatch(_plain(each.text)) for each in found)


def site_identity(response: TextResponse) -> SiteIdentity:
    """Whose site a page belongs to, by its metas and its footer."""
    metas = _metas(response)
    text = plain_text(response)
    code = re.search(r"标识码\s*[::]?\s*((?:bm|BM)?\d{8,10})(?!\d)", text)
    icp = re.search(r"[\u4e00-\u9fff]ICP备\s*\d{5,10}\s*号(?:\s*-\s*\d+)?", text, re.I)
    sponsor = re.search(r"主\s*办(?:\s*单\s*位)?\s*[::]\s*([^\s|,,;;]{2,40})", text)
    name = metas.get("sitename") or None
    declared = re.fullmatch(r"(?:bm\d{8}|\d{10})", metas.get("siteidcode", "").lower())
    return SiteIdentity(
        site_id_code=declared.group() if declared else (code.group(1).lower() if code else None),
        site_name=name,
        icp=re.sub(r"\s", "", icp.group()) if icp else None,
        sponsor=re.split(r"承办|版权|地址|网站|ICP", sponsor.group(1))[0] or None if sponsor else None,
        site_domain=metas.get("sitedomain") or None,
    )


def declares_empty(response: TextResponse) -> bool:
    """Whether a list page says that it has no rows, and has none."""
    text = plain_text(response)
    said = any(_EMPTY.fullmatch(_EDGES.sub("", line)) for line in text.split("\n") if len(line) < 30)
    if not (said or _ZERO.search(text) or _ZERO_SCRIPT.search(response.text)):
        return False
    return not any(link.date or classify(link.title).kind == "report" for link in page_rows(response))


def links_of(response: TextResponse, wanted: Wanted = every_link) -> list[tuple[str, str, Element]]:
    """The links of a page with their texts: anchors that are ``wanted``, image maps, choices, and elements that go on a
    click."""
    base = base_url(response)
    found = [(anchor.url, anchor.said.title, anchor.element) for anchor in page_links(response).that(wanted)]
    on_click = cast(list[Element], _ON_CLICK(tree(response))) if _calls(response) else []
    areas = [(area, absolute(base, area.get("href"))) for area in elements(response, "area")]
    calls = [(element, _clicked(base, element)) for element in on_click if element.tag == "a"]
    for element, goal in (*areas, *calls):
        if goal:
            text = said_by(element).title or collapse(element.get("alt") or element.get("title") or "")
            found.append((goal, text, element))
    for element in elements(response, "option"):
        value = element.get("value") or ""
        if goal := absolute(base, value) if "/" in value else None:
            found.append((goal, text_of(element), element))
    for element in on_click:
        if element.tag in _CLICKABLE and (goal := _clicked(base, element)):
            found.append((goal, text_of(element)[:60], element))
    return found


def _calls(response: TextResponse) -> bool:
    """Whether an element of a page has a click of its own."""
    return _CALL.any_in(lowered(response)) and bool(_CALLS(tree(response)))


def _is_lead(url: str, said: Said) -> bool:
    """Whether a link leads somewhere by what it says: to a part of a column, to the column, or on the way to it."""
    score, _, is_more = _scored(url, said.title)
    return score > 0 or is_more or _part(url, said.title) is not None


def _clicked(base: str, element: Element) -> str | None:
    match = _ONCLICK_GO.search(element.get("onclick") or "")
    return absolute(base, match.group(1)) if match else None


def _parts(links: list[tuple[str, str, Element]], home: str, is_column: bool) -> dict[str, Candidate]:
    """The parts of a column: links named after a year, a level, or one of a list of units; elsewhere only units."""
    found: dict[str, Candidate] = {}
    units: dict[Element | None, list[tuple[str, str]]] = {}
    for url, text, element in links:
        kind = _part(url, text)
        if kind is None or _site(url) != home or in_frame(element):
            continue
        if kind.isdigit() and is_column:
            found[url] = Candidate(url, text, PART_SCORE + 10, f"the year {kind} of this column", "part")
        elif kind == "level" and is_column:
            found[url] = Candidate(url, text, PART_SCORE + 5, f"the level {text} of this column", "part")
        elif is_organ(_plain(text)) and urlsplit(url).path not in ("", "/"):
            units.setdefault(_list_of(element), []).append((url, text))
    score, reason = (PART_SCORE, "the unit {} of this column") if is_column else (UNIT_SCORE, "the pages of {}")
    for rows in units.values():
        for url, text in rows if len(rows) >= _MIN_UNITS else ():
            found.setdefault(url, Candidate(url, text, score, reason.format(text), "unit"))
    return found


def _part(url: str, text: str) -> str | None:
    """What part of a column a link may lead to by its words: a year, a ``level``, or a ``unit``."""
    plain = _plain(text)
    return None if not plain or len(plain) > 30 or is_article(url) else _part_named(plain)


@lru_cache(maxsize=8192)
def _part_named(plain: str) -> str | None:
    year = _YEAR_NAME.fullmatch(plain)
    if year:
        return year.group(1)
    return "level" if _LEVEL_NAME.fullmatch(plain) else "unit" if is_organ(plain) else None


def _list_of(element: Element) -> Element | None:
    """The list or table that a link is in."""
    return next((a for a in element.iterancestors() if a.tag in ("ul", "ol", "table", "dl", "div")), None)


def in_frame(element: Element) -> bool:
    """Whether a link belongs to the site's frame, its head, main menu or foot, rather than to this page."""
    for ancestor in element.iterancestors():
        names = f"{ancestor.get('class') or ''} {ancestor.get('id') or ''}"
        if ancestor.tag in ("nav", "header", "footer") or (_FRAME.search(names) and not _BESIDE.search(names)):
            return True
    return False


def _site(url: str) -> str:
    return city_domain(host_of(url))


def _stem(url: str) -> str:
    return url.rstrip("/")


def _by_heading(element: Element) -> tuple[int, str] | None:
    """The score of a link 更多 by the heading of its box, where that names the column."""
    heading = _heading_before(element)
    score = name_score(_plain(heading)) if heading else 0
    return (score - 10, f"more of {heading}") if score >= 80 else None


@lru_cache(maxsize=8192)
def _scored(url: str, text: str) -> tuple[int, str, bool]:
    """The score of a link by its words and address, why, and whether the heading of its box says more."""
    plain = _plain(text)
    by_token, token = token_score(_BEFORE_PATH.sub("", url, 1))
    if by_token < 0:
        return by_token, f"address token {token}", False
    if len(plain) > 40 or is_article(url):
        return 0, "an article", False
    by_name = name_score(plain)
    if by_name < 0:
        return by_name, f"named {text}", False
    year = _YEAR_NAME.fullmatch(plain)
    if year and (by_token >= 30 or by_name >= 80 or _YEAR_PATH.search(urlsplit(url).path)):
        return YEAR_SCORE + min(by_token, 30) // 2, f"the year {year.group(1)}", False
    is_more = plain.lower() in _MORE or not plain
    if by_name and by_token:
        return by_name + min(by_token, 70) // 4, f"named {text}, address token {token}", is_more
    if by_name:
        return by_name, f"named {text}", is_more
    if by_token >= 30 or not plain:
        return by_token, f"address token {token}", is_more
    return 0, "", is_more


def _heading_before(element: Element) -> str:
    """The heading of the box that a link 更多 belongs to."""
    inner: Element = element
    for _ in range(3):
        outer = inner.getparent()
        if outer is None or outer.tag == "body":
            return ""
        before = islice(inner.itersiblings(preceding=True), 8)
        text = next((text for text in map(text_of, before) if text), collapse(outer.text or ""))
        if text:
            return text if len(text) <= 24 else ""
        inner = outer
    return ""


def _places(response: TextResponse) -> list[str]:
    """What a page says it is: its title's first part, its main headings, the end of its bread crumbs."""
    places = []
    for title in elements(response, "title"):
        places += [part for part in re.split(r"[-_|—–]", text_of(title)) if part.strip()][:2]
    for heading in elements(response, "h1", "h2"):
        places.append(text_of(heading))
    for element in tree(response).iter("div", "p", "ul", "ol", "nav", "td"):
        called, known = element.get("class"), element.get("id")
        if (called or known) and _CRUMBS.search(f"{called or ''} {known or ''}"):
            crumbs = [part for part in re.split(r"[>»›/→]|\s-\s", text_of(element, " ")) if part.strip()]
            places += crumbs[-1:]
    return [re.sub(r"正文$|列表$", "", place) for place in places]


@once
def _metas(response: TextResponse) -> dict[str, str]:
    """The metas of a page by their names in small letters; the first that says something wins."""
    found: dict[str, str] = {}
    for meta in elements(response, "meta"):
        name = (meta.get("name") or "").strip().lower()
        value = collapse(meta.get("content") or "")
        if name and value and not found.get(name):
            found[name] = value
    return found


@lru_cache(maxsize=8192)
def _plain(text: str) -> str:
    return _SIGNS.sub("", normalise(text))
