"""Several files of one report: the best source of each table wins, disagreement and unread files are told."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

import parsers
from parsers.__main__ import main
from tests.compose import html, office, truth
from tests.compose.report import Report, generate


def together(*bodies: bytes) -> dict[str, Any]:
    return parsers.parse_report([parsers.Source(body) for body in bodies]).to_dict()


def rules(record: dict[str, Any], *ids: str) -> list[dict[str, Any]]:
    return [finding for finding in record["findings"] if finding["rule"] in ids]


def without(report: Report, *tables: str) -> Report:
    """The report as a page that has these tables in an attachment only."""
    page = copy.deepcopy(report)
    page.body = [part for part in page.body if part.table not in tables]
    return page


def whole(record: dict[str, Any], report: Report) -> bool:
    result = truth.check(record, report)
    return not result.silent and not result.nulls


@pytest.mark.parametrize("seed", range(3))
def test_tables_come_from_the_attachment_that_has_them(seed: int) -> None:
    report = generate(seed)
    page = html.compose(without(report, "table2", "table3", "table4"))
    record = together(page, office.compose_xlsx(report, apart=True))
    assert whole(record, report)
    assert record["metadata"]["title"] == report.title
    assert {cell["origin"]["document"] for _, cell in truth.cells(record) if cell["value"] is not None} == {1}
    assert rules(record, "ST04", "ST12", "ST13") == []


def test_the_page_goes_before_an_attachment_that_says_the_same() -> None:
    report = generate(4)
    record = together(html.compose(report), office.compose_docx(report))
    assert whole(record, report)
    assert {cell["origin"]["document"] for _, cell in truth.cells(record) if cell["value"] is not None} == {0}
    assert record["checks"]["ST12"] == {"pass": 3}


def test_the_source_with_more_numbers_wins() -> None:
    report = generate(5)
    blank = copy.deepcopy(report)
    for cell in list(blank.cells("table3"))[:40]:
        cell.text = ""
    record = together(html.compose(blank), office.compose_docx(report))
    assert whole(record, report)
    assert record["tables"]["table3"]["cells"]["granted"]["total"]["origin"]["document"] == 1
    assert record["tables"]["table2"]["cells"]["licensing_decisions"]["origin"]["document"] == 0


def test_a_disagreement_is_told_with_both_numbers_and_both_places() -> None:
    report = generate(6, form3="2021")
    other = copy.deepcopy(report)
    cell = next(c for c in other.cells("table3") if c.locator == ("table3", "granted", "total"))
    kept = report.truth["table3", "granted", "total"]
    other.reprint(cell, "4321", 4321)
    record = together(html.compose(report), office.compose_xlsx(other))
    assert whole(record, report)
    (finding,) = rules(record, "ST12")
    assert (finding["severity"], finding["locator"]) == ("warning", "table3.granted.total")
    assert (finding["expected"], finding["actual"]) == (kept, 4321)
    origin = record["tables"]["table3"]["cells"]["granted"]["total"]["origin"]
    for text in (finding["message_zh"], finding["message_en"]):
        assert str(kept) in text
        assert "4321" in text
        assert str(origin["row"]) in text
        assert "年报" in text


def test_two_versions_inside_one_file_stay_a_conflict() -> None:
    report = generate(7)
    other = copy.deepcopy(report)
    cell = next(c for c in other.cells("table4") if c.locator == ("table4", "review_total"))
    cell.text = "777"
    both = copy.deepcopy(report)
    at = next(n for n, part in enumerate(both.body) if part.table == "table4")
    both.body.insert(at + 1, next(part for part in other.body if part.table == "table4"))
    record = together(html.compose(both), html.compose(without(report, "table4")))
    assert record["tables"]["table4"]["cells"]["review_total"]["value"] is None
    with_attachment = together(html.compose(both), office.compose_docx(report))
    assert (
        with_attachment["tables"]["table4"]["cells"]["review_total"]["value"] == report.truth["table4", "review_total"]
    )
    assert [f["locator"] for f in rules(with_attachment, "ST12")] == ["table4.review_total"]


def test_a_table_spread_over_two_files_is_one_table() -> None:
    report = generate(8, form3="2021")
    at = next(n for n, part in enumerate(report.body) if part.table == "table3")
    upper, lower = copy.deepcopy(report), copy.deepcopy(report)
    grid = report.body[at].grid
    upper.body[at].grid, lower.body[at].grid = grid[:-1], [*grid[:3], grid[-1]]
    record = together(html.compose(upper), html.compose(lower))
    assert whole(record, report)
    cells = record["tables"]["table3"]["cells"]
    assert cells["new_requests"]["total"]["origin"]["document"] == 0
    assert cells["carried_forward_to_next_year"]["total"]["origin"]["document"] == 1


def test_each_section_is_taken_from_where_it_is() -> None:
    report = generate(9)
    cut = next(n for n, part in enumerate(report.body) if part.text.startswith("三、"))
    page, rest = copy.deepcopy(report), copy.deepcopy(report)
    page.body, rest.body = report.body[:cut], report.body[cut:]
    record = together(html.compose(page), office.compose_docx(rest))
    assert whole(record, report)
    assert [section["present"] for section in record["sections"]] == [True] * 6
    assert record["metadata"]["title"] == report.title
    assert rules(record, "ST02") == []


@pytest.mark.parametrize("body", [b"%PDF-1.4 broken", b"\0" * 999, b"", b"PK\x03\x04 broken"])
def test_an_unread_attachment_costs_the_page_nothing(body: bytes) -> None:
    report = generate(10)
    record = together(html.compose(report), body)
    assert whole(record, report)
    assert record["documents"][0]["error"] is None
    error = record["documents"][1]["error"]
    assert [finding["actual"] for finding in rules(record, "ST13")] == [error["code"]]


def test_an_unread_page_costs_the_attachment_nothing() -> None:
    report = generate(11)
    assert whole(together(b"\0" * 999, office.compose_docx(report)), report)


def test_files_that_are_all_unread_raise_the_first_error() -> None:
    with pytest.raises(parsers.ParseError, match="not_text"):
        together(b"\0" * 999, b"")


def test_no_file_is_an_error() -> None:
    with pytest.raises(parsers.ParseError, match="empty"):
        together()


@pytest.mark.parametrize("other", [{"year": 2022}, {"subject": "松岭区人民政府"}, {"subject": "云河县教育局"}])
def test_another_report_among_the_files_gives_no_number(other: dict[str, Any]) -> None:
    page = without(generate(12, year=2023), "table3")
    named = {"year": 2023, "subject": "云河县人民政府"}
    for report, names in ((page, named), (attachment := generate(13, year=2023), named | other)):
        for part in report.body:
            if part.kind == "title":
                part.text = f"{names['subject']}{names['year']}年政府信息公开工作年度报告"
    record = together(html.compose(page), office.compose_docx(attachment))
    assert record["tables"]["table3"]["status"] == "missing"
    assert record["metadata"]["report_year"] == 2023
    assert record["documents"][1]["error"]["code"] == "other_report"
    assert [finding["actual"] for finding in rules(record, "ST13")] == ["other_report"]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    code = main(list(arguments))
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_command_prints_the_report_and_then_what_was_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = generate(14)
    page, attachment = tmp_path / "page.html", tmp_path / "tables.pdf"
    page.write_bytes(html.compose(report))
    attachment.write_bytes(b"\0" * 999)
    code, lines = run(capsys, "--together", str(page), str(attachment))
    assert code == 2
    assert whole(lines[0], report)
    assert [(line["error"]["files"], line["error"]["code"]) for line in lines[1:]] == [([str(attachment)], "not_text")]
    attachment.write_bytes(office.compose_xls(report))
    code, lines = run(capsys, "--together", str(page), str(attachment))
    assert (code, len(lines)) == (0, 1)


def test_the_help_names_the_formats(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    for name in ("HTML", "MHTML", "DOCX", "DOC", "WPS", "XLSX", "XLS", "ODS", "RTF", "ZIP"):
        assert name in text
