"""D: claims. All signed by the pool's own key, so that only the checks on the claims can stop them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from proof.attack.tokens import ABSENT, as_json, raw
from tests.handler.case import ADMIN, REPORTS, Case, claims_case, token_case
from tests.handler.signing import World, now

BOTH_USES = {"COGNITO_TOKEN_USES": "access,id"}
SCOPE = "api/reports.read"
# JSON values of every other kind, for a claim that must be a string
NOT_TEXT = {"null": None, "number": 5, "true": True, "list": [], "object": {}}


def claims_cases() -> Iterator[Case]:
    yield from _expiry()
    yield from _issued_and_not_before()
    yield from _issuer()
    yield from _client()
    yield from _token_use()
    yield from _audience()
    yield from _scope()
    yield from _subject()
    yield from _groups()
    yield from _payload()
    yield from _unusual()
    yield token_case(
        "D37",
        "revoked",
        "a token after sign-out: good until exp, a limit of offline verification",
        World.access,
        None,
        expected=(200,),
        layer="-",
    )


def _expiry() -> Iterator[Case]:
    for name, moment in {
        "one-second-ago": lambda: now() - 1,
        "now": now,
        "zero": lambda: 0,
        "minus-one": lambda: -1,
    }.items():
        yield claims_case(
            "D01",
            f"exp-{name}",
            f"exp {name.replace('-', ' ')}",
            lambda _, moment=moment: {"exp": moment()},
            "token_expired",
        )
    yield claims_case("D02", "exp-missing", "no exp", {"exp": ABSENT}, "claims_invalid")
    yield claims_case("D02", "exp-null", "exp null", {"exp": None}, "claims_invalid")
    for name, value in {
        "numeric-string": "9999999999",
        "string": "abc",
        "true": True,
        "list": [9999999999],
        "object": {},
        "fraction": raw("9999999999.5"),
        "exponent": raw("1e10"),
    }.items():
        yield claims_case("D03", f"exp-{name}", f"exp is a {name}", {"exp": value}, "claims_invalid", layer="H")
    for literal, reason in {
        "Infinity": "token_malformed",
        "-Infinity": "token_malformed",
        "NaN": "token_malformed",
        "1e400": "claims_invalid",
        "-1e400": "claims_invalid",
    }.items():
        yield claims_case("D04", f"exp-{literal}", f"exp {literal}", {"exp": raw(literal)}, reason, layer="H")
    yield claims_case(
        "D06",
        "lifetime-over-a-day",
        "exp - iat is more than Cognito's maximum of a day",
        lambda _: {"iat": now() - 60, "exp": now() + 86_400},
        "claims_invalid",
        layer="H",
    )
    yield claims_case(
        "D06",
        "lifetime-endless",
        "exp in the year 2286",
        {"exp": 9_999_999_999},
        "claims_invalid",
        layer="H",
    )
    yield claims_case("D07", "exp-at-the-edge", "exp is this second", lambda _: {"exp": now()}, "token_expired")
    yield claims_case(
        "D07",
        "exp-within-the-edge",
        "exp is a second away",
        lambda _: {"exp": now() + 2},  # between one second and two, by the time the handler looks
        None,
        expected=(200,),
        layer="H",
        gateway=(200, 401),
    )


def _issued_and_not_before() -> Iterator[Case]:
    yield claims_case("D08", "iat-missing", "no iat", {"iat": ABSENT}, "claims_invalid")
    for name, value in {
        "string": lambda: str(now()),
        "list": lambda: [now()],
        "null": lambda: None,
        "true": lambda: True,
        "fraction": lambda: now() - 0.5,
    }.items():
        yield claims_case(
            "D08", f"iat-{name}", f"iat is a {name}", lambda _, value=value: {"iat": value()}, "claims_invalid"
        )
    yield claims_case("D08", "iat-infinity", "iat Infinity", {"iat": raw("Infinity")}, "token_malformed")
    yield claims_case("D08", "iat-1e400", "iat 1e400", {"iat": raw("1e400")}, "claims_invalid")
    yield claims_case("D08", "iat-future", "iat in ten minutes", lambda _: {"iat": now() + 600}, "token_not_yet_valid")
    yield claims_case("D09", "nbf-future", "nbf in ten minutes", lambda _: {"nbf": now() + 600}, "token_not_yet_valid")
    for name, value in {"null": None, "list": [0], "string": "0", "true": True, "1e400": raw("1e400")}.items():
        yield claims_case("D09", f"nbf-{name}", f"nbf is {name}", {"nbf": value}, "claims_invalid")
    yield claims_case("D09", "nbf-infinity", "nbf Infinity", {"nbf": raw("Infinity")}, "token_malformed")


def _issuer() -> Iterator[Case]:
    values: dict[str, Callable[[World], Any]] = {
        "missing": lambda _: ABSENT,
        "null": lambda _: None,
        "list": lambda world: [world.issuer],
        "number": lambda _: 5,
        "object": lambda world: {world.issuer: True},
    }
    for name, value in values.items():
        yield claims_case(
            "D10", f"iss-{name}", f"iss {name}", lambda world, value=value: {"iss": value(world)}, "issuer_mismatch"
        )
    variants: dict[str, Callable[[World], str]] = {
        "trailing-slash": lambda world: f"{world.issuer}/",
        "upper-case": lambda world: world.issuer.upper(),
        "http": lambda world: world.issuer.replace("https:", "http:"),
        "other-region": lambda world: world.issuer.replace(world.region, "eu-west-1"),
        "other-pool": lambda world: world.other_pool.issuer,
        "prefix": lambda world: world.issuer[:-1],
        "prefix-of-the-host": lambda world: world.issuer.rpartition("/")[0],
        "suffixed": lambda world: f"{world.issuer}x",
        "padded": lambda world: f" {world.issuer} ",
        "explicit-port": lambda world: world.issuer.replace(".com/", ".com:443/"),
        "userinfo": lambda world: world.issuer.replace("https://", "https://evil@"),
        "empty": lambda _: "",
    }
    for name, variant in variants.items():
        yield claims_case(
            "D11",
            f"iss-{name}",
            f"iss {name.replace('-', ' ')}",
            lambda world, variant=variant: {"iss": variant(world)},
            "issuer_mismatch",
        )


def _client() -> Iterator[Case]:
    yield claims_case("D13", "client-id-missing", "no client_id", {"client_id": ABSENT}, "client_mismatch")
    yield claims_case(
        "D14",
        "client-id-of-another-client",
        "client_id of another app client of the pool",
        {"client_id": "2other23456789012345678901"},
        "client_mismatch",
    )
    variants: dict[str, Callable[[World], Any]] = {
        "list": lambda world: [world.client_id],
        "trailing-space": lambda world: f"{world.client_id} ",
        "leading-space": lambda world: f" {world.client_id}",
        "upper-case": lambda world: world.client_id.upper(),
        "prefix": lambda world: world.client_id[:-1],
        "suffixed": lambda world: f"{world.client_id}x",
        "comma-joined": lambda world: f"{world.client_id},{world.client_id}",
        "null": lambda _: None,
        "object": lambda world: {world.client_id: True},
        "empty": lambda _: "",
    }
    for name, variant in variants.items():
        yield claims_case(
            "D15",
            f"client-id-{name}",
            f"client_id {name.replace('-', ' ')}",
            lambda world, variant=variant: {"client_id": variant(world)},
            "client_mismatch",
        )


def _token_use() -> Iterator[Case]:
    for name, value in {
        "missing": ABSENT,
        "null": None,
        "list": ["access"],
        "capital": "Access",
        "refresh": "refresh",
        "object": {"access": True},
        "empty": "",
    }.items():
        yield claims_case(
            "D16", f"token-use-{name}", f"token_use {name}", {"token_use": value}, "token_use_mismatch", layer="H"
        )
    yield token_case(
        "D17",
        "id-token",
        "a real ID token on a route for access tokens",
        World.identity,
        "token_use_mismatch",
        layer="H",
    )
    yield token_case(
        "D17",
        "id-token-scoped-route",
        "a real ID token on a route with scopes",
        World.identity,
        "token_use_mismatch",
        layer="H",
        route=REPORTS,
        gateway=(401, 403),
    )
    audiences: dict[str, Callable[[World], Any]] = {
        "other-client": lambda _: "2other23456789012345678901",
        "list-ours-and-other": lambda world: [world.client_id, "2other23456789012345678901"],
        "list-ours": lambda world: [world.client_id],
        "list-other": lambda _: ["2other23456789012345678901"],
        "empty": lambda _: "",
        "missing": lambda _: ABSENT,
        "null": lambda _: None,
    }
    for name, audience in audiences.items():
        yield token_case(
            "D18",
            f"id-aud-{name}",
            f"ID tokens allowed, aud {name.replace('-', ' ')}",
            lambda world, audience=audience: world.identity(aud=audience(world)),
            "client_mismatch",
            environment=BOTH_USES,
            needs_key=True,
        )
    for name, environment, reason in (
        ("", {}, "token_use_mismatch"),
        ("-allowed", BOTH_USES, "client_mismatch"),
    ):
        yield token_case(
            "D19",
            f"id-with-client-id{name}",
            f"token_use id with our client_id and no aud{name.replace('-', ', ID tokens ')}",
            lambda world: world.identity(aud=ABSENT, client_id=world.client_id),
            reason,
            layer="H",
            environment=environment,
            needs_key=True,
        )


def _audience() -> Iterator[Case]:
    for name, environment in (("", {}), ("-id-allowed", BOTH_USES)):
        yield claims_case(
            "D20",
            f"access-with-aud{name}",
            f"token_use access with our aud and no client_id{name.replace('-id', ', ID tokens ').replace('-', '')}",
            lambda world: {"aud": world.client_id, "client_id": ABSENT},
            "client_mismatch",
            layer="H",
            environment=environment,
        )
    values: dict[str, Callable[[World], Any]] = {
        "empty-list": lambda _: [],
        "empty-string": lambda _: "",
        "zero": lambda _: 0,
        "false": lambda _: False,
        "empty-object": lambda _: {},
        "number": lambda _: 5,
        "null": lambda _: None,
        "list-ours": lambda world: [world.client_id],
        "other-client": lambda _: "2other23456789012345678901",
    }
    for name, value in values.items():
        yield claims_case(
            "D23",
            f"aud-{name}",
            f"access token, our client_id, aud {name.replace('-', ' ')}",
            lambda world, value=value: {"aud": value(world)},
            "client_mismatch",
            layer="H",
            gateway=(401, 403),
        )


def _scope() -> Iterator[Case]:
    def scoped(id: str, name: str, title: str, changes: Mapping[str, Any], reason: str | None, status: int) -> Case:  # noqa: A002 - the field's name
        layer = "B" if id in {"D24", "D29"} else "H"
        return claims_case(
            id,
            name,
            title,
            changes,
            reason,
            route=REPORTS,
            expected=(status,),
            layer=layer,
            gateway=(200, 401, 403) if status == 200 else (401, 403),
        )

    yield scoped("D24", "scope-missing", "no scope on a scoped route", {"scope": ABSENT}, "scope_missing", 403)
    yield scoped("D24", "scope-empty", "empty scope on a scoped route", {"scope": ""}, "scope_missing", 403)
    for name, value in {"list": [SCOPE], "null": None, "number": 5, "object": {SCOPE: True}, "true": True}.items():
        yield scoped("D26", f"scope-{name}", f"scope is a {name}", {"scope": value}, "claims_invalid", 401)
    for name, separator, reason, status in (
        ("tab", "\t", "scope_missing", 403),
        ("newline", "\n", "scope_missing", 403),
        ("comma", ",", "scope_missing", 403),
        ("nbsp", "\u00a0", "scope_missing", 403),
        ("plus", "+", "scope_missing", 403),
        ("vertical-tab", "\v", "scope_missing", 403),
        ("double-space", "  ", None, 200),
        ("space", " ", None, 200),
    ):
        scope = f"openid{separator}{SCOPE}{separator}email"
        yield scoped(
            "D27", f"scope-by-{name}", f"scopes separated by {name.replace('-', ' ')}", {"scope": scope}, reason, status
        )
    for name, scope in {"prefix": SCOPE[:-1], "suffixed": f"{SCOPE}x", "upper-case": SCOPE.upper()}.items():
        yield scoped("D27", f"scope-{name}", f"scope {name}", {"scope": scope}, "scope_missing", 403)
    for name, value in {"string": SCOPE, "list": [SCOPE]}.items():
        yield scoped(
            "D28",
            f"scp-{name}",
            f"the right scope in scp only, as a {name}",
            {"scope": ABSENT, "scp": value},
            "scope_missing",
            403,
        )
    yield token_case(
        "D29",
        "scope-of-a-password-sign-in",
        "only aws.cognito.signin.user.admin on a scoped route",
        World.access,
        "scope_missing",
        route=REPORTS,
        expected=(403,),
    )
    yield scoped(
        "D29",
        "scopes-of-other-kinds",
        "standard scopes only on a scoped route",
        {"scope": "openid email profile phone aws.cognito.signin.user.admin"},
        "scope_missing",
        403,
    )


def _subject() -> Iterator[Case]:
    for name, value, reason in (
        ("missing", ABSENT, "claims_invalid"),
        *((name, value, "claims_invalid") for name, value in NOT_TEXT.items()),
        ("empty", "", "claims_invalid"),
        ("10-kB", "x" * 10_000, "token_too_large"),
        ("5-kB", "x" * 5_000, "claims_invalid"),
        ("129-characters", "x" * 129, "claims_invalid"),
        ("control-characters", "a\x00b\x1b[2J", "claims_invalid"),
        ("crlf", "a\r\nb", "claims_invalid"),
        ("surrogate", "a\ud800", "claims_invalid"),
    ):
        yield claims_case(
            "D30",
            f"sub-{name}",
            f"sub {name.replace('-', ' ')}",
            {"sub": value},
            reason,
            layer="H",
            unsendable=name == "10-kB",
        )
    machine = {"username": ABSENT}
    yield claims_case(
        "D31",
        "machine",
        "a client-credentials token (no username) on a route for people",
        lambda world: {**machine, "sub": world.client_id},
        "user_required",
        expected=(403,),
        layer="H",
    )
    yield claims_case(
        "D31",
        "machine-group-route",
        "a client-credentials token with a group on a route for a group",
        lambda world: {**machine, "sub": world.client_id, "cognito:groups": ["admin"]},
        "user_required",
        route=ADMIN,
        expected=(403,),
        layer="H",
    )
    yield claims_case(
        "D31",
        "machine-scoped-route",
        "a client-credentials token with the scope",
        lambda world: {**machine, "sub": world.client_id, "scope": SCOPE},
        None,
        route=REPORTS,
        expected=(200,),
        layer="H",
    )
    for name, value in {**NOT_TEXT, "empty": "", "crlf": "a\r\nb", "129-characters": "x" * 129}.items():
        yield claims_case(
            "D31", f"username-{name}", f"username {name}", {"username": value}, "claims_invalid", layer="H"
        )


def _groups() -> Iterator[Case]:
    for name, value in {
        "missing": ABSENT,
        "string": "admin",
        "bracketed-string": "[admin]",
        "nested": [["admin"]],
        "number": [5],
        "null": None,
        "object": {"admin": True},
        "mixed": ["admin", 5],
        "other": ["users"],
        "upper-case": ["Admin"],
        "prefix": ["admi", "adminx", "admin "],
    }.items():
        yield claims_case(
            "D32",
            f"groups-{name}",
            f"cognito:groups {name.replace('-', ' ')} on a route for admin",
            {"cognito:groups": value},
            "group_missing",
            route=ADMIN,
            expected=(403,),
            layer="H",
        )
    for name, group in {
        "space": "x admin",
        "spaces": "x admin y",
        "brackets": "[admin]",
        "closing-bracket": "x] [admin",
        "comma": "x,admin",
    }.items():
        yield claims_case(
            "D33",
            f"group-with-{name}",
            f"a group named {group!r}, which the gateway's text form blurs",
            {"cognito:groups": [group]},
            "group_missing",
            route=ADMIN,
            expected=(403,),
            layer="H",
            claims={"cognito:groups": [group]},
        )


def _payload() -> Iterator[Case]:
    for name, text in {
        "list": b"[]",
        "string": b'"x"',
        "null": b"null",
        "number": b"5",
        "true": b"true",
        "empty": b"",
        "text": b"alice",
    }.items():
        yield token_case(
            "D35",
            f"payload-{name}",
            f"payload is {text.decode() or 'empty'}",
            lambda world, text=text: world.signed(payload=text),
            "token_malformed",
            needs_key=True,
        )
    for name, suffix in {"brace": b"}", "nul": b"\0", "second-object": b"{}", "comma": b","}.items():
        yield token_case(
            "D35",
            f"payload-trailing-{name}",
            f"valid JSON and a trailing {name.replace('-', ' ')}",
            lambda world, suffix=suffix: world.signed(payload=as_json(world.claims()) + suffix),
            "token_malformed",
            needs_key=True,
        )


def _unusual() -> Iterator[Case]:
    """What a pre-token-generation trigger can add or leave out without making the token any less the pool's."""
    for name, changes in {
        "origin-jti-missing": {"origin_jti": ABSENT},
        "auth-time-string": {"auth_time": "yesterday"},
        "500-claims": {f"c{number}": 1 for number in range(500)},
        "proto": {"__proto__": {"username": "root"}, "constructor": {"prototype": {}}},
        "nested": {"address": {"country": {"code": ["DE", {"deep": [[[[]]]]}]}}},
        "non-ascii": {"name": "Zoë 漢字 🦊"},
        "jti-missing": {"jti": ABSENT},
    }.items():
        yield claims_case(
            "D36",
            name,
            f"otherwise valid: {name.replace('-', ' ')}",
            changes,
            None,
            expected=(200,),
            layer="H",
            gateway=(200, 401, 431),
        )
    for name, value in {"number": 5, "null": None, "list": ["x"]}.items():
        yield claims_case("D36", f"jti-{name}", f"jti is a {name}", {"jti": value}, "claims_invalid", layer="H")
