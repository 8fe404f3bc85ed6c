"""The whole chain, real: sign-up to reply, with boto3, requests and the stack's outputs alone."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
import requests
from pycognito import AWSSRP

from local.users import Users
from tests.handler.table import TABLE

PASSWORD = "Correct-horse-7"


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


@pytest.fixture
def member(cognito: Any, outputs: dict[str, Any], username: str) -> str:
    """A user who signed up and confirmed, as anyone may."""
    cognito.sign_up(
        ClientId=outputs["userPoolClientId"],
        Username=username,
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": f"{username}@example.com"}],
    )
    cognito.confirm_sign_up(ClientId=outputs["userPoolClientId"], Username=username, ConfirmationCode="123456")
    return username


def sign_in(cognito: Any, outputs: dict[str, Any], username: str, password: str = PASSWORD) -> dict[str, str]:
    answer = cognito.initiate_auth(
        ClientId=outputs["userPoolClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )
    return answer["AuthenticationResult"]


def test_member_is_greeted_by_name(cognito: Any, outputs: dict[str, Any], api: Any, member: str) -> None:
    """The main job: sign up, confirm, sign in, call; the reply is exact."""
    token = sign_in(cognito, outputs, member)["AccessToken"]
    answer = api.get("/hello", token)
    assert claims(token)["username"] == member
    assert (answer.status_code, answer.text) == (200, f'{{"name": "{member}"}}')


def test_verified_email_signs_in_too(users: Users, api: Any, username: str) -> None:
    """People remember their email better than a user name. (The emulator leaves a confirmed email unverified.)"""
    name = users.ensure(username)
    token = users.tokens(f"{name}@example.com")["access_token"]
    assert api.get("/hello", token).json()["name"] == name


def test_srp_sign_in_works_without_sending_the_password(
    cognito: Any, outputs: dict[str, Any], api: Any, member: str
) -> None:
    """SRP is what Amplify uses, and the only direct flow a production client allows."""
    srp = AWSSRP(
        username=member,
        password=PASSWORD,
        pool_id=outputs["userPoolId"],
        client_id=outputs["userPoolClientId"],
        client=cognito,
    )
    token = srp.authenticate_user()["AuthenticationResult"]["AccessToken"]
    assert api.get("/hello", token).status_code == 200


def test_weak_password_is_refused(cognito: Any, outputs: dict[str, Any], username: str) -> None:
    """The pool's policy, not the page, keeps weak passwords out: 12 characters of all four classes."""
    for weak in ("Short-7", "all-lower-case-7", "ALL-UPPER-CASE-7", "No-digits-at-all", "NoSymbolsAtAll77"):
        with pytest.raises(cognito.exceptions.InvalidPasswordException):
            cognito.sign_up(ClientId=outputs["userPoolClientId"], Username=username, Password=weak)


def test_unconfirmed_user_cannot_sign_in(cognito: Any, outputs: dict[str, Any], username: str) -> None:
    """An address that nobody has shown to be theirs gets no token."""
    cognito.sign_up(
        ClientId=outputs["userPoolClientId"],
        Username=username,
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": f"{username}@example.com"}],
    )
    with pytest.raises(cognito.exceptions.UserNotConfirmedException):
        sign_in(cognito, outputs, username)


def test_wrong_password_and_unknown_user_are_told_alike(
    cognito: Any, outputs: dict[str, Any], member: str, username: str
) -> None:
    """A difference would tell strangers who has an account."""
    messages = set()
    for name in (member, f"nobody-{username}"):
        with pytest.raises(cognito.exceptions.NotAuthorizedException) as refused:
            sign_in(cognito, outputs, name, "Wrong-password-7")
        messages.add(refused.value.response["Error"]["Message"])
    assert messages == {"Incorrect username or password."}


def test_public_route_needs_no_token(api: Any) -> None:
    """A load balancer or uptime check has none."""
    answer = api.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"name": "anyone"})


@pytest.mark.parametrize("path", ["/hello", "/reports", "/admin"])
def test_protected_route_refuses_a_call_without_token(api: Any, path: str) -> None:
    """Defect of the reference stack: the authorizer was attached and the route stayed open."""
    assert api.get(path).status_code == 401


def test_id_token_is_refused(cognito: Any, outputs: dict[str, Any], api: Any, member: str) -> None:
    """The gateway passes an ID token, whose audience is right; the function does not."""
    answer = api.get("/hello", sign_in(cognito, outputs, member)["IdToken"])
    assert answer.status_code == 401
    assert set(answer.json()) == {"message", "requestId"}, "the function must be the one that refused"


def test_tampered_token_is_refused(cognito: Any, outputs: dict[str, Any], api: Any, member: str) -> None:
    """Someone else's name in the payload must not outlive the signature."""
    header, _, signature = sign_in(cognito, outputs, member)["AccessToken"].split(".")
    forged = json.dumps({**claims(f".{_}."), "username": "admin"}).encode()
    token = f"{header}.{base64.urlsafe_b64encode(forged).rstrip(b'=').decode()}.{signature}"
    assert api.get("/hello", token).status_code == 401


def test_scoped_route_asks_for_its_scope(users: Users, outputs: dict[str, Any], api: Any, username: str) -> None:
    """Scopes come only by the sign-in page and /oauth2/token, so this is that flow, with PKCE."""
    name = users.ensure(username)
    without = users.tokens(name)["access_token"]
    granted = users.tokens(name, ["api/reports.read"])["access_token"]
    assert "api/reports.read" in claims(granted)["scope"].split()
    assert api.get("/reports", without).status_code == 403
    assert api.get("/reports", granted).status_code == 200
    assert api.get("/hello", granted).status_code == 200
    assert outputs["scopes"] == sorted({scope for route in TABLE for scope in route.scopes})


def test_password_sign_in_has_no_custom_scope(cognito: Any, outputs: dict[str, Any], api: Any, member: str) -> None:
    """Cognito gives API sign-in only its own scope; a front end must know why it sees 403."""
    token = sign_in(cognito, outputs, member)["AccessToken"]
    assert claims(token)["scope"] == "aws.cognito.signin.user.admin"
    assert api.get("/reports", token).status_code == 403


@pytest.mark.parametrize("way", ["sign-in page", "api"])
def test_refreshed_tokens_keep_the_time_of_the_sign_in(
    cognito: Any, users: Users, outputs: dict[str, Any], username: str, way: str
) -> None:
    """OpenID Connect Core 12.2: a client that checks `auth_time` would end the session at the first silent renewal."""
    name, client = users.ensure(username), {"client_id": outputs["userPoolClientId"]}
    first = users.tokens(name)
    signed_in = claims(first["id_token"])["auth_time"]
    assert claims(first["access_token"])["auth_time"] == signed_in
    while time.time() < signed_in + 1:
        time.sleep(0.05)  # the claim has whole seconds
    if way == "api":
        answer = cognito.get_tokens_from_refresh_token(
            RefreshToken=first["refresh_token"], ClientId=client["client_id"]
        )["AuthenticationResult"]
        renewed = [answer["IdToken"], answer["AccessToken"]]
    else:
        form = {**client, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
        answer = requests.post(f"{outputs['authDomain']}/oauth2/token", form, timeout=30).json()
        renewed = [answer["id_token"], answer["access_token"]]
    for token in map(claims, renewed):
        assert (token["auth_time"], token["iat"] > signed_in) == (signed_in, True)
    assert claims(users.tokens(name)["id_token"])["auth_time"] > signed_in, "another sign-in has its own time"


def test_group_route_asks_for_the_group(users: Users, api: Any, username: str) -> None:
    """The gateway cannot check groups: the function alone keeps everyone else out."""
    name = users.ensure(username)
    answer = api.get("/admin", users.tokens(name)["access_token"])
    assert answer.status_code == 403
    assert set(answer.json()) == {"message", "requestId"}
    users.ensure(username, ["admin"])
    assert api.get("/admin", users.tokens(name)["access_token"]).status_code == 200


def test_sign_in_page_wants_the_code_verifier(users: Users, outputs: dict[str, Any]) -> None:
    """PKCE: a stolen code is worth nothing without what only the front end knows."""
    answer = requests.post(
        f"{outputs['authDomain']}/oauth2/token",
        data={
            "grant_type": "authorization_code",
            "client_id": outputs["userPoolClientId"],
            "redirect_uri": users.callback_url,
            "code": "made-up",
            "code_verifier": "made-up",
        },
        timeout=30,
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:5173", True),
        ("https://evil.example", False),
        ("http://localhost:5173.evil.example", False),
        ("null", False),
    ],
)
def test_preflight_answers_only_the_front_end(api: Any, origin: str, allowed: bool) -> None:
    """CORS is exact: no other page may read what the API says."""
    answer = requests.options(
        f"{api.url}/hello",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization",
        },
        timeout=30,
    )
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
    assert "Access-Control-Allow-Credentials" not in answer.headers
    if allowed:
        assert answer.status_code == 204
        assert "authorization" in answer.headers["Access-Control-Allow-Headers"].lower()
        assert "GET" in answer.headers["Access-Control-Allow-Methods"]


def test_refusal_of_the_function_reaches_the_browser(
    cognito: Any, outputs: dict[str, Any], api: Any, member: str
) -> None:
    """Without CORS headers on a 401 a browser hides it, and the front end sees only "network error"."""
    token = sign_in(cognito, outputs, member)["IdToken"]
    answer = api.get("/hello", token, Origin="http://localhost:5173")
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (401, "http://localhost:5173")


def test_body_is_read_as_the_routes_type(api: Any, users: Users, username: str) -> None:
    """The function, not the gateway, reads bodies: a good one comes through, a bad one is refused by its field."""
    token = users.tokens(users.ensure(username))["access_token"]
    thing = {"name": "chair", "size": "m", "weight": 1, "new": True}
    made = api.post("/things", token, thing)
    assert (made.status_code, made.json()) == (201, {"name": "chair"})
    refused = api.post("/things", token, {**thing, "name": ""})
    assert (refused.status_code, refused.json()["field"]) == (400, "name")
    assert api.post("/things", None, thing).status_code == 401


def test_unknown_route_is_not_found(api: Any) -> None:
    """No catch-all: what is not in the table does not exist."""
    for path in ("/", "/Hello", "/hello/x", "/healthz"):
        assert api.get(path).status_code == 404, path


def test_outputs_are_the_contract(outputs: dict[str, Any]) -> None:
    """Front ends read these names; a changed one breaks them."""
    assert set(outputs) == {
        "apiUrl",
        "region",
        "userPoolId",
        "userPoolClientId",
        "issuer",
        "authDomain",
        "scopes",
        "signIn",
        "routes",
        "release",
        "revocation",
        "awsEndpointUrl",
    }
    assert outputs["issuer"] == f"https://cognito-idp.{outputs['region']}.amazonaws.com/{outputs['userPoolId']}"
