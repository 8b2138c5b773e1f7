"""Where the browser's own connections end: a proxy on loopback that refuses each of them.

All that a page asks for is fetched by the crawler (``routes``). What is not routed, such as sockets, pop-ups and what a
browser does of itself, is sent here by its settings and gets a 403; nothing is resolved and nothing is connected to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

HEAD_BYTES = 64 * 1024
SECONDS = 5.0
_REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Wall:
    """``await start()`` gives its address; ``refused`` is called for each connection that ends here."""

    def __init__(self, refused: Callable[[], None]) -> None:
        self.refused = refused
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._client, "127.0.0.1", 0, limit=HEAD_BYTES)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SECONDS)
            self.refused()
            writer.write(_REFUSED)
            await writer.drain()
        writer.close()
