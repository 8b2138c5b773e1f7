"""Records as compact JSON in UTF-8 and back, quickly.

What orjson refuses or rounds, the standard library does: half a character of UTF-16, which UTF-8 can't hold and JSON
escapes, and integers of more than 64 bits, which a printed count of 亿 may be.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

_DIGITS_ALIKE = bytes(ord("0") if chr(byte) in "0123456789" else byte for byte in range(256))
_LONG = b"0" * 19  # digits, which may be more than 64 bits: orjson would make a float of them


def dumps(value: Any) -> bytes:
    r"""
    >>> dumps({"县": [1, 0.5, None]}).decode(), dumps({"half": "\ud800"})
    ('{"县":[1,0.5,null]}', b'{"half":"\\ud800"}')
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        pass
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def loads(text: bytes) -> Any:
    r"""Raises ``ValueError`` for what is no JSON.

    >>> loads(b'{"half":"\\ud800"}'), loads(b"[1,0.5,null]"), loads(b"[12345678901234567890123]")
    ({'half': '\ud800'}, [1, 0.5, None], [12345678901234567890123])
    """
    if _LONG in text.translate(_DIGITS_ALIKE):
        return json.loads(text)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
