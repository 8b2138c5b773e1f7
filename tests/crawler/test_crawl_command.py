"""``scrapy crawl`` as a process: exit codes, refusals, kills, and what they leave behind."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from crawler.demo.run import ROOT, Crawled, Workspace, run_crawl, start_crawl
from crawler.demo.server import redirect
from crawler.run import LOCK
from tests.crawler.sites import Answer, healthy, home_page, row, served, write_rows

YEARS = tuple(range(2017, 2025))


def parts(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.rglob("*") if path.is_file())


def crawl(workspace: Workspace, url: str, run_id: str = "run", settings: Mapping[str, str] | None = None) -> Crawled:
    return run_crawl(workspace, {"url": url, "region": "370323"}, settings or {}, run_id=run_id)


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A crawl in which ``code`` has changed something first."""
    program = f"import sys\n{code}\nfrom scrapy.cmdline import execute\nexecute(['scrapy', *sys.argv[1:]])"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env={**os.environ, "SCRAPY_PROJECT": "demo"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        ({"province": "99"}, {}, "99"),
        ({"province": "37", "years": "20x"}, {}, "20x"),
        ({"province": "37"}, {"DOWNLOAD_DELAY": "0"}, "DOWNLOAD_DELAY"),
        ({"province": "37"}, {"EGRESS_ALLOW": "all"}, "EGRESS_ALLOW"),
        ({"province": "37"}, {"CRAWL_WINDOW": "nights"}, "CRAWL_WINDOW"),
        ({"province": "37"}, {"PORTAL_SECONDS": "abc"}, "PORTAL_SECONDS"),
        ({"province": "37"}, {"RUN_ID": "../x"}, "RUN_ID"),
    ],
)
def test_wrong_input_is_explained_and_starts_nothing(
    tmp_path: Path, arguments: dict[str, str], settings: dict[str, str], words: str
) -> None:
    workspace = Workspace(tmp_path)
    write_rows(workspace.portals, [row("370323", "http://127.0.7.1:9/")])
    done = run_crawl(workspace, arguments, settings)
    assert done.code == 2
    assert words in done.output
    assert "错误" in done.output
    assert "error:" in done.output
    assert "Traceback" not in done.output
    assert not workspace.runs.exists()


def test_a_run_that_another_process_holds_is_told_as_other_wrong_input_is(tmp_path: Path) -> None:
    """Its arguments are right: it fails when the spider is made, in a started process."""
    workspace = Workspace(tmp_path)
    write_rows(workspace.portals, [row("370323", "http://127.0.7.1:9/")])
    held = workspace.runs / "run"
    held.mkdir(parents=True)
    with (held / LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run_crawl(workspace, {"province": "37"})
    assert done.code == 2
    assert f"错误:{held} 正由另一次运行写入" in done.output
    assert f"error: another run is writing to {held}" in done.output
    assert "Traceback" not in done.output
    assert parts(held) == [LOCK]


def test_a_bad_registry_row_is_named_by_file_and_line(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    file = write_rows(workspace.portals, [row("a", "http://127.0.7.1/"), row("b", "http://127.0.7.2/", "379999")])
    done = run_crawl(workspace, {"province": "37"})
    assert done.code == 2
    assert f"{file}:3:" in done.output
    assert "Traceback" not in done.output


def test_private_addresses_are_refused_whatever_names_them(tmp_path: Path) -> None:
    """A literal address, a name that resolves to one, a redirect and a link to one: none is connected to."""
    with served(healthy(), "127.0.7.2") as inside, served(healthy(), "127.0.0.1") as local:
        pages: dict[str, Answer] = {
            "/": redirect(inside.base_url + "/"),
            "/listed/": home_page({inside.base_url + "/zfxxgknb/": "政府信息公开年报"}),
        }
        with served(pages, "127.0.7.1") as outside:
            workspace = Workspace(tmp_path)
            write_rows(
                workspace.portals,
                [
                    row("literal", inside.base_url + "/"),
                    row("name", f"http://localhost:{local.port}/"),
                    row("redirected", outside.base_url + "/"),
                    row("linked", outside.base_url + "/listed/"),
                ],
            )
            done = run_crawl(workspace, {"province": "37"}, {"EGRESS_ALLOW": "127.0.7.1/32"})
        assert not inside.log
        assert not local.log
    kinds = {name: found["outcome"] for name, found in done.outcomes.items()}
    assert kinds == {"literal": "dns", "name": "dns", "redirected": "dns", "linked": "column_not_found"}
    assert "127.0.0.1" in done.outcomes["name"]["detail"]
    assert done.code == 1


def test_a_run_that_finds_nothing_leaves_latest_where_it_was_and_an_id_is_used_once(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with served(healthy(), "127.0.7.1") as server:
        assert crawl(workspace, server.base_url + "/", "good").code == 0
        url = server.base_url
    done = crawl(workspace, url + "/", "down")
    assert (done.code, done.manifest["verdict"]) == (1, 1)
    assert workspace.latest.resolve().name == "good"

    before = (workspace.runs / "good" / "manifest.json").read_bytes()
    again = crawl(workspace, url + "/", "good")
    assert again.code == 2
    assert "RUN_ID" in again.output
    assert (workspace.runs / "good" / "manifest.json").read_bytes() == before


def test_a_killed_run_leaves_only_parts_and_the_next_one_completes(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with served(healthy(years=YEARS), "127.0.7.1", latency=0.05) as server:
        assert crawl(workspace, server.base_url + "/", "good").code == 0
        workspace.forget()
        process = start_crawl(
            {"url": server.base_url + "/", "region": "370323"}, workspace.settings("killed"), quiet=True
        )
        wait_for(workspace.runs / "killed" / "reports.jsonl.part")
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert all(name.endswith(".part") for name in parts(workspace.runs / "killed"))
        assert workspace.latest.resolve().name == "good"
        again = crawl(workspace, server.base_url + "/", "killed")
        assert again.code == 0, again.output
    assert workspace.latest.resolve().name == "killed"
    good = (workspace.runs / "good" / "reports.jsonl").read_text(encoding="utf-8").splitlines()
    ids = {json.loads(line)["report_id"] for line in good}
    assert {report["report_id"] for report in again.reports} == ids
    assert len(ids) == len(YEARS)


def test_an_interrupted_run_tells_what_it_did_not_do(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with served(healthy(years=YEARS), "127.0.7.1", latency=0.2) as server:
        write_rows(
            workspace.portals, [row("first", server.base_url + "/"), row("second", server.base_url + "/zfxxgknb/")]
        )
        process = start_crawl({"province": "37"}, workspace.settings("cut"), quiet=True)
        wait_for(workspace.runs / "cut" / "reports.jsonl.part")
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=30)[0].decode()
    done = Crawled(process.returncode, output, workspace, workspace.runs / "cut")
    assert done.code == 2, output
    assert set(done.outcomes) == {"first", "second"}
    assert done.outcomes["second"]["outcome"] == "timeout"
    assert done.manifest["complete"] is False
    assert not workspace.latest.exists()


def test_a_bug_on_one_portal_is_its_outcome_and_no_other_ones(tmp_path: Path) -> None:
    with served(healthy(), "127.0.7.1") as good, served({"/": home_page()}, "127.0.7.2") as bad:
        workspace = Workspace(tmp_path)
        write_rows(workspace.portals, [row("good", good.base_url + "/"), row("bad", bad.base_url + "/")])
        done = run_python(
            "from crawler import discovery\n"
            "real = discovery.column_candidates\n"
            "def broken(page, **more):\n"
            "    if '127.0.7.2' in page.url: raise ZeroDivisionError('boom')\n"
            "    return real(page, **more)\n"
            "discovery.column_candidates = broken",
            *("crawl", "annual_reports", "-a", "province=37"),
            *(word for pair in workspace.settings("run").items() for word in ("-s", "=".join(pair))),
        )
    crawled = Crawled(done.returncode, done.stdout, workspace, workspace.runs / "run")
    assert done.returncode == 2
    assert {name: found["outcome"] for name, found in crawled.outcomes.items()} == {"good": "ok", "bad": "crawler_bug"}
    assert "boom" in crawled.outcomes["bad"]["detail"]
    assert len(crawled.reports) == 2
    assert not workspace.latest.exists()


def test_a_bug_while_parsing_is_told_and_ends_nothing(tmp_path: Path) -> None:
    with served(healthy(), "127.0.7.1") as server:
        workspace = Workspace(tmp_path)
        done = run_python(
            "from parsers.bounds import Pool\ndef broken(*a, **k): raise ZeroDivisionError('boom')\nPool.read = broken",
            *("crawl", "annual_reports", "-a", f"url={server.base_url}/"),
            *(word for pair in workspace.settings("run").items() for word in ("-s", "=".join(pair))),
        )
    crawled = Crawled(done.returncode, done.stdout, workspace, workspace.runs / "run")
    (outcome,) = crawled.outcomes.values()
    assert (done.returncode, outcome["outcome"]) == (2, "crawler_bug")
    assert "archive/00001.warc.gz" in crawled.manifest["files"]


def test_a_failing_exporter_fails_the_run_and_no_other_feed(tmp_path: Path) -> None:
    with served(healthy(), "127.0.7.1") as server:
        workspace = Workspace(tmp_path)
        done = run_python(
            "from crawler.exporters import TableCsv\n"
            "def broken(self, columns): raise OSError('disk full')\n"
            "TableCsv.write = broken",
            *("crawl", "annual_reports", "-a", f"url={server.base_url}/"),
            *(word for pair in workspace.settings("run").items() for word in ("-s", "=".join(pair))),
        )
    crawled = Crawled(done.returncode, done.stdout, workspace, workspace.runs / "run")
    assert done.returncode == 2
    assert len(crawled.reports) == 2
    assert not workspace.latest.exists()


def test_an_extra_feed_is_added_to_those_of_the_run(tmp_path: Path) -> None:
    extra = tmp_path / "extra.jsonl"
    with served(healthy(), "127.0.7.1") as server:
        workspace = Workspace(tmp_path)
        done = run_python(
            "",
            *("crawl", "annual_reports", "-a", f"url={server.base_url}/", "-O", f"{extra}:jsonlines"),
            *(word for pair in workspace.settings("run").items() for word in ("-s", "=".join(pair))),
        )
    assert done.returncode == 0, done.stderr
    assert len(extra.read_text(encoding="utf-8").splitlines()) == 2
    assert (workspace.runs / "run" / "reports.jsonl").exists()


def test_the_registry_check_names_file_and_line(tmp_path: Path) -> None:
    file = write_rows(tmp_path, [row("a", "http://a.gov.cn/"), row("b", "nowhere")])
    done = run_python("", "portals", "check", str(tmp_path))
    assert done.returncode == 2
    assert f"{file}:3:" in done.stderr


def wait_for(file: Path, seconds: float = 120) -> None:
    """Until a file has something in it."""
    until = time.monotonic() + seconds
    while not (file.exists() and file.stat().st_size):
        assert time.monotonic() < until, f"{file} stayed empty"
        time.sleep(0.02)
