"""scrapyd as deploy/scrapyd has it: deploy the project, schedule a crawl, read its outcome, remember it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.run import ROOT, Workspace
from tests.crawler.sites import healthy, served

pytest.importorskip("scrapyd", reason="needs the extra deploy")

DEPLOYED = ("parsers", "crawler", "settings", "scrapy.cfg", "setup.py", "pyproject.toml", "README.md")
BIN = Path(sys.executable).parent
SECONDS = 90


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def ask(port: int, question: str, data: list[tuple[str, str]] | None = None) -> dict[str, Any]:
    body = urllib.parse.urlencode(data).encode() if data else None
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{question}", body, timeout=SECONDS) as answer:
        told: dict[str, Any] = json.load(answer)
    assert told["status"] == "ok", told
    return told


def until(port: int, question: str, enough: Any) -> dict[str, Any]:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            told = ask(port, question)
        except OSError:
            told = {}
        if told and enough(told):
            return told
        time.sleep(0.1)
    raise AssertionError(f"{question}: {told}")


@contextmanager
def scrapyd(directory: Path, home: Path, port: int) -> Iterator[None]:
    environment = {**os.environ, "NIANBAO_HOME": str(home)}
    environment.pop("PYTHONPATH", None)
    with (directory / "scrapyd.log").open("ab") as log:
        process = subprocess.Popen(
            [str(BIN / "scrapyd"), "--pidfile="], cwd=directory, env=environment, stdout=log, stderr=log
        )
        try:
            until(port, "daemonstatus.json", bool)
            yield
        finally:
            process.terminate()
            process.wait(SECONDS)


def test_a_project_is_deployed_scheduled_and_its_outcome_read_back(tmp_path: Path) -> None:
    port, home, directory, project = free_port(), tmp_path / "home", tmp_path / "server", tmp_path / "project"
    shutil.copytree(ROOT / "deploy" / "scrapyd", directory)
    conf = (directory / "scrapyd.conf").read_text()
    assert "http_port = 6800" in conf
    (directory / "scrapyd.conf").write_text(
        conf.replace("http_port = 6800", f"http_port = {port}").replace("interval = 5.0", "interval = 0.2")
    )
    project.mkdir()
    for name in DEPLOYED:
        there = ROOT / name
        (shutil.copytree if there.is_dir() else shutil.copy)(there, project / name)
    cfg = (project / "scrapy.cfg").read_text()
    (project / "scrapy.cfg").write_text(cfg.replace("localhost:6800", f"127.0.0.1:{port}"))

    with served(healthy(), "127.0.7.1") as portal, scrapyd(directory, home, port):
        deploy = [str(BIN / "scrapyd-deploy"), "--version", "1"]
        done = subprocess.run(deploy, cwd=project, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "annual_reports" in ask(port, "listspiders.json?project=nianbao")["spiders"]
        settings = {"EGRESS_ALLOW": "127.0.0.0/8", "DOWNLOAD_DELAY": "0.05", "SUMMARY_ENABLED": "False"}
        asked = [("project", "nianbao"), ("spider", "annual_reports"), ("jobid", "night-1"), ("region", "370323")]
        asked += [("url", portal.base_url + "/"), *(("setting", f"{n}={v}") for n, v in settings.items())]
        assert ask(port, "schedule.json", asked)["jobid"] == "night-1"
        jobs = until(port, "listjobs.json?project=nianbao", lambda told: told["finished"])
        assert [job["id"] for job in jobs["finished"]] == ["night-1"]

    run = Workspace(home / "output").runs / "night-1"
    log = next((directory / "logs").rglob("*.log"))
    assert (run / "manifest.json").is_file(), (directory / "scrapyd.log").read_text() + log.read_text()
    (outcome,) = [json.loads(line) for line in (run / "outcomes.jsonl").read_text(encoding="utf-8").splitlines()]
    assert (outcome["outcome"], outcome["reports"]) == ("ok", 2)
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["verdict"], manifest["run_id"]) == (0, "night-1")
    assert set(manifest["arguments"]) == {"url", "region"}
    assert (home / "output" / "latest").resolve() == run

    with scrapyd(directory, home, port):
        remembered = ask(port, "listjobs.json?project=nianbao")["finished"]
        assert [job["id"] for job in remembered] == ["night-1"]
