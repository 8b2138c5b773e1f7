-- 不予公开、无法提供、不予处理的理由,按省和年度 / why requests were refused, by province and year
-- Example: SELECT report_year, reason, sum(requests) FROM refusal_reasons_by_year WHERE report_scope = 'region_aggregate'
--   GROUP BY ALL ORDER BY 1, 3 DESC;
WITH printed AS (
  SELECT r.province_code, r.province_name, r.report_year, r.report_scope, w.*
  FROM reports_wide w JOIN reports r USING (report_id, revision_no)
),
told AS (
  SELECT province_code, any_value(province_name) AS province_name, report_year, report_scope,
    {'requests': sum(COLUMNS('^(t3_(dn|un|rj)_.+_tot)$')), 'reports': count(COLUMNS('^(t3_(dn|un|rj)_.+_tot)$'))} AS "\1"
  FROM printed GROUP BY province_code, report_year, report_scope
),
reasons AS (
  UNPIVOT told ON COLUMNS(* EXCLUDE (province_code, province_name, report_year, report_scope))
  INTO NAME short_name VALUE number
)
SELECT n.province_code, n.province_name, n.report_year, n.report_scope,
  f.row_code AS reason, f.label_zh AS reason_zh, f.label_en AS reason_en,
  n.number.requests AS requests, n.number.reports AS reports
FROM reasons n JOIN fields f USING (short_name)
WHERE n.number.reports > 0
