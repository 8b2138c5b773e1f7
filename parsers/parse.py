"""From the files of one report to the report: read, cut into sections, read the tables, read the metadata, check."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

from parsers import metadata, narrative, rules, sections, statistics, tables, together
from parsers.document import Document, lines_of
from parsers.metadata import Metadata
from parsers.readers import read
from parsers.report import Finding, Report
from parsers.sections import Outline, Section
from parsers.source import ParseError, Source
from parsers.together import Part


def parse_report(
    sources: Source | Sequence[Source], *, region_code: str | None = None, validate: bool = True
) -> Report:
    """The report in ``sources``: one file, or a page and its attachments, the page first.

    ``region_code`` is the GB/T 2260 code of the portal the files came from, if known: it settles homonyms and is
    checked against what the report says of itself. A file that can't be read is told of in ``documents`` and by rule
    ST13; ``ParseError`` is raised only where none can be read.
    """
    files = [sources] if isinstance(sources, Source) else list(sources)
    documents, origins = _read(files)
    cut = [(document, sections.outline(document)) for document in documents if document.error is None]
    parts = [Part(document, outline, _metadata(document, outline, region_code)) for document, outline in cut]
    parts = together.leave_out_others(parts)
    main, meta = together.main(parts), together.metadata(parts)
    if meta.report_year is not None and meta.report_year < rules.FIRST_FORMAT:
        main.outline = sections.outline(main.document, older=True)
    own, outlines = [part.document for part in parts], [part.outline for part in parts]
    old = statistics.read_statistics(own, meta.report_year, [outline.end for outline in outlines])
    taken = old.grids if old else frozenset()
    found = tables.read_tables(own, outlines, meta.report_year, taken, meta.subject_name)
    body = together.sections(parts)
    report = Report(
        metadata=meta,
        sections=body,
        tables=found,
        statistics=old,
        extra_rows=tables.extra_rows(found),
        reading=_narrative(body, main.outline, meta),
        documents=[_describe(d, number, files[number]) for d, number in zip(documents, origins, strict=True)],
        repeated_sections=main.outline.repeated,
        misplaced_sections=main.outline.misplaced,
        expected_region=region_code,
    )
    if validate:
        report.findings, report.checks = rules.check(report)
    return report


def validate(report: Report, today: date | None = None) -> list[Finding]:
    """The findings of all rules over a parsed report, also stored in it with the count of every check."""
    report.findings, report.checks = rules.check(report, today)
    return report.findings


def _read(files: list[Source]) -> tuple[list[Document], list[int]]:
    """The documents of all files, numbered, and which file each one came from: a ZIP holds several. A file that can't
    be read is a document with an ``error``."""
    documents: list[Document] = []
    origins: list[int] = []
    for number, source in enumerate(files):
        try:
            found = read(source)
        except ParseError as error:
            found = [Document([], kind="unread", url=source.url, error=error)]
        for document in found:
            document.number = len(documents)
            documents.append(document)
            origins.append(number)
    if all(document.error for document in documents):
        raise next((document.error for document in documents if document.error), _NOTHING)
    return documents, origins


_NOTHING = ParseError("empty", "没有文件", "no file was given")


def _metadata(document: Document, outline: Outline, region_code: str | None) -> Metadata:
    head = outline.head_lines
    body = list(document.lines()) if outline.found == 0 else head
    opening = outline.sections[1]
    tail = lines_of(outline.tail)
    return metadata.extract(
        lines=body,
        body_start=len(head) if outline.found else min(len(body), metadata.HEAD_LINES),
        metas=document.metas,
        page_title=document.title,
        headings=document.headings,
        preamble="\n".join(head),
        section_one=opening.text if opening.present else "",
        tail=tail,
        url=document.url,
        region_code=region_code,
    )


def _narrative(body: dict[int, Section], outline: Outline, meta: Metadata) -> narrative.Reading:
    preamble = "\n".join(outline.head_lines)
    subject = meta.subject_name or ""
    return narrative.extract(body, preamble, meta.report_year, subject, meta.admin_level)


def _describe(document: Document, file: int, source: Source) -> dict[str, object]:
    return {
        "number": document.number,
        "file": file,
        "url": source.url,
        "kind": document.kind,
        "charset": document.charset,
        "decode_errors": document.decode_errors,
        "bytes": len(source.body),
        "sha256": hashlib.sha256(source.body).hexdigest(),
        "member": document.member,
        "error": document.error.to_dict() if document.error else None,
    }
