"""``report.json``: one run in figures, against each portal's own history. A pure function of what it is given."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crawler.items import PortalOutcome
from crawler.outcomes import ADVICE, GOOD, Outcome
from crawler.urls import host_of
from crawler.watch.attention import RUNS, Case, History, cases, with_this_run
from crawler.watch.hosts import Hosts
from parsers import regions

Json = dict[str, Any]
_BLOCK = re.compile(r"blocked:\w+")
SHOWN = 500  # entries of one list; ``truncated`` tells how many were left out


@dataclass(frozen=True, slots=True)
class Run:
    """What the run itself says: manifest and statistics, outcomes, portal names, answers by host."""

    manifest: Mapping[str, Any]  # run_id, kind, arguments, started, finished, verdict, reasons, counts
    stats: Mapping[str, Any]
    outcomes: list[PortalOutcome] = field(default_factory=list)
    names: Mapping[str, str] = field(default_factory=dict)
    hosts: Hosts = field(default_factory=Hosts)


def compose(run: Run, history: History, *, attention_runs: int = RUNS) -> Json:
    """The report. ``history``: earlier runs of each portal, newest first; the run itself may be among them."""
    told = with_this_run(history, run.manifest["run_id"], run.outcomes)
    attention, flapping = cases(told, attention_runs)
    before = {portal: past[1:] for portal, past in told.items()}
    report: Json = {
        **{name: run.manifest.get(name) for name in _OF_THE_MANIFEST},
        "outcomes": dict(Counter(outcome.outcome for outcome in run.outcomes).most_common()),
        "totals": _totals(run),
        "provinces": provinces(run.outcomes),
        "attention": [_case(case, run.names) for case in attention],
        "flapping": [_case(case, run.names) for case in flapping],
        "drops": [drop for o in run.outcomes if (drop := dropped(o, before[o.portal_id], run))],
        "new_layouts": [new for o in run.outcomes if (new := layout(o, before[o.portal_id], run.names))],
        "blocked_hosts": blocked(run.outcomes),
        **run.hosts.told(),
        "findings": findings(run.stats),
        "history_runs": max((len(past) for past in before.values()), default=0),
    }
    report["truncated"] = {name: len(v) - SHOWN for name, v in report.items() if isinstance(v, list) and len(v) > SHOWN}
    return {name: value[:SHOWN] if isinstance(value, list) else value for name, value in report.items()}


_OF_THE_MANIFEST = (
    "run_id", "kind", "arguments", "started", "finished", "verdict", "reasons", "complete", "counts", "parser_version",
)  # fmt: skip


def _totals(run: Run) -> Json:
    return {
        "portals": len(run.outcomes),
        "good": sum(outcome.outcome in GOOD for outcome in run.outcomes),
        "reports": sum(outcome.reports for outcome in run.outcomes),
        "unchanged": sum(outcome.unchanged for outcome in run.outcomes),
        "pages": sum(outcome.pages for outcome in run.outcomes),
        "bytes": sum(outcome.bytes for outcome in run.outcomes),
        "seconds": round(max(0.0, run.stats.get("elapsed_time_seconds") or 0.0), 1),
    }


def provinces(outcomes: Iterable[PortalOutcome]) -> list[Json]:
    """Outcomes by province, in the order of the codes; portals of no known region last."""
    grouped: dict[str, list[PortalOutcome]] = {}
    for outcome in outcomes:
        grouped.setdefault((outcome.region_code or "")[:2], []).append(outcome)
    return [
        {
            "code": code,
            "name": _province(code),
            "portals": len(members),
            "good": sum(member.outcome in GOOD for member in members),
            "reports": sum(member.reports for member in members),
            "outcomes": dict(Counter(member.outcome for member in members).most_common()),
        }
        for code, members in sorted(grouped.items(), key=lambda each: each[0] or "~")
    ]


def _province(code: str) -> str:
    try:
        return regions.resolve(f"{code}0000").name if code else "–"
    except regions.UnknownRegion:
        return code


def dropped(outcome: PortalOutcome, past: Iterable[tuple[str, PortalOutcome]], run: Run) -> Json | None:
    """What a portal had the last time it was read and has no longer: years, and reports if the runs can be compared."""
    last = next(((run_id, each) for run_id, each in past if each.reports), None)
    if last is None:
        return None
    run_id, usual = last
    arguments = run.manifest.get("arguments") or {}
    lost = [] if arguments.get("years") else sorted(set(usual.years_found) - set(outcome.years_found))
    fewer = outcome.reports < usual.reports and not arguments.get("years") and "scope" not in arguments
    if not lost and not fewer and not outcome.years_gone:
        return None
    return {
        **_who(outcome, run.names),
        "outcome": outcome.outcome,
        "reports": outcome.reports,
        "before": usual.reports,
        "before_run": run_id,
        "years_lost": sorted({*lost, *outcome.years_gone}),
    }


def layout(outcome: PortalOutcome, past: Iterable[tuple[str, PortalOutcome]], names: Mapping[str, str]) -> Json | None:
    """A portal that is served by another system than when its system was last known."""
    known = next((each.family for _, each in past if each.family), None)
    if not known or not outcome.family or known == outcome.family:
        return None
    return {**_who(outcome, names), "before": known, "now": outcome.family}


def blocked(outcomes: Iterable[PortalOutcome]) -> list[Json]:
    """Hosts that refuse automated access, with what they show instead."""
    hosts: dict[str, Json] = {}
    for outcome in outcomes:
        if outcome.outcome == Outcome.BLOCKED:
            host = hosts.setdefault(host_of(outcome.url), {"portals": 0, "kinds": set()})
            host["portals"] += 1
            host["kinds"].update(_BLOCK.findall(outcome.detail))
    ordered = sorted(hosts.items(), key=lambda each: (-each[1]["portals"], each[0]))
    return [{"host": name, "portals": h["portals"], "kinds": sorted(h["kinds"])} for name, h in ordered]


def findings(stats: Mapping[str, Any]) -> list[Json]:
    """How often each rule of the parser found something, with what it asks."""
    counted = {name.removeprefix("findings/"): n for name, n in stats.items() if name.startswith("findings/")}
    if not counted:
        return []
    from parsers.rules import all_rules  # which load all that reads reports

    found = []
    for rule_id, number in sorted(counted.items(), key=lambda each: (-each[1], each[0])):
        rule = all_rules().get(rule_id)
        told = (rule.severity, rule.zh, rule.en) if rule else ("", "", "")
        found.append({"rule": rule_id, "count": number, **dict(zip(("severity", "zh", "en"), told, strict=True))})
    return found


def _who(outcome: PortalOutcome, names: Mapping[str, str]) -> Json:
    return {
        "portal_id": outcome.portal_id,
        "name": names.get(outcome.portal_id, ""),
        "region_code": outcome.region_code,
        "url": outcome.url,
    }


def _case(case: Case, names: Mapping[str, str]) -> Json:
    zh, en = ADVICE[Outcome(case.outcome.outcome)]
    return {
        **_who(case.outcome, names),
        "outcome": case.outcome.outcome,
        "detail": case.outcome.detail,
        "bad_runs": case.bad,
        "since": case.since,
        "switches": case.switches,
        "fresh": case.fresh,
        "advice_zh": zh,
        "advice_en": en,
    }
