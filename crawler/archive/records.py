"""Single records of a WARC file: where one lies, what is in it, all of a file one after the other.

Memory is that of one record. A torn last member, as a killed process leaves it, ends the file: a record counts when its
gzip member is whole, checksum included.
"""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

from warcio.recordloader import ArcWarcRecordLoader

from crawler.errors import InputError
from crawler.run import PART

CHUNK = 64 * 1024
GZIP = b"\x1f\x8b\x08"
LARGEST_RECORD = 256 * 1024 * 1024  # unpacked; the crawl stores no body that comes near


class ArchiveDamaged(InputError):
    """A file of the archive, or a record of it, that can't be read."""

    def __init__(self, file: Path, offset: int, what: str) -> None:
        self.file = file
        super().__init__(
            f"存档文件 {file} 在第 {offset} 字节处损坏:{what}",
            f"archive file {file} is damaged at byte {offset}: {what}",
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document lies: the file within the run's directory, the record, its first byte and its length there."""

    file: str
    record_id: str
    offset: int
    length: int
    content_sha256: str


@dataclass(frozen=True, slots=True)
class Record:
    """One WARC record, unpacked. ``headers`` are the record's own, ``http_headers`` those of the response."""

    offset: int
    length: int  # as stored, compressed
    kind: str  # WARC-Type
    headers: dict[str, str]
    status: int
    http_headers: list[tuple[str, str]]
    body: bytes

    @property
    def record_id(self) -> str:
        return self.headers.get("WARC-Record-ID", "")

    @property
    def url(self) -> str:
        return self.headers.get("WARC-Target-URI", "")


def records(path: Path) -> Iterator[Record]:
    """The whole records of a file in order. Raises ``ArchiveDamaged`` where it is broken before its end."""
    with path.open("rb") as file:
        offset = 0
        while (record := _next(path, file, offset)) is not None:
            yield record
            offset += record.length


def whole_records(path: Path, damage: list[ArchiveDamaged]) -> Iterator[Record]:
    """The whole records of a file that is complete; ``damage`` grows by what is broken between them or at the end."""
    with path.open("rb") as file:
        size, offset, broken = path.stat().st_size, 0, False
        while offset < size:
            try:
                if (record := _next(path, file, offset)) is None:
                    raise ArchiveDamaged(path, offset, "不完整 / torn")
            except ArchiveDamaged as error:
                if not broken:  # what looks like a begin within a broken stretch is no further damage
                    damage.append(error)
                broken, offset = True, _next_member(file, offset + 1, size)
            else:
                yield record
                broken, offset = False, offset + record.length


def _next_member(file: IO[bytes], begin: int, size: int) -> int:
    """Where from ``begin`` on a gzip member may start; the end of the file, if none may."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = data.find(GZIP, begin)
    return size if found < 0 else found


def record_at(path: Path, offset: int) -> Record:
    """The record that begins at ``offset``. Raises ``ArchiveDamaged`` if none does."""
    try:
        with path.open("rb") as file:
            record = _next(path, file, offset)
    except FileNotFoundError:
        raise ArchiveDamaged(path, offset, "没有这个文件 / no such file") from None
    if record is None:
        raise ArchiveDamaged(path, offset, "没有完整的记录 / no whole record there")
    return record


def there(path: Path) -> Path:
    """A file of a run under the name that it has now: with ``.part`` until the run is published."""
    part = path.with_name(path.name + PART)
    return part if part.exists() else path


def _next(path: Path, file: IO[bytes], offset: int) -> Record | None:
    """The record at ``offset``, None at the end of the file or when it is torn there."""
    file.seek(offset)
    unpack = zlib.decompressobj(31)  # gzip, with its checksum
    body, read = bytearray(), 0
    while not unpack.eof:
        if not (chunk := file.read(CHUNK)):
            return None
        read += len(chunk)
        try:
            body += unpack.decompress(chunk, LARGEST_RECORD - len(body) + 1)
        except zlib.error as error:
            raise ArchiveDamaged(path, offset, str(error)) from None
        if len(body) > LARGEST_RECORD:
            raise ArchiveDamaged(path, offset, f"> {LARGEST_RECORD} B")
    return _parsed(path, offset, read - len(unpack.unused_data), bytes(body))


def _parsed(path: Path, offset: int, length: int, raw: bytes) -> Record:
    try:
        found = ArcWarcRecordLoader(verify_http=False).parse_record_stream(BytesIO(raw), known_format="warc")
    except Exception as error:  # warcio has no base class for what it raises here
        raise ArchiveDamaged(path, offset, f"{type(error).__name__}: {error}") from None
    http = found.http_headers
    status = http.get_statuscode() if http is not None else ""
    return Record(
        offset,
        length,
        found.rec_type,
        dict(found.rec_headers.headers),
        int(status) if status.isdigit() else 0,
        [(name, value or "") for name, value in http.headers] if http is not None else [],
        found.raw_stream.read(),
    )
