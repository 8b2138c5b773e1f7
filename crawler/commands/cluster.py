"""``scrapy cluster run``: one crawl as tasks of a Dask cluster, here or anywhere."""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.commands import BaseRunSpiderCommand
from scrapy.exceptions import UsageError

from crawler.errors import InputError

if TYPE_CHECKING:
    from crawler.cluster.shards import Shard
    from crawler.cluster.work import Task
    from crawler.run import RunDirectory

CONNECT_SECONDS = 20
RETRIES = 5  # of a task that fails; one that is lost with its worker is run again beside these


class Command(BaseRunSpiderCommand):
    """The exit code is the verdict of the merged run."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] run"

    def short_desc(self) -> str:
        return "Run a crawl on a Dask cluster (在集群上采集)"

    def long_desc(self) -> str:
        return (
            "Divides the portals in scope by city, crawls the shards as tasks of a Dask cluster and merges them into "
            "one run in RUNS_DIR, which all workers must see. Without --scheduler a cluster of processes on this "
            "machine is used. Several machines need a ledger in PostgreSQL. The same command goes on with a run that "
            "was killed. "
            "按城市分片,在 Dask 集群上采集并合并为一次运行。"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--scheduler", metavar="ADDRESS", help="of a running Dask cluster, as tcp://host:8786")
        parser.add_argument("--workers", metavar="N", type=int, default=2, help="of a cluster on this machine (2)")
        parser.add_argument("--shards", metavar="N", type=int, default=0, help="most shards; default: 4 a worker")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args != ["run"]:
            raise UsageError("用法 / usage: scrapy cluster run [options] -a province=37", print_help=False)
        from crawler.verdict import FAILURE

        assert self.settings is not None
        try:
            self.exitcode = self._run(opts)
        except InputError as error:
            error.tell()
            self.exitcode = FAILURE

    def _run(self, opts: argparse.Namespace) -> int:
        from crawler.cluster.merge import merge
        from crawler.cluster.shards import divide
        from crawler.extensions.watch import history
        from crawler.resume import plan_of
        from crawler.run import claim
        from crawler.spiders.annual_reports import AnnualReportsSpider

        settings: Any = self.settings
        if opts.workers < 1 or opts.shards < 0:
            raise InputError("--workers 至少为 1", "--workers: at least 1")
        arguments = dict(opts.spargs)
        scope = AnnualReportsSpider.check_arguments(settings, arguments)
        plan = plan_of(settings, arguments) | {"cluster": opts.shards or opts.workers * 4}
        run = claim(Path(settings["RUNS_DIR"]).absolute(), settings["RUN_ID"] or "", plan)
        work = run.path.parent.parent / "shards" / run.run_id
        tasks = [
            self._task(shard, work, arguments, list(opts.set))
            for shard in divide(scope.portals, plan["cluster"], run.run_id)
        ]
        with _client(opts.scheduler, opts.workers) as client:
            self._crawl(client, tasks)
        verdict, _ = merge(run, [task.run for task in tasks], scope.portals, arguments, history(settings["LEDGER_URL"]))
        shutil.rmtree(work)
        _tell(run, verdict.code, verdict.reasons)
        return verdict.code

    def _task(self, shard: Shard, work: Path, arguments: dict[str, str], given: list[str]) -> Task:
        from crawler.cluster.work import Task
        from crawler.registry import COLUMNS, as_row

        assert self.settings is not None
        directory = work / "portals" / shard.shard_id
        directory.mkdir(parents=True, exist_ok=True)
        provinces: dict[str, list[dict[str, str]]] = {}
        for portal in shard.portals:
            provinces.setdefault((portal.region_code or "")[:2], []).append(as_row(portal))
        for province, rows in provinces.items():
            with (directory / f"{province}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS)
                writer.writeheader()
                writer.writerows(rows)
        return Task(
            shard_id=shard.shard_id,
            runs=str(work / "runs"),
            portals=str(directory),
            project=os.environ.get("SCRAPY_PROJECT") or "cluster",
            ledger_url=self.settings["LEDGER_URL"] or "",
            arguments=tuple(arguments.items()),
            settings=tuple(pair for pair in given if not pair.startswith(("LEDGER_URL=", "RUN_ID=", "LOG_FILE="))),
        )

    def _crawl(self, client: Any, tasks: list[Task]) -> None:
        from crawler.cluster.work import crawl

        futures = client.map(crawl, tasks, key=[task.shard_id for task in tasks], retries=RETRIES, pure=False)
        try:
            for number, (_, told) in enumerate(_dask().as_completed(futures, with_results=True), start=1):
                counts = told["counts"]
                sys.stderr.write(
                    f"[{number}/{len(tasks)}] 分片 / shard {told['run_id']}: 门户 / portals {counts['portals']}, "
                    f"报告 / reports {counts['reports']}, 结论 / verdict {told['verdict']}\n"
                )
        except Exception as error:  # of the task, or the engine's when it has lost a task with too many workers
            more = "再次运行同一命令可继续 / the same command goes on"
            raise InputError(f"分片失败:{error}({more})", f"a shard failed: {error} ({more})") from None


def _dask() -> Any:
    try:
        import distributed
    except ImportError:
        raise InputError(
            "需要扩展 cluster:pip install 'nianbao[cluster]'", "needs the extra cluster: pip install 'nianbao[cluster]'"
        ) from None
    return distributed


@contextmanager
def _client(scheduler: str | None, workers: int) -> Iterator[Any]:
    """A client of the cluster at an address, or of one that is started here and ended with it."""
    dask = _dask()
    if scheduler:
        try:
            client = dask.Client(scheduler, timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            raise InputError(f"无法连接 {scheduler}:{error}", f"can't connect to {scheduler}: {error}") from None
        with client:
            yield client
        return
    with (
        dask.LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        dask.Client(cluster) as client,
    ):
        yield client


def _tell(run: RunDirectory, code: int, reasons: tuple[str, ...]) -> None:
    from crawler.verdict import LABELS

    zh, en = LABELS[code]
    for line in (f"结论 / verdict: {code} {zh} / {en}", *reasons, f"结果 / results: {run.path}"):
        sys.stdout.write(line + "\n")
