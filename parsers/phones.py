"""Whether a telephone's area code fits a province. Prefixes and provinces are rows of ``data/area_codes.csv``."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

from parsers.dates import widths

TABLE = Path(__file__).with_name("data") / "area_codes.csv"

_AREA_CODE = re.compile(r"\(?(0(?:10|2\d|[3-9]\d{2}))[)\-—–\s]{0,3}\d{7,8}(?!\d)")


@cache
def _prefixes() -> dict[str, frozenset[str]]:
    """prefix -> first two digits of the codes of its provinces"""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["prefix"]: frozenset(row["provinces"].split()) for row in csv.DictReader(file)}


def phone_fits(phone: str | None, region_code: str | None) -> bool | None:
    """Whether the area code belongs to the region's province; None when that cannot be said.

    >>> phone_fits("0533-3228369", "370323"), phone_fits("0311-85503993", "370323"), phone_fits("12345", "370323")
    (True, False, None)
    """
    found = _AREA_CODE.search(widths(phone or ""))
    if not found or not region_code:
        return None
    for length in (4, 3):
        if provinces := _prefixes().get(found[1][:length]):
            return region_code[:2] in provinces
    return None
