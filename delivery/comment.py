"""One comment of a pull request for each stack, written anew by each push; by GitHub's own command, `gh`."""

from __future__ import annotations

import subprocess
from pathlib import Path

from delivery import ROOT, DeliveryError
from delivery.preview import mark_of

_BOT = "github-actions[bot]"  # whose comments a workflow's own token writes


def post(stack: str, pull: int, body: Path) -> str:
    """Write the comment, or over the one of before; what was done."""
    comments = f"repos/{{owner}}/{{repo}}/issues/{pull}/comments"
    # Only the workflow's own: the token may write over anybody's, and anybody may write the mark.
    mine = f'.[] | select(.user.login == "{_BOT}" and (.body | startswith("{mark_of(stack)}"))) | .id'
    found = _gh("api", "--paginate", comments, "--jq", mine).split()
    if found:
        _gh("api", "--method", "PATCH", f"repos/{{owner}}/{{repo}}/issues/comments/{found[0]}", "-F", f"body=@{body}")
        return f"comment {found[0]} is written anew"
    _gh("api", "--method", "POST", comments, "-F", f"body=@{body}")
    return "the comment is written"


def _gh(*arguments: str) -> str:
    try:
        done = subprocess.run(["gh", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    except FileNotFoundError:
        raise DeliveryError("gh must be installed, and on the path") from None
    if done.returncode != 0:
        raise DeliveryError(f"gh must be able to comment, got: {' '.join(done.stderr.split())}")
    return done.stdout
