"""Web pages as blocks: a line is read alike in whatever plain elements it stands, a cut table is told."""

from __future__ import annotations

import pytest

from parsers.document import CUT, Document, Paragraph, Table
from parsers.readers.html import read


def document(body: str, after: str = "</body></html>") -> Document:
    page = f"<html><head><style>.k {{ display: none }}</style></head><body>{body}{after}"
    return read(page, "utf-8", page.encode())


def lines(found: Document) -> list[str]:
    return [block.text for block in found.blocks if isinstance(block, Paragraph)]


@pytest.mark.parametrize(
    "inside",
    [
        "公开 \u3000年报",
        '<a href="/zwgk/"><span> 公开\u3000年报 </span></a>',
        '<a href="/zwgk/nb.pdf"><span>年报</span></a>',
        '<a href="/zwgk/nb.pdf" class="k">2024</a>',
        '<a href="/download/nb.html">年报</a>',
        '<a href="/zwgk/"></a>',
        '<span style="display:none">12</span>',
        '<span style="">12</span>',
        '<b>\xa0</b>',
        '<a class="k">12</a>',
        '<font color="#fff">12</font>',
        "共 <span>12</span>",
        "<span>12</span> 件",
        "<sup>12</sup>",
        "<img src='a.png' alt='12'>",
        "<h1>年报</h1>",
    ],
)  # fmt: skip
def test_an_item_of_one_text_is_read_as_one_that_is_walked_through(inside: str) -> None:
    plain = document(f"<ul><li>首页</li><li>{inside}</li><li>末页</li></ul>")
    walked = document(f"<ul><li>首页</li><li>{inside}<b></b><b></b></li><li>末页</li></ul>")
    assert lines(plain) == lines(walked)
    assert (plain.attachments, plain.headings) == (walked.attachments, walked.headings)


def test_an_item_is_a_line_of_its_own_beside_text_of_its_list() -> None:
    assert lines(document("<div>一<p>二</p>三<p><span>四</span></p><br>五</div>")) == ["一", "二", "三", "四", "五"]


@pytest.mark.parametrize(
    ("after", "doubt"),
    [
        ("", CUT),
        ("</body></html>", None),
        ("</html>" + " " * 300, None),
        ("</html><table><tr><td>3<td>4", CUT),
        ("</html><TABLE><tr><td>3<td>4", CUT),
        ("</html><table><tr><td>3<td>4</table>", None),
    ],
)
def test_the_last_cell_of_a_page_that_ends_in_a_table_is_doubted(after: str, doubt: str | None) -> None:
    found = document("<table><tr><td>1</td><td>2", after)
    table = next(block for block in reversed(found.blocks) if isinstance(block, Table))
    assert table.rows[-1][-1].doubt == doubt
