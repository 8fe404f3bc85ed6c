"""`.env` files: the contract's single values as variables, with the prefix that a front end's bundler passes on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from stacks.command_line import CommandError

PREFIXES = {".env": "", ".env.vite": "VITE_", ".env.next": "NEXT_PUBLIC_"}
_BARE = re.compile(r"[\w./:@%+,=-]*", re.ASCII)
# dotenv, its expansion in Vite and Next.js, shells and Docker read these differently, quoted or not.
_AMBIGUOUS = re.compile(r"""['"`$\\\n\r]""")


def variables(contract: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables. Those of the sign-in page are left out where the pool has none."""
    stack, sign_in = contract["outputs"], contract["outputs"]["signIn"]
    values = {
        "API_URL": stack["apiUrl"],
        "REGION": stack["region"],
        "USER_POOL_ID": stack["userPoolId"],
        "USER_POOL_CLIENT_ID": stack["userPoolClientId"],
        "USER_POOL_ENDPOINT": contract["endpoints"]["userPools"],
        "ISSUER": stack["issuer"],
        "AUTH_DOMAIN": stack["authDomain"],
        "SCOPE": " ".join(sign_in["scopes"]),
        "REDIRECT_URI": sign_in["callbackUrls"][0],
        "POST_LOGOUT_REDIRECT_URI": sign_in["logoutUrls"][0],
        "SIGN_OUT_URL": contract["signOutUrl"],
        "CONTRACT_VERSION": contract["contractVersion"],
    }
    return {name: value for name, value in values.items() if value is not None}


def text(contract: Mapping[str, Any], prefix: str) -> str:
    """Return a file that every reader of `.env` files reads alike. CommandError for a value that they do not."""
    return "".join(f"{prefix}{name}={_quoted(name, value)}\n" for name, value in variables(contract).items())


def _quoted(name: str, value: str) -> str:
    if _AMBIGUOUS.search(value):
        raise CommandError(
            f"{name} must have no quote, dollar, backslash or line break, which .env readers read differently; "
            "write them in the URL as %XX"
        )
    return value if _BARE.fullmatch(value) else f'"{value}"'
