"""The files that a report was read from: do they agree, and could each be read.

ST12 (warning): two files of one report print different numbers in the same cell. The number of the better source
stands; ``expected`` is that one, ``actual`` the other, and the message tells where both are printed.
ST13 (warning): a file could not be read, or is another report; ``actual`` is the error code.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from parsers.report import Report
from parsers.rules import WARNING, Result, failed, passed, rule

LISTED_CELLS = 12
_WORDS = {  # key of an origin -> how it is said
    "document": ("文件{}", "document {}"),
    "sheet": ("工作表“{}”", "sheet {}"),
    "cell": ("单元格{}", "cell {}"),
    "page": ("第{}页", "page {}"),
    "table": ("表格{}", "table {}"),
    "row": ("行{}", "row {}"),
    "column": ("列{}", "column {}"),
    "start": ("字符{}", "character {}"),
}


@rule("ST12", WARNING, "各文件中同一单元格的数值应一致", "the files of a report print the same number in the same cell")
def agreement(report: Report, today: date) -> Iterator[Result]:
    for name, table in report.tables.items():
        for found in table.disagreements[:LISTED_CELLS]:
            kept, other = found.kept, found.other
            values = [cell.raw if cell.value is None else cell.value for cell in (kept, other)]
            here, there = where(kept.origin), where(other.origin)
            zh = f"两处数值不一致:{here[0]}为 {values[0]},{there[0]}为 {values[1]};取前者"
            en = f"two numbers are printed: {values[0]} in {here[1]}, {values[1]} in {there[1]}; the first is kept"
            yield failed(f"{name}.{'.'.join(found.path)}", zh, en, values[0], values[1])
        more = len(table.disagreements) - LISTED_CELLS
        if more > 0:
            yield failed(f"tables.{name}", f"另有 {more} 个单元格不一致", f"{more} more cells disagree", None, more)
        if table.sources > 1 and not table.disagreements:
            yield passed()


@rule("ST13", WARNING, "每个文件都应可读,且属于同一份报告", "every file can be read and belongs to the report")
def readable(report: Report, today: date) -> Iterator[Result]:
    for document in report.documents:
        if error := document["error"]:
            name = document["member"] or document["url"] or ""
            at = f"documents[{document['number']}]"
            yield failed(at, f"文件 {name} 未采用({error['code']}):{error['message_zh']}",
                         f"file {name} was not used ({error['code']}): {error['message_en']}", None, error["code"])  # fmt: skip
        else:
            yield passed()


def where(origin: dict[str, Any] | None) -> tuple[str, str]:
    """A place in the source in words, in Chinese and English.

    >>> where({"document": 1, "sheet": "表二", "cell": "B7"})
    ('文件1工作表“表二”单元格B7', 'document 1, sheet 表二, cell B7')
    """
    known = origin or {}
    said = [(zh, en, known[key]) for key, (zh, en) in _WORDS.items() if key in known]
    if "cell" in known:  # the address says it all
        said = [entry for entry in said if not entry[1].startswith(("table", "row", "column"))]
    return "".join(zh.format(v) for zh, _, v in said), ", ".join(en.format(v) for _, en, v in said)
