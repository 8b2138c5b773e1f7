"""A crawl over sixty portals in which processes are killed, and what must be the same in spite of it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import select

from crawler.archive.records import records
from crawler.archive.writer import segments
from crawler.demo.run import ROOT, Workspace
from crawler.demo.server import PortalServer, page
from crawler.ledger import schema
from crawler.ledger.engine import open_engine
from parsers import regions
from tests.crawler.sites import Answer, column_page, healthy, home_page, report_page, row, served, write_rows
from tests.postgres import PostgresServer

PORTALS = 60
YEARS = (2022, 2023, 2024)
SECONDS = 900  # far more than a crawl takes on a busy machine
LATENCY = 0.1
PLACES = {"fetched_at", "record_id", "offset", "length", "file", "archive"}  # of archived documents, and times


@contextmanager
def sixty(directory: Path) -> Iterator[list[PortalServer]]:
    """The portals, each a county's, three of which show nothing without a browser and one has no column."""
    counties = [code for code in regions.current_codes() if code.startswith("37") and not code.endswith("00")]
    with ExitStack() as stack:
        servers, rows = [], []
        for number, code in enumerate(counties[:PORTALS]):
            region = regions.by_code(code)
            assert region is not None
            pages = _site(f"{region.county}人民政府", number)
            server = stack.enter_context(served(pages, f"127.0.9.{number + 1}", latency=LATENCY))
            servers.append(server)
            rows.append(row(code, server.base_url + "/", code))
        write_rows(directory, rows)
        yield servers
        assert not [error for server in servers for error in server.errors]


def _site(organ: str, number: int) -> dict[str, Answer]:
    if number == 7:
        return {"/": home_page()}
    pages = healthy(organ, YEARS)
    if number % 20 == 3:
        fill = "document.querySelector('ul').innerHTML = t"
        script = f"<script>fetch('/rows').then(r => r.text()).then(t => {{{fill}}})</script>"
        shown = {f"/zfxxgknb/t{year}.html": f"{organ}{year}年政府信息公开工作年度报告" for year in YEARS}
        items = "".join(f'<li><a href="{url}">{title}</a><span>2025-01-20</span></li>' for url, title in shown.items())
        pages |= {"/zfxxgknb/": column_page({}).replace("</body>", script + "</body>"), "/rows": page(items)}
        pages["/zfxxgknb/t2024.html"] = report_page(organ, 2024)
    return pages


@dataclass(slots=True)
class Scene:
    """The portals, the database and one command that is repeated until its run is complete."""

    directory: Path
    servers: list[PortalServer]
    database: PostgresServer
    chance: random.Random
    cluster: bool = False
    numbers: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    log: list[str] = field(default_factory=list)
    stored: dict[tuple[str, str], float] = field(default_factory=dict)  # when documents of a run were in its archive
    ends: dict[str, float] = field(default_factory=dict)  # when runs were complete

    @property
    def asked(self) -> int:
        return sum(len(server.log) for server in self.servers)

    def run(self, kills: int) -> tuple[dict[str, Any], int]:
        """A run of its own with at most that many kills: its result, and how many there were."""
        self.numbers += 1
        name = f"{'cluster' if self.cluster else 'crawl'}-{self.numbers}"
        workspace = Workspace(self.directory / name)
        url, begun, done = self.database.database(), self.asked, 0
        moments = sorted(self.chance.random() for _ in range(kills))
        for attempt in range(kills + 12):
            self.attempts += 1
            process = self._start(workspace, url)
            try:
                while done < len(moments) and self._kill(process, workspace, begun, moments[done]):
                    done += 1
                    if process.poll() is not None:
                        break
                process.communicate(timeout=SECONDS)
            finally:
                _end(process)
            if (workspace.runs / "run" / "manifest.json").exists():
                self.ends[name] = time.monotonic()
                return result(workspace.runs / "run", url), done
            self.log.append(f"{name}: attempt {attempt + 1} ended with {process.returncode}")
        raise AssertionError("\n".join([*self.log, "the run never ended"]))

    def _start(self, workspace: Workspace, url: str) -> subprocess.Popen[bytes]:
        settings = {
            **workspace.settings("run"), "LEDGER_URL": url, "PORTALS_DIR": str(self.directory / "portals"),
            "DOWNLOAD_DELAY": "0.02", "CITIES_AT_ONCE": "6", "PARSE_WORKERS": "2",
        }  # fmt: skip
        words = [word for pair in settings.items() for word in ("-s", "=".join(pair))]
        what = ["cluster", "run", "--workers", "2", "--shards", "6"] if self.cluster else ["crawl", "annual_reports"]
        workspace.directory.mkdir(parents=True, exist_ok=True)
        with (workspace.directory / "output.txt").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "scrapy", *what, "-a", "province=37", *words],
                cwd=ROOT, env={**os.environ, "SCRAPY_PROJECT": "demo"}, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    # --- kills ---------------------------------------------------------------------------------------------

    def _kill(self, process: subprocess.Popen[bytes], workspace: Workspace, begun: int, moment: float) -> bool:
        """Waits for a moment of the run, or of its start, and kills one of its processes; False if it ended before."""
        starts = self.chance.random() < 0.15
        pause = self.chance.uniform(0, 6) if starts else self.chance.uniform(0, 0.4)
        kinds = ["client", "crawler", "database"] if self.cluster else ["crawler", "parser", "browser"] * 2
        kind = self.chance.choice(["client" if self.cluster else "crawler"] if starts else [*kinds, "database"])
        wanted = begun if starts else begun + moment * self.expected
        while self.asked < wanted:
            if process.poll() is not None:
                return False
            time.sleep(0.01)
        time.sleep(pause)
        victim = None
        while kind != "database" and (victim := self._victim(process, kind)) is None:
            if process.poll() is not None:
                return False
            time.sleep(0.01)
        if process.poll() is not None:
            return False
        family = [process.pid, *(child.pid for child in _children(process.pid))]
        if victim is None:
            self._restart_database()
        else:
            with suppress(psutil.NoSuchProcess):
                victim.kill()
            if victim.pid == process.pid:
                process.wait()
                _gone(set(family) - {process.pid})
                self._archived(workspace, time.monotonic())
        self.kills[kind] += 1
        self.log.append(f"{workspace.directory.name}: {kind} killed after {self.asked - begun} requests")
        return True

    @property
    def expected(self) -> int:
        return PORTALS * (len(YEARS) + 3)

    def _victim(self, process: subprocess.Popen[bytes], kind: str) -> psutil.Process | None:
        if kind == "client" or (kind == "crawler" and not self.cluster):
            return psutil.Process(process.pid) if process.poll() is None else None
        children = _children(process.pid)
        named = {
            "parser": lambda words: "parsers.worker" in words,
            "browser": lambda words: "chromium" in words and "--type=" not in words,
            "crawler": lambda words: words.startswith("shard "),
        }[kind]
        found = [child for child in children if named(_words(child))]
        return self.chance.choice(found) if found else None

    def _restart_database(self) -> None:
        pid = int((self.database.directory / "data" / "postmaster.pid").read_text().split()[0])
        processes = [psutil.Process(pid), *_children(pid)]
        for each in processes:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(processes, timeout=30)
        time.sleep(self.chance.uniform(0, 1))
        (self.database.directory / "data" / "postmaster.pid").unlink(missing_ok=True)
        self.database.start()

    # --- what was stored is not asked for again -------------------------------------------------------------

    def _archived(self, workspace: Workspace, at: float) -> None:
        runs = [workspace.runs / "run", *workspace.directory.glob("shards/run/runs/*")]
        for path in (segment for run in runs for segment in segments(run)):
            with suppress(OSError):
                for record in records(path):
                    if record.kind == "response":
                        self.stored.setdefault((workspace.directory.name, record.url), at)

    def fetched_again(self) -> list[str]:
        """Documents that were asked for in a run after they had been in its archive."""
        asked: dict[str, list[float]] = {}
        for server in self.servers:
            for entry in server.log:
                asked.setdefault(server.base_url + entry.target, []).append(entry.time)
        return [
            f"{name}: {url}"
            for (name, url), at in self.stored.items()
            if any(at < moment < self.ends[name] for moment in asked.get(url, ()))
        ]


def result(run: Path, ledger: str) -> dict[str, Any]:
    """What a run says, without times and places in archives."""
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    reports = [_plain(json.loads(line)) for line in (run / "reports.jsonl").read_bytes().splitlines()]
    outcomes = [json.loads(line) for line in (run / "outcomes.jsonl").read_bytes().splitlines()]
    for outcome in outcomes:
        for name in ("pages", "bytes", "seconds"):
            outcome.pop(name)
    engine = open_engine(ledger)
    with engine.connect() as connection:
        table = schema.REPORTS.c
        versions = connection.execute(
            select(table.report_id, table.revision, table.fingerprint, table.gone_since)
        ).all()
        table = schema.OUTCOMES.c
        noted = connection.execute(select(table.portal_id, table.outcome, table.reports)).all()
        table = schema.PAGES.c
        pages = connection.execute(select(table.portal_id, table.url, table.kind, table.content_sha256)).all()
    engine.dispose()
    return {
        "reports": sorted(json.dumps(report, sort_keys=True, ensure_ascii=False) for report in reports),
        "outcomes": sorted(json.dumps(outcome, sort_keys=True, ensure_ascii=False) for outcome in outcomes),
        "counts": manifest["counts"],
        "verdict": (manifest["verdict"], manifest["reasons"], manifest["complete"]),
        "ledger": [sorted(map(tuple, rows), key=str) for rows in (versions, noted, pages)],
        "parts": sorted(path.name for path in run.rglob("*.part")),
    }


def _plain(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: _plain(value) for name, value in told.items() if name not in PLACES}
    return [_plain(each) for each in told] if isinstance(told, list) else told


# --- processes ----------------------------------------------------------------------------------------------


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _words(process: psutil.Process) -> str:
    try:
        name = process.name()  # of a shard, which has the words of what it was forked from
        return name if name.startswith("shard ") else " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


def _gone(pids: set[int], seconds: float = 60) -> None:
    """What a killed process had started ends by itself."""
    until = time.monotonic() + seconds
    while left := [pid for pid in pids if _lives(pid)]:
        assert time.monotonic() < until, [_words(psutil.Process(pid)) for pid in left if _lives(pid)]
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        for each in [*_children(process.pid), psutil.Process(process.pid)]:
            with suppress(psutil.NoSuchProcess):
                each.send_signal(signal.SIGKILL)
        process.wait()
