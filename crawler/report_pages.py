"""Whether a page shows a report itself, and which of its tables, by headings and labels that only reports have."""

from __future__ import annotations

import re

from scrapy.http import TextResponse

from crawler.families.page import once, plain_text

_NUMBERING = frozenset("第一二三四五六七八(12345678")  # that a heading begins with
_HEADINGS = tuple(
    re.compile(rf"^(?:第?[一二三四五六七八][、..部]?分?[,、]?|\([一二三四五六七八]\)|[1-8][、..])\s*{words}")
    for words in (
        r".{0,14}(?:总体情况|总体落实情况|基本情况|概述|概况|工作情况)",
        r".{0,12}主动公开.{0,12}(?:情况|数据|统计)?",
        r".{0,10}(?:收到和处理|依申请公开|申请公开|申请办理).{0,20}",
        r".{0,24}(?:行政复议|行政诉讼|申诉)",
        r".{0,10}(?:存在的?(?:主要)?(?:问题|不足)|主要问题|改进(?:情况|措施))",
        r"(?:其[他它])?(?:需要|应当)?(?:报告|说明)的(?:其他)?事项|其[他它](?:需要)?(?:报告|说明)?的?事项",
        r".{0,10}(?:收费|费用|减免)",
    )
)
_FORM_LABELS = (
    "本年新收政府信息公开申请", "上年结转政府信息公开申请", "予以公开", "部分公开", "不予公开", "无法提供", "不予处理",
    "结转下年度继续办理", "属于国家秘密", "三安全一稳定", "第二十条第", "未经复议直接起诉", "复议后起诉",
)  # fmt: skip
_TABLE_LABELS = {
    "table2": ("第二十条第", "行政许可"),
    "table3": ("本年新收", "结转下年度"),
    "table4": ("结果维持", "起诉"),
}
_STATISTICS_LABELS = ("主动公开政府信息数", "主动公开文件数", "主动公开信息数", "统计指标", "指标名称")


@once
def is_report_page(response: TextResponse) -> bool:
    """Whether the text of a page is a report: headings of its sections, or labels of its tables."""
    text = plain_text(response)
    labels = sum(label in text for label in _FORM_LABELS)
    if labels >= 5:
        return True
    lines = [line for line in text.split("\n") if line[:1] in _NUMBERING and len(line) < 60]
    return sum(any(heading.match(line) for line in lines) for heading in _HEADINGS) >= 3


def tables_shown(response: TextResponse) -> set[str]:
    """Which tables of a report a page shows itself, by labels that only they have; all of them for a form of 2014."""
    text = "".join(plain_text(response).split())
    if any(label in text for label in _STATISTICS_LABELS):
        return set(_TABLE_LABELS)
    return {name for name, labels in _TABLE_LABELS.items() if all(label in text for label in labels)}
