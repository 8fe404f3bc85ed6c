"""A person at the sample front end with a real browser: from sign-up to sign-out, by keyboard, on a phone, at night."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.keys import Keys

from local.users import Users
from tests.web.visit import Visit

pytestmark = pytest.mark.acceptance

PASSWORD = "Correct-horse-7"
CONTRACT_OF_ANOTHER = """{
  const before = window.fetch;
  window.fetch = async (url, ...options) => {
    const answer = await before(url, ...options);
    return String(url).startsWith("contract/") ? new Response((await answer.text()).replaceAll("%s", "gone")) : answer;
  };
}"""


@pytest.fixture
def visit(browser: Chrome, page: str) -> Visit:
    visit = Visit(browser, page)
    visit.open()
    return visit


def test_from_sign_up_to_sign_out(visit: Visit) -> None:
    """The whole way of a person who never saw the stack, with a picture of each step."""
    visit.wait_for("h1", "Sign in, call the API")
    visit.picture("1-welcome")
    assert visit.call("GET /health") == ("200", '{"name":"anyone"}')
    assert visit.call("GET /hello") == ("—", "Refused by the gateway: you are signed out.")

    visit.fill("#user-name", "ada")
    visit.fill("#email", "ada@example.com")
    visit.fill("#password", PASSWORD.lower())
    visit.press("Create account")
    visit.wait_for(".problem", "uppercase")
    visit.picture("2-weak-password")
    visit.fill("#password", PASSWORD)
    visit.press("Create account")
    visit.wait_for("label[for=code]", "Confirmation code")
    assert visit.browser.switch_to.active_element.get_attribute("id") == "code"
    visit.picture("3-confirm")
    visit.fill("#code", "123456")
    visit.press("Confirm")
    visit.wait_for("#account-ready", "ada")
    visit.picture("4-account-ready")

    visit.sign_in("ada", PASSWORD)
    visit.picture("5-sign-in-page")
    visit.press("Sign in")
    assert visit.wait_for("#name").text == "ada"
    assert visit.browser.current_url == visit.url, "the code is gone from the address and from the history"
    assert visit.stored == {}, "no token, no verifier, nothing: all is in memory"

    assert visit.call("GET /hello") == ("200", '{"name":"ada"}')
    assert visit.call("GET /reports")[0] == "200"
    assert visit.call("GET /admin") == ("403", "Forbidden: you lack group admin or audit.")
    visit.fill("#postThings-name", "chair")
    visit.fill("#postThings-weight", "1")
    visit.fill("#postThings-tags", "oak\nnew")
    assert visit.call("POST /things") == ("201", '{"name":"chair"}')
    visit.picture("6-signed-in")
    visit.press_summary("#token")
    claims = json.loads(visit.wait_for("#token pre:last-of-type").text)
    assert (claims["username"], claims["token_use"]) == ("ada", "access")
    visit.press_summary("#route-getAdmin .answer")
    visit.wait_for("#route-getAdmin pre", "requestId")
    visit.picture("7-token-and-answer")

    visit.press("Sign out")
    visit.wait_for("#sign-in")
    visit.picture("8-signed-out")
    assert visit.stored == {}
    visit.browser.refresh()
    visit.wait_for("#sign-in")
    assert visit.call("GET /hello")[0] == "—"
    assert visit.problems() == []


def test_signing_out_revokes_the_refresh_token(
    visit: Visit, users: Users, password: str, outputs: dict[str, Any]
) -> None:
    """Whoever has a copy of it could stay signed in for a month."""
    visit.sign_in(users.ensure("rita"), password)
    visit.press("Sign in")
    visit.wait_for("#name", "rita")
    # The last request's address and body outlive the page in its window's name.
    visit.browser.execute_script(
        "const sent = window.fetch; window.fetch = (at, how) => (window.name = `${at}?${how.body}`, sent(at, how))"
    )
    visit.press("Sign out")
    visit.wait_for("#sign-in")
    revoked = urlsplit(visit.browser.execute_script("return window.name"))
    assert revoked.path == "/oauth2/revoke"
    (copied,) = parse_qs(revoked.query)["token"]
    form = {"grant_type": "refresh_token", "refresh_token": copied, "client_id": outputs["userPoolClientId"]}
    assert requests.post(f"http://{revoked.netloc}/oauth2/token", data=form, timeout=5).status_code == 400


def test_session_is_renewed_before_its_token_expires(visit: Visit, users: Users, password: str) -> None:
    """Fifteen minutes after the sign-in, without the user: a new access token, of the same sign-in."""
    visit.sign_in(users.ensure("mary"), password)
    visit.press("Sign in")
    visit.wait_for("#name", "mary")
    visit.press_summary("#token")
    first = visit.wait_for("#token pre:last-of-type", "auth_time").text
    visit.pass_time(json.loads(first)["exp"] - time.time() - 30)
    renewed = visit.wait_for("#token pre:last-of-type", "auth_time", other_than=first).text
    assert json.loads(renewed)["auth_time"] == json.loads(first)["auth_time"]
    assert visit.call("GET /hello") == ("200", '{"name":"mary"}')


def test_page_of_another_stack_says_so(visit: Visit, outputs: dict[str, Any]) -> None:
    """After `make up` with a new pool a page that is still open must not show "Failed to fetch" forever."""
    for now in (outputs["userPoolClientId"], outputs["apiUrl"].rpartition("/")[2]):
        visit.browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": CONTRACT_OF_ANOTHER % now})
    visit.open()
    visit.wait_for("#notice", "of another stack")
    assert visit.call("GET /hello")[1].startswith("The contract of this page is of another stack")


def test_stack_that_is_down_is_said(visit: Visit) -> None:
    """It differs from a refusal, which the browser hides from the page in the same way."""
    visit.go_offline()
    assert visit.call("GET /hello") == ("—", "The API cannot be reached. Is the stack up?")


def test_route_beyond_the_scopes_asked_for_is_refused(visit: Visit, users: Users, password: str) -> None:
    """The person decides what an application may do for them; the page says what is lacking, and why."""
    name = users.ensure("grace")
    for scope in ("read", "write"):
        visit.wait_for(f"input[value='api/reports.{scope}']").click()
    visit.sign_in(name, password)
    visit.press("Sign in")
    visit.wait_for("#name", name)
    lack = "you lack scope api/reports.read or api/reports.write"
    assert lack.capitalize() in visit.wait_for("#route-getReports").text
    assert visit.call("GET /reports") == ("—", f"Refused by the gateway: {lack}.")


def test_body_that_the_function_refuses_is_said_with_its_field(visit: Visit, users: Users, password: str) -> None:
    """The form cannot know every rule: the function has the last word, and names the field."""
    visit.sign_in(users.ensure("hedy"), password)
    visit.press("Sign in")
    visit.wait_for("#name", "hedy")
    visit.fill("#postThings-name", "chair")
    visit.fill("#postThings-weight", "1")
    visit.fill("#postThings-tags", "a tag that is longer than any tag may be")
    status, said = visit.call("POST /things")
    assert status == "400"
    assert said.startswith("Not what the route takes: tags[0] must ")


def test_parameters_are_asked_for_and_sent(visit: Visit, users: Users, password: str) -> None:
    """In the path, the query and a header; whichever the function refuses, its field and its rule are shown."""
    visit.sign_in(users.ensure("lise"), password)
    visit.press("Sign in")
    visit.wait_for("#name", "lise")
    route, prefix = "GET /things/{id}/parts/{number}", "#getThingsByIdPartsByNumber"
    visit.fill(f"{prefix}-path-id", "a b?")
    visit.fill(f"{prefix}-path-number", "7")
    visit.fill(f"{prefix}-query-tag", "x\ny,z&")
    visit.fill(f"{prefix}-header-X-Trace", "t")
    assert visit.call(route) == ("200", '{"name":"lise a b? 7"}')
    visit.fill(f"{prefix}-query-batch", "none")
    assert visit.call(route) == ("400", "Not what the route takes: batch must be a UUID in lower-case letters.")
    visit.fill("#deleteThingsById-path-id", "8")
    assert visit.call("DELETE /things/{id}") == ("404", "There is no such thing.")
    visit.fill("#deleteThingsById-path-id", "7")
    assert visit.call("DELETE /things/{id}") == ("204", "done, without a body")
    visit.picture("9-parameters")
    assert visit.problems() == []


def test_wrong_turns_are_said_in_words(visit: Visit, users: Users) -> None:
    """A name that is taken, and a sign-in that was given up: no dead end, no blank page."""
    name = users.ensure("alan")
    visit.fill("#user-name", name)
    visit.fill("#email", "alan@example.com")
    visit.fill("#password", PASSWORD)
    visit.press("Create account")
    visit.wait_for(".problem", "There is an account of that name already")
    visit.browser.get(f"{visit.url}?error=access_denied&state=of-another-day")
    visit.wait_for("#notice")
    visit.wait_for("#sign-in")


def test_everything_is_reached_by_keyboard_and_seen_where_it_is(visit: Visit) -> None:
    """Who has no mouse goes on with Tab, and must see where they are."""
    visit.script("document.activeElement.blur()")
    wanted = visit.script("return document.querySelectorAll('a, button, input, select, textarea, summary').length")
    reached = []
    for _ in range(wanted):
        ActionChains(visit.browser).send_keys(Keys.TAB).perform()
        focused = visit.browser.switch_to.active_element
        assert visit.script("return getComputedStyle(arguments[0]).outlineStyle", focused) == "solid"
        assert focused.accessible_name, focused.get_attribute("outerHTML")
        reached.append(focused.id)
    assert len(set(reached)) == wanted
    assert visit.script("return document.activeElement.localName") == "summary", "in the order of the page"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_accessible(visit: Visit, users: Users, password: str, packages: Path, scheme: str) -> None:
    """Contrast, names, roles and structure, by axe's rules, signed out and in."""
    axe = (packages / "node_modules" / "axe-core" / "axe.min.js").read_text()

    def violations() -> list[str]:
        visit.script(axe)
        found = visit.browser.execute_async_script("axe.run().then((found) => arguments[0](found.violations))")
        return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]

    visit.look(360, scheme)
    visit.call("GET /health")
    visit.call("GET /hello")
    assert violations() == []
    name = users.ensure("edith")
    visit.sign_in(name, password)
    visit.press("Sign in")
    visit.wait_for("#name", name)
    visit.press_summary("#token")
    visit.call("GET /hello")
    visit.call("GET /admin")
    assert violations() == []


def test_nothing_moves_by_itself(visit: Visit) -> None:
    """A button that moves under the finger is pressed by mistake."""
    visit.look(360)
    visit.browser.refresh()
    visit.wait_for("#sign-in")
    for key in ("GET /health", "GET /hello"):
        visit.call(key)
    assert visit.script("return window.shifts") == []


def test_policy_stops_what_the_page_never_does(visit: Visit, outputs: dict[str, Any]) -> None:
    """Were a script to get in, it could neither run inline nor send a token away, nor could the page be framed."""
    inline = "document.createElement('script').textContent = 'window.ran = 1'"
    assert "TrustedScript" in visit.script(f"try {{ {inline} }} catch (error) {{ return error.message }}")
    elsewhere = "return fetch('http://localhost:9/').then(() => 'sent', (error) => error.name)"
    assert visit.script(elsewhere) == "TypeError"
    refused = [each for each in visit.problems() if "Content Security Policy" in each]
    assert len(refused) >= 2
    policy = visit.script("return document.querySelector('meta[http-equiv]').content")
    assert "unsafe" not in policy
    assert policy.split("connect-src 'self' ")[1].split(";")[0] == outputs["awsEndpointUrl"]
    assert "frame-ancestors 'none'" in requests.get(visit.url, timeout=30).headers["Content-Security-Policy"]


def test_page_without_a_contract_says_what_to_do(installed: Path, tmp_path: Path) -> None:
    """Whoever starts the page before the stack."""
    said = refused("build", installed, tmp_path)
    assert said == f"web: {tmp_path}/contract.json must be there; write it with: python -m contract --to {tmp_path}\n"


@pytest.mark.parametrize("script", ["dev", "preview"])
def test_taken_port_is_one_line(installed: Path, contract: Path, script: str) -> None:
    """A second `make web`, or another project's server: not a stack trace of Node's."""
    with socket.create_server(("localhost", 0)) as other:
        port = str(other.getsockname()[1])
        said = refused(script, installed, contract, "--", "--port", port)
    assert said.startswith(f"web: port {port} must be free")
    assert said.count("\n") == 1


def refused(script: str, installed: Path, contract: Path, *arguments: str) -> str:
    """What a script of the front end says on standard error before it fails."""
    done = subprocess.run(
        ["/usr/bin/env", "npm", "run", "--silent", script, *arguments],
        cwd=installed,
        env={**os.environ, "CONTRACT": str(contract), "OUT": str(contract / "out")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    return done.stderr


def test_page_is_served_while_it_is_developed(browser: Chrome, installed: Path, contract: Path, serve: Any) -> None:
    """What `make web` starts: the same policy holds, and a page at an address that the pool does not know says so."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    url = f"http://localhost:{port}/"
    with serve("npm", "run", "dev", "--", "--port", port, url=url, cwd=installed, CONTRACT=str(contract)):
        visit = Visit(browser, url)
        visit.open()
        visit.wait_for("#notice", f"This page is at {url}, where the sign-in page may not return to")
        visit.wait_for("#sign-in")
        assert visit.script("return getComputedStyle(document.querySelector('.panel')).borderRadius") != "0px"
        assert visit.problems() == []
