"""Resources beside the program's own: five types that teams add first are made, whatever else is left out loudly."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.emulator import Emulator
from local.left_out import LeftOut
from local.provider import Provider
from stacks import ROOT
from stacks.engine import Stack, evaluate

MORE = "from tests.stacks.more_resources import more_resources\nmore_resources()"
UNKNOWN = """import pulumi, pulumi_aws as aws
group = aws.xray.Group("traces", group_name="slow", filter_expression="any")
queue = aws.sqs.Queue("work", fifo_queue=False, delay_seconds=1)
aws.ssm.Parameter("group", type="String", value=group.arn)
pulumi.export("arn", group.arn)
pulumi.export("expression", group.filter_expression)
pulumi.export("queue", queue.name)"""
EvaluateText = Callable[[str], dict[str, Any]]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def provider(emulator: Emulator, said: list[str]) -> Iterator[Provider]:
    emulator.wait_until_ready()
    provider = Provider(emulator.endpoint, "us-east-1", LeftOut(said.append))
    yield provider
    provider.begin()
    provider.sweep()


@pytest.fixture
def evaluated(provider: Provider, tmp_path: Path) -> EvaluateText:
    """Evaluate a program's text as `up` does, also again after a change."""

    def run(text: str) -> dict[str, Any]:
        path = tmp_path / "__main__.py"
        path.write_text(text)
        provider.begin()
        outputs = evaluate(Stack("project", "mine", {"aws:region": "us-east-1"}), provider.create, path)
        provider.sweep()
        return outputs

    return run


def test_first_resources_of_a_team_are_made_and_removed(
    provider: Provider, evaluated: EvaluateText, said: list[str]
) -> None:
    """A message goes from the topic to the queue: they are real ones."""
    outputs = evaluated(MORE)
    sns, sqs = provider.client("sns"), provider.client("sqs")
    (topic,) = (each["TopicArn"] for each in sns.list_topics()["Topics"] if each["TopicArn"].endswith(":more-news"))
    sns.publish(TopicArn=topic, Message="hello")
    assert "hello" in sqs.receive_message(QueueUrl=outputs["moreJobs"], WaitTimeSeconds=5)["Messages"][0]["Body"]
    assert provider.client("s3").list_objects_v2(Bucket=outputs["moreFiles"])["KeyCount"] == 0
    assert provider.client("ssm").get_parameter(Name="/shop/limit")["Parameter"]["Value"] == "5"
    assert len(provider.client("events").list_targets_by_rule(Rule="more-nightly")["Targets"]) == 1

    evaluated("import pulumi")
    assert not {"more-jobs"} & {url.rpartition("/")[2] for url in sqs.list_queues().get("QueueUrls", [])}
    assert provider.client("events").list_rules()["Rules"] == []
    assert said == []


def test_changed_value_reaches_the_resource(provider: Provider) -> None:
    """A parameter is overwritten and a queue updated, as Pulumi does, not made again."""
    for value, seconds in (("1", 5), ("2", 6)):
        provider.create("aws:ssm/parameter:Parameter", "count", {"type": "String", "value": value, "tags": {"a": "b"}})
        url, _ = provider.create("aws:sqs/queue:Queue", "slow", {"delaySeconds": seconds})
    assert provider.client("ssm").get_parameter(Name="count")["Parameter"]["Value"] == "2"
    attributes = provider.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["DelaySeconds"] == "6"


def test_unknown_type_and_input_are_left_out_and_the_rest_runs(
    provider: Provider, evaluated: EvaluateText, said: list[str]
) -> None:
    """One resource that the run cannot make must not stop all others; nor may anybody believe that it is there."""
    outputs = evaluated(UNKNOWN)
    assert outputs == {
        "arn": "arn:aws:xray:us-east-1:000000000000:traces-is-left-out",
        "expression": "any",
        "queue": "work",
    }
    assert provider.client("ssm").get_parameter(Name="group")["Parameter"]["Value"] == outputs["arn"]
    left_out = ["aws:xray/group:Group (traces)", "fifoQueue of aws:sqs/queue:Queue (work)"]
    for line, what in zip(sorted(said), left_out, strict=True):
        assert line.startswith(f"  LEFT OUT  {what}: ")
        assert "docs/resources.md" in line
    assert set(left_out) <= set(provider.missing)

    evaluated(UNKNOWN)
    assert len(said) == 2, "said once, not at each saved file"


def test_page_names_every_type_that_is_made() -> None:
    """Whoever reads it must not map a type that is there."""
    source = (ROOT / "tests" / "stacks" / "more_resources.py").read_text()
    page = (ROOT / "docs" / "resources.md").read_text().partition("### Types that the project knows")[2]
    assert set(re.findall(r"aws\.\w+\.\w+(?=\()", source)) == set(re.findall(r"`(aws\.\w+\.\w+)`", page))
