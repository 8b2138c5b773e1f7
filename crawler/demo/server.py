"""One simulated host: a small threaded HTTP server on a loopback address, and the log of what it was asked.

The server answers ``GET``, ``HEAD`` and ``POST`` through a ``respond`` function, keeps connections open as real
portals do, and notes for every request when it came, how many others were being answered at that moment and how
many connections were open: the politeness of a crawler as its target sees it. ``stop`` returns when every thread
of the server has ended.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

MAX_FORM_BYTES = 64 * 1024
MAX_LOG_ENTRIES = 20_000
IDLE_SECONDS = 15.0
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked for. ``host`` is the role of the host within its portal (``www``, ``xxgk``).

    ``headers`` by their names in small letters.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    host: str = "www"
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None  # what a body of JSON holds


def request_of(method: str, target: str, headers: Mapping[str, str], body: bytes, host: str) -> Request:
    """A request as it came in; ``headers`` by their names in small letters."""
    parts, text = urlsplit(target), body.decode("utf-8", "replace")
    is_json = headers.get("content-type", "").startswith("application/json")
    data, form = (json.loads(text), {}) if is_json else (None, dict(parse_qsl(text, keep_blank_values=True)))
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Request(method, parts.path, query, form, host, headers, data)


@dataclass(frozen=True, slots=True)
class Response:
    """What a portal answers. ``drop`` closes the connection without a word, as a dying server does."""

    body: bytes = b""
    status: int = 200
    content_type: str | None = HTML
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False


def page(text: str, *, status: int = 200, encoding: str = "utf-8", content_type: str | None = HTML) -> Response:
    """An HTML answer.

    >>> page("<p>年报</p>").body.decode()
    '<p>年报</p>'
    """
    return Response(text.encode(encoding), status, content_type)


def redirect(location: str, status: int = 301) -> Response:
    """An answer that sends the client elsewhere."""
    return Response(b"", status, HTML, {"Location": location})


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One request as the server saw it. ``concurrent`` counts the requests in progress, this one included."""

    time: float
    method: str
    target: str
    status: int
    concurrent: int
    connections: int
    user_agent: str


Responder = Callable[[Request], Response]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Portal"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        owner = cast(_Server, self.server).owner
        length = min(int(self.headers.get("Content-Length") or 0), MAX_FORM_BYTES)
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = request_of(self.command, self.path, headers, body, owner.role)
        with owner.in_progress() as concurrent:
            arrived = time.monotonic()
            response = owner.answer(request)
            if owner.latency:
                time.sleep(owner.latency)
            owner.note(
                LogEntry(
                    time=arrived,
                    method=self.command,
                    target=self.path,
                    status=response.status,
                    concurrent=concurrent,
                    connections=owner.open_connections(),
                    user_agent=self.headers.get("User-Agent", ""),
                )
            )
            self._send(response)

    def _send(self, response: Response) -> None:
        if response.drop:
            self.close_connection = True
            return
        lines = [f"HTTP/1.1 {response.status} {self.responses.get(response.status, ('Status', ''))[0]}"]
        headers = {"Server": "nginx", "Date": self.date_time_string(), "Content-Length": str(len(response.body))}
        if response.content_type:
            headers["Content-Type"] = response.content_type
        lines += [f"{name}: {value}" for name, value in {**headers, **response.headers}.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        with contextlib.suppress(ConnectionError, TimeoutError):
            self.wfile.write(head + (b"" if self.command == "HEAD" else response.body))

    do_GET = do_POST = do_HEAD = _answer  # noqa: N815 - the names http.server looks for

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the request log of the owner is the record."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 64
    owner: PortalServer

    def process_request(self, request: Any, client_address: Any) -> None:
        self.owner.opened(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.owner.closed(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no event; anything else fails the caller through ``errors``."""
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError)):
            self.owner.errors.append(repr(error))


class PortalServer:
    """A host of a portal: ``role`` within it, the loopback ``address``, the function that answers."""

    def __init__(self, role: str, address: str, respond: Responder, *, latency: float = 0.0) -> None:
        self.role = role
        self.address = address
        self.latency = latency
        self.log: deque[LogEntry] = deque(maxlen=MAX_LOG_ENTRIES)
        self.errors: list[str] = []
        self._respond = respond
        self._lock = threading.Lock()
        self._in_progress = 0
        self._sockets: set[socket.socket] = set()
        self._thread: threading.Thread | None = None
        self._server = _Server((address, 0), _Handler)
        self._server.owner = self

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def base_url(self) -> str:
        return f"http://{self.address}:{self.port}"

    def start(self) -> None:
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name=f"portal-{self.address}",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Refuse new connections, cut the open ones, wait for the threads."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        with self._lock:
            sockets = list(self._sockets)
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    def answer(self, request: Request) -> Response:
        try:
            return self._respond(request)
        except Exception as error:  # a fault of the simulator must fail a test, not look like a portal's
            self.errors.append(f"{request.path}: {error!r}")
            return page("simulator error", status=500)

    @contextlib.contextmanager
    def in_progress(self) -> Iterator[int]:
        with self._lock:
            self._in_progress += 1
            concurrent = self._in_progress
        try:
            yield concurrent
        finally:
            with self._lock:
                self._in_progress -= 1

    def note(self, entry: LogEntry) -> None:
        self.log.append(entry)

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._sockets.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._sockets.discard(connection)

    def open_connections(self) -> int:
        with self._lock:
            return len(self._sockets)
