"""The three tables of a report: which grids and which lines belong to which table, and by which form each was printed.

The form is detected per table (a report can mix them). A table may be split over several grids; where the same cell is
read twice with different numbers it is null and a conflict. A table that is not there is ``missing``, one that stands
there as a picture or a file only is ``unreadable``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from parsers.cells import MISSING_TABLE, NOT_IN_TEMPLATE, Cell
from parsers.document import Document, Image, Paragraph, Table
from parsers.forms import TABLES, FormTable, all_forms, form_for
from parsers.matcher import Path, Reading, match
from parsers.normalise import label, label_name, unnumbered
from parsers.sections import Outline
from parsers.tokens import TableRow, find_labels, grid_rows, text_rows

PRESENT, MISSING, UNREADABLE = "present", "missing", "unreadable"
_ENOUGH = 3  # distinct labels of a table that make a grid one of its grids


@dataclass(slots=True)
class ReportTable:
    """One table of the report. ``cells`` holds every cell that any form has, with its state; ``kind`` says why a table
    is not present: ``image``, ``attachment`` or ``empty``."""

    name: str
    status: str
    version: str | None
    cells: dict[Path, Cell]
    reading: Reading | None = None
    kind: str | None = None
    sources: list[str] = field(default_factory=list)

    @property
    def form(self) -> FormTable:
        return all_forms()[self.version or form_for(None).version].tables[self.name]


def read_tables(
    documents: list[Document],
    outlines: list[Outline],
    year: int | None,
    taken: Collection[tuple[int, int]] = (),
) -> dict[str, ReportTable]:
    """All three tables, from the files of one report in the order given; the grids ``taken``, by the numbers of
    document and table, are another table's."""
    grids = _grids_by_table(documents, outlines, taken)
    tables: dict[str, ReportTable] = {}
    for name in TABLES:
        reading = _read(name, grids[name], documents, outlines)
        if reading is None:
            tables[name] = _absent(name, documents, outlines, year)
        else:
            tables[name] = ReportTable(name, PRESENT, reading.form.version, _complete(reading), reading)
    _version_of_table4(tables, year)
    return tables


def _grids_by_table(
    documents: list[Document], outlines: list[Outline], taken: Collection[tuple[int, int]]
) -> dict[str, list[tuple[int, Table]]]:
    """The grids of each table. Grids inside the table's own section go before any that stand elsewhere."""
    found: dict[str, list[tuple[bool, int, Table]]] = {name: [] for name in TABLES}
    for document, outline in zip(documents, outlines, strict=True):
        home = {id(block): number for number, section in outline.sections.items() for block in section.blocks}
        for block in document.blocks[: outline.end]:
            if not isinstance(block, Table) or (document.number, block.index) in taken:
                continue
            if name := _table_of(block):
                inside = home.get(id(block)) == all_forms()["2021"].tables[name].section
                found[name].append((inside, document.number, block))
    return {
        name: [(number, grid) for inside, number, grid in grids if inside or not any(i for i, _, _ in grids)]
        for name, grids in found.items()
    }


def _table_of(grid: Table) -> str | None:
    """The table whose labels a grid carries, if it carries enough of them."""
    texts = {
        label_name(cell.text)
        for row in grid.rows
        for cell in row
        if cell.text and len(cell.text) < 80 and not cell.text.isdigit()
    }
    scores = {
        name: max(len(texts & form.tables[name].lexicon.keys()) for form in all_forms().values()) for name in TABLES
    }
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= _ENOUGH else None


def _read(
    name: str, grids: list[tuple[int, Table]], documents: list[Document], outlines: list[Outline]
) -> Reading | None:
    if grids:
        form = _version(name, [cell.text for _, grid in grids for row in grid.rows for cell in row])
        return match((row for number, grid in grids for row in grid_rows(grid, form, number)), form)
    for document, outline in zip(documents, outlines, strict=True):
        section = outline.sections[all_forms()["2021"].tables[name].section]
        lines = [block for block in section.blocks if isinstance(block, Paragraph)]
        if lines:
            form = _version(name, ["".join(line.text for line in lines)])
            reading = match(text_rows(lines, form, document.number), form)
            if reading.readable or (len(reading.seen) > _ENOUGH * 2 and reading.doubtful):
                return reading
    return None


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
            elif len(text) > 60:
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
        if any(isinstance(block, Image) for block in section.blocks):
            kind = "image"
        elif document.attachments and kind == "empty" and not section.text:
            kind = "attachment"
    cells = {path: Cell(None, MISSING_TABLE) for path in form.locators}
    return ReportTable(name, UNREADABLE if kind == "image" else MISSING, None, cells, None, kind)


def extra_rows(tables: dict[str, ReportTable]) -> list[dict[str, object]]:
    return [row for table in tables.values() if table.reading for row in table.reading.extra_rows]


__all__ = ["MISSING", "PRESENT", "UNREADABLE", "ReportTable", "TableRow", "extra_rows", "find_labels", "read_tables"]
