"""GB/T 2260 codes and names of provinces, prefectures and counties, with the years in which they were valid.

Give a code, a name or a text, get ``Region`` records back. The table is ``data/regions.csv`` (made by
``scripts/build_regions.py``), read on first use. A unit counts as valid from the year it began to the year it
ended, both included: in the year of a change the old and the new name are both right.

>>> by_code("610928").name, current_code("610928")
('旬阳县', '610981')
>>> [r.code for r in find("鼓楼", within="3201")]
['320106']
>>> resolve("山东").code, resolve("shaanxi").name, resolve("石家庄市栾城区").code
('370000', '陕西省', '130111')
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

Level = Literal["province", "prefecture", "county"]

TABLE = Path(__file__).with_name("data") / "regions.csv"

PROVINCES_IN_PINYIN = {
    "beijing": "11", "tianjin": "12", "hebei": "13", "shanxi": "14", "neimenggu": "15", "innermongolia": "15",
    "liaoning": "21", "jilin": "22", "heilongjiang": "23", "shanghai": "31", "jiangsu": "32", "zhejiang": "33",
    "anhui": "34", "fujian": "35", "jiangxi": "36", "shandong": "37", "henan": "41", "hubei": "42", "hunan": "43",
    "guangdong": "44", "guangxi": "45", "hainan": "46", "chongqing": "50", "sichuan": "51", "guizhou": "52",
    "yunnan": "53", "xizang": "54", "tibet": "54", "shaanxi": "61", "gansu": "62", "qinghai": "63", "ningxia": "64",
    "xinjiang": "65", "taiwan": "71", "hongkong": "81", "xianggang": "81", "macau": "82", "aomen": "82",
}  # fmt: skip

PEOPLES = re.compile(
    "(?:蒙古族?|回族|藏族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克|傣族|黎族|傈僳族"
    "|佤族|畲族|拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜|土族|达斡尔族|仫佬族|羌族|布朗族|撒拉族|毛南族|仡佬族|锡伯"
    "|普米族|塔吉克|怒族|鄂温克族|保安族|裕固族|独龙族|各族)+$"
)
SUFFIX = re.compile(r"(特别行政区|自治[区州县旗]|地区|林区|特区|[省市县区旗盟州])$")
# Names that are also plain words: they count only right after the unit above them, or as the first word.
PLAIN_WORDS = {"城区", "郊区", "矿区", "东区", "西区", "新城区", "市中区", "城关区", "城中区"}
STOPS_BEFORE_NAME = frozenset(" \t\n\u3000,,。;;::、(()《〈「“\"'[【|>·在为由经与对和")


class UnknownRegion(ValueError):
    """A region that the table does not have, or a name that several have."""

    def __init__(self, spec: str, candidates: list[Region], near: list[str]) -> None:
        self.spec, self.candidates, self.near = spec, candidates, near
        if candidates:
            listed = "、".join(f"{r.code} {r.full_name}" for r in candidates)
            zh, en = f"“{spec}”有多个同名地区,请用代码:{listed}", f"region {spec!r} is ambiguous, give a code: {listed}"
        else:
            listed = "、".join(near)
            zh = f"未知地区“{spec}”" + (f",是否为:{listed}" if near else ",请用6位行政区划代码或全称")
            en = f"unknown region {spec!r}" + (f", near: {listed}" if near else "; give a 6-digit code or a full name")
        self.message_zh, self.message_en = zh, en
        super().__init__(f"{zh} / {en}")


@dataclass(frozen=True, slots=True)
class Region:
    """One name under one code. ``province``, ``prefecture`` and ``county`` are names; what does not apply is None."""

    code: str
    name: str
    level: Level
    province: str
    prefecture: str | None
    county: str | None
    valid_from: int | None
    valid_to: int | None
    successor: str | None

    @property
    def full_name(self) -> str:
        """
        >>> by_code("130111").full_name
        '河北省石家庄市栾城区'
        """
        return "".join(dict.fromkeys(name for name in (self.province, self.prefecture, self.county) if name))

    def valid_in(self, year: int | None) -> bool:
        """Whether the unit was there at some time of the year; without a year, whether it still is."""
        if year is None:
            return self.valid_to is None
        return (self.valid_from or 0) <= year <= (self.valid_to or 9999)


class Row(NamedTuple):
    code: str
    name: str
    level: str
    parent: str
    valid_from: int
    valid_to: int
    successor: str


@cache
def _rows() -> dict[str, list[Row]]:
    """code -> its rows, newest name first."""
    rows: dict[str, list[Row]] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]:
        code, name, level, parent, begun, ended, successor = line.split(",")
        row = Row(code, name, level, parent, int(begun or 0), int(ended or 9999), successor)
        rows.setdefault(code, []).append(row)
    for held in rows.values():
        held.sort(key=lambda row: -row.valid_to)
    return rows


def table() -> list[tuple[str, str, str, str | None, int | None, int | None, str | None]]:
    """The whole table: code, name, level, code above, first year, last year, successor; by code, oldest name first."""
    return [
        (
            row.code,
            row.name,
            row.level,
            row.parent or None,
            row.valid_from or None,
            row.valid_to if row.valid_to != 9999 else None,
            row.successor or None,
        )
        for _, held in sorted(_rows().items())
        for row in reversed(held)
    ]


@cache
def _names() -> dict[str, list[Row]]:
    """Full name, short name and ethnic units' usual name (凉山州) -> rows, newest first."""
    names: dict[str, list[Row]] = {}
    for held in _rows().values():
        for row in held:
            for name in {row.name, usual_name(row.name), short_name(row.name)}:
                names.setdefault(name, []).append(row)
    for rows in names.values():
        rows.sort(key=lambda row: (-row.valid_to, row.code))
    return names


@cache
def _text_names() -> dict[str, tuple[str, ...]]:
    """First two characters -> names to look for in running text, longest first."""
    heads: dict[str, set[str]] = {}
    for held in _rows().values():
        for row in held:
            names = {row.name, usual_name(row.name)}
            if row.level == "province":
                names.add(short_name(row.name))
            for name in names:
                heads.setdefault(name[:2], set()).add(name)
    return {head: tuple(sorted(names, key=len, reverse=True)) for head, names in heads.items()}


@lru_cache(maxsize=8192)
def short_name(name: str) -> str:
    """
    >>> short_name("淄博市"), short_name("石柱土家族自治县"), short_name("内蒙古自治区"), short_name("沙县")
    ('淄博', '石柱', '内蒙古', '沙县')
    """
    if name == "内蒙古自治区":
        return "内蒙古"
    found = SUFFIX.search(name)
    if not found or found.start() < 2:
        return name
    stem = name[: found.start()]
    if not found[1].startswith("自治"):
        return stem
    bare = PEOPLES.sub("", stem, count=1)
    return bare if len(bare) >= 2 else stem.removesuffix("族")


@lru_cache(maxsize=8192)
def usual_name(name: str) -> str:
    """
    >>> usual_name("凉山彝族自治州"), usual_name("石柱土家族自治县"), usual_name("淄博市")
    ('凉山州', '石柱县', '淄博市')
    """
    return short_name(name) + name[-1] if name[-3:-1] == "自治" and name[-1] != "区" else name


@lru_cache(maxsize=8192)
def _region(row: Row, year: int | None) -> Region:
    """The record of a row; names of the units above are those of ``year``, or of the row's last year."""
    when = year if year is not None else min(row.valid_to, 9998)
    above: dict[str, str] = {}
    parent = row.parent
    while parent:
        held = next((r for r in _rows()[parent] if r.valid_from <= when <= r.valid_to), _rows()[parent][0])
        above[held.level] = held.name
        parent = held.parent
    above[row.level] = row.name
    level: Level = "province" if row.level == "province" else "prefecture" if row.level == "prefecture" else "county"
    return Region(
        row.code, row.name, level, above["province"], above.get("prefecture"), above.get("county"),
        row.valid_from or None, row.valid_to if row.valid_to != 9999 else None, row.successor or None,
    )  # fmt: skip


def _valid(row: Row, year: int | None) -> bool:
    return row.valid_to == 9999 if year is None else row.valid_from <= year <= row.valid_to


def by_code(code: str, year: int | None = None) -> Region | None:
    """The unit of a code: its name in ``year``, or its newest name. Codes of development zones fall to the city.

    >>> by_code("610928", 2020).name, by_code("610928", 2023), by_code("130171").name
    ('旬阳县', None, '石家庄市')
    """
    rows = _rows().get(code)
    if rows is None:
        zone = re.fullmatch(r"(\d{4})7[1-9]", code)
        above = by_code(zone[1] + "00", year) if zone else None
        if above is None:
            return None
        return Region(code, above.name, "county", above.province, above.prefecture, None, None, None, None)
    if year is None:
        return _region(rows[0], None)
    held = [row for row in rows if _valid(row, year)]
    return _region(max(held, key=lambda row: row.valid_from), year) if held else None


def current_code(code: str) -> str | None:
    """The code that is valid today for what ``code`` was; None if it went without a successor or is unknown.

    >>> current_code("130124"), current_code("370323"), current_code("999999")
    ('130111', '370323', None)
    """
    seen: set[str] = set()
    while code not in seen:
        seen.add(code)
        rows = _rows().get(code)
        if rows is None:
            return code if by_code(code) else None
        if rows[0].valid_to == 9999:
            return code
        code = rows[0].successor
    return None


def current_codes() -> list[str]:
    """The codes of all units of today, in order.

    >>> [code for code in current_codes() if code.startswith("6211")][:3]
    ['621100', '621102', '621121']
    """
    return sorted(code for code, rows in _rows().items() if rows[0].valid_to == 9999)


def predecessors(code: str) -> list[Region]:
    """Former units whose code or name went over to ``code``, newest first.

    >>> [region.name for region in predecessors("610981")], [region.name for region in predecessors("370614")]
    (['旬阳县'], ['蓬莱市', '长岛县'])
    """
    rows = [row for row in _predecessors().get(code, ()) if row.valid_to != 9999]
    return [_region(row, None) for row in sorted(rows, key=lambda row: (-row.valid_to, -int(row.code)))]


@cache
def _predecessors() -> dict[str, list[Row]]:
    before: dict[str, list[Row]] = {}
    for held in _rows().values():
        for row in held:
            if row.successor:
                before.setdefault(row.successor, []).append(row)
    return before


def find(name: str, year: int | None = None, within: str | None = None) -> list[Region]:
    """Units of a full or short name, full names first, then upper levels; ``within`` is the start of a code."""
    prefix = (within or "").removesuffix("00").removesuffix("00")
    rows = [row for row in _names().get(name.strip(), ()) if row.code.startswith(prefix)]
    rows = [row for row in rows if _valid(row, year)]
    return [
        _region(row, year)
        for row in sorted(rows, key=lambda r: (r.name != name, r.code[2:] != "0000", r.code[4:] != "00"))
    ]


def find_today(name: str, within: str | None = None) -> list[Region]:
    """Units of today that bear a name, or that took over a unit that bore it.

    >>> [r.code for r in find_today("旬阳县")], [r.code for r in find_today("旬阳", within="6109")]
    (['610981'], ['610981'])
    """
    if found := find(name, within=within):
        return found
    prefix = stem((within or "").ljust(6, "0")) if within else ""
    codes = dict.fromkeys(current_code(row.code) for row in _names().get(name.strip(), ()))
    return [region for code in codes if code and code.startswith(prefix) and (region := by_code(code))]


def names_of(code: str) -> list[str]:
    """What a unit of today is called, longest first: its name, shorter forms, and former names of the same stem.

    >>> names_of("610981"), names_of("513400")
    (['旬阳市', '旬阳县', '旬阳'], ['凉山彝族自治州', '凉山州', '凉山'])
    """
    region = by_code(code)
    if region is None:
        return []
    former = [old.name for old in predecessors(code) if short_name(old.name) == short_name(region.name)]
    full = [region.name, *former]
    every = {form for name in full for form in (name, usual_name(name), short_name(name))}
    return sorted(every, key=lambda name: (-len(name), full.index(name) if name in full else 9))


def _matches(text: str) -> Iterator[tuple[int, str]]:
    """(position, name) of the longest names, left to right, not overlapping."""
    heads = _text_names()
    at, end = 0, len(text) - 1
    while at < end:
        for name in heads.get(text[at : at + 2], ()):
            if text.startswith(name, at):
                yield at, name
                at += len(name) - 1
                break
        at += 1


def find_in_text(text: str, year: int | None = None, within: str | None = None) -> list[tuple[int, Region]]:
    """Units that a text names, with their positions. A homonym stands once for each unit that it may be.

    A name right after the unit above it (石家庄市栾城区) is that one; short or everyday names (和县, 城区) count
    only there or at the start of a phrase. A name that was no longer in use in ``year`` is not found.

    >>> [(at, r.code) for at, r in find_in_text("在石家庄市长安区和淄博市沂源县", 2023)]
    [(1, '130100'), (5, '130102'), (9, '370300'), (12, '370323')]
    """
    found: list[tuple[int, Region]] = []
    above: list[str] = []
    expected = -1
    for at, name in _matches(text):
        regions = find(name, year, within)
        below = [r for r in regions if any(r.code != code and r.code.startswith(stem(code)) for code in above)]
        if at == expected and below:
            regions = below
        elif at > 0 and (
            name in PLAIN_WORDS or (len(name) == 2 and name[-1] in "县市" and text[at - 1] not in STOPS_BEFORE_NAME)
        ):
            continue
        if not regions:
            continue
        found.extend((at, region) for region in regions)
        above, expected = [r.code for r in regions], at + len(name)
    return found


def stem(code: str) -> str:
    """The digits that a region shares with all below it.

    >>> stem("370000"), stem("370300"), stem("370323")
    ('37', '3703', '370323')
    """
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code


def resolve(spec: str) -> Region:
    """What an operator means by a code, a province in pinyin, a name, or a name after the units above it.

    A former name or code gives the unit of today, as long as one took over.

    >>> resolve("旬阳县").code, resolve("370323").name, resolve("和平县").code
    ('610981', '沂源县', '441624')
    """
    spec = spec.strip()
    code = PROVINCES_IN_PINYIN.get(spec.lower().replace(" ", "").removesuffix("province"))
    if code:
        spec = code + "0000"
    if re.fullmatch(r"\d{2}|\d{4}|\d{6}", spec):
        region = by_code(current_code(spec.ljust(6, "0")) or spec.ljust(6, "0"))
        if region is None:
            near = [code for code in _rows() if code.startswith(spec[:4]) and code == current_code(code)]
            near = sorted(near, key=lambda code: abs(int(code) - int(spec.ljust(6, "0"))))[:5]
            raise UnknownRegion(spec, [], [f"{c} {_rows()[c][0].name}" for c in near])
        return region
    candidates = _candidates(spec)
    if len(candidates) == 1:
        return candidates[0]
    raise UnknownRegion(spec, candidates, [] if candidates else _near(spec))


def _near(spec: str) -> list[str]:
    """Names of today that look like ``spec``: most characters in the same place, the first one above all."""
    if spec.isascii():
        return get_close_matches(spec.lower(), PROVINCES_IN_PINYIN, n=3)
    scored = []
    for held in _rows().values():
        name = held[0].name
        if held[0].valid_to == 9999 and abs(len(name) - len(spec)) <= 1:
            alike = sum(a == b for a, b in zip(name, spec, strict=False)) + (name[0] == spec[:1]) * 0.5
            scored.append((-alike, name))
    return [name for alike, name in sorted(scored)[:5] if -alike >= len(spec) / 2]


def _candidates(spec: str) -> list[Region]:
    regions = find_today(spec)
    if not regions:
        regions = [_region(row, None) for row in _names().get(spec, ())]  # gone without a successor
    if not regions:
        regions = _at_the_end(spec)
    exact = [r for r in regions if spec in (r.name, usual_name(r.name))]
    provinces = [r for r in regions if r.level == "province"]
    return list(dict.fromkeys(exact or provinces or regions))


def _at_the_end(spec: str) -> list[Region]:
    """Units named by the last name of a path such as 河北省石家庄市栾城区."""
    places = find_in_text(spec)
    if not places or places[0][0] != 0:
        return []
    last = max(at for at, _ in places)
    return [region for at, region in places if at == last and spec.endswith(region.name, at)]
