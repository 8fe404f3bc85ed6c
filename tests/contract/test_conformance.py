"""Schemathesis tests the running API against its OpenAPI document."""

from __future__ import annotations

import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from contract import openapi
from contract.document import contract
from handler.routes import ROUTES
from local.deployment import Steps, bring_up
from local.emulator import Emulator
from local.users import Users, new_password
from stacks import ROOT
from stacks.engine import Stack
from stacks.routes import MISSING, path_of, public_route, signed_in_route

pytestmark = pytest.mark.acceptance

SCHEMATHESIS = ROOT / ".build" / "schemathesis-venv" / "bin" / "schemathesis"
# API Gateway answers 404, not 405, to a method that no route has: an HTTP API looks up method and path together.
NOT_OURS = "unsupported_method"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with Emulator(0, "us-east-1", tmp_path_factory.mktemp("contract")) as emulator:
        yield bring_up(Stack.load("local"), emulator, Steps(show=lambda _: None))


@pytest.fixture(scope="module")
def described(stack: dict[str, Any]) -> dict[str, Any]:
    return openapi.document(contract(stack, "1.0.0", ROUTES))


@pytest.fixture(scope="module")
def token(stack: dict[str, Any]) -> str:
    """The access token of a user who may call every route."""
    users = Users(stack, new_password())
    users.ensure("sam", stack["signIn"]["groups"])
    return str(users.tokens("sam", stack["scopes"])["access_token"])


@dataclass(frozen=True)
class Run:
    """Schemathesis's output, and the statuses of each operation."""

    passed: bool
    said: str
    answers: dict[str, list[int]]


def run(document: dict[str, Any], folder: Path, *options: str, token: str | None = None, examples: int = 10) -> Run:
    """Run every check of Schemathesis, with the same requests each time."""
    (folder / "openapi.json").write_text(json.dumps(document))
    (folder / "schemathesis.toml").write_text(refusals(document))
    url = document["servers"][0]["url"]
    command = [str(SCHEMATHESIS), "--no-color", "run", "openapi.json", "--url", url, *options]
    command += ["--checks", "all", "--exclude-checks", NOT_OURS, "--max-examples", str(examples), "--seed", "1"]
    command += ["--generation-database", "none", "--request-timeout", "30"]
    command += ["--report", "har", "--report-har-path", "seen.har"]
    command += ["--header", f"Authorization: Bearer {token}"] if token else []
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    answers = defaultdict(list)
    for entry in json.loads((folder / "seen.har").read_text())["log"]["entries"]:
        path = urlsplit(entry["request"]["url"]).path.removeprefix(urlsplit(url).path)
        answers[f"{entry['request']['method']} {template_of(path, document['paths'])}"].append(
            entry["response"]["status"]
        )
    return Run(done.returncode == 0, done.stdout + done.stderr, answers)


def refusals(document: dict[str, Any]) -> str:
    """Return the settings that say where a request by the document may be refused all the same.

    A cursor is a text that only an earlier page can bring, so a made-up one is 400. A route's own failures speak of the
    state of its items.
    """
    lines = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            own = {status for status in ("409", "410", "412", "422") if status in operation["responses"]}
            own |= {"400" for each in operation.get("parameters", ()) if each["name"] == "after"}
            if own:
                accepted = ["2xx", "401", "403", "404", "5xx", *sorted(own)]
                lines += ["[[operations]]", f'include-name = "{method.upper()} {path}"']
                lines.append(f"checks.positive_data_acceptance.expected-statuses = {json.dumps(accepted)}")
    return "\n".join(lines)


def template_of(path: str, templates: Iterable[str]) -> str:
    """Return the document's path that a request was made for."""
    fitting = [each for each in templates if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]*", re.escape(each)), path)]
    return min(fitting, key=lambda each: each.count("{"), default=path)


def test_signed_in_user_meets_nothing_undocumented(described: dict[str, Any], token: str, tmp_path: Path) -> None:
    """The document has every status, header and body, there is no 5xx, and every route was reached."""
    done = run(described, tmp_path, token=token, examples=60)

    assert done.passed, done.said
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            (success,) = (int(status) for status in operation["responses"] if status.startswith("2"))
            reached = {success, 404} if "{" in path else {success}  # made-up ids name nothing
            assert reached & set(done.answers[f"{method.upper()} {path}"]), (method, path)


def test_stranger_meets_nothing_undocumented(described: dict[str, Any], tmp_path: Path) -> None:
    """Without a token a protected route answers 401 to every request."""
    done = run(described, tmp_path, examples=20)

    assert done.passed, done.said
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            key = f"{method.upper()} {path}"
            assert done.answers[key], key
            if operation["security"]:
                assert set(done.answers[key]) == {401}, key


def test_lies_in_the_document_are_found(described: dict[str, Any], tmp_path: Path) -> None:
    """Schemathesis must find errors in a wrong document."""
    document = json.loads(json.dumps(described))
    open_route, closed_route = public_route(ROUTES), signed_in_route(ROUTES)
    assert open_route is not None, MISSING["public"]
    assert closed_route is not None, MISSING["signed-in"]
    document["components"]["schemas"][open_route.response.__name__]["required"].append("missing")
    paths = [path_of(open_route), path_of(closed_route)]
    del document["paths"][paths[1]]["get"]["responses"]["401"]
    done = run(document, tmp_path, "--include-path-regex", f"^({'|'.join(paths)})$", examples=1)

    assert not done.passed
    assert '"missing" is a required property' in done.said
    assert "Received: 401" in done.said
