"""Whose site is it: what a page says of its owner, held against the region that a portal stands for.

Names of hosts mislead (xunyang.gov.cn is 浔阳区, not 旬阳市). The 网站标识码 decides where there is one; else the
site's name, its sponsor (主办单位) and the province of its ICP licence are heard, and one name that agrees is enough.
A unit above may host a county's site, so its code and its name agree too. What a page does not say is no evidence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from crawler.discovery import SiteIdentity
from parsers import regions
from parsers.places import same_unit

PROVINCE_SIGNS = {
    "京": "11", "津": "12", "冀": "13", "晋": "14", "蒙": "15", "辽": "21", "吉": "22", "黑": "23", "沪": "31",
    "苏": "32", "浙": "33", "皖": "34", "闽": "35", "赣": "36", "鲁": "37", "豫": "41", "鄂": "42", "湘": "43",
    "粤": "44", "桂": "45", "琼": "46", "渝": "50", "川": "51", "蜀": "51", "黔": "52", "贵": "52", "滇": "53",
    "云": "53", "藏": "54", "陕": "61", "秦": "61", "甘": "62", "陇": "62", "青": "63", "宁": "64", "新": "65",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that a page says of its owner; ``agrees`` is None where it says nothing of the region."""

    kind: str  # site_id_code, site_name, sponsor, icp, credit_code
    value: str
    agrees: bool | None

    def __str__(self) -> str:
        sign = {True: "=", False: "≠", None: "?"}[self.agrees]
        return f"{self.kind}{sign}{self.value}"


def evidence(identity: SiteIdentity, region_code: str | None) -> list[Evidence]:
    """What a site says of itself, the strongest first.

    >>> told = SiteIdentity("3604030001", "九江市浔阳区人民政府", "赣ICP备05000000号", None)
    >>> [str(item) for item in evidence(told, "610981")]
    ['site_id_code≠3604030001', 'site_name≠九江市浔阳区人民政府', 'icp≠赣ICP备05000000号']
    >>> owner_of(evidence(SiteIdentity(None, "旬阳市人民政府", "陕ICP备1号", None), "610981"))
    True
    """
    found = []
    if identity.site_id_code:
        found.append(Evidence("site_id_code", identity.site_id_code, _code_agrees(identity.site_id_code, region_code)))
    for kind, name in (("site_name", identity.site_name), ("sponsor", identity.sponsor)):
        if name:
            found.append(Evidence(kind, name, _name_agrees(name, region_code)))
    if identity.icp:
        province = PROVINCE_SIGNS.get(identity.icp[0])  # 京 is the licence of many a platform's vendor, too
        province = None if province == "11" else province
        agrees = None if province is None or not region_code else region_code.startswith(province)
        found.append(Evidence("icp", identity.icp, agrees))
    return found


def owner_of(found: list[Evidence]) -> bool | None:
    """Whether the evidence says that a site is the region's: the code decides, then any agreement, then any doubt."""
    for item in found:
        if item.kind == "site_id_code" and item.agrees is not None:
            return item.agrees
    told = {item.agrees for item in found if item.kind != "icp"}
    if True in told:
        return True
    by_icp = next((item.agrees for item in found if item.kind == "icp"), None)
    if False in told:
        return False
    return False if by_icp is False else None


def _code_agrees(site_id_code: str, region_code: str | None) -> bool | None:
    if not region_code or not re.fullmatch(r"\d{10}", site_id_code):
        return None
    return covers(site_id_code[:6], region_code)


def _name_agrees(name: str, region_code: str | None) -> bool | None:
    """Whether a name speaks of the region or of a unit above it; None where it names no region.

    >>> [_name_agrees(name, "610981") for name in ("旬阳市人民政府办公室", "浔阳区政府", "门户")]
    [True, False, None]
    """
    if not region_code:
        return None
    region = regions.by_code(region_code)
    if region is not None and region.name in name:  # a name that several regions have is no doubt
        return True
    codes = [region.code for _, region in regions.find_in_text(name[:60])]
    if not codes:
        return None
    deepest = [code for code in codes if not any(other != code and _above(code, other) for other in codes)]
    return any(covers(code, region_code) for code in deepest)


def covers(code: str, region_code: str) -> bool | None:
    """Whether a code is that of a region, a former one of it, or of a unit above; None for a code nobody has.

    >>> covers("610928", "610981"), covers("610900", "610981"), covers("360403", "610981"), covers("999999", "610981")
    (True, True, False, None)
    """
    if regions.by_code(code) is None:
        return None
    return _above(code, region_code) or same_unit(code, region_code)


def _above(code: str, region_code: str) -> bool:
    return code.endswith("00") and region_code.startswith(regions.stem(code))
