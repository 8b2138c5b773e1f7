"""The view ``indicators``: every rate with its numerator and its denominator, as printed and from the sums of the rows.

A report's row totals can be wrong in print, which turns a rate over. So each rate is worked out twice: from the printed
totals, and from the sums of the six kinds of applicant. Nothing is taken for zero: a rate is null where one of its
numbers is null, and where its denominator is 0. Rates with a denominator under ``SMALL`` are flagged (PL03).
Source of the formulas: the form's own relations (国办公开办函〔2021〕30号) and the usual measures of the field.

>>> RATES[0].name, RATES[0].numerator, RATES[0].denominator
('granted_rate', '{full}', '{total}')
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SMALL = 30  # a rate of fewer cases says little
APPLICANTS = ("nat", "biz", "res", "npo", "law", "oth")


@dataclass(frozen=True, slots=True)
class Rate:
    """``{row}`` stands for a row of table three; other names are columns of ``reports_wide``."""

    name: str
    zh: str
    en: str
    numerator: str
    denominator: str

    @property
    def has_row_sums(self) -> bool:
        return "{" in self.numerator + self.denominator


_DENIED = {
    "dn_sec": ("国家秘密", "state secret"),
    "dn_law": ("其他法律禁止", "forbidden by another law"),
    "dn_3s1s": ("三安全一稳定", "security and stability"),
    "dn_3rd": ("第三方权益", "rights of a third party"),
    "dn_int": ("内部事务", "internal affairs"),
    "dn_proc": ("过程性信息", "information on a process"),
    "dn_enf": ("执法案卷", "enforcement file"),
    "dn_inq": ("行政查询", "enquiry of record"),
}
DENIED = " + ".join(f"{{{row}}}" for row in _DENIED)
UNABLE = "{un_held} + {un_make} + {un_uncl}"
REJECTED = "{rj_pet} + {rj_dup} + {rj_pub} + {rj_exc} + {rj_conf}"
OTHER = "coalesce({ot_all}, {ot_corr} + {ot_fee} + {ot_misc})"
SUITS = "t4_ld_tot + t4_la_tot"

RATES = (
    Rate("granted_rate", "予以公开率", "granted", "{full}", "{total}"),
    Rate("partial_rate", "部分公开率", "granted in part", "{part}", "{total}"),
    Rate("substantive_rate", "实质公开率", "granted in full or in part", "{full} + {part}", "{total}"),
    Rate("denied_rate", "不予公开率", "denied", DENIED, "{total}"),
    Rate("unable_rate", "无法提供率", "could not be provided", UNABLE, "{total}"),
    Rate("rejected_rate", "不予处理率", "not dealt with", REJECTED, "{total}"),
    Rate("other_rate", "其他处理率", "dealt with otherwise", OTHER, "{total}"),
    *(
        Rate(f"share_{row}", f"不予公开理由占比:{zh}", f"share of denials: {en}", f"{{{row}}}", DENIED)
        for row, (zh, en) in _DENIED.items()
    ),
    Rate("natural_person_share", "自然人申请占比", "requests by natural persons", "t3_new_nat", "{new}"),
    Rate("completion_rate", "办结率", "requests answered in the year", "{total}", "{new} + {carin}"),
    Rate("carried_forward_rate", "结转率", "requests carried forward", "{carout}", "{new} + {carin}"),
    Rate("review_rate", "复议率", "reviews per answer", "t4_rv_tot", "{total}"),
    Rate("review_corrected_rate", "复议纠错率(已审结)", "reviews corrected, of those decided", "t4_rv_cor",
         "t4_rv_tot - t4_rv_pnd"),
    Rate("review_corrected_rate_all", "复议纠错率(全部)", "reviews corrected, of all", "t4_rv_cor", "t4_rv_tot"),
    Rate("litigation_lost_rate", "诉讼败诉率(已审结)", "suits lost, of those decided", "t4_ld_cor + t4_la_cor",
         f"{SUITS} - t4_ld_pnd - t4_la_pnd"),
    Rate("dispute_rate", "争议率", "reviews and suits per answer", f"t4_rv_tot + {SUITS}", "{total}"),
)  # fmt: skip

_ROW = re.compile(r"\{(\w+)\}")


def printed(formula: str) -> str:
    """A formula over the printed totals.

    >>> printed("{full} + {part}")
    't3_full_tot + t3_part_tot'
    """
    return _ROW.sub(r"t3_\1_tot", formula)


def summed(formula: str) -> str:
    """A formula over the sums of the rows.

    >>> summed("{new}")
    '(t3_new_nat + t3_new_biz + t3_new_res + t3_new_npo + t3_new_law + t3_new_oth)'
    """
    return _ROW.sub(lambda row: "(" + " + ".join(f"t3_{row[1]}_{kind}" for kind in APPLICANTS) + ")", formula)


def view_sql() -> str:
    """``SELECT`` of the view; one row per report and rate whose numbers, in one of both ways, are all there."""
    structs = ",\n    ".join(_struct(rate) for rate in RATES)
    return f"""
WITH pairs AS (
  SELECT report_id, revision_no, unnest([
    {structs}
  ], recursive := true) FROM reports_wide
)
SELECT p.report_id, p.revision_no, r.region_code, r.region_code_current, r.report_year, r.report_scope,
  p.indicator, p.numerator, p.denominator,
  CASE WHEN p.denominator > 0 THEN p.numerator / p.denominator END AS rate,
  p.numerator_of_sums, p.denominator_of_sums,
  CASE WHEN p.denominator_of_sums > 0 THEN p.numerator_of_sums / p.denominator_of_sums END AS rate_of_sums,
  (p.numerator, p.denominator) IS DISTINCT FROM (p.numerator_of_sums, p.denominator_of_sums)
    AND p.numerator_of_sums IS NOT NULL AND p.denominator_of_sums IS NOT NULL
    AND p.numerator IS NOT NULL AND p.denominator IS NOT NULL AS differs,
  coalesce(p.denominator, p.denominator_of_sums) < {SMALL} AS small
FROM pairs p JOIN reports r USING (report_id, revision_no)
WHERE (p.numerator IS NOT NULL AND p.denominator IS NOT NULL)
   OR (p.numerator_of_sums IS NOT NULL AND p.denominator_of_sums IS NOT NULL)
"""


def _struct(rate: Rate) -> str:
    null = "CAST(NULL AS BIGINT)"
    sums = (summed(rate.numerator), summed(rate.denominator)) if rate.has_row_sums else (null, null)
    return (
        f"{{'indicator': '{rate.name}', 'numerator': {printed(rate.numerator)}, "
        f"'denominator': {printed(rate.denominator)}, "
        f"'numerator_of_sums': {sums[0]}, 'denominator_of_sums': {sums[1]}}}"
    )
