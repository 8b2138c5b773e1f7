"""Rows from elsewhere merged into the registry: what is taken, what stands, and that nothing is half written."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler import registry, registry_rows
from crawler.errors import InputError
from crawler.registry_foreign import Row, foreign_rows
from tests.crawler.sites import row, write_rows

URL = "http://www.yiyuan.gov.cn/"
SEEN = {"status": "verified", "verified_at": "2026-11-01", "evidence": "site_id_code=3703230001"}


def full(portal_id: str, url: str, region_code: str = "370323", **more: str) -> Row:
    return dict.fromkeys(registry.COLUMNS, "") | row(portal_id, url, region_code, **more)


def merged(held: list[Row], new: list[Row]) -> list[tuple[str, dict[str, tuple[str, str]], Row]]:
    changes = registry_rows.merge({each["portal_id"]: each for each in held}, new)
    return [(change.kind, change.cells, change.row) for change in changes]


def test_a_new_row_is_added_under_the_code_of_its_region() -> None:
    ((kind, _, added),) = merged([], [full("", URL)])
    assert (kind, added["portal_id"], added["status"]) == ("added", "370323", "unverified")


def test_a_row_without_an_id_is_the_row_that_its_region_has() -> None:
    ((kind, cells, changed),) = merged([full("yiyuan", URL)], [full("", "http://new.gov.cn/", **SEEN)])
    assert (kind, changed["portal_id"], cells["url"]) == ("changed", "yiyuan", (URL, "http://new.gov.cn/"))


def test_an_empty_cell_erases_nothing() -> None:
    held = full("p", URL, columns=URL + "nb/", note="by hand", status="unverified")
    ((kind, cells, changed),) = merged([held], [full("p", URL, **SEEN)])
    assert (kind, changed["columns"], changed["note"]) == ("changed", URL + "nb/", "by hand")
    assert set(cells) == {"status", "verified_at", "evidence"}


@pytest.mark.parametrize("status", ["", "unverified"])
def test_what_was_verified_stands_against_what_was_not(status: str) -> None:
    held = full("p", URL, **SEEN)
    ((kind, cells, kept),) = merged([held], [full("p", "http://other.gov.cn/", status=status, families="trs")])
    assert (kind, cells, kept) == ("changed", {"families": ("", "trs")}, held | {"families": "trs"})
    ((kind, cells, kept),) = merged([held], [full("p", "http://other.gov.cn/", status=status)])
    assert (kind, kept) == ("kept", held)
    assert cells["url"] == (URL, "http://other.gov.cn/")


def test_an_older_visit_does_not_replace_a_newer_one() -> None:
    older = full("p", "http://old.gov.cn/", **(SEEN | {"verified_at": "2026-10-01"}))
    assert merged([full("p", URL, **SEEN)], [older])[0][0] == "kept"
    newer = older | {"verified_at": "2026-12-01"}
    assert merged([full("p", URL, **SEEN)], [newer])[0][2]["url"] == "http://old.gov.cn/"


def test_another_address_without_a_visit_is_unverified() -> None:
    held = full("p", "", status="unknown")
    ((_, _, changed),) = merged([held], [full("p", URL)])
    assert (changed["url"], changed["status"]) == (URL, "unverified")


def test_merging_again_changes_nothing() -> None:
    held, new = [full("p", URL)], [full("p", "http://a.gov.cn/", **SEEN), full("", "http://b.gov.cn/", "370302")]
    once = [change for _, _, change in merged(held, new)]
    assert {kind for kind, _, _ in merged(once, new)} == {"same"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_file_as_spreadsheets_save_it(tmp_path: Path, encoding: str, separator: str) -> None:
    lines = (["序号", "单位名称", "行政区划代码", "网址"], ["1", "沂源县人民政府", "370323.0", URL], ["", "", "", ""])
    file = tmp_path / "rows.csv"
    file.write_bytes("\r\n".join(separator.join(line) for line in lines).encode(encoding))
    rows, unread = foreign_rows(file)
    assert [(each["name"], each["region_code"], each["url"]) for each in rows] == [("沂源县人民政府", "370323", URL)]
    assert unread == ["序号"]


def test_a_region_is_found_by_its_name_or_told_as_unclear(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(f"name,url\n旬阳县人民政府,{URL}\n", encoding="utf-8")
    assert foreign_rows(file)[0][0]["region_code"] == "610981"
    file.write_text(f"name,url\n旬阳县人民政府,{URL}\n鼓楼区人民政府,{URL}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"rows.csv:3: .*320106"):
        foreign_rows(file)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04xlsx", "spreadsheet"),
        (b"name,phone\na,1\n", "headings"),
        (b"", "headings"),
        (b"\xff\xff\xff", "UTF-8"),
        (b"name,url\n" + b"n" * 200_000 + b",http://a/\n", "no CSV"),
    ],
)
def test_a_file_that_is_none_of_that(tmp_path: Path, data: bytes, words: str) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(data)
    with pytest.raises(InputError, match=words):
        foreign_rows(file)
    with pytest.raises(InputError, match="can't read"):
        foreign_rows(tmp_path / "nowhere.csv")


def test_what_is_written_is_read_again_and_comments_stay(tmp_path: Path) -> None:
    file = write_rows(tmp_path, [row("b", URL), row("a", "http://a.gov.cn/", "370302")])
    file.write_text(file.read_text(encoding="utf-8").replace("\n", "\n# by hand\n", 1), encoding="utf-8")
    held = registry_rows.held_rows(tmp_path)
    written = registry_rows.write(
        tmp_path, [*held.values(), full("c", "http://c.gov.cn/", "610981", status="unverified")]
    )
    assert sorted(written) == [tmp_path / "37.csv", tmp_path / "61.csv"]
    assert registry_rows.held_rows(tmp_path).keys() == {"a", "b", "c"}
    assert file.read_text(encoding="utf-8").splitlines()[1] == "# by hand"
    assert registry_rows.write(tmp_path, registry_rows.held_rows(tmp_path).values()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["37.csv", "61.csv"]


def test_a_row_whose_region_is_in_another_province_moves(tmp_path: Path) -> None:
    write_rows(tmp_path, [row("a", URL)])
    held = registry_rows.held_rows(tmp_path)
    registry_rows.write(tmp_path, [held["a"] | {"region_code": "610981"}])
    assert registry.load(tmp_path, frozenset({"37"})) == []
    assert [portal.portal_id for portal in registry.load(tmp_path, frozenset({"61"}))] == ["a"]


def test_a_bad_row_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    file = write_rows(tmp_path, [row("a", URL)])
    before = file.read_bytes()
    held = registry_rows.held_rows(tmp_path)
    with pytest.raises(registry.RegistryError) as caught:
        registry_rows.write(tmp_path, [held["a"] | {"url": "http://new.gov.cn/"}, full("b", "nowhere", "610981")])
    assert "nowhere" in str(caught.value)
    assert str(tmp_path / "61.csv") in str(caught.value)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["37.csv"]


def test_the_shipped_registry_is_as_it_would_be_written() -> None:
    directory = Path(registry.__file__).parents[1] / "settings" / "portals"
    rows = registry_rows.held_rows(directory).values()
    for file in directory.glob("*.csv"):
        own = [each for each in rows if each["region_code"][:2] == file.stem]
        assert registry_rows.as_csv(own) == file.read_text(encoding="utf-8")
