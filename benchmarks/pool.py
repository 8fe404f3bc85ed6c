"""A made-up user pool: a signing key, the endpoint that publishes it, tokens, and the events that carry them."""

from __future__ import annotations

import json
import ssl
import tempfile
import threading
import time
import uuid
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

REGION = "eu-central-1"
POOL_ID = f"{REGION}_Benchmark"
CLIENT_ID = "1example23456789abcdefghij"
ISSUER = f"https://cognito-idp.{REGION}.amazonaws.com/{POOL_ID}"
_KEY_ID = "K9n2vXr4TbY0mP7qLs5dWc8eUj1hGzAf3oViBx6NtQk="  # as long as Cognito's


class Pool:
    """A user pool whose key set is served on loopback inside its `with` block, `delay` seconds after each request."""

    def __init__(self, *, tls: bool = False) -> None:
        self.delay = 0.0
        self._key = rsa.generate_private_key(65537, 2048)
        numbers = self._key.public_key().public_numbers()
        self.modulus, self.exponent = numbers.n, numbers.e
        # Cognito publishes two: one signs access tokens, the other ID tokens.
        other = rsa.generate_private_key(65537, 2048).public_key()
        self._document = json.dumps({"keys": [jwk(other, "other"), jwk(self._key.public_key(), _KEY_ID)]}).encode()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._answering())
        self._certificate = tempfile.NamedTemporaryFile(prefix="bench-", suffix=".pem") if tls else None  # noqa: SIM115 - for as long as the pool lives
        if self._certificate:
            self._certificate.write(_certificate())
            self._certificate.flush()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate.name)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True, name="key-set").start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """The function's environment variables. The last one, as the emulator sets it, redirects the key fetch here."""
        return {
            "AWS_LAMBDA_FUNCTION_NAME": "api",
            "AWS_REGION": REGION,
            "COGNITO_USER_POOL_ID": POOL_ID,
            "COGNITO_CLIENT_IDS": CLIENT_ID,
            "AWS_ENDPOINT_URL": f"{'https' if self._certificate else 'http'}://127.0.0.1:{self._server.server_port}",
            **({"SSL_CERT_FILE": self._certificate.name} if self._certificate else {}),
        }

    def _answering(self) -> type[BaseHTTPRequestHandler]:
        pool = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                time.sleep(pool.delay)
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(pool._document)))
                self.end_headers()
                self.wfile.write(pool._document)

            def log_message(self, *_: object) -> None:
                pass

        return Answer

    def token(self, *, kid: str = _KEY_ID, **claims: Any) -> str:
        """Return a signed access token as Cognito issues it after a sign-in."""
        header = {"kid": kid, "alg": "RS256"}
        text = f"{_segment(header)}.{_segment(access_claims() | claims)}"
        return f"{text}.{encoded(self._key.sign(text.encode(), padding.PKCS1v15(), SHA256()))}"

    def signed(self, count: int) -> list[tuple[str, str]]:
        """Return hexadecimal signatures with their texts, which are as long as a token's first two segments."""
        texts = [self.token().rpartition(".")[0] for _ in range(count)]
        return [(self._key.sign(text.encode(), padding.PKCS1v15(), SHA256()).hex(), text) for text in texts]


def jwk(key: rsa.RSAPublicKey, key_id: str) -> dict[str, str]:
    """Return a public key as Cognito publishes it."""
    modulus = _integer(key.public_numbers().n)
    return {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": key_id, "e": "AQAB", "n": modulus}


def access_claims() -> dict[str, Any]:
    now = int(time.time())
    user = str(uuid.uuid4())
    return {
        "sub": user,
        "cognito:groups": ["admin", "support"],
        "iss": ISSUER,
        "version": 2,
        "client_id": CLIENT_ID,
        "origin_jti": str(uuid.uuid4()),
        "event_id": str(uuid.uuid4()),
        "token_use": "access",
        "scope": "openid profile email api/reports.read",
        "auth_time": now - 60,
        "exp": now + 3_600,
        "iat": now - 60,
        "jti": str(uuid.uuid4()),
        "username": user,
    }


def event(token: str, key: str = "GET /hello", request: str = "") -> dict[str, Any]:
    """Return the event of a GET request (payload format 2.0) after API Gateway's authorizer accepted it.

    `request` is the path and query on the wire, if the key has variables.
    """
    path, _, query = (request or key.partition(" ")[2]).partition("?")
    claims = {name: str(value) for name, value in access_claims().items()}
    domain = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"
    headers = {
        "accept": "application/json, text/plain, */*",
        "accept-encoding": "gzip, deflate, br",
        "accept-language": "en-GB,en;q=0.9",
        "authorization": f"Bearer {token}",
        "content-length": "0",
        "host": domain,
        "origin": "https://app.example.com",
        "referer": "https://app.example.com/",
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "x-amzn-trace-id": "Root=1-69222222-0123456789abcdef01234567",
        "x-forwarded-for": "203.0.113.7",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    names = zip(key.partition(" ")[2].split("/"), path.split("/"), strict=True)
    given: dict[str, dict[str, str]] = {
        "pathParameters": {name[1:-1]: value for name, value in names if name.startswith("{")},
        "queryStringParameters": dict(parse_qsl(query)),
    }
    return {
        **{name: values for name, values in given.items() if values},  # API Gateway leaves out what is empty
        "version": "2.0",
        "routeKey": key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "authorizer": {"jwt": {"claims": claims, "scopes": None}},
            "domainName": domain,
            "domainPrefix": "a1b2c3d4e5",
            "http": {
                "method": "GET",
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": headers["user-agent"],
            },
            "requestId": "UkQp2hY5FiAEMbA=",
            "routeKey": key,
            "stage": "$default",
            "time": "22/Nov/2025:20:44:00 +0000",
            "timeEpoch": 1763844240000,
        },
        "isBase64Encoded": False,
    }


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _segment(members: dict[str, Any]) -> str:
    return encoded(json.dumps(members, separators=(",", ":")).encode())


def _integer(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _certificate() -> bytes:
    """Return a key and a certificate for 127.0.0.1 that is its own authority, as one PEM document."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)
