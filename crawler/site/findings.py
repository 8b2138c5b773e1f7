"""The findings of a report: numbered, the gravest first, each with the places where it is to be marked.

``findings_of(data)`` gives the list and the marks by place. A ``Mark`` says what was expected there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crawler.site import locators
from crawler.site.data import ReportData, Row
from crawler.site.locators import Spot
from crawler.site.text import file_name
from crawler.site.words import CODES as LANGUAGES
from crawler.site.words import Language
from parsers.forms.fields import CODES, in_words

SHOWN = ("fail", "not_assessable")
SEVERITIES = ("error", "warning", "info")
SIGNS = {"error": "▲", "warning": "◆", "info": "●"}
NOT_ASSESSABLE = "○"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(slots=True)
class Mark:
    """A finding where it stands; ``expected`` says ``≠18`` of a number that disagrees, ``→18`` of a hint."""

    number: int
    sign: str
    severity: str
    rule: str
    id: str = ""  # of the finding in the list
    expected: str = ""
    title: tuple[str, str] = ("", "")


@dataclass(slots=True)
class Finding:
    number: int
    id: str
    sign: str
    rule: str
    severity: str
    status: str
    spot: Spot
    place: tuple[str, str]  # in both languages
    href: str  # where it is marked on the page, "" where nowhere
    expected: tuple[str, str]  # in both languages
    actual: tuple[str, str]
    message_zh: str
    message_en: str
    other: str = ""  # page of the report that it disagrees with


def findings_of(data: ReportData) -> tuple[list[Finding], dict[Spot, list[Mark]]]:
    """Findings, the gravest first, and the marks by the place that a finding names."""
    shown = [row for row in data.results if row["status"] in SHOWN]
    shown.sort(key=lambda row: (row["status"] != "fail", _rank(row["severity"]), row["rule_id"], finding_id(row)))
    findings: list[Finding] = []
    marks: dict[Spot, list[Mark]] = {}
    for n, row in enumerate(shown, start=1):
        severity = row["severity"] or "info"
        sign = SIGNS.get(severity, NOT_ASSESSABLE) if row["status"] == "fail" else NOT_ASSESSABLE
        spot = locators.spot(row["locator"] or "")
        finding = Finding(
            n, finding_id(row), sign, row["rule_id"], severity, row["status"], spot, locators.name(spot), "",
            told(row["expected"]), told(row["actual"]), row["message_zh"] or "", row["message_en"] or "",
            _other(row),
        )  # fmt: skip
        findings.append(finding)
        if row["status"] == "fail":
            for place, value in _places(finding, row["expected"]):
                said = (finding.message_zh, finding.message_en)
                marks.setdefault(place, []).append(Mark(n, sign, severity, finding.rule, finding.id, value, said))
    return findings, marks


def finding_id(row: Row) -> str:
    """The fragment of a finding on the page of its report."""
    return f"{'x' if row['across'] else 'f'}{int(row['number'])}"


def _other(row: Row) -> str:
    other = row["other_report_id"]
    return f"{file_name(other)}.html" if other and other != row["report_id"] else ""


def _rank(severity: str | None) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def told(value: str | None) -> tuple[str, str]:
    """One side of a disagreement in both languages. Of cells that a message names one by one there are the numbers, in
    its order; any other JSON object is told as its pairs.

    >>> told("18"), told('{"table4.review_upheld": 2, "table4.review_other": 0}')
    (('18', '18'), ('2; 0', '2; 0'))
    >>> told('{"cells": {"table2": 10, "table3": 161}}')
    ('单元格 表二 10, 表三 161', 'cells Table 2 10, Table 3 161')
    """
    text = (value or "").strip('"')
    try:
        held = json.loads(text) if text.startswith("{") else None
    except ValueError:
        held = None
    if not isinstance(held, dict):
        return text, text
    if all(locators.spot(key).kind == "cell" for key in held):
        numbers = "; ".join(map(str, held.values()))
        return numbers, numbers
    zh, en = (_pairs(held, Language(code)) for code in LANGUAGES)
    return zh, en


def _pairs(held: dict[str, Any], language: Language, between: str = "; ") -> str:
    return between.join(
        f"{_called(key, language)} {_pairs(each, language, ', ') if isinstance(each, dict) else each}"
        for key, each in held.items()
    )


def _called(key: str, language: Language) -> str:
    return language(*in_words(key)) if key in CODES else language.label("told", key)


def _places(finding: Finding, expected: str | None) -> Iterator[tuple[Spot, str]]:
    """The places of a finding, each with the number expected there; a hint names several cells."""
    if expected and expected.startswith("{"):
        try:
            held = json.loads(expected)
        except ValueError:
            held = {}
        spots = [(locators.spot(key), f"→{value}") for key, value in held.items()]
        if spots and all(spot.kind == "cell" for spot, _ in spots):
            yield from spots
            return
    yield finding.spot, f"≠{expected}" if expected and _NUMBER.fullmatch(expected) else ""
