"""Parse time of a report page as a ratio to lxml's own parse of the same bytes.

    python benchmarks/parse.py [--rounds 15] [--limit 6] [FILE.html ...]

Pages are reports of the demo portals, one per portal, form and weight (``heavy`` adds the navigation and scripts of
a large portal page), or the files given. Both parses run in turn within one process, so that a busy machine slows
both; the figure is the median of their times. Exit code 1 if the overall ratio is above the limit.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import lxml.html

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from crawler.demo.fleet import PortalFleet  # noqa: E402
from parsers import Source, parse_report  # noqa: E402

LIMIT = 6.0
HEAVY_LINKS = 700


def demo_pages() -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of one report per portal and form, as served."""
    fetch = build_opener(ProxyHandler({})).open
    with PortalFleet() as fleet:
        for portal in fleet.portals:
            for year in (2020, 2023):
                entry = next((report for report in portal.site.reports if report.year == year), None)
                if entry is not None:
                    with fetch(portal.article_url(entry)) as response:
                        body = response.read()
                    yield f"{portal.site.code} {portal.site.platform} {year}", body
                    if year == 2023:
                        yield f"{portal.site.code} {portal.site.platform} {year} heavy", heavier(body)


def heavier(page: bytes) -> bytes:
    """The page with the menu and the scripts that large portals carry."""
    links = "".join(
        f'<li class="nav-item" id="n{number}"><a href="/zwgk/list_{number}.html" target="_blank" title="{number}">'
        f"<span>column {number}</span></a></li>"
        for number in range(HEAVY_LINKS)
    )
    script = "<script>" + "var menu=[];for(var i=0;i<9;i++){menu.push(i);}\n" * 300 + "</script>"
    return page.replace(b"<body", f"<body data-menu='1'><ul>{links}</ul>{script}<div".encode("ascii"), 1)


def timed(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def measure(body: bytes, rounds: int) -> tuple[float, float]:
    """Median seconds of lxml's parse and of ours, run in turn."""
    source = Source(body, content_type="text/html")
    parse_report(source)
    pairs = [
        (timed(lambda: lxml.html.document_fromstring(body)), timed(lambda: parse_report(source))) for _ in range(rounds)
    ]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--limit", type=float, default=LIMIT)
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()
    pages = [(path.name, path.read_bytes()) for path in options.files] or list(demo_pages())
    print(f"{'page':<34}{'KB':>7}{'lxml ms':>10}{'ours ms':>10}{'ratio':>8}")
    ours, theirs = 0.0, 0.0
    for name, body in pages:
        base, own = measure(body, options.rounds)
        theirs, ours = theirs + base, ours + own
        print(f"{name:<34}{len(body) / 1024:>7.0f}{base * 1e3:>10.2f}{own * 1e3:>10.2f}{own / base:>8.2f}")
    ratio = ours / theirs
    print(f"{'overall':<34}{'':>7}{theirs * 1e3:>10.2f}{ours * 1e3:>10.2f}{ratio:>8.2f}   limit {options.limit:g}")
    return 0 if ratio <= options.limit else 1


if __name__ == "__main__":
    sys.exit(main())
