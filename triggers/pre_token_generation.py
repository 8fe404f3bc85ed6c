"""Pre-token-generation trigger (event version 2): add the scopes of the user's groups to the access token.

A sign-in through Cognito's API (SRP, password, passkey) grants only the scope `aws.cognito.signin.user.admin`, so its
tokens would never open a route that requires another. A client of the sign-in page requests its scopes itself, and gets
no more than those.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from triggers.logs import write

_API_SIGN_IN = "aws.cognito.signin.user.admin"


def scopes_to_add(request: Mapping[str, Any], group_scopes: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the scopes of the user's groups, sorted, or none for tokens of the sign-in page.

    `clientMetadata` is ignored: the caller writes it.
    """
    known = {scope for scopes in group_scopes.values() for scope in scopes}
    granted = request.get("scopes") or []
    if _API_SIGN_IN not in granted or not known.union([_API_SIGN_IN]).issuperset(granted):
        return []
    groups = request["groupConfiguration"].get("groupsToOverride") or []
    return sorted({scope for group in groups for scope in group_scopes.get(group, ())})


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Return the event with the scopes in its response. An event of another shape is an error, and gets no token."""
    request = event["request"]
    scopes = scopes_to_add(request, json.loads(os.environ["GROUP_SCOPES"]))
    if scopes:
        event["response"] = {
            "claimsAndScopeOverrideDetails": {
                "accessTokenGeneration": {"scopesToAdd": scopes},
                # An empty object, or null, would remove the user's groups (Cognito: "groupOverrideDetails").
                "groupOverrideDetails": request["groupConfiguration"],
            }
        }
    write("INFO", event, "scopes_added" if scopes else "unchanged", scopes=len(scopes))
    return event
