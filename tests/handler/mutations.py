"""Ways to spoil a token or an event at random, from any source of randomness with `random.Random`'s methods."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from proof.attack.tokens import as_json, decoded, encoded, rs256
from tests.handler.events import http_event
from tests.handler.signing import World, now
from tests.handler.table import ADMIN, HEALTH, HELLO, REPORTS

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
CHARACTERS = f"{ALPHABET}.=+/ ,;:!%\"'\\\0\t\n\u00e9\u2028\u200b\ud800\U0001f98a"
BINDING = ("iss", "token_use", "client_id", "exp", "iat", "sub")
PROTECTED = (HELLO, REPORTS, ADMIN)


class Spoiler:
    """Makes hostile tokens out of a pool's valid ones. None that it returns is valid."""

    def __init__(self, world: World) -> None:
        self._world = world
        hour = now() // 3600 * 3600  # the same tokens all hour long, so that a seed finds the same again
        self._claims = {
            "iat": hour,
            "auth_time": hour,
            "exp": hour + 86_400,
            "jti": "j",
            "origin_jti": "o",
            "event_id": "e",
            "scope": "api/reports.read",
            "cognito:groups": ["admin"],
        }
        self.valid = [world.access(**self._claims, **more) for more in ({}, {"username": "bob"}, {"version": 2})]
        strangers = [world.identity(**self._claims), world.forged(payload=world.claims(**self._claims))]
        self._others = [*self.valid, *strangers, world.other_pool.access(**self._claims)]

    def token(self, random: Random) -> str:
        while True:
            token = random.choice(self.valid)
            for _ in range(random.choice((1, 1, 1, 2, 3))):
                token = random.choice(_SPOILING)(self, random, token)
            # two tokens' segments can meet again: only what is none of the valid ones counts
            if token not in self.valid:
                return token

    # Characters

    def flip_bit(self, random: Random, token: str) -> str:
        at = self._place(random, token)
        return token[:at] + chr(ord(token[at]) ^ 1 << random.randrange(7)) + token[at + 1 :] if token else "."

    def replace_character(self, random: Random, token: str) -> str:
        at = self._place(random, token)
        return token[:at] + random.choice(ALPHABET) + token[at + 1 :]

    def insert(self, random: Random, token: str) -> str:
        at = random.randint(0, len(token))
        return token[:at] + random.choice(CHARACTERS) * random.choice((1, 1, 1, 4, 50)) + token[at:]

    def delete(self, random: Random, token: str) -> str:
        at = self._place(random, token)
        return token[:at] + token[at + random.choice((1, 1, 2, 4, 20, 400)) :]

    def swap_neighbours(self, random: Random, token: str) -> str:
        at = self._place(random, token)
        return token[:at] + token[at : at + 2][::-1] + token[at + 2 :]

    def repeat(self, random: Random, token: str) -> str:
        at = self._place(random, token)
        return token[:at] + token[at : at + random.choice((1, 4, 40, 400))] * 2 + token[at:]

    def _place(self, random: Random, token: str) -> int:
        return random.randrange(len(token)) if token else 0

    # Segments

    def move_segments(self, random: Random, token: str) -> str:
        parts = token.split(".")
        random.shuffle(parts)
        return ".".join(parts[: random.choice((1, 2, 3, 3, 3))])

    def mix_segments(self, random: Random, token: str) -> str:
        parts = token.split(".")
        others = random.choice(self._others).split(".")
        at = random.randrange(3)
        return ".".join([*parts[:at], others[at], *parts[at + 1 :]])

    def repeat_segment(self, random: Random, token: str) -> str:
        parts = token.split(".")
        at = random.randrange(len(parts))
        return ".".join([*parts[:at], parts[at], *parts[at:]])

    def respell(self, random: Random, token: str) -> str:
        """The same bytes in another spelling: spare bits, padding, the standard alphabet."""
        parts = token.split(".")
        at = random.randrange(len(parts))
        part = parts[at]
        if part and part[-1] in ALPHABET and len(part) % 4 and random.random() < 0.5:
            part = part[:-1] + ALPHABET[ALPHABET.index(part[-1]) ^ random.choice((1, 2, 3))]
        else:
            part = random.choice((part + "=", part + "==", part.replace("-", "+"), part.replace("_", "/"), part + "A"))
        return ".".join([*parts[:at], part, *parts[at + 1 :]])

    # Members

    def change_header(self, random: Random, token: str) -> str:
        return self._rewritten(random, token, 0, ("alg", "kid", "typ", "crit", "jwk", "jku", "b64", "x"))

    def change_claims(self, random: Random, token: str) -> str:
        return self._rewritten(random, token, 1, (*BINDING, "aud", "username", "scope", "cognito:groups", "nbf", "x"))

    def _rewritten(self, random: Random, token: str, place: int, names: Sequence[str]) -> str:
        """One member of the header or the payload changed; the old signature, or the attacker's."""
        parts = token.split(".")
        try:
            members = json.loads(decoded(parts[place]))
            members[random.choice(names)] = value(random)
            parts[place] = encoded(as_json(members))
        except (ValueError, TypeError, IndexError):  # spoiled before
            return f"{token}."
        if random.random() < 0.2 and token.isascii():
            return rs256(self._world.attacker, ".".join(parts[:2]))
        return ".".join(parts)

    def sign_wrong_claim(self, random: Random, token: str) -> str:
        """Signed by the pool's own key, but one claim that binds the token has any other value."""
        if random.random() < 0.8:  # signing is slow
            return self.change_claims(random, token)
        name, wrong = random.choice(BINDING), value(random)
        if name == "token_use" and wrong == "access":
            wrong = "Access"
        if name == "sub" and isinstance(wrong, str):  # any other subject would do as well
            wrong = [wrong]
        return self._world.access(**{**self._claims, name: wrong})

    def noise(self, random: Random, _: str) -> str:
        few = "".join(random.choices(CHARACTERS, k=random.randrange(9)))
        return few * random.choice((1, 1, 10, 1_500))


_SPOILING: tuple[Callable[[Spoiler, Random, str], str], ...] = (
    Spoiler.flip_bit,
    Spoiler.flip_bit,
    Spoiler.replace_character,
    Spoiler.insert,
    Spoiler.delete,
    Spoiler.swap_neighbours,
    Spoiler.repeat,
    Spoiler.move_segments,
    Spoiler.mix_segments,
    Spoiler.repeat_segment,
    Spoiler.respell,
    Spoiler.change_header,
    Spoiler.change_claims,
    Spoiler.sign_wrong_claim,
    Spoiler.noise,
)

_ATOMS: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**31, 2**53, 10**30, 1.5, -0.0, 1e300, float("inf"), float("nan")),
    *("", "x", "access", "id", "admin", "RS256", "none", "2.0", HELLO, HEALTH, "Bearer x", "\0", "\ud800"),
)


def value(random: Random, depth: int = 2) -> Any:
    """Any JSON value, and Python's idea of some that JSON has not."""
    kind = random.randrange(6) if depth else 0
    if kind == 4:
        return [value(random, depth - 1) for _ in range(random.randrange(3))]
    if kind == 5:
        return {str(random.choice(_ATOMS)): value(random, depth - 1) for _ in range(random.randrange(3))}
    return random.choice(_ATOMS)


def event(random: Random, token: str) -> Any:
    """An event that holds `token`; as API Gateway writes it, or bent in some places, or anything at all."""
    if random.random() < 0.02:
        return value(random, 4)
    scheme = random.choice(("Bearer ",) * 8 + ("bearer ", "Bearer  ", "", "Basic "))
    made = http_event(
        random.choice(PROTECTED), [("Authorization", scheme + token)], claims={"sub": "x", "cognito:groups": ["admin"]}
    )
    while random.random() < 0.3:
        bend(random, made)
    return made


def bend(random: Random, node: dict[str, Any]) -> None:
    """One member somewhere replaced, taken away or added."""
    while True:
        name = random.choice(sorted(node)) if node else "x"
        if isinstance(node.get(name), dict) and random.random() < 0.7:
            node = node[name]
            continue
        break
    kind = random.randrange(3)
    if kind == 0:
        node.pop(name, None)
    elif kind == 1:
        node[name] = value(random)
    else:
        node[random.choice(("authorization", "authorizer", "body", "headers", "routeKey", "version", "x"))] = value(
            random
        )
