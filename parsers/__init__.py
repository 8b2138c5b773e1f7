"""Parser and validator of 政府信息公开工作年度报告: bytes in, a normalised report with findings out.

>>> import parsers
>>> report = parsers.parse_report(parsers.Source('泽州县人民政府2024年政府信息公开工作年度报告\\n一、总体情况\\n好。'.encode()))
>>> report.metadata.report_year, report.tables['table3'].status
(2024, 'missing')
"""

from __future__ import annotations

from parsers.bounds import parse_bounded
from parsers.parse import parse_report, validate
from parsers.report import SCHEMA_VERSION, Finding, Report
from parsers.source import ParseError, Source
from parsers.version import parser_version

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
