"""A small catalogue: reports of every kind of document and cell, one of them hostile in every field, with archives."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import parsers
from crawler.archive import ArchiveWriter
from crawler.items import FetchedDocument, ReportSource
from crawler.site.build import build
from crawler.site.data import Warehouse
from crawler.site.output import Counts
from crawler.warehouse import across, add_run, derived, in_memory

Record = dict[str, Any]
GOLDEN = Path(__file__).parents[1] / "golden" / "documents"
RUN, LATER = "20250601t000000z", "20250701t000000z"
REGIONS = (("370323", "山东省", "淄博市", "沂源县"), ("140525", "山西省", "晋城市", "泽州县"))
DOCUMENTS = (  # files of a report, its year
    (("whole-2021-trs.html",), 2024),
    (("hybrid-23-rows.html",), 2023),
    (("notes-in-number-cells.html",), 2022),
    (("placeholders.html",), 2021),
    (("whole-2019-layout-gbk.html",), 2019),
    (("unreadable-number-cells.html",), 2024),
    (("table4-missing.html",), 2023),
    (("blank-zero-cells.html",), 2022),
    (("page-with-xlsx.html", "page-with-xlsx.annex.xlsx"), 2021),
    (("docx-whole.docx",), 2020),
    (("pdf-ruled.pdf",), 2019),
    (("flattened-b.txt",), 2025),
    (("stat-provincial-section-six.html",), 2017),
)
CHANGED = "changed.html"
PWN = "<script>window.pwned=1</script>"
SPITE = (
    f'\u202e{PWN}"><img src=http://evil.example/x onerror="window.pwned=2"><style>*{{display:none}}</style>'
    "\u2066&#0;'`{{7*7}}"
)
HOSTILE_PAGE = f"""<html onload="window.pwned=3"><meta http-equiv=refresh content="0;url=http://evil.example/">
<base href="http://evil.example/"><style>.copy{{background:url(http://evil.example/a)}}</style>
<link rel=stylesheet href=http://evil.example/c>{PWN}<body background="http://evil.example/b" onclick="window.pwned=4">
<a href="javascript:window.pwned=5" onmouseover="window.pwned=6">链接</a><form action="http://evil.example/">
<input value="键入" autofocus onfocus="window.pwned=7"><button formaction="javascript:window.pwned=8">b</button></form>
<iframe src="http://evil.example/f" srcdoc="{PWN}"></iframe><svg onload="window.pwned=9"><script>window.pwned=10
</script><a xlink:href="javascript:1"><text>svg</text></a></svg><object data="http://evil.example/o"></object>
<video src="http://evil.example/v" onerror="window.pwned=11"></video>
<img src="http://evil.example/i" onerror="window.pwned=12" alt='{PWN}'><math><mtext>{PWN}</mtext></math>
<noscript><p title="</noscript>{PWN}">n</p></noscript><p style="background:url(http://evil.example/s)" id="main"
class="skip">联系人:张小三，电话 13912345678 \u202egnp.exe</p><xmp>{PWN}</xmp>
<embed src="http://evil.example/e"><plaintext>{PWN}"""


def body(name: str) -> bytes:
    """A golden document; one with a number that adds up neither in its row nor in its column, one as changed later."""
    if name == CHANGED:
        return body(DOCUMENTS[0][0][0]).replace(b">460<", b">461<")
    found = (GOLDEN / name).read_bytes()
    return found.replace(b">48</span>", b">58</span>", 1) if name == "hybrid-23-rows.html" else found


@cache
def _parsed(names: tuple[str, ...]) -> Record:
    sources = [parsers.Source(body(name), f"http://portal.example/{name}") for name in names]
    return parsers.parse_report(sources).to_dict()


def record(
    number: int, names: tuple[str, ...], year: int, place: tuple[str, str, str, str]
) -> tuple[Record, ReportSource]:
    code, province, prefecture, county = place
    told = copy.deepcopy(_parsed(names))
    told["metadata"] |= {
        "report_year": year, "region_code": code, "region_code_current": code, "province_name": province,
        "prefecture_name": prefecture, "county_name": county, "admin_level": "county",
        "subject_name": f"{county}人民政府", "title": f"{county}人民政府{year}年政府信息公开工作年度报告",
        "report_scope": "region_aggregate", "publication_date": f"{year + 1}-0{2 + number % 4}-10",
    }  # fmt: skip
    at = f"2025-06-0{1 + number % 9}T08:00:00+00:00"
    documents = [
        FetchedDocument(f"http://portal.example/{name}", f"http://portal.example/{name}", 200, None,
                        body(name), at, name=None if n == 0 else name)
        for n, name in enumerate(names)
    ]  # fmt: skip
    source = {"url": documents[0].url, "final_url": documents[0].url, "list_url": "http://portal.example/list/",
              "link_title": told["metadata"]["title"], "list_date": f"{year + 1}-02-11", "fetched_at": at}  # fmt: skip
    made = {"report_id": f"{number:016x}", "portal_id": code, "source": source, **told}
    return made, ReportSource(code, code, documents)


def spoilt(value: Any, key: str = "") -> Any:
    """The value with spite at the end of every text that a portal could have written."""
    if isinstance(value, dict):
        return {name: spoilt(held, name) for name, held in value.items()}
    if isinstance(value, list):
        return [spoilt(held, key) for held in value]
    if not isinstance(value, str) or key in _OURS:
        return value
    return f"javascript:window.pwned=20//{SPITE}" if key in ("url", "final_url", "list_url") else f"{value}{SPITE}"


_OURS = frozenset([
    "report_id", "portal_id", "region_code", "region_code_current", "severity", "status", "state", "rule", "version",
    "table2", "table3", "table4", "report_scope", "publication_date", "period_start", "period_end", "fetched_at",
    "list_date", "location", "schema_version", "template", "file", "record_id", "content_sha256", "table", "group",
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Small:
    """The site, what it was made of, and the pages to look at."""

    path: Path
    warehouse: Warehouse
    runs: Path
    counts: Counts
    records: list[Record]

    def build(self, path: Path | None = None) -> Counts:
        return build(self.warehouse, path or self.path, runs=self.runs)

    def report(self, name: str, language: str = "zh") -> Path:
        """The page of the report that was made of the golden document ``name``."""
        number = next(n for n, (names, _) in enumerate(DOCUMENTS) if names[0] == name)
        return self.path / language / "reports" / f"{number:016x}.html"

    @property
    def hostile(self) -> Path:
        return self.path / "zh" / "reports" / f"{len(DOCUMENTS):016x}.html"


def outcomes() -> list[Record]:
    told = {"detail": "", "family": "trs", "years_found": [2021, 2022, 2023, 2024], "years_missing": [2020],
            "reports": 4, "pages": 9, "bytes": 1000, "seconds": 1.5}  # fmt: skip
    good = {"portal_id": "370323", "region_code": "370323", "url": "http://portal.example/", "outcome": "ok"}
    bad = {"portal_id": "130111", "region_code": "130111", "url": f"javascript:alert(1)//{SPITE}", "outcome": "blocked"}
    return [told | good, told | bad | {"detail": SPITE, "family": SPITE, "years_found": [], "reports": 0}]


def make(directory: Path) -> Small:
    """Archive, warehouse and site of the documents above and of a hostile report; two reports have revisions."""
    runs, records = directory / "runs", []
    writer = ArchiveWriter(runs / RUN, segment_bytes=10**9, software="test")
    for number, (names, year) in enumerate(DOCUMENTS):
        made, source = record(number, names, year, REGIONS[number >= 5])
        records.append(_stored(writer, made, source))
    evil, source = record(len(DOCUMENTS), DOCUMENTS[0][0], 2020, REGIONS[0])
    page = source.documents[0]
    page.body = page.body.rpartition(b"</div>")[0] + HOSTILE_PAGE.encode()
    records.append(spoilt(_stored(writer, evil, source)))
    _close(writer)
    connection = in_memory(records, outcomes(), run_id=RUN)
    writer = ArchiveWriter(runs / LATER, segment_bytes=10**9, software="test")
    later = _stored(writer, *record(0, (CHANGED,), 2024, REGIONS[0]))
    _close(writer)
    add_run(connection, [later], outcomes(), run_id=LATER, finished="2025-07-01T00:00:00+00:00")
    derived.install(connection)
    across.check(connection)
    warehouse = Warehouse(connection)
    site = directory / "site"
    return Small(site, warehouse, runs, build(warehouse, site, runs=runs), records)


def _stored(writer: ArchiveWriter, made: Record, source: ReportSource) -> Record:
    places = writer.write(source)
    made["source"]["documents"] = [
        {"url": document.url, "name": document.name, "content_type": None, "file": place.file,
         "record_id": place.record_id, "offset": place.offset, "content_sha256": place.content_sha256}
        for document, place in zip(source.documents, places, strict=True)
    ]  # fmt: skip
    made["source"] |= {
        "archive": places[0].file,
        "record_id": places[0].record_id,
        "content_sha256": places[0].content_sha256,
    }
    return made


def _close(writer: ArchiveWriter) -> None:
    writer.close()
    for path in writer.directory.glob("*.part"):
        path.rename(path.with_name(path.name.removesuffix(".part")))
