"""The version of the parser: it changes whenever anything changes that a result depends on in this package.

A number kept by hand would be forgotten; the hash of the package's own files, code and data, can't be.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

SCHEMA_VERSION = "1.0"
_PACKAGE = Path(__file__).resolve().parent
_LEFT_OUT = {".pyc", ".pyo"}


@cache
def parser_version() -> str:
    """The schema version and 12 hex digits, as in ``1.0+3f6c1a09be42``.

    >>> parser_version().startswith("1.0+"), len(parser_version())
    (True, 16)
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in _PACKAGE.rglob("*") if path.is_file() and path.suffix not in _LEFT_OUT):
        digest.update(f"{path.relative_to(_PACKAGE).as_posix()}\0".encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"{SCHEMA_VERSION}+{digest.hexdigest()[:12]}"
