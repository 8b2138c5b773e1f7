"""Reads pictures of table three and measures time and numbers, beside whole-picture recognition in the same run.

Each picture is drawn from a generated report: on screen, scanned straight, scanned askew. ``right``, ``null`` and
``wrong`` count printed numbers; for whole-picture recognition ``right`` are the numbers that it finds anywhere at all,
``wrong`` those that it finds and nobody printed. Fails if the fastest reading of the picture on screen takes longer
than the limit, or if any number is wrong.
"""

from __future__ import annotations

import argparse
import io
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402
from rapidocr import RapidOCR  # noqa: E402

from parsers import Source, parse_report  # noqa: E402
from tests.compose import truth  # noqa: E402
from tests.compose.image import Damage, Style, compose  # noqa: E402
from tests.compose.report import Report, generate  # noqa: E402

LIMIT = 3.0
PICTURES = (
    ("on screen", Style(), Damage()),
    ("scanned", Style(size=20, padding=8), Damage(noise=6, blur=0.4, quality=70, background=245)),
    ("askew", Style(size=20, padding=8), Damage(rotate=1.8, perspective=0.006, noise=6, quality=70, background=245)),
)


def fastest(call: Callable[[], object], rounds: int) -> float:
    seconds = []
    for _ in range(rounds):
        begun = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def ours(body: bytes, report: Report) -> tuple[int, int, int]:
    """Numbers right, null, wrong."""
    check = truth.check(parse_report(Source(body), validate=True).to_dict(), report)
    return check.right, len(check.nulls) + len(check.unexplained), len(check.wrong)


def whole(engine: RapidOCR, body: bytes, report: Report) -> tuple[int, int, int]:
    result = engine(np.asarray(Image.open(io.BytesIO(body)).convert("RGB")))
    found = Counter(text for text in result.txts or () if text.isascii() and text.isdigit())
    printed = Counter(str(value) for value in report.truth.values() if value is not None)
    right = (found & printed).total()
    return right, printed.total() - right, (found - printed).total()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=LIMIT)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    engine = RapidOCR()
    report = generate(5, year=2023)
    report.truth = {locator: value for locator, value in report.truth.items() if locator[0] == "table3"}
    print(f"{'picture of table 3':<20}{'reader':<16}{'seconds':>9}{'right':>7}{'null':>6}{'wrong':>7}")
    failed = False
    for name, style, damage in PICTURES:
        body = compose(report, style, damage, only="table3")
        parse_report(Source(body))
        seconds = fastest(lambda body=body: parse_report(Source(body)), options.rounds)  # type: ignore[misc]
        counts = ours(body, report)
        other = fastest(lambda body=body: whole(engine, body, report), options.rounds)  # type: ignore[misc]
        for reader, took, (right, null, wrong) in (
            ("cell by cell", seconds, counts),
            ("whole picture", other, whole(engine, body, report)),
        ):
            print(f"{name:<20}{reader:<16}{took:>9.2f}{right:>7}{null:>6}{wrong:>7}")
        failed |= counts[2] > 0 or (name == "on screen" and seconds > options.limit)
    print(f"{'':<36}{options.limit:>9g}   limit on screen")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
