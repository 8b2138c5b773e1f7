"""Which titles are annual reports, which look like them, and the year and organ a title names.

The patterns are in ``titles.csv`` beside this file, one a row, in order. A title alone does not settle all:
``unsure`` ones need a look at the page.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, cast, get_args

Kind = Literal["report", "lookalike", "unsure"]

TABLE = Path(__file__).with_name("titles.csv")

_COLUMNS = ["kind", "pattern", "note"]
_MAX_TITLE = 300
_DIGITS = {c: str(n) for n, c in enumerate("零一二三四五六七八九")} | dict.fromkeys("〇○Ｏ0OΟ", "0")
_CHINESE_YEAR = re.compile(r"(?:二[〇○零0OΟ]|一九)[〇○零一二三四五六七八九0OΟ]{2}(?=年|度|政府|信息|$|[)〕\]])")
_QUOTES = re.compile(r"[\s\u200b\ufeff《》<>“”\"'‘’「」『』]+")
_TRADITIONAL = str.maketrans("開報縣區鎮鄉務辦廳網門審財計總雲東臨", "开报县区镇乡务办厅网门审财计总云东临")
_CUT = re.compile(r"(?:…+|\.{2,}|⋯+)$")
_DOCUMENT_NUMBER = re.compile(r"[〔\[(【](?:19|20)\d\d[〕\])】](?=第?\d+号?)")
_NOTE = re.compile(
    r"[(\[【][^()\[\]【】]*(?:更正|修订|修改|更新|发布|公布|(?<!图文)版|勘误|重发|补发)[^()\[\]【】]*[)\]】]"
)
_PERIOD = re.compile(r"((?:19|20)\d\d)年\d{1,2}月(?:\d{1,2}日)?(?:起|以来)?[-—~至到]+(?:\1年)?\d{1,2}月(?:\d{1,2}日)?")
_DAY = re.compile(r"(?:19|20)\d\d(?:年\d{1,2}月(?:\d{1,2}日)?|[-/.]\d{1,2}[-/.]\d{1,2})")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_SPAN = re.compile(r"(?<!\d)(?:19|20)\d\d年?度?[-—~–至到/]+(?:19|20)?\d\d(?!\d)")
_ORGAN = re.compile(
    r"^[^\d:,!?【】]{2,40}?(?<!法治)(?:政府|办公室|局|委员会|委|办|镇|乡|街道|办事处|部|厅|院|所|(?<!网)站|中心"
    r"|大队|支队|队|馆|园|区|总社|联社|联合会|集团)(?:\([^()]*\))?$"
)
_LEVELS = re.compile(
    r"^(?:各|县|市|区|省|州|旗|本|直|级|部门|单位|乡|镇|街道|办事处|政府|人民政府|及|和|、|历|往|年|下|属|所|有|其他)*$"
)
_TOPIC = re.compile(r"(?:人民政府|政府)?(?:信息公开|信息工作|政务公开|公开信息|网站|工作|年报|年度)")
_CUT_REPORT = re.compile(r"(?:信息公开|政务公开)(?:工作)?年(?:度(?:工作)?报?)?$")


class TitleTableError(ValueError):
    """A row of ``titles.csv`` that can't be used; the message names file and line."""


@dataclass(frozen=True, slots=True)
class TitleVerdict:
    """What a title says: its kind, the report year, the organ before the year, and why."""

    kind: Kind
    year: int | None
    subject: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class TitlePattern:
    """A row of the table. ``matter`` rows are compared without the organ's name."""

    kind: Kind
    matter: bool
    pattern: re.Pattern[str]
    note: str
    line: int


@lru_cache(maxsize=8192)
def classify(title: str) -> TitleVerdict:
    """Judge a title as a list or a page shows it.

    >>> classify("云河县2024年政府信息公开工作年度报告")
    TitleVerdict(kind='report', year=2024, subject='云河县', reason='政府信息公开工作年度报告 in its many forms')
    >>> classify("2023年度政府网站工作年度报表").kind
    'lookalike'
    >>> classify("云河县2022-2023年政府信息公开年报").kind
    'unsure'
    """
    plain = normalise(title[:_MAX_TITLE])
    year, years_unclear = _year(plain)
    subject = _subject(plain)
    text = _NOTE.sub("", _DOCUMENT_NUMBER.sub("", _CUT.sub("", plain)))
    bare = text.replace(subject, "", 1) if subject and _ORGAN.match(subject) else text
    kind, reason = _kind(text, bare, plain, year)
    if kind == "report" and years_unclear:
        kind, reason = "unsure", "more than one year"
    if kind == "report" and year is None and (subject is None or _LEVELS.match(subject)):
        kind, reason = "unsure", "neither year nor organ: the name of a column"
    return TitleVerdict(kind, year, subject, reason)


def report_year(title: str) -> int | None:
    """The one year a title names; numbers of documents and dates of publication are none.

    >>> report_year("二〇二三年度政府信息公开年报"), report_year("２０２４ 年政府信息公开年报")
    (2023, 2024)
    >>> report_year("国办公开办函〔2021〕30号") is None
    True
    """
    return _year(normalise(title))[0]


def normalise(title: str) -> str:
    """A title for comparing: compatibility forms, no blanks or quotes, years in figures.

    >>> normalise("《云河县 二〇二三年 政府信息公开年报》（更正）")
    '云河县2023年政府信息公开年报(更正)'
    """
    text = _QUOTES.sub("", unicodedata.normalize("NFKC", title.replace("…", "⋯"))).replace("⋯", "…")
    text = text.translate(_TRADITIONAL)
    return _CHINESE_YEAR.sub(lambda match: "".join(_DIGITS.get(c, c) for c in _two(match.group())), text)


def _two(digits: str) -> str:
    return digits.replace("二", "2").replace("一", "1")


@cache
def table(path: Path = TABLE) -> tuple[TitlePattern, ...]:
    """The rows of ``titles.csv``, checked."""
    rows: list[TitlePattern] = []
    header: list[str] | None = None
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        for cells in reader:
            line = reader.line_num
            if not cells or not any(cells) or cells[0].startswith("#"):
                continue
            if header is None:
                header = cells
                if header != _COLUMNS:
                    raise TitleTableError(f"{path}:{line}: expected columns {','.join(_COLUMNS)}, found {header}")
                continue
            rows.append(_row(cells, f"{path}:{line}", line))
    if not rows:
        raise TitleTableError(f"{path}: no pattern in it")
    return tuple(rows)


def _row(cells: list[str], where: str, line: int) -> TitlePattern:
    if len(cells) != len(_COLUMNS):
        raise TitleTableError(
            f'{where}: expected {len(_COLUMNS)} cells, found {len(cells)}; quote a cell with a comma: "…"'
        )
    kind, pattern, note = (cell.strip() for cell in cells)
    matter = kind == "matter"
    if kind not in (*get_args(Kind), "matter"):
        raise TitleTableError(f"{where}: kind must be one of {', '.join(get_args(Kind))}, matter; found {kind!r}")
    if not pattern:
        raise TitleTableError(f"{where}: the pattern is empty and would fit any title")
    try:
        compiled = re.compile(pattern.replace("…", ".{0,16}"))
    except re.error as error:
        raise TitleTableError(f"{where}: {pattern!r} is no regular expression: {error}") from None
    if compiled.search(""):
        raise TitleTableError(f"{where}: {pattern!r} fits the empty title, so it would fit any")
    return TitlePattern(cast(Kind, "lookalike" if matter else kind), matter, compiled, note, line)


def _kind(text: str, bare: str, plain: str, year: int | None) -> tuple[Kind, str]:
    row = next((row for row in table() if row.pattern.search(bare if row.matter else text)), None)
    cut = _CUT.search(plain)
    if cut and year and (row is None or row.kind == "unsure") and _CUT_REPORT.search(text):
        return "report", "a cut title that begins as a report's"
    if row is not None:
        return row.kind, row.note
    if cut and (year or re.search(r"公开|信息|政府|政务", text)):
        return "unsure", "a cut title"
    if _ORGAN.match(text) or (len(text) > 1 and _LEVELS.match(text)):
        return "unsure", "the name of an organ or a level, as in lists of units"
    return "lookalike", "no word of an annual report"


def _year(plain: str) -> tuple[int | None, bool]:
    """The year of a normalised title, and whether it names several."""
    text = _DOCUMENT_NUMBER.sub("", _NOTE.sub("", plain))
    if _SPAN.search(_DAY.sub("", text)):
        return None, True
    period = _PERIOD.search(text)
    years = {int(y) for y in _YEAR.findall(_DAY.sub("", text))}
    if not years and period:
        years = {int(period.group(1))}
    if len(years) == 1:
        return years.pop(), False
    return None, len(years) > 1


def _subject(plain: str) -> str | None:
    """The organ a title names: what stands before the year, or between the year and the topic."""
    text = re.sub(r"^(?:附件\d*[:.、]?|转发|关于|【[^】]*】)+", "", _NOTE.sub("", plain))
    match = _YEAR.search(text)
    before = text[: match.start()] if match else text
    if not before.strip("(") and match:
        before = re.sub(r"^年?度?", "", text[match.end() :])
    topic = _TOPIC.search(before)
    if topic and not (match and _ORGAN.match(before)):  # 政府网站管理中心 is an organ, 政府网站工作 a topic
        # 云河县人民政府信息公开年报: 政府 belongs to the organ where 人民 stands before it.
        keep = "人民政府" if topic.group().startswith("人民政府") else ""
        before = before[: topic.start()] + keep
    subject = before.strip("-—_:.,、()[]的").removesuffix("关于").removesuffix("本级")
    return subject if len(subject) >= 2 and not subject.isdigit() else None


def is_organ(name: str) -> bool:
    """Whether a text is the name of an organ and nothing else.

    >>> is_organ("云河县教育局"), is_organ("云河县2024年年报"), is_organ("通知公告")
    (True, False, False)
    """
    return bool(_ORGAN.match(normalise(name)))
