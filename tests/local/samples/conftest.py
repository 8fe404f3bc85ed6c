"""The stack as it ships, with the sample routes. It goes with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.deployment import Steps, bring_up
from local.emulator import Emulator
from local.users import Users, new_password
from stacks.engine import Stack
from tests.local.conftest import Api


@pytest.fixture(scope="session")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    stack = Stack.load("local")
    with Emulator(0, stack.region, tmp_path_factory.mktemp("samples")) as emulator:
        yield bring_up(stack, emulator, Steps(show=lambda _: None))


@pytest.fixture(scope="session")
def api(outputs: dict[str, Any]) -> Api:
    return Api(outputs["apiUrl"])


@pytest.fixture(scope="session")
def users(outputs: dict[str, Any]) -> Users:
    return Users(outputs, new_password())
