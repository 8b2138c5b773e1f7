"""Gives the bytes to ``parsers`` and decides whether the result is a report of this portal.

Parsing happens in PARSE_WORKERS processes with the limits PARSE_SECONDS and PARSE_MEMORY, so that no page stops the
crawl. Reports come out as they are done; ``order`` tells in which order they came in.

``report_id`` is a hash of subject, region and year, so that every run names a report alike, wherever it was found;
its versions are told apart by ``crawler.pipelines.join``. What is left out is dropped with its reason.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from itertools import count
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler import titles
from crawler.archive import ArchivedSource
from crawler.items import AnnualReport, ReportSource
from crawler.middlewares.encoding import decide, declared_encoding
from crawler.scope import Scope
from crawler.subjects import GOVERNMENT, belongs, is_agency
from parsers.bounds import LIMITS, Pool, Read
from parsers.brief import Brief
from parsers.source import ParseError, Source
from parsers.version import parser_version


class LeftOut(DropItem):
    """A page that is no report of this portal, or one that is known already."""

    def __init__(self, reason: str, known: AnnualReport | None = None) -> None:
        super().__init__(reason, log_level="DEBUG")
        self.reason, self.known = reason, known


class Unread(DropItem):
    """A report that could not be parsed: the portal's outcome can't be ``ok``."""

    def __init__(self, text: str) -> None:
        super().__init__(text, log_level="INFO")
        self.text = text


class ParsePipeline:
    """``ArchivedSource`` in, ``AnnualReport`` out."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        settings = crawler.settings
        memory = settings.getint("PARSE_MEMORY") * 1024 * 1024
        workers = settings.getint("PARSE_WORKERS") or os.cpu_count() or 1
        self.pool = Pool(workers, seconds=settings.getfloat("PARSE_SECONDS"), memory=memory)
        self.waiting = ThreadPoolExecutor(workers, "parse")  # waits for the workers, so that the reactor needn't
        self.order = count(1)
        self.closed = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def close_spider(self) -> None:
        self.closed = True
        self.pool.close()
        self.waiting.shutdown(cancel_futures=True)

    async def process_item(self, item: object) -> object:
        if not isinstance(item, ArchivedSource):
            return item
        if self.closed:  # the run was being stopped when the report came
            raise LeftOut("run_ended")
        source, order = item.source, next(self.order)
        page = source.documents[0]
        inputs = [Source(d.body, d.final_url, d.content_type) for d in source.documents]
        certain = titles.classify(source.link_title or "").kind == "report"
        try:
            read = await self._read(inputs, source.region_code)
        except ParseError as error:
            if self.closed:
                raise LeftOut("run_ended") from None
            if source.says:
                raise LeftOut(f"lookalike_{source.says}") from None
            if not certain and error.code not in LIMITS:
                raise LeftOut("not_a_report") from None
            raise Unread(f"{error.code} {page.final_url}") from None
        self._check(read.brief, source, certain)
        report_id = identify(read.brief.metadata, source)
        return AnnualReport(report_id, source.portal_id, describe(item), read.brief, read.record, order)

    async def _read(self, inputs: list[Source], region_code: str | None) -> Read:
        call = partial(self.pool.read, inputs, region_code=region_code)
        return await asyncio.get_running_loop().run_in_executor(self.waiting, call)

    def _check(self, brief: Brief, source: ReportSource, certain: bool) -> None:
        scope: Scope = self.crawler.spider.scope  # type: ignore[union-attr]
        if source.says and not brief.recognised:
            raise LeftOut(f"lookalike_{source.says}")
        if not brief.content:
            if certain:
                raise Unread(f"no_section_no_table {source.documents[0].final_url}")
            raise LeftOut("not_a_report")
        metadata = brief.metadata
        if reason := belongs(metadata, source.region_code, agencies=scope.agencies):
            raise LeftOut(reason)
        if not scope.agencies and is_agency(metadata.get("subject_name")):
            raise LeftOut("agency")
        if not scope.wants(metadata.get("report_year")):
            raise LeftOut("year")


def identify(metadata: dict[str, Any], source: ReportSource) -> str:
    """``report_id``. The region of the portal stands in where the text names none.

    >>> told = {"subject_name": "云河县", "report_year": 2024}
    >>> by_text = identify(told | {"region_code": "370323"}, ReportSource("p", None, []))
    >>> by_text == identify(told, ReportSource("q", "370323", []))
    True
    """
    title = titles.classify(source.link_title or "")
    year = metadata.get("report_year") or title.year
    subject = _subject(metadata) or title.subject or source.portal_id
    region = metadata.get("region_code") or source.region_code or ""
    return hashlib.sha256(f"{region}|{subject}|{year}".encode()).hexdigest()[:16]


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
