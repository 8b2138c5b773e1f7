"""Ruled tables: the cells between the rules as a grid with spans, each with the text that stands inside it.

``ruled`` gives the tables of one page, ``continued`` puts the part on the next page to the part before. Both go by
geometry: where rules stand, what touches the edge of a page. The text of two halves is put together only where the
forms know the joined label, numbers never are: a number that straddles a rule or was cut by the page is doubtful.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from parsers.cells import looks_like_value
from parsers.document import GridCell
from parsers.forms import all_forms
from parsers.normalise import label_name, squeeze
from parsers.readers import pdf_rules
from parsers.readers.pdf_lines import DIGIT_GAP, collides, joined, lines
from parsers.readers.pdf_page import Box, Char, PageContent

SNAP = 3.0  # points: rules nearer to each other are one
LAYOUT_TEXT = 400  # no label or note of a form is that long: what holds more only frames text
MAX_ROWS, MAX_CELLS = 2000, 20_000
STRADDLES, TURNED, CUT, OVERLAP = "straddles_rule", "turned", "page_break", "overlapping"
_UPON = 2.0  # points from an outer rule: a page that ends inside a line of text draws one through it
_CROSSES = 0.2  # of a character beyond a rule
_STRIKES = 0.25  # of a character's height from its middle: an underline is farther off
_STRUCK_DIGIT = "\ufffd"


@dataclass(slots=True)
class Slot:
    """A cell: rows ``row0`` up to ``row1``, columns ``column0`` up to ``column1``."""

    row0: int
    row1: int
    column0: int
    column1: int
    box: Box
    page: PageContent
    text: str = ""
    doubt: str | None = None
    chars: list[list[Char]] = field(default_factory=list)  # by the lines of the table

    @property
    def columns(self) -> tuple[int, int]:
        return self.column0, self.column1


@dataclass(slots=True)
class PageTable:
    """A table on a page, or on several. ``edges`` are the x of its columns, ``pages`` where it begins and ends."""

    edges: list[float]
    slots: list[Slot]
    rows: int
    box: Box
    page: PageContent
    last: int = 0

    def grid(self) -> list[list[GridCell]]:
        rows: list[list[GridCell]] = [[] for _ in range(self.rows)]
        for slot in sorted(self.slots, key=lambda slot: (slot.row0, slot.column0)):
            spans = slot.row1 - slot.row0, slot.column1 - slot.column0
            place = slot.page.place(slot.box)
            rows[slot.row0].append(GridCell(slot.text, slot.row0, slot.column0, *spans, place, slot.doubt))
        return rows


# ------------------------------------------------------------------------------------------------- one page


def ruled(content: PageContent) -> tuple[list[PageTable], list[Char]]:
    """The ruled tables of a page from top to bottom, and the characters that stand in none. Frames around running
    text are no tables."""
    drawn = dict.fromkeys((*content.rules.upright, *content.rules.level))  # neighbours draw the same rule
    rules = [content.frame.upright(box) for box in drawn]
    upright = [box for box in rules if box[2] - box[0] < box[3] - box[1]]
    level = [box for box in rules if box[2] - box[0] >= box[3] - box[1]]
    tables: list[PageTable] = []
    free = content.chars
    found = pdf_rules.tables(upright, level) if free else []
    struck = _struck(free, level, sorted({box[side] for boxes in found for box in boxes for side in (1, 3)}))
    for char in struck:
        char.text = _STRUCK_DIGIT
    for boxes in found:
        table, rest = _table(boxes[:MAX_CELLS], content, free)
        if table is not None:
            tables.append(table)
            free = rest
    return sorted(tables, key=lambda table: table.box[1]), free


def _struck(chars: list[Char], level: list[Box], edges: list[float]) -> list[Char]:
    """The digits that a level rule goes through which is no edge of a cell."""
    heights = {box[1] for box in level}
    off = {y for y in heights if not edges or abs(edges[_nearest(edges, y)] - y) > SNAP / 2}
    if not off:
        return []
    lone = [box for box in level if box[1] in off]
    return [
        char
        for char in chars
        if char.text.isdigit()
        and any(
            x0 < (char.x0 + char.x1) / 2 < x1 and abs((y0 + y1) / 2 - char.middle) < _STRIKES * char.height
            for x0, y0, x1, y1 in lone
        )
    ]


def _table(boxes: list[Box], content: PageContent, free: list[Char]) -> tuple[PageTable | None, list[Char]]:
    xs, ys = (
        _edges(box[side] for box in boxes for side in (0, 2)),
        _edges(box[side] for box in boxes for side in (1, 3)),
    )
    if len(xs) < 3 or len(ys) < 2 or len(ys) > MAX_ROWS or len(xs) * len(ys) > MAX_CELLS:
        return None, free
    slots = []
    for box in boxes:
        row0, row1 = (bisect_right(ys, box[side]) - 1 for side in (1, 3))
        column0, column1 = (bisect_right(xs, box[side]) - 1 for side in (0, 2))
        if row0 < row1 and column0 < column1:
            slots.append(Slot(row0, row1, column0, column1, box, content))
    owners = _owners(slots, xs, ys, content)
    box = (xs[0], ys[0], xs[-1], ys[-1])
    inside, rest = _split(free, box)
    _place(inside, owners, xs, ys)
    for slot in slots:
        _read(slot)
    if len(slots) < 2 or any(len(slot.text) > LAYOUT_TEXT for slot in slots):
        return None, free
    return PageTable(xs, slots, len(ys) - 1, box, content, content.number), rest


def _split(chars: list[Char], box: Box) -> tuple[list[Char], list[Char]]:
    """The characters of a table, whose middles stand between its outer rules or upon one, and the others."""
    x0, y0, x1, y1 = box[0] - _UPON, box[1] - _UPON, box[2] + _UPON, box[3] + _UPON
    inside: list[Char] = []
    outside: list[Char] = []
    for char in chars:
        own = y0 < char.middle < y1 and x0 < (char.x0 + char.x1) / 2 < x1
        (inside if own else outside).append(char)
    return inside, outside


def _edges(values: Iterable[float]) -> list[float]:
    """Places of rules: values nearer than ``SNAP`` are one."""
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > SNAP:
            found.append(value)
    return found


def _nearest(edges: list[float], value: float) -> int:
    index = bisect_right(edges, value)
    near = [i for i in (index - 1, index) if 0 <= i < len(edges)]
    return min(near, key=lambda i: abs(edges[i] - value))


def _owners(slots: list[Slot], xs: list[float], ys: list[float], content: PageContent) -> list[list[Slot]]:
    """The cell at each place of the grid; a place that no cell covers becomes one, so that no text is lost."""
    table: list[list[Slot | None]] = [[None] * (len(xs) - 1) for _ in range(len(ys) - 1)]
    for slot in slots:
        for row in range(slot.row0, slot.row1):
            table[row][slot.column0 : slot.column1] = [slot] * (slot.column1 - slot.column0)
    whole: list[list[Slot]] = []
    for row, places in enumerate(table):
        whole.append([])
        for column, owner in enumerate(places):
            if owner is None:
                box = (xs[column], ys[row], xs[column + 1], ys[row + 1])
                owner = Slot(row, row + 1, column, column + 1, box, content)
                slots.append(owner)
            whole[row].append(owner)
    return whole


def _place(chars: list[Char], owners: list[list[Slot]], xs: list[float], ys: list[float]) -> None:
    """Give every character to the cell that its middle stands in, and doubt what stands in two."""
    for line in lines(chars):
        begun: set[int] = set()
        last: tuple[Char, Slot] | None = None
        for char in line.chars:
            row, column = bisect_right(ys, char.middle) - 1, bisect_right(xs, (char.x0 + char.x1) / 2) - 1
            slot = owners[min(max(row, 0), len(owners) - 1)][min(max(column, 0), len(owners[0]) - 1)]
            if id(slot) not in begun:
                begun.add(id(slot))
                slot.chars.append([])
            slot.chars[-1].append(char)
            if char.text.isspace():
                continue
            if char.text.isdigit() and _crosses(char, slot):
                slot.doubt = STRADDLES
            if char.turned:
                slot.doubt = TURNED
            if last is not None and (char.text.isdigit() or last[0].text.isdigit()):
                _compare(*last, char, slot)
            last = char, slot


def _crosses(char: Char, slot: Slot) -> bool:
    x0, y0, x1, y1 = slot.box
    across, down = _CROSSES * (char.x1 - char.x0), (0.5 - _CROSSES) * char.height / 2
    beside = char.x0 < x0 - across or char.x1 > x1 + across
    return beside or char.middle - down < y0 or char.middle + down > y1


def _compare(last: Char, before: Slot, char: Char, slot: Slot) -> None:
    """Doubt digits that run from one cell into the next, or lie upon each other."""
    if before is not slot:
        if char.x0 - last.x1 < DIGIT_GAP * min(last.height, char.height):
            before.doubt = slot.doubt = STRADDLES
    elif collides(last, char):
        slot.doubt = OVERLAP


def _read(slot: Slot) -> None:
    """The text of a cell; what stood on several lines of the table may be fewer lines of its own."""
    if len(slot.chars) == 1:
        slot.text = joined(slot.chars[0])
    elif slot.chars:
        slot.text = "\n".join(line.text for line in lines(char for part in slot.chars for char in part))


# -------------------------------------------------------------------------------------------------- several pages


def continues(first: PageTable, second: PageTable) -> bool:
    """Whether the second table can be the rest of the first: its rules stand at the same places."""
    if not first.edges or not second.edges:  # without rules
        return False
    if abs(first.edges[0] - second.edges[0]) > SNAP or abs(first.edges[-1] - second.edges[-1]) > SNAP:
        return False
    fewer, more = sorted((first.edges, second.edges), key=len)
    return all(abs(more[_nearest(more, edge)] - edge) <= SNAP for edge in fewer)


def continued(first: PageTable, second: PageTable) -> PageTable:
    """Both parts as one table: a header that is repeated is dropped, a row that the page cut is put together. The
    cells are those of the parts, moved."""
    edges = max(first.edges, second.edges, key=len)
    above, below = _on_edges(first, edges), _on_edges(second, edges)
    repeated = _repeated_rows(above, below, first.rows, second.rows)
    below = _moved(below, -repeated, 0)
    _join_groups(above, below, first.rows)
    rows = second.rows - repeated
    shift = first.rows
    if rows and _one_row(above, below, first.rows):
        shift -= 1
    return PageTable(edges, above + _moved(below, shift, first.rows), shift + rows, first.box, first.page, second.last)


def _on_edges(table: PageTable, edges: list[float]) -> list[Slot]:
    if len(table.edges) < len(edges):
        at = [_nearest(edges, edge) for edge in table.edges]
        for slot in table.slots:
            slot.column0, slot.column1 = at[slot.column0], at[slot.column1]
    return table.slots


def _moved(slots: list[Slot], shift: int, least: int) -> list[Slot]:
    """The cells in other rows, without what falls above row ``least``."""
    kept = []
    for slot in slots:
        slot.row0, slot.row1 = max(slot.row0 + shift, least), slot.row1 + shift
        if slot.row1 > least:
            kept.append(slot)
    return kept


def _repeated_rows(above: list[Slot], below: list[Slot], rows_above: int, rows_below: int) -> int:
    """How many rows of the second part repeat the first part's first ones: its header."""
    same = 0
    for row in range(min(rows_above, rows_below, 8)):
        printed = _row(above, row)
        if not printed or printed != _row(below, row) or all(looks_like_value(text) for _, text in printed):
            break
        same = row + 1
    return same if any(text for row in range(same) for _, text in _row(below, row)) else 0


def _row(slots: list[Slot], row: int) -> list[tuple[tuple[int, int], str]]:
    return sorted((slot.columns, squeeze(slot.text)) for slot in slots if slot.row0 == row)


def _join_groups(above: list[Slot], below: list[Slot], rows: int) -> None:
    """Put together the label of a group of rows that goes on below the page break, where its words are cut there."""
    upper = {slot.columns: slot for slot in above if slot.row1 == rows and slot.row1 - slot.row0 > 1}
    for lower in below:
        other = upper.get(lower.columns) if lower.row0 == 0 else None
        if other is not None and lower.text and is_label(other.text + lower.text) and not is_label(lower.text):
            other.text, lower.text = other.text + "\n" + lower.text, ""


def _one_row(above: list[Slot], below: list[Slot], rows: int) -> bool:
    """Whether the last row above the page break and the first one below are halves of one; if so its text is joined."""
    first = {slot.columns: slot for slot in above if slot.row1 == rows}
    second = {slot.columns: slot for slot in below if slot.row0 == 0}
    if first.keys() != second.keys():
        return False
    pairs = [(first[columns], second[columns]) for columns in sorted(first)]
    doubt = _halves(pairs)
    if doubt is None:
        return False
    for upper, lower in pairs:
        if upper.text and lower.text:
            upper.text = upper.text + "\n" + lower.text
        elif lower.text:
            upper.text, upper.box, upper.page = lower.text, lower.box, lower.page
        upper.doubt = upper.doubt or lower.doubt or (doubt if lower.text else None)
    return True


def _halves(pairs: list[tuple[Slot, Slot]]) -> str | None:
    """None where two rows stand, an empty string where two halves of one do, a doubt where that can't be told."""
    both = [(upper, lower) for upper, lower in pairs if upper.text and lower.text]
    lower_labels = [lower for _, lower in pairs if lower.text and not looks_like_value(lower.text)]
    if not any(lower.text for _, lower in pairs):
        return ""
    if any(
        lower.text and looks_like_value(lower.text) and not looks_like_value(upper.text or "0")
        for upper, lower in pairs
    ):
        return None  # a number under the label of its column
    if not lower_labels:  # numbers without a label of their own: of the row above, or of one that lost it
        return CUT if any(upper.text and not looks_like_value(upper.text) for upper, _ in pairs) else None
    if both and all(_halves_of_label(upper, lower) for upper, lower in both):
        return "" if any(is_label(upper.text + lower.text) for upper, lower in both) else None
    return None


def _halves_of_label(upper: Slot, lower: Slot) -> bool:
    spans = upper.row1 - upper.row0 > 1 or lower.row1 - lower.row0 > 1
    if looks_like_value(upper.text) or looks_like_value(lower.text):
        return False
    return spans or is_label(upper.text + lower.text)


def is_label(text: str) -> bool:
    """Whether some form has a label of these words."""
    name = label_name(text)
    return any(name in table.lexicon for form in all_forms().values() for table in form.tables.values())
