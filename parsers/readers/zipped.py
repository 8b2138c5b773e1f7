"""The members of a ZIP container, read one by one within bounds, and the XML of a member without entities.

``Package`` opens a container in memory: nothing is written, a member's name is a label and never a path. Errors are
``ParseError`` with the codes ``broken_document``, ``encrypted`` and ``too_large``.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from typing import Any

from lxml import etree

from parsers.source import ParseError

MAX_DIRECTORY = 1024 * 1024  # bytes of the list of members
MAX_MEMBER = 20 * 1024 * 1024
MAX_TOTAL = 64 * 1024 * 1024
MAX_RATIO, RATIO_MATTERS = 250, 4 * 1024 * 1024  # only what unpacks to much can be a bomb
MAX_XML = 16 * 1024 * 1024
_END, _END64 = b"PK\x05\x06", b"PK\x06\x07"
_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    IndexError,
)


class Package:
    """A ZIP container; what is read of it counts towards ``MAX_TOTAL``."""

    def __init__(self, body: bytes) -> None:
        _check_directory(body)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(body))
        except _ERRORS as error:
            raise broken("ZIP", error) from None
        entries = self._zip.infolist()
        self.members = {info.filename: info for info in entries if info.filename.rstrip("/") == info.filename != ""}
        self._left = MAX_TOTAL

    def read(self, name: str, limit: int = MAX_MEMBER) -> bytes:
        """The bytes of a member."""
        info = self.members.get(name)
        if info is None:
            raise broken("ZIP", f"no member {name!r}")
        if info.flag_bits & 1:
            raise ParseError("encrypted", "文件已加密,需要密码", "the file is encrypted")
        size = info.file_size
        if size > RATIO_MATTERS and size > MAX_RATIO * max(info.compress_size, 1):
            raise ParseError("too_large", "压缩比异常,疑为压缩炸弹", "the compression ratio is that of a zip bomb")
        limit = min(limit, self._left)
        try:
            with self._zip.open(info) as file:
                data = file.read(limit + 1)
        except RuntimeError as error:  # zipfile says so of what it has no password for
            raise broken("ZIP", error) from None
        except _ERRORS as error:
            raise broken("ZIP", error) from None
        if len(data) > limit:
            raise ParseError("too_large", f"解压后超过 {limit} 字节", f"a member unpacks to more than {limit} bytes")
        self._left -= len(data)
        return data

    def xml(self, name: str) -> Any:
        """The root element of an XML member; a part without DTD, as these formats demand."""
        return parse_xml(self.read(name, MAX_XML))


def parse_xml(data: bytes) -> Any:
    """The root of an XML text. No DTD is accepted, so that there is no entity to expand; depth and sizes are libxml2's
    own bounds."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise broken("XML", error) from None
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        raise broken("XML", "a DTD is not allowed here")
    return root


def broken(what: str, reason: object) -> ParseError:
    text = str(reason)[:200]
    return ParseError("broken_document", f"{what} 内容损坏,无法打开:{text}", f"broken {what}: {text}")


def _check_directory(body: bytes) -> None:
    """Refuse a container whose list of members alone would cost much memory."""
    end = body.rfind(_END, max(0, len(body) - 65557))
    if end < 0 or end + 22 > len(body):
        raise broken("ZIP", "the end of the file is missing")
    (size,) = struct.unpack_from("<I", body, end + 12)
    if size > MAX_DIRECTORY or body.startswith(_END64, max(0, end - 20)):
        raise ParseError("too_large", "压缩包内文件过多", "the container lists too many members")


def local(tag: Any) -> str:
    """The name of an element or attribute without its namespace.

    >>> local("{urn:x}p"), local("p")
    ('p', 'p')
    """
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(node: Any, name: str) -> str | None:
    """An attribute by its local name, in the element's namespace or in none."""
    tag = node.tag
    value: str | None = node.get(tag[: tag.rfind("}") + 1] + name)
    return node.get(name) if value is None else value
