"""Random requests of one user, to be searched for one that reaches another user's item or breaks a route.

The routes keep items as a file system keeps files, under `/<owner>/<id>`, and resolve dots and slashes: a parameter
that kept one of them would climb to another user's items.
"""

from __future__ import annotations

import json
import posixpath
from dataclasses import dataclass, field
from random import Random
from typing import Annotated, Any, NotRequired, TypedDict

from handler import etags, pages
from handler.bodies import Length, Range
from handler.marks import TEXT
from handler.parameters import Header, declared
from handler.route import Answer, Caller, Request, Route, table
from handler.route_errors import Conflict, NotFound, PreconditionFailed
from tests.handler.events import bearer, http_event
from tests.handler.mutations import bend, value
from tests.handler.signing import World, now
from tests.handler.table import MAKE, PART, TABLE

ALICE, BOB = "aaaaaaaa-1111-4111-8111-111111111111", "bbbbbbbb-2222-4222-8222-222222222222"
SECRET = "only for bob"
MOST = 200  # items that ALICE may keep

LIST, SHOW, KEEP, DROP = "GET /items", "GET /items/{id}", "PUT /items/{id}", "DELETE /items/{id}"


@dataclass(frozen=True)
class ItemAt:
    id: str
    version: Annotated[str | None, Header("If-Match")] = None


@dataclass(frozen=True)
class NewAt:
    id: Annotated[str, Length(1, 80)]
    replace: bool = False


@dataclass(frozen=True)
class Page:
    limit: Annotated[int, Range(1, 50)] = 20
    after: Annotated[str, Length(1, pages.LIMIT)] | None = None
    tag: Annotated[list[str], Length(0, 5)] = field(default_factory=list)


@dataclass(frozen=True)
class New:
    text: Annotated[str, Length(1, 100), TEXT]


class Item(TypedDict):
    id: str
    text: str


class Listed(TypedDict):
    items: list[Item]
    next: NotRequired[str]


@dataclass
class Store:
    """The items of both users, by path."""

    texts: dict[str, str] = field(default_factory=dict)

    def path(self, request: Request[Any], item: str) -> str:
        return posixpath.normpath(f"/{request.user.sub}/{item}")

    def show(self, request: Request[None], at: ItemAt) -> Item:
        text = self.texts.get(self.path(request, at.id))
        if text is None:
            raise NotFound
        return {"id": at.id, "text": text}

    def keep(self, request: Request[New], at: NewAt) -> Answer[Item]:
        path = self.path(request, at.id)
        if path in self.texts and not at.replace:
            raise Conflict
        if len(self.texts) > MOST:
            self.texts = {path: text for path, text in self.texts.items() if not path.startswith(f"/{ALICE}/")}
        self.texts[path] = request.body.text
        return Answer({"id": at.id, "text": request.body.text}, location="/items/kept")

    def drop(self, request: Request[None], at: ItemAt) -> None:
        text = self.show(request, at)["text"]
        if at.version is not None and not etags.matches(at.version, etags.digest(text)):
            raise PreconditionFailed
        del self.texts[self.path(request, at.id)]

    def list(self, request: Request[None], page: Page) -> Listed:
        start = "" if page.after is None else pages.position(request, page.after)
        own = f"/{request.user.sub}/"
        found = sorted(path.removeprefix(own) for path in self.texts if path.startswith(own))
        found = [each for each in found if each > start][: page.limit + 1]
        items: list[Item] = [{"id": each, "text": self.texts[own + each]} for each in found[: page.limit]]
        if len(found) <= page.limit:
            return {"items": items}
        return {"items": items, "next": pages.cursor(request, items[-1]["id"])}

    def routes(self) -> tuple[Route, ...]:
        """Return these routes, and those of the tests' table that have parameters."""
        return table(
            Route(key=LIST, call=self.list, summary="Lists", parameters=Page, response=Listed),
            Route(
                key=SHOW,
                call=self.show,
                summary="Shows",
                parameters=ItemAt,
                response=Item,
                errors=(NotFound,),
                answer_headers=("ETag",),
            ),
            Route(
                key=KEEP,
                call=self.keep,
                summary="Keeps",
                parameters=NewAt,
                request=New,
                response=Item,
                status=201,
                errors=(Conflict,),
                answer_headers=("Location",),
            ),
            Route(
                key=DROP,
                call=self.drop,
                summary="Drops",
                parameters=ItemAt,
                response=None,
                status=204,
                errors=(NotFound, PreconditionFailed),
            ),
            *(route for route in TABLE if route.key in {PART, MAKE}),
        )


class ParameterSearch:
    """Requests with ALICE's token; each is repeatable by seed and number, but for what earlier ones stored."""

    def __init__(self, world: World) -> None:
        hour = now() // 3600 * 3600  # the same token all hour long, so that a seed finds the same again
        self.token = world.access(sub=ALICE, iat=hour, auth_time=hour, exp=hour + 86_400)
        self.store = Store({f"/{BOB}/b{number}": f"{SECRET} {number}" for number in range(3)})
        self._of_bob = dict(self.store.texts)
        self.store.texts |= {f"/{ALICE}/a{number}": "hers" for number in range(9)}
        self.routes = self.store.routes()

    def request(self, seed: int, number: int) -> tuple[str, Any]:
        random = Random(f"{seed}:{number}")  # noqa: S311 - to be repeated, not to be secret
        route = random.choice(self.routes)
        method, _, path = route.key.partition(" ")
        segments = [_text(random, _GOOD) if part.startswith("{") else part for part in path.split("/")]
        names = [each.name for each in declared(route.parameters, route.key) if each.place == "query"]
        names = [random.choice(names if names and random.random() < 0.9 else _STRAYS) for _ in range(_few(random))]
        query = "&".join(f"{name}={_text(random, _VALUES.get(name, _GOOD))}" for name in names)
        if random.random() < 0.2:
            at = random.randint(0, len(query))
            query = query[:at] + random.choice(_ATOMS) + query[at:]
        target = "/".join(segments).replace("?", "%3F") + (f"?{query}" if query else "")
        headers = [*bearer(self.token), ("Content-Type", "application/json")]
        headers += [(name, _text(random, _GOOD)) for name in ("If-Match", "X-Trace") if random.random() < 0.2]
        body = _body(random) if route.request is not None or random.random() < 0.05 else None
        claims = {"sub": BOB}  # the function must take the caller from the token
        made = http_event(route.key, headers, claims=claims, request=f"{method} {target}", body=body)
        while random.random() < 0.1:
            bend(random, made)
        return self.token, made

    def fault(self, _: Any, token: str, response: Any, line: str) -> str | None:
        """Return what is wrong with an answer, if anything is."""
        if response["statusCode"] >= 500:
            return f"answered with {response['statusCode']}: {line}"
        if SECRET in json.dumps(response):
            return "reached another user's item"
        if any(self.store.texts.get(path) != text for path, text in self._of_bob.items()):
            return "changed another user's item"
        if line.count("\n") != 1 or len(line) > 400 or SECRET in line:
            return f"logged {line!r}"
        return "gave the token away" if token in response["body"] else None


def _text(random: Random, good: tuple[str, ...]) -> str:
    text = random.choice(good if random.random() < 0.8 else _ATOMS)
    while random.random() < 0.35:
        at = random.randint(0, len(text))
        text = text[:at] + random.choice(_ATOMS) + text[at + random.choice((0, 0, 1)) :]
    return text


def _body(random: Random) -> str:
    if random.random() < 0.2:
        return json.dumps(value(random, 3))
    more = {"owner": BOB} if random.random() < 0.1 else {}
    return json.dumps({"text": _text(random, ("x", "milk")), **more})


def _few(random: Random) -> int:
    return random.choice((0, 0, 1, 1, 2, 4))


def _cursor(sub: str, position: str) -> str:
    caller = Caller(sub, None, "", frozenset(), frozenset())
    return pages.cursor(Request({"routeKey": LIST}, caller, None), position)


_GOOD = ("a1", "a2", "a3", "a7", "7", "1", "20", "true", "up", "7d1c5f3a-0b1e-4d52-9a53-0123456789ab", "new", "taken")
_STRAYS = ("id", "sub", "owner", "limit", "")
_VALUES: dict[str, tuple[str, ...]] = {
    "limit": ("1", "2", "20"),
    "replace": ("true",),
    "exact": ("true", "false"),
    "sort": ("up",),
    "ratio": ("1.5",),
    "batch": ("7d1c5f3a-0b1e-4d52-9a53-0123456789ab",),
    "since": ("2026-11-22T20:44:00Z",),
    "after": tuple(_cursor(who, at) for who in (ALICE, BOB) for at in ("a3", f"../{BOB}/", "b0")),
}
_ATOMS = (
    *(BOB, f"..%2f{BOB}%2fb1", f"../{BOB}/b1", f"..%5C{BOB}%5Cb1", f"%2e%2e%2f{BOB}%2fb0", f"..%252f{BOB}%252fb1"),
    *("..", ".", "%2e%2e", "%2f", "%2F", "/", "//", "\\", "%5c", "%00", "\0", "%0d%0a", "\n", "%7f", "%25", "%", "%2"),
    *("%zz", "%ff", "%c0%ae", "%c0%af", "%ed%a0%80", "\u00fc", "%C3%BC", "\u202e", "\uff0f", "\U0001f98a", "\ud800"),
    *(
        "+",
        "%20",
        " ",
        ",",
        ";",
        "&",
        "=",
        "#",
        "?",
        "*",
        "'",
        '"',
        "[]",
        "{}",
        "null",
        "NaN",
        "-1",
        "01",
        "1e9",
        "1.50",
    ),
    *("9" * 30, "a" * 300, "sub=", f"&owner={BOB}", "&limit=1&limit=2", "&after=", "b0", "b1", "W/", '"*"'),
)
