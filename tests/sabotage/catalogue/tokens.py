"""The function's check of a token."""

from __future__ import annotations

from tests.sabotage.catalogue.kind import all_of

_TOKENS = ("tests/handler/test_tokens.py", "tests/handler/test_attack_corpus.py")

_VERIFIER = all_of(
    "handler/tokens.py",
    _TOKENS,
    (
        "signature-unchecked",
        "Anybody writes a token for anybody.",
        'if not _RS256.verify(f"{header}.{payload}".encode(), key, proof):',
        "if not proof:",
    ),
    (
        "issuer-after-the-times",
        "A token of another pool counts as an old one, and whoever watches the reasons sees nothing.",
        (
            '        if claims.get("iss") != self._issuer:\n'
            "            raise IssuerMismatch\n"
            "        _check_times(claims, now)\n"
        ),
        (
            "        _check_times(claims, now)\n"
            '        if claims.get("iss") != self._issuer:\n'
            "            raise IssuerMismatch\n"
        ),
    ),
    (
        "every-header-remembered",
        "Whoever sends headers without end fills the function's memory.",
        "@lru_cache(maxsize=16)",
        "@lru_cache(maxsize=None)",
    ),
    (
        "issuer-unchecked",
        "A token of a pool that an attacker owns is as good as ours.",
        'if claims.get("iss") != self._issuer:',
        'if not isinstance(claims.get("iss"), str):',
    ),
    (
        "token-use-unchecked",
        "An ID token, made for the front end, opens the API.",
        "if not isinstance(token_use, str) or token_use not in self._token_uses:",
        "if not isinstance(token_use, str):",
    ),
    (
        "client-unchecked",
        "A token that another app client got opens this API.",
        "if not isinstance(value, str) or value not in self._client_ids:",
        "if not isinstance(value, str):",
    ),
    (
        "bound-audience-unchecked",
        "A token bound to another resource opens this API.",
        'self._client(claims["aud"])',
        'str(claims["aud"])',
    ),
    (
        "algorithm-unchecked",
        "The attacker chooses how the token is verified.",
        'if header.get("alg") != "RS256" or not isinstance(key_id, str)',
        "if not isinstance(key_id, str)",
    ),
    (
        "rs512-accepted",
        "The list of algorithms grows beyond what Cognito signs with.",
        'if header.get("alg") != "RS256" or not',
        'if header.get("alg") not in ("RS256", "RS512") or not',
    ),
    (
        "hs256-accepted",
        "The public key can be taken for a shared secret.",
        'if header.get("alg") != "RS256" or not',
        'if header.get("alg") not in ("RS256", "HS256") or not',
    ),
    (
        "alg-none-accepted",
        "A token that says it has no signature passes the header check.",
        'if header.get("alg") != "RS256" or not',
        'if header.get("alg") not in ("RS256", "none") or not',
    ),
    (
        "expiry-ignored",
        "A token that was stolen once works for ever.",
        "if expires <= now:",
        "if expires <= 0:",
    ),
    (
        "leeway-added",
        "The function admits what the gateway refuses.",
        "if expires <= now:",
        "if expires <= now - 60:",
    ),
    (
        "issue-time-ignored",
        "A token from the future is good before its time.",
        "if issued > now:",
        "if issued > expires:",
    ),
    (
        "not-before-ignored",
        "A token is good before it says so.",
        'if claims["nbf"] > now:',
        'if claims["nbf"] > expires:',
    ),
    (
        "lifetime-unbounded",
        "A token for years is taken for Cognito's.",
        "if expires - issued > LIFETIME_MOST:",
        "if expires < issued:",
    ),
    (
        "spare-bits-accepted",
        "One token has many spellings and passes a deny list.",
        "if not segment or (rest and segment[-1] not in _LAST[rest]):",
        "if not segment or rest == 1:",
    ),
    (
        "nan-accepted",
        "What is not JSON is read, and NaN compares false with every limit.",
        ", parse_constant=no_constant",
        "",
    ),
    (
        "header-members-unchecked",
        "`crit`, `jku` and `jwk`, which say how to verify, are ignored instead of refused.",
        "if not header.keys() <= _HEADER_MEMBERS:",
        "if not header:",
    ),
    (
        "jku-accepted",
        "A token may name the address of its own key.",
        'frozenset({"alg", "kid", "typ"})',
        'frozenset({"alg", "kid", "typ", "jku"})',
    ),
    (
        "typ-unchecked",
        "A token of another kind, such as a logout token, is taken for an access token.",
        'if "typ" in header and not (isinstance(header["typ"], str) and header["typ"] in _TYPES):',
        'if "typ" in header and not header["typ"]:',
    ),
    (
        "scopes-split-anywhere",
        "A tab in one scope's name makes another scope of it.",
        'scope.split(" ")',
        "scope.split()",
    ),
    (
        "groups-from-text",
        "A text that a user may choose is read as the list of groups.",
        "if not isinstance(groups, list) or not {",
        (
            'groups = groups.strip("[]").split() if isinstance(groups, str) else groups\n'
            "    if not isinstance(groups, list) or not {"
        ),
    ),
    (
        "length-unbounded",
        "A caller chooses how much the function parses.",
        "if len(token) > TOKEN_LIMIT:",
        "if not token:",
    ),
)

_STRICT_JSON = all_of(
    "handler/strict_json.py",
    _TOKENS,
    (
        "duplicate-members-accepted",
        "Two parsers read two different tokens.",
        "if len(members) != len(pairs):",
        "if len(members) > len(pairs):",
    ),
)

SABOTAGES = [*_VERIFIER, *_STRICT_JSON]
