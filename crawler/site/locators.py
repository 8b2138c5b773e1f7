"""Where a finding stands: the locator of a rule as a place of the page, with a name that people read.

Rules of one report write ``table3.granted.total``, ``tables.table2``, ``sections[4].heading``, ``metadata.title``;
rules across reports also write the short names of ``parsers.forms.fields``: ``t3_new_tot``, ``table2.reg_inf``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from crawler.site.words import CODES as LANGUAGES
from crawler.site.words import Language, figure_name
from parsers.forms.fields import CODES, FormField, by_path, fields, in_words

TABLES = {code: name for name, code in CODES.items()}
METADATA_OF = {"template": "template_version", "contact": "contact_organisation", "report_id": "report_year"}
NUMERALS = "零一二三四五六"
_TABLE = re.compile(r"(?:tables\.)?(table[234]|statistics2014)")
_SECTION = re.compile(r"sections[.\[](\d)")


@dataclass(frozen=True, slots=True)
class Spot:
    """``kind`` is cell, row, table, section, metadata, narrative or report; ``path`` leads to the cell or row."""

    kind: str
    of: str = ""
    path: tuple[str, ...] = ()


def spot(locator: str) -> Spot:
    """
    >>> spot("table3.granted.total"), spot("t3_new_tot").path, spot("sections[4].heading").of
    (Spot(kind='cell', of='table3', path=('granted', 'total')), ('new_requests', 'total'), '4')
    """
    locator = locator.removeprefix("sum.").rstrip(".")
    if (field := shorts().get(locator)) is not None:
        return Spot("cell", TABLES.get(field.table, "statistics2014"), field.path)
    if match := _SECTION.match(locator):
        return Spot("section", match[1])
    root, *rest = locator.split(".")
    if root in ("metadata", "template", "revision", "report_year", "region_code", "report_id"):
        return Spot("metadata", rest[0] if rest else root)
    if root == "narrative":
        return Spot("narrative", rest[0] if rest else "")
    if match := _TABLE.fullmatch(locator):
        return Spot("table", match[1])
    if root not in CODES or not rest:
        return Spot("report")
    return _within(root, tuple(rest))


def _within(table: str, path: tuple[str, ...]) -> Spot:
    """A cell by its path, by its short name, or by a row and the short name of its column; else a row."""
    if by_path(table, *path) is not None:
        return Spot("cell", table, path)
    known = shorts()
    for name in (f"{CODES[table]}_{'_'.join(path)}", *_by_column(table, path)):
        if name in known:
            return Spot("cell", table, known[name].path)
    return Spot("row", table, path)


def _by_column(table: str, path: tuple[str, ...]) -> list[str]:
    total = by_path(table, path[0], "total") if len(path) == 2 else None
    return [] if total is None else [f"{total.short.removesuffix('tot')}{path[1]}"]


@cache
def shorts() -> dict[str, FormField]:
    """The fields of all forms by their short names."""
    return {field.short: field for field in fields()}


@cache
def _by_codes() -> dict[tuple[str, str, str], FormField]:
    return {(field.table, field.row, field.column): field for field in fields()}


def by_codes(table: str, row: str, column: str) -> tuple[str, str]:
    """The name of a cell by the codes of ``facts_long``.

    >>> by_codes("t4", "review", "upheld")
    ('表四 行政复议·结果维持', 'Table 4 administrative review: upheld')
    """
    field = _by_codes().get((table, row, column))
    if field is None or table not in TABLES:
        return row, row
    return name(Spot("cell", TABLES[table], field.path))


def name(place: Spot) -> tuple[str, str]:
    """The place in both languages.

    >>> name(spot("table4.review_upheld")), name(spot("tables.table2"))
    (('表四 行政复议·结果维持', 'Table 4 administrative review: upheld'), ('表二', 'Table 2'))
    """
    if place.kind == "section":
        return f"第{NUMERALS[int(place.of)]}部分" if place.of < "7" else place.of, f"Section {place.of}"
    if place.kind == "narrative":
        zh, en = (figure_name(place.of, Language(code)) for code in LANGUAGES)
        return (f"正文 {zh}", f"Text: {en}") if place.of else ("正文数字", "Figures in the text")
    if place.kind == "metadata":
        zh, en = (Language(code).label("metadata", METADATA_OF.get(place.of, place.of)) for code in LANGUAGES)
        return f"元数据 {zh}", f"Metadata: {en}"
    return in_words(".".join((place.of, *place.path))) if place.of else ("全文", "Whole report")
