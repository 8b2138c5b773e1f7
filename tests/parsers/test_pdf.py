"""PDF reports are read as a reader of the page sees them; what can't be told is null with a reason."""

from __future__ import annotations

import io
import random
import zlib
from contextlib import suppress
from typing import Any

import pypdfium2
import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen import canvas

import parsers
from parsers.document import Image, Paragraph, Table
from parsers.readers import pdf as reader
from tests.chromium import CHROMIUM
from tests.compose import html, pdf, truth
from tests.compose.printed import printed
from tests.compose.report import Report, generate


def read(body: bytes) -> parsers.Report:
    return parsers.parse_report(parsers.Source(body))


def check(report: Report, **look: Any) -> truth.Check:
    return truth.check(read(pdf.compose(report, **look)).to_dict(), report)


def lines_of(body: bytes) -> list[str]:
    return [block.text for block in reader.read(body)[0].blocks if isinstance(block, Paragraph)]


LOOKS: dict[str, dict[str, Any]] = {
    "plain": {},
    "small pages": {"page_height": 480},
    "repeated header": {"page_height": 480, "repeat_header": True},
    "page break in a row": {"page_height": 640, "cut": True},
    "turned by the viewer": {"rotate": 90},
    "landscape content": {"turn": 90},
    "landscape content, turned upright": {"turn": 90, "rotate": 90},
    "upside down": {"turn": 180, "rotate": 90},
    "radicals": {"radicals": True},
    "shaded": {"shade": True},
    "printed twice to look bold": {"bold": True},
    "furniture": {"header": "云河县政府信息公开年报  第{page}页", "footer": "第 {page} 页 共 9 页", "page_height": 600},
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("year", [2020, 2023])
def test_every_number_of_a_ruled_report_is_read(look: str, year: int) -> None:
    report = generate(f"ruled {look}", year=year, states=0.0 if LOOKS[look].get("cut") else 0.05)
    body = pdf.compose(report, **LOOKS[look])
    parsed = read(body)
    result = truth.check(parsed.to_dict(), report)
    assert (result.silent, result.nulls) == ([], [])
    assert parsed.metadata.title == report.title
    assert [number for number, section in parsed.sections.items() if not section.present] == []
    failed = {f.rule for f in parsed.findings if f.status == "fail"}
    assert not failed & {"ST05", "ST11", "T302", "T303", "T304", "T402"}


@pytest.mark.parametrize("seed", range(12))
def test_a_page_may_end_anywhere(seed: int) -> None:
    report = generate(f"cut {seed}")
    result = check(report, cut=True, page_height=420 + 29 * seed, repeat_header=seed % 3 == 0)
    assert result.silent == []
    assert result.share > 0.9


@pytest.mark.parametrize("seed", range(4))
def test_tables_without_outer_uprights_are_read_as_far_as_rules_go(seed: int) -> None:
    result = check(generate(f"open {seed}"), rules="open")
    assert result.silent == []
    assert result.share > 0.9


@pytest.mark.parametrize("hidden", pdf.HIDDEN)
def test_text_that_nobody_sees_is_not_read(hidden: str) -> None:
    report = generate("hidden", year=2023, states=0.1)
    result = check(report, hidden=hidden)
    assert (result.silent, result.nulls) == ([], [])


def test_text_beside_the_page_is_not_read_wherever_it_begins() -> None:
    page = canvas.Canvas(out := io.BytesIO(), pagesize=(595, 842))
    page.setFont("Helvetica", 12)
    page.drawString(100, 700, "seen")
    page.setFont("Helvetica", 120)
    page.drawString(-500, 800, "beside")
    page.save()
    assert lines_of(out.getvalue()) == ["seen"]


@pytest.mark.parametrize(("height", "line"), [(4.2, "收到申请\ufffd\ufffd\ufffd件"), (-1.5, "收到申请105件")])
def test_digits_that_a_rule_goes_through_make_no_number_and_underlined_ones_do(height: float, line: str) -> None:
    page = canvas.Canvas(out := io.BytesIO(), pagesize=(595, 842))
    page.setFont(pdf._font(), 12)
    page.drawString(100, 700, "收到申请")
    page.drawString(148, 700, "105")
    page.drawString(166, 700, "件")
    page.line(147, 700 + height, 167, 700 + height)
    page.save()
    assert lines_of(out.getvalue()) == [line]


def test_struck_numbers_of_a_table_are_null() -> None:
    parsed = read(pdf.compose(generate("struck", year=2023), struck=True)).to_dict()
    states = {cell["state"] for path, cell in truth.cells(parsed) if path[0] == "table3"}
    assert states <= {"unparseable", "not_in_template"}


def test_an_invisible_layer_over_a_scan_gives_no_number() -> None:
    report = generate("scan", year=2023)
    parsed = read(pdf.compose(report, ocr_layer=True)).to_dict()
    assert [parsed["tables"][name]["status"] for name in ("table2", "table3", "table4")] == ["unreadable"] * 3
    assert not [cell for _, cell in truth.cells(parsed) if cell["value"] is not None]
    assert parsed["narrative"] == []


@pytest.mark.parametrize(
    "look",
    [{"shift": 15.0}, {"twin": 0.0}, {"twin": 1.5}, {"twin": 3.0}, {"twin": -3.0}, {"raised": True}],
    ids=str,
)
def test_numbers_that_are_not_alone_in_their_cell_are_none(look: dict[str, Any]) -> None:
    report = generate("straddling", year=2023)
    for cell in report.cells("table3"):
        report.reprint(cell, "28", None)
    if look == {"twin": 0.0}:  # nothing on the page tells 28 and 5 from 285
        for cell in report.cells("table3"):
            report.truth[cell.locator or ()] = 285
    result = check(report, **look)
    assert [wrong for wrong in result.silent if wrong.startswith("table3")] == []


@pytest.mark.parametrize("rules", ["horizontal", "none"])
@pytest.mark.parametrize("seed", range(6))
def test_no_number_of_an_unruled_table_is_wrong(rules: str, seed: int) -> None:
    report = generate(f"unruled {seed}", states=0.05)
    result = check(report, rules=rules, page_height=500 + 60 * seed)
    assert result.silent == []
    assert result.share > 0.9


@pytest.mark.parametrize("seed", range(24))
def test_no_drawn_look_gives_a_wrong_number(seed: int) -> None:
    report = generate(f"drawn {seed}", states=0.05)
    result = check(report, **pdf.draw(random.Random(seed)))
    assert result.silent == []
    assert result.share > 0.85


def test_places_are_page_and_box() -> None:
    report = generate("places", year=2023)
    body = pdf.compose(report, page_height=500)
    document = pypdfium2.PdfDocument(body)
    pages = set()
    for _, cell in truth.cells(read(body).to_dict()):
        if cell["value"] is None:
            continue
        x0, y0, x1, y1 = cell["origin"]["box"]
        page = document[cell["origin"]["page"] - 1]
        text = page.get_textpage().get_text_bounded(x0, page.get_height() - y1, x1, page.get_height() - y0)
        assert text.strip() == cell["raw"]
        pages.add(cell["origin"]["page"])
    assert len(pages) > 2


def test_page_numbers_and_running_lines_are_left_out() -> None:
    report = generate("furniture", year=2023)
    lines = lines_of(pdf.compose(report, page_height=420, header="云河县政府公报 {page}", footer="- {page} -"))
    assert not [line for line in lines if "公报" in line or line.strip(" -").isdigit()]


def test_paragraphs_are_joined_and_headings_stand_alone() -> None:
    report = generate("paragraphs", year=2023)
    lines = lines_of(pdf.compose(report, page_height=500))
    for part in report.body:
        if part.kind in ("text", "heading", "title"):
            assert part.text in lines


def test_a_title_of_two_lines_is_one() -> None:
    report = generate("title", year=2023)
    title = next(part for part in report.body if part.kind == "title")
    title.text = report.title = "云河县自然资源和规划局办公室2023年政府信息公开工作年度报告"
    assert read(pdf.compose(report)).metadata.title == report.title


def test_radicals_read_as_characters_everywhere() -> None:
    report = generate("radicals", year=2023)
    lines = lines_of(pdf.compose(report, radicals=True))
    assert report.title in lines
    assert not [line for line in lines if any("\u2e80" <= character <= "\u2fdf" for character in line)]


def test_the_head_of_a_page_gives_metadata() -> None:
    report = next(r for r in (generate(f"head {n}", year=2023) for n in range(20)) if r.body[0].kind == "meta")
    meta = read(pdf.compose(report)).metadata
    assert (meta.title, meta.report_year, meta.period_end) == (report.title, 2023, "2023-12-31")
    assert meta.publication_date is not None
    assert meta.publication_date.startswith("2024-01")
    assert meta.publishing_agency == f"{report.subject}办公室"
    assert meta.index_number is not None


# ------------------------------------------------------------------------------------------- other writers


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_page_printed_by_a_browser_is_read() -> None:
    report = generate("printed by a browser", year=2023)
    result = truth.check(read(printed(html.compose(report, chrome=False))).to_dict(), report)
    assert (result.silent, result.nulls) == ([], [])


# ------------------------------------------------------------------------------------------- pictures, pages


def test_a_rendering_shows_the_page_as_displayed() -> None:
    body = pdf.compose(generate("rendering", year=2023), rotate=90)
    pixels = reader.render_page(body, 1, 1.0)
    assert (pixels.width, pixels.height) == (842, 595)
    assert len(pixels.data) == pixels.stride * pixels.height
    assert 0 in pixels.data
    assert 255 in pixels.data
    with pytest.raises(parsers.ParseError):
        reader.render_page(body, 99)


def test_a_scanned_page_is_a_picture_with_its_place() -> None:
    document = reader.read(pdf.compose(generate("scan", year=2023), ocr_layer=True))[0]
    assert {type(block) for block in document.blocks} == {Image}
    assert next(block.place for block in document.blocks if isinstance(block, Image)) == {
        "page": 1,
        "box": [0.0, 0.0, 595.0, 842.0],
    }


# ----------------------------------------------------------------------------------------------- bad files


def simple(**options: Any) -> bytes:
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer, **options)
    page.drawString(72, 700, "12")
    page.save()
    return buffer.getvalue()


def error_of(body: bytes) -> str:
    with pytest.raises(parsers.ParseError) as caught:
        read(body)
    assert caught.value.message_zh
    return caught.value.code


def test_junk_before_the_header_does_not_hide_a_pdf() -> None:
    report = generate("junk", year=2023)
    body = b"HTTP/1.1 200 OK\r\n\r\n" + pdf.compose(report)
    assert truth.check(read(body).to_dict(), report).share == 1.0


def test_an_encrypted_file_is_named_so() -> None:
    assert error_of(simple(encrypt=StandardEncryption("secret", ownerPassword="owner"))) == "encrypted"


@pytest.mark.parametrize("part", [9, 200, 400])
def test_a_broken_file_is_an_error(part: int) -> None:
    assert error_of(simple()[:part]) in ("broken_document", "empty")


def test_a_truncated_report_is_read_or_refused_but_never_wrong() -> None:
    report = generate("truncated", year=2023)
    body = pdf.compose(report)
    for share in (0.3, 0.6, 0.9, 0.99):
        try:
            parsed = read(body[: int(len(body) * share)])
        except parsers.ParseError:
            continue
        assert not truth.check(parsed.to_dict(), report).wrong


def test_a_page_tree_that_holds_itself_ends() -> None:
    body = simple().replace(b"/Kids [", b"/Kids [ 4 0 R 5 0 R ", 1)
    with suppress(parsers.ParseError):
        assert read(body).tables["table3"].status == "missing"


def test_too_many_pages_are_refused() -> None:
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer)
    for _ in range(reader.MAX_PAGES + 1):
        page.showPage()
    page.save()
    assert error_of(buffer.getvalue()) == "too_large"


def test_streams_that_inflate_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_INFLATED", 1 << 20)
    bomb = zlib.compress(b" " * (1 << 22))
    body = simple().replace(
        b"trailer", b"9 0 obj <</Length %d>> stream\n%b\nendstream endobj\ntrailer" % (len(bomb), bomb)
    )
    assert error_of(body) == "too_large"


def test_a_blank_page_has_no_blocks() -> None:
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer)
    page.showPage()
    page.save()
    assert reader.read(buffer.getvalue())[0].blocks == []


def test_a_frame_around_text_is_no_table() -> None:
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer)
    page.rect(60, 60, 470, 700)
    page.line(60, 500, 530, 500)
    page.drawString(72, 700, "12")
    page.save()
    blocks = reader.read(buffer.getvalue())[0].blocks
    assert not [block for block in blocks if isinstance(block, Table)]
    assert [block.text for block in blocks if isinstance(block, Paragraph)] == ["12"]
