"""What a line beside a table says of whose it is: another year's, or another agency's.

Reports print last year's table for comparison, and pages carry tables of other bodies. Their labels are the same as
the report's own, so only the caption tells. A caption ``is_of_others``: the table is not taken. A line that does no more
than ``mention`` another year or organ may be a slip: the table is taken, and told (ST14).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from parsers.document import Block, Paragraph, Table
from parsers.normalise import half_width
from parsers.sections import Outline

LONGEST = 50  # characters of a caption; a sentence is none
LONGEST_LINE = 60  # of a line that is no prose
_ABOUT = re.compile(r"情况|数据|统计|表|如下")
_HINT = re.compile("[况据计表如]")  # every caption has one of these
_SAYS = re.compile(r"数据|统计|如下|下表|以下|上表")
_YEAR = re.compile(r"(?<![\d〔\[(])(20\d\d)年(?=(\d?))")  # with the digit after it, if it is that of a date
_LAST_YEAR = re.compile(r"(?:上一?年|去年)度?(?:同期)?的?(?:情况|数据|统计|报表)")
_ORGAN = re.compile(
    r"(?:下表|以下|本表|上表)[^,。]{0,4}(?:为|是|系)([\u4e00-\u9fff]{2,16}?(?:局|委员会|镇|乡|街道|中心))"
)
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
    text = _plain(caption)
    if len(text) > LONGEST or text.endswith("。") or not _ABOUT.search(text):
        return False
    years = {int(found) for found, _ in _YEAR.findall(text)}
    if (years and year is not None and year not in years) or _LAST_YEAR.search(text):
        return True
    named = _AGENCY.search(text)
    return bool(named and subject and named[1] not in subject and not named[1].endswith(subject))


def mention(line: str, year: int | None, subject: str) -> tuple[int | None, str | None]:
    """Another year and another organ that a short line about the numbers of a table names.

    >>> mention("2022年数据如下:", 2023, "云河县人民政府"), mention("下表为县公安局的数据", 2023, "云河县人民政府")
    ((2022, None), (None, '县公安局'))
    >>> mention("2023年数据,2022年见附件", 2023, ""), mention("统计数据截至2024年1月10日", 2023, "")
    ((None, None), (None, None))
    """
    if len(line) > LONGEST_LINE or not _SAYS.search(line):
        return None, None
    text = _plain(line)
    years = [int(found) for found, day in _YEAR.findall(text) if not day]
    other = next((found for found in years if found != year), None)
    organ = _ORGAN.search(text)
    foreign = organ is not None and organ[1] not in subject and subject not in organ[1]
    return other if year is not None and str(year) not in text else None, organ[1] if organ and foreign else None


def _plain(line: str) -> str:
    return "".join(half_width(line).replace("|", "").split())


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
    around = [part for part in (outline.head, outline.tail) if Table in map(type, part)]
    parts = [*around, *(section.blocks for section in outline.sections.values())]  # without a table only menus
    return {id(block) for part in parts for block in of_others(part, year, subject)}
