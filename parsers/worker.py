"""The process that parses for ``parsers.bounds``: jobs come in on standard input, records go out on standard output.

A frame is a line of JSON and the bytes that it announces. A job is ``{"sources": [[url, content_type, length], …],
"region_code": …, "validate": …, "seconds": …}`` and the bodies; the answer ``{"length": n, "retire": bool, "brief": …}``
and n bytes, the record as compact JSON, or ``{"length": 0, "retire": bool, "error": …}``.

What ends it, whatever it is busy with: the kernel, when the other end of the lifeline closes (the parent is gone) or
when the alarm of a job rings (the parent can't kill it any more). Neither needs the interpreter to be free.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import resource
import signal
import sys
from typing import Any, BinaryIO

from parsers.jsontext import dumps

GRACE = 5.0  # seconds over a job's limit, after which the worker ends by itself
COLLECT = 5000  # objects between two collections: a report makes that many, and hardly a circle
NICE = 5  # documents can wait; whoever asks the portals is not to wait for them


def main() -> None:
    """``python -m parsers.worker MEMORY LIFELINE``: bytes of private memory, the descriptor that ends it."""
    memory, lifeline = int(sys.argv[1]), int(sys.argv[2])
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what a library prints is no answer
    die_with(lifeline)
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    import parsers.parse  # noqa: F401  (before the first job's time begins)
    from parsers.forms import all_forms

    all_forms()
    gc.freeze()  # what is loaded stays: the collector need not go through it again and again
    gc.set_threshold(COLLECT)
    send(answers, {"ready": os.getpid(), "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss})
    while (line := jobs.readline()) and serve(json.loads(line), jobs, answers, memory):
        pass


def die_with(lifeline: int) -> None:
    """Let the kernel end this process group when nothing holds the other end of the pipe ``lifeline``."""
    os.set_inheritable(lifeline, False)
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC | os.O_NONBLOCK)
    try:
        if not os.read(lifeline, 1):  # closed before the signal was asked for
            os._exit(0)
    except BlockingIOError:
        pass


def serve(job: dict[str, Any], jobs: BinaryIO, answers: BinaryIO, memory: int) -> bool:
    """Do one job; False when the worker should be replaced, since memory was short or stays in use."""
    bodies = [jobs.read(length) for _, _, length in job["sources"]]
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, job["seconds"] + GRACE)
    head, record = parse(job, bodies)
    del bodies
    signal.setitimer(signal.ITIMER_REAL, 0)
    retire = ("error" in head and head["error"]["code"] in ("memory", "crashed")) or private_memory() > memory // 2
    send(answers, {"length": len(record), "retire": retire, **head}, record)
    return not retire


def parse(job: dict[str, Any], bodies: list[bytes]) -> tuple[dict[str, Any], bytes]:
    """The head of the answer, and the record."""
    from parsers.brief import brief
    from parsers.parse import parse_report
    from parsers.source import ParseError, Source, crashed, out_of_memory

    sources = [Source(body, url, kind) for body, (url, kind, _) in zip(bodies, job["sources"], strict=True)]
    try:
        report = parse_report(sources, region_code=job["region_code"], validate=job["validate"])
        record = report.to_dict()
        return {"brief": brief(report, record)._asdict()}, dumps(record)
    except ParseError as error:
        return {"error": error.to_dict()}, b""
    except MemoryError:
        return {"error": out_of_memory().to_dict()}, b""
    except Exception as error:  # a defect of the parser: an entry for the document, and the next one is read
        return {"error": crashed(type(error).__name__).to_dict()}, b""


def private_memory() -> int:
    """Bytes of private writable memory, as RLIMIT_DATA counts them."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  (a tenth of the time)
        return int(file.read().split()[5]) * resource.getpagesize()


def send(stream: BinaryIO, head: dict[str, Any], body: bytes = b"") -> None:
    stream.write(dumps(head) + b"\n" + body)
    stream.flush()


if __name__ == "__main__":
    main()
