"""Settings for any OpenID Connect client; their names are those of oidc-client-ts's UserManager."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def settings(contract: Mapping[str, Any]) -> dict[str, Any]:
    """Return the argument of `new UserManager(…)`, for the code flow with PKCE.

    It names every endpoint, so that nothing is fetched from the issuer: a local stack's issuer looks like AWS's.
    `signOutUrl` is extra: Cognito's sign-out is no OpenID Connect end-session endpoint, so `metadata` has none; a front
    end deletes its tokens and goes to that URL.
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
