"""Gives the bytes to ``parsers`` and decides whether the result is a report of this portal.

Parsing happens in PARSE_WORKERS worker processes with the limits PARSE_SECONDS and PARSE_MEMORY, so that no page stops
the crawl; the reports of one portal one after the other, so that they are judged in the order in which they came.

``report_id`` is a hash of subject, region and year, so that every run names a report alike, wherever it was found;
its versions are told apart by ``crawler.pipelines.join``. What is left out is dropped with its reason.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler import titles
from crawler.archive import ArchivedSource
from crawler.items import ReportSource
from crawler.middlewares.encoding import decide, declared_encoding
from crawler.scope import Scope
from crawler.subjects import GOVERNMENT, belongs, is_agency
from parsers.bounds import LIMITS, Pool
from parsers.source import ParseError, Source
from parsers.version import parser_version


@dataclass(slots=True)
class ParsedReport:
    """A report on its way from the parse to the validate pipeline; ``report`` is what ``Report.to_dict()`` gives."""

    report_id: str
    year: int | None
    portal_id: str
    source: dict[str, Any]
    report: dict[str, Any]


class LeftOut(DropItem):
    """A page that is no report of this portal, or one that is known already."""

    def __init__(self, reason: str, report_id: str | None = None, year: int | None = None) -> None:
        super().__init__(reason, log_level="DEBUG")
        self.reason, self.report_id, self.year = reason, report_id, year


class Unread(DropItem):
    """A report that could not be parsed: the portal's outcome can't be ``ok``."""

    def __init__(self, text: str) -> None:
        super().__init__(text, log_level="INFO")
        self.text = text


class ParsePipeline:
    """``ArchivedSource`` in, ``ParsedReport`` out."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        settings = crawler.settings
        memory = settings.getint("PARSE_MEMORY") * 1024 * 1024
        workers = settings.getint("PARSE_WORKERS")
        self.pool = Pool(workers, seconds=settings.getfloat("PARSE_SECONDS"), memory=memory)
        self.waiting = ThreadPoolExecutor(workers, "parse")  # waits for the workers, so that the reactor needn't
        self.turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # portal -> one report at a time

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def close_spider(self) -> None:
        self.pool.close()
        self.waiting.shutdown(cancel_futures=True)

    async def process_item(self, item: object) -> object:
        if not isinstance(item, ArchivedSource):
            return item
        source = item.source
        page = source.documents[0]
        inputs = [Source(d.body, d.final_url, d.content_type) for d in source.documents]
        certain = titles.classify(source.link_title or "").kind == "report"
        try:
            async with self.turns[source.portal_id]:
                report = await self._read(inputs, source.region_code)
        except ParseError as error:
            if not certain and error.code not in LIMITS:
                raise LeftOut("not_a_report") from None
            raise Unread(f"{error.code} {page.final_url}") from None
        self._check(report, source, certain)
        report_id, year = identify(report["metadata"], source)
        return ParsedReport(report_id, year, source.portal_id, describe(item), report)

    async def _read(self, inputs: list[Source], region_code: str | None) -> dict[str, Any]:
        call = partial(self.pool.parse, inputs, region_code=region_code)
        return await asyncio.get_running_loop().run_in_executor(self.waiting, call)

    def _check(self, report: dict[str, Any], source: ReportSource, certain: bool) -> None:
        scope: Scope = self.crawler.spider.scope  # type: ignore[union-attr]
        if not has_content(report):
            if certain:
                raise Unread(f"no_section_no_table {source.documents[0].final_url}")
            raise LeftOut("not_a_report")
        metadata = report["metadata"]
        if reason := belongs(metadata, source.region_code, agencies=scope.agencies):
            raise LeftOut(reason)
        if not scope.agencies and is_agency(metadata.get("subject_name")):
            raise LeftOut("agency")
        if not scope.wants(metadata.get("report_year")):
            raise LeftOut("year")


def has_content(report: dict[str, Any]) -> bool:
    """Whether anything of a report was found in a page: a section or a table."""
    tables = [table for table in report["tables"].values() if table]
    return any(s.get("present") for s in report["sections"]) or any(t.get("status") != "missing" for t in tables)


def identify(metadata: dict[str, Any], source: ReportSource) -> tuple[str, int | None]:
    """``report_id`` and year. The region of the portal stands in where the text names none.

    >>> told = {"subject_name": "云河县", "report_year": 2024}
    >>> by_text = identify(told | {"region_code": "370323"}, ReportSource("p", None, []))
    >>> by_text == identify(told, ReportSource("q", "370323", []))
    True
    """
    title = titles.classify(source.link_title or "")
    year = metadata.get("report_year") or title.year
    subject = _subject(metadata) or title.subject or source.portal_id
    region = metadata.get("region_code") or source.region_code or ""
    return hashlib.sha256(f"{region}|{subject}|{year}".encode()).hexdigest()[:16], year


def _subject(metadata: dict[str, Any]) -> str | None:
    """Whose report it is, the same for 沂源县 and 沂源县人民政府: a region has one government, and one office of it.

    >>> told = {"subject_type": "people_government", "region_code": "370323"}
    >>> _subject(told | {"subject_name": "沂源县"}), _subject({"subject_name": "教育局"})
    ('people_government', '教育局')
    """
    kind = metadata.get("subject_type")
    return kind if kind in GOVERNMENT and metadata.get("region_code") else metadata.get("subject_name")


def describe(item: ArchivedSource) -> dict[str, Any]:
    """The ``source`` of a report: where it was found, and what the list page said of it."""
    source, page = item.source, item.source.documents[0]
    encoding, certain = decide(page.body, declared_encoding(page.content_type, page.body))
    return {
        "portal_id": source.portal_id,
        "url": page.url,
        "final_url": page.final_url,
        "list_url": source.list_url,
        "link_title": source.link_title,
        "list_date": source.list_date,
        "fetched_at": page.fetched_at,
        "status": page.status,
        "content_type": page.content_type,
        "charset": encoding if certain else None,
        "parser_version": parser_version(),
        "content_sha256": item.places[0].content_sha256,
        "content_bytes": len(page.body),
        "documents": [
            {"url": document.final_url, "name": document.name, "content_type": document.content_type, **asdict(place)}
            for document, place in zip(source.documents, item.places, strict=True)
        ],
        "archive": item.places[0].file,
        "record_id": item.places[0].record_id,
    }
