"""What an attempt to break the parser got through with, once: numbers under labels that say something else."""

from __future__ import annotations

from typing import Any

import pytest

import parsers
from parsers import captions
from parsers.cells import read
from parsers.narrative.quantities import quantities
from tests.compose import html, text
from tests.compose.report import Report, generate

REPORT = generate("attempts", year=2023)


def parsed(document: str) -> dict[str, Any]:
    return parsers.parse_report(parsers.Source(document.encode())).to_dict()


def page() -> str:
    return html.compose(REPORT).decode()


def with_cell(markup: str) -> tuple[str, int]:
    """The page with other mark-up in the cell of all new requests, and what that cell printed."""
    report = generate("attempts", year=2023)
    (cell,) = [cell for cell in report.cells("table3") if cell.locator == ("table3", "new_requests", "total")]
    number, cell.text = int(cell.text), "@@"
    return html.compose(report).decode().replace("@@", markup.replace("N", str(number))), number


def printed(name: str) -> Report:
    """The report with another wording of one label."""
    old, _, new = name.partition(">")
    report = generate("attempts", year=2023)
    for table in ("table2", "table3", "table4"):
        for grid in report.grids(table):
            for row in grid:
                for cell in row:
                    if cell.text.endswith(old):
                        cell.text = cell.text[: -len(old)] + new
    return report


@pytest.mark.parametrize(
    ("wording", "table", "field"),
    [
        ("行政许可>不予行政许可", "table2", "licensing_decisions"),
        ("行政处罚>撤销行政处罚", "table2", "penalty_decisions"),
        ("行政强制>行政强制申请", "table2", "coercion_decisions"),
        ("属于国家秘密>不属于国家秘密", "table3", "denied_state_secret"),
        ("予以公开>不予以公开", "table3", "granted"),
    ],
)
def test_a_label_that_says_something_else_gives_no_number(wording: str, table: str, field: str) -> None:
    report = parsed(html.compose(printed(wording)).decode())
    cell = report["tables"][table]["cells"][field]
    cells = [cell] if "state" in cell else list(cell.values())
    assert {each["value"] for each in cells} == {None}
    assert {finding["rule"] for finding in report["findings"]} & {"ST05", "ST11"}


def test_swapped_blocks_of_a_flattened_table_four_are_not_taken_for_each_other() -> None:
    document = text.compose(REPORT, flattening="A").decode()
    swapped = document.replace("行政复议\n", "甲\n").replace("行政诉讼\n", "行政复议\n").replace("甲\n", "行政诉讼\n")
    assert swapped != document
    cells = parsed(swapped)["tables"]["table4"]["cells"]
    assert {cell["value"] for cell in cells.values()} == {None}


def test_a_table_of_another_organ_is_told() -> None:
    heading = "三、收到和处理政府信息公开申请情况"
    document = page().replace(heading + "</p>", heading + "</p><p>下表为县公安局的数据</p>")
    assert "下表为县公安局的数据" in document
    assert "ST14" in {finding["rule"] for finding in parsed(document)["findings"]}


@pytest.mark.parametrize(
    ("line", "others", "said"),
    [
        ("附:2022年度数据", True, 2022), ("2023年申请情况统计表", False, None), ("2022年情况表", True, None),
        ("2022 年统计数据如下", True, 2022), ("２０２２年统计数据如下", True, 2022),
        ("数据截至2024年1月10日", True, None),
        ("以下数据不含2022年的。", False, 2022), ("2022年2023年数据", False, None),
        ("按〔2021〕30号,数据如下", False, None),
    ],
)  # fmt: skip
def test_what_a_caption_says_of_the_year(line: str, others: bool, said: int | None) -> None:
    assert captions.is_of_others(line, 2023, "云河县人民政府") is others
    assert captions.mention(line, 2023, "云河县人民政府") == (said, None)


@pytest.mark.parametrize(
    "style", ["font-size:0", "opacity:0", "position:absolute;left:-9999px", "vertical-align:super"]
)
def test_digits_that_are_not_seen_or_raised_join_no_number(style: str) -> None:
    spoiled, total = with_cell(f'N<span style="{style}">7</span>')
    cell = parsed(spoiled)["tables"]["table3"]["cells"]["new_requests"]["total"]
    assert cell["value"] in (total, None)


def test_a_number_in_a_form_field_is_no_blank() -> None:
    spoiled, total = with_cell('<input value="N">')
    cell = parsed(spoiled)["tables"]["table3"]["cells"]["new_requests"]["total"]
    assert (cell["value"], cell["state"], cell["raw"]) == (None, "unparseable", str(total))


def test_two_numbers_in_a_cell_are_none() -> None:
    assert read("26(269)").state == "unparseable"
    assert read("26(撤回1件)").value == 26


@pytest.mark.parametrize("words", ["数十件", "一二场", "七八次", "无1件", "没有3件", "106.5件"])
def test_words_that_count_nothing_certain_are_no_quantities(words: str) -> None:
    assert quantities(f"全年{words}。") == []
