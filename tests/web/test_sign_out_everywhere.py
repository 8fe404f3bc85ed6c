"""The button that ends all of a person's sessions, on a stack that has the route for it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import requests
from selenium.webdriver import Chrome

from local.users import Users
from tests.local.test_revocation import with_routes
from tests.own_program import project
from tests.web.visit import Visit

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with a route that signs its caller out everywhere."""
    return project(tmp_path_factory.mktemp("project") / "copy", with_routes)


def test_button_ends_every_session_of_its_user(
    browser: Chrome, page: str, users: Users, password: str, outputs: dict[str, Any]
) -> None:
    """A laptop that was left in a train is signed out from the phone, and nobody else is."""
    visit = Visit(browser, page)
    visit.open()
    laptop, other = users.tokens(users.ensure("ada")), users.tokens(users.ensure("bob"))
    visit.sign_in("ada", password)
    visit.press("Sign in")
    visit.wait_for("#name", "ada")

    visit.press("Sign out everywhere")
    visit.wait_for("#sign-in")

    def status(tokens: dict[str, Any]) -> int:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return requests.get(f"{outputs['apiUrl']}/hello", headers=headers, timeout=30).status_code

    form = {"grant_type": "refresh_token", "client_id": outputs["userPoolClientId"]}
    refreshed = requests.post(
        f"{outputs['authDomain']}/oauth2/token", data={**form, "refresh_token": laptop["refresh_token"]}, timeout=30
    )
    assert refreshed.status_code == 400
    ends = time.monotonic() + outputs["revocation"]["delaySeconds"] + 1
    while status(laptop) != 401:
        assert time.monotonic() < ends, "a token must be out after the delay at the latest"
        time.sleep(0.2)
    assert status(other) == 200
    assert visit.stored == {}
    visit.sign_in("ada", password)
    visit.press("Sign in")
    visit.wait_for("#name", "ada")
    assert visit.call("GET /hello") == ("200", '{"name":"ada"}')
    assert visit.problems() == []


def test_failed_sign_out_is_said(browser: Chrome, page: str, users: Users, password: str) -> None:
    """Whoever believes to be signed out elsewhere, and is not, goes away."""
    visit = Visit(browser, page)
    visit.open()
    visit.sign_in(users.ensure("carl"), password)
    visit.press("Sign in")
    visit.wait_for("#name", "carl")
    visit.script(
        "const sent = window.fetch;"
        "const failed = () => Promise.resolve(new Response('{}', {status: 503}));"
        "window.fetch = (at, how) => String(at).endsWith('/sign-out') ? failed() : sent(at, how);"
    )

    visit.press("Sign out everywhere")
    visit.wait_for("#notice", "still signed in elsewhere")
    assert visit.wait_for("#name").text == "carl"
