"""The rows of a list as links: the full title, the date of the row, and no link that is no row.

A row is a link with a date beside it, or one whose address is an article's or a file's, or whose title names a
year and a report. Menus, page numbers and tabs are none.
"""

from __future__ import annotations

import re
from collections import Counter
from weakref import WeakKeyDictionary

from scrapy.http import TextResponse

from crawler.families.base import Link
from crawler.families.dates import find_date, is_date, join_date, strip_date
from crawler.families.page import Element, absolute, base_url, collapse, text_of, tree

ARTICLE_URL = re.compile(
    r"/t\d{8}_\d+|/art_\w|/(?:19|20)\d\d/\d{1,2}/\d{1,2}/|/(?:19|20)\d{4}/(?:\d{2}/)?[^/]+|content[-_/]\d+|post_\d+"
    r"|/info/\d+/\d+|doc_[0-9a-f]{24}|[/_][0-9a-f]{32}\.|show-\d+|/\d{4}-\d\d-\d\d/|/\d{6,}\.(?:s?html?|jsp|aspx)"
    r"|\.(?:pdf|docx?|xlsx?|wps|et|ofd|rar|zip)(?:$|\?)|downfile|download\.jsp",
    re.I,
)
"""Addresses of articles and files in the systems known; a column has another."""

_REPORTISH = re.compile(r"(?:19|20)\d\d.*(?:报告|年报|公开)|(?:报告|年报|公开).*(?:19|20)\d\d|二[〇○零０O]..年")
_CUT = re.compile(r"(?:…+|\.{2,}|。{2,})$")
_PAGER_WORD = re.compile(
    r"[<>«»‹›]*\s*(?:首页|上一?页|前一?页|下一?页|后一?页|尾页|末页|第?\d+页?|更多|GO|跳转|返回)\W*"
)
_TAG = re.compile(r"<[^>]+>")
_TITLE_LABEL = re.compile(r"^(?:文章)?标题\s*[::]\s*")
_STOP = frozenset({"body", "html", "ul", "ol", "table", "tbody", "form"})
_rows: WeakKeyDictionary[TextResponse, list[Link]] = WeakKeyDictionary()
_TEMPLATE_ATTRIBUTES = ("ms-repeat", "ms-for", "ng-repeat", "v-for", ":for")


def page_rows(response: TextResponse) -> list[Link]:
    """The rows of a whole page, worked out once."""
    rows = _rows.get(response)
    if rows is None:
        rows = _rows[response] = link_rows(tree(response), base_url(response))
    return list(rows)


def link_rows(root: Element, base: str, every: bool = False) -> list[Link]:
    """All rows below ``root``, in their order on the page, one per address; ``every`` link is one in an API reply."""
    anchors = [(a, url) for a in root.iter("a") if (url := absolute(base, a.get("href")))]
    counts = _links_inside(anchors)
    found: dict[str, Link] = {}
    for anchor, url in anchors:
        title, inner_date = link_title(anchor)
        if len(title) < 2 or "{{" in title or _PAGER_WORD.fullmatch(title):
            continue
        row = _row_of(anchor, counts)
        if any(row.get(name) is not None for name in _TEMPLATE_ATTRIBUTES):
            continue
        shown = inner_date or _row_date(row, anchor)
        if not (every or shown or ARTICLE_URL.search(url) or _REPORTISH.search(title)):
            continue
        known = found.get(url)
        if known is not None:
            title = max(known.title, title, key=len)
            shown = known.date or shown
        found[url] = Link(url, title, shown)
    return list(found.values())


def link_title(anchor: Element) -> tuple[str, str | None]:
    """The title a link stands for, and a date printed inside it.

    >>> from crawler.families.page import fragment
    >>> a = fragment('<a title="云河县2024年年报全文">云河县2024…<i>[2025-01-22]</i></a>').find(".//a")
    >>> link_title(a)
    ('云河县2024年年报全文', '2025-01-22')
    """
    if len(anchor) == 0:
        text, date = strip_date(collapse(anchor.text or ""))
    else:
        dates: list[str] = []
        pieces: list[str] = []
        for piece in anchor.itertext():
            (dates if is_date(str(piece)) else pieces).append(str(piece))
        text, inner = strip_date(collapse("".join(pieces)))
        date = inner or find_date(" ".join(dates))
    attribute = full_title(anchor.get("title") or "")
    if not text:
        image = anchor.find(".//img")
        text = "" if image is None else collapse(image.get("alt") or "")
    return (attribute if _is_fuller(attribute, text) else text), date


def full_title(attribute: str) -> str:
    """A ``title`` attribute as one line: markup, label and date taken off.

    >>> full_title("标题:云河县2024年年报\\n发布日期:2025-01-22")
    '云河县2024年年报'
    """
    if "<" in attribute:
        attribute = _TAG.sub("", attribute)
    if "\n" not in attribute and "题" not in attribute[:4]:
        return strip_date(collapse(attribute))[0]
    lines = [collapse(line) for line in attribute.splitlines() if line.strip()]
    if not lines:
        return ""
    whole = lines[0] if re.search(r"[::]", lines[-1]) and len(lines) > 1 else collapse(" ".join(lines))
    return strip_date(_TITLE_LABEL.sub("", whole))[0]


def _is_fuller(attribute: str, text: str) -> bool:
    if not attribute:
        return False
    if attribute == text:
        return False
    stem = "".join(_CUT.sub("", text).strip(" ·•-[]【】").split())
    squeezed = "".join(attribute.split())
    return not stem or (len(squeezed) >= len(stem) and stem[:12] in squeezed)


def _links_inside(anchors: list[tuple[Element, str]]) -> Counter[Element]:
    """How many different addresses each near ancestor of a link holds."""
    pairs = set()
    for anchor, url in anchors:
        ancestor = anchor.getparent()
        for _ in range(6):
            if ancestor is None or ancestor.tag in ("body", "html"):
                break
            pairs.add((ancestor, url))
            ancestor = ancestor.getparent()
    return Counter(ancestor for ancestor, _ in pairs)


def _row_of(anchor: Element, counts: Counter[Element]) -> Element:
    """The widest element near the link that holds no other link."""
    row = anchor
    for _ in range(5):
        parent = row.getparent()
        if parent is None or parent.tag in _STOP or counts[parent] > 1:
            break
        row = parent
    return row


def _row_date(row: Element, anchor: Element) -> str | None:
    inside = set(anchor.itertext())
    pieces = [piece for t in row.itertext() if t not in inside and (piece := collapse(str(t)))]
    if pieces:
        return join_date(pieces)
    # The date may stand after the row: <dt><a></dt><dd>date</dd>, or <a></a><span>date</span> in a paragraph.
    pieces = [collapse(row.tail or "")]
    sibling = row.getnext()
    for _ in range(2):
        if sibling is None or sibling.tag == "a" or sibling.find(".//a") is not None:
            break
        pieces += [text_of(sibling), collapse(sibling.tail or "")]
        sibling = sibling.getnext()
    return join_date([piece for piece in pieces if piece and len(piece) <= 24])
