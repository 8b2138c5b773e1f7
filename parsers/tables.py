"""The three tables of a report: which grids and which lines belong to which table, and by which form each was printed.

The form is detected per table (a report can mix them). A table may be split over several grids of a document; where the
same cell is read twice there with different numbers it is null and a conflict. Of several documents the one that says
most of a table is its source; another that says a different number is a disagreement, one that agrees may complete it. A
table that is not there is ``missing``, one that stands there as a picture or a file only is ``unreadable``. Tables that
stand below each other in one grid are cut apart (``parsers.stacks``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from parsers import captions, stacks
from parsers.cells import MISSING_CELL, MISSING_TABLE, NOT_IN_TEMPLATE, UNPARSEABLE, Cell
from parsers.document import Document, Image, Paragraph, Table
from parsers.forms import TABLES, FormTable, all_forms, form_for
from parsers.matcher import Path, Reading, match
from parsers.normalise import label, label_name, unnumbered
from parsers.sections import Outline
from parsers.tokens import TableRow, find_labels, grid_rows, text_rows

PRESENT, MISSING, UNREADABLE = "present", "missing", "unreadable"
_BLANKS = 8  # blank cells that make a grid without values an unfilled form rather than the header of a split table
_ENOUGH = 3  # distinct labels of a table that make a grid one of its grids


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A cell for which two documents print different numbers; the one of the table's source is kept."""

    path: Path
    kept: Cell
    other: Cell


@dataclass(slots=True)
class ReportTable:
    """One table of the report. ``cells`` holds every cell that any form has, with its state; ``kind`` says why a table
    is not present: ``image``, ``attachment``, ``foreign`` (only one of another year or agency is there), ``mixed`` (its
    labels stand among those of another table) or ``empty``;
    ``sources`` counts the documents that have it."""

    name: str
    status: str
    version: str | None
    cells: dict[Path, Cell]
    reading: Reading | None = None
    kind: str | None = None
    sources: int = 0
    disagreements: list[Disagreement] = field(default_factory=list)

    @property
    def form(self) -> FormTable:
        return all_forms()[self.version or form_for(None).version].tables[self.name]


def read_tables(
    documents: list[Document],
    outlines: list[Outline],
    year: int | None,
    taken: Collection[tuple[int, int]] = (),
    subject: str | None = None,
) -> dict[str, ReportTable]:
    """All three tables, from the files of one report in the order given; the grids ``taken``, by the numbers of
    document and table, are another table's, ``subject`` is whose report it is."""
    readings: dict[str, list[Reading]] = {name: [] for name in TABLES}
    kinds: dict[str, str] = {}
    for document, outline in zip(documents, outlines, strict=True):
        others = captions.of_others_in(outline, year, subject)
        grids = _grids_by_table(document, outline, taken, others, kinds)
        for name, own in grids.items():
            if (reading := _read(name, own, document, outline, others)) is not None:
                readings[name].append(reading)
    tables: dict[str, ReportTable] = {}
    for name in TABLES:
        if readings[name]:
            best, disagreements = _best(readings[name])
            table = ReportTable(name, PRESENT, best.form.version, _complete(best), best)
            table.sources, table.disagreements = len(readings[name]), disagreements
            tables[name] = table
        else:
            tables[name] = _absent(name, documents, outlines, year)
            if name in kinds:
                tables[name].kind, tables[name].status = kinds[name], UNREADABLE
    _version_of_table4(tables, year)
    return tables


def _best(readings: list[Reading]) -> tuple[Reading, list[Disagreement]]:
    """The reading with most numbers and fewest doubts, the earlier document among equals, and what the others say
    otherwise. One that agrees on every cell that both have gives the cells that are missing: a table may be spread
    over files."""
    best, *others = sorted(readings, key=lambda reading: (-_numbers(reading), len(reading.doubtful)))
    disagreements: list[Disagreement] = []
    for other in others:
        found = [
            Disagreement(path, cell, other.cells[path])
            for path, cell in best.cells.items()
            if path in other.cells and (_differ(cell, other.cells[path]) or path in other.conflicts)
        ]
        disagreements += found
        if not found:
            _fill(best, other)
    return best, disagreements


def _numbers(reading: Reading) -> int:
    return sum(cell.value is not None for cell in reading.cells.values())


def _differ(one: Cell, other: Cell) -> bool:
    return one.value is not None and other.value is not None and one.value != other.value


def _fill(best: Reading, other: Reading) -> None:
    """Complete ``best`` by what the other has; not by one of another form, that has cells which this one lacks."""
    printed = {path: cell for path, cell in other.cells.items() if cell.state not in (MISSING_CELL, UNPARSEABLE)}
    missing = {
        path: cell for path, cell in printed.items() if path in best.cells and best.cells[path].state == MISSING_CELL
    }
    if missing and printed.keys() <= best.cells.keys():
        best.cells.update(missing)
        best.seen |= other.seen
        best.extra_rows += [row for row in other.extra_rows if row not in best.extra_rows]


def _grids_by_table(
    document: Document,
    outline: Outline,
    taken: Collection[tuple[int, int]],
    others: Collection[int],
    kinds: dict[str, str],
) -> dict[str, list[Table]]:
    """The grids of each table. Those inside the table's own section go before any that stand elsewhere. Grids among the
    blocks of ``others`` and tables that can't be told apart are left out; ``kinds`` gets to know of them."""
    found: dict[str, list[tuple[bool, Table]]] = {name: [] for name in TABLES}
    home = {id(block): number for number, section in outline.sections.items() for block in section.blocks}
    for block in document.blocks[: outline.end]:
        if not isinstance(block, Table) or (document.number, block.index) in taken:
            continue
        parts = stacks.parts(block, _ENOUGH)
        if id(block) in others:
            kinds |= dict.fromkeys(parts, "foreign")
            continue
        for name, part in parts.items():
            if part is None:
                kinds.setdefault(name, "mixed")
            else:
                found[name].append((home.get(id(block)) == all_forms()["2021"].tables[name].section, part))
    at_home = {name: any(inside for inside, _ in grids) for name, grids in found.items()}
    return {name: [grid for inside, grid in grids if inside or not at_home[name]] for name, grids in found.items()}


def _read(
    name: str, grids: list[Table], document: Document, outline: Outline, others: Collection[int]
) -> Reading | None:
    """What one document says of a table: its grids, else the lines of the table's section."""
    if grids:
        form = _version(name, [cell.text for grid in grids for row in grid.rows for cell in row])
        read = [list(grid_rows(grid, form, document.number)) for grid in grids]
        filled = [rows for rows in read if not _is_unfilled(rows)]
        return match((row for rows in filled or read for row in rows), form)
    section = outline.sections[all_forms()["2021"].tables[name].section]
    lines = [block for block in section.blocks if isinstance(block, Paragraph) and id(block) not in others]
    if lines:
        form = _version(name, ["".join(line.text for line in lines)])
        reading = match(text_rows(lines, form, document.number), form)
        if reading.readable or (len(reading.seen) > _ENOUGH * 2 and reading.doubtful):
            return reading
    return None


def _is_unfilled(rows: list[TableRow]) -> bool:
    """Whether a grid is a copy of the form with no value filled in: beside a filled one it has no say."""
    values = [token.text for row in rows for token in row.values]
    return len(values) >= _BLANKS and not any(values)


def _version(name: str, texts: Iterable[str]) -> FormTable:
    """The form with most of its labels in the texts; among equals the one that lacks fewest, then the newer one."""
    candidates = [form.tables[name] for form in all_forms().values()]
    if name == "table4":
        return candidates[0]
    labels = [label_name(t) if len(t) < 80 else unnumbered(label(t)) for t in texts if t and not t.isdigit()]
    best, best_score = candidates[0], (-1.0, 0)
    for form in candidates:
        found: set[str] = set()
        for text in labels:
            if text in form.lexicon:
                found.add(text)
            elif len(text) > 60 or len(labels) == 1:  # a flattened table is one text
                found.update(match[0] for match in form.scanner.finditer(text) if match[0] in form.lexicon)
        score = sum(1.0 if text in form.official else 0.5 for text in found)
        missing = len(form.official - found)
        if (score, -missing) > best_score:
            best, best_score = form, (score, -missing)
    return best


def _version_of_table4(tables: dict[str, ReportTable], year: int | None) -> None:
    """Table four is the same in both forms: it takes the version of the report's year, else of the other tables."""
    table = tables["table4"]
    if table.status == PRESENT:
        others = {tables[name].version for name in ("table2", "table3")} - {None}
        table.version = form_for(year).version if year or len(others) != 1 else others.pop()


def _complete(reading: Reading) -> dict[Path, Cell]:
    """The cells read, and those that only another version of the form has, as such."""
    cells = {path: reading.cells[path] for path in reading.form.locators}
    for form in all_forms().values():
        for path in form.tables[reading.form.name].locators:
            if path not in cells:
                cells[path] = Cell(None, NOT_IN_TEMPLATE)
    return cells


def _absent(name: str, documents: list[Document], outlines: list[Outline], year: int | None) -> ReportTable:
    """A table that could not be read: a picture or a file in its place makes it unreadable rather than missing."""
    form = form_for(year).tables[name]
    kind = "empty"
    for document, outline in zip(documents, outlines, strict=True):
        section = outline.sections[form.section]
        where = section.blocks if section.present else [b for b in document.blocks if isinstance(b, Image) and b.place]
        alone = document.kind == "image" and not any(
            isinstance(b, Table) and stacks.parts(b, _ENOUGH) for b in document.blocks
        )
        if alone or any(isinstance(block, Image) for block in where):  # a scanned page may hold the heading too
            kind = "image"
        elif document.attachments and kind == "empty" and not section.text:
            kind = "attachment"
    cells = {path: Cell(None, MISSING_TABLE) for path in form.locators}
    return ReportTable(name, UNREADABLE if kind == "image" else MISSING, None, cells, None, kind)


def extra_rows(tables: dict[str, ReportTable]) -> list[dict[str, object]]:
    return [row for table in tables.values() if table.reading for row in table.reading.extra_rows]


__all__ = ["MISSING", "PRESENT", "UNREADABLE", "ReportTable", "TableRow", "extra_rows", "find_labels", "read_tables"]
