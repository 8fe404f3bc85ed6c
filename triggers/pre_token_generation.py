"""Before Cognito signs the tokens of a user: groups become scopes (event version 2).

A sign-in through Cognito's API (SRP, password, passkey) is granted no scope but `aws.cognito.signin.user.admin`, so its
tokens would never reach a route that asks for one. A client that signs in on the sign-in page has asked for its scopes;
it gets those and no more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from triggers.logs import write

_API_SIGN_IN = "aws.cognito.signin.user.admin"


def scopes_to_add(request: Mapping[str, Any], group_scopes: Mapping[str, Sequence[str]]) -> list[str]:
    """The scopes of the user's groups, sorted; none for tokens of the sign-in page.

    Only what Cognito itself says of the user counts: `clientMetadata` is whatever the caller sent.
    """
    known = {scope for scopes in group_scopes.values() for scope in scopes}
    granted = request.get("scopes") or []
    if _API_SIGN_IN not in granted or not known.union([_API_SIGN_IN]).issuperset(granted):
        return []
    groups = request["groupConfiguration"].get("groupsToOverride") or []
    return sorted({scope for group in groups for scope in group_scopes.get(group, ())})


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """The event with the scopes in its response; an error, and so no token, where the event is not Cognito's."""
    request = event["request"]
    scopes = scopes_to_add(request, json.loads(os.environ["GROUP_SCOPES"]))
    if scopes:
        event["response"] = {
            "claimsAndScopeOverrideDetails": {
                "accessTokenGeneration": {"scopesToAdd": scopes},
                # An empty object, or null, would take the user's groups away (Cognito: "groupOverrideDetails").
                "groupOverrideDetails": request["groupConfiguration"],
            }
        }
    write("INFO", event, "scopes_added" if scopes else "unchanged", scopes=len(scopes))
    return event
