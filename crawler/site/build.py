"""``build(warehouse, directory)``: the whole site in one pass, written only where it changed.

A page is made from the rows that it shows and from the code that shows them: their hash decides whether it is drawn
again. So a rebuild after a crawl costs the reading of the warehouse and the drawing of what is new.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from crawler.site import charts, listings, regions, report
from crawler.site.archived import Copies
from crawler.site.data import ReportData, Row, Warehouse
from crawler.site.findings import SIGNS
from crawler.site.output import Counts, Output
from crawler.site.pages import HERE, render
from crawler.site.text import file_name
from crawler.site.versions import Change, changes
from crawler.site.words import CODES, Language
from crawler.warehouse.derived import DERIVED
from crawler.warehouse.schema import TABLES

LANGUAGES = tuple(Language(code) for code in CODES)
GRID = 2000  # cells on a page of a province, name and code among them, some 220 KiB at most
MOST_COMMON = 12  # rules on the overview
MOST_CHANGES = 60  # cells that a version changed, on its page
CELLS = (
    ("value", "0", "印出的数字，包括零", "a printed number, zero included"),
    ("annotated", ("0注", "0n"), "数字带有说明或单位", "a number with a remark or a unit"),
    ("empty", ("空", "blank"), "印出空白格", "an empty cell is printed"),
    ("placeholder", "/", "印出“/”“—”“无”等占位符", "“/”, “—”, “无” or the like is printed"),
    ("unparseable", "?", "印有内容，但不能确定是什么数字", "printed, but what number it is can't be said"),
    ("missing_cell", ("缺格", "no cell"), "表中没有该格", "the table lacks the cell"),
    ("missing_table", ("缺表", "no table"), "没有该表，或未能读出", "the report lacks the table, or it is unreadable"),
    ("not_in_template", "·", "该年度表式没有此项", "the form of the report has no such cell"),
)  # fmt: skip
KEY_FIGURES = (
    ("新收申请", "New requests", "table3", ("new_requests", "total")),
    ("办理结果总计", "Results", "table3", ("results_total", "total")),
    ("予以公开", "Granted", "table3", ("granted", "total")),
    ("行政复议", "Reviews", "table4", ("review_total",)),
    ("直接起诉", "Direct suits", "table4", ("litigation_direct_total",)),
    ("复议后起诉", "Suits after review", "table4", ("litigation_after_review_total",)),
)


def build(warehouse: Warehouse, directory: Path, *, runs: Path | None = None, release: Path | None = None) -> Counts:
    """Write the site. ``runs`` holds the archives that copies are made from, ``release`` files to be downloaded."""
    charts.require()
    warehouse.prepare()
    with Output(directory) as output:
        builder = _Builder(warehouse, output, Copies(runs, output, code_version()))
        builder.assets()
        builder.overview()
        builder.regions()
        builder.rankings()
        builder.rules()
        builder.portals()
        builder.data(release)
        builder.reports()
        return output.counts


@cache
def code_version() -> str:
    """A hash of everything that decides how a page looks."""
    digest = hashlib.sha256()
    for path in sorted(path for path in HERE.rglob("*") if path.suffix in (".py", ".html", ".csv")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _hash(*values: Any) -> str:
    return hashlib.sha256(repr((code_version(), values)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


class _Builder:
    def __init__(self, warehouse: Warehouse, output: Output, copies: Copies) -> None:
        self.warehouse, self.output, self.copies = warehouse, output, copies
        self.former: dict[str, list[Row]] = {}

    def page(self, template: str, path: str, section: str, **values: Any) -> None:
        """One page in each language, made from the values that it shows."""
        self.lazy(template, path, section, _hash(template, values), lambda: values)

    def lazy(
        self, template: str, path: str, section: str, made_from: str, values: Callable[[], dict[str, Any]]
    ) -> None:
        """The same, of values that are only worked out if the page is to be drawn."""
        held: list[dict[str, Any]] = []

        def draw(language: Language) -> str:
            if not held:
                held.append(values())
            return render(template, path, language, section=section, **held[0])

        for language in LANGUAGES:
            self.output.page(f"{language.code}/{path}", made_from, lambda language=language: draw(language))  # type: ignore[misc]

    def assets(self) -> None:
        for path in sorted((HERE / "static").iterdir()):
            self.output.file(f"assets/{path.name}", path.read_bytes())
        self.output.file("index.html", (HERE / "templates" / "index.html").read_bytes())
        self.page("guide.html", "guide.html", "", cells=CELLS, signs=list(SIGNS.items()), states=regions.SIGNS)

    # -------------------------------------------------------------------------------------------- overview

    def overview(self) -> None:
        rows = self.warehouse.coverage_by_province()
        years = sorted({row["report_year"] for row in rows})
        heat = list(_heat(rows, years))
        shares = [cell for row in heat for cell in row["cells"] if cell]
        known = self.warehouse.regions()
        counted = Counter(row["province_code"] for row in known)
        names = {row["province_code"]: row["province_name"] for row in known}
        rules = sorted(listings.shown_rules(self.warehouse.rules()), key=lambda row: -row["fail"])
        by_year = _by_year(rows, years)
        self.page(
            "overview.html", "index.html", "overview",
            totals=self.warehouse.totals(), years=years, heat=heat, by_year=by_year, signs=regions.SIGNS,
            states={state: sum(counts) for state, counts in by_year.items()},
            provinces=[{"code": code, "name": names[code] or code, "regions": counted[code]} for code in sorted(names)],
            rules=[row for row in rules if row["fail"]][:MOST_COMMON],
            heat_chart=self.charts(charts.heat_map, shares), year_chart=self.charts(charts.states_by_year, rows),
        )  # fmt: skip

    def charts(self, draw: Callable[..., str], rows: list[Row]) -> dict[str, str]:
        """A chart in each language, by the language's code."""
        made = {}
        for language in LANGUAGES if rows else ():
            made_from = _hash(draw.__name__, rows, language)
            made[language.code] = charts.drawn(self.output, draw, rows, language, made_from)
        return made

    # -------------------------------------------------------------------------------------------- regions

    def regions(self) -> None:
        by_province: dict[str, list[Row]] = defaultdict(list)
        for row in self.warehouse.regions():
            by_province[row["province_code"]].append(row)
        provinces = [
            ({"code": code, "name": rows[0]["province_name"] or code}, rows) for code, rows in by_province.items()
        ]
        self.page("regions.html", "regions/index.html", "regions", provinces=provinces)
        self.former = self.warehouse.former_names()
        for province, rows in provinces:
            self.province(province, rows)

    def province(self, province: Row, rows: list[Row]) -> None:
        code = province["code"]
        coverage, reports = self.warehouse.coverage(code), self.warehouse.own_reports(code)
        years = sorted({row["report_year"] for row in (coverage or reports) if row["report_year"] is not None})
        counts = Counter((row["report_year"], row["state"]) for row in coverage)
        by_year = [{"report_year": year, "state": state, "regions": n} for (year, state), n in sorted(counts.items())]
        grid = regions.grid(rows, coverage, years)
        most = max(GRID // (len(years) + 2), 1)
        for name, part, pages in listings.pages_of(grid, file_name(code), most):
            self.page(
                "province.html", f"provinces/{name}", "regions",
                name=province["name"], code=code, count=len(rows), rows=part, pages=pages, years=years,
                states=regions.STATES, signs=regions.SIGNS, by_year=by_year, reports=reports if not coverage else [],
                chart=self.charts(charts.states_by_year, by_year),
            )  # fmt: skip
        numbers = self.warehouse.numbers(code)
        covered, reported = _grouped(coverage, "region_code"), _grouped(reports, "region_code_current")
        for region in rows:
            self.region(region, province, covered[region["code"]], reported[region["code"]], numbers)

    def region(self, region: Row, province: Row, coverage: list[Row], reports: list[Row], numbers: Any) -> None:
        former = self.former.get(region["code"], [])
        cells = {row["report_id"]: numbers.get(row["report_id"], {}) for row in reports}
        years = [row["report_year"] for row in coverage]

        def values() -> dict[str, Any]:
            return {
                "region": region, "former": former, "coverage": coverage, "reports": reports, "signs": regions.SIGNS,
                "series": regions.series_of(reports, cells, years),
                "crumbs": [(f"provinces/{file_name(province['code'])}.html", province["name"])],
            }  # fmt: skip

        made_from = _hash(region, province, former, coverage, reports, cells)
        self.lazy("region.html", f"regions/{file_name(region['code'])}.html", "regions", made_from, values)

    # -------------------------------------------------------------------------------------------- lists

    def rankings(self) -> None:
        shown: dict[tuple[str, str], Row] = {}
        for (indicator, year, level), found in self.warehouse.rankings():
            rate, stem = listings.rates()[indicator], file_name(f"{indicator}-{year}-{level}")
            entry = shown.setdefault((indicator, level), {"name": rate.name, "level": level, "years": []})
            entry["years"].append((year, f"{stem}.html"))
            for name, part, pages in listings.pages_of(listings.ranked(found), stem):
                self.page(
                    "ranking.html", f"rankings/{name}", "rankings", name=rate.name, formula=rate.formula,
                    codes=rate.codes, year=year, level=level, rows=part, pages=pages,
                )  # fmt: skip
        order = list(listings.rates())
        indicators = [shown[key] for key in sorted(shown, key=lambda key: (order.index(key[0]), key[1]))]
        self.page("rankings.html", "rankings/index.html", "rankings", indicators=indicators)

    def rules(self) -> None:
        rules = listings.shown_rules(self.warehouse.rules())
        self.page("rules.html", "rules/index.html", "rules", rules=rules, signs=SIGNS)
        for rule in rules:
            found = self.warehouse.findings_of(rule["rule_id"]) if rule["fail"] else []
            for name, rows, pages in listings.pages_of(found, file_name(rule["rule_id"]), listings.FINDINGS):
                self.page(
                    "rule.html", f"rules/{name}", "rules", rule=rule, findings=listings.shown_findings(rows),
                    pages=pages,
                )  # fmt: skip

    def portals(self) -> None:
        outcomes = listings.by_outcome(self.warehouse.outcomes())
        brief = [{key: row[key] for key in ("outcome", "count", "advice")} for row in outcomes]
        self.page("portals.html", "portals/index.html", "portals", outcomes=brief)
        for outcome, short in zip(outcomes, brief, strict=True):
            for name, rows, pages in listings.pages_of(outcome["portals"], file_name(outcome["outcome"])):
                self.page("outcome.html", f"portals/{name}", "portals", outcome=short, portals=rows, pages=pages)

    def data(self, release: Path | None) -> None:
        files = list(self.downloads(release)) if release is not None else []
        tables = [*TABLES.values(), *DERIVED.values()]
        self.page("data.html", "data/index.html", "data", files=files, tables=tables)
        for table in tables:
            self.page("codebook.html", f"data/{file_name(table.name)}.html", "data", table=table)

    def downloads(self, release: Path) -> Iterator[Row]:
        """Files of a release, copied beside the pages."""
        for path in sorted(path for path in release.rglob("*") if path.is_file()):
            target = f"download/{path.relative_to(release).as_posix()}"
            digest = self.output.copy(target, path)
            yield {"path": target, "name": target.partition("/")[2], "bytes": path.stat().st_size, "sha256": digest}

    # -------------------------------------------------------------------------------------------- reports

    def reports(self) -> None:
        for batch in self.warehouse.reports():
            before = {data.key: each for data, each in zip(batch[1:], batch, strict=False)}
            for data in sorted(batch, key=lambda data: not data.row["is_latest"]):
                earlier = before.get(data.key)
                same = earlier is not None and earlier.key[0] == data.key[0]
                self.report(data, changes(earlier, data) if same and earlier is not None else [])

    def report(self, data: ReportData, changed: list[Change]) -> None:
        self.copies.add(data)
        made_from = _hash(data, changed)
        data.versions = [row | {"href": listings.report_page(row)} for row in data.versions]
        latest = f"{file_name(data.row['report_id'])}.html" if data.has_latest else ""

        def values() -> dict[str, Any]:
            v = report.view(data)
            key_figures = [(zh, en, v.cell(table, *path)) for zh, en, table, path in KEY_FIGURES]
            return {"v": v, "latest": latest, "changed": changed[:MOST_CHANGES], "changes": len(changed),
                    "signs": list(SIGNS.items()), "key_figures": key_figures,
                    "crumbs": list(_crumbs(data.row))}  # fmt: skip

        self.lazy("report.html", f"reports/{listings.report_page(data.row)}", "regions", made_from, values)


def _heat(rows: list[Row], years: list[int]) -> Iterator[Row]:
    """The share of each province's regions that published, by year."""
    held: dict[str, dict[int, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    names = {row["province_code"]: row["province_name"] or row["province_code"] for row in rows}
    for row in rows:
        held[row["province_code"]][row["report_year"]][row["state"]] += row["regions"]
    for code, by_year in held.items():
        cells = []
        for year in years:
            counts = by_year[year]
            due = sum(counts.values())
            published = due - counts["missing"] - counts["blocked"] - counts["not_visited"]
            cells.append(
                {"province_code": code, "province_name": names[code], "report_year": year, "share": published / due,
                 "told": f"{published} / {due}"} if due else None
            )  # fmt: skip
        yield {"code": code, "name": names[code], "cells": cells}


def _by_year(rows: list[Row], years: list[int]) -> dict[str, list[int]]:
    counts: Counter[tuple[str, int]] = Counter()
    for row in rows:
        counts[row["state"], row["report_year"]] += row["regions"]
    return {state: [counts[state, year] for year in years] for state in regions.STATES}


def _grouped(rows: list[Row], key: str) -> dict[str, list[Row]]:
    held: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        held[row[key]].append(row)
    return held


def _crumbs(row: Row) -> Iterator[tuple[str, str]]:
    if code := row["province_code"]:
        yield f"provinces/{file_name(code)}.html", row["province_name"] or code
    if code := row["region_code_current"]:
        names = (row["county_name"], row["prefecture_name"], row["province_name"])
        yield f"regions/{file_name(code)}.html", next((name for name in names if name), code)
