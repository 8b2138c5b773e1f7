"""A run's directory: written as ``*.part``, renamed when complete, the manifest last.

``<RUNS_DIR>/<RUN_ID>/`` without a ``manifest.json`` is a run that goes on, or one that was killed; nobody reads it.
What was killed is continued by the same command (``run.json.part`` has what it was asked for): see ``crawler.resume``.
``<RUNS_DIR>/../latest`` moves in one step, to a run whose verdict is good. A run that has its manifest is never
written to again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from crawler.errors import InputError

PART = ".part"
MANIFEST = "manifest.json"
LOCK = "run.lock" + PART
PLAN = "run.json" + PART
RESUME_DAYS = 7  # an unfinished run that is older is not continued unasked: portals have changed since


@dataclass(slots=True)
class RunDirectory:
    """The files of one run. ``claim`` makes or takes over the directory, ``publish`` completes it."""

    path: Path
    started: str = field(default_factory=lambda: now())
    resumed: bool = False
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

    def publish(self, manifest: dict[str, Any], *, drop: Collection[str] = ()) -> None:
        """Renames every part, then writes the manifest with size and sha256 of each file; those to ``drop`` go last."""
        working = {LOCK, PLAN, *(name + PART for name in drop)}
        for part in sorted(self.path.rglob("*" + PART)):
            if part.name not in working:
                part.replace(part.with_name(part.name.removesuffix(PART)))
        files = {
            file.relative_to(self.path).as_posix(): {"bytes": file.stat().st_size, "sha256": sha256_of(file)}
            for file in sorted(self.path.rglob("*"))
            if file.is_file() and file.name not in working
        }
        part = self.path / (MANIFEST + PART)
        with part.open("w", encoding="utf-8") as out:
            json.dump({**manifest, "files": files}, out, ensure_ascii=False, indent=1)
            out.flush()
            os.fsync(out.fileno())
        part.replace(self.path / MANIFEST)
        self.release()  # the lock's file goes first, then what only a killed run is continued with
        for name in working:
            (self.path / name).unlink(missing_ok=True)

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


def claim(runs_dir: Path, run_id: str = "", plan: dict[str, Any] | None = None, *, resume: bool = True) -> RunDirectory:
    """The directory of a run. ``plan`` is what it is asked for, any JSON.

    An unfinished run of the same plan is continued: that of ``run_id``, or without one the newest that no process
    holds. Otherwise a new directory is made; what an unfinished run without a plan left under ``run_id`` is removed,
    and so is all with ``resume=False``. A finished run, and an unfinished one of another plan, are errors.
    """
    check_id(runs_dir, run_id)
    plan = json.loads(json.dumps(plan)) if plan is not None else None
    try:
        found = _unfinished(runs_dir, run_id, plan) if resume and plan is not None else None
        if found is not None:
            return found
        path = runs_dir / run_id if run_id else _free(runs_dir)
        path.mkdir(parents=True, exist_ok=True)
        run = RunDirectory(path)
        run._lock = _locked(path)
        for left in sorted(path.rglob("*")):
            if left.is_file() and left.name != LOCK:
                left.unlink()
        if plan is not None:
            _write_plan(run, plan)
    except OSError as error:
        raise InputError(f"无法写入 {runs_dir}:{error.strerror}", f"can't write to {runs_dir}: {error}") from None
    return run


def _unfinished(runs_dir: Path, run_id: str, plan: dict[str, Any]) -> RunDirectory | None:
    """The unfinished run to continue, held by this process."""
    paths = [runs_dir / run_id] if run_id else sorted(runs_dir.glob(f"*/{PLAN}"), key=_changed, reverse=True)
    for path in paths if run_id else [plan_file.parent for plan_file in paths]:
        told = _read_plan(path)
        if told is None or (path / MANIFEST).exists():
            continue
        if told["plan"] != plan:
            if run_id:
                raise InputError(
                    f"RUN_ID“{run_id}”是参数不同的未完成运行,请换一个 RUN_ID,或加 -s RESUME=False 从头开始",
                    f"RUN_ID {run_id!r} is an unfinished run with other arguments or settings: "
                    "choose another, or start it afresh with -s RESUME=False",
                )
            continue
        age = datetime.now(UTC) - datetime.fromisoformat(told["started"])
        if not run_id and age.days >= RESUME_DAYS:
            continue
        try:
            lock = _locked(path)
        except InputError:
            if run_id:
                raise
            continue
        if (path / MANIFEST).exists():  # finished just now
            lock.close()
            continue
        return RunDirectory(path, started=told["started"], resumed=True, _lock=lock)
    return None


def _changed(file: Path) -> float:
    return file.stat().st_mtime


def _write_plan(run: RunDirectory, plan: dict[str, Any]) -> None:
    step = run.path / (PLAN + PART)
    step.write_text(json.dumps({"started": run.started, "plan": plan}, ensure_ascii=False, indent=1), encoding="utf-8")
    step.replace(run.path / PLAN)


def _read_plan(path: Path) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = json.loads((path / PLAN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told


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
    lock = (path / LOCK).open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise InputError(f"{path} 正由另一次运行写入", f"another run is writing to {path}") from None
    return lock


def is_held(path: Path) -> bool:
    """Whether a process is writing to a run's directory now."""
    try:
        _locked(path).close()
    except InputError:
        return True
    except OSError:  # it is not there
        return False
    return False


def sha256_of(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
