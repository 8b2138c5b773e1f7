"""docs/logs.md lists every message that the crawler logs, with its level; log lines can be JSON."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

from crawler.demo.run import ROOT, Workspace, run_crawl
from tests.crawler.sites import healthy, served

LEVELS = {
    "debug": "debug",
    "info": "info",
    "warning": "warning",
    "error": "error",
    "exception": "error",
    "critical": "critical",
}
LISTED = re.compile(r"^\| `(?P<message>[^`]+)` \| (?P<level>\w+) \| (?P<action>\*\*yes\*\*|yes|no) \| .+ \|$", re.M)


def logged() -> Iterator[tuple[str, str, str]]:
    """Where, level and text of every call of a logger in crawler/."""
    for path in sorted((ROOT / "crawler").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            owner = node.func.value
            name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
            if name != "logger" or (node.func.attr not in LEVELS and node.func.attr != "log"):
                continue
            where = f"{path.relative_to(ROOT)}:{node.lineno}"
            assert node.func.attr != "log", f"{where}: name the level"
            text = node.args[0]
            assert isinstance(text, ast.Constant), f"{where}: a constant text, values as arguments"
            assert " / " in str(text.value), f"{where}: Chinese / English"
            yield where, LEVELS[node.func.attr], str(text.value)


def test_every_message_is_listed_with_its_level_and_nothing_else_is() -> None:
    text = (ROOT / "docs" / "logs.md").read_text(encoding="utf-8")
    listed = {(found["level"], found["message"]) for found in LISTED.finditer(text)}
    in_code = {(level, message) for _, level, message in logged()}
    assert len(in_code) > 5
    assert in_code - listed == set(), "not in docs/logs.md"
    assert listed - in_code == set(), "in docs/logs.md, and nowhere in the code"


def test_log_lines_are_json_and_a_failing_report_spoils_nothing(tmp_path: Path) -> None:
    """The metrics' directory is a file, the webhook is deaf: the run is published."""
    workspace = Workspace(tmp_path)
    (tmp_path / "file").write_text("in the way")
    log = tmp_path / "log.jsonl"
    with served(healthy(), "127.0.7.1") as server:
        settings = {
            "METRICS_FILE": str(tmp_path / "file" / "x.prom"),
            "ALERT_WEBHOOK": "http://127.0.0.1:9/",
            "ALERT_WHEN": "always",
            "LOG_JSON": "True",
            "LOG_FILE": str(log),
        }
        done = run_crawl(workspace, {"url": server.base_url + "/"}, settings)
    assert done.code == 0, done.output
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    told = {
        line["template"].split(" / ")[1]: (line["level"], line["run_id"])
        for line in lines
        if line["logger"].startswith("crawler")
    }
    assert told == {"metrics not written: %s": ("ERROR", "run"), "alert not delivered: %s: %s": ("ERROR", "run")}
    report = json.loads((done.run / "report.json").read_text(encoding="utf-8"))
    assert (report["verdict"], report["totals"]["reports"]) == (0, 2)
    assert "run report" in (done.run / "report.html").read_text(encoding="utf-8")
    assert {"report.json", "report.html"} <= set(done.manifest["files"])
