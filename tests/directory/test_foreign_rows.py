"""Files as confused and hostile people hand them in: each bad cell is named, and none of it reaches the registry."""

from __future__ import annotations

import argparse
import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scrapy.settings import Settings

from crawler import registry, registry_rows
from crawler.commands.portals import Command
from crawler.errors import InputError
from crawler.registry_foreign import foreign_rows
from tests.crawler.sites import row, write_rows

URL = "http://www.yiyuan.gov.cn/"
FUTURE = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()


def portals(directory: Path, *words: str, **settings: str) -> int:
    """The exit code of the command, in this process."""
    command, parser = Command(), argparse.ArgumentParser()
    command.settings = Settings({"PORTALS_DIR": str(directory), **settings})
    command.add_options(parser)
    options, arguments = parser.parse_known_args(list(words))
    command.run(arguments, options)
    return command.exitcode


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("verified_at", FUTURE, "is in the future"),
        ("verified_at", "soon", "is not YYYY-MM-DD"),
        ("url", "http://127.0.0.1/", "127.0.0.1 is no public host"),
        ("url", "http://10.1.2.3:8080/", "10.1.2.3 is no public host"),
        ("url", "http://127.1/", "127.1 is no public host"),
        ("url", "http://0x7f.0.0.1/", "is no public host"),
        ("url", "http://2130706433/", "is no public host"),
        ("url", "http://[::ffff:169.254.169.254]/", "is no public host"),
        ("url", "http://localhost/", "localhost is no public host"),
        ("url", "http://portal.local/", "portal.local is no public host"),
        ("columns", "http://192.168.0.1/nb/", "192.168.0.1 is no public host"),
        ("hosts", "a.gov.cn 172.16.0.1", "172.16.0.1 is no public host"),
        ("url", "http://www.yi yuan.gov.cn/", "has blanks"),
        ("url", "http://www.yiyuan.gov.cn/a b/", "has blanks"),
        ("url", "http://www.yiyuan.gov.cn@evil.example/", "has a user name"),
        ("url", "http://www..gov.cn/", "no valid host name"),
        ("url", "javascript:alert(1)", "is not an http(s) address"),
        ("note", '=HYPERLINK("http://evil.example/","x")', "as a formula"),
        ("note", "+86 533", "as a formula"),
        ("name", "@SUM(A1)", "as a formula"),
        ("evidence", "\u3000=1+1", "as a formula"),
        ("note", "'=1+1", "as a formula"),
        ("site_id_code", "37032300", "ten digits"),
        ("portal_id", "../37", "only letters, digits"),
        ("region_code", "379999", "is not in GB/T 2260"),
        ("status", "sure", "no 'sure'"),
        ("families", "nosuch", "no 'nosuch'"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], column: str, cell: str, words: str
) -> None:
    held = write_rows(tmp_path / "portals", [row("370323", URL)])
    before = held.read_bytes()
    file = write_rows(tmp_path, [row("370302", URL, "370302"), row("370323", URL) | {column: cell}], "rows")
    assert portals(tmp_path / "portals", "import", str(file)) == 2
    told = capsys.readouterr().err
    assert f"{file}:3: {column}:" in told
    assert f"{file} 有 1 处错误" in told
    assert f"1 problem(s) in {file}" in told
    assert words in told
    assert held.read_bytes() == before


def test_private_addresses_are_for_those_who_open_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "portals").mkdir()
    file = write_rows(tmp_path, [row("a", "http://127.0.0.5:8000/"), row("b", "http://localhost/", "370302")], "rows")
    assert portals(tmp_path / "portals", "import", str(file)) == 2
    assert portals(tmp_path / "portals", "import", str(file), EGRESS_ALLOW="10.0.0.0/8") == 2
    assert portals(tmp_path / "portals", "import", str(file), EGRESS_ALLOW="127.0.0.0/8") == 0
    capsys.readouterr()
    assert portals(tmp_path / "portals", "check", EGRESS_ALLOW="127.0.0.0/8") == 0
    assert "note" not in capsys.readouterr().out
    assert portals(tmp_path / "portals", "check") == 0, "they are for tests: no error"
    told = capsys.readouterr().out
    assert "note: a url:127.0.0.5 不是公网主机" in told
    assert "b url: localhost is no public host" in told


def test_check_notes_what_an_import_would_refuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(tmp_path, [row("a", URL, note="-1", status="verified", verified_at=FUTURE, evidence="site_name")])
    assert portals(tmp_path, "check") == 0
    told = capsys.readouterr().out
    assert f"a verified_at: {FUTURE} is in the future" in told
    assert "a note: '-1' would be run by a spreadsheet" in told


def test_an_export_holds_no_formula_whatever_the_registry_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(tmp_path, [row("a", URL, note="=1+1")])
    assert portals(tmp_path, "export") == 0
    (held,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (held["note"], held["url"]) == ("'=1+1", URL)


@pytest.mark.parametrize("headings", ["url,网址,name", "name,首页,URL", "url,name,单位名称"])
def test_two_columns_of_one_meaning_are_told(tmp_path: Path, headings: str) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(f"{headings}\nhttp://a.gov.cn/,沂源县,http://b.gov.cn/\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"2 columns are (?:url|name) \(\d .+, \d .+\)") as caught:
        foreign_rows(file)
    assert "表头有 2 列都是" in str(caught.value)


def test_a_comma_that_moves_the_cells_behind_it_is_told(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(f"name,url,note\n沂源县, 淄博市,{URL},x\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"rows\.csv:2: .*3 columns expected, 4 found"):
        foreign_rows(file)


def test_what_spreadsheets_and_people_add_is_taken_off(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    lines = [
        "name\turl\tnote\t核实日期\t状态\t依据",
        f'"沂源县\n人民政府"\t\u200b{URL}\t—\t2026/1/9\tverified\tsite_name',
    ]
    file.write_bytes("\r\n".join(lines).encode("utf-16"))
    ((held,), unread) = foreign_rows(file)
    assert unread == []
    assert (held["name"], held["url"], held["note"]) == ("沂源县 人民政府", URL, "")
    assert held["verified_at"] == "2026-01-09"


def test_two_rows_that_say_different_things_of_one_portal(tmp_path: Path) -> None:
    file = write_rows(tmp_path, [row("", "http://a.gov.cn/"), row("370323", "http://b.gov.cn/")], "rows")
    with pytest.raises(InputError, match=r"portal 370323, with another url: 'http://a.gov.cn/' and 'http://b.gov.cn/'"):
        registry_rows.merge({}, foreign_rows(file)[0])
    file = write_rows(tmp_path, [row("", URL), row("370323", URL, note="x")], "rows")
    (change,) = registry_rows.merge({}, foreign_rows(file)[0])
    assert (change.row["portal_id"], change.row["note"]) == ("370323", "x")


def test_a_row_that_may_be_any_of_a_regions_portals(tmp_path: Path) -> None:
    write_rows(tmp_path / "portals", [row("one", URL), row("two", "http://b.gov.cn/")])
    held = registry_rows.held_rows(tmp_path / "portals")
    with pytest.raises(InputError, match="several portals \\(one, two\\): name one in the column portal_id"):
        registry_rows.merge(held, [held["one"] | {"portal_id": ""}])


def test_a_row_of_a_region_is_found_under_its_former_code(tmp_path: Path) -> None:
    write_rows(tmp_path / "portals", [row("xunyang", "", "610928", status="unknown")], "61")
    file = tmp_path / "rows.csv"
    file.write_text(f"name,url\n旬阳市人民政府,{URL}\n", encoding="utf-8")
    assert portals(tmp_path / "portals", "import", str(file)) == 0
    ((portal),) = registry.load(tmp_path / "portals")
    assert (portal.portal_id, portal.region_code, portal.url) == ("xunyang", "610981", URL)
