-- 行政复议纠错率与行政诉讼败诉率 / rates of reviews corrected and suits lost, by report
-- Example: SELECT region_code, report_year, reviews_corrected, reviews_decided, review_corrected_rate FROM remedy_rates
--   WHERE NOT review_small ORDER BY review_corrected_rate DESC LIMIT 20;
WITH remedies AS (
  SELECT report_id, revision_no,
    any_value(numerator) FILTER (indicator = 'review_corrected_rate') AS reviews_corrected,
    any_value(denominator) FILTER (indicator = 'review_corrected_rate') AS reviews_decided,
    any_value(rate) FILTER (indicator = 'review_corrected_rate') AS review_corrected_rate,
    any_value(small) FILTER (indicator = 'review_corrected_rate') AS review_small,
    any_value(numerator) FILTER (indicator = 'litigation_lost_rate') AS suits_lost,
    any_value(denominator) FILTER (indicator = 'litigation_lost_rate') AS suits_decided,
    any_value(rate) FILTER (indicator = 'litigation_lost_rate') AS litigation_lost_rate,
    any_value(small) FILTER (indicator = 'litigation_lost_rate') AS litigation_small
  FROM indicators WHERE indicator IN ('review_corrected_rate', 'litigation_lost_rate') GROUP BY report_id, revision_no
)
SELECT r.report_id, r.region_code_current AS region_code, r.province_name, r.subject_name, r.report_scope,
  r.report_year, reviews_corrected, reviews_decided, review_corrected_rate, review_small,
  suits_lost, suits_decided, litigation_lost_rate, litigation_small
FROM remedies JOIN reports r USING (report_id, revision_no)
