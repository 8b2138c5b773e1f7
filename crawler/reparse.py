"""What there is to parse again, and what was made of it the last time: the archives and reports of earlier runs.

A later run's word on a document counts, so that a second pass with the same parser finds nothing new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from crawler.archive import ArchiveDamaged, ArchivedSource, RunArchive
from crawler.errors import InputError
from crawler.run import MANIFEST

_NOT_THE_PARSERS = ("report_id", "portal_id", "source")


def chosen_runs(runs_dir: Path, names: Sequence[str], since: str | None = None) -> list[Path]:
    """The published runs meant, oldest first; all of them when none is named. Raises ``InputError``."""
    try:
        begin = date.fromisoformat(since).isoformat() if since else ""
    except ValueError:
        raise InputError(
            f"--since “{since}”不是日期,例:2025-01-31", f"--since {since!r}: 2025-01-31 expected"
        ) from None
    for name in names:
        if not (runs_dir / name / MANIFEST).is_file():
            raise InputError(f"{runs_dir} 里没有完成的运行“{name}”", f"no published run {name!r} in {runs_dir}")
    paths = [runs_dir / name for name in names] or [path.parent for path in runs_dir.glob(f"*/{MANIFEST}")]
    dated = sorted((read_manifest(path).get("started") or "", path) for path in paths)
    found = [
        path for started, path in dated if started >= begin and read_manifest(path).get("kind", "crawl") == "crawl"
    ]
    if not found:
        raise InputError(f"{runs_dir} 里没有可重新解析的运行", f"no run to parse again in {runs_dir}")
    return found


def read_manifest(run: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((run / MANIFEST).read_text(encoding="utf-8"))
    return manifest


@dataclass(frozen=True, slots=True)
class Told:
    """What a run made of some documents: ``said`` is a hash of all that the parser gave."""

    said: str
    report_id: str
    run_id: str
    record_id: str
    parser_version: str | None


@dataclass(slots=True)
class Earlier:
    """The last word on every report of some runs, and of the reparses since."""

    by_material: dict[tuple[str, str], Told] = field(default_factory=dict)  # (portal, its documents) -> ...
    reports: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # (portal, report_id) -> what it said
    owners: dict[str, str] = field(default_factory=dict)  # report_id -> portal

    def add(self, run: Path) -> None:
        path = run / "reports.jsonl"
        for record in _lines(path) if path.is_file() else ():
            portal, report = record["portal_id"], record["report_id"]
            source = record["source"]
            told = Told(said(record), report, run.name, source["record_id"], source.get("parser_version"))
            self.by_material[portal, material(source["documents"])] = told
            self.owners[report] = portal

    def seal(self) -> None:
        """After the last ``add``."""
        for (portal, _), told in self.by_material.items():
            self.reports.setdefault((portal, told.report_id), set()).add(told.said)


def earlier(runs: Iterable[Path]) -> Earlier:
    """What is known of the reports of ``runs``: their own word, or that of a later run in the same directory."""
    found = Earlier()
    chosen = list(runs)
    others = [path.parent for path in chosen[0].parent.glob(f"*/{MANIFEST}")]
    again = [run for run in others if read_manifest(run).get("kind") == "reparse"]
    for run in sorted({*chosen, *again}, key=lambda run: str(read_manifest(run).get("started"))):
        found.add(run)
    found.seal()
    return found


def said(record: Mapping[str, Any]) -> str:
    """A hash of what the parser gave, whoever asked.

    >>> said({"report_id": "a", "metadata": {"title": "t"}}) == said({"report_id": "b", "metadata": {"title": "t"}})
    True
    """
    given = {name: value for name, value in record.items() if name not in _NOT_THE_PARSERS}
    text = json.dumps(given, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def material(documents: Sequence[Mapping[str, Any]]) -> str:
    """A hash of the bytes that a report is made of."""
    return hashlib.sha256("".join(each["content_sha256"] for each in documents).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a source lies: the run, and the metadata record of its archive."""

    run: Path
    file: str
    offset: int

    def read(self) -> ArchivedSource:
        """The source; its places are told relative to a directory beside the run's."""
        found = RunArchive(self.run).source_at(self.file, self.offset)
        places = [replace(place, file=f"../{self.run.name}/{place.file}") for place in found.places]
        return ArchivedSource(found.source, places)


@dataclass(slots=True)
class Stock:
    """All sources of some runs by portal, each content of an address once."""

    portals: dict[str, dict[tuple[str, str], Kept]] = field(default_factory=dict)
    regions: dict[str, str | None] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)

    def has(self, portal: str, stuff: str) -> bool:
        return any(stuff == each for _, each in self.portals.get(portal, ()))

    def add(self, run: Path) -> None:
        try:
            for file, offset, told in RunArchive(run).metadata():
                documents = told["documents"]
                portal = told["portal_id"]
                self.regions[portal] = told.get("region_code")
                kept = self.portals.setdefault(portal, {})
                kept[documents[0]["url"], material(documents)] = Kept(run, file, offset)
        except ArchiveDamaged as error:  # the other archives can be read
            self.damaged.append(str(error))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
