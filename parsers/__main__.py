"""``python -m parsers FILE...``: one JSON object a line, in the order given."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from parsers import ParseError, Source, parse_report

DESCRIPTION = """Read 政府信息公开工作年度报告 and print each as one line of JSON.
读取政府信息公开工作年度报告,每份输出一行 JSON。

  python -m parsers page.html                         one report
  python -m parsers page.html report.txt              two reports, two lines
  python -m parsers --together page.html tables.html  one report in two files
  python -m parsers --pretty page.html | less         for reading

Exit status 0 if all files were read, 2 with a line {"error": {...}} for each that was not."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m parsers", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="HTML page or text file; - reads standard input")
    parser.add_argument("--url", help="where the file came from, for links and dates")
    parser.add_argument("--content-type", help="the Content-Type header it came with, e.g. 'text/html; charset=gbk'")
    parser.add_argument("--region", metavar="CODE", help="GB/T 2260 code of the portal, to settle homonyms")
    parser.add_argument("--together", action="store_true", help="the files are one report: a page and its attachments")
    parser.add_argument("--pretty", action="store_true", help="indent the JSON")
    options = parser.parse_args(arguments)
    groups = [options.files] if options.together else [[name] for name in options.files]
    return max(_print(group, options) for group in groups)


def _print(names: list[str], options: argparse.Namespace) -> int:
    status = 0
    try:
        sources = [Source(_bytes(name), options.url, options.content_type) for name in names]
        record = parse_report(sources, region_code=options.region).to_dict()
    except ParseError as error:
        record, status = {"error": {"files": names, **error.to_dict()}}, 2
    except OSError as error:
        reason = error.strerror or str(error)
        zh, en = f"无法打开文件:{reason}", f"cannot open the file: {reason}"
        record = {"error": {"files": names, "code": "cannot_open", "message_zh": zh, "message_en": en}}
        status = 2
    sys.stdout.write(json.dumps(record, ensure_ascii=False, indent=1 if options.pretty else None) + "\n")
    return status


def _bytes(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()


if __name__ == "__main__":
    sys.exit(main())
