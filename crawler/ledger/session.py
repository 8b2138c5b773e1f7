"""The ledger as one run uses it: awaited from the reactor, done in threads, never in the way of the crawl.

A database that fails is tried again for a while. When it stays away, what a visit needs to know can't be had
(``LedgerLost``: the run is ended), but what a visit has found is safe: it stands in the run's journal, and is written
at the end of this run, or at the beginning of a later one.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar

from crawler.errors import InputError
from crawler.ledger.records import Memory, PortalRecord, Robots, Version
from crawler.ledger.store import Ledger, LedgerLost
from crawler.run import MANIFEST, RunDirectory

logger = logging.getLogger(__name__)

JOURNAL = "memory.jsonl"
PAUSES = (1.0, 4.0, 15.0)  # seconds before another attempt
Result = TypeVar("Result")


class LedgerSession:
    """``url`` empty: nothing is known, nothing is kept."""

    def __init__(self, ledger: Ledger | None, run_id: str = "", published: Path = Path()) -> None:
        self.ledger = ledger
        self.run_id = run_id
        self.published = published  # the manifest with which what the run found is published
        self.lost = ""  # why what was found could not be written
        self._reading = ThreadPoolExecutor(2, "ledger-read")
        self._writing = ThreadPoolExecutor(1, "ledger-write")
        self._open: set[asyncio.Future[None]] = set()

    @classmethod
    def begin(cls, url: str, run: RunDirectory, arguments: dict[str, str], merged_into: str = "") -> Self:
        """Opens the ledger of a run, and brings it up to date with what earlier runs could not write.

        The reports of a shard count as published when the run in ``merged_into`` is.
        """
        if not url:
            return cls(None)
        ledger = Ledger.open(url)
        try:
            catch_up(ledger, run.path.parent, but=run.run_id)
            where = Path(merged_into or run.path)
            ledger.begin_run(run.run_id, arguments, str(where), run.started)
        except LedgerLost as error:
            raise InputError(f"台账无法写入:{error}", f"the ledger can't be written: {error}") from None
        return cls(ledger, run.run_id, where / MANIFEST)

    async def recall(self, portal_id: str) -> Memory:
        """What is known of a portal; raises ``LedgerLost``."""
        if self.ledger is None:
            return Memory()
        ledger = self.ledger
        return await self._read(lambda: ledger.recall(portal_id))

    async def last_visits(self) -> dict[str, int]:
        """When each portal was visited last, as numbers that grow; raises ``LedgerLost``."""
        return await self._read(self.ledger.last_visits) if self.ledger is not None else {}

    async def versions(self, report_id: str) -> list[Version]:
        """The versions of a report, on whatever portal; raises ``LedgerLost``."""
        if self.ledger is None:
            return []
        ledger = self.ledger
        return await self._read(lambda: ledger.versions(report_id))

    async def robots(self, url: str) -> Robots | None:
        """robots.txt as an earlier visit had it; None if that is not known, or can't be told now."""
        if self.ledger is None:
            return None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._reading, self.ledger.robots, url)
        except LedgerLost:
            return None

    def write_robots(self, robots: Robots) -> None:
        """Takes robots.txt to be written soon; if it can't be, the next run asks for it."""
        ledger = self.ledger
        if ledger is None:
            return

        def call() -> None:
            with suppress(LedgerLost):
                ledger.write_robots(robots)

        self._writing.submit(call)

    def write(self, record: PortalRecord, *, again: bool = False) -> None:
        """Takes a visit to be written soon, in its turn; ``again``: if it is not there already."""
        if self.ledger is None:
            return
        call = self.ledger.replay if again else self.ledger.write
        writing = asyncio.get_running_loop().run_in_executor(self._writing, self._write, lambda: call(record))
        self._open.add(writing)
        writing.add_done_callback(self._open.discard)

    async def written(self) -> None:
        """Waits until all that was taken is written, or can't be."""
        if self._open:
            await asyncio.wait(set(self._open))

    def settle(self, journal: Path) -> bool:
        """After the last visit: whether the ledger has all of them. What failed before is tried once more."""
        self._reading.shutdown(cancel_futures=True)
        self._writing.shutdown()
        if self.ledger is not None and self.lost:
            try:
                _replay(self.ledger, self.run_id, journal)
                self.lost = ""
            except LedgerLost as error:
                self.lost = str(error)
        return not self.lost

    def close(self, verdict: int) -> None:
        """The run is published. If this can't be noted now, the next run will see the manifest."""
        if self.ledger is None:
            return
        try:
            if not self.lost and self.published.exists():
                self.ledger.publish_run(self.run_id, verdict)
        except LedgerLost as error:
            logger.error("台账未能记下运行已完成 / not noted in the ledger that the run is published: %s", error)
        self.ledger.close()

    async def _read(self, call: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._reading, _persist, call)

    def _write(self, call: Callable[[], object]) -> None:
        if self.lost:  # the journal has it
            return
        try:
            _persist(call)
        except LedgerLost as error:
            self.lost = str(error)
            logger.error("台账写入失败,运行结束时再试 / ledger not written, tried again at the end: %s", error)


def _persist(call: Callable[[], Result]) -> Result:
    for pause in PAUSES:
        try:
            return call()
        except LedgerLost:
            time.sleep(pause)
    return call()


def read_journal(path: Path) -> Iterator[PortalRecord]:
    """The whole lines of a journal; a torn last one is left out."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield PortalRecord.from_dict(json.loads(line))


def catch_up(ledger: Ledger, runs_dir: Path, but: str = "") -> None:
    """Writes what published runs of a directory could not write, and notes which runs were published."""
    for path in sorted(runs_dir.glob(f"*/{JOURNAL}")):
        run_id = path.parent.name
        if run_id != but and (path.parent / MANIFEST).exists() and _replay(ledger, run_id, path):
            manifest = _manifest(path.parent)
            ledger.begin_run(run_id, manifest.get("arguments", {}), str(path.parent), manifest.get("started", ""))
            logger.warning("补记了运行 %s 的台账 / the ledger of run %s was written late", run_id, run_id)
    for run_id, where in ledger.unpublished_runs():
        if run_id != but and where and (Path(where) / MANIFEST).exists():
            ledger.publish_run(run_id, _manifest(Path(where)).get("verdict"))


def note_published(url: str, run: RunDirectory) -> None:
    """A run that others were merged into is published: theirs count as published. Else a later run notes it."""
    if not url:
        return
    try:
        ledger = Ledger.open(url)
        try:
            catch_up(ledger, run.path.parent)
        finally:
            ledger.close()
    except (InputError, LedgerLost) as error:
        logger.error("台账未能记下运行已完成 / not noted in the ledger that the run is published: %s", error)


def _replay(ledger: Ledger, run_id: str, journal: Path) -> int:
    """How many visits of a run were written now, since they had not been."""
    there = ledger.written(run_id)
    return sum(
        ledger.replay(record) for record in read_journal(journal) if record.outcome.portal_id not in there
    )  # fmt: skip


def _manifest(run: Path) -> dict[str, Any]:
    held: dict[str, Any] = json.loads((run / MANIFEST).read_text(encoding="utf-8"))
    return held
