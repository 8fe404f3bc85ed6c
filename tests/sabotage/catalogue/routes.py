"""The route table."""

from __future__ import annotations

from tests.sabotage.catalogue.kind import all_of

_ROUTES = ("tests/handler/test_routes.py", "tests/test_program.py")

_SAMPLES = ("tests/handler/samples/test_hello.py",)

_TABLE = all_of(
    "handler/routes.py",
    _SAMPLES,
    (
        "route-made-public",
        "Anybody may call what was for signed-in users.",
        'summary="Greets the signed-in user", response=Greeting),',
        'summary="Greets the signed-in user", response=Greeting, public=True),',
    ),
    (
        "group-dropped-from-the-table",
        "Every user is an administrator.",
        'summary="Greets an administrator", response=Greeting, groups=("admin",)),',
        'summary="Greets an administrator", response=Greeting),',
    ),
    (
        "scope-dropped-from-the-table",
        "Every token reads the reports.",
        'summary="Lists reports", response=Reports, scopes=("api/reports.read",)),',
        'summary="Lists reports", response=Reports),',
    ),
)
_FRAME = all_of(
    "handler/route.py",
    _ROUTES,
    (
        "any-method-accepted",
        "A route answers to methods that nobody thought of.",
        'r"(GET|POST|PUT|PATCH|DELETE|HEAD) /',
        'r"(ANY|GET|POST|PUT|PATCH|DELETE|HEAD) /',
    ),
    (
        "zero-throttle-in-the-table",
        "A route refuses everybody.",
        "if self.rate <= 0 or self.burst <= 0:",
        "if self.rate < 0 or self.burst < 0:",
    ),
)
SABOTAGES = [*_TABLE, *_FRAME]
