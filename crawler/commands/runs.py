"""``scrapy runs``: what runs there are, what one of them says, and which portals need attention now."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

QUESTIONS = ("list", "show", "attention")
WIDTH = 120


class Command(ScrapyCommand):
    """Exit 0; 1 when portals need attention; 2 for a run or a ledger that is not there."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - as Scrapy declares it

    def syntax(self) -> str:
        return "list | show RUN | attention"

    def short_desc(self) -> str:
        return "List runs, show a run's report, list portals that need attention (运行与待处理门户)"

    def long_desc(self) -> str:
        return (
            "list: the runs in RUNS_DIR, newest first. show RUN: the run's report.json. attention: portals that were "
            "bad ATTENTION_RUNS runs in a row, from the ledger, and those that come and go. "
            "list 列出运行;show 显示一次运行的报告;attention 列出连续多次异常的门户。"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from rich.console import Console

        from crawler.verdict import FAILURE

        assert self.settings is not None
        if not args or args[0] not in QUESTIONS or len(args) != (2 if args[0] == "show" else 1):
            raise UsageError("用法 / usage: scrapy runs list | show RUN | attention", print_help=False)
        runs_dir = Path(self.settings["RUNS_DIR"])
        console = Console(soft_wrap=True)
        if not console.is_terminal:
            console = Console(soft_wrap=True, width=WIDTH)
        try:
            if args[0] == "list":
                _list(console, runs_dir)
            elif args[0] == "show":
                _show(console, runs_dir, args[1])
            else:
                runs = self.settings.getint("ATTENTION_RUNS")
                self.exitcode = 1 if _attention(console, self.settings["LEDGER_URL"], runs) else 0
        except InputError as error:
            error.tell()
            self.exitcode = FAILURE


def _list(console: Console, runs_dir: Path) -> None:
    from rich.table import Table

    from crawler.run import MANIFEST
    from crawler.verdict import LABELS

    table = Table(box=None, pad_edge=False)
    for heading in ("运行\nrun", "类型\nkind", "开始\nstarted", "结论\nverdict", "门户\nportals", "报告\nreports"):
        table.add_column(heading, overflow="fold")
    for path in sorted((path for path in runs_dir.glob("*") if path.is_dir()), reverse=True):
        if not (path / MANIFEST).is_file():
            table.add_row(path.name, "", "", "未完成 / unfinished", "", "")
            continue
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        counts, code = manifest["counts"], manifest["verdict"]
        verdict = f"{code} {' / '.join(LABELS[code])}"
        numbers = (str(counts["portals"]), str(counts["reports"]))
        table.add_row(path.name, manifest.get("kind", "crawl"), manifest["started"], verdict, *numbers)
    console.print(table)


def _show(console: Console, runs_dir: Path, name: str) -> None:
    from crawler.extensions.watch import JSON

    path = runs_dir / name / JSON
    if not path.is_file():
        raise InputError(f"没有 {path}", f"there is no {path}")
    console.print_json(path.read_text(encoding="utf-8"), ensure_ascii=False)


def _attention(console: Console, url: str, runs: int) -> int:
    from crawler.extensions.watch import HISTORY_RUNS
    from crawler.ledger import Ledger, LedgerLost
    from crawler.outcomes import ADVICE, Outcome
    from crawler.watch.attention import cases

    if not url:
        raise InputError("没有台账(LEDGER_URL 为空)", "there is no ledger (LEDGER_URL is empty)")
    try:
        ledger = Ledger.open(url)
        try:
            history = ledger.history(HISTORY_RUNS)
        finally:
            ledger.close()
    except LedgerLost as error:
        raise InputError(f"台账无法读取:{error}", f"the ledger can't be read: {error}") from None
    attention, flapping = cases(history, runs)
    for case in attention:
        zh, en = ADVICE[Outcome(case.outcome.outcome)]
        line = f"{case.portal_id} {case.outcome.outcome} ×{case.bad}  {case.outcome.url}\n    → {zh} / {en}"
        console.print(line, markup=False, highlight=False)
    for case in flapping:
        line = f"{case.portal_id} 时好时坏 / comes and goes ({case.switches})  {case.outcome.url}"
        console.print(line, markup=False, highlight=False)
    console.print(
        f"需处理 / need attention: {len(attention)}, 时好时坏 / come and go: {len(flapping)}", highlight=False
    )
    return len(attention)
