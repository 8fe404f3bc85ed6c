"""Every hostile request that a client can send, against the running stack: gateway and function, as they are wired."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local.emulator import Emulator
from local.provider import client
from proof.attack.tokens import jwk
from tests.handler.case import Case
from tests.handler.corpus import CASES
from tests.handler.signing import World

# Where the emulator's own authorizer fails on a claim or header of the wrong type and answers 500 before the function
# is asked. API Gateway documents 401 for whatever it cannot validate; `tests/handler` holds the function to that.
EMULATOR_FAILS = {
    "A21-header-list",
    "A21-header-null",
    "A21-header-number",
    "A21-header-string",
    "D02-exp-null",
    "D03-exp-list",
    "D03-exp-object",
    "D03-exp-string",
    "D04-exp--1e400",
    "D04-exp--Infinity",
    "D04-exp-1e400",
    "D04-exp-Infinity",
    "D04-exp-NaN",
    "D08-iat-1e400",
    "D08-iat-infinity",
    "D08-iat-list",
    "D08-iat-null",
    "D09-nbf-1e400",
    "D09-nbf-infinity",
    "D09-nbf-list",
    "D09-nbf-null",
    "D35-payload-list",
    "D35-payload-null",
    "D35-payload-number",
    "D35-payload-string",
    "D35-payload-true",
    "R01-header-60-lists",
}

SENDABLE = [case for case in CASES if not case.handler_only]


def pool_world(emulator: Emulator, region: str, pool_id: str, client_id: str, **more: Any) -> World:
    """A running pool with its private keys, which the emulator keeps in files: cases that need them can run too."""
    url = f"{emulator.endpoint}/{pool_id}/.well-known/jwks.json"
    members = requests.get(url, timeout=30).json()["keys"]
    keys, kids = [], []
    for use in ("access", "id"):
        pem = (emulator.scratch / "cognito-pool-keys" / f"{pool_id}-{use}.pem").read_bytes()
        key = load_pem_private_key(pem, None)
        assert isinstance(key, rsa.RSAPrivateKey)
        keys.append(key)
        kids.append(next(each["kid"] for each in members if each["n"] == jwk(key.public_key(), "")["n"]))
    return World(
        region=region,
        pool_id=pool_id,
        client_id=client_id,
        kid=kids[0],
        public_key=keys[0].public_key(),
        key=keys[0],
        id_kid=kids[1],
        id_key=keys[1],
        **more,
    )


@pytest.fixture(scope="session")
def live_world(emulator: Emulator, outputs: dict[str, Any], cognito: Any) -> World:
    """The stack's pool, and another pool beside it."""
    attacker = rsa.generate_private_key(65537, 2048)
    foreign = cognito.create_user_pool(PoolName="another")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(UserPoolId=foreign, ClientName="another")["UserPoolClient"]["ClientId"]
    region = outputs["region"]
    other = pool_world(emulator, region, foreign, client, attacker=attacker)
    pool, own = outputs["userPoolId"], outputs["userPoolClientId"]
    return pool_world(emulator, region, pool, own, attacker=attacker, other=other)


@pytest.fixture(scope="module")
def connection(outputs: dict[str, Any]) -> Iterator[http.client.HTTPConnection]:
    """One connection for all cases: opening one costs more than most cases."""
    opened = http.client.HTTPConnection(urlsplit(outputs["apiUrl"]).netloc, timeout=30)
    yield opened
    opened.close()


def send(
    connection: http.client.HTTPConnection, base: str, case: Case, world: World
) -> tuple[int, dict[str, str], str]:
    """The answer to the case, sent byte by byte as it says: no client library tidies the request up."""
    method, _, target = case.request_line(world).partition(" ")
    body = case.body(world).encode() if case.body is not None else b""
    try:
        connection.putrequest(method, base + target, skip_accept_encoding=True)
        for name, value in case.headers(world):
            connection.putheader(name, value.encode("utf-8"))
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
    except BaseException:
        connection.close()  # the next case opens a new one
        raise
    return response.status, dict(response.getheaders()), text


@pytest.mark.parametrize("case", SENDABLE, ids=str)
def test_live_answer_is_what_the_table_says(
    case: Case, live_world: World, outputs: dict[str, Any], connection: http.client.HTTPConnection
) -> None:
    """What holds in a forged event must hold on the wire, whichever layer is first."""
    base = urlsplit(outputs["apiUrl"]).path
    status, _, text = send(connection, base, case, live_world)
    if str(case) in EMULATOR_FAILS:
        assert status == 500
        assert "requestId" not in text, "the gateway's failure, not the function's"
    else:
        assert status in case.end_to_end, text
    sent = json.dumps([case.request_line(live_world), *case.headers(live_world)])
    for piece in re.findall(r"[A-Za-z0-9_-]{20,}", sent[:50_000]):
        assert piece not in text, "nothing that came in goes out again"


def test_emulator_failures_are_real_cases() -> None:
    """A name that no case has any more would excuse nothing, and hide that it does."""
    assert {str(case) for case in SENDABLE} >= EMULATOR_FAILS


def test_function_log_holds_nothing_of_a_token(
    live_world: World, outputs: dict[str, Any], connection: http.client.HTTPConnection
) -> None:
    """What the function wrote during all of this is read by many more people than the tokens were meant for."""
    base = urlsplit(outputs["apiUrl"]).path
    for case in SENDABLE[:20]:
        send(connection, base, case, live_world)
    logs = client(outputs["awsEndpointUrl"], outputs["region"], "logs")
    lines = [
        event["message"]
        for group in logs.describe_log_groups()["logGroups"]
        for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
    ]
    written = "\n".join(lines)
    assert '"reason"' in written, "there must be something to read"
    assert not re.search(r"eyJ|[A-Za-z0-9_-]{60,}", written)
    assert "alice" not in written
    assert live_world.kid not in written
