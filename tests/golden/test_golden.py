"""Every golden document is read as the person who reviewed it found right, and every case has its document."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.golden import golden

CASES = Path(__file__).with_name("cases.csv")


@pytest.mark.parametrize("name", golden.names())
def test_a_golden_document_gives_its_reviewed_result(name: str) -> None:
    assert golden.files(name), f"{name}.json has no document beside it"
    known = golden.record(name)
    options = known.get("options", {})
    if missing := golden.lacking(options):
        pytest.skip(f"needs {', '.join(missing)}")
    result = json.loads(json.dumps(golden.outcome(name, options)))
    if "expected" not in known:
        golden.write(name, options, result)
        pytest.fail(f"{name}.json was written: check it against the document, then set reviewed to true")
    assert result == known["expected"]
    assert known["reviewed"] is True, f"{name}.json has not been reviewed"
    assert known["about"], f"{name}.json does not say what the document shows"


def cases() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["case"])
def test_every_case_has_a_document(case: dict[str, str]) -> None:
    listed = case["documents"].split()
    assert listed, f"{case['case']} has no document"
    assert set(listed) <= set(golden.names())


def test_every_document_stands_for_a_case() -> None:
    listed = {name for case in cases() for name in case["documents"].split()}
    assert set(golden.names()) - listed == set()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(golden, "DOCUMENTS", tmp_path)
    (tmp_path / "new.txt").write_text("云河县人民政府2023年政府信息公开工作年度报告\n\n一、总体情况\n\n无。\n", "utf-8")
    return tmp_path


def test_a_new_document_fails_until_its_result_is_reviewed(folder: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="was written"):
        test_a_golden_document_gives_its_reviewed_result("new")
    with pytest.raises(AssertionError, match="not been reviewed"):
        test_a_golden_document_gives_its_reviewed_result("new")
    known = golden.record("new")
    assert known["expected"]["metadata"]["report_year"] == 2023
    (folder / "new.json").write_text(json.dumps({**known, "reviewed": True, "about": "a new one"}), "utf-8")
    test_a_golden_document_gives_its_reviewed_result("new")


def test_a_result_without_its_document_fails(folder: Path) -> None:
    golden.write("gone", {}, {}, reviewed=True)
    with pytest.raises(AssertionError, match="no document"):
        test_a_golden_document_gives_its_reviewed_result("gone")


def test_a_changed_result_is_written_anew_and_no_longer_reviewed(folder: Path) -> None:
    golden.write("new", {"region_code": "370323"}, {"metadata": {}}, reviewed=True)
    assert golden.main(["new"]) == 0
    known = golden.record("new")
    assert (known["reviewed"], known["options"]) == (False, {"region_code": "370323"})
    assert known["expected"]["template"]["version"] == "unknown"


def test_a_page_and_its_attachments_are_one_document(folder: Path) -> None:
    for name in ("new.annex.txt", "new.1.txt"):
        (folder / name).write_text("附件", "utf-8")
    assert golden.names() == ["new"]
    (folder / "new.html").write_text("<p>页面</p>", "utf-8")
    assert [path.name for path in golden.files("new")] == ["new.html", "new.txt", "new.1.txt", "new.annex.txt"]
