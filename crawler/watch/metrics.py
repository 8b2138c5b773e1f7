"""A run's figures for Prometheus, as a textfile for the node exporter; written to one side and renamed.

A file is of one job: give each of several schedules its own METRICS_FILE.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

PREFIX = "nianbao_run_"


def write(report: Mapping[str, Any], path: Path) -> None:
    """Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_to_textfile(str(path), registry_of(report))


def registry_of(report: Mapping[str, Any]) -> CollectorRegistry:
    """The metrics of one run; their names and units are in docs/operations.md."""
    registry = CollectorRegistry()
    totals = report["totals"]
    finished = datetime.fromisoformat(report["finished"]).timestamp()
    for name, text, value in (
        ("finished_timestamp_seconds", "When the last run was published", finished),
        ("verdict", "0 ok, 1 some portals need action, 2 the crawler failed", report["verdict"]),
        ("duration_seconds", "Time from start to the end of the crawl", totals["seconds"]),
        ("reports", "Reports found", totals["reports"]),
        ("reports_unchanged", "Reports found that an earlier run has published", totals["unchanged"]),
        ("pages", "Pages asked for", totals["pages"]),
        ("bytes", "Bytes received", totals["bytes"]),
        ("attention_portals", "Portals on the attention list", _length(report, "attention")),
        ("flapping_portals", "Portals that come and go", _length(report, "flapping")),
        ("dropped_portals", "Portals with fewer reports than before", _length(report, "drops")),
        ("blocked_hosts", "Hosts that refuse automated access", _length(report, "blocked_hosts")),
        ("slow_hosts", "Slow hosts", _length(report, "slow_hosts")),
    ):
        Gauge(PREFIX + name, text, registry=registry).set(value)
    portals = Gauge(PREFIX + "portals", "Portals by outcome", ["outcome"], registry=registry)
    for outcome, number in report["outcomes"].items():
        portals.labels(outcome).set(number)
    findings = Gauge(PREFIX + "findings", "Findings by rule", ["rule", "severity"], registry=registry)
    for finding in report["findings"]:
        findings.labels(finding["rule"], finding["severity"]).set(finding["count"])
    return registry


def _length(report: Mapping[str, Any], name: str) -> int:
    return len(report[name]) + int(report["truncated"].get(name, 0))
