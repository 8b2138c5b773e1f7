"""A crawl that is killed: ``latest`` stays where it was, the next run gives what an undisturbed one gives."""

from __future__ import annotations

import signal
import time
from typing import Any

import pytest

from crawler.demo.fleet import PortalFleet
from crawler.demo.run import Crawled, Workspace, run_crawl, start_crawl

ARGUMENTS = {"province": "37,62", "years": "2021-2024"}
SLOW = {"DOWNLOAD_DELAY": "0.3"}


def result(crawled: Crawled) -> list[tuple[str, str, Any]]:
    """What a run says of the reports, without times and record ids."""
    return sorted((record["report_id"], record["metadata"]["title"], record["tables"]) for record in crawled.reports)


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.heavy)])
def test_a_killed_crawl_leaves_the_last_good_run_in_place(workspace: Workspace, number: signal.Signals) -> None:
    with PortalFleet(only=("370323", "621100")) as fleet:
        fleet.write_registry(workspace.portals)
        good = run_crawl(workspace, ARGUMENTS, run_id="good")
        assert good.code == 0, good.output[-2000:]
        before = {path: path.stat().st_mtime_ns for path in good.run.rglob("*")}

        workspace.forget()
        asked = len(fleet.log())
        process = start_crawl(ARGUMENTS, {**workspace.settings("killed"), **SLOW}, quiet=True)
        deadline = time.monotonic() + 30
        while len(fleet.log()) < asked + 12 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert process.poll() is None, "it is still crawling"
        process.send_signal(number)
        process.communicate(timeout=30)

        assert process.returncode != 0
        assert workspace.latest.resolve() == good.run
        assert {path: path.stat().st_mtime_ns for path in good.run.rglob("*")} == before

        again = run_crawl(workspace, ARGUMENTS, run_id="again")
        same_id = run_crawl(workspace, ARGUMENTS, run_id="killed") if number == signal.SIGKILL else again
    for later in (again, same_id):
        assert later.code == 0, later.output[-2000:]
        assert result(later) == result(good)
        assert not list(later.run.rglob("*.part"))
    assert workspace.latest.resolve() == same_id.run


def test_a_killed_run_has_no_manifest(workspace: Workspace) -> None:
    """What it left can't be taken for a result."""
    with PortalFleet(only=("621100",)) as fleet:
        fleet.write_registry(workspace.portals)
        process = start_crawl({"province": "62"}, {**workspace.settings("killed"), **SLOW}, quiet=True)
        deadline = time.monotonic() + 30
        while len(fleet.log()) < 8 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()
        process.communicate(timeout=30)
    left = [path.name for path in (workspace.runs / "killed").rglob("*") if path.is_file()]
    assert [name for name in left if not name.endswith(".part")] == []
    assert not workspace.latest.exists()
