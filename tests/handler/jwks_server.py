"""A key endpoint on loopback that misbehaves byte by byte, as a script says."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

RESET = object()  # a step: drop the connection with a TCP reset
FOREVER = 60.0  # a pause that only the server's end cuts short

Step = bytes | float | object
Script = Callable[[], Iterable[Step]]


class JwksServer:
    """Plays `script` to every connection: bytes are sent, a number is a pause in seconds, RESET drops the connection.

    A context manager: no connection and no thread outlives its block, whatever happens in it. `script` may be replaced
    meanwhile; `heads` are the requests it got, `connections` how many came, with or without one.
    """

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.connections = 0
        self.heads: list[bytes] = []
        self.arrived = threading.Event()  # a request has come in
        self._tls = tls
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, name="jwks-server")]

    @property
    def base(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.base}/pool/.well-known/jwks.json"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop; from now on the address refuses connections."""
        if self._stop.is_set():
            return
        self._stop.set()
        with socket.create_connection(("127.0.0.1", self.port)):  # wakes accept() on every system
            self._threads[0].join()
        self._listener.close()
        for thread in self._threads:
            thread.join(5)
        assert not any(thread.is_alive() for thread in self._threads)

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self._stop.is_set():
                sock.close()
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock,), name="jwks-server")
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain: socket.socket) -> None:
        plain.settimeout(5)
        with plain, suppress(OSError):  # the client may hang up at any point: that is what most tests are about
            sock = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            with sock:
                self.heads.append(_head(sock))
                self.arrived.set()
                self._play(sock)

    def _play(self, sock: socket.socket) -> None:
        for step in self.script():
            if self._stop.is_set():
                return
            if isinstance(step, bytes):
                sock.sendall(step)
            elif isinstance(step, float):
                self._stop.wait(step)
            else:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return


def _head(sock: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and not head.startswith(b"\x16"):  # 0x16: a TLS greeting, on a server without TLS
        piece = sock.recv(65_536)
        if not piece:
            break
        head += piece
    return head


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """A whole response; `length` is the Content-Length it states, where that is not the body's."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunked(*chunks: tuple[str, bytes]) -> bytes:
    """A chunked response with the given sizes, true or not."""
    body = b"".join(size.encode() + b"\r\n" + data + b"\r\n" for size, data in chunks)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body


def dripped(data: bytes, at: int = 0, pause: float = 0.02) -> Iterator[Step]:
    """`data` at once up to `at`, the rest byte by byte, faster than any timeout between two bytes."""
    yield data[:at]
    for byte in data[at:]:
        yield bytes([byte])
        yield pause


def endless(head: bytes, piece: bytes, times: int) -> Iterator[Step]:
    yield head
    for _ in range(times):
        yield piece


def plays(*steps: Step) -> Script:
    return lambda: steps


@contextmanager
def unanswered_port() -> Iterator[int]:
    """A port with a full queue, which neither accepts nor refuses connections, as in a network without a way out."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        with suppress(TimeoutError):
            for _ in range(100):
                stack.enter_context(socket.create_connection(listener.getsockname(), 0.05))
            raise AssertionError("this system queues without end")
        yield listener.getsockname()[1]


def unused_port() -> int:
    """A port that refuses connections."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


class Authority:
    """A certificate authority of the test's own, and servers' certificates by it. `path` is what to trust."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Test authority")
        builder = (
            _certificate(self._name, self._key, self._name, 1)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .add_extension(_SIGNS_CERTIFICATES, critical=True)
        )
        self.path = folder / "authority.pem"
        self.path.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def server(self, *, days: int = 1, host: str = "127.0.0.1", signed_by_itself: bool = False) -> ssl.SSLContext:
        """The TLS side of a server; its certificate ends in `days` (negative: it ended) and is for `host`."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Test server")
        issuer, signer = (name, key) if signed_by_itself else (self._name, self._key)
        try:
            alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            alternative = x509.DNSName(host)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        builder = (
            _certificate(name, key, issuer, days)
            .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
            .add_extension(identifier, critical=False)  # from Python 3.13 a chain without one does not verify
        )
        path = self._folder / "server.pem"
        path.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, issuer: x509.Name, days: int
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=10))
        .not_valid_after(now + dt.timedelta(days=days))
    )
