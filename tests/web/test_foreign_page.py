"""A page of somebody else in a real browser, while the stack runs: it changes nothing and reads nothing."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

pytestmark = pytest.mark.acceptance

FOREIGN = "foreign.example"
# Each is tried as a fetch that may be read and as one that may not (`no-cors`); the latter needs no preflight.
TRY = """
const [base, tries, done] = arguments;
const results = {};
for (const [name, path, options] of tries)
  for (const mode of ["cors", "no-cors"]) {
    try {
      const answer = await fetch(base + path, { ...options, mode });
      results[`${name}, ${mode}`] = answer.type === "opaque" ? "opaque" : `${answer.status} ${await answer.text()}`;
    } catch (error) {
      results[`${name}, ${mode}`] = error.name;
    }
  }
done(results);
"""


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>foreign</title>")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def foreign_page() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{FOREIGN}:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def rebound(tmp_path: Path) -> Iterator[Chrome]:
    """A browser for which the foreign name leads to this machine, as after DNS rebinding."""
    options = ChromeOptions()
    rules = f"--host-resolver-rules=MAP {FOREIGN} 127.0.0.1"
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", rules):
        options.add_argument(flag)
    driver = shutil.which("chromedriver")
    assert driver, "the browser's driver must be installed: apt-get install chromium chromium-driver"
    chrome = Chrome(options, Service(driver))
    try:
        yield chrome
    finally:
        chrome.quit()


def tries(outputs: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    api = urlsplit(outputs["apiUrl"]).path
    function = {"FunctionName": "evil", "Runtime": "python3.11", "Role": "arn:aws:iam::1:role/r", "Handler": "a.b"}
    return [
        ("code", "/2015-03-31/functions", {"method": "POST", "body": json.dumps(function)}),
        ("user", "/", {"method": "POST", "body": "Action=CreateUser&UserName=evil", "headers": FORM}),
        ("reset", "/_ministack/reset", {"method": "POST"}),
        ("administration", "/", {"method": "POST", "body": '{"MaxResults": 9}', "headers": TARGET}),
        ("keys", f"/{outputs['userPoolId']}/.well-known/jwks.json", {}),
        ("health of the emulator", "/_ministack/health", {}),
        ("API", f"{api}/health", {}),
    ]


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TARGET = {"X-Amz-Target": "AWSCognitoIdentityProviderService.ListUserPools"}


def results_in(browser: Chrome, base: str, outputs: dict[str, Any]) -> dict[str, str]:
    browser.set_script_timeout(60)
    found: dict[str, str] = browser.execute_async_script(
        f"(async function () {{ {TRY} }}).apply(null, arguments)", base, tries(outputs)
    )
    return found


def assert_untouched(outputs: dict[str, Any]) -> None:
    """The stack answers, and none of what the page tried is there."""
    assert requests.get(f"{outputs['apiUrl']}/health", timeout=30).status_code == 200
    endpoint = {"endpoint_url": outputs["awsEndpointUrl"], "region_name": outputs["region"]}
    secret = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    functions = boto3.client("lambda", **endpoint, **secret).list_functions()["Functions"]
    users = boto3.client("iam", **endpoint, **secret).list_users()["Users"]
    assert "evil" not in {each["FunctionName"] for each in functions} | {each["UserName"] for each in users}


def test_foreign_page_gets_nothing(rebound: Chrome, foreign_page: str, outputs: dict[str, Any]) -> None:
    """Simple requests and preflights: whatever is sent is neither done nor read."""
    rebound.get(foreign_page)
    results = results_in(rebound, outputs["awsEndpointUrl"], outputs)
    assert len(results) == 14
    assert set(results.values()) == {"TypeError", "opaque"}, results
    assert_untouched(outputs)


def test_rebound_name_gets_nothing(rebound: Chrome, outputs: dict[str, Any]) -> None:
    """The browser takes the emulator for the page's own server: only the Host tells them apart."""
    base = f"http://{FOREIGN}:{urlsplit(outputs['awsEndpointUrl']).port}"
    rebound.get(f"{base}/")
    results = results_in(rebound, base, outputs)
    assert len(results) == 14
    assert {answer.partition(" ")[0] for answer in results.values()} == {"403"}, results
    assert_untouched(outputs)
