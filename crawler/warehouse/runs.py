"""Published runs as the warehouse takes them, with every file as the manifest has it.

A run that ended early is taken too, once it is published: what it has is whole, and later runs do not write it again.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler.errors import InputError
from crawler.run import MANIFEST, sha256_of
from crawler.scope import read_years
from crawler.warehouse.types import moment
from parsers.jsontext import loads

REPORTS, OUTCOMES = "reports.jsonl", "outcomes.jsonl"
_REPORT_ID = re.compile(rb'\s*\{\s*"report_id"\s*:\s*"([^"\\]{1,200})"')

Record = dict[str, Any]


class RunRefused(InputError):
    """A run that is not loaded: unfinished, damaged, or another one of the same name."""

    def __init__(self, run: Path, zh: str, en: str) -> None:
        super().__init__(f"批次 {run.name}({run})未载入:{zh}", f"run {run.name} ({run}) is not loaded: {en}")


@dataclass(frozen=True, slots=True)
class PublishedRun:
    path: Path
    manifest: dict[str, Any]

    @property
    def run_id(self) -> str:
        return str(self.manifest.get("run_id") or self.path.name)

    @property
    def kind(self) -> str:
        return str(self.manifest.get("kind") or "crawl")

    @property
    def started(self) -> datetime:
        return moment(self.manifest.get("started")) or datetime.fromtimestamp(0, UTC)

    @property
    def years(self) -> list[int]:
        """The report years that the run looked for; empty: all that there are."""
        asked = (self.manifest.get("arguments") or {}).get("years")
        return sorted(read_years(asked)) if asked else []

    def sha256(self, name: str) -> str | None:
        told = self.manifest.get("files", {}).get(name)
        return None if told is None else str(told["sha256"])

    def check(self) -> None:
        """Raises ``RunRefused`` unless its records are those that were published."""
        for name in (REPORTS, OUTCOMES):
            file, told = self.path / name, self.sha256(name)
            if told is None and name == OUTCOMES and self.kind != "crawl":
                continue
            if told is None or not file.is_file():
                raise RunRefused(self.path, f"缺少 {name}", f"{name} is missing")
            if sha256_of(file) != told:
                raise RunRefused(self.path, f"{name} 与清单中的哈希不符", f"{name} is not what the manifest tells")

    def outcomes(self) -> list[Record]:
        """The visits of a crawl; archives parsed again visit nobody."""
        if self.kind != "crawl" or self.sha256(OUTCOMES) is None:
            return []
        with (self.path / OUTCOMES).open("rb") as file:
            visits = [self._record(OUTCOMES, line, at) for at, line in enumerate(file, start=1)]
        if len({str(visit["portal_id"]) for visit in visits}) < len(visits):
            raise RunRefused(self.path, f"{OUTCOMES} 中有门户重复", f"{OUTCOMES} has a portal twice")
        return visits

    def reports(self) -> Iterator[list[Record]]:
        """The records of each report, together even if they stand apart in the file; one report in memory at a time."""
        places = self._places()
        with (self.path / REPORTS).open("rb") as file:
            for held in places.values():
                group = []
                for offset in held:
                    file.seek(offset)
                    group.append(self._record(REPORTS, file.readline(), offset))
                yield group

    def _places(self) -> dict[str, Sequence[int]]:
        """report_id -> where its lines begin, in the order of the file."""
        places: dict[str, Sequence[int]] = {}
        offset = 0
        with (self.path / REPORTS).open("rb") as file:
            for line in file:
                found = _REPORT_ID.match(line)
                name = found[1].decode() if found else str(self._record(REPORTS, line, offset)["report_id"])
                places[name] = (offset,) if name not in places else array("q", [*places[name], offset])
                offset += len(line)
        return places

    def _record(self, name: str, line: bytes, at: int) -> Record:
        try:
            record: Record = loads(line)
            record["report_id" if name == REPORTS else "portal_id"]
        except (ValueError, KeyError, TypeError):
            where = f"{name}:{at}"
            raise RunRefused(self.path, f"{where} 无法读取", f"{where} can't be read") from None
        return record


def read(run: Path) -> PublishedRun:
    """Raises ``RunRefused`` for a directory without a manifest that can be read."""
    try:
        manifest = json.loads((run / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunRefused(run, "没有 manifest.json(未完成的采集?)", "it has no manifest (an unfinished run?)") from None
    except (OSError, ValueError) as error:
        raise RunRefused(run, f"manifest.json 无法读取:{error}", f"its manifest can't be read: {error}") from None
    if not _is_manifest(manifest):
        raise RunRefused(run, "manifest.json 的结构不对", "its manifest has not the shape of one")
    return PublishedRun(run, manifest)


def _is_manifest(told: Any) -> bool:
    if not isinstance(told, dict) or not all(
        isinstance(told.get(name) or {}, dict) for name in ("counts", "arguments")
    ):
        return False
    files = told.get("files", {})
    return isinstance(files, dict) and all(
        isinstance(file, dict) and isinstance(file.get("sha256"), str) for file in files.values()
    )


def chosen(
    runs_dir: Path, names: Sequence[str] = (), refuse: Callable[[RunRefused], None] | None = None
) -> list[PublishedRun]:
    """The runs named, by id or by directory, or else every published run of ``runs_dir``; oldest first.

    ``refuse`` hears of manifests that can't be read where no run is named; without it they raise ``RunRefused``.
    """
    found: list[PublishedRun] = []
    named = [_directory(runs_dir, name) for name in names]
    for path in named or sorted(file.parent for file in runs_dir.glob(f"*/{MANIFEST}")):
        try:
            run = read(path)
        except RunRefused as error:
            if names or refuse is None:
                raise
            refuse(error)
        else:
            found.append(run)
    return sorted(found, key=lambda run: (run.started, run.run_id))


def _directory(runs_dir: Path, name: str) -> Path:
    return runs_dir / name if (runs_dir / name).is_dir() else Path(name)
