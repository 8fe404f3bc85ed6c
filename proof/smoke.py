"""Smoke test after a deployment: the stack answers, refuses, and is wired as the program says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from proof.access import Access, Table
from proof.client import Answer, Client
from proof.sign_in import tokens_of
from proof.target import Target
from proof.users import TemporaryUsers
from proof.wiring import UnreadableError, deviations
from stacks.command_line import CommandError
from stacks.routes import MISSING, signed_in_route

FOREIGN_ORIGIN = "https://foreign.example"
_USER = "signed-in user"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check and its outcome; `detail` says what was found, or why the check could not be made."""

    name: str
    outcome: Literal["ok", "FAILED", "skipped"]
    detail: str

    def __str__(self) -> str:
        return f"  {self.outcome:<7}  {self.name}: {self.detail}"


def checks(client: Client, target: Target, table: Table, user: tuple[str, str] | None) -> Iterator[Check]:
    """Yield every check as it is made.

    `user` is a name and a password; without one, a temporary user signs in to a local stack. A check that cannot
    be made is yielded as skipped, with the reason.
    """
    for route in table.routes:
        yield from _check_answer(client, route) if route.public else _check_refusals(client, route)
    yield from _check_preflights(client, target, table)
    yield from _check_wiring(target, table)
    if user is not None:
        yield from _check_user(client, target, table, *user)
    elif target.is_local:
        with TemporaryUsers(target) as users:
            yield from _check_user(client, target, table, users.user(), users.password)
    else:
        yield _skipped(_USER, "no --user given")


def _check(name: str, found: str, problem: str = "") -> Check:
    return Check(name=name, outcome="FAILED" if problem else "ok", detail=problem or found)


def _skipped(name: str, why: str) -> Check:
    return Check(name=name, outcome="skipped", detail=why)


def _check_answer(client: Client, route: Access) -> Iterator[Check]:
    if route.method != "GET" or route.needs_parameters:
        yield _skipped(route.key, "public, but a call may change something or needs a real path")
        return
    answer = client.call(route.method, route.path)
    yield _check(route.key, "200", "" if answer.status == 200 else f"must be 200, got {_summary(answer)}")


def _check_refusals(client: Client, route: Access) -> Iterator[Check]:
    for words, headers in (
        ("without a token", []),
        ("with a made-up token", [("Authorization", "Bearer made.up.token")]),
    ):
        answer = client.call(route.method, sample(route), headers)
        problem = ""
        if answer.status != 401:
            problem = f"must be 401, got {_summary(answer)}"
        elif answer.layer == "function":
            problem = "401 by the function alone: the gateway let the call through, the route has lost its authorizer"
        yield _check(f"{route.key} {words}", "401 by the gateway", problem)


def _check_preflights(client: Client, target: Target, table: Table) -> Iterator[Check]:
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
    """Send the preflight request that a browser sends before a page of `origin` calls the route with a token."""
    return client.call("OPTIONS", sample(route), preflight_headers(route, origin))


def preflight_headers(route: Access, origin: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Origin", origin),
        ("Access-Control-Request-Method", route.method),
        ("Access-Control-Request-Headers", "authorization"),
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


def _check_wiring(target: Target, table: Table) -> Iterator[Check]:
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


def _check_user(client: Client, target: Target, table: Table, name: str, password: str) -> Iterator[Check]:
    try:
        tokens = tokens_of(client, target, name, password)
    except CommandError as error:
        yield _check("sign-in page", "", str(error))
        return
    yield _check("sign-in page", "signs the user in")
    route = signed_in_route(table.routes)
    if route is None:
        yield _skipped(_USER, MISSING["signed-in"])
        return
    accepts_id_tokens = target.expected is not None and target.expected.accept_id_tokens
    for word, token, accepted in (("access", tokens.access, True), ("ID", tokens.id, accepts_id_tokens)):
        answer = client.call(route.method, route.path, [("Authorization", f"Bearer {token}")])
        problem = _not_answered(answer, route) if accepted else "" if answer.status == 401 else "must be 401"
        found = f"{problem}, got {_summary(answer)}" if problem else ""
        yield _check(f"{route.key} with the user's {word} token", "200" if accepted else "401", found)


def _not_answered(answer: Answer, route: Access) -> str:
    """Return what the answer must be and is not: 200 with the members that the route declares."""
    if answer.status == 200 and set(route.answer) <= set(answer.members or ()) and answer.layer == "function":
        return ""
    return f"must be 200 with {', '.join(route.answer)}" if route.answer else "must be 200"


def _summary(answer: Answer) -> str:
    if answer.status == 0:
        return "no answer"
    return f"{answer.status} {' '.join(answer.text.split())[:120]}".strip()


def sample(route: Access) -> str:
    """Return the route's path with a value for each variable."""
    return "/".join("proof" if part.startswith("{") else part for part in route.path.split("/"))


def run(checks: Iterator[Check], show: Callable[[str], object]) -> int:
    """Show every check as it is made, then the counts and the names of those that were skipped.

    Return the number of failed checks.
    """
    outcomes, skipped = [], []
    for check in checks:
        show(str(check))
        outcomes.append(check.outcome)
        skipped += [check.name] if check.outcome == "skipped" else []
    counts = [f"{outcomes.count(word)} {word}" for word in ("ok", "FAILED", "skipped") if word in outcomes]
    names = f" ({'; '.join(skipped)})" if skipped else ""
    show(f"{len(outcomes)} checks: {', '.join(counts)}{names}")
    return outcomes.count("FAILED")
