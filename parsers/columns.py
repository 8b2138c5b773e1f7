"""Which value of a row stands in which column of a form's block, or the kind of doubt that forbids to say.

In a grid the place under the header cells decides, and the order must agree with it; a header in another order than
the form's must be confirmed by the totals of the row. In flattened text the printed header must be in an order that the
form's header flattens to. The doubts: ``count`` (numbers and columns differ in
number), ``order`` (the header is not in the form's order), ``conflict`` (place and order disagree), ``unconfirmed`` (the
header is in another order than the form's, and the row's total does not say that it is right).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from parsers.cells import read
from parsers.forms import FormBlock, Name
from parsers.tokens import Found, TableRow, Token

MOST_LOST = 2  # labels of a flattened header whose names repeat


@dataclass(slots=True)
class Layout:
    """What a header says of one block: the columns named in printed order, and in a grid where each one stands."""

    sequence: list[int]
    places: list[tuple[int, int, int]]  # first grid column, end, column of the block
    others: list[Token]  # header cells of columns that the form does not have
    order: list[int]
    whole: bool
    below: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    known: dict[tuple[tuple[int | None, int], ...], list[int | None] | str] = field(default_factory=dict)

    @property
    def in_order(self) -> bool:
        return self.order == sorted(self.order)

    def under(self, column: int, end: int) -> list[int]:
        """The columns of the block whose header cells stand above the grid columns from ``column`` to ``end``."""
        known = self.below.get((column, end))
        if known is None:
            known = [index for start, stop, index in self.places if column < stop and end > start]
            self.below[column, end] = known
        return known


@dataclass(slots=True)
class Header:
    """The labels above the rows: every printed piece, and which of them are the form's."""

    found: list[Found] = field(default_factory=list)
    unknown: list[Token] = field(default_factory=list)
    closed: bool = False
    grid: int | None = None
    strangers: int = 0  # labels between those of flattened text that are none of the form's
    foreign: bool = False  # there is a label, or other text, that is none of the form's
    before: Header | None = None  # that of the grid before, which one without a header goes on with
    layouts: dict[int, Layout] = field(default_factory=dict)

    def clear(self) -> None:
        self.found, self.unknown, self.closed = [], [], False
        self.strangers, self.foreign = 0, False
        self.layouts.clear()

    def add(self, found: Found) -> None:
        self.found.append(found)
        self.layouts.clear()

    def layout(self, block: FormBlock) -> Layout:
        known = self.layouts.get(id(block))
        if known is None:
            names = [found for found in self.found if columns_of(found, block)]
            places = _places(names, self, block)
            order = [index for _, _, index in sorted(places)]
            whole = _whole_header(order, self, block)
            known = Layout(_sequence(names, block), places, _unknown_leaves(self, places), order, whole)
            self.layouts[id(block)] = known
        return known


def columns_of_row(row: TableRow, block: FormBlock, header: Header) -> dict[int, Token] | str:
    """Which value belongs to which column of the block, or the kind of doubt that forbids to say.

    Where every cell of a row is printed and the header is in the form's order, the answer follows from where the cells
    stand: it is worked out once for all rows that are alike.
    """
    layout = header.layout(block)
    if header.foreign and not layout.sequence:  # a header of which nothing is known may be that of any form
        return "order"
    if header.before and not layout.sequence and not header.before.layout(block).in_order:
        return "order"
    if row.grid is None:
        if header.strangers > len(block.columns) - len(layout.sequence):  # a column of its own, not a damaged label
            return "count"
        if not _groups_in_order(header, block) or _may_be_elsewhere(layout.sequence, block):
            return "order"
        return _by_order(row.values, layout.sequence, block)
    if not layout.in_order or not all(token.text for token in row.values):
        return _columns_in_grid(row, block, layout)
    places = tuple([(token.column, token.colspan) for token in row.values])
    known = layout.known.get(places)
    if known is None:
        found = _columns_in_grid(row, block, layout)
        if isinstance(found, dict):
            at = {id(token): index for index, token in found.items()}
            layout.known[places] = [at.get(id(token)) for token in row.values]
        else:
            layout.known[places] = found
        return found
    if isinstance(known, str):
        return known
    return {index: token for index, token in zip(known, row.values, strict=True) if index is not None}


def _may_be_elsewhere(sequence: list[int], block: FormBlock) -> bool:
    """Whether so many labels of a header whose names repeat are lost that one may stand for its other place."""
    lost = len(block.columns) - len(sequence)
    return "" in block.fields and lost > MOST_LOST and sequence != _totals_left_out(block)


def _groups_in_order(header: Header, block: FormBlock) -> bool:
    """Whether the group labels of a flattened header stand in the form's order: swapped ones swap the numbers below."""
    printed = dict.fromkeys(g.key for found in header.found for g in block.header_groups if found.name in g.names)
    return _subsequence(list(printed), [group.key for group in block.header_groups])


def _columns_in_grid(row: TableRow, block: FormBlock, layout: Layout) -> dict[int, Token] | str:
    by_place = _by_place(row.values, layout) if layout.whole else "order"
    in_order = layout.in_order
    leaves = len(layout.places) + len(layout.others)
    by_order: dict[int, Token] | str = "count"
    if len(row.values) == len(block.columns) and leaves <= len(block.columns):
        by_order = _by_order(row.values, layout.order if in_order else layout.sequence, block)
        if not layout.whole and isinstance(printed := _by_order(row.values, layout.sequence, block), str):
            by_order = printed
        if not layout.whole and isinstance(by_order, dict) and _elsewhere(by_order, layout):
            by_order = "conflict"
    if not in_order:  # a sum does not tell columns from others of the same group
        return _confirmed([by_place, by_order], block) if layout.whole else "order"
    if isinstance(by_place, dict) and isinstance(by_order, dict):
        return by_order if _same(by_place, by_order) else "conflict"
    if by_place == "conflict" and not all(token.text.strip() for token in row.values):
        return by_place  # one cell over two columns beside a blank: a number less than there are columns, or a blank
    return by_place if isinstance(by_place, dict) else by_order


def _elsewhere(by_order: dict[int, Token], layout: Layout) -> bool:
    """Whether a value stands under the label of another column than its order says."""
    above = ((index, layout.under(token.column or 0, token.end)) for index, token in by_order.items())
    return any(under and index not in under for index, under in above)


def _same(one: dict[int, Token], other: dict[int, Token]) -> bool:
    return all(other.get(index) is token for index, token in one.items())


def _confirmed(readings: list[dict[int, Token] | str], block: FormBlock) -> dict[int, Token] | str:
    """The reading of a row under a header that is not in the form's order: the only one that its own total confirms.
    A block without totals is read by place. A sum never makes a number, it decides whether one may be taken."""
    possible = [reading for reading in readings if isinstance(reading, dict)]
    if not possible:
        return next(reading for reading in readings if isinstance(reading, str))
    sums = _sums(block)
    if not sums:
        return readings[0]
    right = [reading for reading in possible if all(_adds_up(reading, parts, total) for parts, total in sums)]
    if right and all(right[0][index].text == token.text for reading in right[1:] for index, token in reading.items()):
        return right[0]
    return "unconfirmed"


def _sums(block: FormBlock) -> list[tuple[range, int]]:
    """The totals among the columns, each with the columns that it is the sum of: those since the total before it."""
    totals = [index for index, column in enumerate(block.columns) if column.key == "total"]
    return [(range(before + 1, total), total) for before, total in zip([-1, *totals], totals, strict=False)]


def _adds_up(reading: dict[int, Token], parts: range, total: int) -> bool:
    if total not in reading:
        return False
    printed = read(reading[total].text).value
    return printed is not None and printed == sum(read(reading[i].text).value or 0 for i in parts if i in reading)


def columns_of(found: Found, block: FormBlock) -> list[int]:
    return block.named.get(found.name, [])


def _sequence(names: list[Found], block: FormBlock) -> list[int]:
    """The columns named in flattened text, in printed order; a name that repeats stands for its next column."""
    used: dict[str, int] = {}
    sequence = []
    for found in names:
        options = columns_of(found, block)
        key = block.columns[options[0]].key
        turn = used.get(key, 0)
        used[key] = turn + 1
        if turn < len(options):
            sequence.append(options[turn])
    return sequence


def _by_order(values: list[Token], sequence: list[int], block: FormBlock) -> dict[int, Token] | str:
    """Values in the form's own order, where the header's order is one that the form flattens to."""
    count = len(block.columns)
    if "" in block.fields:  # repeated columns: which of the equal names is lost can't be told
        keys = [block.columns[index].key for index in sequence]
        if not _subsequence(keys, [column.key for column in block.columns]):
            return "order"
    elif not any(_subsequence(sequence, order) for order in block.flattenings):
        return "order"
    if len(values) == count:
        return dict(enumerate(values))
    without_totals = _totals_left_out(block)
    if "" in block.fields and sequence == without_totals and len(values) == len(without_totals):
        return dict(zip(without_totals, values, strict=True))
    return "count"


def _subsequence(part: list[Any], whole: list[Any]) -> bool:
    rest = iter(whole)
    return all(entry in rest for entry in part)


def _totals_left_out(block: FormBlock) -> list[int]:
    return [index for index, column in enumerate(block.columns) if column.key != "total"]


def _whole_header(order: list[int], header: Header, block: FormBlock) -> bool:
    """Whether cells may be read by what stands above them: every column has its label (table four may print none of
    its totals), and where the order is not the form's, no label of a group is lost that could have shifted the rest."""
    if "" in block.fields and order == _totals_left_out(block):
        return True
    if sorted(order) != list(range(len(block.columns))):
        return False
    names = {found.name for found in header.found}
    return order == sorted(order) or all(names.intersection(group.names) for group in _used_groups(header, block))


def _used_groups(header: Header, block: FormBlock) -> list[Name]:
    """The group labels that a header of several rows needs; a header of one row needs none."""
    rows = {found.token.row for found in header.found if columns_of(found, block)}
    return list(block.header_groups) if len(rows) > 1 else []


def extra_columns(row: TableRow, block: FormBlock, header: Header) -> list[str]:
    """Header labels of columns that the form does not have, over values of this row."""
    if row.grid is None or not header.unknown:
        return []
    others = header.layout(block).others
    return [token.text for token in others if any(v.column == token.column and v.text.strip() for v in row.values)]


def _places(names: list[Found], header: Header, block: FormBlock) -> list[tuple[int, int, int]]:
    """(first grid column, end, column of the block) of the lowest header cells that name a column, and one only."""
    leaves: dict[int, tuple[int, int, int, int]] = {}
    groups = _groups(header, block)
    named = [(found.token, index) for found in names if (index := _leaf_index(found, groups, block)) is not None]
    columns: dict[int, set[int]] = {}
    for token, index in named:
        columns.setdefault(id(token), set()).add(index)
    for token, index in named:
        if token.column is None or len(columns[id(token)]) > 1:
            continue
        known = leaves.get(token.column)
        if known is None or known[3] <= token.row:
            leaves[token.column] = (token.column, token.end, index, token.row)
    return [(start, end, index) for start, end, index, _ in leaves.values()]


def _groups(header: Header, block: FormBlock) -> list[tuple[Token, str]]:
    """The header cells over several columns, each with the key of a group that it names."""
    cells = [found for found in header.found if found.token.column is not None]
    return [(found.token, group.key) for found in cells for group in block.header_groups if found.name in group.names]


def _leaf_index(found: Found, groups: list[tuple[Token, str]], block: FormBlock) -> int | None:
    options = columns_of(found, block)
    if len(options) == 1:
        return options[0]
    token = found.token
    parents = {key for cell, key in groups if cell.row < token.row and _spans(cell, token.column)}
    fitting = [i for i in options if block.columns[i].parent in parents]
    return fitting[0] if len(fitting) == 1 else None


def _spans(cell: Token, column: int | None) -> bool:
    return column is not None and cell.column is not None and cell.column <= column < cell.end


def _unknown_leaves(header: Header, places: list[tuple[int, int, int]]) -> list[Token]:
    """Header cells over the value columns that no name explains (a printed 小计, a column of one's own)."""
    if not places:
        return []
    first = min(start for start, _, _ in places)
    known = {start for start, _, _ in places}
    return [
        token
        for token in header.unknown
        if token.column is not None and token.column >= first and token.column not in known and token.colspan == 1
    ]


def _by_place(values: list[Token], layout: Layout) -> dict[int, Token] | str:
    """Values under the header cell that stands above them; a doubt where one fits none or two. A value under a header
    that the form does not have is passed over."""
    if not layout.places or len(set(layout.order)) != len(layout.places):
        return "order"
    taken: dict[int, Token] = {}
    for token in values:
        printed = bool(token.text.strip())
        column, end = token.column or 0, token.end
        under = layout.under(column, end)
        if printed and len(under) > 1:
            return "conflict"
        if printed and not under and all(column != other.column for other in layout.others):
            return "count"
        for index in under:
            if index in taken and printed and taken[index].text.strip():
                return "conflict"
            if index not in taken or printed:
                taken[index] = token
    if len(taken) != len(layout.places):
        return "count"
    return "conflict" if _may_be_shifted(values, taken, layout) else taken


def _may_be_shifted(values: list[Token], taken: dict[int, Token], layout: Layout) -> bool:
    """Whether a blank stands beside the header's columns and another in the column at their other end: the row may be
    printed beside its place, the one blank a number's and the other a place that no cell covers."""
    ends = [taken[index].text.strip() for _, _, index in (min(layout.places), max(layout.places))]
    if all(ends):
        return False
    first, last = min(start for start, _, _ in layout.places), max(end for _, end, _ in layout.places)
    before, behind = any(token.end <= first for token in values), any((token.column or 0) >= last for token in values)
    return (before and not ends[1]) or (behind and not ends[0])
