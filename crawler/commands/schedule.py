"""``scrapy schedule due | run``: what settings/schedule.toml asks for now, and doing it."""

from __future__ import annotations

import argparse
import fcntl
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.errors import InputError

if TYPE_CHECKING:
    from crawler.schedule import Crawl, Schedule

STOP_SECONDS = 120  # that a crawl gets to end cleanly
LOCK = "schedule.lock"


class Command(ScrapyCommand):
    """``due``: exit 0, 1 when nothing is due. ``run``: the worst exit code of its crawls, 0 when there was none."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - as Scrapy declares it

    def syntax(self) -> str:
        return "[options] due | list | run"

    def short_desc(self) -> str:
        return "List and run the crawls that are due (定时采集)"

    def long_desc(self) -> str:
        return (
            "due: the crawls of SCHEDULE (settings/schedule.toml) that are due now. list: all of them with the time "
            "from which on each is due. run: runs those that are due, one after the other; a second `run` at the same "
            "time does nothing. Made to be called every hour by a systemd timer or cron. -s settings are handed on. "
            "due 列出到期的采集;list 列出全部;run 逐个运行到期的采集。"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--now", metavar="TIME", help="pretend that it is this time, as 2025-02-01T22:00+08:00")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if len(args) != 1 or args[0] not in ("due", "list", "run"):
            raise UsageError("用法 / usage: scrapy schedule due | list | run", print_help=False)
        from crawler.schedule import read
        from crawler.verdict import FAILURE

        runs_dir = Path(self.settings["RUNS_DIR"]).absolute()
        try:
            moment = _time(opts.now)
            portals = Path(self.settings["PORTALS_DIR"])
            registered = {path.stem for path in portals.glob("[1-9][0-9].csv")}
            schedule = read(Path(self.settings["SCHEDULE"]), registered, self.settings)
            if args[0] == "run":
                self.exitcode = _run(schedule, runs_dir, moment, list(opts.set))
            else:
                self.exitcode = _tell(schedule, runs_dir, moment, only_due=args[0] == "due")
        except InputError as error:
            error.tell()
            self.exitcode = FAILURE


def _time(given: str | None) -> datetime:
    from crawler.run import now as iso_now

    try:
        found = datetime.fromisoformat(given or iso_now())
    except ValueError:
        example = "2025-02-01T22:00+08:00"
        raise InputError(f"--now “{given}”不是时间,例:{example}", f"--now {given!r}: {example} expected") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _tell(schedule: Schedule, runs_dir: Path, moment: datetime, *, only_due: bool) -> int:
    from crawler.schedule import due, ran
    from crawler.schedule.due import plan

    known = list(ran(runs_dir))
    found = due(schedule, known, moment) if only_due else plan(schedule, known, moment)
    for each in found:
        since = (
            each.since.astimezone(schedule.timezone).isoformat(timespec="minutes")
            if each.last
            else "从未运行 / never ran"
        )
        asked = " ".join(f"-a {name}={value}" for name, value in each.crawl.arguments.items())
        sys.stdout.write(f"{each.crawl.name}\t{since}\t{asked}\n")
    if only_due and not found:
        sys.stderr.write("没有到期的采集 / nothing is due\n")
        return 1
    return 0


def _run(schedule: Schedule, runs_dir: Path, moment: datetime, given: Sequence[str]) -> int:
    from crawler.schedule import due, ran
    from crawler.verdict import FAILURE

    with _alone(runs_dir.parent / LOCK) as alone:
        if not alone:
            sys.stderr.write("另一个 scrapy schedule run 正在运行 / another scrapy schedule run is at work\n")
            return 0
        worst = 0
        for each in due(schedule, list(ran(runs_dir)), moment):
            sys.stderr.write(f"开始 / start: {each.crawl.name}\n")
            code = _crawl(each.crawl, given)
            sys.stderr.write(f"结束 / end: {each.crawl.name}: {code}\n")
            worst = max(worst, code if code in (0, 1) else FAILURE)
        return worst


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Whether this process is the only one that holds the lock; the kernel lets go of it however the process ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _crawl(crawl: Crawl, given: Sequence[str]) -> int:
    """One crawl as a process of its own; a signal to this one is handed on, and ends the schedule's run."""
    words = [f"{name}={value}" for name, value in crawl.settings.items()]
    command = [sys.executable, "-m", "scrapy", "crawl", "annual_reports"]
    for flag, pairs in (("-a", [f"{n}={v}" for n, v in crawl.arguments.items()]), ("-s", [*words, *given])):
        command += [word for pair in pairs for word in (flag, pair)]

    def stop(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    process = subprocess.Popen(command)
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()  # Scrapy ends its run
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for number, handler in before.items():
            signal.signal(number, handler)
