"""The ledger by itself, on SQLite and on a real PostgreSQL: what is written is recalled, once and by one numbering."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from crawler.errors import InputError
from crawler.items import PortalOutcome
from crawler.ledger import Ledger, LedgerLost, Page, PortalRecord, Version
from crawler.ledger.records import Column, KnownFile, Robots, Validators
from tests.postgres import PostgresServer

COLUMN = "http://a.gov.cn/nb/"
LISTED = Column(COLUMN, "5" * 64, "2026-03-01T00:00:00+00:00")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'ledger.sqlite'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.database()


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    opened = Ledger.open(url)
    yield opened
    opened.close()


def page(year: int, fingerprint: str = "f1", **more: object) -> Page:
    held = Page(f"http://a.gov.cn/nb/t{year}.html", f"{year}年报", f"{year + 1}-01-20", COLUMN, sha256="0" * 64)
    held.report_id, held.fingerprint, held.year = f"r{year}", fingerprint, year
    for name, value in more.items():
        setattr(held, name, value)
    return held


def record(run: str, *pages: Page, day: int = 1, outcome: str = "ok", **more: object) -> PortalRecord:
    """A visit on a day of March; each page that it read is a version in its reports.jsonl."""
    years = sorted({p.year for p in pages if p.year})
    told = PortalOutcome(
        "p", "370323", "http://a.gov.cn/", outcome, family="trs", years_found=years, reports=len(years)
    )
    held = PortalRecord(run, told, f"2026-03-{day:02}T00:00:00+00:00", "沂源县", "government", True, [LISTED])
    held.pages = list(pages)
    for name, value in more.items():
        setattr(held, name, value)
    return held


def version(year: int, number: int, fingerprint: str) -> Version:
    return Version(f"r{year}", number, fingerprint, "p", year)


def numbers(ledger: Ledger, year: int = 2024) -> list[tuple[int, str, bool, bool]]:
    return [(v.revision, v.fingerprint, v.superseded, v.gone) for v in ledger.versions(f"r{year}")]


def test_what_is_written_is_recalled(ledger: Ledger) -> None:
    files = [KnownFile("http://a.gov.cn/nb/a.pdf", "1" * 64, Validators('"a"'))]
    read = page(2024, files=files, validators=Validators(None, "Sat, 28 Nov 2026 09:00:00 GMT"))
    left = Page("http://a.gov.cn/x", "通知", reason="not_a_report", sha256="2" * 64)
    ledger.begin_run("one", {"region": "370323"}, "/runs/one", "2026-03-01T00:00:00+00:00")
    ledger.write(record("one", read, left, versions=[version(2024, 1, "f1")]))
    ledger.publish_run("one", 0)
    memory = ledger.recall("p")
    assert (memory.scope, memory.columns, memory.years) == ("government", [LISTED], {2024})
    assert memory.page("http://www.a.gov.cn/nb/t2024.html?_=12") == read
    assert memory.page("http://a.gov.cn/x") == left
    assert memory.versions["r2024"] == [version(2024, 1, "f1")]
    ((run, told),) = ledger.outcomes("p")
    assert (run, told) == ("one", record("one", read).outcome)
    assert ledger.recall("q").pages == {}


def test_written_twice_is_written_once(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.write(record("one", page(2024), versions=[version(2024, 1, "f1")]))
    assert len(ledger.outcomes("p")) == 1
    assert numbers(ledger) == [(1, "f1", False, False)]
    assert ledger.replay(record("one", page(2024))) is False
    assert ledger.history() == {"p": ledger.outcomes("p")}


def test_what_a_run_left_unpublished_is_not_known_to_others(ledger: Ledger) -> None:
    ledger.begin_run("killed", {}, "/runs/killed", "2026-03-01T00:00:00+00:00")
    ledger.write(record("killed", page(2024), versions=[version(2024, 1, "f1")]))
    assert ledger.recall("p").page(page(2024).url) is None
    assert ledger.unpublished_runs() == [("killed", "/runs/killed")]
    ledger.publish_run("killed", 0)
    assert ledger.recall("p").page(page(2024).url) is not None


def test_a_changed_page_supersedes_and_a_return_is_a_new_revision(ledger: Ledger) -> None:
    ledger.write(record("one", page(2024), day=1, versions=[version(2024, 1, "f1")]))
    ledger.write(record("two", page(2024, "f2"), day=2, versions=[version(2024, 2, "f2")]))
    assert numbers(ledger) == [(1, "f1", True, False), (2, "f2", False, False)]
    ledger.write(record("three", page(2024, "f1"), day=3, versions=[version(2024, 3, "f1")]))
    assert numbers(ledger) == [(1, "f1", True, False), (2, "f2", True, False), (3, "f1", False, False)]


def test_a_vanished_page_is_gone_until_it_returns(ledger: Ledger) -> None:
    ledger.write(record("one", page(2023), page(2024), versions=[version(2023, 1, "f1"), version(2024, 1, "f1")]))
    ledger.write(record("two", day=2, kept=[page(2023).key], gone=[page(2024).key]))
    assert numbers(ledger) == [(1, "f1", False, True)]
    assert ledger.recall("p").years == {2023}
    ledger.write(record("three", page(2024), day=3, kept=[page(2023).key]))
    assert numbers(ledger) == [(1, "f1", False, False)]


def test_a_number_that_another_run_took_is_not_given_twice(ledger: Ledger) -> None:
    ledger.write(record("one", page(2024), versions=[version(2024, 1, "f1")]))
    other = page(2024, "f9", url="http://a.gov.cn/other.html")
    ledger.write(record("two", other, versions=[version(2024, 1, "f9")], kept=[page(2024).key]))
    assert [(number, print_) for number, print_, *_ in numbers(ledger)] == [(1, "f1"), (2, "f9")]
    assert ledger.renumbered == 1


def test_a_late_replay_changes_no_state(ledger: Ledger) -> None:
    ledger.write(record("new", page(2024, "f2"), day=9, versions=[version(2024, 2, "f2")]))
    assert ledger.replay(record("old", page(2024, "f1"), day=1, versions=[version(2024, 1, "f1")]))
    assert ledger.recall("p").pages[page(2024).key].fingerprint == "f2"
    assert ledger.written("old") == {"p"}
    assert [(number, print_) for number, print_, *_ in numbers(ledger)] == [(1, "f1"), (2, "f2")]


def test_a_lost_column_is_not_recalled(ledger: Ledger) -> None:
    ledger.write(record("one", page(2024)))
    ledger.write(record("two", day=2, columns=[Column("http://a.gov.cn/new/")], lost_columns=[COLUMN]))
    assert ledger.recall("p").columns == [Column("http://a.gov.cn/new/")]


def test_hostile_text_is_taken(ledger: Ledger) -> None:
    url = "http://a.gov.cn/" + "很长" * 3000
    ledger.write(record("one", page(2024, url=url, title="年报\x00\ud800")))
    (found,) = ledger.recall("p").pages.values()
    assert (found.url, found.title) == (url, "年报?")


def test_many_writers_at_once(url: str) -> None:
    ledgers = [Ledger.open(url) for _ in range(2)]

    def visit(number: int) -> None:
        told = record(f"run{number}", page(2024), versions=[version(2024, 1, "f1")])
        told.outcome.portal_id = f"p{number % 5}"
        ledgers[number % 2].write(told)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(visit, range(30)))
    assert {name: len(told) for name, told in ledgers[0].history(last=99).items()} == {f"p{n}": 6 for n in range(5)}
    for each in ledgers:
        each.close()


def test_two_first_users_make_one_schema(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(Ledger.open, [url] * 4))
    opened[0].write(record("one", page(2024)))
    assert opened[3].written("one") == {"p"}
    for each in opened:
        each.close()


def test_a_journal_line_is_read_back() -> None:
    files = [KnownFile("http://a.gov.cn/a.pdf", "1" * 64, Validators('"a"'))]
    held = record("one", page(2024, files=files), versions=[version(2024, 1, "f1")], kept=["k"])
    assert PortalRecord.from_dict(held.to_dict() | {"of_a_later_version": 1}) == held


def test_a_locked_file_is_told_not_waited_for_without_end(tmp_path: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'l.sqlite'}", lock_seconds=0.1)
    holder = sqlite3.connect(tmp_path / "l.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerLost, match="locked"):
        ledger.write(record("one", page(2024)))
    assert ledger.recall("p").pages == {}, "who reads does not wait"
    holder.execute("ROLLBACK")
    ledger.write(record("one", page(2024)))
    holder.close()
    ledger.close()


def make_newer(path: Path) -> str:
    Ledger.open(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE ledger_schema SET version = 99")
    connection.close()
    return f"sqlite:///{path}"


def make_text(path: Path) -> str:
    path.write_text("no database at all, but long enough to be read as one\n" * 40)
    return f"sqlite:///{path}"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: "ledger.sqlite", "LEDGER_URL is sqlite:///PATH"),
        (lambda path: "mysql://a@b/c", "LEDGER_URL is sqlite:///PATH"),
        (lambda path: "sqlite://", "LEDGER_URL is sqlite:///PATH"),
        (lambda path: "sqlite:///:memory:", "not a database in memory"),
        (lambda path: "postgresql://me:secret@127.0.0.1:9/x", r"can't use the ledger .*me:\*\*\*@127.0.0.1:9/x"),
        (lambda path: "sqlite:////proc/none/ledger.sqlite", "can't use the ledger"),
        (make_newer, "schema version 99"),
        (make_text, "not a database"),
    ],
)
def test_a_ledger_that_can_not_be_used_is_told(tmp_path: Path, make: Callable[[Path], str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Ledger.open(make(tmp_path / "ledger.sqlite"))


def test_a_ledger_of_an_earlier_program_is_given_what_it_lacks(url: str) -> None:
    with closing(Ledger.open(url)) as ledger, ledger.engine.execution_options(write=True).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE pages DROP COLUMN column_key")
        connection.exec_driver_sql("ALTER TABLE pages DROP COLUMN etag")
    with closing(Ledger.open(url)) as ledger:
        ledger.write(record("r1", page(2024, column="c" * 32, validators=Validators('"a"'))))
        (found,) = ledger.recall("p").pages.values()
        assert (found.column, found.validators.etag) == ("c" * 32, '"a"')


def test_robots_txt_is_kept_byte_by_byte_and_replaced(ledger: Ledger) -> None:
    assert ledger.robots("http://a.gov.cn/robots.txt") is None
    for rules in (b"User-agent: *\nDisallow: /\xff\x00", b""):
        held = Robots("http://a.gov.cn/robots.txt", 200, rules, "2026-03-01T00:00:00+00:00")
        ledger.write_robots(held)
        assert ledger.robots(held.url) == held
