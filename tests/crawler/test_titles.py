"""Titles against a list labelled by hand, in the style of real ones (fictional 云河县)."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

from crawler.titles import TitleTableError, classify, table

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
    assert len(rows) >= 400
    assert (precision, recall) == (1.0, 1.0), wrong
    assert not wrong


def test_no_title_stands_twice_in_the_list() -> None:
    titles = [title for title, _, _ in labelled()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(("title", "kind", "year"), labelled())
def test_the_year_of_a_title(title: str, kind: str, year: int | None) -> None:
    assert classify(title).year == year


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("report,年报", "expected 3 cells, found 2"),
        ("maybe,年报,x", "kind must be one of report, lookalike, unsure, matter; found 'maybe'"),
        ("report,年报(,x", "is no regular expression"),
        ("report,,x", "the pattern is empty"),
        ("report,…,x", "fits the empty title"),
    ],
)
def test_a_bad_row_of_the_table_is_named_with_file_and_line(tmp_path: Path, row: str, says: str) -> None:
    path = tmp_path / "titles.csv"
    path.write_text(f"kind,pattern,note\n# a comment\n{row}\n", encoding="utf-8")
    with pytest.raises(TitleTableError, match=rf"titles\.csv:3: .*{says}"):
        table(path)


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ("云河县人民政府办公室2024年政府信息公开工作年度报告", "云河县人民政府办公室"),
        ("2023年度云河县青石镇政府信息公开工作年度报告", "云河县青石镇"),
        ("云河县人民政府信息公开年度报告(2012年度)", "云河县人民政府"),
        ("云河县医疗保障局政府信息公开工作2022年年度报告", "云河县医疗保障局"),
        ("关于2013年云河县政府信息公开工作的年度报告", "云河县"),
        ("2020年政府信息公开年度报告", None),
        ("云河县政府网站管理中心2015年政府信息公开年度报告", "云河县政府网站管理中心"),
        ("雲河縣2023年政府信息公開工作年度報告", "云河县"),
    ],
)
def test_the_organ_of_a_title(title: str, subject: str | None) -> None:
    assert classify(title).subject == subject
