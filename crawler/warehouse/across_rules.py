"""The rules across reports, as data: an id, what it asks, and the query that answers it.

A query reads the temporary tables that ``crawler.warehouse.across`` prepares and gives, for each thing that it could
check, ``report_id, revision_no, other_report_id, locator, status, expected, actual, message_zh, message_en``:
``status`` is ``pass`` or ``fail``; what can't be compared, since a number is null on one side, gives no row.

| prepared | holds |
|---|---|
| ``subject`` | one row per series and year: the report that stands for it, the current version |
| ``pair`` | a report and the same subject's report of the year before (``w`` and ``p`` for their numbers) |
| ``sentence`` | the sentences of sections one and five, without digits and punctuation, hashed |
| ``family`` | an aggregate report and the aggregate reports of the units right below it |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crawler.warehouse import indicators
from crawler.warehouse.schema import WIDE_FIELDS

ERROR, WARNING, INFO = "error", "warning", "info"


@dataclass(frozen=True, slots=True)
class AcrossRule:
    """``sql`` is a ``SELECT`` of the columns named above."""

    id: str
    severity: str
    zh: str
    en: str
    sql: str


_LABELS = {field.short: (field.label, field.english) for field in WIDE_FIELDS}
APPLICANTS = (*indicators.APPLICANTS, "tot")
TOTALS = ("t3_new_tot", "t3_total_tot", "t4_rv_tot", "t4_ld_tot", "t4_la_tot")
DECISIONS = ("t2_lic_dec", "t2_pen_dec", "t2_coe_dec")
COMPARED = (  # the columns that rules read as w.<name>, p.<name> and c.<name>
    *TOTALS, *DECISIONS, "t2_fee_amt",
    *(f"t3_{row}_{kind}" for row in ("carin", "carout") for kind in APPLICANTS),
    *(f"t2_{row}_{column}" for row in ("reg", "nd") for column in ("iss", "rep", "inf")),
    *(f"t2_{row}_{column}" for row in ("lic", "osv", "pen", "coe", "fee") for column in ("prev", "chg")),
)  # fmt: skip
CELLS = tuple(
    field.short for field in WIDE_FIELDS if field.table != "s14"
)  # of which a pair tells whether all are alike
MOST_APART, LEAST_BASE = 5, 30  # YY04
YUAN_AS_WAN = (5_000, 20_000)  # T204: 元 entered as 万元, a factor of 10,000
FEWEST_CELLS = 5  # YY05: reports with fewer numbers than that are alike by nature
SIMILAR, FEWEST_CHARACTERS = 0.9, 150  # YY05
COPIED, FEWEST_COPIED = 0.6, 200  # MD12
OUTLIER, FEWEST_REPORTS = 100, 30  # NR09


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _says(zh: str, en: str, *values: str) -> str:
    """Both messages, with ``{}`` filled from SQL expressions."""
    filled = "".join(f", {value}" for value in values)
    return f"format({_text(zh)}{filled}) AS message_zh, format({_text(en)}{filled}) AS message_en"


def _number(expression: str) -> str:
    return f"CAST({expression} AS VARCHAR)"


def _pairwise(locator: str, expected: str, actual: str, holds: str, says: str, where: str = "TRUE") -> str:
    """A comparison within a pair; without both numbers there is no row."""
    return f"""
SELECT report_id, revision_no, other_report_id, {_text(locator)} AS locator,
  CASE WHEN {holds} THEN 'pass' ELSE 'fail' END AS status,
  {_number(expected)} AS expected, {_number(actual)} AS actual, {says}
FROM pair WHERE ({expected}) IS NOT NULL AND ({actual}) IS NOT NULL AND ({where})"""


def _union(parts: Iterable[str]) -> str:
    return "\nUNION ALL".join(parts)


def _carried_over() -> Iterator[str]:
    for kind in APPLICANTS:
        mine, before = f"w.t3_carin_{kind}", f"p.t3_carout_{kind}"
        says = _says(
            "上年结转 {} 件,上年报告的结转下年度为 {} 件",
            "{} carried over from last year, but last year's report carries {} forward",
            mine, before,
        )  # fmt: skip
        yield _pairwise(f"table3.carried_over_from_prev_year.{kind}", before, mine, f"{mine} = {before}", says)


def _in_force() -> Iterator[str]:
    for row in ("reg", "nd"):
        stock = f"(p.t2_{row}_inf + w.t2_{row}_iss - w.t2_{row}_rep)"
        says = _says(
            "现行有效 {} 件,上年现行有效加本年制发减本年废止为 {} 件",
            "{} in force, but last year's plus issued minus repealed is {}",
            f"w.t2_{row}_inf", stock,
        )  # fmt: skip
        yield _pairwise(f"table2.{row}_inf", stock, f"w.t2_{row}_inf", f"w.t2_{row}_inf = {stock}", says)


def _items() -> Iterator[str]:
    for row in ("lic", "osv", "pen", "coe", "fee"):
        stock, mine = f"(p.t2_{row}_prev + p.t2_{row}_chg)", f"w.t2_{row}_prev"
        says = _says(
            "上一年项目数量 {} 项,上年报告的项目数量加增减为 {} 项",
            "{} items of last year, but last year's report gives {}",
            mine, stock,
        )  # fmt: skip
        yield _pairwise(f"table2.{row}_prev", stock, mine, f"{mine} = {stock}", says)


def _jumps() -> Iterator[str]:
    for name in (*TOTALS, *DECISIONS):
        zh, en = _LABELS[name]
        mine, before = f"w.{name}", f"p.{name}"
        holds = f"{mine} BETWEEN {before} / {MOST_APART} AND {before} * {MOST_APART}"
        says = _says(f"{zh}:上年 {{}},本年 {{}}", f"{en}: {{}} last year, {{}} this year", before, mine)
        yield _pairwise(name, before, mine, holds, says, where=f"{before} >= {LEAST_BASE}")


def _fees() -> str:
    mine, before = "w.t2_fee_amt", "p.t2_fee_amt"
    low, high = YUAN_AS_WAN
    factor = f"greatest({mine} / {before}, {before} / {mine})"
    says = _says(
        "收费金额上年 {} 万元、本年 {} 万元,相差约一万倍,疑有一年以元填报",
        "fees of {} last year and {} this year (in 万元): one of them may be in 元",
        before, mine,
    )  # fmt: skip
    holds = f"{factor} NOT BETWEEN {low} AND {high}"
    return _pairwise("table2.fee_amt", before, mine, holds, says, where=f"{mine} > 0 AND {before} > 0")


def _identical() -> str:
    says = _says(
        "{} 个非零数字与上年报告完全相同",
        "all {} numbers that are not 0 are the same as in last year's report",
        "filled",
    )  # fmt: skip
    return f"""
SELECT report_id, revision_no, other_report_id, 'tables' AS locator,
  CASE WHEN cells = cells_before THEN 'fail' ELSE 'pass' END AS status, NULL AS expected,
  {_number("filled")} AS actual, {says}
FROM pair WHERE filled >= {FEWEST_CELLS}"""


_SIMILAR_TEXT = f"""
SELECT report_id, revision_no, other_report_id, format('sections.{{}}', number) AS locator,
  CASE WHEN share > {SIMILAR} THEN 'fail' ELSE 'pass' END AS status, '<= {SIMILAR}' AS expected,
  CAST(round(share, 3) AS VARCHAR) AS actual,
  format('第{{}}节 {{:.0f}}% 的文字(数字除外)与上年报告相同', number, 100 * share) AS message_zh,
  format('{{1:.0f}}% of the text of section {{0}}, but for its digits, stands in last year''s report', number, 100 * share)
    AS message_en
FROM (
  SELECT pair.report_id, pair.revision_no, pair.other_report_id, s.number, sum(s.length) AS length,
    coalesce(sum(s.length) FILTER (old.hash IS NOT NULL), 0) / sum(s.length) AS share
  FROM pair JOIN sentence s ON s.report_id = pair.report_id
  LEFT JOIN sentence old ON old.report_id = pair.other_report_id AND old.number = s.number AND old.hash = s.hash
  GROUP BY pair.report_id, pair.revision_no, pair.other_report_id, s.number
)
WHERE length >= {FEWEST_CHARACTERS}"""

_GAPS = """
SELECT report_id, revision_no, before_id AS other_report_id, 'report_year' AS locator,
  CASE WHEN report_year = before + 1 THEN 'pass' ELSE 'fail' END AS status,
  CAST(before + 1 AS VARCHAR) AS expected, CAST(report_year AS VARCHAR) AS actual,
  format('上一份报告是 {} 年度的,其间缺年', before) AS message_zh,
  format('the report before this one is of {}: years are missing', before) AS message_en
FROM (SELECT *, lag(report_year) OVER w AS before, lag(report_id) OVER w AS before_id FROM subject
      WINDOW w AS (PARTITION BY series ORDER BY report_year))
WHERE before IS NOT NULL
UNION ALL
SELECT pair.report_id, pair.revision_no, pair.other_report_id, 'region_code',
  CASE WHEN r.region_code = o.region_code THEN 'pass' ELSE 'fail' END, o.region_code, r.region_code,
  format('行政区划代码由 {} 变为 {}', o.region_code, r.region_code),
  format('the region''s code was {}, it is {}', o.region_code, r.region_code)
FROM pair JOIN subject r USING (report_id) JOIN subject o ON o.report_id = pair.other_report_id
WHERE r.region_code IS NOT NULL AND o.region_code IS NOT NULL"""

_CUMULATIVE = """
SELECT pair.report_id, pair.revision_no, pair.other_report_id, format('statistics2014.{}', now.row_code) AS locator,
  CASE WHEN now.cumulative = old.cumulative + now.year THEN 'pass' ELSE 'fail' END AS status,
  CAST(old.cumulative + now.year AS VARCHAR) AS expected, CAST(now.cumulative AS VARCHAR) AS actual,
  format('历年累计 {},上年累计加本年为 {}', now.cumulative, old.cumulative + now.year) AS message_zh,
  format('{} in all, but last year''s plus this year''s is {}', now.cumulative, old.cumulative + now.year) AS message_en
FROM pair JOIN older now ON now.report_id = pair.report_id
JOIN older old ON old.report_id = pair.other_report_id AND old.row_code = now.row_code
WHERE now.cumulative IS NOT NULL AND now.year IS NOT NULL AND old.cumulative IS NOT NULL"""

_CHANGES = """
SELECT pair.report_id, pair.revision_no, pair.other_report_id, 'narrative.requests_yoy_pct' AS locator,
  CASE WHEN abs(n.value - told) <= 0.5 * power(10, -decimals) + 1e-9 THEN 'pass' ELSE 'fail' END AS status,
  CAST(round(told, CAST(decimals AS INTEGER)) AS VARCHAR) AS expected, CAST(n.value AS VARCHAR) AS actual,
  format('文中称申请量同比 {}%,按两年报告为 {:.2f}%', n.value, told) AS message_zh,
  format('the text has requests change by {}%, both reports give {:.2f}%', n.value, told) AS message_en
FROM (SELECT *, 100.0 * (w.t3_new_tot - p.t3_new_tot) / p.t3_new_tot AS told FROM pair WHERE p.t3_new_tot > 0) pair
JOIN (SELECT report_id, value, CASE WHEN value % 1 = 0 THEN 0
        ELSE length(CAST(value AS VARCHAR)) - position('.' IN CAST(value AS VARCHAR)) END AS decimals
      FROM narrative_facts WHERE key = 'requests_yoy_pct' AND value IS NOT NULL AND NOT approximate) n
  ON n.report_id = pair.report_id
WHERE told IS NOT NULL"""


def _parents() -> Iterator[str]:
    for name in (*TOTALS, *DECISIONS, "t2_fee_amt"):
        zh, en = _LABELS[name]
        yield f"""
SELECT parent_id AS report_id, parent_revision AS revision_no, child_id AS other_report_id, {_text(name)} AS locator,
  CASE WHEN w.{name} >= c.{name} - 0.01 THEN 'pass' ELSE 'fail' END AS status,
  format('>= {{}}', c.{name}) AS expected, {_number(f"w.{name}")} AS actual,
  {_says(f"{zh}:本级汇总为 {{}},少于下级{{}}的 {{}}", f"{en}: {{}} in the aggregate, fewer than {{}} has ({{}})",
         f"w.{name}", "child_name", f"c.{name}")}
FROM family WHERE w.{name} IS NOT NULL AND c.{name} IS NOT NULL
UNION ALL
SELECT parent_id, any_value(parent_revision), NULL, {_text("sum." + name)},
  CASE WHEN any_value(w.{name}) >= sum(c.{name}) - 0.01 * count(*) THEN 'pass' ELSE 'fail' END,
  format('>= {{}}', sum(c.{name})), {_number(f"any_value(w.{name})")},
  {_says(f"{zh}:报告称汇总全域,为 {{}},少于 {{}} 个下级之和 {{}}",
         f"{en}: {{}} in a report that claims to cover the region, fewer than its {{}} units have together ({{}})",
         f"any_value(w.{name})", "count(*)", f"sum(c.{name})")}
FROM family WHERE covers_all AND w.{name} IS NOT NULL AND c.{name} IS NOT NULL GROUP BY parent_id
HAVING count(*) > 1"""  # fmt: skip


def _offices() -> Iterator[str]:
    for name in (*TOTALS, *DECISIONS):
        zh, en = _LABELS[name]
        yield f"""
SELECT o.report_id, o.revision_no, a.report_id AS other_report_id, {_text(name)} AS locator,
  CASE WHEN o.w.{name} <= a.w.{name} THEN 'pass' ELSE 'fail' END AS status,
  format('<= {{}}', a.w.{name}) AS expected, {_number(f"o.w.{name}")} AS actual,
  {
            _says(
                f"{zh}:办公室报告为 {{}},多于本级政府汇总报告的 {{}}",
                f"{en}: {{}} in the office's report, more than {{}} in its government's",
                f"o.w.{name}",
                f"a.w.{name}",
            )
        }
FROM numbered o JOIN numbered a ON a.region = o.region AND a.report_year = o.report_year
WHERE o.report_scope = 'government_office' AND a.report_scope = 'region_aggregate'
  AND o.w.{name} IS NOT NULL AND a.w.{name} IS NOT NULL"""


_NO_REQUESTS = """
SELECT report_id, revision_no, other_report_id, 'table3.new_requests.total' AS locator,
  CASE WHEN w.t3_new_tot = 0 AND p.t3_new_tot = 0 THEN 'fail' ELSE 'pass' END AS status,
  '> 0' AS expected, CAST(w.t3_new_tot AS VARCHAR) AS actual,
  '本级政府汇总报告连续两年没有收到申请' AS message_zh,
  'no request in two years in a row, in the report of a whole region' AS message_en
FROM pair WHERE report_scope = 'region_aggregate' AND admin_level = 'county'
  AND w.t3_new_tot IS NOT NULL AND p.t3_new_tot IS NOT NULL"""

_PUBLISHED_TWICE = """
SELECT v.report_id, v.revision_no, v.report_id AS other_report_id, 'revision' AS locator, 'fail' AS status,
  CAST(v.revision_no - 1 AS VARCHAR) AS expected, CAST(v.revision_no AS VARCHAR) AS actual,
  format('公布后内容有改动,现为第 {} 版', v.revision_no) AS message_zh,
  format('changed after publication: this is version {}', v.revision_no) AS message_en
FROM reports v WHERE v.change = 'republished'
UNION ALL
SELECT r.report_id, r.revision_no, s.report_id, 'report_id', 'fail', s.report_id, r.report_id,
  '同一主体同一年度另有内容不同的报告', 'the same subject has another report of this year with other content'
FROM candidate r JOIN subject s USING (series, report_year)
WHERE r.report_id <> s.report_id AND r.fingerprint <> s.fingerprint"""

_COPIED = f"""
SELECT report_id, revision_no, other_report_id, 'sections' AS locator,
  CASE WHEN share > {COPIED} THEN 'fail' ELSE 'pass' END AS status,
  '<= {COPIED}' AS expected, CAST(round(share, 3) AS VARCHAR) AS actual,
  format('第一、五节 {{:.0f}}% 的文字(数字除外)与{{}} {{}} 年度报告相同', 100 * share, other_name, other_year) AS message_zh,
  format('{{:.0f}}% of sections one and five, but for the digits, stand in the report of {{}} for {{}}',
    100 * share, other_name, other_year) AS message_en
FROM shared WHERE length >= {FEWEST_COPIED}"""

_OUTLIERS = f"""
SELECT report_id, revision_no, NULL AS other_report_id, format('narrative.{{}}', key) AS locator,
  CASE WHEN value > {OUTLIER} * median THEN 'fail' ELSE 'pass' END AS status,
  format('<= {{}} × {{}}', {OUTLIER}, median) AS expected, CAST(value AS VARCHAR) AS actual,
  format('“{{}}”为同级同类数值中位数 {{}} 的 {OUTLIER} 倍以上', raw, median) AS message_zh,
  format('“{{}}” is over {OUTLIER} times the median {{}} of its kind and level', raw, median) AS message_en
FROM (SELECT n.*, median(n.value) OVER kind AS median, count(*) OVER kind AS known
      FROM narrative_facts n JOIN subject r USING (report_id) WHERE n.value > 0
      WINDOW kind AS (PARTITION BY n.key, n.unit, r.admin_level))
WHERE known >= {FEWEST_REPORTS}"""

RULES = (
    AcrossRule("YY01", WARNING, "上年结转等于上年报告的结转下年度", "what is carried over is what last year carried forward",
               _union(_carried_over())),
    AcrossRule("YY02", WARNING, "现行有效等于上年现行有效加制发减废止", "in force: last year's plus issued minus repealed",
               _union(_in_force())),
    AcrossRule("YY03", WARNING, "上一年项目数量等于上年报告的项目数加增减", "items of last year agree with last year's report",
               _union(_items())),
    AcrossRule("YY04", INFO, f"与上年相差不超过 {MOST_APART} 倍", f"no more than {MOST_APART} times last year's figure",
               _union(_jumps())),
    AcrossRule("YY05", WARNING, "数字和文字与上年报告不雷同", "numbers and text are not last year's", f"{_identical()}\nUNION ALL{_SIMILAR_TEXT}"),
    AcrossRule("YY06", INFO, "年度连续、代码不变", "years follow each other, the code stays", _GAPS),
    AcrossRule("T204", WARNING, "收费金额两年单位一致", "fees are in the same unit in both years", _fees()),
    AcrossRule("S1405", WARNING, "历年累计等于上年累计加本年", "cumulative: last year's plus this year's", _CUMULATIVE),
    AcrossRule("NR07", WARNING, "文中同比与两年报告一致", "the change that the text states agrees with both reports", _CHANGES),
    AcrossRule("NR09", WARNING, "文中数值不超过同类中位数的百倍", "figures of the text are of the size of their kind", _OUTLIERS),
    AcrossRule("HR01", INFO, "汇总报告不少于下级", "an aggregate is no less than the units below it", _union(_parents())),
    AcrossRule("HR02", INFO, "办公室报告不多于本级汇总", "an office has no more than its government's aggregate",
               _union(_offices())),
    AcrossRule("PL02", INFO, "县级汇总报告不应连续两年没有申请", "a county gets a request in two years", _NO_REQUESTS),
    AcrossRule("MD11", WARNING, "同一主体同一年度只有一种内容", "one content for a subject and year", _PUBLISHED_TWICE),
    AcrossRule("MD12", INFO, "文字不与其他地区报告雷同", "the text is not another region's", _COPIED),
)  # fmt: skip
