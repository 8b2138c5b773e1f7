"""A run that is killed and started again by the same command ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.run import Crawled, Workspace, start_crawl
from crawler.errors import InputError
from crawler.items import PortalOutcome
from crawler.ledger import PortalRecord, Version
from crawler.ledger.session import JOURNAL
from crawler.resume import OUTCOMES, REPORTS, take_up
from crawler.run import MANIFEST, PLAN, RunDirectory, claim
from tests.crawler.sites import healthy, row, served, write_rows

PLANNED = {"arguments": {"province": "37"}, "settings": "x"}
COUNTIES = {"370321": "桓台县", "370322": "高青县", "370323": "沂源县"}
YEARS = (2020, 2021, 2022, 2023, 2024)
SETTINGS = {"SEASON": "", "PROGRESS_ENABLED": "False", "DOWNLOAD_DELAY": "0.05"}


# --- whole runs -----------------------------------------------------------------------------------------------------


def result(crawled: Crawled) -> dict[str, Any]:
    """What a run says, without its times and the names of its archive's records."""
    outcomes = {name: {**told, "seconds": 0, "pages": 0, "bytes": 0} for name, told in crawled.outcomes.items()}
    reports = []
    for report in crawled.reports:
        source = {
            name: report["source"][name] for name in ("url", "list_url", "revision", "addresses", "content_sha256")
        }
        reports.append({**report, "source": source})
    reports.sort(key=lambda report: (report["portal_id"], report["report_id"], report["source"]["url"]))
    return {"outcomes": outcomes, "reports": reports, "counts": crawled.manifest["counts"], "code": crawled.code}


def test_killed_at_any_moment_the_same_command_ends_the_same(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    seed = random.randrange(10**6)
    draw = random.Random(seed)
    with ExitStack() as stack:
        servers, rows = [], []
        for n, (code, name) in enumerate(COUNTIES.items(), start=1):
            servers.append(stack.enter_context(served(healthy(f"{name}人民政府", YEARS), f"127.0.9.{n}")))
            rows.append(row(code, servers[-1].base_url + "/", code))

        def asked() -> int:
            return sum(len(server.log) for server in servers)

        def crawl(workspace: Workspace, kill_at: int | None = None) -> Crawled | None:
            """One process; killed when the portals have been asked so often, or left to its end."""
            begin = asked()
            process = start_crawl({"province": "37"}, workspace.settings() | SETTINGS, quiet=True)
            try:
                while kill_at is not None and process.poll() is None and asked() - begin < kill_at:
                    time.sleep(0.005)
                if kill_at is not None:
                    process.kill()
                output = process.communicate(timeout=300)[0].decode("utf-8", "replace")
            finally:
                if process.poll() is None:
                    process.kill()
                    process.communicate()
            runs = sorted(path.parent for path in workspace.runs.glob(f"*/{MANIFEST}"))
            return Crawled(process.returncode, output, workspace, runs[-1]) if runs else None

        undisturbed = Workspace(tmp_path / "undisturbed")
        disturbed = Workspace(tmp_path / "disturbed")
        for workspace in (undisturbed, disturbed):
            write_rows(workspace.portals, rows)
        whole = crawl(undisturbed)
        assert whole is not None
        assert whole.code == 0, whole.output
        begin = {server: len(server.log) for server in servers}
        kills = [draw.randint(2, asked() // 2) for _ in range(3)]
        for kill_at in kills:
            crawl(disturbed, kill_at)
        again = crawl(disturbed)
        assert again is not None, f"seed {seed}"
        assert result(again) == result(whole), f"seed {seed}, kills at {kills}: {again.output}"
        assert len(list(disturbed.runs.iterdir())) == 1, "one run, continued"
        assert not list(again.run.rglob("*.part"))
        twice = 0
        for server in servers:
            pages = Counter(entry.target for entry in list(server.log)[begin[server] :])
            twice += sum(number - 1 for target, number in pages.items() if target.startswith("/zfxxgknb/t"))
        assert twice <= len(kills) * len(servers), "at most what a kill found on its way into the archive"
    record_property("measured", f"resume: killed after {kills} requests (seed {seed}), {twice} reports asked for twice")


# --- the files ------------------------------------------------------------------------------------------------------


def line(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode() + b"\n"


def write(run: RunDirectory, portals: int = 3) -> None:
    """What a process leaves that was killed when ``portals`` were done: two reports each."""
    reports, journal, outcomes = b"", b"", b""
    for n in range(portals):
        outcome = PortalOutcome(f"p{n}", "370323", "http://a/", "ok", reports=2)
        versions = [Version(f"r{n}{k}", 1, "f", f"p{n}") for k in range(2)]
        record = PortalRecord(run.run_id, outcome, "2026-03-01T00:00:00+00:00", versions=versions)
        reports += b"".join(line({"report_id": v.report_id, "portal_id": f"p{n}", "findings": [1]}) for v in versions)
        journal += line(record.to_dict())
        outcomes += line(asdict(outcome))
    for name, content in ((REPORTS, reports), (JOURNAL, journal), (OUTCOMES, outcomes)):
        run.part(name).write_bytes(content)


def resumed(tmp_path: Path) -> RunDirectory:
    run = claim(tmp_path, "one", PLANNED)
    write(run)
    run.release()
    return claim(tmp_path, "one", PLANNED)


@pytest.mark.parametrize("name", [REPORTS, JOURNAL, OUTCOMES])
def test_a_file_cut_anywhere_leaves_the_portals_that_are_whole(tmp_path: Path, name: str) -> None:
    run = resumed(tmp_path)
    assert run.resumed
    whole = run.part(name).read_bytes()
    for size in range(0, len(whole), 7):
        write(run)
        with run.part(name).open("r+b") as file:
            file.truncate(size)
        ends = [at for at, byte in enumerate(whole, start=1) if byte == ord("\n") and at <= size]
        done = len(ends) // (2 if name == REPORTS else 1)
        taken = take_up(run)
        assert [outcome.portal_id for outcome in taken.outcomes] == [f"p{n}" for n in range(done)]
        assert (taken.reports, sum(taken.findings.values())) == (2 * done, 2 * done)
        lines = [len(run.part(each).read_bytes().splitlines()) for each in (REPORTS, JOURNAL, OUTCOMES)]
        assert lines == [2 * done, done, done]
    run.release()


def test_reports_of_a_portal_that_is_not_done_are_dropped(tmp_path: Path) -> None:
    run = resumed(tmp_path)
    with run.part(REPORTS).open("ab") as out:
        out.write(line({"report_id": "r90", "portal_id": "p9"}) + b'{"report_id": "torn')
    assert take_up(run).reports == 6
    assert b"p9" not in run.part(REPORTS).read_bytes()
    run.release()


def test_a_publication_that_was_killed_is_done_again(tmp_path: Path) -> None:
    run = resumed(tmp_path)
    (run.path / "tables").mkdir()
    (run.path / "tables" / "reports.csv").write_text("made at the end")
    for name in (REPORTS, OUTCOMES):
        run.part(name).replace(run.path / name)
    assert len(take_up(run).outcomes) == 3
    assert sorted(path.name for path in run.path.rglob("*") if path.is_file()) == sorted(
        f"{name}.part" for name in (REPORTS, OUTCOMES, JOURNAL, "run.json", "run.lock")
    )
    run.release()


# --- which run ------------------------------------------------------------------------------------------------------


def test_the_newest_unfinished_run_of_the_same_plan_is_continued(tmp_path: Path) -> None:
    for name in ("old", "new"):
        claim(tmp_path, name, PLANNED).release()
    os.utime(tmp_path / "old" / PLAN, (1, 1))
    run = claim(tmp_path, "", PLANNED)
    assert (run.run_id, run.resumed) == ("new", True)
    second = claim(tmp_path, "", PLANNED)
    assert (second.run_id, second.resumed) == ("old", True), "a run that a process holds is left alone"
    third = claim(tmp_path, "", PLANNED)
    assert not third.resumed
    for each in (run, second, third):
        each.release()


def test_what_is_finished_or_was_asked_for_otherwise_is_not_continued(tmp_path: Path) -> None:
    claim(tmp_path, "finished", PLANNED).publish({})
    claim(tmp_path, "other", PLANNED | {"arguments": {"province": "61"}}).release()
    run = claim(tmp_path, "", PLANNED)
    assert not run.resumed
    run.release()
    with pytest.raises(InputError, match="unfinished run with other arguments"):
        claim(tmp_path, "other", PLANNED)
    afresh = claim(tmp_path, "other", PLANNED, resume=False)
    assert not afresh.resumed
    afresh.release()


def test_what_is_a_week_old_is_not_continued_unasked(tmp_path: Path) -> None:
    claim(tmp_path, "old", PLANNED).release()
    told = json.loads((tmp_path / "old" / PLAN).read_text())
    (tmp_path / "old" / PLAN).write_text(json.dumps(told | {"started": "2020-01-01T00:00:00+00:00"}))
    run = claim(tmp_path, "", PLANNED)
    assert not run.resumed
    run.release()
    named = claim(tmp_path, "old", PLANNED)
    assert named.resumed, "asked for by its name it is"
    named.release()


def test_afresh_leaves_nothing_of_before(tmp_path: Path) -> None:
    run = resumed(tmp_path)
    run.release()
    run = claim(tmp_path, "one", PLANNED, resume=False)
    assert not run.resumed
    assert sorted(path.name for path in run.path.iterdir()) == ["run.json.part", "run.lock.part"]
    run.release()
