"""Who needs a person: portals that were bad N runs in a row; those that come and go are set apart.

One bad night says little: portals are down for maintenance, names don't resolve for an hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from crawler.items import PortalOutcome
from crawler.outcomes import GOOD

RUNS = 3  # bad ones in a row that make a case
WINDOW = 10  # latest runs that are looked at for coming and going
SWITCHES = 3  # between good and bad among them

Past = Sequence[tuple[str, PortalOutcome]]  # the runs of one portal, newest first
History = Mapping[str, Past]


@dataclass(frozen=True, slots=True)
class Case:
    """A portal that needs attention: ``bad`` runs in a row, since which run, or ``switches`` among the last ones."""

    portal_id: str
    outcome: PortalOutcome
    bad: int
    since: str
    switches: int
    runs: int

    @property
    def fresh(self) -> bool:
        """Whether this run is the one that made it a case."""
        return self.bad == self.runs


def cases(history: History, runs: int = RUNS) -> tuple[list[Case], list[Case]]:
    """Portals to look at, longest trouble first, and flapping ones; each of one list or none."""
    attention, flapping = [], []
    for portal_id, past in history.items():
        if not past:
            continue
        case = Case(portal_id, past[0][1], *_streak(past), _switches(past[:WINDOW]), runs)
        if case.bad >= runs:
            attention.append(case)
        elif case.switches >= SWITCHES:
            flapping.append(case)
    return (
        sorted(attention, key=lambda case: (-case.bad, case.portal_id)),
        sorted(flapping, key=lambda case: (-case.switches, case.portal_id)),
    )


def with_this_run(history: History, run_id: str, outcomes: Iterable[PortalOutcome]) -> dict[str, Past]:
    """The history of the portals of a run with that run as the newest, whether or not it is written there already."""
    return {
        outcome.portal_id: [
            (run_id, outcome),
            *((run, past) for run, past in history.get(outcome.portal_id, ()) if run != run_id),
        ]
        for outcome in outcomes
    }


def _streak(past: Past) -> tuple[int, str]:
    """How many of the newest runs were bad, and the first of them."""
    bad, since = 0, ""
    for run_id, outcome in past:
        if outcome.outcome in GOOD:
            break
        bad, since = bad + 1, run_id
    return bad, since


def _switches(past: Past) -> int:
    return sum((one.outcome in GOOD) != (other.outcome in GOOD) for (_, one), (_, other) in pairwise(past))
