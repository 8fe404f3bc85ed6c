"""Each fact about AWS that a page states has a source and a day, and is still on that page."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

import botocore.session
import pytest

from stacks import ROOT

DOCS = ROOT / "docs"
SESSION = botocore.session.get_session()


class Fact(NamedTuple):
    """A row of docs/facts.md."""

    text: str
    source: str
    seen: str
    pages: str


def rows() -> list[Fact]:
    lines = [line for line in (DOCS / "facts.md").read_text().splitlines() if line.startswith("| ")]
    return [Fact(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines[1:]]


def test_there_are_facts() -> None:
    """A table that is not read would hold nothing."""
    assert len(rows()) > 15


@pytest.mark.parametrize("fact", rows(), ids=lambda fact: fact.text[:40])
def test_fact_has_a_source_and_a_day_and_is_on_its_pages(fact: Fact) -> None:
    """A row whose page was rewritten vouches for nothing."""
    assert len(fact.source) > 10
    assert date(2025, 1, 1) < date.fromisoformat(fact.seen)
    pages = re.findall(r"\]\((\S+\.md)\)", fact.pages)
    words = re.findall(r"`([^`]+)`", fact.text)
    assert pages
    assert words, "the words by which the fact is found on its page"
    for page in pages:
        text = " ".join((DOCS / page).read_text().replace("-", " ").split()).lower()
        for word in words:
            assert word.replace("-", " ").lower() in text, (page, word)


@pytest.mark.parametrize("fact", [fact for fact in rows() if "botocore" in fact.source], ids=lambda fact: fact.text)
def test_what_a_service_model_says_is_in_it(fact: Fact) -> None:
    """The model is installed here, so the fact can be looked up on every run."""
    service, *names = re.split(r", |; ", fact.source.removeprefix("botocore 1.43, "))
    model = SESSION.get_service_model(service)
    known = {*model.operation_names, *model.shape_names}
    names = [name for name in names if re.fullmatch(r"(?:[A-Z][a-z]+)+", name)] or re.findall(r"`(\w+)`", fact.text)

    assert names
    assert set(names) <= known


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_nothing_vanishes_when_a_page_is_rendered(page: object) -> None:
    """Words in angle brackets are HTML outside of code, and nobody sees them."""
    text = (DOCS / str(page)).read_text()
    text = re.sub(r"(?s)```.*?```|<!--.*?-->|`[^`]*`", "", text)

    assert re.findall(r"<[a-zA-Z][^>\n]*>", text) == []
