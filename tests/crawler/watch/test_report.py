"""The run's report: what is compared with what, who is listed, and that the page is inert whatever portals say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from crawler.items import PortalOutcome
from crawler.watch import metrics
from crawler.watch.attention import RUNS, cases
from crawler.watch.hosts import Hosts
from crawler.watch.page import render
from crawler.watch.report import SHOWN, Run, compose

GOOD, BAD = "ok", "timeout"


def outcome(name: str, kind: str = GOOD, reports: int = 0, **more: Any) -> PortalOutcome:
    told: dict[str, Any] = {"region_code": "370323", "url": f"http://www.{name}.gov.cn/"}
    return PortalOutcome(portal_id=name, outcome=kind, reports=reports, **(told | more))


def past(*kinds: str) -> list[tuple[str, PortalOutcome]]:
    """Runs of one portal, newest first."""
    return [(f"run-{len(kinds) - n}", outcome("a", kind)) for n, kind in enumerate(kinds)]


def run(*outcomes: PortalOutcome, stats: dict[str, Any] | None = None, **manifest: Any) -> Run:
    told = {
        "run_id": "now", "kind": "crawl", "arguments": {"province": "37"}, "verdict": 1, "reasons": [],
        "started": "2025-02-01T00:00:00+00:00", "finished": "2025-02-01T01:00:00+00:00", "counts": {},
    }  # fmt: skip
    return Run(told | manifest, stats or {}, list(outcomes), {"a": "沂源县人民政府"})


@pytest.mark.parametrize(
    ("kinds", "attention", "flapping"),
    [
        ((BAD,) * RUNS, True, False),
        ((BAD,) * (RUNS - 1), False, False),
        ((BAD, BAD, GOOD), False, False),
        ((GOOD, *(BAD,) * 9), False, False),
        ((BAD, GOOD, BAD, GOOD), False, True),
        ((GOOD, BAD, GOOD, BAD), False, True),
        ((BAD, BAD, BAD, GOOD, BAD, GOOD), True, False),
        ((), False, False),
    ],
)
def test_bad_runs_in_a_row_need_attention_and_flapping_is_set_apart(
    kinds: tuple[str, ...], attention: bool, flapping: bool
) -> None:
    found = cases({"a": past(*kinds)})
    assert tuple(map(bool, found)) == (attention, flapping)


@given(st.lists(st.sampled_from([GOOD, BAD, "partial", "empty_declared"]), max_size=15), st.integers(1, 5))
def test_a_portal_is_on_one_list_at_most_and_only_if_it_was_bad(kinds: list[str], runs: int) -> None:
    attention, flapping = cases({"a": past(*kinds)}, runs)
    assert len(attention) + len(flapping) <= 1
    for case in attention:
        assert all(each not in (GOOD, "empty_declared") for each in kinds[: case.bad])
        assert case.bad >= runs
        assert case.since == past(*kinds)[case.bad - 1][0]


def test_a_portal_is_compared_with_itself() -> None:
    history = {
        "a": [("r3", outcome("a", BAD)), ("r2", outcome("a", reports=5, years_found=[2020, 2021], family="trs"))],
        "b": [("r3", outcome("b", reports=1, family="hanweb"))],
        "c": [("r3", outcome("c", reports=3, years_found=[2021]))],
    }
    report = compose(
        run(
            outcome("a", BAD, 2, years_found=[2021], family="hanweb"),
            outcome("b", reports=2, family="hanweb"),
            outcome("c", reports=3, years_found=[2021], years_gone=[2015]),
            outcome("new", reports=1),
        ),
        history,
    )
    drops = {drop["portal_id"]: (drop["before"], drop["reports"], drop["years_lost"]) for drop in report["drops"]}
    assert drops == {"a": (5, 2, [2020]), "c": (3, 3, [2015])}
    assert [(new["portal_id"], new["before"], new["now"]) for new in report["new_layouts"]] == [("a", "trs", "hanweb")]
    assert report["drops"][0]["name"] == "沂源县人民政府"
    assert report["history_runs"] == 2


def test_a_run_over_some_years_is_no_drop() -> None:
    history = {"a": [("before", outcome("a", reports=5, years_found=[2020, 2021]))]}
    now = outcome("a", reports=1, years_found=[2021])
    assert compose(run(now, arguments={"province": "37", "years": "2021"}), history)["drops"] == []


def test_the_run_itself_in_the_ledger_counts_once() -> None:
    bad = outcome("a", BAD)
    history = {"a": [("now", bad), ("r1", bad)]}
    assert compose(run(bad), history)["attention"] == []
    (case,) = compose(run(bad), history | {"a": [("now", bad), ("r2", bad), ("r1", bad)]})["attention"]
    assert (case["bad_runs"], case["since"], case["fresh"]) == (3, "r1", True)


def test_provinces_blocks_hosts_and_findings() -> None:
    hosts = Hosts()
    for seconds in (6.0, 9.0, 6.0):
        hosts.count("www.slow.gov.cn", seconds, overridden=True)
    hosts.count("www.once.gov.cn", 29.0)
    told = run(
        outcome("a", reports=2),
        outcome("b", "blocked", detail="blocked:ruishu http://www.b.gov.cn/", region_code="610100"),
        outcome("x", "dns", region_code=None),
        stats={"findings/T302": 4, "findings/ZZ99": 1, "elapsed_time_seconds": 61.2},
    )
    report = compose(Run(told.manifest, told.stats, told.outcomes, told.names, hosts), {})
    assert [(p["code"], p["name"], p["portals"], p["good"]) for p in report["provinces"]] == [
        ("37", "山东省", 1, 1),
        ("61", "陕西省", 1, 0),
        ("", "–", 1, 0),
    ]
    assert report["blocked_hosts"] == [{"host": "www.b.gov.cn", "portals": 1, "kinds": ["blocked:ruishu"]}]
    assert [host["host"] for host in report["slow_hosts"]] == ["www.slow.gov.cn"]
    assert report["encoding_overrides"] == [{"host": "www.slow.gov.cn", "pages": 3}]
    assert [(f["rule"], f["count"], f["severity"]) for f in report["findings"]] == [
        ("T302", 4, "error"),
        ("ZZ99", 1, ""),
    ]


HOSTILE = "</td><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}\"'\ud800"


def test_the_page_is_inert_and_whole_whatever_a_portal_says(tmp_path: Path) -> None:
    hostile = outcome("a", "blocked", detail=HOSTILE, url=f"http://a.gov.cn/{HOSTILE}", family=HOSTILE)
    usual = outcome("a", reports=9, years_found=[2020], family="trs")
    earlier = replace(hostile, family=None)
    history = {"a": [("r3", earlier), ("r2", earlier), ("r1", usual)]}
    report = compose(run(hostile, arguments={"url": HOSTILE}, reasons=[HOSTILE]), history)
    html = render(report)
    assert len(html.encode("utf-8", "replace")) < 40_000
    tree = lxml.html.document_fromstring(html.encode("utf-8", "replace").decode())
    assert {str(each.tag) for each in tree.iter()} <= {
        "html", "head", "meta", "title", "style", "body", "header", "main", "section", "h1", "h2", "p", "dl", "dt",
        "dd", "div", "span", "table", "tbody", "tr", "th", "td", "br",
    }  # fmt: skip
    attributes = {str(name) for each in tree.iter() for name in each.attrib}
    assert attributes <= {"lang", "charset", "name", "content", "http-equiv", "class", "id"}
    assert not re.search(r"url\(|@import", html)
    assert "alert(1)" in tree.text_content()
    assert "{{ 7*7 }}" in tree.text_content()
    assert {section.get("id") for section in tree.iter("section")} == {
        "attention", "drops", "provinces", "layouts", "blocked",
    }  # fmt: skip


def test_long_lists_are_cut_and_say_so() -> None:
    many = [outcome(f"p{n}", "blocked") for n in range(SHOWN + 7)]
    report = compose(run(*many), {})
    assert len(report["blocked_hosts"]) == SHOWN
    assert report["truncated"] == {"blocked_hosts": 7}
    assert "另有 7 条" in render(report)


def test_metrics_are_read_by_prometheus(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "nianbao.prom"
    metrics.write(compose(run(outcome("a", reports=2), outcome("b", BAD), stats={"findings/T302": 4}), {}), path)
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(path.read_text(encoding="utf-8"))
        for sample in family.samples
    }
    assert found["nianbao_run_verdict",] == 1
    assert found["nianbao_run_portals", "timeout"] == 1
    assert found["nianbao_run_findings", "T302", "error"] == 4
    assert found["nianbao_run_finished_timestamp_seconds",] == 1738371600
    assert [each.name for each in path.parent.iterdir()] == ["nianbao.prom"], "no half-written file is left"
