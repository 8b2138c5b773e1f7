"""DOCX: every cell of a composed report is read, and what the final version does not show is not."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import docx
import pytest
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls
from PIL import Image as Picture

import parsers
from parsers.document import Document, Image, Paragraph, Table
from parsers.readers import docx as reader
from tests.compose import office, truth
from tests.compose.report import generate


def parsed(body: bytes) -> dict[str, Any]:
    return parsers.parse_report(parsers.Source(body)).to_dict()


@pytest.mark.parametrize("options", [{}, {"split_runs": True}, {"layout": True}, {"numbered": False}])
@pytest.mark.parametrize("seed", range(3))
def test_a_composed_report_is_read_whole(options: dict[str, bool], seed: int) -> None:
    report = generate(seed, states=0.05)
    record = parsed(office.compose_docx(report, **options))
    result = truth.check(record, report)
    assert (result.silent, result.nulls) == ([], [])
    assert [section["present"] for section in record["sections"]] == [True] * 6
    assert record["metadata"]["title"] == report.title
    assert record["documents"][0]["kind"] == "docx"


def composed(edit: Callable[[Any], None]) -> Document:
    """A document with one table of labels and one value cell, changed by ``edit``."""
    document = docx.Document()
    table = document.add_table(2, 2)
    for cell, text in zip(
        (c for row in table.rows for c in row.cells), ("信息内容", "数量", "规章", "12"), strict=True
    ):
        cell.paragraphs[0].add_run(text)
    edit(document)
    (read,) = reader.read(office.saved(document))
    return read


def value(edit: Callable[[Any], None]) -> tuple[str, str | None]:
    """Text and doubt of the value cell after ``edit`` of its paragraph."""
    document = composed(lambda made: edit(made.tables[0].cell(1, 1).paragraphs[0]))
    table = next(block for block in document.blocks if isinstance(block, Table))
    return table.rows[1][1].text, table.rows[1][1].doubt


def add(xml: str) -> Callable[[Any], None]:
    return lambda paragraph: paragraph._p.append(parse_xml(xml.replace(">", f" {nsdecls('w')}>", 1)))


def formatted(name: str, setting: Any = True, text: str = "3") -> Callable[[Any], None]:
    return lambda paragraph: setattr(paragraph.add_run(text).font, name, setting)


@pytest.mark.parametrize(
    ("edit", "text", "doubt"),
    [
        (add("<w:ins><w:r><w:t>3</w:t></w:r></w:ins>"), "123", "tracked"),
        (add("<w:del><w:r><w:delText>3</w:delText></w:r></w:del>"), "12", "tracked"),
        (add("<w:moveFrom><w:r><w:t>3</w:t></w:r></w:moveFrom>"), "12", "tracked"),
        (add("<w:moveTo><w:r><w:t>3</w:t></w:r></w:moveTo>"), "123", "tracked"),
        (formatted("hidden"), "12", None),
        (formatted("hidden", False), "123", None),
        (formatted("superscript"), "12 3", None),
        (formatted("strike"), "123", "struck"),
        (add('<w:r><w:footnoteReference w:id="2"/></w:r>'), "12", None),
        (add('<w:r><w:sym w:font="Symbol" w:char="F033"/></w:r>'), "12\ufffd", None),
        (add("<w:r><w:softHyphen/><w:t>3</w:t></w:r>"), "123", None),
        (add("<w:r><w:t>\u00ad3</w:t></w:r>"), "123", None),
        (add("<w:r><w:br/><w:t>3</w:t></w:r>"), "12\n3", None),
        (add("<w:r><w:tab/><w:t>3</w:t></w:r>"), "12 3", None),
        (add('<w:sdt><w:sdtContent><w:r><w:t>3</w:t></w:r></w:sdtContent></w:sdt>'), "123", None),
        (add('<w:fldSimple w:instr="=SUM(LEFT)"><w:r><w:t>3</w:t></w:r></w:fldSimple>'), "123", None),
        (
            add(
                '<w:hyperlink><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:t>7</w:t></w:r><w:r><w:fldChar '
                'w:fldCharType="separate"/></w:r><w:r><w:t>3</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
                "</w:hyperlink>"
            ),
            "123",
            None,
        ),
    ],
)  # fmt: skip
def test_a_cell_says_what_the_final_version_shows(edit: Callable[[Any], None], text: str, doubt: str | None) -> None:
    assert value(edit) == (text, doubt)


RUN = "<w:r><w:rPr>{}</w:rPr><w:t>3</w:t></w:r>"


@pytest.mark.parametrize(
    ("edit", "text", "doubt"),
    [
        (add(RUN.format('<w:position w:val="6"/>')), "12 3", None),
        (add(RUN.format('<w:position w:val="-6"/>')), "12 3", None),
        (add(RUN.format('<w:position w:val="0"/>')), "123", None),
        (add(RUN.format('<w:color w:val="FFFFFF"/>')), "123", "style"),
        (add(RUN.format('<w:color w:val="FFFFFF"/><w:shd w:fill="002060"/>')), "123", None),
        (add(RUN.format('<w:sz w:val="2"/>')), "123", "style"),
        (add(RUN.format('<w:w w:val="1"/>')), "123", "style"),
        (add(RUN.format('<w:spacing w:val="-200"/>')), "123", "style"),
        (add(RUN.format('<w:eastAsianLayout w:combine="1"/>')), "123", "style"),
        (add('<w:bdo w:val="rtl"><w:r><w:t>3</w:t></w:r></w:bdo>'), "123", "style"),
        (add(
            '<w:hyperlink><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>EQ \\s\\up5(3)</w:instrText>'
            '</w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:hyperlink>'
        ), "12\ufffd", None),
    ],
)  # fmt: skip
def test_digits_that_are_raised_or_hardly_seen_join_no_number(
    edit: Callable[[Any], None], text: str, doubt: str | None
) -> None:
    assert value(edit) == (text, doubt)


def test_a_cell_inserted_as_a_whole_is_read() -> None:
    def edit(paragraph: Any) -> None:
        paragraph.clear()
        add("<w:ins><w:r><w:t>15</w:t></w:r></w:ins>")(paragraph)

    assert value(edit) == ("15", None)


def test_what_a_style_is_based_on_hides_its_text() -> None:
    def edit(document: Any) -> None:
        for name, based in (("Below", None), ("Above", "Below")):
            style = document.styles.add_style(name, docx.enum.style.WD_STYLE_TYPE.CHARACTER)
            style.font.hidden = True if based is None else None
            style.base_style = document.styles[based] if based else None
        document.tables[0].cell(1, 1).paragraphs[0].add_run("3", style="Above")

    (table,) = [block for block in composed(edit).blocks if isinstance(block, Table)]
    assert table.rows[1][1].text == "12"


def test_struck_digits_of_running_text_make_no_number() -> None:
    def edit(document: Any) -> None:
        document.add_paragraph("收到申请10").add_run("5").font.strike = True

    lines = [block.text for block in composed(edit).blocks if isinstance(block, Paragraph)]
    assert lines == ["收到申请10\ufffd"]


@pytest.mark.parametrize("name", ["strike", "superscript"])
def test_a_digit_set_apart_gives_no_number(name: str) -> None:
    report = generate(5, form3="2021")

    def edit(document: Any) -> None:
        cell = document.tables[1].rows[3].cells[-1]
        setattr(cell.paragraphs[0].add_run("1").font, name, True)

    record = parsed(office.compose_docx(report, edit=edit))
    cell = record["tables"]["table3"]["cells"]["new_requests"]["total"]
    assert (cell["value"], cell["state"]) == (None, "unparseable")
    assert any(f["rule"] == "ST08" and f["locator"] == "table3.new_requests.total" for f in record["findings"])


def test_a_deleted_row_is_not_read_and_an_inserted_one_is() -> None:
    def edit(document: Any) -> None:
        for text, mark in (("删除的", "w:del"), ("插入的", "w:ins")):
            row = document.tables[0].add_row()
            row.cells[0].text, row.cells[1].text = text, "9"
            row._tr.get_or_add_trPr().append(OxmlElement(mark))

    table = next(block for block in composed(edit).blocks if isinstance(block, Table))
    assert [row[0].text for row in table.rows] == ["信息内容", "规章", "插入的"]


def test_merged_cells_keep_their_columns() -> None:
    document = docx.Document()
    table = document.add_table(3, 4)
    for number, cell in enumerate(c for row in table.rows for c in row.cells):
        cell.text = str(number)
    table.cell(0, 0).merge(table.cell(2, 0)).text = "a"
    table.cell(0, 1).merge(table.cell(0, 3)).text = "b"
    (read,) = reader.read(office.saved(document))
    cells = [cell for row in read.blocks[0].rows for cell in row]
    assert [(c.row, c.column, c.rowspan, c.colspan, c.text) for c in cells] == [
        (0, 0, 3, 1, "a"),
        (0, 1, 1, 3, "b"),
        *[(row, column, 1, 1, str(row * 4 + column)) for row in (1, 2) for column in (1, 2, 3)],
    ]


def test_text_boxes_are_read_once() -> None:
    box = (
        '<w:r xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com'
        ':vml" xmlns:wps="urn:wps"><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx><w:txbxContent>'
        "<w:p><w:r><w:t>框内</w:t></w:r></w:p></w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict>"
        "<v:textbox><w:txbxContent><w:p><w:r><w:t>框内</w:t></w:r></w:p></w:txbxContent></v:textbox></w:pict>"
        "</mc:Fallback></mc:AlternateContent></w:r>"
    )
    document = composed(lambda made: add(box)(made.add_paragraph("框外")))
    assert [block.text for block in document.blocks if isinstance(block, Paragraph)] == ["框外", "框内"]
    assert value(add(box)) == ("12\n框内", None)


def test_a_picture_in_the_place_of_a_table_is_told() -> None:
    report = generate(3)
    number = next(n for n, part in enumerate(report.body) if part.table == "table3")
    picture = io.BytesIO()
    Picture.new("RGB", (40, 20)).save(picture, "png")
    picture.seek(0)

    def edit(document: Any) -> None:
        table = document.tables[1]._tbl
        paragraph = document.add_paragraph()
        paragraph.add_run().add_picture(picture)
        table.addprevious(paragraph._p)
        table.getparent().remove(table)

    body = office.compose_docx(report, edit=edit)
    assert [b.src for b in reader.read(body)[0].blocks if isinstance(b, Image)] == ["word/media/image1.png"]
    record = parsed(body)
    assert report.body[number].table == "table3"
    assert record["tables"]["table3"]["status"] == "unreadable"
    assert {cell["state"] for row in record["tables"]["table3"]["cells"].values() for cell in row.values()} <= {
        "missing_table",
        "not_in_template",
    }


def rewritten(body: bytes, change: Callable[[bytes], bytes], part: str = "word/document.xml") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return out.getvalue()


def bomb(xml: bytes) -> bytes:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    head = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY e0 "12">{entities}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    return head.encode() + re.sub(rb"^<\?xml[^>]*\?>", b"", xml).replace(b"</w:t>", b"&e11;&f;</w:t>", 1)


def nested(xml: bytes) -> bytes:
    return xml.replace(b"<w:body>", b"<w:body>" + b"<w:tbl><w:tr><w:tc>" * 5000, 1)


@pytest.mark.parametrize(
    "change", [bomb, nested, lambda xml: xml[: len(xml) // 2], lambda xml: b"", lambda xml: b"\0" * 100],
    ids=["entities", "nesting", "cut", "empty", "zeros"],
)  # fmt: skip
def test_hostile_xml_is_refused(change: Callable[[bytes], bytes]) -> None:
    body = rewritten(office.compose_docx(generate(1)), change)
    with pytest.raises(parsers.ParseError, match="broken_document"):
        reader.read(body)


def test_a_giant_table_beside_the_report_costs_none_of_its_cells() -> None:
    report = generate(2)
    row = "<w:tr>" + "<w:tc><w:p><w:r><w:t>8</w:t></w:r></w:p></w:tc>" * 50 + "</w:tr>"

    def append(xml: bytes) -> bytes:
        return xml.replace(b"<w:sectPr", f"<w:tbl>{row * 2000}</w:tbl><w:sectPr".encode(), 1)

    body = rewritten(office.compose_docx(report), append)
    result = truth.check(parsed(body), report)
    assert (result.silent, result.nulls) == ([], [])


def test_tables_nested_to_the_limit_are_walked() -> None:
    table = ("<w:tbl><w:tr><w:tc>" * 70, "</w:tc></w:tr></w:tbl>" * 70)

    def nest(xml: bytes) -> bytes:
        start, end = xml.index(b"<w:body>") + 8, xml.index(b"<w:sectPr")
        return xml[:start] + table[0].encode() + xml[start:end] + table[1].encode() + xml[end:]

    report = generate(4)
    result = truth.check(parsed(rewritten(office.compose_docx(report), nest)), report)
    assert (result.silent, result.nulls) == ([], [])


def test_relations_to_the_outside_are_not_followed() -> None:
    report = generate(6)
    outside = b'<Relationship Id="x" Type="http://x/officeDocument" Target="../../../../etc/passwd"/>'
    body = rewritten(office.compose_docx(report), lambda xml: xml.replace(b"</Rel", outside + b"</Rel"), "_rels/.rels")
    result = truth.check(parsed(body), report)
    assert (result.silent, result.nulls) == ([], [])
