"""The archive of a run: every response that a report was built from, as WARC 1.1.

Segments ``archive/00001.warc.gz``, ``00002`` … lie in the run's directory, each record a gzip member of its own, so
that any WARC tool reads them and a record can be read by its offset. For each ``ReportSource`` there are, in this order
and written at once:

* a ``response`` record for each document, or a ``revisit`` record (identical payload digest) when the run has stored
  the same bytes already; it names the earlier record by id, address, date, file and offset;
* a ``metadata`` record (JSON) with what only the crawl knew: portal, list page, link title, addresses asked for, and
  where the documents lie. It refers to the first document.

So the archive alone is enough to parse everything again: ``RunArchive.sources()`` gives back what the spider yielded.
"""

from __future__ import annotations

from crawler.archive.reader import ArchivedSource, RunArchive
from crawler.archive.records import ArchiveDamaged, Place
from crawler.archive.writer import ArchiveWriter

__all__ = ["ArchiveDamaged", "ArchiveWriter", "ArchivedSource", "Place", "RunArchive"]
