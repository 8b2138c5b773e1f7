"""Bytes to blocks. The content decides the type; the declared type and the name are not trusted.

``read(source)`` gives a ``Document`` or raises ``ParseError`` with one of the codes ``empty``, ``too_large``,
``unsupported_format`` and ``not_text``.
"""

from __future__ import annotations

import re

from parsers.document import Document
from parsers.readers import html, text
from parsers.readers.encoding import decode
from parsers.source import ParseError, Source

MAX_BYTES = 20 * 1024 * 1024
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|head|body|meta|table|div|span|p|br|td|tr|ul|a)\b[^>]{0,2000}>", re.I)
_SIGNATURES = (
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "ZIP, DOCX, XLSX"),
    (b"\xd0\xcf\x11\xe0", "DOC, WPS, XLS"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"Rar!", "RAR"),
    (b"\x1f\x8b", "GZIP"),
)


def read(source: Source, number: int = 0) -> Document:
    """The document in ``source``; ``number`` is its place among the files of one report."""
    body = source.body
    if not body.strip():
        raise ParseError("empty", "文件为空", "the file is empty")
    if len(body) > MAX_BYTES:
        raise ParseError("too_large", f"文件超过 {MAX_BYTES} 字节", f"the file is larger than {MAX_BYTES} bytes")
    for magic, name in _SIGNATURES:
        if body.startswith(magic):
            raise ParseError("unsupported_format", f"暂不支持的文件格式:{name}", f"file format not supported: {name}")
    if body.count(b"\0", 0, 4096) > 8 and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ParseError("not_text", "不是文本或网页", "neither text nor a web page")
    decoded = decode(body, source.content_type)
    if _MARKUP.search(body, 0, 65536):
        document = html.read(decoded.text, decoded.encoding, body)
    else:
        document = text.read(decoded.text)
    document.number = number
    document.url = source.url
    document.charset = decoded.encoding
    document.decode_errors = decoded.errors
    return document
