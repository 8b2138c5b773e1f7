"""What later runs ask for: requests as a share of the first run's, over the simulated portals of all families.

    python benchmarks/second_run.py [--seed 1] [--only NAME,NAME]

Nothing changes on the portals. Time passes in the ledger: what it knows is made older between two runs. The portals are
small (some 14 requests each in the first run), so that the shares are those of the worst case.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from crawler.demo.fleet import PortalFleet, write_registry
from crawler.demo.run import Workspace, run_crawl
from crawler.demo.server import LogEntry
from tests.portals.cases import fleet_of
from tests.portals.recall import SECONDS, SETTINGS

DATED = (("robots", "fetched_at"), ("pages", "checked_at"), ("portals", "discovered_at"))
LATER = (("at once", 0.0), ("two days later", 2.0), ("eight days later", 6.0), ("ten days later", 2.0))
OFF_SEASON = {"SEASON": "", "PROGRESS_ENABLED": "False"}


def age(ledger: Path, days: float) -> None:
    """Makes all that a ledger knows older."""
    with closing(sqlite3.connect(ledger)) as database, database:
        for table, column in DATED:
            rows = database.execute(f"SELECT rowid, {column} FROM {table} WHERE {column} <> ''").fetchall()
            older = [((datetime.fromisoformat(t) - timedelta(days=days)).isoformat(), row) for row, t in rows]
            database.executemany(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", older)


@contextmanager
def asked_of(fleet: PortalFleet) -> Iterator[list[LogEntry]]:
    """The requests of a run, once it is over."""
    before, entries = len(fleet.log()), list[LogEntry]()
    yield entries
    entries += fleet.log()[before:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", default="", help="these portals, by their names in tests/portals/cases.py")
    options = parser.parse_args()
    only = tuple(filter(None, options.only.split(",")))
    with tempfile.TemporaryDirectory() as directory, fleet_of(options.seed, only, scope="government") as fleet:
        workspace = Workspace(Path(directory))
        write_registry(workspace.portals, fleet.registry_rows())
        provinces = {"province": ",".join(sorted({portal.site.province for portal in fleet.portals}))}
        first = 0
        for number, (when, days) in enumerate((("first run", 0.0), *LATER)):
            if days:
                age(workspace.directory / "ledger.sqlite", days)
            with asked_of(fleet) as entries:
                settings, run_id = SETTINGS | OFF_SEASON, f"run-{number}"
                done = run_crawl(workspace, provinces, settings, run_id=run_id, seconds=SECONDS, remember=True)
            first = first or len(entries)
            kinds = Counter("robots.txt" if entry.target == "/robots.txt" else "pages" for entry in entries)
            told = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
            new = f"{len(done.reports)} new reports, exit code {done.code}"
            print(f"{when:17} {len(entries):5} requests {len(entries) / first:6.1%}  ({told}; {new})", flush=True)


if __name__ == "__main__":
    main()
