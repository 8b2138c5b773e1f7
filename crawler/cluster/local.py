"""Shards as processes of this machine: as many at once as there are workers, each until its run is published.

To load what a shard needs takes a second, so shards are forked from a process that has (``crawler.cluster.forked``).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from crawler.cluster.forked import fork
from crawler.cluster.work import PAUSE, RETRIES, ShardFailed, Task, crawl, failed, published
from crawler.run import is_held

LOOK_SECONDS = 0.5  # between two looks at shards that another process is at


class Local:
    """``begin`` starts what there is room for; iterated, it gives the manifests of shards as they are done.

    A shard that ends without a published run, or is killed, is run again after a pause, RETRIES times; then
    ``ShardFailed``. ``end`` kills what is running: a shard of the same command goes on where it was.
    """

    def __init__(self, tasks: Sequence[Task], workers: int) -> None:
        self.waiting = list(tasks)
        self.workers = workers
        self.running: dict[str, tuple[Task, BaseProcess]] = {}
        self.lifelines: dict[str, Connection] = {}  # our ends; known before the process is
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
                theirs, self.lifelines[task.shard_id] = Pipe(duplex=False)
                self.running[task.shard_id] = task, fork(theirs, crawl, task)

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
            self.lifelines.pop(task.shard_id).close()
            self.waiting.append(task)
            if published(task) is not None or is_held(task.run):
                continue
            self.failures[task.shard_id] += 1
            if self.failures[task.shard_id] > RETRIES:
                raise ShardFailed(failed(task, process.exitcode))
            self.not_before[task.shard_id] = time.monotonic() + PAUSE

    def end(self) -> None:
        for lifeline in self.lifelines.values():  # of a shard that was just being begun, nothing else is known
            lifeline.close()
        for _, process in self.running.values():
            process.kill()
        for _, process in self.running.values():
            process.join()
        self.running.clear()
