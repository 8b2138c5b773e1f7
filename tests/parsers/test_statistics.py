"""The statistics table of reports before 2019: each row right, or without a number and told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from parsers.forms import FormError
from parsers.forms.statistics import load, statistics_form
from parsers.report import Report
from tests.parsers.statistics_forms import (
    FLATTENINGS,
    NATIONAL,
    NATIONAL_HEADER,
    PROVINCIAL,
    PROVINCIAL_HEADER,
    SHORT,
    SHORT_HEADER,
    flat,
    html,
    page,
    table_of,
    text,
)

FORMS = {
    "provincial": (PROVINCIAL_HEADER, PROVINCIAL),
    "national": (NATIONAL_HEADER, NATIONAL),
    "short": (SHORT_HEADER, SHORT),
}


def number(printed: str) -> float:
    return float(printed)


def same_as_printed(report: Report, rows: Sequence[Sequence[str]]) -> None:
    printed = [row for row in rows if row[2]]
    read = table_of(report).rows
    assert [row.label for row in read] == [row[0] for row in printed]
    for row, (label, unit, value, *total) in zip(read, printed, strict=True):
        assert (row.value.value, row.value.state, row.value.raw) == (number(value), "value", value), label
        assert row.unit == unit
        assert (row.cumulative.value if row.cumulative else None) == (number(total[0]) if total else None), label
        assert row.key is not None, label


@pytest.mark.parametrize("form", FORMS)
def test_a_grid_after_the_signature_is_read_row_by_row(form: str) -> None:
    header, rows = FORMS[form]
    report = page(html([header, *rows]))
    same_as_printed(report, rows)
    assert (report.version, report.recognised) == ("stat2014", True)
    assert len({row.key for row in table_of(report).rows}) == len(table_of(report).rows)


@pytest.mark.parametrize("kind", FLATTENINGS)
@pytest.mark.parametrize("form", FORMS)
def test_flattened_text_is_read_row_by_row(form: str, kind: str) -> None:
    header, rows = FORMS[form]
    same_as_printed(text(flat([header, *rows], kind)), rows)


@pytest.mark.parametrize("form", FORMS)
def test_a_whole_table_breaks_no_relation(form: str) -> None:
    header, rows = FORMS[form]
    report = page(html([header, *rows]))
    assert not [f for f in report.findings if f.rule.startswith("S14")]
    assert report.checks["S1401"] == {"pass": 2 if form == "provincial" else 1}


def test_a_report_before_2019_is_not_held_to_the_format_of_2019() -> None:
    report = page(html([PROVINCIAL_HEADER, *PROVINCIAL]))
    told = {finding.rule for finding in report.findings}
    assert not told & {"ST02", "ST03", "ST04", "ST05", "T201", "T302", "T402"}


def test_every_key_of_a_relation_is_a_row() -> None:
    form = statistics_form()
    assert all({relation.whole, *relation.parts} <= form.indicators.keys() for relation in form.relations)


def test_rows_of_one_wording_are_told_apart_by_their_parent_alone() -> None:
    at = next(at for at, row in enumerate(NATIONAL) if row[0] == "四、行政复议数量")
    torn = [*NATIONAL[at + 1 : at + 4], NATIONAL[at], *NATIONAL[at + 4 :]]  # the parts stand before their whole
    read = table_of(page(html([NATIONAL_HEADER, *torn]))).rows
    assert [row.key for row in read[:4]] == ["s14_reviews_upheld", None, None, "s14_reviews"]
    assert [row.key for row in read[5:8]] == ["s14_suits_upheld", "s14_suits_corrected", "s14_suits_other"]


def test_digits_that_ran_together_are_no_number() -> None:
    report = text(
        "指标名称 计量单位 2016年度 历年累计\n主动公开文件数 条 346085376\n行政复议数 件 26\n行政诉讼数 件 1 2"
    )
    one, two, three = table_of(report).rows
    assert [(row.value.value, row.value.state, row.value.raw) for row in (one, two)] == [
        (None, "unparseable", "346085376"),
        (None, "unparseable", "26"),
    ]
    assert (three.value.value, three.cumulative and three.cumulative.value) == (1, 2)
    assert [f.actual for f in report.findings if f.rule == "ST08"] == ["346085376", "26"]


def test_one_number_glued_to_its_label_and_unit_is_certain_under_one_column() -> None:
    report = text("指标名称计量单位年末统计\n主动公开信息数条2206\n网站公开条2180\n政府公报条26")
    assert [row.value.value for row in table_of(report).rows] == [2206, 2180, 26]


@pytest.mark.parametrize("header", ["2015年度", "情况"])
def test_a_column_that_is_not_the_reports_year_gives_no_number(header: str) -> None:
    for report in (
        page(html([("指标名称", "计量单位", header), *SHORT])),
        text(flat([("指标名称", "计量单位", header), *SHORT], "D")),
    ):
        assert {row.value.value for row in table_of(report).rows} == {None}
        assert any(f.rule == "ST08" for f in report.findings)


def test_a_table_that_lost_its_header_gives_no_number() -> None:
    for report in (page(html(SHORT)), text(flat(SHORT, "A"))):
        assert {row.value.state for row in table_of(report).rows} == {"unparseable"}


def test_a_second_grid_goes_on_under_the_header_of_the_first() -> None:
    same_as_printed(page(html([PROVINCIAL_HEADER, *PROVINCIAL[:7]]) + html(PROVINCIAL[7:])), PROVINCIAL)


def test_a_row_that_lost_a_cell_is_not_shifted_into_place() -> None:
    rows = [list(row) for row in PROVINCIAL]
    rows[0].pop(2)
    rows[3].pop(1)
    read = table_of(page(html([PROVINCIAL_HEADER, *rows]))).rows
    assert [row.value.state for row in read[:5]] == ["unparseable", "value", "value", "unparseable", "value"]


def test_a_value_over_two_rows_belongs_to_neither() -> None:
    table = html([SHORT_HEADER, *SHORT]).replace("<td>26</td>", '<td rowspan="2">26</td>').replace("<td>9</td>", "")
    read = table_of(page(table)).rows
    assert [row.value.value for row in read] == [2206, 2180, None, None, 4, 0, 5]


def test_money_has_only_the_unit_that_is_printed() -> None:
    rows = [(label, value) for label, _, value in SHORT]
    money = [
        ("政府信息公开收费减免金额", "12.5"),
        ("依申请公开信息收取的费用(万元)", "0.3"),
        ("政府信息公开专项经费", "8万元"),
    ]
    read = table_of(page(html([("指标名称", "年末统计"), *rows, *money]))).rows
    assert [(row.value.value, row.unit) for row in read[-3:]] == [(12.5, None), (0.3, "万元"), (8, "万元")]


def test_a_later_report_has_no_statistics_unless_it_prints_them() -> None:
    title = "云河县人民政府2021年政府信息公开工作年度报告"
    assert (
        page(
            "<table><tr><td>项目</td><td>数量</td></tr><tr><td>行政复议数</td><td>3</td></tr></table>", title
        ).statistics
        is None
    )
    assert len(table_of(page(html([NATIONAL_HEADER, *NATIONAL]), title)).rows) == 58


def test_another_table_of_an_older_report_is_none_of_statistics() -> None:
    report = page(html([("项目", "单位", "数量"), ("电脑", "个", "3"), ("书架", "个", "4"), ("打印机", "个", "1")]))
    assert table_of(report).status == "missing"


@pytest.mark.parametrize(
    ("label", "value", "total", "rule", "actual"),
    [
        ("2.网上申请数", "8", "60", "S1401", 12),
        ("2.网上申请数", "9", "61", "S1401", 90),
        ("2.同意部分公开答复数", "2", "5", "S1402", 12),
        ("其中:1.政府网站公开数", "3461", "84270", "S1403", 3460),
        ("行政复议数", "7", "6", "S1404", 7),
    ],
)
def test_a_figure_that_breaks_a_relation_is_told(label: str, value: str, total: str, rule: str, actual: float) -> None:
    rows = [(row[0], row[1], value, total) if row[0] == label else row for row in PROVINCIAL]
    (finding,) = [f for f in page(html([PROVINCIAL_HEADER, *rows])).findings if f.rule.startswith("S14")]
    assert (finding.rule, finding.status, finding.actual) == (rule, "fail", actual)
    assert label.lstrip("其中:") in finding.message_zh


def test_a_blank_part_is_no_zero_in_a_sum() -> None:
    rows = [(*row[:2], "", row[3]) if row[0] == "3.信函、传真申请数" else row for row in PROVINCIAL]
    report = page(html([PROVINCIAL_HEADER, *rows]))
    assert report.checks["S1401"] == {
        "not_assessable": 1,
        "pass": 1,
    }  # 2 + 9 is less than 12, the blank may be the rest
    rows = [(*row[:2], "11", row[3]) if row[0].startswith("受理") else row for row in rows]
    assert page(html([PROVINCIAL_HEADER, *rows])).checks["S1401"] == {"pass_assuming_blank_zero": 1, "pass": 1}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("units = 1", "rows"),
        ('[[rows]]\nkey = "a"\nlabel = "b"\n[[rows]]\nkey = "a"\nlabel = "c"', "'a' stands twice"),
        ('[[rows]]\nkey = "a"\nlabel = "b"\nparent = "z"', "'z'"),
    ],
)
def test_a_form_that_cannot_be_used_is_refused_with_its_place(data: str, message: str) -> None:
    head = 'document = "d"\nunits = []\ntopics = []\nheadings = []\nsignatures = []\n[columns]\nlabel = ["指标"]\n'
    with pytest.raises(FormError, match=message):
        load("2014.toml", data if data.startswith("units") else head + data)


def test_who_filled_in_the_form_is_not_kept() -> None:
    signed = [("单位负责人:张某某", "审核人:李某某", "填表人:王某某", "2017"), ("联系电话", "", "3221234", "3221235")]
    report = page(html([PROVINCIAL_HEADER, *PROVINCIAL, *signed]))
    same_as_printed(report, PROVINCIAL)
    assert "某" not in str(table_of(report).to_dict())
    same_as_printed(text(flat([PROVINCIAL_HEADER, *PROVINCIAL, *signed], "D")), PROVINCIAL)


def test_labels_in_a_list_without_numbers_are_no_table() -> None:
    report = text("公开渠道有:\n1.政府公报\n2.网站公开\n3.政务微博公开数\n4.政务微信公开数")
    assert table_of(report).status == "missing"


@pytest.mark.parametrize(
    "body", ["指标名称计量单位" + "、" * 200, "指标名称计量单位" + "主动公开文件数" * 40, "|" * 300]
)
def test_a_line_that_only_looks_like_a_table_gives_no_number(body: str) -> None:
    assert not [row for row in table_of(text(body)).rows if row.value.value is not None]


def test_a_glued_row_between_bars_is_told_and_takes_no_number_of_another() -> None:
    lines = flat([PROVINCIAL_HEADER, *PROVINCIAL], "B").replace("行政复议数 |\n件 |\n2 |\n6 |", "行政复议数件26 |")
    report = text(lines.replace("行政诉讼数 |\n", ""))
    row = next(row for row in table_of(report).rows if row.label == "行政复议数")
    assert (row.value.value, row.value.state) == (None, "unparseable")
    assert any(f.rule == "ST08" and "行政复议数" in f.message_zh for f in report.findings)


def test_a_struck_label_or_number_gives_no_number() -> None:
    table = (
        html([PROVINCIAL_HEADER, *PROVINCIAL])
        .replace("行政复议数", "<s>行政复议数</s>")
        .replace(">120.5<", "><s>120.5</s><")
    )
    read = {row.key: row.value.value for row in table_of(page(table)).rows}
    assert (read.get("s14_reviews"), read["s14_fees_waived"], read["s14_suits"]) == (None, None, 1)


def test_the_table_of_a_second_report_on_the_page_is_not_taken() -> None:
    other = [(*row[:2], str(int(float(row[2])) + 1), "99999") for row in PROVINCIAL]
    title = "云河县人民政府2015年政府信息公开工作年度报告"
    more = "".join(
        f"<p>{head}</p><p>另一年度。</p>"
        for head in ("一、概述", "二、主动公开政府信息的情况", "五、存在的主要问题及改进情况")
    )
    second = f"<h1>{title}</h1>{more}{html([PROVINCIAL_HEADER, *other])}"
    same_as_printed(page(html([PROVINCIAL_HEADER, *PROVINCIAL]) + second), PROVINCIAL)
