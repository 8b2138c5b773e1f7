"""A ZIP container: a DOCX, XLSX, ODS or ODT by its own declaration, else files packed together, each read as what it is.

A packed file that can't be read is a document with an ``error``: the others are not lost with it. Containers in
containers are read to a depth of two; names are shown, never used as paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from zipfile import ZipInfo

from parsers.document import Document
from parsers.readers import read as read_file
from parsers.readers.zipped import Package
from parsers.source import ParseError, Source

MAX_FILES = 100
MAX_DEPTH = 2
_DECLARED: tuple[tuple[bytes, str], ...] = (  # what [Content_Types].xml or mimetype says, the module that reads it
    (b"wordprocessingml.document.main", "docx"),
    (b"wordprocessingml.template.main", "docx"),
    (b"ms-word.document.macroEnabled.main", "docx"),
    (b"spreadsheetml.sheet.main", "xlsx"),
    (b"spreadsheetml.template.main", "xlsx"),
    (b"ms-excel.sheet.macroEnabled.main", "xlsx"),
    (b"opendocument.spreadsheet", "ods"),
    (b"opendocument.text", "word"),
)
_USUAL = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}  # where the declaration is lost
_NOT_READ = {
    "ppt/presentation.xml": "PPTX",
    "xl/workbook.bin": "XLSB",
    "OFD.xml": "OFD",
    "META-INF/manifest.xml": "OpenDocument",
}
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


def read(body: bytes) -> list[Document]:
    documents = _read(body, 1)
    if not documents:
        raise ParseError("empty", "压缩包内没有文件", "the container holds no file")
    if all(document.error for document in documents):
        raise documents[0].error or AssertionError
    return documents


def _read(body: bytes, depth: int) -> list[Document]:
    package = Package(body)
    if module := _office(package):
        documents: list[Document] = import_module(f"parsers.readers.{module}").read(body)
        return documents
    if depth > MAX_DEPTH:
        raise ParseError("too_large", "压缩包嵌套过深", "containers are nested too deeply")
    for name, kind in _NOT_READ.items():
        if name in package.members:
            raise ParseError("unsupported_format", f"暂不支持的文件格式:{kind}", f"file format not supported: {kind}")
    documents = []
    for name in _files(package):
        label = member_name(package.members[name])
        for document in _member(package, name, depth):
            document.member = label if document.member is None else f"{label}/{document.member}"
            documents.append(document)
    return documents


def _office(package: Package) -> str | None:
    """The module that reads the container as one office document; None for files packed together."""
    declared = b""
    for name in ("[Content_Types].xml", "mimetype"):
        if name in package.members:
            declared += package.read(name)
    found = [module for words, module in _DECLARED if words in declared]
    usual = [module for name, module in _USUAL.items() if name in package.members]
    return next(iter([*found, *usual]), None)


def _files(package: Package) -> Iterator[str]:
    names = [name for name in package.members if not any(litter in name for litter in _LITTER)]
    if len(names) > MAX_FILES:
        raise ParseError("too_large", f"压缩包内文件超过 {MAX_FILES} 个", f"more than {MAX_FILES} files are packed")
    yield from names


def _member(package: Package, name: str, depth: int) -> list[Document]:
    try:
        data = package.read(name)
        return _read(data, depth + 1) if data.startswith(b"PK\x03\x04") else read_file(Source(data))
    except ParseError as error:
        return [Document([], kind="unread", error=error)]


def member_name(info: ZipInfo) -> str:
    """The name of a packed file as people see it: names without the UTF-8 flag are GBK on most Chinese machines.

    >>> member_name(ZipInfo('年报.docx'.encode('gbk').decode('cp437')))
    '年报.docx'
    """
    name = info.filename
    if not info.flag_bits & 0x800:
        try:
            raw = name.encode("cp437")
        except UnicodeEncodeError:
            return name[-200:]
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return name[-200:]
