"""Group D: claims and rights. Real tokens of others, and tokens signed by the pool's own key with one claim changed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from proof.access import Access
from proof.attack.case import ACCEPTED, ADMITTED, Case, Request, bearer, drafts, requests, tokens
from proof.attack.draft import Draft, claims, of_claim, payload
from proof.attack.stack import OTHER_CLIENT, UNSCOPED, TargetStack
from proof.attack.tokens import ABSENT, changed, raw, rs256, signing_input
from proof.sign_in import claims_of

_BOTH_USES = {"COGNITO_TOKEN_USES": "access,id"}
_FOREIGN = "2other23456789012345678901"
_NOT_TEXT: dict[str, Any] = {"null": None, "number": 5, "true": True, "list": [], "object": {}}


def claims_cases() -> Iterator[Case]:
    yield from _real_tokens()
    yield from _times()
    yield from _issuer()
    yield from _client()
    yield from _token_use()
    yield from _scope()
    yield from _subject()
    yield from _groups()
    yield from _payload()
    yield from _unusual()


def _claim(case_id: str, claim: str, title: str, reason: str, values: dict[str, Any], **more: Any) -> Iterator[Case]:
    """Yield a case for each value of one claim; names begin with the claim's name."""
    prefix = f"{claim.replace('_', '-')}-"
    yield from drafts(case_id, f"{claim} {title}", reason, of_claim(claim, values), prefix, **{"sent": "key", **more})


def _now(more: float) -> Callable[[Draft], float]:
    return lambda _: int(time.time()) + more


def _real_tokens() -> Iterator[Case]:
    other = {
        "other-client": lambda stack: stack.real(OTHER_CLIENT).access,
        "other-client-id-token": lambda stack: stack.real(OTHER_CLIENT).id,
    }
    reasons = ("client_mismatch", "token_use_mismatch")
    yield from tokens("D14", "a real token of another app client of the pool", reasons, other, by="gateway")
    # 403 where the gateway misses the scope first
    identity: dict[str, Any] = {"expected": (401, 403), "reason": "token_use_mismatch"}
    yield from requests("D17", "a real ID token", made={"id-token": _identity}, **identity)
    scoped = {"id-token-scoped-route": _identity}
    yield from requests("D17", "a real ID token on a route with scopes", made=scoped, on="scoped", **identity)
    unscoped = {"scope-not-asked-for": lambda stack: stack.real(UNSCOPED).access}
    title = "a real token that was asked for without the route's scope"
    yield from tokens("D24", title, "scope_missing", unscoped, on="scoped")
    stranger = {"group-missing": lambda stack, route: Request(headers=bearer(stack.stranger_to(route).access))}
    title = "a real token of a user who is not in the route's group"  # the gateway cannot look at groups
    yield from requests("D32", title, "group_missing", stranger, on="grouped", by="function")
    title = "a token after sign-out, without revocation: good until exp, a limit of offline verification"
    yield from tokens("D37", title, ACCEPTED, {"revoked": lambda stack: stack.access}, sent="key")


def _identity(stack: TargetStack, route: Access) -> Request | None:
    if stack.target.expected is not None and stack.target.expected.accept_id_tokens and not route.scopes:
        return None  # the stack's settings accept it here
    return Request(headers=bearer(stack.identity))


def _times() -> Iterator[Case]:
    past = {"one-second-ago": _now(-1), "now": _now(0), "zero": 0, "minus-one": -1}
    yield from _claim("D01", "exp", "is over", "token_expired", past)
    yield from _claim("D02", "exp", "is not there", "claims_invalid", {"missing": ABSENT, "null": None})
    kinds = {
        "numeric-string": "9999999999",
        "string": "abc",
        "true": True,
        "list": [9999999999],
        "object": {},
        "fraction": raw("9999999999.5"),
        "exponent": raw("1e10"),
    }
    yield from _claim("D03", "exp", "is no integer", "claims_invalid", kinds)
    constants = {each: raw(each) for each in ("Infinity", "-Infinity", "NaN")}
    yield from _claim("D04", "exp", "is no JSON", "token_malformed", constants)
    yield from _claim("D04", "exp", "is too large a number", "claims_invalid", {x: raw(x) for x in ("1e400", "-1e400")})
    long = {"over-a-day": claims(iat=_now(-60), exp=_now(86_400)), "endless": claims(exp=9_999_999_999)}
    title = "lifetime above Cognito's maximum of a day"
    yield from drafts("D06", title, "claims_invalid", long, "lifetime-", sent="key")
    yield from _claim("D07", "exp", "is this second", "token_expired", {"at-the-edge": _now(0)})
    edge = {"within-the-edge": _now(2)}  # between one second and two, by the time the function looks
    yield from _claim("D07", "exp", "is a second away", ACCEPTED, edge, expected=(ADMITTED, 401))
    kinds = {
        "missing": ABSENT,
        "string": lambda _: str(int(time.time())),
        "list": lambda _: [int(time.time())],
        "null": None,
        "true": True,
        "fraction": _now(-0.5),
        "1e400": raw("1e400"),
    }
    yield from _claim("D08", "iat", "is no integer", "claims_invalid", kinds)
    yield from _claim("D08", "iat", "is no JSON", "token_malformed", {"infinity": raw("Infinity")})
    yield from _claim("D08", "iat", "in ten minutes", "token_not_yet_valid", {"future": _now(600)})
    yield from _claim("D09", "nbf", "in ten minutes", "token_not_yet_valid", {"future": _now(600)})
    kinds = {"null": None, "list": [0], "string": "0", "true": True, "1e400": raw("1e400")}
    yield from _claim("D09", "nbf", "is no integer", "claims_invalid", kinds)
    yield from _claim("D09", "nbf", "is no JSON", "token_malformed", {"infinity": raw("Infinity")})


def _issuer() -> Iterator[Case]:
    kinds = {
        "missing": ABSENT,
        "null": None,
        "list": lambda token: [token.stack.issuer],
        "number": 5,
        "object": lambda token: {token.stack.issuer: True},
    }
    yield from _claim("D10", "iss", "is no text", "issuer_mismatch", kinds)
    spellings: dict[str, Callable[[str], str]] = {
        "trailing-slash": lambda iss: f"{iss}/",
        "upper-case": str.upper,
        "http": lambda iss: iss.replace("https:", "http:"),
        "other-region": lambda iss: re.sub(r"idp\.[\w-]+", "idp.ap-nowhere-1", iss),
        "other-pool": lambda iss: f"{iss[:-9]}Other6789",
        "prefix": lambda iss: iss[:-1],
        "prefix-of-the-host": lambda iss: iss.rpartition("/")[0],
        "suffixed": lambda iss: f"{iss}x",
        "padded": lambda iss: f" {iss} ",
        "explicit-port": lambda iss: iss.replace(".com/", ".com:443/"),
        "userinfo": lambda iss: iss.replace("https://", "https://evil@"),
        "empty": lambda _: "",
    }
    values = {name: _of_stack("issuer", spell) for name, spell in spellings.items()}
    yield from _claim("D11", "iss", "is almost ours", "issuer_mismatch", values)


def _of_stack(name: str, make: Callable[[Any], object]) -> Callable[[Draft], object]:
    return lambda token: make(getattr(token.stack, name))


def _client() -> Iterator[Case]:
    yield from _claim("D13", "client_id", "is missing", "client_mismatch", {"missing": ABSENT})
    other = {"of-another-client": _FOREIGN}
    yield from _claim("D14", "client_id", "of another app client", "client_mismatch", other)
    spellings: dict[str, Callable[[str], object]] = {
        "list": lambda own: [own],
        "trailing-space": lambda own: f"{own} ",
        "leading-space": lambda own: f" {own}",
        "upper-case": str.upper,
        "prefix": lambda own: own[:-1],
        "suffixed": lambda own: f"{own}x",
        "comma-joined": lambda own: f"{own},{own}",
        "null": lambda _: None,
        "object": lambda own: {own: True},
        "empty": lambda _: "",
    }
    values = {name: _of_stack("client_id", spell) for name, spell in spellings.items()}
    yield from _claim("D15", "client_id", "is almost ours", "client_mismatch", values)
    audiences: dict[str, Any] = {
        "empty-list": [],
        "empty-string": "",
        "zero": 0,
        "false": False,
        "empty-object": {},
        "number": 5,
        "null": None,
        "list-ours": lambda token: [token.stack.client_id],
        "list-ours-and-other": lambda token: [token.stack.client_id, _FOREIGN],
        "other-client": _FOREIGN,
    }
    yield from _claim("D23", "aud", "is wrong, client_id ours", "client_mismatch", audiences)


def _token_use() -> Iterator[Case]:
    values = {
        "missing": ABSENT,
        "null": None,
        "list": ["access"],
        "capital": "Access",
        "refresh": "refresh",
        "object": {"access": True},
        "empty": "",
    }
    yield from _claim("D16", "token_use", "is not access", "token_use_mismatch", values)
    audiences: dict[str, Callable[[str], object]] = {
        "other-client": lambda _: _FOREIGN,
        "list-ours-and-other": lambda own: [own, _FOREIGN],
        "list-ours": lambda own: [own],
        "list-other": lambda _: [_FOREIGN],
        "empty": lambda _: "",
        "missing": lambda _: ABSENT,
        "null": lambda _: None,
    }
    made = {name: _signed_identity(aud) for name, aud in audiences.items()}
    allowed: dict[str, Any] = {"sent": "event", "environment": _BOTH_USES}
    yield from tokens("D18", "ID tokens allowed, aud is wrong", "client_mismatch", made, "id-aud-", **allowed)
    title = "ID token with our client_id and no aud"
    by_client = {"id-with-client-id": _signed_identity(lambda _: ABSENT, with_client_id=True)}
    yield from tokens("D19", title, "token_use_mismatch", by_client, sent="key")
    allowed_too = {f"{name}-allowed": make for name, make in by_client.items()}
    yield from tokens("D19", f"{title}, allowed", "client_mismatch", allowed_too, **allowed)
    title = "access token with our aud and no client_id"
    by_audience = {"access-with-aud": claims(aud=lambda token: token.stack.client_id, client_id=ABSENT)}
    yield from drafts("D20", title, "client_mismatch", by_audience, sent="key")
    both_uses = {f"{name}-id-allowed": change for name, change in by_audience.items()}
    yield from drafts("D20", f"{title}, ID tokens allowed", "client_mismatch", both_uses, **allowed)


def _signed_identity(
    audience: Callable[[str], object], *, with_client_id: bool = False
) -> Callable[[TargetStack], str]:
    def token(stack: TargetStack) -> str:
        own = {"client_id": stack.client_id} if with_client_id else {}
        members = changed(claims_of(stack.identity), {"aud": audience(stack.client_id), **own})
        return rs256(stack.private_keys.id, signing_input(stack.header(kid=stack.private_keys.id_kid), members))

    return token


def _words(token: Draft) -> list[str]:
    """Return the good token's scopes, the standard one first."""
    return sorted(token.stack.claims()["scope"].split(), key=lambda scope: "/" in scope)


def _joined(separator: str) -> Callable[[Draft], object]:
    return lambda token: separator.join([*_words(token), "email"])


def _each(make: Callable[[str], str]) -> Callable[[Draft], object]:
    return lambda token: " ".join(make(scope) for scope in _words(token) if "/" in scope)


def _scope() -> Iterator[Case]:
    def scoped(case_id: str, title: str, reason: str, values: dict[str, Any], prefix: str = "scope-") -> Iterator[Case]:
        expected = (ADMITTED, 401, 403) if reason == ACCEPTED else (401, 403)
        changes = of_claim("scope", values)
        yield from drafts(case_id, title, reason, changes, prefix, sent="key", on="scoped", expected=expected)

    yield from scoped("D24", "no scope", "scope_missing", {"missing": ABSENT, "empty": ""})
    kinds = {
        "list": _words,
        "null": None,
        "number": 5,
        "object": lambda token: dict.fromkeys(_words(token), True),
        "true": True,
    }
    yield from scoped("D26", "scope is no text", "claims_invalid", kinds)
    separators = {"tab": "\t", "newline": "\n", "comma": ",", "nbsp": "\u00a0", "plus": "+", "vertical-tab": "\v"}
    joined = {f"by-{name}": _joined(separator) for name, separator in separators.items()}
    yield from scoped("D27", "scopes not separated by a space", "scope_missing", joined)
    joined = {"by-double-space": _joined("  "), "by-space": _joined(" ")}
    yield from scoped("D27", "scopes separated by space", ACCEPTED, joined)
    names = {"prefix": _each(lambda scope: scope[:-1]), "suffixed": _each(lambda scope: f"{scope}x")}
    names["upper-case"] = _each(str.upper)
    yield from scoped("D27", "scope is almost the right one", "scope_missing", names)
    moved = {
        "string": claims(scp=lambda token: " ".join(_words(token)), scope=ABSENT),
        "list": claims(scp=_words, scope=ABSENT),
    }
    title = "the right scope in scp only"
    fields: dict[str, Any] = {"sent": "key", "on": "scoped", "expected": (401, 403)}
    yield from drafts("D28", title, "scope_missing", moved, "scp-", **fields)
    standard = {
        "scope-of-a-password-sign-in": "aws.cognito.signin.user.admin",
        "scopes-of-other-kinds": "openid email profile phone aws.cognito.signin.user.admin",
    }
    yield from scoped("D29", "standard scopes only", "scope_missing", standard, "")


def _subject() -> Iterator[Case]:
    values = {
        "missing": ABSENT,
        **_NOT_TEXT,
        "empty": "",
        "5-kB": "x" * 5_000,
        "129-characters": "x" * 129,
        "control-characters": "a\x00b\x1b[2J",
        "crlf": "a\r\nb",
        "surrogate": "a\ud800",
    }
    yield from _claim("D30", "sub", "is no subject", "claims_invalid", values)
    # more than the gateway takes
    yield from _claim("D30", "sub", "of 10 kB", "token_too_large", {"10-kB": "x" * 10_000}, sent="event")
    machine = claims(username=ABSENT, sub=lambda token: token.stack.client_id)
    title = "a machine's token (no username)"
    yield from drafts("D31", title, "user_required", {"machine": machine}, sent="key", on="plain")
    grouped = {"machine-group-route": machine}
    yield from drafts("D31", f"{title} with the group", "user_required", grouped, sent="key", on="grouped")
    scoped = {"machine-scoped-route": machine}
    yield from drafts("D31", f"{title} with the scope", ACCEPTED, scoped, sent="key", on="scoped")
    values = {**_NOT_TEXT, "empty": "", "crlf": "a\r\nb", "129-characters": "x" * 129}
    yield from _claim("D31", "username", "is no user name", "claims_invalid", values)


def _group_name(make: Callable[[str], object]) -> Any:
    return claims(**{"cognito:groups": lambda token: make(token.stack.claims()["cognito:groups"][0])})


def _groups() -> Iterator[Case]:
    values: dict[str, Callable[[str], object]] = {
        "missing": lambda _: ABSENT,
        "string": lambda own: own,
        "bracketed-string": lambda own: f"[{own}]",
        "nested": lambda own: [[own]],
        "number": lambda _: [5],
        "null": lambda _: None,
        "object": lambda own: {own: True},
        "mixed": lambda own: [own, 5],
        "other": lambda _: ["users"],
        "upper-case": lambda own: [own.capitalize()],
        "prefix": lambda own: [own[:-1], f"{own}x", f"{own} "],
    }
    changes = {name: _group_name(make) for name, make in values.items()}
    fields: dict[str, Any] = {"sent": "key", "on": "grouped"}
    yield from drafts("D32", "cognito:groups without the group", "group_missing", changes, "groups-", **fields)
    names = {"space": "x {}", "spaces": "x {} y", "brackets": "[{}]", "closing-bracket": "x] [{}", "comma": "x,{}"}
    for name, form in names.items():
        title = f"a group named like {form.format('admin')!r}, which the gateway's text form blurs"
        change = _group_name(_formatted(form))
        yield from drafts(
            "D33", title, "group_missing", {name: change}, "group-with-", context=_vouched(form), **fields
        )


def _formatted(form: str) -> Callable[[str], list[str]]:
    return lambda own: [form.format(own)]


def _vouched(form: str) -> Callable[[TargetStack], dict[str, Any]]:
    return lambda stack: {"cognito:groups": [form.format(stack.claims()["cognito:groups"][0])]}


def _payload() -> Iterator[Case]:
    texts = {
        "list": b"[]",
        "string": b'"x"',
        "null": b"null",
        "number": b"5",
        "true": b"true",
        "empty": b"",
        "text": b"alice",
    }
    fixed = {name: payload(text) for name, text in texts.items()}
    yield from drafts("D35", "payload is no object", "token_malformed", fixed, "payload-", sent="key")
    suffixes = {"brace": b"}", "nul": b"\0", "second-object": b"{}", "comma": b","}
    followed = {name: payload(_followed(suffix)) for name, suffix in suffixes.items()}
    title = "valid JSON and something after it"
    yield from drafts("D35", title, "token_malformed", followed, "payload-trailing-", sent="key")
    read_differently = {
        "claim-twice": payload(lambda own: own.replace(b"{", b'{"username":"root",', 1)),
        "utf-16": payload(lambda own: own.decode().encode("utf-16")),
    }
    title = "payload that parsers read differently"
    yield from drafts("D35", title, "token_malformed", read_differently, "payload-", sent="key")


def _followed(suffix: bytes) -> Callable[[bytes], bytes]:
    return lambda text: text + suffix


def _unusual() -> Iterator[Case]:
    """Claims that a pre-token-generation trigger can add or omit; the token is the pool's all the same."""
    changes = {
        "origin-jti-missing": claims(origin_jti=ABSENT),
        "auth-time-string": claims(auth_time="yesterday"),
        "500-claims": claims(**{f"c{number}": 1 for number in range(500)}),
        "proto": claims(__proto__={"username": "root"}, constructor={"prototype": {}}),
        "nested": claims(address={"country": {"code": ["DE", {"deep": [[[[]]]]}]}}),
        "non-ascii": claims(name="Zoë 漢字 🦊"),
        "jti-missing": claims(jti=ABSENT),
    }
    expected = (ADMITTED, 401, 431)
    yield from drafts("D36", "valid, with unusual claims", ACCEPTED, changes, sent="key", expected=expected)
    yield from _claim("D36", "jti", "is no text", "claims_invalid", {"number": 5, "null": None, "list": ["x"]})
