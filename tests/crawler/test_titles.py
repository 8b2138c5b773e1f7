"""Titles against a list labelled by hand, in the style of real ones (fictional 云河县)."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

from crawler.titles import classify

LABELLED = Path(__file__).with_name("titles_labelled.csv")


def labelled() -> list[tuple[str, str, int | None]]:
    with LABELLED.open(encoding="utf-8", newline="") as file:
        return [(r["title"], r["kind"], int(r["year"]) if r["year"] else None) for r in csv.DictReader(file)]


def test_precision_and_recall_over_the_labelled_titles(capsys: pytest.CaptureFixture[str]) -> None:
    rows = labelled()
    verdicts = [(title, kind, classify(title).kind) for title, kind, _ in rows]
    found = [v for v in verdicts if v[2] == "report"]
    reports = [v for v in verdicts if v[1] == "report"]
    right = [v for v in found if v[1] == "report"]
    precision, recall = len(right) / len(found), len(right) / len(reports)
    wrong = [v for v in verdicts if v[1] != v[2]]
    with capsys.disabled():
        sys.stdout.write(
            f"\ntitles: {len(rows)} labelled, precision {precision:.3f}, recall {recall:.3f}, other kind {len(wrong)}\n"
        )
    assert len(rows) >= 120
    assert (precision, recall) == (1.0, 1.0), wrong
    assert not wrong


@pytest.mark.parametrize(("title", "kind", "year"), labelled())
def test_the_year_of_a_title(title: str, kind: str, year: int | None) -> None:
    assert classify(title).year == year
