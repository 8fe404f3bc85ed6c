"""The policy pack in the real engine: `pulumi preview --policy-pack policies`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.conftest import Engine
from tests.engine.settings import BASE
from tests.settings.stack import GOOGLE

pytestmark = pytest.mark.acceptance

SECRETS: dict[str, Any] = {
    "identityProviders": GOOGLE,
    "identityProviderSecrets": {"Google": "made-up-secret-of-google"},
    "logSubjectSalt": "0123456789abcdef0123456789abcdef",
}
PACK = ("--policy-pack", "policies")


def test_pack_judges_a_stack_with_secrets(engine: Engine) -> None:
    """The engine sends the configuration decrypted; the pack must start, see no secret in plain, and repeat none."""
    engine.good("stack", "init", "judged")
    engine.configure("judged", {**BASE, **SECRETS})

    advised = engine.good("preview", "--stack", "judged", *PACK)
    engine.configure("judged", {**BASE, **SECRETS, "environment": "staging", "mfa": "off"})
    stopped = engine.run("preview", "--stack", "judged", *PACK)

    assert "secure-serverless-api@v0.1.0" in advised.text
    assert "[advisory]" in advised.text
    assert stopped.status != 0
    assert "[mandatory]" in stopped.text
    assert "COG-MFA" in stopped.text
    for done in (advised, stopped):
        assert SECRETS["logSubjectSalt"] not in done.text
        assert "made-up-secret-of-google" not in done.text


def test_preview_that_fails_says_why(engine: Engine) -> None:
    """The job's last line must name the reason, and its remedy the stack: nobody has selected it."""
    preview = ".venv/bin/python -m operations preview --stack judged --base main --to preview.md"
    engine.good("stack", "init", "judged", "--no-select")
    engine.configure("judged", {**BASE, "throttleRate": "lots", "domainPrefix": None})

    refused = engine.type([preview])
    (engine.program / ".build").unlink()
    (engine.program / ".build").mkdir()
    without = engine.type([preview])
    by_hand = engine.run("preview", "--stack", "judged", *PACK)

    assert refused.status == without.status == 1
    last = refused.text.splitlines()[-1]
    assert last.startswith(
        "operations: the preview of stack judged must succeed, got: error: stack judged must change 2"
    )
    assert (
        'throttleRate: must be a whole number, got "lots" (set it with: pulumi config set --stack judged'
        in refused.text
    )
    assert "domainPrefix: must be set (set it with: pulumi config set --stack judged domainPrefix" in refused.text
    assert without.text.splitlines()[-1].endswith("make it with: make policies")
    assert by_hand.status != 0
    assert "policies-venv must be a virtual environment" in by_hand.text
