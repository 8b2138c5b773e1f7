"""What there is to parse again, and what was made of it the last time: the archives and reports of earlier runs.

A later run's word on a document counts, so that a second pass with the same parser finds nothing new. A ``Job`` is all
of it, or the part of some portals, which another process does: a part is a file that names records by their places.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Self

from crawler.archive import ArchiveDamaged, ArchivedSource, RunArchive
from crawler.archive.writer import DIRECTORY
from crawler.cluster.shards import name_of, spread
from crawler.errors import InputError
from crawler.run import MANIFEST
from parsers.jsontext import loads

REPARSE = "reparse"  # the kind of a run
WITHDRAWN = "withdrawn.jsonl"
OWNERS = "owners"  # beside the parts: whose each report is, which every part needs to know of all portals
_NOT_THE_PARSERS = ("report_id", "portal_id", "source")


def chosen_runs(runs_dir: Path, names: Sequence[str], since: str | None = None) -> list[Path]:
    """The published runs meant, oldest first; all of them when none is named. Raises ``InputError``."""
    try:
        begin = "" if since is None else date.fromisoformat(since).isoformat()
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
    """Raises ``InputError``."""
    path = run / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} 无法读取:{error}", f"{path} can't be read: {error}") from None
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

    def owner(self, portal: str, report: str, documents: Sequence[Mapping[str, Any]]) -> str | None:
        """Whose report that is which a portal's documents give now: who has told of these, else who has told of it."""
        return portal if (portal, material(documents)) in self.by_material else self.owners.get(report)

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
    for run in sorted({*chosen, *reparses(chosen[0].parent)}, key=_began):
        found.add(run)
    found.seal()
    return found


def reparses(runs_dir: Path) -> list[Path]:
    """The published runs that parsed archives again, oldest first."""
    paths = [path.parent for path in runs_dir.glob(f"*/{MANIFEST}")]
    return sorted((path for path in paths if read_manifest(path).get("kind") == REPARSE), key=_began)


def _began(run: Path) -> tuple[str, str]:
    return str(read_manifest(run).get("started")), run.name


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

    def add(self, run: Path) -> None:
        """What is whole of a run's archive; the rest is told in ``damaged``."""
        damage: list[ArchiveDamaged] = []
        for file, offset, told in RunArchive(run).metadata(damage):
            documents = told["documents"]
            portal = told["portal_id"]
            self.regions[portal] = told.get("region_code")
            kept = self.portals.setdefault(portal, {})
            kept[documents[0]["url"], material(documents)] = Kept(run, file, offset)
        self.damaged += [str(each) for each in [*damage, *_cut(run, damage)]]


def _cut(run: Path, known: Sequence[ArchiveDamaged]) -> Iterator[ArchiveDamaged]:
    """Files of a published archive that are gone or have another length, though each record in them is whole."""
    for name, told in read_manifest(run).get("files", {}).items():
        path = run / name
        if not name.startswith(f"{DIRECTORY}/") or any(each.file == path for each in known):
            continue
        size = path.stat().st_size if path.is_file() else 0
        if size != told["bytes"]:
            yield ArchiveDamaged(path, size, f"原为 {told['bytes']} 字节 / it had {told['bytes']} bytes")


@dataclass(slots=True)
class Job:
    """What one process is to parse again: sources by portal, and what was made of them the last time."""

    runs: list[str]
    agencies: bool
    stock: Stock
    earlier: Earlier

    @classmethod
    def of(cls, runs: Sequence[Path]) -> Self:
        """All that is in the archives of some runs."""
        stock = Stock()
        for run in runs:
            stock.add(run)
        agencies = any(read_manifest(run).get("arguments", {}).get("scope") == "all" for run in runs)
        return cls([run.name for run in runs], agencies, stock, earlier(runs))

    @property
    def arguments(self) -> dict[str, str]:
        return {"runs": ",".join(self.runs)}

    def groups(self) -> list[list[str]]:
        """The portals, those together that have had a report in common: of these, one follows the other."""
        group = {portal: [portal] for portal in sorted(self.stock.portals)}
        first: dict[str, str] = {}
        for portal, report in sorted(key for key in self.earlier.reports if key[0] in group):
            mine, other = group[portal], group[first.setdefault(report, portal)]
            if mine is not other:
                other += mine
                group |= dict.fromkeys(mine, other)
        return list({id(each): sorted(each) for each in group.values()}.values())

    def divide(self, directory: Path, most: int, run_id: str) -> None:
        """Writes at most ``most`` parts, one a file; a group is in one of them."""
        groups = {group[0]: group for group in self.groups()}
        (directory / OWNERS).write_text(json.dumps(self.earlier.owners))
        damaged = self.stock.damaged  # is told by one of them
        for portals in spread(groups, most, lambda name: len(self.stock.portals[name])) or [[]]:
            self._write(directory / f"{name_of(portals, run_id)}.json", portals, damaged)
            damaged = []

    def _write(self, path: Path, portals: Sequence[str], damaged: list[str]) -> None:
        parts: dict[str, Any] = {}
        for name in portals:
            kept = [[*key, str(each.run), each.file, each.offset] for key, each in self.stock.portals[name].items()]
            parts[name] = {"region": self.stock.regions[name], "kept": kept, "told": []}
        for (portal, stuff), told in self.earlier.by_material.items():
            if portal in parts:
                parts[portal]["told"].append([stuff, *astuple(told)])
        held = {"runs": self.runs, "agencies": self.agencies, "damaged": damaged, "portals": parts}
        path.write_text(json.dumps(held))

    @classmethod
    def read(cls, path: Path) -> Self:
        """A part that ``divide`` has written."""
        held = json.loads(path.read_text())
        stock = Stock(damaged=held["damaged"])
        before = Earlier(owners=json.loads((path.parent / OWNERS).read_text()))
        for name, part in held["portals"].items():
            stock.regions[name] = part["region"]
            kept = ((url, stuff, Kept(Path(run), file, at)) for url, stuff, run, file, at in part["kept"])
            stock.portals[name] = {(url, stuff): each for url, stuff, each in kept}
            before.by_material |= {(name, stuff): Told(*told) for stuff, *told in part["told"]}
        before.seal()
        return cls(held["runs"], held["agencies"], stock, before)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield loads(line)
            except ValueError as error:
                raise InputError(f"{path} 第 {number} 行损坏:{error}", f"{path}, line {number}: {error}") from None
