"""One simulated portal per kind of trouble: what it does, and the outcome and signal that it must lead to."""

from __future__ import annotations

import gzip
import itertools
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import brotli

from crawler.demo.server import Request, Response, page, redirect
from tests.crawler.raw_servers import Behave, Client
from tests.crawler.sites import Answer, column_page, healthy, home_page, report_page

HOME: dict[str, Answer] = {"/": home_page({"/zfxxgknb/": "政府信息公开年报"})}
TITLE = "沂源县人民政府{}年政府信息公开工作年度报告"
HUGE = 64 * 1024 * 1024  # bytes that an answer unpacks to; pages may have 1 MB
HTML = {"Content-Type": "text/html"}
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Trouble:
    """``answers`` by path or a bare ``behave``; ``signal`` is found in the detail."""

    outcome: str
    signal: str = ""
    answers: dict[str, Answer] | None = None
    anything: Callable[[Request], Response | None] | None = None  # for addresses that are not in ``answers``
    behave: Behave | None = None
    greets: bool = False
    tls: str = ""  # a kind of certificate
    most: int | None = None  # requests that it may cost


def challenge(body: str, status: int, **headers: str) -> dict[str, Answer]:
    return {"/": Response(body.encode(), status, "text/html", headers)}


def packed(body: bytes, encoding: str) -> dict[str, Answer]:
    return {"/": Response(body, 200, "text/html", {"Content-Encoding": encoding})}


def deflated(size: int) -> bytes:
    return zlib.compress(bytes(size))


@cache
def gzip_bomb() -> bytes:
    return gzip.compress(bytes(HUGE), 9)


def sends(head: str, body: bytes = b"") -> Behave:
    """An answer, then the end of the connection."""
    return lambda client, _: client.send(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)


def endless_body(client: Client, _: bytes) -> None:
    client.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while not client.over.is_set():
        client.send(b"<p>more</p>" * 100_000)


def endless_head(client: Client, _: bytes) -> None:
    client.send(b"HTTP/1.1 200 OK\r\n")
    while not client.over.is_set():
        client.send(b"".join(b"X-Header-%d: %s\r\n" % (n, b"v" * 1000) for n in range(100)))


def endless_line(client: Client, _: bytes) -> None:
    client.send(b"HTTP/1.1 200 OK\r\nX-Header: ")
    while not client.over.is_set():
        client.send(b"v" * 65536)


def dripping_body(client: Client, _: bytes) -> None:
    client.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n")
    client.drip(b"x" * 5000, 0.1)


def dripping_head(client: Client, _: bytes) -> None:
    client.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Header: v\r\n" * 1000, 0.1)


def reset_in_body(client: Client, _: bytes) -> None:
    client.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<html>")
    client.reset()


def cut_without_length(client: Client, _: bytes) -> None:
    """A report of which only the half comes, and nothing says how long it is."""
    client.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n")
    client.send(report_page().encode()[:600])
    client.reset()


def half_closed(client: Client, _: bytes) -> None:
    client.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<html>")
    client.half_close()


def silent(client: Client, _: bytes) -> None:
    client.over.wait(10)


def interim(client: Client, _: bytes) -> None:
    while not client.over.wait(0.01):
        client.send(b"HTTP/1.1 100 Continue\r\n\r\n")


def circles(path: str) -> dict[str, Answer]:
    return {"/": redirect(path), path: redirect("/")}


def growing(request: Request) -> Response | None:
    return redirect(f"{request.path}x/") if request.path.startswith("/x") else None


def script_chain(request: Request) -> Response | None:
    return (
        page(f"<html><script>location.href='{request.path}y/'</script></html>")
        if request.path != "/robots.txt"
        else None
    )


def with_sessions(request: Request) -> Response | None:
    """Each link of each page carries a session of its own, in the path and in the query."""
    path = request.path.partition(";")[0]
    session = f"{random.getrandbits(128):032X}"
    if path == "/":
        return page(
            home_page({f"/nb/;jsessionid={session}": "政府信息公开年报", f"/nb/?sid={session}": "信息公开年报"})
        )
    if path == "/nb/":
        rows = {f"/nb/t{year}.html;jsessionid={session}?sid={session}": TITLE.format(year) for year in (2023, 2024)}
        return page(column_page(rows, text=f'<a href="/nb/;jsessionid={session}?sid={session}">下一页</a>'))
    year = path[5:9]
    return page(report_page(year=int(year))) if year.isdigit() else None


def calendar(request: Request) -> Response | None:
    """A calendar whose months lead to more months, named like the way to a column."""
    if request.path not in ("/", "/rl/"):
        return None
    month = int(request.query.get("m", "0"))
    links = {f"/rl/?m={month + n}&y={random.random()}": "政务公开" for n in range(1, 4)}
    return page(home_page(links))


def endless_list(request: Request) -> Response | None:
    """Every page of the list has new rows, and a next page."""
    if request.path == "/":
        return page(home_page({"/zfxxgknb/": "政府信息公开年报"}))
    if request.path == "/zfxxgknb/":
        number = int(request.query.get("p", "0"))
        rows = {f"/n/t20250101_{number}{n}.html": f"第{number}{n}次会议召开" for n in range(3)}
        rows |= {f"/zfxxgknb/t{year}.html": TITLE.format(year) for year in (2023, 2024)}
        return page(column_page(rows, text=f'<a href="/zfxxgknb/?p={number + 1}">下一页</a>'))
    year = request.path.rpartition("/t")[2][:4]
    return page(report_page(year=int(year))) if request.path.startswith("/zfxxgknb/t") else None


def same_list(request: Request) -> Response | None:
    """The page parameter is ignored, and each next page has another address."""
    if request.path == "/zfxxgknb/":
        rows = {f"/zfxxgknb/t{year}.html": TITLE.format(year) for year in (2023, 2024)}
        return page(column_page(rows, text=f'<a href="/zfxxgknb/?p={next(_numbers)}">下一页</a>'))
    return None


def damaged() -> bytes:
    """A report in which bytes are lost: neither UTF-8 nor GB18030."""
    body = report_page(year=2024).encode()
    return body.replace("公开".encode(), b"\xe5\xff\xe5\xbc") + b"\xff\xff"


HOME_FOR_ALL = home_page({"/zfxxgknb/": "政府信息公开年报"})
RULES = "User-agent: *\nDisallow: /\n"
NO_TABLES = {**HOME, "/zfxxgknb/": column_page({"/zfxxgknb/t2024.html": TITLE.format(2024)})}

TROUBLES: dict[str, Trouble] = {
    # challenges and blocks
    "jiasule": Trouble(
        "blocked",
        "blocked:jiasule",
        challenge("<script>document.cookie='__jsl_clearance_s=1'</script>", 521, **{"Set-Cookie": "__jsluid_s=1"}),
        most=2,
    ),
    "ruishu-412": Trouble(
        "blocked", "blocked:ruishu", challenge("<script r='m'>$_ts=window['$_ts']</script>", 412), most=2
    ),
    "ruishu-202": Trouble(
        "blocked", "blocked:ruishu", challenge("<script r='m'>$_ts.nsd=1;$_ts.cd=2</script>", 202), most=2
    ),
    "ruishu-200": Trouble("blocked", "blocked:ruishu", challenge('<html><meta content="x" r="m"></html>', 200), most=2),
    "wswaf": Trouble("blocked", "blocked:wswaf", challenge("<html>Environment Checking</html>", 200), most=2),
    "bot-check": Trouble(
        "blocked", "blocked:bot_check", challenge("<script src=/_bot_sbu/sbu_fpc.js></script>", 200), most=2
    ),
    "slider": Trouble(
        "blocked",
        "blocked:captcha",
        challenge("<html><title>验证</title><body>请拖动滑块完成验证</body></html>", 200),
        most=2,
    ),
    "stub-403": Trouble("blocked", "blocked:403", challenge("<html>Forbidden</html>", 403), most=2),
    "stub-468": Trouble("blocked", "blocked:468", challenge("", 468), most=2),
    "waf-cookie": Trouble(
        "blocked", "blocked:waf_503", challenge("", 503, **{"Set-Cookie": "yunsuo_session=1"}), most=2
    ),
    "denied-gbk": Trouble(
        "blocked",
        "blocked:access_check",
        {"/": page("<html><body>您的访问被拦截</body></html>", encoding="gbk", content_type="text/html; charset=gbk")},
        most=2,
    ),
    "rate-limit": Trouble("blocked", "blocked:rate_limit", challenge("", 429), most=2),
    "come-later": Trouble("blocked", "blocked:overloaded", challenge("", 503, **{"Retry-After": "3600"}), most=2),
    # robots.txt
    "robots-disallow": Trouble(
        "robots_denied",
        "robots_disallow",
        {**healthy(), "/robots.txt": Response(RULES.encode(), 200, "text/plain")},
        most=1,
    ),
    "robots-401": Trouble(
        "robots_denied", "robots_http:401", {**healthy(), "/robots.txt": page("no", status=401)}, most=1
    ),
    "robots-500": Trouble("http_error", "http:500", {**healthy(), "/robots.txt": page("no", status=500)}, most=2),
    "robots-circle": Trouble("ok", "", {**healthy(), "/robots.txt": redirect("/robots.txt")}),
    "robots-html": Trouble("ok", "", {**healthy(), "/robots.txt": page(f"<html><pre>{RULES}</pre></html>")}),
    "robots-huge": Trouble(
        "ok", "", {**healthy(), "/robots.txt": Response(b"Allow: /x\n" * 60_000 + RULES.encode(), 200, "text/plain")}
    ),
    # TLS
    "tls-expired": Trouble("tls", "tls:expired", HOME, tls="expired"),
    "tls-self-signed": Trouble("tls", "tls:self_signed", HOME, tls="self_signed"),
    "tls-untrusted": Trouble("tls", "tls:untrusted", HOME, tls="untrusted"),
    "tls-wrong-host": Trouble("tls", "tls:wrong_host", HOME, tls="wrong_host"),
    "tls-old": Trouble("tls", "tls:protocol", HOME, tls="old"),
    "tls-plain": Trouble("tls", "tls:not_tls", HOME, tls="plain"),
    # pages that say that they are fine
    "soft-404": Trouble("not_found", "soft_404", {"/": "<html><title>页面不存在</title><body>抱歉</body></html>"}),
    "home-for-all": Trouble(
        "not_found",
        "soft_404:home",
        {**NO_TABLES},
        anything=lambda r: page(HOME_FOR_ALL) if r.path != "/robots.txt" else None,
    ),
    "home-by-redirect": Trouble(
        "not_found",
        "soft_404:home",
        {**NO_TABLES},
        anything=lambda r: redirect("/", 302) if r.path != "/robots.txt" else None,
    ),
    "works": Trouble("http_error", "closed_for_works", {"/": "<html><title>系统升级中</title></html>"}),
    "empty-home": Trouble("http_error", "empty_answer", {"/": page("")}),
    "empty-report": Trouble("http_error", "empty_answer", {**NO_TABLES, "/zfxxgknb/t2024.html": page("  ")}),
    "picture": Trouble(
        "http_error", "not_html:image/png", {"/": Response(b"\x89PNG\r\n\x1a\n" + bytes(64), 200, "image/png")}
    ),
    # encodings
    "charset-wrong": Trouble("ok", "", {**NO_TABLES, "/zfxxgknb/t2024.html": page(report_page(), encoding="gbk")}),
    "charset-damaged": Trouble(
        "encoding_suspect", "encoding_suspect", {**NO_TABLES, "/zfxxgknb/t2024.html": Response(damaged())}
    ),
    # ways without an end
    "circle": Trouble("http_error", "redirect_loop", circles("/a/"), most=9),
    "circle-refresh": Trouble(
        "http_error",
        "redirect_loop",
        {
            "/": '<html><meta http-equiv="refresh" content="0;url=/b/"></html>',
            "/b/": '<html><meta http-equiv="refresh" content="0;url=/"></html>',
        },
        most=9,
    ),
    "goes-to-no-port": Trouble("http_error", "", {"/": redirect("http://127.0.9.1:99999/")}, most=2),
    "goes-to-no-host": Trouble("http_error", "", {"/": redirect("http://[::1/")}, most=2),
    "goes-nowhere": Trouble("http_error", "", {"/": redirect("")}, most=9),
    "goes-to-script": Trouble("http_error", "bad_url", {"/": redirect("javascript:alert(1)")}, most=2),
    "redirects-grow": Trouble("http_error", "redirect_loop", {"/": redirect("/x/")}, anything=growing, most=9),
    "scripts-grow": Trouble("http_error", "redirect_loop", {}, anything=script_chain, most=9),
    "sessions": Trouble("ok", "", {}, anything=with_sessions, most=6),
    "calendar": Trouble("column_not_found", "", {}, anything=calendar, most=42),
    "endless-list": Trouble("pagination_incomplete", "list_too_long", {}, anything=endless_list, most=110),
    "same-list": Trouble("ok", "", {**healthy(), "/zfxxgknb/": None}, anything=same_list, most=9),
    # sizes
    "large-declared": Trouble(
        "http_error", "too_large", behave=sends("HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 99999999999")
    ),
    "large-body": Trouble("http_error", "too_large", behave=endless_body),
    "large-head": Trouble("http_error", "head_too_large", behave=endless_head),
    "large-line": Trouble("http_error", "head_too_large", behave=endless_line),
    "attributes-without-end": Trouble(
        "http_error", "too_large", {"/": "<html><body " + "".join(f"a{n} " for n in range(60_000)) + ">"}, most=2
    ),
    "links-without-end": Trouble(
        "http_error", "links", {"/": "<html>" + '<a href="/x/">政务公开</a>' * 25_000}, most=2
    ),
    "bomb-gzip": Trouble("http_error", "compression_bomb", packed(gzip_bomb(), "gzip"), most=2),
    "bomb-deflate": Trouble("http_error", "compression_bomb", packed(deflated(HUGE), "deflate"), most=2),
    "bomb-br": Trouble("http_error", "compression_bomb", packed(brotli.compress(bytes(HUGE), quality=5), "br"), most=2),
    "bomb-nested": Trouble("http_error", "compression_bomb", packed(gzip.compress(gzip_bomb()), "gzip, gzip"), most=2),
    "gzip-broken": Trouble("http_error", "bad_compression", packed(b"\x1f\x8b\x08\x00garbage" * 9, "gzip")),
    # time
    "drip-body": Trouble("timeout", "timeout", behave=dripping_body),
    "drip-head": Trouble("timeout", "timeout", behave=dripping_head),
    "silent": Trouble("timeout", "timeout", behave=silent),
    "interim": Trouble("timeout", "timeout", behave=interim),
    # connections
    "reset": Trouble("http_error", "connection_reset", behave=lambda client, _: client.reset()),
    "reset-in-body": Trouble("http_error", "cut_short", behave=reset_in_body),
    "cut-without-length": Trouble("http_error", "cut_short", behave=cut_without_length),
    "half-closed": Trouble("http_error", "cut_short", behave=half_closed),
    "no-answer": Trouble("http_error", "no_answer", behave=lambda client, _: None),
    "no-http": Trouble("http_error", "bad_http", behave=sends("SSH-2.0-OpenSSH_9.2"), greets=True),
    "bad-status": Trouble("http_error", "bad_http", behave=sends("HTTP/1.1 two hundred\nContent-Length: 2", b"ok")),
    "length-too-long": Trouble(
        "http_error", "cut_short", behave=sends("HTTP/1.1 200 OK\nContent-Length: 99999", b"<html></html>")
    ),
    "length-twice": Trouble(
        "http_error", "bad_http", behave=sends("HTTP/1.1 200 OK\nContent-Length: 5\nContent-Length: 9", b"<html>")
    ),
    "chunks-broken": Trouble(
        "http_error", "cut_short", behave=sends("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"zz\r\nfoo\r\n")
    ),
}
