"""What AWS has one of: a second one is refused, as the real services refuse it, whatever the emulator does."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def _domain(given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """A pool has one domain of each kind, and a domain is one pool's in the whole region."""
    kind = "custom" if given.get("certificateArn") else "prefix"
    return [("pool", given["userPoolId"], kind), ("name", given["domain"])]


def _by(*names: str) -> Callable[[Mapping[str, Any]], list[tuple[Any, ...]]]:
    return lambda given: [tuple(given.get(name) for name in names)]


# The inputs by which a service knows a resource of each type; types whose names Pulumi makes unique are not in it.
KEYS: Mapping[str, Callable[[Mapping[str, Any]], list[tuple[Any, ...]]]] = {
    "aws:apigatewayv2/apiMapping:ApiMapping": _by("domainName", "apiMappingKey"),
    "aws:apigatewayv2/domainName:DomainName": _by("domainName"),
    "aws:apigatewayv2/route:Route": _by("apiId", "routeKey"),
    "aws:apigatewayv2/stage:Stage": _by("apiId", "name"),
    "aws:cloudwatch/dashboard:Dashboard": _by("dashboardName"),
    "aws:cognito/identityProvider:IdentityProvider": _by("userPoolId", "providerName"),
    "aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration": _by("userPoolId"),
    "aws:cognito/managedLoginBranding:ManagedLoginBranding": _by("userPoolId", "clientId"),
    "aws:cognito/resourceServer:ResourceServer": _by("userPoolId", "identifier"),
    "aws:cognito/riskConfiguration:RiskConfiguration": _by("userPoolId", "clientId"),
    "aws:cognito/userGroup:UserGroup": _by("userPoolId", "name"),
    "aws:cognito/userPoolDomain:UserPoolDomain": _domain,
    "aws:lambda/alias:Alias": _by("functionName", "name"),
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": _by("functionName", "qualifier"),
    "aws:route53/record:Record": _by("zoneId", "name", "type"),
    "aws:sns/topicSubscription:TopicSubscription": _by("topic", "protocol", "endpoint"),
    "aws:wafv2/webAcl:WebAcl": _by("name"),
    "aws:wafv2/webAclAssociation:WebAclAssociation": _by("resourceArn"),
}


class Taken:
    """The names that are taken, in a file that the processes of one engine share."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def take(self, type_: str, given: Mapping[str, Any]) -> None:
        """Raise FileExistsError if there is such a resource already."""
        with self._names() as names:
            for key in self._keys(type_, given):
                if key in names:
                    raise FileExistsError(f"there is one already: {key}")
                names.append(key)

    def free(self, type_: str, given: Mapping[str, Any]) -> None:
        with self._names() as names:
            for key in self._keys(type_, given):
                names.remove(key)

    @staticmethod
    def _keys(type_: str, given: Mapping[str, Any]) -> list[str]:
        return [json.dumps([type_, *key]) for key in KEYS.get(type_, lambda _: [])(given)]

    @contextmanager
    def _names(self) -> Iterator[list[str]]:
        """Return the names to change; another process, or thread, waits."""
        with self._path.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            names: list[str] = json.loads(file.read() or "[]")
            yield names
            file.seek(0)
            file.truncate()
            file.write(json.dumps(names))
