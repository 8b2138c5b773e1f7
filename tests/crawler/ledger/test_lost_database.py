"""The database of the ledger is stopped while a run goes on: the run ends cleanly, a later one recovers."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from crawler.demo.run import Workspace, run_crawl, start_crawl
from crawler.extensions.watch import history
from crawler.ledger import Ledger, LedgerLost
from tests.crawler.sites import healthy, row, served, write_rows
from tests.postgres import PostgresServer


def test_a_run_is_told_without_history_when_the_database_is_gone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    assert history(url) == history("") == {}
    assert caplog.text == ""
    ledger = Ledger.open(url)
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE outcomes RENAME COLUMN url TO link")
    with pytest.raises(LedgerLost):
        ledger.history()
    ledger.close()
    (tmp_path / "ledger.sqlite").write_bytes(b"no database")
    for lost in (url, "postgresql://nobody@127.0.0.1:1/none?connect_timeout=1"):
        caplog.clear()
        assert history(lost) == {}
        assert "没有台账可比 / run report without history" in caplog.text


@pytest.mark.skipif(not PostgresServer.is_installed(), reason="PostgreSQL is not installed")
@pytest.mark.heavy
def test_a_database_that_is_stopped_costs_no_result(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    settings = {"SEASON": "", "PROGRESS_ENABLED": "False", "DOWNLOAD_DELAY": "0.1"}
    with PostgresServer() as database, served(healthy(), "127.0.10.1") as server:
        settings["LEDGER_URL"] = url = database.database()
        write_rows(workspace.portals, [row("only", server.base_url + "/")])
        process = start_crawl({"province": "37"}, workspace.settings("lost") | settings, quiet=True)
        while process.poll() is None and not server.log:  # the portal was recalled, and is being visited
            time.sleep(0.01)
        database.stop()
        output = process.communicate(timeout=300)[0].decode("utf-8", "replace")
        run = workspace.runs / "lost"
        manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
        told = [json.loads(line) for line in (run / "outcomes.jsonl").read_text(encoding="utf-8").splitlines()]
        lines = (run / "reports.jsonl").read_bytes().splitlines()
        assert "memory.jsonl" in manifest["files"], output
        assert any("ledger" in reason for reason in manifest["reasons"])
        assert process.returncode == manifest["verdict"] != 0
        if told[0]["outcome"] == "ok":  # else a report's number could not be asked for: the run was ended
            assert (process.returncode, len(lines)) == (1, 2)

        database.start()
        again = run_crawl(workspace, {"province": "37"}, settings, run_id="again", remember=True)
        assert again.code == 0, again.output
        assert again.outcomes["only"]["reports"] == 2
        assert len(lines) + len(again.reports) >= 2
        ledger = Ledger.open(url)
        assert {run_id for run_id, _ in ledger.outcomes("only")} == {"lost", "again"}
        ledger.close()
