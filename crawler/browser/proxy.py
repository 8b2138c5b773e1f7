"""The browser's only way to the network: a proxy on loopback that connects to checked addresses alone.

A browser resolves names by itself, so a check beforehand would leave a gap. Here the address that is checked is the
address that is connected to, for every request that a page makes: documents, scripts, redirects, sockets. ``CONNECT``
and plain requests are served; anything else is 405. A refused address is counted under ``egress/refused_browser``.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from crawler.middlewares.egress import Network, may_visit

MOST_BYTES = 24 * 1024 * 1024  # of one connection
HEAD_BYTES = 64 * 1024
SECONDS = 30.0
_REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_FAILED = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_UNKNOWN = b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class EgressProxy:
    """``await start()`` gives its address; ``await stop()`` cuts all connections."""

    def __init__(self, allowed: tuple[Network, ...], refused: Callable[[str, str], None]) -> None:
        self.allowed = allowed
        self.refused = refused
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._client, "127.0.0.1", 0, limit=HEAD_BYTES)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SECONDS)
            await self._serve(head, reader, writer)
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            with suppress(OSError):
                writer.write(_FAILED)
        finally:
            with suppress(OSError):
                writer.close()

    async def _serve(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, _, fields = head.partition(b"\r\n")
        method, _, rest = line.partition(b" ")
        target = rest.rpartition(b" ")[0].decode("latin-1")
        tunnel = method == b"CONNECT"
        parts = urlsplit(f"//{target}" if tunnel else target)
        if not parts.hostname or (not tunnel and parts.scheme != "http"):
            writer.write(_UNKNOWN)
            return
        address = await self._resolve(parts.hostname)
        if address is None:
            writer.write(_REFUSED)
            return
        far_reader, far_writer = await asyncio.wait_for(
            asyncio.open_connection(address, parts.port or (443 if tunnel else 80)), SECONDS
        )
        try:
            if tunnel:
                writer.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
            else:
                path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                far_writer.write(method + b" " + path.encode("latin-1") + b" HTTP/1.1\r\n" + _forwarded(fields))
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        finally:
            with suppress(OSError):
                far_writer.close()

    async def _resolve(self, host: str) -> str | None:
        """The address to connect to, or None where one that the name has may not be visited."""
        try:
            addresses = [str(ipaddress.ip_address(host))]
        except ValueError:
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            addresses = [str(info[4][0]) for info in found]
        for address in addresses:
            if not may_visit(address.partition("%")[0], self.allowed):
                self.refused(host, address)
                return None
        return addresses[0]


def _forwarded(fields: bytes) -> bytes:
    """The header fields for the server: none that speaks to a proxy, and one request a connection.

    >>> _forwarded(b"Host: a\\r\\nProxy-Connection: keep-alive\\r\\nConnection: keep-alive\\r\\n\\r\\n")
    b'Host: a\\r\\nConnection: close\\r\\n\\r\\n'
    """
    kept = [
        line
        for line in fields.split(b"\r\n")
        if line and not line.lower().startswith((b"proxy-", b"connection:", b"keep-alive:"))
    ]
    return b"\r\n".join([*kept, b"Connection: close", b"", b""])


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copies until the end, at most ``MOST_BYTES``; a side that is silent for too long ends it."""
    left = MOST_BYTES
    with suppress(OSError, TimeoutError):
        while left > 0 and (data := await asyncio.wait_for(reader.read(65536), SECONDS)):
            left -= len(data)
            writer.write(data)
            await writer.drain()
    with suppress(OSError, RuntimeError):
        if writer.can_write_eof():
            writer.write_eof()
