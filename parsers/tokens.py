"""A table as rows of labels and values, whatever it was printed as.

``grid_rows`` reads an HTML grid, ``text_rows`` the flattenings of text: one cell a line, ``cell |`` a line, rows of
``a | b | c``, bars on lines of their own. Both give ``TableRow`` s, so that one matcher serves all. Blank cells count
only where the source keeps them in place: in a grid, and between the bars of one line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from parsers.cells import EMPTY, UNPARSEABLE, Cell, looks_like_value, read
from parsers.document import CUT, UNCOMPUTED, GridCell, Origin, Paragraph, Table
from parsers.forms import FormTable
from parsers.normalise import INVISIBLE, label, label_name, unnumbered

_NUMBERING = re.compile(r"[一二三四五六七八九十\d项第]*")
_FOLLOWED = re.compile(r"[一二三四五六七八九十\d第]")  # the number of the next label
_PIECE = re.compile(r"[^|]*")
_WORD = re.compile(r"\S+")
_EDGE = " \t\r\n\x0b\x0c\xa0\u3000" + INVISIBLE
_MEANING = frozenset("不非未无免撤上下去前后今明旧新元万亿千百十")  # a label with one more or less says something else
_HARMLESS = frozenset(
    ["件", "项", "个", "数", "件数", "数量", "条", "宗", "类", "次", "份", "部", "单位", "单位件", "的", "小计", "总数"]
)  # beside a label
MERGED = "merged"
MAX_LABEL_RUN = 3000
MAX_LINE = 200_000  # characters; a whole report on one line has a tenth of that
LONG_LABEL = 40  # characters; a longer one holds explanations
SHORT = 3  # characters of a label that may well be a part of another one


@dataclass(slots=True)
class Token:
    """A printed piece: a label, a value or a blank. ``column`` is None where the source has no geometry; ``place`` is
    then (document, block or None, start, end), else (document, table)."""

    text: str
    place: tuple[int | None, ...]
    column: int | None = None
    colspan: int = 1
    row: int = 0
    cell: GridCell | None = None  # the cell of a grid that it was, or the doubt about a piece of text

    @property
    def origin(self) -> Origin:
        """Where it stands in the source, as the contract gives it."""
        if self.column is not None:
            place = {"document": self.place[0], "table": self.place[1], "row": self.row, "column": self.column}
            return place | self.cell.place if self.cell is not None and self.cell.place else place
        if not self.place:
            return {}
        document, block, start, end = self.place
        span = {"start": start, "end": end}
        return {"document": document, **span} if block is None else {"document": document, "block": block, **span}

    @property
    def end(self) -> int:
        return (self.column or 0) + self.colspan


def cell_of(token: Token, unit: str | None) -> Cell:
    """The cell that a token stands for; a text that its reader is not sure of gives no number."""
    cell = read(token.text, unit, token.origin)
    if token.cell is not None and token.cell.doubt and (cell.state != EMPTY or token.cell.doubt == CUT):
        return Cell(None, UNPARSEABLE, cell.raw, token.cell.doubt, cell.unit, cell.origin)
    return cell


@dataclass(slots=True)
class Found:
    """A label of the form found in the source; ``exact`` is False for a typo or a cut label."""

    name: str
    token: Token
    exact: bool = True
    printed: str = ""


@dataclass(slots=True)
class TableRow:
    """Labels in the order printed, then the values after them. ``unknown`` is label text that no form has."""

    labels: list[Found | str] = field(default_factory=list)
    values: list[Token] = field(default_factory=list)
    grid: int | None = None  # which grid the row belongs to; None for flattened text
    tokens: list[Token] = field(default_factory=list)  # the label tokens, known or not

    @property
    def printed_label(self) -> str:
        return " ".join(token.text for token in self.tokens if token.text)


def grid_rows(table: Table, form: FormTable, number: int) -> Iterator[TableRow]:
    """The rows of a grid. Values begin after the last label that the form knows, or after the leading text; under the
    columns of the header above, text is a value too, if one that can't be read."""
    columns = _Columns()
    for row_number, cells in enumerate(table.rows):
        place = (number, table.index)
        tokens = [Token(cell.text, place, cell.column, cell.colspan, row_number, cell) for cell in cells]
        values = [looks_like_value(cell.text) or cell.doubt in UNCOMPUTED for cell in cells]
        found = [
            [] if is_value else list(find_labels(token, form)) for is_value, token in zip(values, tokens, strict=True)
        ]
        named = _header_cells(found, form)
        split = _label_end(tokens, found, values, None if named else columns)
        columns.follow(named)
        row = TableRow(grid=table.index, values=tokens[split:], tokens=[t for t in tokens[:split] if t.text])
        _doubt_merged(row, table, row_number)
        for labels in found[:split]:
            row.labels.extend(labels)
        yield row


def _doubt_merged(row: TableRow, table: Table, number: int) -> None:
    """A value cell that reaches over more rows than its row's label is that of several labels, and of none; so are all
    values behind a label that reaches over rows with other values, since the line between two labels was lost."""
    label_cell = row.tokens[-1].cell if row.tokens else None
    if label_cell is None:
        return
    below = table.rows[number + 1 : number + label_cell.rowspan]
    is_shared = any(_begins_with_value(cells, label_cell) for cells in below)
    for token in row.values:
        if token.cell is not None and (is_shared or token.cell.rowspan > label_cell.rowspan):
            token.cell.doubt = token.cell.doubt or MERGED


def _begins_with_value(cells: list[GridCell], label_cell: GridCell) -> bool:
    """Whether a number comes first in what a row has to the right of a label that reaches down to it."""
    right = label_cell.column + label_cell.colspan
    first = next((cell for cell in cells if cell.column >= right and cell.text), None)
    return first is not None and looks_like_value(first.text)


@dataclass(slots=True)
class _Columns:
    """Where the columns of values stand in a grid: from the first to the last that the latest header names."""

    start: int | None = None
    end: int = 0
    in_header: bool = False

    def follow(self, named: list[Token]) -> None:
        """Take in the header cells of a row; a row without any ends the header."""
        if named:
            start, end = min(token.column or 0 for token in named), max(token.end for token in named)
            goes_on = self.in_header and self.start is not None
            self.start, self.end = (min(self.start or 0, start), max(self.end, end)) if goes_on else (start, end)
        self.in_header = bool(named)

    def begin_at(self, token: Token, last: Token) -> bool:
        """Whether the cells from ``token`` to ``last`` are those under the columns, and no label to the left of them."""
        column = token.column or 0
        return self.start is not None and self.start <= column and last.end - column <= self.end - self.start


def _header_cells(found: list[list[Found | str]], form: FormTable) -> list[Token]:
    """The cells of a row that name columns, if it has a label that stands for nothing else."""
    names = [entry for labels in found for entry in labels if isinstance(entry, Found)]
    return [entry.token for entry in names] if any(entry.name in form.header_names for entry in names) else []


def _label_end(
    tokens: list[Token], found: list[list[Found | str]], values: list[bool], columns: _Columns | None
) -> int:
    end = len(tokens)
    while end and not (found[end - 1] and any(isinstance(entry, Found) for entry in found[end - 1])):
        end -= 1
    if columns is not None and not end and not any(values):
        columns = None  # a row of text alone belongs to the header
    while end < len(tokens) and tokens[end].text and not values[end]:
        if columns is not None and columns.begin_at(tokens[end], tokens[-1]):
            break
        end += 1
    return end


def text_rows(paragraphs: Iterable[Paragraph], form: FormTable, number: int) -> Iterator[TableRow]:
    """The rows of a flattened table: runs of label text, each with the values that follow it."""
    run: list[Token] = []
    values: list[Token] = []
    line_of_label = -1
    for line, token in pieces(paragraphs, number):
        if not token.text:
            if line == line_of_label:  # a blank counts only behind its own row's label
                values.append(token)
        elif looks_like_value(token.text):
            if line != line_of_label and not any(value.text for value in values):
                values.clear()  # blanks behind the last label of a header are none of the row below it
            values.append(token)
        else:
            if values:
                yield _text_row(run, values, form)
                run, values = [], []
            run.append(token)
            line_of_label = line
    if run or values:
        yield _text_row(run, values, form)


def _text_row(run: list[Token], values: list[Token], form: FormTable) -> TableRow:
    """``run`` is read as one text, since labels are broken over pieces; where a piece ends is kept beside it."""
    pieces = [label(token.text) for token in run]
    text = "".join(pieces)[-MAX_LABEL_RUN:]
    ends = {len(text) - left for left in accumulate(map(len, reversed(pieces)), initial=0) if left <= len(text)}
    labels = list(find_labels(Token(text, run[-1].place if run else ()), form, ends))
    return TableRow(labels=labels, values=values, tokens=run[-3:])


def _words(text: str) -> list[tuple[int, int]]:
    """A line is one cell, unless it holds several numbers apart: then its words are cells."""
    words = [found.span() for found in _WORD.finditer(text)]
    numbers = sum(1 for start, end in words if looks_like_value(text[start:end]))
    return words if len(words) > 1 and numbers > 1 else [(0, len(text))]


def pieces(
    paragraphs: Iterable[Paragraph], number: int, words: Callable[[str], list[tuple[int, int]]] = _words
) -> Iterator[tuple[int, Token]]:
    """The cells of flattened lines, each with the number of its line. The empty pieces before the first and after the
    last bar are no cells; ``words`` cuts a line without bars."""
    for line, paragraph in enumerate(paragraphs):
        text = paragraph.text
        if len(text) > MAX_LINE:
            continue
        if "|" in text:
            spans = [
                found.span() for found in _PIECE.finditer(text) if found.start() == 0 or text[found.start() - 1] == "|"
            ]
            first = next((i for i, span in enumerate(spans) if text[slice(*span)].strip()), len(spans))
            del spans[:first]
            if spans and not text[slice(*spans[-1])].strip():
                spans.pop()
        else:
            spans = words(text)
        for start, end in spans:
            yield line, piece(paragraph, number, start, end)


def piece(paragraph: Paragraph, number: int, start: int, end: int) -> Token:
    """The token of a part of a line, without the blanks around it."""
    text = paragraph.text[start:end]
    offset = start + len(text) - len(text.lstrip(_EDGE))
    text = text.strip(_EDGE)
    token = Token(text, _place(paragraph, number, offset, offset + len(text)))
    if paragraph.cut and offset + len(text) == len(paragraph.text):
        token.cell = GridCell(text, 0, 0, doubt=CUT)
    return token


def _place(paragraph: Paragraph, number: int, start: int, end: int) -> tuple[int | None, ...]:
    if paragraph.start is not None:
        return (number, None, paragraph.start + start, paragraph.start + end)
    return (number, paragraph.index, start, end)


def find_labels(token: Token, form: FormTable, ends: Collection[int] = ()) -> Iterator[Found | str]:
    """The form's labels in a piece of text, in order; text that is none of them comes as it is (normal form).

    A short label (其他, 总计) counts only where nothing unknown touches it: inside a damaged label it is a part of
    that. ``ends`` are the places where the pieces end that the text was joined from.
    """
    if len(token.text) < 80:
        if (bare := label_name(token.text)) in form.lexicon:
            yield Found(bare, token)
            return
        if bare not in form.ignored and (near := nearest(bare, form)) is not None:
            yield Found(near, token, exact=False, printed=bare)
            return
    if token.column is not None and len(token.text) < LONG_LABEL:
        found = list(_scan(token, form, ends))
        others = [entry for entry in found if isinstance(entry, str) and entry not in form.ignored]
        if any(isinstance(entry, Found) for entry in found) and not _HARMLESS.issuperset(others):
            yield label_name(token.text)  # 不予行政许可, 党内规范性文件: a label in other words is another label
        else:
            yield from found
        return
    yield from _scan(token, form, ends)


def _scan(token: Token, form: FormTable, ends: Collection[int]) -> Iterator[Found | str]:
    text = label(token.text)
    position = 0
    for match in form.scanner.finditer(text):
        if len(match[0]) <= SHORT and not _stands_alone(text, match, position, ends, form):
            continue
        yield from _gap(text[position : match.start()], token, form)
        position = match.end()
        if match[0] in form.lexicon:
            yield Found(match[0], token)
        else:
            yield match[0]
    yield from _gap(text[position:], token, form)


def _stands_alone(text: str, match: re.Match[str], before: int, ends: Collection[int], form: FormTable) -> bool:
    start, end = match.span()
    left = start in ends or bool(_NUMBERING.fullmatch(text, before, start))
    return left and (
        end == len(text) or end in ends or bool(_FOLLOWED.match(text, end) or form.scanner.match(text, end))
    )


def _gap(text: str, token: Token, form: FormTable) -> Iterator[Found | str]:
    if not text or _NUMBERING.fullmatch(text):
        return
    bare = unnumbered(text)
    if (near := nearest(bare, form)) is not None:
        yield Found(near, token, exact=False, printed=bare)
    else:
        yield bare


def nearest(text: str, form: FormTable) -> str | None:
    """The one label that ``text`` is with a single character wrong, lost or added, or cut short.

    Only a reading that is the only one counts: two labels equally near give None.
    """
    if not 3 <= len(text) <= 60:
        return None
    near = {name for name in form.lexicon if len(name) > 3 and (_typo(text, name) or _cut(text, name))}
    meanings = {(entry.kind, entry.key) for name in near for _, entry in form.lexicon[name]}
    return min(near) if len(meanings) == 1 else None


def _typo(text: str, name: str) -> bool:
    """Whether one character parts two labels, and not as another word: 不, 上年, 亿元 are no typos, 末 for 未 is one.

    >>> _typo("尚末审结", "尚未审结"), _typo("不予以公开", "予以公开"), _typo("正当理由大量反复申请", "无正当理由大量反复申请")
    (True, False, False)
    """
    if not _one_edit(text, name):
        return False
    more, less = Counter(text) - Counter(name), Counter(name) - Counter(text)
    return not (_MEANING & more.keys() or (len(text) < len(name) and _MEANING & less.keys()))


def _cut(text: str, name: str) -> bool:
    return name.startswith(text) and len(text) * 2 >= len(name)


def _one_edit(a: str, b: str) -> bool:
    if abs(len(a) - len(b)) > 1 or min(len(a), len(b)) < 4:
        return False
    same = 0
    while same < min(len(a), len(b)) and a[same] == b[same]:
        same += 1
    rest_a, rest_b = a[same:], b[same:]
    return rest_a[1:] == rest_b[1:] or rest_a[1:] == rest_b or rest_a == rest_b[1:]
