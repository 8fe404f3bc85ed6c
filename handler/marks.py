"""Marks of a type in `Annotated[...]`: what `handler.bodies` and `handler.parameters` hold a value against.

They stand alone because the modules of routes import them, and a cold start imports those.
"""

from __future__ import annotations

from typing import Annotated


class Mark:
    """Equal to a mark of its own class with the same values: a Length(1, 5) must not pass for a Range(1, 5).

    `typing` keeps types such as `Annotated[...] | None` by equality. Not a dataclass, which costs a cold start 0.4 ms.
    """

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class Length(Mark):
    """The number of characters (Unicode code points) of a string, or of items of a list. Both limits are allowed."""

    def __init__(self, least: int, most: int) -> None:
        self.least = least
        self.most = most


class Range(Mark):
    """The least and the greatest value of a number. Both are allowed."""

    def __init__(self, least: float, most: float) -> None:
        self.least = least
        self.most = most


class Pattern(Mark):
    """A regular expression that a whole string must match. An answer says `rule` after the word "must".

    `expression` must mean the same in Python and ECMA 262: character ranges, no classes and no flags.
    """

    def __init__(self, expression: str, rule: str) -> None:
        self.expression = expression
        self.rule = rule


class Header(Mark):
    """A field of a route's parameters that is a header of the request, under this name."""

    def __init__(self, name: str) -> None:
        self.name = name


# What people type, without characters that take over a terminal or reorder the text around them: control characters
# (C0, C1), line and paragraph separators, and bidirectional embeddings, overrides and isolates.
TEXT = Pattern(
    r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*",
    "be without control characters other than tab and line breaks",
)
LINE = Pattern(r"[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*", "be without control characters")
Uuid = Annotated[
    str,
    Pattern("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "be a UUID in lower-case letters"),
]
