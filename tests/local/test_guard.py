"""The guard in front of the emulator, tried from outside as a web page would: none of another site gets anything."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from botocore.session import get_session

from local.guard import BROWSER_OPERATIONS, Guard, allowed_origins
from local.users import Users

FOREIGN, FRONT_END = "https://foreign.example", "http://localhost:5173"
CROSS_SITE = {"Origin": FOREIGN, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
COGNITO = "AWSCognitoIdentityProviderService."
# A body for each, in a content type that a browser sends without a preflight.
AWS_CALLS = {
    "Lambda, code": ("POST", "/2015-03-31/functions", {"Content-Type": "text/plain"}, '{"FunctionName": "evil"}'),
    "IAM, by query": ("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, "Action=ListUsers"),
    "IAM, by address": ("GET", "/?Action=ListUsers&Version=2010-05-08", {}, ""),
    "Cognito, administration": ("POST", "/", {"X-Amz-Target": f"{COGNITO}ListUserPools"}, '{"MaxResults": 9}'),
    "DynamoDB": ("POST", "/", {"X-Amz-Target": "DynamoDB_20120810.ListTables"}, "{}"),
    "S3": ("GET", "/bucket/key", {}, ""),
    "emulator, reset": ("POST", "/_ministack/reset", {"Content-Type": "text/plain"}, ""),
    "emulator, settings": ("POST", "/_ministack/config", {"Content-Type": "text/plain"}, "{}"),
    "emulator, health": ("GET", "/_ministack/health", {}, ""),
}

Answer = tuple[int, dict[str, str], str]
Send = Callable[..., Answer]


@pytest.fixture
def send(outputs: dict[str, Any]) -> Send:
    """Send a request with exactly these headers; status, headers in lower case, body."""
    netloc = urlsplit(outputs["awsEndpointUrl"]).netloc

    def send(method: str, path: str, headers: dict[str, str] | None = None, body: str = "") -> Answer:
        sent = {"Host": netloc, **(headers or {})}
        connection = http.client.HTTPConnection(netloc, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in {**sent, "Content-Length": str(len(body))}.items():
                if value:
                    connection.putheader(name, value)
            connection.endheaders(body.encode())
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return response.status, found, response.read().decode()
        finally:
            connection.close()

    return send


def assert_refused(answer: Answer) -> None:
    status, headers, _ = answer
    assert status == 403
    assert not [name for name in headers if name.startswith("access-control-")]


@pytest.mark.parametrize("call", AWS_CALLS)
@pytest.mark.parametrize(
    "page",
    [
        CROSS_SITE,
        {"Origin": FOREIGN},  # a browser without Sec-Fetch
        {"Origin": "null"},  # a sandboxed frame, a local file
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},  # an image, a script
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},  # a link
        {"Origin": FRONT_END, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},  # not even the stack's own
        {"Origin": "http://{host}", "Sec-Fetch-Site": "same-origin"},  # nor a page that the emulator serves
    ],
    ids=["fetch", "old-browser", "null", "no-cors", "link", "front-end", "own-page"],
)
def test_no_page_makes_an_aws_call(send: Send, outputs: dict[str, Any], call: str, page: dict[str, str]) -> None:
    """With one of them a page could put its own code into the function, which runs as the developer."""
    method, path, headers, body = AWS_CALLS[call]
    host = urlsplit(outputs["awsEndpointUrl"]).netloc
    assert_refused(send(method, path, headers | {name: value.format(host=host) for name, value in page.items()}, body))


@pytest.mark.parametrize("path", ["/", "/_ministack/reset", "/2015-03-31/functions", "/oauth2/token"])
def test_preflight_of_a_foreign_page_gets_no_permission(send: Send, path: str) -> None:
    """The emulator alone would permit every origin, method and header."""
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-amz-target"}
    assert_refused(send("OPTIONS", path, CROSS_SITE | asked))


@pytest.mark.parametrize(
    "host", ["foreign.example:{port}", "127.0.0.1:1", "localhost", "127.0.0.1.evil.example:{port}"]
)
def test_other_hosts_are_refused(send: Send, outputs: dict[str, Any], host: str) -> None:
    """DNS rebinding: the page's own name leads here, so that for the browser nothing is of another origin."""
    port = urlsplit(outputs["awsEndpointUrl"]).port
    for path in ("/_ministack/health", urlsplit(outputs["apiUrl"]).path + "/health"):
        assert_refused(send("GET", path, {"Host": host.format(port=port), "Sec-Fetch-Site": "same-origin"}))
        assert_refused(send("GET", path, {"Host": host.format(port=port)}))


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_programs_call_by_every_local_name(send: Send, outputs: dict[str, Any], name: str) -> None:
    """curl, the SDKs and the function send neither Origin nor Sec-Fetch-Site; no answer permits any page anything."""
    port = urlsplit(outputs["awsEndpointUrl"]).port
    for path in ("/_ministack/health", f"/{outputs['userPoolId']}/.well-known/jwks.json"):
        status, headers, _ = send("GET", path, {"Host": f"{name}:{port}"})
        assert status == 200
        assert not [each for each in headers if each.startswith("access-control-")]


def test_websockets_are_refused() -> None:
    """No preflight comes before one, and CORS does not hold for it. The stack has none."""
    sent: list[dict[str, Any]] = []

    async def emulator(*_: Any) -> None:
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(Guard(emulator, 4566, set)({"type": "websocket"}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_address_that_a_person_types_is_no_page(send: Send) -> None:
    """Browsers say `none` for it, which no page can."""
    assert send("GET", "/_ministack/health", {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"})[0] == 200


def test_api_answers_by_the_gateways_cors(send: Send, outputs: dict[str, Any]) -> None:
    """As on AWS: a foreign page may send, and read nothing; the front end reads."""
    path = urlsplit(outputs["apiUrl"]).path + "/health"
    for origin, allowed in ((FOREIGN, None), (FRONT_END, FRONT_END)):
        status, headers, _ = send("GET", path, CROSS_SITE | {"Origin": origin})
        assert (status, headers.get("access-control-allow-origin")) == (200, allowed)


def test_apis_own_name_leads_to_the_api_only(send: Send, outputs: dict[str, Any]) -> None:
    """The emulator looks at some paths before it looks at the name."""
    api_id, port = outputs["apiUrl"].rpartition("/")[2], urlsplit(outputs["awsEndpointUrl"]).port
    host = {"Host": f"{api_id}.execute-api.localhost:{port}"}
    assert send("GET", "/health", host | CROSS_SITE)[2] == '{"name": "anyone"}'
    assert send("POST", "/_ministack/reset", host | CROSS_SITE)[0] == 404
    assert send("GET", urlsplit(outputs["apiUrl"]).path + "/health", {})[0] == 200, "the stack must still be there"


def test_front_end_signs_users_in_by_cognitos_api(send: Send, outputs: dict[str, Any], users: Users) -> None:
    """What Amplify sends, its preflight first: only the stack's own origins are answered."""
    name = users.ensure("lin")
    parameters = {"USERNAME": name, "PASSWORD": users._password}
    asked = {"ClientId": outputs["userPoolClientId"], "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
    target = {"X-Amz-Target": f"{COGNITO}InitiateAuth", "Content-Type": "application/x-amz-json-1.1"}
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-amz-target"}
    for origin in (FRONT_END, FOREIGN):
        page = CROSS_SITE | {"Origin": origin}
        permitted, answered = (
            send("OPTIONS", "/", page | preflight),
            send("POST", "/", page | target, json.dumps(asked)),
        )
        if origin == FOREIGN:
            assert_refused(permitted)
            assert_refused(answered)
            continue
        assert permitted[0] == 204
        assert permitted[1]["access-control-allow-headers"] == "content-type,x-amz-target"
        assert permitted[1]["access-control-allow-origin"] == answered[1]["access-control-allow-origin"] == origin
        assert "AccessToken" in answered[2]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/oauth2/token", 400),
        ("GET", "/oauth2/userInfo", 401),
        ("GET", "/{pool}/.well-known/jwks.json", 200),
        ("GET", "/{pool}/.well-known/openid-configuration", 200),
    ],
)
def test_front_end_reads_the_sign_in_endpoints(
    send: Send, outputs: dict[str, Any], method: str, path: str, status: int
) -> None:
    """An OpenID Connect client fetches them from its page; a foreign page gets none of it."""
    path = path.format(pool=outputs["userPoolId"])
    found, headers, _ = send(method, path, CROSS_SITE | {"Origin": FRONT_END})
    assert (found, headers["access-control-allow-origin"], headers["vary"]) == (status, FRONT_END, "Origin")
    assert_refused(send(method, path, CROSS_SITE))


def authorize(outputs: dict[str, Any]) -> str:
    query = {"client_id": outputs["userPoolClientId"], "response_type": "code", "redirect_uri": f"{FRONT_END}/"}
    return f"/oauth2/authorize?{urlencode(query)}"


def test_sign_in_page_opens_in_a_tab_and_in_no_frame(send: Send, outputs: dict[str, Any]) -> None:
    """Every front end leads there; in a frame of another page a user would type the password for it (clickjacking)."""
    tab = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert send("GET", authorize(outputs), tab)[0] == 200
    assert_refused(send("GET", authorize(outputs), tab | {"Sec-Fetch-Dest": "iframe"}))
    assert_refused(send("GET", authorize(outputs), CROSS_SITE))


def test_sign_in_form_is_sent_by_the_sign_in_page_only(send: Send, outputs: dict[str, Any]) -> None:
    """A foreign form would sign the user in as somebody else."""
    own = {"Origin": outputs["awsEndpointUrl"], "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert send("POST", "/login", form | own, "username=a&password=b")[0] != 403
    for page in (CROSS_SITE, {"Origin": "null"}, {"Origin": FRONT_END}):
        assert_refused(send("POST", "/login", form | page, "username=a&password=b"))


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {"Authorization": "AWS4-HMAC-SHA256 Credential=t/1/r/lambda/aws4_request"}),
        ("/?Action=ListUsers", {}),
        ("/", {"X-Amz-Target": f"DynamoDB_20120810.{COGNITO}GetUser"}),
    ],
    ids=["signature", "query", "target"],
)
def test_operation_for_browsers_is_that_alone(send: Send, path: str, headers: dict[str, str]) -> None:
    """The emulator finds the service by any of these, so an operation for users could become one of another service."""
    page = CROSS_SITE | {"Origin": FRONT_END, "X-Amz-Target": f"{COGNITO}GetUser"}
    assert_refused(send("POST", path, page | headers, "{}"))


def test_operations_for_browsers_are_those_without_a_signature() -> None:
    """AWS's own model says which; an administrator's among them would be anybody's."""
    model = get_session().get_service_model("cognito-idp")
    unsigned = {name for name in model.operation_names if model.operation_model(name).auth_type == "none"}
    assert unsigned == BROWSER_OPERATIONS


def test_allowed_origins_are_those_of_the_settings() -> None:
    """Apps' own schemes are no origins, and a wildcard is nobody."""
    client = {
        "CallbackURLs": ["http://localhost:5173/back", "com.example.app://in"],
        "LogoutURLs": ["https://out.example/"],
    }
    api = {"corsConfiguration": {"allowOrigins": ["https://app.example", "*"]}}
    found = allowed_origins([{"_clients": {"id": client}}], [api, {}])
    assert found == {"http://localhost:5173", "https://out.example", "https://app.example"}
