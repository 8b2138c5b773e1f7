"""``scrapy demo``: crawl five simulated portals on loopback and check that everything on them was found.

Starts the portals, runs ``scrapy crawl annual_reports`` over them as a user would, compares outcome, family, years,
titles and every table cell with what the portals hold, loads the run into a warehouse, builds the catalogue of it, and
prints a summary in Chinese and English. Exit code 0 only if all agree. ``--serve`` keeps the portals running to be
looked at in a browser; ``--seeds DIR`` serves the texts in DIR as the pages of the five real reports.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

if TYPE_CHECKING:
    from crawler.demo.check import PortalCheck
    from crawler.demo.fleet import PortalFleet
    from crawler.demo.run import Workspace


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - as Scrapy declares it

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Crawl five simulated portals and check the result / 采集五个模拟门户并核对结果"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--serve", action="store_true", help="keep the portals running, crawl nothing")
        parser.add_argument("--seeds", metavar="DIR", type=Path, help="texts to serve as the five real reports")
        parser.add_argument("--output", metavar="DIR", type=Path, help="default: output/demo")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from crawler.demo.fleet import PortalFleet
        from crawler.demo.run import ROOT, Workspace

        if args:
            raise UsageError("scrapy demo 不带参数 / takes no arguments", print_help=False)
        if opts.seeds is not None and not list(opts.seeds.glob("*.txt")):
            raise UsageError(f"{opts.seeds} 里没有 .txt 文件 / no .txt file there", print_help=False)
        workspace = Workspace(opts.output or ROOT / "output" / "demo")
        console = Console(soft_wrap=True)
        console = console if console.is_terminal else Console(soft_wrap=True, width=110)
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            with PortalFleet(seeds=opts.seeds) as fleet:
                fleet.write_registry(workspace.portals)
                self.exitcode = _serve(console, fleet, workspace) if opts.serve else _crawl(console, fleet, workspace)
        except KeyboardInterrupt:
            console.print("已停止 / stopped")
            self.exitcode = 130 if not opts.serve else 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _serve(console: Console, fleet: PortalFleet, workspace: Workspace) -> int:
    for portal in fleet.portals:
        console.print(f"{portal.site.place} ({portal.site.platform})", highlight=False)
        console.print(f"  首页 / home page:      {portal.home_url}", highlight=False)
        console.print(f"  年报 / annual reports: {portal.reports_url()}", highlight=False)
    console.print(f"登记表 / registry: {workspace.portals}")
    console.print(
        "采集 / crawl: SCRAPY_PROJECT=demo scrapy crawl annual_reports "
        f"-a province={_provinces(fleet)} -s PORTALS_DIR={workspace.portals}"
    )
    console.print("按 Ctrl-C 停止 / Ctrl-C stops")
    sys.stdout.flush()
    threading.Event().wait()
    return 0


def _provinces(fleet: PortalFleet) -> str:
    return ",".join(sorted({portal.site.province for portal in fleet.portals}))


def _crawl(console: Console, fleet: PortalFleet, workspace: Workspace) -> int:
    from crawler.demo.catalogue import make_catalogue
    from crawler.demo.check import check_run
    from crawler.demo.run import start_crawl, wait

    workspace.forget()
    run_id = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    started = time.monotonic()
    code = wait(start_crawl({"province": _provinces(fleet)}, workspace.settings(run_id)))
    seconds = time.monotonic() - started
    run = workspace.runs / run_id
    checks = check_run(run, fleet.portals)
    faults = [f"{check.place}: {fault}" for check in checks for fault in check.faults]
    faults += [f"模拟门户出错 / simulator: {error}" for error in fleet.errors()]
    if code != 0:
        faults.append(f"采集退出码 {code}，应为 0 / the crawl exited with {code}, expected 0")
    page, made = make_catalogue(workspace, run_id) if run.is_dir() else (None, [])
    faults += made
    console.print(_summary(checks, seconds))
    for fault in faults:
        console.print(f"[red]✗[/red] {fault}", highlight=False)
    _show_files(console, run, workspace)
    if page is not None and page.exists():
        console.print(f"网站 / catalogue: {page.resolve().as_uri()}", highlight=False)
        console.print(f"  或 / or: scrapy site serve --to {page.parent}", highlight=False)
    verdict = (
        "[green]✓ 全部符合预期 / all as expected[/green]"
        if not faults
        else f"[red]{len(faults)} 处不符合预期 / not as expected[/red]"
    )
    console.print(verdict)
    return 1 if faults else 0


def _summary(checks: list[PortalCheck], seconds: float) -> Table:
    table = Table(title=f"演示核对 / demo check ({seconds:.1f} s)", box=box.SIMPLE_HEAD)
    for heading in ("门户\nportal", "结果\noutcome", "系统\nfamily", "年份\nyears"):
        table.add_column(heading, overflow="fold")
    for heading in ("报告\nreports", "数字\nnumbers", "错误/警告/提示\nfindings E/W/I"):
        table.add_column(heading, justify="right")
    table.add_column("核对\ncheck")
    for check in checks:
        years = f"{check.years[0]}-{check.years[-1]}" if check.years else "-"
        found = "/".join(str(check.findings[severity]) for severity in ("error", "warning", "info"))
        mark = "[red]✗[/red]" if check.faults else "[green]✓[/green]"
        numbers = (str(check.reports), f"{check.cells:,}")
        table.add_row(check.place, check.outcome, check.family, years, *numbers, found, mark)
    return table


def _show_files(console: Console, run: Path, workspace: Workspace) -> None:
    console.print(f"结果 / results: {run}", highlight=False)
    for path in sorted(path for path in run.rglob("*") if path.is_file()):
        console.print(f"  {path.relative_to(run)}  {path.stat().st_size:,} B", highlight=False)
    if workspace.latest.exists():
        console.print(f"最新 / latest: {workspace.latest} -> {workspace.latest.resolve().name}", highlight=False)
