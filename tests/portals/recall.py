"""One crawl over a fleet of simulated portals, and what it found beside what is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crawler.demo.check import check_run, page_url
from crawler.demo.fleet import PortalFleet, write_registry
from crawler.demo.run import Crawled, Workspace, run_crawl
from crawler.demo.site import Entry, Site

SETTINGS = {"EGRESS_ALLOW": "127.0.0.0/8", "DOWNLOAD_DELAY": "0.001", "CITIES_AT_ONCE": "16"}
SECONDS = 900  # far more than a crawl of the whole fleet takes on a busy machine


@dataclass(frozen=True, slots=True)
class Recall:
    """What one portal has, and what was found there: addresses of reports."""

    name: str
    outcome: str
    family: str
    expected: frozenset[str]
    found: frozenset[str]
    requests: int

    def line(self) -> str:
        right = len(self.expected & self.found)
        recall, precision = right / len(self.expected), right / len(self.found) if self.found else 0.0
        return (
            f"{self.name:24} {self.outcome:24} {self.family:12} expected {len(self.expected):3} found {right:3} "
            f"extra {len(self.found) - right:3} recall {recall:.2f} precision {precision:.2f} asked {self.requests:4} "
            f"a report {self.requests / max(1, right):4.1f}"
        )


@dataclass(frozen=True, slots=True)
class Round:
    """One crawl over the fleet; ``faults`` are those of the demo's own check, numbers included."""

    crawled: Crawled
    recalls: dict[str, Recall]
    faults: dict[str, list[str]]


def crawl(fleet: PortalFleet, directory: Path, scope: str = "government", columns: bool = False) -> Round:
    """One crawl; with ``scope=all`` the reports of departments and towns are expected too.

    With ``columns`` the registry names the annual-report columns, so that no home page is needed.
    """
    workspace = Workspace(directory)
    rows = fleet.registry_rows()
    if columns:
        rows = [row | {"columns": p.reports_url()} for row, p in zip(rows, fleet.portals, strict=True)]
    write_registry(workspace.portals, rows)
    provinces = sorted({portal.site.province for portal in fleet.portals})
    crawled = run_crawl(workspace, {"province": ",".join(provinces), "scope": scope}, SETTINGS, seconds=SECONDS)
    found: dict[str, set[str]] = {}
    for record in crawled.reports:
        found.setdefault(record["portal_id"], set()).add(page_url(record))
    recalls = {}
    for portal in fleet.portals:
        code, name = portal.site.code, portal.site.platform
        told = crawled.outcomes.get(code, {})
        recalls[name] = Recall(
            name=name,
            outcome=told.get("outcome", "-"),
            family=told.get("family") or "-",
            expected=frozenset(portal.article_url(entry) for entry in _expected(portal.site, scope)),
            found=frozenset(found.get(code, ())),
            requests=len(fleet.log(code)),
        )
    checks = check_run(crawled.run, fleet.portals)
    faults = {p.site.platform: check.faults for p, check in zip(fleet.portals, checks, strict=True)}
    return Round(crawled, recalls, faults)


def _expected(site: Site, scope: str) -> list[Entry]:
    return [e for e in site.entries if e.report and e.kind != "mirror"] if scope == "all" else site.reports
