"""What deploy/ ships: linted where a linter is there, and naming only commands that exist and paths that are set up."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.run import ROOT

DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent


def linted(tool: str, *arguments: str) -> None:
    path = BIN / tool if (BIN / tool).exists() else shutil.which(tool)
    if path is None:
        pytest.skip(f"{tool} is not installed")
    done = subprocess.run([str(path), *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_container_file_has_no_fault() -> None:
    linted("hadolint", "--no-color", str(DEPLOY / "container" / "Containerfile"))


def test_the_compose_file_has_no_fault() -> None:
    linted("yamllint", "--strict", "-d", "{extends: default, rules: {line-length: {max: 120}}}", str(compose_file()))


def compose_file() -> Path:
    return DEPLOY / "container" / "compose.yaml"


def services() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml")
    loaded: dict[str, Any] = yaml.safe_load(compose_file().read_text(encoding="utf-8"))
    return loaded


def test_compose_joins_crawler_and_ledger() -> None:
    loaded = services()
    crawler, ledger = loaded["services"]["crawler"], loaded["services"]["ledger"]
    url = crawler["environment"]["LEDGER_URL"]
    user, name = ledger["environment"]["POSTGRES_USER"], ledger["environment"]["POSTGRES_DB"]
    assert url == f"postgresql://{user}:${{POSTGRES_PASSWORD}}@ledger/{name}"
    context = (compose_file().parent / crawler["build"]["context"]).resolve()
    assert context == ROOT
    assert (context / crawler["build"]["dockerfile"]).is_file()
    mounted = {volume.split(":")[0] for service in loaded["services"].values() for volume in service["volumes"]}
    assert mounted == set(loaded["volumes"])


def test_the_container_file_copies_what_is_there() -> None:
    text = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
    copied = [word for line in re.findall(r"^COPY (.+)$", text, re.M) for word in line.split()[:-1]]
    assert copied
    assert [name for name in copied if not (ROOT / name).exists()] == []


def commands() -> list[str]:
    """Every call of scrapy that the files in deploy/ make, with its first words."""
    texts = [path.read_text(encoding="utf-8") for path in DEPLOY.rglob("*") if path.suffix in (".service", ".example")]
    texts.append(" ".join(services()["services"]["crawler"]["command"]))
    return sorted({found for text in texts for found in re.findall(r"scrapy ((?:schedule|runs|crawl) \w+)", text)})


def test_every_command_in_deploy_is_one_of_ours() -> None:
    assert commands() == ["runs attention", "schedule run"]
    for line in commands():
        name, question = line.split()
        done = subprocess.run(
            [sys.executable, "-m", "scrapy", name, "--help"],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0
        assert re.search(rf"Usage[\s\S]+\b{question}\b", done.stdout)


def test_a_container_that_is_stopped_lets_its_crawl_end(tmp_path: Path) -> None:
    """The command of the compose file, with a crawl in the place of ``scrapy`` that takes a moment to end."""
    ended = tmp_path / "ended"
    fake = tmp_path / "scrapy"
    fake.write_text(
        f"#!/bin/sh\ntrap 'sleep 0.3; echo $* > {ended}; exit 0' TERM\n: > {tmp_path}/begun\n"
        "while :; do sleep 0.05; done\n"
    )
    fake.chmod(0o755)
    crawler = services()["services"]["crawler"]
    (command,) = crawler["command"]
    process = subprocess.Popen(
        [*crawler["entrypoint"], command.replace("$$", "$")], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}
    )
    try:
        while process.poll() is None and not (tmp_path / "begun").exists():
            time.sleep(0.02)
        process.terminate()
        assert process.wait(30) == 0
        assert ended.read_text() == "schedule run\n"
    finally:
        process.kill()


def test_the_unit_writes_only_where_it_may() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(DEPLOY / "systemd" / "nianbao.service")
    service = unit["Service"]
    home = service["WorkingDirectory"]
    assert service["Environment"] == f"NIANBAO_HOME={home}"
    assert service["ExecStart"].startswith(f"{home}/.venv/bin/scrapy ")
    assert service["ReadWritePaths"] == f"{home}/output"
    assert service["SuccessExitStatus"] == "1"


def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    for name in ("nianbao.service", "nianbao.timer"):
        text = (DEPLOY / "systemd" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text), encoding="utf-8")
    units = [str(tmp_path / name) for name in ("nianbao.service", "nianbao.timer")]
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0
    assert [line for line in done.stderr.splitlines() if str(tmp_path) in line or "nianbao" in line] == []


def test_scrapyd_knows_every_option_that_it_is_given() -> None:
    scrapyd = pytest.importorskip("scrapyd", reason="needs the extra deploy")
    known, given = configparser.ConfigParser(), configparser.ConfigParser()
    known.read(Path(scrapyd.__file__).parent / "default_scrapyd.conf")
    given.read(DEPLOY / "scrapyd" / "scrapyd.conf")
    assert given["scrapyd"].keys() <= known["scrapyd"].keys()


def test_the_home_directory_moves_all_that_is_read_and_written(tmp_path: Path) -> None:
    code = "import settings.default as s; print(s.PORTALS_DIR, s.SCHEDULE, s.RUNS_DIR, s.LEDGER_URL, sep='\\n')"
    environment = {"PATH": "/usr/bin:/bin", "NIANBAO_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert [str(tmp_path) in line for line in done.stdout.splitlines()] == [True] * 4
