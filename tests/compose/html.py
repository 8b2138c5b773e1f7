"""A report as a web page. ``STYLES`` are the ways of editors to write a table, with their class names and clutter."""

from __future__ import annotations

from html import escape

from crawler.demo import tables
from tests.compose.report import Cell, Grid, Part, Report

STYLES = ("plain", "word", "editor", "spaced", "bare")
OPTIONS = {
    "style": STYLES,
    "chrome": (True, False),
    "nested": ("", "", "", "body", "tables", "both"),
    "headings": ("p", "p", "h2", "strong"),
}
CHROME = (
    "<div class=nav><a href=/>首页</a><a href=/zwgk/>政务公开</a><a href=/gzcy/>公众参与</a></div>"
    "<div class=search>搜索位置:<input>匹配度 排序</div><div>字号:大 中 小 打印</div>",
    "<div class=share>分享到:</div><div>责任编辑:信息科</div><div class=footer>主办单位:云河县人民政府办公室 "
    "网站标识码:3703000001 <a href=/map>网站地图</a></div>",
)


def compose(
    report: Report,
    *,
    style: str = "plain",
    charset: str = "utf-8",
    declared: str | None = None,
    bom: bool = False,
    chrome: bool = True,
    nested: str = "",
    headings: str = "p",
) -> bytes:
    """``declared`` is the charset that the page names, which may be a wrong one; ``nested`` puts the ``body``, the
    ``tables`` or ``both`` into tables that only lay the page out; ``headings`` is ``p``, ``h2`` or ``strong``."""
    pieces = [part_html(part, style, headings) for part in report.body]
    if nested in ("tables", "both"):
        pieces = [
            _laid_out(piece) if part.kind == "table" else piece for part, piece in zip(report.body, pieces, strict=True)
        ]
    article = "<div id=zoom class=TRS_Editor>" + "\n".join(pieces) + "</div>"
    if nested in ("body", "both"):
        article = _laid_out(article)
    before, after = CHROME if chrome else ("", "")
    page = (
        f"<!DOCTYPE html><html><head><meta charset={declared or charset}><title>{escape(report.title)}</title></head>"
        f"<body>{before}{article}{after}</body></html>"
    )
    return (b"\xef\xbb\xbf" if bom else b"") + page.encode(charset, "xmlcharrefreplace")


def _laid_out(inner: str) -> str:
    return f"<table width=100% class=layout><tr><td>{inner}</td></tr></table>"


def part_html(part: Part, style: str, headings: str = "p") -> str:
    if part.kind == "table":
        return table_html(part.grid, style)
    text = escape(part.text)
    if part.kind == "title":
        return f"<h1>{text}</h1>"
    if part.kind == "heading":
        return f"<p><strong>{text}</strong></p>" if headings == "strong" else f"<{headings}>{text}</{headings}>"
    return f"<p>{text}</p>"


def table_html(grid: Grid, style: str) -> str:
    if style != "bare":
        return tables.STYLES[style](
            [[tables.Cell(c.text, c.colspan, c.rowspan, c.locator is None) for c in row] for row in grid]
        )
    rows = "\n".join("<tr>" + "".join(f"<td{_spans(c)}>{escape(c.text)}" for c in row) for row in grid)
    return f"<table border>{rows}</table>"


def _spans(cell: Cell) -> str:
    rows = f" rowspan={cell.rowspan}" if cell.rowspan > 1 else ""
    return rows + (f" colspan={cell.colspan}" if cell.colspan > 1 else "")
