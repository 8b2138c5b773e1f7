"""The crawl's overhead, its requests per report, and its memory over thousands of portals.

    python benchmarks/crawl.py speed [--limit 0.6] [--rounds 3]    full pipeline over a bare Scrapy crawl, pages/s
    python benchmarks/crawl.py requests                            requests per report found, for every family
    python benchmarks/crawl.py memory [--portals 3000] [--limit 400]   memory of the crawler while it visits them all

``speed``: the full crawl (discovery, archive, parser, rules, feeds) and a bare spider that fetches the same pages from
the same servers, parses each with lxml and reads every table cell, run in turn, under the same settings; each round's
rates are compared, the median of the ratios counts. ``memory``: small portals (home page, column, one report) on
loopback addresses of their own; told is the resident memory of the crawl and its workers after a tenth of the portals
and at its peak. Exit code 1 if a limit is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from crawler.demo.fleet import PortalFleet  # noqa: E402
from crawler.demo.run import Workspace, run_crawl, start_crawl  # noqa: E402
from crawler.registry import COLUMNS  # noqa: E402
from tests.crawler.sites import column_page, home_page, report_page  # noqa: E402
from tests.portals.cases import fleet_of  # noqa: E402
from tests.portals.recall import SETTINGS, crawl  # noqa: E402

BARE = """
import json, sys
from collections import defaultdict
import lxml.html
from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess

class Bare(Spider):
    name = "bare"
    async def start(self):
        for url in json.load(open(sys.argv[1])):
            yield Request(url, dont_filter=True)
    def parse(self, response):
        root = lxml.html.fromstring(response.body)
        cells = ["".join(cell.itertext()).strip() for cell in root.iter("td", "th")]
        yield {"url": response.url, "cells": len(cells)}

process = CrawlerProcess({
    "DOWNLOADER": "crawler.politeness.CityDownloader", "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "DOWNLOAD_DELAY": 0.001,
    "LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False, "ROBOTSTXT_OBEY": False, "RETRY_ENABLED": False,
})
crawler = process.create_crawler(Bare)
process.crawl(crawler)
process.start()
stats = crawler.stats.get_stats()
print(json.dumps({"pages": stats["response_received_count"], "seconds": stats["elapsed_time_seconds"]}))
"""


def speed(rounds: int, limit: float) -> int:
    """Pages a second, full over bare."""
    ratios = []
    print(f"{'round':<8}{'pages':>8}{'full /s':>10}{'bare /s':>10}{'ratio':>8}")
    with PortalFleet() as fleet, tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            full = _full(fleet, Path(folder) / str(number))
            pages = [
                server.base_url + entry.target
                for server in fleet.all_servers()
                for entry in server.log
                if entry.method == "GET" and entry.status == 200 and not entry.target.startswith("/robots.txt")
            ]
            for server in fleet.all_servers():
                server.log.clear()
            bare = _bare(pages, Path(folder))
            for server in fleet.all_servers():
                server.log.clear()
            ratios.append(full / bare)
            print(f"{number + 1:<8}{len(pages):>8}{full:>10.1f}{bare:>10.1f}{ratios[-1]:>8.2f}")
    ratio = statistics.median(ratios)
    print(f"{'median':<36}{ratio:>8.2f}   limit {limit:g}")
    return 0 if ratio >= limit else 1


def _full(fleet: PortalFleet, folder: Path) -> float:
    workspace = Workspace(folder)
    fleet.write_registry(workspace.portals)
    provinces = sorted({portal.site.province for portal in fleet.portals})
    done = run_crawl(workspace, {"province": ",".join(provinces), "scope": "all"}, SETTINGS)
    stats = json.loads((done.run / "stats.json").read_text(encoding="utf-8"))
    return float(stats["response_received_count"] / stats["elapsed_time_seconds"])


def _bare(pages: list[str], folder: Path) -> float:
    listed = folder / "pages.json"
    listed.write_text(json.dumps(pages), encoding="utf-8")
    command = [sys.executable, "-c", BARE, str(listed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=600)
    told = json.loads(done.stdout.strip().splitlines()[-1])
    return float(told["pages"] / told["seconds"])


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
    with many_portals(portals) as addresses, tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        _register(workspace, addresses)
        settings = {**workspace.settings("run"), **SETTINGS, "PROGRESS_ENABLED": "False", "SUMMARY_ENABLED": "False"}
        process = start_crawl({"province": "37"}, settings, quiet=True)
        begun, samples = time.monotonic(), []
        reader = threading.Thread(target=process.communicate, daemon=True)
        reader.start()
        while process.poll() is None:
            samples.append((time.monotonic() - begun, _resident(process.pid)))
            time.sleep(1)
        seconds = time.monotonic() - begun
        outcomes = (workspace.runs / "run" / "outcomes.jsonl").read_text(encoding="utf-8").splitlines()
    good = sum('"outcome": "ok"' in line or '"outcome":"ok"' in line for line in outcomes)
    early = max(size for at, size in samples if at <= max(seconds / 10, 5))
    peak = max(size for _, size in samples)
    print(f"{portals} portals, {good} ok, {seconds:.0f} s, {4 * portals / seconds:.0f} requests/s")
    print(f"memory: {early:.0f} MiB after a tenth, {peak:.0f} MiB at the peak   limit {limit:g} MiB")
    return 0 if peak <= limit and good == portals else 1


def _resident(pid: int) -> float:
    """MiB of a process and its children."""
    total = 0.0
    for entry in [pid, *_children(pid)]:
        try:
            lines = Path(f"/proc/{entry}/status").read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
    return total


def _children(pid: int) -> list[int]:
    try:
        found = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]
    except OSError:
        return []
    return found + [below for child in found for below in _children(child)]


def _register(workspace: Workspace, addresses: list[str]) -> None:
    workspace.portals.mkdir(parents=True)
    with (workspace.portals / "37.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, restval="")
        writer.writeheader()
        for number, url in enumerate(addresses):
            row = {"portal_id": f"p{number}", "region_code": "370323", "name": f"第{number}号门户", "url": url}
            writer.writerow(row)


@contextmanager
def many_portals(number: int) -> Iterator[list[str]]:
    """That many small portals, each on an address of its own, all served by one loop on one port."""
    hosts = [f"127.{20 + n // 62500}.{n // 250 % 250}.{n % 250 + 1}" for n in range(number)]
    title = "沂源县人民政府2024年政府信息公开工作年度报告"
    pages = {
        b"/": home_page({"/nb/": "政府信息公开年报"}),
        b"/nb/": column_page({"/nb/t2024.html": title}),
        b"/nb/t2024.html": report_page(),
    }
    bodies = {path: page.encode() for path, page in pages.items()}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                while (await reader.readline()).strip():
                    pass
                body = bodies.get(line.split()[1], b"")
                status = b"200 OK" if body else b"404 Not Found"
                head = b"HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
                writer.write(head + body)
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    ready = threading.Event()
    port: list[int] = []
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        stop = asyncio.Event()
        running.append((asyncio.get_running_loop(), stop))
        first = await asyncio.start_server(answer, hosts[0], 0)
        port.append(first.sockets[0].getsockname()[1])
        servers = [first, await asyncio.start_server(answer, hosts[1:], port[0])] if number > 1 else [first]
        ready.set()
        await stop.wait()
        for server in servers:
            server.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    ready.wait(60)
    try:
        yield [f"http://{host}:{port[0]}/" for host in hosts]
    finally:
        loop, stop = running[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)
    one = commands.add_parser("speed", help="full pipeline over a bare crawl")
    one.add_argument("--limit", type=float, default=0.6)
    one.add_argument("--rounds", type=int, default=3)
    commands.add_parser("requests", help="requests per report, by family")
    many = commands.add_parser("memory", help="memory over many portals")
    many.add_argument("--portals", type=int, default=3000)
    many.add_argument("--limit", type=float, default=400)
    options = parser.parse_args()
    if options.what == "speed":
        return speed(options.rounds, options.limit)
    return requests() if options.what == "requests" else memory(options.portals, options.limit)


if __name__ == "__main__":
    sys.exit(main())
