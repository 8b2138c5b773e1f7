"""What a directory run writes into its run directory, and what it tells at the end.

| file | one record per |
|---|---|
| ``portals.csv`` | verified portal: rows for ``scrapy portals import`` |
| ``rejected.csv`` | candidate that became no row, with the reason and the page that links to it |
| ``outcomes.jsonl`` | region in scope, and development zone that was found |
| ``stats.json``, ``manifest.json`` | as of any run |
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from crawler.directory.records import REJECTED_COLUMNS, Finding, RegionOutcome, row_of
from crawler.directory.search import Search
from crawler.extensions.publish import code_version
from crawler.outcomes import Outcome
from crawler.registry import COLUMNS, Portal, as_row
from crawler.run import RunDirectory, now
from crawler.spreadsheet import harmless
from crawler.verdict import ACTION, FAILURE, LABELS, OK, Verdict
from parsers import regions


def publish(
    run: RunDirectory, search: Search, known: Iterable[Portal], stats: Mapping[str, Any], arguments: Mapping[str, str]
) -> Verdict:
    """Writes all files of a search that has ended; returns the verdict."""
    concluded = search.conclude()
    outcomes = [outcome for outcome, _ in concluded]
    rows_known = {regions.current_code(portal.region_code or ""): as_row(portal) for portal in known}
    today = datetime.now(UTC).date().isoformat()
    rows = []
    for outcome, best in concluded:
        if best is not None and outcome.finding == Finding.VERIFIED:
            code = outcome.region_code
            row = row_of(code, best.looked, outcome.evidence, today, rows_known.get(code))
            row["families"] = row["families"] or best.looked.family or ""
            rows.append(row)
    verdict = judge(search, outcomes, stats)
    _write_csv(run.part("portals.csv"), COLUMNS, rows)
    _write_csv(run.part("rejected.csv"), REJECTED_COLUMNS, map(asdict, search.rejected))
    with run.part("outcomes.jsonl").open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(asdict(outcome), ensure_ascii=False) + "\n" for outcome in outcomes)
    with run.part("stats.json").open("w", encoding="utf-8") as out:
        json.dump(dict(stats), out, ensure_ascii=False, indent=1, sort_keys=True, default=str)
    run.publish(
        {
            "run_id": run.run_id,
            "kind": "directory",
            "arguments": dict(arguments),
            "code_version": code_version(),
            "started": run.started,
            "finished": now(),
            "verdict": verdict.code,
            "reasons": list(verdict.reasons),
            "complete": verdict.code != FAILURE,
            "counts": {"regions": len(outcomes), "portals": len(rows), "rejected": len(search.rejected)},
        }
    )
    return verdict


def judge(search: Search, outcomes: Sequence[RegionOutcome], stats: Mapping[str, Any]) -> Verdict:
    """0: every region has its verified portal; 1: some have not; 2: the search itself failed."""
    failures = [f"bug: {bug}" for bug in search.bugs]
    if (reason := stats.get("finish_reason")) != "finished":
        failures.append(f"finish_reason {reason}")
    told = [outcome.region_code for outcome in outcomes]
    if not set(search.scope) <= set(told) or len(told) != len(set(told)):
        failures.append(f"{len(search.scope)} regions in scope, {len(told)} outcomes")
    if failures:
        return Verdict(FAILURE, tuple(failures))
    bad = tuple(f"{each.region_code}: {each.finding}" for each in outcomes if each.outcome != Outcome.OK)
    return Verdict(ACTION if bad else OK, bad)


def show(console: Console, outcomes_file: Path, verdict: Verdict, run: RunDirectory) -> None:
    """The end of a run for people: how many regions ended how, and what to do next."""
    outcomes = [json.loads(line) for line in outcomes_file.read_text(encoding="utf-8").splitlines()]
    counted = Counter(outcome["finding"] for outcome in outcomes)

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    say(f"门户名录 / portal directory · {run.run_id}: {len(outcomes)} 个地区 / regions")
    for finding in Finding:
        say(f"    {counted[finding]:>5}  {finding.value}  {LABEL[finding]}")
    zh, en = LABELS[verdict.code]
    say(f"结论 / verdict: {verdict.code} {zh} / {en}")
    if verdict.code == FAILURE:
        for reason in verdict.reasons[:10]:
            say(f"    {reason}")
    say(f"结果文件 / files: {run.path}")
    say(f"导入 / import: scrapy portals import {run.path / 'portals.csv'}")


LABEL = {
    Finding.VERIFIED: "已核实 / the owner is confirmed",
    Finding.UNVERIFIED: "有地址,未能核实 / an address, not confirmed",
    Finding.WRONG_OWNER: "地址属于别处 / the address is another's",
    Finding.DEAD: "地址失效 / the address is dead",
    Finding.NOT_FOUND: "未找到地址 / no address found",
}


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: harmless(str(row[name])) for name in columns} for row in rows)
