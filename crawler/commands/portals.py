"""``scrapy portals check|import|export|verify``: the portal registry, looked at, filled, given away, held to the sites.

What a row means and how it becomes ``verified``: docs/registry.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.errors import InputError

FAILED = 2


class Command(ScrapyCommand):
    """Exit 0 when all is well, 1 when rows need a look (``verify``), 2 for wrong input or a bad registry."""

    requires_project = True

    def syntax(self) -> str:
        return "check [DIR] | import FILE | export | verify  [options]"

    def short_desc(self) -> str:
        return "Check, fill, export or verify the portal registry (门户登记表)"

    def long_desc(self) -> str:
        return (
            "check: reads the registry (PORTALS_DIR, or DIR), names file and line of every bad row, counts rows by "
            "status and lists those without an address. "
            "import FILE: merges a CSV (portals.csv of a directory run, or one saved from a spreadsheet) by portal_id, "
            "shows what changes, and writes it in one step; an unverified row never replaces a verified one. "
            "export: rows as CSV or JSON Lines. "
            "verify: visits the home pages as politely as a crawl, tells whose they are, and with --write notes it in "
            "the registry. "
            "校验、导入、导出登记表,或访问首页核实主办单位(--write 才写入)。"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add = parser.add_argument
        add("--province", metavar="LIST", default="", help="export, verify: only these, as 37 or 山东,61 / 省份")
        add("--region", metavar="LIST", default="", help="export, verify: only these, with all below / 地区及其下级")
        add("--dry-run", action="store_true", help="import: show the changes, write nothing / 只显示,不写入")
        add("--write", action="store_true", help="verify: write what was found into the registry / 写入登记表")
        add("--format", choices=("csv", "jsonl"), default="csv", help="export: default csv / 导出格式")
        add("-o", "--output", metavar="FILE", type=Path, help="export: write to FILE, default stdout / 输出文件")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        wanted = {"check": (1, 2), "import": (2,), "export": (1,), "verify": (1,)}
        if not args or len(args) not in wanted.get(args[0], ()):
            raise UsageError(f"用法 / usage: scrapy portals {self.syntax()}")
        from crawler.registry_actions import RegistryActions

        assert self.settings is not None
        try:
            self.exitcode = RegistryActions(self.settings, self.crawler_process, opts).do(args[0], args[1:])
        except InputError as error:
            error.tell()
            self.exitcode = FAILED
