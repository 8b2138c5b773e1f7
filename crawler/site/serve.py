"""``scrapy site serve``: the site on loopback, with the headers that a web server should send (docs/site.md)."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from crawler.site.archived import DIRECTORY
from crawler.site.pages import INERT_POLICY, POLICY

HOST = "127.0.0.1"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class _Handler(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        archived = Path(self.translate_path(self.path)).parent == Path(self.directory) / DIRECTORY
        policy = f"{INERT_POLICY}; sandbox allow-popups" if archived else POLICY
        self.send_header("Content-Security-Policy", f"{policy}; frame-ancestors 'none'")
        super().end_headers()

    def list_directory(self, path: object) -> None:
        """No listing of directories."""
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        pass


def server(directory: Path, port: int = 0) -> ThreadingHTTPServer:
    """A server of ``directory`` on loopback, not yet started; port 0 takes any free one."""
    return ThreadingHTTPServer((HOST, port), partial(_Handler, directory=str(directory)))
