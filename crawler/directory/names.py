"""Which region a link's text names, seen from the portal that it is on.

The unit above settles homonyms: on the portal of 长春市 the text 朝阳 is 朝阳区, on that of 辽宁省 it is 朝阳市. Former
names and the short names of autonomous counties are understood. What is only a guess is decided by the visit.
"""

from __future__ import annotations

import re

from crawler.families.dates import normalise
from crawler.ownership import ZONE
from parsers import regions
from parsers.regions import Region

MAX_LENGTH = 30
_SIGNS = re.compile(r"[\W_]+")
_BEFORE = re.compile(r"^(?:中国|中华人民共和国)(?=..)")
_AFTER = re.compile(
    r"(?:(?:人民政府|行政公署|政府|行署)(?:办公[室厅])?)?(?:门户|公众|信息|政务|官方)*(?:网站|网|官网)?(?:首页)?$"
)
_ZONE_END = re.compile(r"(?:区|园|城|管委会|管理委员会|区管理局)$")
_RANK = {"province": 0, "prefecture": 1, "county": 2}


def regions_named(text: str, above: str) -> tuple[str, ...]:
    """Codes of the regions below ``above`` that a link's text may name; more than one where only a visit can tell.

    >>> regions_named("朝阳", "220100"), regions_named("朝阳", "210000"), regions_named("中国·旬阳县政府网", "610000")
    (('220104',), ('211300',), ('610981',))
    >>> regions_named("凉山州", "510000"), regions_named("长春市朝阳区政府", "220000"), regions_named("旅游", "220000")
    (('513400',), ('220104',), ())
    >>> regions_named("铁西区", "210000"), regions_named("铁西区", "210100"), regions_named("吉林", "220000")
    (('210106', '210303'), ('210106',), ('220200',))
    """
    plain = _plain(text)
    if not plain:
        return ()
    top = regions.by_code(above)
    for name in dict.fromkeys((plain, _AFTER.sub("", plain))):
        rest, unit = _below_units(name, above)
        found = [region for region in regions.find_today(rest, unit) if top and _is_below(region, top)]
        if found:
            exact = [region for region in found if region.name == rest] or found
            level = min(_RANK[region.level] for region in exact)
            return tuple(region.code for region in exact if _RANK[region.level] == level)
    return ()


def zone_named(text: str, above: str) -> bool:
    """Whether a link names a development zone, which has no code in GB/T 2260.

    >>> [zone_named(text, "130100") for text in ("石家庄高新区", "经济技术开发区管委会", "栾城区", "开发区招商公告")]
    [True, True, False, False]
    """
    plain = _AFTER.sub("", _plain(text))
    return bool(ZONE.search(plain) and _ZONE_END.search(plain)) and len(plain) <= 20 and not regions_named(text, above)


def _plain(text: str) -> str:
    """
    >>> _plain("【中国·历下】"), _plain("关于印发山东省政府网站与政务新媒体检查情况的通报,请认真整改并及时反馈")
    ('历下', '')
    """
    plain = _BEFORE.sub("", _SIGNS.sub("", normalise(text)))
    return plain if 2 <= len(plain) <= MAX_LENGTH else ""


def _below_units(name: str, above: str) -> tuple[str, str]:
    """A name without the names of the units above it, and the deepest of these that it has.

    >>> _below_units("吉林省长春市朝阳区", "220000"), _below_units("吉林市", "220000")
    (('朝阳区', '220100'), ('吉林市', '220000'))
    """
    unit = above
    for code in dict.fromkeys((above[:2] + "0000", *_prefectures(above))):
        region = regions.by_code(code)
        if region is None:
            continue
        for form in (region.name, regions.usual_name(region.name), regions.short_name(region.name)):
            rest = name.removeprefix(form)
            if rest != name and len(rest) >= 2 and (form == region.name or regions.find_today(rest, code)):
                name, unit = rest, code if code != above[:2] + "0000" else unit
                break
    return name, unit


def _prefectures(above: str) -> list[str]:
    if not above.endswith("0000"):
        return [above]
    return [
        code for code in regions.current_codes() if code[:2] == above[:2] and code[4:] == "00" and code[2:4] != "00"
    ]


def _is_below(region: Region, top: Region) -> bool:
    return region.code != top.code and _RANK[region.level] > _RANK[top.level] and region.valid_to is None
