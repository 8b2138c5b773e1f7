-- 各省按时、迟到与缺失的报告 / late and missing reports by province and year
-- Example: SELECT province_name, report_year, late, missing FROM late_or_missing_by_province WHERE report_year = 2024;
SELECT province_code, any_value(province_name) AS province_name, report_year,
  count(*) AS regions,
  count(*) FILTER (status IN ('found', 'unreadable')) AS published,
  count(*) FILTER (days_late > 0) AS late,
  max(days_late) AS most_days_late,
  count(*) FILTER (status IN ('found', 'unreadable') AND published_on IS NULL) AS date_unknown,
  count(*) FILTER (status = 'missing') AS missing,
  count(*) FILTER (status = 'unreadable') AS unreadable,
  count(*) FILTER (status = 'blocked') AS blocked,
  count(*) FILTER (status = 'not_visited') AS not_visited
FROM coverage GROUP BY province_code, report_year ORDER BY province_code, report_year
