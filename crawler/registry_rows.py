"""Rows from elsewhere (``crawler.registry_foreign``) merged into the registry, and the registry written in one step.

``merge`` says what they would change; ``write`` checks the whole registry as it would be, and only then replaces its
files, each in one step. An address that a visit has confirmed is not overwritten by one that nobody has.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from crawler.errors import InputError
from crawler.registry import (
    COLUMNS,
    UNKNOWN,
    UNVERIFIED,
    VERIFIED,
    RegistryError,
    as_row,
    files_of,
    load,
    read,
)
from crawler.registry_foreign import Row
from parsers import regions

CONFIRMED = ("region_code", "name", "url", "site_id_code", "status", "verified_at", "evidence")
"""What a visit has confirmed, and an unverified row does not change."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one row: ``added``, ``changed`` (column -> old and new), ``kept`` (what was not taken)."""

    kind: str
    row: Row
    cells: dict[str, tuple[str, str]] = field(default_factory=dict)


def merge(held: Mapping[str, Row], rows: Iterable[Row]) -> list[Change]:
    """What rows change in a registry, by portal_id (by region where the row has none); rows that change nothing too.

    Raises ``InputError`` where it can't be told which portal a row is, or two rows say different things of one.
    """
    by_region: dict[str, list[str]] = {}
    for row in held.values():
        by_region.setdefault(_today(row), []).append(row["portal_id"])
    given: dict[str, Row] = {}
    for new in rows:
        ids, code = by_region.get(_today(new), [new["region_code"]]), new["region_code"]
        if not new["portal_id"] and len(ids) > 1:
            raise InputError(
                f"地区 {code} 有多个门户({', '.join(ids)}),请在 portal_id 列写明是哪一个",
                f"region {code} has several portals ({', '.join(ids)}): name one in the column portal_id",
            )
        portal_id = new["portal_id"] or ids[0]
        before = given.get(portal_id, {})
        for name in COLUMNS:
            if name != "portal_id" and before.get(name) and new[name] and before[name] != new[name]:
                raise InputError(
                    f"文件里有两行是门户 {portal_id},{name} 不同:“{before[name]}”与“{new[name]}”",
                    f"two rows are of portal {portal_id}, with another {name}: {before[name]!r} and {new[name]!r}",
                )
        given[portal_id] = new | {name: cell for name, cell in before.items() if cell} | {"portal_id": portal_id}
    return [
        _merged(held[key], new) if key in held else Change("added", new | {"status": _status(new)})
        for key, new in given.items()
    ]


def _today(row: Row) -> str:
    """The code that a row's region has now."""
    return regions.current_code(row["region_code"]) or row["region_code"]


def _status(row: Row) -> str:
    return (row["status"] or UNVERIFIED) if row["url"] else UNKNOWN


def _merged(old: Row, new: Row) -> Change:
    """An empty cell says nothing; what was confirmed stands against what was not, or was confirmed earlier."""
    cells = {name: (old[name], new[name]) for name in COLUMNS if new[name] and new[name] != old[name]}
    if "url" in cells and new["status"] != VERIFIED:
        cells["status"] = (old["status"], UNVERIFIED)
    stands = old["status"] == VERIFIED and (new["status"] != VERIFIED or new["verified_at"] < old["verified_at"])
    kept = {name: cells.pop(name) for name in CONFIRMED if stands and name in cells}
    row = old | {name: value for name, (_, value) in cells.items()}
    row["status"] = _status(row)
    if row["status"] != VERIFIED and "url" in cells:
        row |= {"verified_at": new["verified_at"], "evidence": new["evidence"]}
    cells = {name: (old[name], row[name]) for name in COLUMNS if row[name] != old[name]}
    if cells:
        return Change("changed", row, cells)
    return Change("kept", row, kept) if kept else Change("same", row)


def held_rows(directory: Path) -> dict[str, Row]:
    """The rows of a registry without errors, by portal_id; none if the directory is empty."""
    return {portal.portal_id: as_row(portal) for portal in load(directory)} if _files(directory) else {}


def write(directory: Path, rows: Iterable[Row]) -> list[Path]:
    """Replaces the files of a registry whose rows change; raises ``RegistryError`` and writes nothing if any is bad.

    ``rows`` are all rows, old and new. Comment lines stay at the top of their file.
    """
    files: dict[str, list[Row]] = {file.name: [] for file in _files(directory)}
    named = {portal_id: file for file in files for portal_id in _ids(directory / file)}
    for row in rows:
        own = f"{row['region_code'][:2]}.csv"
        file = named.get(row["portal_id"], own)
        files.setdefault(own if re.fullmatch(r"\d\d\.csv", file) else file, []).append(row)
    step = directory / f".writing-{os.getpid()}"
    try:
        step.mkdir()
        for name, held in files.items():
            (step / name).write_text(_text(directory / name, held), encoding="utf-8", newline="")
        if problems := read(step)[1]:
            raise RegistryError([replace(each, file=str(directory / Path(each.file).name)) for each in problems])
        changed = [name for name in files if _bytes(step / name) != _bytes(directory / name)]
        for name in changed:
            (step / name).replace(directory / name)
    except OSError as error:
        raise InputError(f"无法写入 {directory}:{error.strerror}", f"can't write to {directory}: {error}") from None
    finally:
        shutil.rmtree(step, ignore_errors=True)
    return [directory / name for name in changed]


def _files(directory: Path) -> list[Path]:
    empty = directory.is_dir() and not any(directory.glob("*.csv"))
    return [] if empty else files_of(directory)


def as_csv(rows: Iterable[Row]) -> str:
    """The text of a registry file."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=lambda row: (row["region_code"], row["portal_id"])))
    return out.getvalue()


def _text(file: Path, rows: list[Row]) -> str:
    header, _, body = as_csv(rows).partition("\n")
    lines = file.read_text(encoding="utf-8-sig").splitlines() if file.exists() else []
    comments = "".join(line + "\n" for line in lines[1:] if line.startswith("#"))
    return f"{header}\n{comments}{body}"


def _ids(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    return [row["portal_id"] for row in csv.DictReader(lines)]


def _bytes(file: Path) -> bytes:
    return file.read_bytes() if file.exists() else b""
