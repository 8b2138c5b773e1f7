"""Writes the archive of one run; what it has returned from is with the operating system, whole.

A process that is killed leaves at most one torn member at the end of the last segment. The next writer of the same
directory cuts it off and goes on with a new segment.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from http.client import responses
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from warcio.recordbuilder import RecordBuilder
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.archive.records import Place, records
from crawler.items import FetchedDocument, ReportSource
from crawler.run import PART

DIRECTORY, SUFFIX = "archive", ".warc.gz"
MOST_REMEMBERED = 200_000  # payloads that can be referred to, some 60 MB; of older ones another copy is stored
GZIP, LEVEL = 31, 3  # zlib's name for gzip; a third of the time of the highest level, for a tenth more of disk
_RECORDS = RecordBuilder("WARC/1.1")
_OF_THE_TRANSFER = {"content-encoding", "transfer-encoding", "content-length", "connection"}


class ArchiveWriter:
    """``write(source)`` stores the documents of one report. ``run`` is the run's directory."""

    def __init__(self, run: Path, *, segment_bytes: int, software: str, prefix: str = "") -> None:
        self.directory = run / DIRECTORY
        self.segment_bytes, self.prefix = segment_bytes, prefix
        self.info = {"software": software, "format": "WARC File Format 1.1", "isPartOf": run.name}
        self.stored: OrderedDict[str, tuple[str, str, str, str, int]] = OrderedDict()  # sha256 -> what refers to it
        self.sources: dict[str, list[Place]] = {}  # what a killed process had stored: it is not stored twice
        self.number = 0
        self.file: IO[bytes] | None = None
        self.name = ""
        for path in sorted(self.directory.glob(f"*{SUFFIX}{PART}")):
            self._take_over(path)

    def write(self, source: ReportSource) -> list[Place]:
        """Where the documents of ``source`` lie now. Raises ``OSError`` with nothing of them written."""
        if self.sources and (stored := self.sources.get(_told_apart(source))) is not None:
            return stored
        if self.file is None or self.file.tell() >= self.segment_bytes:
            self._next_segment()
        assert self.file is not None
        begin, data = self.file.tell(), bytearray()
        places = []
        for document in source.documents:
            record = _response(document, self.stored.get(document.sha256) if document.body else None)
            record_id, member = record.rec_headers.get_header("WARC-Record-ID"), _member(record)
            places.append(Place(self.name, record_id, begin + len(data), len(member), document.sha256))
            data += member
        if places:
            data += _member(_metadata(source, places))
        self._store(data)
        for document, place in zip(source.documents, places, strict=True):
            date = _warc_date(document.fetched_at)
            self._remember(place.content_sha256, place.record_id, document.final_url, date, place.file, place.offset)
        return places

    def close(self) -> None:
        if self.file is not None:
            os.fsync(self.file.fileno())
            self.file.close()
            self.file = None

    def _remember(self, sha256: str, *where: Any) -> None:
        if sha256 not in self.stored:
            self.stored[sha256] = where
            if len(self.stored) > MOST_REMEMBERED:
                self.stored.popitem(last=False)

    def _next_segment(self) -> None:
        self.close()
        self.number += 1
        self.name = f"{DIRECTORY}/{self.prefix}{self.number:05}{SUFFIX}"
        self.directory.mkdir(parents=True, exist_ok=True)
        self.file = (self.directory.parent / (self.name + PART)).open("xb", buffering=0)
        self._store(_member(_RECORDS.create_warcinfo_record(self.name, self.info)))

    def _store(self, data: bytes | bytearray) -> None:
        """All of ``data`` or, when the disk is full, nothing of it."""
        assert self.file is not None
        begin, left = self.file.tell(), memoryview(data)
        try:
            while left:
                left = left[self.file.write(left) or 0 :]
        except OSError:
            self.file.truncate(begin)
            self.file.seek(begin)
            raise

    def _take_over(self, path: Path) -> None:
        """What a killed run left: its torn end is cut off, its payloads can be referred to."""
        self.number = max(self.number, int(path.name.removesuffix(SUFFIX + PART).rpartition("-")[2]))
        name, end = f"{DIRECTORY}/{path.name.removesuffix(PART)}", 0
        for record in records(path):
            end = record.offset + record.length
            if record.kind == "response":
                sha256 = record.headers["WARC-Payload-Digest"].removeprefix("sha256:")
                self._remember(sha256, record.record_id, record.url, record.headers["WARC-Date"], name, record.offset)
            elif record.kind == "metadata":
                told = json.loads(record.body)
                places = [Place(*(each[part.name] for part in dataclasses.fields(Place))) for each in told["documents"]]
                self.sources[_key(told["portal_id"], told["documents"])] = places
        os.truncate(path, end)


def _told_apart(source: ReportSource) -> str:
    documents = [{"url": document.url, "content_sha256": document.sha256} for document in source.documents]
    return _key(source.portal_id, documents)


def _key(portal_id: str, documents: list[dict[str, Any]]) -> str:
    """The identity of a source: its portal, its addresses as asked for, the bytes."""
    parts = [portal_id, *(f"{each['url']} {each['content_sha256']}" for each in documents)]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _member(record: ArcWarcRecord) -> bytes:
    """A record as it is stored: a gzip member of its own."""
    plain = BytesIO()
    WARCWriter(plain, gzip=False, warc_version="WARC/1.1").write_record(record)
    return zlib.compress(plain.getbuffer(), LEVEL, GZIP)


def _response(document: FetchedDocument, earlier: tuple[str, str, str, str, int] | None) -> ArcWarcRecord:
    """A response record, or one that refers to the ``earlier`` record with the same payload.

    Bodies are stored as the crawler read them: the content encoding is undone, headers of the transfer are left out.
    """
    headers = [(name, value) for name, value in document.headers if name.lower() not in _OF_THE_TRANSFER]
    headers.append(("Content-Length", str(len(document.body))))
    line = f"{document.status} {responses.get(document.status, '')}"
    http_headers = StatusAndHeaders(line, headers, protocol="HTTP/1.1")
    told = {"WARC-Date": _warc_date(document.fetched_at)}
    if earlier is None:
        told["WARC-Payload-Digest"] = f"sha256:{document.sha256}"
        return _RECORDS.create_warc_record(
            document.final_url,
            "response",
            payload=BytesIO(document.body),
            length=len(document.body),
            http_headers=http_headers,
            warc_headers_dict=told,
        )
    record_id, url, date, file, offset = earlier
    told |= {"WARC-Refers-To": record_id}
    told |= {"WARC-Refers-To-Filename": file, "WARC-Refers-To-File-Offset": str(offset)}
    return _RECORDS.create_revisit_record(
        document.final_url, f"sha256:{document.sha256}", url, date, http_headers=http_headers, warc_headers_dict=told
    )


def _metadata(source: ReportSource, places: list[Place]) -> ArcWarcRecord:
    """What the spider knew of a report and its documents, beside what the responses say themselves."""
    told = {each.name: getattr(source, each.name) for each in dataclasses.fields(source) if each.name != "documents"}
    told["documents"] = [
        {"url": document.url, "name": document.name, "content_type": document.content_type, **dataclasses.asdict(place)}
        for document, place in zip(source.documents, places, strict=True)
    ]
    body = json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return _RECORDS.create_warc_record(
        source.documents[0].final_url,
        "metadata",
        payload=BytesIO(body),
        length=len(body),
        warc_content_type="application/json",
        warc_headers_dict={"WARC-Refers-To": places[0].record_id},
    )


def _warc_date(iso: str) -> str:
    return iso.replace("+00:00", "Z")


def segments(run: Path) -> Iterator[Path]:
    """The segments of a run in order, published or not."""
    found = {path for path in (run / DIRECTORY).glob(f"*{SUFFIX}*") if path.name.endswith((SUFFIX, SUFFIX + PART))}
    yield from sorted(found, key=lambda path: path.name.removesuffix(PART))
