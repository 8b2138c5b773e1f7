"""ZIP, gzip and MHTML: what is packed is read as what it is, and bombs are refused."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import Any

import pytest

import parsers
from tests.compose import html, office, truth
from tests.compose.report import generate

ZEROS = b"0" * (8 * 1024 * 1024)


def parsed(body: bytes) -> dict[str, Any]:
    return parsers.parse_report(parsers.Source(body)).to_dict()


def error_of(body: bytes) -> str:
    with pytest.raises(parsers.ParseError) as caught:
        parsers.parse_report(parsers.Source(body))
    assert caught.value.message_zh
    assert caught.value.message_en
    return caught.value.code


@pytest.mark.parametrize("gbk", [False, True])
def test_packed_files_are_read_together_under_their_names(gbk: bool) -> None:
    report = generate(1)
    files = {"附件/年度报告.docx": office.compose_docx(report), "附件/表格.xls": office.compose_xls(report, apart=True)}
    record = parsed(office.packed(files, gbk=gbk))
    result = truth.check(record, report)
    assert (result.silent, result.nulls) == ([], [])
    assert [document["member"] for document in record["documents"]] == list(files)
    assert not [finding for finding in record["findings"] if finding["rule"] in ("ST12", "ST13")]


def test_a_packed_file_that_cannot_be_read_is_told_and_costs_the_others_nothing() -> None:
    report = generate(2)
    files = {"a.html": html.compose(report), "b.docx": office.compose_docx(report)[:9000], "c.bin": b"\0" * 5000}
    record = parsed(office.packed(files))
    result = truth.check(record, report)
    assert (result.silent, result.nulls) == ([], [])
    assert [document["error"] and document["error"]["code"] for document in record["documents"]] == [
        None,
        "broken_document",
        "not_text",
    ]
    assert [f["actual"] for f in record["findings"] if f["rule"] == "ST13"] == ["broken_document", "not_text"]


def test_a_name_with_a_path_is_a_name() -> None:
    report = generate(3)
    record = parsed(office.packed({"../../etc/cron.d/x.html": html.compose(report), "/etc/passwd": b"root"}))
    assert record["documents"][0]["member"] == "../../etc/cron.d/x.html"
    assert truth.check(record, report).silent == []


@pytest.mark.parametrize("wrong", ["a.pdf", "report.doc", "x", "表.html"])
def test_the_content_decides_and_not_the_name(wrong: str) -> None:
    report = generate(4)
    record = parsed(office.packed({wrong: office.compose_xlsx(report)}))
    assert record["documents"][0]["kind"] == "xlsx"
    assert truth.check(record, report).silent == []


def test_a_page_saved_by_word_as_doc_is_read_as_the_page_it_is() -> None:
    report = generate(5)
    for body, kind in ((html.compose(report, style="word"), "html"), (office.compose_mhtml(report), "mhtml")):
        record = parsed(body)
        assert record["documents"][0]["kind"] == kind
        result = truth.check(record, report)
        assert (result.silent, result.nulls) == ([], [])


def test_gzip_is_unpacked() -> None:
    report = generate(6)
    result = truth.check(parsed(gzip.compress(html.compose(report))), report)
    assert (result.silent, result.nulls) == ([], [])


def test_containers_are_read_two_deep() -> None:
    report = generate(7)
    body = office.packed({"内.zip": office.packed({"报告.docx": office.compose_docx(report)})})
    record = parsed(body)
    assert record["documents"][0]["member"] == "内.zip/报告.docx"
    assert truth.check(record, report).silent == []
    assert error_of(office.packed({"外.zip": body})) == "too_large"


def encrypted() -> bytes:
    body = bytearray(office.packed({"a.html": b"<html><body>x</body></html>"}))
    body[6] |= 1
    body[body.rfind(b"PK\x01\x02") + 8] |= 1
    return bytes(body)


def nameless() -> bytes:
    """A container whose list gives its one member no name."""
    body = bytearray(office.packed({"a": b"x"}))
    at = body.rfind(b"PK\x01\x02")
    body[at + 28], body[at + 30] = 0, 1
    return bytes(body)


def unfinished() -> bytes:
    return office.packed({"a.html": b"<p>x</p>" * 999})[:60]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (office.packed({"zeros.html": ZEROS}), "too_large"),
        (office.packed({f"{n}.html": b"x" for n in range(101)}), "too_large"),
        (office.packed({f"{n:0200}.html": b"x" for n in range(5000)}), "too_large"),
        (office.packed({"word/document.xml": b"<w>" + ZEROS * 3, "a": b""}), "too_large"),
        (gzip.compress(ZEROS * 4, mtime=0), "too_large"),
        (gzip.compress(gzip.compress(b"x" * 100, mtime=0), mtime=0), "too_large"),
        (gzip.compress(b"x" * 99999, mtime=0)[:50], "broken_document"),
        (office.packed({}), "empty"),
        (unfinished(), "broken_document"),
        (b"PK\x03\x04" + bytes(range(256)) * 9, "broken_document"),
        (encrypted(), "encrypted"),
        (nameless(), "empty"),
        (office.packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "x": b""}), "broken_document"),
        (office.packed({"OFD.xml": b"<x/>"}), "unsupported_format"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\n\nno page\n--x--", "broken_document"),
    ],
)
def test_hostile_and_broken_containers_have_a_clear_error(body: bytes, code: str) -> None:
    assert error_of(body) == code


def test_a_member_that_lies_about_its_size_is_not_believed() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.html", ZEROS * 3)
    body = bytearray(out.getvalue())
    at = body.rfind(b"PK\x01\x02")
    body[at + 24 : at + 28] = (100).to_bytes(4, "little")
    assert error_of(bytes(body)) in ("broken_document", "too_large")
