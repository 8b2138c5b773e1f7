"""What ``scrapy portals`` does: the registry checked, filled, given away, held to the sites."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from scrapy.crawler import CrawlerProcessBase
from scrapy.settings import BaseSettings

from crawler import registry, registry_rows
from crawler.directory.records import Finding
from crawler.directory.visits import Visited, family_hint, row_after
from crawler.errors import InputError
from crawler.middlewares.egress import Network, allowed_networks
from crawler.outcomes import Outcome
from crawler.registry import STATUSES, UNKNOWN, Portal
from crawler.registry_foreign import Row, doubtful_cells, foreign_rows, formulas
from crawler.registry_rows import Change
from crawler.scope import regions_named
from crawler.spiders.registry_visit import RegistryVisitSpider
from crawler.spreadsheet import harmless
from crawler.starting import check_settings, run_spider
from crawler.urls import canonical
from parsers import regions

FAILED = 2


@dataclass(frozen=True, slots=True)
class RegistryActions:
    """Each action gives an exit code; wrong input is an ``InputError``."""

    settings: BaseSettings
    process: CrawlerProcessBase | None
    opts: argparse.Namespace

    def do(self, action: str, args: list[str]) -> int:
        actions = {"check": self._check, "import": self._import, "export": self._export, "verify": self._verify}
        return actions[action](args)

    @property
    def _directory(self) -> Path:
        return Path(self.settings["PORTALS_DIR"])

    def _chosen(self) -> list[Portal]:
        """The portals that ``--province`` and ``--region`` name; all of them without either."""
        portals = registry.load(self._directory)
        if not (self.opts.province or self.opts.region):
            return portals
        stems = tuple(
            regions.stem(region.code)
            for text, is_province in ((self.opts.province, True), (self.opts.region, False))
            for region in (regions_named(text, province_only=is_province) if text else ())
        )
        chosen = [portal for portal in portals if portal.region_code and portal.region_code.startswith(stems)]
        if not chosen:
            raise InputError("登记表里没有这些地区的门户", "the registry has no portal of these regions")
        return chosen

    # --- check ---------------------------------------------------------------------------------------------

    def _check(self, args: list[str]) -> int:
        directory = Path(args[0]) if args else self._directory
        portals, problems = registry.read(directory)
        for problem in problems:
            sys.stderr.write(f"{problem}\n")
        for zh, en in doubts(portals, allowed_networks(self.settings)):
            say(f"注意 / note: {zh} / {en}")
        unknown = [portal for portal in portals if portal.status == UNKNOWN]
        for portal in unknown:
            say(f"无地址 / no address: {portal.portal_id} {portal.name}")
        counted = Counter(portal.status for portal in portals)
        say(f"{directory}: {len(portals)} 行正确 / good rows, {len(problems)} 处错误 / problems")
        say("    " + "  ".join(f"{status} {counted[status]}" for status in STATUSES))
        return FAILED if problems else 0

    # --- import --------------------------------------------------------------------------------------------

    def _import(self, args: list[str]) -> int:
        rows, unread = foreign_rows(Path(args[0]), allowed_networks(self.settings))
        held = registry_rows.held_rows(self._directory)
        changes = registry_rows.merge(held, rows)
        if unread:
            say(f"未识别的列 / columns not understood: {', '.join(unread)}")
        show_changes(changes)
        return self._write(held, changes, dry_run=self.opts.dry_run)

    def _write(self, held: dict[str, Row], changes: list[Change], *, dry_run: bool = False) -> int:
        merged = held | {change.row["portal_id"]: change.row for change in changes if change.kind != "same"}
        if dry_run:
            say("未写入 / nothing written (--dry-run)")
            return 0
        files = registry_rows.write(self._directory, merged.values())
        say(f"已写入 / written: {', '.join(str(file) for file in files) or '无变化 / no change'}")
        return 0

    # --- export --------------------------------------------------------------------------------------------

    def _export(self, args: list[str]) -> int:
        rows = [registry.as_row(portal) for portal in self._chosen()]
        if self.opts.format == "csv":
            text = registry_rows.as_csv({name: harmless(cell) for name, cell in row.items()} for row in rows)
        else:
            text = "".join(map(as_json, rows))
        if self.opts.output is None:
            sys.stdout.write(text)
            return 0
        mark = "\ufeff" if self.opts.format == "csv" else ""  # by which spreadsheets tell UTF-8
        part = self.opts.output.with_name(self.opts.output.name + ".part")
        try:
            part.write_text(mark + text, encoding="utf-8", newline="")
            part.replace(self.opts.output)
        except OSError as error:
            raise InputError(
                f"无法写入 {self.opts.output}:{error.strerror}", f"can't write {self.opts.output}: {error}"
            ) from None
        say(f"{self.opts.output}: {len(rows)} 行 / rows")
        return 0

    # --- verify --------------------------------------------------------------------------------------------

    def _verify(self, args: list[str]) -> int:
        portals = self._chosen()
        check_settings(self.settings)
        known = [portal for portal in portals if portal.url]
        today = datetime.now(UTC).date().isoformat()
        visited = self._visit(known, lambda each: show_visit(each, today))
        for portal in portals:
            if not portal.url:
                say(f"? {portal.portal_id} {portal.name} unknown: 无地址 / no address")
        counted = Counter(each.outcome.value for each in visited.values())
        counted["no_address"] = len(portals) - len(known)
        say("  ".join(f"{name} {number}" for name, number in sorted(counted.items()) if number))
        held = registry_rows.held_rows(self._directory)
        changed = [change for each in visited.values() if (change := change_by(each, held, today)) is not None]
        if self.opts.write:
            show_changes(changed)
            self._write(held, changed)
        elif changed:
            say(f"{len(changed)} 行会改变,加 --write 写入 / rows would change: --write notes it in the registry")
        if len(visited) < len(known):
            say("访问未完成 / not all portals were visited")
        if len(visited) < len(known) or counted[Outcome.CRAWLER_BUG]:
            return FAILED
        return (
            0
            if all(each.finding is Finding.VERIFIED for each in visited.values()) and len(known) == len(portals)
            else 1
        )

    def _visit(self, portals: list[Portal], tell: Callable[[Visited], None]) -> dict[str, Visited]:
        assert self.process is not None
        crawler = self.process.create_crawler(RegistryVisitSpider)
        run_spider(self.process, crawler, portals=portals, tell=tell)
        return crawler.spider.visited if isinstance(crawler.spider, RegistryVisitSpider) else {}


def change_by(visited: Visited, held: Mapping[str, Row], today: str) -> Change | None:
    """What a visit changes in the registry as it is now: somebody may have edited it since the visits began.

    A row that has gone, or has another address or region by now, is not the one that was visited.
    """
    before, after = registry.as_row(visited.portal), row_after(visited, today)
    now = held.get(visited.portal.portal_id)
    if now is None or any(now[name] != before[name] for name in ("url", "region_code")):
        return None
    cells = {name: (now[name], after[name]) for name in after if after[name] not in (before[name], now[name])}
    return Change("changed", now | {name: cell for name, (_, cell) in cells.items()}, cells) if cells else None


def doubts(portals: Iterable[Portal], allowed: tuple[Network, ...] = ()) -> Iterable[tuple[str, str]]:
    """What is no error and worth a look: one address in two rows, families whose months overlap, cells that an import
    would refuse."""
    addresses: dict[str, str] = {}
    for portal in portals:
        first = addresses.setdefault(canonical(portal.url), portal.portal_id) if portal.url else portal.portal_id
        if first != portal.portal_id:
            yield f"{first} 与 {portal.portal_id} 地址相同", f"{first} and {portal.portal_id} have one address"
        dated = [period for period in portal.families if period.since or period.until]
        for before, after in pairwise(dated):
            if (before.until or "9999-99") >= (after.since or ""):
                names = f"{before.name}, {after.name}"
                yield f"{portal.portal_id} 的系统 {names} 时段重叠", f"{portal.portal_id}: {names} overlap"
        row = registry.as_row(portal)
        for zh, en in (*formulas(row), *doubtful_cells(row, allowed)):
            yield f"{portal.portal_id} {zh}", f"{portal.portal_id} {en}"


def as_json(row: Row) -> str:
    """A row as a line of JSON: lists as lists, what is empty as null, with the names of its region."""
    region = regions.by_code(row["region_code"])
    record: dict[str, object] = {name: value or None for name, value in row.items()}
    for name in ("columns", "hosts", "families"):
        record[name] = row[name].split()
    for name in ("province", "prefecture", "county"):
        record[name] = getattr(region, name, None)
    return json.dumps(record, ensure_ascii=False) + "\n"


def show_changes(changes: list[Change]) -> None:
    """What becomes of rows, as a difference for people."""
    for change in changes:
        row = change.row
        head = f"{row['portal_id']} {row['name']}"
        if change.kind == "added":
            say(f"+ {head}  {row['url'] or '无地址 / no address'}  {row['status']}")
        elif change.kind == "changed":
            say(f"~ {head}")
            for name, (old, new) in change.cells.items():
                say(f"      {name}: {old or '∅'} → {new or '∅'}")
        elif change.kind == "kept":
            names = ", ".join(change.cells)
            say(f"= {head}  已核实的内容保留 / what was verified is kept: {names}")
    counted = Counter(change.kind for change in changes)
    say(
        f"新增 / added {counted['added']}, 修改 / changed {counted['changed']}, "
        f"保留 / kept {counted['kept']}, 相同 / same {counted['same']}"
    )


def show_visit(visited: Visited, today: str) -> None:
    """One visited portal as a line, with what else is worth knowing."""
    portal = visited.portal
    mark = "✓" if visited.finding is Finding.VERIFIED else "!"
    told = visited.detail or str(visited.owner)
    say(f"{mark} {portal.portal_id} {portal.name} {portal.url} {visited.outcome.value}: {told}")
    if visited.moved:
        say(f"      转到 / answered at {visited.looked.url}")
    if hint := family_hint(visited, today):
        say(f"      系统可能已更换 / the system may have changed: families = {hint}")


def say(text: str) -> None:
    """A line on stdout."""
    Console(soft_wrap=True).print(text, markup=False, highlight=False)
