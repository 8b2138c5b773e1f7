"""Reading within bounds: a document that takes too long or too much memory is an error, never a hang.

``parse_bounded(sources)`` is ``parse_report`` in a process of its own, which is killed at the time limit. It gives the
report as the record that ``Report.to_dict()`` is, since a tree of a page can't cross; it raises ``ParseError``, also
with the codes ``timeout``, ``memory`` and ``crashed``. A ``Pool`` holds its processes over many documents. ``Pool.read``
gives the record as JSON, with what one needs to know of it beside it: it costs the caller next to nothing.

* Time is wall time from the hand-over, after the worker has come up. At the limit the worker and what it started
  (LibreOffice) are killed as a group.
* Memory is RLIMIT_DATA: private writable memory, whoever asks for it. RLIMIT_AS would count mapped libraries, half a
  gigabyte of address space with OCR, and a watch on the resident size would look too late. Where Python asks, the
  answer is ``memory``; where a C library asks and gives up, the process ends and the answer is ``memory`` or ``crashed``.
* What a worker was at when somebody killed it is read again, by another, AGAIN times.
* Workers are started by exec, not by fork: safe in a program with threads and an event loop. They end with their
  parent, even a killed one (see ``parsers.worker``).
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parsers.brief import Brief
from parsers.jsontext import loads
from parsers.source import ParseError, Source, crashed, out_of_memory, timed_out

SECONDS, MEMORY = 20.0, 512 * 1024 * 1024
LIMITS = frozenset(["timeout", "memory", "crashed"])  # codes that tell of a limit, not of the document
AGAIN = 3
START_SECONDS = 120.0  # a worker that is not up by then will not come
LARGEST_ANSWER = 256 * 1024 * 1024
_ROOT = str(Path(__file__).resolve().parent.parent)

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Read:
    """A report that was read: what one needs to know of it, and its record as compact JSON in UTF-8."""

    brief: Brief
    record: bytes


class _KilledFromOutside(ParseError):
    """Somebody ended the worker, an operator or the kernel for want of memory: that says nothing of the document."""


class Pool:
    """Worker processes to parse in; as many documents at once as there are workers, from any number of threads."""

    def __init__(self, workers: int = 1, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self.seconds, self.memory = seconds, memory
        self._closed = False
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        self._all: set[_Worker] = set()
        for _ in range(workers):
            self._idle.put(None)

    def parse(
        self,
        sources: Source | Sequence[Source],
        *,
        region_code: str | None = None,
        validate: bool = True,
        seconds: float | None = None,
    ) -> Record:
        """The record of the report in ``sources``; waits for an idle worker. Raises ``ParseError``."""
        read = self.read(sources, region_code=region_code, validate=validate, seconds=seconds)
        record: Record = loads(read.record)
        return record

    def read(
        self,
        sources: Source | Sequence[Source],
        *,
        region_code: str | None = None,
        validate: bool = True,
        seconds: float | None = None,
    ) -> Read:
        """The same as JSON, as the worker wrote it, and its ``Brief``. Raises ``ParseError``."""
        files = [sources] if isinstance(sources, Source) else list(sources)
        options = {
            "region_code": region_code,
            "validate": validate,
            "seconds": self.seconds if seconds is None else seconds,
        }
        for _ in range(AGAIN):
            with contextlib.suppress(_KilledFromOutside):
                return self._read(files, options)
        return self._read(files, options)

    def _read(self, files: list[Source], options: dict[str, Any]) -> Read:
        worker = self._idle.get()
        try:
            if not self._closed and (worker is None or not worker.alive):
                worker = self._replace(worker)
            if self._closed or worker is None:
                raise crashed("closed")
            head, record = worker.run(files, options)
        finally:
            if worker is not None and (self._closed or not worker.alive):
                self._all.discard(worker)
                worker.kill()
                worker = None
            self._idle.put(worker)
        if "error" in head:
            error = head["error"]
            raise ParseError(error["code"], error["message_zh"], error["message_en"])
        return Read(Brief(**head["brief"]), record)

    def _replace(self, worker: _Worker | None) -> _Worker:
        if worker is not None:
            self._all.discard(worker)
            worker.kill()
        worker = _Worker(self.memory)
        self._all.add(worker)
        return worker

    def close(self) -> None:
        """End all workers, busy ones too; calls that wait get ``crashed``, as do those that come later."""
        self._closed = True
        for each in list(self._all):
            each.kill_group()
        slots = []
        with contextlib.suppress(queue.Empty):
            while True:
                slots.append(self._idle.get_nowait())
        for worker in slots:
            if worker is not None:
                worker.kill()
            self._idle.put(None)  # whoever waits for a worker is told

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Worker:
    """One process. ``run`` gives the answer to a job, or raises the ``ParseError`` that its end stands for."""

    def __init__(self, memory: int) -> None:
        self.memory = memory
        ours, lifeline = os.pipe()
        os.set_inheritable(ours, True)
        path = os.pathsep.join([_ROOT, *filter(None, [os.environ.get("PYTHONPATH")])])
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "parsers.worker", str(memory), str(ours)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=(ours,),
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": path, "MALLOC_ARENA_MAX": "2"},
            )
        finally:
            os.close(ours)
        self.lifeline: int | None = lifeline
        self.buffer = bytearray()
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        self.inherited = 0  # KiB: a new process begins with the peak of the one that started it
        try:
            self.inherited = json.loads(self._line(time.monotonic() + START_SECONDS))["peak"]
        except ParseError:
            self.kill()
            raise

    @property
    def alive(self) -> bool:
        return self.lifeline is not None and self.process.poll() is None

    def run(self, files: list[Source], options: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        deadline = time.monotonic() + options["seconds"]
        job = {"sources": [[file.url, file.content_type, len(file.body)] for file in files], **options}
        try:
            self._send([json.dumps(job).encode() + b"\n", *(file.body for file in files)], deadline)
            head = json.loads(self._line(deadline))
            record = self._bytes(head["length"], deadline)
        except BaseException:
            self.kill()
            raise
        if head["retire"]:
            self.kill()
        return head, record

    def _send(self, chunks: list[bytes], deadline: float) -> None:
        assert self.process.stdin is not None
        descriptor = self.process.stdin.fileno()
        os.set_blocking(descriptor, False)
        for chunk in chunks:
            view = memoryview(chunk)
            while view:
                self._wait(descriptor, select.POLLOUT, deadline)
                try:
                    view = view[os.write(descriptor, view) :]
                except BlockingIOError:
                    continue
                except BrokenPipeError:
                    raise self._ended() from None

    def _line(self, deadline: float) -> bytes:
        while (end := self.buffer.find(b"\n")) < 0:
            self._read(deadline)
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 1]
        return line

    def _bytes(self, length: int, deadline: float) -> bytes:
        if length > LARGEST_ANSWER:
            raise out_of_memory()
        while len(self.buffer) < length:
            self._read(deadline)
        body = bytes(self.buffer[:length])
        del self.buffer[:length]
        return body

    def _read(self, deadline: float) -> None:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        self._wait(descriptor, select.POLLIN, deadline)
        with contextlib.suppress(BlockingIOError):
            if not (data := os.read(descriptor, 1 << 20)):
                raise self._ended()
            self.buffer += data

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise timed_out()

    def _ended(self) -> ParseError:
        """What a worker died of: memory, if it had taken most of what it may."""
        self.kill_group()
        try:
            _, status, usage = os.wait4(self.process.pid, 0)
        except ChildProcessError:  # somebody else has waited for it
            return crashed("killed")
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if usage.ru_maxrss > self.inherited and usage.ru_maxrss * 1024 > self.memory * 0.75:
            return out_of_memory()
        told = crashed(f"exit {self.process.returncode}")
        if self.process.returncode == -signal.SIGKILL:
            return _KilledFromOutside(told.code, told.message_zh, told.message_en)
        return told

    def kill_group(self) -> None:
        """SIGKILL to the process and what it started; the one who waits for its answer cleans up."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """End the process and what it started, and wait for it."""
        if self.lifeline is None:
            return
        if self.process.returncode is None:
            self.kill_group()
            self.process.wait()
        os.close(self.lifeline)
        self.lifeline = None
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()


_shared: dict[tuple[int, int], Pool] = {}


def parse_bounded(
    sources: Source | Sequence[Source],
    *,
    region_code: str | None = None,
    validate: bool = True,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> Record:
    """The record of the report in ``sources``, read in a process of its own within ``seconds`` and ``memory`` bytes.

    The process stays for the next call. Raises ``ParseError``; ``timeout``, ``memory`` and ``crashed`` tell that the
    limits were met or that the parser broke down.
    """
    key = (os.getpid(), memory)
    pool = _shared.get(key)
    if pool is None:
        pool = _shared[key] = Pool(memory=memory)
        atexit.register(pool.close)
    return pool.parse(sources, region_code=region_code, validate=validate, seconds=seconds)
