"""A web page saved as one file (MHTML), as Word saves it too, often under the name .doc: its first HTML part is read."""

from __future__ import annotations

import base64
import binascii
import quopri
import re

from parsers.document import Document
from parsers.readers import html
from parsers.readers.encoding import decode
from parsers.source import ParseError

_BOUNDARY = re.compile(rb"""boundary\s{0,4}=\s{0,4}(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))""", re.I)
_HEAD = re.compile(rb"\r?\n[ \t]*\r?\n")
_HTML = re.compile(rb"^Content-Type:[ \t]*(text/html[^\r\n]{0,200}(?:\r?\n[ \t][^\r\n]{0,200}){0,5})", re.I | re.M)
_ENCODING = re.compile(rb"^Content-Transfer-Encoding:[ \t]*([A-Za-z0-9-]+)", re.I | re.M)
MAX_HEAD, MAX_PARTS = 8192, 200


def read(body: bytes) -> list[Document]:
    found = _BOUNDARY.search(body, 0, 16384)
    parts = body.split(b"--" + (found[1] or found[2]), MAX_PARTS)[1:] if found else []
    for part in parts:
        end = _HEAD.search(part, 0, MAX_HEAD)
        kind = _HTML.search(part, 0, end.start()) if end else None
        if end is None or kind is None:
            continue
        encoding = _ENCODING.search(part, 0, end.start())
        decoded = decode(
            _content(part[end.end() :], encoding[1].lower() if encoding else b""), kind[1].decode("ascii", "ignore")
        )
        document = html.read(decoded.text, decoded.encoding, decoded.text.encode("utf-8", "replace"))
        document.kind, document.charset, document.decode_errors = "mhtml", decoded.encoding, decoded.errors
        return [document]
    raise ParseError("broken_document", "MHTML 中没有网页", "no web page in the MHTML file")


def _content(data: bytes, encoding: bytes) -> bytes:
    if encoding == b"quoted-printable":
        return quopri.decodestring(data)
    if encoding == b"base64":
        try:
            return base64.b64decode(data)
        except (binascii.Error, ValueError):
            raise ParseError("broken_document", "MHTML 编码损坏", "the base64 of the MHTML file is broken") from None
    return data
