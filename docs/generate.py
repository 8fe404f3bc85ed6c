"""Writes the parts of the documentation that follow from the code: `python -m docs.generate`, or --check."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import yaml

from handler.errors import Refused

DOCS = Path(__file__).parent
ROOT = DOCS.parent


def configuration() -> str:
    """Every key of Pulumi.yaml with its type, default and meaning."""
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    rows = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for key, declared in project["config"].items():
        default = f"`{yaml.safe_dump(declared['default']).splitlines()[0]}`" if "default" in declared else "must be set"
        rows.append(f"| `{key}` | {declared['type']} | {default} | {declared['description']} |")
    return "\n".join(rows)


def refusals() -> str:
    """Every refusal the function has: status, reason code, message, headers, and what it means."""
    rows = ["| status | reason in the log | message | headers | when |", "|---|---|---|---|---|"]
    for refusal in sorted(_leaves(Refused), key=lambda leaf: leaf.status):
        headers = [f"`WWW-Authenticate: {refusal.challenge}`"] if refusal.challenge else []
        headers += [f"`Retry-After: {refusal.retry_after}`"] if refusal.retry_after else []
        meaning = " ".join((refusal.__doc__ or "").split())
        cells = [str(refusal.status), f"`{refusal.reason}`", refusal.message, "<br>".join(headers), meaning]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _leaves(kind: type[Refused]) -> list[type[Refused]]:
    """The refusals that can happen: those with no narrower one."""
    below = kind.__subclasses__()
    return [leaf for sub in below for leaf in _leaves(sub)] if below else [kind]


# Page, marker, and what stands between `<!-- marker -->` and `<!-- end -->` on it.
PARTS: tuple[tuple[str, str, Callable[[], str]], ...] = (
    ("configuration.md", "settings", configuration),
    ("security-model.md", "refusals", refusals),
)


def written(text: str, marker: str, part: str) -> str:
    """The page's text with the part in its place; ValueError if the page lacks the place."""
    before, start, rest = text.partition(f"<!-- {marker} -->\n")
    _, end, after = rest.partition("<!-- end -->")
    if not start or not end:
        raise ValueError(f"the page must hold <!-- {marker} --> and <!-- end -->")
    return f"{before}{start}{part}\n{end}{after}"


def main(arguments: list[str]) -> int:
    """Write every part; with --check only say which pages are out of date, with exit status 1."""
    stale = []
    for name, marker, make in PARTS:
        page = DOCS / name
        text = page.read_text()
        fresh = written(text, marker, make())
        if fresh != text:
            stale.append(name)
            if "--check" not in arguments:
                page.write_text(fresh)
    if stale and "--check" in arguments:
        sys.stderr.write(f"docs: {', '.join(stale)} must follow the code; write anew with: make docs\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
