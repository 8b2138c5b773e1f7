"""The simulated portals with contents that no run had before; ``PORTALS_SEED`` repeats one that failed."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.portals.cases import fleet_of
from tests.portals.recall import crawl

pytestmark = pytest.mark.heavy
ROUNDS = 3


@pytest.mark.parametrize("scope", ["government", "all"])
@pytest.mark.parametrize("number", range(ROUNDS))
def test_all_reports_of_new_contents_are_found(
    number: int, scope: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = os.environ.get("PORTALS_SEED") or str(random.SystemRandom().randrange(10**6))
    with fleet_of(seed, scope=scope) as fleet:
        done = crawl(fleet, tmp_path, scope)
        assert fleet.errors() == []
    with capsys.disabled():
        print(f"\nPORTALS_SEED={seed}", *(recall.line() for recall in done.recalls.values()), sep="\n")  # noqa: T201
    assert {name: faults for name, faults in done.faults.items() if faults} == {}, f"PORTALS_SEED={seed}"
    assert done.crawled.code == 0, done.crawled.output[-3000:]
