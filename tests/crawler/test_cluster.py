"""A crawl as tasks of a Dask cluster: the result of one crawl, whatever is killed, and one request at a time a city."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.archive import RunArchive
from crawler.cluster.shards import divide
from crawler.demo.run import ROOT, Crawled, Workspace, run_crawl
from crawler.demo.server import PortalServer
from crawler.registry import Portal
from tests.crawler.sites import healthy, row, served, write_rows

psutil = pytest.importorskip("psutil", reason="needs the extra cluster")
pytest.importorskip("distributed", reason="needs the extra cluster")

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


def test_a_killed_workers_shard_is_done_again_and_the_result_is_that_of_one_crawl(
    portals: tuple[Workspace, list[PortalServer]], tmp_path: Path
) -> None:
    workspace, servers = portals
    alone = Workspace(tmp_path / "alone")
    one = run_crawl(alone, {"province": "37"}, {"PORTALS_DIR": str(workspace.portals)})
    for server in servers:
        server.log.clear()

    process = start(workspace, "many", "--workers", "2", "--shards", "4")
    killed = 0
    until = time.monotonic() + 120
    while not killed and process.poll() is None and time.monotonic() < until:
        if any(len(server.log) > 4 for server in servers):
            for child in psutil.Process(process.pid).children(recursive=True):
                if "annual_reports" in child.cmdline() and child.parent().pid != process.pid:
                    killed = child.parent().pid
                    os.kill(killed, signal.SIGKILL)
                    break
        time.sleep(0.02)
    many = ended(process, workspace, "many")
    assert killed, many.output
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
