"""Which figure a quantity is: the nearest noun in its stretch of the sentence, with verbs, channel and context.

A noun right after the unit (26场新闻发布会) goes before one on the left (新闻发布会26场), and nothing unknown may stand
between noun and number. A stretch without a noun takes that of the quantity before it if it has a verb or a channel of
its own (留言101条,回复101条). Lists carry their verb on, 其中 opens parts of the quantity before it. Whatever points to
last year, a plan, a rate per week, another unit or two things counted together rules the figure out: what is doubtful is
left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from parsers.narrative.quantities import PERCENT, Quantity
from parsers.narrative.stretches import LIGHT, Clauses, Stretch, Surroundings
from parsers.narrative.vocabulary import NO_ONE_CHANNEL, Row, Term, Token, Vocabulary

SOCIAL = frozenset(("wechat", "weibo", "douyin", "new_media"))
MANY = "many"
RELATIVE = 20  # characters of a clause with 的 between unit and noun
OBJECT = 30  # characters of an action's object between it and its number

LASTING = frozenset(("plan", "ever", "asof"))
_CLOSING = ' \t\u3000、。!?！？”"』」'
_JOINTS = frozenset(("和", "及", "与", "或", "、", "以及"))
_SUBUNIT = re.compile(
    r"[\u4e00-\u9fff]{1,12}?(?:局|镇|乡|街道|街道办|办事处|委员会|管委会|学校|医院|公司|社区)"
    r"(?=全年|本年|共|主动|公开|累计|通过|收到|受理|办理|发布|制发|印发|20\d\d年)"
)
_OWN = ("我局", "本局", "我镇", "本镇", "我乡", "本乡", "我街道", "本街道", "全局", "全镇", "全乡", "我委", "本委")


@dataclass(slots=True)
class Figure:
    """A quantity as it was understood; ``row`` is None where no key is certain.

    ``whole`` is the place, in the list of the sentence's figures, of the one that this is a part of, ``base`` of the one
    that this is the change of. ``past`` is the key of last year's figure, empty where it is that of the figure before.
    """

    quantity: Quantity
    row: Row | None = None
    value: int | float = 0
    verb: str | None = None
    start: int = 0
    end: int = 0
    whole: int | None = None
    base: int | None = None
    past: str | None = None


@dataclass(slots=True)
class _Memory:
    """What a quantity leaves for the next one in its sentence."""

    noun: Term | None = None
    verbs: tuple[str, ...] = ()
    channel: str | None = None
    borrowed: bool = False  # the channel was a quantity's topic, not a place (在…) that clauses go on in
    wholes: list[int] = field(default_factory=list)
    last: int | None = None
    year: int | None = None
    roles: set[str] = field(default_factory=set)  # plan, ever, asof: what once said holds for the rest of the sentence


class Sentence:
    """One sentence being read. ``opening`` is the figure before, of which a sentence that begins with 其中 names parts;
    it stands first among the figures."""

    def __init__(
        self,
        text: str,
        quantities: list[Quantity],
        words: Vocabulary,
        around: Surroundings,
        opening: Figure | None = None,
    ) -> None:
        self.text = text
        self.words = words
        self.around = around
        self.clauses = Clauses(text, quantities, words, around)
        self.memory = _Memory()
        self.figures: list[Figure] = [opening] if opening else []
        self.memory.last = 0 if opening else None

    def read(self) -> list[Figure]:
        for number in range(len(self.clauses.quantities)):
            stretch = self.clauses.stretch(number)
            self._move_on(stretch)
            figure = self._figure(stretch)
            self._remember(stretch, figure)
            self.figures.append(figure)
        return self.figures

    # memory

    def _move_on(self, stretch: Stretch) -> None:
        """Take in what the words before the quantity say, all the way from the quantity before it."""
        memory = self.memory
        passed = self.clauses.between(stretch.before, stretch.quantity.start)
        if stretch.semicolon:
            memory.verbs, memory.channel = (), None
            memory.wholes = memory.wholes[:-1]
        for token in passed:
            memory.roles |= token.term.roles & LASTING
            if "part" in token.term.roles and memory.last is not None and memory.wholes[-1:] != [memory.last]:
                memory.wholes.append(memory.last)
            elif "year" in token.term.roles:
                self._take_year(token)
        own = [token for token in passed if token.start >= stretch.start]
        if channel := _channel(own, stretch.quantity.unit):
            memory.channel, memory.borrowed = channel, False
        elif stretch.new_clause and (place := self._place(passed)):
            memory.channel, memory.borrowed = place, False
        elif stretch.new_clause and stretch.before:
            memory.borrowed = True
        verbs = tuple(token.term.text for token in own if "verb" in token.term.roles)
        ends = stretch.semicolon or any("stock" in token.term.roles for token in own)
        memory.verbs = verbs or (() if ends else memory.verbs)

    def _take_year(self, token: Token) -> None:
        compared = self.text[token.start - 1 : token.start] in ("较", "比", "与", "于")
        if not compared:
            self.memory.year = int(self.text[token.start : token.start + 4])

    def _place(self, passed: list[Token]) -> str | None:
        """The channel that an earlier clause without a quantity names as its place: 在县政府网站开设专栏,公开信息…"""
        for token, following in pairwise(passed):
            if "locative" in token.term.roles and following.term.channel and following.start - token.end <= 4:
                return following.term.channel
        return None

    def _remember(self, stretch: Stretch, figure: Figure) -> None:
        memory = self.memory
        noun = self._right_noun(stretch) or self._left_noun(stretch)
        if noun is not None:
            memory.noun = noun.term if figure.row is not None else None
        elif not self.clauses.covered(stretch.start, stretch.quantity.start):
            memory.noun = None
        if stretch.quantity.unit != PERCENT:
            figure.whole = memory.wholes[-1] if memory.wholes else None
            memory.last = len(self.figures)

    # the figure

    def _figure(self, stretch: Stretch) -> Figure:
        quantity = stretch.quantity
        begun = max(stretch.start, self.figures[-1].end if stretch.before else 0)
        figure = Figure(quantity, None, quantity.value, None, begun, quantity.end)
        if stretch.has("yoy"):
            self._change(stretch, figure)
            return figure
        row, noun = self._row(stretch)
        if stretch.has("past"):
            nouns = any(token.term.rows for token in stretch.left)
            figure.past = row.key if row else None if nouns else ""
        if row is None or self._excluded(stretch, row) or self._part_again(row):
            return figure
        figure.row = row
        verbs = row.verbs & set(self.memory.verbs) if row.verbs else self.memory.verbs[-1:]
        figure.verb = next(iter([verb for verb in self.memory.verbs if verb in verbs]), None)
        figure.end = max(quantity.end, noun.end if noun and noun.start > quantity.start else 0)
        return figure

    def _row(self, stretch: Stretch) -> tuple[Row | None, Token | None]:
        if (noun := self._right_noun(stretch)) is not None:
            return self._fitting(noun.term, stretch, right=True), noun
        noun = self._left_noun(stretch)
        if noun is not None:
            row = self._fitting(noun.term, stretch, right=False)
            sound = row is not None and self._near_enough(noun, stretch, row) and self._has_unit(noun, stretch)
            return (row, noun) if sound else (None, None)
        return self._carried(stretch), None

    def _right_noun(self, stretch: Stretch) -> Token | None:
        """The noun that follows the unit, if it is what is counted."""
        end = stretch.after
        for token in stretch.right:
            rows = token.term.counted_in(stretch.quantity.unit) if token.term.rows else ()
            if rows:
                gap = self.text[end : token.start]
                near = "、" not in gap and self.clauses.covered(end, token.start)
                near = near or (
                    gap.endswith("的") and len(gap) <= RELATIVE and any("relative" in r.flags for r in rows)
                )
                loose = any(row.flags & {"loose", "relative"} for row in rows)
                return token if near and (loose or self._closed(token, stretch)) else None
        return None

    def _closed(self, noun: Token, stretch: Stretch) -> bool:
        """Whether the noun phrase after a unit ends with the noun: what follows is no further noun."""
        if noun.end >= stretch.end or self.text[noun.end] in "。、》":
            return True
        return any(token.start == noun.end and token.term.light for token in stretch.right)

    def _left_noun(self, stretch: Stretch) -> Token | None:
        """The nearest noun on the left. A channel's name is one only if its unit fits; an action's object is passed over."""
        if not self._free(stretch):
            return None
        unit = stretch.quantity.unit
        nouns = [
            token
            for token in stretch.left
            if token.term.rows and (not token.term.channel or token.term.counted_in(unit))
        ]
        if not nouns or nouns[-1].term.counted_in(unit):
            return nouns[-1] if nouns else None
        acts = [token for token in nouns if any("act" in row.flags for row in token.term.counted_in(unit))]
        return acts[-1] if acts else nouns[-1]

    def _free(self, stretch: Stretch) -> bool:
        """Whether no counted noun follows the unit: the clause ends, or a new phrase begins (…3件并全部办结)."""
        follows = self.text[stretch.after : stretch.end]
        if not follows.partition("、")[0].strip(_CLOSING):
            return True
        first = stretch.right[0] if stretch.right else None
        return first is not None and first.start == stretch.after and first.term.light

    def _near_enough(self, noun: Token, stretch: Stretch, row: Row) -> bool:
        if "right" in row.flags:
            return False
        if "act" in row.flags:
            return stretch.quantity.start - noun.end <= OBJECT
        if not self.clauses.covered(noun.end, stretch.quantity.start) or self._joined(noun, stretch, row):
            return False
        return "bare" not in row.flags or self._introduced(noun, stretch)

    def _has_unit(self, noun: Token, stretch: Stretch) -> bool:
        """A number that lost its unit counts only next to its noun in a list that has units; 数为0 needs none."""
        if stretch.quantity.unit is not None:
            return True
        bare_zero = stretch.quantity.value == 0 and self.text[stretch.quantity.start - 1] == "为"
        listed = bool(self.figures) and self.figures[-1].row is not None and self.figures[-1].quantity.unit is not None
        return bare_zero or (listed and noun.end == stretch.quantity.start)

    def _introduced(self, noun: Token, stretch: Stretch) -> bool:
        """Whether a general noun follows a verb, a channel or the clause's beginning, with known attributes only."""
        at = noun.start
        for token in reversed([token for token in stretch.left if token.end <= noun.start]):
            if any(character not in LIGHT for character in self.text[token.end : at]):
                return False
            if "verb" in token.term.roles or token.term.channel or "part" in token.term.roles:
                return True
            if not token.term.light and "year" not in token.term.roles:
                return False
            at = token.start
        return all(character in LIGHT for character in self.text[stretch.start : at])

    def _joined(self, noun: Token, stretch: Stretch, row: Row) -> bool:
        """Whether two things are counted together (行政复议、行政诉讼共6件): neither gets the number."""
        others = [token for token in stretch.left if token.term.rows and token.end <= noun.start]
        if not others:
            return False
        between = self.text[others[-1].end : noun.start].replace(" ", "")
        keys = {other.key for other in others[-1].term.counted_in(stretch.quantity.unit)}
        if not between and row.part_of.partition("/")[0] in keys:
            return False  # 行政诉讼未经复议直接起诉: the whole, then its part
        return between.removesuffix("提起").lstrip("、") in _JOINTS | {""} and bool(keys) and row.key not in keys

    def _carried(self, stretch: Stretch) -> Row | None:
        """The row of the noun before, for a stretch with a verb or a channel of its own and no unknown word."""
        memory = self.memory
        if memory.noun is None or not self._free(stretch):
            return None
        verbs = {token.term.text for token in stretch.left if "verb" in token.term.roles}
        channel = _channel(stretch.left, stretch.quantity.unit)
        if not (verbs or channel) or not self.clauses.covered(stretch.start, stretch.quantity.start):
            return None
        row = self._fitting(memory.noun, stretch, right=False)
        if row is None or not (row.verbs & verbs or (channel and row.channel == channel)):
            return None
        return row

    def _fitting(self, noun: Term, stretch: Stretch, right: bool) -> Row | None:
        fits = [row for row in noun.counted_in(stretch.quantity.unit) if self._fits(row, right, stretch)]
        if fits and "last" in fits[0].flags:
            said = self._context(stretch.quantity.start)
            return max(fits, key=lambda row: max(said.rfind(words[-1]) for words in row.context))
        return fits[0] if fits else None

    def _fits(self, row: Row, right: bool, stretch: Stretch) -> bool:
        if "right" in row.flags and not right:
            return False
        if row.verbs and not row.verbs & set(self.memory.verbs):
            return False
        if not self._channel_fits(row):
            return False
        if (row.near or row.without) and not self._stands_with(row, stretch):
            return False
        if not row.context:
            return True
        said = self._context(len(self.text))
        return any(all(word in said for word in words) for words in row.context)

    def _stands_with(self, row: Row, stretch: Stretch) -> bool:
        near = self.text[stretch.start : stretch.quantity.start] + " ".join(self.memory.verbs)
        if any(word in near for word in row.without):
            return False
        return not row.near or any(word in near for word in row.near)

    def _channel_fits(self, row: Row) -> bool:
        channel = self.memory.channel
        if not row.channel:
            return True
        if row.channel == NO_ONE_CHANNEL:
            return channel in (None, MANY)
        # a topic goes on for posts and readers, not for what the whole government has published
        return row.channel == channel and not (self.memory.borrowed and "once" in row.flags)

    def _context(self, end: int) -> str:
        return self.around.before + self.text[:end]

    # what rules a figure out

    def _excluded(self, stretch: Stretch, row: Row) -> bool:
        if any(stretch.has(role) for role in ("past", "each", "aim", "other", "respectively")) or self._wrong_year():
            return True
        if self.memory.roles & {"plan", "ever"}:
            return True
        if "asof" in self.memory.roles and any(token.term.text.startswith("累计") for token in stretch.left):
            return True
        return "once" in row.flags and self._of_subunit(stretch)

    def _wrong_year(self) -> bool:
        return None not in (self.memory.year, self.around.year) and self.memory.year != self.around.year

    def _of_subunit(self, stretch: Stretch) -> bool:
        if any("subunit" in token.term.roles for token in stretch.left):
            return True
        for found in _SUBUNIT.finditer(self.text[stretch.start : stretch.quantity.start][-80:]):
            if not found[0].endswith(_OWN) and found[0][-3:] not in self.around.subject:
                return True
        return False

    def _part_again(self, row: Row) -> bool:
        """Whether a figure of the whole comes again among its parts: it belongs to a part of the subject."""
        whole = self.figures[self.memory.wholes[-1]] if self.memory.wholes else None
        return whole is not None and whole.row is not None and whole.row.key == row.key

    def _change(self, stretch: Stretch, figure: Figure) -> None:
        """A percentage against last year: of the figure before it, or of the whole if all its parts are stated."""
        up, down = stretch.has("up"), stretch.has("down")
        if stretch.quantity.unit != PERCENT:
            figure.past = None if up or down else ""  # 较上年的30件, but not 较上年增加9件
            return
        base = self._base()
        if base is None or up == down or self._wrong_year():
            return
        key = (row := self.figures[base].row) and row.key
        rows = [row for row in self.words.changes if key in row.part_of.split()]
        if rows:
            figure.row, figure.base = rows[0], base
            figure.value = -figure.value if down else figure.value

    def _base(self) -> int | None:
        """The place of the figure that a change is of: the one before, this year's; after parts the whole."""
        at = len(self.figures) - 1
        while at >= 0 and self.figures[at].past is not None:
            at -= 1
        if at < 0:
            return None
        whole = self.figures[at].whole
        if whole is None:
            return at
        parts = sum(figure.value for figure in self.figures if figure.whole == whole)
        return whole if parts == self.figures[whole].value else None


def _channel(tokens: list[Token], unit: str | None) -> str | None:
    """The one channel that tokens name, the common name of several social media, ``many``, or None."""
    named = [token.term.channel for token in tokens if token.term.channel]
    if not named:
        return None
    found = set(named)
    if "new_media" in found and len(found) == 2 and named[-1] != "new_media":
        found.discard("new_media")  # 政务新媒体微信公众号 is a WeChat account
    if len(found) == 1:
        return found.pop()
    return "new_media" if found <= SOCIAL else MANY
