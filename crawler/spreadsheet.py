"""The one rule for cells that a spreadsheet would run as a formula, for every CSV file that this project writes.

Such a cell gets an apostrophe before it, which spreadsheets show as text. Numbers are no text and stay as they are.

>>> harmless("=1+1"), harmless("130111"), harmless("\u3000@x"), harmless("a-b")
("'=1+1", '130111', "'\u3000@x", 'a-b')
"""

from __future__ import annotations

import re

# Signs in half and in full width after any space, or a tab or carriage return at the start. Written without \s and
# lookarounds, so that Python, RE2 and others agree.
_SPACE = "[\\t-\\r\\x20\\x85\\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]"
FORMULA = f"^(?:{_SPACE}*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\\t\\r])"
_FORMULA = re.compile(FORMULA)


def harmless(text: str) -> str:
    return "'" + text if _FORMULA.match(text) else text


def harmless_sql(expression: str) -> str:
    """The same as an expression of DuckDB."""
    return f"CASE WHEN regexp_matches({expression}, '{FORMULA}') THEN '''' || {expression} ELSE {expression} END"
