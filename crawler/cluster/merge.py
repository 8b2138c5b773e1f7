"""Makes one run of published shards: their lines one after the other, their archives side by side, one verdict.

A report that portals of two shards publish is kept once, as within one crawl.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from crawler.archive.writer import segments
from crawler.exporters import write_tables
from crawler.extensions.publish import SCHEMA_VERSION, code_version
from crawler.items import PortalOutcome
from crawler.registry import Portal
from crawler.resume import OUTCOMES, REPORTS
from crawler.run import MANIFEST, RunDirectory, now
from crawler.verdict import FAILURE, Verdict, judge
from crawler.watch import page
from crawler.watch.attention import History
from crawler.watch.report import Run, compose
from parsers import parser_version
from parsers.brief import fingerprint


def merge(
    run: RunDirectory, shards: Sequence[Path], portals: Sequence[Portal], arguments: Mapping[str, str], history: History
) -> tuple[Verdict, dict[str, Any]]:
    """Publishes ``run``; gives its verdict and its report."""
    manifests = [json.loads((shard / MANIFEST).read_text(encoding="utf-8")) for shard in shards]
    read, kept = _reports(run, shards)
    outcomes = _outcomes(run, shards)
    for shard in shards:
        for segment in segments(shard):
            _link(segment, run.part(f"archive/{segment.name}"))
    stats = _stats(shards) | {"reports/joined": kept}
    with run.part("stats.json").open("w", encoding="utf-8") as out:
        json.dump(stats, out, ensure_ascii=False, indent=1, sort_keys=True)
    written = {REPORTS: kept} | write_tables(run.part(REPORTS), run.part)
    verdict = judge([portal.portal_id for portal in portals], outcomes, stats, written)
    if read != sum(manifest["counts"]["reports"] for manifest in manifests):
        verdict = Verdict(FAILURE, ("shards have other reports than their manifests tell",))
    failed = [f"shard {m['run_id']}: {'; '.join(m['reasons'])}" for m in manifests if m["verdict"] == FAILURE]
    if failed:
        verdict = Verdict(FAILURE, (*failed, *verdict.reasons))
    manifest = {
        "run_id": run.run_id, "kind": "crawl", "arguments": dict(arguments), "schema_version": SCHEMA_VERSION,
        "code_version": code_version(), "parser_version": parser_version(), "started": run.started,
        "finished": now(), "verdict": verdict.code, "reasons": list(verdict.reasons),
        "complete": verdict.code != FAILURE and all(each["complete"] for each in manifests),
        "shards": [each["run_id"] for each in manifests],
        "counts": {
            "portals": len(portals), "outcomes": len(outcomes), "reports": kept,
            "unchanged": sum(outcome.unchanged for outcome in outcomes),
        },
    }  # fmt: skip
    report = compose(Run(manifest, stats, outcomes, {each.portal_id: each.name for each in portals}), history)
    run.part("report.json").write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    run.part("report.html").write_bytes(page.render(report).encode("utf-8", "replace"))
    run.publish(manifest)
    if verdict.moves_latest and manifest["complete"]:
        run.point_latest_here()
    return verdict, report


def _reports(run: RunDirectory, shards: Sequence[Path]) -> tuple[int, int]:
    """Reports read and kept."""
    owners: dict[tuple[str, str], str] = {}
    read = kept = 0
    with run.part(REPORTS).open("wb") as out:
        for shard in shards:
            for line in _lines(shard / REPORTS):
                read += 1
                record = json.loads(line)
                portal = record["portal_id"]
                if owners.setdefault((record["report_id"], fingerprint(record)), portal) == portal:
                    out.write(line)
                    kept += 1
    return read, kept


def _outcomes(run: RunDirectory, shards: Sequence[Path]) -> list[PortalOutcome]:
    found = []
    with run.part(OUTCOMES).open("wb") as out:
        for shard in shards:
            for line in _lines(shard / OUTCOMES):
                out.write(line)
                found.append(PortalOutcome(**json.loads(line)))
    return found


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another disk
        shutil.copyfile(source, target)


def _stats(shards: Sequence[Path]) -> dict[str, Any]:
    """The sums of what can be summed; ``finish_reason`` is that of the first shard that ended early."""
    total: Counter[str] = Counter()
    reasons = []
    for shard in shards:
        told = json.loads((shard / "stats.json").read_text(encoding="utf-8"))
        reasons.append(told.get("finish_reason"))
        total.update({name: value for name, value in told.items() if isinstance(value, int | float)})
    early = [reason for reason in reasons if reason != "finished"]
    return {**total, "finish_reason": early[0] if early else "finished"}
