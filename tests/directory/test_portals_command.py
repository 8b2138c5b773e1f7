"""``scrapy portals check|import|export|verify`` as an operator uses it."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from scrapy.settings import Settings

from crawler import registry
from crawler.commands.portals import Command
from crawler.demo.run import ROOT, Workspace
from crawler.demo.server import page, redirect
from crawler.directory.look import Looked
from crawler.directory.visits import judge
from crawler.discovery import SiteIdentity
from crawler.registry_actions import change_by
from tests.crawler.sites import home_page, row, served, write_rows

URL = "http://www.yiyuan.gov.cn/"
SEEN = {"status": "verified", "verified_at": "2026-11-01", "evidence": "site_id_code=3703230001"}


def portals(directory: Path, *words: str) -> int:
    """The exit code of the command, in this process."""
    command, parser = Command(), argparse.ArgumentParser()
    command.settings = Settings({"PORTALS_DIR": str(directory)})
    command.add_options(parser)
    options, arguments = parser.parse_known_args(list(words))
    command.run(arguments, options)
    return command.exitcode


def test_check_counts_by_status_and_lists_what_has_no_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row("a", URL, **SEEN), row("b", URL, "370302"), row("c", "", "370303", status="unknown")]
    write_rows(tmp_path, [*rows, row("d", "http://d.gov.cn/", "370304", families="trs@-2022-06 ucap@2022-06-")])
    assert portals(tmp_path, "check") == 0
    told = capsys.readouterr().out
    assert "verified 1  unverified 2  unknown 1" in told
    assert "no address: c" in told
    assert "a and b have one address" in told
    assert "d: trs, ucap overlap" in told


@pytest.mark.parametrize("words", [["check"], ["export"], ["check", "DIR"], ["import", "FILE"]])
def test_a_registry_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    file = write_rows(tmp_path, [row("a", URL)])
    names = {"DIR": str(tmp_path / "none"), "FILE": str(file)}
    assert portals(tmp_path / "none", *(names.get(word, word) for word in words)) == 2
    told = capsys.readouterr().err
    assert "does not exist" in told
    assert "不存在" in told


def test_import_shows_what_changes_and_writes_it_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_rows(tmp_path / "portals", [row("370323", "http://old.gov.cn/"), row("370302", URL, "370302", **SEEN)])
    new = write_rows(
        tmp_path,
        [
            row("370323", URL, **SEEN),
            row("370302", "http://x.gov.cn/", "370302"),
            row("", "http://n.gov.cn/", "370304"),
        ],
        "rows",
    )
    before = file.read_bytes()
    assert portals(tmp_path / "portals", "import", str(new), "--dry-run") == 0
    told = capsys.readouterr().out
    for words in ("url: http://old.gov.cn/ → ", "+ 370304", "= 370302", "added 1, 修改 / changed 1", "nothing written"):
        assert words in told
    assert file.read_bytes() == before
    assert portals(tmp_path / "portals", "import", str(new)) == 0
    held = {portal.portal_id: portal for portal in registry.load(tmp_path / "portals")}
    assert [(held[code].url, held[code].status) for code in ("370302", "370304", "370323")] == [
        (URL, "verified"), ("http://n.gov.cn/", "unverified"), (URL, "verified"),
    ]  # fmt: skip
    capsys.readouterr()
    assert portals(tmp_path / "portals", "import", str(new)) == 0
    assert "no change" in capsys.readouterr().out


def test_what_is_exported_can_be_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(tmp_path / "portals", [row("a", URL, families="trs@-2022-05 ucap@2022-06-", **SEEN)])
    write_rows(tmp_path / "portals", [row("b", "http://b.gov.cn/", "610981")], "61")
    assert portals(tmp_path / "portals", "export", "-o", str(tmp_path / "all.csv")) == 0
    assert (tmp_path / "all.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    (tmp_path / "empty").mkdir()
    assert portals(tmp_path / "empty", "import", str(tmp_path / "all.csv")) == 0
    assert registry.load(tmp_path / "empty") == registry.load(tmp_path / "portals")
    capsys.readouterr()
    assert portals(tmp_path / "portals", "export", "--province", "山东", "--format", "jsonl") == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["portal_id"], told["prefecture"], told["site_id_code"]) == ("a", "淄博市", None)
    assert told["families"] == ["trs@-2022-05", "ucap@2022-06-"]


def test_verify_visits_and_writes_only_when_told_to(tmp_path: Path) -> None:
    def home(code: str, name: str) -> str:
        metas = f'<meta name="SiteIDCode" content="{code}0001"><meta name="SiteName" content="{name}">'
        return home_page(meta=metas)

    workspace = Workspace(tmp_path)
    with ExitStack() as stack:
        pages = {
            "right": ("370323", {"/": home("370323", "沂源县人民政府")}),
            "wrong": ("370302", {"/": home("360403", "浔阳区人民政府")}),
            "silent": ("370303", {"/": home_page()}),
            "blocked": ("370304", {"/": page("<html>403 Forbidden</html>", status=403)}),
            "new": ("370305", {"/": home("370305", "临淄区人民政府")}),
        }
        urls = {
            name: stack.enter_context(served(answers, f"127.0.6.{n}")).base_url + "/"
            for n, (name, (_, answers)) in enumerate(pages.items(), start=1)
        }
        urls["moved"] = stack.enter_context(served({"/": redirect(urls["new"])}, "127.0.6.9")).base_url + "/"
        codes = {name: code for name, (code, _) in pages.items()} | {"moved": "370305"}
        rows = [row(name, urls[name], codes[name]) for name in ("right", "silent", "blocked", "moved")]
        rows += [row("wrong", urls["wrong"], "370302", **SEEN), row("none", "", "370306", status="unknown")]
        file = write_rows(workspace.portals, rows)
        before = file.read_bytes()
        looked = verify(workspace)
        assert file.read_bytes() == before
        written = verify(workspace, "--write", "--region", "370323,370302,370305")
    assert (looked.returncode, written.returncode) == (1, 1), looked.stderr + written.stderr
    for name, words in (
        ("right", "ok: site_id_code=3703230001"), ("wrong", "wrong_portal: "), ("silent", "partial: "),
        ("blocked", "blocked: "), ("moved", "ok: "), ("none", "unknown: "),
    ):  # fmt: skip
        assert any(f" {name} " in line and words in line for line in looked.stdout.splitlines()), (name, looked.stdout)
    assert "--write" in looked.stdout
    assert "blocked" not in written.stdout
    held = {portal.portal_id: portal for portal in registry.load(workspace.portals)}
    assert [held[name].status for name in ("right", "moved", "wrong", "silent", "none")] == [
        "verified", "verified", "unverified", "unverified", "unknown",
    ]  # fmt: skip
    assert (held["right"].url, held["moved"].url, held["wrong"].url) == (urls["right"], urls["new"], urls["wrong"])
    assert held["right"].site_id_code == "3703230001"
    assert "site_name=沂源县人民政府" in held["right"].evidence
    assert "360403" in held["wrong"].evidence


def test_a_visit_changes_the_row_as_it_is_by_now() -> None:
    """A verification may take a night, and people go on editing."""
    portal = registry.Portal("p", "370323", "沂源县人民政府", URL, note="old")
    told = SiteIdentity("3703230001", "沂源县人民政府", None, None, None)
    visited = judge(portal, Looked(URL, URL, told=told))
    as_visited = registry.as_row(portal)
    change = change_by(visited, {"p": as_visited | {"note": "edited", "columns": URL + "nb/"}}, "2026-11-02")
    assert change is not None
    assert set(change.cells) == {"status", "verified_at", "evidence", "site_id_code"}
    assert (change.row["note"], change.row["columns"]) == ("edited", URL + "nb/")
    assert change_by(visited, {}, "2026-11-02") is None, "deleted"
    assert change_by(visited, {"p": as_visited | {"url": "http://new.gov.cn/"}}, "2026-11-02") is None


def verify(workspace: Workspace, *words: str) -> subprocess.CompletedProcess[str]:
    settings = {**workspace.settings(), "DOWNLOAD_DELAY": "0.01", "RETRY_TIMES": "0"}
    command = [sys.executable, "-m", "scrapy", "portals", "verify", *words]
    for name, value in settings.items():
        command += ["-s", f"{name}={value}"]
    environment = {**os.environ, "SCRAPY_PROJECT": "demo", "PYTHONUTF8": "1"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, encoding="utf-8", check=False
    )
