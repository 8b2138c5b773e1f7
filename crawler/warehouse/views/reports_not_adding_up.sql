-- 数字对不上的报告 / reports whose numbers do not add up, with the rules that they break
-- Example: SELECT region_name, report_year, breaks, url FROM reports_not_adding_up ORDER BY breaks DESC LIMIT 20;
SELECT r.report_id, r.revision_no, r.region_code_current AS region_code,
  coalesce(r.county_name, r.prefecture_name, r.province_name, r.subject_name) AS region_name, r.province_name,
  r.subject_name, r.report_year, count(*) AS breaks, string_agg(DISTINCT v.rule_id, ' ' ORDER BY v.rule_id) AS rules,
  r.url
FROM validation_results v JOIN reports r USING (report_id, revision_no)
WHERE v.status = 'fail' AND v.severity = 'error'
  AND v.rule_id IN ('T202', 'T301', 'T302', 'T303', 'T304', 'T401', 'T402', 'S1401', 'S1402', 'S1404')
GROUP BY ALL
