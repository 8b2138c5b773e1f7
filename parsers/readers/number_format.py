"""How a spreadsheet prints a number: the part of Excel's format codes that changes what a reader sees.

Decimals are rounded as printed, literals such as 件 are printed, a section may hide zeros. A code that is not
understood (fractions, exponents, scaling by commas, conditions, Chinese numerals, white) gives no certain text.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

BUILT_IN = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: "#,##0",
    6: "#,##0",
    7: "#,##0.00",
    8: "#,##0.00",
    9: "0%",
    10: "0.00%",
    37: "#,##0;-#,##0",
    38: "#,##0;-#,##0",
    39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;-#,##0.00",
    41: '#,##0;-#,##0;"-"',
    42: '#,##0;-#,##0;"-"',
    43: '#,##0.00;-#,##0.00;"-"',
    44: '#,##0.00;-#,##0.00;"-"',
    49: "@",
    **dict.fromkeys([*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)], "yyyy-mm-dd"),
}
_PIECE = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[[^\]]*\]|([0#?][0#?,]*(?:\.[0#?]+)?)|(.)', re.S)
_BRACKETS = re.compile(r"\[([^\]]*)\]")
_HARMLESS = re.compile(r"\$.*|black|blue|cyan|green|magenta|red|yellow|color ?(?!2\b)\d+", re.I)
_DATE = re.compile(r"[ymdhs]", re.I)
_PLAIN = re.compile(r"[0#?](?:[0#?,]*[0#?])?(?:\.[0#?]+)?")


@lru_cache(maxsize=256)
def _sections(code: str) -> tuple[tuple[str, str, str, str, bool], ...]:
    """(before, digits, after, kind, minus) of each section: kind is ``number``, ``general``, ``date``, ``text`` or ``odd``."""
    return tuple(_section(part) for part in _split(code)[:4])


def _split(code: str) -> list[str]:
    """A code cut at the semicolons that stand outside quotes."""
    parts, quoted = [""], False
    for character in code[:500]:
        quoted ^= character == '"'
        if character == ";" and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _section(part: str) -> tuple[str, str, str, str, bool]:
    if "general" in part.lower() or "@" in part:
        return "", "", "", "general", False
    if not all(_HARMLESS.fullmatch(inner) for inner in _BRACKETS.findall(re.sub(r'"[^"]*"', "", part))):
        return "", "", "", "odd", False  # a condition, white, Chinese numerals, elapsed time
    before, digits, after, kind = "", "", "", "text"
    for quoted, escaped, number, other in _PIECE.findall(part):
        literal = quoted or escaped
        if number and not digits and _PLAIN.fullmatch(number):
            digits, kind = number, "number"
        elif number:
            return "", "", "", "odd", False
        elif other and _DATE.match(other):
            return "", "", "", "date", False
        elif other and other not in "-+ ()%￥$¥/件个条项元万":
            return "", "", "", "odd", False
        elif digits:
            after += literal or other
        else:
            before += literal or other
    return before, digits, after, kind, "-" in before


def printed(value: float, code: str) -> tuple[str, bool]:
    """What is seen of ``value``, and whether that is certain.

    >>> printed(12.0, "General"), printed(0.1 + 0.2, "General"), printed(12.5, "0"), printed(0, "0;-0;")
    (('12', True), ('0.3', True), ('13', True), ('', True))
    >>> printed(1234.5, "#,##0.00"), printed(0.05, "0%"), printed(3, '0"件"'), printed(0, '0;-0;"-"')
    (('1,234.50', True), ('5%', True), ('3件', True), ('-', True))
    >>> printed(123456, '0!.0,"万"')[1], printed(44927, "yyyy/m/d")
    (False, ('2023-01-01', True))
    """
    sections = _sections(code or "General")
    index = 1 if value < 0 and len(sections) > 1 else 2 if value == 0 and len(sections) > 2 else 0
    before, digits, after, kind, _ = sections[index]
    if kind == "general":
        return general(value), True
    if kind == "date":
        return _date(value), True
    if kind == "odd":
        return general(value), False
    if kind == "text":
        return (before + after).strip(), True
    shown = abs(value) if index == 1 else value
    if "%" in after + before:
        shown *= 100
    return (before + _digits(shown, digits) + after).strip(), True


def general(value: float) -> str:
    """A number without a format: at most 15 digits, no trailing zeros.

    >>> general(40.664), general(-8.0), general(1e21)
    ('40.664', '-8', '1e+21')
    """
    return format(value, ".15g")


def _digits(value: float, pattern: str) -> str:
    whole, _, fraction = pattern.partition(".")
    if abs(value) >= 1e15:
        return general(value)
    rounded = Decimal(general(value)).quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP)
    text = format(rounded, ",f" if "," in whole else "f")
    kept = len(fraction) - len(fraction.rstrip("#?"))
    for _ in range(kept):
        text = text.removesuffix("0") if "." in text else text
    least = whole.replace(",", "").count("0")
    if least == 0 and rounded == 0 and not fraction:
        return ""
    sign, bare = ("-", text[1:]) if text.startswith("-") else ("", text)
    return sign + bare.rjust(least + len(bare) - len(bare.partition(".")[0]), "0").removesuffix(".")


def _date(value: float) -> str:
    try:
        moment = datetime(1899, 12, 30) + timedelta(days=value)
    except OverflowError:
        return "#####"
    return moment.strftime("%Y-%m-%d") if value >= 1 else moment.strftime("%H:%M:%S")
