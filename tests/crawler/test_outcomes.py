"""The one table of signals, and the document that explains it."""

from __future__ import annotations

import re

import pytest

from crawler.demo.run import ROOT
from crawler.outcomes import ADVICE, RETRY, SIGNALS, BrowserMissing, Outcome, RefusedAddress, Retry, Signal, kind_of

ROW = re.compile(r"^\| `(\S+)` \|(.*)\|$", re.M)


def rows(heading: str, until: str) -> list[tuple[str, list[str]]]:
    """The rows of a part of docs/outcomes.md: name in the first column, text of the others."""
    text = (ROOT / "docs" / "outcomes.md").read_text(encoding="utf-8")
    part = text.partition(f"\n## {heading}\n")[2].partition(f"\n## {until}\n")[0]
    return [(name, [cell.strip().strip("`") for cell in rest.split("|")]) for name, rest in ROW.findall(part)]


def test_each_outcome_is_documented_with_its_retry() -> None:
    told = rows("Outcomes", "Retry")
    assert [(name, cells[-1]) for name, cells in told] == [(o.value, RETRY[o].value) for o in Outcome]
    assert all(means and todo for _, (means, todo, _) in told)
    assert list(ADVICE) == list(Outcome)
    assert [name for name, _ in rows("Retry", "Signals")] == [retry.value for retry in Retry]


def test_each_signal_is_documented_in_order() -> None:
    told = [(name, outcome, retry) for name, (outcome, _, retry) in rows("Signals", "Backing off")]
    assert told == [(k.name, k.outcome.value, k.retry.value if k.retry else "") for k in SIGNALS]


def test_names_of_kinds_are_unique_and_the_special_ones_come_first() -> None:
    names = [kind.name for kind in SIGNALS]
    assert len(names) == len(set(names))
    for kind in SIGNALS:
        assert kind_of(kind.name.replace("*", "x")) == kind, "an earlier row takes it"


def test_a_kind_that_the_table_lacks_is_a_bug() -> None:
    with pytest.raises(ValueError, match="SIGNALS"):
        Signal("something_else")


def test_a_refused_address_says_how_it_is_opened() -> None:
    signal = RefusedAddress("www.sim", "10.0.0.7", "http://www.sim/").signal
    assert (signal.outcome, signal.retry) == (Outcome.DNS, Retry.SETTINGS)
    assert "EGRESS_ALLOW=10.0.0.7/32" in str(signal)
    assert "非公网" in str(signal)
    assert BrowserMissing("extra").signal.retry is Retry.SETTINGS
