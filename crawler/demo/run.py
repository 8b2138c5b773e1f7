"""One crawl of the simulated portals as a user starts it: ``scrapy crawl annual_reports`` in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CRAWL_SECONDS = 180
STOP_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where a run of the demo reads its registry and writes its results; nothing else is touched."""

    directory: Path

    @property
    def portals(self) -> Path:
        return self.directory / "portals"

    @property
    def runs(self) -> Path:
        return self.directory / "runs"

    @property
    def latest(self) -> Path:
        return self.directory / "latest"

    @property
    def ledger(self) -> str:
        return f"sqlite:///{self.directory.resolve() / 'ledger.sqlite'}"

    def forget(self) -> None:
        """Lets the next run find everything new, as the first one did."""
        for file in self.directory.glob("ledger.sqlite*"):
            file.unlink()

    def settings(self, run_id: str | None = None) -> dict[str, str]:
        """The Scrapy settings that tie a crawl to this workspace."""
        held = {
            "PORTALS_DIR": str(self.portals.resolve()),
            "RUNS_DIR": str(self.runs.resolve()),
            "LEDGER_URL": self.ledger,
        }
        return held | ({"RUN_ID": run_id} if run_id else {})


CRAWL = ("crawl", "annual_reports")


def crawl_command(arguments: Mapping[str, str], settings: Mapping[str, str], words: Sequence[str] = CRAWL) -> list[str]:
    """The command line of a crawl, or of another command of Scrapy that takes the same.

    >>> crawl_command({"province": "37"}, {})[1:]
    ['-m', 'scrapy', 'crawl', 'annual_reports', '-a', 'province=37']
    """
    command = [sys.executable, "-m", "scrapy", *words]
    for flag, pairs in (("-a", arguments), ("-s", settings)):
        for name, value in pairs.items():
            command += [flag, f"{name}={value}"]
    return command


def start_crawl(
    arguments: Mapping[str, str], settings: Mapping[str, str], *, project: str = "demo", quiet: bool = False
) -> subprocess.Popen[bytes]:
    """Start a crawl with the settings module ``settings.<project>``; ``quiet`` keeps what it says."""
    return subprocess.Popen(
        crawl_command(arguments, settings),
        cwd=ROOT,
        env={**os.environ, "SCRAPY_PROJECT": project, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
    )


def wait(process: subprocess.Popen[bytes], seconds: float = CRAWL_SECONDS) -> int:
    """The exit code of a crawl; one that takes too long, or outlives an interrupt, is stopped."""
    try:
        return process.wait(seconds)
    finally:
        if process.poll() is None:
            process.terminate()  # Scrapy closes its spider and its files
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@dataclass(frozen=True, slots=True)
class Crawled:
    """A crawl that has ended: exit code, what it printed, what it wrote."""

    code: int
    output: str
    workspace: Workspace
    run: Path

    def records(self, name: str) -> list[dict[str, Any]]:
        path = self.run / name
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    @property
    def reports(self) -> list[dict[str, Any]]:
        return self.records("reports.jsonl")

    def report(self, portal_id: str, year: int, *, subject: str = "") -> dict[str, Any]:
        """The one report of a portal and year whose subject ends as given."""
        (found,) = (
            record
            for record in self.reports
            if record["portal_id"] == portal_id
            and record["metadata"]["report_year"] == year
            and (record["metadata"]["subject_name"] or "").endswith(subject)
        )
        return found

    @property
    def outcomes(self) -> dict[str, dict[str, Any]]:
        return {record["portal_id"]: record for record in self.records("outcomes.jsonl")}

    @property
    def manifest(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.run / "manifest.json").read_text(encoding="utf-8"))
        return loaded


def run_crawl(
    workspace: Workspace,
    arguments: Mapping[str, str],
    settings: Mapping[str, str] | None = None,
    *,
    run_id: str = "run",
    seconds: float = CRAWL_SECONDS,
    remember: bool = False,
) -> Crawled:
    """One crawl from start to end; it is killed after ``seconds``. With ``remember`` it knows of earlier ones."""
    if not remember:
        workspace.forget()
    held = {**workspace.settings(run_id), **(settings or {})}
    process = start_crawl(arguments, held, quiet=True)
    try:
        output = process.communicate(timeout=seconds)[0].decode("utf-8", "replace")
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    return Crawled(process.returncode, output, workspace, workspace.runs / run_id)
