"""Create users in the local stack's pool, and sign them in on the pool's sign-in page (code flow with PKCE)."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from local.provider import client
from stacks.command_line import CommandError

PATIENCE = 10  # seconds for an answer; a person waits


def new_password(outputs: dict[str, Any] | None = None) -> str:
    """Return a random password that the pool's policy allows: with letters in both cases, digits and symbols.

    It has 20 characters, or the minimum length in the stack's outputs if that is greater.
    """
    sign_in = (outputs or {}).get("signIn") or {}
    length = max(20, int((sign_in.get("passwordPolicy") or {}).get("minimumLength", 0)))
    return f"Aa1-{secrets.token_urlsafe(length)}"[:length]


def passwords_for(outputs: dict[str, Any], earlier: Sequence[str]) -> list[str]:
    """Return the passwords of earlier runs, with a new one before them if the pool's policy refuses the first."""
    new = new_password(outputs)
    return list(earlier) if earlier and len(earlier[0]) >= len(new) else [new, *earlier]


class Users:
    """Creates users in the stack's pool and signs them in. All users that it creates have the same password.

    `earlier` are passwords of users that it created before the pool's policy was raised.
    """

    def __init__(
        self, outputs: dict[str, Any], password: str, cognito: Any = None, *, earlier: Sequence[str] = ()
    ) -> None:
        self._outputs = outputs
        self._password = password
        self._earlier = earlier
        self._cognito = cognito or client(outputs["awsEndpointUrl"], outputs["region"], "cognito-idp", PATIENCE)
        self._pool = outputs["userPoolId"]

    def ensure(self, name: str, groups: Iterable[str] = (), *, renew: bool = False) -> str:
        """Create the user, confirmed and with a verified email, unless the user exists; add the user to the groups.

        `renew` sets the password of a user that exists.

        Return the name to sign in with: an email address where the pool uses email addresses as user names.
        """
        pool = self._cognito.describe_user_pool(UserPoolId=self._pool)["UserPool"]
        email = name if "@" in name else f"{name}@example.com"
        if "email" in pool.get("UsernameAttributes", []):
            name = email
        try:
            self._cognito.admin_get_user(UserPoolId=self._pool, Username=name)
            if renew:
                self._set_password(name)
        except self._cognito.exceptions.UserNotFoundException:
            self._check_password(pool)
            self._create(name, email)
        for group in groups:
            self._join(name, group)
        return name

    def _create(self, name: str, email: str) -> None:
        try:
            self._cognito.admin_create_user(
                UserPoolId=self._pool,
                Username=name,
                UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
                TemporaryPassword=self._password,  # the emulator would generate one without regard to the policy
                MessageAction="SUPPRESS",
            )
        except (
            self._cognito.exceptions.InvalidParameterException,
            self._cognito.exceptions.UsernameExistsException,
        ) as error:
            said = error.response["Error"]["Message"]
            raise CommandError(f"user must be a name that Cognito takes, got {name}: {said}") from None
        self._set_password(name)

    def _set_password(self, name: str) -> None:
        self._cognito.admin_set_user_password(
            UserPoolId=self._pool, Username=name, Password=self._password, Permanent=True
        )

    def _check_password(self, pool: dict[str, Any]) -> None:
        least = pool.get("Policies", {}).get("PasswordPolicy", {}).get("MinimumLength", 0)
        if len(self._password) < least:
            raise CommandError(f"passwordMinimumLength was raised to {least} while the stack was up; restart it")

    def _join(self, name: str, group: str) -> None:
        try:
            self._cognito.admin_add_user_to_group(UserPoolId=self._pool, Username=name, GroupName=group)
        except self._cognito.exceptions.ResourceNotFoundException:
            listed = self._cognito.list_groups(UserPoolId=self._pool)["Groups"]
            known = ", ".join(each["GroupName"] for each in listed) or "none"
            raise CommandError(f"group must be one of the route table's ({known}), got {group}") from None

    @property
    def callback_url(self) -> str:
        """The first URL that the sign-in page may return to."""
        return str(self._app_client()["CallbackURLs"][0])

    def _app_client(self) -> dict[str, Any]:
        described: dict[str, Any] = self._cognito.describe_user_pool_client(
            UserPoolId=self._pool, ClientId=self._outputs["userPoolClientId"]
        )["UserPoolClient"]
        return described

    def tokens(self, name: str, scopes: Iterable[str] = (), password: str | None = None) -> dict[str, Any]:
        """Sign in on the sign-in page and return the token endpoint's answer. CommandError if either refuses."""
        client = self._app_client()
        unknown = sorted(set(scopes) - set(client["AllowedOAuthScopes"]))
        if unknown:
            allowed = ", ".join(client["AllowedOAuthScopes"])
            raise CommandError(
                f"scope must be one that the app client may ask for ({allowed}), got {', '.join(unknown)}"
            )
        page = SignInPage(self._outputs["authDomain"], client["ClientId"], client["CallbackURLs"][0])
        for each in () if password else self._earlier:
            with contextlib.suppress(CommandError):
                return sign_in(page, name, each, scopes)
        return sign_in(page, name, password or self._password, scopes)

    def machine_token(self, name: str, scopes: Iterable[str] = ()) -> str:
        """Return an access token for a machine client of `appClients`, with all its scopes unless some are given."""
        ids = self._outputs.get("appClientIds", {})
        if name not in ids:
            known = ", ".join(sorted(ids)) or "none"
            raise CommandError(f"client must be one of appClients ({known}), got {name}")
        described = self._cognito.describe_user_pool_client(UserPoolId=self._pool, ClientId=ids[name])
        secret = described["UserPoolClient"].get("ClientSecret")
        if secret is None:
            raise CommandError(f"client must be a machine, got {name}, which people sign in with; give --user instead")
        grant = {"grant_type": "client_credentials", "client_id": ids[name], "client_secret": secret}
        scope = {"scope": " ".join(scopes)} if scopes else {}
        _, body = _send(f"{self._outputs['authDomain']}/oauth2/token", {**grant, **scope})
        return str(json.loads(body)["access_token"])


# Sends a GET request, or a form in a POST request, and returns the answer's Location header and body.
Send = Callable[[str, dict[str, str] | None], tuple[str, str]]


@dataclass(frozen=True)
class SignInPage:
    """A pool's sign-in page: its base URL, the app client, and the exact callback URL that it returns to."""

    base_url: str
    client_id: str
    callback_url: str


def sign_in(
    page: SignInPage, name: str, password: str, scopes: Iterable[str] = (), send: Send | None = None
) -> dict[str, Any]:
    """Sign in as a browser does, exchange the code, and return the token endpoint's answer.

    CommandError if the page or the token endpoint refuses.
    """
    send = send or _send
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "client_id": page.client_id,
        "redirect_uri": page.callback_url,
        "response_type": "code",
        "scope": " ".join(sorted({"openid", *scopes})),
        "state": secrets.token_urlsafe(16),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    grant = {
        "grant_type": "authorization_code",
        "client_id": page.client_id,
        "redirect_uri": page.callback_url,
        "code": authorization_code(page, query, name, password, send),
        "code_verifier": verifier,
    }
    tokens: dict[str, Any] = json.loads(send(f"{page.base_url}/oauth2/token", grant)[1])
    return tokens


def authorization_code(
    page: SignInPage, query: dict[str, str], name: str, password: str, send: Send | None = None
) -> str:
    """Open the sign-in page, submit its forms, and return the code that comes back to the callback URL.

    A pool with several first factors asks for the name, the factor and the password one after the other.
    """
    send = send or _send
    page_url = f"{page.base_url}/oauth2/authorize?{urlencode(query)}"
    location, body = send(page_url, None)
    asks: set[str] = set()
    while not location and "password" not in asks:
        forms = _Forms(body).found
        form = max(forms, key=lambda form: [each in form.asks for each in _STEPS]) if forms else _Form()
        if not form.asks - asks:  # the page refuses the last step, or asks for something else
            break
        asks |= form.asks
        own = {"username": name, "password": password}
        fields = {**form.fields, **{each: own[each] for each in own.keys() & form.asks}}
        location, body = send(urljoin(page_url, form.action), fields)
    answer = parse_qs(urlsplit(location).query)
    if not location.startswith(page.callback_url) or "code" not in answer or answer.get("state") != [query["state"]]:
        raise CommandError(f"user {name} must be able to sign in, but the page refuses; give the user's --password")
    return answer["code"][0]


_STEPS = ("password", "username", "factor")  # what a form asks for; the page's first form with most of it is submitted


@dataclass
class _Form:
    """A form of the sign-in page: its action, its hidden fields, and what it asks for."""

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    asks: set[str] = field(default_factory=set)


class _Forms(HTMLParser):
    """The forms of a page. Cognito's page may have others than those that sign in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[_Form] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.found.append(_Form(attributes.get("action", "")))
        elif self.found and tag in {"input", "button"}:
            self._field(self.found[-1], attributes)

    def _field(self, form: _Form, attributes: dict[str, str]) -> None:
        name, value = attributes.get("name", ""), attributes.get("value", "")
        if attributes.get("type") == "hidden":
            form.fields[name] = value
        elif name in {"username", "password"}:
            form.asks.add(name)
        elif value == "PASSWORD":  # the button of this first factor
            form.fields[name] = value
            form.asks.add("factor")


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None  # the redirect is the answer: it carries the code to an address where maybe nothing listens


_open = build_opener(ProxyHandler({}), _NoRedirects()).open


def _send(url: str, fields: dict[str, str] | None = None) -> tuple[str, str]:
    """Send a GET request, or a form in a POST request; return the answer's Location header and body."""
    request = Request(url, urlencode(fields).encode() if fields is not None else None)  # noqa: S310 - the stack's own URL
    try:
        with _open(request, timeout=PATIENCE) as answer:
            return "", answer.read().decode()
    except HTTPError as error:
        with error:
            body = error.read().decode(errors="replace")
            if error.code in {302, 303}:
                return error.headers["Location"], body
            raise CommandError(
                f"{urlsplit(url).path} must answer, got {error.code}: {' '.join(body.split())[:200]}"
            ) from None
    except (OSError, HTTPException) as error:  # a URLError is an OSError
        raise CommandError(f"{urlsplit(url).netloc} must answer, got: {error}") from None
