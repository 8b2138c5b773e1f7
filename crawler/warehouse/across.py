"""Rules across reports: run over the whole warehouse, their results in the table ``cross_results``.

``check`` works out all of it anew, in one transaction: what a report disagrees with may have been loaded years before
it, or may come years after. Blanks are no zeros here: what is null on one side is not compared.

A series is one subject over the years: a government, its office, or an agency by its name, under the region's code of
today. Where a year has two reports of one series, the one published last stands for it, and MD11 tells of the other.
"""

from __future__ import annotations

from collections.abc import Callable

from duckdb import DuckDBPyConnection

from crawler.subjects import GOVERNMENT
from crawler.warehouse.across_rules import CELLS, COMPARED, RULES, AcrossRule
from crawler.warehouse.derived import CROSS

_GOVERNMENT = ", ".join(f"'{kind}'" for kind in sorted(GOVERNMENT))
MOST_REGIONS = 8  # a sentence that stands in reports of more regions is a formula, not a copy

PREPARED = {
    "candidate": f"""
SELECT r.report_id, r.revision_no, r.report_year, r.report_scope, r.admin_level, r.publication_date, r.subject_name,
  r.region_code, r.fingerprint, coalesce(r.region_code_current, r.region_code, 'portal:' || r.portal_id) AS region,
  coalesce(r.region_code_current, r.region_code, 'portal:' || r.portal_id) || '|' ||
    CASE WHEN r.subject_type IN ({_GOVERNMENT}) THEN r.subject_type ELSE coalesce(r.subject_name, '') END AS series
FROM reports r WHERE r.report_year IS NOT NULL""",
    "subject": """
SELECT * FROM candidate
QUALIFY row_number() OVER (PARTITION BY series, report_year
  ORDER BY publication_date DESC NULLS LAST, report_id) = 1""",
    "numbered": f"""
SELECT s.report_id, s.revision_no, s.series, s.region, s.report_year, s.report_scope, s.admin_level,
  {{{", ".join(f"'{name}': w.{name}" for name in COMPARED)}}} AS w,
  hash([{", ".join(f"coalesce(w.{name}, 0)" for name in CELLS)}]) AS cells,
  {" + ".join(f"CAST(coalesce(w.{name}, 0) <> 0 AS INTEGER)" for name in CELLS)} AS filled
FROM subject s JOIN reports_wide w USING (report_id, revision_no)""",
    "pair": """
SELECT n.*, o.report_id AS other_report_id, o.w AS p, o.cells AS cells_before
FROM numbered n JOIN numbered o ON o.series = n.series AND o.report_year = n.report_year - 1""",
    "family": """
SELECT p.report_id AS parent_id, p.revision_no AS parent_revision, c.report_id AS child_id,
  coalesce(r.name, c.region) AS child_name, p.w AS w, c.w AS c,
  coalesce(regexp_matches(s.text, '全(省|区|市|州|盟|县|旗)'), FALSE) AS covers_all
FROM numbered c
JOIN regions r ON r.code = c.region AND r.valid_to IS NULL
JOIN numbered p ON p.region = r.parent_code AND p.report_year = c.report_year
LEFT JOIN sections s ON s.report_id = p.report_id AND s.number = 1
WHERE c.report_scope = 'region_aggregate' AND p.report_scope = 'region_aggregate'""",
    "older": """
SELECT f.report_id, f.row_code, any_value(f.value) FILTER (f.col_code = 'year') AS year,
  any_value(f.value) FILTER (f.col_code = 'cumulative') AS cumulative
FROM facts_long f WHERE f.table = 's14' GROUP BY ALL""",
    "sentence": """
SELECT DISTINCT ON (report_id, number, hash) report_id, number, hash(said) AS hash, length(said) AS length
FROM (SELECT s.report_id, s.number, unnest(list_transform(
        regexp_split_to_array(s.text, '[。;;!!??\n]+'), lambda x: regexp_replace(x, '[^\\p{Han}]', '', 'g'))) AS said
      FROM sections s JOIN subject USING (report_id) WHERE s.number IN (1, 5) AND s.text IS NOT NULL)
WHERE length(said) >= 12""",
    "shared": f"""
WITH placed AS (SELECT t.*, s.region, s.series, s.report_year FROM sentence t JOIN subject s USING (report_id)),
rare AS (SELECT hash FROM placed GROUP BY hash HAVING count(DISTINCT region) BETWEEN 2 AND {MOST_REGIONS}),
total AS (SELECT report_id, sum(length) AS length FROM sentence GROUP BY ALL),
both_have AS (
  SELECT a.report_id, b.report_id AS other_report_id, sum(a.length) AS common
  FROM (SELECT DISTINCT ON (report_id, hash) * FROM placed SEMI JOIN rare USING (hash)) a
  JOIN (SELECT DISTINCT ON (report_id, hash) * FROM placed SEMI JOIN rare USING (hash)) b
    ON a.hash = b.hash AND a.region <> b.region
   AND (b.report_year < a.report_year OR (b.report_year = a.report_year AND b.report_id <> a.report_id))
  GROUP BY ALL
)
SELECT s.report_id, s.revision_no, h.other_report_id, t.length, h.common / t.length AS share,
  coalesce(o.subject_name, o.region) AS other_name, o.report_year AS other_year
FROM both_have h JOIN total t USING (report_id) JOIN subject s USING (report_id)
JOIN subject o ON o.report_id = h.other_report_id
QUALIFY row_number() OVER (PARTITION BY s.report_id ORDER BY h.common DESC, h.other_report_id) = 1""",
}

# Passes are counted, findings are listed; a report that another one disagrees with often is told of once each.
_INSERT = f"""
INSERT INTO {CROSS.name}
SELECT report_id, revision_no, CAST(row_number() OVER (PARTITION BY report_id, revision_no
    ORDER BY rule_id, status, locator, other_report_id) AS BIGINT), rule_id,
  CASE WHEN status = 'fail' THEN severity END, status, CAST(times AS BIGINT),
  other_report_id, locator, expected, actual, message_zh, message_en
FROM (
  SELECT rule_id, severity, report_id, revision_no, other_report_id, locator, status, 1 AS times, expected, actual,
    message_zh, message_en FROM found WHERE status = 'fail'
  UNION ALL
  SELECT rule_id, NULL, report_id, revision_no, NULL, NULL, 'pass', count(*), NULL, NULL, NULL, NULL
  FROM found WHERE status = 'pass' GROUP BY ALL
)"""


def check(connection: DuckDBPyConnection, tell: Callable[[AcrossRule], None] = lambda rule: None) -> int:
    """Fills ``cross_results`` anew and returns the number of findings; ``tell`` hears of each rule before it runs."""
    connection.execute("BEGIN")
    try:
        for name, query in PREPARED.items():
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
        connection.execute("CREATE OR REPLACE TEMP TABLE found AS " + _empty())
        for rule in RULES:
            tell(rule)
            connection.execute(f"INSERT INTO found SELECT '{rule.id}', '{rule.severity}', * FROM ({rule.sql})")
        connection.execute(f"DELETE FROM {CROSS.name}")
        connection.execute(_INSERT)
        row = connection.execute(f"SELECT count(*) FROM {CROSS.name} WHERE status = 'fail'").fetchone()
        for name in ("found", *reversed(PREPARED)):
            connection.execute(f"DROP TABLE temp.{name}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return int(row[0]) if row else 0


def _empty() -> str:
    names = ("rule_id", "severity", "report_id", "revision_no", "other_report_id", "locator", "status", "expected",
             "actual", "message_zh", "message_en")  # fmt: skip
    kinds = {"revision_no": "BIGINT"}
    return "SELECT " + ", ".join(f"CAST(NULL AS {kinds.get(name, 'VARCHAR')}) AS {name}" for name in names) + " LIMIT 0"
