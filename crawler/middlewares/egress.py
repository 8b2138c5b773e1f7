"""The crawler follows public addresses only, whatever a page, a redirect or a DNS answer says.

``PublicAddressResolver`` is the reactor's resolver: the address that it checks is the address that is connected
to, so a name that answers differently the second time gains nothing. ``EgressMiddleware`` sees each request just
before the network, redirects included, and gives refusals a name. ``EGRESS_ALLOW`` is a list of CIDR ranges that
may be visited all the same, for tests and the demo.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError
from scrapy.resolver import CachingThreadedResolver
from scrapy.settings import BaseSettings
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

from crawler.errors import InputError
from crawler.outcomes import RefusedAddress
from crawler.urls import host_of

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_CARRIERS = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))  # NAT64, and of old

_LOCAL = ("localhost", "local", "localdomain", "internal", "lan", "home", "arpa", "test", "invalid", "onion")


def allowed_networks(settings: BaseSettings) -> tuple[Network, ...]:
    """``EGRESS_ALLOW`` as networks; raises ``InputError``."""
    networks: list[Network] = []
    for text in settings.getlist("EGRESS_ALLOW"):
        try:
            networks.append(ipaddress.ip_network(text.strip()))
        except ValueError:
            raise InputError(
                f"EGRESS_ALLOW:“{text}”不是 CIDR 网段", f"EGRESS_ALLOW: {text!r} is not a CIDR range"
            ) from None
    return tuple(networks)


@lru_cache(maxsize=8192)
def may_visit(address: str, allowed: tuple[Network, ...] = ()) -> bool:
    """
    >>> may_visit("202.110.193.2"), may_visit("10.1.2.3"), may_visit("169.254.169.254"), may_visit("::ffff:127.0.0.1")
    (True, False, False, False)
    >>> may_visit("127.0.0.5", (ipaddress.ip_network("127.0.0.0/8"),))
    True
    """
    ip = ipaddress.ip_address(address)
    inner = _within(ip) if isinstance(ip, ipaddress.IPv6Address) else None
    ip = inner or ip
    if any(ip in network for network in allowed):
        return True
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def is_public_host(host: str, allowed: tuple[Network, ...] = ()) -> bool:
    """Whether a host, as it is written, may be on the public network. What its name resolves to is checked when it is
    connected to; here are found literal addresses in any spelling, and names that only a local network has.

    >>> [is_public_host(host) for host in ("www.yiyuan.gov.cn", "1.25.240.11", "10.0.0.1", "127.1", "0x7f.1", "::1")]
    [True, True, False, False, False, False]
    >>> is_public_host("localhost"), is_public_host("intranet"), is_public_host("a.local")
    (False, False, False)
    >>> is_public_host("localhost", (ipaddress.ip_network("127.0.0.0/8"),))
    True
    """
    host = host.rstrip(".").lower()
    try:
        return may_visit(host, allowed)
    except ValueError:
        last = host.rpartition(".")[2]
    if re.fullmatch(r"\d+|0x[\da-f]*", last):
        return False  # a resolver takes it for an address
    is_local = last == host or last in _LOCAL
    return not is_local or bool(allowed)


def _within(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to: mapped, compatible, 6to4, Teredo, NAT64.

    >>> [may_visit(text) for text in ("64:ff9b::7f00:1", "2002:0a00:0001::1", "::127.0.0.1", "64:ff9b::ca6e:c102")]
    [False, False, False, True]
    """
    low = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if any(ip in network for network in _CARRIERS) and int(low) > 1:
        return low
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


class PublicAddressResolver(CachingThreadedResolver):
    """Scrapy's caching resolver, refusing what may not be visited; cached and literal addresses are checked too."""

    def __init__(self, reactor: ReactorBase, cache_size: int, timeout: float) -> None:
        super().__init__(reactor, cache_size, timeout)
        self.allowed: tuple[Network, ...] = ()
        self.refused: dict[str, str] = {}  # host -> address

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: ReactorBase) -> Self:  # a Crawler or a CrawlerProcess
        resolver = super().from_crawler(crawler, reactor)
        resolver.allowed = allowed_networks(crawler.settings)
        return resolver

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802 - Twisted's name
        found: Deferred[str] = super().getHostByName(name, timeout)
        return found.addCallback(self._checked, name)

    def _checked(self, address: str, name: str) -> str:
        if not may_visit(address, self.allowed):
            self.refused[name] = address
            raise DNSLookupError(f"{name} is at {address}: refused")
        return address


class EgressMiddleware:
    """Refuses literal addresses before a connection is tried, and tells a refused name from one that is unknown."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.allowed = allowed_networks(crawler.settings)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not crawler.settings.getbool("TWISTED_REACTOR_ENABLED"):
            raise RuntimeError("the egress check lives in the reactor's resolver: TWISTED_REACTOR_ENABLED is needed")
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        host = host_of(request.url)
        self._resolver()
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return
        if not may_visit(host, self.allowed):
            raise self._refusal(host, host, request.url)

    def process_exception(self, request: Request, exception: Exception) -> None:
        host = host_of(request.url)
        if isinstance(exception, CannotResolveHostError) and host in self._resolver().refused:
            raise self._refusal(host, self._resolver().refused[host], request.url)

    def _refusal(self, host: str, address: str, url: str) -> RefusedAddress:
        self.crawler.stats.inc_value("egress/refused")
        return RefusedAddress(host, address, url)

    def _resolver(self) -> PublicAddressResolver:
        """The reactor's resolver; a caller that runs its own reactor gets the checking one put in here."""
        from twisted.internet import reactor

        resolver = getattr(reactor, "resolver", None)
        if not isinstance(resolver, PublicAddressResolver):
            resolver = PublicAddressResolver.from_crawler(self.crawler, reactor)
            resolver.install_on_reactor()
        return resolver
