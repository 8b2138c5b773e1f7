"""A file packed with gzip: unpacked within the size that any file may have, then read as what it is."""

from __future__ import annotations

import zlib

from parsers.document import Document
from parsers.readers import MAX_BYTES
from parsers.readers import read as read_file
from parsers.readers.zipped import broken
from parsers.source import ParseError, Source


def read(body: bytes) -> list[Document]:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        data = unpacker.decompress(body, MAX_BYTES + 1)
    except zlib.error as error:
        raise broken("GZIP", error) from None
    if len(data) > MAX_BYTES:
        raise ParseError("too_large", f"解压后超过 {MAX_BYTES} 字节", f"it unpacks to more than {MAX_BYTES} bytes")
    if not unpacker.eof:
        raise broken("GZIP", "the end of the file is missing")
    if data.startswith(b"\x1f\x8b"):
        raise ParseError("too_large", "压缩包嵌套过深", "containers are nested too deeply")
    return read_file(Source(data))
