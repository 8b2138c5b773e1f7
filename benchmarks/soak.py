"""Three nights over a thousand portals, with changes in between: memory, ledger, requests, and what a unit costs.

    python benchmarks/soak.py [--portals 1000] [--share 0.4] [--memory 500]

Every portal has a home page, a column and four reports with all tables, each page as heavy as the median one. Between
nights one portal in ten publishes a new report, one in ten corrects one (and dates it anew), one in fifty takes one
down, and one in fifty is away for a night. Each night is a crawl as a user starts it, with one ledger for all of them.
Told is, for each night: requests, seconds, processor time, bytes, the peak of memory of the crawler and its workers,
the size of the ledger and of the run's directory; then what a portal and a report cost, and what follows for larger
jobs. All are the tables of docs/scale.md, in its form.

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
from benchmarks.portals import Host, Serving, in_portal, serving  # noqa: E402
from benchmarks.units import PLANS, Units, plan_table, table, units_table  # noqa: E402
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
STEP = 64 * 1024  # bytes by which a database file grows at once
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
    return Response(in_portal(answer.body), answer.status, answer.content_type, answer.headers)


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
    memory: float  # MiB, of all processes
    ledger: int
    run: int
    archive: int
    lines: int
    reports: int
    outcomes: Counter[str]

    def row(self, number: int) -> tuple[str, ...]:
        told = ", ".join(f"{outcome} {count}" for outcome, count in sorted(self.outcomes.items()))
        return (
            str(number), str(self.requests), f"{self.seconds:.0f}", f"{self.cpu:.0f}", f"{self.bytes / 1e6:.1f}",
            f"{self.memory:.0f}", f"{self.ledger / 1e6:.2f}", f"{self.run / 1e6:.1f}", str(self.reports), told,
        )  # fmt: skip


HEADING = (
    "night", "requests", "s", "processor s", "MB received", "peak MiB", "ledger MB", "run MB", "reports", "outcomes",
)  # fmt: skip


def crawl(server: Serving, workspace: Workspace, night: int) -> Night:
    server.call(turn, night)
    settings = {**workspace.settings(f"night{night}"), **SETTINGS, "RETRY_TIMES": "0"}
    settings |= {"PROGRESS_ENABLED": "False", "SUMMARY_ENABLED": "False"}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    samples: list[float] = []
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
        lines=(run / "reports.jsonl").stat().st_size,
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
    if third.ledger - second.ledger > LINEAR * (second.ledger - first.ledger) + STEP:
        found.append("the ledger grows more each night")
    if max(second.requests, third.requests) > share * first.requests:
        found.append(f"later nights ask for more than {share:.0%} of the first one's requests")
    return found


def units(nights: list[Night], portals: int) -> Units:
    """What the plans of docs/scale.md are computed from."""
    first, second, third = nights
    reports = first.reports
    return Units(
        requests=first.requests / portals,
        requests_later=(second.requests + third.requests) / 2 / portals,
        seconds=first.seconds / portals,
        seconds_later=(second.seconds + third.seconds) / 2 / portals,
        processor_later=(second.cpu + third.cpu) / 2 / portals,
        ledger=first.ledger / portals,
        ledger_later=(third.ledger - first.ledger) / 2 / portals,
        report_requests=first.requests / reports,
        report_seconds=first.seconds / reports,
        report_processor=first.cpu / reports,
        report_received=first.bytes / reports,
        report_archive=first.archive / reports,
        report_lines=first.lines / reports,
        report_tables=(first.run - first.archive - first.lines) / reports,
        report_ledger=first.ledger / reports,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portals", type=int, default=1000)
    parser.add_argument("--share", type=float, default=0.4)
    parser.add_argument("--memory", type=float, default=500)
    options = parser.parse_args()
    nights = []
    with serving(hosts, options.portals) as server, tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        write_registry(workspace.portals, server.rows)
        for number in NIGHTS:
            nights.append(crawl(server, workspace, number))
            print(f"night {number}: {nights[-1].seconds:.0f} s, {nights[-1].reports} reports", file=sys.stderr)
    measured = units(nights, options.portals)
    print(table(HEADING, [night.row(number) for number, night in zip(NIGHTS, nights, strict=True)]))
    print(f"\nrequests of later nights: {', '.join(f'{n.requests / nights[0].requests:.1%}' for n in nights[1:])}")
    for told in (units_table(measured), *(plan_table(plan, measured) for plan in PLANS)):
        print(f"\n{told}")
    found = faults(nights, options.portals, options.share, options.memory)
    print("\n" + ("\n".join(found) or "all within limits"))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
