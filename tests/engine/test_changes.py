"""Changes of a deployed stack under the real engine: what is added, removed and replaced, and in which order."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.engine.conftest import Done, Engine
from tests.engine.settings import BASE
from tests.engine.test_lifecycle import _is_reference
from tests.settings.stack import CERTIFICATE, KEY, WEB_ACL

pytestmark = [pytest.mark.acceptance, pytest.mark.usefixtures("leftovers")]

ROUTE = """
ROUTES = table(
    *ROUTES,
    Route(
        key="GET /added",
        call=ROUTES[0].call,
        summary="New",
        response=ROUTES[0].response,
        scopes=("added/things.read",),
        function="added",
    ),
)
"""
ADDED: dict[str, Any] = {
    "otherFunctions": {"added": {"memoryMb": 256}},
    "defaultGroup": "member",
    "groups": ["member"],
    "appClients": [{"name": "nightly", "kind": "machine", "scopes": ["added/things.read"]}],
    "createKmsKey": True,
    "liveAlias": False,
    "signInWebAcl": {"create": True},
}
PARTNER = {"name": "Partner", "type": "saml", "metadataUrl": "https://idp.example.com/metadata.xml"}
PAGE = {"managedLogin": True, "signInCertificateArn": CERTIFICATE}


def changed(engine: Engine, settings: dict[str, Any], **more: Any) -> Done:
    """Deploy other settings; the deployment after it must have nothing to do."""
    engine.configure("changes", {**BASE, **settings, **more})
    done = engine.up("changes")
    assert engine.up("changes").counts.keys() == {"unchanged"}
    return done


@pytest.fixture
def stack(engine: Engine) -> Engine:
    engine.good("stack", "init", "changes")
    return engine


def test_everything_that_can_be_added_can_be_removed(stack: Engine) -> None:
    """A route, scope, function, trigger, client and key, and the alias off and on: nothing of it stays behind."""
    table = stack.program / "handler" / "routes.py"
    plain = table.read_text()
    changed(stack, {})
    before = stack.state("changes")

    table.write_text(plain + ROUTE)
    added = changed(stack, ADDED)
    with_more = stack.state("changes")
    table.write_text(plain)
    removed = changed(stack, {})
    after = stack.state("changes")
    stack.good("destroy", "--stack", "changes", "--yes")

    kinds = {urn.rpartition("::")[0].rpartition("$")[2].rpartition(":")[2] for urn in with_more.keys() - before.keys()}
    assert {"Route", "ResourceServer", "Function", "UserPoolClient", "Key", "Role", "Integration", "WebAcl"} <= kinds
    assert added.counts["created"] == removed.counts["deleted"] - 1 + added.counts.get("deleted", 0)
    assert added.counts["replaced"] == removed.counts["replaced"] == 1  # the permission: its qualifier is another
    assert after.keys() == before.keys()
    kept = {
        f"{urn} {name}"
        for urn, values in after.items()
        for name, value in values.items()
        if before[urn].get(name) != value and not _is_reference(value, name)
    }
    assert kept == set()


def test_one_of_a_kind_is_deleted_before_it_is_made_again(stack: Engine) -> None:
    """A pool has one domain of each kind, one provider of a name and one web ACL: half-way, every later `up` fails."""
    first = {**PAGE, "signInDomain": "login.example.com", "identityProviders": [PARTNER]}
    oidc = {"name": "Partner", "type": "oidc", "clientId": "at-partner", "issuer": "https://idp.example.com"}
    second = {**PAGE, "signInDomain": "id.example.com", "identityProviders": [oidc]}
    second |= {"identityProviderSecrets": {"Partner": "made-up"}, "domainPrefix": "example-moved"}
    first["signInWebAcl"], second["signInWebAcl"] = {"create": True}, {"arn": WEB_ACL}
    changed(stack, first)

    moved = changed(stack, second)
    another_pool = changed(stack, second, emailAsUsername=True)
    stack.good("destroy", "--stack", "changes", "--yes")

    assert moved.counts["replaced"] == 4
    assert moved.counts["deleted"] == 3  # the web ACL that was made, its log and the log's configuration
    assert another_pool.counts["replaced"] >= 5  # the pool, and all that is in it


def test_key_of_the_version_in_service_stays_until_another_takes_its_place(stack: Engine) -> None:
    """Lambda decrypts a version's environment with the key at its publication; the data are encrypted with it too."""
    released = {"deletionProtection": True, "shiftTraffic": True}
    changed(stack, {**released, "createKmsKey": True})

    stack.configure("changes", {**BASE, **released, "kmsKeyArn": KEY})
    at_once = stack.run("preview", "--stack", "changes")
    changed(stack, {**released, "createKmsKey": True, "kmsKeyArn": KEY})
    both = stack.state("changes")
    second = changed(stack, {**released, "kmsKeyArn": KEY})
    changed(stack, {})
    stack.good("destroy", "--stack", "changes", "--yes")

    assert at_once.status != 0
    assert re.search(r"encryption-key.* cannot be deleted|cannot be deleted.*protected", at_once.text, re.DOTALL)
    (function,) = [values for urn, values in both.items() if urn.endswith("::function-function")]
    (policy,) = [values["policy"] for urn, values in both.items() if urn.endswith("::function-policy")]
    assert function["kmsKeyArn"] == KEY
    assert [each["Sid"] for each in json.loads(policy)["Statement"] if each["Action"] == ["kms:Decrypt"]] == [
        "Decrypt",
        "DecryptBefore",
    ]
    assert second.counts["deleted"] == 3  # the key, its policy, and their component
