"""``scrapy site build | serve``: the catalogue as static pages, and a look at it on this machine."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any, ClassVar

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.errors import InputError

SITE = Path("output") / "site"
USAGE = "用法 / usage: scrapy site build [--from WAREHOUSE] [--to DIR] | scrapy site serve [--to DIR] [--port N]"


class Command(ScrapyCommand):
    """Exit 0 when the site is there, 2 with a message in both languages when it can't be made."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        return "build|serve [options]"

    def short_desc(self) -> str:
        return "Build or show the catalogue as static pages (生成或查看数据网站)"

    def long_desc(self) -> str:
        return (
            "build 由数据仓库生成中英文静态网站,只改写有变化的页面;可放到任何网站服务器,也可直接从磁盘打开。\n"
            "serve 在本机查看。\n"
            "build makes a static site in Chinese and English of a warehouse, and writes only pages that changed; it\n"
            "works from any web server and from disk. serve shows it on this machine. See docs/site.md."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--from", dest="warehouse", type=Path, help="default: warehouse.duckdb beside RUNS_DIR")
        parser.add_argument("--to", dest="site", type=Path, default=SITE, help=f"the site; default: {SITE}")
        parser.add_argument("--runs", type=Path, help="runs whose archives give the copies; default: RUNS_DIR")
        parser.add_argument(
            "--release", type=Path, help="files of scrapy warehouse release, to be offered as downloads"
        )
        parser.add_argument("--port", type=int, default=8400, help="serve: port on 127.0.0.1; default: 8400, 0 any")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        actions = {"build": self.build, "serve": self.serve}
        if len(args) != 1 or args[0] not in actions:
            raise UsageError(USAGE, print_help=False)
        try:
            actions[args[0]](opts)
        except InputError as error:
            error.tell()
            self.exitcode = 2

    def build(self, opts: argparse.Namespace) -> None:
        from crawler.site.build import build
        from crawler.site.data import Warehouse
        from crawler.warehouse import open_warehouse

        assert self.settings is not None
        runs_dir = Path(self.settings["RUNS_DIR"])
        runs, warehouse = opts.runs or runs_dir, opts.warehouse or runs_dir.parent / "warehouse.duckdb"
        if opts.release is not None and not opts.release.is_dir():
            raise InputError(f"没有目录 {opts.release}", f"there is no directory {opts.release}")
        started = time.monotonic()
        with open_warehouse(warehouse) as connection:
            counts = build(Warehouse(connection), opts.site, runs=runs, release=opts.release)
        seconds = time.monotonic() - started
        sys.stdout.write(
            f"写入 {counts.written}，未变 {counts.kept}，删除 {counts.removed}\n"
            f"{counts.written} written, {counts.kept} unchanged, {counts.removed} removed,"
            f" {counts.bytes / 1e6:.1f} MB, {seconds:.1f} s\n"
            f"打开 / open: {(opts.site / 'index.html').resolve()}\n"
        )

    def serve(self, opts: argparse.Namespace) -> None:
        from crawler.site.serve import HOST, server

        if not (opts.site / "index.html").is_file():
            raise InputError(
                f"{opts.site} 里没有网站，请先运行 scrapy site build",
                f"there is no site in {opts.site}: run scrapy site build first",
            )
        try:
            made = server(opts.site, opts.port)
        except (OSError, OverflowError) as error:
            raise InputError(f"端口 {opts.port} 不能使用：{error}", f"can't use port {opts.port}: {error}") from None
        sys.stdout.write(f"http://{HOST}:{made.server_address[1]}/\n按 Ctrl-C 停止 / Ctrl-C stops\n")
        sys.stdout.flush()
        try:
            made.serve_forever()
        except KeyboardInterrupt:
            pass
        finally:
            made.server_close()
