"""Reads the archive of a run, finished or not: a document by its place or its address, and all sources again."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.archive.records import ArchiveDamaged, Place, Record, record_at, records, there, whole_records
from crawler.archive.writer import segments
from crawler.items import FetchedDocument, ReportSource
from crawler.run import PART

_KNOWN = {each.name for each in dataclasses.fields(ReportSource)} - {"documents"}


@dataclass(frozen=True, slots=True)
class ArchivedSource:
    """A report as found, and where its documents lie in the archive."""

    source: ReportSource
    places: list[Place]


class RunArchive:
    """The archive of the run in ``run``. The index by address is made at first use, some 300 bytes a document."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self._by_url: dict[str, dict[str, Any]] | None = None

    def document(self, file: str, offset: int | None = None, *, record_id: str | None = None) -> FetchedDocument:
        """The document in a record, by its offset, or by its id, for which the file is read up to it.

        Raises ``ArchiveDamaged`` when it is not there.
        """
        return self._fetched(self._record(file, offset, record_id))

    def find(self, url: str) -> FetchedDocument | None:
        """What was stored last for an address, as asked for or after redirects; None if nothing was."""
        told = self._index().get(url)
        return None if told is None else self._told(told)

    def __contains__(self, url: str) -> bool:
        return url in self._index()

    def sources(self) -> Iterator[ArchivedSource]:
        """What the spider yielded, in its order; whatever is whole of the archive of a killed run."""
        for _, _, told in self.metadata():
            yield self._source(told)

    def metadata(self, damage: list[ArchiveDamaged] | None = None) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """File, offset and content of the metadata records, one a source, without its documents.

        With ``damage``, which is added to, what is broken is passed over; without, the archive may be of a killed run.
        """
        for path in segments(self.run):
            for record in records(path) if damage is None else whole_records(path, damage):
                if record.kind == "metadata":
                    yield self._name(path), record.offset, json.loads(record.body)

    def source_at(self, file: str, offset: int) -> ArchivedSource:
        """The source that the metadata record at this place tells of."""
        return self._source(json.loads(self._record(file, offset, None).body))

    def _name(self, path: Path) -> str:
        return path.relative_to(self.run).as_posix().removesuffix(PART)

    def _source(self, told: dict[str, Any]) -> ArchivedSource:
        documents = [self._told(each) for each in told["documents"]]
        places = [Place(**{f.name: each[f.name] for f in dataclasses.fields(Place)}) for each in told["documents"]]
        known = {name: value for name, value in told.items() if name in _KNOWN}
        return ArchivedSource(ReportSource(documents=documents, **known), places)

    def _told(self, told: dict[str, Any]) -> FetchedDocument:
        """A document with what the metadata record says of it."""
        found = self.document(told["file"], told["offset"], record_id=told.get("record_id"))
        known = {name: told[name] for name in ("url", "name", "content_type") if name in told}
        return dataclasses.replace(found, **known)

    def _index(self) -> dict[str, dict[str, Any]]:
        if self._by_url is None:
            self._by_url = {}
            for path in segments(self.run):
                for record in records(path):
                    self._enter(self._name(path), record)
        return self._by_url

    def _enter(self, file: str, record: Record) -> None:
        assert self._by_url is not None
        if record.kind in ("response", "revisit"):
            self._by_url[record.url] = {"file": file, "offset": record.offset, "url": record.url}
        elif record.kind == "metadata":
            for told in json.loads(record.body)["documents"]:
                kept = {name: told[name] for name in ("file", "offset", "url", "name", "content_type")}
                self._by_url[told["url"]] = kept

    def _record(self, file: str, offset: int | None, record_id: str | None) -> Record:
        path = there(self.run / file)
        if offset is not None:
            record = record_at(path, offset)
            if record_id in (None, record.record_id):
                return record
            raise ArchiveDamaged(path, offset, f"{record.record_id} != {record_id}")
        for record in records(path) if path.exists() else ():
            if record.record_id == record_id:
                return record
        raise ArchiveDamaged(path, 0, f"没有记录 / no record {record_id}")

    def _fetched(self, record: Record) -> FetchedDocument:
        body = record.body
        if record.kind == "revisit":
            headers = record.headers
            offset = int(headers["WARC-Refers-To-File-Offset"])
            body = self._record(headers["WARC-Refers-To-Filename"], offset, headers["WARC-Refers-To"]).body
        http = record.http_headers
        content_type = next((value for name, value in http if name.lower() == "content-type"), None)
        date = record.headers.get("WARC-Date", "").replace("Z", "+00:00")
        return FetchedDocument(record.url, record.url, record.status, content_type, body, date, http)
