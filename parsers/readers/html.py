"""A web page as blocks: one walk over lxml's tree, grids built from the cells themselves.

A table that holds other tables, or long running text, only lays the page out: it is walked through like a
``div``. Scripts, styles and form controls are skipped, hidden cells count as absent. A page without a table whose
script holds its article, as a string of HTML in JSON (``"content":"\\u003cp\\u003e…"``), is read with that article.
"""

from __future__ import annotations

import re
from itertools import islice
from json import JSONDecoder
from typing import Any

from lxml import etree

from parsers.document import CUT, Document, GridCell, Image, Paragraph, Table

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
        "ucapcontent",
        "ucaptitle",
    ]
)
_SKIPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "head",
        "select",
        "option",
        "textarea",
        "button",
        "svg",
        "iframe",
        "object",
        "embed",
        "rt",
        "rp",
    ]
)
_HEADINGS = frozenset(["h1", "h2", "h3", "ucaptitle"])
_BREAKS = frozenset(["br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4"])
_CELLS = frozenset(["td", "th"])
_PLAIN = frozenset(["a", "span", "font", "b", "strong", "i", "em", "u", "o:p", "label", "small", "big"])
_STRUCK, _RAISED = frozenset(["del", "s", "strike"]), frozenset(["sub", "sup"])
_APART = _BREAKS | _STRUCK | _RAISED  # digits of these never join those beside them
_SPECIAL = (*(_APART - {"p", "div", "tr"}), "img", "input", *_SKIPPED)  # cells with one of these are no single line
_STYLES = etree.XPath(".//@style", smart_strings=False)
_ANY_HIDDEN = etree.XPath("boolean(.//@hidden)")
_HIDDEN = re.compile(r"display\s*:\s*none", re.I)
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:font-size|opacity)\s*:\s*0+(?:\.0*)?\s*(?![\d.])"
    r"|(?:left|top|text-indent)\s*:\s*-\d{3}",
    re.I,
)
_RAISED_STYLE = re.compile(r"vertical-align\s*:\s*(?:super|sub\b|text-top)", re.I)
_LINE_THROUGH = re.compile(r"text-decoration[^;]{0,40}line-through", re.I)
_DIGIT = re.compile(r"\d")
_FILES = re.compile(r"\.(?:pdf|docx?|wps|xlsx?|et|ods|zip|rar)(?:$|[?#])|download", re.I)
_CONTENT = re.compile(r'"(?:content|htmlContent|contentHtml)"\s{0,9}:\s{0,9}"')
_strings = JSONDecoder(strict=False)  # line breaks stand in strings of some
_MARKUP = re.compile(r"<(?:p|div|table|span|section)[\s>]", re.I)
MAX_STRINGS, LEAST_ARTICLE = 50, 200  # strings of a script's JSON that are looked at; characters of an article
_PAGES = (".html", ".htm", ".shtml", "/", "#")  # most links: no file's name ends so
MAX_DEPTH, MAX_ROWS, MAX_CELLS, MAX_SPAN = 220, 2000, 20000, 100
MAX_COLUMNS = 300
LAYOUT_TEXT = 400  # no label or note of a form is that long


def read(text: str, encoding: str, body: bytes) -> Document:
    """The blocks of a page; ``body`` is parsed as it is where it was UTF-8, else re-encoded from ``text``."""
    raw = body if encoding == "utf-8" else text.encode("utf-8", "replace")
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    root = etree.fromstring(raw.replace(b"\0", b""), parser)
    document = Document([], kind="html")
    if root is None:
        return document
    for meta in root.iter("meta"):
        name, content = meta.get("name") or meta.get("Name"), meta.get("content")
        if name and content:
            document.metas.setdefault(name.strip().lower(), content.strip())
    title = root.find(".//title")
    if title is not None and title.text:
        document.title = " ".join(title.text.split())
    start = root.find("body")
    walk = _Walk(document)
    body_node = root if start is None else start
    walk.visit(body_node, 0)
    walk.flush(body_node)
    if _ends_in_table(raw):
        _doubt_last_cell(document)
    if not walk.tables and (article := _scripted_article(root, document)) is not None:
        walk.visit(article, 0)
        walk.flush(article)
    return document


def _scripted_article(root: Any, document: Document) -> Any | None:
    """The article of a page whose script writes it: the one HTML in a string of its scripts' JSON, if that says more
    than all that the page itself shows. Two such strings are two articles, and neither is taken."""
    held: set[str] = set()
    for script in root.iter("script"):
        for match in islice(_CONTENT.finditer(text := script.text or ""), MAX_STRINGS):
            try:
                value = _strings.raw_decode(text, match.end() - 1)[0]
            except ValueError:  # an escape that is none, or no end
                continue
            if len(value) >= LEAST_ARTICLE and _MARKUP.search(value):
                held.add(value)
    if len(held) != 1:
        return None
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    tree = etree.fromstring(held.pop().replace("\0", "").encode("utf-8", "replace"), parser)
    body = None if tree is None else tree.find("body")
    shown = sum(len(block.text) for block in document.blocks if isinstance(block, Paragraph))
    text = "" if body is None else "".join(map(str, body.itertext()))
    return body if len(text.strip()) > shown else None


def _ends_in_table(page: bytes) -> bool:
    """Whether a page was cut within a table: it opens one and closes neither it nor the page."""
    opened = max(page.rfind(b"<table"), page.rfind(b"<TABLE"))
    if opened < 0:
        return False
    return not any(
        page.find(end, opened) >= 0 for end in (b"</table", b"</TABLE", b"</body", b"</BODY", b"</html", b"</HTML")
    )


def _doubt_last_cell(document: Document) -> None:
    table = next((block for block in reversed(document.blocks) if isinstance(block, Table)), None)
    if table is not None and (row := next((row for row in reversed(table.rows) if row), None)):
        row[-1].doubt = CUT


class _Walk:
    """One pass over the tree; ``pending`` holds the text of the paragraph under way."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.blocks = document.blocks
        self.pending: list[str] = []
        self.tables = 0

    def flush(self, node: Any) -> None:
        pending = self.pending
        text = " ".join((pending[0] if len(pending) == 1 else "".join(pending)).split())
        pending.clear()
        if text:
            self.blocks.append(Paragraph(text, len(self.blocks), None, node))

    def visit(self, node: Any, depth: int) -> None:
        """What stands in ``node``: its own text, then its children, each with the text after it."""
        pending = self.pending
        if depth > MAX_DEPTH:
            pending.extend(node.itertext())
            return
        if (text := node.text) and (pending or not text.isspace()):
            pending.append(text)
        for child in node:
            tag = child.tag
            if tag in _PLAIN:
                if tag == "a" and not (href := child.get("href") or "").endswith(_PAGES) and _FILES.search(href):
                    self.document.attachments.append((href, "".join(child.itertext()).strip()))
                if len(child):
                    self.visit(child, depth + 1)
                elif text := child.text:
                    pending.append(text)
            elif tag not in _SKIPPED:
                self.block(child, tag, node, depth)
            if (text := child.tail) and (pending or not text.isspace()):
                pending.append(text)

    def block(self, node: Any, tag: str, parent: Any, depth: int) -> None:
        """An element that is no plain part of a line: a block, a break, a picture, a table."""
        if tag in _BLOCKS:
            if self.pending:
                self.flush(parent)
            if tag == "table" and self.table(node):
                return
            if len(node) or tag in _HEADINGS:
                self.visit(node, depth + 1)
            elif text := node.text:
                self.pending.append(text)
            if tag in _HEADINGS:
                self.document.headings.append(" ".join("".join(self.pending).split()))
            if self.pending:
                self.flush(node)
        elif tag == "br":
            self.flush(parent)
        elif tag == "img":
            self.flush(parent)
            self.blocks.append(Image(node.get("src") or "", node.get("alt") or "", node=node))
        elif tag in _STRUCK or tag in _RAISED:
            self.pending.append(self.apart(tag, "".join(node.itertext())))
        else:
            self.visit(node, depth + 1)

    def apart(self, tag: str, text: str) -> str:
        """Text whose digits are none of the number before it: raised ones in brackets, struck ones made unreadable."""
        if tag in _STRUCK:
            return _DIGIT.sub("\ufffd", text)
        behind_digit = "".join(self.pending[-1:])[-1:].isdigit()
        return f"[{text.strip()}]" if behind_digit and _DIGIT.match(text.strip()) else text

    def table(self, node: Any) -> bool:
        """Append ``node`` as a table of data, unless it is hidden; False when it only lays out and is to be walked
        through."""
        if next(node.iterdescendants("table"), None) is not None:
            return False
        if _hidden(node):
            return True
        rows = grid(node)
        cells = [cell for row in rows for cell in row]
        if len(cells) < 2 or any(len(cell.text) > LAYOUT_TEXT for cell in cells):
            return False
        self.blocks.append(Table(rows, self.tables, node=node))
        self.tables += 1
        for image in node.iterdescendants("img"):
            self.blocks.append(Image(image.get("src") or "", image.get("alt") or "", node=image))
        return True


def grid(node: Any) -> list[list[GridCell]]:
    """The cells of a table, by the row in which they begin, each with the column where its span puts it."""
    rows: list[list[GridCell]] = []
    taken: list[int] = []  # rows that the column is still covered for
    total = 0
    styled = _styled(node)
    special = {cell for part in node.iter(*_SPECIAL) for cell in part.iterancestors("td", "th")}
    for tr in node.iter("tr"):
        if len(rows) >= MAX_ROWS or total >= MAX_CELLS:
            break
        if styled and _hidden(tr, _UNSEEN):
            continue
        cells: list[GridCell] = []
        column, number, width = 0, len(rows), len(taken)
        for td in [child for child in tr if child.tag in _CELLS] or tr.iter("td", "th"):
            if styled and _hidden(td):
                continue
            while column < width and taken[column]:
                column += 1
            if column >= MAX_COLUMNS:
                break
            colspan, rowspan = _span(td.get("colspan")), _span(td.get("rowspan"))
            if styled or td in special or not _is_one_line(td):
                cells.append(GridCell("", number, column, rowspan, colspan))
                cells[-1].text, cells[-1].doubt = cell_text(td)
            else:
                cells.append(GridCell(_line(td), number, column, rowspan, colspan))
            if width < column + colspan:
                taken.extend([0] * (column + colspan - width))
                width = len(taken)
            for covered in range(column, column + colspan):
                taken[covered] = rowspan
            column += colspan
        total += len(cells)
        taken = [left - 1 if left else 0 for left in taken]
        rows.append(cells)
    return rows


def _span(value: str | None) -> int:
    if value is None:
        return 1
    digits = value.strip()
    return min(max(int(digits), 1), MAX_SPAN) if digits.isascii() and digits.isdigit() and len(digits) < 5 else 1


def _styled(table: Any) -> bool:
    """Whether anything in a table is hidden or struck through, so that its cells are worth a closer look."""
    styles: set[str] = set(_STYLES(table))  # type: ignore[arg-type]
    return bool(_ANY_HIDDEN(table)) or any(
        _UNSEEN.search(s) or _LINE_THROUGH.search(s) or _RAISED_STYLE.search(s) for s in styles
    )


def _hidden(node: Any, styles: re.Pattern[str] = _HIDDEN) -> bool:
    style = node.get("style")
    return bool(style and styles.search(style)) or node.get("hidden") is not None


def _struck(node: Any) -> bool:
    return node.tag in _STRUCK or bool(_LINE_THROUGH.search(node.get("style") or ""))


def _is_one_line(node: Any) -> bool:
    """Whether all text of a cell without breaks is in one paragraph, or in none."""
    if len(node) == 1:
        only = node[0]
        if only.tag in _BREAKS:
            if (node.text or "").strip() or (only.tail or "").strip():
                return False
            return len(only) == 0 or next(only.iterdescendants("p", "div"), None) is None
    return next(node.iterdescendants("p", "div"), None) is None


def _line(node: Any) -> str:
    text = etree.tostring(node, method="text", encoding="unicode", with_tail=False) if len(node) else node.text or ""
    return " ".join(text.split())


def cell_text(node: Any) -> tuple[str, str | None]:
    """The text of a cell with the doubt about it, a line for each of its paragraphs: digits of two paragraphs never
    become one number. Text that is struck through stays and is doubted, a picture stands for what can't be read."""
    pieces: list[str] = []
    if not _hidden(node, _UNSEEN):
        _collect(node, pieces, 0)
    if doubt := "struck" if "\x01" in pieces or _struck(node) else None:
        pieces = [piece for piece in pieces if piece != "\x01"]
    text = "\n".join(line for part in "".join(pieces).split("\x00") if (line := " ".join(part.split())))
    if not text and (entered := _entered(node)):
        return entered, "form"
    return text or ("[图片]" if next(node.iterdescendants("img"), None) is not None else ""), doubt if text else None


def _entered(node: Any) -> str:
    """What stands in the form fields of a cell: shown, but perhaps not what was published."""
    values = [field.get("value") or "" for field in node.iter("input") if field.get("type") != "hidden"]
    values += ["".join(field.itertext()) for field in node.iter("textarea")]
    return " ".join(" ".join(values).split())[:LAYOUT_TEXT]


def _collect(node: Any, pieces: list[str], depth: int) -> None:
    if text := node.text:
        pieces.append(text)
    for child in node:
        tag = child.tag
        struck = _struck(child)
        apart = struck or tag in _APART or bool(_RAISED_STYLE.search(child.get("style") or ""))
        if apart:
            pieces.append("\x00")
        if tag not in _SKIPPED and not _hidden(child, _UNSEEN):
            if struck:
                pieces.append("\x01")
            if len(child) and depth < MAX_DEPTH:
                _collect(child, pieces, depth + 1)
            elif text := child.text:
                pieces.append(text)
        if apart:
            pieces.append("\x00")
        if text := child.tail:
            pieces.append(text)
