"""Single changes to a good token, each signed by the pool's own key: which layer stops it.

Nobody outside has such a key, so these are not attacks but the question what each layer would do alone. The answers
are held by a test against the emulator, whose private keys lie on this machine.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import rsa

from proof.attack.spellings import spare_bit
from proof.attack.tokens import ABSENT, as_json, changed, encoded, raw, rs256

Spelling = Callable[[str], str]
Route = Literal["plain", "scoped", "grouped"]


@dataclass
class Draft:
    """A token about to be signed. `text` replaces a part's JSON, `spelling` its base64url; `after` the whole token."""

    header: dict[str, Any]
    claims: dict[str, Any]
    header_text: bytes | None = None
    payload_text: bytes | None = None
    header_spelling: list[Spelling] = field(default_factory=list)
    payload_spelling: list[Spelling] = field(default_factory=list)
    after: list[Spelling] = field(default_factory=list)

    def signed(self, key: rsa.RSAPrivateKey) -> str:
        header = _spelled(self.header_text or as_json(self.header), self.header_spelling)
        payload = _spelled(self.payload_text or as_json(self.claims), self.payload_spelling)
        token = rs256(key, f"{header}.{payload}")
        for spell in self.after:
            token = spell(token)
        return token


def _spelled(text: bytes, spellings: list[Spelling]) -> str:
    segment = encoded(text)
    for spell in spellings:
        segment = spell(segment)
    return segment


def draft(key_id: str, issuer: str, client_id: str, scope: str, group: str) -> Draft:
    """A token that may call everything, as Cognito writes one. `group` is a group's name."""
    now = int(time.time())
    claims = {
        "sub": str(uuid.uuid4()),
        "cognito:groups": [group],
        "iss": issuer,
        "client_id": client_id,
        "origin_jti": str(uuid.uuid4()),
        "token_use": "access",
        "scope": f"openid {scope}",
        "auth_time": now,
        "exp": now + 3600,
        "iat": now,
        "jti": str(uuid.uuid4()),
        "username": "ada",
    }
    return Draft(header={"kid": key_id, "alg": "RS256"}, claims=claims)


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One change, and who stops the token: the emulator's gateway, the function alone, or nobody as it is harmless.

    `reason` is the function's reason code, empty if it admits the token. `aws` is what AWS documents of its gateway.
    `errs` says that the emulator's gateway stops it by failing with a 500.
    """

    id: str
    title: str
    change: Callable[[Draft], None]
    by: Literal["gateway", "function", "nobody"]
    reason: str = ""
    aws: Literal["refuses", "passes", "does not say"] = "does not say"
    route: Route = "plain"
    errs: bool = False


def mutations() -> tuple[Mutation, ...]:
    return (*_headers(), *_claims(), *_rights(), *_payloads(), *_spellings())


def only_the_function() -> str:
    """For the documentation: what the function stops and the gateway does not, as a table."""
    rows = ["| case | token | route | reason in the log | AWS on its gateway |", "|---|---|---|---|---|"]
    words = {"plain": "any protected", "scoped": "with a scope", "grouped": "with a group"}
    rows += [
        f"| {each.id} | {each.title.replace('|', '&#124;')} | {words[each.route]} | `{each.reason}` | {each.aws} |"
        for each in mutations()
        if each.by == "function"
    ]
    return "\n".join(rows)


def _header(**changes: Any) -> Callable[[Draft], None]:
    def change(token: Draft) -> None:
        token.header = changed(token.header, changes)

    return change


def _claim(name: str, value: object | Callable[[Draft], object]) -> Callable[[Draft], None]:
    """Sets a claim, or with ABSENT leaves it out; a function makes the value of the token so far."""

    def change(token: Draft) -> None:
        token.claims = changed(token.claims, {name: value(token) if callable(value) else value})

    return change


def _now(more: int) -> Callable[[Draft], object]:
    return lambda _: int(time.time()) + more


def _but(name: str, make: Callable[[Any], object]) -> Callable[[Draft], object]:
    """A claim's value, changed; as it is where an earlier change has left something else there."""

    def value(token: Draft) -> object:
        found = token.claims.get(name, ABSENT)
        try:
            return make(found) if isinstance(found, str | list) else found
        except (TypeError, AttributeError, IndexError):
            return found

    return value


def _headers() -> Iterator[Mutation]:
    def one(id: str, title: str, change: Callable[[Draft], None], **more: Any) -> Mutation:  # noqa: A002 - the field
        return Mutation(
            **{"id": id, "title": title, "change": change, "by": "function", "reason": "header_invalid", **more}
        )

    for algorithm in ("none", "HS256", "ES256"):
        yield one("A05", f"alg {algorithm} over an RS256 signature", _header(alg=algorithm), aws="refuses")
    for algorithm in ("rs256", "RS512"):
        yield one("A05", f"alg {algorithm} over an RS256 signature", _header(alg=algorithm))
    yield one("A04", "no alg", _header(alg=ABSENT))
    yield one("A04", "alg is a list", _header(alg=["RS256"]))
    yield one("A07", "no key id", _header(kid=ABSENT), by="gateway")
    yield one("A08", "key id is a number", _header(kid=1), by="gateway")
    yield one("A09", "key id is empty", _header(kid=""), by="gateway")
    yield one(
        "A10",
        "a key id that the pool does not have",
        _header(kid="q" * 43 + "="),
        by="gateway",
        reason="key_unknown",
        aws="refuses",
    )
    yield one("A13", "crit names an unknown extension", _header(crit=["x-unknown"]))
    yield one("A14", "crit is empty", _header(crit=[]))
    yield one("A15", "crit names b64", _header(crit=["b64"], b64=False))
    for kind in ("at+jwt", "JWT"):
        yield one("A17", f"typ {kind}", _header(typ=kind), by="nobody", reason="")
    yield one("A18", "typ logout+jwt: a token of another kind", _header(typ="logout+jwt"))
    yield one("A18", "typ is a list", _header(typ=["JWT"]))
    yield one("A19", "cty JWT", _header(cty="JWT"))
    yield one("C04", "jwk of somebody else", _header(jwk={"kty": "RSA"}))
    yield one("C05", "jku of somebody else", _header(jku="https://attacker.example/jwks.json"))
    yield one("A24", "NaN in the header", _header(x=raw("NaN")), reason="token_malformed")


def _claims() -> Iterator[Mutation]:
    def one(id: str, title: str, name: str, value: object, **more: Any) -> Mutation:  # noqa: A002 - the field
        about = {"id": id, "title": title, "change": _claim(name, value), "by": "function", "reason": "claims_invalid"}
        return Mutation(**{**about, **more})

    over = {"by": "gateway", "reason": "token_expired", "aws": "refuses"}
    yield one("D01", "exp an hour ago", "exp", _now(-3600), **over)
    yield one("D01", "exp 0", "exp", 0, **over)
    yield one("D02", "no exp", "exp", ABSENT)
    yield one("D02", "exp null", "exp", None, by="gateway", errs=True)
    yield one("D03", "exp is a number in a string", "exp", "9999999999")
    yield one("D03", "exp is a word", "exp", "abc", by="gateway", errs=True)
    yield one("D03", "exp is a list", "exp", [9_999_999_999], by="gateway", errs=True)
    yield one("D03", "exp is true", "exp", True, by="gateway")
    yield one("D03", "exp is a fraction", "exp", raw("9999999999.5"))
    yield one("D04", "exp NaN", "exp", raw("NaN"), by="gateway", errs=True, reason="token_malformed")
    yield one("D04", "exp 1e400", "exp", raw("1e400"), by="gateway", errs=True)
    yield one("D06", "exp in the year 2286", "exp", 9_999_999_999)
    yield one("D06", "a life of more than a day", "exp", _now(90_000))
    yield one("D08", "no iat", "iat", ABSENT)
    yield one("D08", "iat is a number in a string", "iat", "1")
    yield one("D08", "iat is a list", "iat", [1], by="gateway", errs=True)
    yield one("D08", "iat in ten minutes", "iat", _now(600), by="gateway", reason="token_not_yet_valid", aws="refuses")
    yield one("D09", "nbf in ten minutes", "nbf", _now(600), by="gateway", reason="token_not_yet_valid", aws="refuses")
    yield one("D09", "nbf is 0 in a string", "nbf", "0")
    yield one("D09", "nbf null", "nbf", None, by="gateway", errs=True)
    for title, value in (
        ("missing", ABSENT),
        ("null", None),
        ("a list", _but("iss", lambda iss: [iss])),
        ("empty", ""),
    ):
        yield one("D10", f"iss {title}", "iss", value, by="gateway", reason="issuer_mismatch", aws="refuses")
    for title, make in (
        ("with a slash after it", lambda iss: f"{iss}/"),
        ("in capitals", str.upper),
        ("with http", lambda iss: iss.replace("https", "http")),
        ("of another pool", lambda iss: f"{iss}x"),
    ):
        yield one(
            "D11", f"iss {title}", "iss", _but("iss", make), by="gateway", reason="issuer_mismatch", aws="refuses"
        )
    stranger = {"by": "gateway", "reason": "client_mismatch", "aws": "refuses"}
    yield one("D13", "no client_id", "client_id", ABSENT, **stranger)
    yield one("D14", "client_id of another client", "client_id", "2other23456789012345678901", **stranger)
    yield one("D15", "client_id and a space", "client_id", _but("client_id", lambda own: f"{own} "), **stranger)
    yield one("D15", "client_id is a list of ours", "client_id", _but("client_id", lambda own: [own]), **stranger)
    for title, value in (
        ("missing", ABSENT),
        ("null", None),
        ("refresh", "refresh"),
        ("Access", "Access"),
    ):
        yield one("D16", f"token_use {title}", "token_use", value, reason="token_use_mismatch", aws="passes")
    yield one("D16", "token_use is a list", "token_use", ["access"], reason="token_use_mismatch", aws="passes")
    for title, value in (("empty", ""), ("an empty list", []), ("of another client", "2other23456789012345678901")):
        yield one("D23", f"aud {title}, client_id ours", "aud", value, **stranger)
    yield one("D23", "aud is a list of ours", "aud", _of_client, reason="client_mismatch", aws="passes")
    yield one("D23", "aud is ours and another", "aud", _of_two, reason="client_mismatch", aws="passes")
    for title, value in (
        ("missing", ABSENT),
        ("a number", 5),
        ("empty", ""),
        ("of 129 letters", "x" * 129),
        ("a\\r\\nb", "a\r\nb"),
    ):
        yield one("D30", f"sub {title}", "sub", value)
    yield one("D36", "jti is a number", "jti", 5)
    yield one("D36", "username is a list", "username", ["ada"])
    yield one("D36", "no origin_jti", "origin_jti", ABSENT, by="nobody", reason="")
    yield one("D36", "a claim of a trigger's", "address", {"country": ["DE"]}, by="nobody", reason="")


def _of_client(token: Draft) -> object:
    return [token.claims.get("client_id")]


def _of_two(token: Draft) -> object:
    return [token.claims.get("client_id"), "2other23456789012345678901"]


def _words(token: Draft) -> object:
    return str(token.claims.get("scope")).split()


def _joined(separator: str) -> Callable[[Draft], None]:
    return _claim("scope", _but("scope", lambda own: str(own).replace(" ", separator)))


def _both(*changes: Callable[[Draft], None]) -> Callable[[Draft], None]:
    def change(token: Draft) -> None:
        for each in changes:
            each(token)

    return change


def _rights() -> Iterator[Mutation]:
    def one(
        id: str,  # noqa: A002 - the field
        title: str,
        change: Callable[[Draft], None],
        reason: str,
        **more: Any,
    ) -> Mutation:
        return Mutation(**{"id": id, "title": title, "change": change, "by": "function", "reason": reason, **more})

    only_aud = _both(_claim("aud", _but("client_id", str)), _claim("client_id", ABSENT))
    id_by_client = _claim("token_use", "id")
    yield one("D19", "token_use id with client_id and no aud", id_by_client, "token_use_mismatch", aws="passes")
    yield one("D20", "token_use access with aud and no client_id", only_aud, "client_mismatch", aws="passes")
    scope: dict[str, Any] = {"route": "scoped", "reason": "scope_missing"}
    yield one("D24", "no scope", _claim("scope", ABSENT), by="gateway", aws="refuses", **scope)
    yield one("D26", "scope is a list", _claim("scope", _words), "claims_invalid", by="gateway", route="scoped")
    for name, separator in {"tab": "\t", "comma": ",", "NBSP": "\u00a0"}.items():
        yield one("D27", f"scopes joined by {name}", _joined(separator), by="gateway", **scope)
    yield one("D27", "scopes joined by two spaces", _joined("  "), "", by="nobody", route="scoped")
    moved = _both(_claim("scp", _but("scope", str)), _claim("scope", ABSENT))
    yield one("D28", "the scope in scp alone", moved, aws="passes", **scope)
    listed = _both(_claim("scp", _words), _claim("scope", ABSENT))
    yield one("D28", "the scope in scp alone, as a list", listed, aws="passes", **scope)
    machine = _claim("username", ABSENT)
    yield one(
        "D31", "a machine's token (no username) where a person is asked for", machine, "user_required", aws="passes"
    )
    yield one("D31", "a machine's token with the scope", machine, "", by="nobody", route="scoped")
    groups: dict[str, object] = {
        "no group": ABSENT,
        "another group": ["users"],
        "the group's name as text": _but("cognito:groups", lambda own: own[0]),
        "the group in a list in the list": _but("cognito:groups", lambda own: [own]),
        "a group whose name has the right one in it": _but("cognito:groups", lambda own: [f"x {own[0]} y"]),
    }
    for title, value in groups.items():
        change = _claim("cognito:groups", value)
        case = "D33" if "name has" in title else "D32"
        yield one(case, title, change, "group_missing", route="grouped", aws="passes")


def _payloads() -> Iterator[Mutation]:
    def one(title: str, change: Callable[[Draft], None], **more: Any) -> Mutation:
        about = {"id": "D35", "title": title, "change": change, "by": "gateway", "reason": "token_malformed"}
        return Mutation(**{**about, **more})

    for title, text in {"a list": b"[]", "text": b'"x"', "null": b"null"}.items():
        yield one(f"payload is {title}", _fixed_text(text), errs=True)
    for title, suffix in {"a brace": b"}", "NUL": b"\0", "a second object": b"{}"}.items():
        yield one(f"payload and {title} after it", _text_and(suffix))
    yield one("a claim twice", _text(_twice), by="function")
    yield one("a claim of 4,301 digits", _claim("x", raw("9" * 4_301)))
    yield one("payload in UTF-16", _text(lambda claims: json.dumps(claims).encode("utf-16")), by="function")


def _text(make: Callable[[Mapping[str, Any]], bytes]) -> Callable[[Draft], None]:
    def change(token: Draft) -> None:
        token.payload_text = make(token.claims)

    return change


def _fixed_text(text: bytes) -> Callable[[Draft], None]:
    return _text(lambda _: text)


def _text_and(suffix: bytes) -> Callable[[Draft], None]:
    return _text(lambda claims: as_json(claims) + suffix)


def _twice(claims: Mapping[str, Any]) -> bytes:
    return as_json(claims).replace(b"{", b'{"username":"root",', 1)


def _spellings() -> Iterator[Mutation]:
    def one(id: str, title: str, change: Callable[[Draft], None], **more: Any) -> Mutation:  # noqa: A002 - the field
        about = {"id": id, "title": title, "change": change, "by": "function", "reason": "token_malformed"}
        return Mutation(**{**about, **more})

    yield one("E02", "a fourth segment", _after(lambda token: f"{token}.e30"), by="gateway")
    yield one("E04", "= padding on the header", _padded("header_spelling"))
    yield one("E04", "= padding on the payload", _padded("payload_spelling"))
    for suffix in ("=", "=="):
        yield one("E04", f"{suffix} after the signature", _after(_with_suffix(suffix)))
    yield one("E05", "!!!! inside the signature", _after(lambda token: f"{token[:-9]}!!!!{token[-9:]}"))
    yield one("E03", "+ or / in the signature", _after(_standard_alphabet))
    yield one("E04", "a spare bit of the signature set", _after(spare_bit))
    yield one(
        "B01",
        "a bit of the signature flipped",
        _after(_flipped),
        by="gateway",
        reason="signature_invalid",
        aws="refuses",
    )


def _after(spell: Spelling) -> Callable[[Draft], None]:
    def change(token: Draft) -> None:
        token.after.append(spell)

    return change


def _with_suffix(suffix: str) -> Spelling:
    return lambda token: token + suffix


def _padded(part: str) -> Callable[[Draft], None]:
    def change(token: Draft) -> None:
        getattr(token, part).append(lambda segment: segment + "=" * (-len(segment) % 4 or 4))

    return change


def _flipped(token: str) -> str:
    place = -20
    other = "B" if token[place] == "A" else "A"
    return token[:place] + other + token[place + 1 :]


def _standard_alphabet(token: str) -> str:
    text, _, signature = token.rpartition(".")
    return f"{text}.{signature.replace('-', '+').replace('_', '/')}"
