"""A web page as blocks: one walk over lxml's tree, grids built from the cells themselves.

A table that holds other tables, or long running text, only lays the page out: it is walked through like a
``div``. Scripts, styles and form controls are skipped, hidden cells count as absent. A page without a table whose
script holds its article, as a string of HTML in JSON (``"content":"\\u003cp\\u003e…"``), is read with that article.
"""

from __future__ import annotations

import re
from itertools import islice
from json import JSONDecoder
from typing import Any, cast

from lxml import etree

from parsers.document import CUT, Document, Image, Paragraph, Table
from parsers.readers.html_grid import LAYOUT_TEXT, MAX_DEPTH, RAISED, STRUCK_TAGS, grid, is_absent
from parsers.readers.html_look import APART, DOUBT, Looks

_BLOCKS = frozenset(
    "address article aside blockquote body center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr html "
    "legend li main nav ol p pre section summary table tbody td tfoot th thead tr ul ucapcontent ucaptitle".split()
)
_SKIPPED = frozenset(
    "script style noscript template head title select option datalist textarea button svg iframe object embed canvas audio "
    "video dialog rt rp rtc".split()
)
_HEADINGS = frozenset(["h1", "h2", "h3", "ucaptitle"])
_LINES = _BLOCKS - _HEADINGS - {"table"}  # those that may be a line and no more
_PLAIN = frozenset(["a", "span", "font", "b", "strong", "i", "em", "u", "o:p", "label", "small", "big"])
_DIGIT = re.compile(r"\d")
_APART = RAISED | STRUCK_TAGS | {"bdo", "math"}  # digits of these are none of the number before them
_FILES = re.compile(r"\.(?:pdf|docx?|wps|xlsx?|et|ods|zip|rar)(?:$|[?#])|download", re.I)
_CONTENT = re.compile(r'"(?:content|htmlContent|contentHtml)"\s{0,9}:\s{0,9}"')
_strings = JSONDecoder(strict=False)  # line breaks stand in strings of some
_SHOWN = etree.XPath(
    f"body//text()[not({' or '.join(f'ancestor::{name}' for name in ('a', 'script', 'style', 'option'))})]",
    smart_strings=False,
)
_MARKUP = re.compile(r"<(?:p|div|table|span|section)[\s>]", re.I)
MAX_STRINGS, LEAST_ARTICLE = 50, 200  # strings of a script's JSON that are looked at; characters of an article
_PAGES = (".html", ".htm", ".shtml", "/", "#")  # most links: no file's name ends so


def read(text: str, encoding: str, body: bytes) -> Document:
    """The blocks of a page; ``body`` is parsed as it is where it was UTF-8, else re-encoded from ``text``."""
    raw = body if encoding == "utf-8" else text.encode("utf-8", "replace")
    root = _tree(raw)
    document = Document([], kind="html")
    if root is None:
        return document
    styles = _read_head(root, document)
    start = root.find("body")
    walk = _Walk(document, Looks(root, styles))
    body_node = root if start is None else start
    walk.visit(body_node, 0)
    walk.flush(body_node)
    if _ends_in_table(raw):
        _doubt_last_cell(document)
    if not walk.tables and (article := _scripted_article(root)) is not None:
        walk.looks = Looks(article, article.iter("style"))
        walk.visit(article, 0)
        walk.flush(article)
    return document


def _read_head(root: Any, document: Document) -> list[Any]:
    """Metas and title into the document; gives the style sheets. They may stand anywhere, and to look through a page
    three times takes three times as long."""
    titles, styles = [], []
    for element in root.iter("meta", "title", "style"):
        if (tag := element.tag) == "style":
            styles.append(element)
        elif tag == "title":
            titles.append(element)
        else:
            name, content = element.get("name") or element.get("Name"), element.get("content")
            if name and content:
                document.metas.setdefault(name.strip().lower(), content.strip())
    if titles and (title := titles[0].text):
        document.title = " ".join(title.split())
    return styles


def _tree(page: bytes) -> Any | None:
    """The root element, None where there is none; nobody asks for elements by their id."""
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False, collect_ids=False
    )
    return etree.fromstring(page.replace(b"\0", b""), parser)


def _scripted_article(root: Any) -> Any | None:
    """The article of a page whose script writes it: the one HTML in a string of its scripts' JSON, if that says more
    than all that the page itself shows but links, which are its menus. Two such strings are two articles, and neither
    is taken."""
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
    tree = _tree(held.pop().encode("utf-8", "replace"))
    body = None if tree is None else tree.find("body")
    text = "" if body is None else "".join(map(str, body.itertext()))
    return body if len(text.strip()) > sum(len(shown.strip()) for shown in cast("list[str]", _SHOWN(root))) else None


def _ends_in_table(page: bytes) -> bool:
    """Whether a page was cut within a table: it opens one and closes neither it nor the page."""
    end = page[-200:]
    if b"</html" in end and b"<table" not in end and b"<TABLE" not in end:  # most pages, told at once
        return False
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


def _file(link: Any) -> str | None:
    """The address of a link that looks like a file's, not a page's."""
    href: str | None = link.get("href")
    return href if href and not href.endswith(_PAGES) and _FILES.search(href) else None


def _only_text(node: Any) -> str | None:
    """The text of a block that holds no elements but plain ones, each within the one before, as an item of a menu does;
    None for any other block, and where one of them is a link to a file or may have a look."""
    text: str | None = node.text
    while inside := len(node):
        if inside > 1 or (text and not text.isspace()):
            return None
        node = node[0]
        if (tag := node.tag) not in _PLAIN or tag == "font" or ((tail := node.tail) and not tail.isspace()):
            return None
        if (names := node.keys()) and ("style" in names or "class" in names or (tag == "a" and _file(node))):
            return None
        text = node.text
    return text or ""


class _Walk:
    """One pass over the tree; ``pending`` holds the text of the paragraph under way."""

    def __init__(self, document: Document, looks: Looks) -> None:
        self.document = document
        self.looks = looks
        self.blocks = document.blocks
        self.pending: list[str] = []
        self.tables = 0

    def flush(self, node: Any) -> None:
        self.line("".join(self.pending), node)
        self.pending.clear()

    def line(self, text: str, node: Any) -> None:
        if text := " ".join(text.split()):
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
                if (child.keys() or tag == "font") and (look := self.look_of(child, tag)):
                    pending.append(self.apart(look, "".join(child.itertext())))
                elif len(child):
                    self.visit(child, depth + 1)
                elif text := child.text:
                    pending.append(text)
            elif tag in _LINES and (text := _only_text(child)) is not None:
                if pending:
                    self.flush(node)
                self.line(text, child)
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
            self.visit(node, depth + 1)
            if tag in _HEADINGS:
                self.document.headings.append(" ".join("".join(self.pending).split()))
            if self.pending:
                self.flush(node)
        elif tag == "br":
            self.flush(parent)
        elif tag == "img":
            self.flush(parent)
            self.blocks.append(Image(node.get("src") or "", node.get("alt") or "", node=node))
        elif tag in _APART:
            self.pending.append(self.apart(APART if tag in RAISED else DOUBT, "".join(node.itertext())))
        else:
            self.visit(node, depth + 1)

    def look_of(self, node: Any, tag: str) -> int:
        """The look of a plain element that may have one; a link to a file is kept."""
        if tag == "a" and (href := _file(node)):
            self.document.attachments.append((href, "".join(node.itertext()).strip()))
        dressed = node.get("style") or (self.looks.sheet and node.get("class")) or tag == "font"
        return self.looks.of_piece(node) if dressed else 0

    def apart(self, look: int, text: str) -> str:
        """Text whose digits are none of the number before it: those that stand apart in brackets, others unreadable."""
        if look & ~APART:
            return _DIGIT.sub("\ufffd", text)
        behind_digit = "".join(self.pending[-1:])[-1:].isdigit()
        return f"[{text.strip()}]" if behind_digit and _DIGIT.match(text.strip()) else text

    def table(self, node: Any) -> bool:
        """Append ``node`` as a table of data, unless it is hidden; False when it only lays out and is to be walked
        through."""
        if next(node.iterdescendants("table"), None) is not None:
            return False
        if is_absent(node):
            return True
        rows = grid(node, self.looks)
        cells = [cell for row in rows for cell in row]
        if len(cells) < 2 or any(len(cell.text) > LAYOUT_TEXT for cell in cells):
            return False
        self.blocks.append(Table(rows, self.tables, node=node))
        self.tables += 1
        for image in node.iterdescendants("img"):
            self.blocks.append(Image(image.get("src") or "", image.get("alt") or "", node=image))
        return True
