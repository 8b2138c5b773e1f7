"""The catalogue as files: every number in its place with its state, both sides of what disagrees, links that lead
somewhere, text that stays text, and no page written without need."""

from __future__ import annotations

import argparse
import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lxml import html
from scrapy.settings import Settings

from crawler.commands.site import Command
from crawler.errors import InputError
from crawler.site.layout import layouts
from crawler.site.regions import series_of
from crawler.site.words import number
from parsers.forms import all_forms
from tests.site.small import PWN, Small

CELL = {"value": "n", "annotated": "n"}


@cache
def tree(path: Path) -> html.HtmlElement:
    return html.fromstring(path.read_text(encoding="utf-8"))


def resolved(directory: Path, link: str) -> Path:
    return Path(os.path.normpath(directory / link))


@cache
def ids(path: Path) -> set[str]:
    return set(tree(path).xpath("//@id"))


def pages(site: Small) -> Iterator[Path]:
    return site.path.rglob("*.html")


def text(node: html.HtmlElement) -> str:
    return " ".join(node.text_content().split())


def cells(page: html.HtmlElement, table: str) -> list[html.HtmlElement]:
    return page.cssselect(f"table.{table} td")


# ------------------------------------------------------------------------------------------------ tables


@pytest.mark.parametrize("version", ["2021", "2019"])
def test_a_layout_is_the_grid_of_the_official_form(version: str) -> None:
    """Every row is as wide as the table once spans are counted, and every cell of the form is there once."""
    for name, layout in layouts(version).items():
        assert [place.path for place in layout.places] == all_forms()[version].tables[name].locators
        for part in layout.parts:
            taken: dict[int, int] = {}
            lines = [list(line) for line in part.header] + [[*row.labels, *row.places] for row in part.rows]
            for line in lines:
                width = sum(taken.values() and [1 for left in taken.values() if left > 0])
                taken = {column: left - 1 for column, left in taken.items() if left > 1}
                at = 0
                for cell in line:
                    while at in taken:
                        at += 1
                    span, rows = getattr(cell, "colspan", getattr(cell, "span", 1)), getattr(cell, "rowspan", 1)
                    for column in range(at, at + span):
                        if rows > 1:
                            taken[column] = rows - 1
                    width += span
                    at += span
                assert width == layout.columns, (version, name, line)


def test_every_cell_shows_its_number_or_its_state(site: Small) -> None:
    for position, record in enumerate(site.records[:-1]):
        if position == 0:
            continue  # its current version is a later one
        page = tree(site.path / "zh" / "reports" / f"{record['report_id']}.html")
        for name in ("table2", "table3", "table4"):
            held = record["tables"][name]
            if held["status"] != "present":
                assert not cells(page, name)
                assert "不作零计" in text(page.get_element_by_id(name).getparent())
                continue
            shown = cells(page, name)
            places = layouts(held["version"])[name].places
            assert len(shown) == len(places)
            for place, cell in zip(places, shown, strict=True):
                told = held["cells"][place.path[0]]
                told = told if len(place.path) == 1 else told[place.path[1]]
                classes = cell.get("class").split()
                if told["value"] is not None:
                    assert classes[0] == "n"
                    assert text(cell).startswith(number(told["value"])), (record["report_id"], place)
                else:
                    assert classes[:2] == ["s", told["state"]]
                    assert not text(cell)[:1].isdigit() or told["state"] == "unparseable"


def test_states_are_told_apart_without_colour(site: Small) -> None:
    seen: dict[str, str] = {}
    for path in (site.path / "zh" / "reports").glob("*.html"):
        for cell in tree(path).cssselect("table.form td.s"):
            state = cell.get("class").split()[1]
            seen.setdefault(state, re.sub(r"[▲◆●↔].*", "", text(cell)))
    assert {"empty", "placeholder", "unparseable"} <= seen.keys()
    assert seen["empty"] == "空"
    assert "未读出" in seen["unparseable"]
    assert len(set(seen.values())) == len(seen)


def test_both_sides_of_a_disagreement_stand_on_the_cells(site: Small) -> None:
    record = site.records[1]
    page = tree(site.report("hybrid-23-rows.html"))
    failed = [f for f in record["findings"] if f["rule"] in ("T302", "T303", "T304", "T402") and f["status"] == "fail"]
    assert failed
    for finding in failed:
        row = next(r for r in page.cssselect("table.findings tbody tr") if finding["message_zh"] in text(r))
        assert str(finding["expected"]) in text(row)
        target = row.cssselect("td:last-child a")[0].get("href")
        cell = page.get_element_by_id(target[1:])
        assert f"≠{finding['expected']}" in text(cell)
        assert text(cell).startswith(str(finding["actual"]))
        assert cell.cssselect(f"a.mark[href='#{row.get('id')}']")


def test_a_trend_tells_both_its_sum_and_another_total_that_is_printed() -> None:
    printed = {"upheld": 2, "corrected": 1, "other": 0, "pending": 0, "total": 4}
    cells = {("t4", "review", end): {"value": value, "state": "value"} for end, value in printed.items()}
    report = {"report_id": "a", "report_year": 2023, "report_scope": "region_aggregate"}
    trends = {trend.name[1]: trend for trend in series_of([report], {"a": cells}, [2022])[0].trends}
    assert trends["Reviews"].told == [(2023, "3≠4")]
    assert trends["Reviews"].disagrees
    assert len(trends["Reviews"].gaps) == 1  # 2022 has no report
    assert trends["Suits"].told == []


def test_a_note_and_a_figure_of_the_text_stand_where_they_were_printed(site: Small) -> None:
    page = tree(site.report("notes-in-number-cells.html"))
    assert page.cssselect("td.n sup")
    assert page.cssselect("ol.notes li")
    marks = page.cssselect("article.part mark")
    assert marks
    for mark in marks:
        row = page.get_element_by_id("n" + mark.get("id")[1:])
        assert row is not None


def test_a_version_tells_what_changed_since_the_one_before(site: Small) -> None:
    now, before = site.report("whole-2021-trs.html"), site.report("whole-2021-trs.html").with_name(f"{0:016x}-1.html")
    rows = [[text(cell) for cell in row] for row in tree(now).xpath("//h3[@id='changed']/following::tbody[1]/tr")]
    assert ["表三 (一)予以公开·总计", "460", "461"] in [
        [row[0].replace("三、本年度办理结果·", ""), *row[1:]] for row in rows
    ]
    assert not tree(before).xpath("//h3[@id='changed']")
    assert tree(before).cssselect("p.notice a")[0].get("href") == now.name


def test_a_text_without_end_is_cut_and_says_so(site: Small, tmp_path: Path) -> None:
    connection = site.warehouse.connection
    connection.execute("BEGIN")
    try:
        connection.execute("UPDATE sections_history SET text = repeat('公开。', 200000) WHERE number = 5")
        site.build(tmp_path / "site")
    finally:
        connection.execute("ROLLBACK")
    page = tmp_path / "site" / site.report("placeholders.html").relative_to(site.path)
    assert page.stat().st_size < 300 * 1024
    assert "文字过长" in page.read_text(encoding="utf-8")
    assert "文字过长" not in site.report("placeholders.html").read_text(encoding="utf-8")


# ------------------------------------------------------------------------------------------------ sources


def test_a_number_leads_to_its_cell_in_the_archived_copy(site: Small) -> None:
    """Whatever the source was: the cell that the link leads to says the same."""
    kinds = set()
    for path in (site.path / "zh" / "reports").glob("*.html"):
        for link in tree(path).cssselect("table.form td.n > a:first-child"):
            parts = urlsplit(link.get("href"))
            if not parts.path:
                continue
            copy = tree((path.parent / parts.path).resolve())
            target = copy.get_element_by_id(parts.fragment)
            kinds.add(target.tag)
            if target.tag != "rect":
                printed = unicodedata.normalize("NFKC", text(target)).replace(",", "")
                assert text(link).replace(",", "").lstrip("-") in printed, (path.name, parts.fragment)
    assert kinds == {"td", "mark", "rect"}


def test_a_copy_of_a_hostile_page_is_inert(site: Small) -> None:
    found = [path for path in (site.path / "archived").glob("*.html") if "gnp.exe" in path.read_text("utf-8")]
    assert found
    allowed = {
        "rel",
        "href",
        "charset",
        "http-equiv",
        "content",
        "name",
        "id",
        "class",
        "colspan",
        "rowspan",
        "lang",
        "dir",
    }
    for path in found:
        copy = tree(path).cssselect(".copy")[0]
        for node in copy.iterdescendants():
            assert isinstance(node.tag, str)
            assert node.tag not in ("script", "style", "a", "form", "iframe", "img", "svg", "object", "link", "meta")
            assert set(node.attrib) <= allowed - {"href", "content"}
        assert "13912345678" not in text(copy)
        assert "张小三" not in text(copy)


def test_nobody_is_named(site: Small) -> None:
    for path in pages(site):
        assert "张小三" not in path.read_text("utf-8")


# ------------------------------------------------------------------------------------------------ all pages


def test_every_link_leads_somewhere(site: Small) -> None:
    broken = []
    files = {path for path in site.path.rglob("*") if path.is_file()}
    for path in pages(site):
        page = tree(path)
        for attribute, link in ((a, node.get(a)) for node in page.iter() if isinstance(node.tag, str)
                                for a in ("href", "src") if node.get(a)):  # fmt: skip
            parts = urlsplit(link)
            if parts.scheme:
                assert parts.scheme in ("http", "https"), (path, link)
                assert attribute == "href"
                continue
            target = resolved(path.parent, unquote(parts.path)) if parts.path else path
            if target not in files or (
                parts.fragment and target.suffix == ".html" and parts.fragment not in ids(target)
            ):
                broken.append((path.name, link))
    assert broken == []


def test_every_page_is_in_both_languages_and_small(site: Small) -> None:
    trees = {
        code: {p.relative_to(site.path / code) for p in (site.path / code).rglob("*.html")} for code in ("zh", "en")
    }
    assert trees["zh"] == trees["en"]
    for path in pages(site):
        assert path.stat().st_size < 300 * 1024, path
        switch = tree(path).cssselect("a.language")
        assert switch or path.parent.name == "archived" or path.name == "index.html"


def test_what_portals_write_stays_text(site: Small) -> None:
    """A hostile report has the elements and attributes of a good one; of its spite only words are seen."""
    for path in pages(site):
        raw = path.read_text(encoding="utf-8")
        assert PWN not in raw
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08]", raw), path
        page = tree(path)
        for node in page.iter():
            if not isinstance(node.tag, str):
                continue
            assert not [name for name in node.attrib if name.startswith("on") or name == "style"], (path, node.tag)
            assert node.tag not in ("iframe", "object", "embed", "form", "base"), path
            for name in ("href", "src", "action"):
                assert not (node.get(name) or "").strip().lower().startswith(("javascript:", "data:")), path
        scripts = [node.get("src") for node in page.iter("script")]
        assert all(src and src.endswith("assets/site.js") for src in scripts), path
    assert "window.pwned" in text(tree(site.hostile))
    assert "49" not in text(tree(site.hostile).cssselect("h1")[0])
    policy = tree(site.hostile).cssselect("meta[http-equiv=Content-Security-Policy]")[0].get("content")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


# ------------------------------------------------------------------------------------------------ the command


def run(action: str, **options: object) -> int | None:
    command = Command()
    command.settings = Settings({"RUNS_DIR": "nowhere"})
    held = {"warehouse": None, "site": Path("nowhere"), "runs": None, "release": None, "port": 0}
    command.run([action], argparse.Namespace(**(held | options)))
    return command.exitcode


def test_what_is_missing_is_named_in_both_languages(
    site: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("serve", site=tmp_path) == 2
    assert "scrapy site build" in capsys.readouterr().err
    assert run("build", warehouse=tmp_path / "none.duckdb") == 2
    assert len(re.findall("none.duckdb", capsys.readouterr().err)) == 2
    assert run("build", release=tmp_path / "none") == 2
    capsys.readouterr()
    assert run("serve", site=site.path, port=70000) == 2
    assert "70000" in capsys.readouterr().err
    capsys.readouterr()
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(InputError, match=r"site.*\.\[site\]"):
        site.build(tmp_path / "site")
    assert not (tmp_path / "site").exists()
