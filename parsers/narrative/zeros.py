"""What a report says did not happen: 未收到政府信息公开申请, 未收取信息处理费, 无行政复议、行政诉讼.

A negation with a verb (未收到, 没有发生) or a lone 无 directly before the noun; the noun ends the clause, perhaps with 的情况.
Conditions (如未收到…), aims (确保无…) and attributes (未收到申请的单位) say nothing of the year.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from parsers.narrative.stretches import Surroundings
from parsers.narrative.vocabulary import Row, Token, Vocabulary

_NEGATION = re.compile(
    r"(?P<verb>(?:从未|未曾|尚未|未|没有)(?:收到过|收到|接到|收取|发生|产生|出现|引起|引发|被|因|涉及|存在))"
    r"|没有|零(?=申请)|(?<![\u4e00-\u9fff])无(?!法|正当|关|效|需|论|障碍|偿|缝|不)|(?<=[年度办县市区局位作体均并也内来])无(?!法|正当|关|效|需|论|障碍|偿|缝|不)"
)
_CONDITION = re.compile(r"如|若|凡|倘|除|避免|杜绝|确保|力争|防止|严禁|实现|对$|因$")
_OF_A_PART = re.compile(r"去年|上年|每|各(?!级)|部分|有的|个别|\d\s*个?(?:单位|部门|乡镇)|不是|并非|半年|季度|\d月")
_EXCEPT = re.compile(r"除[^,，;；。]{1,20}外")
_END = re.compile(r"[,，;；。:：]")
_REST = re.compile(r"(?:等|的|方面|相关|有关|情况|情形|案件|事项|问题|现象|结果|发生|件|申请|情事|\s)*")
_BETWEEN = re.compile(
    r"(?:任何|一件|公民|法人|自然人|和|或者?|及|与|其[他它]|组织|社会|公众|群众|个人|提出|提交|的|、|关于|有关|因|由|政府信息公开|"
    r"政务公开|信息公开|工作|答复|办理|引起|引发|产生|导致|而|被|申请|提起|收取|收费|涉及|政府信息|申请人)*"
)


@dataclass(frozen=True, slots=True)
class Zero:
    row: Row
    verb: str
    start: int
    end: int


def zeros(text: str, words: Vocabulary, around: Surroundings) -> list[Zero]:
    """The keys that a sentence says are zero."""
    found: list[Zero] = []
    for match in _NEGATION.finditer(text):
        end = stop.start() if (stop := _END.search(text, match.end())) else len(text)
        clause = text[match.end() : end]
        start = max(text.rfind(mark, 0, match.start()) for mark in ",，;；:：") + 1
        if len(clause) > 80 or re.search(r"\d", clause) or _doubtful(text, start, match.start(), around):
            continue
        found += [Zero(row, match[0], start, end) for row in _denied(clause, bool(match["verb"]), text, words)]
    return found


def _doubtful(text: str, start: int, negation: int, around: Surroundings) -> bool:
    before = text[start:negation]
    years = {int(year) for year in re.findall(r"20\d\d(?=年)", text[max(0, start - 20) : negation])}
    other_year = around.year is not None and bool(years) and around.year not in years
    return bool(other_year or _CONDITION.search(before) or _OF_A_PART.search(before) or _EXCEPT.search(text))


def _denied(clause: str, by_verb: bool, text: str, words: Vocabulary) -> list[Row]:
    tokens = words.tokens(clause)
    nouns = [token for token in tokens if _zero_row(token, text)]
    if not nouns or not _REST.fullmatch(clause[nouns[-1].end :]):
        return []
    before = clause[: nouns[0].start]
    if not (_BETWEEN.fullmatch(before) if by_verb else _covered(before, tokens)):
        return []
    if any("的" in clause[one.end : other.start] for one, other in pairwise(nouns)) and not _headed(nouns, text):
        return []
    rows = [row for token in nouns if (row := _zero_row(token, text)) is not None]
    heads = [row for row in rows if "head" in row.flags]
    return list(dict.fromkeys(heads or rows))


def _headed(nouns: list[Token], text: str) -> bool:
    return any((row := _zero_row(token, text)) is not None and "head" in row.flags for token in nouns)


def _zero_row(token: Token, text: str) -> Row | None:
    for row in token.term.rows:
        if "zero" in row.flags and (not row.context or any(all(w in text for w in words) for words in row.context)):
            return row
    return None


def _covered(text: str, tokens: list[Token]) -> bool:
    at = 0
    for token in tokens:
        if token.start >= len(text):
            break
        if token.start != at:
            return False
        at = token.end
    return at >= len(text)
