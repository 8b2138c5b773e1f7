"""A portal as data: who runs it, where its hosts are, what its annual-report column lists.

``Site.load("370323")`` reads ``data/portals/370323.toml``. Every line of a list is an ``Entry``: a report of the
government, a report of one of its departments or towns, or a look-alike. Entries that hold a report have its
figures; the platforms decide where an entry stands and what its address looks like.
"""

from __future__ import annotations

import hashlib
import random
import tomllib
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from crawler.demo.figures import Figures, published, series
from crawler.demo.tables import OFFICIAL, Wording

PORTALS = Path(__file__).parent / "data" / "portals"


def digest(text: str, length: int) -> str:
    """A stable hexadecimal name for a text.

    >>> digest("云河县", 8) == digest("云河县", 8) and len(digest("云河县", 40))
    40
    """
    return hashlib.sha256(text.encode()).hexdigest()[:length]


@dataclass(frozen=True, slots=True)
class Report:
    """An annual report: its subject, its figures and what is peculiar to it.

    ``images`` names the tables that the page shows as pictures; ``prose`` the file with the text written for it;
    ``seed`` the name of the real report that stands behind it.
    """

    subject: str
    year: int
    figures: Figures
    kind: str = "government"
    prose: str | None = None
    seed: str | None = None
    images: frozenset[str] = frozenset()
    wording2: Wording = OFFICIAL
    wording3: Wording = OFFICIAL
    wording4: Wording = OFFICIAL
    region_code: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a list. ``kind``: government, department, town, lookalike, external, mirror."""

    title: str
    date: str
    kind: str
    year: int | None = None
    report: Report | None = None
    href: str | None = None
    id: str | None = None
    unit: str | None = None
    url_date: str | None = None
    encoding: str = "utf-8"

    @property
    def key(self) -> str:
        return digest(f"{self.kind} {self.title} {self.date}", 40)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a crawl with ``scope=government`` has to find on the portal."""

    outcome: str
    family: str
    years: tuple[int, ...]
    reports: int
    titles: tuple[str, ...]


@dataclass(frozen=True)
class Site:
    """One portal. ``data`` is the rest of its file, for its platform."""

    code: str
    name: str
    place: str
    province: str
    platform: str
    style: str
    site_code: str
    hosts: dict[str, str]
    footer: dict[str, str]
    robots: str
    data: dict[str, Any] = field(repr=False)

    @classmethod
    def load(cls, code: str) -> Site:
        data = tomllib.loads((PORTALS / f"{code}.toml").read_text(encoding="utf-8"))
        names = ("name", "place", "province", "platform", "style", "site_code", "hosts", "footer", "robots")
        return cls(code=code, **{name: data[name] for name in names}, data=data)

    @classmethod
    def load_all(cls) -> list[Site]:
        return [cls.load(path.stem) for path in sorted(PORTALS.glob("*.toml"))]

    @cached_property
    def entries(self) -> list[Entry]:
        """All lines, newest first."""
        lines = [*self._government(), *self._units(), *self._others()]
        return sorted(lines, key=lambda entry: (entry.date, entry.key), reverse=True)

    @cached_property
    def reports(self) -> list[Entry]:
        """The reports that a crawl with the portal's ``scope`` is about: the government's own, or its units' too."""
        kinds = ("government", "department", "town") if self.data.get("scope") == "all" else ("government",)
        return [entry for entry in self.entries if entry.kind in kinds]

    @property
    def expected(self) -> Expected:
        years = tuple(sorted({entry.year for entry in self.reports if entry.year}))
        told = self.data["expected"]
        return Expected(
            told["outcome"], told["family"], years, len(self.reports), tuple(entry.title for entry in self.reports)
        )

    def _government(self) -> list[Entry]:
        rows = self.data["report"]
        entries: list[Entry] = []
        for subject in dict.fromkeys(row.get("line", "main") for row in rows):
            mine = [row for row in rows if row.get("line", "main") == subject]
            fixed = {row["year"]: published(row["figures"]) for row in mine if "figures" in row}
            figures = series(
                f"{self.code} {subject}",
                [row["year"] for row in mine],
                size=self.data["size"],
                fixed=fixed,
                requests={row["year"]: row["requests"] for row in mine if "requests" in row},
                regulations=self.data.get("regulations", 0),
            )
            entries += [self._report_entry(row, figures[row["year"]]) for row in mine]
        return entries

    def _report_entry(self, row: dict[str, Any], figures: Figures) -> Entry:
        year = row["year"]
        report = Report(
            subject=row.get("subject", self.data["subject"]),
            year=year,
            figures=figures,
            prose=row.get("prose"),
            seed=row.get("seed"),
            images=frozenset(row.get("images", ())),
            wording2=_wording(row, 2),
            wording3=_wording(row, 3),
            wording4=_wording(row, 4),
            region_code=row.get("region_code", self.code),
        )
        title = row.get("title", self.data["title"]).format(year=year)
        return Entry(
            title,
            row["date"],
            "government",
            year,
            report,
            id=row.get("id"),
            url_date=row.get("url_date"),
            encoding=row.get("encoding", "utf-8"),
        )

    def _units(self) -> list[Entry]:
        entries = []
        for kind in ("department", "town"):
            group = self.data.get(kind)
            if not group:
                continue
            years = range(group["years"][0], group["years"][1] + 1)
            for name in group["names"]:
                figures = series(f"{self.code} {name}", years, size=group.get("size", 4))
                for year in years:
                    title = group.get("title", "{unit}{year}年政府信息公开工作年度报告").format(unit=name, year=year)
                    day = date(year + 1, 1, 9) + timedelta(days=random.Random(f"{name} {year}").randint(0, 20))
                    report = Report(name, year, figures[year], kind, region_code=self.code)
                    entries.append(Entry(title, day.isoformat(), kind, year, report, unit=name))
        return entries

    def _others(self) -> list[Entry]:
        """Look-alikes, rows that lead off the portal, reports of another region that the portal repeats."""
        entries = []
        for row in self.data.get("other", []):
            kind, year, report = row.get("kind", "lookalike"), row.get("year"), None
            if kind == "mirror":
                subject = row["subject"]
                figures = series(f"{self.code} {subject}", [year], size=row["size"])[year]
                report = Report(subject, year, figures, kind, region_code=row["region_code"])
            entries.append(Entry(row["title"], row["date"], kind, year, report, row.get("href")))
        return entries


def _wording(row: dict[str, Any], table: int) -> Wording:
    labels = tuple((old, new) for old, new in row.get(f"labels{table}", []))
    return Wording(labels, tuple(row.get(f"lost{table}", ())))
