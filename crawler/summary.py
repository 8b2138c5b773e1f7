"""The table at the end of a run: each portal with its outcome, the advice for those that need action, the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from crawler.items import PortalOutcome
from crawler.outcomes import ADVICE, GOOD, Outcome
from crawler.run import RunDirectory
from crawler.verdict import LABELS, OK, Verdict

WIDTH_WITHOUT_TERMINAL = 120


def years_in_short(years: Sequence[int]) -> str:
    """
    >>> years_in_short([2019, 2020, 2021, 2023]), years_in_short([])
    ('2019–2021, 2023', '–')
    """
    spans: list[list[int]] = []
    for year in years:
        if spans and year == spans[-1][1] + 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in spans) or "–"


def show(
    console: Console,
    outcomes: Sequence[PortalOutcome],
    findings: Mapping[str, int],
    run: RunDirectory,
    verdict: Verdict,
) -> None:
    """Prints the summary."""
    if not console.is_terminal:
        console.width = WIDTH_WITHOUT_TERMINAL
    table = Table(title=f"年报采集结果 / annual reports · {run.run_id}", title_justify="left")
    for heading in ("门户\nportal", "结果\noutcome", "系统\nfamily", "年份\nyears"):
        table.add_column(heading, overflow="fold")
    for heading in ("报告\nreports", "问题\nfindings", "页\npages"):
        table.add_column(heading, justify="right")
    for outcome in sorted(outcomes, key=lambda o: (o.outcome in GOOD, o.portal_id)):
        good = outcome.outcome in GOOD
        style = "green" if good else "yellow" if outcome.reports else "red"
        table.add_row(
            outcome.portal_id, f"[{style}]{outcome.outcome}[/]", outcome.family or "–",
            years_in_short(outcome.years_found), str(outcome.reports), str(findings.get(outcome.portal_id, 0)),
            str(outcome.pages),
        )  # fmt: skip
    console.print(table)
    for outcome in sorted((o for o in outcomes if o.outcome not in GOOD), key=lambda o: o.portal_id):
        zh, en = ADVICE[Outcome(outcome.outcome)]
        line = f"{outcome.portal_id} {outcome.outcome}: {outcome.detail}\n    → {zh} / {en}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    _show_files(console, run, verdict, sum(outcome.unchanged for outcome in outcomes))


def _show_files(console: Console, run: RunDirectory, verdict: Verdict, unchanged: int) -> None:
    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    zh, en = LABELS[verdict.code]
    say(f"结论 / verdict: {verdict.code} {zh} / {en}")
    if verdict.code != OK:
        for reason in verdict.reasons[:10]:
            say(f"    {reason}")
    if unchanged:
        say(f"{unchanged} 份报告与以前的运行相同,未重复写出 / {unchanged} reports are as earlier runs published them")
    say(f"结果文件 / files: {run.path}")
    for name in (
        "reports.jsonl",
        "outcomes.jsonl",
        "tables/*.csv",
        "tables/*.parquet",
        "archive/*.warc.gz",
        "manifest.json",
    ):
        if found := sorted(file.relative_to(run.path).as_posix() for file in run.path.glob(name)):
            say("    " + "  ".join(found))
    where = "→ 本次 / this run" if verdict.moves_latest else "未移动 / left where it was"
    say(f"latest: {run.latest} {where}")
