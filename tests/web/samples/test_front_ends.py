"""The quick starts of docs/front-ends.md: every snippet is compiled and run, as it stands, against a local stack."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from selenium.webdriver import Chrome

from local.provider import client
from local.users import SignInPage, Users, authorization_code
from stacks import ROOT
from tests.web.visit import Visit

pytestmark = pytest.mark.acceptance

PAGE = ROOT / "docs" / "front-ends.md"
_SNIPPET = re.compile(r"^```(?:tsx?|bash) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SNIPPETS = dict(_SNIPPET.findall(PAGE.read_text()))
SETTING = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)[0]
DEADLINE = 120  # seconds

# What a reader has around the snippets: a page for each, and the compiler's usual strictness.
AROUND = {
    "index.html": '<!doctype html><title>OIDC</title><script type="module" src="/src/oidc.ts"></script>'
    '<button id="in">Sign in</button><button id="out">Sign out</button><button id="call">Call</button>'
    "<output></output><pre></pre>",
    "src/oidc.ts": """
        import { greeting, resume, signOut, users } from "./session";
        const output = document.querySelector("output")!;
        async function show(step: () => Promise<string>) {
          output.textContent = await step().catch(String);
        }
        users.events.addUserLoaded((user) => {
          document.querySelector("pre")!.textContent = user.id_token!;
        });
        document.getElementById("in")!.onclick = () => users.signinRedirect();
        document.getElementById("out")!.onclick = signOut;
        document.getElementById("call")!.onclick = () => show(greeting);
        await show(async () => {
          await resume();
          return (await users.getUser()) === null ? "signed out" : await greeting();
        });
    """,
    "stale.html": '<!doctype html><title>Stale</title><script type="module" src="/stale/stale.ts"></script>'
    "<output></output>",
    "stale/stale.ts": """
        import { diagnosis } from "./diagnosis";
        document.querySelector("output")!.textContent = await diagnosis();
    """,
    "stale/diagnosis.ts": SNIPPETS["diagnosis.ts"],
    "amplify.html": '<!doctype html><title>Amplify</title><script type="module" src="/src/main.tsx"></script>'
    '<div id="root"></div>',
    "src/node.ts": """
        import "./amplify";
        import { signIn } from "aws-amplify/auth";
        import { greeting } from "./greeting";
        const [username = "", password = ""] = process.argv.slice(2);
        const { isSignedIn } = await signIn({ username, password, options: { authFlowType: "USER_SRP_AUTH" } });
        console.log(JSON.stringify({ isSignedIn, said: await greeting() }));
    """,
    "tsconfig.json": json.dumps(
        {
            "compilerOptions": {
                "target": "ES2023",
                "module": "ESNext",
                "moduleResolution": "bundler",
                "lib": ["ES2023", "DOM", "DOM.Iterable"],
                "types": ["node"],
                "jsx": "react-jsx",
                "strict": True,
                "noUnusedLocals": True,
                "noUnusedParameters": True,
                "noFallthroughCasesInSwitch": True,
                "noUncheckedIndexedAccess": True,
                "erasableSyntaxOnly": True,
                "verbatimModuleSyntax": True,
                "noEmit": True,
                "skipLibCheck": True,
            },
            "include": ["src"],
        }
    ),
    "vite.config.js": """
        export default {
          logLevel: "warn",
          build: { rolldownOptions: { input: ["index.html", "amplify.html", "stale.html"] } },
          preview: { host: "localhost", strictPort: true },
        };
    """,
}


@pytest.fixture(scope="module")
def site(packages: Path, contract: Path, outputs: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Vite project: the snippets of the page in `src/`, the stack's contract beside them, and what a reader has."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("src", "stale/contract"):
        (folder / name).mkdir(parents=True)
    for name, text in {**{f"src/{name}": text for name, text in SNIPPETS.items()}, **AROUND}.items():
        (folder / name).write_text(text)
    (folder / "src" / "contract").symlink_to(contract)
    api_id = outputs["apiUrl"].rpartition("/")[2]
    of_another = (contract / "api.ts").read_text().replace(api_id, "gone").replace(outputs["userPoolClientId"], "gone")
    (folder / "stale" / "contract" / "api.ts").write_text(of_another)
    (folder / "node_modules").symlink_to(packages / "node_modules")
    return folder


def claims(token: str) -> dict[str, Any]:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def run(site: Path, *command: str) -> str:
    done = subprocess.run(
        ["/usr/bin/env", *command], cwd=site, capture_output=True, text=True, timeout=DEADLINE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def pages(site: Path, origin: str, serve: Any) -> Iterator[str]:
    """The address of the built pages, which is the stack's callback URL."""
    run(site, "npx", "vite", "build")
    with serve("npx", "vite", "preview", "--port", origin.rpartition(":")[2], url=origin, cwd=site):
        yield origin


@pytest.fixture
def person(users: Users) -> str:
    return users.ensure("lin")


def test_every_snippet_of_the_page_is_run_here() -> None:
    """A snippet that no test runs becomes wrong unnoticed. Console blocks show only commands that other tests run."""
    fences = re.findall(r"^```(\S.*)$", PAGE.read_text(), re.MULTILINE)
    assert {fence.split(" ")[-1] for fence in fences if fence not in {"console", "yaml"}} == set(SNIPPETS)
    assert set(SNIPPETS) == {
        *("amplify.ts", "greeting.ts", "App.tsx", "main.tsx"),
        *("diagnosis.ts", "session.ts"),
        *("authorize", "token", "call", "refresh", "machine"),
    }


def test_snippets_compile_as_strictly_as_can_be(site: Path) -> None:
    """Against the real types of Amplify, oidc-client-ts and React, and those that the contract has for the routes."""
    assert run(site, "npx", "tsc") == ""


def test_amplify_signs_in_by_srp_and_calls_the_api(site: Path, person: str, password: str) -> None:
    """Amplify's own library, configured from `amplify_outputs.json` and the snippet, in Node."""
    run(site, "npx", "vite", "build", "--ssr", "src/node.ts", "--outDir", "node")
    said = json.loads(run(site, "node", "node/node.mjs", person, password).splitlines()[-1])
    assert said == {"isSignedIn": True, "said": f"Hello, authenticated user! You are {person}."}


def test_react_with_amplify(pages: str, browser: Chrome, person: str, password: str) -> None:
    """The component in a browser: a wrong password, SRP, the greeting; the same after a reload; and out again."""
    visit = Visit(browser, f"{pages}/amplify.html")
    visit.browser.get(visit.url)
    visit.fill("input[name=username]", person)
    visit.fill("input[name=password]", "wrong")
    visit.press("Sign in")
    visit.wait_for("output", "Incorrect username or password")
    visit.fill("input[name=username]", person)
    visit.fill("input[name=password]", password)
    visit.press("Sign in")
    visit.wait_for("output", f"Hello, authenticated user! You are {person}.")
    visit.browser.refresh()
    visit.wait_for("output", f"Hello, authenticated user! You are {person}.")
    visit.press("Sign out")
    visit.wait_for("input[name=username]")
    visit.browser.refresh()
    visit.wait_for("input[name=username]")
    assert not [name for name in visit.stored if "Token" in name]


def test_plain_openid_connect_client(pages: str, browser: Chrome, person: str, password: str) -> None:
    """The sign-in page and back, the call with the token from memory, and out again."""
    visit = Visit(browser, f"{pages}/")
    visit.browser.get(visit.url)
    visit.wait_for("output", "signed out")
    visit.sign_in(person, password)
    visit.press("Sign in")
    visit.wait_for("output", f"Hello, authenticated user! You are {person}.")
    assert visit.browser.current_url == visit.url
    assert visit.stored == {}
    visit.press("Sign out")
    visit.wait_for("output", "signed out")


@pytest.fixture
def member(pages: str, browser: Chrome, person: str, password: str) -> Visit:
    """A person who is signed in at the page of the OpenID Connect client."""
    visit = Visit(browser, f"{pages}/")
    visit.browser.get(visit.url)
    visit.sign_in(person, password)
    visit.press("Sign in")
    visit.wait_for("output", "Hello")
    return visit


def test_session_is_renewed_before_its_token_expires(member: Visit) -> None:
    """The library asks for tokens a minute before the old ones expire, and ends the session if `auth_time` differs."""
    first = member.wait_for("pre", ".").text
    member.pass_time(claims(first)["exp"] - time.time() - 30)
    renewed = member.wait_for("pre", ".", other_than=first).text
    assert claims(renewed)["auth_time"] == claims(first)["auth_time"]
    member.press("Call")
    member.wait_for("output", "Hello")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("error=access_denied&error_description=Gave+up", "Gave up"),
        ("code=used", "ErrorResponse: "),
        ("code=a", "state"),
    ],
)
def test_failed_sign_in_is_said_and_leaves_the_address(pages: str, browser: Chrome, answer: str, said: str) -> None:
    """The sign-in page sends people back with an error, too; and an answer that stays in the address fails again."""
    visit = Visit(browser, f"{pages}/")
    visit.browser.get(visit.url)
    visit.wait_for("output", "signed out")
    if said != "state":
        visit.press("Sign in")
        visit.wait_for("input[name=username]")
        answer += f"&state={parse_qs(urlsplit(visit.browser.current_url).query)['state'][0]}"
    visit.browser.get(f"{visit.url}?{answer}")
    visit.wait_for("output", said)
    assert visit.browser.current_url == visit.url


def test_page_says_why_a_call_has_no_answer(pages: str, browser: Chrome) -> None:
    """The gateway's 401 has no CORS headers: to `fetch` it is the same as an API that is down, or that is gone."""
    visit = Visit(browser, f"{pages}/stale.html")
    visit.browser.get(visit.url)
    visit.wait_for("output", "of another stack")
    visit.browser.get(f"{pages}/")
    visit.wait_for("output", "signed out")
    visit.press("Call")
    visit.wait_for("output", "refuses this call")
    visit.go_offline()
    visit.press("Call")
    visit.wait_for("output", "cannot be reached")


def test_mobile_apps_way_by_hand(site: Path, outputs: dict[str, Any], person: str, password: str, origin: str) -> None:
    """The address, the exchange of the code, the call and the refresh, in one shell as a reader has it."""
    blocks = [SNIPPETS["authorize"], "read -r code\n", *(SNIPPETS[name] for name in ("token", "call", "refresh"))]
    script = "set -euo pipefail\n" + "\n".join(blocks)
    with subprocess.Popen(
        ["/bin/bash", "-c", script], cwd=site / "src", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as shell:
        assert shell.stdout is not None
        url = shell.stdout.readline().strip()
        asked = {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}
        assert asked["redirect_uri"] == f"{origin}/"
        page = SignInPage(outputs["authDomain"], asked["client_id"], asked["redirect_uri"])
        printed, _ = shell.communicate(authorization_code(page, asked, person, password) + "\n", timeout=DEADLINE)
    assert shell.returncode == 0
    answer, renewed = json.JSONDecoder().raw_decode(printed)[0], printed.strip().rpartition("}")[2]
    assert answer == {"message": "Hello, authenticated user!", "user": person}
    assert renewed.count(".") == 2, "a new access token"


def test_service_by_client_credentials(site: Path, outputs: dict[str, Any]) -> None:
    """A machine of `appClients`, as the page's settings have it, reads the reports with curl alone."""
    assert yaml.safe_load(SETTING)["secure-serverless-api:appClients"] == [
        {"name": "nightly", "kind": "machine", "scopes": ["api/reports.read"]}
    ]
    client_id = outputs["appClientIds"]["nightly"]
    cognito = client(outputs["awsEndpointUrl"], outputs["region"], "cognito-idp")
    described = cognito.describe_user_pool_client(UserPoolId=outputs["userPoolId"], ClientId=client_id)
    secret = described["UserPoolClient"]["ClientSecret"]
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", SNIPPETS["machine"]],
        cwd=site / "src",
        env={**os.environ, "CLIENT_ID": client_id, "CLIENT_SECRET": secret},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"reports": [], "for": client_id}
