"""Encodings decided strictly, addresses that may be visited, a slot per city."""

from __future__ import annotations

import ipaddress

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse, Response, TextResponse
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler

from crawler.errors import InputError
from crawler.middlewares.egress import allowed_networks, may_visit
from crawler.middlewares.encoding import SUSPECT, EncodingMiddleware, decide
from crawler.outcomes import Outcome
from crawler.politeness import CityDownloader
from crawler.trouble import of_exception, of_response

TEXT = "沂源县人民政府2024年政府信息公开工作年度报告,共受理申请12件。"


def read(body: bytes, content_type: str | None, cls: type[Response] = HtmlResponse) -> Response:
    headers = {"Content-Type": content_type} if content_type else {}
    response = cls("http://a.gov.cn/", headers=headers, body=body)
    crawler = get_crawler(settings_dict={"TWISTED_REACTOR_ENABLED": False})
    return EncodingMiddleware(crawler.stats).process_response(Request("http://a.gov.cn/"), response)


PAGE = f"<html><body>{TEXT}</body></html>"


@pytest.mark.parametrize(
    ("encoding", "content_type"),
    [
        ("utf-8", "text/html; charset=utf-8"),
        ("utf-8", "text/html; charset=gbk"),
        ("gbk", "text/html; charset=utf-8"),
        ("gbk", "text/html; charset=gb2312"),
        ("gb18030", "text/html"),
        ("gbk", "text/html; charset=iso-8859-1"),
        ("utf-8-sig", "text/html; charset=gb2312"),
    ],
)
def test_a_wrong_declaration_does_not_win(encoding: str, content_type: str) -> None:
    response = read(PAGE.encode(encoding), content_type)
    assert isinstance(response, TextResponse)
    assert TEXT in response.text
    assert SUSPECT not in response.flags


def test_one_damaged_character_does_not_turn_a_page_into_nonsense() -> None:
    body = (PAGE * 20).encode()
    damaged = body[:-30] + b"\xe5\xb9" + body[-30:]
    response = read(damaged, "text/html; charset=utf-8")
    assert isinstance(response, TextResponse)
    assert TEXT in response.text
    assert SUSPECT in response.flags


def test_mislabelled_html_is_html() -> None:
    assert isinstance(read(PAGE.encode(), "application/octet-stream", Response), HtmlResponse)
    assert type(read(b"\x89PNG\r\n" + bytes(50), "image/png", Response)) is Response
    assert decide(b"\xff\xfe\x00\xd8\xff", None)[1] is False


@pytest.mark.parametrize("address", ["202.110.193.2", "2400:3200::1"])
def test_public_addresses_may_be_visited(address: str) -> None:
    assert may_visit(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:10.0.0.1",
    ],
)
def test_other_addresses_may_not(address: str) -> None:
    assert not may_visit(address)


def test_named_ranges_are_opened() -> None:
    allowed = allowed_networks(Settings({"EGRESS_ALLOW": "127.0.0.0/8, 10.1.0.0/16"}))
    assert allowed == (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("10.1.0.0/16"))
    assert may_visit("127.0.3.4", allowed)
    assert not may_visit("10.2.0.1", allowed)
    with pytest.raises(InputError, match="loopback"):
        allowed_networks(Settings({"EGRESS_ALLOW": "loopback"}))


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind"),
    [
        (
            521,
            {"Set-Cookie": "__jsluid_s=1"},
            b"<script>document.cookie='__jsl_clearance_s=1'</script>",
            "blocked:jiasule",
        ),
        (412, {}, b"", "blocked:ruishu"),
        (202, {}, b"<script r='m'>$_ts=window['$_ts'];</script>", "blocked:ruishu"),
        (503, {"Set-Cookie": "yunsuo_session=1"}, b"", "blocked:waf_503"),
        (503, {}, b"busy", "http:503"),
        (200, {}, "<html>访问校验</html>".encode(), "blocked:access_check"),
        (429, {}, b"", "blocked:rate_limit"),
        (404, {}, b"", "http:404"),
        (200, {}, "<title>系统升级中</title>".encode(), "closed_for_works"),
    ],
)
def test_signals_of_responses(status: int, headers: dict[str, str], body: bytes, kind: str) -> None:
    signal = of_response(HtmlResponse("http://a/", status=status, headers=headers, body=body, encoding="utf-8"))
    assert signal is not None
    assert signal.kind == kind


def test_an_article_that_quotes_a_marker_is_no_block() -> None:
    text = "<html><body>" + "正文" * 30_000 + "访问校验 页面不存在</body></html>"
    assert of_response(HtmlResponse("http://a/", body=text.encode(), encoding="utf-8")) is None


def test_an_unknown_error_has_an_outcome_too() -> None:
    assert of_exception(RuntimeError("x")).outcome is Outcome.HTTP_ERROR


def test_hosts_of_a_city_share_a_slot_also_after_a_redirect() -> None:
    request = Request("http://lcq.sjz.gov.cn/", meta={"download_slot": "www.elsewhere.gov.cn"})
    assert CityDownloader.get_slot_key(None, request) == "sjz.gov.cn"  # type: ignore[arg-type]
    assert CityDownloader.get_slot_key(None, Request("http://127.0.0.9:81/")) == "127.0.0.9"  # type: ignore[arg-type]
