"""Several files of one report: which of them belong to it, and what is taken from where.

``Part`` is one file as read and cut. ``leave_out_others`` marks the files that are another report; ``main`` is the part
with most sections; ``sections`` and ``metadata`` complete it with what only another part says. Tables are chosen in
``parsers.tables``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from parsers import subjects
from parsers.document import Document
from parsers.metadata import Metadata
from parsers.sections import Outline, Section
from parsers.source import ParseError

_DATES = ("displayed", "meta", "issued", "signature", "url")  # which date counts as that of publication, in this order


@dataclass(slots=True)
class Part:
    document: Document
    outline: Outline
    metadata: Metadata


def leave_out_others(parts: list[Part]) -> list[Part]:
    """The parts of one report. The first title decides whose report of which year it is; a file whose own title names
    another year or another subject is kept as a document with the error ``other_report``, and nothing is taken from it."""
    year: int | None = None
    subject: str | None = None
    kept = []
    for part in parts:
        own_year = part.metadata.report_year if part.metadata.title_year else None
        own_subject = subjects.read_title(part.metadata.title or "").organ
        if year and own_year and year != own_year:
            part.document.error = _other(f"{own_year}", f"{year}")
        elif subject and own_subject and not _same_subject(subject, own_subject):
            part.document.error = _other(own_subject, subject)
        else:
            kept.append(part)
            year, subject = year or own_year, subject or own_subject
    return kept


def _other(own: str, wanted: str) -> ParseError:
    return ParseError(
        "other_report",
        f"标题为 {own} 的另一份报告,不是 {wanted} 的",
        f"another report: its title says {own}, not {wanted}",
    )


def _same_subject(one: str, other: str) -> bool:
    """Whether two titles name one subject; a name may be given in short, but a department is no government.

    >>> _same_subject("云河县人民政府", "云河县"), _same_subject("云河县教育局", "云河县财政局")
    (True, False)
    >>> _same_subject("云河县人民政府", "云河县教育局"), _same_subject("云河县人民政府", "云河县人民政府办公室")
    (False, False)
    """
    short, long = sorted((_bare(one), _bare(other)), key=len)
    kinds = {subjects.classify(name) for name in (one, other)} - {"unknown"}
    return (short in long) and (len(kinds) < 2 or short == long)


def _bare(name: str) -> str:
    bare = "".join(name.split())
    for ending in ("人民政府", "政府"):
        bare = bare.removesuffix(ending)
    return bare


def main(parts: list[Part]) -> Part:
    """The part with most sections, the first among equals."""
    return max(parts, key=lambda part: part.outline.found)


def sections(parts: list[Part]) -> dict[int, Section]:
    """Each section from the main part, or from the first part that has it."""
    chosen = dict(main(parts).outline.sections)
    for part in parts:
        for number, section in part.outline.sections.items():
            if section.present and not chosen[number].present:
                chosen[number] = section
    return chosen


def metadata(parts: list[Part]) -> Metadata:
    """The metadata of the main part; what it does not say comes from the others, the page first."""
    chosen = main(parts).metadata
    dates = dict(chosen.dates)
    for part in parts:
        for field in fields(Metadata):
            known, other = getattr(chosen, field.name), getattr(part.metadata, field.name)
            if known in (None, "unknown", []) and other not in (None, "unknown", []):
                setattr(chosen, field.name, other)
        dates = part.metadata.dates | dates
    chosen.dates = {place: dates[place] for place in _DATES if place in dates}
    chosen.publication_date = next(iter(chosen.dates.values()), None)
    return chosen
