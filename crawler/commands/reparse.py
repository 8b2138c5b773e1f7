"""``scrapy reparse [RUN...]``: parses archived reports again, without the network."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from scrapy.commands import ScrapyCommand

from crawler.errors import InputError

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
            "用当前解析器重新解析已存档的报告,只输出有变化的报告。"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--since", metavar="DATE", help="runs that began on this day or later, as 2025-01-31")
        parser.add_argument("--workers", metavar="N", type=int, help="parser processes; default: one a processor")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from rich.console import Console

        from crawler.extensions.budgets import check_disk
        from crawler.extensions.publish import Publish
        from crawler.reparse import chosen_runs
        from crawler.run import check_id
        from crawler.spiders.archive import ArchiveSpider
        from crawler.starting import run_spider
        from crawler.verdict import FAILURE, LABELS
        from crawler.watch.alerts import Channels

        assert self.settings is not None
        assert self.crawler_process is not None
        runs_dir = Path(self.settings["RUNS_DIR"]).absolute()
        try:
            workers = opts.workers if opts.workers is not None else os.cpu_count() or 1
            if workers < 1:
                raise InputError("--workers 至少为 1", "--workers: at least 1")
            runs = chosen_runs(runs_dir, args, opts.since)
            Channels.of(self.settings)
            check_disk(self.settings)
            check_id(runs_dir, self.settings["RUN_ID"] or "")
            given = {"ITEM_PIPELINES": PIPELINES, "PARSE_WORKERS": workers, "SUMMARY_ENABLED": False}
            self.settings.setdict(given, priority="cmdline")
            crawler = self.crawler_process.create_crawler(ArchiveSpider)
            run_spider(self.crawler_process, crawler, runs=runs)
        except InputError as error:
            error.tell()
            self.exitcode = FAILURE
            return
        publish = crawler.get_extension(Publish) if crawler.spider is not None else None
        if publish is None:
            self.exitcode = FAILURE
            return
        self.exitcode = publish.verdict.code
        spider, stats = crawler.spider, crawler.stats
        assert isinstance(spider, ArchiveSpider)
        counted = ("reports/parsed", "reparse/unchanged", "reparse/changed", "reparse/new")
        numbers = [stats.get_value(name, 0) for name in counted]
        numbers.append(len(spider.withdrawn))
        zh, en = LABELS[publish.verdict.code]
        for line in (
            "解析 {},不变 {},有变 {},新增 {},撤回 {}".format(*numbers),
            "parsed {}, unchanged {}, changed {}, new {}, withdrawn {}".format(*numbers),
            *publish.verdict.reasons,
            f"结论 / verdict: {publish.verdict.code} {zh} / {en}",
            f"结果 / results: {spider.run.path}",
        ):
            Console(soft_wrap=True).print(line, markup=False, highlight=False)
