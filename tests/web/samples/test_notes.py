"""A person keeps notes at the sample front end, leafs through their pages, looks at one and deletes it."""

from __future__ import annotations

import json

import pytest
from selenium.webdriver import Chrome

from local.users import Users
from tests.web.visit import Visit

pytestmark = pytest.mark.acceptance


def test_notes_are_kept_paged_shown_and_deleted(browser: Chrome, page: str, users: Users, password: str) -> None:
    """The page knows none of these routes: forms come from the contract, and an answer fills the next one in."""
    visit = Visit(browser, page)
    visit.open()
    visit.sign_in(users.ensure("nan"), password)
    visit.press("Sign in")
    visit.wait_for("#name", "nan")

    for text in ("first", "second", "third"):
        visit.fill("#postNotes-text", text)
        assert visit.call("POST /notes")[0] == "201"
    visit.fill("#getNotes-query-limit", "2")
    assert texts(visit.call("GET /notes")[1]) == ["third", "second"]
    visit.picture("10-notes")
    visit.press("Next page of GET /notes")
    last = visit.wait_for("#route-getNotes .preview", "first").text
    assert texts(last) == ["first"]
    assert not visit.browser.find_element("css selector", "#route-getNotes .inputs > button").is_displayed()

    field = visit.wait_for("#getNotesById-path-id")
    assert field.get_attribute("value") == json.loads(last)["notes"][0]["id"]
    assert '"text":"first"' in visit.call("GET /notes/{id}")[1]
    assert visit.call("DELETE /notes/{id}") == ("204", "done, without a body")
    assert visit.call("GET /notes/{id}") == ("404", "You have no such note.")
    visit.picture("11-note-deleted")
    assert visit.problems() == []


def texts(shown: str) -> list[str]:
    return [note["text"] for note in json.loads(shown)["notes"]]
