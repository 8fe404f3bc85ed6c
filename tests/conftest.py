"""What holds for all tests."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from local.live import PROGRAM


@pytest.fixture(scope="module", autouse=True)
def _modules_as_they_were() -> Iterator[None]:
    """A running stack reads a changed program anew; the next file must find the modules that it imported."""
    before = _of_the_program()
    yield
    for name in _of_the_program():
        del sys.modules[name]
    sys.modules.update(before)


def _of_the_program() -> dict[str, ModuleType]:
    return {name: module for name, module in sys.modules.items() if name.partition(".")[0] in PROGRAM}


def pytest_collection_finish() -> None:
    """Leave what was imported out of each garbage collection: Pulumi's classes alone are hundreds of thousands."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
