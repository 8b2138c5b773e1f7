"""Every reader under fuzz: no exception but ``ParseError``, no limit overrun.

``FUZZ_SECONDS`` is the time for each reader, ten minutes by default; two readers run at a time.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.compose.documents import FORMS as FORMATS

SECONDS = int(os.environ.get("FUZZ_SECONDS", "600"))
ROOT = Path(__file__).resolve().parents[2]
FORMS = [*FORMATS, *(["image"] if find_spec("rapidocr") else [])]

pytestmark = pytest.mark.heavy


def fuzz(form: str, folder: Path) -> tuple[str, int, str]:
    command = [sys.executable, "-m", "tests.heavy.fuzz", form, str(SECONDS), str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    return form, done.returncode, done.stderr


def test_no_reader_breaks_under_fuzzing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("atheris", reason="installed by make check-heavy")
    with ThreadPoolExecutor(2) as both:
        results = list(both.map(lambda form: fuzz(form, tmp_path), FORMS))
    with capsys.disabled():
        for form, code, told in results:
            runs = re.search(r"number_of_executed_units:\s*(\d+)", told)
            sys.stdout.write(f"\nfuzzing {form}: {runs[1] if runs else '?'} inputs in {SECONDS} s, exit {code}\n")
    assert [(form, told[-3000:]) for form, code, told in results if code] == []
