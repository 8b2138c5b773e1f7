-- 第五节“存在的主要问题及改进情况”全文 / the text of section five by region and year
-- Example: SELECT province_name, text FROM section_five_by_region WHERE report_year = 2024 AND text LIKE '%队伍%';
SELECT r.report_id, r.region_code_current AS region_code, r.province_name, r.prefecture_name, r.county_name,
  r.subject_name, r.report_year, s.heading, s.char_count, s.text, r.url
FROM sections s JOIN reports r USING (report_id, revision_no)
WHERE s.number = 5 AND s.present
