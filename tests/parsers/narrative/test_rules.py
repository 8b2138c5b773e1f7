"""The prose against the tables and against itself: what fails, what passes, what can't be told (NR01-NR12, PL01)."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

import parsers
from parsers.forms import TABLES
from tests.parsers import render

Path = tuple[str, ...]
FORM = "2021"
FIXED: dict[str, dict[Path, str]] = {
    "table2": {("regulations_in_force",): "0", ("normative_docs_issued",): "9", ("normative_docs_repealed",): "4",
               ("normative_docs_in_force",): "37"},
    "table3": {("new_requests", "total"): "40", ("carried_over_from_prev_year", "total"): "2",
               ("results_total", "total"): "41", ("other_fee_unpaid_overdue", "total"): "0"},
    "table4": {("review_total",): "3", ("litigation_direct_total",): "2", ("litigation_after_review_total",): "1",
               ("review_corrected",): "0", ("litigation_direct_corrected",): "0",
               ("litigation_after_review_corrected",): "0"},
}  # fmt: skip


@dataclass
class Told:
    """What the rules say of a prose beside tables: rule -> statuses, and the findings themselves."""

    report: parsers.Report
    checks: dict[str, dict[str, int]] = field(init=False)

    def __post_init__(self) -> None:
        self.checks = self.report.checks

    def __getitem__(self, rule: str) -> set[str]:
        return set(self.checks.get(rule, {}))

    def failure(self, rule: str) -> parsers.Finding:
        (finding,) = [f for f in self.report.findings if f.rule == rule and f.status == "fail"]
        return finding


def tell(prose: str, cells: dict[Path, str] | None = None, without: str | None = None) -> Told:
    printed = []
    for number, name in enumerate(TABLES):
        values = dict.fromkeys(render.figures(FORM, name, number), "0") | FIXED[name]
        values |= {path: text for path, text in (cells or {}).items() if path in values}
        printed.append("" if name == without else render.html_table(render.grid(FORM, name, values)))
    page = render.report_html(printed).replace(render.PROSE[0], prose)
    return Told(parsers.parse_report(parsers.Source(page.encode())))


@pytest.mark.parametrize(
    ("rule", "prose"),
    [
        ("NR01", "全年收到政府信息公开申请40件。"),
        ("NR01", "全年受理政府信息公开申请42件。"),
        ("NR01", "全年办理政府信息公开申请41件。"),
        ("NR02", "引起行政复议3件。"),
        ("NR03", "引起行政诉讼3件。"),
        ("NR03", "未经复议直接起诉2件，复议后起诉1件。"),
        ("NR04", "本年制发规范性文件9件，废止4件，现行有效37件。"),
        ("NR05", "收到申请40件，其中网上申请30件，信函申请10件。"),
        ("NR06", "收到网民留言88条，回复87条，回复率98.9%。"),
        ("NR07", "收到申请40件，上年为50件，同比下降20%。"),
        ("NR08", "未发生结果纠正的行政复议、行政诉讼案件。"),
        ("NR09", "政务微信公众号发布信息800条。"),
        ("NR10", "本年度未收取信息处理费。"),
        ("NR11", "全年收到申请40件。共收到政府信息公开申请40件。"),
        ("NR12", "全年收到申请40件。"),
    ],
)
def test_what_agrees_passes(rule: str, prose: str) -> None:
    assert tell(prose)[rule] == {"pass"}


@pytest.mark.parametrize(
    ("rule", "prose", "locator", "expected", "actual"),
    [
        ("NR02", "引起行政复议5件。", "narrative.review_cases", 3, 5),
        ("NR03", "引起行政诉讼2件。", "narrative.litigation_cases", 3, 2),
        ("NR03", "复议后起诉2件。", "narrative.litigation_after_review_cases", 1, 2),
        ("NR04", "本年制发规范性文件8件。", "narrative.normative_docs_issued", 9, 8),
        ("NR05", "收到申请40件，其中网上申请30件，信函申请13件。", "narrative.requests_received", 40, 43),
        ("NR06", "收到网民留言88条，回复80条，回复率98.9%。", "narrative.message_reply_rate_pct", 90.91, 98.9),
        ("NR07", "收到申请40件，上年为50件，同比下降30%。", "narrative.requests_yoy_pct", -20.0, -30),
        ("NR08", "全年未发生行政复议。", "table4.review_total", 0, 3),
        ("NR09", "政务微信公众号发布信息265534篇。", "narrative.wechat_posts", 1500, 265534),
        ("NR11", "全年收到申请40件。共收到政府信息公开申请41件。", "narrative.requests_received", 40, 41),
        ("NR12", "收到人大代表建议5件，政协提案7，均已办复。", "sections[1]", "件", "政协提案7"),
        ("NR12", "根据条例（国务院令第711）编制。", "sections[1]", None, "根据条例（国务院令第711）编制。"),
        ("NR12", "820日召开会议。", "sections[1]", None, "820日召开会议。"),
    ],
)
def test_what_disagrees_fails_with_both_sides(
    rule: str, prose: str, locator: str, expected: object, actual: object
) -> None:
    finding = tell(prose).failure(rule)
    assert (finding.locator, finding.expected, finding.actual) == (locator, expected, actual)
    assert finding.message_zh
    assert finding.message_en


def test_requests_are_compared_with_new_ones_all_and_results() -> None:
    finding = tell("全年收到政府信息公开申请39件。").failure("NR01")
    assert finding.actual == 39
    assert set(finding.expected.values()) == {40, 42, 41}


def test_a_blank_or_placeholder_is_not_zero() -> None:
    for blank in ("", "/", "—"):
        told = tell("全年收到申请3件，引起行政复议5件。未发生行政诉讼。", {
            ("new_requests", "total"): blank, ("review_total",): blank, ("litigation_direct_total",): blank,
            ("litigation_after_review_total",): blank})  # fmt: skip
        assert [told[rule] for rule in ("NR01", "NR02", "NR08")] == [{"not_assessable"}] * 3


def test_a_missing_table_is_not_zero() -> None:
    told = tell("全年收到申请3件，未收取信息处理费。", without="table3")
    assert [told[rule] for rule in ("NR01", "NR10", "PL01")] == [{"not_assessable"}] * 3


@pytest.mark.parametrize(
    "prose",
    [
        "全年收到申请近60件。",  # approximate
        "其中，县教育局收到申请7件。",  # of one office
        "去年收到申请99件。",
        "引起行政复议、行政诉讼共9件。",  # two things together
        "收到申请40件，其中网上申请30件。",  # parts not all named
        "收到申请40件，其中自然人申请35件，网上申请30件。",  # parts of two kinds
        "受理行政复议案件120件。",  # as the reviewing body
        "收到申请40件，受理申请42件。",  # two verbs
        "加强行政复议和行政诉讼应对，举办培训3次，又举办培训1次。",
    ],
)
def test_what_is_not_clearly_the_same_quantity_raises_nothing(prose: str) -> None:
    told = tell(prose)
    assert {rule for rule, counts in told.checks.items() if rule[:2] == "NR" and "fail" in counts} == set()


def test_no_corrections_are_no_statement_on_the_number_of_cases() -> None:
    told = tell("未发生引起行政复议和行政诉讼结果纠正等情形。")
    assert (told["NR02"], told["NR03"], told["NR08"]) == ({"not_assessable"}, {"not_assessable"}, {"pass"})


def test_unpaid_fees_beside_no_fees_are_reported() -> None:
    for prose in ("未收取信息处理费。", "收取信息处理费0元。"):
        finding = tell(prose, {("other_fee_unpaid_overdue", "total"): "2"}).failure("NR10")
        assert (finding.locator, finding.actual) == ("table3.other_fee_unpaid_overdue.total", 2)


def test_more_disputes_than_requests_are_worth_a_look() -> None:
    assert tell("好。")["PL01"] == {"pass"}
    finding = tell("好。", {("review_total",): "40"}).failure("PL01")
    assert (finding.severity, finding.expected, finding.actual) == ("info", 41, 43)


def test_the_same_units_counted_twice_must_agree() -> None:
    prose = "公开工作涉及25家单位。开展清理，共涉及12个乡镇和26个县直单位，删除信息90条。"
    finding = tell(prose).failure("NR11")
    assert (finding.locator, finding.expected, finding.actual) == ("narrative.units_covered", 25, 26)
