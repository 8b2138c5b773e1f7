"""Three nights over a thousand portals, with changes in between: memory, ledger, requests, and what a unit costs.

    python benchmarks/soak.py [--portals 1000] [--share 0.4] [--memory 500]

Every portal has a home page, a column and four reports with all tables, each page as heavy as the median one. Between
nights one portal in ten publishes a new report, one in ten corrects one (and dates it anew), one in fifty takes one
down, and one in fifty is away for a night. Each night is a crawl as a user starts it, with one ledger for all of them.
Told is, for each night: requests, seconds, processor time, bytes, the peak of memory of the crawler and its workers,
the size of the ledger and of the run's directory; and from the first and the third what a portal and a report cost.

Exit code 1 if a night publishes anything else than what has changed, if a later night's memory is above 1.15 times
the first one's, if the third night adds more than 1.25 times what the second one added to the ledger, or if a later
night asks for more than ``--share`` of the first one's requests.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.crawl import resident  # noqa: E402
from benchmarks.portals import Host, Serving, in_weight, serving  # noqa: E402
from crawler.demo.figures import Figures, series  # noqa: E402
from crawler.demo.fleet import write_registry  # noqa: E402
from crawler.demo.run import Workspace, start_crawl  # noqa: E402
from crawler.demo.server import Request, Response, page  # noqa: E402
from crawler.demo.tables import OFFICIAL, plain, table2, table3, table4  # noqa: E402
from parsers import regions  # noqa: E402
from tests.crawler.sites import SECTIONS, column_page, home_page  # noqa: E402
from tests.portals.recall import SETTINGS  # noqa: E402

NIGHTS = (1, 2, 3)
YEARS = (2021, 2022, 2023, 2024)
FLAT, LINEAR = 1.15, 1.25
NAME = "云河县"  # stands for each portal's own in what is written once


@dataclass(slots=True)
class Clock:
    """The night that the server's portals live in."""

    night: int = 1


clock = Clock()


def turn(night: int) -> None:
    clock.night = night


# --- the portals ---------------------------------------------------------------------------------------------


def hosts(number: int) -> list[Host]:
    """Portals of that many counties."""
    found = (regions.by_code(code) for code in regions.current_codes())
    counties = [region for region in found if region and region.level == "county"][:number]
    return [
        Host(
            f"127.{40 + n // 62500}.{n // 250 % 250}.{n % 250 + 1}", partial(_answer, n, region.name), code=region.code
        )
        for n, region in enumerate(counties)
    ]


def _answer(number: int, place: str, request: Request) -> Response:
    if away(number, clock.night):
        return page("<html><body>502 Bad Gateway</body></html>", status=502)
    if request.path == "/":
        return _heavy(home_page({"/nb/": "政府信息公开年报"}))
    listed = held(number, clock.night)
    if request.path == "/nb/":
        rows = {f"/nb/t{year}.html": f"{place}人民政府{year}年政府信息公开工作年度报告" for year in sorted(listed)}
        text = column_page(rows)
        for year in (year for year, edition in listed.items() if edition > 1):
            text = _dated_anew(text, f"/nb/t{year}.html", listed[year])
        return _heavy(text)
    year = request.path.removeprefix("/nb/t").removesuffix(".html")
    if year.isdigit() and int(year) in listed:
        return _heavy(_report(int(year), listed[int(year)]).replace(NAME, place))
    return page("<html><body>404 Not Found</body></html>", status=404)


def _heavy(text: str) -> Response:
    answer = page(text)
    return Response(in_weight(answer.body), answer.status, answer.content_type, answer.headers)


def _dated_anew(text: str, path: str, edition: int) -> str:
    head, tail = text.split(f'"{path}"', 1)
    return f'{head}"{path}"{tail.replace("2025-01-2", f"2025-0{edition + 1}-2", 1)}'


def held(number: int, night: int) -> dict[int, int]:
    """What a portal has in a night: years, and how often each report was corrected, plus one."""
    years = dict.fromkeys(YEARS, 1)
    for each in range(2, night + 1):
        if number % 10 == each:
            years[2025] = 1
        if number % 10 == each + 3:
            years[2024] = each
        if number % 50 == 40 + each:
            years.pop(2021)
    return years


def away(number: int, night: int) -> bool:
    return night > 1 and number % 50 == 46 + night


@cache
def _report(year: int, edition: int) -> str:
    """A report with all its tables; an edition has figures of its own."""
    figures: Figures = series(f"{NAME}{edition}", (*YEARS, 2025), size=60)[year]
    grids = {"二": table2(figures, OFFICIAL), "三": table3(figures, OFFICIAL), "四": table4(figures, OFFICIAL)}
    title = f"{NAME}人民政府{year}年政府信息公开工作年度报告"
    text = "".join(
        f"<p>{heading}</p><p>{body.replace('2024', str(year))}</p>"
        + (plain(grids[heading[0]]) if heading[0] in grids else "")
        for heading, body in SECTIONS
    )
    return (
        f'<html><head><meta charset="utf-8"><title>{title}</title><meta name="ArticleTitle" content="{title}"></head>'
        f'<body><h1>{title}</h1><div class="TRS_Editor">{text}</div></body></html>'
    )


# --- the nights ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Night:
    """What one crawl took and gave."""

    requests: int
    seconds: float
    cpu: float
    bytes: int
    memory: float
    ledger: int
    run: int
    archive: int
    reports: int
    outcomes: Counter[str]

    def line(self, number: int) -> str:
        told = ", ".join(f"{outcome} {count}" for outcome, count in sorted(self.outcomes.items()))
        return (
            f"{number:<6}{self.requests:>9}{self.seconds:>8.0f}{self.cpu:>8.0f}{self.bytes / 1e6:>8.1f}"
            f"{self.memory:>9.0f}{self.ledger / 1e6:>10.2f}{self.run / 1e6:>8.1f}{self.reports:>9}   {told}"
        )


def crawl(server: Serving, workspace: Workspace, night: int) -> Night:
    server.call(turn, night)
    settings = {**workspace.settings(f"night{night}"), **SETTINGS, "RETRY_TIMES": "0"}
    settings |= {"PROGRESS_ENABLED": "False", "SUMMARY_ENABLED": "False"}
    before, begun, samples = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic(), []
    provinces = ",".join(sorted(path.stem for path in workspace.portals.glob("*.csv")))
    process = start_crawl({"province": provinces}, settings, quiet=True)
    reader = threading.Thread(target=process.communicate, daemon=True)
    reader.start()
    while process.poll() is None:
        samples.append(resident(process.pid))
        time.sleep(1)
    reader.join()
    seconds, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    run = workspace.runs / f"night{night}"
    outcomes = [json.loads(line) for line in (run / "outcomes.jsonl").read_bytes().splitlines()]
    return Night(
        requests=len(server.log()),
        seconds=seconds,
        cpu=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        bytes=sum(outcome["bytes"] for outcome in outcomes),
        memory=max(samples),
        ledger=sum(file.stat().st_size for file in workspace.directory.glob("ledger.sqlite*")),
        run=sum(file.stat().st_size for file in run.rglob("*") if file.is_file()),
        archive=sum(file.stat().st_size for file in (run / "archive").iterdir()),
        reports=(run / "reports.jsonl").read_bytes().count(b"\n"),
        outcomes=Counter(outcome["outcome"] for outcome in outcomes),
    )


def expected(portals: int, night: int) -> int:
    """Reports that a night publishes: new ones and corrected ones of portals that are there."""
    published = 0
    for number in range(portals):
        seen = [held(number, each) for each in range(1, night) if not away(number, each)]
        known = seen[-1] if seen else {}
        now = {} if away(number, night) else held(number, night)
        published += sum(known.get(year) != edition for year, edition in now.items())
    return published


def faults(nights: list[Night], portals: int, share: float, memory: float) -> list[str]:
    first, second, third = nights
    found = [
        f"night {number} publishes {night.reports} reports, {expected(portals, number)} are new or changed"
        for number, night in zip(NIGHTS, nights, strict=True)
        if night.reports != expected(portals, number)
    ]
    if max(second.memory, third.memory) > FLAT * first.memory or first.memory > memory:
        found.append(f"memory is not flat, or above {memory:g} MiB")
    if third.ledger - second.ledger > LINEAR * (second.ledger - first.ledger):
        found.append("the ledger grows more each night")
    if max(second.requests, third.requests) > share * first.requests:
        found.append(f"later nights ask for more than {share:.0%} of the first one's requests")
    return found


def units(nights: list[Night], portals: int) -> None:
    """What the plan of docs/scale.md is computed from."""
    first, second, third = nights
    nightly = (second.requests + third.requests) / 2
    print(f"a portal:  {first.requests / portals:.1f} requests the first night, {nightly / portals:.2f} later ones;")
    print(f"           {1000 * third.cpu / portals:.0f} ms of processor a later night")
    print(f"           {first.ledger / portals / 1024:.1f} KiB of ledger after the first night, ", end="")
    print(f"{(third.ledger - second.ledger) / portals:.0f} bytes more with each later one")
    each = first.reports
    print(f"a report:  {first.requests / each:.2f} requests, {1000 * first.cpu / each:.0f} ms of processor,")
    print(f"           {first.bytes / each / 1024:.0f} KiB received, {first.run / each / 1024:.1f} KiB kept")
    print(
        f"           ({first.archive / each / 1024:.1f} of it archive), {first.ledger / each / 1024:.2f} KiB of ledger"
    )
    print(f"later nights: {second.requests / first.requests:.1%} and {third.requests / first.requests:.1%} of requests")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portals", type=int, default=1000)
    parser.add_argument("--share", type=float, default=0.4)
    parser.add_argument("--memory", type=float, default=500)
    options = parser.parse_args()
    nights = []
    print(f"{'night':<6}{'requests':>9}{'s':>8}{'cpu s':>8}{'MB in':>8}{'RSS MiB':>9}{'ledger MB':>10}", end="")
    print(f"{'run MB':>8}{'reports':>9}   outcomes")
    with serving(hosts, options.portals) as server, tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        write_registry(workspace.portals, server.rows)
        for number in NIGHTS:
            nights.append(crawl(server, workspace, number))
            print(nights[-1].line(number), flush=True)
    units(nights, options.portals)
    found = faults(nights, options.portals, options.share, options.memory)
    print("\n".join(found) or "all within limits")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
