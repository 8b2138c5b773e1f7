"""Time of the PDF reader as a ratio to pdfplumber's ``extract_tables`` on the same file, and the cells found by each.

    python benchmarks/pdf.py [--rounds 9] [--limit 6] [FILE.pdf ...]

The file is given, or it is ten pages of reports in ruled tables, printed by Chromium with its fonts in the file. Beside
it stands, without a limit, the same with a font that the file only names: pdfium takes one of the system then and draws
the outline of each character to measure it, which is most of the time. Ours is the whole reader: text in reading order
and tables as grids, joined over pages; pdfplumber's is the tables alone. Both run in turn within one process; the
figures are processor time, the least of all rounds, which a busy machine disturbs least. Exit code 1 if pdfplumber is
less than ``--limit`` times slower, or finds more cells.
"""

from __future__ import annotations

import argparse
import io
import logging
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pdfplumber

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from parsers.document import Table  # noqa: E402
from parsers.readers import pdf as reader  # noqa: E402
from tests.compose import html, pdf  # noqa: E402
from tests.compose.printed import printed  # noqa: E402
from tests.compose.report import Report, generate  # noqa: E402

LIMIT = 6.0
PAGES = 10


def filled(written: Callable[[Report], bytes]) -> bytes:
    """Reports one after the other until ten pages are full."""
    report = generate("benchmark 0", year=2023)
    for number in range(1, 20):
        body = written(report)
        with pdfplumber.open(io.BytesIO(body)) as document:
            if len(document.pages) >= PAGES:
                return body
        report.body += generate(f"benchmark {number}", year=2023).body
    return body


def composed() -> Iterator[tuple[str, bytes, bool]]:
    """Name, file, and whether the limit holds for it."""
    yield f"{PAGES} pages, printed", filled(lambda report: printed(html.compose(report, chrome=False))), True
    yield f"{PAGES} pages, font named", filled(pdf.compose), False


def ours(body: bytes) -> int:
    """The number of cells that the reader finds."""
    return sum(len(row) for block in reader.read(body)[0].blocks if isinstance(block, Table) for row in block.rows)


def theirs(body: bytes) -> int:
    """The number of cells that pdfplumber finds; a place covered by a span is None and no cell."""
    with pdfplumber.open(io.BytesIO(body)) as document:
        tables = [table for page in document.pages for table in page.extract_tables()]
    return sum(cell is not None for table in tables for row in table for cell in row)


def timed(call: Callable[[bytes], int], body: bytes) -> tuple[float, int]:
    begun = time.process_time()
    cells = call(body)
    return time.process_time() - begun, cells


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--limit", type=float, default=LIMIT)
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    files = [(path.name, path.read_bytes(), True) for path in options.files] or composed()
    print(f"{'file':<24}{'KB':>6}{'pdfplumber ms':>15}{'cells':>7}{'ours ms':>10}{'cells':>7}{'times':>8}")
    good = True
    for name, body, is_limited in files:
        ours(body)
        pairs = [(timed(theirs, body), timed(ours, body)) for _ in range(options.rounds)]
        base, own = (min(pair[side][0] for pair in pairs) for side in (0, 1))
        found, read = pairs[0][0][1], pairs[0][1][1]
        times = f"{base * 1e3:>15.0f}{found:>7}{own * 1e3:>10.0f}{read:>7}{base / own:>8.1f}"
        print(f"{name:<24}{len(body) / 1024:>6.0f}{times}")
        good = good and (not is_limited or (base >= options.limit * own and read >= found))
    print(f"limit: {options.limit:g} times, no fewer cells")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
