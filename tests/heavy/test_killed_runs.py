"""Whatever is killed, whenever: the same command ends with the result of an undisturbed run.

``KILLS`` and ``KILL_SEED`` in the environment change how often and which moments.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("psutil", reason="needs the extra cluster")

from tests.heavy.killed import PORTALS, YEARS, Scene, sixty
from tests.postgres import PostgresServer

pytestmark = pytest.mark.heavy

KILLS = int(os.environ.get("KILLS", "40"))
SEED = int(os.environ.get("KILL_SEED", "20250301"))
AT_ONCE = 6  # kills of one run, at most


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    if not PostgresServer.is_installed():
        pytest.skip("PostgreSQL is not installed")
    with sixty(tmp_path / "portals") as servers, PostgresServer() as database:
        yield Scene(tmp_path, servers, database, random.Random(SEED))


def test_a_run_that_is_killed_anywhere_ends_with_the_result_of_an_undisturbed_one(
    scene: Scene, record_property: pytest.RecordProperty
) -> None:
    undisturbed, _ = scene.run(0)
    assert len(undisturbed["reports"]) == (PORTALS - 1) * len(YEARS)
    assert len(undisturbed["outcomes"]) == PORTALS
    begun, runs = time.monotonic(), 0
    for cluster, share in ((False, KILLS - KILLS // 3), (True, KILLS // 3)):
        scene.cluster, left = cluster, share
        while left > 0:
            disturbed, done = scene.run(min(left, AT_ONCE))
            left, runs = left - done, runs + 1
            for part, told in undisturbed.items():
                assert disturbed[part] == told, (part, scene.log)
    again = scene.fetched_again()
    assert not again, (again, scene.log)
    record_property(
        "measured",
        f"killed runs: seed {SEED}, {sum(scene.kills.values())} kills {dict(scene.kills)}, {runs} runs in "
        f"{scene.attempts - 1} attempts, each {len(undisturbed['reports'])} reports of {PORTALS} portals; of "
        f"{len(scene.stored)} documents stored before a kill none was fetched again; {time.monotonic() - begun:.0f} s",
    )
