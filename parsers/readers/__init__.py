"""Bytes to blocks. The content decides the type; the declared type and the name are not trusted.

``read(source)`` gives the documents in a file, one but for a ZIP of several, or raises ``ParseError`` with one of
the codes ``empty``, ``too_large``, ``not_text``, ``unsupported_format`` (nobody reads it), ``broken_document`` (it
can't be opened), ``encrypted``, ``needs_extra`` and ``needs_program`` (the message names what to install).

A reader of binary files is a module with ``read(body: bytes) -> list[Document]``, imported when a file of its kind
comes; it sets the blocks of each document and leaves number, address and the rest to this module.
"""

from __future__ import annotations

import re
from importlib import import_module

from parsers.document import Document
from parsers.readers import html, mhtml, text
from parsers.readers.encoding import decode
from parsers.source import ParseError, Source

MAX_BYTES = 20 * 1024 * 1024
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|head|body|meta|table|div|span|p|br|td|tr|ul|a)\b[^>]{0,2000}>", re.I)
_MHTML = re.compile(
    rb"(?:[A-Za-z-]{1,40}:[^\n]{0,1000}\n(?:[ \t][^\n]{0,1000}\n)*){0,20}?Content-Type:[ \t]*multipart/", re.I
)
_Magic = bytes | re.Pattern[bytes]
_SIGNATURES: tuple[tuple[_Magic, str, str | None], ...] = (  # first bytes, what it is, the module that reads it
    (b"%PDF-", "PDF", "pdf"),
    (b"PK\x03\x04", "ZIP, DOCX, XLSX, ODS, ODT", "archive"),
    (b"PK\x05\x06", "ZIP", "archive"),
    (b"\xd0\xcf\x11\xe0", "DOC, WPS, XLS, ET", "ole"),
    (b"{\\rtf", "RTF", "word"),
    (b"\x89PNG", "PNG", "image"),
    (b"\xff\xd8\xff", "JPEG", "image"),
    (b"GIF8", "GIF", "image"),
    (b"II*\x00", "TIFF", "image"),
    (b"MM\x00*", "TIFF", "image"),
    (re.compile(rb"RIFF.{4}WEBP", re.S), "WEBP", "image"),
    (re.compile(rb"BM.{4}\0{4}", re.S), "BMP", "image"),
    (b"Rar!", "RAR", None),
    (b"\x1f\x8b", "GZIP", "gzipped"),
)
_LATE_PDF = re.compile(rb"%PDF-[12]\.\d")  # some servers put a header or blank lines before it


def formats() -> list[str]:
    """The names of the formats that are read."""
    names = [
        "HTML",
        "MHTML",
        "TXT",
        *(name for _, names, module in _SIGNATURES if module for name in names.split(", ")),
    ]
    return list(dict.fromkeys(names))


def read(source: Source) -> list[Document]:
    """The documents in ``source``, numbered by the caller."""
    body = source.body
    if not body or body.isspace():
        raise ParseError("empty", "文件为空", "the file is empty")
    if len(body) > MAX_BYTES:
        raise ParseError("too_large", f"文件超过 {MAX_BYTES} 字节", f"the file is larger than {MAX_BYTES} bytes")
    documents = _read_binary(body) or [_read_text(source)]
    for document in documents:
        document.url = source.url
    return documents


def _read_binary(body: bytes) -> list[Document]:
    if _MHTML.match(body, 0, 16384):
        return mhtml.read(body)
    for magic, name, module in _SIGNATURES:
        if not (body.startswith(magic) if isinstance(magic, bytes) else magic.match(body)):
            continue
        if module is None:
            raise ParseError("unsupported_format", f"暂不支持的文件格式:{name}", f"file format not supported: {name}")
        documents: list[Document] = import_module(f"parsers.readers.{module}").read(body)
        return documents
    late = _LATE_PDF.search(body, 0, 1024)
    if late and not _MARKUP.search(body, 0, late.start()):
        return _read_binary(body[late.start() :])
    return []


def _read_text(source: Source) -> Document:
    body = source.body
    if body.count(b"\0", 0, 4096) > 8 and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ParseError("not_text", "不是文本或网页", "neither text nor a web page")
    decoded = decode(body, source.content_type)
    markup = _MARKUP.search(body, 0, 65536)
    document = html.read(decoded.text, decoded.encoding, body) if markup else text.read(decoded.text)
    document.charset = decoded.encoding
    document.decode_errors = decoded.errors
    return document
