"""Many small sites, each on a loopback address of its own, all served by one loop on one port."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Pages = dict[str, "Page"]
Build = Callable[[int], dict[str, Pages]]


@dataclass(frozen=True, slots=True)
class Page:
    """What a path of a site gives."""

    body: str = ""
    status: int = 200
    location: str = ""
    charset: str = "utf-8"

    def wire(self) -> bytes:
        body = self.body.encode(self.charset)
        head = f"HTTP/1.1 {self.status} X\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
        return (head + (f"Location: {self.location}\r\n" if self.location else "") + "\r\n").encode() + body


@dataclass(slots=True)
class Served:
    """Sites by address, the port that all are on, and how often each address and path was asked for."""

    sites: dict[str, Pages] = field(default_factory=dict)
    port: int = 0
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("sockname")[0]
        try:
            if await reader.read(1) == b"\x16":  # TLS, which nobody speaks here
                return
            while line := await reader.readline():
                while (await reader.readline()).strip():
                    pass
                path = line.split()[1].decode("latin-1") if len(line.split()) > 1 else ""
                self.asked[address, path] += 1
                page = self.sites.get(address, {}).get(path)
                writer.write((page or Page("<html><body>404</body></html>", 404)).wire())
                await writer.drain()
        except (ConnectionError, ValueError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def run(self, host: str, build: Build, ready: threading.Event, stop: asyncio.Event) -> None:
        """Serves until ``stop``: the pages are made when the port is known."""
        first = await asyncio.start_server(self._answer, host, 0)
        self.port = first.sockets[0].getsockname()[1]
        self.sites = build(self.port)
        others = [other for other in self.sites if other != host]
        servers = [first, await asyncio.start_server(self._answer, others, self.port)]
        ready.set()
        await stop.wait()
        for server in servers:
            server.close()


@contextmanager
def serving(host: str, build: Build) -> Iterator[Served]:
    """Serves sites until the block ends; ``build`` makes their pages for a port that ``host`` has free."""
    served, ready = Served(), threading.Event()
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def main() -> None:
        stop = asyncio.Event()
        running.append((asyncio.get_running_loop(), stop))
        await served.run(host, build, ready, stop)

    thread = threading.Thread(target=asyncio.run, args=(main(),), daemon=True)
    thread.start()
    assert ready.wait(60), "the sites did not start"
    try:
        yield served
    finally:
        loop, stop = running[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
