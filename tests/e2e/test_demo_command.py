"""``scrapy demo`` as a user runs it: exit code, summary, what it leaves running (nothing)."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from crawler.demo.check import check_portal
from crawler.demo.fleet import PortalFleet
from crawler.demo.run import ROOT, Crawled

ENVIRONMENT = {**os.environ, "SCRAPY_PROJECT": "demo", "PYTHONUNBUFFERED": "1"}


def demo(*options: str) -> list[str]:
    return [sys.executable, "-m", "scrapy", "demo", *options]


def cpu_seconds_of_children() -> float:
    """Processor time of all processes that this one started and has waited for, theirs included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_the_demo_succeeds_and_names_portals_and_files(tmp_path: Path) -> None:
    command = demo("--output", str(tmp_path))
    before = cpu_seconds_of_children()
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False)
    seconds = cpu_seconds_of_children() - before
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for words in (
        "沂源县",
        "旬阳市",
        "泽州县",
        "定西市",
        "栾城区",
        "reports.jsonl",
        "facts_long.parquet",
        "all as expected",
    ):
        assert words in done.stdout
    assert seconds < 40, "of one processor, whatever else the machine does"
    assert (tmp_path / "latest" / "manifest.json").is_file()
    (address,) = re.findall(r"file://(\S+/site/index\.html)", done.stdout)
    assert Path(address).is_file()
    assert "沂源县" in (Path(address).parent / "zh" / "regions" / "370323.html").read_text(encoding="utf-8")


def test_served_portals_answer_until_they_are_stopped(tmp_path: Path) -> None:
    command = demo("--serve", "--output", str(tmp_path))
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            addresses: list[str] = []
            for line in process.stdout:
                addresses += re.findall(r"http://127\.[\d.]+:\d+/", line)
                if "Ctrl-C" in line:
                    break
            homes = sorted(set(addresses))
            assert len(homes) >= 5
            for home in homes[:5]:
                with urlopen(home, timeout=5) as answer:
                    assert answer.status == 200
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(15)
    assert code == 0
    with pytest.raises(URLError):
        urlopen(homes[0], timeout=2)


def test_what_is_not_as_expected_is_said(demo_crawl: Crawled, fleet: PortalFleet) -> None:
    """The check itself: a report less, a number off, another outcome."""
    portal = fleet.portal("130111")
    outcome = demo_crawl.outcomes["130111"]
    reports = [record for record in demo_crawl.reports if record["portal_id"] == "130111"]
    assert check_portal(portal, [outcome], reports).faults == []
    assert check_portal(portal, [outcome], reports[1:]).faults
    assert check_portal(portal, [outcome | {"outcome": "partial"}], reports).faults
    assert check_portal(portal, [], reports).faults
    cells = reports[0]["tables"]["table2"]["cells"] | {"penalty_decisions": {"value": 1, "state": "value", "raw": "1"}}
    tables = reports[0]["tables"] | {"table2": reports[0]["tables"]["table2"] | {"cells": cells}}
    (fault,) = check_portal(portal, [outcome], [reports[0] | {"tables": tables}, *reports[1:]]).faults
    assert "penalty_decisions" in fault
