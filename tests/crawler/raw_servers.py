"""Servers that no library would write: each connection is handled by a function over the bare socket."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import struct
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Behave = Callable[["Client", bytes], None]
CHUNK = 65536


class Client:
    """The server's end of one connection; it stops sending when the server is stopped."""

    def __init__(self, connection: socket.socket, over: threading.Event) -> None:
        self.connection = connection
        self.over = over

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def drip(self, data: bytes, seconds: float) -> None:
        """A byte at a time, as long as anybody listens."""
        for n in range(len(data)):
            if self.over.wait(seconds):
                return
            self.send(data[n : n + 1])

    def reset(self) -> None:
        """RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def half_close(self) -> None:
        self.connection.shutdown(socket.SHUT_WR)
        self.over.wait(10)


class RawServer:
    """``behave(client, request)`` for each connection; ``greets`` before anything was asked. ``opened`` are counted."""

    def __init__(
        self, address: str, behave: Behave, *, tls: ssl.SSLContext | None = None, greets: bool = False
    ) -> None:
        self.behave, self.tls, self.greets = behave, tls, greets
        self.opened: list[float] = []
        self.over = threading.Event()
        self.listener = socket.create_server((address, 0))
        self.listener.settimeout(0.1)
        self.address, self.port = self.listener.getsockname()[:2]
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    @property
    def base_url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.address}:{self.port}"

    def _accept(self) -> None:
        while not self.over.is_set():
            with contextlib.suppress(OSError):
                connection, _ = self.listener.accept()
                self.opened.append(time.monotonic())
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self.threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            connection.settimeout(10)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            request = b"" if self.greets else connection.recv(CHUNK)
            self.behave(Client(connection, self.over), request)
        with contextlib.suppress(OSError):
            connection.close()

    def stop(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(12)
        self.listener.close()


@contextmanager
def raw_server(
    address: str, behave: Behave, *, tls: ssl.SSLContext | None = None, greets: bool = False
) -> Iterator[RawServer]:
    server = RawServer(address, behave, tls=tls, greets=greets)
    try:
        yield server
    finally:
        server.stop()


class Authority:
    """A certificate authority of the test's own: ``bundle`` is what a client that trusts it is given."""

    def __init__(self, directory: Path, name: str = "Test authority") -> None:
        self.directory = directory
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(self.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=900))
            .not_valid_after(now + datetime.timedelta(days=900))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        self.bundle = directory / "authority.pem"
        self.bundle.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def context(self, address: str, *, days: int = 30, self_signed: bool = False, old: bool = False) -> ssl.SSLContext:
        """A server's context with a certificate for an address, valid for some ``days`` from now (or until then)."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal")])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if self_signed else self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=400))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
            .sign(key if self_signed else self.key, hashes.SHA256())
        )
        file = self.directory / f"{address}{days}{self_signed}.pem"
        file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        if old:
            context.set_ciphers("DEFAULT@SECLEVEL=0")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # old on purpose
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = ssl.TLSVersion.TLSv1_1
        return context
