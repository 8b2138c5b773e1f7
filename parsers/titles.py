"""Which text of a page is the report's title, and what year and subject the opening text names when no title does.

A title may stand as a heading, in a metadata row, in the page's metas, at the beginning of a body that lost its
line breaks, or only as 《…》 in the preamble. What looks like a report's title wins over what does not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from parsers import subjects
from parsers.dates import arabic_years, widths, years

Origin = Literal["heading", "metadata_row", "meta", "inline", "quoted"]

LONGEST = 80

_REPORT_TITLE = re.compile(r"公开.{0,16}(?:报告|年报)(?:[(\[(][^()()]{0,24}[)\])])?$")
LOOKALIKE = re.compile(r"指南|制度|通知|目录|图解|解读|一图读懂|报表|要点|方案")
_EXPLANATION = re.compile(
    r"公开.{0,20}(?:报告|年报).{0,4}(?:解读|图解)|(?:图解|一图读懂).{0,40}公开.{0,20}(?:报告|年报)"
)
_INLINE = re.compile(
    r"^\s{0,8}(?P<title>[^,。;:!?《》<>()]{0,50}?(?:20\d{2}|二[〇○零O][一二三四五六七八九〇○零][一二三四五六七八九〇○零])\s{0,2}年"
    r"[^,。;:!?《》<>()]{0,12}?(?:信息|政务)公开[^,。;:!?《》<>()]{0,10}?(?:年度工作报告|年度报告|工作报告|年报))(?=\s|根据|依据|按照|本报告|一、|$)"
)
_QUOTED = re.compile(r"《([^《》]{4,60}公开[^《》]{0,16}(?:报告|年报))》")
_TRAIL = re.compile(r"\s(?:>|>>|»|-|/)\s|当前位置|您(?:现在)?的位置|首页")
_SITE = re.compile(r"\s*[_|]\s*|\s+[-–—]+\s*|\s*[-–—]+\s+|-(?=[\u4e00-\u9fff])")
_ANNOUNCED = re.compile(
    r"(?:现公布|现将|现向社会公布|现发布|公布|发布)\s{0,2}《?(?P<subject>[^,。;:《》]{2,40}?)\s{0,2}(?:20\d{2})\s{0,2}年"
)
_REPORT_OF = re.compile(r"(20\d{2})\s{0,2}年度?[^,。;]{0,30}公开[^,。;]{0,12}(?:报告|年报)")
_ASIDE = re.compile(  # years that others are measured by, and those of plans
    r"(?:[比较]|相?比于?|相较于?|与|同|自|从)\s{0,2}20\d{2}\s{0,2}年度?|20\d{2}\s{0,2}年度?[^,。;:]{0,20}(?:要点|计划|规划|目标|安排)"
)
_FIRST_WORDS = re.compile(r"^\s{0,8}(?:20\d{2})年")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a title may stand: the lines before the body, the body's first line, and the page's own data."""

    head: Sequence[str]
    body: Sequence[str]
    rows: Mapping[str, list[str]]
    metas: Mapping[str, str]
    page_title: str | None
    headings: Sequence[str]
    opening: str


def choose(evidence: Evidence, expected: int | None = None) -> tuple[str | None, Origin | None]:
    """The title and where it stood. A report's title with year or organ goes before the name of a thing that only looks
    like one, and that before a bare 政府信息公开年报, which is as often the name of a column. Of titles of several years
    the one of the ``expected`` year is taken, which the text announces, else the nearest one before the body."""
    seen = list(_candidates(evidence))
    likely = [(title, origin) for title, origin in seen if looks_like_report(title)]
    with_year = [(title, origin) for title, origin in likely if subjects.read_title(title).year]
    if len({subjects.read_title(title).year for title, _ in with_year}) > 1:
        with_year = _settled(with_year, evidence, expected)
    with_organ = [(title, origin) for title, origin in likely if subjects.read_title(title).organ]
    named = [(title, origin) for title, origin in seen if origin in ("metadata_row", "meta", "heading")]
    about = [(title, origin) for title, origin in named[:1] if _EXPLANATION.search(title)]
    lookalikes = [(title, origin) for title, origin in named if "公开" in title and LOOKALIKE.search(title)]
    for title, origin in about or with_year or with_organ or lookalikes or likely or named:
        if not title.endswith(("…", "...")):
            return _with_organ(title, origin, with_year)
    return None, None


def _settled(found: list[tuple[str, Origin]], evidence: Evidence, expected: int | None) -> list[tuple[str, Origin]]:
    """Titles of several years, the one that is meant first."""
    before = [compact(line) for line in evidence.head]
    near = {title: at for at, title in enumerate(before)}
    right = [each for each in found if subjects.read_title(each[0]).year == expected]
    return right or sorted(found, key=lambda each: -near.get(each[0], -1) if each[1] == "heading" else len(before))


def _with_organ(title: str, origin: Origin, others: list[tuple[str, Origin]]) -> tuple[str, Origin]:
    """The same title with its organ in front, if it stands so elsewhere on the page."""
    longer = ((text, place) for text, place in others if text.endswith(title) and text != title)
    return next(longer, (title, origin)) if subjects.read_title(title).organ is None else (title, origin)


def looks_like_report(title: str) -> bool:
    """
    >>> looks_like_report("沂源县人民政府2023年政府信息公开工作年度报告"), looks_like_report("信息公开指南")
    (True, False)
    """
    return len(title) <= LONGEST and bool(_REPORT_TITLE.search(widths(title)))


def _candidates(evidence: Evidence) -> Iterator[tuple[str, Origin]]:
    """Possible titles, the most trusted first. A line of the head counts only if it reads like a report's title, and
    of several the one nearest to the body: menus and lists of other years stand before it."""
    for text in evidence.headings:
        if not _TRAIL.search(text):
            yield compact(text), "heading"
    for at in reversed(range(len(evidence.head))):
        line = evidence.head[at]
        if len(line) > LONGEST + 20 or "公开" not in line:
            continue
        if not _TRAIL.search(line) and ":" not in widths(line):
            title = compact(line)
            if looks_like_report(title):
                yield _joined(evidence.head, at, title), "heading"
    for text in evidence.rows.get("title", ()):
        yield compact(text), "metadata_row"
    if named := evidence.metas.get("articletitle"):
        yield compact(named), "meta"
    yield from _in_the_body(evidence)
    for part in _SITE.split(evidence.page_title or ""):
        if looks_like_report(compact(part)):
            yield compact(part), "meta"


def _in_the_body(evidence: Evidence) -> Iterator[tuple[str, Origin]]:
    for text in (*evidence.head, *evidence.body[:1], evidence.opening[:160]):
        if "公开" in text[:120] and (found := _INLINE.match(widths(text[:160]))):
            yield compact(found["title"]), "inline"
    for found in _QUOTED.finditer(widths(evidence.opening)):
        if years(found[1]):
            yield compact(found[1]), "quoted"


def _joined(head: Sequence[str], at: int, title: str) -> str:
    """A title broken over two lines: the organ above, the rest below."""
    if subjects.read_title(title).organ or not at:
        return title
    above = compact(head[at - 1])
    return above + title if subjects.is_organ(above) or subjects.names_only_a_region(above) else title


def compact(text: str) -> str:
    """
    >>> compact(" 定西市人民政府办公室 2023年政府信息公开工作年度报告 ")
    '定西市人民政府办公室2023年政府信息公开工作年度报告'
    """
    return "".join(text.replace("|", " ").split()).strip("•·")


def year_of(opening: str, period_end: str | None) -> int | None:
    """The report year that the text gives when the title has none: announced, counted, or spoken of first and most.

    >>> year_of("现公布2023年政府信息公开工作年度报告。", None), year_of("2021年,我局贯彻", None), year_of("无", None)
    (2023, 2021, None)
    >>> year_of("2022年以来,比2021年多;按照2024年工作要点", None), year_of("2022年甲。2023年乙。", None)
    (None, None)
    """
    if found := _REPORT_OF.search(arabic_years(widths(opening))):
        return int(found[1])
    if period_end:
        return int(period_end[:4])
    spoken = Counter(years(_ASIDE.sub("", arabic_years(widths(opening))))).most_common(2)
    tied = len(spoken) > 1 and spoken[0][1] == spoken[1][1]
    return spoken[0][0] if spoken and not tied else None


def announced(opening: str) -> int | None:
    """The year of the report that the text announces, titles aside.

    >>> announced("现公布2023年政府信息公开工作年度报告。"), announced("2023年,全县公开信息。")
    (2023, None)
    """
    for line in opening.splitlines():
        found = _REPORT_OF.search(arabic_years(widths(line)))
        if found and not looks_like_report(compact(line)):
            return int(found[1])
    return None


def subject_in_text(opening: str) -> str | None:
    """The subject that the preamble announces.

    >>> subject_in_text("要求,现公布沂源县人民政府2023年政府信息公开工作年度报告。")
    '沂源县人民政府'
    """
    found = _ANNOUNCED.search(arabic_years(widths(opening)))
    if not found:
        return None
    name = compact(found["subject"])
    return name if subjects.is_organ(name) or subjects.names_only_a_region(name) else None
