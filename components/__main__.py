"""Serve the components to Pulumi programs in other languages; with --schema, print the package's schema.

Pulumi runs this folder as a plugin (PulumiPlugin.yaml), under whatever name and path it has there. So the folder is
loaded as the package `secureapi`, which is also its name where pip installs it.
"""

import importlib
import importlib.util
import json
import sys
from pathlib import Path

import pulumi
from pulumi.provider.experimental import component_provider_host
from pulumi.provider.experimental.component import ComponentProvider

NAME = "secureapi"
HERE = Path(__file__).resolve().parent
COMPONENTS = {
    "api_domain": "ApiDomain",
    "api_function": "ApiFunction",
    "auth_pool": "AuthPool",
    "encryption": "Encryption",
    "http_api": "HttpApi",
    "item_table": "ItemTable",
    "monitoring": "Monitoring",
    "pool_triggers": "PoolTriggers",
}


def load() -> list[type[pulumi.ComponentResource]]:
    """Return the components, of this folder loaded as the package `secureapi`."""
    spec = importlib.util.spec_from_file_location(NAME, HERE / "__init__.py", submodule_search_locations=[str(HERE)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{HERE} must be a package")
    package = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = package
    spec.loader.exec_module(package)
    return [getattr(importlib.import_module(f"{NAME}.{module}"), name) for module, name in COMPONENTS.items()]


def schema() -> str:
    """Return the schema of the package as Pulumi's own analyzer makes it."""
    made = ComponentProvider(load(), NAME, namespace=None, version="0.0.0").schema or ""
    return json.dumps(json.loads(made), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--schema"]:
        sys.stdout.write(schema())
    else:
        component_provider_host(name=NAME, components=load())
