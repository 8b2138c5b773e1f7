"""The plain download handler: Scrapy's, with certificates whose faults are told and a limit for an answer's head.

Twisted limits a line of a head and not the head: a server that sends header lines for ever would fill the memory
until its time is up. Here a head of more than ``HEAD_BYTES``, interim answers included, ends the connection.
"""

from __future__ import annotations

from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS

from crawler.certificates import TellingPolicy
from crawler.outcomes import HeadTooLarge, Refused, Signal
from crawler.urls import host_of

HEAD_BYTES = 256 * 1024
LINE_BYTES = 16 * 1024  # Twisted's own limit: it hangs up without saying why


class PlainDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's handler of http and https."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.certificates = TellingPolicy(self._contextFactory)
        self._contextFactory = self.certificates  # type: ignore[assignment]
        self._pool._factory = _Factory

    async def download_request(self, request: Request) -> Response:
        try:
            return await super().download_request(request)
        except Exception as error:
            if fault := self.certificates.fault_of(host_of(request.url)):
                raise Refused(Signal(fault, request.url)) from error  # no second try will change it
            raise


class _Protocol(_LenientHTTP11ClientProtocol):
    head = 0  # bytes since the request, before the body

    def request(self, request: Any) -> Any:
        self.head = 0
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        if self._parser is not None and self._parser.state in (STATUS, HEADER):
            self.head += len(data)
            if self.head > HEAD_BYTES:
                self._giveUp(Failure(HeadTooLarge()))  # type: ignore[no-untyped-call]
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        if self._parser is not None and self._parser.state not in (STATUS, HEADER):
            self.head = 0

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802 - Twisted's name
        told = Failure(HeadTooLarge()) if self.head > LINE_BYTES else reason  # type: ignore[no-untyped-call]
        super().connectionLost(told)  # type: ignore[no-untyped-call]


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> _Protocol:  # noqa: N802 - Twisted's name
        return _Protocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
