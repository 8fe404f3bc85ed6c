"""The OpenAPI document: valid, with every response of both layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, TypedDict

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from contract import openapi
from contract.document import contract
from handler.errors import Refused, ValueRefused
from handler.marks import Header, Length, Range
from handler.route import Route
from handler.route_errors import Conflict, NotFound, RouteError


@dataclass(frozen=True)
class Change:
    text: str


@dataclass(frozen=True)
class ThingAt:
    id: Annotated[str, Length(1, 9)]
    tag: list[str] = field(default_factory=list)
    limit: Annotated[int, Range(1, 50)] = 10
    version: Annotated[str | None, Header("If-Match")] = None


class ThingMissing(NotFound):
    reason = "thing_missing"
    message = "There is no such thing"


class Thing(TypedDict):
    id: str


def nothing(_: Any) -> Thing:
    return {"id": ""}


TABLE = (
    Route(key="GET /open", call=nothing, summary="Open", response=Thing, public=True),
    Route(
        key="GET /things/{id}",
        call=nothing,
        summary="Reads",
        parameters=ThingAt,
        response=Thing,
        scopes=("api/a", "api/b"),
        errors=(ThingMissing,),
        answer_headers=("ETag",),
    ),
    Route(
        key="PUT /things/{id}",
        call=nothing,
        summary="Writes",
        parameters=ThingAt,
        request=Change,
        response=Thing,
        groups=("admin",),
        errors=(Conflict,),
    ),
    Route(key="DELETE /things", call=nothing, summary="Removes", response=None, status=204),
    Route(key="POST /things", call=nothing, summary="Makes", request=Change, response=Thing, status=201),
)


@pytest.fixture
def made(outputs: dict[str, Any]) -> dict[str, Any]:
    return openapi.document(contract({**outputs, "routes": [each.key for each in TABLE]}, "1.2.3", TABLE))


def refusals(kind: type[Refused] = Refused) -> Iterator[type[Refused]]:
    """Yield every refusal that has no subclass."""
    below = [each for each in kind.__subclasses__() if each is not RouteError]  # each route documents its own
    for each in below:
        yield from refusals(each)
    if not below:
        yield kind


def resolved(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in value:
        return value
    for name in value["$ref"].removeprefix("#/").split("/"):
        document = document[name]
    return document


def test_document_is_openapi(made: dict[str, Any], document: dict[str, Any]) -> None:
    """A table with every feature and the tests' shared table both give valid documents."""
    for each in (made, openapi.document(document)):
        assert list(OpenAPIV31SpecValidator(each).iter_errors()) == []
    broken = {**made, "paths": {"/open": {"get": {"responses": {"200": {}}}}}}
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def test_document_names_server_and_version(made: dict[str, Any], outputs: dict[str, Any]) -> None:
    """A generated client needs no further configuration."""
    assert made["servers"] == [{"url": outputs["apiUrl"]}]
    assert made["info"]["version"] == "1.2.3"


def test_every_refusal_of_the_function_is_documented(made: dict[str, Any]) -> None:
    """Clients must know every status and header."""
    operations = [operation for path in made["paths"].values() for operation in path.values()]
    seen = 0
    for refusal in refusals():
        statuses = [operation["responses"].get(str(refusal.status)) for operation in operations]
        answers = [resolved(made, each) for each in statuses if each]
        assert answers, refusal
        for answer in answers:
            headers = set(answer["headers"])
            assert refusal.challenge is None or "WWW-Authenticate" in headers, refusal
            assert refusal.retry_after is None or "Retry-After" in headers, refusal
            body = answer["content"]["application/json"]["schema"]
            body = next((each for each in body.get("anyOf", ()) if "$ref" in each), body)
            members = resolved(made, body)["properties"].keys()
            fields = {"in", "field", "rule"} if issubclass(refusal, ValueRefused) else set()
            assert {"message", "requestId", *fields} <= members
        seen += 1
    assert seen > 20


def test_what_the_gateway_answers_by_itself_is_documented(made: dict[str, Any]) -> None:
    """The gateway answers these by itself: throttling, timeouts, missing functions."""
    for path in made["paths"].values():
        for operation in path.values():
            assert {"404", "429", "500", "503", "504"} <= operation["responses"].keys()


def test_public_route_wants_no_token_and_refuses_none(made: dict[str, Any]) -> None:
    """Without an empty list the document's default would apply."""
    operation = made["paths"]["/open"]["get"]

    assert operation["security"] == []
    assert {"401", "403"}.isdisjoint(operation["responses"])


def test_one_of_several_scopes_is_enough(made: dict[str, Any]) -> None:
    """Scopes in one requirement would all be required; each is an alternative."""
    operation = made["paths"]["/things/{id}"]["get"]

    assert operation["security"] == [{"signIn": ["api/a"]}, {"signIn": ["api/b"]}]
    assert {"401", "403"} <= operation["responses"].keys()


def test_groups_are_said(made: dict[str, Any]) -> None:
    """OpenAPI has no groups."""
    operation = made["paths"]["/things/{id}"]["put"]

    assert operation["x-groups"] == ["admin"]
    assert operation["description"] == "Who may call: group admin."
    assert operation["security"] == [{"signIn": []}, {"openId": []}, {"bearer": []}]


def test_bodies_are_the_types_of_the_route(made: dict[str, Any]) -> None:
    """Requests, responses and the 415 follow from the route's types."""
    operation = made["paths"]["/things"]["post"]
    read = made["paths"]["/things/{id}"]["get"]

    assert operation["requestBody"] == {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Change"}}},
    }
    answer = operation["responses"]["201"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/Thing"}
    assert "415" in operation["responses"]
    assert "requestBody" not in read
    assert "415" not in read["responses"]


def test_parameters_are_those_of_the_route(made: dict[str, Any]) -> None:
    """Repeated ones need no further word: `explode` is OpenAPI's default for a query."""
    assert made["paths"]["/things/{id}"]["get"]["parameters"] == [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 9}},
        {
            "name": "tag",
            "in": "query",
            "required": False,
            "schema": {"type": "array", "items": {"type": "string"}, "default": []},
        },
        {
            "name": "limit",
            "in": "query",
            "required": False,
            "schema": {"type": "integer", "minimum": 1, "maximum": 50, "default": 10},
        },
        {"name": "If-Match", "in": "header", "required": False, "schema": {"type": "string"}},
    ]
    assert "parameters" not in made["paths"]["/open"]["get"]


def test_own_failures_and_headers_of_a_route_are_documented(made: dict[str, Any]) -> None:
    """A missing item and a path that can name none share a status; a client tells them by `code`."""
    read, write, remove = (
        made["paths"][path][method]
        for path, method in (("/things/{id}", "get"), ("/things/{id}", "put"), ("/things", "delete"))
    )
    missing = read["responses"]["404"]["content"]["application/json"]["schema"]["anyOf"]
    assert missing[0]["properties"]["code"] == {"const": "thing_missing"}
    assert missing[1] == {"$ref": "#/components/schemas/ValueFailure"}
    assert read["responses"]["200"]["headers"].keys() >= {"ETag", "Cache-Control"}
    assert "content" not in read["responses"]["304"]
    conflict = write["responses"]["409"]["content"]["application/json"]["schema"]
    assert conflict["properties"]["code"] == {"const": "conflict"}
    assert "304" not in write["responses"]
    assert "content" not in remove["responses"]["204"]


def test_member_with_a_default_may_be_left_out(document: dict[str, Any]) -> None:
    """Code generators take a default as a promise that the member is there, and make it required in requests."""
    thing = openapi.document(document)["components"]["schemas"]["Thing"]
    assert "tags" in thing["properties"]
    assert not any("default" in member for member in thing["properties"].values())


def test_sign_in_is_described_for_tools(made: dict[str, Any], outputs: dict[str, Any]) -> None:
    """An API explorer signs in with this description."""
    schemes = made["components"]["securitySchemes"]
    flow = schemes["signIn"]["flows"]["authorizationCode"]

    assert flow["authorizationUrl"] == f"{outputs['authDomain']}/oauth2/authorize"
    assert flow["tokenUrl"] == flow["refreshUrl"] == f"{outputs['authDomain']}/oauth2/token"
    assert list(flow["scopes"]) == outputs["signIn"]["scopes"]
    assert schemes["openId"]["openIdConnectUrl"] == f"{outputs['issuer']}/.well-known/openid-configuration"
    assert (schemes["bearer"]["scheme"], schemes["bearer"]["bearerFormat"]) == ("bearer", "JWT")


def test_pool_without_a_sign_in_page_is_still_valid(outputs: dict[str, Any]) -> None:
    """Without the page, tokens come from Cognito's API."""
    made = openapi.document(
        contract({**outputs, "authDomain": None, "routes": [each.key for each in TABLE]}, "1.0.0", TABLE)
    )

    assert list(OpenAPIV31SpecValidator(made).iter_errors()) == []
    defined = made["components"]["securitySchemes"].keys()
    assert "signIn" not in defined
    for operations in made["paths"].values():
        for operation in operations.values():
            assert all(each.keys() <= defined for each in operation["security"])
