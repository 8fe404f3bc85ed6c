"""Commands on a stack that the real CLI deployed: they read its outputs from there, and nothing of this machine."""

from __future__ import annotations

import json

import pytest

from handler.routes import ROUTES
from tests.engine.conftest import Engine
from tests.engine.settings import BASE

pytestmark = pytest.mark.acceptance

HERE = {**BASE, "packagePlatform": "host"}  # the function runs on this machine's processor
PYTHON = ".venv/bin/python -m"
COMMIT = "git init -q && git add . && git -c user.name=nobody -c user.email=nobody@example.com commit -qm base"


@pytest.mark.usefixtures("leftovers")
def test_preview_smoke_and_attack_of_a_deployed_stack(engine: Engine) -> None:
    """As the workflows type them, and as a reviewer does: each ends well, and has looked at the whole table."""
    engine.good("stack", "init", "deployed", "--no-select")
    engine.configure("deployed", HERE)
    engine.up("deployed")

    smoke = engine.type([f"{PYTHON} proof smoke --stack deployed"])
    # Signing keys and the sign-in page have AWS's addresses, which lead to the emulator here.
    outputs = json.loads(engine.good("stack", "output", "--json", "--stack", "deployed").text)
    endpoint = outputs["apiUrl"].partition("/_aws/")[0]
    outputs |= {"awsEndpointUrl": endpoint, "authDomain": endpoint}
    (engine.program / "outputs.json").write_text(json.dumps(outputs))
    with_user, attack = (
        engine.type([f"{PYTHON} proof {command} --outputs outputs.json --settings deployed"])
        for command in ("smoke", "attack --json attack.json")
    )
    engine.configure("deployed", {**HERE, "selfSignUp": False})
    preview = engine.type([COMMIT, f"{PYTHON} operations preview --stack deployed --base HEAD --to preview.md"])
    engine.good("destroy", "--stack", "deployed", "--yes")

    for done in (smoke, with_user, attack, preview):
        assert done.status == 0, done.text[-3000:]
    for done in (smoke, with_user):
        assert "FAILED" not in done.text
        assert f"wiring: {len(ROUTES)} routes and no other" in done.text
    assert "skipped  signed-in user: no --user given" in smoke.text
    assert "the user's access token: 200" in with_user.text
    summary = json.loads((engine.program / "attack.json").read_text())["summary"]
    assert sum(each["requests"] for each in summary.values()) > 1_000
    assert {each["deviations"] for each in summary.values()} == {0}
    written = (engine.program / "preview.md").read_text()
    assert "~ allowAdminCreateUserOnly: false => true" in written
    assert ("no change in who may call what" in written, ": failed" in written) == (True, False)
