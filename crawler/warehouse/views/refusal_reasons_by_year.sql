-- 不予公开、无法提供、不予处理的理由,按省和年度 / why requests were refused, by province and year
-- Example: SELECT report_year, reason, sum(requests) FROM refusal_reasons_by_year WHERE report_scope = 'region_aggregate'
--   GROUP BY ALL ORDER BY 1, 3 DESC;
WITH reasons AS (
  UNPIVOT (
    SELECT report_id, revision_no, t3_dn_sec_tot, t3_dn_law_tot, t3_dn_3s1s_tot, t3_dn_3rd_tot, t3_dn_int_tot,
      t3_dn_proc_tot, t3_dn_enf_tot, t3_dn_inq_tot, t3_un_held_tot, t3_un_make_tot, t3_un_uncl_tot, t3_rj_pet_tot,
      t3_rj_dup_tot, t3_rj_pub_tot, t3_rj_exc_tot, t3_rj_conf_tot
    FROM reports_wide
  ) ON COLUMNS(* EXCLUDE (report_id, revision_no)) INTO NAME short_name VALUE requests
)
SELECT r.province_code, any_value(r.province_name) AS province_name, r.report_year, r.report_scope,
  f.row_code AS reason, any_value(f.label_zh) AS reason_zh, any_value(f.label_en) AS reason_en,
  sum(n.requests) AS requests, count(*) AS reports
FROM reasons n JOIN fields f USING (short_name) JOIN reports r USING (report_id, revision_no)
GROUP BY r.province_code, r.report_year, r.report_scope, f.row_code
