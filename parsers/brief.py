"""What a caller that handles many reports needs to know of one, without its cells: ``brief(report, record)``.

``fingerprint`` is the identity of what a report says: two addresses with the same one hold the same version of it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from parsers.report import Report

_WORDS = re.compile(r"[^\W_]+")


class Brief(NamedTuple):
    """``content`` says whether anything of a report was found, ``recognised`` whether enough to be one;
    ``findings`` counts them by rule."""

    metadata: dict[str, Any]
    content: bool
    recognised: bool
    fingerprint: str
    findings: dict[str, int]


def brief(report: Report, record: dict[str, Any]) -> Brief:
    """``record`` is what ``report.to_dict()`` gives."""
    tables = [table for table in record["tables"].values() if table]
    content = any(s["present"] for s in record["sections"]) or any(t.get("status") != "missing" for t in tables)
    findings = Counter(finding["rule"] for finding in record["findings"])
    return Brief(record["metadata"], content, report.recognised, fingerprint(record), dict(findings))


def fingerprint(record: dict[str, Any]) -> str:
    """A hash of what a report says: the numbers and states of its tables, the characters of its sections. Chrome,
    mark-up and punctuation are no content.

    >>> one = {"tables": {}, "sections": [{"number": 1, "text": "共公开 12 条。"}]}
    >>> fingerprint(one) == fingerprint({"tables": {}, "sections": [{"number": 1, "text": "共公开12条"}]})
    True
    """
    said = [
        [section["number"], "".join(_WORDS.findall(section["text"]))]
        for section in record["sections"]
        if section.get("text")
    ]
    cells = {name: _values(table) for name, table in sorted(record["tables"].items()) if table}
    text = _sorted([said, cells])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


_sorted = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True).encode


def _values(table: dict[str, Any]) -> Any:
    """The printed values of a table, whatever its shape."""
    if "state" in table:
        return [table.get("value"), table["state"], table.get("cumulative")]
    parts = {name: _values(part) for name, part in (table.get("cells") or table).items() if isinstance(part, dict)}
    rows = [[row.get("label"), row.get("value"), row.get("cumulative")] for row in table.get("rows") or ()]
    return [parts, rows] if rows else parts
