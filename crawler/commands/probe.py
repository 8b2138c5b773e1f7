"""``scrapy probe URL``: what a portal is and where its annual reports are, without fetching any report."""

from __future__ import annotations

import argparse
import csv
import io
import json
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from crawler.probe import Probe

_OWNED = {True: "相符 / agrees", False: "不符 / another owner", None: "无法判断 / can't tell"}


class Command(ScrapyCommand):
    """Exit 0 when a column with reports was found, 1 when not, 2 for an address that can't be asked for, or not now."""

    requires_project = True

    def syntax(self) -> str:
        return "[options] URL"

    def short_desc(self) -> str:
        return "Tell a portal's system, owner and annual-report columns (探查门户)"

    def long_desc(self) -> str:
        return (
            "Looks at a portal from URL (home page or column) as politely as a crawl does, fetches no report, and "
            "shows its CMS family with the evidence, whose site it is, candidate columns with scores, what stands in "
            "the way, and a row for settings/portals. Outside of the city's CRAWL_WINDOW it says when that opens "
            "and asks for nothing, unless told --now. 从首页或栏目探查一个门户,不取报告。"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--region", metavar="CODE", help="the region it should be of, to check its owner")
        parser.add_argument("--now", action="store_true", help="also outside of CRAWL_WINDOW / 不在时段内也探查")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError("请给出一个地址 / give one address: scrapy probe http://www.example.gov.cn/")
        from rich.console import Console

        from crawler.probe import portal_by_hand
        from crawler.spiders.probe import ProbeSpider
        from crawler.starting import check_settings, run_spider
        from crawler.urls import is_web
        from crawler.windows import check_hours, read_windows
        from parsers import regions

        assert self.crawler_process is not None
        assert self.settings is not None
        try:
            if not is_web(args[0]):
                raise InputError(f"“{args[0]}”不是 http(s) 地址", f"{args[0]!r} is not an http(s) address")
            check_settings(self.settings)
            if not opts.now:
                check_hours(args[0], read_windows(self.settings))
            region = regions.resolve(opts.region).code if opts.region else None
        except regions.UnknownRegion as error:
            InputError(error.message_zh, error.message_en).tell()
            self.exitcode = 2
            return
        except InputError as error:
            error.tell()
            self.exitcode = 2
            return
        crawler = self.crawler_process.create_crawler(ProbeSpider)
        run_spider(self.crawler_process, crawler, portal=portal_by_hand(args[0], region))
        if not isinstance(crawler.spider, ProbeSpider):
            self.exitcode = 2
            return
        probe = crawler.spider.probe
        if opts.json:
            Console(soft_wrap=True).print_json(json.dumps(as_record(probe), ensure_ascii=False))
        else:
            show(Console(soft_wrap=True), probe)
        self.exitcode = 0 if any(column.reports for column in probe.found) else 1


def as_record(probe: Probe) -> dict[str, Any]:
    """The probe as data."""
    from crawler.probe import registry_row

    family, signs = probe.family
    return {
        "url": probe.visit.portal.url,
        "address": probe.address or None,
        "title": probe.title or None,
        "family": family,
        "evidence": signs,
        "owner": [{"kind": item.kind, "value": item.value, "agrees": item.agrees} for item in probe.owner],
        "columns": [
            {"url": c.url, "family": c.family, "rows": c.rows, "reports": c.reports, "years": c.years}
            for c in probe.found
        ],
        "candidates": [
            {"score": c.score, "url": c.url, "text": c.text, "reason": c.reason} for c in probe.best_candidates()
        ],
        "obstacles": [{"outcome": s.outcome.value, "kind": s.kind, "url": s.url} for s in probe.obstacles],
        "notes": list(probe.visit.notes),
        "pages": probe.visit.pages,
        "row": registry_row(probe),
    }


def show(console: Console, probe: Probe) -> None:
    """The probe for people."""
    from crawler.identity import owner_of
    from crawler.outcomes import ADVICE, Outcome
    from crawler.probe import registry_row
    from crawler.registry import COLUMNS
    from crawler.summary import years_in_short

    family, signs = probe.family

    def say(label: str, text: str) -> None:
        console.print(f"{label}: {text}", markup=False, highlight=False)

    say("地址 / address", f"{probe.address or probe.visit.portal.url}  {probe.title}")
    say("系统 / family", f"{family}  ({'; '.join(signs) or '没有特征 / no signs'})")
    owner = probe.owner
    listed = "; ".join(f"{item.kind} {item.value}" for item in owner) or "页面未说明 / the pages do not say"
    verdict = f"  {_OWNED[owner_of(owner)]}" if probe.visit.portal.region_code else ""
    say("主办 / owner", listed + verdict)
    say("年报栏目 / annual-report columns", str(len(probe.found)))
    for column in probe.found:
        years = years_in_short(column.years)
        console.print(f"  {column.url}", markup=False, highlight=False)
        say("    ", f"{column.family}, 列表 / rows {column.rows}, 年报 / reports {column.reports} ({years})")
    say("候选链接 / candidate links", str(len(probe.candidates)))
    for candidate in probe.best_candidates():
        say(f"  {candidate.score:>4}", f"{candidate.text}  {candidate.url}  ({candidate.reason})")
    for signal in probe.obstacles:
        say("障碍 / in the way", f"{signal}  {' / '.join(ADVICE[signal.outcome])}")
    if not probe.found and not probe.obstacles:
        say("障碍 / in the way", f"{Outcome.COLUMN_NOT_FOUND.value}  {' / '.join(ADVICE[Outcome.COLUMN_NOT_FOUND])}")
    say("已看页数 / pages looked at", str(probe.visit.pages))
    console.print("登记行 / registry row (settings/portals):", markup=False, highlight=False)
    out = io.StringIO()
    csv.DictWriter(out, COLUMNS, lineterminator="\n").writerow(registry_row(probe))
    console.print(out.getvalue().strip(), markup=False, highlight=False)
