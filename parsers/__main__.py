"""``python -m parsers FILE...``: one JSON object a line, in the order given."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from parsers import ParseError, Source, parse_report
from parsers.bounds import MEMORY, SECONDS, Pool
from parsers.readers import formats

DESCRIPTION = """Read 政府信息公开工作年度报告 and print each as one line of JSON.
读取政府信息公开工作年度报告,每份输出一行 JSON。

  python -m parsers page.html                         one report
  python -m parsers page.html report.txt              two reports, two lines
  python -m parsers --together page.html tables.html  one report in two files
  python -m parsers --pretty page.html | less         for reading

Each report is read in a process that is killed at its limits (--seconds, --memory); --in-process reads without.

The content decides what a file is, not its name. Read are / 可读取:
  FORMATS

Exit status 0 if all files were read, 2 with a line {"error": {...}} for each that was not. Of files read together
the report comes first, from those that could be read; the lines of the others follow it."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m parsers",
        description=DESCRIPTION.replace("FORMATS", ", ".join(formats())),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a file of a report; - reads standard input")
    parser.add_argument("--url", help="where the file came from, for links and dates")
    parser.add_argument("--content-type", help="the Content-Type header it came with, e.g. 'text/html; charset=gbk'")
    parser.add_argument("--region", metavar="CODE", help="GB/T 2260 code of the portal, to settle homonyms")
    parser.add_argument("--together", action="store_true", help="the files are one report: a page and its attachments")
    parser.add_argument("--pretty", action="store_true", help="indent the JSON")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="time limit of a report (%(default)g)")
    parser.add_argument(
        "--memory", type=int, default=MEMORY >> 20, metavar="MIB", help="its memory limit (%(default)s)"
    )
    parser.add_argument("--in-process", action="store_true", help="no limits: faster for one file, for debugging")
    options = parser.parse_args(arguments)
    groups = [options.files] if options.together else [[name] for name in options.files]
    with Pool(seconds=options.seconds, memory=options.memory << 20) as pool:
        return max(_print(group, options, pool) for group in groups)


def _print(names: list[str], options: argparse.Namespace, pool: Pool) -> int:
    records: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    try:
        sources = [Source(_bytes(name), options.url, options.content_type) for name in names]
        if options.in_process:
            record = parse_report(sources, region_code=options.region).to_dict()
        else:
            record = pool.parse(sources, region_code=options.region)
        records = [record]
        errors = [_unread(names, document) for document in record["documents"] if document["error"]]
    except ParseError as error:
        errors = [{"files": names, **error.to_dict()}]
    except OSError as error:
        reason = error.strerror or str(error)
        zh, en = f"无法打开文件:{reason}", f"cannot open the file: {reason}"
        errors = [{"files": names, "code": "cannot_open", "message_zh": zh, "message_en": en}]
    for record in [*records, *({"error": error} for error in errors)]:
        sys.stdout.write(json.dumps(record, ensure_ascii=False, indent=1 if options.pretty else None) + "\n")
    return 2 if errors else 0


def _unread(names: list[str], document: dict[str, Any]) -> dict[str, Any]:
    """The error of one file of a report, or of one file packed in it."""
    member = {"member": document["member"]} if document["member"] else {}
    return {"files": [names[document["file"]]], **member, **document["error"]}


def _bytes(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()


if __name__ == "__main__":
    sys.exit(main())
