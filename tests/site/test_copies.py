"""Copies of archived files: every cell that was read is at its anchor, whatever the file; people's names are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from lxml import html

import parsers
from crawler.site.copies import Wanted, anchor, copy_of
from crawler.site.pictures import png, size_of
from tests.site.small import GOLDEN

FILES = (
    "columns-reordered.html", "docx-layout-2019-form.docx", "flattened-c.txt", "hidden-rows-and-tables.html",
    "labels-split-over-spans.html", "mhtml-saved-page.mht", "ods-tables.ods", "page-with-xls.annex.xls",
    "page-with-zip.annex.zip", "rows-of-six-and-eight.html", "spans-broken.html", "stat-two-panels.html",
    "table3-in-three.html", "table3-nested.html", "table3-transposed.html", "whole-2019-layout-gbk.html",
)  # fmt: skip


def cells(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("table2", "table3", "table4"):
        for held in report["tables"][name]["cells"].values():
            yield from (cell for cell in ([held] if "state" in held else held.values()) if cell.get("origin"))
    yield from ((report["tables"]["statistics2014"] or {}).get("rows") or ())


@pytest.mark.parametrize("name", FILES)
def test_every_cell_is_at_its_anchor_with_what_it_prints(name: str) -> None:
    body = (GOLDEN / name).read_bytes()
    read = list(cells(parsers.parse_report(parsers.Source(body), validate=False).to_dict()))
    assert read
    copy = copy_of(body, None, [Wanted(cell["origin"], cell["raw"]) for cell in read], "copy")
    tree = html.fromstring(f"<div>{copy.markup}</div>")
    there = {node.get("id"): "".join(node.text_content().split()) for node in tree.iter() if node.get("id")}
    for cell in read:
        place = anchor(cell["origin"])
        assert place in there, (name, cell)
        if cell["state"] in ("value", "annotated", "placeholder"):
            assert "".join((cell["raw"] or "").split()) in there[place], (name, cell)


def test_a_box_lies_on_the_cell_of_a_pdf() -> None:
    body = (GOLDEN / "pdf-ruled.pdf").read_bytes()
    read = list(cells(parsers.parse_report(parsers.Source(body), validate=False).to_dict()))
    copy = copy_of(body, None, [Wanted(cell["origin"], cell["raw"]) for cell in read], "copy")
    assert copy.kind == "pages"
    assert all(picture.startswith(b"\x89PNG") for picture in copy.pictures.values())
    tree = html.fromstring(f"<div>{copy.markup}</div>")
    for cell in read:
        box = tree.get_element_by_id(anchor(cell["origin"]))
        x0, y0, _, _ = cell["origin"]["box"]
        assert float(box.get("x")) == pytest.approx(x0 - 2, abs=0.2)
        assert float(box.get("y")) == pytest.approx(y0 - 2, abs=0.2)
        assert f"-{cell['origin']['page']}.png" in html.tostring(box.getparent()).decode()


def test_names_and_mobile_numbers_are_masked_across_elements() -> None:
    page = (
        "<html><body><table><tr><td>联系人：</td><td>王小明</td></tr><tr><td>电话</td><td>0533-3228369 13812345678</td>"
    )
    page += "</tr></table><p>审核人:李<b>某</b></p><p>经办人：赵四，邮编256100</p></body></html>"
    copy = copy_of(page.encode(), "text/html; charset=utf-8", [], "copy")
    text = html.fromstring(copy.markup).text_content()
    assert "王小明" not in text
    assert "赵四" not in text
    assert "13812345678" not in text
    assert "0533-3228369" in text
    assert "256100" in text


def test_a_picture_tells_its_size() -> None:
    assert size_of(png(3, 2, bytes(8), 4)) == ("png", 3, 2)
    assert size_of((GOLDEN / "page-with-jpeg-of-table4.annex.jpg").read_bytes())[0] == "jpg"
    assert size_of(b"\xff\xd8\xff\xe0\x00\x10") is None
