"""Alarms and metrics."""

from __future__ import annotations

from tests.sabotage.catalogue.kind import all_of

SABOTAGES = [
    *all_of(
        "components/monitoring/alarms.py",
        ("tests/components/test_monitoring.py",),
        (
            "triggers-unwatched",
            "A trigger fails, nobody can sign in, and nobody is told.",
            "called = {**watched.functions, **watched.triggers}",
            "called = watched.functions",
        ),
    ),
    *all_of(
        "components/metric_alarms.py",
        ("tests/components/test_monitoring.py",),
        (
            "alarm-tells-nobody",
            "Every alarm is seen by whoever happens to look, and wakes nobody.",
            "alarm_actions=tell,",
            "alarm_actions=[],",
        ),
    ),
    *all_of(
        "components/monitoring/metrics.py",
        ("tests/cloudwatch/test_filters.py",),
        (
            "refusals-counted-by-another-field",
            "No refusal is counted, so the alarm on a lost authorizer never begins.",
            """pattern='{ $.reason = "*" }',""",
            """pattern='{ $.refusal = "*" }',""",
        ),
    ),
]
