"""``scrapy warehouse load [RUN...]`` and ``scrapy warehouse release DIR``: the tables, and files made of them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.errors import InputError

if TYPE_CHECKING:
    from crawler.registry import Portal

USAGE = "用法 / usage: scrapy warehouse load [RUN...] | scrapy warehouse release DIR"


class Command(ScrapyCommand):
    """Exit 0 when done, 1 when some runs were refused and the others loaded, 2 when it failed."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        return "load [RUN...] [--to DESTINATION] [--credentials C] | release DIR [--from FILE] [--since DIR]"

    def short_desc(self) -> str:
        return "Load runs into a warehouse, make release files of it (载入数据仓库,制作发布文件)"

    def long_desc(self) -> str:
        return (
            "load: adds published runs (default: all of RUNS_DIR that are not in yet) to output/warehouse.duckdb, or "
            "to any SQL destination of dlt, e.g. --to postgres --credentials postgresql://me@host/db. A run is loaded "
            "once; a changed report is a new revision, the older stays. "
            "release: writes Parquet, CSV, JSONL, Stata and SQLite files with codebook and data package to DIR, which "
            "must be new or empty; with --since DIR, the changes against that release. "
            "将已完成的采集批次载入数据仓库;或从数据仓库制作发布文件。"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        load = parser.add_argument_group("load")
        load.add_argument("--to", metavar="DESTINATION", default="duckdb", help="duckdb, postgres, or another of dlt")
        load.add_argument("--credentials", metavar="C", help="connection string; for duckdb, the file")
        release = parser.add_argument_group("release")
        release.add_argument("--from", metavar="FILE", type=Path, dest="warehouse", help="the DuckDB file")
        release.add_argument("--since", metavar="DIR", type=Path, help="an earlier release, to list the changes")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        commands = {"load": self._load, "release": self._release}
        if not args or args[0] not in commands:
            raise UsageError(USAGE)
        try:
            self.exitcode = commands[args[0]](args[1:], opts)
        except InputError as error:
            error.tell()
            self.exitcode = 2

    def _load(self, names: list[str], opts: argparse.Namespace) -> int:
        from rich.console import Console

        from crawler.warehouse.load import Loader
        from crawler.warehouse.runs import RunRefused, chosen

        assert self.settings is not None
        runs_dir = Path(self.settings["RUNS_DIR"])
        refused: list[RunRefused] = []
        runs = chosen(runs_dir, names, refused.append)
        if not runs and not refused:
            raise InputError(f"{runs_dir} 里没有已发布的采集", f"there is no published run in {runs_dir}")
        portals = _portals(Path(self.settings["PORTALS_DIR"]))
        console = Console(soft_wrap=True, highlight=False)
        with Loader(opts.to, opts.credentials, directory=runs_dir.parent) as loader:
            for run in runs:
                try:
                    loaded = loader.load(run, portals)
                except RunRefused as error:
                    if names:
                        raise
                    refused.append(error)
                    continue
                if loaded.versions is None:
                    console.print(f"{run.run_id}: 已载入过 / loaded before", markup=False)
                else:
                    told = f"{loaded.reports} 份报告,{loaded.versions} 个新版本 / {loaded.reports} reports, "
                    console.print(f"{run.run_id}: {told}{loaded.versions} new versions", markup=False)
            loader.work_out()
            console.print(f"数据仓库 / warehouse: {loader.where}", markup=False)
        for run_refused in refused:
            run_refused.tell()
        return 1 if refused else 0

    def _release(self, names: list[str], opts: argparse.Namespace) -> int:
        from rich.console import Console

        from crawler.warehouse.release import release

        assert self.settings is not None
        if len(names) != 1:
            raise UsageError(USAGE)
        warehouse = opts.warehouse or Path(self.settings["RUNS_DIR"]).parent / "warehouse.duckdb"
        made = release(warehouse, Path(names[0]), since=opts.since)
        console = Console(soft_wrap=True, highlight=False)
        for name, count in made.items():
            console.print(f"{name}: {count:,} 行 / rows", markup=False)
        console.print(f"发布文件 / release: {names[0]}", markup=False)
        return 0


def _portals(directory: Path) -> list[Portal]:
    from crawler import registry

    return registry.load(directory) if directory.is_dir() else []
