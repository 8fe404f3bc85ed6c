"""Map each resource type of the program to AWS API calls. Each module of this package covers some services."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any

from stacks.command_line import CommandError
from stacks.mappings.mapping import Deployed, Endpoint, ResourceMapping, Values, without_floats

__all__ = ["MAPPINGS", "NOT_EMULATED", "Deployed", "Endpoint", "ResourceMapping", "Values", "mapped"]

_MODULES = sorted({module.name for module in pkgutil.iter_modules(__path__)} - {"mapping"})
MAPPINGS: Mapping[str, ResourceMapping] = {
    type_: mapping
    for name in _MODULES
    for type_, mapping in importlib.import_module(f"{__name__}.{name}").MAPPINGS.items()
}

# What AWS enforces and the emulator does not. Unit tests check these properties, and `up` prints the list.
NOT_EMULATED = (
    "throttling, and the status of a call beyond the function's reserved concurrency",
    "the permission to invoke the function; the function's role, VPC and encryption key",
    "weights and provisioned concurrency of an alias",
    "TLS and client certificates of a custom domain",
    "environment variables that Lambda reserves",
    "sign-up and sign-in flows that are switched off (they work here)",
    "the function's processor and Python version",
    "delivery of the access log",
    "metrics: metric filters, the dashboard and alarms show nothing",
    "email (none is sent; any confirmation code is accepted)",
    "the pre sign-up trigger for users that administrators create, and the post confirmation trigger",
)


def mapped(type_: str, name: str, inputs: Values) -> tuple[ResourceMapping, dict[str, Any]]:
    """Return the type's mapping and the inputs that are set.

    CommandError for a type or an input without a mapping: nothing is dropped silently.
    """
    mapping = MAPPINGS.get(type_)
    if mapping is None:
        raise CommandError(
            f'{type_} ({name}) must be mapped to an AWS call: add "{type_}": ResourceMapping(…) to MAPPINGS '
            f"in a module of stacks/mappings ({', '.join(_MODULES)}, or a new one)"
        )
    given = {key: without_floats(value) for key, value in inputs.items() if value is not None}
    unmapped = given.keys() - mapping.inputs.keys() - mapping.then.keys()
    if unmapped:
        raise CommandError(
            f"{type_} ({name}) must map every input, got no mapping for {', '.join(sorted(unmapped))}: add it "
            "to `inputs` of the type's ResourceMapping in stacks/mappings"
        )
    return mapping, given
