"""The shape of a report: its title, its six sections, its three tables and the labels in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from parsers.captions import mention
from parsers.cells import ANNOTATED, EMPTY, MISSING_CELL, PLACEHOLDER, UNPARSEABLE, Cell
from parsers.document import Paragraph
from parsers.forms.fields import in_words
from parsers.forms.statistics import statistics_form
from parsers.normalise import label, squeeze
from parsers.report import Report
from parsers.rules import ERROR, INFO, WARNING, Result, cannot_tell, failed, passed, rule
from parsers.sections import EMBEDDED, OFFICIAL
from parsers.statistics import Statistics
from parsers.tables import PRESENT
from parsers.titles import LOOKALIKE

LONG_SECTION = 1000
SHORT_SECTION = 10
LISTED_CELLS = 12
LISTED_ROWS = 80  # no form of statistics has more
_REPORT = re.compile(r"(?:信息|政务|政府)公开.{0,6}(?:年度)?(?:工作)?(?:年度)?(?:工作)?(?:报告|年报)")
_NUMERALS = "零一二三四五六"
_KINDS = {
    "empty": ("无内容", "nothing is there"),
    "image": ("为图片", "it is a picture"),
    "foreign": ("只有标明其他年度或其他单位的表格", "the only one is captioned as that of another year or agency"),
    "attachment": ("可能在附件中", "it may be in an attachment"),
    "mixed": ("与另一张表混在一起,无法分开", "its rows can't be told from those of another table"),
}


@rule("ST01", ERROR, "标题应为政府信息公开工作年度报告", "the title is that of an annual report")
def title(report: Report, today: date) -> Iterator[Result]:
    text = report.metadata.title
    if text is None:
        yield cannot_tell("metadata.title", "未找到标题", "no title was found")
    elif _REPORT.search(squeeze(text)) and not LOOKALIKE.search(text):
        yield passed()
    else:
        yield failed("metadata.title", f"标题“{text}”不是年度报告的标题", f"the title {text!r} is not that of an annual report",
                     "政府信息公开工作年度报告", text)  # fmt: skip


@rule("ST02", WARNING, "六个部分齐全、不重复、依次排列", "the six sections are there, once each, in order")
def sections(report: Report, today: date) -> Iterator[Result]:
    for number, section in report.sections.items():
        where, name = f"sections[{number}]", f"第{_NUMERALS[number]}部分“{OFFICIAL[number]}”"
        if not section.present:
            yield failed(where, f"缺少{name}", f"section {number} is missing", OFFICIAL[number], None)
        elif section.location == EMBEDDED:
            yield failed(where, f"{name}不是独立部分,写在第一部分之内",
                         f"section {number} is no section of its own but an item of section one",
                         OFFICIAL[number], section.heading)  # fmt: skip
        else:
            yield passed()
    for number in report.repeated_sections:
        yield failed(f"sections[{number}]", f"第{_NUMERALS[number]}部分的标题重复出现",
                     f"the heading of section {number} appears again")  # fmt: skip
    for number in report.misplaced_sections:
        yield failed(f"sections[{number}]", f"第{_NUMERALS[number]}部分的位置不对", f"section {number} is out of order")


@rule("ST03", INFO, "各部分标题应与规定格式一致", "headings have the official wording")
def headings(report: Report, today: date) -> Iterator[Result]:
    for number, section in report.sections.items():
        if not section.present or section.heading is None:
            continue
        if _bare(section.heading) == _OFFICIAL[number]:
            yield passed()
        else:
            yield failed(f"sections[{number}].heading", f"标题“{section.heading}”与规定的“{OFFICIAL[number]}”不一致",
                         f"the heading {section.heading!r} differs from the official {OFFICIAL[number]!r}",
                         OFFICIAL[number], section.heading)  # fmt: skip


_OFFICIAL = {number: label(heading) for number, heading in OFFICIAL.items()}


def _bare(heading: str) -> str:
    """A heading without its number, as labels are compared: 第六部分, 六、 and (六) go alike."""
    return re.sub(r"^第?[一二三四五六七八九十1-9](?:部分)?", "", label(heading))


@rule("ST04", ERROR, "表二、表三、表四应当存在且可读", "tables two, three and four are there and can be read")
def tables(report: Report, today: date) -> Iterator[Result]:
    old = report.statistics
    if old is not None:
        zh, en = _KINDS[old.kind or "empty"]
        yield passed() if old.status == PRESENT else failed(
            "tables.statistics2014", f"统计表未能读到:{zh}", f"the statistics table could not be read: {en}",
            "present", old.kind, WARNING)  # fmt: skip
    if report.metadata.report_year is not None and report.metadata.report_year < 2019:
        return
    for name, table in report.tables.items():
        if table.status == PRESENT:
            yield passed()
        else:
            zh, en = _KINDS[table.kind or "empty"]
            yield failed(f"tables.{name}", f"{in_words(name)[0]}未能读到:{zh}", f"{in_words(name)[1]} could not be read: {en}",
                         "present", table.kind)  # fmt: skip


@rule("ST05", ERROR, "数值单元格个数应与表式一致", "the number of value cells is that of the form")
def cell_count(report: Report, today: date) -> Iterator[Result]:
    for name, table in report.tables.items():
        if table.status != PRESENT:
            continue
        wanted = table.form.locators
        printed = sum(table.cells[path].state != MISSING_CELL for path in wanted)
        if printed == len(wanted):
            yield passed()
        else:
            yield failed(f"tables.{name}", f"{in_words(name)[0]}应有 {len(wanted)} 个数值单元格,读到 {printed} 个",
                         f"{in_words(name)[1]} should have {len(wanted)} value cells, {printed} were found",
                         len(wanted), printed)  # fmt: skip


@rule("ST06", WARNING, "行、列标题应齐全、完整", "row and column labels are all there and whole")
def labels(report: Report, today: date) -> Iterator[Result]:
    for name, table in report.tables.items():
        if table.reading is None:
            continue
        missing = table.reading.labels_missing
        for entry in missing:
            yield failed(f"tables.{name}", f"{in_words(name)[0]}缺少标题“{entry.label}”", f"{in_words(name)[1]} lacks the label {entry.label}",
                         entry.label, None)  # fmt: skip
        for printed, official in dict.fromkeys(table.reading.inexact):
            yield failed(f"tables.{name}", f"{in_words(name)[0]}的标题“{printed}”按“{official}”读取",
                         f"{in_words(name)[1]}: the label {printed!r} was read as {official}", official, printed, INFO)  # fmt: skip
        if not missing and not table.reading.inexact:
            yield passed()


@rule("ST07", WARNING, "表格不应整体未填", "a table is not left blank as a whole")
def unfilled(report: Report, today: date) -> Iterator[Result]:
    for name, table in report.tables.items():
        if table.status != PRESENT:
            continue
        states = {table.cells[path].state for path in table.form.locators}
        if states <= {EMPTY, MISSING_CELL, PLACEHOLDER}:
            yield failed(
                f"tables.{name}",
                f"{in_words(name)[0]}所有单元格均未填写",
                f"no cell of {in_words(name)[1]} is filled in",
            )
        else:
            yield passed()


@rule("ST08", INFO, "单元格只含一个数字", "a cell holds a number and nothing else")
def cells(report: Report, today: date) -> Iterator[Result]:
    """Notes, units, placeholders, and what could not be read; unread rows and cells read twice are warnings."""
    for name, table in report.tables.items():
        if table.reading is None:
            continue
        for doubt in table.reading.doubtful:
            zh, en = _DOUBTS[doubt.kind]
            row_zh, row_en = (f"“{doubt.label}”行", f", row {doubt.label!r}") if doubt.label else ("", "")
            yield failed(f"tables.{name}", f"{in_words(name)[0]}{row_zh}:{zh}", f"{in_words(name)[1]}{row_en}: {en}",
                         None, doubt.cell.raw, WARNING)  # fmt: skip
        conflicts = list(dict.fromkeys(table.reading.conflicts))
        states = (ANNOTATED, PLACEHOLDER, UNPARSEABLE)
        odd = [path for path, cell in table.cells.items() if cell.state in states and path not in conflicts]
        for path in conflicts[:LISTED_CELLS]:
            raw = table.cells[path].raw
            yield failed(f"{name}.{'.'.join(path)}", f"同一单元格出现两个不同的值:{raw}",
                         f"the same cell is printed twice with different values: {raw}", None, raw, WARNING)  # fmt: skip
        for path in odd[:LISTED_CELLS]:
            yield _odd(f"{name}.{'.'.join(path)}", table.cells[path])
        for paths in (conflicts, odd):
            if (more := len(paths) - LISTED_CELLS) > 0:
                yield failed(
                    f"tables.{name}", f"另有 {more} 个此类单元格", f"{more} more cells of this kind", None, more
                )
        if not odd and not conflicts:
            yield passed()
    if report.statistics is not None and report.statistics.status == PRESENT:
        yield from _statistics_cells(report.statistics)


def _statistics_cells(table: Statistics) -> Iterator[Result]:
    for doubt in table.doubts[:LISTED_ROWS]:
        zh, en = _DOUBTS[doubt.kind]
        yield failed("tables.statistics2014", f"统计表“{doubt.label}”行:{zh}", f"statistics, row {doubt.label!r}: {en}",
                     None, doubt.raw, WARNING)  # fmt: skip
    if len(table.doubts) > LISTED_ROWS:
        more = len(table.doubts) - LISTED_ROWS
        yield failed(
            "tables.statistics2014", f"另有 {more} 行未取值", f"{more} more rows were not taken", None, more, WARNING
        )
    told = {doubt.raw for doubt in table.doubts}
    odd = [
        (row, cell)
        for row in table.rows
        for cell in (row.value, row.cumulative)
        if cell is not None and cell.state in (ANNOTATED, PLACEHOLDER, UNPARSEABLE) and cell.raw not in told
    ]
    for row, cell in odd[:LISTED_CELLS]:
        zh, en = _STATES[cell.state]
        severity = WARNING if cell.state == UNPARSEABLE else INFO
        yield failed(f"statistics2014.{row.key or row.label}", f"“{row.label}”{zh}:{cell.raw}",
                     f"{row.label}: {en}: {cell.raw}", None, cell.raw, severity)  # fmt: skip
    if len(odd) > LISTED_CELLS:
        more = len(odd) - LISTED_CELLS
        yield failed(
            "tables.statistics2014", f"另有 {more} 个此类单元格", f"{more} more cells of this kind", None, more
        )
    if not odd and not table.doubts:
        yield passed()


def _odd(locator: str, cell: Cell) -> Result:
    zh, en = _STATES[cell.state]
    if cell.state == UNPARSEABLE and cell.note in _REASONS:
        why_zh, why_en = _REASONS[cell.note]
        zh, en = f"{zh}({why_zh})", f"{en} ({why_en})"
    severity = WARNING if cell.state == UNPARSEABLE else INFO
    return failed(locator, f"{zh}:{cell.raw}", f"{en}: {cell.raw}", None, cell.raw, severity)


_REASONS = {
    "ocr": ("文字识别把握不足", "the characters were recognised with doubt"),
    "struck": ("带删除线", "it is struck through"),
    "tracked": ("修订前后数值不同", "a tracked change makes it another number"),
    "style": ("样式使所见与所存不同", "styles hide, move or mirror some of it"),
    "picture": ("文字旁另有图片或公式", "a picture or a formula stands beside the text"),
    "form": ("在表单控件内", "it stands in a form field"),
    "error_value": ("公式出错", "the formula is in error"),
    "formula_without_value": ("公式没有保存结果", "the formula has no stored value"),
    "not_a_number": ("数值损坏", "the stored number is broken"),
    "number_format": ("数字格式无法识别,印出的数不明", "how its number format prints it is unclear"),
    "versions": ("同一表格有两个不一致的版本", "the table stands there in two versions that disagree"),
}
_DOUBTS = {
    "count": ("数值个数与列数不符,未取值", "the numbers are not as many as the columns; nothing was taken"),
    "order": ("表头各栏的顺序不明,未取值", "the order of the columns is unclear; nothing was taken"),
    "stacked": ("数值在两个行标题之后,未取值", "it stands behind the labels of two rows; nothing was taken"),
    "lost": (
        "下一行的标题丢失,数值可能是下一行的,未取值",
        "the label of the next row is lost, these numbers may be that row's; nothing was taken",
    ),
    "unconfirmed": (
        "表头各栏的顺序与表式不同,且本行总计不能印证,未取值",
        "the columns are in another order than the form's and the row's total does not confirm it; nothing was taken",
    ),
    "more": ("数值多于表头的栏数,未取值", "there are more numbers than columns; nothing was taken"),
    "columns": ("哪一栏是本年度数不明,未取值", "which column is the year's can't be told; nothing was taken"),
    "label": ("数值没有行标题,未取值", "numbers without a label; nothing was taken"),
    "merged": ("一个单元格跨多行或多栏,未取值", "one cell over several rows or columns; nothing was taken"),
    "twice": ("同一行出现不同的值,未取值", "the same row is printed twice with different values; nothing was taken"),
    "copies": ("表格出现两次,仅一处有此数,未取值", "the table is printed twice and only one has it; nothing was taken"),
    "conflict": ("按位置与按顺序读出的结果不一致,未取值", "position and order disagree; nothing was taken"),
}
_STATES = {
    ANNOTATED: ("单元格带有说明或单位", "the cell carries a note or a unit"),
    PLACEHOLDER: ("单元格为占位符", "the cell holds a placeholder"),
    UNPARSEABLE: ("单元格无法确定数值", "no number can be told from the cell"),
}


@rule("ST09", INFO, "第一部分不宜过长,第五部分不应为空", "section one is not too long, section five not empty")
def lengths(report: Report, today: date) -> Iterator[Result]:
    one, five = report.sections[1], report.sections[5]
    if one.present:
        count = one.char_count
        yield passed() if count <= LONG_SECTION else failed(
            "sections[1]", f"总体情况 {count} 字,超过 {LONG_SECTION} 字",
            f"section one has {count} characters, more than {LONG_SECTION}", LONG_SECTION, count)  # fmt: skip
    if five.present:
        count = five.char_count
        yield passed() if count >= SHORT_SECTION else failed(
            "sections[5]", f"存在的主要问题及改进情况仅 {count} 字", f"section five has only {count} characters",
            SHORT_SECTION, count, WARNING)  # fmt: skip


@rule("ST10", INFO, "第六部分应说明信息处理费收取情况", "section six tells of information processing fees")
def processing_fee(report: Report, today: date) -> Iterator[Result]:
    """109号 asks it of reports for 2021 and later."""
    year, six = report.metadata.report_year, report.sections[6]
    if year is None or year < 2021:
        yield cannot_tell("sections[6]", "2021 年度以前不要求", "not required before the report year 2021")
    elif six.present:
        told = re.search(r"处理费|收费|收取.{0,8}费|费用", squeeze(six.text))
        yield passed() if told else failed(
            "sections[6]", "未说明政府信息公开信息处理费情况", "nothing is said of information processing fees",
            "信息处理费", six.text[:40])  # fmt: skip


@rule("ST11", WARNING, "表中不应有表式以外的行、列", "there are no rows or columns that the form does not have")
def extra(report: Report, today: date) -> Iterator[Result]:
    unknown = [row for row in report.extra_rows if row["group"] is None]
    for row in unknown:
        if not row["label"]:
            numbers = " ".join(cell["raw"] or "" for cell in row["cells"].values())
            yield failed(f"tables.{row['table']}", f"{in_words(row['table'])[0]}有一行数值没有行标题,已保留:{numbers}",
                         f"{in_words(row['table'])[1]} has a row of numbers without a label; it is kept: {numbers}", None, numbers)  # fmt: skip
            continue
        yield failed(f"tables.{row['table']}", f"{in_words(row['table'])[0]}有表式以外的行“{row['label']}”,已保留",
                     f"{in_words(row['table'])[1]} has a row that no form has: {row['label']!r}; it is kept", None, row["label"])  # fmt: skip
    old = report.statistics
    unnamed = [row for row in old.rows if row.key is None and not statistics_form().find(row.label)] if old else []
    for line in unnamed[:LISTED_ROWS]:
        yield failed("tables.statistics2014", f"统计表有表式以外的行“{line.label}”,已保留",
                     f"the statistics table has a row that no form has: {line.label!r}; it is kept", None, line.label)  # fmt: skip
    for text in old.unknown_columns if old else ():
        yield failed("tables.statistics2014", f"统计表有表式以外的列“{text}”",
                     f"the statistics table has a column that no form has: {text!r}", None, text)  # fmt: skip
    columns = [(name, text) for name, t in report.tables.items() if t.reading for text in t.reading.extra_columns]
    for name, text in columns:
        yield failed(f"tables.{name}", f"{in_words(name)[0]}有表式以外的列“{text}”", f"{in_words(name)[1]} has a column that no form has: {text!r}",
                     None, text)  # fmt: skip
    whole = not unknown and not columns and not unnamed and not (old and old.unknown_columns)
    if whole and any(table.status == PRESENT for table in report.tables.values()):
        yield passed()


@rule(
    "ST14", WARNING, "表的说明应与报告的年度、主体一致", "what is said of a table is of the report's year and subject"
)
def captions(report: Report, today: date) -> Iterator[Result]:
    """A short line beside a table that speaks of another year's or another organ's numbers: they are kept, and told."""
    year, subject = report.metadata.report_year, report.metadata.subject_name or ""
    for name, number in (("table2", 2), ("table3", 3), ("table4", 4)):
        if report.tables[name].status != PRESENT:
            continue
        for line in (block.text for block in report.sections[number].blocks if isinstance(block, Paragraph)):
            other_year, organ = mention(line, year, subject)
            if other_year is not None:
                yield failed(f"tables.{name}", f"{in_words(name)[0]}的说明写的是 {other_year} 年:{line}",
                             f"a line beside {in_words(name)[1]} speaks of {other_year}: {line}", year, other_year)  # fmt: skip
            elif organ is not None:
                yield failed(f"tables.{name}", f"{in_words(name)[0]}的说明写的是“{organ}”的数据",
                             f"a line beside {in_words(name)[1]} says that its numbers are those of {organ!r}",
                             subject or None, organ)  # fmt: skip
