"""Every table and column of the warehouse, declared once: DDL, loading, codebook, labels, package are made of it.

``TABLES`` holds the tables by name, in the order in which they refer to each other. What a name stands for:

| kind | the name alone | with ``_history`` | key |
|---|---|---|---|
| ``version`` | rows of the current version of each report | of all versions | ``report_id``, ``revision_no``, ... |
| ``visit`` | the newest row of each portal | of all runs | ``run_id``, ``portal_id`` |
| ``reference`` | all rows | - | its own |
| ``derived`` | worked out of the others (``crawler.warehouse.derived``) | - | its own |

Rows of kinds ``version`` and ``visit`` are only ever added: ``<name>_history`` is what is stored, and the name alone
is a view of it. A version's ``change``, ``valid_to`` and ``is_latest`` follow from the versions beside it, so they are
columns of the views ``reports`` and ``reports_history`` (``derived``); stored is only which versions are former ones.

Text of no characters is stored as null; where it matters whether a cell was empty or missing, ``state`` tells.
"""

from __future__ import annotations

from collections.abc import Iterable

from crawler.warehouse.declared import Column, Kind, Table, Type
from parsers.cells import (
    ANNOTATED,
    EMPTY,
    MISSING_CELL,
    MISSING_TABLE,
    NOT_IN_TEMPLATE,
    PLACEHOLDER,
    UNPARSEABLE,
    VALUE,
)
from parsers.forms.fields import CUMULATIVE, YEAR, FormField, fields

DATASET = "nianbao"  # the database schema that holds the tables
STATES = (VALUE, ANNOTATED, EMPTY, PLACEHOLDER, UNPARSEABLE, MISSING_CELL, MISSING_TABLE, NOT_IN_TEMPLATE)
STATUSES = ("present", "missing", "unreadable")
NO_NUMBER = "no number, or none that is certain, or decimals where the form counts: see facts_long"
_TEXT_NULL = "not found in the documents"


def _c(name: str, type: Type, zh: str, en: str, **more: object) -> Column:
    return Column(name, type, zh, en, **more)  # type: ignore[arg-type]


VERSION = (
    _c("report_id", "code", "报告标识", "report: hash of region, subject and year"),
    _c("revision_no", "int", "版本号", "version of the report, in order of loading"),
)
_OF_REPORT = (("report_id", "revision_no"), "reports", ("report_id", "revision_no"))

METADATA = (  # not author and editor: they are people as often as offices, and reports.jsonl has them
    _c("title", "text", "标题", "title", nulls=_TEXT_NULL),
    _c("subject_name", "text", "报告主体", "whose report it is", nulls=_TEXT_NULL),
    _c("subject_type", "code", "主体类型", "kind of subject", nulls="not recognised"),
    _c("report_scope", "code", "统计范围", "what the report covers: a region, an office, one agency"),
    _c("report_year", "int", "报告年度", "year reported on", nulls=_TEXT_NULL),
    _c("region_code", "code", "行政区划代码(当年)", "GB/T 2260 code valid in the report year", nulls=_TEXT_NULL),
    _c("region_code_current", "code", "行政区划代码(现行)", "GB/T 2260 code of today", nulls=_TEXT_NULL),
    _c("province_name", "text", "省", "province"),
    _c("prefecture_name", "text", "市(州)", "prefecture", nulls="the region has none"),
    _c("county_name", "text", "县(区)", "county", nulls="the region is none"),
    _c("admin_level", "code", "行政层级", "administrative level"),
    _c("publishing_agency", "text", "发布机构", "publishing agency", nulls=_TEXT_NULL),
    _c("publication_date", "date", "公布日期", "date of publication", nulls=_TEXT_NULL),
    _c("index_number", "text", "索引号", "index number", nulls=_TEXT_NULL),
    _c("unified_social_credit_code", "text", "统一社会信用代码", "unified social credit code", nulls=_TEXT_NULL),
    _c("document_number", "text", "文号", "document number", nulls=_TEXT_NULL),
    _c("source", "text", "来源", "source as the page names it", nulls=_TEXT_NULL),
    _c("contact_organisation", "text", "联系单位", "contact: organisation", nulls=_TEXT_NULL),
    _c("contact_address", "text", "联系地址", "contact: address", nulls=_TEXT_NULL),
    _c("contact_postcode", "text", "邮编", "contact: postcode", nulls=_TEXT_NULL),
    _c("contact_phone", "text", "电话", "contact: phone", nulls=_TEXT_NULL),
    _c("contact_fax", "text", "传真", "contact: fax", nulls=_TEXT_NULL),
    _c("contact_email", "text", "电子邮箱", "contact: e-mail", nulls=_TEXT_NULL),
    _c("period_start", "date", "统计期起", "first day of the period", nulls=_TEXT_NULL),
    _c("period_end", "date", "统计期止", "last day of the period", nulls=_TEXT_NULL),
    _c("cited_document", "text", "引用的格式文件", "format document that the report cites", nulls=_TEXT_NULL),
)
SOURCE = (
    _c("url", "text", "网址", "address of the page"),
    _c("final_url", "text", "最终网址", "address after redirects"),
    _c("list_url", "text", "列表页网址", "list page that named it"),
    _c("link_title", "text", "列表标题", "its title on the list page"),
    _c("list_date", "date", "列表日期", "its date on the list page"),
    _c("fetched_at", "timestamp", "采集时间", "when it was fetched"),
    _c("content_type", "text", "内容类型", "content type as sent"),
    _c("content_sha256", "code", "原文哈希", "SHA-256 of the page's bytes"),
    _c("parser_version", "code", "解析器版本", "version of the parser that read it", nulls="not known"),
    _c("archive_file", "text", "存档文件", "archive file, relative to the run's directory"),
    _c("record_id", "text", "存档记录", "WARC record in it"),
    _c("addresses", "json", "全部网址", "every address where this version was found"),
    _c("documents", "json", "文件", "the files that it was read from: numbers of the documents in each (as in origin), "
       "name, file of the archive, record, its first byte, SHA-256", nulls="not archived"),
)  # fmt: skip
_TABLE_STATES = tuple(
    column
    for code, zh in (("t2", "表二"), ("t3", "表三"), ("t4", "表四"), ("s14", "2014年统计表"))
    for column in (
        _c(f"{code}_status", "code", f"{zh}状态", f"table {code}: present, missing or unreadable", values=STATUSES,
           nulls="no such table is due in that year"),
        _c(f"{code}_version", "code", f"{zh}格式", f"table {code}: form", nulls="the table is not present"),
    )
)  # fmt: skip
FIRST, REREAD, REPUBLISHED, FORMER = CHANGES = ("first", "reread", "republished", "former")

REPORTS = Table(
    "reports", "version", "报告", "one row per report: what the document says of itself, where it was found",
    (
        *VERSION,
        _c("change", "code", "版本成因", "why there is this version: first; reread (the same bytes or content, read "
           "otherwise by a newer parser); republished (text or numbers are others); former (stood beside a later one "
           "in the same run, never current)", values=CHANGES),
        _c("revision_before", "int", "前一版本号", "version that it followed", derived=True,
           nulls="none was seen before it, or it is a former one"),
        _c("is_latest", "bool", "现行版本", "whether it is the version seen last", derived=True),
        _c("valid_from", "timestamp", "首见时间", "when this version was first seen"),
        _c("valid_to", "timestamp", "失效时间", "when a later version was first seen", derived=True,
           nulls="it is the current version"),
        _c("fingerprint", "code", "内容指纹", "hash of the numbers and the words of the sections"),
        _c("reading_sha256", "code", "解析结果哈希", "hash of all that was read, findings included"),
        _c("run_id", "code", "采集批次", "run that brought this version"),
        _c("portal_id", "code", "门户标识", "portal"),
        _c("schema_version", "code", "模式版本", "version of the report's schema"),
        *METADATA,
        _c("province_code", "code", "省代码", "GB/T 2260 code of the province", nulls="the region is not known"),
        _c("prefecture_code", "code", "市代码", "GB/T 2260 code of the prefecture", nulls="the region is a province"),
        _c("county_code", "code", "县代码", "GB/T 2260 code of the county", nulls="the region is no county"),
        _c("template_version", "code", "格式版本", "form: 2021, 2019, stat2014, legacy, hybrid, unknown"),
        *_TABLE_STATES,
        _c("sections_present", "int", "节数", "sections found", unit="个"),
        _c("characters", "int", "正文字数", "characters of the sections", unit="字"),
        _c("errors", "int", "错误数", "failed checks of severity error", unit="个"),
        _c("warnings", "int", "警告数", "failed checks of severity warning", unit="个"),
        _c("notices", "int", "提示数", "failed checks of severity info", unit="个"),
        _c("not_assessable", "int", "无法核对数", "checks that could not be made", unit="个"),
        _c("checks_passed", "int", "通过核对数", "checks passed, blanks counted as nothing where need be", unit="个"),
        *SOURCE,
    ),
    ("report_id", "revision_no"),
    (
        (("portal_id",), "portals", ("portal_id",)),
        (("run_id",), "runs", ("run_id",)),
        *(((f"{level}_code",), "regions", ("code",)) for level in ("province", "prefecture", "county")),
    ),
)  # fmt: skip

SECTIONS = Table(
    "sections", "version", "各节", "one row per section one to six of a report",
    (
        *VERSION,
        _c("number", "int", "节序号", "section, 1 to 6"),
        _c("present", "bool", "是否存在", "whether it was found"),
        _c("heading", "text", "标题原文", "heading as printed", nulls="no heading"),
        _c("location", "code", "位置", "where it stands: top_level, embedded_in_section_1", nulls="not found"),
        _c("text", "text", "正文", "its text", nulls="not found, or without text"),
        _c("char_count", "int", "字数", "characters without white space", unit="字", nulls="not found"),
    ),
    ("report_id", "revision_no", "number"),
    (_OF_REPORT,),
)  # fmt: skip

FACTS = Table(
    "facts_long", "version", "表格数据(长表)", "one row per cell of a table, printed or due",
    (
        *VERSION,
        _c("table", "code", "表", "table", values=("t2", "t3", "t4", "s14")),
        _c("row_code", "text", "行代码", "row of the form (table fields); for s14 the printed label if no form has it"),
        _c("col_code", "code", "列代码", f"column of the form; for s14 {YEAR} or {CUMULATIVE}"),
        _c("value", "number", "数值", "number as printed", nulls="see state"),
        _c("unit", "text", "单位", "unit as printed, else of the form", nulls="not known"),
        _c("state", "code", "状态", "what stands in the cell", values=STATES),
        _c("raw", "text", "原文", "cell as printed", nulls="nothing is printed"),
        _c("note", "text", "注", "note beside the number", nulls="none"),
        _c("origin", "json", "出处", "where it stands in the documents", nulls="nowhere"),
    ),
    ("report_id", "revision_no", "table", "row_code", "col_code"),
    (_OF_REPORT,),
)  # fmt: skip


def _wide(field: FormField) -> Column:
    """A cell as a column. Money and amounts of no fixed unit may have decimals, counts have none."""
    money = field.unit in ("万元", "元", None)
    return Column(
        field.short, "number" if money else "int", field.label, field.english, unit=field.unit,
        years=years(field),
        formula=f"facts_long: {field.table}, {field.row}, {field.column}", nulls=NO_NUMBER,
    )  # fmt: skip


def years(field: FormField) -> str:
    """The report years of the forms that have a cell."""
    return " ".join(FORM_YEARS[version] for version in field.versions)


FORM_YEARS = {"2021": "2021-", "2019": "2019-2020", "stat2014": "2014-2018"}
WIDE_FIELDS = fields()

WIDE = Table(
    "reports_wide", "version", "表格数据(宽表)", "one row per report, one column per cell",
    (
        *VERSION,
        *_TABLE_STATES[::2],
        *map(_wide, WIDE_FIELDS),
    ),
    ("report_id", "revision_no"),
    (_OF_REPORT,),
)  # fmt: skip

EXTRA = Table(
    "extra_rows", "version", "格式外的行", "one row per printed row that no form has",
    (
        *VERSION,
        _c("number", "int", "序号", "counts them within a report"),
        _c("table", "code", "表", "table", values=("t2", "t3", "t4")),
        _c("label", "text", "行名", "label as printed"),
        _c("row_group", "code", "所属组", "group of the form that it stands in", nulls="none"),
        _c("cells", "json", "各格", "its cells by column: value, state, raw"),
    ),
    ("report_id", "revision_no", "number"),
    (_OF_REPORT,),
)  # fmt: skip

NARRATIVE = Table(
    "narrative_facts", "version", "正文数字", "one row per figure that the prose states",
    (
        *VERSION,
        _c("number", "int", "序号", "counts them within a report"),
        _c("key", "code", "指标", "what is counted"),
        _c("value", "number", "数值", "the figure", nulls="too doubtful to be read (lost unit, glued digits)"),
        _c("unit", "text", "单位", "unit as printed", nulls="none printed"),
        _c("approximate", "bool", "约数", "whether it is stated as approximate"),
        _c("qualifier", "text", "约数词", "word that says so", nulls="none"),
        _c("verb", "text", "动词", "verb it stands with", nulls="none"),
        _c("raw", "text", "原文", "stretch of text that it was read from"),
        _c("sentence", "text", "句子", "its sentence"),
        _c("section", "int", "节", "section, 1 to 6", nulls="before the first"),
    ),
    ("report_id", "revision_no", "number"),
    (_OF_REPORT,),
)  # fmt: skip

RESULTS = ("pass", "pass_assuming_blank_zero", "fail", "not_assessable")

VALIDATION = Table(
    "validation_results", "version", "核对结果",
    "one row per finding; and one per rule and kind of pass, with how often",
    (
        *VERSION,
        _c("number", "int", "序号", "counts them within a report"),
        _c("rule_id", "code", "规则", "rule"),
        _c("severity", "code", "严重程度", "severity", values=("error", "warning", "info"), nulls="passed"),
        _c("status", "code", "结果", "result", values=RESULTS),
        _c("times", "int", "次数", "checks of this result: 1 for a finding", unit="次"),
        _c("locator", "text", "位置", "where in the report", nulls="passed"),
        _c("expected", "text", "应为", "what was expected", nulls="nothing in particular"),
        _c("actual", "text", "实为", "what is there", nulls="nothing in particular"),
        _c("message_zh", "text", "说明(中文)", "message in Chinese", nulls="passed"),
        _c("message_en", "text", "说明(英文)", "message in English", nulls="passed"),
    ),
    ("report_id", "revision_no", "number"),
    (_OF_REPORT,),
)  # fmt: skip

REGIONS = Table(
    "regions", "reference", "行政区划", "one row per code and name, with the years of its validity",
    (
        _c("code", "code", "代码", "GB/T 2260 code"),
        _c("name", "text", "名称", "name"),
        _c("level", "code", "层级", "level", values=("province", "prefecture", "county")),
        _c("parent_code", "code", "上级代码", "code of the unit above", nulls="a province"),
        _c("valid_from", "int", "启用年", "first year", nulls="since before 1980, or not known"),
        _c("valid_to", "int", "停用年", "last year", nulls="still valid"),
        _c("successor_code", "code", "继任代码", "code of the unit that took over", nulls="none"),
    ),
    ("code", "name"),
)  # fmt: skip

FIELDS = Table(
    "fields", "reference", "格式字段", "one row per cell of the official forms: the dictionary of facts_long",
    (
        _c("table", "code", "表", "table"),
        _c("row_code", "code", "行代码", "row"),
        _c("col_code", "code", "列代码", "column"),
        _c("short_name", "code", "短名", "name in reports_wide"),
        _c("path", "code", "路径", "name in reports.jsonl"),
        _c("label_zh", "text", "中文标签", "label of the form"),
        _c("label_en", "text", "英文标签", "label in English"),
        _c("unit", "text", "单位", "unit of the form", nulls="only the print tells"),
        _c("forms", "text", "格式", "forms that have it"),
        _c("years", "text", "年度", "report years of these forms"),
        _c("position", "int", "次序", "order of the forms"),
    ),
    ("table", "row_code", "col_code"),
)  # fmt: skip

RUNS = Table(
    "runs", "reference", "采集批次", "one row per run that was loaded",
    (
        _c("run_id", "code", "批次", "run"),
        _c("kind", "code", "类型", "a crawl of portals, or archives parsed again", values=("crawl", "reparse")),
        _c("started", "timestamp", "开始", "start"),
        _c("finished", "timestamp", "结束", "end"),
        _c("years", "json", "查找的年度", "report years that it looked for", nulls="all that there are"),
        _c("verdict", "int", "结论", "verdict: 0 ok, 1 some portals need action"),
        _c("code_version", "code", "程序版本", "version of the code", nulls="not known"),
        _c("schema_version", "code", "模式版本", "version of the schema"),
        _c("portals", "int", "门户数", "portals in scope", unit="个"),
        _c("reports", "int", "报告数", "reports in the run", unit="份"),
        _c("versions", "int", "新版本数", "versions that it brought", unit="个"),
        _c("reports_sha256", "code", "报告文件哈希", "SHA-256 of its reports.jsonl"),
        _c("outcomes_sha256", "code", "结果文件哈希", "SHA-256 of its outcomes.jsonl"),
    ),
    ("run_id",),
)  # fmt: skip

PORTALS = Table(
    "portals", "reference", "门户", "one row per portal of the registry or of a loaded run",
    (
        _c("portal_id", "code", "门户标识", "portal"),
        _c("region_code", "code", "行政区划代码", "GB/T 2260 code", nulls="not given"),
        _c("name", "text", "名称", "name", nulls="given by its address only"),
        _c("url", "text", "网址", "home page"),
        _c("columns", "text", "栏目", "addresses of annual-report columns", nulls="none registered"),
        _c("hosts", "text", "其他主机", "other hosts", nulls="none"),
        _c("families", "text", "系统", "CMS families and their months", nulls="none registered"),
        _c("site_id_code", "code", "网站标识码", "site id code", nulls="not registered"),
    ),
    ("portal_id",),
)  # fmt: skip

OUTCOMES = Table(
    "outcomes", "visit", "采集结果", "one row per visit of a portal: how it ended",
    (
        _c("run_id", "code", "批次", "run"),
        _c("portal_id", "code", "门户标识", "portal"),
        _c("region_code", "code", "行政区划代码", "GB/T 2260 code", nulls="not given"),
        _c("url", "text", "网址", "home page"),
        _c("outcome", "code", "结果", "outcome"),
        _c("detail", "text", "说明", "detail", nulls="none"),
        _c("family", "code", "系统", "CMS family", nulls="not recognised"),
        _c("years_found", "json", "找到的年度", "report years found"),
        _c("years_missing", "json", "缺少的年度", "report years missing"),
        _c("reports", "int", "报告数", "reports", unit="份"),
        _c("pages", "int", "页数", "pages fetched", unit="页"),
        _c("bytes", "int", "字节数", "bytes fetched", unit="B"),
        _c("seconds", "number", "用时", "duration", unit="s"),
        _c("finished", "timestamp", "完成时间", "when the run ended"),
    ),
    ("run_id", "portal_id"),
    ((("run_id",), "runs", ("run_id",)), (("portal_id",), "portals", ("portal_id",))),
)  # fmt: skip

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        REGIONS, FIELDS, RUNS, PORTALS, OUTCOMES, REPORTS, SECTIONS, FACTS, WIDE, EXTRA, NARRATIVE, VALIDATION,
    )
}  # fmt: skip


def of_kind(*kinds: Kind) -> Iterable[Table]:
    return [table for table in TABLES.values() if table.kind in kinds]
