"""What the content of an article says, where its title says that it is an annual report.

``contradiction`` names what a text is instead: each kind has words that a report does not use of itself, and several of
them must be there. ``further_pages`` are the other pages of an article that is shown in parts. Pure functions over a
response; nothing is requested.
"""

from __future__ import annotations

import re
from typing import cast
from urllib.parse import urlsplit

from lxml import etree
from scrapy.http import TextResponse

from crawler import discovery, families
from crawler.families import pagecalls
from crawler.families.anchors import page_links
from crawler.families.dates import normalise
from crawler.families.page import absolute, base_url, tree
from crawler.families.pagecalls import find_paging
from crawler.report_pages import is_report_page

_FRAME = ("a", "script", "style", "noscript", "option", "nav", "header", "footer")
_OWN_TEXT = etree.XPath(
    f"//body//text()[not({' or '.join(f'ancestor::{name}' for name in _FRAME)})]", smart_strings=False
)  # menus and links speak of notices and guides on every page
_FRONT = re.compile(r"(?:index|default|list)(?:_\d+)?$|/$", re.I)  # of a folder: a column's, or an article's own
MOST_PARTS = 10  # pages of one article

_KINDS: tuple[tuple[str, int, tuple[str, ...]], ...] = (  # kind, how many of its signs are needed, the signs
    (
        "notice",
        2,
        (
            "特此通知",
            "(?:通知|要求|安排)如下:",
            "请(?:各|认真|高度重视)",
            "(?:报送|上报|编制)(?:时间|要求|工作)",
            "各(?:镇|乡|街道|部门|单位|县|区|市)[^。]{0,40}:",
        ),
    ),
    (
        "guide",
        3,
        (
            "本指南|公开指南",
            "公开形式",
            "公开时限",
            "受理机构",
            "申请(?:的提出|的?受理|方式|流程)",
            "监督(?:方式|和?救济)",
            "信息分类|编排体系",
        ),
    ),
    (
        "interpretation",
        2,
        ("(?:起草|制定|出台|编制)(?:背景|依据|过程|目的)", "解读(?:人|机关|单位|机构)", "(?:主要|核心)内容"),
    ),
)
_SIGNS = tuple((kind, needed, tuple(map(re.compile, signs))) for kind, needed, signs in _KINDS)
_ARTICLE_OF_LAW = re.compile(r"^\s*第[一二三四五六七八九十百]{1,4}条", re.M)
_FEWEST_ARTICLES = 5


def contradiction(page: TextResponse) -> str | None:
    """``notice``, ``guide``, ``interpretation`` or ``regulation`` for a text that is one and no report; else None."""
    if is_report_page(page):
        return None
    text = normalise("\n".join(cast(list[str], _OWN_TEXT(tree(page)))))
    if len(set(_ARTICLE_OF_LAW.findall(text))) >= _FEWEST_ARTICLES:
        return "regulation"
    for kind, needed, signs in _SIGNS:
        if sum(bool(sign.search(text)) for sign in signs) >= needed:
            return kind
    return None


def further_pages(page: TextResponse, first: str) -> list[str]:
    """The addresses of other pages of the article that begins at ``first``, as ``page`` links or declares them:
    ``t1_1.html``, ``t1_2.html`` beside ``t1.html``. None for a list, whose pages are called alike."""
    stem, _, ending = urlsplit(first).path.rpartition(".")
    name = stem.rpartition("/")[2]
    paging = find_paging(page.text, page.url) if stem and families.has_any(page, pagecalls.WORDS) else None
    is_named = stem and (paging or any(name + mark in page.text for mark in "_-"))
    if not is_named or (_FRONT.search(stem) and discovery.is_annual_report_column(page)):
        return []
    is_part = re.compile(re.escape(stem) + r"[_-]\d{1,2}\." + re.escape(ending))
    declared = [absolute(base_url(page), name) for name in paging.files()] if paging else []
    urls = [*page_links(page).urls(), *filter(None, declared)]
    parts = (url for url in urls if stem in url and is_part.fullmatch(urlsplit(url).path) and url != page.url)
    return list(dict.fromkeys(parts))
