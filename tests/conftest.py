"""What tests share: simulated portals on loopback, crawls of them in processes of their own.

``fleet`` are the five portals of the demo. ``tiny_portal`` makes a portal out of a few pages.
``demo_crawl`` is one crawl of the five, shared by all tests that only look at what it left.
``postgres`` is a PostgreSQL server of the tests' own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from crawler.demo.fleet import PortalFleet
from crawler.demo.run import Crawled, Workspace, run_crawl
from crawler.demo.server import PortalServer, Request, Response, page
from tests.postgres import PostgresServer

PROVINCES = "37,61,14,62,13"


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for all tests of a process; ``postgres.database()`` is a database of one's own."""
    if not PostgresServer.is_installed():
        pytest.skip("PostgreSQL is not installed")
    with PostgresServer() as server:
        yield server


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured (``record_property("measured", text)``), whichever process they ran in."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "measured":
                terminalreporter.write_line(str(value))
