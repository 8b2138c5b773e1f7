"""The statistics table of the reports before 2019 as data: its indicators, its columns, what adds up.

The table is an open list of rows (label, unit, value, cumulative): provinces printed forms of their own, and rows that
no form has are kept. So a ``StatisticsForm`` names what it can, and says of a header cell what its column holds.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

from parsers.dates import arabic_years
from parsers.forms import FormError
from parsers.normalise import half_width, label, unnumbered

LABEL, CODE, UNIT, VALUE, CUMULATIVE, OTHER = "label", "code", "unit", "value", "cumulative", "other"
_BRACKETS = re.compile(r"[(（][^()（）]{0,60}[)）]")
_YEAR_COLUMN = re.compile(r"(20\d\d)年?(?:度|全年)?(?:数|统计数?|数据|数量|情况|合计)?")
_YEARS = re.compile(r"20\d\d")
_OF_WHICH = "其中"
_HEADER_LABEL, _HEADER_UNIT = re.compile(r"指\s*标\s*名\s*称|统\s*计\s*指\s*标"), re.compile(r"单\s*位")


@dataclass(frozen=True, slots=True)
class Indicator:
    """A row of the form; ``parent`` is the key of the row it belongs to, ``unit`` is null for money."""

    key: str
    label: str
    names: tuple[str, ...]
    unit: str | None
    parent: str | None


@dataclass(frozen=True, slots=True)
class Relation:
    """What a rule compares: the row ``whole`` with the rows ``parts``."""

    rule: str
    whole: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class StatisticsForm:
    """``lexicon`` maps a label's name to the indicators of that wording, ``columns`` a header's name to its kind. The
    patterns are compiled when a report needs them: it takes long, and few do."""

    document: str
    units: frozenset[str]
    topics: tuple[str, ...]
    headings: frozenset[str]
    signatures: tuple[str, ...]
    columns: dict[str, str]
    indicators: dict[str, Indicator]
    lexicon: dict[str, tuple[Indicator, ...]]
    relations: tuple[Relation, ...]

    @cached_property
    def header(self) -> re.Pattern[str]:
        """The words of a header that stand on one line."""
        return _header_words(self.columns)

    @cached_property
    def scanner(self) -> re.Pattern[str]:
        """The labels in a text as it stands."""
        return _label_words(self.lexicon)

    def find(self, text: str) -> tuple[Indicator, ...]:
        """The indicators that a printed label may stand for; none for a label that no form has."""
        return self.lexicon.get(indicator_name(text), ())

    def is_heading(self, text: str) -> bool:
        """Whether a text heads rows and is none itself, so that no number can be its own."""
        return indicator_name(text) in self.headings

    def is_signature(self, text: str) -> bool:
        """Whether a text says who filled in the form and when: names are not kept."""
        return any(word in text for word in self.signatures) and not self.find(text)

    def column_kind(self, text: str, year: int | None) -> str | None:
        """What the column under a header cell holds in the report for ``year``; None for a text that heads none.

        Of two columns of years the one of the report's year is the value. A column of another year is ``other``.
        """
        if not text or len(text) > 40:
            return None
        name = label(arabic_years(_BRACKETS.sub("", half_width(text)) or text))
        if kind := self.columns.get(name):
            return kind
        if name.endswith(("累计", "累计数")):
            printed = [int(found) for found in _YEARS.findall(name)]
            stale = "上年" in name or (len(printed) == 1 and printed[0] != year and "以来" not in name)
            return OTHER if stale else CUMULATIVE
        if found := _YEAR_COLUMN.fullmatch(name):
            return VALUE if int(found[1]) == year else OTHER
        return None

    def header_in(self, text: str) -> bool:
        """Whether a piece of running text holds the header of a table."""
        return bool(_HEADER_LABEL.search(text) and _HEADER_UNIT.search(text))

    def on_topic(self, text: str) -> bool:
        """Whether a label that no form has is still one of open government information."""
        return any(word in text for word in self.topics)


@lru_cache(maxsize=8192)
def indicator_name(text: str) -> str:
    """A label without remarks in brackets, numbering and 其中.

    >>> indicator_name('其中:1、政府网站 公开数'), indicator_name('(一)收到申请数(单位:件)')
    ('政府网站公开数', '收到申请数')
    """
    name = label(_BRACKETS.sub("", text))
    while (shorter := unnumbered(name).removeprefix(_OF_WHICH)) != name:
        name = shorter
    return name


@cache
def statistics_form() -> StatisticsForm:
    """The form, checked: every key stands once, every parent and every row of a relation exists."""
    file = Path(__file__).with_name("2014.toml")
    return load(file.name, file.read_text("utf-8"))


def load(file: str, text: str) -> StatisticsForm:
    """The form in a TOML text; raises ``FormError`` that names file and key."""
    try:
        data = tomllib.loads(text)
        indicators = _indicators(file, data["rows"])
        lexicon: dict[str, tuple[Indicator, ...]] = {}
        for indicator in indicators.values():
            for name in indicator.names:
                lexicon[name] = (*lexicon.get(name, ()), indicator)
        relations = tuple(
            Relation(entry["rule"], entry["whole"], tuple(entry["parts"]))
            for kind in ("sums", "largest")
            for entry in data.get(kind, [])
        )
        columns = {label(word): kind for kind, words in data["columns"].items() for word in words}
        headings = frozenset(indicator_name(text) for text in data["headings"])
        form = StatisticsForm(
            data["document"], frozenset(data["units"]), tuple(data["topics"]), headings,
            tuple(data["signatures"]), columns, indicators, lexicon, relations,
        )  # fmt: skip
    except KeyError as error:
        raise FormError(f"{file}: key {error} is missing") from error
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise FormError(f"{file}: {error}") from error
    named = {key for relation in relations for key in (relation.whole, *relation.parts)}
    named |= {indicator.parent for indicator in indicators.values() if indicator.parent}
    if unknown := sorted(named - indicators.keys()):
        raise FormError(f"{file}: there is no row {unknown[0]!r}")
    return form


def _indicators(file: str, rows: list[dict[str, str]]) -> dict[str, Indicator]:
    found: dict[str, Indicator] = {}
    for row in rows:
        if row["key"] in found:
            raise FormError(f"{file}: row {row['key']!r} stands twice")
        wordings = [row["label"], *row.get("variants", [])]
        names = tuple(dict.fromkeys(indicator_name(wording) for wording in wordings))
        found[row["key"]] = Indicator(row["key"], row["label"], names, row.get("unit"), row.get("parent"))
    return found


def _header_words(columns: Iterable[str]) -> re.Pattern[str]:
    """The words of a header that stand on one line, with or without blanks in and between them."""
    words = "|".join(r"\s*".join(word) for word in sorted(columns, key=len, reverse=True))
    return re.compile(rf"\s*(20\d\d\s*年?\s*度?(?:统计数|数)?|{words})\s*")


def _label_words(names: Iterable[str]) -> re.Pattern[str]:
    """The labels in a text as it stands, punctuation within them or not."""
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile("|".join("[、,,()()《》]{0,2}".join(map(re.escape, name)) for name in longest_first))
