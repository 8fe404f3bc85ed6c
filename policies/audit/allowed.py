"""The allow-list, `policies/audit/allowed.toml`: the checks that may fail or stay silent, each with its reason."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.rule import ENVIRONMENTS
from stacks import ROOT
from stacks.command_line import CommandError

FILE = ROOT / "policies" / "audit" / "allowed.toml"
KINDS = {"fail": "check", "silent": "check", "unanswered": "call"}  # table of the file, and the key that names


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One exception. `kind` is a key of KINDS.

    With `environments`, it holds only for stacks whose setting `environment` is one of them. With `detail`, a pattern,
    only a finding whose whole text matches is allowed: the check still guards the rest.
    """

    kind: str
    name: str
    reason: str
    environments: tuple[str, ...] = ()
    detail: str | None = None

    def holds_for(self, environment: str) -> bool:
        return not self.environments or environment in self.environments

    def allows(self, detail: str) -> bool:
        return self.detail is None or re.fullmatch(self.detail, detail) is not None


def load(file: Path = FILE) -> list[Entry]:
    """Read the file; CommandError for an entry without a reason, or with an unknown key."""
    try:
        tables = tomllib.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"{file.name} must be TOML, got: {error}") from None
    if unknown := sorted(tables.keys() - KINDS.keys()):
        raise CommandError(f"{file.name} must hold {', '.join(KINDS)} only, got {', '.join(unknown)}")
    return [_entry(file, kind, each) for kind in KINDS for each in tables.get(kind, [])]


def _entry(file: Path, kind: str, values: dict[str, Any]) -> Entry:
    key = KINDS[kind]
    where = f"{file.name}: [[{kind}]] {values.get(key, '')}".rstrip()
    known = {key, "reason", "environments"} | ({"detail"} if kind == "fail" else set())
    if unknown := sorted(values.keys() - known):
        raise CommandError(f"{where} must have {', '.join(sorted(known))} only, got {', '.join(unknown)}")
    name, reason = values.get(key), values.get("reason")
    environments, detail = values.get("environments", []), values.get("detail")
    if not isinstance(name, str) or not name:
        raise CommandError(f"{where} must name its {key}, got {name!r}")
    if not isinstance(reason, str) or not re.fullmatch(r"\S.*\S\.", reason):
        raise CommandError(f"{where} must have a reason, one sentence with its full stop, got {reason!r}")
    if not isinstance(environments, list) or not set(environments) <= set(ENVIRONMENTS):
        raise CommandError(f"{where} must have environments of {', '.join(ENVIRONMENTS)}, got {environments!r}")
    if detail is not None:
        try:
            re.compile(detail)
        except (re.error, TypeError) as error:
            raise CommandError(f"{where} must have a pattern as detail, got {detail!r}: {error}") from None
    return Entry(kind=kind, name=name, reason=reason, environments=tuple(environments), detail=detail)


def as_markdown(entries: list[Entry] | None = None) -> str:
    """Return the allow-list as the documentation shows it."""
    said = {"fail": "fails", "silent": "finds nothing to judge", "unanswered": "is not answered"}
    rows = ["| check or call | | environment | why |", "|---|---|---|---|"]
    for entry in load() if entries is None else entries:
        where = ", ".join(f"`{each}`" for each in entry.environments) or "everywhere"
        only = "; only as its entry's `detail` says" if entry.detail else ""
        rows.append(f"| `{entry.name}` | {said[entry.kind]} | {where}{only} | {entry.reason} |")
    return "\n".join(rows)
