"""What is due when, and ``scrapy schedule run``: each crawl once, one schedule at a time, stopped cleanly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from scrapy.settings import Settings

from crawler.demo.run import ROOT, Workspace
from crawler.errors import InputError
from crawler.schedule import Ran, due, read
from tests.crawler.sites import healthy, row, served, write_rows

CHINA = ZoneInfo("Asia/Shanghai")
PLAN = """
hours = "20:00-06:00"
retry_hours = 6
[[job]]
name = "all"
provinces = ["山东", "61"]
every_days = 30
season_months = [1, 2, 3, 4]
season_every_days = 3
"""


JOB = '[[job]]\nname = "a"\nprovinces = "all"\nevery_days = 1\n'


def project_settings() -> Settings:
    settings = Settings()
    settings.setmodule("settings.default")
    return settings


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def written(tmp_path: Path, text: str = PLAN) -> Path:
    path = tmp_path / "schedule.toml"
    path.write_text(text, encoding="utf-8")
    return path


def names(path: Path, runs: list[Ran], now: datetime) -> list[str]:
    return [each.crawl.name for each in due(read(path, ["37", "61"]), runs, now)]


def test_the_projects_own_schedule_is_valid_and_denser_in_the_season() -> None:
    codes = sorted(path.stem for path in (ROOT / "settings" / "portals").glob("[1-9][0-9].csv"))
    schedule = read(ROOT / "settings" / "schedule.toml", codes, project_settings())
    assert {crawl.arguments["province"] for crawl in schedule.crawls} == set(codes)
    assert all(crawl.days(2) < crawl.days(7) for crawl in schedule.crawls)


@pytest.mark.parametrize(
    ("last", "complete", "now", "expected"),
    [
        (None, True, "2025-02-01T22:00", True),  # never ran
        (None, True, "2025-02-01T12:00", False),  # not within the hours
        ("2025-02-01T22:00", True, "2025-02-03T22:00", False),
        ("2025-02-01T22:00", True, "2025-02-04T21:30", True),  # three days in the season, the timer a little early
        ("2025-07-01T22:00", True, "2025-07-30T22:00", False),
        ("2025-07-01T22:00", True, "2025-07-31T22:00", True),
        ("2025-04-29T22:00", True, "2025-05-03T22:00", False),  # the season is over
        ("2025-12-20T22:00", True, "2026-01-01T00:10", True),  # the season has begun
        ("2025-02-01T22:00", False, "2025-02-02T03:00", False),  # failed, or out of time: again after six hours
        ("2025-02-01T22:00", False, "2025-02-02T04:30", True),
        ("2036-02-01T22:00", True, "2025-02-01T22:00", True),  # a clock that was wrong
    ],
)
def test_when_a_crawl_is_due(tmp_path: Path, last: str | None, complete: bool, now: str, expected: bool) -> None:
    runs = [Ran({"province": "37"}, at(last), complete)] if last else []
    assert ("all/37" in names(written(tmp_path), runs, at(now))) is expected


def test_a_failed_run_after_a_good_one_waits_for_both(tmp_path: Path) -> None:
    asked = {"province": "37"}
    good, failed = Ran(asked, at("2025-02-01T22:00"), True), Ran(asked, at("2025-02-04T22:00"), False)
    times = [at("2025-02-05T03:00"), at("2025-02-05T05:00")]
    assert [("all/37" in names(written(tmp_path), [failed, good], now)) for now in times] == [False, True]


def test_the_longest_overdue_comes_first_and_other_arguments_are_other_crawls(tmp_path: Path) -> None:
    now = at("2025-02-20T22:00")
    runs = [Ran({"province": "61"}, now - timedelta(days=9)), Ran({"province": "37"}, now - timedelta(days=5))]
    assert names(written(tmp_path), runs, now) == ["all/61", "all/37"]
    others = [Ran({"province": "61", "years": "2024"}, now), Ran({"province": "37", "scope": "all"}, now)]
    assert names(written(tmp_path), others, now) == ["all/37", "all/61"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[job", "no TOML"),
        ("", "at least one"),
        ('[[job]]\nname = "a"\nprovinces = ["99"]\nevery_days = 1', "job a: provinces"),
        ('[[job]]\nname = "a"\nprovinces = ["沂源县"]\nevery_days = 1', "no province"),
        ('[[job]]\nname = "a"\nprovinces = ["11"]\nevery_days = 1', "no portal of"),
        ('[[job]]\nname = "a"\nprovinces = "all"\nevery_days = 0', "positive"),
        ('[[job]]\nname = "a"\nprovinces = "all"', "every_days"),
        ('[[job]]\nname = "a"\nprovinces = "all"\nevery_days = 1\ncolour = 1', "unknown colour"),
        ('[[job]]\nname = "a"\nprovinces = "all"\nevery_days = 1\narguments = { url = 1, moon = 2 }', "moon"),
        ('[[job]]\nname = "a"\nprovinces = "all"\nevery_days = 1\nseason_months = [13]', "season_months"),
        ('timezone = "Mars/Olympus"\n[[job]]\nname = "a"\nprovinces = "all"\nevery_days = 1', "time zone"),
        ('hours = "night"\n[[job]]\nname = "a"\nprovinces = "all"\nevery_days = 1', "hours"),
        ('[[job]]\nname = "a"\nprovinces = ["37", "山东"]\nevery_days = 1', "unique"),
        ('timezone = "Asia"\n' + JOB, "time zone"),
        ('hours = "20:00-20:00"\n' + JOB, "hours"),
        ('hours = "20:00Z-06:00Z"\n' + JOB, "hours"),
        (JOB + 'arguments = { years = "banana" }', "job a: arguments: years 'banana'"),
        (JOB + 'arguments = { scope = "galaxy" }', "job a: arguments: scope is"),
        (JOB + 'arguments = { region = "370323" }', "unknown .*region"),
        (JOB + "settings = { PORTAL_SECOND = 3 }", "job a: settings: no such setting: PORTAL_SECOND"),
        (JOB + 'settings = { PORTAL_SECONDS = "soon" }', "job a: settings: PORTAL_SECONDS is a number"),
        (JOB + "settings = { PARSE_WORKERS = -1 }", "PARSE_WORKERS is a whole number"),
        (JOB + 'settings = { RESUME = "perhaps" }', "RESUME is True or False"),
        (JOB + 'settings = { RUNS_DIR = "elsewhere" }', "can't set RUNS_DIR"),
        (JOB + "season_months = [true]\nseason_every_days = 3", "season_months"),
        (JOB + "season_every_days = 3", "season_every_days"),
        (JOB + JOB.replace('"a"', '"b"'), "job b/37: asks for the same as a/37"),
    ],
)
def test_what_cannot_be_meant_is_named_by_file_and_place(tmp_path: Path, text: str, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=words) as caught:
        read(path, ["37", "61"], project_settings())
    assert str(path) in str(caught.value)


def command(workspace: Workspace, plan: Path, *words: str) -> list[str]:
    settings = workspace.settings() | {"SCHEDULE": str(plan)}
    pairs = [word for pair in settings.items() for word in ("-s", "=".join(pair))]
    return [sys.executable, "-m", "scrapy", "schedule", *words, *pairs]


def call(workspace: Workspace, plan: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SCRAPY_PROJECT": "demo"}
    line = command(workspace, plan, *words)
    return subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_what_is_due_is_run_once(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    plan = written(tmp_path, PLAN.replace('hours = "20:00-06:00"', "").replace('"61"', '"陕西"'))
    with served(healthy(), "127.0.7.1") as server:
        write_rows(workspace.portals, [row("a", server.base_url + "/")])
        write_rows(workspace.portals, [row("b", "http://127.0.7.2:9/", "610981")], "61")
        assert call(workspace, plan, "due").stdout.splitlines() == [
            "all/37\t从未运行 / never ran\t-a province=37",
            "all/61\t从未运行 / never ran\t-a province=61",
        ]
        done = call(workspace, plan, "run")
        assert done.returncode == 1, "one of the provinces needs action"
        assert call(workspace, plan, "due").returncode == 1
        again = call(workspace, plan, "run")
    assert again.returncode == 0
    manifests = [json.loads(path.read_text()) for path in sorted(workspace.runs.glob("*/manifest.json"))]
    assert [(m["arguments"], m["verdict"]) for m in manifests] == [({"province": "37"}, 0), ({"province": "61"}, 1)]
    assert "all/37" in call(workspace, plan, "due", "--now", "2099-01-01").stdout


def test_one_schedule_runs_at_a_time_and_a_stop_ends_the_crawl_cleanly(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    plan = written(tmp_path, PLAN.replace('hours = "20:00-06:00"', "").replace(', "61"', ""))
    environment = {**os.environ, "SCRAPY_PROJECT": "demo"}
    with served(healthy(years=tuple(range(2015, 2025))), "127.0.7.1", latency=3.0) as server:
        write_rows(workspace.portals, [row("a", server.base_url + "/")])
        process = subprocess.Popen(
            command(workspace, plan, "run"), cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
        )
        try:
            until = time.monotonic() + 60
            while not list(workspace.runs.glob("*/outcomes.jsonl.part")) and time.monotonic() < until:
                time.sleep(0.05)
            second = call(workspace, plan, "run")
            assert (second.returncode, "another scrapy schedule run" in second.stderr) == (0, True)
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 128 + signal.SIGTERM
    (manifest,) = [json.loads(path.read_text()) for path in workspace.runs.glob("*/manifest.json")]
    assert (manifest["verdict"], manifest["complete"]) == (2, False)
