"""A look at a stack after a deployment: it answers, it refuses, and it is wired as the program says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from proof.access import Access, Table
from proof.client import Answer, Client
from proof.guests import Guests
from proof.sign_in import Tokens, tokens_of
from proof.target import Target
from proof.wiring import UnreadableError, deviations
from stacks.command_line import CommandError

FOREIGN_ORIGIN = "https://foreign.example"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check and how it went; the detail says what was found."""

    name: str
    outcome: Literal["ok", "FAILED", "skipped"]
    detail: str

    def __str__(self) -> str:
        return f"  {self.outcome:<7}  {self.name}: {self.detail}"


def checks(client: Client, target: Target, table: Table, user: tuple[str, str] | None) -> Iterator[Check]:
    """Every check, as it is done. `user` is a name and password; on this machine a user is made without one."""
    for route in table.routes:
        yield from _answers(client, route) if route.public else _refuses(client, route)
    yield from _preflights(client, target, table)
    yield from _wired(target, table)
    if user is not None:
        yield from _of_user(client, target, table, *user)
    elif target.is_local:
        with Guests(target) as guests:
            yield from _of_user(client, target, table, guests.user(), guests.password)
    else:
        yield _skipped("signed-in user", "no --user given")


def _check(name: str, found: str, problem: str = "") -> Check:
    return Check(name=name, outcome="FAILED" if problem else "ok", detail=problem or found)


def _skipped(name: str, why: str) -> Check:
    return Check(name=name, outcome="skipped", detail=why)


def _answers(client: Client, route: Access) -> Iterator[Check]:
    if route.method != "GET" or "{" in route.path:
        yield _skipped(route.key, "public, but a call may change something or needs a real path")
        return
    answer = client.call(route.method, route.path)
    yield _check(route.key, "200", "" if answer.status == 200 else f"must be 200, got {_said(answer)}")


def _refuses(client: Client, route: Access) -> Iterator[Check]:
    for words, headers in (
        ("without a token", []),
        ("with a made-up token", [("Authorization", "Bearer made.up.token")]),
    ):
        answer = client.call(route.method, sample(route), headers)
        problem = ""
        if answer.status != 401:
            problem = f"must be 401, got {_said(answer)}"
        elif answer.layer == "function":
            problem = "401 by the function alone: the gateway let the call through, the route has lost its authorizer"
        yield _check(f"{route.key} {words}", "401 by the gateway", problem)


def _preflights(client: Client, target: Target, table: Table) -> Iterator[Check]:
    route = next((route for route in table.routes if not route.public), table.routes[0])
    name = f"preflight of {route.key}"
    if target.expected is None:
        yield _skipped(f"{name} from the front end", "nobody said which origins are allowed; add: --settings NAME")
        origins: tuple[str, ...] = ()
    else:
        origins = target.expected.origins
    for origin in origins:
        answer = preflight(client, route, origin)
        yield _check(f"{name} from {origin}", "allowed", "" if _allows(answer, route, origin) else _refused(answer))
    for origin in (FOREIGN_ORIGIN, *(f"{origin}.foreign.example" for origin in origins[:1]), "null"):
        answer = preflight(client, route, origin)
        allowed = answer.header("access-control-allow-origin")
        problem = f"must not be allowed, but the API allows {allowed}" if allowed else ""
        yield _check(f"{name} from {origin}", "not allowed", problem)


def preflight(client: Client, route: Access, origin: str) -> Answer:
    """What a browser asks before it lets a page of `origin` call the route with a token."""
    return client.call(
        "OPTIONS",
        sample(route),
        [
            ("Origin", origin),
            ("Access-Control-Request-Method", route.method),
            ("Access-Control-Request-Headers", "authorization"),
        ],
    )


def _allows(answer: Answer, route: Access, origin: str) -> bool:
    headers = (answer.header("access-control-allow-headers") or "").lower()
    methods = answer.header("access-control-allow-methods") or ""
    return (
        answer.status in {200, 204}
        and answer.header("access-control-allow-origin") == origin
        and answer.header("access-control-allow-credentials") is None
        and "authorization" in headers
        and route.method in methods
    )


def _refused(answer: Answer) -> str:
    found = answer.header("access-control-allow-origin") or "no origin"
    return f"must be allowed with its own origin and the Authorization header, got {answer.status}, {found}"


def _wired(target: Target, table: Table) -> Iterator[Check]:
    try:
        found = deviations(target, table)
    except UnreadableError as error:
        yield _check("wiring", "", str(error)) if target.is_local else _skipped("wiring", str(error))
        return
    for deviation in found:
        yield _check("wiring", "", str(deviation))
    if not found:
        count = len(table.routes)
        yield _check("wiring", f"{count} routes and no other, authorizer, CORS and stage as the program says")


def _of_user(client: Client, target: Target, table: Table, name: str, password: str) -> Iterator[Check]:
    try:
        tokens = tokens_of(client, target, name, password)
    except CommandError as error:
        yield _check("sign-in page", "", str(error))
        return
    yield _check("sign-in page", "signs the user in")
    route = next((route for route in table.routes if route.key == "GET /hello"), None)
    if route is None:
        yield _skipped("signed-in user", "the route table has no GET /hello")
        return
    for word, token, expect in (
        ("access", tokens.access, _greeted),
        ("ID", tokens.id, _greeted if target.expected and target.expected.accept_id_tokens else _turned_down),
    ):
        answer = client.call(route.method, route.path, [("Authorization", f"Bearer {token}")])
        found, problem = expect(answer, tokens)
        yield _check(f"{route.key} with the user's {word} token", found, problem)


def _greeted(answer: Answer, tokens: Tokens) -> tuple[str, str]:
    wanted = {"message": "Hello, authenticated user!", "user": tokens.claims.get("username")}
    if answer.status == 200 and answer.members == wanted:
        return f"200 {json.dumps(wanted)}", ""
    return "", f"must be 200 {json.dumps(wanted)}, got {_said(answer)}"


def _turned_down(answer: Answer, _: Tokens) -> tuple[str, str]:
    return "401", "" if answer.status == 401 else f"must be 401, got {_said(answer)}"


def _said(answer: Answer) -> str:
    if answer.status == 0:
        return "no answer"
    return f"{answer.status} {' '.join(answer.text.split())[:120]}".strip()


def sample(route: Access) -> str:
    """The route's path with something in the place of each variable."""
    return "/".join("proof" if part.startswith("{") else part for part in route.path.split("/"))


def run(doing: Iterator[Check], show: Callable[[str], object]) -> int:
    """Show every check as it is done; how many failed."""
    done = []
    for each in doing:
        show(str(each))
        done.append(each.outcome)
    counts = [f"{done.count(word)} {word}" for word in ("ok", "FAILED", "skipped") if word in done]
    show(f"{len(done)} checks: {', '.join(counts)}")
    return done.count("FAILED")
