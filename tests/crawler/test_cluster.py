"""A crawl as shards, in processes here or on a Dask cluster: the result of one crawl, whatever is killed, and one
request at a time a city."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.archive import RunArchive
from crawler.cluster.engine import Shards
from crawler.cluster.local import Local
from crawler.cluster.merge import Asked, merge
from crawler.cluster.shards import divide
from crawler.cluster.work import RETRIES, ShardFailed, Task, command, work
from crawler.demo.run import ROOT, Crawled, Workspace, run_crawl
from crawler.demo.server import PortalServer
from crawler.items import PortalOutcome
from crawler.ledger import Ledger, PortalRecord, Version
from crawler.ledger.session import LedgerSession, note_published
from crawler.registry import Portal
from crawler.run import RunDirectory, claim
from tests.crawler.sites import healthy, row, served, write_rows

YEARS = tuple(range(2021, 2025))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99)), unique=True, min_size=1), st.integers(1, 8))
def test_every_portal_is_in_one_shard_and_a_city_in_one(given: list[tuple[int, int]], most: int) -> None:
    portals = [Portal(f"{city}-{n}", None, "", f"http://p{n}.city{city}.gov.cn/") for city, n in given]
    shards = divide(portals, most, "run")
    assert sorted(p.portal_id for shard in shards for p in shard.portals) == sorted(p.portal_id for p in portals)
    where = Counter(city for shard in shards for city in {portal.city for portal in shard.portals})
    assert set(where.values()) == {1}
    assert 1 <= len(shards) <= most
    assert all(shard.portals for shard in shards)
    assert {s.shard_id for s in divide(portals[::-1], most, "run")} == {s.shard_id for s in shards}


def test_what_the_shards_of_a_run_are_is_decided_once(tmp_path: Path) -> None:
    shards = Shards(RunDirectory(tmp_path / "runs" / "night"))

    def broken(directory: Path) -> None:
        (directory / "half").mkdir()
        raise OSError(28, "No space left on device")

    def made(directory: Path) -> None:
        for name in ("b", "a"):
            (directory / name).mkdir()

    with pytest.raises(OSError, match="No space"):
        shards.decide(broken)
    assert [part.name for part in shards.decide(made)] == ["a", "b"]
    assert [part.name for part in shards.decide(broken)] == ["a", "b"], "a registry that has changed since is no matter"


def published(runs: Path, name: str, outcome: PortalOutcome, *, journal: bool = False) -> Path:
    """The run of a shard with one portal, without a report."""
    run = claim(runs, name)
    run.part("reports.jsonl").touch()
    run.part("outcomes.jsonl").write_text(json.dumps(asdict(outcome)) + "\n")
    stats = {"finish_reason": "finished", "elapsed_time_seconds": 1000.0, "memusage/max": 5, "portals/timeout": 1}
    run.part("stats.json").write_text(json.dumps(stats))
    slow = {"host": f"{name}.gov.cn", "pages": 4, "mean_seconds": 7.5, "max_seconds": 9.0}
    told = {"slow_hosts": [slow], "encoding_overrides": [{"host": f"{name}.gov.cn", "pages": 2}]}
    run.part("report.json").write_text(json.dumps(told))
    if journal:
        record = PortalRecord(name, outcome, "2026-03-02T00:00:00+00:00", "", "government", True, [])
        run.part("memory.jsonl").write_text(json.dumps(record.to_dict()) + "\n")
    counts = {"reports": 0, "portals": 1}
    run.publish({"run_id": name, "verdict": 1, "reasons": [], "complete": True, "counts": counts})
    return run.path


def test_a_merged_run_has_what_its_shards_knew_and_counts_once_in_history(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    bad = [PortalOutcome(name, "370323", f"http://{name}.gov.cn/", "timeout") for name in ("a", "b")]
    run = claim(tmp_path / "runs", "night")
    ledger = Ledger.open(url)
    for name in ("one", "two"):
        ledger.begin_run(name, {}, str(run.path), "2026-03-01T00:00:00+00:00")
    ledger.write(PortalRecord("one", bad[0], "2026-03-02T00:00:00+00:00", "", "government", True, []))
    shards = tmp_path / "shards"
    done = [published(shards, "one", bad[0]), published(shards, "two", bad[1], journal=True)]
    history = ledger.history()
    verdict, report = merge(run, done, Asked("crawl", {"province": "37"}, {"a": "甲", "b": "乙"}), history, 2)
    assert verdict.reasons == ("a: timeout", "b: timeout", "ledger not written")
    stats = json.loads((run.path / "stats.json").read_text())
    assert (stats["memusage/max"], stats["portals/timeout"]) == (5, 2)
    assert report["totals"]["seconds"] < 1000, "shards ran beside each other"
    assert report["attention"] == [], "the one bad run was this one"
    assert [host["host"] for host in report["slow_hosts"]] == ["one.gov.cn", "two.gov.cn"]
    assert [host["mean_seconds"] for host in report["slow_hosts"]] == [7.5, 7.5]
    assert report["encoding_overrides"] == [{"host": f"{name}.gov.cn", "pages": 2} for name in ("one", "two")]
    assert {name for name, _ in ledger.unpublished_runs()} == {"one", "two"}
    shutil.rmtree(shards)
    note_published(url, run)
    assert [(name, told.outcome) for name, told in ledger.outcomes("b")] == [("two", "timeout")]
    assert ledger.unpublished_runs() == []
    ledger.close()


def test_the_reports_of_a_shard_count_as_published_when_the_whole_is(tmp_path: Path) -> None:
    url, whole = f"sqlite:///{tmp_path}/ledger.sqlite", tmp_path / "runs" / "night"
    shard = claim(tmp_path / "shards" / "night" / "runs", "one")
    session = LedgerSession.begin(url, shard, {}, str(whole))
    assert session.ledger is not None
    told = PortalOutcome("a", "370323", "http://a.gov.cn/", "ok", reports=1)
    versions = [Version("r2024", 1, "f1", "a", 2024)]
    session.ledger.write(
        PortalRecord("one", told, "2026-03-02T00:00:00+00:00", "", "government", True, [], versions=versions)
    )
    shard.publish({"verdict": 0})
    session.close(0)
    ledger = Ledger.open(url)
    assert [version.published for version in ledger.versions("r2024")] == [False], "nobody has it, if it ends here"
    run = claim(whole.parent, "night")
    run.publish({"verdict": 0})
    note_published(url, run)
    assert [version.published for version in ledger.versions("r2024")] == [True]
    ledger.close()


def task(runs: Path, **more: Any) -> Task:
    told = {"project": "demo", "ledger_url": "", "words": ("nothing",), "merged_into": str(runs.parent / "night")}
    return Task(shard_id="one", runs=str(runs), **(told | more))


def test_a_shard_that_another_process_is_at_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a client was killed, and its tasks go on at their workers."""
    monkeypatch.setattr("crawler.cluster.work.PAUSE", 0.01)
    other = claim(tmp_path, "one")
    with ThreadPoolExecutor(1) as worker:
        waiting = worker.submit(work, task(tmp_path))
        with pytest.raises(TimeoutError):
            waiting.result(0.5)
        other.publish({"run_id": "one"})
        assert waiting.result(60)["run_id"] == "one"
    with pytest.raises(ShardFailed, match="exit code 2"):
        work(task(tmp_path / "elsewhere"))


def test_the_same_is_waited_for_by_processes_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.cluster.local.PAUSE", 0.01)
    other = claim(tmp_path, "one")
    local = Local([task(tmp_path)], 1)
    local.begin()
    with ThreadPoolExecutor(1) as waiter:
        waiting = waiter.submit(list, local)
        with pytest.raises(TimeoutError):
            waiting.result(0.5)
        assert not local.running
        other.publish({"run_id": "one"})
        assert [told["run_id"] for told in waiting.result(60)] == ["one"]


def test_a_shard_that_fails_is_tried_again_so_often_and_no_more_are_at_it_than_there_are_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    at_once: list[int] = []
    held: list[int] = []

    def fork(lifeline: Connection, call: Any, task: Task) -> BaseProcess:
        begun.append(task.shard_id)
        at_once.append(sum(process.is_alive() for _, process in local.running.values()) + 1)
        held.append(len(local.lifelines))
        process = get_context("forkserver").Process(target=time.sleep, args=(0.1 if task.shard_id == "bad" else 0.2,))
        process.start()
        return process

    monkeypatch.setattr("crawler.cluster.local.PAUSE", 0.01)
    monkeypatch.setattr("crawler.cluster.local.fork", fork)
    names = ("a", "b", "bad", "c")
    local = Local([replace(task(tmp_path), shard_id=name) for name in names], 2)
    for name in ("a", "b", "c"):
        claim(tmp_path, name).publish({"run_id": name})
    done: list[str] = []
    with pytest.raises(ShardFailed, match="bad: exit code 0"):
        done.extend(told["run_id"] for told in local)
    local.end()
    assert done == ["a", "b", "c"], "published before"
    assert begun == ["bad"] * (RETRIES + 1)

    local = Local([replace(task(tmp_path / "new"), shard_id=name) for name in names], 2)
    with pytest.raises(ShardFailed):
        list(local)
    local.end()
    assert max(at_once) == 2
    assert max(held) == 2, "of shards that have ended, no pipe stays open"


def test_a_shard_has_what_is_left_of_the_runs_time(tmp_path: Path) -> None:
    def seconds(until: float) -> list[float]:
        words = command(task(tmp_path, words=("crawl", "-s", "RUN_SECONDS=900"), until=until))
        return [float(word.partition("=")[2]) for word in words if word.startswith("RUN_SECONDS=")]

    assert seconds(0.0) == [900]
    assert seconds(time.time() - 5) == [900, 1]
    assert 90 < seconds(time.time() + 100)[-1] <= 100


@pytest.fixture
def portals(tmp_path: Path) -> Iterator[tuple[Workspace, list[PortalServer]]]:
    """Four cities with two portals each, of which the second has no report of its own."""
    workspace = Workspace(tmp_path)
    organs = (("370323", "沂源县"), ("370724", "临朐县"), ("370784", "安丘市"), ("370481", "滕州市"))
    with ExitStack() as stack:
        servers, rows = [], []
        for number, (code, name) in enumerate(organs, start=1):
            pages = healthy(f"{name}人民政府", YEARS)
            server = stack.enter_context(served(pages, f"127.0.7.{number}", latency=0.1))
            servers.append(server)
            rows += [row(code, server.base_url + "/", code), row(f"{code}-b", server.base_url + "/nothing/", code)]
        write_rows(workspace.portals, rows)
        yield workspace, servers


def start(workspace: Workspace, run_id: str, *options: str) -> subprocess.Popen[bytes]:
    words = [word for pair in workspace.settings(run_id).items() for word in ("-s", "=".join(pair))]
    command = [sys.executable, "-m", "scrapy", "cluster", "run", "-a", "province=37", *options, *words]
    environment = {**os.environ, "SCRAPY_PROJECT": "demo"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def ended(process: subprocess.Popen[bytes], workspace: Workspace, run_id: str) -> Crawled:
    try:
        output = process.communicate(timeout=240)[0].decode("utf-8", "replace")
    finally:
        process.kill()
        process.communicate()
    return Crawled(process.returncode, output, workspace, workspace.runs / run_id)


def said(crawled: Crawled) -> dict[Any, Any]:
    reports = [(r["portal_id"], r["report_id"], r["source"]["content_sha256"]) for r in crawled.reports]
    assert len(reports) == len(set(reports)), "nothing twice"
    outcomes = [(o["portal_id"], o["outcome"], tuple(o["years_found"])) for o in crawled.records("outcomes.jsonl")]
    return {"reports": sorted(reports), "outcomes": sorted(outcomes)}


def shards() -> list[Any]:
    """The processes of shards that a command or a cluster of this test has begun."""
    psutil = pytest.importorskip("psutil", reason="needs the extra cluster")
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if child.name().startswith("shard ") or "crawler.cluster.work" in child.cmdline():
                found.append(child)
    return found


@contextmanager
def engine(kind: str) -> Iterator[tuple[str, ...]]:
    """The options of a command whose shards are done by processes of its own, or by the workers of a Dask cluster."""
    if kind == "processes":
        yield "--workers", "2"
        return
    distributed = pytest.importorskip("distributed", reason="needs the extra cluster")
    local = {"n_workers": 2, "threads_per_worker": 1, "memory_limit": None, "dashboard_address": None}
    with distributed.LocalCluster(host="127.0.0.1", **local) as cluster:
        yield "--scheduler", cluster.scheduler_address


def until(condition: Callable[[], Any], process: subprocess.Popen[bytes], seconds: float = 120) -> Any:
    """What ``condition`` gives, once it is something."""
    end = time.monotonic() + seconds
    while not (found := condition()) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    return found


@pytest.mark.heavy
@pytest.mark.parametrize("kind", ["processes", "dask"])
def test_a_killed_shard_is_done_again_and_the_result_is_that_of_one_crawl(
    portals: tuple[Workspace, list[PortalServer]], tmp_path: Path, kind: str
) -> None:
    workspace, servers = portals
    alone = Workspace(tmp_path / "alone")
    one = run_crawl(alone, {"province": "37"}, {"PORTALS_DIR": str(workspace.portals)})
    for server in servers:
        server.log.clear()

    with engine(kind) as options:
        process = start(workspace, "many", *options, "--shards", "4")
        assert until(lambda: any(len(server.log) > 4 for server in servers), process)
        shard = shards()[0]
        worker = shard.parent()  # of Dask: its shard ends with it, and is done by another
        (shard if kind == "processes" else worker).kill()
        many = ended(process, workspace, "many")
        assert until(lambda: not shards(), process) is True
    assert many.code == one.code == 1, many.output
    assert said(many) == said(one)
    assert len(many.reports) == len(YEARS) * 4
    assert many.manifest["counts"]["reports"] == len(many.reports)
    assert workspace.latest.resolve() == many.run
    assert not (tmp_path / "shards" / "many").exists()
    assert {path.name[:10] for path in (many.run / "archive").iterdir()} == set(many.manifest["shards"])
    archive = RunArchive(many.run)
    for record in many.reports:
        source = record["source"]
        found = archive.document(source["archive"], record_id=source["record_id"])
        assert found.final_url == source["final_url"]
    for server in servers:
        assert max(entry.concurrent for entry in server.log) == 1, "one request at a time, whoever asks"
    report = json.loads((many.run / "report.json").read_text(encoding="utf-8"))
    assert report["totals"]["portals"] == 8


@pytest.mark.parametrize("after", ["the start", "the first requests"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_no_shard_outlives_its_command(
    portals: tuple[Workspace, list[PortalServer]], how: signal.Signals, after: str
) -> None:
    """Else it would go on asking its cities, beside the next command."""
    workspace, servers = portals
    psutil = pytest.importorskip("psutil", reason="needs the extra cluster")
    process = start(workspace, "long", "--workers", "2", "--shards", "2", "-s", "DOWNLOAD_DELAY=3")

    def begun() -> list[Any]:
        """The process that loads, which is asked for a shard before it can give one."""
        return [c for c in psutil.Process(process.pid).children() if "forkserver" in " ".join(c.cmdline())]

    assert until(begun, process)
    if after == "the start":
        time.sleep(0.3)
    else:
        assert until(lambda: any(server.log for server in servers), process)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(how)
    process.wait(60)  # not until its output ends, which those that it left would have as well
    end = time.monotonic() + 5
    while time.monotonic() < end and (left := [*shards(), *(each for each in family if each.is_running())]):
        time.sleep(0.05)
    assert not left, [(each.name(), each.cmdline()) for each in left]
    process.communicate()


def test_a_command_that_is_stopped_leaves_nothing_running_and_goes_on_when_given_again(
    portals: tuple[Workspace, list[PortalServer]],
) -> None:
    workspace, servers = portals
    process = start(workspace, "stopped", "--workers", "2", "--shards", "2")
    assert until(lambda: len(servers[0].log) > 2 and len(shards()) == 2, process)
    process.send_signal(signal.SIGTERM)
    first = ended(process, workspace, "stopped")
    assert (first.code, shards()) == (2, [])
    assert "stopped; the same command goes on" in first.output
    assert "Traceback" not in first.output
    again = ended(start(workspace, "stopped", "--workers", "2", "--shards", "2"), workspace, "stopped")
    assert again.code == 1, again.output
    assert len(again.reports) == len(YEARS) * 4
    assert not (workspace.runs.parent / "shards" / "stopped").exists()
