"""What every reader gives back: the blocks of a document in reading order, each with its place in the source.

``Paragraph`` is one line of text, ``Table`` a grid with its spans resolved, ``Image`` a picture that stands
in the flow. The matcher, the section splitter and the metadata reader work on these blocks alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from parsers.source import ParseError

Origin = dict[str, Any]
CUT = "cut"  # the doubt about the last cell of a document that ends within a table: not even a blank is sure

UNCOMPUTED = frozenset(["error_value", "formula_without_value"])  # doubts about cells of which a sheet prints no number


@dataclass(slots=True, eq=False)
class GridCell:
    """A cell where it begins; ``text`` keeps line breaks between its paragraphs, so digits never run together."""

    text: str
    row: int
    column: int
    rowspan: int = 1
    colspan: int = 1
    place: Origin | None = None  # where it stands, where that is more than table, row and column: page and box
    doubt: str | None = None  # why the reader is not sure of the text (``ocr``, ``struck``, ...): no number is taken


@dataclass(slots=True)
class Table:
    """A table of data: ``rows`` holds the cells that begin in each row, in document order."""

    rows: list[list[GridCell]]
    index: int
    caption: str = ""
    node: Any = None

    def line(self, row: int) -> str:
        return " ".join(" ".join([cell.text for cell in self.rows[row]]).split())


@dataclass(slots=True)
class Paragraph:
    """A line of text. ``start`` is its offset in the decoded text, or None where the source is no plain text."""

    text: str
    index: int
    start: int | None = None
    node: Any = None
    place: Origin | None = None  # page and box, where the source has pages
    cut: bool = False  # the document ends here in the middle of a number, or may do so


@dataclass(slots=True)
class Image:
    src: str
    alt: str = ""
    node: Any = None
    place: Origin | None = None  # page and box, where the source has pages


Block = Paragraph | Table | Image


@dataclass(slots=True)
class Document:
    """One file as read. ``metas`` are HTML metas by lower-case name; ``headings`` the texts of h1 and the like.

    ``member`` is its name inside the container it was packed in; ``error`` says why it has no blocks.
    """

    blocks: list[Block]
    number: int = 0
    kind: str = "text"
    url: str | None = None
    charset: str | None = None
    decode_errors: int = 0
    title: str | None = None
    metas: dict[str, str] = field(default_factory=dict)
    headings: list[str] = field(default_factory=list)
    attachments: list[tuple[str, str]] = field(default_factory=list)
    member: str | None = None
    error: ParseError | None = None

    def lines(self, start: int = 0, end: int | None = None) -> Iterator[str]:
        """The text of blocks ``start`` to ``end``: a paragraph is a line, a table row is a line."""
        yield from lines_of(self.blocks[start:end])


def lines_of(blocks: Iterable[Block]) -> list[str]:
    """The text of blocks without empty lines: a paragraph is a line, a table row is a line."""
    lines = []
    for block in blocks:
        if isinstance(block, Paragraph):
            if line := plain(block.text):
                lines.append(line)
        elif isinstance(block, Table):
            lines += [line for row in range(len(block.rows)) if (line := block.line(row))]
    return lines


def plain(text: str) -> str:
    """A line without the bars that text flattenings put between cells.

    >>> plain(' | 行政许可 | 12 ||')
    '行政许可 12'
    """
    return " ".join((text.replace("|", " ") if "|" in text else text).split())
