"""Parse time of a report page as a ratio to lxml's own parse of the same bytes; cells and time beside other readers.

    python benchmarks/parse.py [--rounds 15] [--limit 5] [--no-others] [FILE.html ...]

Ours is all that is done with a page: blocks, tables, metadata, figures of the text, rules. Pages are reports of the
demo portals, one per portal and form, within the menus and scripts of a portal (the median home page of 3,209 portals
has 87 KB; the demo's own pages are bare), or the files given. Both parses run in turn within one process; the figure is
the least of their processor times, which a busy machine disturbs least. Exit code 1 if the overall ratio is above the
limit.

The second table sets pandas.read_html and trafilatura beside ours on composed pages: how many cells of table three each
gives back in a row with their label, and how long it takes.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import lxml.html
import pandas
import trafilatura

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.portals import in_portal  # noqa: E402
from crawler.demo.fleet import PortalFleet  # noqa: E402
from parsers import Source, parse_report  # noqa: E402
from parsers.forms import all_forms  # noqa: E402
from parsers.normalise import label_name as normal  # noqa: E402
from tests.compose import html  # noqa: E402
from tests.compose.report import Report, generate  # noqa: E402

LIMIT = 5.0


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
                    yield f"{portal.site.code} {portal.site.platform} {year}", in_portal(body)


def timed(call: Callable[[], object]) -> float:
    begun = time.process_time()
    call()
    return time.process_time() - begun


def measure(body: bytes, rounds: int) -> tuple[float, float]:
    """The least seconds of lxml's parse and of ours, run in turn."""
    source = Source(body, content_type="text/html")
    parse_report(source)
    pairs = [
        (timed(lambda: lxml.html.document_fromstring(body)), timed(lambda: parse_report(source))) for _ in range(rounds)
    ]
    return min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)


Lines = list[list[str]]


def by_ours(page: bytes) -> Lines:
    cells = parse_report(Source(page, content_type="text/html")).to_dict()["tables"]["table3"]["cells"]
    labels = {row.key: row.label for row in all_forms()["2021"].tables["table3"].blocks[0].rows}
    return [[labels.get(key, key), *(str(cell["value"]) for cell in row.values())] for key, row in cells.items()]


def by_pandas(page: bytes) -> Lines:
    frames = pandas.read_html(io.BytesIO(page), encoding="utf-8")
    return [[plain(value) for value in row] for frame in frames for row in frame.itertuples(index=False)]


def by_trafilatura(page: bytes) -> Lines:
    text = trafilatura.extract(page.decode(), include_tables=True) or ""
    return [[cell.strip() for cell in line.split("|") if cell.strip()] for line in text.splitlines()]


def plain(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def right_cells(lines: Lines, report: Report) -> int:
    """The cells of table three that stand, in order, in a line with their own label."""
    right = 0
    for row in report.grids("table3")[0]:
        values = [cell.text for cell in row if cell.locator]
        label = next((cell.text for cell in reversed(row) if not cell.locator and cell.text), "")
        if not values:
            continue
        name = normal(label)
        found = any(line[-len(values) :] == values and any(normal(c) == name for c in line) for line in lines)
        right += len(values) * found
    return right


def others(rounds: int) -> None:
    """Ours, pandas and trafilatura over the same composed pages."""
    reports = [generate(f"beside {number}", year=2023) for number in range(3)]
    pages = [in_portal(html.compose(report, style=style)) for report in reports for style in ("word", "plain")]
    truths = [report for report in reports for _ in range(2)]
    total = sum(len(list(report.cells("table3"))) for report in truths)
    print(f"\n{'table three of ' + str(len(pages)) + ' pages':<34}{'cells':>7}{'right':>10}{'ms a page':>10}")
    for name, read in (("parsers", by_ours), ("pandas.read_html", by_pandas), ("trafilatura", by_trafilatura)):
        right = sum(right_cells(read(page), report) for page, report in zip(pages, truths, strict=True))
        spent = sum(min(timed(partial(read, page)) for _ in range(rounds)) for page in pages) / len(pages)
        print(f"{name:<34}{total:>7}{right:>10}{spent * 1e3:>10.1f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--limit", type=float, default=LIMIT)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--no-others", action="store_true", help="leave pandas and trafilatura out")
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
    if not options.files and not options.no_others:
        others(max(options.rounds // 5, 1))
    return 0 if ratio <= options.limit else 1


if __name__ == "__main__":
    sys.exit(main())
