"""Whose report is it: told from a title before a fetch, and from a parsed report after it.

A list page of a county mixes the county's own report with those of its departments, towns and subdistricts, and
a city re-publishes the reports of its counties. Only what is clear from a title is decided by it.
"""

from __future__ import annotations

import re
from typing import Any

from parsers import regions
from parsers.places import same_unit

GOVERNMENT = frozenset({"people_government", "government_office"})
_AGENCY_COLUMN = re.compile("部门|乡镇|镇街|街道|直属|委办局|驻.{1,3}单位|各单位|垂管")
_OFFICE = re.compile(r"(?:人民政府|政府)(?:办公[室厅]|办)?$")
_GOVERNMENT_OF = re.compile(r"(?:人民)?政府(?:办公[室厅]|办)?$")
_AGENCY = re.compile(
    r"(?:局|委员会|委|厅|处|中心|法院|检察院|医院|学院|大学|学校|街道|街道办|办事处|(?:镇|乡|苏木|民族乡)(?:人民)?政府|镇|乡|苏木"
    r"|公司|银行|管委会|支队|大队|总队|所|站|馆|协会|联合会|联|社|部|办公室|办)(?:办公室)?$"
)


def is_agency(subject: str | None, portal_name: str = "") -> bool:
    """Whether the organ that a title names is clearly a unit below the government of the portal.

    >>> [is_agency(name) for name in ("云河县财政局", "云河县青石镇", "青石镇人民政府", "云河县城关街道办事处")]
    [True, True, True, True]
    >>> [is_agency(name) for name in ("云河县人民政府办公室", "新乡", "云河县", None)]
    [False, False, False, False]
    """
    if not subject or (portal_name and subject in portal_name) or regions.find(subject):
        return False
    if re.search(r"(?:镇|乡|苏木|街道)(?:人民)?(?:政府|办事处)", subject):
        return True
    return not _OFFICE.search(subject) and bool(_AGENCY.search(subject))


def is_agency_column(name: str) -> bool:
    """
    >>> [is_agency_column(n) for n in ("部门年报", "乡镇街道", "县政府及部门年报", "本级", "2024年")]
    [True, True, False, False, False]
    """
    return bool(_AGENCY_COLUMN.search(name)) and not re.search(r"本级|[县市区旗省州]政府", name)


def belongs(metadata: dict[str, Any], region_code: str | None, *, agencies: bool) -> str | None:
    """Why a parsed report is none of a portal's: ``other_region``, ``agency``, or None when it is in scope.

    >>> belongs({"region_code": "610928", "subject_type": "people_government"}, "610981", agencies=False)
    >>> belongs({"region_code": "370302", "subject_type": "people_government"}, "370323", agencies=False)
    'other_region'
    >>> belongs({"region_code": "370323", "subject_type": "department"}, "370323", agencies=False)
    'agency'
    """
    kind = metadata.get("subject_type")
    if not agencies and kind not in GOVERNMENT and kind not in (None, "unknown"):
        return "agency"
    theirs = metadata.get("region_code")
    if not theirs or not region_code or same_unit(theirs, region_code):
        return None
    below = str(theirs).startswith(regions.stem(region_code))
    return None if agencies and below else "other_region"


def is_elsewhere(subject: str | None, region_code: str | None, *, agencies: bool) -> bool:
    """Whether the government that a title names is clearly that of another region, as in a list that repeats those
    of the prefecture or of its counties. A name that several regions share is clear if none of them is meant.

    >>> [is_elsewhere(name, "370323", agencies=False) for name in ("临朐县人民政府", "沂源县", "淄博市政府办公室")]
    [True, False, True]
    """
    found = regions.find(_GOVERNMENT_OF.sub("", subject)) if subject else []
    told = ({"region_code": each.code, "subject_type": "people_government"} for each in found)
    return bool(found) and all(belongs(each, region_code, agencies=agencies) for each in told)


def names(subject: str | None, region_code: str | None) -> bool:
    """Whether the organ that a title names is of the portal's own region.

    >>> names("沂源县人民政府", "370323"), names("博山区", "370323"), names(None, "370323")
    (True, False, False)
    """
    if not subject or not region_code:
        return False
    return any(same_unit(region.code, region_code) for _, region in regions.find_in_text(subject))
