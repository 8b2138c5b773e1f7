"""Pictures in random fonts, sizes and lines, spoiled at random: no number is ever another one than was printed."""

from __future__ import annotations

import random
import sys
import time

import pytest

from parsers import Source, parse_report
from tests.compose import truth
from tests.compose.report import generate

pytest.importorskip("onnxruntime", reason="the extra ocr is not installed: make extras")
pytest.importorskip("rapidocr", reason="the extra ocr is not installed: make extras")

from tests.compose.image import compose, random_damage, random_style

pytestmark = pytest.mark.heavy
PICTURES = 120


def test_no_number_of_a_random_picture_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    right = printed = 0
    begun = time.monotonic()
    wrong = []
    for seed in range(PICTURES):
        rng = random.Random(seed)
        table = rng.choice(["table3", "table3", "table2", "table4"])
        report = generate(f"picture {seed}", states=rng.choice([0, 0.15]))
        body = compose(report, random_style(rng), random_damage(rng), only=table)
        report.truth = {locator: value for locator, value in report.truth.items() if locator[0] == table}
        check = truth.check(parse_report(Source(body)).to_dict(), report)
        right += check.right
        printed += sum(value is not None for value in report.truth.values())
        wrong += [f"{seed}: {line}" for line in check.wrong]
    seconds = time.monotonic() - begun
    with capsys.disabled():
        figures = f"{PICTURES}, cells {printed}, right {right}, null {printed - right - len(wrong)}, wrong {len(wrong)}"
        sys.stdout.write(f"\npictures: documents {figures}, {seconds:.0f} s\n")
    assert wrong == []
    assert right >= 0.8 * printed
