"""``scrapy runs``: what there is, and who needs attention, from run directories and the ledger."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from scrapy.settings import Settings

from crawler.commands.runs import Command
from crawler.ledger import Ledger, PortalRecord
from crawler.run import claim
from tests.crawler.watch.test_report import BAD, outcome


def ask(tmp_path: Path, *args: str) -> int:
    command = Command()
    command.settings = Settings()
    command.settings.setmodule("settings.default")
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    command.settings.setdict({"RUNS_DIR": str(tmp_path / "runs"), "LEDGER_URL": url}, priority="cmdline")
    command.run(list(args), argparse.Namespace())
    return command.exitcode


def test_runs_are_listed_finished_or_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = {
        "kind": "crawl",
        "started": "2025-02-01T00:00:00+00:00",
        "verdict": 1,
        "counts": {"portals": 7, "reports": 9},
    }
    run = claim(tmp_path / "runs", "one")
    run.part("report.json").write_text(json.dumps({"run_id": "one"}))
    run.publish(told)
    (tmp_path / "runs" / "two").mkdir()
    assert ask(tmp_path, "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("two") and "unfinished" in line for line in lines)
    assert any(line.startswith("one") and "1 部分门户需处理" in line and line.rstrip().endswith("9") for line in lines)
    assert ask(tmp_path, "show", "one") == 0
    assert json.loads(capsys.readouterr().out) == {"run_id": "one"}
    assert ask(tmp_path, "show", "two") == 2
    assert "there is no" in capsys.readouterr().err


def test_attention_comes_from_the_ledger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    for day in ("1", "2", "3"):
        ledger.begin_run(day, {}, "", f"2025-02-0{day}T00:00:00+00:00")
        for name, kind in (("bad", BAD), ("good", "ok")):
            ledger.write(PortalRecord(day, outcome(name, kind, 1), f"2025-02-0{day}T00:10:00+00:00"))
    ledger.close()
    assert ask(tmp_path, "attention") == 1
    out = capsys.readouterr().out
    assert "bad timeout ×3" in out
    assert "good" not in out.replace("attention", "")
