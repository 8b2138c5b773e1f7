"""The prose against the tables, and against itself. Only what is clearly the same quantity is compared.

A figure that is approximate (余, 近, 以上) or suspect is never compared; a cell that is blank, a placeholder or missing is
not zero: the comparison can't be made then, and says so. Both sides stand in the finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from parsers.forms.fields import in_words
from parsers.narrative import Fact, Whole
from parsers.narrative.facts import OUTLIER
from parsers.report import Report
from parsers.rules import INFO, WARNING, Result, cannot_tell, failed, passed, rule
from parsers.tables import PRESENT

Cells = dict[str, int | float | None]
_TABLES = {"table2": ("表二", "table two"), "table3": ("表三", "table three"), "table4": ("表四", "table four")}
_REVIEW, _DIRECT, _AFTER = (
    "table4.review_total",
    "table4.litigation_direct_total",
    "table4.litigation_after_review_total",
)
_CORRECTED = tuple(f"table4.{block}_corrected" for block in ("review", "litigation_direct", "litigation_after_review"))
_FEE_UNPAID = "table3.other_fee_unpaid_overdue.total"
_NEW, _CARRIED, _RESULTS = (
    f"table3.{row}.total" for row in ("new_requests", "carried_over_from_prev_year", "results_total")
)
_DOCUMENTS = [
    f"{kind}_{what}" for kind in ("regulations", "normative_docs") for what in ("issued", "repealed", "in_force")
]
_DENIED: dict[str, tuple[str, ...]] = {
    "requests_received": (_NEW,),
    "review_cases": (_REVIEW,),
    "litigation_cases": (_DIRECT, _AFTER),
    "litigation_direct_cases": (_DIRECT,),
    "litigation_after_review_cases": (_AFTER,),
    "review_or_litigation_corrections": _CORRECTED,
}


def _cells(report: Report, *paths: str) -> Cells:
    return {path: report.cell_value(*path.split(".")) for path in paths}


def _stated(report: Report, *keys: str, denied: bool = False) -> list[Fact]:
    """The exact figures of the keys, each value once."""
    facts = [fact for fact in report.reading.facts if fact.key in keys and fact.exact and fact.denied == denied]
    return list({(fact.key, fact.value): fact for fact in reversed(facts)}.values())[::-1]


def _unread(report: Report, table: str) -> Result | None:
    if report.tables[table].status == PRESENT:
        return None
    zh, en = _TABLES[table]
    return cannot_tell(f"tables.{table}", f"{zh}未能读出", f"{en} could not be read")


def _differs(fact: Fact, cells: Cells, expected: int | float | None) -> Result:
    """A figure of the prose against the sum of cells."""
    if expected is None:
        return cannot_tell(f"narrative.{fact.key}", "表中相应单元格无数值", "the cells of the table hold no number")
    if fact.value == expected:
        return passed()
    zh, en = (" + ".join(in_words(place)[at] for place in cells) for at in (0, 1))
    return failed(
        f"narrative.{fact.key}",
        f"文中{fact.row.name_zh} {fact.value}(“{fact.raw}”),表中为 {expected}({zh})",
        f"the text says {fact.value} ({fact.raw!r}), the table {expected} ({en})",
        expected,
        fact.value,
    )


def _sum(cells: Cells) -> int | float | None:
    values = [value for value in cells.values() if value is not None]
    return sum(values) if len(values) == len(cells) else None


def _against(report: Report, table: str, pairs: Iterable[tuple[Fact, tuple[str, ...]]]) -> Iterator[Result]:
    for fact, paths in pairs:
        if (unread := _unread(report, table)) is not None:
            yield unread
            return
        cells = _cells(report, *paths)
        yield _differs(fact, cells, _sum(cells))


@rule("NR01", WARNING, "文中收到申请数与表三一致", "the requests that the text states are those of table three")
def requests(report: Report, today: date) -> Iterator[Result]:
    """收到, 受理 and 办理 mean the new ones, those with the ones carried over, or the results: any of the three will do."""
    for fact in _stated(report, "requests_received"):
        if (unread := _unread(report, "table3")) is not None:
            yield unread
            return
        cells = _cells(report, _NEW, _CARRIED, _RESULTS)
        new, carried, results = cells.values()
        both = None if new is None or carried is None else new + carried
        readings = {_NEW: new, f"{_NEW} + {_CARRIED}": both, _RESULTS: results}
        if fact.value in readings.values():
            yield passed()
        elif None in readings.values():
            yield cannot_tell(
                "narrative.requests_received", "表三相应单元格无数值", "the cells of table three hold no number"
            )
        else:
            yield failed(
                "narrative.requests_received",
                f"文中“{fact.raw}”,表三本年新收 {new}、上年结转 {carried}、办理结果总计 {results}",
                f"the text says {fact.value} ({fact.raw!r}); table three: new {new}, carried over {carried}, results {results}",
                readings,
                fact.value,
            )


def _only_corrections(report: Report, *keys: str) -> Iterator[Result]:
    """未发生…结果纠正 tells of outcomes; how many cases there were it does not say."""
    said = {fact.key for fact in report.reading.facts}
    if "review_or_litigation_corrections" in said and not said & set(keys):
        yield cannot_tell(
            "narrative", "文中只说明纠正情况,未写明件数", "the text tells of corrections, not of the number of cases"
        )


@rule("NR02", WARNING, "文中行政复议件数与表四一致", "the reviews that the text states are those of table four")
def reviews(report: Report, today: date) -> Iterator[Result]:
    yield from _against(report, "table4", ((fact, (_REVIEW,)) for fact in _stated(report, "review_cases")))
    yield from _only_corrections(report, "review_cases")


@rule("NR03", WARNING, "文中行政诉讼件数与表四一致", "the suits that the text states are those of table four")
def suits(report: Report, today: date) -> Iterator[Result]:
    keys = ("litigation_cases", "litigation_direct_cases", "litigation_after_review_cases")
    yield from _against(report, "table4", ((fact, _DENIED[fact.key]) for fact in _stated(report, *keys)))
    yield from _only_corrections(report, *keys)


@rule(
    "NR04",
    WARNING,
    "文中规章、规范性文件数与表二一致",
    "the regulations and documents of the text are those of table two",
)
def documents(report: Report, today: date) -> Iterator[Result]:
    """The columns of 2021; what 2019 asked (制作, 公开) is another quantity."""
    facts = _stated(report, *_DOCUMENTS)
    if report.tables["table2"].version != "2019":
        yield from _against(report, "table2", ((fact, (f"table2.{fact.key}",)) for fact in facts))


@rule("NR05", WARNING, "同句所列各部分之和等于总数", "the parts stated in a sentence add up to the stated whole")
def parts(report: Report, today: date) -> Iterator[Result]:
    """其中 need not name every part: less than the whole tells nothing, more is wrong if the parts exclude each other."""
    for whole in report.reading.wholes:
        total = _exact(sum(value for _, value in whole.parts))
        if whole.approximate or len(whole.parts) < 2:
            continue
        if total == whole.value:
            yield passed()
        elif total > whole.value and _exclusive(whole):
            listing = " + ".join(f"{row.name_zh} {value}" for row, value in whole.parts if row)
            yield failed(f"narrative.{whole.key}", f"{listing} = {total},多于总数 {whole.value}",
                         f"the parts add up to {total}, more than the whole, {whole.value}", whole.value, total)  # fmt: skip
        else:
            yield cannot_tell(f"sections[{whole.section}]", "所列各部分未必齐全或互斥",
                              "the parts may be incomplete or overlap")  # fmt: skip


def _exclusive(whole: Whole) -> bool:
    """Whether all parts are of one kind of the whole, as keys.csv says."""
    kinds = {row.part_of if row else "" for row, _ in whole.parts}
    return len(kinds) == 1 and kinds.pop().split("/")[0] == whole.key


@rule("NR06", WARNING, "文中百分比等于所列两数之比", "a stated percentage is the ratio of the counts stated with it")
def ratios(report: Report, today: date) -> Iterator[Result]:
    for rate in report.reading.facts:
        above, colon, below = rate.row.part_of.partition(":")
        if not (colon and rate.exact):
            continue
        counts = {
            fact.key: fact.value for fact in report.reading.facts if fact.sentence == rate.sentence and fact.exact
        }
        part, whole = counts.get(above), counts.get(below)
        if part is not None and whole:
            yield _percentage(rate, Decimal(str(part)) / Decimal(str(whole)) * 100, f"{part}/{whole}")


def _percentage(rate: Fact, expected: Decimal, reason: str) -> Result:
    """Equal within half a unit of the last printed digit."""
    printed = Decimal(str(rate.value))
    half = Decimal(1).scaleb(min(int(printed.as_tuple().exponent), 0)) / 2
    if abs(printed - expected) <= half:
        return passed()
    shown = round(float(expected), 2)
    return failed(f"narrative.{rate.key}", f"文中“{rate.raw}”,按 {reason} 应为 {shown}%",
                  f"the text says {rate.value} %, {reason} gives {shown} %", shown, rate.value)  # fmt: skip


@rule("NR07", WARNING, "同比百分比与上年数一致", "a change against last year agrees with last year's figure")
def changes(report: Report, today: date) -> Iterator[Result]:
    for change in report.reading.changes:
        locator = f"narrative.{change.rate.key}"
        if not change.before:
            yield cannot_tell(locator, "需上一年度的数据", "last year's figure is needed")
        elif change.rate.exact:
            expected = (Decimal(str(change.now)) / Decimal(str(change.before)) - 1) * 100
            yield _percentage(change.rate, expected, f"{change.now}/{change.before} - 1")


@rule("NR08", WARNING, "文中称“未收到”“未发生”的,表中应为 0", "what the text says did not happen is 0 in the tables")
def denials(report: Report, today: date) -> Iterator[Result]:
    for fact in _stated(report, *_DENIED, denied=True):
        paths = _DENIED[fact.key]
        table = paths[0].split(".")[0]
        if (unread := _unread(report, table)) is not None:
            yield unread
            continue
        cells = _cells(report, *paths)
        filled = {path: value for path, value in cells.items() if value}
        if not filled and None in cells.values():
            yield cannot_tell(f"narrative.{fact.key}", "表中相应单元格无数值", "the cells of the table hold no number")
        elif not filled:
            yield passed()
        for path, value in filled.items():
            yield failed(path, f"文中称“{fact.raw}”,表中为 {value}",
                         f"the text says that there was none ({fact.raw!r}), the table says {value}", 0, value)  # fmt: skip


@rule("NR09", WARNING, "数值在合理范围内", "figures are of a size that their kind can have")
def outliers(report: Report, today: date) -> Iterator[Result]:
    for fact in report.reading.facts:
        if fact.value is None:
            yield failed(
                f"narrative.{fact.key}",
                f"“{fact.raw}”超过同类数值中位数的 {OUTLIER} 倍,疑缺字或缺单位,未取值",
                f"{fact.raw!r} is more than {OUTLIER} times the usual figure: a character or a unit may be lost; not taken",
                fact.row.typical,
                fact.printed,
            )
        elif fact.row.typical is not None:
            yield passed()


@rule(
    "NR10", WARNING, "未收取信息处理费的,表三不应有逾期未缴费的申请", "no fees, so no requests closed for unpaid fees"
)
def fees(report: Report, today: date) -> Iterator[Result]:
    key = "information_processing_fee_yuan"
    stated = _stated(report, key, denied=True) or _stated(report, key)
    for fact in (fact for fact in stated if fact.value == 0):
        if (unread := _unread(report, "table3")) is not None:
            yield unread
        elif report.tables["table3"].version != "2019":
            value = _cells(report, _FEE_UNPAID)[_FEE_UNPAID]
            if value is None:
                yield cannot_tell(_FEE_UNPAID, "单元格无数值", "the cell holds no number")
            elif value == 0:
                yield passed()
            else:
                yield failed(_FEE_UNPAID, f"文中称“{fact.raw}”,表三有 {value} 件逾期未缴费",
                             f"the text says {fact.raw!r}, table three has {value} closed for unpaid fees", 0, value)  # fmt: skip


@rule("NR11", INFO, "同一数量前后一致", "a quantity stated twice has one value")
def repeats(report: Report, today: date) -> Iterator[Result]:
    """Requests by verb, since 收到 and 受理 may differ; reviews, suits, fees; and keys that name the same thing."""
    groups: dict[tuple[str, str | None], dict[int | float, Fact]] = {}
    for fact in report.reading.facts:
        same = fact.row.part_of.removeprefix("=") if fact.row.part_of.startswith("=") else None
        twins = same or ("once" in fact.row.flags and "zero" in fact.row.flags) or fact.key in _twins(report)
        if twins and fact.value is not None and not fact.approximate:
            verb = fact.verb if fact.key == "requests_received" and not fact.denied else None
            groups.setdefault((same or fact.key, verb), {}).setdefault(fact.value, fact)
    for (key, _), values in groups.items():
        first, *others = values.values()
        if not others:
            yield passed()
        for other in others:
            yield failed(f"narrative.{key}", f"“{first.raw}”与“{other.raw}”不一致",
                         f"{first.raw!r} and {other.raw!r} disagree", first.value, other.value)  # fmt: skip


def _twins(report: Report) -> set[str]:
    return {fact.row.part_of[1:] for fact in report.reading.facts if fact.row.part_of.startswith("=")}


@rule("NR12", INFO, "文字无缺损", "no characters are visibly lost")
def losses(report: Report, today: date) -> Iterator[Result]:
    damages = report.reading.damages
    for damage in damages:
        yield failed(damage.place, f"{damage.zh}:…{damage.raw}…", f"{damage.en}: …{damage.raw}…", None, damage.raw)
    bare = [fact for fact in report.reading.facts if fact.unit is None and fact.value]
    for fact in bare:
        yield failed(f"sections[{fact.section}]", f"数字后缺单位:{fact.raw}", f"a number without its unit: {fact.raw}",
                     fact.row.units[0], fact.raw)  # fmt: skip
    if not damages and not bare:
        yield passed()


def _exact(value: int | float) -> int | float:
    return round(value, 8) if isinstance(value, float) else value
