"""A page printed to PDF by Chromium, as office programs and browsers print: the fonts are in the file."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tests.chromium import CHROMIUM

RULED = b"<style>table{border-collapse:collapse;font-size:11px}td{border:1px solid black}</style></head>"


def printed(page: bytes) -> bytes:
    """An HTML page as PDF, its tables ruled. Raises ``FileNotFoundError`` where Chromium is not installed."""
    if CHROMIUM is None:
        raise FileNotFoundError("chromium")
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "page.html", Path(folder) / "page.pdf"
        source.write_bytes(page.replace(b"</head>", RULED))
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--print-to-pdf={out}"]
        subprocess.run([CHROMIUM, *options, str(source)], check=True, capture_output=True, timeout=120)
        return out.read_bytes()
