"""The quick starts of docs/front-ends.md: every snippet is compiled and run, as it stands, against a local stack."""

from __future__ import annotations

import json
import os
import re
import subprocess
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
    "index.html": '<!doctype html><title>OIDC</title><script type="module" src="oidc.ts"></script>'
    '<button id="in">Sign in</button><button id="out">Sign out</button><output></output>',
    "oidc.ts": """
        import { greeting, resume, signOut, users } from "./session";
        document.getElementById("in")!.onclick = () => users.signinRedirect();
        document.getElementById("out")!.onclick = signOut;
        await resume();
        const said = (await users.getUser()) === null ? "signed out" : await greeting();
        document.querySelector("output")!.textContent = said;
    """,
    "amplify.html": '<!doctype html><title>Amplify</title><script type="module" src="main.tsx"></script>'
    '<div id="root"></div>',
    "node.ts": """
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
                "target": "ES2022",
                "module": "ESNext",
                "moduleResolution": "bundler",
                "lib": ["ES2023", "DOM", "DOM.Iterable"],
                "types": ["node"],
                "jsx": "react-jsx",
                "strict": True,
                "noUnusedLocals": True,
                "noUncheckedIndexedAccess": True,
                "noEmit": True,
                "resolveJsonModule": True,
                "skipLibCheck": True,
            },
            "include": ["*.ts", "*.tsx"],
        }
    ),
    "vite.config.js": """
        export default {
          logLevel: "warn",
          build: { rolldownOptions: { input: ["index.html", "amplify.html"] } },
          preview: { host: "localhost", strictPort: true },
        };
    """,
}


@pytest.fixture(scope="module")
def site(packages: Path, contract: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the snippets of the page, what a reader has around them, and the stack's contract."""
    folder = tmp_path_factory.mktemp("site")
    for name, text in {**SNIPPETS, **AROUND}.items():
        (folder / name).write_text(text)
    (folder / "contract").symlink_to(contract)
    (folder / "node_modules").symlink_to(packages / "node_modules")
    return folder


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
    """One that is not would rot; a console block is for the eye, and shows only commands that other tests run."""
    fences = re.findall(r"^```(\S.*)$", PAGE.read_text(), re.MULTILINE)
    assert {fence.split(" ")[-1] for fence in fences if fence not in {"console", "yaml"}} == set(SNIPPETS)
    assert set(SNIPPETS) == {
        *("amplify.ts", "greeting.ts", "App.tsx", "main.tsx"),
        "session.ts",
        *("authorize", "token", "call", "refresh", "machine"),
    }


def test_snippets_compile_as_strictly_as_can_be(site: Path) -> None:
    """Against the real types of Amplify, oidc-client-ts and React, and those that the contract has for the routes."""
    assert run(site, "npx", "tsc") == ""


def test_amplify_signs_in_by_srp_and_calls_the_api(site: Path, person: str, password: str) -> None:
    """Amplify's own library, configured from `amplify_outputs.json` and the snippet, in Node."""
    run(site, "npx", "vite", "build", "--ssr", "node.ts", "--outDir", "node")
    said = json.loads(run(site, "node", "node/node.mjs", person, password).splitlines()[-1])
    assert said == {"isSignedIn": True, "said": f"Hello, authenticated user! You are {person}."}


def test_react_with_amplify(pages: str, browser: Chrome, person: str, password: str) -> None:
    """The component in a browser: the form, SRP, the call, the greeting; and what it says of a wrong password."""
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


def test_mobile_apps_way_by_hand(site: Path, outputs: dict[str, Any], person: str, password: str, origin: str) -> None:
    """The address, the exchange of the code, the call and the refresh, in one shell as a reader has it."""
    blocks = [SNIPPETS["authorize"], "read -r code\n", *(SNIPPETS[name] for name in ("token", "call", "refresh"))]
    script = "set -euo pipefail\n" + "\n".join(blocks)
    with subprocess.Popen(
        ["/bin/bash", "-c", script], cwd=site, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
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
        cwd=site,
        env={**os.environ, "CLIENT_ID": client_id, "CLIENT_SECRET": secret},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"reports": [], "for": client_id}
