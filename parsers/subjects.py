"""Whose report it is: the organ, the year and the kind of subject, from a title.

``read_title`` splits a title into organ and year; ``classify`` tells the kind of an organ from its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from parsers import regions
from parsers.dates import arabic_years, widths, years

SubjectType = Literal[
    "people_government",
    "government_office",
    "department",
    "township",
    "subdistrict",
    "development_zone",
    "public_institution",
    "unknown",
]
Scope = Literal["region_aggregate", "government_office", "single_agency", "unknown"]

# First match wins. The last words of an organ's name tell its kind.
KINDS: tuple[tuple[re.Pattern[str], SubjectType], ...] = (
    (re.compile(r"街道(?:办事处|办|党工委)?$|办事处$"), "subdistrict"),
    (re.compile(r"(?:镇|乡|苏木)(?:人民)?政府(?:办公室|党政办)?$|(?:镇|[^新城]乡|苏木)$"), "township"),
    (
        re.compile(r"(?:人民政府|市政府|县政府|区政府|省政府|州政府|政府)办公[室厅]?$|政府办$|^办公[室厅]$"),
        "government_office",
    ),
    (re.compile(r"人民政府$|(?:省|市|县|区|州|盟|旗)政府$|行政公署$|行署$"), "people_government"),
    (
        re.compile(
            r"(?:开发区|高新区|示范区|产业园区?|工业园区?|新区|园区|试验区|保税区)(?:管理委员会|管委会)?$|管委会$"
        ),
        "development_zone",
    ),
    (
        re.compile(r"(?:医院|学校|大学|学院|中学|小学|公司|集团|银行|图书馆|博物馆|供电局|水务集团)$"),
        "public_institution",
    ),
    (re.compile(r"(?:局|委员会|委|厅|中心|办公室|部|署|总队|支队|大队|院|(?<!网)站|处|社|会|办)$"), "department"),
)
SCOPES: dict[SubjectType, Scope] = {
    "people_government": "region_aggregate",
    "government_office": "government_office",
    "department": "single_agency",
    "township": "single_agency",
    "subdistrict": "single_agency",
    "development_zone": "single_agency",
    "public_institution": "single_agency",
    "unknown": "unknown",
}

REPORT = r"(?:政府信息|政务信息|政务|信息|政府)公开[^,,。;;《》]{0,14}(?:报告|年报)"
TITLE = re.compile(rf"[^,。;:!?《》<>]{{0,60}}?{REPORT}(?:[(\[][^()\[\]]{{0,20}}[)\]])?")
_MATTER = re.compile(r"(?:行政机关)?(?:政府)?(?:政务)?(?:信息|政务)公开")
_YEAR = re.compile(r"[“\"']?(20[0-3]\d)[”\"']?年?[”\"']?年?(?:度|度的)?")


@dataclass(frozen=True, slots=True)
class TitleParts:
    """``organ`` as printed in the title, or None; ``year`` the report year, or None."""

    organ: str | None
    year: int | None


@lru_cache(maxsize=256)  # of a page's titles the likely one is asked for again and again
def read_title(title: str) -> TitleParts:
    """
    >>> read_title("沂源县人民政府2023年政府信息公开工作年度报告")
    TitleParts(organ='沂源县人民政府', year=2023)
    >>> read_title("2023年度石家庄市栾城区政府信息公开年报").organ, read_title("二〇二四年度政府信息公开工作年度报告")
    ('石家庄市栾城区', TitleParts(organ=None, year=2024))
    >>> read_title("沂源县人民政府信息公开年报(2019年)")
    TitleParts(organ='沂源县人民政府', year=2019)
    >>> read_title("泽州县人民政府关于 2024 年政府信息公开工作的报告").organ
    '泽州县人民政府'
    >>> read_title("关于做好2023年政府信息公开工作年度报告编制工作的通知").organ
    """
    plain = "".join(arabic_years(widths(title)).split())
    spoken = years(plain)
    year = spoken[0] if spoken else None
    if year is None and (bare := re.search(r"(?<!\d)(20[0-3]\d)(?!\d)", re.sub(r"[〔\[(【].*?[〕\])】]", "", plain))):
        year = int(bare[1])
    matter = _MATTER.search(plain)
    before = plain[: matter.start()] if matter else plain
    if before.endswith("人民"):  # 沂源县人民政府信息公开年报: 政府 is the organ's
        before += "政府"
    organ = _YEAR.sub("", re.sub(r"[(\[][^()\[\]]*[)\]]", "", before), count=1).strip("·-—_:'\"“”《》")
    if organ.startswith("关于") and not (is_organ(organ[2:]) or names_only_a_region(organ[2:])):
        organ = ""  # 关于做好…的通知
    organ = re.sub(r"^关于|关于(?:印发)?$|^(?:现公布|公布|发布)", "", organ)
    return TitleParts(organ if 2 <= len(organ) <= 40 else None, year)


def classify(organ: str | None) -> SubjectType:
    """
    >>> classify("旬阳县人民政府办公室"), classify("石家庄市栾城区"), classify("沂源县西里镇人民政府")
    ('government_office', 'people_government', 'township')
    >>> classify("栾城区教育局"), classify("南麻街道办事处"), classify("市政府办公厅"), classify("景德镇市")
    ('department', 'subdistrict', 'government_office', 'people_government')
    """
    if not organ:
        return "unknown"
    if names_only_a_region(organ):
        return "people_government"
    return next((kind for pattern, kind in KINDS if pattern.search(organ)), "unknown")


@lru_cache(maxsize=1024)
def names_only_a_region(organ: str) -> bool:
    """
    >>> names_only_a_region("石家庄市栾城区"), names_only_a_region("栾城区教育局"), names_only_a_region("旬阳县")
    (True, False, True)
    """
    for year in (None, 2020, 2013, 2008):
        places = regions.find_in_text(organ, year)
        if places and places[0][0] == 0:
            at, region = max(places, key=lambda place: place[0])
            if any(organ[at:] == name for name in (region.name, regions.usual_name(region.name))):
                return True
    return any(region.level == "province" for region in regions.find(organ))


def is_organ(text: str | None) -> bool:
    """Whether a text is the name of a public body, and not of a region or a web site.

    >>> is_organ("沂源县人民政府"), is_organ("石家庄市栾城区"), is_organ("本站"), is_organ("政府网站")
    (True, False, False, False)
    """
    return (
        bool(text)
        and 3 <= len(text or "") <= 40
        and not names_only_a_region(text or "")
        and classify(text) != "unknown"
    )
