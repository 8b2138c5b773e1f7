"""``scrapy cluster run``: one crawl in shards, by processes here or as tasks of a Dask cluster."""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.commands import BaseRunSpiderCommand
from scrapy.exceptions import UsageError

from crawler.errors import InputError, exit_code

if TYPE_CHECKING:
    from crawler.cluster.shards import Shard
    from crawler.run import RunDirectory


class Command(BaseRunSpiderCommand):
    """The exit code is the verdict of the merged run."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] run"

    def short_desc(self) -> str:
        return "Run a crawl in shards, here or on a Dask cluster (分片采集)"

    def long_desc(self) -> str:
        return (
            "Divides the portals in scope by city, crawls the shards in processes on this machine and merges them into "
            "one run in RUNS_DIR. With --scheduler the shards are tasks of a Dask cluster, whose workers must all see "
            "RUNS_DIR; several machines need a ledger in PostgreSQL. The same command goes on with a run that was "
            "killed. "
            "按城市分片,用本机多个进程(或 --scheduler 指定的 Dask 集群)采集,并合并为一次运行。"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--scheduler", metavar="ADDRESS", help="of a running Dask cluster, as tcp://host:8786")
        parser.add_argument("--workers", metavar="N", type=int, default=2, help="processes on this machine (2)")
        parser.add_argument("--shards", metavar="N", type=int, default=0, help="most shards; default: 4 a worker")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args != ["run"]:
            raise UsageError("用法 / usage: scrapy cluster run [options] -a province=37", print_help=False)
        assert self.settings is not None
        self.exitcode = exit_code(lambda: self._run(opts))

    def _run(self, opts: argparse.Namespace) -> int:
        from crawler.extensions.budgets import check_disk
        from crawler.resume import plan_of
        from crawler.run import claim
        from crawler.starting import check_crawl
        from crawler.watch.alerts import Channels

        settings: Any = self.settings
        if opts.workers < 1 or opts.shards < 0:
            raise InputError("--workers 至少为 1", "--workers: at least 1")
        arguments = dict(opts.spargs)
        scope = check_crawl(settings, arguments)
        channels = Channels.of(settings)
        check_disk(settings)
        plan = plan_of(settings, arguments) | {"cluster": opts.shards or opts.workers * 4}
        run = claim(Path(settings["RUNS_DIR"]).absolute(), settings["RUN_ID"] or "", plan)
        from crawler.cluster import engine, forked

        if not opts.scheduler:
            forked.load()  # it goes on beside all that follows
        from crawler.cluster.merge import Asked, load_ahead, merge
        from crawler.cluster.shards import divide
        from crawler.extensions.watch import history, tell
        from crawler.ledger.session import note_published
        from crawler.registry import load
        from crawler.verdict import FAILURE
        from crawler.watch import page

        shards = engine.Shards(run)

        def make(directory: Path) -> None:
            for shard in divide(scope.portals, plan["cluster"], run.run_id):
                _write(shard, directory / shard.shard_id)

        parts = shards.decide(make)
        words = ["crawl", "annual_reports", *(word for pair in arguments.items() for word in ("-a", "=".join(pair)))]
        tasks = [shards.task(part.name, [*words, "-s", f"PORTALS_DIR={part}"], opts.set, settings) for part in parts]
        runs = engine.do(tasks, opts.scheduler, opts.workers, load_ahead)
        portals = {portal.portal_id: portal.name for part in parts for portal in load(part)}
        past = history(settings["LEDGER_URL"])
        verdict, report = merge(run, runs, Asked("crawl", arguments, portals), past, settings.getint("ATTENTION_RUNS"))
        note_published(settings["LEDGER_URL"], run)
        shards.remove(failed=verdict.code == FAILURE)
        tell(report, page.render(report), channels, settings["METRICS_FILE"])
        _tell(run, verdict.code, verdict.reasons)
        return verdict.code


def _write(shard: Shard, directory: Path) -> None:
    """The registry of a shard."""
    from crawler.registry import COLUMNS, as_row

    directory.mkdir()
    provinces: dict[str, list[dict[str, str]]] = {}
    for portal in shard.portals:
        provinces.setdefault((portal.region_code or "")[:2], []).append(as_row(portal))
    for province, rows in provinces.items():
        with (directory / f"{province}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)


def _tell(run: RunDirectory, code: int, reasons: tuple[str, ...]) -> None:
    from crawler.verdict import LABELS

    zh, en = LABELS[code]
    for line in (f"结论 / verdict: {code} {zh} / {en}", *reasons, f"结果 / results: {run.path}"):
        sys.stdout.write(line + "\n")
