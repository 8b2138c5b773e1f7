"""The pages of archived copies: which files a report was read from, and a page for each, made when first needed."""

from __future__ import annotations

import json
import re
from pathlib import Path

from markupsafe import Markup

from crawler.archive import ArchiveDamaged, RunArchive
from crawler.items import FetchedDocument
from crawler.site import copies
from crawler.site.data import CopyOf, ReportData
from crawler.site.output import Output
from crawler.site.pages import render_copy
from crawler.site.text import file_name, web_url
from parsers.source import ParseError

DIRECTORY = "archived"
LONG_ENOUGH = 24  # characters of a hash that name a file
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MASKED = ("联系人姓名和手机号码已遮盖。", "Names of contact persons and mobile numbers are masked.")
ABOUT = {
    "page": (
        "网页的无活动副本：脚本、样式、图片、表单和链接均已去除。" + _MASKED[0],
        "An inert copy of the page: no scripts, styles, pictures, forms or links. " + _MASKED[1],
    ),
    "text": ("按读取结果重排的文本和表格。" + _MASKED[0], "Text and tables as they were read. " + _MASKED[1]),
    "pages": ("含有单元格的 PDF 页面，按原样绘制。", "The PDF pages that hold cells, drawn as printed."),
    "picture": ("原图。", "The picture as published."),
}


class Copies:
    """Makes copies from the archives of runs in ``runs``; without it, or where a file is gone, there are none."""

    def __init__(self, runs: Path | None, output: Output, version: str) -> None:
        self.runs, self.output, self.version = runs, output, version
        self._archives: dict[str, RunArchive | None] = {}
        self._made: dict[str, bool] = {}
        self.missing = 0

    def add(self, data: ReportData) -> None:
        """Make the copies of a report's files, and tell the report of them."""
        for copy in files_of(data):
            if copy.name not in self._made:
                self._made[copy.name] = self._make(copy, data)
            if self._made[copy.name]:
                data.copies.append(copy)

    def _make(self, copy: CopyOf, data: ReportData) -> bool:
        path = f"{DIRECTORY}/{copy.name}.html"
        if self.output.is_made_from(path, self.version) and self.output.keep(f"{DIRECTORY}/{copy.name}"):
            return True
        if (found := self._read(copy, data.row["run_id"])) is None:
            self.missing += 1
            return False
        try:
            wanted, first = _wanted(copy, data), copy.documents[0]
            made = copies.copy_of(found.body, found.content_type, wanted, copy.name, first=first)
        except ParseError:
            self.missing += 1
            return False
        for name, body in made.pictures.items():
            self.output.file(f"{DIRECTORY}/{name}", body)
        self.output.page(path, self.version, lambda: _page(copy, data, found, made))
        return True

    def _read(self, copy: CopyOf, run_id: str | None) -> FetchedDocument | None:
        if self.runs is None or not run_id or file_name(run_id.lower()) != run_id.lower():
            return None
        if run_id not in self._archives:
            run = self.runs / run_id
            self._archives[run_id] = RunArchive(run) if run.is_dir() else None
        archive = self._archives[run_id]
        try:
            return None if archive is None else archive.document(copy.file, copy.offset, record_id=copy.record_id)
        except ArchiveDamaged:
            return None


def files_of(data: ReportData) -> list[CopyOf]:
    """The archived files that a report was read from, the page first."""
    found: list[CopyOf] = []
    for each in json.loads(data.row["documents"] or "[]"):
        sha256 = each.get("content_sha256")
        if each.get("numbers") and each.get("file") and isinstance(sha256, str) and _SHA256.fullmatch(sha256):
            label = each.get("name") or (data.row["title"] if not found else each.get("url")) or "1"
            place = (each["file"], each.get("record_id") or "", each.get("offset"), sha256)
            found.append(CopyOf(sha256[:LONG_ENOUGH], label, tuple(each["numbers"]), *place))
    return found


def _wanted(copy: CopyOf, data: ReportData) -> list[copies.Wanted]:
    told = ((json.loads(fact["origin"]), fact["raw"]) for fact in data.facts.values() if fact["origin"])
    return [copies.Wanted(origin, raw) for origin, raw in told if origin.get("document") in copy.documents]


def _page(copy: CopyOf, data: ReportData, found: FetchedDocument, made: copies.Copy) -> str:
    report = f"reports/{file_name(data.row['report_id'])}.html"
    about, about_en = ABOUT[made.kind]
    return render_copy(
        title=copy.label,
        url=found.url,
        link=web_url(found.url),
        fetched=found.fetched_at,
        sha256=copy.sha256,
        about=about,
        about_en=about_en,
        back=[(f"../zh/{report}", "回到报告"), (f"../en/{report}", "Report")],
        markup=Markup(made.markup),  # written by copies, which escapes all text
    )
