"""A report as flattened text, in the ways A to F that web pages are turned into text:

A one cell a line with blank lines between, B ``cell |`` a line with bars for merged cells, C all on one line with runs
of bars, D a row a line ``a | b | c |``, E a bar on a line of its own between the cells, F bars around cells on lines.
"""

from __future__ import annotations

from tests.compose.report import Grid, Part, Report

FLATTENINGS = "ABCDEF"
OPTIONS = {"flattening": tuple(FLATTENINGS)}


def compose(report: Report, *, flattening: str = "A", charset: str = "utf-8", bom: bool = False) -> bytes:
    joint = "  " if flattening == "C" else "\n\n"
    text = joint.join(part_text(part, flattening) for part in report.body) + "\n"
    return (b"\xef\xbb\xbf" if bom else b"") + text.encode(charset, "replace")


def part_text(part: Part, flattening: str) -> str:
    if part.kind == "table":
        return flatten(part.grid, flattening)
    return f"{part.text} ||||" if flattening == "C" and part.kind == "title" else part.text


def flatten(grid: Grid, kind: str) -> str:
    """The text of a grid. Blank cells of A and E are lost, as they are where pages are flattened."""
    rows = [[cell.text for cell in row] for row in grid]
    if kind == "A":
        return "\n\n".join(text for row in rows for text in row if text)
    if kind == "B":
        return "\n".join("\n".join(f"{text} |" for text in row) + ("\n||" if len(row) < 4 else "") for row in rows)
    if kind == "C":
        return "||||" + " | ".join(text for row in rows for text in row) + "\n||||||||\n"
    if kind == "D":
        return "\n".join(" | ".join(row) + " |" for row in rows)
    if kind == "E":
        return "\n|\n".join(text for row in rows for text in row if text)
    return "\n".join(f"| \n {text}  |" for row in rows for text in row)
