"""Thousands of damaged reports with random seeds: no silent wrong cell. ``PROPERTY_DOCUMENTS`` sets how many."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.compose.documents import FORMS, Plan, write
from tests.parsers.test_property import plans, read

DOCUMENTS = int(os.environ.get("PROPERTY_DOCUMENTS", "6000"))

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("form", FORMS)
def test_thousands_of_damaged_reports_give_no_silent_wrong_cell(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    share = FORMS[form] / sum(FORMS.values())
    figures: Counter[str] = Counter()

    @settings(
        max_examples=max(50, int(DOCUMENTS * share)),
        phases=[Phase.generate, Phase.shrink],
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        print_blob=True,
    )
    @given(plans((form,)))
    def each(plan: Plan) -> None:
        result = read(write(plan))
        figures.update(documents=1, right=result.right, null=len(result.nulls), wrong=len(result.silent))
        assert result.silent == []

    begun = time.monotonic()
    try:
        each()
    finally:
        seconds = time.monotonic() - begun
        figures["cells"] = figures["right"] + figures["null"]
        with capsys.disabled():
            named = ", ".join(f"{name} {figures[name]}" for name in ("documents", "cells", "right", "null", "wrong"))
            sys.stdout.write(f"\n{form}: {named}, {seconds:.0f} s\n")
    assert figures["right"] > figures["null"]
