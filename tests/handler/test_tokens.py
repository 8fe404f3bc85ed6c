"""The token check by itself, with time as an argument."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from handler import tokens
from handler.errors import (
    ClaimsInvalid,
    ClientMismatch,
    HeaderInvalid,
    IssuerMismatch,
    KeysUnavailable,
    KeyUnknown,
    SignatureInvalid,
    TokenExpired,
    TokenMalformed,
    TokenNotYetValid,
    TokenTooLarge,
    TokenUseMismatch,
    Unauthorized,
)
from handler.route import Caller
from handler.tokens import TokenVerifier
from proof.attack.tokens import ABSENT, as_json, encoded, rs256
from tests.handler.signing import World

NOW = 1_800_000_000
TIMES = {"iat": NOW, "exp": NOW + 3_600, "auth_time": NOW, "origin_jti": "a-session"}
ISSUED: dict[str, Any] = {"issued_at": NOW, "expires_at": NOW + 3_600, "session": "a-session"}
SUB = "c0ffee00-1234-4abc-9def-001122334455"


class Keys:
    """Signing keys that record which key ids were requested."""

    def __init__(self, keys: dict[str, RSAPublicKey], error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self._keys = keys
        self._error = error

    def __call__(self, key_id: str) -> RSAPublicKey:
        self.asked.append(key_id)
        if self._error is not None:
            raise self._error
        if key_id not in self._keys:
            raise KeyUnknown
        return self._keys[key_id]


@pytest.fixture
def keys(world: World) -> Keys:
    assert world.id_key is not None
    return Keys({world.kid: world.public_key, world.id_kid: world.id_key.public_key()})


@pytest.fixture
def verifier(world: World, keys: Keys) -> TokenVerifier:
    return TokenVerifier(keys, world.issuer, frozenset({world.client_id}), frozenset({"access", "id"}))


def token(world: World, **changes: Any) -> str:
    return world.access(**{**TIMES, **changes})


# Who the token speaks for


def test_access_token_gives_its_caller(world: World, verifier: TokenVerifier) -> None:
    """Everything the routes know of a caller, and nothing else."""
    claims = {"scope": "openid api/reports.read", "cognito:groups": ["admin", "audit"]}
    assert verifier.verify(token(world, **claims), NOW) == Caller(
        sub=SUB,
        username="alice",
        client_id=world.client_id,
        scopes=frozenset({"openid", "api/reports.read"}),
        groups=frozenset({"admin", "audit"}),
        **ISSUED,
    )


def test_bare_access_token_gives_a_bare_caller(world: World, verifier: TokenVerifier) -> None:
    """No scope is no scope: not an empty one, which could be equal to another empty one."""
    claims = {"scope": ABSENT, "username": ABSENT}
    assert verifier.verify(token(world, **claims), NOW) == Caller(
        sub=SUB, username=None, client_id=world.client_id, scopes=frozenset(), groups=frozenset(), **ISSUED
    )
    for scope in ("", " ", "   "):
        assert verifier.verify(token(world, scope=scope), NOW).scopes == frozenset()
    assert verifier.verify(token(world, scope=" a  b "), NOW).scopes == {"a", "b"}


def test_id_token_gives_its_caller(world: World, verifier: TokenVerifier) -> None:
    """Its client is the audience, its user name has another claim, and a scope in it counts for nothing."""
    claims = {**TIMES, "cognito:groups": ["admin"], "scope": "api/reports.read"}
    assert verifier.verify(world.identity(**claims), NOW) == Caller(
        sub=SUB, username="alice", client_id=world.client_id, scopes=frozenset(), groups=frozenset({"admin"}), **ISSUED
    )


@pytest.mark.parametrize("value", [None, "", 5, ["a"], "a\nb", "x" * 129])
def test_session_is_one_that_can_be_revoked(value: Any, world: World, verifier: TokenVerifier) -> None:
    """Its id becomes a key of the table of revocations; a machine's token has none."""
    assert verifier.verify(token(world, origin_jti=ABSENT), NOW).session is None
    with pytest.raises(ClaimsInvalid):
        verifier.verify(token(world, origin_jti=value), NOW)


@pytest.mark.parametrize("value", [ABSENT, None, "", 5, ["alice"], "a\nb"])
def test_id_token_needs_a_user(value: Any, world: World, verifier: TokenVerifier) -> None:
    """Machines have no ID tokens: one without a user was not written by the pool."""
    with pytest.raises(ClaimsInvalid):
        verifier.verify(world.identity(**TIMES, **{"cognito:username": value}), NOW)


def test_aud_of_an_access_token_must_be_a_client_too(world: World, verifier: TokenVerifier) -> None:
    """With an aud the gateway does not look at client_id, so both must be ours."""
    verifier.verify(token(world, aud=world.client_id), NOW)
    with pytest.raises(ClientMismatch):
        verifier.verify(token(world, aud="https://other-api.example"), NOW)
    with pytest.raises(ClientMismatch):
        verifier.verify(token(world, aud=world.client_id, client_id="2other23456789012345678901"), NOW)


def test_token_may_be_bound_to_a_resource_of_ours(world: World, keys: Keys) -> None:
    """Clients of MCP servers bind tokens (RFC 8707); the app client and the token's kind are checked all the same."""
    mine = "https://api.example"
    bound = TokenVerifier(
        keys, world.issuer, frozenset({world.client_id}), frozenset({"access", "id"}), frozenset({mine})
    )
    bound.verify(token(world, aud=mine), NOW)
    bound.verify(token(world), NOW)
    for aud in (f"{mine}/", mine.upper(), "https://other-api.example", [mine], None):
        with pytest.raises(ClientMismatch):
            bound.verify(token(world, aud=aud), NOW)
    with pytest.raises(ClientMismatch):
        bound.verify(token(world, aud=mine, client_id="2other23456789012345678901"), NOW)
    with pytest.raises(ClientMismatch):  # an ID token is bound to an app client only
        bound.verify(world.identity(**TIMES, aud=mine), NOW)


@pytest.mark.parametrize(("uses", "kind"), [({"access"}, "id"), ({"id"}, "access"), (set(), "access"), (set(), "id")])
def test_other_use_is_refused(uses: set[str], kind: str, world: World, keys: Keys) -> None:
    """An ID token tells a client who signed in; it was never meant to open an API."""
    strict = TokenVerifier(keys, world.issuer, frozenset({world.client_id}), frozenset(uses))
    with pytest.raises(TokenUseMismatch):
        strict.verify(token(world) if kind == "access" else world.identity(**TIMES), NOW)


# Time


@pytest.mark.parametrize("now", [NOW + 3_600, NOW + 3_600.0, NOW + 3_600.001, NOW + 10_000, 2**53])
def test_token_ends_with_the_second_it_names(now: float, world: World, verifier: TokenVerifier) -> None:
    """`exp` is the first moment at which the token is no longer good (RFC 7519 4.1.4); there is no leeway."""
    with pytest.raises(TokenExpired):
        verifier.verify(token(world), now)


@pytest.mark.parametrize("now", [NOW, NOW + 0.5, NOW + 3_599, NOW + 3_599.999])
def test_token_is_good_until_then(now: float, world: World, verifier: TokenVerifier) -> None:
    """A second too strict signs people out early."""
    verifier.verify(token(world), now)


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_token_from_the_future_is_refused(claim: str, world: World, verifier: TokenVerifier) -> None:
    """But a fresh token is good where this machine's clock is a moment behind; the gateway has checked it before."""
    verifier.verify(token(world, **{claim: NOW + tokens.LEEWAY}), NOW)
    with pytest.raises(TokenNotYetValid):
        verifier.verify(token(world, **{claim: NOW + tokens.LEEWAY + 1}), NOW + 0.999)
    assert 0 < tokens.LEEWAY <= 3


def test_lifetime_is_a_day_at_most(world: World, verifier: TokenVerifier) -> None:
    """Cognito issues for a day at most: a longer token comes from a stolen key or a bug."""
    verifier.verify(token(world, exp=NOW + 86_400), NOW)
    with pytest.raises(ClaimsInvalid):
        verifier.verify(token(world, exp=NOW + 86_401), NOW)


# Order of the checks


@pytest.mark.parametrize(
    "hostile",
    [
        lambda world: world.forged(payload=b"{" * 1_000),
        lambda world: world.forged(payload=b"\xff"),
        lambda world: world.forged(payload=world.claims(exp=1)),
        lambda world: world.forged(payload=world.claims(iss="x", client_id="y", token_use="z")),
    ],
)
def test_payload_is_not_read_before_the_signature(
    hostile: Callable[[World], str], world: World, verifier: TokenVerifier
) -> None:
    """An attacker without a key must not reach the parser, nor learn the expected claims."""
    with pytest.raises(SignatureInvalid):
        verifier.verify(hostile(world), NOW)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b", "a.b.c.d", "x" * 20_000, "é.é.é", "e30.e30.e30", f"{'A' * 600}.e30.AAAA"]
)
def test_key_is_not_asked_for_before_the_header_is_right(text: str, verifier: TokenVerifier, keys: Keys) -> None:
    """A key look-up can cost a fetch: noise must not cause one."""
    with pytest.raises(Unauthorized):
        verifier.verify(text, NOW)
    assert keys.asked == []


def test_key_is_asked_for_once_by_its_id(world: World, verifier: TokenVerifier, keys: Keys) -> None:
    """One look-up a token, by the id it names and no other."""
    verifier.verify(token(world), NOW)
    verifier.verify(world.identity(**TIMES), NOW)
    assert keys.asked == [world.kid, world.id_kid]


@pytest.mark.parametrize("error", [KeyUnknown(), KeysUnavailable("timeout")])
def test_key_source_has_the_last_word(error: Exception, world: World) -> None:
    """401 and 503 are told apart where the keys are; the verifier must not blur them."""
    verifier = TokenVerifier(Keys({}, error), world.issuer, frozenset({world.client_id}), frozenset({"access"}))
    with pytest.raises(type(error)):
        verifier.verify(token(world), NOW)


def test_first_mismatch_is_the_one_that_is_reported(world: World, verifier: TokenVerifier) -> None:
    """Alarms count reasons: a token of another pool must count as that, not as an expired one."""
    wrong = {"iss": "https://elsewhere.example", "exp": 1, "token_use": "x", "client_id": "y"}
    for claim, error in (
        ("iss", IssuerMismatch),
        ("exp", TokenExpired),
        ("token_use", TokenUseMismatch),
        ("client_id", ClientMismatch),
    ):
        with pytest.raises(error):
            verifier.verify(token(world, **wrong), NOW)
        del wrong[claim]
    verifier.verify(token(world), NOW)


# One spelling


def _twice(name: str, first: Any, text: bytes) -> bytes:
    """`text` with another member of that name before it."""
    return b"{" + as_json({name: first})[1:-1] + b"," + text[1:]


@pytest.mark.parametrize(
    ("name", "value"), [("exp", NOW + 9), ("sub", "root"), ("iss", "x"), ("username", "root"), ("x", 1)]
)
def test_duplicate_claim_is_refused(name: str, value: Any, world: World, verifier: TokenVerifier) -> None:
    """Two parsers can read two different tokens; the one here must not be the second opinion."""
    claims = as_json(world.claims(**TIMES, x=2))
    verifier.verify(world.signed(payload=claims), NOW)
    with pytest.raises(TokenMalformed):
        verifier.verify(world.signed(payload=_twice(name, value, claims)), NOW)


@pytest.mark.parametrize("around", ["\u00a0", "\u2003", "\x0c", "\x0b", "X"])
def test_only_jsons_white_space_may_stand_around(around: str, world: World, verifier: TokenVerifier) -> None:
    """A lenient reader and a strict one would read two different tokens."""
    claims = as_json(world.claims(**TIMES))
    verifier.verify(world.signed(payload=b" \t\r\n" + claims + b"\n"), NOW)
    for payload in (around.encode() + claims, claims + around.encode()):
        with pytest.raises(TokenMalformed):
            verifier.verify(world.signed(payload=payload), NOW)


def test_duplicate_member_deep_inside_is_refused(world: World, verifier: TokenVerifier) -> None:
    """Strictness that ends at the first level is no strictness."""
    claims = as_json(world.claims(**TIMES, address={"a": {"b": 1}}))
    verifier.verify(world.signed(payload=claims), NOW)
    with pytest.raises(TokenMalformed):
        verifier.verify(world.signed(payload=claims.replace(b'{"b":1}', b'{"b":1,"b":1}')), NOW)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("part", ["header", "payload"])
def test_json_is_utf8(encoding: str, part: str, world: World, verifier: TokenVerifier) -> None:
    """`json.loads` guesses the encoding of bytes; RFC 7515 leaves nothing to guess."""
    header, payload = as_json(world.header()), as_json(world.claims(**TIMES))
    if part == "header":
        header = header.decode().encode(encoding)
    else:
        payload = payload.decode().encode(encoding)
    with pytest.raises((TokenMalformed, HeaderInvalid)):
        verifier.verify(world.signed(header, payload), NOW)


@pytest.mark.parametrize("part", [0, 1])
def test_spare_bits_are_zero_in_what_is_signed(part: int, world: World, verifier: TokenVerifier) -> None:
    """A token has one spelling, or a deny list can be walked around. Signed as it stands, so only the check helps."""
    for filling in range(3):
        text = world.unsigned(
            as_json(world.header()) + b" " * filling, as_json(world.claims(**TIMES)) + b" " * filling
        ).split(".")
        verifier.verify(rs256(world.trusted, ".".join(text)), NOW)
        if len(text[part]) % 4 == 0:
            continue
        text[part] = text[part][:-1] + chr(ord(text[part][-1]) + 1)
        with pytest.raises(TokenMalformed):
            verifier.verify(rs256(world.trusted, ".".join(text)), NOW)


@pytest.mark.parametrize("text", [" {}", "{} ", '\t{"a":1}\r\n'])
def test_space_around_json_is_json(text: str) -> None:
    """RFC 8259 allows it: refusing it would be a rule of our own."""
    assert tokens._parsed(encoded(text.encode())) == json.loads(text)


@pytest.mark.parametrize("text", ["", "null", "[]", '"x"', "1", "{", "{}x", "{}{}", "{'a':1}", '{"a":01}', '{"a":1,}'])
def test_only_an_object_is_parsed(text: str) -> None:
    """What is not one whole JSON object has no members to read."""
    with pytest.raises(TokenMalformed):
        tokens._parsed(encoded(text.encode()))


# Limits


def test_token_has_a_longest_length(world: World, verifier: TokenVerifier) -> None:
    """The gateway accepts 10,240 bytes of headers in all, so a longer token bypassed it."""

    payload = as_json(world.claims(**TIMES))
    for filling in range(3):  # some lengths are none that base64 has
        header = as_json(world.header()) + b" " * filling
        room = tokens.TOKEN_LIMIT - len(encoded(header)) - len("..") - 342  # characters for the payload
        if room % 4 != 1:
            break
    longest = world.signed(header, payload.ljust(room * 3 // 4))
    assert len(longest) == tokens.TOKEN_LIMIT
    verifier.verify(longest, NOW)
    with pytest.raises(TokenTooLarge):
        verifier.verify(world.signed(header, payload.ljust(room * 3 // 4 + 1)), NOW)


def test_header_has_a_longest_length(world: World, verifier: TokenVerifier) -> None:
    """Cognito's has 90 characters; a long one is there to cost time."""
    payload = world.claims(**TIMES)
    room = tokens.HEADER_LIMIT * 3 // 4 - len(as_json(world.header()))
    verifier.verify(world.signed(as_json(world.header()) + b" " * room, payload), NOW)
    with pytest.raises(HeaderInvalid):
        verifier.verify(world.signed(as_json(world.header()) + b" " * (room + 1), payload), NOW)


def test_key_id_has_a_longest_length(world: World, verifier: TokenVerifier, keys: Keys) -> None:
    """The key cache must not be asked about a novel."""
    with pytest.raises(KeyUnknown):
        verifier.verify(world.signed(world.header(kid="k" * 256)), NOW)
    keys.asked.clear()
    with pytest.raises(HeaderInvalid):
        verifier.verify(world.signed(world.header(kid="k" * 257)), NOW)
    assert keys.asked == []


@pytest.mark.parametrize("claim", ["sub", "username"])
def test_names_have_a_longest_length(claim: str, world: World, verifier: TokenVerifier) -> None:
    """Cognito's user names end at 128 characters; log lines and keys are sized by it."""
    verifier.verify(token(world, **{claim: "x"}), NOW)
    verifier.verify(token(world, **{claim: "x" * 128}), NOW)
    with pytest.raises(ClaimsInvalid):
        verifier.verify(token(world, **{claim: "x" * 129}), NOW)


@pytest.mark.parametrize("name", ["Zoë", "愛", "🦊", "a+b@c.example", "a b", "e\u0301", "\U000323b1", "a\u0378"])
def test_name_in_any_script_is_read(name: str, world: World, verifier: TokenVerifier) -> None:
    """Also one with characters that are newer than this Python's Unicode: its user would be refused for good."""
    assert verifier.verify(token(world, username=name), NOW).username == name


@pytest.mark.parametrize("mark", "\n\x00\x7f\x85\u00a0\u200b\u2028\u2029\u202e\ue000\ud800\U000e0001")
def test_name_that_hides_something_is_refused(mark: str, world: World, verifier: TokenVerifier) -> None:
    """Cognito's names are letters, marks, symbols, numbers and punctuation."""
    with pytest.raises((ClaimsInvalid, TokenMalformed)):
        verifier.verify(token(world, username=f"a{mark}b\u0378"), NOW)


def test_remembered_headers_are_few_and_good(world: World, verifier: TokenVerifier) -> None:
    """A memory that hostile headers can fill is a leak, and one that forgets the good ones is no use."""
    tokens._key_id.cache_clear()
    for number in range(100):
        with pytest.raises(HeaderInvalid):
            verifier.verify(world.forged(world.header(alg="none", kid=str(number))), NOW)
    assert tokens._key_id.cache_info().currsize == 0
    for number in range(100):
        with pytest.raises(KeyUnknown):
            verifier.verify(f"{world.unsigned(world.header(kid=str(number)))}.AAAA", NOW)
    assert tokens._key_id.cache_info().currsize <= 16


# Against PyJWT

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
# What Cognito could write, and one claim that it would not
good_claims = st.fixed_dictionaries(
    {},
    optional={
        "scope": st.text("ab/. ", max_size=20),
        "username": st.text("abc-@.", min_size=1, max_size=20),
        "sub": st.uuids().map(str),
        "cognito:groups": st.lists(st.text(max_size=8), max_size=3),
        "jti": st.uuids().map(str),
        "exp": st.integers(10, 6_000),
        "iat": st.integers(-80_000, 0),
        "nbf": st.integers(-80_000, 0),
        "auth_time": json_values,
        "custom": json_values,
    },
)
names = st.sampled_from(
    ["scope", "username", "sub", "jti", "exp", "iat", "nbf", "iss", "aud", "client_id", "token_use"]
)
odd_claims = st.just({}) | st.dictionaries(names, json_values | st.integers(-100, 100_000), max_size=1)
headers = st.just({}) | st.sampled_from([{"typ": "JWT"}, {"typ": "at+jwt"}, {"typ": 5}, {"x": 1}, {"crit": []}])


def test_pyjwt_accepts_whatever_is_accepted(world: World, keys: Keys) -> None:
    """The check is our own for speed and strictness; it must never be looser than the library's."""
    verifier = TokenVerifier(keys, world.issuer, frozenset({world.client_id}), frozenset({"access"}))
    verdicts: list[bool] = []

    @settings(
        max_examples=int(os.environ.get("FUZZ_EXAMPLES", "200")),
        deadline=None,
        database=None,
        derandomize="FUZZ_EXAMPLES" not in os.environ,
    )
    @given(good_claims, odd_claims, headers)
    def agrees(good: dict[str, Any], odd: dict[str, Any], header: dict[str, Any]) -> None:
        now = int(time.time())
        claims = {**good, **odd}
        moments = {
            name: now + value
            for name, value in claims.items()
            if name in {"exp", "iat", "nbf"} and type(value) is int and abs(value) < 100_000
        }
        text = world.signed(world.header(**header), world.claims(**{**claims, **moments}))
        try:
            caller = verifier.verify(text, now)
        except Unauthorized:
            verdicts.append(False)
            return
        verdicts.append(True)
        decoded = jwt.decode(
            text,
            world.public_key,
            algorithms=["RS256"],
            issuer=world.issuer,
            options={
                "require": ["exp", "iat", "iss", "sub", "token_use", "client_id"],
                "verify_aud": False,
                "enforce_minimum_key_length": True,
            },
        )
        assert (caller.sub, caller.client_id) == (decoded["sub"], decoded["client_id"])

    agrees()
    assert sum(verdicts) > len(verdicts) / 4
    assert not all(verdicts)
