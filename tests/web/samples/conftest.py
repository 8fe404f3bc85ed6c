"""The stack as it ships, with the sample routes, which the page's snippets call. It goes with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks import ROOT


@pytest.fixture(scope="module")
def checkout() -> Path:
    return ROOT
