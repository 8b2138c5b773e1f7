"""All simulated portals together: started, stopped, described for the crawler.

>>> with PortalFleet(only=("370323",)) as fleet:
...     [portal.site.place for portal in fleet.portals]
['沂源县']
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from crawler.demo.platforms import PLATFORMS, Portal
from crawler.demo.server import LogEntry, PortalServer
from crawler.demo.site import Site

REGISTRY_COLUMNS = ("portal_id", "region_code", "name", "url", "columns", "hosts", "families", "site_id_code", "note")


class PortalFleet:
    """A context manager: portals run inside it, each host on a loopback address of its own."""

    def __init__(
        self,
        portals: Iterable[Portal] | None = None,
        *,
        seeds: Path | None = None,
        only: Iterable[str] | None = None,
        latency: float = 0.0,
    ) -> None:
        """The ``portals`` given; without any, those of the demo (``only`` some of them)."""
        self.portals: list[Portal] = _demo_portals(seeds, only) if portals is None else list(portals)
        self.servers: dict[str, list[PortalServer]] = {}
        self._latency = latency

    def __enter__(self) -> PortalFleet:
        try:
            for portal in self.portals:
                mine = self.servers.setdefault(portal.site.code, [])
                for role, address in portal.site.hosts.items():
                    mine.append(PortalServer(role, address, portal.respond, latency=self._latency))
                portal.bases = {server.role: server.base_url for server in mine}
            for server in self.all_servers():
                server.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def all_servers(self) -> list[PortalServer]:
        return [server for servers in self.servers.values() for server in servers]

    def stop(self) -> None:
        for server in self.all_servers():
            server.stop()

    def portal(self, code: str) -> Portal:
        return next(portal for portal in self.portals if portal.site.code == code)

    def log(self, code: str | None = None) -> list[LogEntry]:
        """What the hosts of one portal, or all, were asked, in order of time."""
        servers = self.servers[code] if code else self.all_servers()
        return sorted((entry for server in servers for entry in server.log), key=lambda entry: entry.time)

    def errors(self) -> list[str]:
        """Faults of the simulator itself."""
        return [error for server in self.all_servers() for error in server.errors]

    def registry_rows(self) -> list[dict[str, str]]:
        """The portals as rows of the crawler's registry: the home page, and hosts; the column is for it to find."""
        return [
            {
                "portal_id": portal.site.code,
                "region_code": portal.site.code,
                "name": portal.site.name,
                "url": portal.home_url,
                "hosts": " ".join(address for role, address in portal.site.hosts.items() if role != "www"),
                "note": "demo",
            }
            for portal in self.portals
        ]

    def write_registry(self, directory: Path) -> Path:
        """One CSV per province in ``directory``, as the crawler's PORTALS_DIR."""
        return write_registry(directory, self.registry_rows())


def _demo_portals(seeds: Path | None, only: Iterable[str] | None) -> list[Portal]:
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(seeds.glob("*.txt"))} if seeds else {}
    sites = [Site.load(code) for code in only] if only else Site.load_all()
    return [PLATFORMS[site.platform](site, texts) for site in sites]


def write_registry(directory: Path, rows: list[dict[str, str]]) -> Path:
    """Registry rows as files, one per province, in the order given."""
    directory.mkdir(parents=True, exist_ok=True)
    provinces: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        provinces.setdefault(row["region_code"][:2], []).append(row)
    for province, mine in provinces.items():
        with (directory / f"{province}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, REGISTRY_COLUMNS, restval="")
            writer.writeheader()
            writer.writerows(mine)
    return directory
