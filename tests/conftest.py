"""What holds for all tests."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from local.live import PROGRAM

_WITH_A_STACK = ("tests/local/test_", "tests/proof/test_")


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


class _ByStack(LoadFileScheduling):
    """Files whose tests share a running stack go to one process, so that no other brings it up too."""

    def _split_scope(self, nodeid: str) -> str:
        shared = next((start for start in _WITH_A_STACK if nodeid.startswith(start)), None)
        return shared or super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByStack:
    return _ByStack(config, log)
