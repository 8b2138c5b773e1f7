"""Did a crawl of the simulated portals find what is there? One ``PortalCheck`` a portal.

Compared are the outcome, the family recognised, the report years, the reports of the government itself by their
titles, and every number of every table against the figures the pages were made from. With the real reports in
their place (``seeds``), numbers of those reports are left to their gold files.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crawler.demo.cells import Comparison, compare
from crawler.demo.platforms import Portal
from crawler.demo.site import Entry


@dataclass(slots=True)
class PortalCheck:
    """A portal as expected and as found. ``faults`` is empty when the two agree."""

    place: str
    outcome: str = "-"
    family: str = "-"
    years: tuple[int, ...] = ()
    reports: int = 0
    cells: int = 0
    findings: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """The records of a file; none if it is not there."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def check_run(run: Path, portals: list[Portal]) -> list[PortalCheck]:
    """One check per portal, in the order of the portals."""
    outcomes = read_jsonl(run / "outcomes.jsonl")
    reports = read_jsonl(run / "reports.jsonl")
    return [
        check_portal(
            portal,
            [each for each in outcomes if each["portal_id"] == portal.site.code],
            [each for each in reports if each["portal_id"] == portal.site.code],
        )
        for portal in portals
    ]


def check_portal(portal: Portal, outcomes: list[dict[str, Any]], reports: list[dict[str, Any]]) -> PortalCheck:
    """Set what a crawl says of one portal beside what the portal has."""
    expected, check = portal.site.expected, PortalCheck(portal.site.place)
    if len(outcomes) != 1:
        check.faults.append(f"应有一条结局，实有 {len(outcomes)} 条 / {len(outcomes)} outcomes, one expected")
        return check
    told = outcomes[0]
    check.outcome, check.family = told["outcome"], told["family"] or "-"
    check.years, check.reports = tuple(told["years_found"]), told["reports"]
    for name, want, have in (
        ("outcome", expected.outcome, check.outcome),
        ("family", expected.family, check.family),
        ("years", expected.years, check.years),
        ("reports", expected.reports, check.reports),
        ("records", expected.reports, len(reports)),
    ):
        if want != have:
            check.faults.append(f"{name}：应为 {want}，实为 {have} / expected {want}, found {have}")
    if check.outcome != expected.outcome and told.get("detail"):
        check.faults.append(told["detail"])
    entries = {portal.article_url(entry): entry for entry in portal.site.reports}
    for record in reports:
        failed = (finding for finding in record.get("findings", []) if finding["status"] == "fail")
        check.findings.update(finding["severity"] for finding in failed)
        entry = entries.pop(page_url(record), None)
        if entry is None:
            title = record.get("metadata", {}).get("title")
            check.faults.append(f"不应采集 / not a report of this government: {title} {page_url(record)}")
        else:
            check.cells += _check_report(portal, entry, record, check.faults).right
    for url, entry in list(entries.items())[:2]:
        check.faults.append(f"未采到 / not found: {entry.title} {url}")
    if len(entries) > 2:
        check.faults.append(f"未采到 / not found: … ({len(entries)})")
    return check


def page_url(record: dict[str, Any]) -> str:
    """The address of the page that a report was read from."""
    source = record.get("source") or {}
    documents = source.get("documents") or [{}]
    return str(source.get("url") or documents[0].get("url") or "")


def _check_report(portal: Portal, entry: Entry, record: dict[str, Any], faults: list[str]) -> Comparison:
    report = entry.report
    assert report is not None
    if report.seed in portal.seeds:
        return Comparison()
    result = compare(report, record)
    for kind, cells in (("读错 / wrong", result.wrong), ("未读出 / missed", result.missed)):
        if cells:
            more = f" … ({len(cells)})" if len(cells) > 2 else ""
            faults.append(f"{entry.title}：{kind} {'; '.join(cells[:2])}{more}")
    year = record.get("metadata", {}).get("report_year")
    if year != entry.year:
        faults.append(f"{entry.title}：年份读作 {year} / year read as {year}")
    return result
