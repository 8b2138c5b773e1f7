"""Portals for measuring a crawl: many of them, as heavy as real ones, served by a process of their own.

``serving(composed_hosts, 300)`` starts the process. In it ``composed_hosts(300)`` gives the hosts, each a function
from a request to a response on an address of its own, and one loop answers for all. An answer is made once and kept,
so that after a first crawl serving costs next to nothing. ``Serving.log`` is what was asked.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from multiprocessing.connection import Connection

from crawler.demo.platforms import Portal
from crawler.demo.server import Request, Response, page, request_of
from tests.crawler.sites import column_page, home_page, report_page
from tests.portals.cases import CASES
from tests.portals.contents import make_site

MENUS, MENU_LINKS = 8, 70  # with the script as heavy as the median home page of 3,209 portals, 87 kB
START_SECONDS = 120.0
_LINK = (
    '<li class="nav-item{1}" id="n{0}"><a href="/zwgk/list_{0}.html" target="_blank" title="{0}">'
    "<span>column {0}</span></a></li>"
)
_SCRIPT = "<script>" + "var menu=[];for(var i=0;i<9;i++){menu.push(i);}\n" * 300 + "</script>"


def in_portal(body: bytes) -> bytes:
    """A page with the menus and the scripts that portals carry: the same on all pages, but for the item that is
    marked as the present one."""
    present = zlib.crc32(body) % (MENUS * MENU_LINKS)
    items = [_LINK.format(n, " on" if n == present else "") for n in range(MENUS * MENU_LINKS)]
    menus = "".join(f"<ul>{''.join(items[n : n + MENU_LINKS])}</ul>" for n in range(0, len(items), MENU_LINKS))
    return body.replace(b"<body", f"<body data-menu='1'>{menus}{_SCRIPT}<div".encode("ascii"), 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request and the status of its answer: enough to ask again."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    status: int
    host: str = ""
    begun: float = 0.0  # seconds of a clock of the serving process
    ended: float = 0.0


@dataclass(slots=True)
class Host:
    """An address and what answers there. ``base`` is its full address once the port is known."""

    address: str
    respond: Callable[[Request], Response]
    role: str = "www"
    portal: Portal | None = None
    latency: tuple[float, float] = (0.0, 0.0)  # seconds that an answer takes, from and to
    code: str = "370323"  # region of a portal without contents of its own
    answers: dict[tuple[str, str, str, bytes], tuple[int, bytes]] = field(default_factory=dict)


Row = dict[str, str]
"""A row of the registry."""
Hosts = Callable[[int], list[Host]]


def composed_hosts(number: int) -> list[Host]:
    """Portals of all kinds in ``tests/portals``, each of a county of its own, with the frames of real ones. There are
    1,684 such counties; ``ValueError`` for more portals."""
    cases = [case for case in CASES if case.scope == "government"]
    hosts = []
    for n in range(number):
        case = cases[n % len(cases)]
        addresses = {role: f"127.{20 + place}.{n // 200}.{n % 200 + 1}" for place, role in enumerate(case.hosts)}
        portal = case.platform(make_site(case, "benchmark", n, addresses))
        hosts += [Host(address, partial(_heavy, portal), role, portal) for role, address in addresses.items()]
    if len({host.portal.site.code for host in hosts if host.portal}) < number:
        raise ValueError(f"{number} portals: fewer counties have a name of their own")
    return hosts


def _heavy(portal: Portal, request: Request) -> Response:
    answer = portal.respond(request)
    is_page = answer.status == 200 and (answer.content_type or "").startswith("text/html") and b"<body" in answer.body
    heavy = is_page and b"<a " in answer.body  # one without a link sends its reader on, and is as small in truth
    return Response(in_portal(answer.body), 200, answer.content_type, answer.headers) if heavy else answer


def small_hosts(number: int) -> list[Host]:
    """That many portals of three pages: a home page, a column and a report."""
    title = "沂源县人民政府2024年政府信息公开工作年度报告"
    pages = {
        "/": home_page({"/nb/": "政府信息公开年报"}),
        "/nb/": column_page({"/nb/t2024.html": title}),
        "/nb/t2024.html": report_page(),
    }
    answers = {path: page(text) for path, text in pages.items()}
    missing = page("<html><body>404 Not Found</body></html>", status=404)

    def respond(request: Request) -> Response:
        return answers.get(request.path, missing)

    return [Host(f"127.{20 + n // 62500}.{n // 250 % 250}.{n % 250 + 1}", respond) for n in range(number)]


def _rows(hosts: list[Host], port: int) -> list[Row]:
    """Who the portals are, as rows of the registry."""
    rows: dict[str, Row] = {}
    for number, host in enumerate(hosts):
        base, portal = f"http://{host.address}:{port}", host.portal
        if portal is None:
            name = f"第{number}号门户"
            row = {"portal_id": f"p{number}", "region_code": host.code, "name": name, "url": base + "/"}
        else:
            portal.bases[host.role] = base
            code = portal.site.code
            row = {"portal_id": code, "region_code": code, "name": portal.site.name, "url": base + "/", "hosts": ""}
        first = rows.setdefault(row["portal_id"], row)
        if first is not row:
            first["hosts"] += f" {host.address}"
    return list(rows.values())


# --- the process that serves ------------------------------------------------------------------------------


@dataclass(slots=True)
class Serving:
    """The server as its caller sees it."""

    rows: list[Row]
    connection: Connection

    def log(self) -> list[Asked]:
        """What was asked since the last call, in order."""
        self.connection.send("log")
        asked: list[Asked] = self.connection.recv()
        return asked

    def call(self, function: Callable[[int], None], value: int) -> None:
        """Calls a function of a module in the serving process; what portals say from then on is made anew."""
        self.connection.send((function, value))
        self.connection.recv()


@contextmanager
def serving(hosts: Hosts, number: int) -> Iterator[Serving]:
    """That many portals, up while the context is open."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(hosts, number, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(START_SECONDS):
            raise TimeoutError("the portals did not come up")
        yield Serving(ours.recv(), ours)
    finally:
        ours.close()
        process.join(10)
        process.kill()


def _serve(make: Hosts, number: int, caller: Connection) -> None:
    asyncio.run(_answer_all(make(number), caller))


async def _answer_all(hosts: list[Host], caller: Connection) -> None:
    """Answers on one port of all addresses until the caller closes its end."""
    log: list[Asked] = []
    over = asyncio.Event()
    by_address = {host.address: host for host in hosts}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address, port = writer.get_extra_info("sockname")[:2]
        try:
            while line := await reader.readline():
                await _exchange(line, reader, writer, by_address[address], f"http://{address}:{port}", log)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def told() -> None:
        try:
            told = caller.recv()
            if told == "log":
                caller.send(log)
                log.clear()
                return
            function, value = told
            function(value)
            for host in by_address.values():
                host.answers.clear()
            caller.send(None)
        except (EOFError, OSError):
            over.set()

    first = await asyncio.start_server(talk, hosts[0].address, 0)
    port = first.sockets[0].getsockname()[1]
    rest = await asyncio.start_server(talk, [host.address for host in hosts[1:]], port) if len(hosts) > 1 else None
    asyncio.get_running_loop().add_reader(caller.fileno(), told)
    caller.send(_rows(hosts, port))
    await over.wait()
    for server in filter(None, (first, rest)):
        server.close()


async def _exchange(
    line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: Host, base: str, log: list[Asked]
) -> None:
    method, target, _ = line.decode("latin-1").split()
    headers: dict[str, str] = {}
    while header := (await reader.readline()).decode("latin-1").strip():
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    begun = time.monotonic()
    if host.latency[1]:
        await asyncio.sleep(random.uniform(*host.latency))
    key = (method, target, headers.get("referer", ""), body)
    if key not in host.answers:
        host.answers[key] = _written(host.respond(request_of(method, target, headers, body, host.role)))
    status, answer = host.answers[key]
    kept = {name: headers[name] for name in ("referer", "content-type") if name in headers}
    log.append(Asked(method, base + target, kept, body, status, host.address, begun, time.monotonic()))
    writer.write(answer)
    await writer.drain()


def _written(answer: Response) -> tuple[int, bytes]:
    headers = {"Content-Type": answer.content_type, "Content-Length": len(answer.body), **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return answer.status, "\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body
