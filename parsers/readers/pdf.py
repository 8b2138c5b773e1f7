"""PDF files: ruled and unruled tables as grids, the text around them as paragraphs, pictures with their pages.

``read(body)`` gives one document of kind ``pdf``. What stands in it is what a reader of the page sees: hidden text
layers, page numbers and running headers are left out, tables and paragraphs that go over a page are put together.
Cells and paragraphs carry ``place``: ``page`` from 1 and ``box`` in points from the top left of the displayed page.
A page or a part of one that is only a picture is an ``Image`` block with its place, read by ``pdf_scans`` where the
extra ``ocr`` is installed; ``render_page`` gives its pixels.

Errors (``ParseError``): ``encrypted``, ``broken_document``, ``too_large`` (pages, objects, inflated size), ``empty``.
"""

from __future__ import annotations

import re
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from parsers.document import Block, Document, Image, Paragraph, Table
from parsers.readers import pdf_tables
from parsers.readers.pdf_flow import Item, Picture, Text, page_line, paragraphs, without_furniture
from parsers.readers.pdf_lines import box_of, lines
from parsers.readers.pdf_page import PageContent, Pixels, TooMuch, content, rendered
from parsers.readers.pdf_scans import with_scans
from parsers.readers.pdf_tables import PageTable
from parsers.readers.pdf_unruled import with_unruled_tables
from parsers.source import ParseError

MAX_PAGES = 200
MAX_INFLATED = 256 * 1024 * 1024
MAX_TEXT = 400_000  # characters of the whole file
_STREAM = re.compile(rb"stream\r?\n(?=[\x08\x18\x28\x38\x48\x58\x68\x78])")
_LOCK = threading.Lock()  # pdfium is not made for threads


def read(body: bytes) -> list[Document]:
    """The document in a PDF file. Raises ``ParseError``."""
    _refuse_bombs(body)
    with _LOCK, _opened(body) as pdf:
        try:
            pages = list(_pages(pdf))
        except TooMuch:
            raise _too_large("对象或文字过多", "too many objects or characters") from None
        except (pdfium.PdfiumError, RuntimeError, ValueError, IndexError) as error:
            raise _broken(error) from error
    return [with_scans(_document(pages), lambda number, scale: render_page(body, number, scale))]


def render_page(body: bytes, number: int, scale: float = 2.0) -> Pixels:
    """Page ``number`` (from 1) as displayed, in shades of grey, ``scale`` pixels a point: ``Pixels`` with ``width``,
    ``height``, ``stride`` and ``data``, so that ``numpy.frombuffer(p.data, "u1").reshape(p.height, p.stride)`` is the
    picture (columns beyond ``width`` are padding). The boxes of ``Image`` blocks times the real scale,
    ``p.width / page width``, are its pixels. Raises ``ParseError``."""
    with _LOCK, _opened(body) as pdf:
        if not 1 <= number <= len(pdf):
            raise ParseError("broken_document", f"没有第 {number} 页", f"there is no page {number}")
        try:
            page = pdf[number - 1]
            try:
                return rendered(page, scale)
            finally:
                page.close()
        except pdfium.PdfiumError as error:
            raise _broken(error) from error


# ----------------------------------------------------------------------------------------------------- opening


@contextmanager
def _opened(body: bytes) -> Iterator[pdfium.PdfDocument]:
    try:
        pdf = pdfium.PdfDocument(body)
    except pdfium.PdfiumError as error:
        if raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD:
            raise ParseError("encrypted", "PDF 已加密,需要密码", "the PDF is encrypted and wants a password") from error
        raise _broken(error) from error
    try:
        if len(pdf) == 0:
            raise ParseError("empty", "PDF 没有页面", "the PDF has no pages")
        if len(pdf) > MAX_PAGES:
            raise _too_large(f"超过 {MAX_PAGES} 页", f"more than {MAX_PAGES} pages")
        yield pdf
    finally:
        pdf.close()


def _broken(error: Exception) -> ParseError:
    return ParseError("broken_document", "PDF 已损坏,无法打开", f"the PDF is broken: {error}")


def _too_large(message_zh: str, message_en: str) -> ParseError:
    return ParseError("too_large", f"PDF 过大:{message_zh}", f"the PDF is too large: {message_en}")


def _refuse_bombs(body: bytes) -> None:
    """Inflate every stream that looks deflated, keeping nothing, and refuse the file when that gets out of hand."""
    left = MAX_INFLATED
    for found in _STREAM.finditer(body):
        inflater = zlib.decompressobj()
        data = body[found.end() : found.end() + 65536]
        position = found.end() + len(data)
        try:
            while data and not inflater.eof:
                left -= len(inflater.decompress(data, 1 << 20))
                if left < 0:
                    raise _too_large("解压后数据过多", "its streams inflate beyond the limit")
                data = inflater.unconsumed_tail
                if not data:
                    data = body[position : position + 65536]
                    position += len(data)
        except zlib.error:
            continue


# ------------------------------------------------------------------------------------------------------- pages


def _pages(pdf: pdfium.PdfDocument) -> Iterator[list[Item]]:
    """The items of each page from top to bottom."""
    budget = MAX_TEXT
    for index in range(len(pdf)):
        page = pdf[index]
        try:
            seen = content(page, index + 1)
        finally:
            page.close()
        budget -= len(seen.chars)
        if budget < 0:
            raise TooMuch
        yield _items(seen)


def _items(page: PageContent) -> list[Item]:
    tables, free = pdf_tables.ruled(page)
    items: list[Item] = [*tables, *(Picture(page, box) for box in page.pictures)]
    items += [page_line(line, page) for line in lines(char for char in free if not char.turned)]
    return sorted(items, key=_top)


def _top(item: Item) -> float:
    return item.box[1] if isinstance(item, PageTable | Picture) else item.middle


# ------------------------------------------------------------------------------------------------------ blocks


def _document(pages: list[list[Item]]) -> Document:
    document = Document([], kind="pdf")
    tables = 0
    for each in _joined_tables(paragraphs(with_unruled_tables(without_furniture(pages)))):
        if isinstance(each, PageTable):
            document.blocks.append(Table(each.grid(), tables))
            tables += 1
        else:
            document.blocks.append(_block(each, len(document.blocks)))
            if isinstance(each, Text) and each.title:
                document.headings.append(each.text)
    return document


def _block(each: Text | Picture, index: int) -> Block:
    if isinstance(each, Picture):
        return Image(f"#page={each.page.number}", place=each.page.place(each.box))
    first = each.lines[0].page
    chars = [char for line in each.lines if line.page is first for char in line.line.chars]
    return Paragraph(each.text, index, place=first.place(box_of(chars)))


def _joined_tables(flow: list[Text | PageTable | Picture]) -> Iterator[Text | PageTable | Picture]:
    """The flow with tables that go on on the next page as one."""
    last: PageTable | None = None
    for each in flow:
        if isinstance(each, PageTable):
            if last is not None and each.page.number == last.last + 1 and pdf_tables.continues(last, each):
                last = pdf_tables.continued(last, each)
                continue
            if last is not None:
                yield last
            last = each
            continue
        if last is not None:
            yield last
            last = None
        yield each
    if last is not None:
        yield last
