"""The two languages of the site: labels of coded values, numbers as text.

``Language("zh")("总览", "Overview")`` is the one way in which a template says something; ``label(kind, key)`` names a
coded value, by ``labels.csv``, and an unknown one by itself.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from crawler.site.text import brief
from parsers.narrative import vocabulary

CODES = ("zh", "en")


@cache
def _labels() -> dict[tuple[str, str], tuple[str, str]]:
    with Path(__file__).with_name("labels.csv").open(encoding="utf-8", newline="") as file:
        return {(row["kind"], row["key"]): (row["zh"], row["en"]) for row in csv.DictReader(file)}


@dataclass(frozen=True, slots=True)
class Language:
    """``code`` names the tree of pages, ``tag`` is the language of its text."""

    code: str

    @property
    def tag(self) -> str:
        return "zh-CN" if self.code == "zh" else "en"

    @property
    def other(self) -> Language:
        return Language("en" if self.code == "zh" else "zh")

    def __call__(self, zh: str, en: str) -> str:
        return zh if self.code == "zh" else en

    def label(self, kind: str, key: object) -> str:
        """
        >>> Language("zh").label("state", "empty"), Language("en").label("state", "new one")
        ('空白', 'new one')
        """
        pair = _labels().get((kind, str(key)))
        return str(brief(str(key), 40)) if pair is None else self(*pair)

    def labels(self, kind: str) -> dict[str, str]:
        return {key: self(*pair) for (of, key), pair in _labels().items() if of == kind}


def number(value: Any) -> str:
    """A number as the tables print it: thousands apart, no zeros behind the decimals.

    >>> number(1234), number(Decimal("40.6640")), number(0.0), number(None)
    ('1,234', '40.664', '0', '')
    """
    if value is None:
        return ""
    if isinstance(value, Decimal | float):
        whole = int(value)
        if value != whole:
            return f"{value:,.8f}".rstrip("0")
        value = whole
    return f"{value:,}"


def moment(value: Any) -> str:
    """A time to the minute, in UTC.

    >>> from datetime import UTC, datetime
    >>> moment(datetime(2026, 1, 31, 8, 5, tzinfo=UTC)), moment(None)
    ('2026-01-31 08:05 UTC', '')
    """
    return "" if value is None else f"{value:%Y-%m-%d %H:%M} UTC"


@cache
def _figures() -> dict[str, str]:
    terms = vocabulary.load().terms.values()
    return {row.key: row.name_zh for term in terms for row in term.rows}


def figure_name(key: str, language: Language) -> str:
    """What a figure of the text is called.

    >>> figure_name("policy_interpretations", Language("zh")), figure_name("gazette_issues", Language("en"))
    ('政策解读', 'gazette issues')
    """
    return language(_figures().get(key, key), key.replace("_", " "))


def percent(value: Any) -> str:
    """A share as a percentage with one decimal.

    >>> percent(0.4786), percent(None)
    ('47.9%', '')
    """
    return "" if value is None else f"{float(value) * 100:.1f}%"
