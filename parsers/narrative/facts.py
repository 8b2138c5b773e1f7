"""The narrative figures of a report: sections one, five and six, and prose that stands beside the tables.

``extract`` takes the sections and returns a ``Reading``: facts (what ``Report.narrative`` prints), wholes with their
parts, changes against last year, damages of the text. In section five whatever follows 下一步 or next year's number is
a plan and gives no figure. Names of contact persons are masked in the sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from parsers.document import Paragraph
from parsers.narrative.damage import Damage, damages
from parsers.narrative.grammar import Figure, Sentence
from parsers.narrative.quantities import quantities, sentences
from parsers.narrative.stretches import Surroundings
from parsers.narrative.vocabulary import Row, Term, Vocabulary, load
from parsers.narrative.zeros import Zero, zeros
from parsers.sections import EMBEDDED, Section

LONGEST_SENTENCE = 1000  # characters; what is longer is no prose
SHORTEST_PROSE = 12
LONGEST_PREAMBLE = 3000
OUTLIER = 100  # times the typical figure of a county
_SCALE = {"county": 1, "township": 1, "prefecture": 10, "province": 100}
_SMALL = re.compile(r"[县旗镇乡]|街道")
_TITLE = re.compile(r"《[^《》]{0,80}》")
_NEGATED = re.compile(r"[未没无零]")
_PERSON = re.compile(r"((?:联系人员?|负责人|经办人|审核人|填报人)(?:姓名)?\s{0,2}[:：]\s{0,2})[\u4e00-\u9fff·]{2,6}")
_PLANS = re.compile(r"下一步|今后|新的一年")
_ACCOUNT_BEFORE = re.compile(r"[“\"]([^“”\"]{2,12})[”\"](?:政务|官方)?(微信|微博|抖音)")
_ACCOUNT_AFTER = re.compile(r"(微信|微博|抖音)(?:公众)?(?:平台)?(?:账号|号)?[“\"]([^“”\"]{2,12})[”\"]")
_CHANNELS = {"微信": "wechat", "微博": "weibo", "抖音": "douyin"}


@dataclass(slots=True)
class Fact:
    """One figure. ``value`` is null where the printed number can't be one of its kind: ``suspect``, see NR09."""

    row: Row
    value: int | float | None
    unit: str | None
    approximate: bool
    qualifier: str | None
    verb: str | None
    raw: str
    sentence: str
    section: int
    printed: int | float
    denied: bool = False

    @property
    def key(self) -> str:
        return self.row.key

    @property
    def exact(self) -> bool:
        return self.value is not None and not self.approximate

    def to_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = {
            "key": self.key,
            "value": self.value,
            "unit": self.unit,
            "approximate": self.approximate,
            "qualifier": self.qualifier,
            "verb": self.verb,
            "raw": self.raw,
            "sentence": self.sentence,
            "section": self.section,
        }
        if self.value is None:
            out["suspect"] = True
        return out


@dataclass(slots=True)
class Whole:
    """A figure and the parts stated after it (其中…), with the key of each where it is known."""

    section: int
    sentence: str
    key: str | None
    value: int | float
    parts: tuple[tuple[Row | None, int | float], ...]
    approximate: bool


@dataclass(slots=True)
class Change:
    """A percentage against last year, the figure that it is of, and last year's figure if the sentence states it."""

    rate: Fact
    now: int | float
    before: int | float | None


@dataclass(slots=True)
class Reading:
    """What the prose of a report states, and where characters are visibly lost."""

    facts: list[Fact] = field(default_factory=list)
    wholes: list[Whole] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    damages: list[Damage] = field(default_factory=list)


@dataclass(slots=True)
class _Page:
    """The section being read: the sentence before with its last figure, and how much larger than a county's figures
    those of the subject may be."""

    number: int
    words: Vocabulary
    around: Surroundings
    scale: int
    before: str = ""
    last: Figure | None = None


def extract(sections: dict[int, Section], preamble: str, year: int | None, subject: str, level: str | None) -> Reading:
    """The figures of the sections' prose. ``level`` is the admin level: larger places have larger figures."""
    reading = Reading()
    words = load()
    reading.damages += damages(preamble[:LONGEST_PREAMBLE], "preamble")
    texts = {number: _prose(section) for number, section in sections.items()}
    accounts = _accounts(texts.values())
    scale = _SCALE[level] if level in _SCALE else 1 if _SMALL.search(subject) else 100
    for number, text in texts.items():
        if text:
            reading.damages += damages(text, f"sections[{number}]")
            page = _Page(number, words, Surroundings(year, subject, accounts), scale)
            for sentence in _readable(text, number, year):
                _read(sentence, page, reading)
    return reading


def _prose(section: Section) -> str:
    """The paragraphs of a section; beside tables only what is a sentence. An embedded section six is in section one."""
    if not section.present or section.location == EMBEDDED:
        return ""
    lines = [block.text for block in section.blocks if isinstance(block, Paragraph)]
    if section.number in (2, 3, 4):
        lines = [line for line in lines if len(line) >= SHORTEST_PROSE and "。" in line]
    return "\n".join(lines).replace("|", " ")


def _accounts(texts: Iterable[str]) -> dict[str, Term]:
    """The names of social media accounts that the report gives in quotes: name -> its channel."""
    found: dict[str, set[str]] = {}
    for text in texts:
        if "微" in text or "抖音" in text:
            pairs = [(m[1], m[2]) for m in _ACCOUNT_BEFORE.finditer(text)]
            pairs += [(m[2], m[1]) for m in _ACCOUNT_AFTER.finditer(text)]
            for name, kind in pairs:
                found.setdefault(name, set()).add(_CHANNELS[kind])
    return {name: Term(name, channel=kinds.pop()) for name, kinds in found.items() if len(kinds) == 1}


def _readable(text: str, number: int, year: int | None) -> Iterator[str]:
    """The sentences that may hold figures."""
    for sentence in sentences(text):
        if number == 5 and _is_plan(sentence, year):
            return
        if len(sentence) <= LONGEST_SENTENCE:
            yield sentence


def _is_plan(sentence: str, year: int | None) -> bool:
    return bool(_PLANS.search(sentence)) or (year is not None and f"{year + 1}年" in sentence)


def _read(sentence: str, page: _Page, reading: Reading) -> None:
    plain = _TITLE.sub(_without_title, sentence) if "《" in sentence else sentence
    goes_on = plain.startswith(("其中", "包括"))
    around = replace(page.around, before=page.before) if goes_on else page.around
    opening = page.last if goes_on else None
    found = quantities(plain)
    figures = Sentence(plain, found, page.words, around, opening).read() if found else []
    denied = zeros(plain, page.words, around) if _NEGATED.search(plain) else []
    page.before, page.last = plain, figures[-1] if figures else None
    if figures or denied:
        shown = (
            _PERSON.sub(r"\1***", sentence) if "人" in sentence and (":" in sentence or "：" in sentence) else sentence
        )
        facts = {at: _fact(figure, sentence, shown, page) for at, figure in enumerate(figures) if figure is not opening}
        reading.facts += [fact for fact in facts.values() if fact is not None]
        reading.facts += [_denied(zero, sentence, shown, page) for zero in denied]
        reading.wholes += _wholes(figures, shown, page.number)
        reading.changes += _changes(figures, facts)


def _without_title(match: re.Match[str]) -> str:
    """Document titles hold years and nouns that count nothing; of the gazette's name the noun is kept."""
    inside = len(match[0]) - 2
    return "《" + (" " * (inside - 2) + "公报" if match[0].endswith("公报》") else "□" * inside) + "》"


def _fact(figure: Figure, sentence: str, shown: str, page: _Page) -> Fact | None:
    quantity, row = figure.quantity, figure.row
    if row is None:
        return None
    suspect = row.typical is not None and figure.value >= OUTLIER * row.typical * page.scale
    return Fact(
        row=row,
        value=None if suspect else figure.value,
        unit=quantity.unit,
        approximate=quantity.approximate,
        qualifier=quantity.qualifier,
        verb=figure.verb,
        raw=sentence[figure.start : figure.end].strip(" 、"),
        sentence=shown,
        section=page.number,
        printed=figure.value,
    )


def _denied(zero: Zero, sentence: str, shown: str, page: _Page) -> Fact:
    unit = zero.row.units[0] if zero.row.units else None
    raw = sentence[zero.start : zero.end].strip()
    return Fact(zero.row, 0, unit, False, None, zero.verb, raw, shown, page.number, 0, denied=True)


def _wholes(figures: list[Figure], shown: str, number: int) -> Iterator[Whole]:
    for at in dict.fromkeys(figure.whole for figure in figures if figure.whole is not None):
        whole = figures[at]
        parts = [figure for figure in figures if figure.whole == at]
        yield Whole(
            number,
            shown,
            whole.row.key if whole.row else None,
            whole.value,
            tuple((part.row, part.value) for part in parts),
            whole.quantity.approximate or any(part.quantity.approximate for part in parts),
        )


def _changes(figures: list[Figure], facts: dict[int, Fact | None]) -> Iterator[Change]:
    """The percentages against last year, each with last year's figure where exactly one is stated for its base."""
    for at, figure in enumerate(figures):
        rate = facts.get(at)
        if figure.base is None or rate is None:
            continue
        base = figures[figure.base]
        key = base.row.key if base.row else ""
        before = [
            f for f in figures if f.past in ("", key) and f.past is not None and f.quantity.unit == base.quantity.unit
        ]
        exact = len(before) == 1 and not before[0].quantity.approximate and not base.quantity.approximate
        yield Change(rate, base.value, before[0].value if exact else None)
