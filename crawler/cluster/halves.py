"""The flat tables of a merged run, by two processes: nothing else goes on meanwhile, and they take a while."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

from crawler.cluster.work import end_with_parent
from crawler.exporters import Tables

LEAST = 4 * 2**20  # bytes of lines; to share fewer takes longer than to do them
OURS = 0.55  # of the lines: the other process has to load what writes them first
TOLD = "told.json"


def write_tables(reports: Path, part: Callable[[str], Path]) -> dict[str, int | None]:
    """As ``crawler.exporters.write_tables``, with the same rows in the same order."""
    size = reports.stat().st_size
    middle = _begin_of_line(reports, int(size * OURS)) if size >= LEAST else size
    step = reports.with_name("tables.step")
    shutil.rmtree(step, ignore_errors=True)  # of a killed process
    other = None
    if middle < size:
        (step / "tables").mkdir(parents=True)
        other = get_context("forkserver").Process(target=_second, args=(reports, middle, size, step), daemon=True)
        other.start()
    tables = Tables(part)
    tables.add(reports, 0, middle)
    if other is not None:
        other.join()
        if other.exitcode == 0:
            tables.append(json.loads((step / TOLD).read_text(encoding="utf-8")), lambda file: step / file)
        else:
            tables.add(reports, middle, size)
        shutil.rmtree(step)
    return tables.close()


def _begin_of_line(reports: Path, place: int) -> int:
    """Where the first line begins behind a place, or the end."""
    with reports.open("rb") as file:
        file.seek(place)
        return place + len(file.readline())


def _second(reports: Path, start: int, stop: int, step: Path) -> None:
    end_with_parent()
    tables = Tables(lambda file: step / file)
    tables.add(reports, start, stop)
    (step / TOLD).write_text(json.dumps(tables.close()), encoding="utf-8")
