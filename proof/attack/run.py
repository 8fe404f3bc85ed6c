"""Sends every case to every route it applies to, and judges the answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from proof.access import Access
from proof.attack.case import Case, Shot
from proof.attack.world import CannotTestError, World, is_plain
from proof.client import Answer, Client
from proof.smoke import sample
from proof.wiring import UnreadableError, deviations

REFUSAL_MOST = 500  # bytes; a refusal has a few dozen
WIRING = "wiring"
VERDICTS = ("deviation", "noted", "skipped", "ok")
# What a refusal must not tell: an exception, a file, an address, a token.
_TELLTALE = re.compile(r'Traceback|Exception|File "|\.py\b|https?://|eyJ[\w-]{8}')
_PIECE = re.compile(r"[A-Za-z0-9_-]{16,}")


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of one case on one route. `status` and `layer` are None for what was not sent.

    `problem` says what is wrong and is empty if nothing is; `skipped` why the case was not sent; `note` how the
    emulator failed where AWS would refuse.
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
    client: Client, world: World, cases: Sequence[Case], progress: Callable[[int, int], object]
) -> Iterator[Result]:
    """The result of every case on every route, then of the comparison of the API's wiring with the table.

    `progress` is told how many pairs of case and route are done, and of how many.
    """
    pairs = [(case, route) for case in cases for route in world.table.routes if case.on == "every" or not route.public]
    for done, (case, route) in enumerate(pairs, 1):
        result = _result(client, world, case, route)
        if result is not None:
            yield result
        progress(done, len(pairs))
    yield from wiring(world)


def wiring(world: World) -> Iterator[Result]:
    """A deviation for every difference between the deployed API and the table; or that there is none."""

    def result(route: str, problem: str = "", skipped: str = "") -> Result:
        title = "the API as API Gateway describes it, against the route table"
        return Result(route=route, id="F15", name=WIRING, title=title, group=WIRING, problem=problem, skipped=skipped)

    try:
        found = deviations(world.target, world.table)
    except UnreadableError as error:
        yield result("API", "" if not world.target.is_local else str(error), str(error))
        return
    if not found:
        yield result("API")
    for deviation in found:
        yield result(deviation.subject, deviation.text)


def _result(client: Client, world: World, case: Case, route: Access) -> Result | None:
    def result(**found: object) -> Result:
        about = {"route": route.key, "id": case.id, "name": case.name, "title": case.title, "group": case.group}
        return Result(**{**about, **found})  # type: ignore[arg-type]

    try:
        shot = case.shot(world, route)
    except CannotTestError as error:
        return result(skipped=str(error))
    if shot is None:
        return None
    if route.public and not is_plain(route) and shot.method is None:
        return result(skipped=f"{route.key} is public, but a call may change something or needs a real path")
    expected = tuple(dict.fromkeys(case.expects(world, route)))
    visits = len(world.canary.visits) if world.canary else 0
    answer = _sent(client, route, shot)
    note = ""
    if case.errs and world.target.is_local and not route.public and (answer.status, answer.layer) == (500, "gateway"):
        problem, note = "", f"the emulator's gateway {case.errs}"
    else:
        problem = _problem(world, case, route, shot, answer, expected)
    if world.canary and len(world.canary.visits) > visits:
        problem = f"an address that the token names was asked for keys; {problem}".rstrip("; ")
    return result(
        expected=expected,
        status=answer.status,
        layer=answer.layer,
        problem=problem,
        note=note,
        milliseconds=round(answer.seconds * 1000, 1),
    )


def _sent(client: Client, route: Access, shot: Shot) -> Answer:
    path = sample(route) if shot.path is None else shot.path
    return client.call(shot.method or route.method, path, shot.headers, shot.body)


def _problem(world: World, case: Case, route: Access, shot: Shot, answer: Answer, expected: tuple[int, ...]) -> str:
    """The gravest thing that is wrong with the answer; empty if nothing is."""
    if answer.status not in expected:
        return f"expected {_any_status(expected)}, got {answer.status or 'no answer'}: {_excerpt(answer)}"
    is_usual = route.public and answer.status == 200 and shot.method is None
    if is_usual and answer.body != world.public_answers[route.key]:
        return f"a public route must answer as usual, got: {_excerpt(answer)}"
    for found in (
        case.judge(world, route, answer) if case.judge else "",
        _told_by(answer, shot),
        _of_wrong_layer(case, route, answer),
        _of_function(answer),
    ):
        if found:
            return f"{found} ({answer.status}: {_excerpt(answer)})"
    return ""


def _told_by(answer: Answer, shot: Shot) -> str:
    """What an answer tells that it must not."""
    sent = [shot.path or "", *(value for _, value in shot.headers), (shot.body or b"")[:10_000].decode("latin-1")]
    said = "\n".join([answer.text, *(value for _, value in answer.headers)])
    if any(piece in said for text in sent for piece in _PIECE.findall(text)):
        return "the answer repeats what was sent"
    if answer.status >= 400:
        if len(answer.body) > REFUSAL_MOST:
            return f"a refusal must be short, got {len(answer.body)} bytes"
        if _TELLTALE.search(answer.text):
            return "a refusal must not tell what is inside"
    return ""


def _of_wrong_layer(case: Case, route: Access, answer: Answer) -> str:
    if case.by is None or route.public or answer.status < 400:
        return ""
    if case.by == "gateway" and answer.layer == "function":
        return "the gateway let it through, and the function alone refused it"
    if case.by == "function" and answer.layer != "function":
        return "refused for another reason than the one that is tested"
    return ""


def _of_function(answer: Answer) -> str:
    """What every answer of the function's has."""
    if answer.layer != "function":
        return ""
    if "no-store" not in (answer.header("cache-control") or ""):
        return "an answer of the function's must not be stored by a cache"
    # API Gateway gives this header of a function's another name on some kinds of API.
    challenge = answer.header("www-authenticate") or answer.header("x-amzn-remapped-www-authenticate") or ""
    if answer.status == 401 and not challenge.startswith("Bearer"):
        return "a 401 must say WWW-Authenticate: Bearer"
    return ""


def _any_status(statuses: Sequence[int]) -> str:
    return " or ".join(str(status) if status else "no answer" for status in statuses)


def _excerpt(answer: Answer) -> str:
    return " ".join(answer.text.split())[:120] or "no body"
