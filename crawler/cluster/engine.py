"""The cluster as the commands use it: the shards of a run, done in processes here or as tasks of a Dask cluster.

What a run's shards are is decided once and kept beside them: the same command, given again after its process was
killed, goes on with the same ones, whatever the registry or the archive has become meanwhile.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from scrapy.settings import BaseSettings

from crawler.cluster.local import Local
from crawler.cluster.work import RETRIES, Task, work
from crawler.errors import InputError
from crawler.run import RunDirectory

CONNECT_SECONDS = 20
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
    """Does all tasks on the cluster at an address, or in processes here; gives the directories of their runs.
    ``meanwhile`` is called once they are begun."""
    with _stoppable(), _on(scheduler, tasks) if scheduler else _here(tasks, workers) as done:
        meanwhile()
        try:
            for number, told in enumerate(done, start=1):
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
def _here(tasks: Sequence[Task], workers: int) -> Iterator[Iterable[dict[str, Any]]]:
    local = Local(tasks, workers)
    try:
        local.begin()
        yield local
    finally:
        local.end()


@contextmanager
def _on(scheduler: str, tasks: Sequence[Task]) -> Iterator[Iterable[dict[str, Any]]]:
    dask: Any
    try:
        import distributed as dask
    except ImportError:
        raise InputError(
            "需要扩展 cluster:pip install 'nianbao[cluster]'", "needs the extra cluster: pip install 'nianbao[cluster]'"
        ) from None
    try:
        client = dask.Client(scheduler, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise InputError(f"无法连接 {scheduler}:{error}", f"can't connect to {scheduler}: {error}") from None
    with client:
        futures = client.map(work, tasks, key=[task.shard_id for task in tasks], retries=RETRIES, pure=False)
        yield (told for _, told in dask.as_completed(futures, with_results=True))


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
