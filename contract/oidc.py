"""Settings for any OpenID Connect client; their names are those of oidc-client-ts's UserManager."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def settings(contract: Mapping[str, Any]) -> dict[str, Any]:
    """What `new UserManager(…)` takes, for the code flow with PKCE.

    The endpoints stand in it, so that nothing is fetched from the issuer, which on a local stack looks like AWS's.
    `signOutUrl` comes on top: Cognito's sign-out is no OpenID Connect end-session endpoint, so `metadata` names none;
    a front end forgets its tokens and goes there.
    """
    outputs, endpoints = contract["outputs"], contract["endpoints"]
    sign_in = outputs["signIn"]
    return {
        "authority": outputs["issuer"],
        "client_id": outputs["userPoolClientId"],
        "redirect_uri": sign_in["callbackUrls"][0],
        "post_logout_redirect_uri": sign_in["logoutUrls"][0],
        "response_type": "code",
        "scope": " ".join(sign_in["scopes"]),
        "metadata": {
            "issuer": outputs["issuer"],
            "authorization_endpoint": endpoints["authorization"],
            "token_endpoint": endpoints["token"],
            "userinfo_endpoint": endpoints["userInfo"],
            "revocation_endpoint": endpoints["revocation"],
            "jwks_uri": endpoints["keys"],
        },
        "signOutUrl": contract["signOutUrl"],
    }
