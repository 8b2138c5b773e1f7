"""Visits to the home pages that the registry names: is each still its region's, and does it answer?

``visit`` judges one row; ``row_after`` is the row with what the visit found. A visit that got no answer changes
nothing: the portal may be back tomorrow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from crawler.directory.look import Looked
from crawler.directory.records import Finding, finding_of, in_short, renewed_families, row_of
from crawler.outcomes import Outcome
from crawler.ownership import Ownership, ownership, zone_told
from crawler.registry import UNVERIFIED, Portal, as_row
from crawler.urls import canonical


@dataclass(frozen=True, slots=True)
class Visited:
    """A row of the registry after a visit."""

    portal: Portal
    looked: Looked
    owner: Ownership
    finding: Finding
    outcome: Outcome
    detail: str

    @property
    def moved(self) -> bool:
        return self.looked.failure is None and canonical(self.looked.url) != canonical(self.portal.url)


def judge(portal: Portal, looked: Looked) -> Visited:
    """What a look at a portal's home page says of its row."""
    code = portal.region_code or ""
    if re.fullmatch(r"\d{4}7[1-9]", code):
        is_own = zone_told(looked.told, looked.title, code) == code
        owner = Ownership("confirmed", "zone_code_and_name", (), code) if is_own else Ownership("unsure", "zone")
    else:
        owner = ownership(looked.told, code, title=looked.title, text=looked.text)
    return Visited(portal, looked, owner, *finding_of(looked, owner))


def row_after(visited: Visited, today: str) -> dict[str, str]:
    """The portal's row as the visit leaves it; unchanged unless the page said whose it is."""
    row = as_row(visited.portal)
    if visited.finding is Finding.VERIFIED:
        title = [f"title={visited.looked.title}"] if visited.looked.title else []
        evidence = "; ".join([*in_short(visited.owner), *title])
        after = row_of(visited.portal.region_code or "", visited.looked, evidence, today, row)
        if not visited.moved:
            after["url"] = row["url"]  # as it is written there
        after["families"] = row["families"] or visited.looked.family or ""
        return after
    if visited.finding is Finding.WRONG_OWNER:
        return row | {"status": UNVERIFIED, "verified_at": "", "evidence": f"{today} wrong_portal: {visited.owner}"}
    return row


def family_hint(visited: Visited, today: str) -> str | None:
    """The families of the row, if the home page shows another than it has now."""
    known = visited.portal.families
    proposed = renewed_families(known, visited.looked.family, today[:7])
    return proposed if known and proposed != as_row(visited.portal)["families"] else None
