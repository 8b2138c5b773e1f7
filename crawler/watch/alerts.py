"""Tells people of a run: a JSON POST to a webhook, an e-mail. Off unless an address is set.

Both are tried twice, each time for ``ALERT_SECONDS`` at most. What fails is logged and raised to nobody: the run is
published.
"""

from __future__ import annotations

import http.client
import json
import logging
import re
import smtplib
import ssl
import threading
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from scrapy.settings import BaseSettings

from crawler.errors import InputError
from crawler.verdict import FAILURE, LABELS

logger = logging.getLogger(__name__)

NEWS, ALWAYS = "news", "always"
ENCRYPTIONS = ("starttls", "tls", "none")
TRIES = 2
LISTED = 20  # entries of a list in a message
_PLAIN = re.compile(r"[!-~]+").fullmatch  # an address as it is sent: without spaces, ASCII
_SERVER = re.compile(r"([\w.-]+|\[[0-9a-fA-F:.]+\])(?::(\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Channels:
    """Where alerts go, from the settings ALERT_*."""

    when: str = NEWS
    webhook: str = ""
    to: tuple[str, ...] = ()
    sender: str = ""
    smtp: str = "localhost:25"
    encryption: str = "starttls"
    user: str = ""
    password: str = ""
    seconds: float = 10.0

    @classmethod
    def of(cls, settings: BaseSettings) -> Channels:
        """Raises ``InputError`` for what can't be meant."""
        found = cls(
            when=settings["ALERT_WHEN"],
            webhook=settings["ALERT_WEBHOOK"] or "",
            to=tuple(part.strip() for part in (settings["ALERT_MAIL_TO"] or "").split(",") if part.strip()),
            sender=settings["ALERT_MAIL_FROM"] or "",
            smtp=settings["ALERT_SMTP"],
            encryption=settings["ALERT_SMTP_ENCRYPTION"],
            user=settings["ALERT_SMTP_USER"] or "",
            password=settings["ALERT_SMTP_PASSWORD"] or "",
            seconds=settings.getfloat("ALERT_SECONDS"),
        )
        for name, value, known in (
            ("ALERT_WHEN", found.when, (NEWS, ALWAYS)),
            ("ALERT_SMTP_ENCRYPTION", found.encryption, ENCRYPTIONS),
        ):
            if value not in known:
                raise InputError(f"{name} 只能是 {', '.join(known)}", f"{name} is one of {', '.join(known)}")
        if found.webhook and not _is_address(found.webhook):
            raise InputError("ALERT_WEBHOOK 应为 http(s) 地址", "ALERT_WEBHOOK is an http(s) address")
        if found.to and not _SERVER.fullmatch(found.smtp):
            raise InputError("ALERT_SMTP 应如 mail.example.org:25", "ALERT_SMTP is like mail.example.org:25")
        if not all(part.isprintable() for part in (*found.to, found.sender)):
            raise InputError("ALERT_MAIL_TO / _FROM 应为邮件地址", "ALERT_MAIL_TO, ALERT_MAIL_FROM: mail addresses")
        if found.to and not found.sender:
            raise InputError("ALERT_MAIL_TO 需要 ALERT_MAIL_FROM", "ALERT_MAIL_TO needs ALERT_MAIL_FROM")
        return found


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname and parts.port != 0 and _PLAIN(url))
    except ValueError:
        return False


def news(report: Mapping[str, Any]) -> dict[str, Any]:
    """What is new in a run and worth a message; empty if nothing is."""
    told: dict[str, Any] = {}
    if report["verdict"] == FAILURE:
        told["failure"] = list(report["reasons"])[:LISTED]
    for name, entries in (
        ("attention", [case for case in report["attention"] if case["fresh"]]),
        ("drops", report["drops"]),
        ("new_layouts", report["new_layouts"]),
    ):
        if entries:
            told[name] = entries[:LISTED]
            told[f"{name}_count"] = len(entries)
    return told


def message(report: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of the webhook: ``text`` for chat rooms, the rest for programs."""
    zh, en = LABELS[report["verdict"]]
    told = news(report)
    lines = [
        f"{report['run_id']}: {zh} / {en} ({report['verdict']})",
        f"门户 / portals {report['totals']['portals']}, 正常 / good {report['totals']['good']}, "
        f"报告 / reports {report['totals']['reports']}",
        *told.get("failure", ()),
    ]
    for name, label in (
        ("attention", "新增需处理 / new on the attention list"),
        ("drops", "比以往少 / fewer than before"),
        ("new_layouts", "换了系统 / new layouts"),
    ):
        if name in told:
            lines.append(f"{label}: {told[f'{name}_count']}")
            lines += [f"  {each['portal_id']} {each['name']} {each.get('outcome', '')}".rstrip() for each in told[name]]
    head = {name: report[name] for name in ("run_id", "kind", "verdict", "started", "finished", "outcomes", "totals")}
    return {"text": "\n".join(lines), **head, "news": told}


def send(report: Mapping[str, Any], page: str, channels: Channels) -> list[str]:
    """Sends what there is to say to every channel; gives the names of those that failed."""
    if channels.when == NEWS and not news(report):
        return []
    told, failed = message(report), []
    if channels.webhook and not _tried(lambda: _post(told, channels), "webhook", channels.seconds):
        failed.append("webhook")
    if channels.to and not _tried(lambda: _mail(told, page, channels), "e-mail", channels.seconds):
        failed.append("e-mail")
    return failed


def _tried(step: Callable[[], None], what: str, seconds: float) -> bool:
    for _ in range(TRIES):
        if not (why := _in_time(step, seconds)):
            return True
    logger.error("告警未送达 / alert not delivered: %s: %s", what, why)
    return False


def _in_time(step: Callable[[], None], seconds: float) -> str:
    """Why a step failed, empty if it didn't. It ends after ``seconds`` for us: a server that sends a byte now and then
    would hold it for ever, as would a name server.
    """
    told = [f"TimeoutError: {seconds:g} s"]

    def call() -> None:
        try:
            step()
            told[0] = ""
        except (OSError, ValueError, smtplib.SMTPException, http.client.HTTPException) as error:
            told[0] = f"{type(error).__name__}: {error}"

    thread = threading.Thread(target=call, name="alert", daemon=True)
    thread.start()
    thread.join(seconds)
    return told[0]


def _post(told: Mapping[str, Any], channels: Channels) -> None:
    body = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
    request = urllib.request.Request(channels.webhook, body, {"Content-Type": "application/json; charset=utf-8"})
    opener = urllib.request.build_opener(_NoRedirect)  # a POST that is sent elsewhere has not been delivered
    with opener.open(request, timeout=channels.seconds) as answer:
        answer.read(64 * 1024)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def _mail(told: Mapping[str, Any], page: str, channels: Channels) -> None:
    mail = EmailMessage()
    mail["Subject"] = f"[nianbao] {told['run_id']}: {' / '.join(LABELS[told['verdict']])}"
    mail["From"], mail["To"] = channels.sender, ", ".join(channels.to)
    mail.set_content(told["text"].encode("utf-8", "replace").decode() + "\n")
    text = page.encode("utf-8", "replace").decode()
    mail.add_attachment(text, subtype="html", filename=f"{told['run_id']}.html")
    server_name = _SERVER.fullmatch(channels.smtp)
    assert server_name is not None
    host, number = server_name[1].strip("[]"), int(server_name[2] or 25)
    if channels.encryption == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, number, timeout=channels.seconds, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(host, number, timeout=channels.seconds)
    with server:
        if channels.encryption == "starttls":
            server.starttls(context=ssl.create_default_context())
        if channels.user:
            server.login(channels.user, channels.password)
        server.send_message(mail)
