"""Shards as processes of this machine: as many at once as there are workers, each until its run is published.

To load what a shard needs takes a second, so it is loaded once (``crawler.cluster.warm``), by a process that the shards
are then forked from: ``multiprocessing`` calls it the fork server. It has no threads, which is what makes that safe.
It lives as long as a shard does, so shards end with the command by a lifeline of their own.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing import Pipe, forkserver, get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from crawler.cluster.work import PAUSE, RETRIES, ShardFailed, Task, crawl, failed, published
from crawler.errors import InputError
from crawler.run import is_held

LOOK_SECONDS = 0.5  # between two looks at shards that another process is at


def load() -> None:
    """Starts the process that loads: whoever calls it early goes on beside it."""
    get_context("forkserver").set_forkserver_preload(["crawler.cluster.warm"])
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # which it inherits: who stops the command tells why
    try:
        forkserver.ensure_running()
    except OSError as error:  # it is reached by a socket there, whose path may have some hundred characters
        raise InputError(f"TMPDIR 不可用:{error}", f"TMPDIR can't be used: {error}") from None
    finally:
        signal.signal(signal.SIGINT, before)


def begin(task: Task, lifeline: Connection) -> BaseProcess:
    """The process of a shard; it ends when the other end of its lifeline is closed."""
    process = get_context("forkserver").Process(target=crawl, args=(task, lifeline), daemon=True)
    process.start()
    return process


class Local:
    """``begin`` starts what there is room for; iterated, it gives the manifests of shards as they are done.

    A shard that ends without a published run, or is killed, is run again after a pause, RETRIES times; then
    ``ShardFailed``. ``end`` kills what is running: a shard of the same command goes on where it was.
    """

    def __init__(self, tasks: Sequence[Task], workers: int) -> None:
        self.waiting = list(tasks)
        self.workers = workers
        self.running: dict[str, tuple[Task, BaseProcess]] = {}
        self.lifelines: list[Connection] = []
        self.failures: Counter[str] = Counter()
        self.not_before: dict[str, float] = {}

    def begin(self) -> None:
        """Shards that another process is at, of a command that was killed, wait for that."""
        now = time.monotonic()
        for task in [*self.waiting]:
            if len(self.running) == self.workers:
                return
            if published(task) is None and now >= self.not_before.get(task.shard_id, now):
                if is_held(task.run):
                    self.not_before[task.shard_id] = now + PAUSE
                    continue
                self.waiting.remove(task)
                theirs, ours = Pipe(duplex=False)  # one for each: the kernel knows one owner of a pipe
                self.lifelines.append(ours)
                with theirs:
                    self.running[task.shard_id] = task, begin(task, theirs)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        while self.waiting or self.running:
            for task in [*self.waiting]:
                if (told := published(task)) is not None:
                    self.waiting.remove(task)
                    yield told
            self.begin()
            if self.waiting or self.running:
                wait([process.sentinel for _, process in self.running.values()], LOOK_SECONDS)
                self._look_after_those_that_ended()

    def _look_after_those_that_ended(self) -> None:
        """They wait again: as published ones, or to be begun once more."""
        for task, process in [*self.running.values()]:
            if process.is_alive():
                continue
            del self.running[task.shard_id]
            self.waiting.append(task)
            if published(task) is not None or is_held(task.run):
                continue
            self.failures[task.shard_id] += 1
            if self.failures[task.shard_id] > RETRIES:
                raise ShardFailed(failed(task, process.exitcode))
            self.not_before[task.shard_id] = time.monotonic() + PAUSE

    def end(self) -> None:
        for lifeline in self.lifelines:  # of a shard that was just being begun, nothing else is known
            lifeline.close()
        for _, process in self.running.values():
            process.kill()
        for _, process in self.running.values():
            process.join()
        self.running.clear()
