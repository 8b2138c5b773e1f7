"""Golden documents: reports composed for tests, each with the result that a person has checked against the page.

A document is a file of ``documents/``, or several files of one report whose names are alike up to the first dot
(``split.html``, ``split.annex.pdf``): the page first, the rest in the order of their names. Beside it stands
``<name>.json``::

    {"reviewed": true, "about": "…", "options": {…}, "expected": {…}}

``options`` holds what the caller of the parser would know or need: ``region_code``, ``url``, ``content_type`` and
``needs``, the modules or programs without which the document is skipped. ``expected`` is ``outcome(name)``: the
report's JSON without what is volatile, in a form made for reading.

    python -m tests.golden.golden [NAME ...]     # write the results anew, marked as not reviewed where they differ
"""

from __future__ import annotations

import json
import shutil
import sys
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import parsers
from parsers.forms import all_forms

DOCUMENTS = Path(__file__).with_name("documents")
TODAY = date(2026, 11, 2)
SHOWN = 40  # characters of a section's text at either end
LINES = {
    "rule",
    "heading",
    "sentence",
    "cumulative",
}  # findings, sections, figures and rows of statistics: one line each
PAGES = (".html", ".htm", ".shtml", ".txt")


def names() -> list[str]:
    """Every name that has a document or an expected result."""
    return sorted({path.name.split(".")[0] for path in DOCUMENTS.iterdir() if not path.name.startswith(".")})


def files(name: str) -> list[Path]:
    """The files of a document, the page first: the one that has just the name and an extension."""
    found = [path for path in DOCUMENTS.glob(f"{name}.*") if path.name != f"{name}.json"]
    return sorted(found, key=lambda path: (path.name.count("."), path.suffix not in PAGES, path.name))


def record(name: str) -> dict[str, Any]:
    """What stands in ``<name>.json``, or an empty record."""
    path = DOCUMENTS / f"{name}.json"
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return loaded


def lacking(options: dict[str, Any]) -> list[str]:
    """The modules and programs that a document needs and this machine does not have."""
    return [need for need in options.get("needs", []) if find_spec(need) is None and shutil.which(need) is None]


def outcome(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """What the parser makes of a document: the reviewable form of the report, or of the error."""
    paths = files(name)
    sources = [
        parsers.Source(path.read_bytes(), options.get("url") if path is paths[0] else None, options.get("content_type"))
        for path in paths
    ]
    try:
        report = parsers.parse_report(sources, region_code=options.get("region_code"), validate=False)
    except parsers.ParseError as error:
        return {"error": error.to_dict()}
    parsers.validate(report, TODAY)
    return reviewable(report.to_dict())


def reviewable(report: dict[str, Any]) -> dict[str, Any]:
    """The report's JSON without checksums, origins and counts of passed checks, and with plain cells in short.

    A number alone stands for a cell that prints just this number in the unit of the form; a row of table three is
    the list of its cells in the order of the columns. Left out are metadata that are null and cells that only another
    version of the form has.
    """
    return {
        "metadata": {key: value for key, value in report["metadata"].items() if value is not None},
        "template": report["template"],
        "sections": [_section(section) for section in report["sections"]],
        "tables": {name: _table(name, table) for name, table in report["tables"].items()},
        "extra_rows": [
            {**row, "cells": {k: _cell(c) for k, c in row["cells"].items()}} for row in report["extra_rows"]
        ],
        "narrative": [{k: v for k, v in figure.items() if k != "origin"} for figure in report["narrative"]],
        "findings": report["findings"],
    }


def _section(section: dict[str, Any]) -> dict[str, Any]:
    text = section.pop("text")
    return section if text is None else {**section, "begins": text[:SHOWN], "ends": text[-SHOWN:]}


def _table(name: str, table: dict[str, Any] | None) -> Any:
    if table is None or "cells" not in table:
        return _rows_without_origin(table)
    version = table["version"] or next(iter(all_forms()))
    units = all_forms()[version].tables[name]
    cells = {}
    for key, entry in table["cells"].items():
        if "state" in entry:
            cells[key] = _cell(entry, units.unit((key,)))
        elif any(cell["state"] != "not_in_template" for cell in entry.values()):
            cells[key] = [_cell(cell, units.unit((key, column))) for column, cell in entry.items()]
    return {**table, "cells": {key: cell for key, cell in cells.items() if cell != "not_in_template"}}


def _extra_row(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "cells": {key: _cell(cell) for key, cell in row["cells"].items()}}


def _rows_without_origin(table: dict[str, Any] | None) -> Any:
    if table is None:
        return None
    return {**table, "rows": [{k: v for k, v in row.items() if k != "origin"} for row in table.get("rows", [])]}


def _cell(cell: dict[str, Any], unit: str | None = None) -> Any:
    """A plain cell as its number, one that is blank or nowhere printed as its state, any other with all it has."""
    bare = {key: value for key, value in cell.items() if key != "origin" and value not in (None, "")}
    if bare.get("unit") == unit:
        bare.pop("unit", None)
    if bare == {"value": cell["value"], "state": "value", "raw": str(cell["value"])}:
        return cell["value"]
    return cell["state"] if bare == {"state": cell["state"]} else {"value": cell["value"], **bare}


def write(name: str, options: dict[str, Any], expected: dict[str, Any], reviewed: bool = False) -> None:
    """Write ``<name>.json``."""
    old = record(name)
    head = {"reviewed": reviewed, "about": old.get("about", ""), "options": options, "expected": expected}
    (DOCUMENTS / f"{name}.json").write_text(dumps(head) + "\n", "utf-8")


def dumps(value: Any, indent: int = 0) -> str:
    """JSON with a line for each cell, row, section and finding rather than for each key of them.

    >>> print(dumps({"a": {"b": [1, {"c": None}]}}))
    {"a": {"b": [1, {"c": null}]}}
    """
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent <= 150 or not isinstance(value, dict | list):
        return line
    if isinstance(value, dict) and value.keys() & LINES:
        return line
    pad, end = "\n" + " " * (indent + 2), "\n" + " " * indent
    if isinstance(value, list):
        return "[" + ",".join(pad + dumps(entry, indent + 2) for entry in value) + end + "]"
    pairs = (f"{json.dumps(key, ensure_ascii=False)}: {dumps(entry, indent + 2)}" for key, entry in value.items())
    return "{" + ",".join(pad + pair for pair in pairs) + end + "}"


def main(chosen: list[str]) -> int:
    for name in chosen or names():
        known = record(name)
        options = known.get("options", {})
        expected = outcome(name, options) if files(name) and not lacking(options) else known.get("expected", {})
        if expected != known.get("expected"):
            write(name, options, expected)
            sys.stdout.write(f"{name}: changed, to be reviewed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
