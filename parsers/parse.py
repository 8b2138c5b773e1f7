"""From the files of one report to the report: read, cut into sections, read the tables, read the metadata, check."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

from parsers import metadata, rules, sections, statistics, tables
from parsers.document import Document, block_lines
from parsers.metadata import Metadata
from parsers.readers import read
from parsers.report import Finding, Report
from parsers.sections import Outline
from parsers.source import Source


def parse_report(
    sources: Source | Sequence[Source], *, region_code: str | None = None, validate: bool = True
) -> Report:
    """The report in ``sources``: one file, or a page and its attachments, the page first.

    ``region_code`` is the GB/T 2260 code of the portal the files came from, if known: it settles homonyms and is
    checked against what the report says of itself. Raises ``ParseError`` for a file that can't be read.
    """
    files = [sources] if isinstance(sources, Source) else list(sources)
    documents, origins = _read(files)
    outlines = [sections.outline(document) for document in documents]
    main = max(range(len(documents)), key=lambda number: (outlines[number].found, -number))
    meta = _metadata(documents[main], outlines[main], region_code)
    if meta.report_year is not None and meta.report_year < rules.FIRST_FORMAT:
        outlines[main] = sections.outline(documents[main], older=True)
    old = statistics.read_statistics(documents, meta.report_year, [outline.end for outline in outlines])
    found = tables.read_tables(documents, outlines, meta.report_year, old.grids if old else frozenset())
    report = Report(
        metadata=meta,
        sections=outlines[main].sections,
        tables=found,
        statistics=old,
        extra_rows=tables.extra_rows(found),
        documents=[_describe(document, source) for document, source in zip(documents, origins, strict=True)],
        repeated_sections=outlines[main].repeated,
        misplaced_sections=outlines[main].misplaced,
        expected_region=region_code,
    )
    if validate:
        report.findings, report.checks = rules.check(report)
    return report


def validate(report: Report, today: date | None = None) -> list[Finding]:
    """The findings of all rules over a parsed report, also stored in it with the count of every check."""
    report.findings, report.checks = rules.check(report, today)
    return report.findings


def _read(files: list[Source]) -> tuple[list[Document], list[Source]]:
    """The documents of all files, numbered, and the file that each one came from: a ZIP holds several."""
    documents: list[Document] = []
    origins: list[Source] = []
    for source in files:
        for document in read(source):
            document.number = len(documents)
            documents.append(document)
            origins.append(source)
    return documents, origins


def _metadata(document: Document, outline: Outline, region_code: str | None) -> Metadata:
    head = [line for block in outline.head for line in block_lines(block)]
    body = list(document.lines()) if outline.found == 0 else head
    opening = outline.sections[1]
    tail = [line for block in outline.tail for line in block_lines(block)]
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


def _describe(document: Document, source: Source) -> dict[str, object]:
    return {
        "number": document.number,
        "url": source.url,
        "kind": document.kind,
        "charset": document.charset,
        "decode_errors": document.decode_errors,
        "bytes": len(source.body),
        "sha256": hashlib.sha256(source.body).hexdigest(),
    }
