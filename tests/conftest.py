"""What tests share: simulated portals on loopback, crawls of them in processes of their own.

``fleet`` are the five portals of the demo. ``tiny_portal`` makes a portal out of a few pages. ``crawl`` runs
``scrapy crawl annual_reports`` as a user would and gives back what it left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.fleet import PortalFleet
from crawler.demo.run import Workspace, start_crawl
from crawler.demo.server import PortalServer, Request, Response, page

ROOT = Path(__file__).resolve().parents[1]
PROVINCES = "37,61,14,62,13"
CRAWL_SECONDS = 120


@dataclass(frozen=True)
class Crawled:
    """A crawl that has ended: exit code, what it printed, what it wrote."""

    code: int
    output: str
    workspace: Workspace
    run: Path

    def records(self, name: str) -> list[dict[str, Any]]:
        path = self.run / name
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    @property
    def outcomes(self) -> dict[str, dict[str, Any]]:
        return {record["portal_id"]: record for record in self.records("outcomes.jsonl")}

    @property
    def manifest(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.run / "manifest.json").read_text(encoding="utf-8"))
        return loaded


def run_crawl(
    workspace: Workspace,
    arguments: Mapping[str, str],
    settings: Mapping[str, str] | None = None,
    *,
    run_id: str = "run",
) -> Crawled:
    """One crawl from start to end; it is killed if it takes too long."""
    held = {**workspace.settings(run_id), **(settings or {})}
    process = start_crawl(arguments, held, quiet=True)
    try:
        output = process.communicate(timeout=CRAWL_SECONDS)[0].decode("utf-8", "replace")
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    return Crawled(process.returncode, output, workspace, workspace.runs / run_id)


@pytest.fixture(scope="session")
def fleet() -> Iterator[PortalFleet]:
    """The five portals, slow enough for requests that overlap to be seen."""
    with PortalFleet(latency=0.02) as portals:
        yield portals
    assert portals.errors() == []


@pytest.fixture(scope="session")
def demo_crawl(fleet: PortalFleet, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """The main job over the five portals, once for all tests that look at its result."""
    workspace = Workspace(tmp_path_factory.mktemp("demo"))
    fleet.write_registry(workspace.portals)
    return run_crawl(workspace, {"province": PROVINCES})


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


Answers = Mapping[str, Response | str]


@pytest.fixture
def tiny_portal() -> Iterator[Callable[[Answers], PortalServer]]:
    """Makes a portal of the pages given by path, each on an address of its own; what is not given is 404."""
    servers: list[PortalServer] = []

    def make(answers: Answers) -> PortalServer:
        def respond(request: Request) -> Response:
            answer = answers.get(request.path)
            if answer is None:
                return page("<html><body>404 Not Found</body></html>", status=404)
            return page(answer) if isinstance(answer, str) else answer

        server = PortalServer("www", f"127.0.2.{len(servers) + 1}", respond)
        servers.append(server)
        server.start()
        return server

    yield make
    for server in servers:
        server.stop()
        assert server.errors == []
