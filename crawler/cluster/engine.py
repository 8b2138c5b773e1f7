"""The cluster as the commands use it: the shards of a run, and a Dask client that does them as tasks.

What a run's shards are is decided once and kept beside them: the same command, given again after its process was
killed, goes on with the same ones, whatever the registry or the archive has become meanwhile.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from scrapy.settings import BaseSettings

from crawler.cluster.work import Task, work
from crawler.errors import InputError
from crawler.run import RunDirectory

CONNECT_SECONDS = 20
RETRIES = 5  # of a task that fails; one that is lost with its worker is run again beside these
QUIET = {  # a worker here waits for a process that has the processor: to look at itself all the time would cost 1 in 20
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.nanny.pre-spawn-environ": {},  # a crawl would inherit it, and give memory back with every page
}
OF_THE_WHOLE = ("LEDGER_URL=", "RUN_ID=", "LOG_FILE=", "PORTALS_DIR=")  # settings that are not handed on to shards


class Shards:
    """The shards of a run, beside the runs: ``parts/<shard>`` is what one is to do, ``runs`` has their runs."""

    def __init__(self, run: RunDirectory) -> None:
        self.run = run
        self.directory = run.path.parent.parent / "shards" / run.run_id
        self.parts, self.runs = self.directory / "parts", self.directory / "runs"

    def decide(self, make: Callable[[Path], None]) -> list[Path]:
        """The parts, in the order of their names; ``make`` fills the directory, if that was not done before."""
        if not self.parts.is_dir():
            step = self.directory / "parts.step"
            shutil.rmtree(step, ignore_errors=True)
            step.mkdir(parents=True)
            make(step)
            step.replace(self.parts)
        return sorted(part for part in self.parts.iterdir() if part.suffix or part.is_dir())

    def task(self, shard_id: str, words: Sequence[str], given: Sequence[str], settings: BaseSettings) -> Task:
        """``words`` are a command for one part, ``given`` the settings of the command line."""
        pairs = [pair for pair in given if not pair.startswith(OF_THE_WHOLE)]
        seconds = settings.getfloat("RUN_SECONDS")
        return Task(
            shard_id=shard_id,
            runs=str(self.runs),
            project=os.environ.get("SCRAPY_PROJECT") or "cluster",
            ledger_url=settings["LEDGER_URL"] or "",
            words=(*words, *(word for pair in pairs for word in ("-s", pair))),
            merged_into=str(self.run.path),
            until=time.time() + seconds if seconds else 0.0,
        )

    def remove(self, *, failed: bool) -> None:
        """What has been merged is removed; the logs of a run that failed stay."""
        for part in (self.parts, self.runs):
            shutil.rmtree(part)
        if failed:
            sys.stderr.write(f"分片日志 / logs of the shards: {self.directory}\n")
        else:
            shutil.rmtree(self.directory)


def do(tasks: Sequence[Task], scheduler: str | None, workers: int, meanwhile: Callable[[], None]) -> list[Path]:
    """Does all tasks on the cluster at an address, or on one of processes here; gives the directories of their runs.
    ``meanwhile`` is called once they are begun."""
    with _stoppable(), _client(scheduler, workers) as client:
        futures = client.map(work, tasks, key=[task.shard_id for task in tasks], retries=RETRIES, pure=False)
        meanwhile()
        try:
            for number, (_, told) in enumerate(_dask().as_completed(futures, with_results=True), start=1):
                counts = told["counts"]
                sys.stderr.write(
                    f"[{number}/{len(tasks)}] 分片 / shard {told['run_id']}: 门户 / portals {counts['portals']}, "
                    f"报告 / reports {counts['reports']}, 结论 / verdict {told['verdict']}\n"
                )
        except InputError:
            raise
        except Exception as error:  # of the task, or the engine's when it has lost a task with too many workers
            more = "再次运行同一命令可继续 / the same command goes on"
            raise InputError(f"分片失败:{error}({more})", f"a shard failed: {error} ({more})") from None
    return [task.run for task in tasks]


@contextmanager
def _stoppable() -> Iterator[None]:
    """A signal ends the command as an error does that it can tell: the cluster is closed, shards stay as they are."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise InputError("已停止;再次运行同一命令可继续", "stopped; the same command goes on")

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _dask() -> Any:
    try:
        import distributed
    except ImportError:
        raise InputError(
            "需要扩展 cluster:pip install 'nianbao[cluster]'", "needs the extra cluster: pip install 'nianbao[cluster]'"
        ) from None
    return distributed


@contextmanager
def _client(scheduler: str | None, workers: int) -> Iterator[Any]:
    """A client of the cluster at an address, or of one that is started here and ended with it."""
    dask = _dask()
    if scheduler:
        try:
            client = dask.Client(scheduler, timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            raise InputError(f"无法连接 {scheduler}:{error}", f"can't connect to {scheduler}: {error}") from None
        with client:
            yield client
        return
    from dask import config

    local = {"n_workers": workers, "threads_per_worker": 1, "memory_limit": None, "dashboard_address": None}
    with config.set(QUIET), dask.LocalCluster(**local) as cluster, dask.Client(cluster) as client:
        yield client
