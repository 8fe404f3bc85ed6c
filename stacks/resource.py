"""A cloud resource as a program asks for it. This module imports nothing else, so that the policy pack can load it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource's type token, its name in the program, its inputs in Pulumi's camelCase, and the option `protect`."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    protect: bool = False
