"""``scrapy crawl portal_directory`` over a simulated country: what it finds, what it leaves out, what it tells."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.run import ROOT, Workspace
from crawler.urls import canonical
from tests.crawler.sites import row, write_rows
from tests.directory.country import PROVINCES, Country
from tests.directory.serving import Served, serving

SEED = 20261128
FINDINGS = {
    "dead": ("dead", "http_error"), "gone": ("dead", "not_found"), "wrong_owner": ("wrong_owner", "wrong_portal"),
    "blocked": ("unverified", "blocked"), "robots": ("unverified", "robots_denied"),
    "shell": ("unverified", "js_required"), "silent": ("unverified", "partial"), "unlinked": ("not_found", "not_found"),
}  # fmt: skip
"""What must be told of a county by its fate, unless a tourist site named like it is told instead."""


@dataclass(frozen=True, slots=True)
class Searched:
    """A directory run that has ended, over a country."""

    country: Country
    served: Served
    workspace: Workspace
    code: int
    output: str

    @property
    def run(self) -> Path:
        return self.workspace.runs / "run"

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.run / name).open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.run / "outcomes.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searched]:
    country, workspace = Country(SEED), Workspace(tmp_path_factory.mktemp("directory"))
    with serving("127.61.0.1", country.build) as served:
        for province in PROVINCES:
            code = province + "0000"
            write_rows(workspace.portals, [row(code, country.truth[code], code)], province)
        done = search(workspace, "run")
        yield Searched(country, served, workspace, done.returncode, done.stdout + done.stderr)


def search(workspace: Workspace, run_id: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = {**workspace.settings(run_id), "DOWNLOAD_DELAY": "0.01", "RETRY_TIMES": "0", "CITIES_AT_ONCE": "64"}
    command = [sys.executable, "-m", "scrapy", "crawl", "portal_directory", *arguments]
    for name, value in settings.items():
        command += ["-s", f"{name}={value}"]
    environment = {**os.environ, "SCRAPY_PROJECT": "demo"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900, encoding="utf-8", check=False
    )


def test_what_it_registers_is_right_and_nearly_all_there_is(
    searched: Searched, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = {code: canonical(url) for code, url in searched.country.truth.items()}
    rows = searched.rows("portals.csv")
    right = {each["region_code"] for each in rows if truth.get(each["region_code"]) == canonical(each["url"])}
    wrong = [each for each in rows if each["region_code"] not in right]
    missed = sorted(searched.country.findable - right)
    precision, recall = len(right) / len(rows), len(right & searched.country.findable) / len(searched.country.findable)
    left = Counter(searched.country.fate.get(code, "zone") for code in missed)
    with capsys.disabled():
        print(f"\n{len(searched.country.host)} regions, {len(rows)} rows,", end=" ")  # noqa: T201
        print(f"precision {precision:.3f}, recall {recall:.3f}, missed {dict(left)}")  # noqa: T201
    assert len(searched.country.host) >= 233
    assert precision >= 0.99, wrong
    assert recall >= 0.95, missed


def test_every_region_ends_with_one_outcome_that_tells_its_fate(searched: Searched) -> None:
    outcomes = searched.outcomes
    told = Counter(outcome["region_code"] for outcome in outcomes)
    assert set(searched.country.host) <= set(told)
    assert set(told.values()) == {1}
    astray = {each["region_code"] for each in searched.rows("rejected.csv") if "another organ" in each["reason"]}
    checked = Counter[str]()
    for outcome in outcomes:
        fate = searched.country.fate.get(outcome["region_code"], "")
        if fate in FINDINGS and outcome["region_code"] not in astray:
            assert (outcome["finding"], outcome["outcome"]) == FINDINGS[fate], outcome
            assert outcome["detail"]
            checked[fate] += 1
    assert set(checked) == set(FINDINGS)


def test_namesakes_and_the_city_itself_are_taken_for_no_county(searched: Searched) -> None:
    findings = {outcome["region_code"]: outcome["finding"] for outcome in searched.outcomes}
    others = {code for code, fate in searched.country.fate.items() if fate in ("namesake", "upper")}
    assert len(others) >= 3
    assert "verified" not in {findings[code] for code in others}


def test_the_exit_code_and_the_manifest_say_that_some_regions_are_missing(searched: Searched) -> None:
    manifest = json.loads((searched.run / "manifest.json").read_text(encoding="utf-8"))
    assert searched.code == manifest["verdict"] == 1
    assert manifest["complete"] is True
    assert manifest["counts"]["portals"] == len(searched.rows("portals.csv"))
    assert not list(searched.run.glob("*.part"))
    assert "scrapy portals import" in searched.output
    assert "Traceback" not in searched.output


def test_a_row_carries_its_evidence(searched: Searched) -> None:
    codes = [code for code, fate in searched.country.fate.items() if fate == "plain"]
    by_code = {each["region_code"]: each for each in searched.rows("portals.csv")}
    for code in codes:
        found = by_code[code]
        assert (found["portal_id"], found["status"], found["site_id_code"]) == (code, "verified", f"{code}0001")
        assert found["verified_at"]
        assert f"site_id_code={code}0001" in found["evidence"]
        assert ("linked_from=http://" in found["evidence"]) or code.endswith("0000")


def test_a_development_zone_becomes_a_row_only_by_a_code_of_its_own(searched: Searched) -> None:
    zones = {code for code in searched.country.truth if code[4:] == "71"}
    assert zones
    assert zones == {each["region_code"] for each in searched.rows("portals.csv") if each["region_code"][4:] == "71"}
    assert "zone_without_code" in {each["reason"] for each in searched.rows("rejected.csv")}


def test_what_was_left_out_is_told_with_its_reason(searched: Searched) -> None:
    rejected = searched.rows("rejected.csv")
    assert all(each["reason"] and each["linked_from"] for each in rejected)
    assert any(each["reason"] == "not_gov_cn" for each in rejected), "copies on other hosts"
    assert any(each["reason"].startswith("verified: duplicate_of") for each in rejected), "mirrors"


def test_no_address_is_asked_for_twice(searched: Searched) -> None:
    """But for those that an old address leads to as well, and shells, which a browser asks for again."""
    twice = {searched.country.host[code] for code, fate in searched.country.fate.items() if fate in ("moved", "shell")}
    again = {each for each, times in searched.served.asked.items() if times > 1 and each[1] != "/robots.txt"}
    assert {address for address, _ in again} <= twice


def test_the_registry_is_left_alone(searched: Searched) -> None:
    for province in PROVINCES:
        lines = (searched.workspace.portals / f"{province}.csv").read_text(encoding="utf-8").splitlines()
        assert len(lines) == 2
