"""Makes the program's resources in the emulator, and changes those that a new evaluation changes.

botocore checks every call against AWS's own service models. A type or an input that `stacks.mappings` does not map is
an error that names both: nothing is dropped in silence.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import pulumi
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.validate import ParamValidator

from local.emulator import CREDENTIALS
from stacks.command_line import CommandError
from stacks.engine import unanswered
from stacks.mappings import ANSWERS, MAPPINGS, Endpoint, ResourceMapping, Values
from stacks.mappings.mapping import parameters_of, without_floats


def client(endpoint: str, region: str, service: str) -> Any:
    """A boto3 client of the emulator, untouched by this shell's account, profile or proxy."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(proxies={}, retries={"max_attempts": 0}, max_pool_connections=20),
    )


@dataclass
class Made:
    """A resource as it stands: what the program gave, what was sent, its id, and what AWS computed."""

    given: dict[str, Any]
    sent: dict[str, Any]
    id: str
    computed: dict[str, Any]


class Provider:
    """Makes resources in the emulator at `endpoint`. Safe to call from several threads, as Pulumi's runtime does."""

    def __init__(self, endpoint: str, region: str) -> None:
        self._world = Endpoint(endpoint, region)
        # What every program needs is made here, while the emulator starts; the rest where it is needed.
        services = {kind.service for kind in MAPPINGS.values() if not kind.missing}
        self._clients = {service: client(endpoint, region, service) for service in services}
        self._making_clients = threading.Lock()  # making one is not safe in several threads, using one is
        self._made: dict[tuple[str, str], Made] = {}
        self._wanted: set[tuple[str, str]] = set()

    def client(self, service: str) -> Any:
        """The boto3 client of a service that the program uses."""
        with self._making_clients:
            if service not in self._clients:
                self._clients[service] = client(self._world.endpoint, self._world.region, service)
            return self._clients[service]

    def ask(self, token: str) -> dict[str, Any]:
        """What AWS answers to a question of the program; CommandError for one that `stacks.mappings` does not know."""
        if token not in ANSWERS:
            return unanswered(token)
        return dict(ANSWERS[token])

    @property
    def missing(self) -> list[str]:
        """What the program asked for and the emulator lacks, in words."""
        whole = {MAPPINGS[type_].missing for type_, _ in self._made} - {""}
        parts = {
            words
            for (type_, _), made in self._made.items()
            for key, words in MAPPINGS[type_].without_effect.items()
            if made.given.get(key)
        }
        return sorted(whole | parts)

    def computed(self, type_: str, output: str) -> Any:
        """What AWS computed for the only resource of this type."""
        (made,) = (made for (each, _), made in self._made.items() if each == type_)
        return made.computed[output]

    def begin(self) -> None:
        """Begin an evaluation: what it does not ask for, `sweep` removes."""
        self._wanted.clear()

    def create(self, type_: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Make the resource, or bring the one there is to these inputs; its id, and its inputs with what AWS computes.

        CommandError names type, name and cause.
        """
        kind = MAPPINGS.get(type_)
        if kind is None:
            raise CommandError(f"{type_} ({name}) must be mapped in stacks/mappings: no AWS call is known for it")
        given = {key: without_floats(value) for key, value in inputs.items() if value is not None}
        unmapped = given.keys() - kind.inputs.keys() - kind.then.keys()
        if unmapped:
            missing = ", ".join(sorted(unmapped))
            raise CommandError(
                f"{type_} ({name}) must map every input in stacks/mappings, got no mapping for {missing}"
            )
        key = (type_, name)
        self._wanted.add(key)
        try:
            made = self._made.get(key)
            if made is None:
                made = self._make(kind, name, given)
            elif _comparable(made.given) != _comparable(given):
                made = self._change(kind, name, made, given)
            self._made[key] = made
        except (ClientError, BotoCoreError, CommandError) as error:
            raise CommandError(f"{type_} ({name}) is refused: {' '.join(str(error).split())}") from error
        return made.id, {**given, **made.computed}

    def sweep(self) -> None:
        """Remove what the evaluation since `begin` did not ask for, newest first."""
        for key in [key for key in reversed(self._made) if key not in self._wanted]:
            self._remove(MAPPINGS[key[0]], self._made.pop(key))

    def _make(self, kind: ResourceMapping, name: str, given: dict[str, Any]) -> Made:
        client, sent = self.client(kind.service), parameters_of(kind, name, given)
        if kind.missing:
            _check(client, kind, sent)
            return Made(given, sent, *kind.outputs({}, sent, self._world))
        answer = getattr(client, kind.call)(**sent)
        made = Made(given, sent, *kind.outputs(answer, sent, self._world))
        for key in kind.then.keys() & given.keys():
            kind.then[key](client, given[key], {**sent, **_identity(kind, made)})
        return made

    def _change(self, kind: ResourceMapping, name: str, made: Made, given: dict[str, Any]) -> Made:
        if kind.missing:
            return self._make(kind, name, given)
        client, sent = self._clients[kind.service], parameters_of(kind, name, given)
        known = {**sent, **_identity(kind, made)}
        changed = {key for key in made.sent.keys() | sent.keys() if made.sent.get(key) != sent.get(key)}
        takes = self._takes(client, kind.update)
        if changed <= takes | kind.changes.keys():
            for parameter in changed & kind.changes.keys():
                kind.changes[parameter](client, known)
            if changed & takes:
                self._call(client, kind, kind.update, {**_emptied(client, kind.update, made.sent, sent), **known})
            for key in kind.then.keys() & given.keys():
                if _comparable(made.given.get(key)) != _comparable(given[key]):
                    kind.then[key](client, given[key], known)
            renewed = kind.renewed(client, sent) if kind.renewed else {}
            return Made(given, sent, made.id, {**made.computed, **renewed})
        if kind.kept:
            names = ", ".join(sorted(changed - takes - kind.changes.keys()))
            raise CommandError(f"{names} cannot change while the stack is up: every user would be lost; restart it")
        self._remove(kind, made)
        return self._make(kind, name, given)

    def _remove(self, kind: ResourceMapping, made: Made) -> None:
        if kind.missing:
            return
        client = self._clients[kind.service]
        try:
            self._call(client, kind, kind.delete, {**made.sent, **_identity(kind, made)})
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:  # gone with what it belonged to
                raise

    def _call(self, client: Any, kind: ResourceMapping, call: str | None, parameters: dict[str, Any]) -> None:
        if call is None:
            raise CommandError(f"stacks/mappings must say how {kind.call} is undone")
        shapes = _input(client, call).members
        taken = {key: value for key, value in parameters.items() if key in shapes}
        # Where a call takes several (delete_alarms), an id is a list of one.
        lists = {
            key: [value] for key, value in taken.items() if shapes[key].type_name == "list" and key == kind.identity
        }
        getattr(client, call)(**{**taken, **lists})

    def _takes(self, client: Any, call: str | None) -> set[str]:
        """The parameters that a call has, by AWS's own model of it."""
        return set() if call is None else set(_input(client, call).members)


def _input(client: Any, call: str) -> Any:
    return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[call]).input_shape


def _check(client: Any, kind: ResourceMapping, sent: dict[str, Any]) -> None:
    """Hold against AWS's model what is not sent; CommandError if it does not fit."""
    report = ParamValidator().validate(sent, _input(client, kind.call))
    if report.has_errors():
        raise CommandError(report.generate_report())


def _identity(kind: ResourceMapping, made: Made) -> dict[str, str]:
    return {} if kind.identity is None else {kind.identity: made.id}


def _emptied(client: Any, call: str | None, before: Values, after: Values) -> dict[str, Any]:
    """What is not set any more. AWS sets a missing parameter to its default; the emulator would keep what it had."""
    members = {} if call is None else _input(client, call).members
    gone = [key for key in before.keys() - after.keys() if key in members and isinstance(before[key], dict | list)]
    return {key: type(before[key])() for key in gone if not getattr(members[key], "required_members", ())}


def _comparable(value: Any) -> Any:
    """The value with archives by their path, whose name holds a digest of what is in them."""
    if isinstance(value, pulumi.FileArchive):
        return value.path
    return {key: _comparable(member) for key, member in value.items()} if isinstance(value, Mapping) else value
