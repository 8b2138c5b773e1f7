"""The process that parses for ``parsers.bounds``: jobs come in on standard input, records go out on standard output.

A frame is a line of JSON and the bytes that it announces. A job is ``{"sources": [[url, content_type, length], …],
"region_code": …, "validate": …, "seconds": …}`` and the bodies; the answer ``{"length": n, "retire": bool}`` and n bytes
of JSON, ``{"record": …}`` or ``{"error": …}``.

What ends it, whatever it is busy with: the kernel, when the other end of the lifeline closes (the parent is gone) or
when the alarm of a job rings (the parent can't kill it any more). Neither needs the interpreter to be free.
"""

from __future__ import annotations

import fcntl
import json
import os
import resource
import signal
import sys
from typing import Any, BinaryIO

GRACE = 5.0  # seconds over a job's limit, after which the worker ends by itself


def main() -> None:
    """``python -m parsers.worker MEMORY LIFELINE``: bytes of private memory, the descriptor that ends it."""
    memory, lifeline = int(sys.argv[1]), int(sys.argv[2])
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what a library prints is no answer
    die_with(lifeline)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    import parsers  # noqa: F401  (before the first job's time begins)
    from parsers.forms import all_forms

    all_forms()
    send(answers, {"ready": os.getpid()})
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
    answer = parse(job, bodies)
    del bodies
    signal.setitimer(signal.ITIMER_REAL, 0)
    retire = ("error" in answer and answer["error"]["code"] in ("memory", "crashed")) or private_memory() > memory // 2
    body = json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass")
    send(answers, {"length": len(body), "retire": retire}, body)
    return not retire


def parse(job: dict[str, Any], bodies: list[bytes]) -> dict[str, Any]:
    from parsers.parse import parse_report
    from parsers.source import ParseError, Source, crashed, out_of_memory

    sources = [Source(body, url, kind) for body, (url, kind, _) in zip(bodies, job["sources"], strict=True)]
    try:
        return {"record": parse_report(sources, region_code=job["region_code"], validate=job["validate"]).to_dict()}
    except ParseError as error:
        return {"error": error.to_dict()}
    except MemoryError:
        return {"error": out_of_memory().to_dict()}
    except Exception as error:  # a defect of the parser: an entry for the document, and the next one is read
        return {"error": crashed(type(error).__name__).to_dict()}


def private_memory() -> int:
    """Bytes of private writable memory, as RLIMIT_DATA counts them."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  (a tenth of the time)
        return int(file.read().split()[5]) * resource.getpagesize()


def send(stream: BinaryIO, head: dict[str, Any], body: bytes = b"") -> None:
    stream.write(json.dumps(head).encode() + b"\n" + body)
    stream.flush()


if __name__ == "__main__":
    main()
