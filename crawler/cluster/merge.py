"""Makes one run of published shards: their lines one after the other, their archives side by side, one verdict.

A report that portals of two shards publish is kept once, as within one crawl.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler.archive.writer import segments
from crawler.cluster.halves import write_tables
from crawler.exporters import ids_of, load_writers, put_in_order
from crawler.extensions.publish import SCHEMA_VERSION, code_version
from crawler.items import PortalOutcome
from crawler.ledger.session import JOURNAL
from crawler.reparse import REPARSE, WITHDRAWN
from crawler.resume import OUTCOMES, REPORTS
from crawler.run import MANIFEST, RunDirectory, now
from crawler.verdict import FAILURE, Verdict, judge, judge_reparse
from crawler.watch import page
from crawler.watch.attention import RUNS, History
from crawler.watch.hosts import Host, Hosts
from crawler.watch.report import Run, compose
from parsers import parser_version
from parsers.brief import fingerprint
from parsers.jsontext import loads


@dataclass(frozen=True, slots=True)
class Asked:
    """What the whole run was asked for: a crawl or a reparse, its arguments, its portals with their names."""

    kind: str
    arguments: Mapping[str, str]
    portals: Mapping[str, str]


def load_ahead() -> None:
    """Loads what ``merge`` would load in half a second, in which nothing else goes on."""
    from parsers.rules import all_rules

    load_writers()
    all_rules()
    gc.freeze()  # the collector would go through it with every few hundred reports


def merge(
    run: RunDirectory, shards: Sequence[Path], asked: Asked, history: History, attention_runs: int = RUNS
) -> tuple[Verdict, dict[str, Any]]:
    """Publishes ``run``; gives its verdict and its report."""
    manifests = [json.loads((shard / MANIFEST).read_text(encoding="utf-8")) for shard in shards]
    read, kept = _reports(run, shards)
    if asked.kind == REPARSE:
        put_in_order(run.part(REPORTS))
    outcomes = _outcomes(run, shards)
    for shard in shards:
        for segment in segments(shard):
            _link(segment, run.part(f"archive/{segment.name}"))
    stats = _stats(run, shards)
    stats["reports/joined"] = stats.get("reports/joined", 0) - (read - kept)
    with run.part("stats.json").open("w", encoding="utf-8") as out:
        json.dump(stats, out, ensure_ascii=False, indent=1, sort_keys=True)
    written = {REPORTS: kept} | write_tables(run.part(REPORTS), run.part)
    if asked.kind == REPARSE:
        verdict = judge_reparse(_withdrawn(run, shards), stats, written)
    else:
        verdict = judge(list(asked.portals), outcomes, stats, written)
    if _journal(run, shards):
        verdict = verdict.because("ledger not written")
    if read != sum(manifest["counts"]["reports"] for manifest in manifests):
        verdict = Verdict(FAILURE, ("shards have other reports than their manifests tell",))
    failed = [f"shard {m['run_id']}: {'; '.join(m['reasons'])}" for m in manifests if m["verdict"] == FAILURE]
    if failed:
        verdict = Verdict(FAILURE, (*failed, *verdict.reasons))
    manifest = {
        "run_id": run.run_id, "kind": asked.kind, "arguments": dict(asked.arguments), "schema_version": SCHEMA_VERSION,
        "code_version": code_version(), "parser_version": parser_version(), "started": run.started,
        "finished": now(), "verdict": verdict.code, "reasons": list(verdict.reasons),
        "complete": verdict.code != FAILURE and all(each["complete"] for each in manifests),
        "shards": [each["run_id"] for each in manifests],
        "counts": {
            "portals": len(asked.portals), "outcomes": len(outcomes), "reports": kept,
            "unchanged": sum(outcome.unchanged for outcome in outcomes),
        },
    }  # fmt: skip
    names = {shard.name for shard in shards}  # under which the ledger has this run's outcomes already
    past = {portal: [each for each in runs if each[0] not in names] for portal, runs in history.items()}
    told = Run(manifest, stats, outcomes, dict(asked.portals), _hosts(shards))
    report = compose(told, past if outcomes else {}, attention_runs=attention_runs)
    run.part("report.json").write_bytes(json.dumps(report, ensure_ascii=False, indent=1).encode("utf-8", "replace"))
    run.part("report.html").write_bytes(page.render(report).encode("utf-8", "replace"))
    run.publish(manifest)
    if verdict.moves_latest and manifest["complete"]:
        run.point_latest_here()
    return verdict, report


def _reports(run: RunDirectory, shards: Sequence[Path]) -> tuple[int, int]:
    """Reports read and kept."""
    shared = _shared(shards)
    owners: dict[tuple[str, str], str] = {}
    read = kept = 0
    with run.part(REPORTS).open("wb") as out:
        for line in _report_lines(shards):
            read += 1
            report, portal = ids_of(line)
            if report not in shared or owners.setdefault((report, fingerprint(loads(line))), portal) == portal:
                out.write(line)
                kept += 1
    return read, kept


def _shared(shards: Sequence[Path]) -> set[str]:
    """The reports of more than one portal."""
    owners: dict[str, str] = {}
    told = map(ids_of, _report_lines(shards))
    return {report for report, portal in told if owners.setdefault(report, portal) != portal}


def _report_lines(shards: Sequence[Path]) -> Iterator[bytes]:
    for shard in shards:
        yield from _lines(shard / REPORTS)


def _outcomes(run: RunDirectory, shards: Sequence[Path]) -> list[PortalOutcome]:
    found = []
    with run.part(OUTCOMES).open("wb") as out:
        for shard in shards:
            for line in _lines(shard / OUTCOMES):
                out.write(line)
                found.append(PortalOutcome(**json.loads(line)))
    return found


def _withdrawn(run: RunDirectory, shards: Sequence[Path]) -> int:
    """How many reports are withdrawn."""
    lines = sorted(line for shard in shards for line in _lines(shard / WITHDRAWN))
    run.part(WITHDRAWN).write_bytes(b"".join(lines))
    return len({json.loads(line)["report_id"] for line in lines})


def _journal(run: RunDirectory, shards: Sequence[Path]) -> bool:
    """Whether there are visits that a shard could not write to the ledger: a later run does (``catch_up``)."""
    left = [shard / JOURNAL for shard in shards if (shard / JOURNAL).is_file()]
    if left:
        with run.part(JOURNAL).open("wb") as out:
            for journal in left:
                out.writelines(_lines(journal))
    return bool(left)


def _hosts(shards: Sequence[Path]) -> Hosts:
    """Slow hosts and wrongly declared encodings, from the reports of shards: a host is asked by one of them only."""
    hosts = Hosts()
    for path in (shard / "report.json" for shard in shards):
        told = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        for each in told.get("encoding_overrides", ()):
            hosts.by_name.setdefault(each["host"], Host()).overridden = each["pages"]
        for each in told.get("slow_hosts", ()):
            host = hosts.by_name.setdefault(each["host"], Host())
            host.pages, host.slowest = each["pages"], each["max_seconds"]
            host.seconds = each["mean_seconds"] * each["pages"]
    return hosts


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another disk
        shutil.copyfile(source, target)


def _stats(run: RunDirectory, shards: Sequence[Path]) -> dict[str, Any]:
    """The sums of what can be summed; ``finish_reason`` is that of the first shard that ended early."""
    total: Counter[str] = Counter()
    most: dict[str, float] = {}
    reasons = []
    for shard in shards:
        told = json.loads((shard / "stats.json").read_text(encoding="utf-8"))
        reasons.append(told.get("finish_reason"))
        numbers = {name: value for name, value in told.items() if isinstance(value, int | float)}
        total.update(numbers)
        most |= {name: max(value, most.get(name, value)) for name, value in numbers.items() if name.endswith("max")}
    early = [reason for reason in reasons if reason != "finished"]
    elapsed = (datetime.now(UTC) - datetime.fromisoformat(run.started)).total_seconds()
    return {
        **total, **most, "finish_reason": early[0] if early else "finished", "elapsed_time_seconds": max(0.0, elapsed)
    }  # fmt: skip
