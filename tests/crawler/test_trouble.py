"""All troubled portals beside healthy ones in one crawl: each has its outcome, none costs another anything."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.run import Crawled, Workspace, start_crawl
from crawler.demo.server import PortalServer, Request, Response, page
from tests.crawler.raw_servers import Authority, Client, RawServer
from tests.crawler.sites import healthy, row, served, write_rows
from tests.crawler.troubled import TROUBLES, Trouble

HEALTHY = ("healthy-1", "healthy-2", "healthy-3", "healthy-tls")
SETTINGS = {
    "EGRESS_ALLOW": "127.0.9.0/24",
    "DOWNLOAD_TIMEOUT": "6",
    "RETRY_TIMES": "0",
    "PORTAL_SECONDS": "60",
    "PORTAL_PAGES": "100",
    "CITIES_AT_ONCE": "80",
    "BROWSER_PAGES": "0",
    "PAGE_MAXSIZE": "1000000",
}
MEGABYTES = 450


@dataclass
class Scene:
    """The portals, and what came of a crawl over them."""

    crawled: Crawled
    asked: dict[str, int]  # requests, or connections, per portal
    memory: int  # MiB: the most that the crawl's main process had
    seconds: float
    servers: dict[str, PortalServer | RawServer] = field(default_factory=dict)


def serve(trouble: Trouble, address: str, authority: Authority, stack: ExitStack, directory: Path) -> Any:
    if trouble.tls:
        return secured(trouble, address, authority, stack, directory)
    if trouble.behave:
        server = RawServer(address, trouble.behave, greets=trouble.greets)
        stack.callback(server.stop)
        return server
    answers = {path: answer for path, answer in (trouble.answers or {}).items() if answer is not None}

    def respond(request: Request) -> Response:
        answer = answers.get(request.path)
        if answer is None:
            found = trouble.anything(request) if trouble.anything else None
            return found or page("<html><body>404 Not Found</body></html>", status=404)
        if callable(answer):
            return answer(request)
        return page(answer) if isinstance(answer, str) else answer

    portal = PortalServer("www", address, respond)
    portal.start()
    stack.callback(portal.stop)
    return portal


def secured(trouble: Trouble, address: str, authority: Authority, stack: ExitStack, directory: Path) -> RawServer:
    """A server behind a certificate of the kind named; what is asked for never gets through."""
    other = Authority(directory / "other", "Nobody knows it") if trouble.tls == "untrusted" else authority
    context = {
        "expired": lambda: other.context(address, days=-1),
        "self_signed": lambda: other.context(address, self_signed=True),
        "wrong_host": lambda: other.context("127.0.9.254"),
        "old": lambda: other.context(address, old=True),
        "plain": lambda: None,
    }.get(trouble.tls, lambda: other.context(address))()
    answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
    server = RawServer(address, lambda client, _: client.send(answer), tls=context)
    stack.callback(server.stop)
    return server


def healthy_tls(client: Client, request: bytes) -> None:
    """A portal behind a good certificate; one request a connection."""
    path = request.split(b" ")[1].decode()
    answer = healthy().get(path)
    status = "200 OK" if answer else "404 Not Found"
    body = str(answer or "").encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    client.send(head.encode() + body)


def watch(pid: int, most: list[int], over: threading.Event) -> None:
    while not over.wait(0.05):
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return
        most += [int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    directory = tmp_path_factory.mktemp("trouble")
    (directory / "other").mkdir()
    authority = Authority(directory)
    workspace = Workspace(directory)
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(authority.bundle))
        servers: dict[str, Any] = {}
        for number, (name, trouble) in enumerate(TROUBLES.items(), start=1):
            servers[name] = serve(trouble, f"127.0.9.{number}", authority, stack, directory)
        for number, name in enumerate(HEALTHY[:3]):
            servers[name] = stack.enter_context(served(healthy(), f"127.0.9.{200 + number}"))
        servers["healthy-tls"] = RawServer("127.0.9.203", healthy_tls, tls=authority.context("127.0.9.203"))
        stack.callback(servers["healthy-tls"].stop)
        local = stack.enter_context(served(healthy(), "127.0.0.1"))
        urls = {name: server.base_url + "/" for name, server in servers.items()}
        urls = {name: url.replace("http:", "https:") if name.startswith("tls-") else url for name, url in urls.items()}
        closed = stack.enter_context(served({}, "127.0.9.210"))
        closed.stop()
        urls |= {
            "refused": closed.base_url + "/",
            "no-name": "http://no-such-host.invalid/",
            "private-name": f"http://localhost:{local.port}/",
        }
        write_rows(workspace.portals, [row(name, url) for name, url in urls.items()])
        began = time.monotonic()
        process = start_crawl({"province": "37"}, {**workspace.settings("run"), **SETTINGS}, quiet=True)
        most, over = [0], threading.Event()
        watcher = threading.Thread(target=watch, args=(process.pid, most, over))
        watcher.start()
        try:
            output = process.communicate(timeout=150)[0].decode("utf-8", "replace")
        finally:
            over.set()
            watcher.join()
            if process.poll() is None:
                process.kill()
                process.communicate()
        seconds = time.monotonic() - began
        asked = {
            name: len(server.opened if isinstance(server, RawServer) else server.log)
            for name, server in servers.items()
        }
        assert not local.log
        yield Scene(Crawled(process.returncode, output, workspace, workspace.runs / "run"), asked, max(most), seconds)


EXPECTED = {name: (trouble.outcome, trouble.signal) for name, trouble in TROUBLES.items()} | {
    "refused": ("http_error", "connection_refused"),
    "no-name": ("dns", "dns"),
    "private-name": ("dns", "EGRESS_ALLOW=127.0.0.1/32"),
    **dict.fromkeys(HEALTHY, ("ok", "")),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_trouble_has_its_outcome(scene: Scene, name: str) -> None:
    found = scene.crawled.outcomes[name]
    outcome, signal = EXPECTED[name]
    assert (found["outcome"], signal in found["detail"]) == (outcome, True), (found["outcome"], found["detail"])
    assert outcome == "ok" or "retry: " in found["detail"]


def test_all_have_one_outcome_and_none_is_a_bug(scene: Scene) -> None:
    assert sorted(scene.crawled.outcomes) == sorted(EXPECTED)
    assert scene.crawled.code == 1, scene.crawled.output[-3000:]
    assert "Traceback" not in scene.crawled.output


@pytest.mark.parametrize("name", [name for name, trouble in TROUBLES.items() if trouble.most])
def test_it_is_backed_off_from(scene: Scene, name: str) -> None:
    assert scene.asked[name] <= (TROUBLES[name].most or 0)


def test_no_portal_costs_another_time_or_memory(scene: Scene, record_property: Any) -> None:
    outcomes = scene.crawled.outcomes
    for name in HEALTHY:
        assert outcomes[name]["reports"] == 2 or "duplicate" in outcomes[name]["detail"], outcomes[name]
    lines = [f"{'portal':20}{'outcome':24}{'requests':>9}{'seconds':>9}  signal"]
    for name in sorted(outcomes, key=lambda name: (outcomes[name]["outcome"], name)):
        found = outcomes[name]
        signal = EXPECTED[name][1]
        lines.append(f"{name:20}{found['outcome']:24}{scene.asked.get(name, 0):>9}{found['seconds']:>9.1f}  {signal}")
    record_property("measured", "\n".join(lines))
    record_property(
        "measured", f"{len(outcomes)} portals: {scene.memory} MiB, {scene.seconds:.0f} s, {os.cpu_count()} cores"
    )
    assert scene.memory < MEGABYTES
