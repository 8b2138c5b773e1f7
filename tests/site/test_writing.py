"""How the catalogue is written: only what changed, whole after a kill, beside files of others, with pages that stay
small whatever a portal has sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import html

from crawler.errors import InputError
from crawler.site.build import build
from crawler.site.data import NEIGHBOURS, Warehouse
from crawler.site.output import INPUTS, SUMS, Output
from crawler.warehouse import across, derived, in_memory
from tests.site import small
from tests.site.small import PWN, SPITE, Small


class Killed(BaseException):
    pass


def test_a_second_build_writes_nothing_and_a_lost_file_comes_back(site: Small) -> None:
    before = {path: path.stat().st_mtime_ns for path in site.path.rglob("*.html")}
    assert site.build().written == 0
    assert {path: path.stat().st_mtime_ns for path in site.path.rglob("*.html")} == before
    lost = site.report("placeholders.html")
    content = lost.read_bytes()
    lost.unlink()
    assert site.build().written == 1
    assert lost.read_bytes() == content


def test_only_what_changed_is_written_and_what_is_gone_is_removed(site: Small, tmp_path: Path) -> None:
    site.build(tmp_path / "site")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "site").rglob("reports/*.html")}
    connection = site.warehouse.connection
    connection.execute("BEGIN")
    try:
        gone = site.records[3]["report_id"]
        connection.execute("DELETE FROM report_versions WHERE report_id = ?", [gone])
        connection.execute(
            "UPDATE sections_history SET text = text || '。' WHERE report_id = ? AND number = 1",
            [site.records[4]["report_id"]],
        )
        counts = site.build(tmp_path / "site")
        assert not (tmp_path / "site" / "zh" / "reports" / f"{gone}.html").exists()
        assert counts.removed >= 2
        changed = site.records[4]["report_id"]
        written = {path.name for path in (tmp_path / "site").rglob("reports/*.html")
                   if path.read_bytes() != (site.path / path.relative_to(tmp_path / "site")).read_bytes()}  # fmt: skip
        assert written == {f"{changed}.html"}
        stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "site").rglob("reports/*.html")}
        assert {path for path, at in stamps.items() if path in before and at != before[path]} == {
            tmp_path / "site" / code / "reports" / f"{changed}.html" for code in ("zh", "en")
        }
    finally:
        connection.execute("ROLLBACK")
    site.build(tmp_path / "site")
    assert _content(tmp_path / "site") == _content(site.path)


def _content(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


@pytest.mark.parametrize("after", [3, 150])
def test_a_killed_build_and_the_next_one_end_as_if_undisturbed(
    site: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    files = 0
    write = Output.file

    def until(self: Output, path: str, body: bytes) -> None:
        nonlocal files
        files += 1
        if files > after:
            raise Killed
        write(self, path, body)

    monkeypatch.setattr(Output, "file", until)
    with pytest.raises(Killed):
        site.build(tmp_path / "site")
    monkeypatch.undo()
    assert not (tmp_path / "site" / SUMS).exists()
    site.build(tmp_path / "site")
    assert _content(tmp_path / "site") == _content(site.path)


def test_a_directory_of_others_is_left_alone(site: Small, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError):
        build(site.warehouse, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_list_of_checksums_does_not_make_a_directory_ours(site: Small, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    (tmp_path / SUMS).write_text(f"{'0' * 64}  letter.txt\n")
    with pytest.raises(InputError):
        build(site.warehouse, tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_files_of_others_beside_the_pages_stay(site: Small, tmp_path: Path) -> None:
    site.build(tmp_path / "site")
    other = tmp_path / "site" / "zh" / "reports" / "mine.html"
    other.write_text("mine")
    site.build(tmp_path / "site")
    assert other.read_text() == "mine"


def test_two_builds_do_not_meet_in_one_directory(site: Small, tmp_path: Path) -> None:
    with Output(tmp_path / "site") as first:
        first.file("a.html", b"a")
        with pytest.raises(InputError, match="another build"):
            site.build(tmp_path / "site")
    site.build(tmp_path / "site")
    assert _content(tmp_path / "site") == _content(site.path)


def test_a_page_is_not_taken_for_written_when_the_build_died_before(tmp_path: Path) -> None:
    """Old and new are of one size: only the lists tell them apart."""
    with Output(tmp_path) as output:
        output.page("a.html", "one", lambda: "1")
    with pytest.raises(Killed):
        _write_and_die(tmp_path)
    assert (tmp_path / "a.html").read_text() == "1"
    with Output(tmp_path) as output:
        output.page("a.html", "two", lambda: "2")
    assert (tmp_path / "a.html").read_text() == "2"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["a.html", SUMS, INPUTS])


def _write_and_die(directory: Path) -> None:
    with Output(directory) as output, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", _dies)
        output.page("a.html", "two", lambda: "2")


def _dies(*_: object) -> None:
    raise Killed


def test_a_lost_picture_of_a_copy_comes_back(site: Small, tmp_path: Path) -> None:
    site.build(tmp_path / "site")
    lost = next((tmp_path / "site" / "archived").glob("*.png"))
    content = lost.read_bytes()
    lost.unlink()
    site.build(tmp_path / "site")
    assert lost.read_bytes() == content


def test_texts_versions_and_findings_without_end_leave_pages_small(tmp_path: Path) -> None:
    """Spite, a NUL, words without a blank in every text of a portal; two hundred findings, forty-five versions."""
    made = small.make(tmp_path)
    run, spite = made.warehouse.connection.execute, f"{SPITE}\0{'长' * 3000}{'W' * 3000}"
    many, old = (made.records[number]["report_id"] for number in (1, 3))
    run(
        "INSERT INTO validation_results_history SELECT v.* REPLACE (1000 + i AS number) FROM (SELECT * FROM"
        " validation_results_history WHERE report_id = ? AND rule_id = 'T302' LIMIT 1) v, range(200) t(i)", [many],
    )  # fmt: skip
    run(
        "INSERT INTO report_versions SELECT v.* REPLACE (v.revision_no + i AS revision_no, v.valid_from + to_days(i)"
        " AS valid_from) FROM (SELECT * FROM report_versions WHERE report_id = ?) v, range(1, 46) t(i)", [old],
    )  # fmt: skip
    texts = run("SELECT table_name, column_name FROM duckdb_columns() JOIN duckdb_tables() USING (table_name)"
                " WHERE data_type = 'VARCHAR' AND NOT duckdb_tables.temporary").fetchall()  # fmt: skip
    chosen = [(table, column) for table, column in texts if column in PORTALS_WRITE]
    assert len({column for _, column in chosen}) == len(PORTALS_WRITE)
    for table, column in chosen:
        run(f'UPDATE "{table}" SET "{column}" = ? WHERE "{column}" IS NOT NULL', [spite])
    counts = made.build()
    assert counts.largest < 300 * 1024, counts.largest_page
    versions = html.parse(made.path / "zh" / "reports" / f"{old}.html").xpath("//h2[@id='versions']/..//tbody[1]/tr")
    assert len(versions) == NEIGHBOURS + 1
    for path in made.path.rglob("*.html"):
        raw = path.read_text(encoding="utf-8")
        assert PWN not in raw
        assert "\0" not in raw
    assert made.build().written == 0


PORTALS_WRITE = frozenset([
    "title", "subject_name", "province_name", "prefecture_name", "county_name", "publishing_agency", "index_number",
    "document_number", "source", "contact_organisation", "contact_address", "contact_phone", "cited_document", "url",
    "final_url", "list_url", "link_title", "heading", "text", "raw", "note", "unit", "label", "sentence", "message_zh",
    "message_en", "expected", "actual", "detail", "family", "name",
])  # fmt: skip


def test_a_warehouse_without_reports_has_a_site(tmp_path: Path) -> None:
    connection = in_memory([], small.outcomes())
    derived.install(connection)
    across.check(connection)
    build(Warehouse(connection), tmp_path / "site")
    assert "没有指标" in (tmp_path / "site" / "zh" / "rankings" / "index.html").read_text("utf-8")
