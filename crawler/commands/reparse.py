"""``scrapy reparse [RUN...]``: parses archived reports again, without the network, here or on a Dask cluster."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.errors import InputError, exit_code

if TYPE_CHECKING:
    from crawler.run import RunDirectory
    from crawler.verdict import Verdict

PIPELINES = {
    "crawler.pipelines.parse.ParsePipeline": 200,
    "crawler.pipelines.validate.ValidatePipeline": 300,
    "crawler.pipelines.join.JoinPipeline": 400,
    "crawler.pipelines.changed.ChangedPipeline": 500,
}


class Command(ScrapyCommand):
    """Exit 0 when done, 1 when reports that were read before are no longer, 2 when it failed."""

    requires_project = True

    def syntax(self) -> str:
        return "[options] [RUN...]"

    def short_desc(self) -> str:
        return "Parse archived reports again, without the network (重新解析存档)"

    def long_desc(self) -> str:
        return (
            "Parses the reports in the archives of RUN (default: all runs of RUNS_DIR) with the parser as it is now, "
            "and publishes a run of kind reparse that holds only the reports which come out otherwise; each names the "
            "record that it replaces. Exit 1: withdrawn.jsonl lists reports that the parser gives no longer. "
            "With --shards the portals are divided into shards, done by processes here, with --scheduler as tasks of "
            "a Dask cluster. "
            "用当前解析器重新解析已存档的报告,只输出有变化的报告;"
            "加 --shards 分片由本机多个进程进行,加 --scheduler 在 Dask 集群上进行。"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--since", metavar="DATE", help="runs that began on this day or later, as 2025-01-31")
        parser.add_argument("--workers", metavar="N", type=int, help="parser processes; default: one a processor")
        parser.add_argument("--scheduler", metavar="ADDRESS", help="of a running Dask cluster, as tcp://host:8786")
        parser.add_argument("--shards", metavar="N", type=int, help="most shards; default on a cluster: 4 a worker")
        parser.add_argument("--part", metavar="FILE", type=Path, help=argparse.SUPPRESS)  # what a shard is to do

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if opts.part and (args or opts.since or opts.scheduler or opts.shards is not None):
            raise UsageError("--part: 不能与其他选择同用 / excludes all other choices", print_help=False)
        self.exitcode = exit_code(lambda: self._run(args, opts))

    def _run(self, args: list[str], opts: argparse.Namespace) -> int:
        from crawler.extensions.budgets import check_disk
        from crawler.reparse import Job, chosen_runs
        from crawler.run import check_id
        from crawler.values import check_values
        from crawler.watch.alerts import Channels

        settings: Any = self.settings
        check_values(settings)
        runs_dir = Path(settings["RUNS_DIR"]).absolute()
        workers = opts.workers if opts.workers is not None else os.cpu_count() or 1
        if workers < 1 or (opts.shards is not None and opts.shards < 1):
            raise InputError("--workers 与 --shards 至少为 1", "--workers, --shards: at least 1")
        Channels.of(settings)
        check_disk(settings)
        check_id(runs_dir, settings["RUN_ID"] or "")
        if opts.part:
            return self._here(Job.read(opts.part), 1)
        runs = chosen_runs(runs_dir, args, opts.since)
        if opts.scheduler or opts.shards:
            return self._on_a_cluster(runs, opts, workers)
        return self._here(Job.of(runs), workers)

    def _here(self, job: Any, workers: int) -> int:
        from crawler.extensions.publish import Publish
        from crawler.spiders.archive import ArchiveSpider
        from crawler.starting import run_spider
        from crawler.verdict import FAILURE

        assert self.settings is not None
        assert self.crawler_process is not None
        given = {"ITEM_PIPELINES": PIPELINES, "PARSE_WORKERS": workers, "SUMMARY_ENABLED": False}
        self.settings.setdict(given, priority="cmdline")
        crawler = self.crawler_process.create_crawler(ArchiveSpider)
        run_spider(self.crawler_process, crawler, job=job)
        publish = crawler.get_extension(Publish) if crawler.spider is not None else None
        if publish is None:
            return FAILURE
        spider = crawler.spider
        assert isinstance(spider, ArchiveSpider)
        return _tell(spider.run, publish.verdict, crawler.stats.get_stats(), len(spider.withdrawn))

    def _on_a_cluster(self, runs: list[Path], opts: argparse.Namespace, workers: int) -> int:
        from crawler.cluster import engine, forked

        if not opts.scheduler:
            forked.load()
        from crawler.cluster.merge import Asked, load_ahead, merge
        from crawler.extensions.watch import tell
        from crawler.reparse import REPARSE, WITHDRAWN, Job, reparses
        from crawler.run import claim
        from crawler.verdict import FAILURE
        from crawler.watch import page
        from crawler.watch.alerts import Channels
        from parsers import parser_version

        settings: Any = self.settings
        most = opts.shards or workers * 4
        asked = {"reparse": [run.name for run in runs], "since": [run.name for run in reparses(runs[0].parent)]}
        plan = asked | {"parser": parser_version(), "cluster": most}
        run = claim(Path(settings["RUNS_DIR"]).absolute(), settings["RUN_ID"] or "", plan)
        shards = engine.Shards(run)
        parts = shards.decide(lambda directory: Job.of(runs).divide(directory, most, run.run_id))
        tasks = [shards.task(part.stem, ["reparse", "--part", str(part)], opts.set, settings) for part in parts]
        done = engine.do(tasks, opts.scheduler, workers, load_ahead)
        jobs = [Job.read(part) for part in parts]
        for damage in (damage for job in jobs for damage in job.stock.damaged):
            sys.stderr.write(f"存档损坏 / archive damaged: {damage}\n")
        portals = {name: name for job in jobs for name in sorted(job.stock.portals)}
        verdict, report = merge(run, done, Asked(REPARSE, jobs[0].arguments, portals), {})
        shards.remove(failed=verdict.code == FAILURE)
        tell(report, page.render(report), Channels.of(settings), settings["METRICS_FILE"])
        stats = json.loads((run.path / "stats.json").read_text(encoding="utf-8"))
        lines = (run.path / WITHDRAWN).read_text(encoding="utf-8").splitlines()
        return _tell(run, verdict, stats, len({json.loads(line)["report_id"] for line in lines}))


def _tell(run: RunDirectory, verdict: Verdict, stats: Mapping[str, Any], withdrawn: int) -> int:
    """Says what came of it; gives the exit code."""
    from crawler.verdict import LABELS

    counted = ("reports/parsed", "reparse/unchanged", "reparse/changed", "reparse/new")
    numbers = [*(stats.get(name, 0) for name in counted), withdrawn]
    zh, en = LABELS[verdict.code]
    for line in (
        "解析 {},不变 {},有变 {},新增 {},撤回 {}".format(*numbers),
        "parsed {}, unchanged {}, changed {}, new {}, withdrawn {}".format(*numbers),
        *verdict.reasons,
        f"结论 / verdict: {verdict.code} {zh} / {en}",
        f"结果 / results: {run.path}",
    ):
        sys.stdout.write(line + "\n")
    return verdict.code
