"""The metadata of a report: what its page and its text say of title, subject, region, dates, numbers and contact.

``extract`` takes plain values (lines before and in the body, page metas, preamble, signature lines) and gives a
``Metadata``; it guesses nothing: what is not said is None. A region's code is the one valid in the report year.
Beside the published fields stands the evidence that rules need: where the title came from, every date seen, the
document number as printed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from parsers import contacts, labels, places, regions, subjects, titles
from parsers.dates import DATE, arabic_dates, date_alone, first_date, iso, url_date, widths

TitleOrigin = Literal["heading", "metadata_row", "meta", "inline", "quoted"]

HEAD_LINES = 60  # what stands before the body; more than that is a portal's navigation
BODY_CHARACTERS = 3000  # of section one, where a preamble may stand inside it
TAIL_LINES = 40


@dataclass(slots=True)
class Metadata:
    """The published fields in the order of the contract, then the evidence (not serialised)."""

    title: str | None = None
    subject_name: str | None = None
    subject_type: subjects.SubjectType = "unknown"
    report_scope: subjects.Scope = "unknown"
    report_year: int | None = None
    region_code: str | None = None
    region_code_current: str | None = None
    province_name: str | None = None
    prefecture_name: str | None = None
    county_name: str | None = None
    admin_level: str | None = None
    publishing_agency: str | None = None
    publication_date: str | None = None
    index_number: str | None = None
    unified_social_credit_code: str | None = None
    document_number: str | None = None
    author: str | None = None
    source: str | None = None
    editor: str | None = None
    contact_organisation: str | None = None
    contact_address: str | None = None
    contact_postcode: str | None = None
    contact_phone: str | None = None
    contact_fax: str | None = None
    contact_email: str | None = None
    period_start: str | None = None
    period_end: str | None = None
    cited_document: str | None = None

    title_origin: TitleOrigin | None = None
    title_year: int | None = None
    document_number_raw: str | None = None
    dates: dict[str, str] = field(default_factory=dict)
    signature_agency: str | None = None
    signature_date: str | None = None
    period_raw: str | None = None
    cited_documents: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Exactly the fields of the contract, in its order."""
        return {name: getattr(self, name) for name in PUBLISHED}


EVIDENCE = (
    "title_origin",
    "title_year",
    "document_number_raw",
    "dates",
    "signature_agency",
    "signature_date",
    "period_raw",
    "cited_documents",
)
PUBLISHED = tuple(name for name in Metadata.__dataclass_fields__ if name not in EVIDENCE)

_USCC = re.compile(r"(?<![0-9A-Z])([159][1-59]\d{6}[0-9A-Z]{10})(?![0-9A-Z])")
_INDEX_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z/_.:\-〔〕\[\]()年\u4e00-\u9fff]{3,80}")
_NUMBERED = r"[〔\[【(﹝]\s{0,2}(20\d{2})\s{0,2}[〕\]】)﹞]\s{0,2}第?\s{0,2}(\d{1,5})\s{0,2}号"
_DOCUMENT_NUMBER = re.compile(r"[\u4e00-\u9fff]{0,20}\s{0,2}" + _NUMBERED)
_CITED = re.compile(_NUMBERED)
_ISSUER = re.compile(r"[\u4e00-\u9fff]{2,10}$")
_FORMAT_CITED = ("国办公开办函",)
_PERIOD = re.compile(
    r"(?P<y1>20\d{2})\s{0,2}年\s{0,2}(?P<m1>\d{1,2})\s{0,2}月(?:\s{0,2}(?P<d1>\d{1,2})\s{0,2}日)?"
    r"\s{0,2}(?:起|开始)?,?\s{0,2}(?:至|到|—{1,2}|-|~|–)\s{0,2}"
    r"(?:(?P<y2>20\d{2})\s{0,2}年|当年)?\s{0,2}(?P<m2>\d{1,2})\s{0,2}月(?:\s{0,2}(?P<d2>\d{1,2})\s{0,2}日|底)?\s{0,2}(?:止|期间)?"
)
_PERIOD_NAMED = re.compile(r"期限|期间|时限|所列数据|统计数据|数据统计|统计")
_LAST_DAYS = {1: 31, 2: 28, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}


def extract(
    *,
    lines: Sequence[str],
    body_start: int,
    metas: Mapping[str, str] | None = None,
    page_title: str | None = None,
    headings: Sequence[str] = (),
    preamble: str = "",
    section_one: str = "",
    tail: Sequence[str] = (),
    url: str | None = None,
    region_code: str | None = None,
) -> Metadata:
    """The metadata of one report from the plain parts of its document."""
    metas = metas or {}
    head = [line for line in lines[max(0, body_start - HEAD_LINES) : body_start] if line.strip()]
    tail = list(tail)[:TAIL_LINES]
    opening = f"{preamble[-BODY_CHARACTERS:]}\n{section_one[:BODY_CHARACTERS]}"  # menus may stand before a preamble
    rows, tail_rows = labels.read(head), labels.read(tail)
    meta = Metadata()
    _read_period(meta, opening)
    _read_title(
        meta, titles.Evidence(head, lines[body_start : body_start + 1], rows, metas, page_title, headings, opening)
    )
    _read_signature(meta, tail)
    _read_numbers(meta, rows)
    _read_agency(meta, rows, tail_rows, metas)
    meta.report_year = _report_year(meta, opening)
    _read_dates(meta, head, rows, tail_rows, metas, url)
    _read_subject(meta, opening)
    _read_region(meta, metas, opening, region_code)
    contact = contacts.read(opening, "\n".join(tail))
    for name in ("organisation", "address", "postcode", "phone", "fax", "email"):
        setattr(meta, f"contact_{name}", getattr(contact, name))
    meta.cited_documents = cited_documents(opening)
    meta.cited_document = next((cited for cited in meta.cited_documents if cited.startswith(_FORMAT_CITED)), None)
    return meta


def _read_title(meta: Metadata, evidence: titles.Evidence) -> None:
    expected = int(meta.period_end[:4]) if meta.period_end else titles.announced(evidence.opening)
    meta.title, meta.title_origin = titles.choose(evidence, expected)
    parts = subjects.read_title(meta.title or "")
    meta.subject_name, meta.title_year = parts.organ, parts.year


def _report_year(meta: Metadata, opening: str) -> int | None:
    """The year of the title; one that stands only in the page's own data, which may be another page's, does not count
    against the year that the text announces, and not at all against another period."""
    said = titles.year_of(opening, meta.period_end)
    if meta.title_year is None or meta.title_origin != "meta":
        return meta.title_year or said
    announced, period = titles.announced(opening), int(meta.period_end[:4]) if meta.period_end else None
    others = {year for year in (announced, period) if year not in (None, meta.title_year)}
    if not others:
        return meta.title_year
    return announced if announced in others and period in (announced, None) else None


def _read_signature(meta: Metadata, tail: Sequence[str]) -> None:
    """An organ's name, and a date on its own: on one line or on two."""
    for at, line in enumerate(tail):
        plain = arabic_dates(widths(line)).strip(" |")
        found = DATE.search(plain)
        if not found or len(plain) > 60 or ":" in plain[: found.start()] or plain[found.end() :].strip(" 日)"):
            continue
        before = plain[: found.start()].strip(" (") or (tail[at - 1].strip(" |\u3000") if at else "")
        agency = "".join(before.split())
        if subjects.is_organ(agency) or (subjects.names_only_a_region(agency) if agency else False):
            meta.signature_agency = agency
        elif plain[: found.start()].strip():
            continue
        meta.signature_date = iso(*found.groups())
        return


def _read_numbers(meta: Metadata, rows: dict[str, list[str]]) -> None:
    index = labels.first(rows, "index_number")
    found = _INDEX_NUMBER.match(widths(index).split()[0]) if index and index.split() else None
    meta.index_number = found[0] if found else None
    code = _USCC.search(widths(labels.first(rows, "unified_social_credit_code") or meta.index_number or "").upper())
    meta.unified_social_credit_code = code[1] if code else None
    raw = labels.first(rows, "document_number")
    meta.document_number_raw = raw
    number = _DOCUMENT_NUMBER.match(raw.strip()) if raw else None
    meta.document_number = "".join(number[0].split()) if number else None


def _read_agency(
    meta: Metadata, rows: dict[str, list[str]], tail_rows: dict[str, list[str]], metas: Mapping[str, str]
) -> None:
    meta.source = _name(labels.first(rows, "source") or metas.get("contentsource"))
    meta.author = _name(labels.first(rows, "author") or _not_ascii(metas.get("author")))
    meta.editor = _name(labels.first(rows, "editor") or labels.first(tail_rows, "editor"))
    named = _name(labels.first(rows, "publishing_agency"))
    of_title = meta.subject_name if meta.title_origin != "quoted" else None
    for candidate in (named, meta.source, meta.signature_agency, of_title):
        if candidate and (candidate is named or subjects.is_organ(candidate)):
            meta.publishing_agency = candidate
            return


def _name(text: str | None) -> str | None:
    """A name as printed, up to the blank or bracket that ends it.

    >>> _name("马洁 】"), _name("沂源县人民政府  [字体"), _name("-"), _name("http://x")
    ('马洁', '沂源县人民政府', None, None)
    """
    words = re.split(r"\s+|[\]】|\[【]", (text or "").strip(), maxsplit=1)
    return words[0] if words[0] and re.search(r"[\u4e00-\u9fffA-Za-z]", words[0]) and "://" not in words[0] else None


def _not_ascii(text: str | None) -> str | None:
    return text if text and not text.isascii() else None


def _read_period(meta: Metadata, opening: str) -> None:
    text = arabic_dates(widths(opening))
    spans = list(_PERIOD.finditer(text))
    named = [span for span in spans if _PERIOD_NAMED.search(text[max(0, span.start() - 20) : span.end() + 10])]
    for span in named or spans[:1]:
        start, end = period(span)
        if start and end:
            since = text[max(0, span.start() - 1) : span.start()]
            meta.period_start, meta.period_end = start, end
            meta.period_raw = (since if since in ("自", "从") else "") + span[0].strip()
            return


def period(span: re.Match[str]) -> tuple[str | None, str | None]:
    """First and last day of a printed period; a month without a day is the whole month.

    >>> period(_PERIOD.search("2024年1月至12月期间")), period(_PERIOD.search("自2023年1月1日起,至2023年12月31日止"))
    (('2024-01-01', '2024-12-31'), ('2023-01-01', '2023-12-31'))
    """
    last_year, last_month = span["y2"] or span["y1"], int(span["m2"])
    last_day = span["d2"] or str(_LAST_DAYS.get(last_month, 0))
    return iso(span["y1"], span["m1"], span["d1"] or "1"), iso(last_year, str(last_month), last_day)


def _read_dates(
    meta: Metadata,
    head: Sequence[str],
    rows: dict[str, list[str]],
    tail_rows: dict[str, list[str]],
    metas: Mapping[str, str],
    url: str | None,
) -> None:
    """Every date seen, by where it stands; the published one is the page's own, the URL's only for want of others."""
    alone = (date_alone(line) for line in reversed(head))
    seen = {
        "displayed": _labelled_date(rows, "publication_date")
        or next((day for day in alone if day), None)
        or _labelled_date(tail_rows, "publication_date"),
        "meta": first_date(metas.get("pubdate", "")),
        "issued": _labelled_date(rows, "issued_date"),
        "signature": meta.signature_date,
        "url": url_date(url),
    }
    meta.dates = {place: day for place, day in seen.items() if day}
    meta.publication_date = next(iter(meta.dates.values()), None)


def _labelled_date(rows: dict[str, list[str]], name: str) -> str | None:
    """The date of the label nearest to the body: the top of a page may show today's."""
    return next((day for value in reversed(rows.get(name, [])) if (day := first_date(value))), None)


def _read_subject(meta: Metadata, opening: str) -> None:
    if meta.subject_name is None:
        meta.subject_name = titles.subject_in_text(opening) or meta.publishing_agency
    meta.subject_type = subjects.classify(meta.subject_name)
    meta.report_scope = subjects.SCOPES[meta.subject_type]


def _read_region(meta: Metadata, metas: Mapping[str, str], opening: str, hint: str | None) -> None:
    named = [meta.subject_name, meta.publishing_agency, meta.signature_agency]
    code = meta.unified_social_credit_code
    region = places.locate(
        names=[name for name in named if name],
        context=[metas.get("sitename", ""), opening],
        codes=[code[2:8] if code else "", metas.get("siteidcode", "")[:6]],
        hint=hint,
        year=meta.report_year,
    )
    if region is None:
        return
    meta.region_code, meta.region_code_current = region.code, regions.current_code(region.code)
    meta.province_name, meta.prefecture_name, meta.county_name = region.province, region.prefecture, region.county
    below = meta.subject_type in ("township", "subdistrict")
    meta.admin_level = "township" if below else region.level


def cited_documents(text: str) -> list[str]:
    """Document numbers that a text cites, in one notation.

    >>> cited_documents("(国办公开办函[2021] 30 号)和国办发〔2014〕32号")
    ['国办公开办函〔2021〕30号', '国办发〔2014〕32号']
    """
    plain = widths(text)
    found: list[str] = []
    for cited in _CITED.finditer(plain):
        before = _ISSUER.search(plain[max(0, cited.start() - 12) : cited.start()].rstrip())
        if before:
            found.append(f"{_issuer(before[0])}〔{cited[1]}〕{cited[2]}号")
    return list(dict.fromkeys(found))


def _issuer(words: str) -> str:
    """The issuer's sign at the end of the words before a number: 依照国办公开办函 is 国办公开办函."""
    at = words.rfind("国办")
    return words[at:] if at >= 0 else words.lstrip("根据依按照和及与号")
