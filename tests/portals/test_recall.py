"""One crawl over all simulated portals: every report found, nothing else, every number right, the right outcome.

``PORTALS_SEED`` draws other contents; the table that the run prints has recall, precision and requests a portal.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.portals.cases import CASES, fleet_of, make_portal
from tests.portals.recall import Round, crawl

SEED = os.environ.get("PORTALS_SEED", "1")


@pytest.fixture(scope="module", params=["government", "all"])
def recall_round(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Round:
    with fleet_of(SEED, scope=request.param) as fleet:
        done = crawl(fleet, tmp_path_factory.mktemp("recall"), request.param)
        assert fleet.errors() == []
    return done


def test_all_reports_of_every_portal_are_found_and_nothing_else(
    recall_round: Round, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f"\nseed {SEED}", *(recall.line() for recall in recall_round.recalls.values()), sep="\n")  # noqa: T201
    assert {name: faults for name, faults in recall_round.faults.items() if faults} == {}
    assert recall_round.crawled.code == 0, recall_round.crawled.output[-3000:]
    scopes = {case.scope for case in CASES if case.name in recall_round.recalls}
    assert set(recall_round.recalls) == {case.name for case in CASES if scopes == {case.scope}}


UNITS = ("lonsun-units", "gkmlpt-departments")


@pytest.mark.parametrize("columns", [False, True], ids=["from the home page", "from the registry's column"])
def test_scope_all_finds_the_reports_of_units_in_columns_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], columns: bool
) -> None:
    with fleet_of(SEED, UNITS) as fleet:
        done = crawl(fleet, tmp_path, scope="all", columns=columns)
        assert fleet.errors() == []
    with capsys.disabled():
        print("\nscope all", *(recall.line() for recall in done.recalls.values()), sep="\n")  # noqa: T201
    assert {recall.name: (recall.outcome, recall.found) for recall in done.recalls.values()} == {
        recall.name: ("ok", recall.expected) for recall in done.recalls.values()
    }


def test_no_two_portals_share_a_county_or_a_name() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    codes = [make_portal(case, SEED).site.code for case in CASES]
    assert len(set(codes)) == len(codes)
