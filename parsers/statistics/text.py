"""The statistics table as flattened text: header words, labels, units and numbers, one after another.

The header's words in their order are the columns; a row is taken only if behind its label stand as many cells as the
header names, units where units are due. Digits that ran together (``346085376``) are one number too few, a header with
a word that nobody knows is none, numbers behind a header and before any label mean that labels and numbers have parted:
then labels and text are kept, and no number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from parsers.document import Paragraph
from parsers.forms.statistics import CODE, LABEL, UNIT, VALUE, StatisticsForm
from parsers.statistics.rows import LONGEST_RAW, Doubt, PrintedTable, distrust, is_number, is_unit, make_row, refused
from parsers.tokens import Token, piece, pieces

_WORD = re.compile(r"\S+")
_GLUED = re.compile(r"(?P<label>.*[^\d,.])??(?P<number>\d[\d,]*(?:\.\d+)?)", re.ASCII)
_NUMBERED = re.compile(r"[一二三四五六七八九十(（\d其]")
LONGEST_LABEL, LONGEST_RUN = 90, 12
FEWEST = 3  # labels in running text that may be a table


@dataclass(slots=True)
class _Row:
    labels: list[tuple[int, Token]] = field(default_factory=list)  # with their lines
    cells: list[Token] = field(default_factory=list)

    @property
    def numbers(self) -> list[Token]:
        return [token for token in self.cells if is_number(token.text)]


def text_tables(lines: Iterable[Paragraph], number: int, form: StatisticsForm, year: int | None) -> list[PrintedTable]:
    """The tables in the lines of a document, in order; stretches that are none are left out."""
    reader = _Reader(form, year)
    lines = list(lines)
    for at, token in pieces(lines, number, lambda text: _spans(text, form)):
        if len(token.text) > LONGEST_LABEL:
            reader.finish()
            reader.run_on(lines[at], number, token.text)
        else:
            for part in _parts(token, form):
                reader.feed(at, part)
    reader.finish()
    return reader.tables


def _parts(token: Token, form: StatisticsForm) -> list[Token]:
    """A token, or its label, unit and digits where they stand in one cell."""
    spans = _cut(token.text, 0, len(token.text), form)
    if len(spans) == 1:
        return [token]
    document, block, start, _ = token.place
    return [Token(token.text[a:b], (document, block, (start or 0) + a, (start or 0) + b)) for a, b in spans]


def _spans(text: str, form: StatisticsForm) -> list[tuple[int, int]]:
    """The cells of a line without bars: header words, or a label with what stands behind it, or the whole line."""
    if len(text) <= LONGEST_LABEL and (header := _header_spans(text, form)):
        return header
    spans = [span for found in _WORD.finditer(text) for span in _cut(text, *found.span(), form)]
    parts = [text[start:end] for start, end in spans]
    row = len(parts) > 1 and (is_number(parts[-1]) or is_unit(parts[-1], form))
    return spans if row or sum(map(is_number, parts)) > 1 else [(0, len(text))]


def _header_spans(text: str, form: StatisticsForm) -> list[tuple[int, int]]:
    """The words of a line that holds nothing but words of a header, blanks in and between them or none."""
    spans: list[tuple[int, int]] = []
    position = 0
    while position < len(text):
        found = form.header.match(text, position)
        if found is None:
            return []
        spans.append(found.span(1))
        position = found.end()
    return spans


def _cut(text: str, start: int, end: int, form: StatisticsForm) -> list[tuple[int, int]]:
    """A word in which a known label, a unit and digits stand without blanks between them."""
    found = _GLUED.fullmatch(text, start, end) if end - start <= LONGEST_LABEL else None
    if found is None or found["label"] is None:
        return [(start, end)]
    middle = found.start("number")
    before = text[start:middle]
    if is_unit(before, form) or form.find(before):
        return [(start, middle), (middle, end)]
    for width in (1, 2):
        if is_unit(before[-width:], form) and form.find(before[:-width]):
            return [(start, middle - width), (middle - width, middle), (middle, end)]
    return [(start, end)]


class _Reader:
    """One pass over the tokens; ``header`` and ``rows`` are the table under way."""

    def __init__(self, form: StatisticsForm, year: int | None) -> None:
        self.form = form
        self.year = year
        self.tables: list[PrintedTable] = []
        self.header: list[str] = []
        self.rows: list[_Row] = []
        self.row = _Row()
        self.broken = False

    def feed(self, line: int, token: Token) -> None:
        text = token.text
        if not text:
            if self.row.labels and self.row.labels[-1][0] == line:
                self.row.cells.append(token)
        elif is_number(text) or is_unit(text, self.form):
            self._cell(token)
        elif kind := self.form.column_kind(text, self.year):
            self._header_word(kind)
        else:
            self._label(line, token)

    def _header_word(self, kind: str) -> None:
        if self.rows or self.row.cells or (self.row.labels and kind in (LABEL, CODE)):
            self.finish()
        elif self.header and self.row.labels:
            self.broken = True  # a word between two words of the header that nobody knows
        self.row = _Row()
        self.header.append(kind)

    def _cell(self, token: Token) -> None:
        if self.row.labels:
            self.row.cells.append(token)
        elif self.header and not self._code_first():
            self.broken = True

    def _code_first(self) -> bool:
        return self.header[:1] == [CODE]

    def _label(self, line: int, token: Token) -> None:
        if self.row.cells:
            if self._code_first() and is_number(self.row.cells[-1].text):
                self.row.cells.pop()
            self.rows.append(self.row)
            self.row = _Row()
        self.row.labels = [*self.row.labels[1 - LONGEST_RUN :], (line, token)]

    def finish(self) -> None:
        """End the table under way and keep it if it is one."""
        if self.row.labels:
            self.rows.append(self.row)
        table = PrintedTable()
        columns = self._columns()
        for row in self.rows:
            self._add(row, columns, table)
        distrust(table)
        if sum(bool(row.cells) for row in self.rows) >= FEWEST:
            self.tables.append(table)
        self.header, self.rows, self.row, self.broken = [], [], _Row(), False

    def _columns(self) -> list[str] | None:
        """The kinds of the cells behind a label; None where the header does not tell the year's number."""
        start = self.header.index(LABEL) + 1 if LABEL in self.header else 0
        behind = self.header[start:]
        single = behind.count(VALUE) == 1 and LABEL not in behind
        return behind if start and single and not self.broken and not self._unknown_word() else None

    def _unknown_word(self) -> bool:
        """Whether a word that is no label stands between the header and the first row."""
        first = self.rows[0] if self.rows else _Row()
        at, _ = self._name(first)
        return any(not self.form.find(t.text) and not _NUMBERED.match(t.text) for _, t in first.labels[:at])

    def _name(self, row: _Row) -> tuple[int, str]:
        """Where in a run of label tokens the row's own label begins, and the label: a known one if there is one."""
        tokens = [token.text for _, token in row.labels]
        for at in range(len(tokens)):
            if self.form.find(joined := "".join(tokens[at:])):
                return at, joined
        same_line = [at for at, (line, _) in enumerate(row.labels) if line == row.labels[-1][0]]
        return (same_line[0], "".join(tokens[same_line[0] :])) if tokens else (0, "")

    def _add(self, row: _Row, columns: list[str] | None, table: PrintedTable) -> None:
        at, label = self._name(row)
        for _, token in row.labels[:at]:
            if self.form.find(token.text):
                table.rows.append(refused(token.text, [], self.form))
        if self.form.is_heading(label):
            if row.numbers:
                table.doubts.append(Doubt(label, "label", " ".join(t.text for t in row.numbers)[:LONGEST_RAW]))
            return
        known = bool(self.form.find(label))
        has_unit = any(is_unit(token.text, self.form) for token in row.cells)
        if self.form.is_signature(label):
            return
        if not known and not (row.numbers and (has_unit or (UNIT not in self.header and self.form.on_topic(label)))):
            return
        tokens = None if columns is None else self._aligned(row.cells, columns)
        if tokens is not None:
            table.rows.append(make_row(label, tokens, self.form))
            return
        unit = next((token.text for token in row.cells if is_unit(token.text, self.form)), None)
        table.rows.append(refused(label, row.numbers, self.form, unit))
        if row.numbers:
            numeric = len(columns or []) - (columns or []).count(UNIT)
            kind = "columns" if columns is None else "more" if len(row.numbers) > numeric else "count"
            table.doubts.append(Doubt(label, kind, table.rows[-1].value.raw or ""))

    def _aligned(self, cells: list[Token], columns: list[str]) -> list[tuple[str, Token]] | None:
        """Cells and columns one to one, units where units are due; a unit may be missing, a number may not."""
        if not any(is_unit(token.text, self.form) for token in cells) and len(cells) != len(columns):
            columns = [kind for kind in columns if kind != UNIT]
        if len(cells) != len(columns):
            return None
        pairs = list(zip(columns, cells, strict=True))
        fits = all(not cell.text or is_unit(cell.text, self.form) == (kind == UNIT) for kind, cell in pairs)
        return pairs if fits else None

    def run_on(self, line: Paragraph, number: int, text: str) -> None:
        """A whole table in one piece of text without gaps: its labels are kept, none of its numbers can be cut out."""
        if not self.form.header_in(text):
            return
        found = list(self.form.scanner.finditer(text))
        if len(found) < FEWEST:
            return
        table = PrintedTable()
        start = line.text.find(text)
        for match, following in zip(found, [*found[1:], None], strict=True):
            rest = text[match.end() : following.start() if following else match.end() + 40]
            digits = re.search(r"\d[\d,. ]*", rest)
            where = start + match.end()
            token = piece(line, number, where + digits.start(), where + digits.end()) if digits else None
            unit = next((rest[:width] for width in (2, 1) if is_unit(rest[:width], self.form)), None)
            table.rows.append(refused(match[0], [token] if token else [], self.form, unit))
            if token:
                table.doubts.append(Doubt(match[0], "count", token.text[:200]))
        self.tables.append(table)
