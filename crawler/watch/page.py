"""``report.html``: the report for people, in Chinese and English, one file without script, links or outside parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from crawler.outcomes import ADVICE
from crawler.summary import years_in_short
from crawler.verdict import LABELS

_PAGES = Environment(
    loader=PackageLoader("crawler.watch"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters["years"] = years_in_short


def render(report: Mapping[str, Any]) -> str:
    """The page of a report as ``report.compose`` gives it; everything from portals is escaped."""
    advice = {outcome.value: told for outcome, told in ADVICE.items()}
    return _PAGES.get_template("run.html").render(report=report, verdict=LABELS[report["verdict"]], advice=advice)
