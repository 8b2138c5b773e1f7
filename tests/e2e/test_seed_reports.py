"""The five real reports as pages of the portals: what the crawl makes of them against their gold files.

The texts are not part of this repository: the tests are skipped where ``../shared/seeds`` is absent.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.fleet import PortalFleet
from crawler.demo.run import Crawled, Workspace, run_crawl
from crawler.demo.site import Site

SHARED = Path(__file__).resolve().parents[3] / "shared"
SEEDS = {
    entry.report.seed: (site.code, entry.report.year)
    for site in Site.load_all()
    for entry in site.reports
    if entry.report and entry.report.seed
}
DATES = {
    entry.report.seed: entry.date
    for site in Site.load_all()
    for entry in site.reports
    if entry.report and entry.report.seed
}
GROUPS = ("ST", "MD", "T2", "T3", "T4", "NR", "PL")

pytestmark = pytest.mark.skipif(
    not (SHARED / "seeds" / "text").is_dir(), reason="../shared/seeds, the five real reports, is not there"
)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    workspace = Workspace(tmp_path_factory.mktemp("seeds"))
    with PortalFleet(seeds=SHARED / "seeds" / "text") as portals:
        portals.write_registry(workspace.portals)
        return run_crawl(workspace, {"province": "37,61,14,62,13", "years": "2020,2023,2024"})


def test_all_five_portals_are_ok(crawled: Crawled) -> None:
    assert crawled.code == 0, crawled.output[-3000:]
    assert {record["outcome"] for record in crawled.outcomes.values()} == {"ok"}


def of_seed(crawled: Crawled, seed: str) -> dict[str, Any]:
    code, year = SEEDS[seed]
    return crawled.report(code, year)


def gold(seed: str) -> dict[str, Any]:
    """The gold file of a text, with the date that its address on the portal adds where the text has none."""
    loaded: dict[str, Any] = json.loads((SHARED / "seeds" / "gold" / f"{seed}.json").read_text(encoding="utf-8"))
    if loaded["metadata"]["publication_date"] is None:
        loaded["metadata"]["publication_date"] = DATES[seed]
    return loaded


def test_every_cell_and_every_metadata_field_is_right(crawled: Crawled, tmp_path: Path) -> None:
    pairs: list[str] = []
    for seed in SEEDS:
        for name, record in (("gold", gold(seed)), ("output", of_seed(crawled, seed))):
            path = tmp_path / f"{seed}.{name}.json"
            path.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
            pairs.append(str(path))
    command = [sys.executable, str(SHARED / "check_gold.py"), "--verbose", *pairs]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("seed", sorted(SEEDS))
def test_the_findings_are_those_of_the_gold_file(crawled: Crawled, seed: str) -> None:
    """Of the rule groups that exist: all that are expected, and none that is not."""
    expected = {
        (finding["rule_id"], finding["status"])
        for finding in gold(seed)["expected_findings"]
        if finding["rule_id"].startswith(GROUPS)
    }
    raised = {
        (finding["rule"], finding["status"])
        for finding in of_seed(crawled, seed)["findings"]
        if finding["rule"].startswith(GROUPS) and finding["status"] == "fail"
    }
    assert raised == expected
