"""Which Python ``make setup`` makes .venv with. The interpreters are stand-ins that answer what real ones are asked."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "venv.sh"

# $1 is -c with an expression, -m with a module, or --version; what it is and has is told by the words it was made with.
INTERPRETER = """#!/bin/bash
has() {{ [[ " {words} " == *" $1 "* ]]; }}
case "$1" in
    --version) echo "Python of {name}" ;;
    -m) mkdir -p .venv/bin && echo {name} > .venv/made-by && ln -sf /bin/true .venv/bin/python ;;
    -c)
        has new || exit 1
        [[ "$2" != *enable-optimizations* ]] || has fast || exit 1
        [[ "$2" != *ensurepip* ]] || has venv || exit 1
        ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    shutil.copy(SCRIPT, tmp_path / "scripts")
    return tmp_path


def interpreter(project: Path, folder: str, name: str, words: str) -> Path:
    path = project / folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(INTERPRETER.format(name=f"{folder}/{name}", words=words), encoding="utf-8")
    path.chmod(0o755)
    return path


def set_up(project: Path, *folders: str, python: str = "") -> subprocess.CompletedProcess[str]:
    tools = project / "tools"
    tools.mkdir()
    for tool in ("bash", "dirname", "mkdir", "ln", "id"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    path = os.pathsep.join(str(project / folder) for folder in (*folders, "tools"))
    env = {"PATH": path} | ({"PYTHON": python} if python else {})
    return subprocess.run([project / "scripts/venv.sh"], env=env, capture_output=True, text=True, check=False)


def made_by(project: Path) -> str:
    return (project / ".venv/made-by").read_text(encoding="utf-8").strip()


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        ("new venv", "new venv fast", "second"),
        ("new venv fast", "new venv fast", "first"),
        ("new venv", "new fast", "first"),  # the fast one would need a package of the system
        ("new venv", "new venv", "first"),
        ("", "new venv", "second"),
        ("", "new fast", "second"),
        ("fast venv", "new venv", "second"),  # fast, but too old
    ],
)
def test_the_first_fast_interpreter_is_taken_or_else_the_first(
    project: Path, first: str, second: str, taken: str
) -> None:
    interpreter(project, "of first", "python3", first)
    interpreter(project, "of second", "python3", second)
    done = set_up(project, "of first", "of second")
    assert done.returncode == 0, done.stderr
    assert made_by(project) == f"of {taken}/python3"
    assert f"Python of of {taken}/python3: {project}/of {taken}/python3" in done.stdout


def test_other_names_are_looked_for(project: Path) -> None:
    interpreter(project, "first", "python3", "new venv")
    interpreter(project, "second", "python3.12", "new venv fast")
    assert set_up(project, "first", "second").returncode == 0
    assert made_by(project) == "second/python3.12"


def test_who_names_an_interpreter_gets_it(project: Path) -> None:
    interpreter(project, "first", "python3", "new venv fast")
    own = interpreter(project, "own one", "python3", "new venv")
    assert set_up(project, "first", python=str(own)).returncode == 0
    assert made_by(project) == "own one/python3"


@pytest.mark.parametrize("python", ["old/python3", "nowhere"])
def test_one_that_is_named_and_can_not_be_used_is_an_error(project: Path, python: str) -> None:
    interpreter(project, "first", "python3", "new venv fast")
    interpreter(project, "old", "python3", "venv fast")
    done = set_up(project, "first", python=str(project / python))
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed" in done.stderr
    assert not (project / ".venv").exists()


def test_none_at_all_is_told(project: Path) -> None:
    done = set_up(project)
    assert done.returncode == 1
    assert "需要 Python 3.11" in done.stderr
    assert not (project / ".venv").exists()
