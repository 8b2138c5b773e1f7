-- 公布后改动的数字 / cells that a portal changed after publication, with both values
-- Example: SELECT subject_name, report_year, cell, value_before, value_after, changed_on FROM changes_after_publication;
WITH changed AS (
  SELECT report_id, revision_no, revision_before, valid_from FROM reports_history WHERE change = 'republished'
),
after AS (
  SELECT c.valid_from, f.* FROM facts_long_history f JOIN changed c USING (report_id, revision_no)
),
before AS (
  SELECT c.revision_no AS after_no, c.valid_from, f.* FROM facts_long_history f
  JOIN changed c ON c.report_id = f.report_id AND c.revision_before = f.revision_no
)
SELECT r.report_id, coalesce(a.revision_no, b.after_no) AS revision_no, r.region_code_current AS region_code,
  r.subject_name, r.report_year,
  coalesce(a."table", b."table") || '.' || coalesce(a.row_code, b.row_code) || '.' || coalesce(a.col_code, b.col_code)
    AS cell,
  b.value AS value_before, b.state AS state_before, a.value AS value_after, a.state AS state_after,
  CAST(coalesce(a.valid_from, b.valid_from) AS DATE) AS changed_on, r.url
FROM after a FULL JOIN before b
  ON a.report_id = b.report_id AND a.revision_no = b.after_no
 AND a."table" = b."table" AND a.row_code = b.row_code AND a.col_code = b.col_code
JOIN reports r ON r.report_id = coalesce(a.report_id, b.report_id)
WHERE (a.value, a.state) IS DISTINCT FROM (b.value, b.state)
