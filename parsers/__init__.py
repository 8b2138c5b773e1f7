"""Parser and validator of 政府信息公开工作年度报告: bytes in, a normalised report with findings out.

>>> import parsers
>>> report = parsers.parse_report(parsers.Source('泽州县人民政府2024年政府信息公开工作年度报告\\n一、总体情况\\n好。'.encode()))
>>> report.metadata.report_year, report.tables['table3'].status
(2024, 'missing')
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parsers.bounds import parse_bounded
    from parsers.parse import parse_report, validate
    from parsers.report import Finding, Report
    from parsers.source import ParseError, Source
    from parsers.version import SCHEMA_VERSION, parser_version

__all__ = [
    "SCHEMA_VERSION",
    "Finding",
    "ParseError",
    "Report",
    "Source",
    "parse_bounded",
    "parse_report",
    "parser_version",
    "validate",
]

_MODULES = {
    "bounds": ("parse_bounded",),
    "parse": ("parse_report", "validate"),
    "report": ("Finding", "Report"),
    "source": ("ParseError", "Source"),
    "version": ("SCHEMA_VERSION", "parser_version"),
}


def __getattr__(name: str) -> Any:
    """Loads a module when something of it is asked for: a caller that has workers parse needs little of it."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"parsers.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
