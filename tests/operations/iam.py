"""A small evaluator of IAM policies: Allow statements with the operators that the deploying role uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Tags = Mapping[str, str]


@dataclass(frozen=True)
class Call:
    """One request to AWS: the action, the ARN that it acts on, the ARN's tags, and the tags in the request."""

    action: str
    arn: str = "*"
    tags: Tags = field(default_factory=dict)
    request_tags: Tags = field(default_factory=dict)
    context: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.action} on {self.arn}"


def allows(statements: Iterable[Mapping[str, Any]], call: Call, region: str) -> bool:
    """Return whether a statement allows the call; IAM denies everything else."""
    keys = {"aws:RequestedRegion": region, **call.context}
    keys |= {f"aws:ResourceTag/{key}": value for key, value in call.tags.items()}
    keys |= {f"aws:RequestTag/{key}": value for key, value in call.request_tags.items()}
    return any(
        call.action in each["Action"]
        and any(_matches(pattern, call.arn) for pattern in _listed(each["Resource"]))
        and all(_holds(operator, wanted, keys) for operator, wanted in each.get("Condition", {}).items())
        for each in statements
    )


def _holds(operator: str, wanted: Mapping[str, str], keys: Mapping[str, str]) -> bool:
    match operator:
        case "StringEquals":
            return all(keys.get(key) == value for key, value in wanted.items())
        case "StringEqualsIfExists":
            return all(keys.get(key, value) == value for key, value in wanted.items())
    raise AssertionError(f"add the operator {operator} to tests/operations/iam.py")


def _matches(pattern: str, arn: str) -> bool:
    """IAM's wildcards, which also match slashes and colons."""
    parts = (re.escape(part).replace(r"\?", ".") for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), arn) is not None


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
