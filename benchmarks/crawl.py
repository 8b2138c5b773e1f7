"""The crawl's overhead, its requests per report, and its memory over thousands of portals.

    python benchmarks/crawl.py speed [--limit 0.6] [--rounds 5] [--portals 600] [--workers 2]   against a bare crawl
    python benchmarks/crawl.py requests                                requests per report found, for every family
    python benchmarks/crawl.py memory [--portals 3000] [--limit 400]   memory of the crawler while it visits them all

``speed`` asks what finding, judging, archiving, reading, checking and publishing cost on top of fetching, in pages a
second. Full: the crawl as a user starts it, in one process with its parse workers, and as ``scrapy cluster run`` with
``--workers`` such processes, by default as many as there are processors; the limit is for these. Bare: a Scrapy spider
that sends the same requests to the same servers in the same order, parses each answer with lxml and reads every table
cell. All run in turn under the same settings, the whole of each is timed, from its start to its last published file,
and pages are those that both fetch: the answers with status 200, so without the robots.txt that only the full crawl
asks for. The portals are those of ``tests/portals`` with contents of their own (home page, the way to the column, lists
in every dialect, reports, look-alikes), none of them slow or failing on purpose; each page has menus and scripts as
heavy as the median home page, the same on all pages of a portal but for the item that is marked as the present one. A
process of its own serves them, from memory after the first crawl, which is not counted. Each full crawl is compared
with the mean of the bare ones before and after it, since a shared machine is faster now and slower then. Counted is the
median of the rounds' ratios (one process, which has no limit, has one round); the ratio of processor times beside it
tells how much of a low one is waiting. To start takes two seconds, for few portals as for many.

``memory``: small portals (home page, column, one report) on loopback addresses of their own; told is the resident
memory of the crawl and its workers after a tenth of the portals and at its peak. Exit code 1 if a limit is missed.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

PR_SET_CHILD_SUBREAPER = 36
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.clustered import run_cluster  # noqa: E402
from benchmarks.portals import Asked, Serving, composed_hosts, serving, small_hosts  # noqa: E402
from crawler.demo.fleet import write_registry  # noqa: E402
from crawler.demo.run import Workspace, run_crawl, start_crawl  # noqa: E402
from tests.portals.cases import fleet_of  # noqa: E402
from tests.portals.recall import SECONDS, SETTINGS, crawl  # noqa: E402

BARE = """
import json, sys
import lxml.html
from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess

class Bare(Spider):
    name = "bare"
    async def start(self):
        for method, url, headers, body in json.load(open(sys.argv[1])):
            yield Request(url, method=method, headers=headers, body=body, dont_filter=True)
    def parse(self, response):
        root = lxml.html.fromstring(response.body.strip() or b"<p>")
        cells = ["".join(cell.itertext()).strip() for cell in root.iter("td", "th")]
        yield {"url": response.url, "cells": len(cells)}

process = CrawlerProcess({
    "DOWNLOADER": "crawler.politeness.CityDownloader", "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "DOWNLOAD_DELAY": 0.001,
    "LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False, "ROBOTSTXT_OBEY": False, "RETRY_ENABLED": False,
    "COOKIES_ENABLED": False, "HTTPPROXY_ENABLED": False,
})
crawler = process.create_crawler(Bare)
process.crawl(crawler)
process.start()
print(crawler.stats.get_value("item_scraped_count"))
"""


def speed(rounds: int, limit: float, portals: int, workers: int) -> int:
    """Pages a second, full over bare."""
    ratios: dict[int, list[float]] = {0: [], workers: []}
    turns = [(1, 0), *((number, workers) for number in range(1, rounds + 1))]
    print(f"{'round':<8}{'pages':>8}{'processes':>11}{'full /s':>10}{'bare /s':>10}{'ratio':>8}{'by cpu':>8}")
    with serving(composed_hosts, portals) as server, tempfile.TemporaryDirectory() as folder:
        _full(server, Path(folder) / "first", 0)
        pages = [asked for asked in server.log() if asked.status == 200 and not asked.url.endswith("/robots.txt")]
        after = _bare(pages, Path(folder))
        for number, processes in turns:
            before, full = after, _full(server, Path(folder) / f"{number}-{processes}", processes)
            after = _bare(pages, Path(folder))
            bare = Spent((before.seconds + after.seconds) / 2, (before.cpu + after.cpu) / 2)
            ratios[processes].append(bare.seconds / full.seconds)
            rates = f"{len(pages) / full.seconds:>10.1f}{len(pages) / bare.seconds:>10.1f}"
            told = f"{processes or 1:>11}{rates}{ratios[processes][-1]:>8.2f}{bare.cpu / full.cpu:>8.2f}"
            print(f"{number:<8}{len(pages):>8}{told}", flush=True)
    one, all_of_them = (statistics.median(mine) for mine in ratios.values())
    print(f"median: one process {one:.2f}, {workers} processes {all_of_them:.2f}   limit {limit:g}")
    return 0 if all_of_them >= limit else 1


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process and its children took, in seconds."""

    seconds: float
    cpu: float


@contextmanager
def spending() -> Iterator[list[Spent]]:
    """What the processes that end within the context take, those that their parent leaves behind as well."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    told: list[Spent] = []
    ours = {child.pid for child in psutil.Process().children()}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    yield told
    seconds = time.monotonic() - begun
    for left in psutil.Process().children():
        if left.pid not in ours:
            left.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    told.append(Spent(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))


def _full(server: Serving, folder: Path, workers: int) -> Spent:
    """A crawl in one process, or in ``workers`` of them."""
    workspace = Workspace(folder)
    write_registry(workspace.portals, server.rows)
    scope = {"province": ",".join(sorted({row["region_code"][:2] for row in server.rows}))}
    with spending() as spent:
        if workers:
            run_cluster(workspace, scope, SETTINGS | {"PARSE_WORKERS": "1"}, workers)
        elif (done := run_crawl(workspace, scope, SETTINGS, seconds=SECONDS)).code != 0:
            raise SystemExit(done.output[-3000:])
    return spent[0]


def _bare(pages: list[Asked], folder: Path) -> Spent:
    listed = folder / "pages.json"
    listed.write_text(json.dumps([[p.method, p.url, p.headers, p.body.decode()] for p in pages]), encoding="utf-8")
    command = [sys.executable, "-c", BARE, str(listed)]
    with spending() as spent:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=SECONDS)
    if int(done.stdout) != len(pages):
        raise SystemExit(f"{done.stdout.strip()} of {len(pages)} pages came back\n{done.stderr[-2000:]}")
    return spent[0]


def requests() -> int:
    """Requests per report found: what a family's mechanism costs."""
    with fleet_of("1") as fleet, tempfile.TemporaryDirectory() as folder:
        done = crawl(fleet, Path(folder))
    families: dict[str, list[tuple[int, int]]] = {}
    for recall in done.recalls.values():
        families.setdefault(recall.family, []).append((recall.requests, len(recall.found)))
    print(f"{'family':<16}{'portals':>8}{'requests':>10}{'reports':>9}{'per report':>12}")
    for family, pairs in sorted(families.items()):
        asked, found = (sum(column) for column in zip(*pairs, strict=True))
        print(f"{family:<16}{len(pairs):>8}{asked:>10}{found:>9}{asked / max(found, 1):>12.1f}")
    return 0


def memory(portals: int, limit: float) -> int:
    """Resident memory of a crawl over many small portals."""
    with serving(small_hosts, portals) as server, tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        write_registry(workspace.portals, server.rows)
        settings = {**workspace.settings("run"), **SETTINGS, "PROGRESS_ENABLED": "False", "SUMMARY_ENABLED": "False"}
        process = start_crawl({"province": "37"}, settings, quiet=True)
        begun, samples = time.monotonic(), []
        reader = threading.Thread(target=process.communicate, daemon=True)
        reader.start()
        while process.poll() is None:
            samples.append((time.monotonic() - begun, resident(process.pid)))
            time.sleep(1)
        seconds = time.monotonic() - begun
        outcomes = (workspace.runs / "run" / "outcomes.jsonl").read_text(encoding="utf-8").splitlines()
    good = sum('"outcome": "ok"' in line or '"outcome":"ok"' in line for line in outcomes)
    early = max(size for at, size in samples if at <= max(seconds / 10, 5))
    peak = max(size for _, size in samples)
    print(f"{portals} portals, {good} ok, {seconds:.0f} s, {4 * portals / seconds:.0f} requests/s")
    print(f"memory: {early:.0f} MiB after a tenth, {peak:.0f} MiB at the peak   limit {limit:g} MiB")
    return 0 if peak <= limit and good == portals else 1


def resident(pid: int) -> float:
    """MiB of a process and its children."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += each.memory_info().rss
    return total / 2**20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)
    one = commands.add_parser("speed", help="full pipeline over a bare crawl")
    one.add_argument("--limit", type=float, default=0.6)
    one.add_argument("--rounds", type=int, default=5)
    one.add_argument("--portals", type=int, default=600)
    one.add_argument("--workers", type=int, default=os.cpu_count())
    commands.add_parser("requests", help="requests per report, by family")
    many = commands.add_parser("memory", help="memory over many portals")
    many.add_argument("--portals", type=int, default=3000)
    many.add_argument("--limit", type=float, default=400)
    options = parser.parse_args()
    if options.what == "speed" and options.workers < 1:
        parser.error("--workers: at least 1")
    if options.what == "speed":
        return speed(options.rounds, options.limit, options.portals, options.workers)
    return requests() if options.what == "requests" else memory(options.portals, options.limit)


if __name__ == "__main__":
    sys.exit(main())
