"""The flat tables of a merged run, by two processes: nothing else goes on meanwhile, and they take a while."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path

from crawler.cluster.forked import fork
from crawler.exporters import Tables

LEAST = 4 * 2**20  # bytes of lines; to share fewer takes longer than to do them
OURS = 0.55  # of the lines: the other process has to load what writes them first
TOLD = "told.json"


def write_tables(reports: Path, part: Callable[[str], Path]) -> dict[str, int | None]:
    """As ``crawler.exporters.write_tables``, with the same rows in the same order."""
    size = reports.stat().st_size
    middle = _begin_of_line(reports, int(size * OURS)) if size >= LEAST else size
    tables = Tables(part)
    if middle == size:
        tables.add(reports, 0, size)
        return tables.close()
    with _second_half(reports, middle, size) as (other, step):
        tables.add(reports, 0, middle)
        other.join()
        if other.exitcode == 0:
            tables.append(json.loads((step / TOLD).read_text(encoding="utf-8")), lambda file: step / file)
        else:
            tables.add(reports, middle, size)
    return tables.close()


@contextmanager
def _second_half(reports: Path, start: int, stop: int) -> Iterator[tuple[BaseProcess, Path]]:
    """The process that makes the tables of the second half, and the directory where it does."""
    step = reports.with_name("tables.step")
    shutil.rmtree(step, ignore_errors=True)  # of a killed process
    (step / "tables").mkdir(parents=True)
    theirs, ours = Pipe(duplex=False)
    try:
        with ours:
            yield fork(theirs, _second, reports, start, stop, step), step
    finally:
        shutil.rmtree(step, ignore_errors=True)


def _begin_of_line(reports: Path, place: int) -> int:
    """Where the first line begins behind a place, or the end."""
    with reports.open("rb") as file:
        file.seek(place)
        return place + len(file.readline())


def _second(reports: Path, start: int, stop: int, step: Path) -> None:
    tables = Tables(lambda file: step / file)
    tables.add(reports, start, stop)
    (step / TOLD).write_text(json.dumps(tables.close()), encoding="utf-8")
