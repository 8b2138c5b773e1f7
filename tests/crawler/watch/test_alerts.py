"""Alerts reach a webhook and a mail server, and fail without harm."""

from __future__ import annotations

import email
import email.policy
import json
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from scrapy.settings import Settings

from crawler.demo.run import Workspace
from crawler.errors import InputError
from crawler.watch.alerts import ALWAYS, Channels, news, send
from crawler.watch.report import compose
from tests.crawler.sites import healthy, row, served, write_rows
from tests.crawler.test_budgets import crawl_with
from tests.crawler.watch.test_report import BAD, outcome, run

QUIET = compose(run(outcome("a", reports=1), verdict=0), {})
NEWS = compose(run(outcome("a", BAD)), {"a": [("r2", outcome("a", BAD)), ("r1", outcome("a", BAD))]})


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]  # type: ignore[index]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def webhook(*statuses: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A receiver that answers with ``statuses`` in turn, then with 200."""
    got: list[dict[str, Any]] = []
    answers = iter(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append({"type": self.headers["Content-Type"], **json.loads(body)})
            self.send_response(next(answers, 200))
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None: ...

    with serving(HTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"http://127.0.0.1:{port}/hook", got


@contextmanager
def mail_server(refuse: bool = False) -> Iterator[tuple[str, list[EmailMessage]]]:
    """As much of SMTP as a client needs to hand over a message."""
    got: list[EmailMessage] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 test\r\n")
            while line := self.rfile.readline():
                verb = line.split()[0].upper() if line.split() else b""
                if verb == b"RCPT" and refuse:
                    self.wfile.write(b"550 nobody here\r\n")
                elif verb == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    body = b"".join(iter(self.rfile.readline, b".\r\n"))
                    got.append(email.message_from_bytes(body, policy=email.policy.default))  # type: ignore[arg-type]
                    self.wfile.write(b"250 ok\r\n")
                elif verb == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                else:
                    self.wfile.write(b"250 ok\r\n")

    with serving(socketserver.TCPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"127.0.0.1:{port}", got


def mail_to(server: str) -> Channels:
    return Channels(to=("ops@example.org",), sender="nianbao@example.org", smtp=server, encryption="none", seconds=5)


def test_a_webhook_gets_what_is_new() -> None:
    with webhook() as (url, got):
        assert send(NEWS, "<html>", Channels(webhook=url)) == []
    (told,) = got
    assert told["type"].startswith("application/json")
    assert (told["run_id"], told["verdict"], told["news"]["attention_count"]) == ("now", 1, 1)
    assert "沂源县人民政府 timeout" in told["text"]


def test_nothing_is_sent_about_a_quiet_run_unless_asked_for() -> None:
    with webhook() as (url, got):
        assert send(QUIET, "", Channels(webhook=url)) == []
        assert got == []
        send(QUIET, "", Channels(webhook=url, when=ALWAYS))
        assert [told["news"] for told in got] == [{}]


def test_a_failed_run_is_always_news() -> None:
    failed = compose(run(verdict=2, reasons=["finish_reason shutdown"]), {})
    assert news(failed) == {"failure": ["finish_reason shutdown"]}


def test_a_mail_has_the_text_and_the_page() -> None:
    with mail_server() as (server, got):
        assert send(NEWS, "<html>页</html>", mail_to(server)) == []
    (mail,) = got
    assert mail["To"] == "ops@example.org"
    assert "now" in mail["Subject"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert "沂源县人民政府" in body.get_content()
    (page,) = mail.iter_attachments()
    assert (page.get_filename(), page.get_content().strip()) == ("now.html", "<html>页</html>")


def test_what_cannot_be_delivered_is_logged_and_the_other_channel_is_served(caplog: pytest.LogCaptureFixture) -> None:
    with webhook(500) as (url, got), mail_server(refuse=True) as (server, _):
        assert send(NEWS, "", replace(mail_to(server), webhook=url)) == ["e-mail"]
        assert len(got) == 2, "a second try after an error"
    with webhook(302, 302) as (url, got):
        assert send(NEWS, "", Channels(webhook=url)) == ["webhook"], "a redirect is no delivery"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = Channels(webhook=f"http://127.0.0.1:{closed.getsockname()[1]}/secret-token", seconds=2)
        assert send(NEWS, "", nobody) == ["webhook"]
    assert caplog.text.count("alert not delivered") == 3
    assert "secret-token" not in caplog.text


class Drip(socketserver.BaseRequestHandler):
    """Begins to answer and goes on for longer than anybody waits, a byte at a time."""

    begins: ClassVar = {b"POST": b"HTTP/1.1 200 OK\r\nX-Slow: ", b"": b"220-"}

    def handle(self) -> None:
        with suppress(OSError):
            self.request.settimeout(0.2)
            verb = b""
            with suppress(TimeoutError):  # a mail server speaks first
                verb = self.request.recv(65536)[:4]
            self.request.sendall(self.begins[verb])
            for _ in range(600):
                time.sleep(0.1)
                self.request.sendall(b"x")


def test_a_server_that_never_ends_its_answer_is_left(caplog: pytest.LogCaptureFixture) -> None:
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads, block_on_close = True, False

    with serving(Server(("127.0.0.1", 0), Drip)) as port:
        channels = replace(mail_to(f"127.0.0.1:{port}"), webhook=f"http://127.0.0.1:{port}/", seconds=0.7)
        assert send(NEWS, "", channels) == ["webhook", "e-mail"]
    assert caplog.text.count("TimeoutError: 0.7 s") == 2


@pytest.mark.parametrize(
    "given",
    [
        {"ALERT_WHEN": "sometimes"},
        {"ALERT_WEBHOOK": "ftp://a/"},
        {"ALERT_MAIL_TO": "a@b.c", "ALERT_MAIL_FROM": ""},
        {"ALERT_SMTP_ENCRYPTION": "rot13"},
        {"ALERT_WEBHOOK": "http://a b/"},
        {"ALERT_WEBHOOK": "http://"},
        {"ALERT_WEBHOOK": "http://[::1"},
        {"ALERT_WEBHOOK": "http://a:99999/"},
        {"ALERT_MAIL_TO": "a@b.c", "ALERT_MAIL_FROM": "a@b.c", "ALERT_SMTP": "localhost:smtp"},
        {"ALERT_MAIL_TO": "a@b.c\nBcc: d@e.f", "ALERT_MAIL_FROM": "a@b.c"},
    ],
)
def test_wrong_settings_are_explained(given: dict[str, str]) -> None:
    settings = Settings()
    settings.setmodule("settings.default")
    settings.setdict(given, priority="cmdline")
    with pytest.raises(InputError, match="ALERT_"):
        Channels.of(settings)


def test_a_run_that_cannot_be_published_is_told(tmp_path: Path) -> None:
    code = (
        "from crawler.run import RunDirectory\n"
        "def broken(self, manifest, **more): raise OSError(28, 'No space left on device')\n"
        "RunDirectory.publish = broken"
    )
    workspace = Workspace(tmp_path)
    with webhook() as (url, got), served(healthy(), "127.0.7.1") as server:
        write_rows(workspace.portals, [row("a", server.base_url + "/")])
        done = crawl_with(workspace, code, ALERT_WEBHOOK=url)
    assert done.code == 2, done.output
    (told,) = got
    assert (told["verdict"], told["run_id"]) == (2, "run")
    assert "No space left on device" in told["text"]
