"""Where a report belongs: the region that its names, its text and its codes point at, valid in the report year.

Names come first (subject, publisher, signature), then the text, then codes in numbers, then what the caller knows.
A hint settles homonyms and fills silence; it never overrides a name that says otherwise.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from parsers import regions, subjects
from parsers.regions import Region


def locate(
    *, names: Sequence[str], context: Sequence[str], codes: Sequence[str], hint: str | None, year: int | None
) -> Region | None:
    """The region of a report, or None.

    >>> locate(names=["旬阳县人民政府办公室"], context=[], codes=[], hint="610981", year=2020).code
    '610928'
    >>> locate(names=["鼓楼区人民政府"], context=["福州市鼓楼区"], codes=[], hint=None, year=2023).code
    '350102'
    """
    known = [code for code in (*codes, hint or "") if regions.by_code(code)]
    for name in names:
        found = _settled(_leaves(name, year), known, context, year)
        if found is not None:
            return _zone(found, hint) or in_year(found, year)
    text = "\n".join(context)
    if known and not (elsewhere := _elsewhere(text, known[0], year)):
        region = regions.by_code(known[0], year) or regions.by_code(known[0])
        return in_year(region, year) if region else None
    found = elsewhere if known else _settled(_leaves(text[:600], year), known, (), year)
    return in_year(found, year) if found else None


def _zone(region: Region, hint: str | None) -> Region | None:
    """The development zone (unofficial codes 71 to 79) that the caller knows, in the city that the text names."""
    if hint and region.level == "prefecture" and hint[:4] == region.code[:4] and re.fullmatch(r"\d{4}7[1-9]", hint):
        return regions.by_code(hint)
    return None


def _elsewhere(text: str, code: str, year: int | None) -> Region | None:
    """The unit that a text speaks of three times and more while it never names the known one, or one near it."""
    places = [region for _, region in regions.find_in_text(text, year) if region.level != "province"]
    if not places or any(region.code[:4] == code[:4] for region in places):
        return None
    named, times = Counter(region.code for region in places).most_common(1)[0]
    return regions.by_code(named, year) if times >= 3 else None


def _years(year: int | None) -> Iterable[int | None]:
    """The report year first, then years near it: reports keep old names and portals put new ones on old reports."""
    return (None,) if year is None else (year, year + 1, None, year - 1, year - 3, year - 6)


def _leaves(text: str, year: int | None) -> list[Region]:
    """The lowest units of the first place that a text names: one, or several homonyms.

    >>> [region.code for region in _leaves("湖北省襄阳市", 2008)]
    ['420600']
    """
    best: list[Region] = []
    first, reach = -1, 0
    for when in _years(year):
        at, end, leaves = _first_place(text, when)
        if leaves and (not best or (at == first and end > reach)):
            best, first, reach = leaves, at, end
    return best or _begins_with_short_name(text, year)


def _first_place(text: str, year: int | None) -> tuple[int, int, list[Region]]:
    """Where the first place begins and ends (石家庄市栾城区 is one place), and its lowest units."""
    places = regions.find_in_text(text, year)
    if not places:
        return -1, -1, []
    first = end = places[0][0]
    leaves: list[Region] = []
    while following := [region for at, region in places if at == end]:
        leaves = following
        end += max(_length(text, end, region) for region in leaves)
    return first, end, leaves


def _begins_with_short_name(text: str, year: int | None) -> list[Region]:
    """A province or prefecture without its last character: 苏州工业园区. Towns bear such names too: they don't count."""
    if subjects.classify(text) in ("township", "subdistrict"):
        return []
    for length in (4, 3, 2):
        above = [region for region in regions.find(text[:length], year) if region.level != "county"]
        if above:
            return above[:1]
    return []


def _length(text: str, at: int, region: Region) -> int:
    names = (region.name, regions.usual_name(region.name), regions.short_name(region.name))
    return next((len(name) for name in names if text.startswith(name, at)), 0)


def _settled(leaves: list[Region], known: Sequence[str], context: Sequence[str], year: int | None) -> Region | None:
    """The one region among homonyms: by a known code, by the units that the text names beside it."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else None
    for code in known:
        alike = [region for region in leaves if same_unit(region.code, code)]
        alike = alike or [region for region in leaves if region.code[:4] == code[:4]]
        alike = alike or [region for region in leaves if region.code[:2] == code[:2]]
        if len(alike) == 1:
            return alike[0]
    for text in context:
        for _, place in regions.find_in_text(text[:3000], year):
            if place.level == "county":
                continue
            alike = [region for region in leaves if region.code.startswith(_stem(place.code))]
            if len(alike) == 1:
                return alike[0]
    return None


def _stem(code: str) -> str:
    return code[:2] if code.endswith("0000") else code[:4]


def same_unit(code: str, other: str) -> bool:
    """
    >>> same_unit("610928", "610981"), same_unit("610928", "610900")
    (True, False)
    """
    return code == other or (regions.current_code(code) or code) == (regions.current_code(other) or other)


def in_year(region: Region, year: int | None) -> Region:
    """The same unit under the code that was valid in the year, if the table knows it.

    >>> in_year(regions.by_code("610981"), 2020).code, in_year(regions.by_code("610928"), 2023).code
    ('610928', '610981')
    """
    if year is None or region.valid_in(year):
        return region
    if region.valid_to is not None and region.valid_to < year:
        code = region.successor or regions.current_code(region.code)
        later = regions.by_code(code, year) if code else None
        return later or region
    earlier = [former for former in regions.predecessors(region.code) if former.valid_in(year)]
    alike = [former for former in earlier if former.name[:2] == region.name[:2]]
    return (alike or earlier or [region])[0]
