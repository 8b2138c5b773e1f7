"""Keeps every response that goes into a report, as received, in WARC 1.1 (``archive/reports.warc.gz``).

Bodies are stored as the crawler read them: the content encoding of the transfer is undone, and its headers are
left out. What could not be parsed is kept as well, so that it can be parsed later.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import IO, Any, Self

from scrapy.crawler import Crawler
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.items import FetchedDocument, ReportSource

FILE = "archive/reports.warc.gz"
_OF_THE_TRANSFER = {"content-encoding", "transfer-encoding", "content-length", "connection"}


@dataclass(slots=True)
class ArchivedSource:
    """A report as found, and where its documents lie in the archive."""

    source: ReportSource
    records: list[dict[str, Any]]


class ArchivePipeline:
    """``ReportSource`` in, ``ArchivedSource`` out."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.file: IO[bytes] | None = None
        self.writer: WARCWriter | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def open_spider(self) -> None:
        run = getattr(self.crawler.spider, "run", None)
        if run is None:
            return
        self.file = run.part(FILE).open("wb")
        self.writer = WARCWriter(self.file, gzip=True, warc_version="WARC/1.1")
        info = {"software": str(self.crawler.settings["USER_AGENT"]), "format": "WARC File Format 1.1"}
        self.writer.write_record(self.writer.create_warcinfo_record(FILE, info))

    def close_spider(self) -> None:
        if self.file is not None:
            self.file.close()

    async def process_item(self, item: object) -> object:
        if not isinstance(item, ReportSource) or self.writer is None:
            return item
        return ArchivedSource(item, [self._write(document) for document in item.documents])

    def _write(self, document: FetchedDocument) -> dict[str, Any]:
        assert self.writer is not None
        headers = [(name, value) for name, value in document.headers if name.lower() not in _OF_THE_TRANSFER]
        headers.append(("Content-Length", str(len(document.body))))
        reason = HTTPStatus(document.status).phrase if document.status in set(HTTPStatus) else ""
        record = self.writer.create_warc_record(
            document.final_url,
            "response",
            payload=BytesIO(document.body),
            http_headers=StatusAndHeaders(f"{document.status} {reason}", headers, protocol="HTTP/1.1"),
            warc_headers_dict={"WARC-Date": document.fetched_at.replace("+00:00", "Z")},
        )
        self.writer.write_record(record)
        self.crawler.stats.inc_value("archive/records")
        return {
            "file": FILE,
            "record_id": record.rec_headers.get_header("WARC-Record-ID"),
            "content_sha256": hashlib.sha256(document.body).hexdigest(),
        }
