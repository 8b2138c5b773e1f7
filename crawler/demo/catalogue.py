"""The demo's warehouse and catalogue: the commands that a user would give, over the run of a workspace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from crawler.demo.run import ROOT, Workspace

SECONDS = 300


def make_catalogue(workspace: Workspace, run_id: str) -> tuple[Path, list[str]]:
    """Loads the run and builds the site; gives the page to open, and what went wrong."""
    site = workspace.directory / "site"
    warehouse = workspace.runs.parent / "warehouse.duckdb"
    faults = []
    for arguments in (
        ["warehouse", "load", run_id],
        ["site", "build", "--from", str(warehouse.resolve()), "--to", str(site.resolve())],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "scrapy", *arguments, *_settings(workspace)],
            cwd=ROOT,
            env={**os.environ, "SCRAPY_PROJECT": "demo"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode != 0:
            said = done.stdout.decode("utf-8", "replace").strip().splitlines()
            faults.append(f"scrapy {' '.join(arguments[:2])}: {done.returncode}; " + " | ".join(said[-3:]))
            break
    return site / "index.html", faults


def _settings(workspace: Workspace) -> list[str]:
    return [part for name, value in workspace.settings().items() for part in ("-s", f"{name}={value}")]
