"""What became of a region, the row that follows from it, and what was left out.

A region in scope ends with one ``RegionOutcome``: its ``finding`` in the words of the directory, its ``outcome`` in
those of every run (``crawler.outcomes``).

| finding | outcome |
|---|---|
| ``verified`` | ``ok`` |
| ``unverified`` | what stood in the way (``blocked``, ``robots_denied``, ``js_required``, ``tls``), else ``partial`` |
| ``wrong_owner`` | ``wrong_portal`` |
| ``dead`` | ``dns``, ``not_found``, ``http_error``, ``timeout`` |
| ``not_found`` | ``not_found`` |
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from crawler.directory.look import Looked
from crawler.outcomes import Outcome, Signal
from crawler.ownership import Ownership
from crawler.registry import COLUMNS, VERIFIED, FamilyPeriod, format_families
from parsers import regions


class Finding(StrEnum):
    """How the search for one region's portal ended; the best of its candidates counts."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    WRONG_OWNER = "wrong_owner"
    DEAD = "dead"
    NOT_FOUND = "not_found"


_CLOSED = frozenset(
    {Outcome.BLOCKED, Outcome.ROBOTS_DENIED, Outcome.JS_REQUIRED, Outcome.TLS, Outcome.ENCODING_SUSPECT}
)
"""Something is there and can't be looked at."""

_REASONS = {
    "another_organ": "页面自称其他单位 / the page calls itself another organ",
    "unclear_name": "页面名称看不出是政府门户 / the page's name is not plainly that of a government",
    "code_only": "只有网站标识码相符,没有名称 / the site code agrees, no name does",
    "name_only": "名称不足以认定为政府门户 / the name is not plainly that of the government",
    "says_nothing": "页面未说明主办单位 / the page does not say whose it is",
    "homonym": "有同名地区,页面未说明上级 / other regions bear the name, and the page names no unit above",
    "licence_of_another_province": "ICP 备案属于其他省 / the ICP licence is of another province",
    "two_regions": "同一地址被两个地区认领 / one address confirmed for two regions",
}


@dataclass(frozen=True, slots=True)
class RegionOutcome:
    """A line of ``outcomes.jsonl`` of a directory run; the fields of every run's outcomes, and its own."""

    portal_id: str
    region_code: str
    name: str
    url: str
    finding: str
    outcome: str
    detail: str = ""
    evidence: str = ""
    family: str | None = None
    candidates: int = 0
    pages: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Rejected:
    """A candidate that did not become a row: a line of ``rejected.csv``."""

    region_code: str
    text: str
    url: str
    reason: str
    linked_from: str


_ORGAN = re.compile(r"[\u4e00-\u9fff]{2,30}(?:人民政府|行政公署)")
REJECTED_COLUMNS = tuple(Rejected.__dataclass_fields__)


def finding_of(looked: Looked, owner: Ownership) -> tuple[Finding, Outcome, str]:
    """What one candidate says of a region: finding, outcome, and the reason in words."""
    if looked.failure is not None:
        return (Finding.UNVERIFIED if looked.failure in _CLOSED else Finding.DEAD), looked.failure, looked.why
    if owner.verdict == "confirmed":
        return Finding.VERIFIED, Outcome.OK, ""
    if owner.verdict == "other":
        region = regions.by_code(owner.told or "")
        whose = f"属于 / belongs to {owner.told} {region.full_name}" if region else _REASONS["another_organ"]
        return Finding.WRONG_OWNER, Outcome.WRONG_PORTAL, f"{whose} ({owner})"
    if looked.is_shell and owner.reason == "says_nothing":
        return Finding.UNVERIFIED, Outcome.JS_REQUIRED, str(Signal("js_shell", looked.url))
    words = _REASONS.get(owner.reason, owner.reason)
    return Finding.UNVERIFIED, Outcome.PARTIAL, f"{words} ({owner})" if owner.found else words


def in_short(owner: Ownership) -> list[str]:
    """The evidence for a cell of the registry: pages may say anything at any length."""
    return [str(item)[:80] for item in owner.found]


def row_of(region_code: str, looked: Looked, evidence: str, today: str, known: dict[str, str] | None) -> dict[str, str]:
    """A verified row of the registry; what the registry already knows of the portal stays."""
    region = regions.by_code(region_code)
    told = looked.told
    code = told.site_id_code or ""
    named = next((name for name in (told.sponsor, told.site_name) if name and _ORGAN.fullmatch(name)), None)
    row = dict.fromkeys(COLUMNS, "") | (known or {})
    row |= {
        "portal_id": row["portal_id"] or region_code,
        "region_code": region_code,
        "name": row["name"] or named or (f"{region.name}人民政府" if region else ""),
        "url": looked.url,
        "site_id_code": code if code.isdigit() else row["site_id_code"],
        "status": VERIFIED,
        "verified_at": today,
        "evidence": evidence,
    }
    return row


def renewed_families(known: tuple[FamilyPeriod, ...], seen: str | None, month: str) -> str:
    """The families of a portal, if the one whose signs a visit in ``month`` saw took over from those before.

    A proposal for people: a portal may well mix two systems.

    >>> renewed_families((FamilyPeriod("trs", None, None),), "ucap", "2026-11")
    'trs@-2026-10 ucap@2026-11-'
    >>> renewed_families((), "trs", "2026-11")
    'trs'
    """
    if seen is None or any(each.name == seen and each.until is None for each in known):
        return format_families(known)
    if not known:
        return seen
    year, number = map(int, month.split("-"))
    before = f"{year - (number == 1)}-{(number - 2) % 12 + 1:02}"
    ended = tuple(replace(each, until=before) if each.until is None else each for each in known)
    return format_families((*ended, FamilyPeriod(seen, month, None)))
