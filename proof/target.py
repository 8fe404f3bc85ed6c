"""The stack that a proof tests: its outputs, and the expectations from its settings."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from proof.access import Throttle
from stacks import ROOT
from stacks import outputs as stack_outputs
from stacks.command_line import CommandError
from stacks.yaml_files import read_yaml


@dataclass(frozen=True, kw_only=True)
class Expected:
    """The settings of a stack that a running stack shows."""

    stack: str
    origins: tuple[str, ...]
    callback_url: str
    accept_id_tokens: bool
    throttle: Throttle
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Target:
    """One running stack. `endpoint` is the emulator's, None for a deployed stack.

    `api_id` is None behind a custom domain, `sign_in_url` if the pool has no sign-in page, and `expected` if the
    stack's settings are not known.
    """

    api_url: str
    region: str
    pool_id: str
    client_ids: tuple[str, ...]  # the sign-in page's first
    issuer: str
    sign_in_url: str | None
    scopes: tuple[str, ...]
    endpoint: str | None
    api_id: str | None
    expected: Expected | None
    outputs: Mapping[str, Any]

    @property
    def is_local(self) -> bool:
        return self.endpoint is not None

    @property
    def client_id(self) -> str:
        return self.client_ids[0]

    @property
    def keys_url(self) -> str:
        """The URL of the pool's key set."""
        base = f"{self.endpoint}/{self.pool_id}" if self.endpoint else self.issuer
        return f"{base}/.well-known/jwks.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a command `--outputs`, `--stack`, `--settings`, `--user` and `--password`."""
    stack_outputs.add_arguments(parser)
    parser.add_argument(
        "--settings",
        metavar="NAME",
        help="compare with Pulumi.NAME.yaml (default: the file of the stack, if it is known)",
    )
    parser.add_argument(
        "--user", metavar="NAME", help="sign in as this user (default on this machine: a temporary user)"
    )
    parser.add_argument("--password", metavar="P", help="password of the user (default: $PROOF_PASSWORD)")


def read(arguments: argparse.Namespace, root: Path = ROOT) -> Target:
    """Return the stack that the arguments of `add_arguments` name.

    CommandError if its outputs or settings cannot be read, or if tokens must not be sent to a URL in them.
    """
    outputs = stack_outputs.read(arguments)
    return of_outputs(outputs, _expected(arguments, outputs, root))


def of_outputs(outputs: Mapping[str, Any], expected: Expected | None) -> Target:
    """Return the stack with these outputs."""
    endpoint = outputs.get("awsEndpointUrl")
    if endpoint is not None:
        endpoint = _address("awsEndpointUrl", endpoint)
        if not _is_loopback(endpoint):
            raise CommandError(f"awsEndpointUrl must be on this machine, got {endpoint}")
    region, pool_id, issuer = (str(outputs[name]) for name in ("region", "userPoolId", "issuer"))
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    if issuer != f"https://cognito-idp.{region}.{suffix}/{pool_id}":
        raise CommandError(f"issuer must be that of pool {pool_id} in {region}, got {issuer}")
    api_url = _address("apiUrl", outputs["apiUrl"])
    additional_clients = outputs.get("appClientIds", {}).values()
    return Target(
        api_url=api_url,
        region=region,
        pool_id=pool_id,
        client_ids=(str(outputs["userPoolClientId"]), *map(str, additional_clients)),
        issuer=issuer,
        sign_in_url=_address("authDomain", outputs["authDomain"]) if outputs["authDomain"] else None,
        scopes=tuple(outputs["scopes"]),
        endpoint=endpoint,
        api_id=_api_id(api_url),
        expected=expected,
        outputs=outputs,
    )


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _address(name: str, url: object) -> str:
    """Return the URL without a final slash. CommandError unless it is https:// or on this machine."""
    parts = urlsplit(str(url))
    if not parts.hostname or parts.username or parts.query or parts.fragment:
        raise CommandError(f"{name} must be the URL of a stack, got {url}")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(str(url))):
        raise CommandError(f"{name} must be https://, or on this machine, got {url}")
    return str(url).rstrip("/")


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _api_id(api_url: str) -> str | None:
    url = urlsplit(api_url)
    by_path = re.fullmatch(r"/_aws/execute-api/(\w+)", url.path)
    by_host = re.fullmatch(r"(\w+)\.execute-api\..+", url.hostname or "")
    found = by_path or by_host
    return found.group(1) if found else None


def _expected(arguments: argparse.Namespace, outputs: Mapping[str, Any], root: Path) -> Expected | None:
    if arguments.settings:
        if not (root / f"Pulumi.{arguments.settings}.yaml").is_file():
            names = sorted(path.name.split(".")[1] for path in root.glob("Pulumi.*.yaml"))
            raise CommandError(f"--settings must be one of {', '.join(names)}, got {arguments.settings}")
        return expected_of(arguments.settings, root)
    name = arguments.stack.rpartition("/")[2] if arguments.stack else None
    if name is None and "awsEndpointUrl" in outputs:
        name = _name_of_local_run((arguments.outputs or stack_outputs.LOCAL).with_name("run.json"))
    return expected_of(name, root) if name and (root / f"Pulumi.{name}.yaml").is_file() else None


def _name_of_local_run(run: Path) -> str:
    try:
        return str(json.loads(run.read_text())["stack"])
    except (OSError, ValueError, KeyError, TypeError):
        return "local"


def expected_of(stack: str, root: Path = ROOT) -> Expected:
    """Return the expectations from Pulumi.<stack>.yaml and the defaults of Pulumi.yaml.

    CommandError if a setting is missing.
    """
    try:
        project = read_yaml(root / "Pulumi.yaml")
        values = {key: declared.get("default") for key, declared in project["config"].items()}
        configured = read_yaml(root / f"Pulumi.{stack}.yaml")["config"]
        prefix = f"{project['name']}:"
        values |= {key.removeprefix(prefix): value for key, value in configured.items() if key.startswith(prefix)}
        values = {key: _plain(value) for key, value in values.items()}
        return Expected(
            stack=stack,
            origins=tuple(values["allowedOrigins"] or ()),
            callback_url=str(values["callbackUrls"][0]),
            accept_id_tokens=bool(values["acceptIdTokens"]),
            throttle=Throttle(rate=values["throttleRate"], burst=values["throttleBurst"]),
            resources=tuple(values.get("resourceIdentifiers") or ()),
        )
    except (OSError, KeyError, TypeError, IndexError) as error:
        raise CommandError(f"Pulumi.{stack}.yaml must hold the stack's settings, but lacks {error}") from None


def _plain(value: object) -> Any:
    """Parse a value that `pulumi config set` wrote as text."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
