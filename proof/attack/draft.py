"""A token before it is signed. Cases state how it differs from a good one, so that several changes can be combined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from proof.attack.stack import TargetStack
from proof.attack.tokens import Part, as_json, changed, encoded, rs256


@dataclass
class Draft:
    """Header and payload as members or as bytes. `spellings` rewrite a segment (0 or 1) before it is signed."""

    stack: TargetStack
    header: Part
    payload: Part
    spellings: list[tuple[int, Callable[[str], str]]] = field(default_factory=list)

    def signed(self) -> str:
        """Return the token, signed with the pool's key where the run holds it, else with the attacker's."""
        segments = [encoded(part if isinstance(part, bytes) else as_json(part)) for part in (self.header, self.payload)]
        for segment, spell in self.spellings:
            segments[segment] = spell(segments[segment])
        private = self.stack.private
        return rs256(private.access if private else self.stack.attacker, ".".join(segments))


Change = Callable[[Draft], None]


def draft(stack: TargetStack) -> Draft:
    """Return an access token that may call everything."""
    return Draft(stack, stack.header(), stack.claims())


def header(**members: Any) -> Change:
    """Set members of the header; ABSENT removes one, a function receives the draft and returns the value."""

    def change(token: Draft) -> None:
        if not isinstance(token.header, bytes):
            token.header = changed(token.header, _resolved(token, members))

    return change


def claims(**members: Any) -> Change:
    """Set claims, in the same way."""

    def change(token: Draft) -> None:
        if not isinstance(token.payload, bytes):
            token.payload = changed(token.payload, _resolved(token, members))

    return change


def _resolved(token: Draft, members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value(token) if callable(value) else value for name, value in members.items()}


def of_header(member: str, values: Mapping[str, Any]) -> dict[str, Change]:
    """Return a change for each value of one header member, by name."""
    return {name: header(**{member: value}) for name, value in values.items()}


def of_claim(claim: str, values: Mapping[str, Any]) -> dict[str, Change]:
    """Return a change for each value of one claim, by name."""
    return {name: claims(**{claim: value}) for name, value in values.items()}


def header_text(text: bytes) -> Change:
    """Replace the whole header."""
    return lambda token: setattr(token, "header", text)


def payload(text: bytes | Callable[[bytes], bytes]) -> Change:
    """Replace or rewrite the payload's JSON."""

    def change(token: Draft) -> None:
        before = token.payload if isinstance(token.payload, bytes) else as_json(token.payload)
        token.payload = text if isinstance(text, bytes) else text(before)

    return change


def spelled(segment: int, spell: Callable[[str], str]) -> Change:
    """Rewrite the base64url of the header (0) or the payload (1) before the token is signed."""
    return lambda token: token.spellings.append((segment, spell))


def every(*changes: Change) -> Change:
    """Apply several changes in order."""

    def change(token: Draft) -> None:
        for each in changes:
            each(token)

    return change
