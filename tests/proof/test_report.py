"""Reports for people and programs are complete, and harmless whatever a stack answered."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from proof.attack import page, report
from proof.attack.report import Run
from proof.attack.run import Result

OK = Result(
    route="GET /hello",
    id="A01",
    name="alg-none",
    title="alg none",
    group="token header",
    expected=(401,),
    status=401,
    layer="gateway",
    milliseconds=1.5,
)
EVIL = '<script>alert(1)</script> "&\x00\x1b[2J'
RUN = Run(
    api_url="https://api.example.com",
    is_local=False,
    routes=("GET /health", "GET /hello"),
    started="2025-11-22T20:44:00Z",
    seconds=61.04,
    results=[
        OK,
        replace(OK, route="GET /health", status=200, layer="function"),
        replace(OK, name="alg-None", status=200, layer="function", problem=f"expected 401, got 200: {EVIL}"),
        replace(OK, id="A21", name="list", status=500, note="the emulator's gateway fails"),
        replace(OK, id="B01", name="bit", group="signature", status=None, layer=None, skipped="no --user given"),
        replace(OK, id="R03", name="70-kB", group="exhaustion", status=0, layer="connection"),
        replace(
            OK, route="GET /x", id="F15", name="wiring", group="wiring", status=None, layer=None, problem="is open"
        ),
    ],
)


def test_people_read_every_deviation_in_full() -> None:
    """The summary is for the good days."""
    text = report.text(RUN)
    assert text.splitlines()[0] == "4 cases, 5 requests, 61.0 s"
    assert "DEVIATION  GET /hello  A01-alg-None: alg none\n           expected 401, got 200: <script>" in text
    assert "DEVIATION  GET /x  F15-wiring: alg none\n           is open\n" in text
    assert "A21-list: the emulator's gateway fails" in text
    assert "B01-bit: no --user given" in text
    assert "a revoked token works until it expires" in text
    assert text.endswith("\n2 deviations")
    row = next(line for line in text.splitlines() if line.startswith("all "))
    assert row.split() == ["all", "5", "2", "0", "1", "2", "1", "1", "1"]


def test_long_lists_of_cases_are_counted() -> None:
    """Three hundred names would bury the line that matters."""
    many = [replace(OK, name=str(number), status=None, layer=None, skipped="no --user given") for number in range(40)]
    assert "\n  40 cases: no --user given\n" in report.text(replace(RUN, results=many))


def test_programs_get_everything() -> None:
    """Whoever draws another report must not have to parse this one."""
    found = json.loads(report.as_json(RUN))
    assert found["deviations"] == 2
    assert len(found["results"]) == len(RUN.results)
    assert found["results"][2]["why"].startswith("expected 401, got 200")
    assert found["summary"]["signature"]["skipped"] == 1
    assert found["notTested"][0] == {"cases": ["B01-bit"], "why": "no --user given"}


def test_ci_gets_a_suite_for_each_route() -> None:
    """And well-formed: an answer may hold characters that XML cannot."""
    root = ET.fromstring(report.junit(RUN))  # noqa: S314 - written here
    suites = {suite.get("name"): suite for suite in root}
    assert set(suites) == {"GET /hello", "GET /health", "wiring"}
    hello = suites["GET /hello"]
    assert (hello.get("tests"), hello.get("failures"), hello.get("skipped")) == ("5", "1", "1")
    failure = hello.find("testcase/failure")
    assert failure is not None
    assert "<script>" in str(failure.get("message"))
    assert suites["wiring"].get("failures") == "1"


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


@pytest.mark.parametrize("routes", [2, 30])
def test_page_is_whole_and_harmless(routes: int) -> None:
    """It is mailed around and opened from a disk: nothing is loaded, and nothing that a stack said can run."""
    keys = (*RUN.routes, *(f"GET /{number}" for number in range(routes - 2)))
    text = page.html(replace(RUN, routes=keys))
    found = Elements(text)
    assert found.tags.count("script") == 1
    assert not {name for name, _ in found.attributes} & {"src", "href", "onclick", "onload", "style"}
    assert "link" not in found.tags
    assert "<script>alert" not in text
    for kind, tag in (("style-src", "style"), ("script-src", "script")):
        content = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert content is not None
        assert f"{kind} '{page._hash(content.group(1))}'" in text, "or the browser refuses it"
    assert 'name="viewport"' in text
    assert "prefers-color-scheme: dark" in text
    assert "2 deviations" in text
    assert "GET /x: is open" in text


def test_page_of_a_good_run_says_so() -> None:
    """In words: colors are not for everybody."""
    text = page.html(replace(RUN, results=[OK]))
    assert "Attack run: no deviation" in text
    assert "answered as it must be" in text
    assert "Deviations</h2>" not in text
