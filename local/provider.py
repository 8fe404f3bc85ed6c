"""Create the program's resources in the emulator, and change those that a new evaluation changes.

botocore checks every call against AWS's own service models.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, EndpointConnectionError
from botocore.validate import ParamValidator

from local.emulator import CREDENTIALS
from local.left_out import LeftOut
from local.resources import Resource, comparable, described, restored
from stacks.command_line import CommandError
from stacks.mappings import MAPPINGS, Endpoint, ResourceMapping, Values, mapped
from stacks.mappings.mapping import CannotChange, parameters_of


def client(endpoint: str, region: str, service: str, patience: int = 30) -> Any:
    """Return a boto3 client of the emulator. It ignores the shell's AWS account, profile and proxy.

    `patience` is the seconds for which a call waits for an answer.
    """
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(
            proxies={},
            retries={"max_attempts": 0},
            max_pool_connections=20,
            connect_timeout=patience,
            read_timeout=patience,
        ),
    )


@contextlib.contextmanager
def refusals_in_one_line() -> Iterator[None]:
    """Turn what boto3 raises into CommandError: the emulator does not answer, or a part of the stack is gone."""
    try:
        yield
    except (EndpointConnectionError, ConnectionClosedError):
        raise CommandError("the stack has stopped; start one with: make up") from None
    except (ClientError, BotoCoreError) as error:
        text = " ".join(str(error).split())
        raise CommandError(f"the stack must answer, got: {text}; restart it with: make down up") from None


class Provider:
    """Creates resources in the emulator at `endpoint`. Safe to call from several threads, as Pulumi's runtime does.

    Without `left_out`, types and inputs that have no mapping are refused.
    """

    def __init__(self, endpoint: str, region: str, left_out: LeftOut | None = None) -> None:
        self._emulator = Endpoint(endpoint, region)
        self._left_out = left_out
        # Created here, while the emulator starts; clients of other services are created when they are first used.
        services = {mapping.service for mapping in MAPPINGS.values() if not mapping.missing}
        self._clients = {service: client(endpoint, region, service) for service in services}
        self._clients_lock = threading.Lock()  # boto3: clients may be used in several threads, not created
        self._made: dict[tuple[str, str], Resource] = {}
        self._wanted: set[tuple[str, str]] = set()

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service."""
        with self._clients_lock:
            if service not in self._clients:
                self._clients[service] = client(self._emulator.endpoint, self._emulator.region, service)
            return self._clients[service]

    @property
    def missing(self) -> list[str]:
        """Features that this program uses and the emulator lacks, in words."""
        whole = {MAPPINGS[type_].missing for type_, _ in self._made} - {""}
        parts = {
            words
            for (type_, _), made in self._made.items()
            for key, words in MAPPINGS[type_].without_effect.items()
            if made.given.get(key)
        }
        return sorted(whole | parts | (self._left_out.words if self._left_out else set()))

    def computed(self, type_: str, output: str) -> Any:
        """Return a computed output of the only resource of this type."""
        (made,) = (made for (each, _), made in self._made.items() if each == type_)
        return made.computed[output]

    def begin(self) -> None:
        """Begin an evaluation. `sweep` then deletes the resources that the evaluation did not register."""
        self._wanted.clear()

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take over the resources that an earlier run saved, which the emulator has again. Begin an evaluation.

        CannotChange if one that held users or items is gone.
        """
        self.begin()
        self._made = restored(saved, self._emulator)
        for (type_, name), made in self._made.items():
            mapping = MAPPINGS[type_]
            if mapping.describe:
                try:
                    self._call(self.client(mapping.service), mapping, mapping.describe, _identity(mapping, made))
                except (ClientError, BotoCoreError) as error:
                    raise CannotChange(f"{type_} ({name}) is not there again: {' '.join(str(error).split())}") from None

    def described(self) -> dict[str, Any]:
        """Return a description of all resources, for `restore`."""
        return described(self._made, self._emulator.endpoint)

    def has(self, type_: str, name: str, inputs: dict[str, Any]) -> bool:
        """Return whether the resource exists with these inputs."""
        made = self._made.get((type_, name))
        if made is None:
            return False
        known = self._left_out.known_inputs(type_, name, inputs) if self._left_out else inputs
        return bool(comparable(made.given) == comparable(mapped(type_, name, known)[1]))

    def create(self, type_: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create or update the resource; return its id, and its inputs with the computed outputs.

        CommandError names type, name and cause.
        """
        if self._left_out is not None:
            if type_ not in MAPPINGS:
                return self._left_out.placeholder(type_, name, inputs, self._emulator)
            inputs = self._left_out.known_inputs(type_, name, inputs)
        mapping, given = mapped(type_, name, inputs)
        key = (type_, name)
        self._wanted.add(key)
        try:
            made = self._made.get(key)
            if made is None:
                made = self._make(mapping, name, given)
            elif comparable(made.given) != comparable(given):
                made = self._change(mapping, name, made, given)
            self._made[key] = made
        except (ClientError, BotoCoreError, CommandError) as error:
            kind = CannotChange if isinstance(error, CannotChange) else CommandError
            raise kind(f"{type_} ({name}) is refused: {' '.join(str(error).split())}") from error
        return made.id, {**given, **made.computed}

    def sweep(self) -> None:
        """Delete the resources that the evaluation since `begin` did not register, newest first.

        Those that hold users or items stay, as protected ones do on AWS: the program may name them again.
        """
        for key in [key for key in reversed(self._made) if key not in self._wanted and not MAPPINGS[key[0]].kept]:
            self._remove(MAPPINGS[key[0]], self._made.pop(key))

    def _make(self, mapping: ResourceMapping, name: str, given: dict[str, Any]) -> Resource:
        client, sent = self.client(mapping.service), parameters_of(mapping, name, given, self._emulator.region)
        if mapping.missing:
            _check(client, mapping, sent)
            return Resource(given, sent, *mapping.outputs({}, sent, self._emulator))
        answer = getattr(client, mapping.call)(**sent)
        made = Resource(given, sent, *mapping.outputs(answer, sent, self._emulator))
        for key in mapping.then.keys() & given.keys():
            mapping.then[key](client, given[key], {**sent, **_identity(mapping, made)})
        return made

    def _change(self, mapping: ResourceMapping, name: str, made: Resource, given: dict[str, Any]) -> Resource:
        if mapping.missing:
            return self._make(mapping, name, given)
        client, sent = self.client(mapping.service), parameters_of(mapping, name, given, self._emulator.region)
        known = {**sent, **_identity(mapping, made)}
        changed = {key for key in made.sent.keys() | sent.keys() if made.sent.get(key) != sent.get(key)}
        takes = self._takes(client, mapping.update)
        if changed <= takes | mapping.changes.keys():
            for parameter in changed & mapping.changes.keys():
                mapping.changes[parameter](client, known)
            if changed & takes:
                emptied = _emptied(client, mapping.update, made.sent, sent)
                self._call(client, mapping, mapping.update, {**emptied, **known})
            for key in mapping.then.keys() & given.keys():
                if comparable(made.given.get(key)) != comparable(given[key]):
                    mapping.then[key](client, given[key], known)
            renewed = mapping.renewed(client, sent) if mapping.renewed else {}
            return Resource(given, sent, made.id, {**made.computed, **renewed})
        if mapping.kept:
            names = ", ".join(sorted(changed - takes - mapping.changes.keys()))
            text = f"cannot change while the stack is up: {mapping.kept} would be lost; a restart begins without them"
            raise CannotChange(f"{names} {text}")
        self._remove(mapping, made)
        return self._make(mapping, name, given)

    def _remove(self, mapping: ResourceMapping, made: Resource) -> None:
        if mapping.missing:
            return
        client = self.client(mapping.service)
        try:
            self._call(client, mapping, mapping.delete, {**made.sent, **_identity(mapping, made)})
        except ClientError as error:
            gone = "NotFound" in error.response["Error"]["Code"] or "NoSuch" in error.response["Error"]["Code"]
            if not gone:  # what was deleted together with its parent is gone
                raise

    def _call(self, client: Any, mapping: ResourceMapping, call: str | None, parameters: dict[str, Any]) -> None:
        if call is None:
            raise CommandError(f"the ResourceMapping of {mapping.call} in stacks/mappings must have update and delete")
        shapes = _input(client, call).members
        taken = {key: value for key, value in parameters.items() if key in shapes}
        # Calls that delete several resources at once (delete_alarms) take a list of ids.
        lists = {
            key: [value] for key, value in taken.items() if shapes[key].type_name == "list" and key == mapping.identity
        }
        getattr(client, call)(**{**taken, **lists})

    def _takes(self, client: Any, call: str | None) -> set[str]:
        """Return the names of a call's parameters, from AWS's service model."""
        return set() if call is None else set(_input(client, call).members)


def _input(client: Any, call: str) -> Any:
    return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[call]).input_shape


def _check(client: Any, mapping: ResourceMapping, sent: dict[str, Any]) -> None:
    """Check a call that is not sent against AWS's service model. CommandError if it does not fit."""
    report = ParamValidator().validate(sent, _input(client, mapping.call))
    if report.has_errors():
        raise CommandError(report.generate_report())


def _identity(mapping: ResourceMapping, made: Resource) -> dict[str, str]:
    return {} if mapping.identity is None else {mapping.identity: made.id}


def _emptied(client: Any, call: str | None, before: Values, after: Values) -> dict[str, Any]:
    """Return empty values for parameters that are no longer set: the emulator would keep the old ones, unlike AWS."""
    members = {} if call is None else _input(client, call).members
    gone = [key for key in before.keys() - after.keys() if key in members and isinstance(before[key], dict | list)]
    return {key: type(before[key])() for key in gone if not getattr(members[key], "required_members", ())}
