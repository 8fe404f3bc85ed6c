"""What every component promises, whichever it is: found by looking, so that a new one is held to it unasked."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from dataclasses import FrozenInstanceError, fields, is_dataclass
from functools import cache
from typing import Any

import pulumi
import pytest

import components
from stacks.recorder import Recording, record
from tests.components import (
    test_api_domain,
    test_api_function,
    test_app_clients,
    test_auth_pool,
    test_encryption,
    test_http_api,
    test_identity_providers,
    test_item_table,
    test_monitoring,
    test_pool_triggers,
    test_sign_in_page,
)
from tests.components.arguments import arguments

# All that a pool can have, so that every child of it is held to the contract.
EVERY_OPTION = {
    "user_pool_tier": "PLUS",
    "app_clients": [test_app_clients.BROWSER, test_app_clients.NATIVE, test_app_clients.MACHINE],
    "identity_providers": [test_identity_providers.GOOGLE, test_identity_providers.SAML],
    "identity_provider_secrets": {"Google": "hush"},
    "threat_protection": "enforced",
    "user_event_logs": True,
    "sign_in_web_acl": {"create": True},
    "managed_login": True,
    **test_sign_in_page.OWN,
    "sign_in_zone_id": "Z0123456789",
}
# The least that each component can be made of.
ARGS = {
    "AuthPool": {
        **test_auth_pool.REQUIRED,
        "scopes": test_auth_pool.SCOPES,
        "groups": test_auth_pool.GROUPS,
        **EVERY_OPTION,
    },
    "ApiDomain": test_api_domain.REQUIRED,
    "ApiFunction": test_api_function.REQUIRED,
    "Encryption": test_encryption.REQUIRED,
    "ItemTable": test_item_table.REQUIRED,
    "HttpApi": test_http_api.REQUIRED,
    "Monitoring": test_monitoring.REQUIRED,
    "PoolTriggers": {**test_pool_triggers.REQUIRED, **test_pool_triggers.EVERY},
}


def _components() -> dict[str, Any]:
    modules = [importlib.import_module(f"components.{each.name}") for each in pkgutil.iter_modules(components.__path__)]
    return {
        name: member
        for module in modules
        for name, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, pulumi.ComponentResource) and member.__module__ == module.__name__
    }


COMPONENTS = _components()
each_component = pytest.mark.parametrize("name", sorted(COMPONENTS))


def _args(name: str) -> Any:
    module = importlib.import_module(COMPONENTS[name].__module__)
    return arguments(getattr(module, f"{name}Args"), **ARGS[name])


@cache
def two(name: str) -> Recording:
    """Two components of a kind in one program, the second inside a component of the caller's."""

    def create() -> None:
        args = _args(name)
        COMPONENTS[name]("first", args)
        outer = pulumi.ComponentResource("test:index:Outer", "outer")
        COMPONENTS[name]("second", args, pulumi.ResourceOptions(parent=outer))

    return record(create)


def test_there_are_components() -> None:
    """A scan that finds nothing would hold nothing."""
    assert COMPONENTS.keys() == ARGS.keys()


@each_component
def test_type_token_is_the_projects(name: str) -> None:
    """The token is identity: another one replaces everything inside."""
    assert {each.type for each in two(name).all(name)} == {f"secureapi:index:{name}"}


@each_component
def test_constructor_has_the_same_shape(name: str) -> None:
    """Who knows one component knows them all."""
    assert [*inspect.signature(COMPONENTS[name].__init__).parameters] == ["self", "name", "args", "opts"]


@each_component
def test_arguments_are_frozen_and_named(name: str) -> None:
    """Arguments that change after their check are unchecked; positional ones get swapped in silence."""
    args: Any = _args(name)

    assert is_dataclass(args)
    assert all(field.kw_only for field in fields(args))
    for field in fields(args):
        with pytest.raises(FrozenInstanceError, match=field.name):
            setattr(args, field.name, getattr(args, field.name))
        with pytest.raises(FrozenInstanceError, match=field.name):
            delattr(args, field.name)


@each_component
def test_outputs_are_registered_and_public(name: str) -> None:
    """Each public attribute, and no other: until outputs are registered Pulumi holds the component for unfinished."""
    public = inspect.get_annotations(COMPONENTS[name]).keys()

    assert public
    for component in two(name).all(name):
        registered = two(name).registered[component.urn]
        assert registered.keys() == public
        assert all(registered.values())


@each_component
def test_children_belong_to_their_component(name: str) -> None:
    """Also where the caller gives a parent: children outside the component lose its place, provider and protection."""
    recording = two(name)
    owners = {each.urn: each.name for each in recording.all(name)}
    children = [each for each in recording.resources if each.custom]

    assert children
    assert all(each.name.startswith(f"{owners[each.parent]}-") for each in children)


@each_component
def test_two_of_a_kind_fit_into_one_program(name: str) -> None:
    """Every child's name carries the component's; a fixed one would stop the second."""
    first, second = two(name).all(name)
    suffixes = [
        sorted(each.name.removeprefix(owner.name) for each in two(name).resources if each.parent == owner.urn)
        for owner in (first, second)
    ]

    assert suffixes[0] == suffixes[1]


@each_component
def test_caller_may_protect_the_whole(name: str) -> None:
    """The caller's options reach the children through the component alone."""
    recording = record(lambda: COMPONENTS[name]("first", _args(name), pulumi.ResourceOptions(protect=True)))

    assert all(each.protect for each in recording.resources)


def test_type_tokens_are_found_in_the_source() -> None:
    """One component, one file, one token: the reader finds a resource of the state by searching for it."""
    for name, component in COMPONENTS.items():
        source = inspect.getsource(importlib.import_module(component.__module__))

        assert re.findall(r'"(secureapi:\w+:\w+)"', source) == [f"secureapi:index:{name}"]
