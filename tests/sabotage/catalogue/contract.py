"""The contract with front ends."""

from __future__ import annotations

from tests.sabotage.catalogue.kind import all_of

SABOTAGES = [
    *all_of(
        "contract/outputs.py",
        ("tests/contract/test_outputs.py",),
        (
            "contract-without-allow-list",
            "An output for operators, a client's secret among them, stops the contract or stands in a page's source.",
            'if isinstance(value, Mapping) and "properties" in shape:',
            "if False:",
        ),
        (
            "contract-takes-marked-secrets",
            "What the stack marks as a secret goes to front ends as a value like any other.",
            "if path[-1] == _SECRET or _SECRET_MARK in path:",
            "if path[-1] == _SECRET:",
        ),
    ),
    *all_of(
        "contract/files.py",
        ("tests/contract/test_outputs.py",),
        (
            "contract-without-last-look",
            "The value of a secret output goes to front ends where it was put in a public one's place.",
            "_SECRET_SHAPES.search(text) or any(secret in text for secret in known)",
            "_SECRET_SHAPES.search(text)",
        ),
    ),
    *all_of(
        "contract/openapi.py",
        ("tests/contract/test_openapi.py",),
        (
            "openapi-asks-for-all-scopes",
            "Generated clients ask for every scope of a route, where one is enough.",
            'each = [[scope] for scope in route["scopes"]] or [[]]',
            'each = [list(route["scopes"])]',
        ),
    ),
    *all_of(
        "contract/changes.py",
        ("tests/contract/test_changes.py",),
        (
            "scope-added-breaks-nobody",
            "A route that asks for a scope now goes out as an addition, and signed-in users meet 403.",
            'yield _break(f"{key} asks for {what} {any_of(new)} now")',
            'yield _addition(f"{key} asks for {what} {any_of(new)} now")',
        ),
        (
            "field-required-breaks-nobody",
            "A body that was whole yesterday is refused, and no version says so.",
            'yield self._break(place, "must be given now") if now',
            'yield self._addition(place, "must be given now") if now',
        ),
    ),
]
