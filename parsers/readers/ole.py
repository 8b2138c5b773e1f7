"""An OLE2 file (DOC, WPS, XLS, ET): what it is by the streams at its root, and the bytes of a stream.

``read`` hands the file to the reader of its kind. Chains of sectors are followed within the file's own size.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from importlib import import_module

from parsers.document import Document
from parsers.readers.zipped import broken
from parsers.source import ParseError

_END = 0xFFFFFFFA  # sector numbers from here on are marks
MAX_ENTRIES = 20000
_READERS = {"WordDocument": "word", "Workbook": "xls", "Book": "xls", "MatOST": "word", "MM": "word"}


def read(body: bytes) -> list[Document]:
    streams = Compound(body).streams
    if "EncryptedPackage" in streams:
        raise ParseError("encrypted", "文件已加密,需要密码", "the file is encrypted")
    for name, module in _READERS.items():
        if name in streams:
            documents: list[Document] = import_module(f"parsers.readers.{module}").read(body)
            return documents
    kind = "PPT" if "PowerPoint Document" in streams else "OLE2"
    raise ParseError("unsupported_format", f"暂不支持的文件格式:{kind}", f"file format not supported: {kind}")


class Compound:
    """The container. ``streams`` maps the names at the root to (first sector, size)."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        try:
            self._open()
        except (struct.error, IndexError, UnicodeDecodeError) as error:
            raise broken("OLE2", error) from None

    def _open(self) -> None:
        body = self.body
        (shift,) = struct.unpack_from("<H", body, 30)
        if shift not in (9, 12):
            raise broken("OLE2", f"sector shift {shift}")
        self.sector = 1 << shift
        fat_count, first_directory = struct.unpack_from("<2I", body, 44)[0], struct.unpack_from("<I", body, 48)[0]
        self.small_limit, first_small = struct.unpack_from("<2I", body, 56)
        first_more, more_count = struct.unpack_from("<2I", body, 68)
        tables = [number for number in struct.unpack_from("<109I", body, 76) if number < _END]
        for number in self._more(first_more, more_count):
            tables.append(number)
        self.fat: list[int] = []
        for number in tables[: min(fat_count, len(body) // self.sector + 1)]:
            data = self._at(number)
            self.fat.extend(struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4]))
        directory = self._chain(first_directory, MAX_ENTRIES * 128)
        self.streams = dict(self._root(directory))
        root_start, root_size = struct.unpack_from("<I", directory, 116)[0], struct.unpack_from("<I", directory, 120)[0]
        self._small_fat_start, self._small_data = first_small, (root_start, root_size)

    def _at(self, number: int) -> bytes:
        start = (number + 1) * self.sector
        data = self.body[start : start + self.sector]
        if not data:
            raise IndexError(f"sector {number} is missing")
        return data

    def _more(self, number: int, count: int) -> Iterator[int]:
        """The numbers of further allocation tables, where the header has no room for them."""
        for _ in range(min(count, len(self.body) // self.sector + 1)):
            if number >= _END:
                return
            data = struct.unpack(f"<{self.sector // 4}I", self._at(number).ljust(self.sector, b"\xff"))
            yield from (entry for entry in data[:-1] if entry < _END)
            number = data[-1]

    def _chain(self, number: int, most: int) -> bytes:
        """The bytes of a chain of sectors, at most ``most`` and never more than the file has."""
        parts: list[bytes] = []
        left = min(most, len(self.body))
        while number < _END and left > 0:
            data = self._at(number)
            parts.append(data)
            left -= len(data)
            number = self.fat[number]
        return b"".join(parts)

    def _root(self, directory: bytes) -> Iterator[tuple[str, tuple[int, int]]]:
        """The entries of the root storage: a tree of siblings, walked without trusting it to be one."""
        seen: set[int] = set()
        waiting = [struct.unpack_from("<I", directory, 76)[0]]
        while waiting:
            number = waiting.pop()
            if number in seen or number * 128 + 128 > len(directory):
                continue
            seen.add(number)
            entry = directory[number * 128 : number * 128 + 128]
            length, _, _, left, right = struct.unpack_from("<HBBII", entry, 64)
            waiting += [left, right]
            name = entry[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace").lstrip("\x01\x03\x05\x06")
            yield name, struct.unpack_from("<2I", entry, 116)

    def stream(self, name: str) -> bytes:
        """The bytes of a stream at the root, empty for one that is not there."""
        if name not in self.streams:
            return b""
        start, size = self.streams[name]
        try:
            return self._small(start, size) if size < self.small_limit else self._chain(start, size)[:size]
        except (struct.error, IndexError) as error:
            raise broken("OLE2", error) from None

    def _small(self, number: int, size: int) -> bytes:
        data = self._chain(*self._small_data)
        table = self._chain(self._small_fat_start, len(self.body))
        parts: list[bytes] = []
        left = size
        while number < _END and left > 0:
            parts.append(data[number * 64 : number * 64 + 64])
            left -= 64
            (number,) = struct.unpack_from("<I", table, number * 4)
        return b"".join(parts)[:size]
