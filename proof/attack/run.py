"""Send every case to every route that it applies to, and judge the answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from proof.access import Access
from proof.attack import emulator
from proof.attack.case import Case, Request
from proof.attack.stack import CannotTestError, TargetStack, is_plain
from proof.client import Answer, Client
from proof.smoke import sample
from proof.wiring import UnreadableError, deviations

REFUSAL_MOST = 500  # bytes; a refusal has a few dozen
WIRING = "wiring"
VERDICTS = ("deviation", "noted", "skipped", "ok")
# What a refusal must not disclose: an exception, a file, a URL, a token.
_DISCLOSURE = re.compile(r'Traceback|Exception|File "|\.py\b|https?://|eyJ[\w-]{8}')
_PIECE = re.compile(r"[A-Za-z0-9_-]{16,}")


@dataclass(frozen=True, kw_only=True)
class Result:
    """The outcome of one case on one route. `status` and `layer` are None if the case was not sent.

    `problem` says what is wrong and is empty if nothing is; `skipped` says why the case was not sent; `note` says how
    the emulator failed where AWS would refuse.
    """

    route: str
    id: str
    name: str
    title: str
    group: str
    expected: tuple[int, ...] = ()
    status: int | None = None
    layer: str | None = None
    problem: str = ""
    skipped: str = ""
    note: str = ""
    milliseconds: float = 0

    @property
    def verdict(self) -> str:
        """One of VERDICTS."""
        return "deviation" if self.problem else "skipped" if self.skipped else "noted" if self.note else "ok"

    @property
    def case(self) -> str:
        return f"{self.id}-{self.name}"


def attack(
    client: Client, stack: TargetStack, cases: Sequence[Case], progress: Callable[[int, int], object]
) -> Iterator[Result]:
    """Yield the result of every case on every route, then of the comparison of the API's wiring with the table.

    A case for a kind of route that the table does not have is yielded as skipped.

    `progress` receives the number of finished pairs of case and route, and of all pairs.
    """
    for case in cases:
        if not any(map(case.applies_to, stack.table.routes)):
            yield replace(_result("API", case), skipped=f"the route table has no {case.on} route")
    pairs = [(case, route) for case in cases for route in stack.table.routes if case.applies_to(route)]
    for done, (case, route) in enumerate(pairs, 1):
        found = result(client, stack, case, route)
        if found is not None:
            yield found
        progress(done, len(pairs))
    yield from wiring(stack)


def _result(route: str, case: Case) -> Result:
    return Result(route=route, id=case.id, name=case.name, title=case.title, group=case.group)


def wiring(stack: TargetStack) -> Iterator[Result]:
    """Yield a deviation for every difference between the deployed API and the table; one good result if none."""
    title = "the API as API Gateway describes it, against the route table"
    same = Result(route="API", id="F15", name=WIRING, title=title, group=WIRING)
    try:
        found = deviations(stack.target, stack.table)
    except UnreadableError as error:
        yield replace(same, problem=str(error) if stack.target.is_local else "", skipped=str(error))
        return
    if not found:
        yield same
    for deviation in found:
        yield replace(same, route=deviation.subject, problem=deviation.text)


def result(client: Client, stack: TargetStack, case: Case, route: Access) -> Result | None:
    """Send one case to one route. Return None where the case has no request for the route."""
    base = _result(route.key, case)
    try:
        request = case.request(stack, route)
    except CannotTestError as error:
        return replace(base, skipped=str(error))
    if request is None:
        return None
    if route.public and not is_plain(route) and request.method is None:
        return replace(base, skipped=f"{route.key} is public, but a call may change something or needs a real path")
    expected = tuple(dict.fromkeys(case.expects(stack, route)))
    visits = len(stack.canary.visits) if stack.canary else 0
    path = sample(route) if request.path is None else request.path
    answer = client.call(request.method or route.method, path, request.headers, request.body)
    note = emulator.failure(case) if stack.target.is_local and not route.public else ""
    if note and (answer.status, answer.layer) == (500, "gateway"):
        problem = ""
    else:
        problem, note = _problem(stack, case, route, request, answer, expected), ""
    if stack.canary and len(stack.canary.visits) > visits:
        problem = f"a URL in the token was asked for keys; {problem}".rstrip("; ")
    return replace(
        base,
        expected=expected,
        status=answer.status,
        layer=answer.layer,
        problem=problem,
        note=note,
        milliseconds=round(answer.seconds * 1000, 1),
    )


def _problem(
    stack: TargetStack, case: Case, route: Access, request: Request, answer: Answer, expected: tuple[int, ...]
) -> str:
    """Return the most serious thing that is wrong with the answer; an empty text if nothing is."""
    if answer.status not in expected:
        return f"expected {_any_status(expected)}, got {answer.status or 'no answer'}: {_excerpt(answer)}"
    is_usual = route.public and answer.status == 200 and request.method is None
    if is_usual and answer.body != stack.public_answers[route.key]:
        return f"a public route must answer as usual, got: {_excerpt(answer)}"
    for found in (
        case.judge(stack, route, answer) if case.judge else "",
        _disclosure(answer, request),
        _wrong_layer(case, route, answer),
        _missing_header(route, answer),
    ):
        if found:
            return f"{found} ({answer.status}: {_excerpt(answer)})"
    return ""


def _disclosure(answer: Answer, request: Request) -> str:
    sent = [request.path or "", *(value for _, value in request.headers)]
    sent.append((request.body or b"")[:10_000].decode("latin-1"))
    received = "\n".join([answer.text, *(value for _, value in answer.headers)])
    if any(piece in received for text in sent for piece in _PIECE.findall(text)):
        return "the answer repeats what was sent"
    if answer.status >= 400:
        if len(answer.body) > REFUSAL_MOST:
            return f"a refusal must be short, got {len(answer.body)} bytes"
        if _DISCLOSURE.search(answer.text):
            return "a refusal must not tell what is inside"
    return ""


def _wrong_layer(case: Case, route: Access, answer: Answer) -> str:
    if case.by is None or route.public or answer.status < 400:
        return ""
    if case.by == "gateway" and answer.layer == "function":
        return "the gateway let it through, and the function alone refused it"
    if case.by == "function" and answer.layer != "function":
        return "refused for another reason than the one that is tested"
    return ""


def _missing_header(route: Access, answer: Answer) -> str:
    """Return which header every answer of the function must have, and this one lacks."""
    if answer.layer != "function":
        return ""
    expected = route.surface.cache_control if answer.status < 400 else "no-store"
    if answer.header("cache-control") != expected:
        return f"an answer of the function's must have Cache-Control: {expected}"
    # API Gateway gives this header of a function's another name on some kinds of API.
    challenge = answer.header("www-authenticate") or answer.header("x-amzn-remapped-www-authenticate") or ""
    if answer.status == 401 and not challenge.startswith("Bearer"):
        return "a 401 must say WWW-Authenticate: Bearer"
    return ""


def _any_status(statuses: Sequence[int]) -> str:
    return " or ".join(str(status) if status else "no answer" for status in statuses)


def _excerpt(answer: Answer) -> str:
    return " ".join(answer.text.split())[:120] or "no body"
