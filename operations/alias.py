"""The Lambda alias that the API calls: which version it points to, and which one gets a share of the traffic."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from stacks.command_line import CommandError


@dataclass(frozen=True)
class Traffic:
    """The version that answers, and the one that gets `share` of the calls (0 to 1), if any."""

    version: str
    next: str | None = None
    share: float = 0.0

    def __str__(self) -> str:
        if self.next is None:
            return f"version {self.version} answers"
        return f"version {self.version} answers, version {self.next} gets {self.share:.0%}"


@dataclass(frozen=True)
class Release:
    """The last release of an alias, kept in the alias's description, so that a rollback undoes it and nothing else.

    `at` is its time in UTC (ISO 8601), the same for all functions that it moved.
    """

    at: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"release {self.at} from {self.before} to {self.after}"

    @classmethod
    def read(cls, description: str) -> Release | None:
        """Return the release that the description holds, None for any other text."""
        found = re.fullmatch(r"release (\S+) from (\d+) to (\d+)", description)
        return cls(*found.groups()) if found else None


class Alias:
    """One alias of one function, by its Lambda client. Every method raises CommandError where AWS refuses the call.

    `description` is the alias's text as `traffic` read it.
    """

    def __init__(self, client: Any, function: str, name: str) -> None:
        self._client = client
        self._function = function
        self._name = name
        self._revision = ""
        self.description = ""

    def traffic(self) -> Traffic:
        """Read the alias. A later `set` is refused if somebody else has changed the alias since."""
        found = self._call("get_alias", Name=self._name)
        self._revision, self.description = found["RevisionId"], found.get("Description") or ""
        weights: Mapping[str, float] = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        for version, share in weights.items():  # Lambda: one at most
            return Traffic(found["FunctionVersion"], version, share)
        return Traffic(found["FunctionVersion"])

    def versions(self) -> list[str]:
        """Return the published versions, oldest first."""
        found: list[int] = []
        more: dict[str, str] = {}
        while True:
            page = self._call("list_versions_by_function", **more)
            found += [int(each["Version"]) for each in page["Versions"] if each["Version"] != "$LATEST"]
            if not page.get("NextMarker"):
                return [str(version) for version in sorted(found)]
            more = {"Marker": page["NextMarker"]}

    def configuration(self, version: str) -> Mapping[str, Any]:
        """Return a published version's configuration."""
        found: Mapping[str, Any] = self._call("get_function_configuration", Qualifier=version)
        return found

    def set(self, traffic: Traffic, description: str | None = None) -> None:
        """Point the alias at these versions; CommandError if it has changed since `traffic` read it."""
        described = {} if description is None else {"Description": description}
        weights = {} if traffic.next is None else {traffic.next: traffic.share}
        answer = self._call(
            "update_alias",
            Name=self._name,
            FunctionVersion=traffic.version,
            RoutingConfig={"AdditionalVersionWeights": weights},
            RevisionId=self._revision,
            **described,
        )
        self._revision = answer["RevisionId"]

    def failure_of(self, version: str, route_key: str) -> str | None:
        """Invoke a version with a request for a public route; return None if it answers 2xx, else the failure."""
        payload = json.dumps(_event(route_key)).encode()
        answer = self._call("invoke", Qualifier=version, Payload=payload)
        if answer.get("FunctionError"):
            return f"fails with {answer['FunctionError']}"
        reply = json.loads(answer["Payload"].read())
        status = reply.get("statusCode") if isinstance(reply, dict) else None
        return None if isinstance(status, int) and status in range(200, 300) else f"answers {status}"

    def _call(self, operation: str, **parameters: Any) -> Any:
        try:
            return getattr(self._client, operation)(FunctionName=self._function, **parameters)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "PreconditionFailedException":
                raise CommandError(
                    f"alias {self._name} must not change during a release, but somebody changed it; "
                    "look at it with: python -m operations release status"
                ) from None
            text = " ".join(error.response["Error"].get("Message", "").split())
            raise CommandError(f"Lambda must allow {operation} on {self._function}, got {code}: {text}") from None
        except BotoCoreError as error:
            raise CommandError(f"Lambda must answer, got: {' '.join(str(error).split())}") from None


def _event(route_key: str) -> dict[str, Any]:
    """Return the event that API Gateway sends for a route without a token (HTTP API, payload format 2.0)."""
    method, _, path = route_key.partition(" ")
    return {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "headers": {},
        "requestContext": {"requestId": "release", "http": {"method": method, "path": path}},
        "isBase64Encoded": False,
    }


class Alarms:
    """The stack's CloudWatch alarms, by their names."""

    def __init__(self, client: Any, names: list[str]) -> None:
        self._client = client
        self.names = names

    def in_alarm(self) -> list[str]:
        """Return the names of those in state ALARM; CommandError if one does not exist or cannot be read."""
        states: dict[str, str] = {}
        for first in range(0, len(self.names), 100):  # DescribeAlarms: 100 names a call
            names = self.names[first : first + 100]
            try:
                answer = self._client.describe_alarms(
                    AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=100
                )
            except (ClientError, BotoCoreError) as error:
                raise CommandError(f"alarms must be readable, got: {' '.join(str(error).split())}") from None
            found = [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
            states.update({each["AlarmName"]: each["StateValue"] for each in found})
        missing = [name for name in self.names if name not in states]
        if missing:
            raise CommandError(f"every alarm of the stack must exist, but not {', '.join(missing)}; run: pulumi up")
        return [name for name in self.names if states[name] == "ALARM"]
