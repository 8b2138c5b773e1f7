"""All simulated portals by name, and a fleet of them for one seed."""

from __future__ import annotations

from collections.abc import Iterable

from crawler.demo.fleet import PortalFleet
from tests.portals.contents import make_site
from tests.portals.platforms import anhui, guangdong, hanweb, kept, nestings, others, trs, ucap, vsb
from tests.portals.platforms.base import Case, ComposedPortal

MODULES = (
    trs,
    ucap,
    hanweb,
    vsb,
    guangdong,
    anhui,
    kept,
    others,
    nestings,
)
CASES: tuple[Case, ...] = tuple(case for module in MODULES for case in module.CASES)


def make_portal(case: Case, seed: str) -> ComposedPortal:
    """A portal of a case; each host has a loopback address of its own."""
    number = CASES.index(case)
    hosts = {role: f"127.{10 + place}.{number // 200}.{number % 200 + 1}" for place, role in enumerate(case.hosts)}
    return case.platform(make_site(case, seed, number, hosts))


def fleet_of(seed: str, only: Iterable[str] = (), scope: str = "government") -> PortalFleet:
    """The portals of all cases of a scope, or of those named, with what ``seed`` makes them publish."""
    names = set(only) or {case.name for case in CASES}
    return PortalFleet([make_portal(case, seed) for case in CASES if case.name in names and case.scope == scope])
