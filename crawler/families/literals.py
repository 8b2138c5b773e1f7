"""Object literals of JavaScript as data: keys without quotes, single quotes, a comma too many.

``literal`` reads one value in one pass over at most ``MAX_LENGTH`` characters; names that are no value (a
variable, a call's result) read as None.
"""

from __future__ import annotations

import json
import re
from typing import Any

MAX_LENGTH = 200_000

_TOKEN = re.compile(
    r"""\s*(?:(?P<sign>[{}\[\],:])|"(?P<double>[^"\\]*(?:\\.[^"\\]*)*)"|'(?P<single>[^'\\]*(?:\\.[^'\\]*)*)'"""
    r"""|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_$][\w$.]*))""",
    re.S,
)
_QUOTE_OR_ESCAPE = re.compile(r"""\\(.)|("|[\x00-\x1f])""", re.S)
_KEPT_ESCAPES = frozenset('"\\/bfnrtu')
_CONSTANTS = frozenset({"true", "false", "null"})


def literal(text: str, start: int = 0) -> tuple[Any, int | None]:
    """The value that begins at ``start`` and where it ends; ``(None, None)`` for what is no array or object.

    >>> literal("{current:1,code:['xxgknb'],perPage:'15',total:count,}")
    ({'current': 1, 'code': ['xxgknb'], 'perPage': '15', 'total': None}, 53)
    >>> literal("{a:")
    (None, None)
    """
    parts: list[str] = []
    depth, position, limit = 0, start, start + MAX_LENGTH
    while match := _TOKEN.match(text, position, limit):
        position = match.end()
        sign = match["sign"]
        if not depth and (sign is None or sign not in "{["):
            return None, None
        if sign and sign in "}]" and parts[-1] == ",":
            parts.pop()
        parts.append(sign or _json_token(match, text))
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(sign or "", 0)
        if depth == 0:
            return _loads("".join(parts), position)
    return None, None


def _loads(text: str, end: int) -> tuple[Any, int | None]:
    try:
        return json.loads(text, strict=False), end
    except (ValueError, RecursionError):
        return None, None


def _json_token(match: re.Match[str], text: str) -> str:
    is_key = text[match.end() : match.end() + 20].lstrip()[:1] == ":"
    if match["number"] is not None:
        return json.dumps(match["number"]) if is_key else _number(match["number"])
    for kind in ("double", "single"):
        if match[kind] is not None:
            return '"' + _QUOTE_OR_ESCAPE.sub(_escape, match[kind]) + '"'
    name = match["name"]
    if is_key:
        return json.dumps(name)
    return name if name in _CONSTANTS else "null"


def _number(digits: str) -> str:
    """A number as JSON has it; one that JSON does not allow (07, an identifier of 400 digits) as a string."""
    plain = len(digits) < 16 and not re.match(r"-?0\d", digits)
    return digits if plain else json.dumps(digits)


def _escape(match: re.Match[str]) -> str:
    escaped, quote = match.groups()
    if quote is not None:
        return '\\"' if quote == '"' else f"\\u{ord(quote):04x}"
    return f"\\{escaped}" if escaped in _KEPT_ESCAPES else json.dumps(escaped)[1:-1]
