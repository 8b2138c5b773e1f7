"""The view ``coverage``: for every region that has a portal or a report, and every year, what became of its report.

A region's own report is the one of its government; where only its office's is found, that one counts, and ``scope``
tells. ``status`` is

| status | means |
|---|---|
| ``found`` | a report was read, at least one of its tables among it |
| ``unreadable`` | a report was found, none of its tables could be read |
| ``missing`` | its portal was read, and no report of the year is there |
| ``blocked`` | its portal could not be read the last time (``outcome`` says why) |
| ``not_visited`` | no loaded run has visited its portal to look for that year |

A region of today is there from the first year of the units that went over into it.

The deadline is that of 条例 art. 49: 31 March for governments, 31 January for offices; for reports of years before
2019, 31 March for all (2008 条例 art. 31).
"""

from __future__ import annotations

from crawler.outcomes import Outcome

FIRST_YEAR = 2008  # the first year that the 条例 of 2008 asks a report of
READ = (Outcome.OK, Outcome.PARTIAL, Outcome.EMPTY_DECLARED, Outcome.EMPTY_UNEXPECTED)
TABLES_DUE = 3

_READ = ", ".join(f"'{outcome.value}'" for outcome in READ)

VIEW = f"""
WITH own AS (
  SELECT r.*, coalesce(r.region_code_current, r.region_code) AS region,
    CASE WHEN r.report_scope = 'government_office' AND r.report_year >= 2019
      THEN make_date(r.report_year + 1, 1, 31) ELSE make_date(r.report_year + 1, 3, 31) END AS deadline,
    CAST(coalesce(r.t2_status = 'present', FALSE) AS BIGINT) + CAST(coalesce(r.t3_status = 'present', FALSE) AS BIGINT)
      + CAST(coalesce(r.t4_status = 'present', FALSE) AS BIGINT)
      + CAST(coalesce(r.s14_status = 'present', FALSE) AS BIGINT) AS tables_read
  FROM reports r
  WHERE r.report_year >= {FIRST_YEAR} AND r.report_scope IN ('region_aggregate', 'government_office')
  QUALIFY row_number() OVER (PARTITION BY region, r.report_year
    ORDER BY r.report_scope = 'region_aggregate' DESC, r.publication_date DESC NULLS LAST, r.report_id) = 1
),
visit AS (
  SELECT o.region_code, o.outcome, o.portal_id, o.finished, r.years
  FROM outcomes_history o JOIN runs r USING (run_id) WHERE o.region_code IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY o.region_code, r.years ORDER BY o.finished DESC, o.portal_id) = 1
),
years AS (SELECT unnest(range(min(report_year), max(report_year) + 1)) AS report_year FROM own),
visited AS (
  SELECT v.*, y.report_year FROM visit v JOIN years y
    ON v.years IS NULL OR list_contains(CAST(CAST(v.years AS JSON) AS BIGINT[]), y.report_year)
  QUALIFY row_number() OVER (PARTITION BY v.region_code, y.report_year ORDER BY v.finished DESC, v.portal_id) = 1
),
known AS (
  SELECT region_code AS region FROM portals WHERE region_code IS NOT NULL
  UNION SELECT region_code FROM visit
  UNION SELECT region FROM own WHERE region IS NOT NULL
),
place AS (SELECT DISTINCT ON (code) * FROM regions ORDER BY code, valid_to DESC NULLS FIRST),
since AS (  -- a unit is as old as what went over into it; null for one that has always been there
  SELECT code, CASE WHEN bool_or(valid_from IS NULL) THEN NULL ELSE min(valid_from) END AS year
  FROM (SELECT code, valid_from FROM regions
        UNION ALL SELECT successor_code, valid_from FROM regions WHERE successor_code IS NOT NULL)
  GROUP BY code
)
SELECT k.region AS region_code, p.name AS region_name, p.level AS admin_level,
  left(k.region, 2) || '0000' AS province_code, province.name AS province_name, y.report_year,
  CASE WHEN own.report_id IS NOT NULL THEN CASE WHEN own.tables_read > 0 THEN 'found' ELSE 'unreadable' END
    WHEN v.outcome IS NULL THEN 'not_visited' WHEN v.outcome IN ({_READ}) THEN 'missing' ELSE 'blocked' END AS status,
  own.report_id, own.report_scope AS scope, own.publication_date AS published_on, own.deadline,
  CASE WHEN own.publication_date IS NOT NULL THEN
    greatest(date_diff('day', own.deadline, own.publication_date), 0) END AS days_late,
  own.tables_read, CASE WHEN own.report_id IS NOT NULL THEN
    CASE WHEN y.report_year >= 2019 THEN CAST({TABLES_DUE} AS BIGINT) ELSE 1 END END AS tables_due,
  own.checks_passed, own.errors AS checks_failed, v.portal_id, v.outcome
FROM known k CROSS JOIN years y
LEFT JOIN own ON own.region = k.region AND own.report_year = y.report_year
LEFT JOIN visited v ON v.region_code = k.region AND v.report_year = y.report_year
LEFT JOIN since s ON s.code = k.region
LEFT JOIN place p ON p.code = k.region
LEFT JOIN place province ON province.code = left(k.region, 2) || '0000'
WHERE s.year IS NULL OR s.year <= y.report_year OR own.report_id IS NOT NULL
"""
