"""The function's environment: every rule, above all the source of the keys."""

from __future__ import annotations

import os
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handler.settings import Settings, SettingsError

POOL = "us-east-1_Test12345"
CLIENT = "1test23456789012345678901a"
GOOD = {"AWS_REGION": "us-east-1", "COGNITO_USER_POOL_ID": POOL, "COGNITO_CLIENT_IDS": CLIENT}
ISSUER = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL}"
OWN = f"{ISSUER}/.well-known/jwks.json"
ENDPOINTS = ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL")


def read(**changes: Any) -> Settings:
    changed = {**GOOD, **changes}
    return Settings.from_environment({name: value for name, value in changed.items() if value is not None})


def jwks_url(endpoint: str, variable: str = "AWS_ENDPOINT_URL") -> str:
    return read(**{variable: endpoint}).jwks_url


def test_three_variables_are_enough() -> None:
    """Everything else follows from them or has a safe default."""
    assert read() == Settings(ISSUER, OWN, frozenset({CLIENT}), frozenset({"access"}), "INFO", "")


def test_issuer_and_key_address_cannot_be_set() -> None:
    """An issuer that can be configured can be configured wrong."""
    others = {"COGNITO_ISSUER": "https://evil.example", "JWKS_URL": "https://evil.example", "ISSUER": "x"}
    assert read(**others) == read()


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-4", "us-gov-west-1", "il-central-1"])
def test_issuer_follows_from_region_and_pool(region: str) -> None:
    """Cognito's issuer, for every kind of region name."""
    own = read(AWS_REGION=region, COGNITO_USER_POOL_ID=f"{region}_Abc")
    assert own.issuer == f"https://cognito-idp.{region}.amazonaws.com/{region}_Abc"
    assert own.jwks_url == f"{own.issuer}/.well-known/jwks.json"


def test_issuer_in_china_has_its_own_suffix() -> None:
    """The China partition has other domain names."""
    own = read(AWS_REGION="cn-north-1", COGNITO_USER_POOL_ID="cn-north-1_Abc")
    assert own.issuer == "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_Abc"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *(("AWS_REGION", value) for value in (None, "", "us-east", "US-EAST-1", "us_east_1", "us-east-1.x")),
        *(("AWS_REGION", value) for value in ("us-east-1\n", " us-east-1", "evil.example/")),
        *(("COGNITO_USER_POOL_ID", value) for value in (None, "", "Test12345", "us-east-1_", "us-east-1-Test")),
        *(
            ("COGNITO_USER_POOL_ID", f"us-east-1_{end}")
            for end in ("Test/../x", "Test\n", "Te st", "Tést", "x_y", "x" * 46)
        ),
        *(("COGNITO_USER_POOL_ID", value) for value in ("eu-west-1_Test12345", "us-east-11_Test12345")),
        *(
            ("COGNITO_CLIENT_IDS", value)
            for value in (None, "", ",", ",,", "a b", "a, b", "a;b", f"{CLIENT}\n", "é", "x" * 129, "a,*", "a,b-c")
        ),
        *(
            ("COGNITO_TOKEN_USES", value)
            for value in ("", "refresh", "Access", "access,", "access, id", "access id", "access,refresh", ",", "*")
        ),
        *(("LOG_LEVEL", value) for value in ("", "info", "TRACE", "WARN", "INFO ", "20")),
        *(("LOG_SUBJECT_SALT", value) for value in ("x" * 31, "x" * 257, "x y" * 11, "é" * 32, "x" * 32 + "\n")),
    ],
)
def test_wrong_variable_is_named(variable: str, value: str | None) -> None:
    """The operator learns which variable to fix, at the first request and not by its symptoms."""
    with pytest.raises(SettingsError) as caught:
        read(**{variable: value})
    assert caught.value.variable == variable
    assert str(caught.value).startswith(f"{variable} must ")


@pytest.mark.parametrize("variable", [*GOOD, "COGNITO_TOKEN_USES", "LOG_LEVEL", "LOG_SUBJECT_SALT"])
def test_error_does_not_hold_the_value(variable: str) -> None:
    """A secret that was pasted into the wrong variable must not get into a log."""
    with pytest.raises(SettingsError) as caught:
        read(**{variable: "s3cr3t!"})
    assert "s3cr3t" not in repr(caught.value.__dict__) + str(caught.value)


def test_pool_is_in_the_functions_region() -> None:
    """A pool of another region has another issuer: no token would ever fit."""
    with pytest.raises(SettingsError, match="COGNITO_USER_POOL_ID must name a pool in AWS_REGION"):
        read(AWS_REGION="eu-west-1")


@pytest.mark.parametrize(
    ("value", "clients"), [(CLIENT, {CLIENT}), ("a,b,a", {"a", "b"}), ("a,,b,", {"a", "b"}), ("x" * 128, {"x" * 128})]
)
def test_client_ids_are_a_list(value: str, clients: set[str]) -> None:
    """One API serves several front ends."""
    assert read(COGNITO_CLIENT_IDS=value).client_ids == clients


@pytest.mark.parametrize(
    ("value", "uses"),
    [
        (None, {"access"}),
        ("access", {"access"}),
        ("id", {"id"}),
        ("access,id", {"access", "id"}),
        ("id,access", {"access", "id"}),
    ],
)
def test_token_uses_are_access_unless_said_otherwise(value: str | None, uses: set[str]) -> None:
    """ID tokens are for the client; accepting them takes a word."""
    assert read(COGNITO_TOKEN_USES=value).token_uses == uses


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
def test_log_level_is_one_of_four(level: str) -> None:
    """Lambda's own names."""
    assert read(LOG_LEVEL=level).log_level == level


def test_settings_cannot_be_changed_afterwards() -> None:
    """Checked settings must stay as they are."""
    with pytest.raises(AttributeError):
        read().issuer = "https://evil.example"


# Where the keys come from


@pytest.mark.parametrize("variable", ENDPOINTS)
@pytest.mark.parametrize(
    ("endpoint", "base"),
    [
        ("http://localhost:4566", "http://localhost:4566"),
        ("http://localhost", "http://localhost"),
        ("http://127.0.0.1:4566", "http://127.0.0.1:4566"),
        ("http://127.8.9.10:80", "http://127.8.9.10:80"),
        ("http://[::1]:4566", "http://[::1]:4566"),
        ("http://[0:0:0:0:0:0:0:1]:4566", "http://[0:0:0:0:0:0:0:1]:4566"),
        ("https://localhost:4566", "https://localhost:4566"),
        ("HTTP://LOCALHOST:4566", "http://localhost:4566"),
        ("http://localhost:4566/some/path?x=1#y", "http://localhost:4566"),
    ],
)
def test_loopback_endpoint_moves_the_key_fetch(variable: str, endpoint: str, base: str) -> None:
    """The emulator is reached by the AWS SDKs' own variables; the issuer stays what tokens say."""
    moved = read(**{variable: endpoint})
    assert moved.jwks_url == f"{base}/{POOL}/.well-known/jwks.json"
    assert moved.issuer == ISSUER


URLS = """
http://127.0.0.1.evil.com http://localhost.evil.com http://evil.com/localhost http://evil.com:4566 https://evil.com
http://[::ffff:10.0.0.1] http://[::ffff:169.254.169.254] http://[fe80::1] http://[::] http://[::2] http://[fd00:ec2::254]
http://0.0.0.0 http://0 http://2130706433 http://017700000001 http://0x7f000001 http://0x7f.0.0.1 http://127.1
http://127.0.1 http://127.0.0.01 http://127.0.0.256 http://128.0.0.1 http://10.0.0.1 http://192.168.0.1
http://169.254.169.254/latest/meta-data http://169.254.170.2 http://localhost. http://127.0.0.1. http://localtest.me
http://127.0.0.1.nip.io http://xn--localhost http://localhost%00.evil.com http://localhost%2eevil.com
http://127.0.0.1%2f@evil.com http://[v1.localhost] http://::1 http://[127.0.0.1]

http://localhost@evil.com http://localhost:80@evil.com http://localhost:pw@127.0.0.1 http://user@localhost
http://evil.com@localhost http://evil.com#@localhost http://evil.com?localhost

http://localhost:99999 http://localhost:-1 http://localhost:x http://localhost:80:80 http://[ http:// http:localhost
http:/localhost //localhost ///localhost localhost:4566 localhost 127.0.0.1 ftp://localhost file:///etc/passwd
file://localhost/etc/passwd data:application/json,{} gopher://127.0.0.1 unix:///var/run/x javascript:localhost
http+unix://localhost
"""
HOSTILE = [
    *URLS.split(),
    *("http://evil.com\\@localhost", "http://localhost\\@evil.com", "http://localhost .evil.com", "http:// localhost"),
    *(
        "http://loc\u0430lhost",
        "http://\uff11\uff12\uff17.0.0.1",
        "http://\u24db\u24deocalhost",
        "http://localho\u017ft",
    ),
    *("http\u0000://localhost", "", " ", "\x00"),
]


@pytest.mark.parametrize("variable", ENDPOINTS)
@pytest.mark.parametrize("endpoint", HOSTILE)
def test_other_endpoint_moves_nothing(endpoint: str, variable: str) -> None:
    """A caller who chooses the source of the keys can sign tokens, so only loopback is accepted."""
    assert jwks_url(endpoint, variable) == OWN


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://local\nhost",
        "http://localhost\n.evil.com",
        "http://local\thost:1\r@x",
        "http://[::1].evil.com",
        "http://[::1]x",
    ],
)
def test_what_url_parsers_drop_leads_nowhere_else(endpoint: str) -> None:
    """`urlsplit` drops line breaks, and text after a bracket: the host it judges must be the host that is asked."""
    assert urlsplit(jwks_url(endpoint)).hostname in {"localhost", "::1", urlsplit(ISSUER).hostname}


def test_services_own_variable_goes_first() -> None:
    """The AWS SDKs' order; and a refused one does not fall back to the other."""
    both = {ENDPOINTS[0]: "http://localhost:1", ENDPOINTS[1]: "http://localhost:2"}
    assert read(**both).jwks_url.startswith("http://localhost:1/")
    assert read(**{**both, ENDPOINTS[0]: "http://evil.com"}).jwks_url == OWN
    assert read(**{**both, ENDPOINTS[0]: ""}).jwks_url.startswith("http://localhost:2/")


def _leads_home(url: str) -> bool:
    """Whether keys would come from the pool over TLS, or from this machine."""
    if url == OWN:
        return True
    parts = urlsplit(url)
    host = parts.hostname or ""
    loopback = host == "localhost" or ip_address(host).is_loopback
    return loopback and parts.username is None and parts.path == f"/{POOL}/.well-known/jwks.json"


pieces = st.sampled_from(
    [
        *("http://", "https://", "//", "localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "evil.com"),  # noqa: S104 - nothing binds
        *("@", ":", "#", "?", "/", "\\", ".", "%", "%40", "%2f", ":80", "[", "]", "\t", "\n", " ", "\u3002", "\uff0e"),
    ]
)


@settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "300")),
    deadline=None,
    database=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
)
@given(st.text() | st.lists(pieces, max_size=10).map("".join))
def test_plain_http_never_leaves_this_machine(endpoint: str) -> None:
    """Keys over plain http from elsewhere would be anybody's keys."""
    assert _leads_home(jwks_url(endpoint))
