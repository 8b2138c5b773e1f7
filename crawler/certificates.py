"""What is wrong with a certificate, told: expired, signed by itself, of another host. Checks are always on.

OpenSSL tells its caller only that a check failed. ``TellingPolicy`` wraps Scrapy's policy for https (the system's
authorities) and checks each certificate itself: the chain as OpenSSL judges it, the name by ``service_identity``. It
keeps the reason of the last failure of a host for ``fault_of``. Nothing here lets a connection through that fails one
of the two.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from OpenSSL import SSL, crypto
from service_identity.hazmat import DNS_ID, IPAddress_ID, ServiceID, verify_service_identity
from service_identity.pyopenssl import extract_patterns
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

EXPIRED, SELF_SIGNED, UNTRUSTED, WRONG_HOST = "tls:expired", "tls:self_signed", "tls:untrusted", "tls:wrong_host"
# X509_V_ERR_* of OpenSSL
REASONS = {9: EXPIRED, 10: EXPIRED, 18: SELF_SIGNED, 19: SELF_SIGNED, 2: UNTRUSTED, 20: UNTRUSTED, 21: UNTRUSTED}
MOST_HOSTS = 1000

_Verify = Callable[[SSL.Connection, crypto.X509, int, int, int], bool]


@implementer(IPolicyForHTTPS)
class TellingPolicy:
    """A policy for https that remembers why a host's certificate was refused."""

    def __init__(self, policy: Any) -> None:
        self.policy = policy
        self.faults: dict[str, str] = {}  # host -> kind of signal

    def creatorForNetloc(self, hostname: bytes, port: int) -> _Creator:  # noqa: N802 - Twisted's name
        host = hostname.decode("ascii")
        if len(self.faults) > MOST_HOSTS:
            self.faults.clear()
        self.faults.pop(host, None)
        return _Creator(self.policy.creatorForNetloc(hostname, port), self._verify(host))

    def fault_of(self, host: str) -> str | None:
        """The kind of signal of the last refusal of a host's certificate, told once."""
        return self.faults.pop(host, None)

    def _verify(self, host: str) -> _Verify:
        wanted = _service(host)

        def verify(_: SSL.Connection, certificate: crypto.X509, error: int, depth: int, ok: int) -> bool:
            try:
                if not ok:
                    self.faults[host] = REASONS.get(error, "tls:certificate")
                elif depth == 0:
                    verify_service_identity(extract_patterns(certificate), [wanted], [])
            except Exception:  # no name, a broken one, or another host's; an error here must refuse, too
                self.faults[host] = WRONG_HOST
            return host not in self.faults

        return verify


@implementer(IOpenSSLClientConnectionCreator)
class _Creator:
    def __init__(self, creator: Any, verify: _Verify) -> None:
        self.creator = creator
        self.verify = verify

    def clientConnectionForTLS(self, protocol: Any) -> SSL.Connection:  # noqa: N802 - Twisted's name
        connection: SSL.Connection = self.creator.clientConnectionForTLS(protocol)
        connection.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, self.verify)
        return connection


def _service(host: str) -> ServiceID:
    try:
        return IPAddress_ID(str(ipaddress.ip_address(host)))
    except ValueError:
        return DNS_ID(host)
