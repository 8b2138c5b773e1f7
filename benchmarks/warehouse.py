"""Loading, checking, releasing and asking a warehouse of generated reports.

    python benchmarks/warehouse.py [--reports 100000] [--folder DIR] [--no-release]

Told are, for a tenth, a half and all of the reports: seconds, seconds of the processor and peak memory of
``scrapy warehouse load``; growth and shares are judged by the processor, whose time others at work do not stretch.
Then what 100 new reports cost beside the full load, the findings of rules across reports, each documented query, and
the release. Limits: 2 GiB of memory, growth no worse than linear (a fifth is allowed for chance), 100 new reports under
5 % of the full load, a second per query. Exit code 1 if one is missed.

The reports are made of some hundred generated ones, read by the parser, under the names of the counties and cities of
GB/T 2260 and of fifteen years, governments and their offices: 200 cells each, so 100,000 reports are 20 million facts.
About 25 GB of disk are needed for 100,000.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from crawler.run import claim  # noqa: E402
from crawler.warehouse import open_warehouse  # noqa: E402
from crawler.warehouse.derived import questions  # noqa: E402
from parsers import regions  # noqa: E402
from tests.crawler.warehouse.records import outcome, record  # noqa: E402

BASES = 120
NEWEST = 2024
MEMORY, SHARE, SECONDS, SLACK = 2048.0, 0.05, 1.0, 1.2
SCOPES = ("region_aggregate", "government_office")


def reports(number: int) -> Iterator[str]:
    """Lines of ``reports.jsonl``, newest year first."""
    chance = random.Random(1)
    bases = [_split(record(seed)) for seed in range(BASES)]
    places = [row for row in regions.table() if row[5] is None]
    made = 0
    for year in range(NEWEST, NEWEST - 60, -1):
        for code, name, level, *_ in places:
            for scope in SCOPES:
                if made == number:
                    return
                metadata, rest = chance.choice(bases)
                office = scope == "government_office"
                told = metadata | {
                    "report_year": year, "region_code": code, "region_code_current": code, "admin_level": level,
                    "county_name": name, "report_scope": scope, "subject_name": name + "人民政府" + "办公室" * office,
                    "subject_type": "government_office" if office else "people_government",
                    "publication_date": f"{year + 1}-0{chance.randint(1, 4)}-15",
                }  # fmt: skip
                yield _line(f"{code}{year}{scope[0]}", f"p{code}", told, rest, at=f"{year + 1}-05-01T00:00:00+00:00")
                made += 1


def _split(told: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The metadata, and the JSON of all that is neither metadata nor told by the crawl."""
    rest = {name: value for name, value in told.items() if name not in ("metadata", "source", "report_id", "portal_id")}
    return told["metadata"], json.dumps(rest, ensure_ascii=False, separators=(",", ":"))[1:]


def _line(report_id: str, portal_id: str, metadata: dict[str, Any], rest: str, at: str) -> str:
    url = f"http://{portal_id}.example/{report_id}.html"
    source = {
        "url": url, "final_url": url, "fetched_at": at, "content_sha256": f"{hash(report_id) % 2**64:064x}",
        "archive": "archive/00000.warc.gz", "record_id": f"<urn:{report_id}>", "addresses": [{"url": url}],
        "revision": {"number": 1, "of": 1, "latest": True},
    }  # fmt: skip
    head = {"report_id": report_id, "portal_id": portal_id, "source": source, "metadata": metadata}
    return json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1] + "," + rest + "\n"


def write_run(runs: Path, name: str, lines: list[str]) -> None:
    run = claim(runs, name)
    with run.part("reports.jsonl").open("w", encoding="utf-8") as out:
        out.writelines(lines)
    with run.part("outcomes.jsonl").open("w", encoding="utf-8") as out:
        portals = sorted({json.loads(line[: line.index(',"source"')] + "}")["portal_id"] for line in lines})
        visits = (outcome(portal, region_code=portal[1:]) for portal in portals)
        out.writelines(json.dumps(visit, ensure_ascii=False) + "\n" for visit in visits)
    at = f"2025-06-01T00:00:{len(list(runs.iterdir())) % 60:02}+00:00"
    run.publish({"run_id": name, "schema_version": "1.0", "code_version": "generated", "started": at, "finished": at,
                 "verdict": 0, "reasons": [], "complete": True, "counts": {"portals": 1, "outcomes": 1}})  # fmt: skip


def measured(folder: Path, *words: str) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak MiB of ``scrapy warehouse ...``."""
    command = [str(Path(sys.executable).with_name("scrapy")), "warehouse", *words, "-s", f"RUNS_DIR={folder / 'runs'}"]
    begun = time.monotonic()
    with (folder / "log.txt").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - begun
    if process.returncode:
        sys.exit((folder / "log.txt").read_text(encoding="utf-8"))
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def run(number: int, folder: Path, release: bool) -> bool:
    good = True
    lines = reports(number)
    done, seconds, work = 0, 0.0, 0.0
    points: list[float] = []
    print(f"{'reports':>9}{'facts':>12}{'load s':>9}{'cpu s':>9}{'cpu ms/report':>15}{'peak MiB':>10}")
    for share in range(10):
        size = number * (share + 1) // 10 - done
        write_run(folder / "runs", f"run{share}", [line for line, _ in zip(lines, range(size), strict=False)])
        took, used, peak = measured(folder, "load")
        done, seconds, work = done + size, seconds + took, work + used
        good &= peak <= MEMORY
        if share in (0, 4, 9):
            points.append(work / done)
            facts = _facts(folder)
            print(
                f"{done:>9}{facts:>12}{seconds:>9.1f}{work:>9.1f}{1000 * work / done:>15.2f}{peak:>10.0f}", flush=True
            )
    growth = points[-1] / points[0]
    good &= growth <= SLACK
    print(f"time per report, all over the first tenth: {growth:.2f}   limit {SLACK}")
    extra = [line.replace(str(NEWEST), str(NEWEST + 1)) for line in _head(number, 100)]
    write_run(folder / "runs", "extra", extra)
    took, used, peak = measured(folder, "load")
    good &= used <= SHARE * work and peak <= MEMORY
    print(f"100 new reports: {took:.1f} s, {100 * used / work:.1f} % of the full load   limit {100 * SHARE:g} %")
    good &= _queries(folder / "warehouse.duckdb")
    if release:
        took, used, peak = measured(folder, "release", str(folder / "release"))
        good &= peak <= MEMORY
        print(f"release: {took:.1f} s ({used:.1f} s of the processor), {peak:.0f} MiB   limit {MEMORY:g} MiB")
    return good


def _head(number: int, few: int) -> list[str]:
    return [line for line, _ in zip(reports(number), range(few), strict=False)]


def _facts(folder: Path) -> int:
    with open_warehouse(folder / "warehouse.duckdb") as warehouse:
        row = warehouse.execute("SELECT count(*) FROM facts_long_history").fetchone()
    return int(row[0]) if row else 0


def _queries(file: Path) -> bool:
    """Each documented example, the best of three."""
    good = True
    with open_warehouse(file) as warehouse:
        findings = warehouse.execute(
            "SELECT rule_id, count(*) FROM cross_results WHERE status = 'fail' GROUP BY 1 ORDER BY 1"
        ).fetchall()
        print("findings across reports:", ", ".join(f"{rule} {times}" for rule, times in findings))
        for question in questions():
            times = []
            for _ in range(3):
                begun = time.monotonic()
                rows = len(warehouse.execute(question.example.rstrip(";")).fetchall())
                times.append(time.monotonic() - begun)
            good &= min(times) <= SECONDS
            print(f"{question.name:<32}{rows:>8} rows{min(times):>8.2f} s   limit {SECONDS:g} s")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="where to work; default: a temporary directory")
    parser.add_argument("--no-release", action="store_true", help="leave the release out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        return 0 if run(options.reports, Path(folder), not options.no_release) else 1


if __name__ == "__main__":
    sys.exit(main())
