"""The release as a Frictionless data package (version 2), and how to cite and to use it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from crawler.run import sha256_of
from crawler.warehouse.declared import Column, Table
from crawler.warehouse.schema import FORM_YEARS

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
TITLE = "Annual open-government-information reports of Chinese governments (政府信息公开工作年度报告)"
_TYPES = {"int": "integer", "number": "number", "bool": "boolean", "date": "date", "timestamp": "datetime"}
# An empty field is all that a CSV file has for what is not there; the labels say what it can stand for.
_MISSING = [{"value": "", "label": "null: what it means stands in the field's description and in the codebook"}]
_NO_NUMBER = [{"value": "", "label": "no number: state tells whether the cell is empty, a placeholder, unparseable, or "
               "missing with its cell or its table"}]  # fmt: skip

LICENCE = """# 使用说明 / Note on rights

The reports are published by Chinese governments. Article 5 of the Copyright Law of the People's Republic of China
(著作权法第五条) excludes official documents of state organs from copyright. Whether an annual report is one in a given
case is for a lawyer to say: this note is a caution, and no promise. The selection and arrangement of this release, its
labels and checks are those of the project that made it; name it when you use them (see CITATION.cff).

报告由各级政府公开发布。著作权法第五条规定,国家机关具有立法、行政、司法性质的文件不适用著作权法;年度报告在具体情形下是否属于此类,
应咨询法律专业人士。本说明仅作提示,不作保证。使用本数据时请按 CITATION.cff 注明出处。

Personal data: names of contact persons are not part of the data. Contacts are those of organisations.
"""
README = """# {title}

Release of {day}: {reports:,} reports, {facts:,} cells of tables. What each field means: codebook.md.

* `csv/`: UTF-8 with a byte order mark. A text that a spreadsheet would run as a formula has an apostrophe before it.
* `parquet/`: tables of reports are partitioned by `province` (code) and `year`.
* `jsonl/`: one JSON object a line. `stata/`: Stata 14 or later; cells of all forms in `facts_long_<year>.dta`.
* `nianbao.sqlite`: `datasette nianbao.sqlite`. `datapackage.json`: `frictionless validate datapackage.json`.

A blank cell, a placeholder, a missing cell and a missing table are four things, and none of them is zero: `value` is
null and `state` (facts_long) says which. Printed numbers are never changed; what does not add up is listed in
validation_results.

Comparable across the forms of 2019 and 2021: tables three and four, but for (六)其他处理, which is one row in 2019
(`t3_ot_all_*`) and three in 2021 (add `t3_ot_corr_*`, `t3_ot_fee_*`, `t3_ot_misc_*`); decisions of licensing, penalty
and coercion. Not comparable: 对外公开总数量 (`t2_*_pubtot`) with 现行有效件数 (`t2_*_inf`), fee items with fee amounts.
"""


def write(tables: Iterable[Table], rows: Mapping[str, int], directory: Path, now: datetime) -> None:
    day = now.date().isoformat()
    held = list(tables)
    described = {
        "$schema": PROFILE,
        "name": "nianbao",
        "title": TITLE,
        "description": "Metadata, text, every cell of the official tables with its state, checks and coverage.",
        "version": day.replace("-", "."),
        "created": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "contributors": [{"title": "nianbao contributors", "roles": ["creator"]}],
        "resources": [_resource(table, rows[table.name], {each.name for each in held}, directory) for table in held],
    }
    text = json.dumps(described, ensure_ascii=False, indent=1)
    (directory / "datapackage.json").write_text(text + "\n", encoding="utf-8")
    (directory / "CITATION.cff").write_text(_citation(day), encoding="utf-8")
    (directory / "LICENSE.md").write_text(LICENCE, encoding="utf-8")
    told = {"title": TITLE, "day": day, "reports": rows.get("reports", 0), "facts": rows.get("facts_long", 0)}
    (directory / "README.md").write_text(README.format(**told), encoding="utf-8")


def _resource(table: Table, rows: int, there: set[str], directory: Path) -> dict[str, Any]:
    path = directory / "csv" / f"{table.name}.csv"
    keys = [
        {"fields": list(columns), "reference": {"resource": other, "fields": list(theirs)}}
        for columns, other, theirs in table.refers
        if other in there
    ]
    return {
        "name": table.name,
        "type": "table",
        "path": f"csv/{table.name}.csv",
        "title": f"{table.zh} {table.name}",
        "description": f"{table.en}; {rows} rows",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256_of(path)}",
        "schema": {
            "fields": [_field(table, column) for column in table.columns],
            "missingValues": _MISSING,
            "primaryKey": list(table.key),
            **({"foreignKeys": keys} if keys else {}),
        },
    }


def _field(table: Table, column: Column) -> dict[str, Any]:
    told = [column.en, f"unit: {column.unit}" if column.unit else "", f"null: {column.nulls}" if column.nulls else ""]
    field: dict[str, Any] = {
        "name": column.name,
        "type": _TYPES.get(column.type, "string"),
        "title": column.zh,
        "description": "; ".join(filter(None, told)),
    }
    constraints: dict[str, Any] = {"required": True} if column.name in table.key else {}
    if column.values:
        constraints["enum"] = list(column.values)
    if (table.name, column.name) == ("facts_long", "value"):
        field["missingValues"] = _NO_NUMBER
    return field | ({"constraints": constraints} if constraints else {})


def _citation(day: str) -> str:
    return f"""cff-version: 1.2.0
message: Please cite the release that you used, with its date.
type: dataset
title: "{TITLE}"
version: {day.replace("-", ".")}
date-released: {day}
authors:
  - name: nianbao contributors
keywords:
  - open government information
  - 政府信息公开
  - China
abstract: >-
  Metadata, text and every cell of the annual reports on open government information that Chinese governments publish,
  with the state of each cell, the checks that it passed or failed, and the page that it stands on. Forms of
  {", ".join(FORM_YEARS.values())}.
"""
