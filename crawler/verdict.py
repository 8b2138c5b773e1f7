"""The verdict of a run, the exit code of ``scrapy crawl``: 0 ok, 1 some portals need action, 2 the crawler failed.

Nothing found is never ok by itself: each portal must be ``ok`` or say itself that it is empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crawler.exporters import FAILED
from crawler.extensions.budgets import RUN_SECONDS
from crawler.items import PortalOutcome
from crawler.outcomes import GOOD, Outcome

OK, ACTION, FAILURE = 0, 1, 2
LABELS = {
    OK: ("正常", "ok"),
    ACTION: ("部分门户需处理", "some portals need action"),
    FAILURE: ("程序失败", "the crawler failed"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """``code`` with its reasons; ``moves_latest`` when what the run found is worth pointing at."""

    code: int
    reasons: tuple[str, ...] = ()
    moves_latest: bool = False

    def because(self, reason: str) -> Verdict:
        """The same, with one thing more that needs action."""
        return replace(self, code=max(self.code, ACTION), reasons=(*self.reasons, reason))


def judge(
    in_scope: Sequence[str],
    outcomes: Sequence[PortalOutcome],
    stats: Mapping[str, Any],
    written: Mapping[str, int | None],
) -> Verdict:
    """``written`` has the number of records of each feed, or None for one that is missing."""
    failures = [*_failures(in_scope, outcomes, stats), *_feed_failures(stats, written)]
    if failures:
        return Verdict(FAILURE, tuple(failures))
    bad = [outcome for outcome in outcomes if outcome.outcome not in GOOD]
    found = any(outcome.reports for outcome in outcomes) or not bad
    reasons = tuple(f"{outcome.portal_id}: {outcome.outcome}" for outcome in bad)
    whole = stats.get("finish_reason") == "finished"
    return Verdict(ACTION if bad else OK, reasons, moves_latest=found and whole)


def judge_reparse(withdrawn: int, stats: Mapping[str, Any], written: Mapping[str, int | None]) -> Verdict:
    """Of a run over archives: reports that the parser no longer gives need a look. ``latest`` stays where it is."""
    failures = _feed_failures(stats, written)
    if (reason := stats.get("finish_reason")) != "finished":
        failures.append(f"finish_reason {reason}")
    for name in ("portals/bugs", "archive/damaged", "spider_exceptions/count"):
        if number := stats.get(name):
            failures.append(f"{name} {number}")
    if failures:
        return Verdict(FAILURE, tuple(failures))
    return Verdict(ACTION, (f"{withdrawn} reports withdrawn",)) if withdrawn else Verdict(OK)


def _failures(in_scope: Sequence[str], outcomes: Sequence[PortalOutcome], stats: Mapping[str, Any]) -> list[str]:
    failures = []
    told = sorted(outcome.portal_id for outcome in outcomes)
    if told != sorted(in_scope) or not in_scope:
        failures.append(f"{len(in_scope)} portals in scope, {len(told)} outcomes")
    if (reason := stats.get("finish_reason")) not in ("finished", RUN_SECONDS):
        failures.append(f"finish_reason {reason}")
    failures += [f"{o.portal_id}: crawler_bug" for o in outcomes if o.outcome == Outcome.CRAWLER_BUG]
    failures += [f"{o.portal_id}: ok without a report" for o in outcomes if o.outcome == Outcome.OK and not o.reports]
    if errors := stats.get("spider_exceptions/count"):
        failures.append(f"{errors} errors in the spider")
    return failures


def _feed_failures(stats: Mapping[str, Any], written: Mapping[str, int | None]) -> list[str]:
    failures = []
    if failed := stats.get(FAILED):
        failures.append(f"{failed} failures while exporting")
    if failed := sum(value for key, value in stats.items() if key.startswith("feedexport/failed_count")):
        failures.append(f"{failed} feeds not stored")
    expected = stats.get("reports/joined", 0) - stats.get("reparse/unchanged", 0)
    failures += [f"{name}: {number} of {expected} reports" for name, number in written.items() if number != expected]
    return failures
