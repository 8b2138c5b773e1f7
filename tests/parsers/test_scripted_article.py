"""Pages whose article stands in a script: read as if the script had run, where the page shows no article itself."""

from __future__ import annotations

import json

import pytest

import parsers
from tests.parsers import render

VALUES = render.figures("2021", "table3", 7)
ARTICLE = "<h1>云河县2024年政府信息公开工作年度报告</h1><p>三、收到和处理政府信息公开申请情况</p>" + render.html_table(
    render.grid("2021", "table3", VALUES)
)
OTHER = "<p>" + "云河县教育局2024年新收政府信息公开申请9件。" * 12 + "</p>"


def page(*contents: str, shown: str = "<p>云河县人民政府</p>", key: str = "content") -> bytes:
    scripts = "".join(
        f"<script>window._CONFIG={{DETAIL:{{{json.dumps(key)}:{escaped(c)}}}}};</script>" for c in contents
    )
    return f"<html><head><meta charset='utf-8'>{scripts}</head><body>{shown}</body></html>".encode()


def escaped(content: str) -> str:
    return json.dumps(content).replace("<", "\\u003c").replace(">", "\\u003e")


def cells_of(body: bytes) -> dict[tuple[str, ...], int | None]:
    table = parsers.parse_report(parsers.Source(body), region_code="370323").tables["table3"]
    return {path: cell.value for path, cell in table.cells.items() if path in VALUES}


def test_every_number_of_an_article_in_a_script_is_read() -> None:
    assert cells_of(page(ARTICLE)) == {path: int(value) for path, value in VALUES.items()}


def test_menus_are_no_article_of_the_page() -> None:
    menus = "".join(f"<li><a href='/zwgk/{n}/'>{name}</a></li>" for n, name in enumerate(["政府信息公开栏目"] * 600))
    told = page(ARTICLE, shown=f"<ul>{menus}</ul><select><option>{'选项' * 4000}</select><p>云河县人民政府</p>")
    assert cells_of(told) == {path: int(value) for path, value in VALUES.items()}


@pytest.mark.parametrize(
    "body",
    [
        page(ARTICLE, shown="<table><tr><td>索引号</td><td>1</td></tr><tr><td>标题</td><td>年报</td></tr></table>"),
        page(ARTICLE, shown="<p>" + "一、总体情况:本县主动公开政府信息。" * 200 + "</p>"),
        page(ARTICLE, OTHER),
        page(ARTICLE, key="related"),
        page(ARTICLE)[:-120].replace(b'"}};', b""),
    ],
    ids=["a table of its own", "a longer text of its own", "two articles", "another key", "a string without end"],
)
def test_nothing_is_taken_from_a_script_where_it_may_be_another_article(body: bytes) -> None:
    assert values_of(body) == []


def test_strings_without_end_are_no_article() -> None:
    assert values_of(b"<script>" + b'{"content":"<p>' * 60_000 + b"</script><p>x</p>") == []


def values_of(body: bytes) -> list[int]:
    try:
        tables = parsers.parse_report(parsers.Source(body), region_code="370323").tables
    except parsers.ParseError:
        return []
    return [cell.value for table in tables.values() for cell in table.cells.values() if cell.value is not None]
