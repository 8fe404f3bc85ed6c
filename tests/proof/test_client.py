"""The client reaches one stack and nothing else, and changes nothing of what it is given to send."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from proof.client import Answer, Client
from proof.sign_in import claims_of, tokens_of
from proof.target import Target, expected_of, of_outputs
from stacks.command_line import CommandError
from tests.proof.listener import Listener, Reply, Request
from tests.proof.test_target import OUTPUTS, POOL


def nothing(_: Request) -> Reply:
    return 200, {}, "{}"


def stack(api: str, sign_in: str | None = None) -> Target:
    """A stack whose API and sign-in page are where a test listens; its keys come from `api`, too."""
    local = {"apiUrl": f"{api}/base", "awsEndpointUrl": api, "authDomain": sign_in}
    return of_outputs({**OUTPUTS, **local}, expected_of("local"))


@pytest.fixture
def elsewhere() -> Iterator[Listener]:
    """An address that nothing may be sent to."""
    with Listener(nothing) as listener:
        yield listener
        assert listener.requests == []


def test_request_arrives_as_it_was_given() -> None:
    """A client that tidies up would test its own tidiness instead of the gateway's."""
    with Listener(nothing) as api, Client(stack(api.url)) as client:
        headers = [("Authorization", "Bearer a"), ("authorization", "Basic b"), ("X", " two  spaces ")]
        client.call("GET", "//a/../%2e%2e/b;c?d=%00&d=2", headers)
        client.call("FROB", "", [("Authorization", "Bearer \u00e9")], b"body")
        first, second = api.requests
    assert first.target == "/base//a/../%2e%2e/b;c?d=%00&d=2"
    assert [pair for pair in first.headers if pair[0].lower() == "authorization"] == [
        ("Authorization", "Bearer a"),
        ("authorization", "Basic b"),
    ]
    assert (second.method, second.target, second.body) == ("FROB", "/base", "body")
    assert second.header("authorization") == "Bearer \u00e9".encode().decode("latin-1")


def test_redirect_of_the_api_is_not_followed(elsewhere: Listener) -> None:
    """A route that redirects elsewhere must not carry the token along."""
    with Listener(lambda _: (302, {"Location": elsewhere.url}, "")) as api, Client(stack(api.url)) as client:
        assert client.call("GET", "/hello", [("Authorization", "Bearer secret")]).status == 302
        assert len(api.requests) == 1


@pytest.mark.parametrize("path", ["@{host}/x", "//{host}/x", "http://{host}/x", "\\\\{host}"])
def test_path_cannot_lead_elsewhere(elsewhere: Listener, path: str) -> None:
    """The connection is to the stack whatever the path says: it is not put together with a host and parsed again."""
    with Listener(nothing) as api, Client(stack(api.url)) as client:
        client.call(
            "GET", path.format(host=elsewhere.url.removeprefix("http://")), [("Authorization", "Bearer secret")]
        )
        assert len(api.requests) == 1


def test_sign_in_page_elsewhere_is_refused(elsewhere: Listener) -> None:
    """A page whose form posts to another host gets no password."""
    form = f'<form action="{elsewhere.url}/login"><input type="password" name="password"></form>'
    with (
        Listener(nothing) as api,
        Listener(lambda _: (200, {}, form)) as page,
        Client(stack(api.url, page.url)) as client,
        pytest.raises(CommandError, match="the sign-in page must be at"),
    ):
        tokens_of(client, stack(api.url, page.url), "ada", "secret")


def test_redirect_of_the_sign_in_page_ends_at_its_own_door(elsewhere: Listener) -> None:
    """The code goes to the callback, where perhaps nobody listens: it is read, not followed."""
    with (
        Listener(nothing) as api,
        Listener(lambda _: (302, {"Location": f"{elsewhere.url}/?code=x"}, "")) as page,
        Client(stack(api.url, page.url)) as client,
    ):
        assert client.browser()(f"{page.url}/oauth2/authorize", None)[0] == f"{elsewhere.url}/?code=x"


def test_sign_in_page_that_goes_in_circles_is_given_up() -> None:
    """A run that hangs says nothing."""
    with (
        Listener(nothing) as api,
        Listener(lambda _: (302, {"Location": "/again"}, "")) as page,
        Client(stack(api.url, page.url)) as client,
        pytest.raises(CommandError, match="redirects again and again"),
    ):
        client.browser()(f"{page.url}/oauth2/authorize", None)


class HostedPage:
    """A sign-in page like Cognito's own: it redirects, sets a cookie, and wants both back with a hidden field."""

    token = "e30.eyJ1c2VybmFtZSI6ImFkYSIsInNjb3BlIjoib3BlbmlkIGFwaS94IiwiY29nbml0bzpncm91cHMiOlsiYWRtaW4iXX0.c2ln"

    form = """
        <form action="/other"><input type="hidden" name="idp" value="x"></form>
        <form action="/login?{query}" method="post"><input type="hidden" name="_csrf" value="abc">
          <input name="username"><input type="password" name="password"></form>
        <form action="/login?again"><input type="hidden" name="_csrf" value="no"><input type="password"></form>"""

    def __init__(self) -> None:
        self.asked: dict[str, str] = {}

    def __call__(self, request: Request) -> Reply:
        path, query = urlsplit(request.target).path, urlsplit(request.target).query
        if path == "/oauth2/authorize":
            self.asked = {name: values[0] for name, values in parse_qs(query).items()}
            return 302, {"Location": f"/login?{query}", "Set-Cookie": "XSRF-TOKEN=abc; Path=/; HttpOnly"}, ""
        if path == "/login" and request.method == "GET":
            return 200, {}, self.form.format(query=query)
        fields = {name: values[0] for name, values in parse_qs(request.body).items()}
        if path == "/login" and request.header("cookie") == "XSRF-TOKEN=abc" and fields.get("_csrf") == "abc":
            if (fields["username"], fields["password"], "idp" in fields) != ("ada", "right", False):
                return 302, {"Location": "/login?error"}, ""
            return 302, {"Location": f"{self.asked['redirect_uri']}?code=c0de&state={self.asked['state']}"}, ""
        if path == "/oauth2/token" and fields.get("code") == "c0de" and fields.get("code_verifier"):
            return 200, {}, f'{{"access_token": "{self.token}", "id_token": "id"}}'
        return 400, {}, '{"error": "invalid_request"}'


def test_deployed_user_signs_in_with_a_password_alone() -> None:
    """Nobody with a right to administer the pool must be at hand to prove that a deployed stack works."""
    page = HostedPage()
    with Listener(nothing) as api, Listener(page) as there:
        target = replace(stack(api.url, there.url), endpoint=None)
        with Client(target) as client:
            tokens = tokens_of(client, target, "ada", "right", ["api/x"])
            assert page.asked["scope"] == "api/x openid"
            assert page.asked["code_challenge_method"] == "S256"
            assert (tokens.claims["username"], tokens.groups) == ("ada", {"admin"})
            assert tokens.scopes == {"openid", "api/x"}
            assert claims_of(tokens.access) == tokens.claims
            with pytest.raises(CommandError, match="user ada must be able to sign in"):
                tokens_of(client, target, "ada", "wrong")
        assert api.requests == []


@pytest.mark.parametrize(
    ("changes", "said"), [({"sign_in_url": None}, "authDomain is null"), ({"expected": None}, "--settings NAME")]
)
def test_sign_in_without_what_it_needs_is_refused(changes: dict[str, Any], said: str) -> None:
    """Each with its remedy, instead of a failure of whatever comes first."""
    with Listener(nothing) as api:
        target = replace(stack(api.url, api.url), **changes)
        with Client(target) as client, pytest.raises(CommandError, match=said):
            tokens_of(client, target, "ada", "right")


def test_only_the_pool_s_key_set_is_fetched() -> None:
    """A token's header may name another; nothing here ever reads it."""
    document = '{"keys": [{"kid": "k"}]}'
    with Listener(lambda _: (200, {}, document)) as api, Client(stack(api.url)) as client:
        assert client.key_set() == [{"kid": "k"}]
        assert [request.target for request in api.requests] == [f"/{POOL}/.well-known/jwks.json"]
        assert api.requests[0].header("authorization") is None
    with (
        Listener(lambda _: (404, {}, "")) as api,
        Client(stack(api.url)) as client,
        pytest.raises(CommandError, match="must hold the pool's keys"),
    ):
        client.key_set()


def test_connection_is_kept_and_made_anew_when_it_broke() -> None:
    """A run of a thousand requests is bearable on one connection, and a server may close that at any time."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        accepted = []

        def serve() -> None:
            for requests in (2, 1):  # answers two requests on the first connection, then hangs up
                connection, _ = server.accept()
                accepted.append(connection)
                for _ in range(requests):
                    connection.recv(65_536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with Client(stack(f"http://127.0.0.1:{server.getsockname()[1]}")) as client:
            assert [client.call("GET", "/").status for _ in range(3)] == [200, 200, 200]
        thread.join(timeout=5)
        assert len(accepted) == 2


def test_no_answer_is_an_answer_of_its_own() -> None:
    """Some servers close the connection on a request that is too large; that is a refusal, not an error of the run."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            connection, _ = server.accept()
            connection.recv(65_536)
            connection.close()

        threading.Thread(target=serve, daemon=True).start()
        with Client(stack(f"http://127.0.0.1:{server.getsockname()[1]}")) as client:
            answer = client.call("GET", "/")
            assert (answer.status, answer.layer) == (0, "connection")


def test_stack_that_is_gone_is_one_line() -> None:
    """A run against nothing must not report a thousand refusals as a thousand successes."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with Client(stack(url)) as client, pytest.raises(CommandError, match="must answer"):
        client.call("GET", "/")


def test_rate_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployed stack has users, who share its throttle with the run."""
    slept: list[float] = []
    monkeypatch.setattr("proof.client.time.sleep", slept.append)
    with Listener(nothing) as api, Client(stack(api.url), rate=0.1) as client:
        client.call("GET", "/")
        assert slept == []
        client.call("GET", "/")
        assert len(slept) == 1
        assert slept[0] == pytest.approx(10, abs=1)


def test_throttled_request_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 429 says nothing of the case that was sent; counted as a refusal it would prove what was never tested."""
    monkeypatch.setattr("proof.client.time.sleep", lambda _: None)
    statuses = iter([429, 429, 401])
    with Listener(lambda _: (next(statuses), {}, "{}")) as api, Client(stack(api.url)) as client:
        assert client.call("GET", "/").status == 401
    with (
        Listener(lambda _: (429, {}, "{}")) as api,
        Client(stack(api.url)) as client,
        pytest.raises(CommandError, match="--rate"),
    ):
        client.call("GET", "/")


@pytest.mark.parametrize(
    ("status", "headers", "body", "layer"),
    [
        (401, (), b'{"message": "Unauthorized"}', "gateway"),
        (401, (), b'{"message": "Unauthorized", "requestId": "x="}', "function"),
        (200, (), b"{}", "function"),
        (204, (), b"", "gateway"),
        (404, (("apigw-requestid", "x="),), b"", "gateway"),
        (431, (), b"", "server"),
        (400, (), b"<html>", "server"),
        (502, (), b"[]", "server"),
    ],
)
def test_layer_follows_from_the_answer(
    status: int, headers: tuple[tuple[str, str], ...], body: bytes, layer: str
) -> None:
    """Who refused is half of what a run proves."""
    assert Answer(status=status, headers=headers, body=body, seconds=0).layer == layer
