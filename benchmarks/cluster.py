"""Two workers of a cluster against one, over portals that take as long to answer as real ones.

    python benchmarks/cluster.py [--portals 60] [--limit 1.8]

Every portal is a city of its own and answers after 200 to 400 ms. Each worker visits two cities at a time, so that
waiting, not the processor, is what a crawl is made of, as it is in real life. Counted is pages a second from the first
request to the last one, as the portals see them. They also see whether the pace is kept: never two requests at once in
a city, and from the begin of one to the begin of the next no less than DOWNLOAD_DELAY less its jitter. Exit code 1 if
two workers are not ``--limit`` times as fast as one, if the pace is broken, or if the two runs differ.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.clustered import run_cluster  # noqa: E402
from benchmarks.portals import Asked, Host, Serving, serving  # noqa: E402
from benchmarks.soak import hosts  # noqa: E402
from crawler.demo.fleet import write_registry  # noqa: E402
from crawler.demo.run import Workspace  # noqa: E402

LATENCY = (0.2, 0.4)
DELAY, JITTER = 0.3, 0.2
SETTINGS = {
    "EGRESS_ALLOW": "127.0.0.0/8", "DOWNLOAD_DELAY": str(DELAY), "DOWNLOAD_DELAY_JITTER": str(JITTER),
    "CITIES_AT_ONCE": "2", "PARSE_WORKERS": "1",
}  # fmt: skip
CLOCKS = 0.03  # seconds by which a busy machine may bring two requests nearer


def slow(number: int) -> list[Host]:
    return [replace(host, latency=LATENCY) for host in hosts(number)]


@dataclass(frozen=True, slots=True)
class Crawled:
    """A run as the portals saw it, and what it published."""

    rate: float
    at_once: int
    pause: float
    said: list[tuple[str, ...]]


def crawl(server: Serving, workspace: Workspace, workers: int) -> Crawled:
    provinces = ",".join(sorted(path.stem for path in workspace.portals.glob("*.csv")))
    server.log()
    run_cluster(workspace, {"province": provinces}, SETTINGS, workers)
    asked = server.log()
    cities: dict[str, list[Asked]] = defaultdict(list)
    for each in sorted(asked, key=lambda each: each.begun):
        cities[each.host].append(each)
    pairs = [pair for mine in cities.values() for pair in pairwise(mine)]
    run = workspace.runs / "run"
    reports = [json.loads(line) for line in (run / "reports.jsonl").read_bytes().splitlines()]
    outcomes = [json.loads(line) for line in (run / "outcomes.jsonl").read_bytes().splitlines()]
    return Crawled(
        rate=len(asked) / (max(each.ended for each in asked) - min(each.begun for each in asked)),
        at_once=2 if any(after.begun < before.ended for before, after in pairs) else 1,
        pause=min(after.begun - before.begun for before, after in pairs),
        said=sorted(
            [(r["report_id"], r["portal_id"], r["source"]["content_sha256"]) for r in reports]
            + [(o["portal_id"], o["outcome"]) for o in outcomes]
        ),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portals", type=int, default=60)
    parser.add_argument("--limit", type=float, default=1.8)
    options = parser.parse_args()
    runs = {}
    print(f"{'workers':<9}{'pages/s':>9}{'at once in a city':>20}{'least pause':>13}{'records':>9}")
    with serving(slow, options.portals) as server, tempfile.TemporaryDirectory() as folder:
        for workers in (1, 2):
            workspace = Workspace(Path(folder) / str(workers))
            write_registry(workspace.portals, server.rows)
            one = runs[workers] = crawl(server, workspace, workers)
            print(f"{workers:<9}{one.rate:>9.1f}{one.at_once:>20}{one.pause:>12.2f}s{len(one.said):>9}", flush=True)
    ratio = runs[2].rate / runs[1].rate
    polite = all(each.at_once == 1 and each.pause >= DELAY * (1 - JITTER) - CLOCKS for each in runs.values())
    same = runs[1].said == runs[2].said and len(set(runs[2].said)) == len(runs[2].said)
    print(f"ratio {ratio:.2f}   limit {options.limit:g}   pace {'kept' if polite else 'BROKEN'}   ", end="")
    print("same result" if same else "OTHER RESULT")
    return 0 if ratio >= options.limit and polite and same else 1


if __name__ == "__main__":
    sys.exit(main())
