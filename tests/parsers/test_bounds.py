"""Nothing that a portal sends hangs or breaks the parser: an error with its reason, and the next document is read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import parsers
from parsers import ParseError, Source
from parsers.bounds import AGAIN, Pool, _Worker
from tests.compose import html, truth
from tests.compose.report import generate

ROOT = Path(__file__).resolve().parents[2]
SECTION = "三、收到和处理政府信息公开申请情况"


def page(body: str) -> bytes:
    return f"<html><title>云河县人民政府2023年政府信息公开工作年度报告</title><body><p>{SECTION}</p>{body}".encode()


def entity_bomb() -> bytes:
    entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    return f"<!DOCTYPE html [{entities}]><html><body><p>&a11;</p></body></html>".encode()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "entities": entity_bomb,
    "deep nesting": lambda: page("<div>" * 100_000 + "x"),
    "deep tables": lambda: page("<table><tr><td>" * 100_000 + "1"),
    "a million cells": lambda: page("<table>" + ("<tr>" + "<td>1</td>" * 1000 + "</tr>") * 1000 + "</table>"),
    "wide spans": lambda: page("<table>" + ("<tr>" + "<td rowspan=9999 colspan=9999>1" * 99) * 200 + "</table>"),
    "one line": lambda: ("一、总体情况 " + "政府信息公开申请" * 800_000).encode(),
    "one line of numbers": lambda: (SECTION + "\n" + "1 " * 9_000_000).encode(),
    "bars": lambda: (SECTION + "\n" + "|" * 2_000_000).encode(),
    "headings": lambda: "。一、总体情况 ".encode() * 50_000,
    "brackets": lambda: page("<p>云河县人民政府2023年" + "(" * 200_000 + "</p>"),
    "dates": lambda: page("<p>" + "2023年1月" * 100_000 + "</p>"),
    "mail": lambda: page("<p>联系邮箱:" + "a." * 300_000 + "@</p>"),
    "telephone": lambda: page("<p>联系电话:" + "0533-" * 200_000 + "</p>"),
    "metadata labels": lambda: ("索引号: 文号: 发布机构: 发布日期:\n" * 20_000).encode(),
    "quantities": lambda: ("一、总体情况\n" + "同比增长12.5%,收到申请12件," * 30_000).encode(),
    "numerals": lambda: ("一、总体情况\n" + "一二三四五六七八九十百千万" * 30_000).encode(),
    "unclosed comment": lambda: b"<p>" + b"<!--" * 500_000,
    "zip that is none": lambda: b"PK\x03\x04" + b"\0" * 1000,
    "pdf that is none": lambda: b"%PDF-1.7\n" + b"1 0 obj<<" * 10_000,
    "ole that is none": lambda: b"\xd0\xcf\x11\xe0" + b"\xff" * 5000,
    "png that is none": lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 1000,
}


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(seconds=8) as workers:
        yield workers


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_read_or_refused_and_the_next_one_is_read(name: str, pool: Pool) -> None:
    told: dict[str, object]
    try:
        told = pool.parse(Source(HOSTILE[name]()))["tables"]["table3"]
    except ParseError as error:
        told = error.to_dict()
    assert told.get("status") in ("present", "missing", "unreadable") or (told["message_zh"] and told["message_en"])
    assert told.get("code") != "crashed"
    report = generate(5)
    assert truth.check(pool.parse(Source(html.compose(report))), report).silent == []


def test_a_worker_reads_what_the_library_reads() -> None:
    body = html.compose(generate(8), style="word")
    here = parsers.parse_report(Source(body), region_code="370323").to_dict()
    assert parsers.parse_bounded(Source(body), region_code="370323") == json.loads(json.dumps(here))


def test_an_error_of_a_document_comes_back_as_it_is(pool: Pool) -> None:
    with pytest.raises(ParseError) as caught:
        pool.parse(Source(b"  "))
    assert caught.value.code == "empty"


def test_the_time_limit_is_kept() -> None:
    with Pool(seconds=0.001) as workers:
        with pytest.raises(ParseError) as caught:
            workers.parse(Source(HOSTILE["a million cells"]()))
        assert caught.value.code == "timeout"
        assert workers.parse(Source(html.compose(generate(2))), seconds=60)["template"]["version"]


def test_the_memory_limit_is_kept() -> None:
    with Pool(memory=100 * 1024 * 1024) as workers:
        with pytest.raises(ParseError) as caught:
            workers.parse(Source(HOSTILE["one line of numbers"]()), seconds=60)
        assert caught.value.code == "memory"
        assert workers.parse(Source(html.compose(generate(2))), seconds=60)["template"]["version"]


def test_a_closed_pool_lets_nobody_wait() -> None:
    workers = Pool()
    with ThreadPoolExecutor(3) as callers:
        calls = [callers.submit(workers.parse, Source(HOSTILE["one line of numbers"]())) for _ in range(3)]
        workers.close()
        assert [type(call.exception()) for call in calls] == [ParseError] * 3


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_its_parent(ending: signal.Signals) -> None:
    """Not even a busy one: the parent dies while a document that takes long is being read."""
    code = (
        "from parsers.bounds import Pool; from parsers import Source; import sys\n"
        "pool = Pool(seconds=300); pool.parse(Source(b'<p>x</p>'))\n"
        "print(next(iter(pool._all)).process.pid, flush=True)\n"
        "body = ('三、收到和处理政府信息公开申请情况\\n' + '1 ' * 9_000_000).encode()\n"
        "pool.parse(Source(body))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    try:
        os.kill(worker, 0)
        parent.send_signal(ending)
        parent.wait()
        for _ in range(400):
            if not running(worker):
                return
            time.sleep(0.05)
        pytest.fail("the worker lives on")
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()


def running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("times", [1, AGAIN, AGAIN + 1])
def test_what_a_worker_was_at_when_it_was_killed_from_outside_is_read_by_another(
    times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []
    run = _Worker.run

    def killed_so_often(worker: _Worker, *given: Any) -> Any:
        if len(killed) < times:
            killed.append(worker.process.pid)
            os.kill(worker.process.pid, signal.SIGKILL)
        return run(worker, *given)

    monkeypatch.setattr(_Worker, "run", killed_so_often)
    text = "云河县人民政府2024年政府信息公开工作年度报告\n一、总体情况\n好。"
    with Pool(1) as pool:
        if times <= AGAIN:
            assert pool.parse(Source(text.encode()))["metadata"]["report_year"] == 2024
        else:
            with pytest.raises(ParseError) as told:
                pool.parse(Source(text.encode()))
            assert told.value.code == "crashed"
    assert len(set(killed)) == times
