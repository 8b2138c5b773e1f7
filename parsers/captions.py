"""Tables that are none of the report's own: the line above says that they are last year's, or another agency's.

Reports print last year's table for comparison, and pages carry tables of other bodies. Their labels are the same as
the report's own, so only the caption tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from parsers.document import Block, Paragraph, Table
from parsers.normalise import half_width
from parsers.sections import Outline

LONGEST = 50  # characters of a caption; a sentence is none
_ABOUT = re.compile(r"情况|数据|统计|表|如下")
_HINT = re.compile("[况据计表如]")  # every caption has one of these
_YEAR = re.compile(r"(?<![\d〔\[(])(20\d\d)年")
_LAST_YEAR = re.compile(r"(?:上一?年|去年)度?(?:同期)?的?(?:情况|数据|统计|报表)")
_AGENCY = re.compile(r"([\u4e00-\u9fff]{2,20}(?:局|委员会|镇|乡|街道|街道办事处))(?=20\d\d年)")


def is_of_others(caption: str, year: int | None, subject: str | None) -> bool:
    """Whether a line over a table names another year than the report's, or another body than its subject.

    >>> is_of_others('附:2022年度数据', 2023, None), is_of_others('2023年申请情况统计表', 2023, None)
    (True, False)
    >>> is_of_others('云河县教育局2023年政府信息公开情况', 2023, '云河县人民政府')
    True
    """
    if len(caption) > LONGEST * 2 or not _HINT.search(caption):
        return False
    text = "".join(half_width(caption).replace("|", "").split())
    if len(text) > LONGEST or text.endswith("。") or not _ABOUT.search(text):
        return False
    years = set(map(int, _YEAR.findall(text)))
    if (years and year is not None and year not in years) or _LAST_YEAR.search(text):
        return True
    named = _AGENCY.search(text)
    return bool(named and subject and named[1] not in subject and not named[1].endswith(subject))


def of_others(blocks: Iterable[Block], year: int | None, subject: str | None) -> Iterator[Block]:
    """The blocks of a section under a caption of others: the next table, and every line up to it or to the end."""
    foreign = False
    for block in blocks:
        if isinstance(block, Table):
            title = block.rows[0][0].text if block.rows and len(block.rows[0]) == 1 else ""
            if foreign or is_of_others(title, year, subject):
                yield block
            foreign = False
        elif isinstance(block, Paragraph):
            foreign = foreign or is_of_others(block.text, year, subject)
            if foreign:
                yield block


def of_others_in(outline: Outline, year: int | None, subject: str | None) -> set[int]:
    """The ids of the blocks of a document that stand under such a caption, section by section."""
    around = [part for part in (outline.head, outline.tail) if any(isinstance(block, Table) for block in part)]
    parts = [*around, *(section.blocks for section in outline.sections.values())]  # without a table only menus
    return {id(block) for part in parts for block in of_others(part, year, subject)}
