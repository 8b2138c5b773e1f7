"""Processes that are forked from one that has loaded what they need, and end with this one however it ends.

``multiprocessing`` calls the former the fork server. It has no threads, which is what makes a fork safe, and it lives
as long as one of those processes does: so each of them has a lifeline of its own, a pipe of which we hold the other
end.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from multiprocessing import forkserver, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from crawler.errors import InputError
from parsers.worker import die_with


def load() -> None:
    """Starts the process that loads (``crawler.cluster.warm``): whoever calls it early goes on beside it."""
    get_context("forkserver").set_forkserver_preload(["crawler.cluster.warm"])
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # which it inherits: who stops the command tells why
    try:
        forkserver.ensure_running()
    except OSError as error:  # it is reached by a socket there, whose path may have some hundred characters
        raise InputError(f"TMPDIR 不可用:{error}", f"TMPDIR can't be used: {error}") from None
    finally:
        signal.signal(signal.SIGINT, before)


def fork(lifeline: Connection, call: Callable[..., None], *arguments: Any) -> BaseProcess:
    """A process that makes a call. It gets the reading end of its ``lifeline``, a pipe for it alone, since the kernel
    knows one owner of a pipe; it ends when the other end is closed, which is the caller's to keep."""
    process = get_context("forkserver").Process(target=_become, args=(lifeline, call, arguments), daemon=True)
    with lifeline:
        process.start()
    return process


def _become(lifeline: Connection, call: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    os.setsid()  # the kernel ends whole groups
    die_with(lifeline.fileno())
    call(*arguments)
