"""Thousands of damaged statistics tables: a number stands behind its own label or nowhere."""

from __future__ import annotations

import random
import sys
import time

import pytest

from tests.parsers.statistics_forms import FLATTENINGS
from tests.parsers.test_statistics_damage import DAMAGES, PLAIN, damaged

pytestmark = pytest.mark.heavy
DOCUMENTS = 5000


def test_no_damaged_table_gives_a_wrong_number(capsys: pytest.CaptureFixture[str]) -> None:
    begun = time.monotonic()
    rng = random.Random(2014)
    wrong = {}
    for seed in range(DOCUMENTS):
        damage, kind = rng.choice(DAMAGES), rng.choice(["html", *FLATTENINGS])
        if found := damaged(damage, kind, rng.choice(sorted(PLAIN)), seed):
            wrong[(damage.__name__, kind, seed)] = found
    seconds = time.monotonic() - begun
    with capsys.disabled():
        sys.stdout.write(f"\nstatistics: documents {DOCUMENTS}, wrong {len(wrong)}, {seconds:.0f} s\n")
    assert wrong == {}
