"""``scrapy portals check [DIRECTORY]``: reads the portal registry and names file and line of every bad row."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, ClassVar

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler import registry
from crawler.errors import InputError


class Command(ScrapyCommand):
    """Exit 0 if all rows are good, 2 with one line per problem if not."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        return "check [DIRECTORY]"

    def short_desc(self) -> str:
        return "Check the portal registry (校验门户登记表)"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if not args or args[0] != "check" or len(args) > 2:
            raise UsageError("用法 / usage: scrapy portals check [DIRECTORY]")
        assert self.settings is not None
        directory = Path(args[1] if len(args) == 2 else self.settings["PORTALS_DIR"])
        try:
            portals, problems = registry.read(directory)
        except InputError as error:
            error.tell()
            self.exitcode = 2
            return
        for problem in problems:
            sys.stderr.write(f"{problem}\n")
        sys.stdout.write(f"{directory}: {len(portals)} 行正确 / good rows, {len(problems)} 处错误 / problems\n")
        self.exitcode = 2 if problems else 0
