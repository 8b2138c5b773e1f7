"""``scrapy crawl``, with the run's verdict as exit code and wrong arguments as messages instead of tracebacks."""

from __future__ import annotations

import argparse

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError

from crawler.errors import InputError


class Command(ScrapyCrawl):
    """Scrapy's own exit code says only whether the crawl started."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """``-o`` and ``-O`` add a feed to those of the run's directory instead of replacing them."""
        assert self.settings is not None
        feeds = dict(self.settings.getdict("FEEDS"))
        super().process_options(args, opts)
        if opts.output or opts.overwrite_output:
            self.settings.set("FEEDS", feeds | dict(self.settings.getdict("FEEDS")), priority="cmdline")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError(
                "请给出一个爬虫名 / give the name of one spider: scrapy crawl annual_reports -a province=37"
            )
        from crawler.extensions.budgets import check_disk
        from crawler.extensions.publish import Publish
        from crawler.starting import run_spider
        from crawler.values import check_values
        from crawler.verdict import FAILURE
        from crawler.watch.alerts import Channels

        assert self.crawler_process is not None
        self._take_job(opts.spargs)
        try:
            crawler = self._create_crawler(args[0])
            check_values(crawler.settings)
            if (check := getattr(crawler.spidercls, "check_arguments", None)) is not None:
                check(crawler.settings, dict(opts.spargs))
                check_disk(crawler.settings)
            Channels.of(crawler.settings)
            run_spider(self.crawler_process, crawler, **opts.spargs)
        except InputError as error:
            error.tell()
            self.exitcode = FAILURE
            return
        except KeyError as error:
            InputError(f"没有名为“{args[0]}”的爬虫", str(error.args[0])).tell()
            self.exitcode = FAILURE
            return
        publish = crawler.get_extension(Publish) if crawler.spider is not None else None
        verdict = publish.verdict if publish is not None else getattr(crawler.spider, "verdict", None)
        if verdict is not None:
            self.exitcode = verdict.code
        elif check is not None or self.crawler_process.bootstrap_failed:
            self.exitcode = FAILURE

    def _take_job(self, arguments: dict[str, str]) -> None:
        """scrapyd gives its own arguments to every spider: the run is named by its job, so that it can be found."""
        assert self.settings is not None
        job = arguments.pop("_job", "")
        arguments.pop("_version", None)
        if job and not self.settings["RUN_ID"]:
            self.settings.set("RUN_ID", job, priority="cmdline")
