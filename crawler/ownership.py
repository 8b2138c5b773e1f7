"""Whether a site is the portal of one region's government: stricter than a crawl's doubt, since a row follows from it.

A crawl asks whether a page speaks against the registry (``identity.owner_of``). Here the page itself must say it:
the code of the site and a name that is the government's and no other organ's, or, without a code, a name that can
be no other place's. A department, a party or tourist site of the region has its code too; a unit above, another
region of the same name, a copy have names and codes that only look right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from crawler.discovery import SiteIdentity
from crawler.families.dates import normalise
from crawler.identity import Evidence, evidence
from crawler.subjects import is_agency
from parsers import regions
from parsers.places import same_unit
from parsers.regions import Region

Verdict = Literal["confirmed", "unsure", "other"]
Kind = Literal["government", "bare", "organ", "blank"]

ZONE = re.compile(r"开发区|高新|经开|新区|保税|工业园|产业园|示范区|度假区|管理区|合作区|园区")
_ZONE_CODE = re.compile(r"\d{4}7[1-9]")
_SEPARATORS = re.compile(r"[\s\-_|—–>»·•,,、。;;::/()《》【】\[\]]+")
_GREETING = re.compile(r"^(?:热烈)?(?:欢迎(?:您)?(?:访问|光临|来到|进入)?|中国|首页|网站首页)+")
_SITE = r"(?:门户|公众|公共|信息|政务|官方|网上)*(?:网站?|官网|首页|门户|欢迎您)*(?:首页)?"
_OTHER_SITES = re.compile(
    r"旅游|党建|党员|中共|共青团|人大|政协|纪委|监委|新闻网|日报|招商|人才网|妇联|工会|文明网|法院|检察"
)
_GOVERNMENT = re.compile(rf"(?:人民政府|行政公署|政府|行署)(?:办公[室厅])?{_SITE}")
_BARE = re.compile(_SITE)
_BLANK = re.compile(r"(?:网站|门户|官方|政府|人民|政务|服务|首页|主页|欢迎|访问|您|index|home)*", re.I)


@dataclass(frozen=True, slots=True)
class Ownership:
    """``other`` names the owner's region in ``told`` where the page does; ``reason`` is short and stable."""

    verdict: Verdict
    reason: str
    found: tuple[Evidence, ...] = ()
    told: str | None = None

    def __str__(self) -> str:
        return "; ".join(map(str, self.found)) or self.reason


def ownership(told: SiteIdentity, region_code: str, *, title: str = "", text: str = "") -> Ownership:
    """Whether a page is the home page of a region's government.

    >>> def judge(code, name, region, icp=None):
    ...     return ownership(SiteIdentity(code, name, icp, None), region).reason
    >>> judge("6109280001", "旬阳市人民政府", "610981"), judge("3604030001", "浔阳区人民政府", "610981")
    ('site_code_and_name', 'site_code_of:360403')
    >>> judge("3703230021", "沂源县文化和旅游局", "370323"), judge(None, "鼓楼区人民政府", "320106", "苏ICP备1号")
    ('another_organ', 'homonym')
    """
    region = regions.by_code(region_code)
    if region is None:
        return Ownership("unsure", "unknown_region")
    found = tuple(evidence(told, region_code))
    kind, placed = _self_name(told, title, region)
    code = _today((told.site_id_code or "")[:6])
    if code is not None and not same_unit(code, region_code):
        verdict: Verdict = "unsure" if kind == "government" and region.code.startswith(regions.stem(code)) else "other"
        return Ownership(verdict, f"site_code_of:{code}", found, code)
    if kind == "organ":
        named = _governments_named(told, title)
        if named and code is None:
            return Ownership("other", "another_organ", found, named.pop() if len(named) == 1 else None)
        if any(_is_of_another_organ(name) for name in (title, told.site_name) if name):
            return Ownership("other", "another_organ", found)
        return Ownership("unsure", "unclear_name", found)
    if code is not None:
        named_too = kind in ("government", "bare")
        return Ownership(
            "confirmed" if named_too else "unsure", "site_code_and_name" if named_too else "code_only", found
        )
    if kind != "government":
        return Ownership("unsure", "says_nothing" if kind == "blank" else "name_only", found)
    if any(item.kind == "icp" and item.agrees is False for item in found):
        return Ownership("unsure", "licence_of_another_province", found)
    if not placed and not _is_only(region, text, found):
        return Ownership("unsure", "homonym", found)
    return Ownership("confirmed", "name", found)


def region_told(told: SiteIdentity, title: str = "") -> str | None:
    """The region of today that a page says it is of: by its code, else by the one government that it is named as."""
    named = _governments_named(told, title)
    return _today((told.site_id_code or "")[:6]) or (named.pop() if len(named) == 1 else None)


def zone_told(told: SiteIdentity, title: str, city: str) -> str | None:
    """The unofficial code (71 to 79) that the site of a city's development zone bears.

    >>> zone_told(SiteIdentity("1301710001", "石家庄高新技术产业开发区管理委员会", None, None), "", "130100")
    '130171'
    """
    code = (told.site_id_code or "")[:6]
    named = any(name and ZONE.search(name) for name in (told.site_name, told.sponsor, title))
    return code if named and _ZONE_CODE.fullmatch(code) and code[:4] == city[:4] else None


def _today(code: str) -> str | None:
    """
    >>> _today("610928"), _today("360403"), _today("130171"), _today("bm0100"), _today("")
    ('610981', '360403', '130171', None, None)
    """
    return regions.current_code(code) if re.fullmatch(r"\d{6}", code) else None


def _self_name(told: SiteIdentity, title: str, region: Region) -> tuple[Kind, bool]:
    """What a site calls itself, seen from a region, and whether the name says in which unit above it is.

    The title and the site's name decide; a sponsor is heard only where they say nothing, since the sites of
    departments name the government as their sponsor.
    """
    own = [_kind(name, region) for name in (title, told.site_name) if name]
    if title and own[0][0] == "organ" and _is_of_another_organ(title):
        return "organ", False  # though its pages may bear the government's name
    sponsor = _kind(told.sponsor, region) if told.sponsor else ("blank", False)
    for wanted in ("government", "organ", "bare"):
        if any(kind == wanted for kind, _ in own):
            placed = any(placed for kind, placed in own if kind == wanted)
            return wanted, placed or (sponsor[0] == "government" and sponsor[1])
    return sponsor


def _is_of_another_organ(name: str) -> bool:
    """
    >>> [_is_of_another_organ(name) for name in ("旬阳旅游网", "旬阳市教育局 - 首页", "魅力旬阳", "青石镇人民政府")]
    [True, True, False, True]
    """
    pieces = [piece for piece in _SEPARATORS.split(normalise(name)) if piece]
    return bool(pieces) and (is_agency(pieces[0]) or bool(_OTHER_SITES.search(name)))


def _kind(name: str, region: Region) -> tuple[Kind, bool]:
    """
    >>> yiyuan = regions.by_code("370323")
    >>> [_kind(name, yiyuan)[0] for name in ("沂源县人民政府门户网站", "中国·沂源", "沂源旅游网", "网站首页")]
    ['government', 'bare', 'organ', 'blank']
    >>> _kind("淄博市沂源县政府网", yiyuan), _kind("沂源县大张庄镇人民政府", yiyuan)
    (('government', True), ('organ', False))
    """
    kinds: list[tuple[Kind, bool]] = []
    for piece in _SEPARATORS.split(normalise(name)):
        piece = _GREETING.sub("", piece)
        if piece and not _BLANK.fullmatch(piece):
            kinds.append(_kind_of_piece(piece, region))
    for wanted in ("government", "bare", "organ"):
        if found := [each for each in kinds if each[0] == wanted]:
            return max(found, key=lambda each: each[1])
    return "blank", False


def _kind_of_piece(piece: str, region: Region) -> tuple[Kind, bool]:
    for known in regions.names_of(region.code):
        at = piece.find(known)
        if at < 0:
            continue
        before, placed = _without_units_above(piece[:at], region)
        rest = piece[at + len(known) :]
        if not before and _GOVERNMENT.fullmatch(rest):
            return "government", placed
        if not before and _BARE.fullmatch(rest):
            return "bare", placed
    return "organ", False


def _without_units_above(before: str, region: Region) -> tuple[str, bool]:
    """What stands before a name without the names of the units above; whether the one right above was among them."""
    placed = False
    direct = region.prefecture if region.level == "county" and region.prefecture else region.province
    for unit in dict.fromkeys((region.province, region.prefecture)):
        for form in (unit, regions.usual_name(unit), regions.short_name(unit)) if unit and unit != region.name else ():
            if before.startswith(form):
                before = before.removeprefix(form)
                placed = placed or unit == direct
                break
    return before, placed


def _governments_named(told: SiteIdentity, title: str) -> set[str]:
    """The regions whose governments a site's own names may name; several of one name."""
    named = set()
    for name in (title, told.site_name, told.sponsor):
        for _, region in regions.find_in_text((name or "")[:60]):
            if _kind(name or "", region)[0] == "government":
                named.add(region.code)
    return named


def _is_only(region: Region, text: str, found: tuple[Evidence, ...]) -> bool:
    """Whether no other region of that name can be meant: there is none, or only one has its city on the page."""
    alike = [other for other in regions.find(region.name) if other.name == region.name]
    if len(alike) <= 1:
        return True
    if any(item.kind == "icp" and item.agrees for item in found):
        alike = [other for other in alike if other.province == region.province]
    spoken = [other for other in alike if (other.prefecture or other.province) in text]
    return [other.code for other in (spoken or alike)] == [region.code]
