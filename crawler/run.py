"""A run's directory: written as ``*.part``, renamed when complete, the manifest last.

``<RUNS_DIR>/<RUN_ID>/`` without a ``manifest.json`` is a run that goes on, or one that was killed; nobody reads it.
``<RUNS_DIR>/../latest`` moves in one step, to a run whose verdict is good. A run that has its manifest is never
written to again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from crawler.errors import InputError

PART = ".part"
MANIFEST = "manifest.json"
LOCK = "run.lock" + PART


@dataclass(slots=True)
class RunDirectory:
    """The files of one run. ``claim`` makes or takes over the directory, ``publish`` completes it."""

    path: Path
    started: str = field(default_factory=lambda: now())
    _lock: IO[bytes] | None = None

    @property
    def run_id(self) -> str:
        return self.path.name

    @property
    def latest(self) -> Path:
        return self.path.parent.parent / "latest"

    def part(self, name: str) -> Path:
        """Where to write a file until the run is complete."""
        path = self.path / (name + PART)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def publish(self, manifest: dict[str, Any]) -> None:
        """Renames every part, then writes the manifest with size and sha256 of each file."""
        for part in sorted(self.path.rglob("*" + PART)):
            if part.name != LOCK:
                part.replace(part.with_name(part.name.removesuffix(PART)))
        files = {
            file.relative_to(self.path).as_posix(): {"bytes": file.stat().st_size, "sha256": sha256_of(file)}
            for file in sorted(self.path.rglob("*"))
            if file.is_file() and file.name != LOCK
        }
        part = self.path / (MANIFEST + PART)
        with part.open("w", encoding="utf-8") as out:
            json.dump({**manifest, "files": files}, out, ensure_ascii=False, indent=1)
            out.flush()
            os.fsync(out.fileno())
        part.replace(self.path / MANIFEST)
        self.release()

    def point_latest_here(self) -> None:
        """Moves ``latest`` in one step; a reader sees the old run or the new one."""
        step = self.latest.with_name(f".latest-{os.getpid()}")
        step.unlink(missing_ok=True)
        step.symlink_to(os.path.relpath(self.path, self.latest.parent))
        step.replace(self.latest)

    def release(self) -> None:
        if self._lock is not None:
            (self.path / LOCK).unlink(missing_ok=True)
            self._lock.close()
            self._lock = None


def claim(runs_dir: Path, run_id: str = "") -> RunDirectory:
    """A directory for a new run. What a killed run of the same id left is removed; a finished one is an error."""
    check_id(runs_dir, run_id)
    try:
        path = runs_dir / run_id if run_id else _free(runs_dir)
        path.mkdir(parents=True, exist_ok=True)
        run = RunDirectory(path)
        run._lock = _locked(path)
        for left in sorted(path.rglob("*" + PART)):
            if left.name != LOCK:
                left.unlink()
    except OSError as error:
        raise InputError(f"无法写入 {runs_dir}:{error.strerror}", f"can't write to {runs_dir}: {error}") from None
    return run


def check_id(runs_dir: Path, run_id: str) -> None:
    """Raises ``InputError`` for an id that can't name a directory, or names a finished run."""
    if run_id and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", run_id):
        raise InputError(
            f"RUN_ID“{run_id}”只能含字母、数字和 . _ -",
            f"RUN_ID {run_id!r}: only letters, digits and . _ - are allowed",
        )
    if run_id and (runs_dir / run_id / MANIFEST).exists():
        raise InputError(
            f"RUN_ID“{run_id}”已有完成的运行:{runs_dir / run_id},请换一个",
            f"RUN_ID {run_id!r} is a finished run already: {runs_dir / run_id}; choose another",
        )


def _free(runs_dir: Path) -> Path:
    """A new directory named by the time; two runs of one second get two."""
    runs_dir.mkdir(parents=True, exist_ok=True)
    name = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for suffix in ["", *(f"-{n}" for n in range(2, 100))]:
        path = runs_dir / f"{name}{suffix}"
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return path
    raise FileExistsError(17, "no free run id", str(runs_dir / name))


def _locked(path: Path) -> IO[bytes]:
    lock = (path / LOCK).open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise InputError(f"{path} 正由另一次运行写入", f"another run is writing to {path}") from None
    return lock


def sha256_of(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
