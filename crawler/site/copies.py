"""Inert copies of archived files, with an anchor at every cell: nothing of the portal's but its text and its grid.

``copy_of(body, content_type, wanted)`` gives a ``Copy``: the mark-up of its main part, and pictures. The mark-up is
written anew from a list of harmless elements; of attributes there are only spans and the anchors made here, so that no
script, handler, style, form, link or address of the portal is left. What is shown, by kind:

* a web page: all its elements, in its order, the cells of its tables with anchors; read as text where the cells came
  from running text;
* PDF: the pages that cells stand on, drawn, since only that shows what was printed, with a box on each cell;
* a picture: itself, with boxes;
* any other format: the tables and paragraphs as they were read.

``anchor(origin)`` is the fragment that leads from a cell to its place; the style sheet marks ``:target``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

from crawler.site.text import clean, masked
from parsers import readers
from parsers.document import Document, Image, Paragraph, Table
from parsers.readers.html_grid import grid, is_absent
from parsers.readers.html_look import Looks
from parsers.source import ParseError, Source

Origin = dict[str, Any]
_KEPT = frozenset([
    "p", "div", "table", "thead", "tbody", "tfoot", "caption", "tr", "td", "ul", "ol", "li", "dl", "dt", "dd",
    "blockquote", "pre", "b", "strong", "i", "em", "u", "s", "del", "sub", "sup", "br", "hr", "center", "section",
    "article",
])  # fmt: skip
_AS = {"th": "td", "h1": "div", "h2": "div", "h3": "div", "h4": "div", "h5": "div", "h6": "div", "strike": "s"}
_DROPPED = frozenset([
    "script", "style", "noscript", "template", "head", "select", "option", "button", "svg", "math", "iframe",
    "frame", "frameset", "object", "embed", "applet", "audio", "video", "canvas", "map", "link", "meta", "base",
    "title", "portal",
])  # fmt: skip
_VOID = frozenset(["br", "hr"])
_SPANS = ("colspan", "rowspan")
_NEEDS_PARENT = {
    "td": ("tr",),
    "li": ("ul", "ol"),
    "dt": ("dl",),
    "dd": ("dl",),
    "tr": ("table", "thead", "tbody", "tfoot"),
}
MOST_PAGES, MAX_DEPTH = 12, 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """A cell to be found in the copy: where it was read, and what."""

    origin: Origin
    raw: str | None


@dataclass(slots=True)
class Copy:
    """``markup`` is safe HTML; ``pictures`` are files to lie beside it; ``kind`` is page, text, pages or picture."""

    kind: str
    markup: str
    pictures: dict[str, bytes] = field(default_factory=dict)


def anchor(origin: Origin, first: int = 0) -> str | None:
    """The fragment of a cell in the copy of its file, whose first document has the number ``first``.

    >>> anchor({"document": 0, "table": 1, "row": 3, "column": 9}), anchor({"document": 2, "start": 7, "end": 9}, 2)
    ('d0t1r3c9', 'd0s7e9')
    """
    numbers = {
        key: origin[key] for key in ("document", "table", "row", "column", "block", "start", "end") if key in origin
    }
    if not all(isinstance(value, int) and value >= 0 for value in numbers.values()) or "document" not in numbers:
        return None
    name = f"d{numbers['document'] - first}"
    if {"table", "row", "column"} <= numbers.keys():
        return f"{name}t{numbers['table']}r{numbers['row']}c{numbers['column']}"
    if {"start", "end"} <= numbers.keys():
        block = f"b{numbers['block']}" if "block" in numbers else ""
        return f"{name}{block}s{numbers['start']}e{numbers['end']}"
    return None


def copy_of(body: bytes, content_type: str | None, wanted: Iterable[Wanted], name: str, *, first: int = 0) -> Copy:
    """The copy of one file; ``name`` begins the names of its pictures. Raises ``ParseError`` if nobody can read it."""
    from crawler.site import pictures

    cells = list(wanted)
    boxed = [cell for cell in cells if "box" in cell.origin and "page" in cell.origin]
    if boxed and (made := pictures.boxes_on(body, boxed, name, first)) is not None:
        return made
    documents = readers.read(Source(body, None, content_type))
    in_text = any("table" not in cell.origin for cell in cells)
    if len(documents) == 1 and documents[0].kind == "html" and not in_text:
        return Copy("page", _page(documents[0]))
    return Copy("text", "".join(_as_read(documents, cells, first)))


# ------------------------------------------------------------------------------------------------ web pages


def _page(document: Document) -> str:
    """The page and, where a script held its article, that article, from the trees that the reader walked."""
    anchors: dict[Any, str] = {}
    roots: dict[Any, Looks] = {}
    for block in document.blocks:
        if (node := block.node) is None:
            continue
        if (root := node.getroottree().getroot()) not in roots:
            roots[root] = Looks(root, root.iter("style"))
        if isinstance(block, Table):
            anchors.update(_cells(node, roots[root], f"d0t{block.index}"))
    writer = _Writer(anchors)
    for root in roots:
        body = root.find("body")
        writer.element(root if body is None else body, "div", 0)
    return "".join(writer.out)


def _cells(table: Any, looks: Looks, prefix: str) -> list[tuple[Any, str]]:
    """Each cell with its anchor. Rows and columns are the reader's own: it reads the table once more, with the numbers
    of the cells in place of what is in them, which is put back afterwards."""
    cells = list(table.iter("td", "th"))
    held = [(cell.text, list(cell), cell.get("style")) for cell in cells]
    for number, cell in enumerate(cells):
        for child in list(cell):
            cell.remove(child)
        cell.text = str(number)
        if not is_absent(cell):
            cell.attrib.pop("style", None)
    rows = grid(table, looks)
    for cell, (text, children, style) in zip(cells, held, strict=True):
        cell.text = text
        cell.extend(children)
        if style is not None:
            cell.set("style", style)
    found = [cell for row in rows for cell in row if cell.text.isdigit()]
    return [(cells[int(cell.text)], f"{prefix}r{cell.row}c{cell.column}") for cell in found]


class _Writer:
    """Writes elements anew; ``said`` is the text before, since a label and the name of a person may stand apart."""

    def __init__(self, anchors: dict[Any, str]) -> None:
        self.anchors = anchors
        self.out: list[str] = []
        self.said = ""

    def element(self, node: Any, parent: str, depth: int) -> None:
        """An element and what is in it, without the text after it."""
        tag = node.tag.lower() if isinstance(node.tag, str) else "script"
        if tag in _DROPPED or is_absent(node):
            return
        if tag == "img":
            self.out.append(_picture(node.get("alt") or ""))
        elif tag in ("input", "textarea"):
            if node.get("type") != "hidden":
                self.text(node.get("value") or node.text or "")
        elif (known := _known(tag, parent)) is None or depth > MAX_DEPTH:
            self.inside(node, parent, depth)
        elif known in _VOID:
            self.out.append(f"<{known}>")
        else:
            self.out.append(f"<{known}{self.attributes(node, tag)}>")
            self.inside(node, known, depth)
            self.out.append(f"</{known}>")

    def attributes(self, node: Any, tag: str) -> str:
        out = f' id="{name}"' if (name := self.anchors.get(node)) else ""
        if tag in ("td", "th"):
            spans = ((key, _span(node.get(key))) for key in _SPANS)
            out += "".join(f' {key}="{span}"' for key, span in spans if span > 1)
        if tag in _AS:
            out += f' class="{"head" if tag == "th" else "heading"}"'
        return out

    def inside(self, node: Any, parent: str, depth: int) -> None:
        self.text(node.text)
        for child in node:
            self.element(child, parent, depth + 1)
            self.text(child.tail)

    def text(self, text: str | None) -> None:
        """Text with its white space folded, since pages are full of it."""
        if not text:
            return
        if text.isspace():
            self.out.append("\n" if "\n" in text else " ")
            return
        bare = clean(" ".join(text.split()))
        lead, tail = " " if text[0].isspace() else "", " " if text[-1].isspace() else ""
        self.out.append(lead + escape(masked(bare, self.said), quote=False) + tail)
        self.said = bare


def _known(tag: str, parent: str) -> str | None:
    """The element that stands for ``tag`` in the copy; None for one that leaves only what is in it."""
    known = _AS.get(tag, tag)
    if parent not in _NEEDS_PARENT.get(known, (parent,)):
        return "div"
    return known if known in _KEPT else None


def _span(value: str | None) -> int:
    return min(int(value), 100) if value and value.isascii() and value.isdigit() and len(value) < 5 else 1


def _picture(alt: str) -> str:
    alt = clean(" ".join(alt.split()))[:200]
    return f'<span class="picture">[图片未显示 / picture not shown{": " + escape(alt) if alt else ""}]</span>'


# ------------------------------------------------------------------------------------------------ as read


def _as_read(documents: list[Document], wanted: list[Wanted], first: int) -> Iterator[str]:
    """Paragraphs and tables of each document in the reader's order."""
    for number, document in enumerate(documents):
        if len(documents) > 1:
            yield f'<h2 class="member">{escape(clean(document.member or str(number + 1)))}</h2>'
        mine = [cell for cell in wanted if cell.origin.get("document") == number + first]
        for block in document.blocks:
            if isinstance(block, Table):
                yield from _grid(block, f"d{number}t{block.index}")
            elif isinstance(block, Image):
                yield f"<p>{_picture(block.alt)}</p>"
            else:
                yield f"<p>{_marked(block, mine, first)}</p>"


def _grid(table: Table, prefix: str) -> Iterator[str]:
    said = ""
    yield "<table>"
    for row in table.rows:
        yield "<tr>"
        for cell in row:
            spans = "".join(
                f' {key}="{min(span, 100)}"'
                for key, span in zip(_SPANS, (cell.colspan, cell.rowspan), strict=True)
                if span > 1
            )
            text = "<br>".join(_plain(line, said) for line in cell.text.split("\n"))
            said = cell.text
            yield f'<td id="{prefix}r{cell.row}c{cell.column}"{spans}>{text}</td>'
        yield "</tr>"
    yield "</table>"


def _marked(block: Paragraph, wanted: list[Wanted], first: int) -> str:
    """A paragraph with the cells that were read in it; one whose text is not where it was is marked as a whole."""
    text, at, out, whole = block.text, 0, [], []
    for start, end, cell in sorted(_spans(block, wanted), key=lambda span: span[:2]):
        name = anchor(cell.origin, first)
        if name is None:
            continue
        if start < at or end > len(text) or text[start:end].strip() != (cell.raw or "").strip():
            whole.append(f'<a id="{name}"></a>')
            continue
        out += [_plain(text[at:start]), f'<mark id="{name}">{_plain(text[start:end])}</mark>']
        at = end
    return "".join([*whole, *out, _plain(text[at:])])


def _spans(block: Paragraph, wanted: list[Wanted]) -> Iterator[tuple[int, int, Wanted]]:
    """The wanted cells of a paragraph, by where they stand in its text."""
    for cell in wanted:
        start, end = cell.origin.get("start"), cell.origin.get("end")
        if not isinstance(start, int) or not isinstance(end, int):
            continue
        if "block" in cell.origin:
            if cell.origin["block"] == block.index:
                yield start, end, cell
        elif block.start is not None and block.start <= start < block.start + len(block.text) + 1:
            yield start - block.start, end - block.start, cell


def _plain(text: str, said: str = "") -> str:
    return escape(masked(clean(text), said), quote=False)


__all__ = ["Copy", "ParseError", "Wanted", "anchor", "copy_of"]
