"""Rows from elsewhere merged into the registry, and the registry written in one step.

``foreign_rows`` reads a CSV as people have it (from a directory run, from a spreadsheet); ``merge`` says what it would
change; ``write`` checks the whole registry as it would be, and only then replaces its files, each in one step.
An address that a visit has confirmed is not overwritten by one that nobody has.
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
    of_bounded_cells,
    read,
)
from parsers import regions

Row = dict[str, str]

HEADINGS = {
    "portal_id": ("门户编号",),
    "region_code": ("code", "行政区划代码", "区划代码", "地区代码", "代码"),
    "name": ("名称", "主办单位", "单位", "单位名称", "网站名称", "地区"),
    "url": ("网址", "首页", "首页网址", "地址", "网站地址", "link", "homepage"),
    "columns": ("栏目", "年报栏目"),
    "hosts": ("主机", "域名"),
    "families": ("family", "系统"),
    "site_id_code": ("网站标识码", "标识码"),
    "status": ("状态",),
    "verified_at": ("核实日期",),
    "evidence": ("依据",),
    "note": ("备注", "说明"),
}
"""Other headings under which a column is understood."""

CONFIRMED = ("region_code", "name", "url", "site_id_code", "status", "verified_at", "evidence")
"""What a visit has confirmed, and an unverified row does not change."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one row: ``added``, ``changed`` (column -> old and new), ``kept`` (what was not taken)."""

    kind: str
    row: Row
    cells: dict[str, tuple[str, str]] = field(default_factory=dict)


def foreign_rows(file: Path) -> tuple[list[Row], list[str]]:
    """Rows of a CSV in UTF-8 or GB18030, separated by commas, semicolons or tabs; and its headings not understood."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"无法读取 {file}:{error.strerror}", f"can't read {file}: {error.strerror}") from None
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise InputError(f"{file} 是电子表格,请另存为 CSV", f"{file} is a spreadsheet: save it as CSV")
    try:
        return _read(file, _decoded(data, file))
    except csv.Error as error:
        raise InputError(f"{file} 不是 CSV:{error}", f"{file} is no CSV: {error}") from None


def _read(file: Path, text: str) -> tuple[list[Row], list[str]]:
    first = text.lstrip("\n").partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    lines = of_bounded_cells(reader)
    header = [_column(cell) for cell in next(lines, [])]
    if "url" not in header or not {"region_code", "name"} & set(header):
        raise InputError(
            f"{file} 的表头应有 url 以及 region_code 或 name",
            f"{file}: headings url, and region_code or name, expected",
        )
    rows, wrong = [], []
    for cells in lines:
        if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
            continue
        held = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        try:
            rows.append(_normal({name: held.get(name, "") for name in COLUMNS}))
        except regions.UnknownRegion as error:
            wrong.append(f"{file}:{reader.line_num}: {error}")
    if wrong:
        raise InputError(f"{len(wrong)} 行无法确定地区", "\n  ".join([f"{len(wrong)} row(s) of no region", *wrong]))
    return rows, [name for name in header if name not in COLUMNS]


def _decoded(data: bytes, file: Path) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise InputError(f"{file} 既不是 UTF-8 也不是 GB18030", f"{file} is neither UTF-8 nor GB18030")


def _column(heading: str) -> str:
    """
    >>> _column(" 网址 "), _column("Portal_ID"), _column("电话")
    ('url', 'portal_id', '电话')
    """
    plain = re.sub(r"\s", "", heading).lower()
    return next((name for name, others in HEADINGS.items() if plain in (name, *others)), plain)


def _normal(row: Row) -> Row:
    """A foreign row with code, id and status as the registry has them; raises ``UnknownRegion``.

    >>> row = dict.fromkeys(COLUMNS, "") | {"name": "旬阳县人民政府", "url": "http://a.gov.cn/", "region_code": ""}
    >>> _normal(row)["region_code"], _normal(row | {"region_code": "610928.0"})["region_code"]
    ('610981', '610928')
    """
    for name in ("portal_id", "region_code", "site_id_code"):
        row[name] = re.sub(r"^'|\.0$", "", row[name])  # what spreadsheets make of digits
    if not row["region_code"]:
        name = re.sub(r"(?:人民政府|行政公署|政府)(?:办公[室厅])?(?:门户)?(?:网站|网)?$", "", row["name"])
        row["region_code"] = regions.resolve(name).code
    return row


def merge(held: Mapping[str, Row], rows: Iterable[Row]) -> list[Change]:
    """What rows change in a registry, by portal_id (by region where the row has none); rows that change nothing too."""
    changes: dict[str, Change] = {}
    by_region = {row["region_code"]: row["portal_id"] for row in held.values()}
    for new in rows:
        portal_id = new["portal_id"] or by_region.get(new["region_code"], new["region_code"])
        new = new | {"portal_id": portal_id}
        before = changes[portal_id].row if portal_id in changes else held.get(portal_id)
        changes[portal_id] = _merged(before, new) if before else Change("added", new | {"status": _status(new)})
    return list(changes.values())


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
