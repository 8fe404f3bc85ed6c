"""The contract of the running stack: what stands in it, and nothing else, is enough to sign in, call and sign out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from jsonschema import Draft202012Validator

from local.users import SignInPage, Users, sign_in


@pytest.fixture(scope="module")
def files(checkout: Path, outputs: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `python -m contract` writes of the stack that runs."""
    folder = tmp_path_factory.mktemp("contract")
    source = folder / "outputs.json"
    source.write_text(json.dumps(outputs))
    command = [sys.executable, "-m", "contract", "--to", str(folder / "made"), "--outputs", str(source)]
    subprocess.run(command, cwd=checkout, check=True, timeout=60)
    return folder / "made"


def test_contract_is_enough_to_sign_in_and_call(files: Path, users: Users, username: str) -> None:
    """The page's address and what to ask it for from oidc.json, the routes and who may call them from contract.json."""
    oidc = json.loads((files / "oidc.json").read_text())
    contract = json.loads((files / "contract.json").read_text())
    Draft202012Validator(json.loads((files / "contract.schema.json").read_text())).validate(contract)
    users.ensure(username)
    base = oidc["metadata"]["authorization_endpoint"].removesuffix("/oauth2/authorize")
    page = SignInPage(base, oidc["client_id"], oidc["redirect_uri"])
    tokens = sign_in(page, username, users._password, oidc["scope"].split(" "))
    token = {"Authorization": f"Bearer {tokens['access_token']}"}

    def get(path: str, headers: dict[str, str] | None = None) -> int:
        return requests.get(contract["outputs"]["apiUrl"] + path, headers=headers, timeout=30).status_code

    for route in contract["routes"]:
        if route["method"] == "GET" and not any(each["required"] for each in route["parameters"]):
            admitted = route["status"] if not route["groups"] else 403
            assert get(route["path"], token) == admitted, route["key"]
            assert get(route["path"]) == (route["status"] if route["public"] else 401), route["key"]
    who = requests.get(oidc["metadata"]["userinfo_endpoint"], headers=token, timeout=30).json()
    assert who["username"] == username
    assert requests.get(oidc["metadata"]["jwks_uri"], timeout=30).json()["keys"]


def test_sign_out_returns_to_the_page(files: Path) -> None:
    """Cognito's own way, with parameters of its own (LOGOUT endpoint)."""
    oidc = json.loads((files / "oidc.json").read_text())
    answer = requests.get(oidc["signOutUrl"], allow_redirects=False, timeout=30)
    asked = parse_qs(urlsplit(oidc["signOutUrl"]).query)

    assert (answer.status_code, answer.headers["Location"]) == (302, oidc["post_logout_redirect_uri"])
    assert asked == {"client_id": [oidc["client_id"]], "logout_uri": [oidc["post_logout_redirect_uri"]]}
