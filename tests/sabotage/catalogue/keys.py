"""The signing keys and their endpoint."""

from __future__ import annotations

from tests.sabotage.catalogue.kind import Sabotage

_KEYS = "tests/handler/test_keys.py::"
_MEMBERS = (f"{_KEYS}test_bad_member_is_left_out_and_the_rest_is_used",)


def _key(name: str, risk: str, old: str, new: str, *catchers: str, keyword: str = "") -> Sabotage:
    nodes = tuple(_KEYS + test for test in catchers)
    return Sabotage(
        name=name, risk=risk, file="handler/keys.py", old=old, new=new, catchers=nodes or _MEMBERS, keyword=keyword
    )


SABOTAGES = [
    _key(
        "weak-key-accepted",
        "A key that can be factored signs for anybody.",
        "key.key_size < 2048",
        "key.key_size < 512",
    ),
    _key(
        "weak-exponent-accepted",
        "A key with exponent 1 or 3 makes forging easy.",
        'and jwk.get("e") == "AQAB"',
        'and isinstance(jwk.get("e"), str)',
    ),
    _key(
        "encryption-key-accepted",
        "A key that was made for something else verifies tokens.",
        '        and jwk.get("use", "sig") == "sig"\n',
        "",
    ),
    _key(
        "duplicate-key-id-accepted",
        "Whoever gets a second key of the same id into the set decides which one counts.",
        ' and ids.count(jwk["kid"]) == 1',
        "",
        "test_key_id_that_stands_twice_is_left_out",
    ),
    _key(
        "redirects-followed",
        "An open redirect at the key endpoint hands out an attacker's keys.",
        "        if response.status != 200:\n",
        (
            "        if 300 <= response.status < 400:\n"
            '            return fetch_within_deadline(response.getheader("Location", ""))\n'
            "        if response.status != 200:\n"
        ),
        "test_redirect_is_never_followed",
    ),
    _key(
        "status-ignored",
        "The body of an error is taken for the key set.",
        "if response.status != 200:",
        "if response.status >= 600:",
        "test_cold_fault_is_unavailable_in_time_once_and_never_cached",
        keyword="J03",
    ),
    _key(
        "answer-unbounded",
        "An endless answer takes all of the function's memory.",
        "ANSWER_LIMIT = 2 * BODY_LIMIT",
        "ANSWER_LIMIT = 2**40",
        "test_memory_is_bounded",
    ),
    _key(
        "body-unbounded",
        "A huge key set takes all of the function's memory.",
        "BODY_LIMIT = 65_536",
        "BODY_LIMIT = 2**30",
        "test_memory_is_bounded",
    ),
    _key(
        "tls-unverified",
        "Whoever is on the way hands out keys.",
        "ssl.create_default_context()",
        "ssl._create_unverified_context()",
        "test_cold_fault_is_unavailable_in_time_once_and_never_cached",
        keyword="J11",
    ),
    _key(
        "keys-believed-for-ever",
        "A key that the pool has withdrawn still verifies.",
        "HARD_AGE = 7_200",
        "HARD_AGE = 10**9",
        "test_j08_stale_key_is_not_believed_beyond_the_hard_age",
        "test_limits_are_within_what_the_gateway_does",
    ),
    _key(
        "keys-never-read-again",
        "A withdrawn key is good until the hard age.",
        "if key is not None and 0 <= age < SOFT_AGE:",
        "if key is not None and 0 <= age < HARD_AGE:",
        "test_j08_old_key_is_gone_with_the_next_routine_refresh",
        "test_j08_routine_refresh_is_one_fetch",
    ),
    _key(
        "cooldown-gone",
        "A flood of made-up key ids becomes a flood of fetches.",
        "COOLDOWN = 10",
        "COOLDOWN = 0",
        "test_j08_flood_of_unknown_ids_costs_one_fetch_per_cooldown",
    ),
    _key(
        "deadline-gone",
        "A slow key endpoint keeps the function waiting until it is killed.",
        "DEADLINE = 1.5",
        "DEADLINE = 60",
        "test_limits_are_within_what_the_gateway_does",
    ),
]
