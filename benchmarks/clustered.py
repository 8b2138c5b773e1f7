"""A crawl by several processes of this machine, as ``scrapy cluster run`` makes it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

from crawler.demo.run import ROOT, Workspace, crawl_command

SECONDS = 1800


def run_cluster(workspace: Workspace, arguments: Mapping[str, str], settings: Mapping[str, str], workers: int) -> None:
    """A crawl by that many processes on this machine, into the run ``run``; one that fails ends the benchmark."""
    words = ["cluster", "run", "--workers", str(workers), "--shards", str(workers)]
    done = subprocess.run(
        crawl_command(arguments, workspace.settings("run") | dict(settings), words),
        cwd=ROOT, env={**os.environ, "SCRAPY_PROJECT": "cluster"}, capture_output=True, text=True, timeout=SECONDS,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
