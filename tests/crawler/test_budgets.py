"""Budgets of a run: time, disk and memory used up end it cleanly: an outcome for every portal, no half record."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from scrapy import Spider
from scrapy.statscollectors import MemoryStatsCollector
from scrapy.utils.test import get_crawler

from crawler.archive import RunArchive
from crawler.demo.run import ROOT, Crawled, Workspace, run_crawl
from crawler.exporters import NestedJsonLines
from crawler.items import AnnualReport, Brief
from tests.crawler.sites import healthy, row, served, write_rows

YEARS = tuple(range(2017, 2025))


def crawl_with(workspace: Workspace, code: str, **settings: str) -> Crawled:
    """A crawl of the registry in which ``code`` has changed something first."""
    program = f"import sys\n{code}\nfrom scrapy.cmdline import execute\nexecute(['scrapy', *sys.argv[1:]])"
    pairs = workspace.settings("run") | settings
    words = [word for pair in pairs.items() for word in ("-s", "=".join(pair))]
    done = subprocess.run(
        [sys.executable, "-c", program, "crawl", "annual_reports", "-a", "province=37", *words],
        cwd=ROOT,
        env={**os.environ, "SCRAPY_PROJECT": "demo"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Crawled(done.returncode, done.stdout + done.stderr, workspace, workspace.runs / "run")


def two_portals(workspace: Workspace, url: str) -> None:
    """Of one city: the second is visited after the first."""
    write_rows(workspace.portals, [row("first", url + "/"), row("second", url + "/zfxxgknb/")])


def test_a_run_that_is_out_of_time_tells_what_it_did_not_do(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with served(healthy(years=YEARS), "127.0.7.1", latency=0.4) as server:
        two_portals(workspace, server.base_url)
        done = run_crawl(workspace, {"province": "37"}, {"RUN_SECONDS": "2.5"})
    assert done.code == 1, done.output
    assert set(done.outcomes) == {"first", "second"}
    assert done.outcomes["second"]["outcome"] == "timeout"
    assert "run_seconds" in done.outcomes["second"]["detail"]
    assert (done.manifest["verdict"], done.manifest["complete"]) == (1, False)
    assert not workspace.latest.exists(), "a part of the portals is no new state of all"


def test_what_a_run_left_over_comes_first_in_the_next(tmp_path: Path) -> None:
    """Three portals of one city; time is up each night when one of them is done."""
    code = (
        "from crawler.extensions.budgets import RUN_SECONDS, Budgets\n"
        "from crawler.spiders.annual_reports import AnnualReportsSpider as Spider\n"
        "finish = Spider._finish\n"
        "def over(self, visit, **more):\n"
        "    finish(self, visit, **more)\n"
        "    self.crawler.get_extension(Budgets).stop(RUN_SECONDS, 'test')\n"
        "Spider._finish = over"
    )
    workspace, done = Workspace(tmp_path), []
    names = ("first", "second", "third")
    with served(healthy(), "127.0.7.1") as server:
        column = server.base_url + "/zfxxgknb/"
        write_rows(workspace.portals, [row(name, f"{server.base_url}/{name}/", columns=column) for name in names])
        for night in ("1", "2", "3"):
            ended = crawl_with(workspace, code, RUN_ID=night)
            outcomes = Crawled(ended.code, ended.output, workspace, workspace.runs / night).outcomes
            done.append([name for name in names if "run_seconds" not in outcomes[name]["detail"]])
    assert done == [["first"], ["second"], ["third"]]


def test_a_disk_that_fills_up_ends_the_run(tmp_path: Path) -> None:
    """The second look at the disk finds it full."""
    code = (
        "from crawler.extensions import budgets\n"
        "room = iter([10**6, 10**6])\n"
        "budgets.free_mib = lambda place: next(room, 3)"
    )
    workspace = Workspace(tmp_path)
    with served(healthy(years=YEARS), "127.0.7.1", latency=0.4) as server:
        two_portals(workspace, server.base_url)
        done = crawl_with(workspace, code, BUDGET_CHECK_SECONDS="1.5")
    assert done.code == 2, done.output
    assert "disk_full (3 MiB < DISK_FREE_MB=500)" in done.output
    assert {outcome["outcome"] for outcome in done.outcomes.values()} <= {"timeout", "partial"}
    assert len(done.outcomes) == 2
    assert done.manifest["complete"] is False


def test_writes_that_fail_end_the_run_and_leave_no_half_record(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk; the small files of a run still fit."""
    code = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (11000, 11000))"
    workspace = Workspace(tmp_path)
    with served(healthy(years=YEARS), "127.0.7.1") as server:
        two_portals(workspace, server.base_url)
        done = crawl_with(workspace, code, LEDGER_URL="")
    assert done.code == 2, done.output
    assert "disk_full" in done.output
    found = list(done.run.glob("outcomes.jsonl*"))
    outcomes = [json.loads(line) for line in found[0].read_text(encoding="utf-8").splitlines()]
    assert {outcome["portal_id"] for outcome in outcomes} == {"first", "second"}
    assert not [outcome for outcome in outcomes if outcome["outcome"] in ("ok", "crawler_bug")]
    assert 0 < len(list(RunArchive(done.run).sources())) < len(YEARS)
    for path in done.run.glob("reports.jsonl*"):
        for line in path.read_text(encoding="utf-8").splitlines():
            json.loads(line)
    assert not workspace.latest.exists()


def test_without_room_a_run_does_not_begin(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    write_rows(workspace.portals, [row("a", "http://127.0.7.1:9/")])
    done = run_crawl(workspace, {"province": "37"}, {"DISK_FREE_MB": str(10**9)})
    assert done.code == 2
    assert "DISK_FREE_MB" in done.output
    assert "Traceback" not in done.output
    assert not workspace.runs.exists()


def test_too_much_memory_ends_the_run_with_every_outcome(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with served(healthy(years=YEARS), "127.0.7.1", latency=0.4) as server:
        two_portals(workspace, server.base_url)
        settings = {"MEMUSAGE_LIMIT_MB": "10", "MEMUSAGE_CHECK_INTERVAL_SECONDS": "1"}
        done = run_crawl(workspace, {"province": "37"}, settings)
    assert (done.code, done.manifest["complete"]) == (2, False), done.output
    assert {outcome["outcome"] for outcome in done.outcomes.values()} <= {"timeout", "partial"}
    assert len(done.outcomes) == 2


def test_a_portal_that_sends_too_much_is_left(tmp_path: Path) -> None:
    pages = healthy(years=YEARS)
    pages["/zfxxgknb/t2020.html"] = str(pages["/zfxxgknb/t2020.html"]) + "<!--" + "x" * 1_200_000 + "-->"
    with served(pages, "127.0.7.1") as server:
        workspace = Workspace(tmp_path)
        done = run_crawl(workspace, {"url": server.base_url + "/"}, {"PORTAL_MB": "1"})
    (outcome,) = done.outcomes.values()
    assert (done.code, outcome["outcome"]) == (1, "partial")
    assert "PORTAL_MB=1" in outcome["detail"]


class FullDisk(io.BytesIO):
    """Takes so many bytes and no more, as a disk does: a part of what it is given first."""

    room = 40

    def write(self, data: Any) -> int:
        left = self.room - self.tell()
        if left <= 0:
            raise OSError(28, "No space left on device")
        return super().write(bytes(data)[:left])


def test_a_feed_has_whole_lines_only(tmp_path: Path) -> None:
    crawler = get_crawler(Spider)
    crawler.stats = MemoryStatsCollector(crawler)
    file = FullDisk()
    exporter = NestedJsonLines(file, crawler=crawler)
    item = AnnualReport("id", "p", {"a": 1}, Brief({}, True, True, "f", {}), b'{"b":2}')
    for _ in range(2):
        exporter.export_item(item)
    assert file.getvalue() == b""
    file.room = 400
    exporter.export_item(item)
    assert [json.loads(line)["portal_id"] for line in file.getvalue().splitlines()] == ["p"]
    assert exporter.written == 1
