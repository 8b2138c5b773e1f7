"""A cell gives the number that a reader of the page sees, or none: styles, foreign elements and style sheets."""

from __future__ import annotations

import pytest

import parsers
from parsers.cells import Cell
from tests.parsers import render
from tests.parsers.test_ambiguity import PATH, printed, row_of


def cell_of(html: str, head: str = "") -> Cell:
    """The cell (一)予以公开 / 自然人 of a page that prints ``html`` there."""
    _, grid = printed()
    next(cell for cell in row_of(grid, "(一)") if cell.value).text = html
    page = render.report_html(["", render.html_table(grid), ""], head=head)
    return parsers.parse_report(parsers.Source(page.encode())).tables["table3"].cells[PATH]


@pytest.mark.parametrize(
    "style",
    [
        "color:#fff", "color:WHITE", "color:transparent", "color:rgba(0,0,0,0)", "color:rgb(255,255,255)",
        "color:red;background:red", "font-size:1px", "font-size:0.1em", "font:0/0 a", "opacity:0.01", "opacity:0",
        "display:none", "visibility:hidden", "width:0;overflow:hidden;display:inline-block", "transform:scale(0)",
        "clip:rect(0,0,0,0);position:absolute", "position:absolute;left:-9999px", "text-indent:-999px",
        "direction:rtl;unicode-bidi:bidi-override", "letter-spacing:-9px", "margin-left:-8px",
        "float:right", "position:absolute;left:0", "position:relative;left:30px", "display:block", "display:table-cell",
        "vertical-align:super", "vertical-align:5px", "position:relative;top:-3.0pt;mso-text-raise:3.0pt",
    ],
)  # fmt: skip
def test_digits_that_a_style_hides_or_moves_join_no_number(style: str) -> None:
    assert cell_of(f'13<span style="{style}">4</span>').value in (None, 13)
    assert cell_of(f'<span style="{style}">4</span>13').value in (None, 13)
    sheet = f"<style>/* a */ .other{{color:red}} td .a, p.b {{ {style} }}</style>"
    assert cell_of('13<span class="x a">4</span>', sheet).value in (None, 13)


@pytest.mark.parametrize(
    "html",
    [
        "12<math><msup><mn>3</mn><mn>2</mn></msup></math>", "<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>",
        '<div style="display:flex;flex-direction:row-reverse"><span>1</span><span>34</span></div>',
        '<span style="display:inline-flex"><span style="order:2">1</span><span>34</span></span>',
        '<span style="transform:rotate(180deg)">168</span>', "<bdo dir=rtl>134</bdo>", "\u202e134",
        '13<input value="4">',
        "13<svg><text>4</text></svg>", "13<select><option>4</option></select>", '13<img src="4.png" alt="4">',
        "13<small>2</small>", "13<dd>4</dd>", "13<pre>4</pre>", "<section>13</section>4", "13<hr>4",
        "<blockquote>13</blockquote>4", "<center>13</center>4", "<font color=#FFFFFF>134</font>",
    ],
)  # fmt: skip
def test_a_cell_of_which_it_is_unclear_what_is_seen_is_null(html: str) -> None:
    cell = cell_of(html)
    assert (cell.value, cell.state) == (None, "unparseable")


@pytest.mark.parametrize(
    ("rule", "html"),
    [
        (".a:before{content:'1'}", "<span class=a>34</span>"),
        (".a::before{content:'\\31'}", "<span class=a>34</span>"),
        (".a::after{content:attr(data-v)}", "<span class=a data-v=1>34</span>"),
        ('#q:after{content:"1"}', "<i id=q></i>34"),
    ],
)
def test_digits_that_a_style_sheet_writes_are_told(rule: str, html: str) -> None:
    cell = cell_of(html, f"<style>{rule}</style>")
    assert (cell.value, cell.state, cell.note) == (None, "unparseable", "style")


@pytest.mark.parametrize(
    ("html", "value"),
    [
        ("<ruby>12<rt>9</rt></ruby>", 12), ("13<canvas hidden>4</canvas>", 13), ("1<wbr>3", 13),
        ("<st1:chmetcnv unitname=a>13</st1:chmetcnv>", 13), ('<span style="float:left">13</span>', 13),
        ('<p style="margin-left:-5.4pt;letter-spacing:-.1pt">13</p>', 13), ("<small>13</small>", 13),
        ('<span style="color:#fff;background:#036">13</span>', 13), ("13<dialog>4</dialog>", 13),
        ('<span style="font-size:9.0pt;color:black;vertical-align:middle;position:relative">1</span>3', 13),
    ],
)  # fmt: skip
def test_a_look_that_leaves_a_number_as_it_is_does_no_harm(html: str, value: int) -> None:
    sheet = (
        "<style>.nav a span{display:none} td a:hover{color:#fff} td:before{content:'\\e601'} .x td{float:left}</style>"
    )
    assert cell_of(html, sheet).value in (value, None if "hidden" in html else value)


@pytest.mark.parametrize("style", ["font-size:0", "opacity:0", "visibility:hidden", "text-indent:-999px"])
def test_a_cell_that_a_style_makes_invisible_is_doubted_and_no_blank(style: str) -> None:
    values, grid = printed()
    table = render.html_table(grid).replace(f"<td>{values[PATH]}</td>", f'<td style="{style}">{values[PATH]}</td>', 1)
    page = render.report_html(["", table, ""])
    assert style in page
    cells = parsers.parse_report(parsers.Source(page.encode())).tables["table3"].cells
    assert [cell.note for cell in cells.values() if cell.state == "unparseable"] == ["style"]
    again = cell_of(f'<span style="{style}">1<b style="font-size:14px;visibility:visible">3</b></span>')
    assert again.value is None


def test_white_digits_upon_a_colour_are_read() -> None:
    _, grid = printed()
    table = render.html_table(grid).replace("<table border=1>", '<table style="background:#036;color:white">')
    page = render.report_html(["", table.replace("<td>", '<td style="color:#fff">'), ""])
    cells = parsers.parse_report(parsers.Source(page.encode())).tables["table3"].cells
    assert all(cell.value is not None for cell in cells.values() if cell.state != "not_in_template")


@pytest.mark.parametrize("tag", ['span style="display:none"', 'font color="white"', 'span style="float:right"', "math"])
def test_no_figure_is_made_of_digits_that_are_not_seen(tag: str) -> None:
    sentence = f"全年收到政府信息公开申请10<{tag}>5</{tag.split()[0]}>6件。"
    page = render.report_html(["", "", ""]).replace(render.PROSE[0], sentence)
    assert sentence in page
    report = parsers.parse_report(parsers.Source(page.encode()))
    assert [fact.value for fact in report.reading.facts if fact.key == "requests_received"] in ([], [106])
