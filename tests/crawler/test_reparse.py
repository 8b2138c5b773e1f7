"""``scrapy reparse``: archives parsed again give what changed, what is gone, and nothing else, without the network."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from crawler.archive import RunArchive
from crawler.demo.run import ROOT, Crawled, Workspace, run_crawl
from tests.crawler.sites import healthy, row, served, write_rows

# A parser that is another one: its version, and what it gives for some reports.
OTHER = """
import crawler.pipelines.parse as parse
import json
from parsers.bounds import Pool, Read
parse.parser_version = lambda: "other"
real = Pool.read
def given(self, sources, **more):
    read = real(self, sources, **more)
    record, brief = json.loads(read.record), read.brief
    year = record["metadata"]["report_year"]
    if year == 2022: record["metadata"]["title"] += "!"
    if year == 2023: brief = brief._replace(content=False)
    return Read(brief, json.dumps(record).encode())
Pool.read = given
"""


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """Two portals whose server is gone afterwards."""
    workspace = Workspace(tmp_path_factory.mktemp("reparse"))
    years = (2021, 2022, 2023, 2024)
    with served(healthy(years=years), "127.0.7.1") as one, served(healthy("临朐县人民政府", years), "127.0.7.2") as two:
        write_rows(workspace.portals, [row("a", one.base_url + "/"), row("b", two.base_url + "/", "370724")])
        done = run_crawl(workspace, {"province": "37"}, run_id="night")
    assert done.code == 0, done.output
    assert {record["source"]["parser_version"] for record in done.reports} == {done.manifest["parser_version"]}
    assert done.manifest["kind"] == "crawl"
    return done


def reparse(crawled: Crawled, run_id: str, *arguments: str, code: str = "") -> Crawled:
    program = f"import sys\n{code}\nfrom scrapy.cmdline import execute\nexecute(['scrapy', 'reparse', *sys.argv[1:]])"
    pairs = crawled.workspace.settings(run_id) | {"EGRESS_ALLOW": ""}
    words = [word for pair in pairs.items() for word in ("-s", "=".join(pair))]
    done = subprocess.run(
        [sys.executable, "-c", program, *words, *arguments],
        cwd=ROOT,
        env={**os.environ, "SCRAPY_PROJECT": "demo"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Crawled(done.returncode, done.stdout + done.stderr, crawled.workspace, crawled.workspace.runs / run_id)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_same_parser_finds_nothing_new(crawled: Crawled) -> None:
    again = reparse(crawled, "same", "--workers", "2")
    assert again.code == 0, again.output
    assert again.reports == []
    assert (again.manifest["kind"], again.manifest["counts"]["reports"]) == ("reparse", 0)
    assert again.records("outcomes.jsonl") == [], "no portal was visited"
    assert lines(again.run / "withdrawn.jsonl") == []
    assert crawled.workspace.latest.resolve() == crawled.run, "latest stays with what was crawled"
    assert json.loads((again.run / "stats.json").read_text())["reparse/unchanged"] == 8


def test_another_parser_gives_revisions_of_what_it_reads_otherwise(crawled: Crawled) -> None:
    again = reparse(crawled, "other", "night", code=OTHER)
    assert again.code == 1, again.output
    before = {(record["portal_id"], record["metadata"]["report_year"]): record for record in crawled.reports}
    assert sorted((r["portal_id"], r["metadata"]["report_year"]) for r in again.reports) == [("a", 2022), ("b", 2022)]
    for record in again.reports:
        old = before[record["portal_id"], 2022]
        source, revision = record["source"], record["source"]["revision"]
        assert record["metadata"]["title"] == old["metadata"]["title"] + "!"
        assert (source["content_sha256"], source["parser_version"]) == (old["source"]["content_sha256"], "other")
        assert (revision["reason"], revision["before"]["report_id"]) == ("parser", old["report_id"])
        assert revision["before"]["record_id"] == old["source"]["record_id"] == source["record_id"]
        assert revision["before"]["parser_version"] == old["source"]["parser_version"]
        document = RunArchive(again.run).document(source["archive"], record_id=source["record_id"])
        assert document.final_url == old["source"]["final_url"]
    gone = {(each["portal_id"], each["report_id"]) for each in lines(again.run / "withdrawn.jsonl")}
    assert gone == {(name, before[name, 2023]["report_id"]) for name in ("a", "b")}

    later = reparse(crawled, "other-again", code=OTHER)
    assert later.reports == [], "what a reparse has told already is not repeated"


def test_two_portals_versions_of_a_report_stay_those_of_both(tmp_path: Path) -> None:
    """One region's report is published by two portals, which differ in what it says."""
    workspace = Workspace(tmp_path)
    other = {path: str(text).replace("1205条", "1206条") for path, text in healthy().items()}
    with served(healthy(), "127.0.7.4") as one, served(other, "127.0.7.5") as two:
        write_rows(workspace.portals, [row("a", one.base_url + "/"), row("b", two.base_url + "/")])
        done = run_crawl(workspace, {"province": "37"}, run_id="night")
    assert {(r["portal_id"], r["metadata"]["report_year"]) for r in done.reports} == {
        ("a", 2023), ("a", 2024), ("b", 2023), ("b", 2024),
    }  # fmt: skip
    assert len({record["report_id"] for record in done.reports}) == 2
    again = reparse(done, "again")
    assert (again.code, again.reports) == (0, []), again.output
    assert (again.run / "withdrawn.jsonl").read_text() == ""


@pytest.mark.heavy
def test_shards_in_processes_give_what_one_process_gives_and_a_killed_one_is_done_again(
    crawled: Crawled, tmp_path: Path
) -> None:
    psutil = pytest.importorskip("psutil", reason="needs the extra cluster")
    alone, many = Workspace(tmp_path / "alone"), Workspace(tmp_path / "many")
    for workspace in (alone, many):
        shutil.copytree(crawled.run, workspace.runs / "night")
    one = reparse(Crawled(0, "", alone, alone.runs), "other", code=OTHER)

    those = "'reparse' in sys.orig_argv or 'multiprocessing.forkserver' in ' '.join(sys.orig_argv)"
    guarded = f"import sys\nif {those}:\n    exec({OTHER!r})"
    (tmp_path / "sitecustomize.py").write_text(guarded)  # the parser of every process
    words = [word for pair in many.settings("other").items() for word in ("-s", "=".join(pair))]
    process = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "reparse", "--workers", "2", "--shards", "2", *words],
        cwd=ROOT, env={**os.environ, "SCRAPY_PROJECT": "demo", "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        killed = 0
        while not killed and process.poll() is None:
            for child in psutil.Process(process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    if child.name().startswith("shard "):
                        killed = child.pid
                        os.kill(killed, signal.SIGKILL)
                        break
            time.sleep(0.02)
        output = process.communicate(timeout=240)[0]
    finally:
        process.kill()
        process.communicate()
    run = many.runs / "other"
    assert killed, output
    assert process.returncode == one.code == 1, output
    assert len(one.reports) == 2
    for name in ("reports.jsonl", "withdrawn.jsonl", "outcomes.jsonl", "tables/reports.csv"):
        assert (run / name).read_bytes() == (one.run / name).read_bytes(), name
    manifest = json.loads((run / "manifest.json").read_text())
    assert len(manifest["shards"]) == 2
    for part in ("kind", "arguments", "verdict", "reasons", "complete", "counts", "parser_version"):
        assert manifest[part] == one.manifest[part]
    told = ("parsed 6, unchanged 4, changed 2, new 0, withdrawn 2", "解析 6,不变 4,有变 2,新增 0,撤回 2")
    assert all(line in output and line in one.output for line in told)
    assert not (many.runs.parent / "shards" / "other").exists()


def test_a_damaged_archive_is_told_and_the_others_are_read(crawled: Crawled, tmp_path: Path) -> None:
    with served(healthy(), "127.0.7.3") as server:
        workspace = Workspace(tmp_path)
        for name in ("first", "second"):
            assert run_crawl(workspace, {"url": server.base_url + "/"}, run_id=name).code == 0
    file = workspace.runs / "first" / "archive" / "00001.warc.gz"
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 0xFF
    file.write_bytes(body)
    again = reparse(Crawled(0, "", workspace, workspace.runs), "again")
    assert again.code == 2
    assert str(file) in again.output
    assert json.loads((again.run / "stats.json").read_text())["reparse/unchanged"] == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nothing",), "nothing"),
        (("--since", "gestern"), "gestern"),
        (("--since", ""), "2025-01-31 expected"),
        (("--since", "2999-01-01"), "no run"),
        (("--shards", "0"), "at least 1"),
        (("-s", "PARSE_SECONDS=soon"), "PARSE_SECONDS is a number"),
    ],
)
def test_wrong_input_is_explained(crawled: Crawled, arguments: tuple[str, ...], words: str) -> None:
    done = reparse(crawled, "unused", *arguments)
    assert done.code == 2
    assert words in done.output
    assert "Traceback" not in done.output
    assert not done.run.exists()


def test_damage_is_told_by_shards_too(crawled: Crawled, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    shutil.copytree(crawled.run, workspace.runs / "night")
    file = workspace.runs / "night" / "archive" / "00001.warc.gz"
    place = min((r["source"]["documents"][0] for r in crawled.reports), key=lambda told: told["offset"])
    body = bytearray(file.read_bytes())
    body[place["offset"] + place["length"] // 2] ^= 0xFF
    file.write_bytes(body[:-40])
    again = reparse(Crawled(0, "", workspace, workspace.runs), "again", "--shards", "1", "--workers", "1")
    assert again.code == 2, again.output
    assert again.output.count(f"archive damaged: 存档文件 {file}") == 2
    assert (again.run / "withdrawn.jsonl").read_text() == "", "what could not be read is not withdrawn"
    assert json.loads((again.run / "stats.json").read_text())["reparse/unchanged"] == 6
    (log,) = (workspace.runs.parent / "shards" / "again").iterdir()
    assert log.read_text(encoding="utf-8").count("archive damaged") == 3, "the file's two, and the one not read"


@pytest.mark.parametrize(("file", "words"), [("manifest.json", "can't be read"), ("reports.jsonl", "line 1")])
def test_a_broken_run_is_named(crawled: Crawled, tmp_path: Path, file: str, words: str) -> None:
    workspace = Workspace(tmp_path)
    shutil.copytree(crawled.run, workspace.runs / "night")
    path = workspace.runs / "night" / file
    path.write_bytes(path.read_bytes()[:-20].replace(b"\n", b""))
    done = reparse(Crawled(0, "", workspace, workspace.runs), "unused")
    assert done.code == 2
    assert str(path) in done.output
    assert words in done.output
    assert "Traceback" not in done.output
