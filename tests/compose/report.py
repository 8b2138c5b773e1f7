"""A generated report as data: the parts that it prints in order, and what each cell of a form truly says.

``generate(seed)`` draws a report; the composers (``html.compose(report)``, ``text.compose(report)`` and the like) write
it down. What is printed and what is true are kept together: whoever changes ``body`` states the truth anew, with
``reprint`` for a cell whose print changed and ``unsure`` for cells that nobody could read with certainty any more.

A locator is ``("table2", field)``, ``("table3", row, column)`` or ``("table4", field)``, as in the parser's output. A
cell of the truth is a number, or None where the print gives no number for it: then only null is right.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from crawler.demo import forms as wording
from crawler.demo import prose, site, tables
from crawler.demo.cells import BLOCKS, COLUMNS, RESULTS
from crawler.demo.figures import Figures, series

Locator = tuple[str, ...]
Number = int | float
TABLES = ("table2", "table3", "table4")
SECTION_OF = {"table2": 2, "table3": 3, "table4": 4}
COUNTIES = ("云河县", "临溪县", "松岭区", "安定镇", "澄江市", "东屏县", "北坪区")
BLANKS = ("", "/", "-", "—", "——", "无")
NOTES = ("申请人主动撤销", "含上年结转", "均已办结")
_NUMBER = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*(?:万元|元|件)?\s*(?:[(（][^()（）]*[)）])?\s*")


@dataclass(slots=True)
class Cell:
    """A cell of a printed grid; ``locator`` tells which cell of the form a value cell is, None for a label."""

    text: str
    colspan: int = 1
    rowspan: int = 1
    locator: Locator | None = None


Grid = list[list[Cell]]


@dataclass(slots=True)
class Part:
    """A piece of the body. ``kind`` is ``title``, ``meta`` (a line ``索引号: …`` over the body), ``heading``, ``text``,
    ``signature`` or ``table``; ``table`` names the table that a grid belongs to, None for one that is none of the
    report's own (a decoy)."""

    kind: str
    text: str = ""
    grid: Grid = field(default_factory=list)
    table: str | None = None


@dataclass(slots=True)
class Report:
    """``forms`` gives the form version of each table, ``body`` the parts in print order, ``truth`` the cells."""

    seed: str
    county: str
    subject: str
    year: int
    title: str
    forms: dict[str, str]
    body: list[Part]
    truth: dict[Locator, Number | None]

    def grids(self, table: str) -> list[Grid]:
        """The printed grids of a table, in order: one, unless it was split or printed twice."""
        return [part.grid for part in self.body if part.table == table]

    def cells(self, *names: str) -> Iterator[Cell]:
        """The value cells of the tables named, of all three without a name."""
        for name in names or TABLES:
            for grid in self.grids(name):
                yield from (cell for row in grid for cell in row if cell.locator)

    def reprint(self, cell: Cell, text: str, value: Number | None) -> None:
        """Let a value cell print ``text``; ``value`` is what a reader may take it for."""
        assert cell.locator is not None
        cell.text = text
        self.truth[cell.locator] = value

    def unsure(self, locators: Iterable[Locator | None]) -> None:
        """From now on only null is right for these cells."""
        for locator in locators:
            if locator is not None:
                self.truth[locator] = None


def number(text: str) -> Number | None:
    """The number that a cell prints, if it prints one: a plain numeral, with a unit or a bracketed note at most.

    >>> number("+21"), number("40.664万元"), number("1(撤回)"), number("/"), number("")
    (21, 40.664, 1, None, None)
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    return float(found[1]) if "." in found[1] else int(found[1])


def generate(
    seed: int | str,
    *,
    year: int | None = None,
    form2: str | None = None,
    form3: str | None = None,
    states: float = 0.0,
) -> Report:
    """A report drawn from a seed. ``states`` is the share of value cells that are blank, a placeholder or annotated;
    the forms are that of the year unless given (``"2019"``, ``"2021"``)."""
    rng = random.Random(f"report {seed}")
    year = year or rng.choice([2019, 2020, 2021, 2022, 2023, 2024, 2025])
    county = rng.choice(COUNTIES)
    subject = f"{county}人民政府"
    figures = draw_figures(rng, subject, year, form2, form3)
    forms = {"table2": figures.form2, "table3": figures.form3, "table4": "2021" if year >= 2021 else "2019"}
    title = rng.choice([f"{subject}{year}年政府信息公开工作年度报告", f"{county}{year}年度政府信息公开工作年度报告"])
    printed = {name: grid(name, figures) for name in TABLES}
    body = list(_body(rng, subject, year, title, figures, printed))
    truth = {c.locator: number(c.text) for g in printed.values() for row in g for c in row if c.locator}
    report = Report(str(seed), county, subject, year, title, forms, body, truth)
    for cell in list(report.cells()):
        if rng.random() < states:
            draw_state(rng, report, cell)
    return report


def draw_figures(
    rng: random.Random, subject: str, year: int, form2: str | None = None, form3: str | None = None
) -> Figures:
    """The numbers of one report that satisfy the form; dense ones as often as those of a real county."""
    figures = series(f"{subject} {rng.random()}", [year], size=rng.choice([3, 40, 400]))[year]
    form = figures.form2
    if (form2 or form) != form:  # the form of other years for table two
        figures.table2 = (
            series(f"{subject} {rng.random()}", [2020 if form2 == "2019" else 2023], size=40).popitem()[1].table2
        )
    figures.form2, figures.form3 = form2 or form, form3 or form
    if figures.form3 != form or rng.random() < 0.5:
        figures.table3 = dense_table3(rng, figures.form3)
    if rng.random() < 0.5:
        figures.table4 = [n for _ in range(3) for n in _with_total([rng.randrange(90) for _ in range(4)])]
    return figures


def dense_table3(rng: random.Random, form: str) -> dict[str, list[int]]:
    """Table three with numbers in half of its cells, balanced along every row and column."""
    rows = {row: [rng.choice([0, rng.randrange(200)]) for _ in range(6)] for row in wording.result_rows(form)}
    total = [sum(row[column] for row in rows.values()) for column in range(6)]
    forward = [rng.randrange(4) for _ in range(6)]
    carried = [rng.randrange(min(4, due + out + 1)) for due, out in zip(total, forward, strict=True)]
    new = [due + out - back for due, out, back in zip(total, forward, carried, strict=True)]
    table = {
        wording.NEW: new,
        wording.CARRIED_IN: carried,
        **rows,
        wording.RESULTS_TOTAL: total,
        wording.CARRIED_OUT: forward,
    }
    return {name: _with_total(row) for name, row in table.items()}


def _with_total(row: list[int]) -> list[int]:
    return [*row, sum(row)]


def grid(table: str, figures: Figures) -> Grid:
    """A table as the official form lays it out, every value cell with its locator."""
    marks = _marks(figures)
    layout = {"table2": tables.table2, "table3": tables.table3, "table4": tables.table4}[table]
    values = {("table2", name): value for name, value in figures.table2.items()}
    values |= {
        ("table3", row, column): value
        for row, numbers in figures.table3.items()
        for column, value in zip(COLUMNS, numbers, strict=True)
    }
    names = [f"{block}_{result}" for block in BLOCKS for result in RESULTS]
    values |= {("table4", name): value for name, value in zip(names, figures.table4, strict=True)}
    rows: Grid = []
    for row in layout(marks, tables.OFFICIAL):
        rows.append([])
        for each in row:
            locator = None if each.label else tuple(each.text.split("."))
            text = each.text if locator is None else str(values[locator])
            rows[-1].append(Cell(text, each.colspan, each.rowspan, locator))
    return rows


def _marks(figures: Figures) -> Figures:
    """The same tables with every number replaced by the name of its cell."""
    return Figures(
        figures.year,
        figures.form2,
        figures.form3,
        {name: f"table2.{name}" for name in figures.table2},
        {row: [f"table3.{row}.{column}" for column in COLUMNS] for row in figures.table3},  # type: ignore[misc]
        [f"table4.{block}_{result}" for block in BLOCKS for result in RESULTS],
    )


def _body(
    rng: random.Random, subject: str, year: int, title: str, figures: Figures, printed: dict[str, Grid]
) -> Iterator[Part]:
    if rng.random() < 0.5:
        yield Part("meta", f"索引号:11{rng.randrange(10**6):06d}MB0/{year + 1}-00{rng.randrange(10, 99)}")
        yield Part("meta", f"发布机构:{subject}办公室 发布日期:{year + 1}-01-{rng.randrange(10, 30)}")
    yield Part("title", title)
    table_of = {number: name for name, number in SECTION_OF.items()}
    for section in prose.composed(site.Report(subject, year, figures)):
        if section.number:
            yield Part("heading", section.heading)
        yield from (Part("text", paragraph) for paragraph in section.paragraphs)
        if name := table_of.get(section.number):
            yield Part("table", grid=printed[name], table=name)
    if rng.random() < 0.5:
        yield Part("signature", f"{subject}办公室")
        yield Part("signature", f"{year + 1}年1月{rng.randrange(10, 30)}日")


def draw_state(rng: random.Random, report: Report, cell: Cell) -> None:
    """Turn a value cell into a blank, a placeholder or a number with a note."""
    if rng.random() < 0.3 and report.truth.get(cell.locator or ()) is not None:
        report.reprint(cell, f"{cell.text}({rng.choice(NOTES)})", number(cell.text))
    else:
        report.reprint(cell, rng.choice(BLANKS), None)
