"""The body of an article: a report with its tables, or the short text of a look-alike.

``report_body`` gives what stands inside a platform's body container. Where the portal shows a table as a picture,
an ``img`` stands in its place, and the platform serves ``ruled_image`` under that name.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from html import escape

from crawler.demo.prose import Section, text_of
from crawler.demo.site import Entry, Report
from crawler.demo.tables import STYLES, table2, table3, table4

Paragraph = Callable[[str], str]


def plain_paragraph(text: str) -> str:
    return f'<p style="text-indent: 2em; line-height: 2em;">{escape(text)}</p>'


def word_paragraph(text: str) -> str:
    """As Word leaves it: a class and a font on every paragraph, an ``o:p`` at its end."""
    style = "text-indent:32.0pt;line-height:28.0pt;mso-line-height-rule:exactly"
    font = "font-size:16.0pt;font-family:仿宋_GB2312;mso-hansi-font-family:仿宋_GB2312"
    return (
        f'<p class="MsoNormal" style="{style}"><span style="{font}">{escape(text)}</span>'
        f'<span lang="EN-US" style="{font}"><o:p></o:p></span></p>'
    )


def editor_paragraph(text: str) -> str:
    return f'<p align="justify">　　{escape(text)}</p>'


def span_paragraph(text: str) -> str:
    return f'<p><span style="font-size: 16px; font-family: 仿宋;">&nbsp;&nbsp;&nbsp;&nbsp;{escape(text)}</span></p>'


PARAGRAPHS: dict[str, Paragraph] = {
    "plain": plain_paragraph,
    "word": word_paragraph,
    "editor": editor_paragraph,
    "spaced": span_paragraph,
}


def table_html(report: Report, number: int, style: str, image: str = "") -> str:
    """Table two, three or four of a report; a picture where the report has one."""
    if f"table{number}" in report.images:
        return f'<p style="text-align: center;"><img src="{escape(image)}" alt="" width="640"></p>'
    figures = report.figures
    grids = {
        2: lambda: table2(figures, report.wording2),
        3: lambda: table3(figures, report.wording3),
        4: lambda: table4(figures, report.wording4),
    }
    return STYLES[style](grids[number]())


def report_body(report: Report, style: str, image: Callable[[int], str] = lambda number: f"./{number}.png") -> str:
    """A report as HTML: preamble, six sections, tables in sections two to four."""
    paragraph = PARAGRAPHS[style]
    parts: list[str] = []
    for section in text_of(report):
        parts += _section(section, paragraph)
        if section.number in (2, 3, 4):
            parts.append(table_html(report, section.number, style, image(section.number)))
    return "\n".join(parts)


def _section(section: Section, paragraph: Paragraph) -> list[str]:
    heading = [f"<p><strong>{escape(section.heading)}</strong></p>"] if section.heading else []
    return [*heading, *(paragraph(text) for text in section.paragraphs)]


def note(report: Report) -> str:
    """What a reader of a simulated page must know about it; stands outside the body of the article."""
    if report.figures.published or report.prose:
        return (
            "演示页面：数字取自公开发布的年度报告，文字由本项目撰写。"
            "Demo page: published figures, text written for this project."
        )
    return "演示页面：文字与数字均为合成，不代表任何机关的实际情况。Demo page: composed text and figures."


OTHER_TEXTS = (
    "为便于公众了解，现将有关内容公布如下。具体事项以原文为准。",
    "本页由演示门户提供，用于说明同名栏目中还有哪些并非年度报告的信息。",
    "如有疑问，可在工作时间向政务公开机构咨询。",
)


def other_body(entry: Entry, style: str) -> str:
    """The text of an article that is no report."""
    paragraph = PARAGRAPHS[style]
    return "\n".join(paragraph(text) for text in (f"关于“{entry.title}”", *OTHER_TEXTS))


def seed_body(text: str) -> str:
    """A real report's text, one paragraph a line, nothing added and no line but blank ones left out.

    >>> seed_body("一、总体情况\\n\\n规章 |\\n")
    '<p>一、总体情况</p>\\n<p>规章 |</p>'
    """
    return "\n".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line.strip())


def ruled_image(columns: int = 10, rows: int = 24) -> bytes:
    """A picture of a ruled table without a single character in it, as PNG."""
    width, height = columns * 48 + 1, rows * 20 + 1
    lines = []
    for y in range(height):
        line = bytes(0 if y % 20 == 0 or x % 48 == 0 else 255 for x in range(width))
        lines.append(b"\x00" + line)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(b"".join(lines)))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
