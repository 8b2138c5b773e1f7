"""Whether the numbers of one report can go together, beyond what the forms ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from parsers.report import Report
from parsers.rules import INFO, Result, cannot_tell, failed, passed, rule
from parsers.tables import PRESENT

_DISPUTES = ("review_total", "litigation_direct_total", "litigation_after_review_total")


@rule("PL01", INFO, "复议与诉讼件数不多于办理的申请数", "there are no more reviews and suits than requests handled")
def disputes(report: Report, today: date) -> Iterator[Result]:
    """They may follow on requests of the year before: a hint to look, no error. Without both tables ST04 says enough."""
    if not any(report.tables[name].status == PRESENT for name in ("table3", "table4")):
        return
    cases = [report.cell_value("table4", field) for field in _DISPUTES]
    handled = report.cell_value("table3", "results_total", "total")
    known = [case for case in cases if case is not None]
    if handled is None or len(known) < len(cases):
        yield cannot_tell("table4", "表三或表四的总计未能读出", "a total of table three or four could not be read")
    elif sum(known) <= handled:
        yield passed()
    else:
        review, direct, after = known
        yield failed("table4", f"复议 {review} 件、诉讼 {direct + after} 件,共 {sum(known)} 件,多于办理的申请 {handled} 件",
                     f"{review} reviews and {direct + after} suits are {sum(known)}, more than the {handled} requests handled",
                     handled, sum(known))  # fmt: skip
