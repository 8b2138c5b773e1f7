"""The six sections of a report: where each heading stands, on a line of its own or inside a running paragraph.

A heading is known by its wording, not by its number, since reports renumber, repeat and lose them. Rows of table three
begin like headings (一、本年新收…) and are none. Source of the six: 条例 第五十条 and the format of 2019 and 2021.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from parsers.document import Block, Document, Paragraph, Table, lines_of
from parsers.normalise import half_width, squeeze

OFFICIAL = {
    1: "总体情况",
    2: "主动公开政府信息情况",
    3: "收到和处理政府信息公开申请情况",
    4: "政府信息公开行政复议、行政诉讼情况",
    5: "存在的主要问题及改进情况",
    6: "其他需要报告的事项",
}
MENU_TEXT = 400  # more than that between the headings of six sections is no menu
TOP_LEVEL, EMBEDDED = "top_level", "embedded_in_section_1"

_SUFFIX = r"(?:\s*\([^()]{1,12}\)|\s*统计表|\s*[:。])?"
_WORDINGS = {
    1: r"(?:本年度|本年|年度)?(?:政府信息公开|政务公开|信息公开)?(?:工作)?(?:的)?(?:总体|基本|整体)(?:落实|工作)?(?:情况|概况)|(?:总体)?概述",
    2: r"(?:本年度|本年)?(?:行政机关)?主动公开(?:的)?(?:政府信息|政务信息|信息|政府信息公开)?(?:工作)?(?:的)?情况",
    3: r"(?:本年度|本年)?(?:行政机关)?(?:收到|受理)(?:和|及|与|、)?(?:处理|办理)?(?:的)?(?:政府信息公开|政府信息|信息公开)(?:的)?申请(?:的)?(?:处理)?(?:情况)",
    4: r"(?:因)?(?:政府)?信息公开(?:工作)?(?:被)?(?:申请|引起的|引发的|的)?(?:被)?(?:提起)?(?:行政)?复议(?:、|和|及|与|或)?(?:被)?(?:提起)?(?:的)?(?:行政)?诉讼(?:的)?(?:处理结果)?(?:的)?情况",
    5: r"(?:政府信息公开|政务公开|信息公开)?(?:工作)?(?:中)?存在(?:的)?(?:主要)?(?:困难和|不足和)?(?:问题|不足|困难)(?:及|和|与|、|以及)?(?:原因)?(?:及|和|与|、|以及)?(?:下一步)?(?:工作)?(?:改进|整改)(?:的)?(?:情况|措施|举措|方向|思路|打算|意见|工作)?",
    6: r"其[他它](?:需要|需|应当)?(?:报告|说明)(?:的)?(?:事项|情况)",
}
_NUMERAL = r"(?:第[一二三四五六七八九十]{1,2}部分\s*[、.:]?\s*|第?\s*[一二三四五六七八九十]{1,2}\s*(?:部分)?\s*[、.:]\s*|[1-9]\s*[、.]\s*)"
_HINT = re.compile("[况述项改]")  # every wording has one of these
# Wordings of reports before 2019, which had other parts too; in later ones they are items of section one.
_OLDER = {
    3: r"(?:政府信息)?依申请公开(?:的)?(?:政府信息|信息)?(?:申请)?(?:工作)?(?:办理)?(?:的)?情况",
    4: r"(?:政府信息公开)?(?:的)?(?:行政)?复议(?:、|和|及)(?:行政)?诉讼(?:(?:、|和|及)申诉)?(?:的)?情况",
    5: r"(?:政府信息公开)?(?:工作)?(?:存在)?(?:的)?(?:主要)?(?:问题|不足)(?:及|和|与|、)(?:下一步)?(?:改进|整改)(?:的)?(?:措施|情况|打算)",
}


def _any(older: bool = False) -> str:
    """A pattern of the wordings of all sections, each a group of its own: s1 to s6."""
    wordings = {n: f"{words}|{_OLDER.get(n, words)}" if older else words for n, words in _WORDINGS.items()}
    return "|".join(f"(?P<s{number}>{words})" for number, words in wordings.items())


@cache  # that of older reports is compiled for the first of them
def _line(older: bool) -> re.Pattern[str]:
    """A line that heads a section."""
    return re.compile(rf"{_NUMERAL}?(?:{_any(older)}){_SUFFIX}")


_INLINE = re.compile(rf"(?:^|(?<=[\s。;.!?]))[一二三四五六七八九]\s*、\s*(?:{_any()})(?:\([^()]{{1,12}}\))?(?=[\s(]|$)")
_EMBEDDED = re.compile(r"^\s*[(][一二三四五六七八九十][)]\s*其[他它]需要报告的事项[。:]?")
_TITLE = re.compile(r"公开.{0,12}(?:报告|年报)\W{0,3}$")
_SIGNED_DATE = re.compile(r"\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日")
_AGENCY = re.compile(r"[\u4e00-\u9fff()]{2,30}(?:政府|办公室|委员会|管委会|局|厅|办|中心|街道|院)")
CHROME = re.compile(
    r"^\W{0,4}(?:责任编辑|编\s*辑[:]|分享到|打印本页|【?打印|关闭窗口|上一[篇条]|下一[篇条]|扫一扫|版权所有|主办单位|承办单位|网站标识码|相关链接|"
    r"相关附件|附件[:下]|ICP备|网站地图|联系我们|收藏本页|返回顶部|浏览次数|文章来源|用微信扫)"
)


HEAD_LINES, HEAD_CHARACTERS = 80, 4000  # before section one that are read, at least


@dataclass(slots=True)
class Section:
    """One section: ``heading`` as printed, ``blocks`` with paragraphs cut at the headings, ``text`` line by line."""

    number: int
    present: bool = False
    heading: str | None = None
    location: str | None = None
    blocks: list[Block] = field(default_factory=list)
    _text: str | None = None

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = "\n".join(lines_of(self.blocks))
        return self._text

    @property
    def char_count(self) -> int:
        return len(squeeze(self.text))


@dataclass(slots=True)
class Outline:
    """A report cut along its headings. ``repeated`` and ``misplaced`` are section numbers that rule ST02 reports;
    ``end`` is the block at which another report begins, if the document holds a second one."""

    sections: dict[int, Section]
    head: list[Block] = field(default_factory=list)
    tail: list[Block] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    misplaced: list[int] = field(default_factory=list)
    end: int | None = None

    _head_lines: list[str] | None = None

    @property
    def head_lines(self) -> list[str]:
        """The last lines before section one: title, metadata, preamble. What stands far before them is a menu."""
        if self._head_lines is None:
            reversed_lines: list[str] = []
            characters = 0
            for block in reversed(self.head):
                found = lines_of([block])
                reversed_lines += reversed(found)
                characters += sum(map(len, found))
                enough = characters >= HEAD_CHARACTERS or len(reversed_lines) >= 2 * HEAD_LINES
                if len(reversed_lines) >= HEAD_LINES and enough:
                    break
            self._head_lines = reversed_lines[::-1]
        return self._head_lines

    @property
    def found(self) -> int:
        return sum(section.present for section in self.sections.values())


@dataclass(slots=True)
class _Heading:
    number: int
    text: str
    block: int
    start: int
    end: int


def heading_number(line: str, older: bool = False) -> int | None:
    """Which section a line is the heading of, or None; ``older`` for a report before 2019.

    >>> heading_number('二、主动公开政府信息情况(数据填报)'), heading_number('一、本年新收政府信息公开申请数量')
    (2, None)
    """
    text = half_width(line).replace("|", " ").strip()
    if not 4 <= len(text) <= 60:
        return None
    text = "".join(text.split())
    return _number(match) if (match := _line(older).fullmatch(text)) else None


def _number(match: re.Match[str]) -> int:
    """Which section's wording was matched."""
    return next(number for number in OFFICIAL if match[f"s{number}"])


def outline(document: Document, older: bool = False) -> Outline:
    """Cut a document along the headings of the six sections; ``older`` reads the wordings before 2019 too.

    Of two reports in one document the first is cut; or the second, if it is the one that the page is titled by: then the
    first is taken out of the document.
    """
    found, second = _of_one_report(document, list(_headings(document, older)))
    result = Outline({number: Section(number) for number in OFFICIAL})
    if second:
        result.end = _title_before(document, second.block)
        first = _title_before(document, found[0].block)
        if _titles_the_page(document, result.end) and not _titles_the_page(document, first) and first < found[0].block:
            del document.blocks[first : result.end]
            result = outline(document, older)
            result.repeated = sorted({*result.repeated, *(heading.number for heading in found)})
            return result
    headings = _in_order(found)
    result.repeated, result.misplaced = headings.repeated, headings.misplaced
    marks = headings.accepted
    result.head = _cut(document, None, marks[0] if marks else None)
    for position, mark in enumerate(marks):
        following = marks[position + 1] if position + 1 < len(marks) else None
        blocks = _cut(document, mark, following, result.end)
        if following is None:
            blocks, result.tail = _without_tail(blocks, _body(document, marks))
        result.sections[mark.number] = Section(mark.number, True, mark.text, TOP_LEVEL, blocks)
    _embedded_six(result)
    return result


def _headings(document: Document, older: bool) -> list[_Heading]:
    found = []
    for index, block in enumerate(document.blocks):
        if not isinstance(block, Paragraph):
            continue
        text = block.text
        if not _HINT.search(text):
            continue
        number = heading_number(text, older) if len(text) <= 70 else None
        if number is not None:
            clean = text.replace("|", " ").strip()
            found.append(_Heading(number, clean, index, 0, len(text)))
        elif "、" in text:
            for match in _INLINE.finditer(half_width(text)):
                start, end = match.span()
                found.append(_Heading(_number(match), text[start:end].strip(), index, start, end))
    return found


@dataclass(slots=True)
class _Ordered:
    accepted: list[_Heading] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    misplaced: list[int] = field(default_factory=list)


def _in_order(headings: list[_Heading]) -> _Ordered:
    """Each section once; later repeats are reported."""
    result = _Ordered()
    for heading in headings:
        if any(known.number == heading.number for known in result.accepted):
            result.repeated.append(heading.number)
        else:
            if result.accepted and heading.number < max(known.number for known in result.accepted):
                result.misplaced.append(heading.number)
            result.accepted.append(heading)
    return result


def _after_contents(document: Document, headings: list[_Heading]) -> list[_Heading]:
    """Drop a leading run of headings with nothing between them, if the same headings come again later."""
    run = 1
    while run < len(headings) and headings[run].block - headings[run - 1].block <= 1:
        run += 1
    later = {heading.number for heading in headings[run:]}
    first = {heading.number for heading in headings[:run]}
    return headings[run:] if run >= 3 and first <= later else headings


def _of_one_report(document: Document, headings: list[_Heading]) -> tuple[list[_Heading], _Heading | None]:
    """The headings without those of a table of contents or a menu before the report, and the one, if there is one, at
    which another report begins."""
    headings = _after_contents(document, headings)
    second = _second_report(headings)
    if second and not _has_content(document.blocks[headings[0].block : second.block]):
        headings = headings[headings.index(second) :]
        second = _second_report(headings)
    return headings, second


def _has_content(blocks: list[Block]) -> bool:
    text = sum(len(block.text) for block in blocks if isinstance(block, Paragraph))
    return text > MENU_TEXT or any(isinstance(block, Table) for block in blocks)


def _second_report(headings: list[_Heading]) -> _Heading | None:
    """The heading at which the sections begin anew: three or more in order, all of which stood before."""
    numbers = [heading.number for heading in headings]
    before = set(numbers[:3])
    for at in range(3, len(numbers) - 2):
        run = numbers[at : at + 3]
        if run[0] < run[1] < run[2] and before.issuperset(run) and run[0] < numbers[at - 1]:
            return headings[at]
        before.add(numbers[at])
    return None


def _title_before(document: Document, block: int) -> int:
    """The block of the title over the heading at ``block``, if there is one near."""
    for index in range(block - 1, max(block - 12, 0), -1):
        above = document.blocks[index]
        if isinstance(above, Table):
            break
        if isinstance(above, Paragraph) and len(above.text) <= 80 and _TITLE.search(above.text):
            return index
    return block


def _titles_the_page(document: Document, block: int) -> bool:
    """Whether the line at ``block`` is the title that the page itself bears."""
    line = document.blocks[block]
    own = {squeeze(text) for text in (*document.headings, document.metas.get("articletitle", ""))}
    return isinstance(line, Paragraph) and squeeze(line.text) in own


def _cut(document: Document, start: _Heading | None, end: _Heading | None, stop: int | None = None) -> list[Block]:
    """The blocks between two headings, or up to ``stop``; a paragraph that holds a heading is cut around it."""
    first = start.block if start else 0
    last = end.block if end else (len(document.blocks) if stop is None else stop) - 1
    blocks = document.blocks[first : last + 1]
    for at in {heading.block - first for heading in (start, end) if heading}:
        block = document.blocks[first + at]
        if at < len(blocks) and isinstance(block, Paragraph):
            low = start.end if start and at == 0 else 0
            high = end.start if end and end.block == first + at else len(block.text)
            offset = None if block.start is None else block.start + low
            cut = block.cut and high == len(block.text)
            blocks[at] = Paragraph(block.text[low:high], block.index, offset, block.node, cut=cut)
    return [block for block in blocks if not isinstance(block, Paragraph) or block.text.strip()]


def _body(document: Document, marks: list[_Heading]) -> Any:
    """The lowest element that holds all headings; None where there is no tree or it is the whole page."""
    nodes = [document.blocks[mark.block].node for mark in marks]
    if len(nodes) < 2 or any(node is None for node in nodes):
        return None
    chains = [[node, *node.iterancestors()][::-1] for node in nodes]
    common = None
    for level in zip(*chains, strict=False):
        if any(node is not level[0] for node in level):
            break
        common = level[0]
    return None if common is None or common.tag in ("body", "html", "p", "span") else common


def _outside(block: Block, body: Any) -> bool:
    node = block.node
    return not (body is None or node is None or node is body or any(above is body for above in node.iterancestors()))


def _without_tail(blocks: list[Block], body: Any) -> tuple[list[Block], list[Block]]:
    """Split the last section's blocks from what follows it: signature, page footer, whatever is outside the article."""
    end = len(blocks)
    for index, block in enumerate(blocks):
        chrome = isinstance(block, Paragraph) and CHROME.match(half_width(block.text.replace("|", " ").strip()))
        if chrome or _outside(block, body):
            end = index
            break
    while end > 0 and isinstance(last := blocks[end - 1], Paragraph) and _is_signature(last.text):
        end -= 1
    return blocks[:end], blocks[end:]


def _is_signature(text: str) -> bool:
    bare = "".join(half_width(text).replace("|", "").split())
    return not bare or bool(_SIGNED_DATE.fullmatch(bare) or _AGENCY.fullmatch(bare) or _signed_line(bare))


def _signed_line(text: str) -> bool:
    found = _SIGNED_DATE.search(text)
    return bool(found and found.end() == len(text) and _AGENCY.fullmatch(text[: found.start()]))


def _embedded_six(result: Outline) -> None:
    """Section six as an item of section one, as some reports of 2020 print it."""
    if result.sections[6].present:
        return
    blocks = result.sections[1].blocks
    for index, block in enumerate(blocks):
        if isinstance(block, Paragraph) and (match := _EMBEDDED.match(half_width(block.text))):
            rest = block.text[match.end() :]
            inner: list[Block] = [Paragraph(rest, block.index, None, block.node)] if rest.strip() else []
            following = list(blocks[index + 1 :])
            for position, other in enumerate(following):
                if isinstance(other, Paragraph) and re.match(
                    r"\s*[(][一二三四五六七八九十][)]", half_width(other.text)
                ):
                    following = following[:position]
                    break
            result.sections[6] = Section(6, True, block.text[: match.end()].strip(), EMBEDDED, inner + following)
            return


def tables_of(section: Section) -> list[Table]:
    return [block for block in section.blocks if isinstance(block, Table)]
