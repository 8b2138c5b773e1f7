"""Rows of ``settings/portals/*.csv`` as frozen ``Portal`` records; a bad row is named by file and line.

``load`` gives all portals or raises one ``RegistryError`` that holds every problem found. The columns are
described in ``docs/registry.md``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.errors import InputError
from crawler.families import FAMILIES
from crawler.urls import city_domain, host_of, is_web
from parsers import regions

if TYPE_CHECKING:
    from _csv import Reader

COLUMNS = (
    "portal_id", "region_code", "name", "url", "columns", "hosts", "families", "site_id_code",
    "status", "verified_at", "evidence", "note",
)  # fmt: skip
REQUIRED = ("portal_id", "region_code", "name", "url")  # url: unless the status says that it is unknown
VERIFIED, UNVERIFIED, UNKNOWN = STATUSES = ("verified", "unverified", "unknown")
"""A visit has confirmed whose site it is; nobody has yet; no address is known."""
MOST_LISTED = 100  # problems in one message
LONGEST_CELL = 100_000  # characters; a list of columns is far shorter
_HOST = re.compile(r"(?=.{1,253}$)[\w-]{1,63}(?:\.[\w-]{1,63})*|[\da-f:.]*:[\da-f:.]*")  # a name, or an address
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_FAMILY = re.compile(
    r"(?P<name>[a-z][a-z0-9_]*)(?:@(?P<since>{0})?-(?P<until>{0})?)?".format(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
)


@dataclass(frozen=True, slots=True)
class FamilyPeriod:
    """A CMS family and the months in which it served a portal (``YYYY-MM``, both included; None is open)."""

    name: str
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Portal:
    """One portal to visit. ``region_code`` is None only for a URL given by hand without a region.

    ``url`` is empty where no address is known: such a portal is in scope and ends as ``not_found``.
    """

    portal_id: str
    region_code: str | None
    name: str
    url: str
    columns: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    families: tuple[FamilyPeriod, ...] = ()
    site_id_code: str | None = None
    status: str = UNVERIFIED
    verified_at: str | None = None  # ISO date
    evidence: str = ""
    note: str = ""

    @property
    def city(self) -> str:
        """The key of politeness: portals of one city are visited one after the other."""
        return city_domain(self.url)

    def owns(self, url: str) -> bool:
        """Whether a URL is on this portal: its city domain, or one of its named hosts."""
        return city_domain(url) == self.city or host_of(url) in self.hosts

    def family_in(self, month: str) -> str | None:
        """The family that the registry has for a month, ``YYYY-MM``.

        >>> Portal("p", None, "", "", families=parse_families("a@-2022-05 b@2022-06-")).family_in("2023-01")
        'b'
        """
        held = [f for f in self.families if (f.since or "") <= month <= (f.until or "9999-99")]
        return held[-1].name if held else None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in the registry."""

    file: str
    line: int
    message_zh: str
    message_en: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message_zh} / {self.message_en}"


class RegistryError(InputError):
    """Every problem of a registry, or of a file with rows for it, in order of file and line."""

    def __init__(self, problems: list[Problem], zh: str = "", en: str = "") -> None:
        listed = "".join(f"\n  {problem}" for problem in problems[:MOST_LISTED])
        if more := len(problems[MOST_LISTED:]):
            listed += f"\n  … 另有 {more} 处 / {more} more"
        zh = zh or f"门户登记表有 {len(problems)} 处错误"
        super().__init__(zh, (en or f"{len(problems)} problem(s) in the portal registry") + listed)
        self.problems = problems


def parse_families(text: str) -> tuple[FamilyPeriod, ...]:
    """
    >>> parse_families("trs@-2022-05 ucap@2022-06-")[0]
    FamilyPeriod(name='trs', since=None, until='2022-05')
    """
    periods = []
    for word in text.split():
        found = _FAMILY.fullmatch(word)
        if not found:
            raise ValueError(word)
        periods.append(FamilyPeriod(found["name"], found["since"], found["until"]))
    return tuple(periods)


def format_families(periods: tuple[FamilyPeriod, ...]) -> str:
    """
    >>> format_families(parse_families("vsb trs@-2022-05 ucap@2022-06-"))
    'vsb trs@-2022-05 ucap@2022-06-'
    """
    return " ".join(
        each.name if each.since is each.until is None else f"{each.name}@{each.since or ''}-{each.until or ''}"
        for each in periods
    )


def as_row(portal: Portal) -> dict[str, str]:
    """A portal as a row of its file."""
    return {
        "portal_id": portal.portal_id,
        "region_code": portal.region_code or "",
        "name": portal.name,
        "url": portal.url,
        "columns": " ".join(portal.columns),
        "hosts": " ".join(portal.hosts),
        "families": format_families(portal.families),
        "site_id_code": portal.site_id_code or "",
        "status": portal.status,
        "verified_at": portal.verified_at or "",
        "evidence": portal.evidence,
        "note": portal.note,
    }


def load(directory: Path, only: frozenset[str] | None = None) -> list[Portal]:
    """All portals of a registry, leaving out the files of provinces other than ``only``; raises ``RegistryError``."""
    portals, problems = read(directory, only)
    if problems:
        raise RegistryError(problems)
    return portals


def files_of(directory: Path) -> list[Path]:
    """The files of a registry; raises ``InputError`` that says what is wrong with a directory that has none."""
    hint_zh, hint_en = "请用 -s PORTALS_DIR=目录 指定", "name one with -s PORTALS_DIR=DIRECTORY"
    if not directory.exists():
        raise InputError(
            f"门户登记表目录 {directory} 不存在,{hint_zh}", f"the registry {directory} does not exist; {hint_en}"
        )
    if not directory.is_dir():
        raise InputError(f"{directory} 不是目录,{hint_zh}", f"{directory} is not a directory; {hint_en}")
    try:
        files = sorted(directory.glob("*.csv"))
    except OSError as error:
        raise InputError(f"无法读取 {directory}:{error.strerror}", f"can't read {directory}: {error}") from None
    if not files:
        raise InputError(
            f"{directory} 里没有门户登记表(*.csv),{hint_zh}",
            f"no portal registry (*.csv) in {directory}; {hint_en}",
        )
    return files


def read(directory: Path, only: frozenset[str] | None = None) -> tuple[list[Portal], list[Problem]]:
    """Good rows and problems; ``scrapy portals check`` shows both."""
    files = files_of(directory)
    portals: list[Portal] = []
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for file in files:
        if only is not None and re.fullmatch(r"\d\d", file.stem) and file.stem not in only:
            continue
        for line, row in _rows(file, problems):
            problems += (found := list(_lint(file, line, row)))
            where = f"{file.name}:{line}"
            if (first := seen.setdefault(row["portal_id"], where)) != where:
                message = f"portal_id “{row['portal_id']}”已在 {first} 出现", f"portal_id is already in {first}"
                problems.append(Problem(str(file), line, *message))
            elif not found:
                portals.append(_portal(row))
    return portals, problems


def _rows(file: Path, problems: list[Problem]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        problems.append(Problem(str(file), line, "不是 UTF-8 编码", "is not UTF-8"))
        return
    except OSError as error:
        problems.append(Problem(str(file), 1, f"无法读取:{error.strerror}", f"can't be read: {error.strerror}"))
        return
    reader = csv.reader(text.splitlines())
    lines = _cells(file, reader, problems)
    header = tuple(next(lines, ()))
    if unknown := set(header) ^ (set(header) & set(COLUMNS)) | (set(REQUIRED) - set(header)):
        names = ", ".join(sorted(unknown))
        problems.append(Problem(str(file), 1, f"表头缺少或多出:{names}", f"missing or unknown columns: {names}"))
        return
    if twice := ", ".join(sorted({name for name in header if header.count(name) > 1})):
        problems.append(Problem(str(file), 1, f"表头重复:{twice}", f"columns that are there twice: {twice}"))
        return
    for cells in lines:
        if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
            continue
        if len(cells) != len(header):
            zh, en = (
                f"应有 {len(header)} 列,实有 {len(cells)} 列",
                f"{len(header)} columns expected, {len(cells)} found",
            )
            problems.append(Problem(str(file), reader.line_num, zh, en))
            continue
        row = dict.fromkeys(COLUMNS, "") | {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        yield reader.line_num, row


def of_bounded_cells(reader: Reader) -> Iterator[list[str]]:
    """The lines of a CSV; ``csv.Error`` for a cell beyond ``LONGEST_CELL``. The limit of the csv module is one for the
    whole process, and libraries raise it."""
    for cells in reader:
        if max(map(len, cells), default=0) > LONGEST_CELL:
            raise csv.Error(f"a cell of more than {LONGEST_CELL} characters")
        yield cells


def _cells(file: Path, reader: Reader, problems: list[Problem]) -> Iterator[list[str]]:
    """The lines of a CSV as far as it can be read: what ends it early is a problem."""
    try:
        yield from of_bounded_cells(reader)
    except csv.Error as error:
        problems.append(Problem(str(file), reader.line_num, f"不是 CSV:{error}", f"is no CSV: {error}"))


def _lint(file: Path, line: int, row: dict[str, str]) -> Iterator[Problem]:
    for zh, en in (*_lint_identity(file, row), *_lint_status(row), *cell_faults(row)):
        yield Problem(str(file), line, zh, en)


def cell_faults(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What is wrong with single cells, whatever the others hold; each message names its column."""
    for name in (name for name, cell in row.items() if _CONTROL.search(cell)):
        yield f"{name}:含控制字符", f"{name}: has control characters in it"
    code, status, day = row["region_code"], row["status"], row["verified_at"]
    if row["portal_id"] and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", row["portal_id"]):
        yield (
            f"portal_id:“{row['portal_id']}”含有其他字符",
            f"portal_id: {row['portal_id']!r}: only letters, digits, - and _",
        )
    if code and (not re.fullmatch(r"\d{6}", code) or regions.by_code(code) is None):
        yield f"region_code:行政区划代码“{code}”不存在", f"region_code: {code!r} is not in GB/T 2260"
    if status not in ("", *STATUSES):
        known = ", ".join(STATUSES)
        yield f"status:没有“{status}”,可用:{known}", f"status: no {status!r}; known: {known}"
    if day and not _is_date(day):
        yield f"verified_at:“{day}”不是日期", f"verified_at: {day!r} is not YYYY-MM-DD"
    yield from _lint_addresses(row)
    yield from _lint_system(row)


def _lint_identity(file: Path, row: dict[str, str]) -> Iterator[tuple[str, str]]:
    for column in REQUIRED:
        if not row[column] and not (column == "url" and row["status"] == UNKNOWN):
            yield f"{column} 为空", f"{column} is empty"
    code = row["region_code"]
    if regions.by_code(code) and re.fullmatch(r"\d\d", file.stem) and code[:2] != file.stem:
        yield f"代码“{code}”不属于本文件的省份 {file.stem}", f"region_code {code} does not belong to {file.name}"


def _lint_status(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    status = row["status"]
    if status == UNKNOWN and row["url"]:
        yield "status 为 unknown 但有地址,应为 unverified", "status is unknown beside an address; unverified expected"
    if not row["url"] and row["columns"]:
        yield "有 columns 而没有 url", "columns without a url"
    if status == VERIFIED and not (row["verified_at"] and row["evidence"]):
        yield "status 为 verified 但缺少 verified_at 或 evidence", "status is verified without verified_at or evidence"


def _is_date(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) and date.fromisoformat(text))
    except ValueError:
        return False


def _lint_addresses(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    for column, urls in (("url", [row["url"]]), ("columns", row["columns"].split())):
        for url in urls:
            if url and not is_web(url):
                yield f"{column}:“{url}”不是 http(s) 地址", f"{column}: {url!r} is not an http(s) address"
            elif re.search(r"\s", url):
                yield f"{column}:“{url}”含空白", f"{column}: {url!r} has blanks in it"
            elif "@" in urlsplit(url).netloc:
                yield f"{column}:“{url}”含用户名", f"{column}: {url!r} has a user name in it"
            elif url and not _HOST.fullmatch(host_of(url)):
                yield f"{column}:“{url}”的主机名无效", f"{column}: {url!r} has no valid host name"
    for host in row["hosts"].split():
        if ":" in host or not _HOST.fullmatch(host.rstrip(".").lower()):
            yield f"hosts:“{host}”应只写主机名", f"hosts: {host!r} should be a bare host name"


def _lint_system(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    known = {family.NAME for family in FAMILIES}
    try:
        for period in parse_families(row["families"]):
            if period.name not in known:
                names = ", ".join(sorted(known))
                yield f"families:没有“{period.name}”,可用:{names}", f"families: no {period.name!r}; known: {names}"
            if period.since and period.until and period.since > period.until:
                yield f"families:{period.name} 的起止年月颠倒", f"families: {period.name} ends before it begins"
    except ValueError as error:
        yield f"families:“{error}”格式不对", f"families: {error} is not name@YYYY-MM-YYYY-MM"
    if row["site_id_code"] and not re.fullmatch(r"[0-9]{10}", row["site_id_code"]):
        told = row["site_id_code"]
        yield f"site_id_code:网站标识码“{told}”应为10位数字", f"site_id_code: {told!r}: ten digits expected"


def _portal(row: dict[str, str]) -> Portal:
    return Portal(
        portal_id=row["portal_id"],
        region_code=row["region_code"],
        name=row["name"],
        url=row["url"],
        columns=tuple(row["columns"].split()),
        hosts=tuple(host.lower() for host in row["hosts"].split()),
        families=parse_families(row["families"]),
        site_id_code=row["site_id_code"] or None,
        status=row["status"] or UNVERIFIED,
        verified_at=row["verified_at"] or None,
        evidence=row["evidence"],
        note=row["note"],
    )
