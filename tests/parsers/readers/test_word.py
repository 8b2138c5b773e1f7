"""DOC, RTF and ODT go through LibreOffice: read whole where it is installed, named where it is not."""

from __future__ import annotations

import shutil
import socket
import threading
import zipfile
from pathlib import Path

import pytest

import parsers
from parsers.readers import ole, word
from tests.compose import office, truth
from tests.compose.report import Report, generate

needs_soffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
SEED = 3


@pytest.fixture(scope="session")
def report() -> Report:
    return generate(SEED, states=0.05)


@pytest.fixture(scope="session")
def converted(report: Report, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The report as DOC, RTF and ODT."""
    body = office.compose_docx(report)
    return {
        kind: office.convert(tmp_path_factory.mktemp(kind), {"report.docx": body}, kind)["report.docx"]
        for kind in ("doc", "rtf", "odt")
    }


@needs_soffice
@pytest.mark.parametrize("kind", ["doc", "rtf", "odt"])
def test_a_converted_report_is_read_whole(kind: str, report: Report, converted: dict[str, bytes]) -> None:
    record = parsers.parse_report(parsers.Source(converted[kind])).to_dict()
    result = truth.check(record, report)
    assert (result.silent, result.nulls) == ([], [])
    assert record["documents"][0]["kind"] == kind
    assert record["metadata"]["title"] == report.title


@needs_soffice
def test_without_the_program_the_package_is_named(converted: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(parsers.ParseError, match="needs_program") as caught:
        parsers.parse_report(parsers.Source(converted["doc"]))
    assert word.PACKAGE in caught.value.message_zh
    assert word.PACKAGE in caught.value.message_en


@needs_soffice
def test_nothing_that_a_document_names_is_fetched(tmp_path: Path) -> None:
    """Pictures and texts linked by address or path stay out, and nobody is asked for them."""
    secret = tmp_path / "secret.txt"
    secret.write_text("机密内容", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        asked: list[object] = []
        done = threading.Event()

        def listen() -> None:
            while not done.is_set():
                try:
                    connection, peer = server.accept()
                except TimeoutError:
                    continue
                asked.append(peer)
                connection.close()

        listener = threading.Thread(target=listen)
        listener.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.png"
        named = [("INCLUDEPICTURE", address), ("INCLUDETEXT", address), ("INCLUDETEXT", str(secret))]
        named.append(("INCLUDETEXT", secret.as_uri()))
        fields = "".join(rf'{{\field{{\*\fldinst {kind} "{name}"}}{{\fldrslt ?}}}}\par ' for kind, name in named)
        try:
            body = word.convert(rf"{{\rtf1\ansi {fields} plain}}".encode(), "rtf")
        finally:
            done.set()
            listener.join()
    (tmp_path / "result.docx").write_bytes(body)
    with zipfile.ZipFile(tmp_path / "result.docx") as package:
        assert all("机密内容".encode() not in package.read(name) for name in package.namelist())
    assert asked == []


@needs_soffice
def test_a_hanging_conversion_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "soffice"
    program.write_text("#!/bin/sh\nsleep 600\n")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(program))
    monkeypatch.setattr(word, "SECONDS", 1)
    with pytest.raises(parsers.ParseError, match="timeout"):
        word.convert(b"{\\rtf1}", "rtf")


def test_other_ole_files_are_named() -> None:
    sheet = office.compose_xls(generate(1))
    assert "Workbook" in ole.Compound(sheet).streams
    other = sheet.replace("Workbook".encode("utf-16-le"), "Unknown!".encode("utf-16-le"))
    with pytest.raises(parsers.ParseError, match="unsupported_format"):
        ole.read(other)


@pytest.mark.parametrize("at", [30, 44, 48, 60, 76, 512, 1024])
def test_a_broken_ole_file_has_a_clear_error(at: int) -> None:
    body = bytearray(office.compose_xls(generate(1)))
    body[at : at + 4] = b"\x05\xff\xff\x0f"
    assert outcome(bytes(body)) in ("read", "broken_document", "unsupported_format", "too_large")


def outcome(body: bytes) -> str:
    try:
        ole.read(body)
    except parsers.ParseError as error:
        return error.code
    return "read"
