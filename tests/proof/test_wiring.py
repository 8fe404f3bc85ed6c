"""What a deployed API may differ in from the program, each difference named once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from proof import aws, wiring
from proof.access import Table, Throttle
from proof.target import Target
from proof.wiring import Deployed, UnreadableError, compared, deviations, read
from tests.proof.conftest import Breaker

Change = Callable[[Deployed], Any]


@pytest.fixture(scope="session")
def deployed(target: Target) -> Deployed:
    return read(target)


def route(deployed: Deployed, key: str) -> dict[str, Any]:
    return next(each for each in deployed.routes if each["RouteKey"] == key)


def authorizer(deployed: Deployed) -> dict[str, Any]:
    return next(iter(deployed.authorizers.values()))


def jwt(deployed: Deployed) -> dict[str, Any]:
    return authorizer(deployed)["JwtConfiguration"]


def cors(deployed: Deployed) -> dict[str, Any]:
    return deployed.api["CorsConfiguration"]


def stage(deployed: Deployed) -> dict[str, Any]:
    return deployed.stages["$default"]


def test_good_stack_has_no_deviation(target: Target, table: Table) -> None:
    """Or every run would end in explanations."""
    assert deviations(target, table) == []


def test_drift_is_exactly_what_was_changed(breaker: Breaker, target: Target, table: Table) -> None:
    """Three changes in the console: three lines, none for what they leave as it was."""
    breaker.route("GET /hello", AuthorizationType="NONE")
    breaker.route("GET /reports", AuthorizationScopes=[])
    breaker.jwt(Audience=[target.client_id, "2foreign3456789012345678901"])
    assert [str(each) for each in deviations(target, table)] == [
        "GET /hello: is open: authorization is NONE, the route table says JWT",
        "GET /reports: lacks scope api/reports.read or api/reports.write",
        "authorizer api-jwt: audience 2foreign3456789012345678901 is foreign: no app client in the stack's outputs",
    ]


def test_route_of_nobody_s_is_named(breaker: Breaker, target: Target, table: Table) -> None:
    """What is not in the table does not exist; a proxy path that somebody added by hand reaches the function."""
    breaker.new_route("ANY /{proxy+}")
    assert [str(each) for each in deviations(target, table)] == [
        "ANY /{proxy+}: exists, though the route table has no such route (authorization NONE)"
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda api: api.routes.remove(route(api, "GET /admin")), "GET /admin: is missing"),
        (lambda api: route(api, "GET /hello").pop("AuthorizerId"), "GET /hello: has no authorizer"),
        (
            lambda api: route(api, "GET /hello").update(AuthorizerId="gone"),
            "GET /hello: has an authorizer that is gone",
        ),
        (lambda api: route(api, "GET /hello").update(AuthorizationType="AWS_IAM"), "is not checked as it should be"),
        (lambda api: route(api, "GET /hello").pop("AuthorizationType"), "GET /hello: is open"),
        (lambda api: route(api, "GET /health").update(AuthorizationType="JWT"), "the route table says NONE"),
        (
            lambda api: route(api, "GET /reports").update(AuthorizationScopes=["api/reports.read", "openid"]),
            "GET /reports: is also open to scope openid",
        ),
        (lambda api: route(api, "GET /hello").update(AuthorizationScopes=["x"]), "GET /hello: asks for scope x"),
        (lambda api: route(api, "GET /hello").update(Target="integrations/none"), "does not lead to a function"),
        (
            lambda api: next(iter(api.integrations.values())).update(PayloadFormatVersion="1.0"),
            "GET /admin: does not lead to a function with payload format 2.0",
        ),
        (lambda api: jwt(api).update(Issuer="https://evil.example"), "issuer is https://evil.example"),
        (lambda api: jwt(api).update(Audience=[]), "is missing, the stack's own app client"),
        (lambda api: authorizer(api).update(AuthorizerType="REQUEST"), "type is REQUEST"),
        (lambda api: authorizer(api).update(IdentitySource=["$request.querystring.token"]), "takes the token from"),
        (lambda api: cors(api).update(AllowOrigins=["https://*"]), "any origin is allowed (https://*)"),
        (
            lambda api: cors(api)["AllowOrigins"].append("https://evil.example"),
            "origin https://evil.example is allowed",
        ),
        (lambda api: cors(api).update(AllowHeaders=["*"]), "any header is allowed"),
        (lambda api: cors(api).update(AllowMethods=["*"]), "any method is allowed"),
        (lambda api: cors(api).update(AllowCredentials=True), "credentials are allowed"),
        (lambda api: api.api.pop("CorsConfiguration"), "origin http://localhost:5173 is missing"),
        (lambda api: api.stages.update(beta=stage(api)), "must be $default and no other, got $default, beta"),
        (lambda api: api.stages.clear(), "must be $default and no other, got none"),
        (lambda api: stage(api).pop("DefaultRouteSettings"), "throttle of every route is missing"),
        (
            lambda api: stage(api)["DefaultRouteSettings"].update(ThrottlingRateLimit=0.0),
            "throttle of every route is 0/s, burst 100, not 50/s, burst 100",
        ),
    ],
)
def test_every_kind_of_drift_is_named(
    deployed: Deployed, target: Target, table: Table, change: Change, said: str
) -> None:
    """Each is one click in the console, and opens, closes or breaks something."""
    drifted = copy.deepcopy(deployed)
    change(drifted)
    assert said in "\n".join(map(str, compared(drifted, target, table)))


def test_throttle_of_a_route_is_compared(deployed: Deployed, target: Target, table: Table) -> None:
    """A dear route's own limit is the only thing between it and a loop somewhere."""
    limits = {"GET /hello": Throttle(rate=5, burst=10)}
    routes = tuple(replace(each, throttle=limits.get(each.key, each.throttle)) for each in table.routes)
    limited = replace(table, routes=routes)
    assert [str(each) for each in compared(deployed, target, limited)] == [
        "stage: throttle of GET /hello is missing, not 5/s, burst 10"
    ]


def test_second_client_of_the_outputs_is_no_drift(deployed: Deployed, target: Target, table: Table) -> None:
    """A stack may serve a machine's client too, and says so in its outputs."""
    both = copy.deepcopy(deployed)
    jwt(both)["Audience"].append("machine")
    assert len(list(compared(both, target, table))) == 1
    assert list(compared(both, replace(target, client_ids=(*target.client_ids, "machine")), table)) == []


def test_unknown_settings_leave_only_the_wildcards(deployed: Deployed, target: Target, table: Table) -> None:
    """Which origins are right is not known then; that none may be a wildcard is."""
    wide = copy.deepcopy(deployed)
    cors(wide)["AllowOrigins"] = ["https://other.example", "*"]
    assert [str(each) for each in compared(wide, replace(target, expected=None), table)] == [
        "CORS: any origin is allowed (*)"
    ]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (aws.CommandError("there are no AWS credentials here"), "no AWS credentials"),
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetApi"), "may not read the API"),
        (ClientError({"Error": {"Code": "NotFoundException"}}, "GetApi"), "see no API"),
        (ClientError({"Error": {"Code": "TooManyRequestsException"}}, "GetApi"), "AWS refuses"),
        (EndpointConnectionError(endpoint_url="https://x"), "cannot be asked"),
    ],
)
def test_what_cannot_be_read_is_said(
    target: Target, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    """Whoever has no AWS credentials can still run the rest, and learns what was left out and why."""

    def refuse(*_: object) -> Any:
        raise error

    monkeypatch.setattr(wiring, "client_of", refuse)
    with pytest.raises(UnreadableError, match=said):
        read(target)


def test_deployed_stack_without_credentials_is_said(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 itself would fail much later, in the middle of a call."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    aws._session.cache_clear()
    with pytest.raises(UnreadableError, match="no AWS credentials here"):
        read(replace(target, endpoint=None, api_id="a1b2c3d4e5"))
    with pytest.raises(UnreadableError, match="does not name the API's id"):
        read(replace(target, endpoint=None, api_id=None))
    aws._session.cache_clear()
