"""One report as its page shows it: cells with their state, findings on the very cells, figures in their sentences.

``view(data)`` makes a ``ReportView`` of the rows of the warehouse; it holds no mark-up and no language. A finding is
numbered, and its ``Mark`` stands on the cell that it names, with what was expected; the cells on the other side of the
relation carry the same number.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crawler.site import locators
from crawler.site.data import ReportData, Row
from crawler.site.findings import SHOWN, Finding, Mark, findings_of
from crawler.site.layout import Layout, Place, layouts, version_of
from crawler.site.locators import Spot
from crawler.site.text import brief, clean, masked, web_url
from crawler.site.words import number
from parsers.forms.fields import CODES, YEAR, by_path
from parsers.normalise import half_width

TABLES = CODES
MOST_TEXT = 40_000  # characters of all sections; a report has some thousands, a page stays under 300 KiB
MOST_MESSAGES = 20_000  # characters of the messages of all findings
MOST_SENTENCES = 20_000  # characters of all sentences with figures, listed beside the text
LONGEST_RAW = 40  # characters of what could not be read
_BALANCE = ("new_requests", "carried_over_from_prev_year", "results_total", "carried_forward_to_next_year")


@dataclass(slots=True)
class CellView:
    state: str
    text: str = ""
    note: str = ""
    href: str = ""
    id: str = ""
    span: int = 1
    marks: list[Mark] = field(default_factory=list)
    sides: list[int] = field(default_factory=list)  # findings of which the cell is the other side

    @property
    def is_number(self) -> bool:
        return self.state in ("value", "annotated")


@dataclass(slots=True)
class TableView:
    name: str
    section: int
    status: str
    version: str | None
    layout: Layout
    cells: dict[tuple[str, ...], CellView]
    marks: list[Mark] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)  # the cell's number, the note
    others: int = 0  # cells of other forms
    extra: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Piece:
    """A stretch of a paragraph; ``fact`` is the number of the figure that was read from it."""

    text: str
    fact: int | None = None


@dataclass(slots=True)
class SectionView:
    number: int
    present: bool
    heading: str
    location: str | None
    characters: int | None
    paragraphs: list[list[Piece]]
    is_cut: bool = False
    marks: list[Mark] = field(default_factory=list)


@dataclass(slots=True)
class ReportView:
    data: ReportData
    row: Row
    findings: list[Finding]
    counts: dict[str, int]
    tables: list[TableView]
    statistics: list[dict[str, Any]]
    sections: list[SectionView]
    facts: list[Row]
    metadata: list[tuple[str, Any, list[Mark]]]
    addresses: list[dict[str, Any]]
    passed: int
    brief: int  # characters of a message: the more findings, the fewer

    def cell(self, table: str, *path: str) -> CellView | None:
        return next((each.cells.get(path) for each in self.tables if each.name == table), None)


# What is shown of a document. Not its author and editor: they are people as often as offices.
METADATA = (
    "title", "subject_name", "subject_type", "report_scope", "report_year", "region_code", "region_code_current",
    "publishing_agency", "publication_date", "period_start", "period_end", "cited_document", "template_version",
    "index_number", "document_number", "unified_social_credit_code", "source", "contact_organisation",
    "contact_address", "contact_postcode", "contact_phone", "contact_fax", "contact_email",
)  # fmt: skip


def view(data: ReportData) -> ReportView:
    """What the page of a report shows."""
    findings, marks = findings_of(data)
    tables = [_table(name, data, marks) for name in TABLES]
    facts, sections = _sections(data, marks)
    _lead(findings, tables, sections)
    of_metadata: dict[str, list[Mark]] = {}
    for spot, found in marks.items():
        if spot.kind == "metadata":
            of_metadata.setdefault(locators.METADATA_OF.get(spot.of, spot.of), []).extend(found)
    return ReportView(
        data=data,
        row=data.row,
        findings=findings,
        counts=Counter(finding.severity for finding in findings if finding.status == "fail"),
        tables=tables,
        statistics=_statistics(data),
        sections=sections,
        facts=facts,
        metadata=[(name, data.row.get(name), of_metadata.get(name, [])) for name in METADATA],
        addresses=_addresses(data),
        brief=min(300, max(60, MOST_MESSAGES // max(len(findings), 1))),
        passed=sum(row["times"] for row in data.results if row["status"] not in SHOWN),
    )


def _lead(findings: list[Finding], tables: list[TableView], sections: list[SectionView]) -> None:
    """Let every finding lead to where it is marked, else to the part of the page that it is about."""
    at: dict[int, str] = {}
    for table in tables:
        for cell in table.cells.values():
            at |= {mark.number: f"#{cell.id}" for mark in cell.marks}
    general = {"metadata": "#metadata", "narrative": "#figures", "report": "#text"}
    for finding in findings:
        spot = finding.spot
        part = f"#section{spot.of}" if spot.kind == "section" else f"#{spot.of}" if spot.of in TABLES else ""
        finding.href = at.get(finding.number) or general.get(spot.kind, part)


# ------------------------------------------------------------------------------------------------ tables


def _table(name: str, data: ReportData, marks: Mapping[Spot, Sequence[Mark]]) -> TableView:
    code = TABLES[name]
    version = data.row.get(f"{code}_version")
    layout = layouts(version_of(version, data.row["report_year"]))[name]
    made = TableView(name, int(name[-1]), data.row.get(f"{code}_status") or "missing", version, layout, {})
    for place in layout.places:
        made.cells[place.path] = _cell(place, data, code, made)
    known = {(code, place.row, place.column) for place in layout.places}
    made.others = sum(key[0] == code and key not in known for key in data.facts)
    made.states = dict(Counter(cell.state for cell in made.cells.values()))
    made.extra = [row for row in data.extra if row["table"] == code]
    for spot, found in marks.items():
        if spot.of == name:
            _mark(made, spot.path, found)
    for path, cell in made.cells.items():
        if cell.marks or cell.sides:
            cell.id = "c-" + "-".join((name, *path))
    return made


def _cell(place: Place, data: ReportData, code: str, table: TableView) -> CellView:
    fact = data.facts.get((code, place.row, place.column))
    if fact is None:
        return CellView("missing_table" if table.status != "present" else "missing_cell", span=place.span)
    state, raw, value = fact["state"], fact["raw"] or "", fact["value"]
    cell = CellView(state, span=place.span, href=data.href_of(fact["origin"]))
    if value is not None:
        cell.text = number(value)
        unit = fact["unit"]
        if state == "annotated" and unit and re.match(rf"[-+\d.,\s]+{re.escape(unit)}", half_width(raw)):
            cell.text += unit
    elif state in ("placeholder", "unparseable"):
        cell.text = " ".join(raw.split())[:LONGEST_RAW]
    if fact["note"] or (state == "annotated" and raw):
        table.notes.append((cell.text, fact["note"] or raw))
        cell.note = str(len(table.notes))
    return cell


def _mark(table: TableView, path: tuple[str, ...], marks: Sequence[Mark]) -> None:
    """Put marks on the cell that they are about, or on the total of its row or block, and their numbers on the other
    side; on the table where they are about no cell."""
    totals = ((*path, "total"), (f"{path[0]}_total",)) if len(path) == 1 else ()
    at = next((each for each in (path, *totals) if each in table.cells), None)
    if at is None:
        table.marks += [replace(mark, expected="") for mark in marks]
        return
    table.cells[at].marks += marks
    for mark in marks:
        for other in _other_side(table, mark.rule, path, at):
            table.cells[other].sides.append(mark.number)


def _other_side(table: TableView, rule: str, path: tuple[str, ...], at: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """The cells that a relation sets against the marked one: those of its row, its column or its block."""
    if rule == "T402":
        block = at[0].rpartition("_")[0]
        return [other for other in table.cells if other != at and other[0].rpartition("_")[0] == block]
    if len(at) != 2:
        return []
    if rule == "T302" or len(path) == 1:
        return [other for other in table.cells if other[0] == at[0] and other != at]
    if rule == "T303":
        return [other for other in table.cells if other[1] == at[1] and other[0] not in _BALANCE]
    if rule == "T304":
        return [(row, at[1]) for row in _BALANCE if (row, at[1]) != at]
    return []


def _place(origin: str | None) -> tuple[float, ...]:
    """Where a cell stands, as far as its origin tells: for the order of rows as they are printed."""
    told = json.loads(origin or "{}")
    box = told.get("box") or (0, 0)
    return *(told.get(key) or 0 for key in ("document", "page", "table", "block", "row", "start")), box[1], box[0]


def _statistics(data: ReportData) -> list[dict[str, Any]]:
    """The rows of the statistics before 2019, this year's figure and the cumulative one."""
    rows: dict[str, dict[str, Any]] = {}
    for (table, row, column), fact in sorted(data.facts.items(), key=lambda item: _place(item[1]["origin"])):
        if table == "s14":
            named = by_path("s14", row.partition("#")[0])
            label = (named.label, named.english) if named else (row, row)
            held = rows.setdefault(row, {"label": label, "unit": fact["unit"], "year": None, "cumulative": None})
            value, href = fact["value"], data.href_of(fact["origin"]) if column == YEAR else ""
            text = number(value) if value is not None else " ".join((fact["raw"] or "").split())[:LONGEST_RAW]
            held[column] = CellView(fact["state"], text, href=href)
    return list(rows.values())


# ------------------------------------------------------------------------------------------------ text


def _sections(data: ReportData, marks: Mapping[Spot, Sequence[Mark]]) -> tuple[list[Row], list[SectionView]]:
    facts = [row | {"n": n, "placed": False} for n, row in enumerate(data.narrative, start=1)]
    views, left = [], MOST_TEXT
    for row in data.sections:
        whole = masked(clean(row["text"] or ""))
        text = whole[:left]
        left -= len(text)
        spans = sorted(_spans(text, [fact for fact in facts if fact["section"] == row["number"]]))
        made = SectionView(
            row["number"], bool(row["present"]), row["heading"] or "", row["location"], row["char_count"],
            list(_paragraphs(text, spans)), len(text) < len(whole),
        )  # fmt: skip
        for spot, found in marks.items():
            if spot.kind == "section" and spot.of == str(row["number"]):
                made.marks += found
        views.append(made)
    longest = max(60, MOST_SENTENCES // max(len(facts), 1))
    for fact in facts:
        fact["sentence"] = brief(masked(clean(fact["sentence"] or "")), longest)
    return facts, views


def _spans(text: str, facts: list[Row]) -> Iterator[tuple[int, int, int]]:
    """Where each figure stands in the text of its section, white space aside."""
    places = [at for at, character in enumerate(text) if not character.isspace()]
    bare = "".join(text[at] for at in places)
    for fact in facts:
        sentence, raw = _bare(fact["sentence"]), _bare(fact["raw"])
        start = bare.find(sentence) if sentence else 0
        at = bare.find(raw, max(start, 0)) if raw else -1
        if at >= 0:
            fact["placed"] = True
            yield places[at], places[at + len(raw) - 1] + 1, fact["n"]


def _bare(text: str | None) -> str:
    return "".join(masked(clean(text or "")).split())


def _paragraphs(text: str, spans: list[tuple[int, int, int]]) -> Iterator[list[Piece]]:
    """The lines of a text, cut where figures begin and end; of two that overlap the first counts."""
    begin = 0
    for line in text.split("\n"):
        end, at, pieces = begin + len(line), begin, []
        for start, stop, n in spans:
            if at <= start and stop <= end:
                pieces += [Piece(text[at:start]), Piece(text[start:stop], n)]
                at = stop
        pieces.append(Piece(text[at:end]))
        if line.strip():
            yield [piece for piece in pieces if piece.text]
        begin = end + 1


def _addresses(data: ReportData) -> list[dict[str, Any]]:
    """Every address where the report was found; one that can't be a link is text."""
    found = json.loads(data.row.get("addresses") or "[]") or [data.row]
    names = ("url", "final_url", "list_url", "link_title", "list_date")
    out = []
    for each in found:
        shown = {name: each.get(name) for name in names}
        out.append(shown | {"link": web_url(shown["url"]), "list_link": web_url(shown["list_url"])})
    return out
