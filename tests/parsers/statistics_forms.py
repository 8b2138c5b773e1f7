"""Statistics tables composed for tests: figures of the national, the provincial, the short and a legacy form."""

from __future__ import annotations

from collections.abc import Sequence

import parsers
from parsers.report import Report
from parsers.statistics import Statistics

Row = tuple[str, str, str, str]  # label, unit, value, cumulative

TITLE = "云河县人民政府2016年政府信息公开工作年度报告"
PROVINCIAL_HEADER = ("指标名称", "计量单位", "2016年度", "历年累计")
PROVINCIAL: list[Row] = [
    ("主动公开文件数", "条", "3460", "85376"),
    ("其中:1.政府网站公开数", "条", "3391", "84270"),
    ("2.政府公报公开数", "条", "69", "1106"),
    ("受理依申请公开信息总数", "条", "12", "90"),
    ("其中:1.当面申请数", "条", "2", "20"),
    ("2.网上申请数", "条", "9", "60"),
    ("3.信函、传真申请数", "条", "1", "10"),
    ("对申请的答复总数", "条", "12", "88"),
    ("其中:1.同意公开答复数", "条", "8", "70"),
    ("2.同意部分公开答复数", "条", "1", "5"),
    ("3.不予公开答复数", "条", "2", "4"),
    ("4.其他类型答复数", "条", "1", "9"),
    ("接受行政申诉、举报数", "件", "0", "3"),
    ("行政复议数", "件", "2", "6"),
    ("行政诉讼数", "件", "1", "2"),
    ("政府信息公开收费减免金额", "元", "120.5", "3000"),
]
NATIONAL_HEADER = ("统计指标", "单位", "统计数")
NATIONAL: list[tuple[str, str, str]] = [
    ("一、主动公开情况", "", ""),
    ("(一)主动公开政府信息数(不同渠道和方式公开相同信息计1条)", "条", "5120"),
    ("其中:主动公开规范性文件数", "条", "14"),
    ("制发规范性文件总数", "件", "15"),
    ("(二)通过不同渠道和方式公开政府信息的情况", "", ""),
    ("1.政府公报公开政府信息数", "条", "130"),
    ("2.政府网站公开政府信息数", "条", "5004"),
    ("3.政务微博公开政府信息数", "条", "871"),
    ("4.政务微信公开政府信息数", "条", "640"),
    ("5.其他方式公开政府信息数", "条", "22"),
    ("二、回应解读情况", "", ""),
    ("(一)回应公众关注热点或重大舆情数(不同方式回应同一热点或舆情计1次)", "次", "33"),
    ("1.参加或举办新闻发布会总次数", "次", "4"),
    ("其中:主要负责同志参加新闻发布会次数", "次", "1"),
    ("2.政府网站在线访谈次数", "次", "6"),
    ("其中:主要负责同志参加政府网站在线访谈次数", "次", "2"),
    ("3.政策解读稿件发布数", "篇", "57"),
    ("4.微博微信回应事件数", "次", "41"),
    ("5.其他方式回应事件数", "次", "3"),
    ("三、依申请公开情况", "", ""),
    ("(一)收到申请数", "件", "48"),
    ("1.当面申请数", "件", "11"),
    ("2.传真申请数", "件", "0"),
    ("3.网络申请数", "件", "30"),
    ("4.信函申请数", "件", "7"),
    ("(二)申请办结数", "件", "46"),
    ("1.按时办结数", "件", "45"),
    ("2.延期办结数", "件", "1"),
    ("(三)申请答复数", "件", "46"),
    ("1.属于已主动公开范围数", "件", "10"),
    ("2.同意公开答复数", "件", "17"),
    ("3.同意部分公开答复数", "件", "3"),
    ("4.不同意公开答复数", "件", "6"),
    ("其中:1.涉及国家秘密", "件", "1"),
    ("2.涉及商业秘密", "件", "0"),
    ("3.涉及个人隐私", "件", "2"),
    ("4.危及国家安全、公共安全、经济安全和社会稳定", "件", "0"),
    ("5.不是《条例》所指政府信息", "件", "2"),
    ("6.法律法规规定的其他情形", "件", "1"),
    ("5.不属于本行政机关公开数", "件", "4"),
    ("6.申请信息不存在数", "件", "3"),
    ("7.告知作出更改补充数", "件", "1"),
    ("8.告知通过其他途径办理数", "件", "2"),
    ("四、行政复议数量", "件", "5"),
    ("(一)维持具体行政行为数", "件", "3"),
    ("(二)被依法纠错数", "件", "1"),
    ("(三)其他情形数", "件", "1"),
    ("五、行政诉讼数量", "件", "4"),
    ("(一)维持具体行政行为或者驳回原告诉讼请求数", "件", "2"),
    ("(二)被依法纠错数", "件", "2"),
    ("(三)其他情形数", "件", "0"),
    ("六、举报投诉数量", "件", "1"),
    ("七、依申请公开信息收取的费用", "万元", "0.35"),
    ("(一)政府信息公开工作专门机构数", "个", "24"),
    ("(二)设置政府信息公开查阅点数", "个", "18"),
    ("(三)从事政府信息公开工作人员数", "人", "63"),
    ("1.专职人员数", "人", "9"),
    ("2.兼职人员数", "人", "54"),
    ("(四)政府信息公开专项经费", "万元", "12.5"),
    ("(一)召开政府信息公开工作会议或专题会议数", "次", "5"),
    ("(二)举办各类培训班数", "次", "2"),
    ("(三)接受培训人员数", "人次", "130"),
]
SHORT_HEADER = ("指标名称", "计量单位", "年末统计")
SHORT: list[tuple[str, str, str]] = [
    ("主动公开信息数", "条", "2206"),
    ("其中:1、网站公开", "条", "2180"),
    ("2、政府公报", "条", "26"),
    ("受理政府信息公开申请总数", "条", "9"),
    ("其中:1、当面申请数", "条", "4"),
    ("2、传真申请数", "条", "0"),
    ("3、电子邮件申请数", "条", "5"),
]
FLATTENINGS = "ABDEFW"


def flat(rows: Sequence[Sequence[str]], kind: str) -> str:
    """The text of a table: A a cell a line, B ``cell |`` lines, D bars in a line, E bars on lines, F both, W words."""
    cells = [cell for row in rows for cell in row if cell or kind == "D"]
    if kind == "A":
        return "\n\n".join(cells)
    if kind == "B":
        return "\n".join(f"{cell} |" for cell in cells)
    if kind == "D":
        return "\n".join(" | ".join(row) + " |" for row in rows)
    if kind == "E":
        return "\n|\n".join(cells)
    if kind == "F":
        return "\n".join(f"| \n {cell}  |" for cell in cells)
    return "\n".join(" ".join(cell for cell in row if cell) for row in rows)


def html(rows: Sequence[Sequence[str]]) -> str:
    lines = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    return "<table border=1>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def page(table: str, title: str = TITLE) -> Report:
    """A page of 2016 with the table after the signature."""
    body = (
        "<p>一、概述</p><p>本县稳步推进信息公开,完善目录和指南。</p><p>二、主动公开政府信息的情况</p><p>发布渠道以网站为主。</p>"
        "<p>三、存在的主要问题和改进措施</p><p>人员不足,下一步加强培训。</p><p>云河县人民政府办公室</p><p>2017年2月10日</p>"
    )
    text = (
        f"<html><head><meta charset=utf-8><title>{title}</title></head><body><div><h1>{title}</h1>{body}{table}</div>"
    )
    return parsers.parse_report(parsers.Source(text.encode(), content_type="text/html; charset=utf-8"))


def text(table: str, title: str = TITLE) -> Report:
    body = f"{title}\n\n一、概述\n\n本县稳步推进信息公开。\n\n六、其他需要报告的事项\n\n无。\n\n{table}\n"
    return parsers.parse_report(parsers.Source(body.encode(), content_type="text/plain; charset=utf-8"))


def table_of(report: Report) -> Statistics:
    assert report.statistics is not None
    return report.statistics


def numbers(report: Report) -> dict[tuple[str, str | None], tuple[float | None, float | None]]:
    """(label, key) -> value and cumulative, for every row read."""
    return {
        (row.label, row.key): (row.value.value, row.cumulative.value if row.cumulative else None)
        for row in table_of(report).rows
    }
