"""The normalised report and its JSON shape.

``Report.to_dict()`` is the record that ``python -m parsers`` prints and that a crawl stores as JSONL: metadata, form
versions, six sections, three tables with a state for every cell, rows that no form has, findings, and a count of every
check made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from parsers.metadata import Metadata
from parsers.narrative import Reading
from parsers.sections import Section
from parsers.statistics import LEGACY, STAT2014, Statistics
from parsers.tables import PRESENT, ReportTable
from parsers.version import SCHEMA_VERSION

HYBRID, UNKNOWN = "hybrid", "unknown"


@dataclass(slots=True)
class Finding:
    """What a rule says of a report. ``status`` is ``fail`` or ``not_assessable``; passes are only counted."""

    rule: str
    severity: str
    status: str
    locator: str
    message_zh: str
    message_en: str
    expected: Any = None
    actual: Any = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "severity": self.severity,
            "status": self.status,
            "locator": self.locator,
            "expected": self.expected,
            "actual": self.actual,
            "message_zh": self.message_zh,
            "message_en": self.message_en,
        }


@dataclass(slots=True)
class Report:
    """One annual report. ``checks`` counts results by rule and status, ``documents`` describes the files it came from,
    ``reading`` holds the figures of the prose."""

    metadata: Metadata
    sections: dict[int, Section]
    tables: dict[str, ReportTable]
    statistics: Statistics | None = None
    extra_rows: list[dict[str, Any]] = field(default_factory=list)
    reading: Reading = field(default_factory=Reading)
    findings: list[Finding] = field(default_factory=list)
    checks: dict[str, dict[str, int]] = field(default_factory=dict)
    documents: list[dict[str, Any]] = field(default_factory=list)
    repeated_sections: list[int] = field(default_factory=list)
    misplaced_sections: list[int] = field(default_factory=list)
    expected_region: str | None = None

    @property
    def version(self) -> str:
        """The form of the report: one version, ``hybrid`` where tables two and three differ, else by its year."""
        found = {self.tables[name].version for name in ("table2", "table3") if self.tables[name].status == PRESENT}
        if len(found) > 1:
            return HYBRID
        if found:
            return found.pop() or UNKNOWN
        year = self.metadata.report_year
        if year is None or not self.recognised:
            return UNKNOWN
        return LEGACY if year < 2014 else STAT2014 if year < 2019 else "2019" if year < 2021 else "2021"

    @property
    def recognised(self) -> bool:
        """Whether the content is that of an annual report: sections or tables of one, whatever its title says."""
        present = sum(section.present for section in self.sections.values())
        if self.statistics is not None and self.statistics.status == PRESENT:
            return True
        tables = sum(table.status == PRESENT for table in self.tables.values())
        return present >= 3 or tables >= 2 or (present >= 1 and tables >= 1)

    def cell_value(self, table: str, *path: str) -> int | float | None:
        cell = self.tables[table].cells.get(path)
        return None if cell is None else cell.value

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "metadata": self.metadata.to_dict(),
            "template": {"version": self.version, **{name: table.version for name, table in self.tables.items()}},
            "sections": [_section(section) for section in self.sections.values()],
            "tables": {
                **{name: _table(table) for name, table in self.tables.items()},
                "statistics2014": self.statistics and self.statistics.to_dict(),
            },
            "extra_rows": self.extra_rows,
            "narrative": [fact.to_dict() for fact in self.reading.facts],
            "findings": [finding.to_dict() for finding in self.findings],
            "checks": self.checks,
            "documents": self.documents,
        }


def _section(section: Section) -> dict[str, Any]:
    return {
        "number": section.number,
        "present": section.present,
        "heading": section.heading,
        "location": section.location,
        "text": section.text if section.present else None,
        "char_count": section.char_count if section.present else None,
    }


def _table(table: ReportTable) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for path, cell in table.cells.items():
        if len(path) == 1:
            cells[path[0]] = cell.to_dict()
        else:
            cells.setdefault(path[0], {})[path[1]] = cell.to_dict()
    return {"status": table.status, "version": table.version, "cells": cells}
