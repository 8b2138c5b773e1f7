"""What happens to a report between its author and its reader, each with what the truth then is.

A damage is a function ``(rng, report)`` that changes ``report.body`` and states ``report.truth`` anew. A reader may
always leave a number out with a reason, so the truth says only which number it may take. A damage that doesn't find
what it wants to break leaves the report alone. ``apply`` puts damages into the order in which they make sense.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterable

from tests.compose.report import SECTION_OF, TABLES, Cell, Grid, Part, Report, draw_figures, grid, number

Damage = Callable[[random.Random, Report], None]
DAMAGES: dict[str, Damage] = {}
# A number too many and a number too few in one row are no damage that anyone could see.
ADDING = frozenset(["added_number", "spaced_number", "stray_row", "stray_note"])
# Where every cell has its place on a sheet or a page, these only print the numbers under other headers.
SHIFTING = frozenset(
    [
        "dropped_cell",
        "glued_digits",
        "removed_row_label",
        "dropped_column",
        "merged_rows",
        "wrong_span",
        "removed_spans",
        "added_number",
        "stray_note",
        "repeated_label",
    ]
)
STRAY = ("注:以上数据由各单位上报。", "填报人:办公室", "单位:件", "第 2 页", "说明:含乡镇12个")
SIGNS = "的公开信政府开息处理件数本年度其也已末"


def damage(function: Damage) -> Damage:
    """Register a damage under its name; those registered later are applied later."""
    DAMAGES[function.__name__] = function
    return function


def visible(damages: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """The damages that may come together: one that adds numbers comes alone, none comes twice, and of two versions
    that were cut short nobody knows whether they differed."""
    chosen = list({name: (name, seed) for name, seed in damages}.values())
    if any(name == "cut_short" for name, _ in chosen):
        chosen = [pair for pair in chosen if pair[0] != "second_version"]
    adding = [pair for pair in chosen if pair[0] in ADDING]
    return adding[:1] or chosen


def apply(report: Report, damages: Iterable[tuple[str, int]]) -> Report:
    """Do the damages named, each with its own seed; returns the report, changed."""
    order = list(DAMAGES)
    for name, seed in sorted(damages, key=lambda pair: order.index(pair[0])):
        DAMAGES[name](random.Random(seed), report)
    return report


# ------------------------------------------------------------------------------------------------- finding places


def _grid(rng: random.Random, report: Report, table: str | None = None) -> Grid:
    grids = report.grids(table or rng.choice(TABLES))
    return rng.choice(grids) if grids else []


def _values(row: list[Cell]) -> list[Cell]:
    return [cell for cell in row if cell.locator]


def _value_rows(grid: Grid, least: int = 1) -> list[list[Cell]]:
    return [row for row in grid if len(_values(row)) >= least]


def _pick(rng: random.Random, rows: Grid) -> list[Cell]:
    return rng.choice(rows) if rows else []


def _labels(grid: Grid) -> list[Cell]:
    return [cell for row in grid for cell in row if cell.locator is None and cell.text]


def _neighbours(rng: random.Random, report: Report) -> tuple[list[Cell], int] | None:
    """A row and the index of a value cell that has another one to its right."""
    row = _pick(rng, _value_rows(_grid(rng, report), 2))
    pairs = [i for i in range(len(row) - 1) if row[i].locator and row[i + 1].locator]
    return (row, rng.choice(pairs)) if pairs else None


def _row_label(row: list[Cell]) -> Cell | None:
    """The label next to the numbers: the row's own, not its group's."""
    labels = [cell for cell in row if cell.locator is None]
    return labels[-1] if labels and len(labels) < len(row) else None


# ------------------------------------------------------------------------------------------------- labels


@damage
def swapped_labels(rng: random.Random, report: Report) -> None:
    """Two rows change their labels while the numbers stay: the numbers are what the labels then say."""
    table = _grid(rng, report)
    rows = [row for row in _value_rows(table) if _row_label(row) is not None]
    first = _pick(rng, rows)
    alike = [row for row in rows if row is not first and _swappable(first, row)]
    if not alike:
        return
    other = rng.choice(alike)
    one, two = _row_label(first), _row_label(other)
    assert one is not None
    assert two is not None
    one.text, two.text = two.text, one.text
    pairs = list(zip(_values(first), _values(other), strict=True))
    truth = dict(report.truth)
    for a, b in pairs:
        assert a.locator is not None
        assert b.locator is not None
        report.truth[a.locator], report.truth[b.locator] = truth[b.locator], truth[a.locator]
        a.locator, b.locator = b.locator, a.locator


@damage
def typo(rng: random.Random, report: Report) -> None:
    """A character of a label is wrong, lost or added: the numbers stay what they are."""
    labels = [cell for cell in _labels(_grid(rng, report)) if len(cell.text) > 1]
    for cell in rng.sample(labels, min(len(labels), rng.choice([1, 1, 2, 6]))):
        at = rng.randrange(len(cell.text))
        middle = rng.choice(["", rng.choice(SIGNS), cell.text[at] + rng.choice(SIGNS)])
        cell.text = cell.text[:at] + middle + cell.text[at + 1 :]


@damage
def cut_label(rng: random.Random, report: Report) -> None:
    """Only the beginning or the end of a label is left."""
    if labels := [cell for cell in _labels(_grid(rng, report)) if len(cell.text) > 3]:
        cell = rng.choice(labels)
        at = rng.randrange(1, len(cell.text))
        cell.text = rng.choice([cell.text[:at], cell.text[at:]])


@damage
def wrapped_label(rng: random.Random, report: Report) -> None:
    """Labels are broken over lines or spaced out."""
    for cell in _labels(_grid(rng, report)):
        if len(cell.text) > 2 and rng.random() < 0.3:
            at = rng.randrange(1, len(cell.text))
            cell.text = cell.text[:at] + rng.choice(["\n", " ", "　"]) + cell.text[at:]


@damage
def repeated_label(rng: random.Random, report: Report) -> None:
    """A label is printed twice, in its cell or in one more cell."""
    table = _grid(rng, report)
    row = _pick(rng, [row for row in table if any(cell.locator is None and cell.text for cell in row)])
    places = [i for i, cell in enumerate(row) if cell.locator is None and cell.text]
    if places:
        at = rng.choice(places)
        if rng.random() < 0.5:
            row[at].text += row[at].text
        else:
            row.insert(at, copy.copy(row[at]))


@damage
def dropped_header(rng: random.Random, report: Report) -> None:
    """A label of the header is gone, its cell stays: the order of what is left is still the form's."""
    table = _grid(rng, report)
    labels = [cell for row in table if not _values(row) for cell in row if cell.text]
    if labels:
        rng.choice(labels).text = ""


@damage
def missing_header(rng: random.Random, report: Report) -> None:
    """All rows above the numbers are gone."""
    name = rng.choice(["table3", "table4"])
    for table in report.grids(name):
        first = next((i for i, row in enumerate(table) if _values(row)), 0)
        del table[: rng.choice([first, first, 1])]


@damage
def dropped_row_label(rng: random.Random, report: Report) -> None:
    """Rows lose their own label while their numbers stay: nobody may say whose they are."""
    rows = _value_rows(_grid(rng, report))
    for row in rng.sample(rows, min(len(rows), rng.choice([1, 1, 1, 3]))):
        if (label := _row_label(row)) is not None:
            label.text = ""
            report.unsure(cell.locator for cell in row)


@damage
def removed_row_label(rng: random.Random, report: Report) -> None:
    """As above, but the cell of the label is gone too, so that the numbers move to the left."""
    row = _pick(rng, _value_rows(_grid(rng, report)))
    if (label := _row_label(row)) is not None:
        row[:] = [cell for cell in row if cell is not label]
        report.unsure(cell.locator for cell in row)


@damage
def unknown_row_label(rng: random.Random, report: Report) -> None:
    """A row carries a label that no form has: its numbers are of something else."""
    row = _pick(rng, _value_rows(_grid(rng, report)))
    if (label := _row_label(row)) is not None:
        label.text = rng.choice(["9.属于工作秘密", "其他情形", "备案数量", "(八)移送办理"])
        report.unsure(cell.locator for cell in row)


def _swappable(first: list[Cell], other: list[Cell]) -> bool:
    """Rows of one shape whose labels mean the same in either place; 3.其他 means what its group says."""
    a, b = _row_label(first), _row_label(other)
    if a is None or b is None or a.colspan != b.colspan or len(_values(first)) != len(_values(other)):
        return False
    names = {cell.locator[0] for row in (first, other) for cell in _values(row) if cell.locator}
    keys = {cell.locator[1] for row in (first, other) for cell in _values(row) if cell.locator}
    if names == {"table2"}:
        return len({key.rsplit("_", 1)[-1] for key in keys}) == len(_values(first)) and "admin_fee_amount" not in keys
    return "其他" not in a.text + b.text


# ------------------------------------------------------------------------------------------------- numbers


@damage
def dropped_cell(rng: random.Random, report: Report) -> None:
    """A number and its cell are gone; the others of the row may be read, but never under another column."""
    row = _pick(rng, _value_rows(_grid(rng, report)))
    if values := _values(row):
        cell = rng.choice(values)
        row[:] = [each for each in row if each is not cell]
        report.unsure([cell.locator])


@damage
def emptied_cells(rng: random.Random, report: Report) -> None:
    """Zeros, or some numbers, are left blank."""
    zeros = rng.random() < 0.5
    for cell in report.cells(rng.choice(TABLES)):
        if (zeros and cell.text == "0") or (not zeros and rng.random() < 0.1):
            report.reprint(cell, rng.choice(["", "", "/", "—"]), None)


@damage
def emptied_totals(rng: random.Random, report: Report) -> None:
    """Totals are left blank while their parts are filled."""
    for cell in report.cells("table3", "table4"):
        if cell.locator and ("total" in cell.locator[-1] or cell.locator[1] == "results_total"):
            report.reprint(cell, "", None)


@damage
def glued_digits(rng: random.Random, report: Report) -> None:
    """Two numbers run into one while the cell between them is lost: neither can be told."""
    if found := _neighbours(rng, report):
        row, at = found
        report.unsure([row[at].locator, row[at + 1].locator])
        row[at].text += row.pop(at + 1).text


@damage
def merged_cells(rng: random.Random, report: Report) -> None:
    """Two neighbours become one cell that spans both: with both texts they may still be told apart, with one not."""
    if found := _neighbours(rng, report):
        row, at = found
        gone = row.pop(at + 1)
        row[at].colspan += gone.colspan
        if rng.random() < 0.5:
            row[at].text += rng.choice([" ", "\n"]) + gone.text
        else:
            report.unsure([row[at].locator, gone.locator])


@damage
def merged_rows(rng: random.Random, report: Report) -> None:
    """A number stands in a cell that spans two rows: it may be the upper row's, the lower row has none."""
    table = _grid(rng, report, "table3")
    rows = [i for i in range(len(table) - 1) if len(_values(table[i])) == 7 == len(_values(table[i + 1]))]
    if not rows:
        return
    at, column = rng.choice(rows), rng.randrange(7)
    lower = _values(table[at + 1])[column]
    _values(table[at])[column].rowspan = 2
    table[at + 1][:] = [cell for cell in table[at + 1] if cell is not lower]
    report.unsure([lower.locator])


@damage
def merged_labels(rng: random.Random, report: Report) -> None:
    """Two labels share a cell, over both rows or the upper one: whose numbers are whose is a guess."""
    table = _grid(rng, report)
    pairs = [(table[i], table[i + 1]) for i in range(len(table) - 1) if _values(table[i]) and _values(table[i + 1])]
    labels = [(upper, lower) for upper, lower in pairs if _row_label(upper) is not None and len(lower) == len(upper)]
    if not labels:
        return
    upper, lower = rng.choice(labels)
    first, second = _row_label(upper), _row_label(lower)
    if first is None or second is None or first.rowspan > 1 or second.rowspan > 1:
        return
    first.text += rng.choice(["", " ", "\n"]) + second.text
    first.rowspan = rng.choice([2, 2, 1])
    if first.rowspan == 2:
        lower[:] = [cell for cell in lower if cell is not second]
    else:
        second.text = ""
    report.unsure(cell.locator for cell in (*upper, *lower))


@damage
def spaced_number(rng: random.Random, report: Report) -> None:
    """Digits of one number stand apart: one number or two."""
    if cells := [cell for cell in report.cells() if len(cell.text) > 1 and cell.text.isdigit()]:
        cell = rng.choice(cells)
        at = rng.randrange(1, len(cell.text))
        report.reprint(cell, cell.text[:at] + rng.choice([" ", "\n", "　"]) + cell.text[at:], None)


@damage
def padded_number(rng: random.Random, report: Report) -> None:
    """Thousands separators, full-width digits, padding: the same number."""
    for cell in report.cells(rng.choice(TABLES)):
        if cell.text.isdigit() and rng.random() < 0.4:
            wide = cell.text.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
            cell.text = rng.choice([f"{int(cell.text):,}", wide, f" {cell.text}\u00a0", f"{cell.text}件"])


@damage
def odd_number(rng: random.Random, report: Report) -> None:
    """A cell prints something that is no plain numeral."""
    if cells := list(report.cells()):
        cell = rng.choice(cells)
        odd = [
            "1²",
            "①",
            "0012",
            "12、3",
            "约20",
            "3-5",
            "2..1",
            "1O",
            "十二",
            "#REF!",
            "1e3",
            "12%",
            "1.2.3",
            "１2²",
            "1/2",
        ]
        report.reprint(cell, rng.choice(odd), None)


@damage
def swapped_numbers(rng: random.Random, report: Report) -> None:
    """Two numbers of a row change places under the same header: they are read as printed."""
    values = _values(_pick(rng, _value_rows(_grid(rng, report), 2)))
    if len(values) > 1:
        a, b = rng.sample(values, 2)
        assert a.locator is not None
        assert b.locator is not None
        a.text, b.text = b.text, a.text
        report.truth[a.locator], report.truth[b.locator] = report.truth[b.locator], report.truth[a.locator]


# ------------------------------------------------------------------------------------------------- shape


@damage
def wrong_span(rng: random.Random, report: Report) -> None:
    """A cell claims more or fewer rows or columns than it has: a reader may see the numbers under other headers."""
    row = _pick(rng, _grid(rng, report))
    if row:
        cell = rng.choice(row)
        if rng.random() < 0.5:
            cell.rowspan = max(1, cell.rowspan + rng.choice([-1, 1, 2]))
        else:
            cell.colspan = max(1, cell.colspan + rng.choice([-1, 1, 2]))


@damage
def removed_spans(rng: random.Random, report: Report) -> None:
    """All spans of a table are lost."""
    for cell in (cell for row in _grid(rng, report) for cell in row):
        cell.colspan = cell.rowspan = 1


@damage
def swapped_columns(rng: random.Random, report: Report) -> None:
    """Two columns change places together with their headers: every number still stands under its label."""
    name = rng.choice(TABLES)
    table = _grid(rng, report, name)
    rows = [row for row in table if len(row) >= (3 if name == "table2" else 5)]
    if name == "table3":  # the five columns of the middle
        header = next((row for row in table if len(row) == 5 and not _values(row)), None)
        if header is None:
            return
        a, b = rng.sample(range(5), 2)
        header[a], header[b] = header[b], header[a]
        for row in rows:
            if len(values := _values(row)) == 7:
                _exchange(row, values[a + 1], values[b + 1])
    elif name == "table2":
        head = [i for i, row in enumerate(table) if len(row) == 4 and not _values(row)]
        if head:
            at = rng.choice(head)
            a, b = rng.sample(range(1, 4), 2)
            for row in table[at : at + 3]:
                if len(row) == 4:
                    row[a], row[b] = row[b], row[a]
    elif len(table) == 4 and len(table[3]) == 15 and len(table[2]) == 10:
        a, b = rng.sample(range(5), 2)
        table[2][a], table[2][b] = table[2][b], table[2][a]
        table[3][a + 5], table[3][b + 5] = table[3][b + 5], table[3][a + 5]


def _exchange(row: list[Cell], a: Cell, b: Cell) -> None:
    i, j = next(i for i, cell in enumerate(row) if cell is a), next(i for i, cell in enumerate(row) if cell is b)
    row[i], row[j] = row[j], row[i]


@damage
def swapped_rows(rng: random.Random, report: Report) -> None:
    """Two rows change places with label and numbers."""
    table = _grid(rng, report)
    rows = [i for i, row in enumerate(table) if _values(row) and sum(cell.locator is None for cell in row) == 1]
    if len(rows) > 1:
        i, j = rng.sample(rows, 2)
        if {cell.colspan for cell in table[i]} == {cell.colspan for cell in table[j]} and _swappable(
            table[i], table[j]
        ):
            table[i], table[j] = table[j], table[i]


@damage
def dropped_row(rng: random.Random, report: Report) -> None:
    """A row is gone, numbers and all."""
    table = _grid(rng, report)
    if row := _pick(rng, _value_rows(table)):
        report.unsure(cell.locator for cell in row)
        table[:] = [each for each in table if each is not row]


@damage
def dropped_column(rng: random.Random, report: Report) -> None:
    """A column is gone, with or without its header."""
    name = rng.choice(["table3", "table4"])
    for table in report.grids(name):
        width = 7 if name == "table3" else 15
        at = rng.randrange(width)
        for row in table:
            if len(values := _values(row)) == width:
                report.unsure([values[at].locator])
                row[:] = [cell for cell in row if cell is not values[at]]
        if rng.random() < 0.5 and name == "table3" and len(table) > 2 and 0 < at < 6 and len(table[2]) == 5:
            table[2].pop(at - 1)
            next(cell for cell in table[1] if cell.colspan == 5).colspan = 4


@damage
def added_column(rng: random.Random, report: Report) -> None:
    """A column that the form does not have, with its header: 小计 of the organisations, or one behind all."""
    table = _grid(rng, report, "table3")
    header = next((row for row in table if len(row) == 5 and not _values(row)), None)
    group = next((cell for row in table for cell in row if cell.text == "法人或其他组织"), None)
    if header is None or group is None:
        return
    group.colspan += 1
    header.append(Cell(rng.choice(["小计", "涉外组织"])))
    for row in table:
        if len(_values(row)) == 7:
            row.insert(len(row) - 1, Cell(str(rng.randrange(90))))


@damage
def added_number(rng: random.Random, report: Report) -> None:
    """One more number stands in a row: which one is too many can't be said where all of them lost their places."""
    row = _pick(rng, _value_rows(_grid(rng, report)))
    if row:
        places = [i for i, cell in enumerate(row) if cell.locator]
        row.insert(rng.choice([*places, len(row)]), Cell("77", locator=None))
        report.unsure(cell.locator for cell in row)


@damage
def stray_row(rng: random.Random, report: Report) -> None:
    """A note or a row of another matter stands between the rows."""
    if table := _grid(rng, report):
        numbers = [Cell(str(rng.randrange(90))) for _ in range(rng.choice([1, 3, 7]))]
        other = [Cell(rng.choice(["备案数", "信件数", "办件情况"])), *numbers]
        table.insert(rng.randrange(len(table) + 1), rng.choice([[Cell(rng.choice(STRAY), 4)], other]))


@damage
def stray_note(rng: random.Random, report: Report) -> None:
    """A note follows a row in a cell of its own."""
    if row := _pick(rng, _grid(rng, report)):
        row.append(Cell(rng.choice(STRAY)))


@damage
def repeated_header(rng: random.Random, report: Report) -> None:
    """The header stands again within the table, as at the top of a page."""
    name = rng.choice(["table3", "table4"])
    table = _grid(rng, report, name)
    first = next((i for i, row in enumerate(table) if _values(row)), 0)
    if first:
        at = rng.randrange(first, len(table) + 1)
        table[at:at] = copy.deepcopy(table[:first])


@damage
def parted_columns(rng: random.Random, report: Report) -> None:
    """Labels are listed first and the numbers after them: what belongs together can't be said."""
    part = rng.choice([part for part in report.body if part.table] or [Part("text")])
    if part.table == "table3":
        labels = [[cell] for row in part.grid for cell in row if cell.locator is None]
        numbers = [values for row in part.grid if (values := _values(row))]
        part.grid[:] = [*labels, *numbers]
        report.unsure(cell.locator for row in numbers for cell in row)


@damage
def moved_numbers(rng: random.Random, report: Report) -> None:
    """From some row on, the numbers stand one row lower than their labels: they are read as printed."""
    rows = [values for row in _grid(rng, report, "table3") if len(values := _values(row)) == 7]
    if len(rows) < 4:
        return
    at = rng.randrange(len(rows) - 2)
    moved = [cell for row in rows[at:] for cell in row]
    if any(report.truth[cell.locator or ()] is None and number(cell.text) is not None for cell in moved):
        return  # another damage has made a place unsure, as by taking its label: that does not move with a number
    for upper, lower in reversed(list(zip(rows[at:-1], rows[at + 1 :], strict=True))):
        for above, below in zip(upper, lower, strict=True):
            report.reprint(below, above.text, report.truth[above.locator or ()])
    for cell in rows[at]:
        report.reprint(cell, "", None)


@damage
def split_table(rng: random.Random, report: Report) -> None:
    """A table becomes two or three, at times with its header again."""
    parts = [part for part in report.body if part.table and len(part.grid) > 3]
    if not parts:
        return
    part = rng.choice(parts)
    first = next((i for i, row in enumerate(part.grid) if _values(row)), 0)
    header = copy.deepcopy(part.grid[:first]) if part.table != "table2" and rng.random() < 0.5 else []
    cut = rng.randrange(1, len(part.grid))
    second = Part("table", grid=[*(header if cut > first else []), *part.grid[cut:]], table=part.table)
    at = next(i for i, each in enumerate(report.body) if each is part)
    between = [Part("text", rng.choice(["", "续表", "(续上表)"]))] if rng.random() < 0.5 else []
    report.body[at + 1 : at + 1] = [*between, second]
    del part.grid[cut:]


# ------------------------------------------------------------------------------------------------- the document


@damage
def lost_characters(rng: random.Random, report: Report) -> None:
    """Characters of headings, prose and labels are lost, digits never."""
    for part in report.body:
        if part.kind in ("heading", "text", "title") and rng.random() < 0.3:
            part.text = _lossy(rng, part.text, 0.03)
    for cell in _labels(_grid(rng, report)):
        cell.text = _lossy(rng, cell.text, 0.03) or cell.text


def _lossy(rng: random.Random, text: str, share: float) -> str:
    return "".join(sign for sign in text if sign.isdigit() or rng.random() >= share)


@damage
def renumbered_headings(rng: random.Random, report: Report) -> None:
    """Headings carry other numbers, or one of them is gone or stands twice."""
    headings = [part for part in report.body if part.kind == "heading"]
    part = rng.choice(headings)
    kind = rng.randrange(3)
    if kind == 0:
        for each in headings:
            each.text = rng.choice("一二三四五六七") + each.text[1:]
    else:
        at = next(i for i, each in enumerate(report.body) if each is part)
        report.body[at : at + 1] = [copy.copy(part), part] if kind == 1 else []


@damage
def missing_table(rng: random.Random, report: Report) -> None:
    """A table is not there at all."""
    name = rng.choice(TABLES)
    report.unsure(cell.locator for cell in report.cells(name))
    report.body[:] = [part for part in report.body if part.table != name]


@damage
def second_version(rng: random.Random, report: Report) -> None:
    """A table is printed twice with some numbers changed: what differs can't be told."""
    parts = [part for part in report.body if part.table]
    if not parts:
        return
    part = rng.choice(parts)
    other = copy.deepcopy(part)
    for cell in (cell for row in other.grid for cell in row):
        if cell.locator and rng.random() < 0.1:
            cell.text = rng.choice(["/", str(rng.randrange(500))])
    first = {cell.locator: cell.text for row in part.grid for cell in row if cell.locator}
    for cell in (cell for row in other.grid for cell in row):
        if cell.locator and first.get(cell.locator) != cell.text:
            report.unsure([cell.locator])
    at = next(i for i, each in enumerate(report.body) if each is part)
    report.body[at : at + 1] = [part, other] if rng.random() < 0.5 else [other, part]


@damage
def decoy(rng: random.Random, report: Report) -> None:
    """A table of last year or of another agency stands somewhere else in the document: it is none of the report's."""
    table = _decoy_table(rng, report)
    headings = [i for i, part in enumerate(report.body) if part.kind == "heading"]
    own = SECTION_OF[_name(table)]
    places = [headings[0]] if headings else [0]
    places += [i + 2 for i in headings if not report.body[i].text.startswith("一二三四五六"[own - 1])] + [
        len(report.body)
    ]
    at = min(rng.choice(places), len(report.body))
    while at < len(report.body) and report.body[at].table:
        at += 1
    report.body[at:at] = [Part("text", _caption(rng, report)), table]


@damage
def decoy_in_place(rng: random.Random, report: Report) -> None:
    """Last year's table stands beside this year's in the same section."""
    table = _decoy_table(rng, report)
    places = [i for i, part in enumerate(report.body) if part.table == _name(table)]
    if places:
        at = places[0] if rng.random() < 0.5 else places[-1] + 1
        report.body[at:at] = [Part("text", _caption(rng, report)), table]


def _decoy_table(rng: random.Random, report: Report) -> Part:
    figures = draw_figures(rng, "另一单位", report.year if rng.random() < 0.5 else report.year - 1)
    return Part("table", grid=grid(rng.choice(TABLES), figures))


def _name(part: Part) -> str:
    return next(cell.locator[0] for row in part.grid for cell in row if cell.locator)


def _caption(rng: random.Random, report: Report) -> str:
    return rng.choice(
        [
            f"附:{report.year - 1}年度数据",
            f"{report.year - 1}年政府信息公开情况统计表",
            f"{report.county}教育局{report.year}年政府信息公开情况",
            "上年度情况如下:",
        ]
    )


@damage
def cut_short(rng: random.Random, report: Report) -> None:
    """The document ends somewhere within its tables."""
    cells = [cell for part in report.body if part.table for row in part.grid for cell in row]
    if not cells:
        return
    last = rng.randrange(len(cells))
    before = {cell.locator for cell in cells[:last]}
    report.unsure(cell.locator for cell in cells[last:] if cell.locator not in before)
    keep = {id(cell) for cell in cells[:last]}
    body: list[Part] = []
    for part in report.body:
        if part.table:
            part.grid[:] = [kept for row in part.grid if (kept := [cell for cell in row if id(cell) in keep])]
            if not part.grid:
                break
        body.append(part)
    report.body[:] = body
