"""Compare two contracts: a sentence for everything that a front end gains or loses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from proof.access import any_of

Direction = Literal["request", "response"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change, as a sentence without a period. A break takes something away from front ends."""

    text: str
    breaks: bool

    def __str__(self) -> str:
        return self.text


def between(before: Mapping[str, Any], after: Mapping[str, Any], names: Sequence[str] = ()) -> list[Change]:
    """Return every change of outputs and routes, breaks first.

    `names` are all outputs of the program, also those outside of the contract, to recognize a renamed one. Values of
    outputs differ by environment and are not compared. Summaries and descriptions are not compared either.
    """
    found = [*_of_outputs(before["outputs"], after["outputs"], names), *_of_routes(before, after)]
    return sorted(found, key=lambda change: not change.breaks)


def next_version(version: str, changes: Sequence[Change]) -> str:
    """Return the semantic version after these changes; the same one if there are none."""
    major, minor, _ = map(int, version.split("."))
    if any(change.breaks for change in changes):
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if changes else version


def _break(text: str) -> Change:
    return Change(text=text, breaks=True)


def _addition(text: str) -> Change:
    return Change(text=text, breaks=False)


# Outputs


def _of_outputs(before: Mapping[str, Any], after: Mapping[str, Any], names: Sequence[str]) -> Iterator[Change]:
    gone, new = sorted(before.keys() - after.keys()), sorted({*after, *names} - before.keys())
    if len(gone) == len(new) == 1:
        yield _break(f"output {gone[0]} is gone; it seems to be called {new[0]} now")
        new = []
    else:
        yield from (_break(f"output {name} is gone") for name in gone)
    yield from (_addition(f"output {name} is new") for name in new if name in after)
    for name in before.keys() & after.keys():
        yield from _of_value(f"output {name}", before[name], after[name])


def _of_value(place: str, before: Any, after: Any) -> Iterator[Change]:
    was, now = _kind(before), _kind(after)
    if was != now:
        yield _break(f"{place} is {now} now, and was {was}")
    elif isinstance(before, Mapping):
        yield from (_break(f"{place}.{name} is gone") for name in sorted(before.keys() - after.keys()))
        yield from (_addition(f"{place}.{name} is new") for name in sorted(after.keys() - before.keys()))
        for name in sorted(before.keys() & after.keys()):
            yield from _of_value(f"{place}.{name}", before[name], after[name])


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    kinds = {str: "text", int: "a number", float: "a number", list: "a list", dict: "an object", type(None): "null"}
    return kinds[type(value)]


# Routes


def _of_routes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    old, new = ({route["key"]: route for route in contract["routes"]} for contract in (before, after))
    yield from (_break(f"route {key} is gone") for key in old if key not in new)
    yield from (_addition(f"route {key} is new ({new[key]['who']})") for key in new if key not in old)
    for key in old.keys() & new.keys():
        was, now = old[key], new[key]
        yield from _of_access(was, now)
        if was["status"] != now["status"]:
            yield _break(f"{key} answers {now['status']} now, and answered {was['status']}")
        yield from _of_answer_headers(was, now)
        yield from _of_errors(was, now)
        for place, noun in (("path", "path parameter"), ("query", "query parameter"), ("header", "header")):
            parameters = _Bodies(key, "request", before["schemas"], after["schemas"], noun)
            yield from parameters.of_parameters(*(_parameters(route, place) for route in (was, now)))
        for direction in ("request", "response"):
            bodies = _Bodies(key, direction, before["schemas"], after["schemas"], f"{direction} field")
            yield from bodies.of_body(was[direction], now[direction])


def _of_access(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    key = was["key"]
    if was["public"] != now["public"]:
        yield _addition(f"{key} is public now") if now["public"] else _break(f"{key} needs sign-in now ({now['who']})")
        return
    for what in ("scope", "group"):
        old, new = set(was[f"{what}s"]), set(now[f"{what}s"])
        if not old and new:
            yield _break(f"{key} asks for {what} {any_of(new)} now")
        elif old - new and new:
            yield _break(f"{key} is no longer open to {what} {any_of(old - new)}")
        elif old and not new:
            yield _addition(f"{key} no longer asks for {what} {any_of(old)}")
            if what == "scope":
                yield _break(f"{key} is closed to machines now: only a route with scopes is open to them")
        elif new - old:
            yield _addition(f"{key} is open to {what} {any_of(new - old)}, too")


def _of_answer_headers(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    old, new = set(was.get("answerHeaders", ())), set(now.get("answerHeaders", ()))
    yield from (_break(f"{was['key']} no longer sends {name}") for name in sorted(old - new))
    yield from (_addition(f"{was['key']} sends {name} now") for name in sorted(new - old))


def _of_errors(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    """Compare the failures that a route declares. A client has to expect others: the gateway has its own."""
    key = was["key"]
    old, new = ({each["code"]: each["status"] for each in route.get("errors", ())} for route in (was, now))
    yield from (_addition(f"{key} never fails with {code} any more") for code in sorted(old.keys() - new.keys()))
    yield from (_addition(f"{key} may fail with {new[code]} {code} now") for code in sorted(new.keys() - old.keys()))
    for code in sorted(old.keys() & new.keys()):
        if old[code] != new[code]:
            yield _break(f"{key}: {code} has the status {new[code]} now, and had {old[code]}")


def _parameters(route: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return a route's parameters of one place as an object's schema."""
    found = [each for each in route.get("parameters", ()) if each["in"] == place]
    return {
        "properties": {each["name"]: each["schema"] for each in found},
        "required": [each["name"] for each in found if each["required"]],
    }


# Bodies


class _Form(NamedTuple):
    """A resolved schema: the kind of value, whether null is allowed, and the other rules."""

    kind: str
    is_nullable: bool
    rules: Mapping[str, Any]


@dataclass(frozen=True)
class _Bodies:
    """Compare a request or response schema. A response may not add values; a request may not add requirements."""

    key: str
    direction: Direction
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    noun: str  # of a member, in a sentence

    def of_parameters(self, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
        yield from self._of_object("", was, now, frozenset())

    def of_body(self, was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> Iterator[Change]:
        if was is None or now is None:
            if was is not now:
                yield self._appeared_or_gone(is_there=now is not None)
            return
        yield from self._of_schema("", was, now, frozenset())

    def _appeared_or_gone(self, *, is_there: bool) -> Change:
        if self.direction == "request":
            return _break(f"{self.key} {'needs a body now' if is_there else 'takes no body any more'}")
        text = f"{self.key}: the response's type is {'declared now' if is_there else 'no longer declared'}"
        return _addition(text) if is_there else _break(text)

    def _of_schema(self, place: str, was: Any, now: Any, seen: frozenset[tuple[str, str]]) -> Iterator[Change]:
        pair = (json.dumps(was), json.dumps(now))
        if "$ref" in was and "$ref" in now:
            if pair in seen:
                return
            seen |= {pair}
        old, new = _form(was, self.before), _form(now, self.after)
        if old.is_nullable != new.is_nullable:
            yield self._wider(place, "may be null") if new.is_nullable else self._narrower(place, "must not be null")
        if old.kind != new.kind:
            yield self._of_kind(place, old, new)
        elif old.kind == "enum":
            yield from self._of_enum(place, set(old.rules["enum"]), set(new.rules["enum"]))
        elif old.kind == "object":
            yield from self._of_object(place, old.rules, new.rules, seen)
        elif old.kind == "array":
            yield from self._of_bounds(place, old.rules, new.rules)
            yield from self._of_schema(f"{place}[]", old.rules["items"], new.rules["items"], seen)
        elif old.kind == "other" and old.rules != new.rules:
            yield self._break(place, "is of another type")
        else:
            yield from self._of_bounds(place, old.rules, new.rules)

    def _of_kind(self, place: str, old: _Form, new: _Form) -> Change:
        widened = {("integer", "number"), ("enum", "string")}
        words = f"is {_article(new)} now, and was {_article(old)}"
        fits = {"request": (old.kind, new.kind), "response": (new.kind, old.kind)}[self.direction]
        return self._addition(place, words) if fits in widened else self._break(place, words)

    def _of_enum(self, place: str, old: set[Any], new: set[Any]) -> Iterator[Change]:
        for value in sorted(old - new, key=str):
            lost = "must not be" if self.direction == "request" else "is never"
            yield self._break(place, f"{lost} {json.dumps(value)} any more")
        for value in sorted(new - old, key=str):
            yield self._wider(place, f"may be {json.dumps(value)}")

    def _of_object(
        self, place: str, old: Mapping[str, Any], new: Mapping[str, Any], seen: frozenset[tuple[str, str]]
    ) -> Iterator[Change]:
        was, now = old.get("properties", {}), new.get("properties", {})
        below = f"{place}." if place else ""
        for name in was.keys() - now.keys():
            yield self._break(f"{below}{name}", "is refused now" if self.direction == "request" else "is gone")
        for name in now.keys() - was.keys():
            yield self._new_field(f"{below}{name}", is_required=name in new["required"])
        for name in was.keys() & now.keys():
            yield from self._of_need(f"{below}{name}", name in old["required"], name in new["required"])
            yield from self._of_schema(f"{below}{name}", was[name], now[name], seen)
        if "properties" not in old and "properties" not in new:
            yield from self._of_schema(f"{place}{{}}", old["additionalProperties"], new["additionalProperties"], seen)

    def _new_field(self, place: str, *, is_required: bool) -> Change:
        if self.direction == "request" and is_required:
            return self._break(place, "is new and must be given")
        return self._addition(place, "is new")

    def _of_need(self, place: str, was: bool, now: bool) -> Iterator[Change]:
        if was == now:
            return
        if self.direction == "request":
            yield self._break(place, "must be given now") if now else self._addition(place, "may be left out now")
        else:
            yield self._addition(place, "is always there now") if now else self._break(place, "may be missing now")

    def _of_bounds(self, place: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
        """Compare the bounds of a request; those of a response are not promised."""
        if self.direction == "response":
            return
        for rule, words in _BOUNDS.items():
            was, now = old.get(rule), new.get(rule)
            if was == now:
                continue
            least = rule.startswith("min")
            is_narrower = now is not None and (was is None or (now > was if least else now < was))
            said = f"{words.format(now)} now" if now is not None else f"no longer {words.format(was)}"
            yield self._break(place, said) if is_narrower else self._addition(place, said)
        if old.get("pattern") != new.get("pattern"):
            if "pattern" in new:
                yield self._break(place, f"{new.get('description', 'must match another pattern')} now")
            else:
                yield self._addition(place, "may be any text now")

    def _wider(self, place: str, words: str) -> Change:
        """More values are allowed: an addition in a request, a break in a response, whose client does not know them."""
        make = self._addition if self.direction == "request" else self._break
        return make(place, f"{words} now")

    def _narrower(self, place: str, words: str) -> Change:
        if self.direction == "request":
            return self._break(place, f"{words} any more")
        return self._addition(place, "is never null now")

    def _break(self, place: str, words: str) -> Change:
        return _break(self._sentence(place, words))

    def _addition(self, place: str, words: str) -> Change:
        return _addition(self._sentence(place, words))

    def _sentence(self, place: str, words: str) -> str:
        subject = f"{self.noun} {place}" if place else f"the {self.direction}"
        return f"{self.key}: {subject} {words}"


_BOUNDS = {
    "minLength": "must have {} characters at least",
    "maxLength": "must have {} characters at most",
    "minItems": "must have {} items at least",
    "maxItems": "must have {} items at most",
    "minimum": "must be {} at least",
    "maximum": "must be {} at most",
}


def _form(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> _Form:
    if "$ref" in schema:
        return _form(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        others = [each for each in schema["anyOf"] if each != {"type": "null"}]
        if len(others) == 1:
            return _form(others[0], schemas)._replace(is_nullable=True)
        return _Form("other", len(others) < len(schema["anyOf"]), schema)
    return _Form("enum" if "enum" in schema else schema["type"], schema.get("type") == "null", schema)


def _article(form: _Form) -> str:
    kinds = {
        "enum": "one of fixed values",
        "string": "text",
        "boolean": "true or false",
        "integer": "an integer",
        "array": "a list",
        "object": "an object",
        "null": "null",
        "other": "of another type",
    }
    return kinds.get(form.kind, f"a {form.kind}")
