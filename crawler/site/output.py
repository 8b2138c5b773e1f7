"""What is written: a page only if what it shows has changed, and away with pages that are no longer due.

``SHA256SUMS`` in the site's directory lists every file made here (``sha256sum -c`` checks it), ``.inputs`` what each
was made from: a directory without it is none of ours. Both are written line by line to ``.part`` files and renamed at
the end, so that a build that was killed leaves no file that the next one doesn't know of, nor takes a file for written
that isn't. Files that no build has made are never touched. One build at a time: the directory is locked.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice, takewhile
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from crawler.errors import InputError

SUMS, INPUTS, PART, NEW = "SHA256SUMS", ".inputs", ".part", ".new"
UNSURE = "-" * 64  # in place of the hash of a file that is about to be written


@dataclass(slots=True)
class Counts:
    """How many files a build wrote, left as they were, and removed; bytes of all of them, and of the largest page."""

    written: int = 0
    kept: int = 0
    removed: int = 0
    bytes: int = 0
    largest: int = 0
    largest_page: str = ""


@dataclass(slots=True)
class Output:
    """A site's directory during one build; used as a context, it tidies up only if the build came to its end."""

    directory: Path
    counts: Counts = field(default_factory=Counts)
    _known: dict[str, str] = field(default_factory=dict)  # path -> sha256 of what was written
    _inputs: dict[str, str] = field(default_factory=dict)  # path -> hash of what it was made from
    _due: set[str] = field(default_factory=set)
    _lists: list[IO[str]] = field(default_factory=list)
    _sorted: list[str] = field(default_factory=list)  # what earlier builds have written
    _lock: int = -1

    def __enter__(self) -> Self:
        if self.directory.exists() and any(self.directory.iterdir()) and not self._is_ours():
            raise InputError(
                f"目录 {self.directory} 不空，也不是本程序生成的网站",
                f"directory {self.directory} is neither empty nor a site made by this program",
            )
        self.directory.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.directory, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise InputError(
                f"另一个进程正在生成网站 {self.directory}", f"another build is at work on {self.directory}"
            ) from None
        for name, held in ((SUMS, self._known), (INPUTS, self._inputs)):
            for path in (self.directory / name, self.directory / (name + PART)):
                held.update(_read(path))
            for page in _read(self.directory / (name + PART)):  # what a killed build was about to rename
                (self.directory / (page + NEW)).unlink(missing_ok=True)
            self._lists.append((self.directory / (name + PART)).open("a", encoding="utf-8"))
        self._sorted = sorted(self._known)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for file in self._lists:
                file.close()
            if error is None:
                self._remove_stale()
                for name, held in ((SUMS, self._known), (INPUTS, self._inputs)):
                    lines = "".join(f"{held[path]}  {path}\n" for path in sorted(self._due & held.keys()))
                    _replace(self.directory / name, lambda target, lines=lines: target.write_text(lines, "utf-8"))  # type: ignore[misc]
                for name in (SUMS, INPUTS):
                    (self.directory / (name + PART)).unlink()
        finally:
            os.close(self._lock)

    def page(self, path: str, made_from: str, make: Callable[[], str | bytes]) -> None:
        """The file ``path``, made anew only if it is not yet there as made from the same."""
        if path in self._due:
            raise ValueError(f"{path} is written twice")
        if self.is_made_from(path, made_from):
            self._keep(path)
            return
        made = make()
        self.file(path, made.encode("utf-8") if isinstance(made, str) else made)
        self._inputs[path] = made_from
        self._lists[1].write(f"{made_from}  {path}\n")

    def file(self, path: str, body: bytes) -> None:
        """The file ``path`` with this content."""
        self._put(path, hashlib.sha256(body).hexdigest(), len(body), lambda target: target.write_bytes(body))

    def copy(self, path: str, source: Path) -> str:
        """The file ``path`` as a copy of another, however large; gives its hash."""
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._put(path, digest, source.stat().st_size, lambda target: shutil.copyfile(source, target))
        return digest

    def _put(self, path: str, digest: str, size: int, write: Callable[[Path], object]) -> None:
        self._note(path, size)
        if self._known.get(path) == digest and self._size(path) == size:
            self.counts.kept += 1
            return
        self._lists[0].write(f"{UNSURE}  {path}\n")
        self._lists[0].flush()
        target = self.directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, write)
        self._lists[0].write(f"{digest}  {path}\n")
        self._known[path] = digest
        self.counts.written += 1

    def keep(self, prefix: str) -> bool:
        """Files whose names begin so stay, without being made again; False if one of them is gone."""
        at = bisect_left(self._sorted, prefix)
        found = list(takewhile(lambda path: path.startswith(prefix), islice(self._sorted, at, None)))
        if any(self._size(path) is None for path in found):
            return False
        for path in found:
            if path not in self._due:
                self._keep(path)
        return True

    def is_made_from(self, path: str, made_from: str) -> bool:
        """Whether the file is there as an earlier build made it from the same."""
        known = self._known.get(path, UNSURE)
        return self._inputs.get(path) == made_from and known != UNSURE and self._size(path) is not None

    def is_due(self, path: str) -> bool:
        """Whether this build has the file already."""
        return path in self._due

    def _keep(self, path: str) -> None:
        if (found := self._size(path)) is not None:
            self._note(path, found)
            self.counts.kept += 1

    def _note(self, path: str, size: int) -> None:
        self._due.add(path)
        self.counts.bytes += size
        if path.endswith(".html") and size > self.counts.largest:
            self.counts.largest, self.counts.largest_page = size, path

    def _size(self, path: str) -> int | None:
        try:
            return (self.directory / path).stat().st_size
        except FileNotFoundError:
            return None

    def _is_ours(self) -> bool:
        return any((self.directory / name).exists() for name in (INPUTS, INPUTS + PART))

    def _remove_stale(self) -> None:
        for path in self._known.keys() - self._due:
            target = self.directory / path
            target.unlink(missing_ok=True)
            self.counts.removed += 1
            if target.parent != self.directory and target.parent.is_dir() and not any(target.parent.iterdir()):
                target.parent.rmdir()


def _read(path: Path) -> dict[str, str]:
    """path -> hash; a torn last line is left out."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    pairs = (line.split("  ", 1) for line in lines)
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2 and _is_within(pair[1])}


def _is_within(path: str) -> bool:
    """Whether a listed path stays in the site's directory, so that no list can make a build remove other files."""
    return not path.startswith(("/", "\\")) and ".." not in path.split("/")


def _replace(target: Path, write: Callable[[Path], object]) -> None:
    beside = target.with_name(target.name + NEW)
    write(beside)
    beside.replace(target)
