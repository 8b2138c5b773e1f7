"""Takes up a run that was killed: what is done stays, the rest is as if it had never begun.

A portal is done when its line in ``outcomes.jsonl``, its line in the journal (``memory.jsonl``) and all its reports are
there, whole. Reports are written first, then the journal, then the outcome; so whatever moment the process was killed
at, each portal is either done, or visited again. What a killed publication had renamed already is named a part again.
Documents in the run's archive are not fetched again (``crawler.middlewares.archived``).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scrapy.settings import BaseSettings

from crawler.items import PortalOutcome
from crawler.ledger.records import PortalRecord
from crawler.ledger.session import JOURNAL
from crawler.run import PART, RunDirectory
from parsers.jsontext import loads

OUTCOMES = "outcomes.jsonl"
REPORTS = "reports.jsonl"
MADE_AT_THE_END = ("tables", "stats.json")
MATTERS = (
    "PORTALS_DIR", "LEDGER_URL", "EGRESS_ALLOW", "ATTACHMENTS", "PORTAL_SECONDS", "PORTAL_PAGES", "PORTAL_MB",
    "DISCOVERY_PAGES",
    "BROWSER_PAGES", "BROWSER_SECONDS", "PARSE_SECONDS", "PARSE_MEMORY", "PAGE_MAXSIZE", "DOWNLOAD_MAXSIZE",
    "RECHECK", "RECHECK_DAYS", "LIST_DAYS", "DISCOVERY_DAYS", "SEASON",
)  # fmt: skip
"""Settings that a run's result depends on; those of pace and of the terminal may differ when it is continued."""


@dataclass(slots=True)
class TakenUp:
    """What a run has done already; empty for one that begins."""

    outcomes: list[PortalOutcome] = field(default_factory=list)
    records: list[PortalRecord] = field(default_factory=list)
    findings: Counter[str] = field(default_factory=Counter)  # by portal
    reports: int = 0


def plan_of(settings: BaseSettings, arguments: Mapping[str, str]) -> dict[str, Any]:
    """What a run is asked for: its arguments, and a hash of the settings that matter (one may hold a password)."""
    held = json.dumps({name: str(settings[name]) for name in MATTERS}, sort_keys=True)
    return {"arguments": dict(arguments), "settings": hashlib.sha256(held.encode()).hexdigest()}


def take_up(run: RunDirectory) -> TakenUp:
    """Cuts the files of a resumed run back to the portals that are done, and tells of these."""
    taken = TakenUp()
    if not run.resumed:
        return taken
    _unpublish(run.path)
    outcomes = {line["portal_id"]: line for line in _lines(run.part(OUTCOMES))}
    records = {line["outcome"]["portal_id"]: line for line in _lines(run.part(JOURNAL))}
    there: Counter[str] = Counter()
    findings: Counter[str] = Counter()
    for report in _lines(run.part(REPORTS)):
        there[report["portal_id"]] += 1
        findings[report["portal_id"]] += len(report.get("findings", ()))
    done = {
        name for name in outcomes.keys() & records.keys()
        if there[name] == len(records[name].get("versions", ()))
    }  # fmt: skip
    _keep(run.part(REPORTS), lambda line: line["portal_id"] in done)
    _keep(run.part(JOURNAL), lambda line: line["outcome"]["portal_id"] in done)
    _keep(run.part(OUTCOMES), lambda line: line["portal_id"] in done)
    taken.records = [PortalRecord.from_dict(record) for name, record in records.items() if name in done]
    taken.outcomes = [record.outcome for record in taken.records]
    taken.findings = Counter({name: findings[name] for name in done})
    taken.reports = sum(there[name] for name in done)
    return taken


def _unpublish(path: Path) -> None:
    for file in sorted(path.rglob("*")):
        if not file.is_file():
            continue
        if file.relative_to(path).parts[0].removesuffix(PART) in MADE_AT_THE_END:
            file.unlink()
        elif not file.name.endswith(PART):
            file.replace(file.with_name(file.name + PART))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a file; a torn one ends it."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            try:
                told: dict[str, Any] = loads(line) if line.endswith(b"\n") else {}
            except ValueError:
                told = {}
            if not told:
                return
            yield told


def _keep(path: Path, wanted: Callable[[dict[str, Any]], bool]) -> None:
    """Leaves of a file the lines that are wanted, in one step: killed here, the next process finds the old file."""
    if not path.exists():
        return
    step = path.with_name(path.name + ".step" + PART)
    with path.open("rb") as old, step.open("wb") as new:
        for told in _lines(path):
            line = old.readline()
            if wanted(told):
                new.write(line)
    step.replace(path)
