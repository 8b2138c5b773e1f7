"""The task: one shard's run as a process that ends with its parent, so that a killed worker leaves no crawl behind that
asks a city beside its successor.

``work`` is a task of a Dask worker: it starts ``python -m crawler.cluster.work ARG...``, which is scrapy. ``crawl`` is
a process of this machine, forked where all that it needs is loaded (``crawler.cluster.forked``).
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.run import MANIFEST, is_held

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
PAUSE = 2.0  # seconds before a shard is tried again
RETRIES = 5  # of a shard that fails; one that is lost with its machine is run again beside these


class ShardFailed(Exception):
    """A shard's process ended without a published run; the engine tries again."""


@dataclass(frozen=True, slots=True)
class Task:
    """A shard as its worker gets it; paths are on a disk that all workers see."""

    shard_id: str
    runs: str  # its RUNS_DIR
    project: str  # of scrapy.cfg
    ledger_url: str
    words: tuple[str, ...]  # the command, without the settings that are the shard's own
    merged_into: str  # the directory of the run that it becomes a part of
    until: float = 0.0  # when the time of that run is over, as time.time(); 0: never

    @property
    def run(self) -> Path:
        return Path(self.runs) / self.shard_id

    @property
    def log(self) -> Path:
        return Path(self.runs).parent / f"{self.shard_id}.log"


def work(task: Task) -> dict[str, Any]:
    """Done when the shard's run is published, by this call or an earlier one; gives its manifest."""
    while (told := published(task)) is None:
        if is_held(task.run):  # an earlier task is at it still, whose client was killed
            time.sleep(PAUSE)
            continue
        done = subprocess.run(
            [sys.executable, "-m", "crawler.cluster.work", *command(task)],
            env={**os.environ, **environment(task)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a terminal's signal would end and publish a shard that another will go on with
            check=False,
        )
        if published(task) is None and not is_held(task.run):
            time.sleep(PAUSE)
            raise ShardFailed(failed(task, done.returncode))
    return told


def crawl(task: Task) -> None:
    """The same in a process that has been forked for it, which ends with the command."""
    ctypes.CDLL(None).prctl(PR_SET_NAME, f"shard {task.shard_id}".encode())  # for ps and top
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.environ.update(environment(task))
    _scrapy(command(task))


def published(task: Task) -> dict[str, Any] | None:
    """The manifest of a shard's run, once it is published."""
    try:
        told: dict[str, Any] = json.loads((task.run / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return told


def failed(task: Task, code: int | None) -> str:
    """What is said of a shard that did not come to an end."""
    return f"{task.shard_id}: exit code {code}, see {task.log}"


def environment(task: Task) -> dict[str, str]:
    return {"SCRAPY_PROJECT": task.project, "LEDGER_URL": task.ledger_url}


def command(task: Task) -> list[str]:
    """What scrapy is to do."""
    own = {
        "RUNS_DIR": task.runs,
        "RUN_ID": task.shard_id,
        "MERGED_INTO": task.merged_into,
        "ARCHIVE_PREFIX": f"{task.shard_id}-",
        "LOG_FILE": str(task.log),
        "PROGRESS_ENABLED": "False",
        "SUMMARY_ENABLED": "False",
        **dict.fromkeys(("ALERT_WEBHOOK", "ALERT_MAIL_TO", "METRICS_FILE"), ""),
    }
    if task.until:
        own["RUN_SECONDS"] = f"{max(1.0, task.until - time.time()):.0f}"
    words = [word for name, value in own.items() for word in ("-s", f"{name}={value}")]
    return [*task.words, *words]


def main() -> None:
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent or parent == 1:
        sys.exit("the parent is gone")
    _scrapy(sys.argv[1:])


def _scrapy(words: list[str]) -> None:
    from scrapy.cmdline import execute  # late: a worker loads this module for the task alone

    execute(["scrapy", *words])


if __name__ == "__main__":
    main()
