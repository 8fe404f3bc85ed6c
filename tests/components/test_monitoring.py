"""What Monitoring promises: metrics from both logs, alarms that tell somebody, and nothing that was switched off."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from components.monitoring import Monitoring, MonitoringArgs
from stacks.recorder import ACCOUNT, REGION, RecordedResource, Recording, record
from tests.components.arguments import arguments

FUNCTION = {"name": "answers", "log_group": "answers-logs"}
REQUIRED: dict[str, Any] = {
    "region": REGION,
    "user_pool_id": f"{REGION}_Ab1",
    "user_pool_client_id": "client1",
    "api_id": "a1b2c3d4e5",
    "api_log_group": "/aws/vendedlogs/api-access",
    "functions": {"api": FUNCTION},
    "revocation": True,
    "web_acl_name": f"sign-in-{REGION}_Ab1",
}
PARTS = {"monitoring-refusals-many", "monitoring-refusals-unusual"}


def monitoring_of(**changes: Any) -> Recording:
    args = arguments(MonitoringArgs, **{**REQUIRED, **changes})
    return record(lambda: Monitoring("monitoring", args))


@cache
def default() -> Recording:
    """What a caller gets who says nothing but what must be said."""
    return monitoring_of()


def alarms(recording: Recording) -> list[RecordedResource]:
    return [*recording.all("MetricAlarm"), *recording.all("CompositeAlarm")]


def section_of(alarm: RecordedResource) -> str:
    """Where in the runbook its message leads."""
    return str(alarm.inputs["alarmDescription"]).rpartition("#")[2]


@cache
def several() -> Recording:
    """Two functions behind the API, one with a reserve, a trigger, four app clients of users, two providers."""
    functions = {
        "api": FUNCTION,
        "reports": {"name": "reports", "log_group": "reports-logs", "reserved_concurrency": 10},
    }
    return monitoring_of(
        functions=functions,
        triggers={"pre_sign_up": "checks"},
        additional_client_ids={name: f"{name}-client" for name in ("shop", "desk", "kiosk")},
        identity_providers=["Google", "Partner"],
    )


def statements(policy: str) -> dict[str, dict[str, Any]]:
    return {each["Sid"]: each for each in json.loads(policy)["Statement"]}


class TestAlarms:
    def test_every_alarm_tells_the_topic_when_it_begins_and_ends(self) -> None:
        """An alarm without an action is seen by whoever happens to look."""
        topic = default().one("Topic").outputs["arn"]

        for alarm in alarms(default()):
            tells = [] if alarm.name in PARTS else [topic]
            assert alarm.inputs.get("alarmActions", []) == tells, alarm.name
            assert alarm.inputs.get("okActions", []) == tells, alarm.name

    def test_parts_of_a_composite_alarm_are_its_rule(self) -> None:
        """What tells nobody itself must stand in the rule of one that does."""
        parts = [each for each in default().all("MetricAlarm") if each.name in PARTS]
        rule = default().one("CompositeAlarm").inputs["alarmRule"]

        assert {each.name for each in parts} == PARTS
        assert set(rule.split(" AND ")) == {f'ALARM("{each.outputs["name"]}")' for each in parts}

    def test_each_says_what_it_means_and_what_to_do_first(self) -> None:
        """At night nobody knows what a name stands for. CloudWatch takes 1,024 characters."""
        for alarm in alarms(default()):
            description = alarm.inputs["alarmDescription"]
            section = "refusals-surge" if alarm.name in PARTS else alarm.name.removeprefix("monitoring-")

            assert " First: " in description
            assert description.endswith(f" Runbook: docs/operations.md#{section}")
            assert len(description) <= 1024

    def test_links_lead_to_where_the_project_is_read(self) -> None:
        """A path is no link in a mail."""
        base = "https://git.example.com/api/blob/main"
        for alarm in alarms(monitoring_of(runbook_url=base)):
            section = section_of(alarm)
            assert alarm.inputs["alarmDescription"].endswith(f" Runbook: {base}/docs/operations.md#{section}")

    def test_missing_data_is_no_alarm(self) -> None:
        """Without traffic most metrics are not written at all."""
        assert {each.inputs["treatMissingData"] for each in default().all("MetricAlarm")} == {"notBreaching"}

    def test_thresholds_are_the_settings(self) -> None:
        """A threshold that is set and not used is worse than none."""
        made = monitoring_of(
            alarm_server_errors_percent=7, alarm_latency_ms=700, alarm_refusals=77, alarm_concurrency_percent=70
        )
        thresholds = {each.name: each.inputs.get("threshold") for each in made.all("MetricAlarm")}

        assert thresholds["monitoring-server-errors"] == 7
        assert thresholds["monitoring-slow-answers"] == 700
        assert thresholds["monitoring-refusals-many"] == 77
        assert thresholds["monitoring-concurrency-near-limit"] == 70

    def test_reserved_concurrency_is_the_limit_where_there_is_one(self) -> None:
        """With a reserve the function is turned away at it, however much the account has left."""
        made = monitoring_of(functions={"api": {**FUNCTION, "reserved_concurrency": 20}})
        queries = made.one("MetricAlarm", "monitoring-reserve-near-limit").inputs["metricQueries"]

        assert queries[-1]["expression"] == "100 * running / 20"
        assert queries[0]["metric"]["dimensions"] == {"FunctionName": "answers"}
        triggers = monitoring_of(triggers={"pre_sign_up": "checks"}, trigger_concurrency=5)
        queries = triggers.one("MetricAlarm", "monitoring-reserve-near-limit-pre-sign-up").inputs["metricQueries"]
        assert queries[-1]["expression"] == "100 * running / 5"

    def test_every_function_has_its_own(self) -> None:
        """Errors of a second function, or of a trigger, drown in the many calls of the first."""
        made = several()
        sections = {each.name.removeprefix("monitoring-"): section_of(each) for each in alarms(made)}
        first = [
            each.inputs["metricQueries"][0]["metric"] for each in made.all("MetricAlarm") if "function-" in each.name
        ]
        watched = {(metric["metricName"], metric["dimensions"]["FunctionName"]) for metric in first}

        names = ("answers", "reports", "checks")
        assert watched == {(metric, name) for metric in ("Errors", "Throttles") for name in names}
        assert sections["function-errors-reports"] == sections["function-errors-pre-sign-up"] == "function-errors"
        assert {"concurrency-near-limit", "reserve-near-limit-reports"} <= sections.keys()

    def test_without_alarms_there_is_nobody_to_tell(self) -> None:
        """No topic and no key either, which costs by the month."""
        made = monitoring_of(alarms=False)

        assert not alarms(made)
        assert not [each for each in made.resources if each.kind in {"Topic", "Key", "TopicSubscription"}]
        assert made.registered[made.one("Monitoring").urn].get("topic_arn") is None
        assert all(widget["type"] != "alarm" for widget in body(made)["widgets"])


class TestTopic:
    def test_topic_is_encrypted_with_a_key_of_its_own(self) -> None:
        """Under AWS's own key for SNS no alarm can be published, and nothing says so."""
        assert default().one("Topic").inputs["kmsMasterKeyId"] == default().one("Key").outputs["arn"]
        assert default().one("Key").inputs["enableKeyRotation"] is True

    def test_alarms_of_this_account_may_publish(self) -> None:
        """CloudWatch needs the topic and the key; an alarm of another account needs neither."""
        here = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        key = statements(default().one("Key").inputs["policy"])["PublishAlarms"]
        topic = statements(default().one("TopicPolicy").inputs["policy"])["PublishAlarms"]

        for statement in (key, topic):
            assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
            assert statement["Condition"] == here
        assert key["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
        assert topic["Action"] == "sns:Publish"
        assert topic["Resource"] == default().one("Topic").outputs["arn"]
        assert default().one("TopicPolicy").inputs["arn"] == default().one("Topic").outputs["arn"]

    def test_nobody_else_may_publish(self) -> None:
        """Whoever may publish can cry wolf."""
        assert statements(default().one("TopicPolicy").inputs["policy"]).keys() == {"PublishAlarms"}

    def test_account_can_administer_the_key(self) -> None:
        """A key that nobody may change cannot be removed either; KMS refuses to make it."""
        administer = statements(default().one("Key").inputs["policy"])["Administer"]

        assert administer["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}

    def test_subscribers_are_the_settings(self) -> None:
        """One subscription for each address, on the right protocol."""
        made = monitoring_of(alarm_emails=["a@example.com", "b@example.com"], alarm_urls=["https://page.example.com/x"])
        topic = made.one("Topic").outputs["arn"]

        assert {(each.inputs["protocol"], each.inputs["endpoint"]) for each in made.all("TopicSubscription")} == {
            ("email", "a@example.com"),
            ("email", "b@example.com"),
            ("https", "https://page.example.com/x"),
        }
        assert {each.inputs["topic"] for each in made.all("TopicSubscription")} == {topic}
        assert not default().all("TopicSubscription")


class TestLogs:
    def test_filters_read_the_log_that_they_are_of(self) -> None:
        """A filter on the other log matches nothing, forever."""
        logs = {each.name: each.inputs["logGroupName"] for each in default().all("LogMetricFilter")}

        assert logs == {
            "monitoring-Refused": REQUIRED["api_log_group"],
            "monitoring-Throttled": REQUIRED["api_log_group"],
            "monitoring-FunctionRefusals": FUNCTION["log_group"],
            "monitoring-KeyEndpointFailures": FUNCTION["log_group"],
            "monitoring-ColdStart": FUNCTION["log_group"],
            "monitoring-ColdStartRestored": FUNCTION["log_group"],
            "monitoring-RevocationUnchecked": FUNCTION["log_group"],
        }
        without = monitoring_of(revocation=False)
        assert not [each for each in without.resources if "evocation" in each.name]

    def test_namespace_is_this_apis_own(self) -> None:
        """Two stacks of one account would count each other's refusals."""
        transformations = [each.inputs["metricTransformation"] for each in default().all("LogMetricFilter")]

        assert {each["namespace"] for each in transformations} == {f"SecureApi/{REQUIRED['api_id']}"}

    def test_filter_with_dimensions_has_no_default(self) -> None:
        """CloudWatch Logs refuses both together (PutMetricFilter)."""
        for each in default().all("LogMetricFilter"):
            transformation = each.inputs["metricTransformation"]
            assert not {"dimensions", "defaultValue"} <= transformation.keys(), each.name

    def test_logs_of_all_functions_add_up(self) -> None:
        """A second function refuses and fails to fetch keys as the first one does."""
        groups: dict[str, list[str]] = {}
        for each in several().all("LogMetricFilter"):
            groups.setdefault(each.inputs["metricTransformation"]["name"], []).append(each.inputs["logGroupName"])

        assert groups["Refused"] == groups["Throttled"] == [REQUIRED["api_log_group"]]
        assert {name for name, read in groups.items() if set(read) == {"answers-logs", "reports-logs"}} == {
            *("FunctionRefusals", "KeyEndpointFailures", "ColdStart", "RevocationUnchecked"),
        }
        queries = {
            each.inputs["name"].partition("/")[2]: each.inputs["logGroupNames"]
            for each in several().all("QueryDefinition")
        }
        assert queries["One request in both logs"] == ["answers-logs", "reports-logs", REQUIRED["api_log_group"]]

    def test_queries_read_the_logs_that_they_are_of(self) -> None:
        """In the console the log groups come with the query."""
        queries = {each.inputs["name"]: each.inputs["logGroupNames"] for each in default().all("QueryDefinition")}

        assert queries[f"secure-api-{REQUIRED['api_id']}/Refusals by reason and route"] == [FUNCTION["log_group"]]
        assert queries[f"secure-api-{REQUIRED['api_id']}/One request in both logs"] == [
            FUNCTION["log_group"],
            REQUIRED["api_log_group"],
        ]


def body(recording: Recording) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(recording.one("Dashboard").inputs["dashboardBody"])
    return content


class TestDashboard:
    def test_name_is_this_apis_own(self) -> None:
        """Of two dashboards of one name the later one stays."""
        assert default().one("Dashboard").inputs["dashboardName"] == f"secure-api-{REQUIRED['api_id']}"

    def test_alarms_stand_at_its_top(self) -> None:
        """Those that tell somebody, and not their parts."""
        (widget,) = [each for each in body(default())["widgets"] if each["type"] == "alarm"]
        telling = [each for each in alarms(default()) if each.name not in PARTS]

        assert sorted(widget["properties"]["alarms"]) == sorted(each.outputs["arn"] for each in telling)
        assert widget["y"] < min(each["y"] for each in body(default())["widgets"] if each["type"] == "metric")

    def test_function_keeps_its_name_beside_a_trigger_of_the_same_key(self) -> None:
        """Keys are the caller's, in another program too: a panel of the wrong function is worse than none."""
        widgets = body(monitoring_of(triggers={"api": "checks"}))["widgets"]
        panels = {each["properties"].get("title"): each["properties"] for each in widgets}

        assert {line[3] for line in panels["Of it in the function, ms"]["metrics"]} == {FUNCTION["name"]}

    def test_dashboard_can_be_off(self) -> None:
        """The metrics stay: alarms need them."""
        made = monitoring_of(dashboard=False)

        assert not made.all("Dashboard")
        assert len(made.all("LogMetricFilter")) == len(default().all("LogMetricFilter"))
