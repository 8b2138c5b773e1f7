"""The labels of the official tables as the portals print them: rows in order, with their groups.

Kept apart from the forms of ``parsers`` on purpose: a label that one of the two gets wrong shows up as a cell
that is not found.
"""

from __future__ import annotations

COLUMNS = ("自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计")

NEW, CARRIED_IN = "new_requests", "carried_over_from_prev_year"
RESULTS_TOTAL, CARRIED_OUT = "results_total", "carried_forward_to_next_year"

DENIED = {
    "denied_state_secret": "1.属于国家秘密",
    "denied_other_law_prohibits": "2.其他法律行政法规禁止公开",
    "denied_three_security_one_stability": "3.危及“三安全一稳定”",
    "denied_third_party_rights": "4.保护第三方合法权益",
    "denied_internal_affairs": "5.属于三类内部事务信息",
    "denied_process_info": "6.属于四类过程性信息",
    "denied_enforcement_case_file": "7.属于行政执法案卷",
    "denied_admin_inquiry": "8.属于行政查询事项",
}
UNABLE = {
    "unable_not_held": "1.本机关不掌握相关政府信息",
    "unable_needs_creation": "2.没有现成信息需要另行制作",
    "unable_unclear_after_correction": "3.补正后申请内容仍不明确",
}
REJECTED = {
    "rejected_petition_complaint": "1.信访举报投诉类申请",
    "rejected_duplicate": "2.重复申请",
    "rejected_public_publication": "3.要求提供公开出版物",
    "rejected_excessive_repeated": "4.无正当理由大量反复申请",
    "rejected_confirm_or_reissue": "5.要求行政机关确认或重新出具已获取信息",
}
OTHER_2021 = {
    "other_no_correction_overdue": "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
    "other_fee_unpaid_overdue": "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请",
    "other_misc": "3.其他",
}

Group = tuple[str, dict[str, str]]


def result_groups(form: str) -> list[Group]:
    """The groups of 三、本年度办理结果; a group of one unnamed row stands alone."""
    groups: list[Group] = [
        ("（一）予以公开", {"granted": ""}),
        ("（二）部分公开（区分处理的，只计这一情形，不计其他情形）", {"partially_granted": ""}),
        ("（三）不予公开", DENIED),
        ("（四）无法提供", UNABLE),
        ("（五）不予处理", REJECTED),
    ]
    groups.append(("（六）其他处理", OTHER_2021 if form == "2021" else {"other_handling": ""}))
    groups.append(("（七）总计", {RESULTS_TOTAL: ""}))
    return groups


def result_rows(form: str) -> list[str]:
    """The rows that add up to (七)总计, in order.

    >>> len(result_rows("2021")), len(result_rows("2019"))
    (21, 19)
    """
    return [row for _, rows in result_groups(form) for row in rows if row != RESULTS_TOTAL]


T4_BLOCKS = ("行政复议", "未经复议直接起诉", "复议后起诉")
T4_RESULTS = ("结果维持", "结果纠正", "其他结果", "尚未审结", "总计")

CORNER = "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）"
ITEM = "第二十条第（{}）项"
