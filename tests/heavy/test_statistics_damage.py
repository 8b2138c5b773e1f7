"""Thousands of damaged statistics tables: a number stands behind its own label or nowhere."""

from __future__ import annotations

import random

import pytest

from tests.parsers.statistics_forms import FLATTENINGS
from tests.parsers.test_statistics_damage import DAMAGES, PLAIN, damaged

pytestmark = pytest.mark.heavy
DOCUMENTS = 5000


def test_no_damaged_table_gives_a_wrong_number() -> None:
    rng = random.Random(2014)
    wrong = {}
    for seed in range(DOCUMENTS):
        damage, kind = rng.choice(DAMAGES), rng.choice(["html", *FLATTENINGS])
        if found := damaged(damage, kind, rng.choice(sorted(PLAIN)), seed):
            wrong[(damage.__name__, kind, seed)] = found
    assert wrong == {}
