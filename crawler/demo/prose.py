"""The text around the tables: written for five reports, composed from phrases for all others.

A text is a list of ``Section``: number, heading, paragraphs. Files in ``data/prose`` hold one paragraph a line
under lines ``# preamble`` and ``# 1 一、总体情况``. Composed texts quote the figures of their own tables, so the
two agree.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

from crawler.demo.forms import NEW, RESULTS_TOTAL
from crawler.demo.site import Report

PROSE = Path(__file__).parent / "data" / "prose"

HEADINGS = {
    1: "一、总体情况",
    2: "二、主动公开政府信息情况",
    3: "三、收到和处理政府信息公开申请情况",
    4: "四、政府信息公开行政复议、行政诉讼情况",
    5: "五、存在的主要问题及改进情况",
    6: "六、其他需要报告的事项",
}
CITED = {
    "2019": "《国务院办公厅政府信息与政务公开办公室关于政府信息公开工作年度报告有关事项的通知》"
    "（国办公开办函〔2019〕60号）",
    "2021": "《国务院办公厅政府信息与政务公开办公室关于印发〈中华人民共和国政府信息公开工作年度报告格式〉的通知》"
    "（国办公开办函〔2021〕30号）",
}

OPENING = (
    "{year}年，{subject}把公开作为改进工作的办法，年初列出任务，年中对照检查，年末逐项总结，公开的及时性和完整性有所提高。",
    "{year}年，{subject}围绕群众和企业关心的事项安排公开内容，做到有人负责、有处查询、有问必答。",
    "{year}年，{subject}坚持公开为常态、不公开为例外，从决策到结果各个环节都有信息可查。",
)
PROACTIVE = (
    "全年主动公开政府信息{published}条，其中政府网站{web}条、政务新媒体{media}条、其他渠道{rest}条。发布政策解读{explained}篇。",
    "通过各渠道公开政府信息{published}条，网站{web}条，政务新媒体{media}条，公示栏等{rest}条；重要文件同步解读，全年{explained}篇。",
)
REQUESTS = (
    "全年收到政府信息公开申请{new}件，连同上年结转{carried}件，共答复{total}件，没有超过法定期限的情形。",
    "收到政府信息公开申请{new}件，上年结转{carried}件，办结{total}件。申请内容以土地、房屋和社会保障为多。",
)
NO_REQUESTS = "本年度没有收到政府信息公开申请。"
MANAGEMENT = (
    "公文起草时确定公开属性，发布前逐级审核，发布后定期核对；对已失效的信息及时标注或移除。",
    "修订主动公开目录，按目录逐项检查；规范性文件集中公布，群众可按年份和部门检索。",
    "建立信息台账，谁产生、谁审核、谁发布都有记录，便于查找责任。",
)
PLATFORM = (
    "优化网站栏目设置，合并内容重复的栏目，检索更快；政务新媒体实行备案管理。",
    "政务服务大厅设查询点，配有工作人员帮助群众查找和打印；网站适老化改造完成。",
    "调整专栏结构，年度报告、指南、制度和法定主动公开内容各归其位。",
)
OVERSIGHT = (
    "全年组织业务培训{trainings}次，每季度通报检查结果；公开工作纳入年度考核，没有需要追究责任的情形。",
    "举办培训{trainings}次，邀请专家讲解答复规范；接受群众评议，意见逐条整改。",
)
PROBLEMS = (
    "存在的问题：有的单位公开不够主动，解读形式单一，人员更换频繁、业务不熟。",
    "不足之处：部分信息更新不及时，个别答复说理不充分，基层力量较弱。",
    "回顾全年，公开内容与群众需要还有距离，专栏之间有重复，考核办法不够细。",
)
IMPROVEMENT = (
    "改进办法：细化任务清单，明确到人到日；增加图解和问答形式的解读；新到岗人员先培训后上岗。",
    "下一步，一是按月检查更新情况；二是整理典型答复供各单位参考；三是充实基层人员，定期轮训。",
    "今后将多听取群众意见，合并重复栏目，把考核结果与改进措施一一对应。",
)
FEES = "本年度没有收取政府信息公开信息处理费。"
NOTHING = "没有其他需要报告的事项。"


@dataclass(frozen=True, slots=True)
class Section:
    """``number`` 0 is what stands before section one."""

    number: int
    heading: str = ""
    paragraphs: list[str] = field(default_factory=list)


def text_of(report: Report) -> list[Section]:
    """The sections of a report, without its tables."""
    return written(report.prose) if report.prose else composed(report)


def written(name: str) -> list[Section]:
    """A text of ``data/prose``."""
    sections: list[Section] = []
    for line in (PROSE / f"{name}.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("# preamble"):
            sections.append(Section(0))
        elif line.startswith("# "):
            number, _, heading = line[2:].partition(" ")
            sections.append(Section(int(number), heading))
        elif line.strip():
            sections[-1].paragraphs.append(line.strip())
    return sections


def composed(report: Report) -> list[Section]:
    """A text of phrases, the same in every run."""
    rng = random.Random(f"{report.subject} {report.year} text")
    year = report.year
    web, media, rest = rng.randint(80, 4000), rng.randint(40, 2500), rng.randint(3, 200)
    facts = {
        "year": year,
        "subject": report.subject,
        "published": web + media + rest,
        "web": web,
        "media": media,
        "rest": rest,
        "explained": rng.randint(3, 90),
        "new": report.figures.number(NEW),
        "carried": report.figures.number("carried_over_from_prev_year"),
        "total": report.figures.number(RESULTS_TOTAL),
        "trainings": rng.randint(1, 6),
    }
    requests = rng.choice(REQUESTS) if facts["new"] or facts["carried"] else NO_REQUESTS

    def say(phrases: tuple[str, ...]) -> str:
        return rng.choice(phrases).format(**facts)

    return [
        Section(
            0,
            "",
            [
                f"根据《中华人民共和国政府信息公开条例》和{CITED[report.figures.form2]}的要求，编制本报告。"
                f"报告共六个部分，所列数据的统计期限为{year}年1月1日至{year}年12月31日。"
            ],
        ),
        Section(
            1,
            HEADINGS[1],
            [
                say(OPENING),
                "（一）主动公开。" + say(PROACTIVE),
                "（二）依申请公开。" + requests.format(**facts),
                "（三）政府信息管理。" + say(MANAGEMENT),
                "（四）平台建设。" + say(PLATFORM),
                "（五）监督保障。" + say(OVERSIGHT),
            ],
        ),
        *(Section(number, HEADINGS[number]) for number in (2, 3, 4)),
        Section(5, HEADINGS[5], [say(PROBLEMS), say(IMPROVEMENT)]),
        Section(6, HEADINGS[6], [FEES if year >= 2020 else NOTHING]),
    ]
