"""Rows of the registry as people have them: a CSV from a directory run, or one saved from a spreadsheet.

``foreign_rows`` reads it, and names file, line and column of each cell that the registry must not have: nothing is
guessed, and of what looks like a formula, a private address or a date to come nothing is taken over.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawler.errors import InputError
from crawler.middlewares.egress import Network, is_public_host
from crawler.registry import COLUMNS, Problem, RegistryError, cell_faults, of_bounded_cells
from crawler.spreadsheet import harmless
from crawler.urls import host_of
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
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
NOTHING = re.compile(r"[-—–－/]+")  # what people write into a cell that is to be empty


def foreign_rows(file: Path, allowed: tuple[Network, ...] = ()) -> tuple[list[Row], list[str]]:
    """Rows of a CSV in UTF-8, UTF-16 or GB18030, separated by commas, semicolons or tabs; and headings not understood.

    ``allowed`` are private ranges that addresses may be in (EGRESS_ALLOW). Raises ``InputError``.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"无法读取 {file}:{error.strerror}", f"can't read {file}: {error.strerror}") from None
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise InputError(f"{file} 是电子表格,请另存为 CSV", f"{file} is a spreadsheet: save it as CSV")
    try:
        return _read(file, _decoded(data, file), allowed)
    except csv.Error as error:
        raise InputError(f"{file} 不是 CSV:{error}", f"{file} is no CSV: {error}") from None


def _read(file: Path, text: str, allowed: tuple[Network, ...]) -> tuple[list[Row], list[str]]:
    first = text.lstrip("\n").partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    lines = of_bounded_cells(reader)
    headings = next(lines, [])
    header = [_column(cell) for cell in headings]
    _check_header(file, headings, header)
    rows: list[Row] = []
    problems: list[Problem] = []
    for cells in lines:
        if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
            continue
        held = dict(zip(header, map(_plain, cells), strict=False))
        row = {name: held.get(name, "") for name in COLUMNS}
        faults = [*_too_many(header, cells), *_normalised(row), *_faults(row, allowed)]
        problems += [Problem(str(file), reader.line_num, zh, en) for zh, en in faults]
        rows.append(row)
    if problems:
        raise RegistryError(problems, f"{file} 有 {len(problems)} 处错误", f"{len(problems)} problem(s) in {file}")
    return rows, [name for name in header if name not in COLUMNS]


def _check_header(file: Path, headings: Sequence[str], header: Sequence[str]) -> None:
    if "url" not in header or not {"region_code", "name"} & set(header):
        raise InputError(
            f"{file} 的表头应有 url 以及 region_code 或 name",
            f"{file}: headings url, and region_code or name, expected",
        )
    for name in COLUMNS:
        places = [place for place, each in enumerate(header) if each == name]
        if len(places) > 1:
            named = ", ".join(f"{place + 1} {headings[place].strip()}" for place in places)
            raise InputError(
                f"{file} 的表头有 {len(places)} 列都是 {name}({named}),请改名或删去多余的",
                f"{file}: {len(places)} columns are {name} ({named}): rename or delete all but one",
            )


def _decoded(data: bytes, file: Path) -> str:
    for encoding in ("utf-16",) if data.startswith(UTF_16) else ("utf-8-sig", "gb18030"):
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


def _plain(cell: str) -> str:
    """A cell as one line without signs that nobody sees; what stands for an empty cell is one.

    >>> _plain(" 沂源县\\n人民政府\u200b "), _plain("—"), _plain("http://a.gov.cn/ b")
    ('沂源县 人民政府', '', 'http://a.gov.cn/ b')
    """
    text = "".join(char for char in " ".join(cell.split()) if unicodedata.category(char) not in ("Cc", "Cf"))
    return "" if NOTHING.fullmatch(text) else text


def _normalised(row: Row) -> Iterator[tuple[str, str]]:
    """Gives a row its code, id and date as the registry has them; yields what is wrong where that can't be told.

    >>> row = dict.fromkeys(COLUMNS, "") | {"name": "旬阳县人民政府", "region_code": "", "verified_at": "2026/1/9"}
    >>> list(_normalised(row)), row["region_code"], row["verified_at"]
    ([], '610981', '2026-01-09')
    >>> list(_normalised(row := row | {"region_code": "610928.0"})), row["region_code"]
    ([], '610928')
    """
    for name in ("portal_id", "region_code", "site_id_code"):
        row[name] = re.sub(r"^'|\.0$", "", unicodedata.normalize("NFKC", row[name]))  # what spreadsheets make of digits
    if found := re.fullmatch(r"(\d{4})[/.年-](\d{1,2})[/.月-](\d{1,2})日?", row["verified_at"]):  # and of dates
        row["verified_at"] = f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
    if not row["region_code"]:
        name = re.sub(r"(?:人民政府|行政公署|政府)(?:办公[室厅])?(?:门户)?(?:网站|网)?$", "", row["name"])
        try:
            row["region_code"] = regions.resolve(name).code
        except regions.UnknownRegion as error:
            yield f"name:无法确定地区:{error.message_zh}", f"name: of no region: {error.message_en}"


def _too_many(header: Sequence[str], cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    """A comma that was not quoted moves all cells behind it."""
    if any(cell.strip() for cell in cells[len(header) :]):
        zh, en = f"应有 {len(header)} 列,实有 {len(cells)} 列", f"{len(header)} columns expected, {len(cells)} found"
        yield zh, en


def _faults(row: Row, allowed: tuple[Network, ...]) -> Iterator[tuple[str, str]]:
    yield from cell_faults(row)
    yield from formulas(row)
    yield from doubtful_cells(row, allowed)


def formulas(row: Row) -> Iterator[tuple[str, str]]:
    """Cells that a spreadsheet would run when somebody opens an export."""
    for name, cell in row.items():
        if harmless(cell) != cell or (cell[:1] == "'" and harmless(cell[1:]) != cell[1:]):
            yield (
                f"{name}:“{cell[:40]}”会被电子表格当作公式运行,请改写",
                f"{name}: {cell[:40]!r} would be run by a spreadsheet as a formula: write it otherwise",
            )


def doubtful_cells(row: Row, allowed: tuple[Network, ...], now: datetime | None = None) -> Iterator[tuple[str, str]]:
    """Cells that can't be right in a registry of public portals, and may be in one for tests: what is not public by
    its address (save ``allowed``), and visits to come."""
    addresses = [("url", row["url"]), *(("columns", url) for url in row["columns"].split())]
    hosts = [(name, host_of(url)) for name, url in addresses if url]
    for name, host in [*hosts, *(("hosts", host) for host in row["hosts"].split())]:
        if host and not is_public_host(host, allowed):
            yield (
                f"{name}:{host} 不是公网主机,采集不会访问(测试时用 -s EGRESS_ALLOW=网段 放行)",
                f"{name}: {host} is no public host and would not be visited (for tests: -s EGRESS_ALLOW=CIDR)",
            )
    latest = ((now or datetime.now(UTC)) + timedelta(hours=14)).date().isoformat()  # today, where the day begins
    if re.fullmatch(r"\d{4}-\d\d-\d\d", row["verified_at"]) and row["verified_at"] > latest:
        yield f"verified_at:{row['verified_at']} 在将来", f"verified_at: {row['verified_at']} is in the future"
