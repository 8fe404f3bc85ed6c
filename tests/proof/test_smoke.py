"""The smoke test passes on a good stack, and on a broken one says what is broken."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from proof.access import Table
from proof.client import Client
from proof.smoke import Check, checks, run
from proof.target import Target
from tests.handler.table import TABLE
from tests.proof.conftest import Breaker, Run


def failed(client: Client, target: Target, table: Table) -> dict[str, str]:
    """The checks that fail, and what they say."""
    return {check.name: check.detail for check in checks(client, target, table, None) if check.outcome == "FAILED"}


def test_good_stack_passes_every_check(proof: Run) -> None:
    """The day after this fails on a good stack, nobody runs it any more."""
    status, out, err = proof("smoke")
    assert (status, err) == (0, "")
    assert "skipped" not in out
    assert "FAILED" not in out
    for part in (
        "GET /health: 200",
        "GET /admin without a token: 401 by the gateway",
        "GET /reports with a made-up token: 401 by the gateway",
        "from http://localhost:5173: allowed",
        "from null: not allowed",
        f"wiring: {len(TABLE)} routes and no other",
        "GET /hello with the user's access token: 200",
        "GET /hello with the user's ID token: 401",
    ):
        assert part in out
    (count,) = re.findall(r"^(\d+) checks: (\d+) ok$", out, re.MULTILINE)
    assert count[0] == count[1]


def test_route_that_lost_its_authorizer_is_named(
    breaker: Breaker, client: Client, target: Target, table: Table
) -> None:
    """The type is still JWT, so a look at the type alone would find nothing."""
    breaker.route("GET /hello", AuthorizerId="")
    found = failed(client, target, table)
    assert found["wiring"] == "GET /hello: has no authorizer"
    assert "must be 200" in found["GET /hello with the user's access token"]


def test_opened_route_is_named_although_the_function_still_refuses(
    breaker: Breaker, client: Client, target: Target, table: Table, proof: Run
) -> None:
    """From outside the answer is 401 as before; who gave it is the whole difference."""
    breaker.route("GET /reports", AuthorizationType="NONE")
    found = failed(client, target, table)
    assert set(found) == {"GET /reports without a token", "GET /reports with a made-up token", "wiring"}
    assert "the route has lost its authorizer" in found["GET /reports without a token"]
    assert found["wiring"] == "GET /reports: is open: authorization is NONE, the route table says JWT"
    status, out, err = proof("smoke")
    assert status == 1
    assert re.search(r"^\d+ checks: \d+ ok, 3 FAILED$", out, re.MULTILINE)
    assert err == "proof: the stack must pass every check, and fails 3\n"


def test_widened_origins_are_named(breaker: Breaker, client: Client, target: Target, table: Table) -> None:
    """One character in the console, and every page on the web may read what the API says."""
    breaker.cors(AllowOrigins=["*"])
    details = [check for check in checks(client, target, table, None) if check.outcome == "FAILED"]
    assert any(re.fullmatch(r"preflight of .* from https://foreign\.example", check.name) for check in details)
    assert {check.detail for check in details if check.name == "wiring"} == {
        "CORS: any origin is allowed (*)",
        "CORS: origin http://localhost:5173 is missing, which Pulumi.local.yaml allows",
    }


def test_broken_function_is_named(breaker: Breaker, client: Client, target: Target, table: Table) -> None:
    """The gateway still refuses everything as it should; only what is to work does not."""
    breaker.function("def lambda_handler(event, context):\n    raise RuntimeError('broken')\n")
    found = failed(client, target, table)
    assert set(found) == {
        "GET /health",
        "GET /hello with the user's access token",
        "GET /hello with the user's ID token",
    }
    assert re.match(r"must be 200, got 50\d", found["GET /health"])


def test_function_that_says_something_else_is_named(
    breaker: Breaker, client: Client, target: Target, table: Table
) -> None:
    """A 200 is not yet the reply that the route promises; and this one takes any token."""
    breaker.function(
        "def lambda_handler(event, context):\n    return {'statusCode': 200, 'body': '{\"user\": \"root\"}'}\n"
    )
    found = failed(client, target, table)
    assert set(found) == {"GET /hello with the user's access token", "GET /hello with the user's ID token"}
    assert '"user": "root"' in found["GET /hello with the user's access token"]


def test_refused_sign_in_is_a_failed_check(proof: Run) -> None:
    """The other checks have said their part by then."""
    status, out, _ = proof("smoke", "--user", "nobody", "--password", "wrong")
    assert status == 1
    assert re.search(r"FAILED   sign-in page: user nobody must be able to sign in", out)
    assert f"wiring: {len(TABLE)} routes" in out


def test_what_cannot_be_checked_is_said() -> None:
    """A check that was left out in silence is taken for one that passed."""
    shown: list[str] = []
    doing = [
        Check(name="a", outcome="ok", detail="200"),
        Check(name="b", outcome="skipped", detail="why"),
        Check(name="c", outcome="FAILED", detail="what"),
    ]
    assert run(iter(doing), shown.append) == 1
    assert shown == [
        "  ok       a: 200",
        "  skipped  b: why",
        "  FAILED   c: what",
        "3 checks: 1 ok, 1 FAILED, 1 skipped (b)",
    ]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--password", "p"], "--password must come with --user"),
        (["--user", "ada"], "--user must come with --password"),
        (["--settings", "nowhere"], "--settings must be one of"),
        (["--stack", "dev"], "not allowed with"),
    ],
)
def test_bad_arguments_are_one_line(
    proof: Run, arguments: list[str], part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong and what to do, instead of a usage text."""
    monkeypatch.delenv("PROOF_PASSWORD", raising=False)
    status, _, err = proof("smoke", *arguments)
    assert status == 1
    assert err.startswith("proof: ")
    assert err.count("\n") == 1
    assert part in err


def test_table_without_a_route_for_signed_in_users_is_said(client: Client, target: Target, table: Table) -> None:
    """A check that cannot be made must not look like one that passed."""
    others = tuple(route for route in table.routes if route.key != "GET /hello")
    shown: list[str] = []
    run(checks(client, target, replace(table, routes=others), None), shown.append)
    assert any(re.match(r"  skipped +signed-in user: .*no GET route.*any signed-in user", line) for line in shown)
    assert shown[-1].endswith("1 skipped (signed-in user)")
