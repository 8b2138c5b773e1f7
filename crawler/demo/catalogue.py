"""The demo's warehouse, release and catalogue: the commands that a user would give, over the run of a workspace."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from crawler.demo.run import ROOT, Workspace

SECONDS = 300


def make_catalogue(workspace: Workspace, run_id: str) -> tuple[Path, list[str]]:
    """Loads the run, makes the files of a release and builds the site; gives the page to open, and what went wrong."""
    site, release = workspace.directory / "site", (workspace.directory / "release").resolve()
    warehouse = str((workspace.runs.parent / "warehouse.duckdb").resolve())
    shutil.rmtree(release, ignore_errors=True)  # that of the demo before
    faults = []
    for arguments in (
        ["warehouse", "load", run_id],
        ["warehouse", "release", str(release), "--from", warehouse],
        ["site", "build", "--from", warehouse, "--to", str(site.resolve()), "--release", str(release)],
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
