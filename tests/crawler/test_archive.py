"""The archive of a run: standard WARC 1.1 that gives back, byte for byte, what the spider yielded."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from crawler.archive import ArchiveDamaged, ArchivedSource, ArchiveWriter, RunArchive
from crawler.archive.records import records
from crawler.archive.writer import segments
from crawler.items import FetchedDocument, ReportSource
from crawler.reparse import Stock
from crawler.run import claim

BIG = 1 << 30


def document(url: str, body: bytes, content_type: str | None = "text/html; charset=gbk") -> FetchedDocument:
    headers = [("Content-Type", content_type)] if content_type else []
    headers += [("Last-Modified", "Mon, 20 Jan 2025 01:00:00 GMT")]
    return FetchedDocument(
        f"{url}?asked", url, 200, content_type, body, "2025-02-01T08:00:00+00:00", headers, "年报.doc"
    )


def source(number: int, *bodies: bytes) -> ReportSource:
    page = f"http://www.a.gov.cn/{number}"
    documents = [document(f"{page}/{n}", body) for n, body in enumerate(bodies)]
    return ReportSource("370323", "370323", documents, "沂源县2024年年报", "2025-01-20", "http://www.a.gov.cn/nb/")


def write(run: Path, *sources: ReportSource, segment_bytes: int = BIG) -> list[ArchivedSource]:
    writer = ArchiveWriter(run, segment_bytes=segment_bytes, software="tests")
    written = [ArchivedSource(each, writer.write(each)) for each in sources]
    writer.close()
    return written


def same(found: ReportSource, given: ReportSource) -> bool:
    """Equal but for headers of the transfer, which the archive writes anew."""

    def bare(each: ReportSource) -> ReportSource:
        return dataclasses.replace(each, documents=[dataclasses.replace(d, headers=[]) for d in each.documents])

    return bare(found) == bare(given)


def test_sources_come_back_as_they_were_from_running_and_published_runs(tmp_path: Path) -> None:
    run = claim(tmp_path, "one")
    given = [source(1, "甲".encode("gbk"), b"PK\x03\x04"), source(2, b"")]
    written = write(run.path, *given)
    for _ in range(2):
        found = list(RunArchive(run.path).sources())
        assert all(same(f.source, g) for f, g in zip(found, given, strict=True))
        assert [f.places for f in found] == [w.places for w in written]
        assert ("Last-Modified", "Mon, 20 Jan 2025 01:00:00 GMT") in found[0].source.documents[0].headers
        if not (run.path / "manifest.json").exists():
            run.publish({})
    assert [path.name for path in segments(run.path)] == ["00001.warc.gz"]


def test_other_tools_read_it_and_find_every_digest_right(tmp_path: Path) -> None:
    run = claim(tmp_path, "one")
    (first, *_) = write(run.path, source(1, b"page", b"file"), source(2, b"page"), segment_bytes=BIG)
    run.publish({})
    file = run.path / first.places[0].file
    check = [sys.executable, "-m", "warcio.cli", "check", "-v", str(file)]
    done = subprocess.run(check, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("digest pass") >= 4
    with file.open("rb") as stream:
        found = [(r.rec_type, r.rec_headers.get_header("WARC-Target-URI")) for r in ArchiveIterator(stream)]
    pages = [f"http://www.a.gov.cn/{name}" for name in ("1/0", "1/1", "2/0")]
    kinds = ["response", "response", "metadata", "revisit", "metadata"]
    assert found == [("warcinfo", None), *zip(kinds, [*pages[:2], pages[0], pages[2], pages[2]], strict=True)]
    assert file.read_bytes()[:2] == b"\x1f\x8b"


def test_the_same_bytes_are_stored_once_and_a_revisit_tells_where(tmp_path: Path) -> None:
    body = bytes(range(256)) * 400
    first, again, other = write(tmp_path, source(1, body), source(2, body), source(3, body + b"!"), segment_bytes=1)
    assert [path.name for path in segments(tmp_path)] == [f"0000{n}.warc.gz.part" for n in (1, 2, 3)]
    archive = RunArchive(tmp_path)
    place = again.places[0]
    assert archive.document(place.file, place.offset).body == body
    assert place.length < first.places[0].length
    (revisit,) = [r for r in records(tmp_path / (place.file + ".part")) if r.kind == "revisit"]
    assert revisit.headers["WARC-Refers-To"] == first.places[0].record_id
    assert revisit.headers["WARC-Refers-To-Target-URI"] == "http://www.a.gov.cn/1/0"
    assert revisit.headers["WARC-Refers-To-Date"] == "2025-02-01T08:00:00Z"
    assert revisit.headers["WARC-Profile"].endswith("1.1/revisit/identical-payload-digest")
    assert archive.document(other.places[0].file, other.places[0].offset).body == body + b"!"


def test_a_document_is_found_by_record_id_and_by_either_address(tmp_path: Path) -> None:
    written = write(tmp_path, source(1, b"one"), source(2, b"two"))
    archive = RunArchive(tmp_path)
    place = written[1].places[0]
    assert archive.document(place.file, record_id=place.record_id).body == b"two"
    for url in ("http://www.a.gov.cn/2/0", "http://www.a.gov.cn/2/0?asked"):
        found = archive.find(url)
        assert found is not None
        assert (found.body, found.content_type, found.final_url) == (
            b"two",
            "text/html; charset=gbk",
            "http://www.a.gov.cn/2/0",
        )
    assert archive.find("http://www.a.gov.cn/3") is None
    assert "http://www.a.gov.cn/3" not in archive
    with pytest.raises(ArchiveDamaged, match="!="):
        archive.document(place.file, place.offset, record_id="<urn:uuid:other>")
    with pytest.raises(ArchiveDamaged):
        archive.document(place.file, place.offset + 1)
    with pytest.raises(ArchiveDamaged):
        archive.document("archive/00009.warc.gz", 0)


@settings(max_examples=40, deadline=None)
@given(cut=st.floats(0, 1, exclude_max=True))
def test_a_torn_end_costs_only_what_was_not_whole_and_the_next_writer_goes_on(
    tmp_path_factory: pytest.TempPathFactory, cut: float
) -> None:
    run = tmp_path_factory.mktemp("run")
    given = [source(n, bytes([n]) * 3000, b"file %d" % n) for n in range(4)]
    write(run, *given)
    (path,) = segments(run)
    size = int(path.stat().st_size * cut)
    ends = [record.offset + record.length for record in records(path) if record.kind == "metadata"]
    with path.open("r+b") as file:
        file.truncate(size)
    whole = sum(end <= size for end in ends)
    assert len(list(RunArchive(run).sources())) == whole
    write(run, *given[whole:])
    found = list(RunArchive(run).sources())
    assert all(same(f.source, g) for f, g in zip(found, given, strict=True))
    for segment in segments(run):
        last = list(records(segment))[-1:]
        assert sum(record.offset + record.length for record in last) == segment.stat().st_size


def test_damage_before_the_end_is_no_end(tmp_path: Path) -> None:
    write(tmp_path, *(source(n, bytes([n]) * 3000) for n in range(3)))
    (path,) = segments(tmp_path)
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 0xFF
    path.write_bytes(body)
    with pytest.raises(ArchiveDamaged, match=str(path)):
        list(RunArchive(tmp_path).sources())


def test_a_full_disk_leaves_no_half_record(tmp_path: Path) -> None:
    """The limit on the size of a file stands in for the disk."""
    program = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from tests.crawler.test_archive import source, BIG; from crawler.archive import ArchiveWriter\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
        "import random; writer = ArchiveWriter(Path(sys.argv[1]), segment_bytes=BIG, software='tests')\n"
        "writer.write(source(1, random.randbytes(2000)))\n"
        "try: writer.write(source(2, random.randbytes(20000)))\n"
        "except OSError: pass\n"
        "else: sys.exit('no error')\n"
        "writer.write(source(3, random.randbytes(2000))); writer.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, timeout=60)
    assert done.returncode == 0
    assert [found.source.documents[0].final_url[-3:] for found in RunArchive(tmp_path).sources()] == ["1/0", "3/0"]


@pytest.mark.parametrize("harm", ["flipped", "cut out", "zeroed", "torn", "shorter", "gone"])
def test_damage_is_told_once_and_what_lies_behind_it_is_read(tmp_path: Path, harm: str) -> None:
    """Three reports in one file, a fourth in another; the second is hurt, or the end of the file."""
    run = claim(tmp_path, "one")
    first = write(run.path, source(1, b"a" * 500), source(2, b"b" * 500), source(3, b"c" * 500))
    write(run.path, source(4, b"d" * 500))
    run.publish({})
    path = run.path / first[0].places[0].file
    whole = path.read_bytes()
    second, third = first[1].places[0], first[2].places[0]
    at, begin = second.offset + second.length // 2, second.offset
    hurt = {
        "flipped": whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :],
        "cut out": whole[: at - 20] + whole[at + 20 :],
        "zeroed": whole[:begin] + bytes(third.offset - begin) + whole[third.offset :],
        "torn": whole[:-30],
        "shorter": whole[: third.offset],
    }
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(hurt[harm])
    stock = Stock()
    stock.add(run.path)
    (told,) = stock.damaged
    assert str(path) in told
    sources, unread = [], 0
    for kept in stock.portals["370323"].values():
        try:
            sources.append(kept.read().source.documents[0].body[:1])
        except ArchiveDamaged:  # its response is broken, or no longer where it was
            unread += 1
    expected = {
        "flipped": (b"acd", 1),
        "cut out": (b"ad", 2),
        "zeroed": (b"acd", 0),
        "torn": (b"abd", 0),
        "shorter": (b"abd", 0),
        "gone": (b"d", 0),
    }
    assert (b"".join(sources), unread) == expected[harm]
