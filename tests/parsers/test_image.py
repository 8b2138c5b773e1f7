"""Pictures of reports: every number right or null with a reason, whatever the font, the scanner and the file format."""

from __future__ import annotations

import io
import random
import struct
import zlib

import pytest

from parsers import ParseError, Source, parse_report
from parsers.document import Document, Paragraph, Table
from parsers.readers import read
from tests.compose import truth
from tests.compose.report import Cell, Part, generate

pytest.importorskip("onnxruntime", reason="the extra ocr is not installed: make extras")
pytest.importorskip("rapidocr", reason="the extra ocr is not installed: make extras")

import numpy as np
from PIL import Image, ImageDraw

from parsers.readers import image as reader
from tests.compose.image import FIGURES, FONTS, Damage, Style, available, compose, draw, spoiled

VALUE = ("table2", "any")
SMALL = Part(
    "table",
    grid=[
        [Cell("信息内容"), Cell("本年处理决定数量")],
        [Cell("行政处罚"), Cell("208", locator=VALUE)],
        [Cell("行政强制"), Cell("1671", locator=VALUE)],
        [Cell("行政许可"), Cell("", locator=VALUE)],
    ],
)


def picture(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def documents(body: bytes) -> Document:
    [document] = read(Source(body))
    return document


def texts(document: Document) -> list[list[str]]:
    [table] = [block for block in document.blocks if isinstance(block, Table)]
    return [[cell.text for cell in row] for row in table.rows]


def test_every_number_of_a_clean_table_is_read() -> None:
    report = generate(5, year=2023)
    parsed = parse_report(Source(compose(report, only="table3")))
    check = truth.check(parsed.to_dict(), report)
    assert check.wrong == []
    assert sum(locator[0] == "table3" for locator in report.truth) == check.right == 175
    assert parsed.tables["table3"].version == "2021"


def test_a_turned_noisy_scan_gives_nulls_but_no_wrong_number() -> None:
    report = generate(6, year=2020)
    damage = Damage(rotate=-1.7, perspective=0.006, noise=9, blur=0.5, quality=55, background=240)
    parsed = parse_report(Source(compose(report, Style(size=18, padding=8), damage, only="table3")))
    check = truth.check(parsed.to_dict(), report)
    assert check.wrong == []
    assert check.right > 145


def test_a_page_has_title_headings_and_tables_in_order() -> None:
    report = generate(7, year=2022, form2="2021")
    report.body = [
        part for part in report.body if part.kind in ("title", "heading", "table") and part.table != "table3"
    ]
    parsed = parse_report(Source(compose(report, Style(size=20), Damage(quality=80))))
    assert parsed.metadata.report_year == 2022
    assert all(section.present for section in parsed.sections.values())
    check = truth.check(parsed.to_dict(), report)
    assert check.wrong == []
    assert check.right == 25


def test_a_scanned_page_of_a_pdf_is_read_with_places_in_points() -> None:
    report = generate(8, year=2023)
    image = draw([part for part in report.body if part.table == "table2"], Style(size=26, padding=9))
    body = picture(image, "PDF", resolution=200)
    parsed = parse_report(Source(body))
    check = truth.check(parsed.to_dict(), report)
    assert check.wrong == []
    assert check.right == 10
    origin = parsed.tables["table2"].cells[("licensing_decisions",)].origin
    assert origin is not None
    assert origin["page"] == 1
    assert origin["box"][2] <= image.width * 72 / 200


@pytest.mark.parametrize("way", ["a quarter", "half", "mirrored"])
def test_a_picture_that_stands_on_its_side_or_head_gives_no_number(way: str) -> None:
    turns = {"a quarter": Image.Transpose.ROTATE_90, "half": Image.Transpose.ROTATE_180}
    turned = draw([SMALL], Style(size=20)).transpose(turns.get(way, Image.Transpose.FLIP_LEFT_RIGHT))
    parsed = parse_report(Source(picture(turned, "PNG")))
    assert {cell.value for table in parsed.tables.values() for cell in table.cells.values()} == {None}
    assert {table.status for table in parsed.tables.values()} == {"unreadable"}


def test_a_scanned_table_that_goes_over_a_page_is_right_or_null() -> None:
    report = generate(9, year=2023)
    whole = draw([part for part in report.body if part.table == "table3"], Style(size=18, padding=8)).convert("L")
    cut = whole.height * 5 // 9  # within a row
    halves = [Image.new("L", (whole.width, whole.height), 255) for _ in range(2)]
    halves[0].paste(whole.crop((0, 0, whole.width, cut)))
    halves[1].paste(whole.crop((0, cut, whole.width, whole.height)), (0, 60))
    body = picture(halves[0], "PDF", resolution=200, save_all=True, append_images=halves[1:])
    report.truth = {path: value for path, value in report.truth.items() if path[0] == "table3"}
    check = truth.check(parse_report(Source(body)).to_dict(), report)
    assert check.wrong == []
    assert check.right > 100


def test_a_cell_knows_its_page_and_its_box_in_the_picture_as_it_came() -> None:
    body = spoiled(draw([SMALL], Style(size=20, margin=30)), Damage(rotate=2.0))
    with Image.open(io.BytesIO(body)) as image:
        width, height = image.size
    [table] = [block for block in documents(body).blocks if isinstance(block, Table)]
    number = table.rows[1][1]
    assert number.place is not None
    assert number.place["page"] == 1
    x0, y0, x1, y1 = number.place["box"]
    assert 0 <= x0 < x1 <= width
    assert 0 <= y0 < y1 <= height
    with Image.open(io.BytesIO(body)) as image:
        assert min(image.convert("L").crop((x0 + 12, y0 + 12, x1 - 12, y1 - 12)).tobytes()) < 128


def forms_of_picture() -> dict[str, bytes]:
    plain = draw([SMALL], Style(size=20))
    grey = plain.convert("L")
    clear = plain.convert("RGBA")
    clear.putalpha(grey.point([255 - level for level in range(256)]))
    turned = plain.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    return {
        "bmp": picture(plain, "BMP"),
        "webp": picture(plain, "WEBP", lossless=True),
        "grey jpeg": picture(grey, "JPEG", quality=90),
        "cmyk jpeg": picture(plain.convert("CMYK"), "JPEG", quality=90),
        "clear paper": picture(clear),
        "palette": picture(plain.convert("P")),
        "one bit tiff": picture(grey.point([0 if v < 128 else 255 for v in range(256)], "1"), "TIFF"),
        "16 bits": picture(deep),
        "turned by exif": picture(turned, "JPEG", quality=90, exif=exif.tobytes()),
        "two frames": picture(plain.convert("P"), "GIF", save_all=True, append_images=[Image.new("P", plain.size)]),
    }


@pytest.mark.parametrize("name", list(forms_of_picture()))
def test_formats_and_colour_modes_read_alike(name: str) -> None:
    rows = texts(documents(forms_of_picture()[name]))
    assert [row[-1] for row in rows[1:]] == ["208", "1671", ""]


def test_pages_of_a_tiff_are_numbered() -> None:
    plain = draw([SMALL], Style(size=20))
    document = documents(picture(plain, "TIFF", save_all=True, append_images=[plain]))
    tables = [block for block in document.blocks if isinstance(block, Table)]
    assert [table.index for table in tables] == [0, 1]
    assert [table.rows[0][0].place and table.rows[0][0].place["page"] for table in tables] == [1, 2]


def test_ink_that_is_no_number_is_doubtful_and_not_blank() -> None:
    image = draw([SMALL], Style(size=20))
    [table] = [block for block in documents(picture(image)).blocks if isinstance(block, Table)]
    place = table.rows[3][1].place
    assert place is not None
    x0, y0, _x1, y1 = place["box"]
    rng = random.Random(3)
    pen = ImageDraw.Draw(image)
    points = [(rng.uniform(x0 + 30, x0 + 55), rng.uniform(y0 + 8, y1 - 8)) for _ in range(9)]
    pen.line(points, fill="black", width=2)
    [table] = [block for block in documents(picture(image)).blocks if isinstance(block, Table)]
    cell = table.rows[3][1]
    assert cell.text
    assert cell.doubt == "ocr" or not cell.text.isdigit()


def test_a_number_cut_by_a_line_is_doubtful() -> None:
    image = draw([SMALL], Style(size=20))
    [table] = [block for block in documents(picture(image)).blocks if isinstance(block, Table)]
    place = table.rows[1][1].place
    assert place is not None
    x0, y0, x1, y1 = place["box"]
    moved = image.crop((x0 + 2, y0 + 2, x1 - 2, y1 - 2))
    image.paste("white", (x0 + 2, y0 + 2, x1 - 2, y1 - 2))
    ink = moved.convert("L").point([255 - level for level in range(256)])
    box = ink.getbbox()
    assert box is not None
    image.paste(moved.crop(box), (x0 - (box[2] - box[0]) // 3 + 2, y0 + 8))
    [table] = [block for block in documents(picture(image)).blocks if isinstance(block, Table)]
    cells = [cell for row in table.rows for cell in row if cell.place and cell.place["box"][1] == y0]
    assert all(cell.doubt == "ocr" or not cell.text.isdigit() for cell in cells)


@pytest.mark.parametrize("font", [available()[0], *((path, 0) for path in FIGURES[:1] if (FONTS / path).exists())])
def test_a_slash_is_no_one_and_a_dash_no_number(font: tuple[str, int]) -> None:
    printed = ["1", "/", "11", "-", "171", "—", "20", "10"]
    rows = [[Cell("项目"), Cell("数量")], *([Cell("项"), Cell(text, locator=VALUE)] for text in printed)]
    style = Style(size=18, figures=None if font in available() else font[0])
    [table] = [b for b in documents(picture(draw([Part("table", grid=rows)], style))).blocks if isinstance(b, Table)]
    cells = [row[-1] for row in table.rows[1:]]
    for text, cell in zip(printed, cells, strict=True):
        assert cell.doubt == "ocr" or not cell.text.isdigit() or cell.text == text
    assert sum(cell.text == text and not cell.doubt for text, cell in zip(printed, cells, strict=True)) >= 5


def test_white_paper_has_no_blocks() -> None:
    assert documents(picture(Image.new("L", (300, 200), 255))).blocks == []


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def test_a_picture_that_unpacks_to_gigabytes_is_refused_by_its_header() -> None:
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0)
    body = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 60001))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(ParseError) as caught:
        read(Source(body))
    assert caught.value.code == "too_large"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP"])
def test_a_broken_picture_is_a_named_error(kind: str) -> None:
    body = picture(draw([SMALL], Style(size=14)), kind)
    for damaged in (body[: len(body) // 3], body[:14]):
        with pytest.raises(ParseError) as caught:
            read(Source(damaged))
        assert caught.value.code == "broken_document"


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "find_spec", lambda name: None)
    with pytest.raises(ParseError) as caught:
        read(Source(picture(Image.new("L", (40, 40), 255))))
    assert caught.value.code == "needs_extra"
    assert "nianbao[ocr]" in caught.value.message_zh
    assert "nianbao[ocr]" in caught.value.message_en


def test_a_doubtful_number_in_a_line_of_text_is_struck_out() -> None:
    from parsers.readers.image_page import prose
    from parsers.readers.image_text import Glyph

    reading = [Glyph("收", 0.99, 0.1), Glyph("1", 0.99, 0.3), Glyph("8", 0.6, 0.5), Glyph("件", 0.99, 0.9)]
    assert prose(reading) == "收\ufffd\ufffd件"


def test_paragraphs_have_their_place() -> None:
    document = documents(
        picture(draw([Part("heading", "一、总体情况"), Part("text", "本年度收到申请26件。")], Style(size=22)))
    )
    lines = [block for block in document.blocks if isinstance(block, Paragraph)]
    assert [line.text for line in lines] == ["一、总体情况", "本年度收到申请26件。"]
    assert all(line.place and line.place["page"] == 1 for line in lines)


def test_a_text_that_begins_like_a_picture_is_a_text() -> None:
    assert documents("BMW 车辆购置情况说明".encode()).kind == "text"
