"""Small portals with one thing wrong each, and the registry rows that name them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from crawler.demo.server import PortalServer, Request, Response, page
from crawler.registry import COLUMNS

Answer = Response | str | Callable[[Request], Response]
SECTIONS = (
    ("一、总体情况", "2024年，本县主动公开政府信息1205条。"),
    ("二、主动公开政府信息情况", "见附表。"),
    ("三、收到和处理政府信息公开申请情况", "全年收到政府信息公开申请12件。"),
    ("四、政府信息公开行政复议、行政诉讼情况", "无。"),
    ("五、存在的主要问题及改进情况", "公开意识有待提高，将加强培训。"),
    ("六、其他需要报告的事项", "无其他需要报告的事项。"),
)


def report_page(organ: str = "沂源县人民政府", year: int = 2024, *, meta: str = "") -> str:
    """A short report without tables."""
    title = f"{organ}{year}年政府信息公开工作年度报告"
    text = "".join(f"<p>{heading}</p><p>{body.replace('2024', str(year))}</p>" for heading, body in SECTIONS)
    return (
        f'<html><head><meta charset="utf-8"><title>{title}</title><meta name="ArticleTitle" content="{title}">{meta}'
        f'</head><body><h1>{title}</h1><div class="TRS_Editor">{text}</div></body></html>'
    )


def column_page(rows: Mapping[str, str], *, more: str = "", text: str = "") -> str:
    """An annual-report column that lists ``rows``: address -> title."""
    items = "".join(
        f'<li><a href="{url}">{title}</a><span>2025-01-2{n % 9}</span></li>'
        for n, (url, title) in enumerate(rows.items())
    )
    name = "政府信息公开年报"
    return (
        f'<html><head><meta charset="utf-8"><title>{name}</title><meta name="ColumnName" content="{name}">'
        f'<meta name="ColumnType" content="信息公开年报">{more}</head><body>'
        f'<div class="crumb"><a href="/">首页</a></div><ul class="list">{items}</ul><p>{text}</p></body></html>'
    )


def home_page(links: Mapping[str, str] | None = None, *, meta: str = "") -> str:
    """A home page with a few columns; ``links``: address -> name."""
    shown = {"/news/": "要闻", "/zwdt/": "政务动态", "/bsfw/": "办事服务", "/hdjl/": "互动交流"} | dict(links or {})
    items = "".join(f'<li><a href="{url}">{name}</a></li>' for url, name in shown.items())
    head = f'<head><meta charset="utf-8"><title>门户</title>{meta}</head>'
    return f"<html>{head}<body><ul>{items}</ul><p>欢迎访问本站。</p></body></html>"


def healthy(organ: str = "沂源县人民政府", years: tuple[int, ...] = (2023, 2024)) -> dict[str, Answer]:
    """A portal with nothing wrong: home page, column, a report a year."""
    rows = {f"/zfxxgknb/t{year}.html": f"{organ}{year}年政府信息公开工作年度报告" for year in years}
    pages: dict[str, Answer] = {f"/zfxxgknb/t{year}.html": report_page(organ, year) for year in years}
    return {"/": home_page({"/zfxxgknb/": "政府信息公开年报"}), "/zfxxgknb/": column_page(rows), **pages}


@contextmanager
def served(answers: Mapping[str, Answer], address: str, *, latency: float = 0.0) -> Iterator[PortalServer]:
    """A portal that gives ``answers`` by path; what is not there is 404."""

    def respond(request: Request) -> Response:
        answer = answers.get(request.path)
        if answer is None:
            return page("<html><body>404 Not Found</body></html>", status=404)
        if callable(answer):
            return answer(request)
        return page(answer) if isinstance(answer, str) else answer

    server = PortalServer("www", address, respond, latency=latency)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def row(portal_id: str, url: str, region_code: str = "370323", **more: str) -> dict[str, str]:
    """A registry row."""
    return {"portal_id": portal_id, "region_code": region_code, "name": "沂源县人民政府", "url": url, **more}


def write_rows(directory: Path, rows: list[dict[str, str]], stem: str = "37") -> Path:
    """A registry file with these rows."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / f"{stem}.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return file
