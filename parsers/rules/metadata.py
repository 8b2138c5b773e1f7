"""What a report says of itself: years, dates, deadlines, cited format, region, contact.

Deadlines: 条例 第四十九条. Formats: 国办公开办函〔2019〕60号 for 2019 and 2020, 〔2021〕30号 from 2021.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from parsers import regions
from parsers.forms import all_forms, form_for
from parsers.forms.fields import in_words
from parsers.phones import phone_fits
from parsers.report import HYBRID, Report
from parsers.rules import ERROR, FIRST_FORMAT, INFO, WARNING, Result, cannot_tell, failed, passed, rule
from parsers.tables import PRESENT

DATE_TOLERANCE = 31
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}")
_EMPTY_NUMBER = re.compile(r"[〔\[(【]?\s*[〕\])】]?\s*号?")


@rule("MD01", ERROR, "标题年份与统计期限年份一致", "the year of the title is the year of the period")
def title_year(report: Report, today: date) -> Iterator[Result]:
    meta = report.metadata
    if meta.title_year is None or meta.period_start is None:
        yield cannot_tell("metadata.period_start", "未写明统计期限或标题年份", "no period or no year in the title")
    elif str(meta.title_year) == meta.period_start[:4]:
        yield passed()
    else:
        yield failed("metadata.period_start", f"标题为 {meta.title_year} 年,统计期限为 {meta.period_start[:4]} 年",
                     f"the title says {meta.title_year}, the period {meta.period_start[:4]}",
                     meta.title_year, int(meta.period_start[:4]))  # fmt: skip


@rule("MD02", ERROR, "公布日期在统计期之后、今日之前", "published after the period and not in the future")
def publication(report: Report, today: date) -> Iterator[Result]:
    meta = report.metadata
    published, year = _date(meta.publication_date), meta.report_year
    if published is None or year is None:
        yield cannot_tell("metadata.publication_date", "无公布日期或年度", "no publication date or no year")
        return
    end = _date(meta.period_end) or date(year, 12, 31)
    if not end < published <= today:
        yield failed("metadata.publication_date", f"公布日期 {published} 应晚于 {end} 且不晚于 {today}",
                     f"published {published}, expected after {end} and up to {today}",
                     f"{end} < date <= {today}", str(published))  # fmt: skip
    elif published.year != year + 1:
        yield failed("metadata.publication_date", f"公布日期 {published} 不在 {year + 1} 年",
                     f"published {published}, not in {year + 1}", year + 1, published.year, WARNING)  # fmt: skip
    else:
        yield passed()


@rule("MD03", WARNING, "按期公布", "published by the deadline")
def deadline(report: Report, today: date) -> Iterator[Result]:
    meta = report.metadata
    published, year = _date(meta.publication_date), meta.report_year
    if published is None or year is None:
        yield cannot_tell("metadata.publication_date", "无公布日期或年度", "no publication date or no year")
        return
    aggregate = meta.report_scope == "region_aggregate" or year < 2019
    due = date(year + 1, 3, 31) if aggregate else date(year + 1, 1, 31)
    if published <= due:
        yield passed()
    else:
        severity = INFO if meta.report_scope == "government_office" else WARNING
        days = (published - due).days
        yield failed("metadata.publication_date", f"应于 {due} 前公布,实于 {published} 公布,迟 {days} 天",
                     f"due by {due}, published {published}, {days} days late", str(due), str(published), severity)  # fmt: skip


@rule("MD04", WARNING, "统计期限为当年 1 月 1 日至 12 月 31 日", "the period is the whole calendar year")
def period(report: Report, today: date) -> Iterator[Result]:
    meta = report.metadata
    if meta.period_start is None or meta.period_end is None:
        yield cannot_tell("metadata.period_start", "未写明统计期限", "no period is stated")
        return
    year = meta.report_year or int(meta.period_start[:4])
    wanted, printed = f"{year}-01-01/{year}-12-31", f"{meta.period_start}/{meta.period_end}"
    if wanted == printed:
        yield passed()
    else:
        yield failed("metadata.period_end", f"统计期限为 {printed},应为 {wanted}",
                     f"the period is {printed}, expected {wanted}", wanted, printed)  # fmt: skip


@rule("MD05", WARNING, "所引格式文件与年度相符", "the cited format document fits the year")
def cited(report: Report, today: date) -> Iterator[Result]:
    meta = report.metadata
    if meta.report_year is not None and meta.report_year < 2019:
        return
    cited_forms = [
        form for form in all_forms().values() for text in meta.cited_documents if _cites(text, form.document)
    ]
    if not cited_forms or meta.report_year is None:
        yield cannot_tell("metadata.cited_document", "未引用年度报告格式文件", "no format document is cited")
    elif any(form.first_year <= meta.report_year <= form.last_year for form in cited_forms):
        yield passed()
    else:
        due = form_for(meta.report_year).document
        yield failed("metadata.cited_document", f"{meta.report_year} 年度报告引用 {cited_forms[0].document},应为 {due}",
                     f"the report for {meta.report_year} cites {cited_forms[0].document}, expected {due}",
                     due, cited_forms[0].document)  # fmt: skip


def _cites(text: str, document: str) -> bool:
    year, number = re.findall(r"\d+", document)
    return re.sub(r"\s", "", text).endswith(f"{year}〕{number}号")


@rule("MD06", WARNING, "表式版本与年度相符且一致", "the forms of the tables fit the year and each other")
def versions(report: Report, today: date) -> Iterator[Result]:
    present = {name: t for name, t in report.tables.items() if t.status == PRESENT and name != "table4"}
    year = report.metadata.report_year
    if not present or year is None:
        return
    printed = {name: table.version for name, table in present.items()}
    if report.version == HYBRID:
        cells = {name: len(table.form.locators) for name, table in present.items()}
        zh = "、".join(f"{in_words(name)[0]}为 {version} 年式" for name, version in printed.items())
        en = ", ".join(f"{in_words(name)[1]} of {version}" for name, version in printed.items())
        yield failed("template", f"表二、表三表式不一致:{zh}", f"tables two and three are of different forms: {en}",
                     form_for(year).version, {"versions": printed, "cells": cells})  # fmt: skip
        return
    version = form_for(year).version
    if set(printed.values()) == {version}:
        yield passed()
    else:
        yield failed("template", f"{year} 年度应用 {version} 年式,实为 {report.version} 年式",
                     f"the form for {year} is {version}, printed is {report.version}", version, report.version)  # fmt: skip


@rule(
    "MD07",
    WARNING,
    "标题、发布机构、信用代码与门户的地区一致",
    "title, publisher, credit code and portal are of one region",
)
def region(report: Report, today: date) -> Iterator[Result]:
    meta = report.metadata
    if meta.region_code is None:
        return
    family = _codes(meta.region_code)
    compared = False
    code = meta.unified_social_credit_code
    for name, other in (("统一社会信用代码", code[2:8] if code else None), ("门户", report.expected_region)):
        if other is None or regions.by_code(other) is None:
            continue
        compared = True
        if not _codes(other) & family:
            yield failed("metadata.region_code", f"报告地区 {meta.region_code} 与{name}的 {other} 不一致",
                         f"the report is of {meta.region_code}, its credit code or portal of {other}",
                         other, meta.region_code)  # fmt: skip
            return
    if compared:
        yield passed()


def _codes(code: str) -> set[str]:
    """A code and the codes it became."""
    return {code, regions.current_code(code) or code}


@rule("MD08", INFO, "各处日期相近", "the dates of a report agree within a month")
def dates(report: Report, today: date) -> Iterator[Result]:
    known = {name: found for name, text in report.metadata.dates.items() if (found := _date(text))}
    if len(known) < 2:
        return
    first, last = min(known.values()), max(known.values())
    listing = ", ".join(f"{name} {value}" for name, value in known.items())
    if (last - first).days <= DATE_TOLERANCE:
        yield passed()
    else:
        yield failed("metadata.publication_date", f"各处日期相差超过 {DATE_TOLERANCE} 天:{listing}",
                     f"dates differ by more than {DATE_TOLERANCE} days: {listing}", str(first), str(last))  # fmt: skip


@rule("MD09", INFO, "邮编、电话、邮箱合规", "postcode, telephone and e-mail are well formed")
def contact(report: Report, today: date) -> Iterator[Result]:
    meta = report.metadata
    if meta.contact_postcode:
        good = bool(re.fullmatch(r"\d{6}", meta.contact_postcode))
        yield _well_formed(
            good, "contact_postcode", "邮编应为六位数字", "a postcode has six digits", meta.contact_postcode
        )
    if meta.contact_email:
        good = bool(_EMAIL.fullmatch(meta.contact_email))
        yield _well_formed(good, "contact_email", "邮箱格式不对", "not an e-mail address", meta.contact_email)
    if (
        meta.contact_phone
        and meta.region_code
        and (fits := phone_fits(meta.contact_phone, meta.region_code)) is not None
    ):
        yield _well_formed(
            fits, "contact_phone", "电话区号与地区不符", "the area code is of another province", meta.contact_phone
        )


def _well_formed(good: bool, field: str, zh: str, en: str, value: str) -> Result:
    return passed() if good else failed(f"metadata.{field}", f"{zh}:{value}", f"{en}: {value}", None, value)


@rule("MD10", INFO, "必要信息齐全", "what a report must state is there")
def required(report: Report, today: date) -> Iterator[Result]:
    meta = report.metadata
    contacts = [meta.contact_organisation, meta.contact_address, meta.contact_phone, meta.contact_email]
    asked = [
        ("title", meta.title_origin not in (None, "quoted"), "无标题行", "there is no title line", INFO),
        ("publication_date", meta.publication_date is not None, "无公布日期", "no publication date", WARNING),
        ("publishing_agency", meta.publishing_agency is not None, "无发布机构", "no publisher is named", INFO),
        ("contact", any(contacts), "无联系方式", "no contact is given", INFO),
        ("period_start", meta.period_start is not None, "未写明统计期限", "the period is not stated", INFO),
        ("cited_document", bool(meta.cited_documents), "未引用格式文件", "no format document is cited", INFO),
    ]
    if meta.report_year is not None and meta.report_year < FIRST_FORMAT:
        asked.pop()  # there was no format document to cite
    raw = meta.document_number_raw
    if raw is not None and meta.document_number is None and "〔" in raw + "〔" * ("号" in raw and len(raw) < 4):
        asked.append(("document_number", not _EMPTY_NUMBER.fullmatch(raw.strip()), f"文号为空:{raw}",
                      f"the document number is an empty form: {raw}", INFO))  # fmt: skip
    for field, there, zh, en, severity in asked:
        yield passed() if there else failed(f"metadata.{field}", zh, en, None, None, severity)


@rule("MD12", INFO, "不应以其他层级的口吻叙述", "the text does not speak for a region of another level")
def copied(report: Report, today: date) -> Iterator[Result]:
    """Only words for the whole of a region count (全市 in a district's report), in the first, fifth and sixth section."""
    meta = report.metadata
    code, level = meta.region_code, meta.admin_level
    place = regions.by_code(code, meta.report_year) or regions.by_code(code) if code else None
    if place is None or level not in ("county", "prefecture") or meta.report_scope == "unknown":
        return
    own = {"市": "全市", "区": "全区", "县": "全县"}.get(place.name[-1])
    if own is None:
        return
    text = "".join(report.sections[number].text for number in (1, 5, 6))
    other = "全省" if level == "prefecture" else "全市" if own != "全市" else None
    if other is None:
        return
    pattern = rf"[^。;\n]{{0,14}}(?:对|覆盖|组织){other}[^。;\n]{{0,14}}"
    if other in text and (found := re.search(pattern, text)):
        yield failed("sections[1]", f"{place.name}的报告出现“{other}”:{found[0]}",
                     f"a report of {place.name} speaks of {other}: {found[0]}", own, other)  # fmt: skip
    else:
        yield passed()


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None
